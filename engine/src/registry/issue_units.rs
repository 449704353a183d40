//! Issuing units to a holder (份额发行、初始登记), rules A3, E4, E5.

use minicbor::{Decode, Encode};

use crate::amount::Units;
use crate::event::Event;
use crate::id::{FundId, PartyId};
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to issue units of a fund to a party.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IssueUnits {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// Who receives them.
    #[n(1)]
    pub party: PartyId,
    /// How many, a whole number of lots or not.
    #[n(2)]
    pub units: Units,
    /// What the register rests this on, 1 to 512 bytes.
    #[n(3)]
    pub evidence: String,
}

/// Units are issued: the fund's total and the holding grow by the same number.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnitsIssued {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// Who received them.
    #[n(1)]
    pub party: PartyId,
    /// How many.
    #[n(2)]
    pub units: Units,
    /// E5: units that the party had available before.
    #[n(3)]
    pub before: Units,
    /// What the register rests this on.
    #[n(4)]
    pub evidence: String,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &IssueUnits,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("IssueUnits")
}

pub(crate) fn apply(_market: &mut Market, _fact: &UnitsIssued) {
    unimplemented!("UnitsIssued")
}
