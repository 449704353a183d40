//! Choosing among quotes (询价选定): the seller takes one of those that stand, or none.

use minicbor::{Decode, Encode};

use super::bid::Desk;
use super::mode::Ask;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{BidId, ListingId, PartyId};
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to take one of the quotes, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChooseQuote {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who chooses: the seller.
    #[n(1)]
    pub party: PartyId,
    /// What it takes.
    #[n(2)]
    pub choice: Choice,
}

/// What the seller takes of the quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Choice {
    /// This one.
    #[n(0)]
    Quote(#[n(0)] BidId),
    /// None, and the lot is not sold.
    #[n(1)]
    None,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &ChooseQuote,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let who = (CommandKind::ChooseQuote, ask.listing, ask.party);
    let asked = match ask.choice {
        Choice::Quote(bid) => Ask::Choose(bid),
        Choice::None => Ask::ChooseNone,
    };
    Desk::new(market, context, who)?.ask(&asked, events)
}
