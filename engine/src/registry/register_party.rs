//! Registering a party (主体登记).

use minicbor::{Decode, Encode};

use crate::id::PartyId;
use crate::registry::party::PartyDetails;

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
