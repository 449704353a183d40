//! How a listing ends (撤牌、终止挂牌): the seller withdraws it, an operator revokes it, or it ends
//! by itself. Its units are free again.

use minicbor::{Decode, Encode};

use crate::check;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::stage::{EndReason, Needs, Stage};
use crate::market::{Context, Market};
use crate::reject::{Field, Reject};

/// Ask to withdraw a listing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WithdrawListing {
    /// The listing; bidding has not begun.
    #[n(0)]
    pub listing: ListingId,
    /// Why, 1 to 512 bytes.
    #[n(1)]
    pub reason: String,
}

/// Ask to revoke a listing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RevokeListing {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Why, 1 to 512 bytes.
    #[n(1)]
    pub reason: String,
}

/// A listing ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingEnded {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// How.
    #[n(1)]
    pub ending: Ending,
    /// Why, where somebody said so.
    #[n(2)]
    pub reason: Option<String>,
}

/// How a listing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Ending {
    /// The seller withdrew it.
    #[n(0)]
    Withdrawn,
    /// An operator revoked it.
    #[n(1)]
    Revoked,
    /// It ended by itself.
    #[n(2)]
    Ended(#[n(0)] EndReason),
}

pub(crate) fn decide_withdraw(
    market: &Market,
    context: Context,
    ask: &WithdrawListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Reason, &ask.reason)?;
    let listing = ask.listing;
    let record = market.own_listing(context.caller, CommandKind::WithdrawListing, listing)?;
    record.check_stage(listing, Needs::BeforeBidding)?;
    // From here on the answer is yes.
    let (ending, reason) = (Ending::Withdrawn, Some(ask.reason.clone()));
    events.push(Event::ListingEnded(Box::new(ListingEnded { listing, ending, reason })));
    Ok(())
}

pub(crate) fn decide_revoke(
    market: &Market,
    _context: Context,
    ask: &RevokeListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Reason, &ask.reason)?;
    let listing = ask.listing;
    let record = market.find_listing(listing)?;
    record.check_stage(listing, Needs::Running)?;
    // From here on the answer is yes.
    let (ending, reason) = (Ending::Revoked, Some(ask.reason.clone()));
    events.push(Event::ListingEnded(Box::new(ListingEnded { listing, ending, reason })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &ListingEnded) {
    let listing = fact.listing;
    match fact.ending {
        Ending::Withdrawn => {
            market.stage_listing(listing, Needs::BeforeBidding, Stage::Withdrawn);
        }
        Ending::Revoked => market.stage_listing(listing, Needs::Running, Stage::Revoked),
        Ending::Ended(reason) => market.end_listing(listing, reason),
    }
}
