//! Registering a fund (基金登记). Its order book opens with it.

use minicbor::{Decode, Encode};

use crate::id::FundId;
use crate::registry::fund::FundDetails;

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
