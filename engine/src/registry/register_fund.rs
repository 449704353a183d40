//! Registering a fund (基金登记). Its order book opens with it.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::FundId;
use crate::market::{Context, Market};
use crate::registry::fund::FundDetails;
use crate::reject::Reject;

/// Ask to register a fund.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RegisterFund {
    /// What it is.
    #[n(0)]
    pub details: FundDetails,
}

/// A fund is registered and its book is open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FundRegistered {
    /// Its id, the next one.
    #[n(0)]
    pub fund: FundId,
    /// What it is.
    #[n(1)]
    pub details: FundDetails,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &RegisterFund,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("RegisterFund")
}

pub(crate) fn apply(_market: &mut Market, _fact: &FundRegistered) {
    unimplemented!("FundRegistered")
}
