//! Recording that a party is a qualified investor (合格投资者认定), rule A4.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::registry::party::Qualification;
use crate::reject::Reject;

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

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &Qualify,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("Qualify")
}

pub(crate) fn apply(_market: &mut Market, _fact: &Qualified) {
    unimplemented!("Qualified")
}

/// What `party` lacks to be a qualified investor on `today`, if anything (rule A4).
pub(crate) fn shortfall(
    party: &crate::registry::party::Party,
    rules: &crate::policy::InvestorRules,
    today: crate::time::Date,
) -> Option<crate::reject::Shortfall> {
    let _ = (party, rules, today);
    None
}
