//! Extending the term of a fund (展期).

use minicbor::{Decode, Encode};

use crate::id::FundId;
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
