//! Extending the term of a fund (展期).

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::FundId;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::Date;

/// Ask to extend the term of a fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ExtendTerm {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// New last day of the term, later than the one before.
    #[n(1)]
    pub until: Date,
}

/// The term of a fund is extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TermExtended {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// New last day of the term.
    #[n(1)]
    pub until: Date,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &ExtendTerm,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("ExtendTerm")
}

pub(crate) fn apply(_market: &mut Market, _fact: &TermExtended) {
    unimplemented!("TermExtended")
}
