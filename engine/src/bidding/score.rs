//! Scoring the bids of a tender (评审打分): the venue records what the committee gave, and why.

use minicbor::{Decode, Encode};

use super::bid::Desk;
use super::mode::Ask;
use crate::check;
use crate::event::Event;
use crate::id::{BidId, ListingId};
use crate::market::{Context, Market};
use crate::reject::{Field, Reject};

/// Ask to record the points of a bid; they may be recorded anew while bids are scored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ScoreBid {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// The bid.
    #[n(1)]
    pub bid: BidId,
    /// Points for each criterion, in their order.
    #[n(2)]
    pub points: Vec<u32>,
    /// The committee's reason, 1 to 512 bytes. The entry keeps it.
    #[n(3)]
    pub reason: String,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &ScoreBid,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Reason, &ask.reason)?;
    let asked = Ask::Score(ask.bid, ask.points.clone());
    Desk::of_seller(market, context, ask.listing)?.ask(&asked, events)
}
