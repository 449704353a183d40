//! Recording that a party is a qualified investor (合格投资者认定), rule A4.

use minicbor::{Decode, Encode};

use crate::id::PartyId;
use crate::registry::party::Qualification;

/// Ask to record a qualification; it replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Qualify {
    /// Who is qualified.
    #[n(0)]
    pub party: PartyId,
    /// The evidence.
    #[n(1)]
    pub qualification: Qualification,
}

/// A qualification is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Qualified {
    /// Who is qualified.
    #[n(0)]
    pub party: PartyId,
    /// The evidence.
    #[n(1)]
    pub qualification: Qualification,
}
