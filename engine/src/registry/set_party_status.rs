//! Suspending a party and letting it trade again (暂停、恢复).
//!
//! A suspension cancels the party's open orders by a sweep.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::registry::party::PartyStatus;
use crate::reject::Reject;

/// Ask to suspend a party or to let it trade again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SetPartyStatus {
    /// Whose status changes.
    #[n(0)]
    pub party: PartyId,
    /// The new status.
    #[n(1)]
    pub status: PartyStatus,
    /// Why, 1 to 512 bytes.
    #[n(2)]
    pub reason: String,
}

/// The status of a party changed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartyStatusSet {
    /// Whose status changed.
    #[n(0)]
    pub party: PartyId,
    /// The new status.
    #[n(1)]
    pub status: PartyStatus,
    /// Why.
    #[n(2)]
    pub reason: String,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &SetPartyStatus,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("SetPartyStatus")
}

pub(crate) fn apply(_market: &mut Market, _fact: &PartyStatusSet) {
    unimplemented!("PartyStatusSet")
}
