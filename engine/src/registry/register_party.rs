//! Registering a party (主体登记).

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::registry::party::PartyDetails;
use crate::reject::Reject;

/// Ask to register a party.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RegisterParty {
    /// Who it is.
    #[n(0)]
    pub details: PartyDetails,
}

/// A party is registered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartyRegistered {
    /// Its id, the next one.
    #[n(0)]
    pub party: PartyId,
    /// Who it is.
    #[n(1)]
    pub details: PartyDetails,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &RegisterParty,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("RegisterParty")
}

pub(crate) fn apply(_market: &mut Market, _fact: &PartyRegistered) {
    unimplemented!("PartyRegistered")
}
