//! Setting the reference price of a fund (参考价), around which orders are admitted.

use minicbor::{Decode, Encode};

use crate::amount::Price;
use crate::event::Event;
use crate::id::FundId;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::Time;

/// Ask to set a reference price.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SetReference {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// Price.
    #[n(1)]
    pub price: Price,
    /// Where it comes from, 1 to 512 bytes.
    #[n(2)]
    pub source: String,
    /// Moment from which it is stale (rule G4).
    #[n(3)]
    pub valid_until: Time,
}

/// A fund has another reference price.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReferenceSet {
    /// As asked.
    #[n(0)]
    pub terms: SetReference,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &SetReference,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("SetReference")
}

pub(crate) fn apply(_market: &mut Market, _fact: &ReferenceSet) {
    unimplemented!("ReferenceSet")
}
