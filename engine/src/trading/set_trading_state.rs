//! Halting, resuming and closing trade in a fund, a segment or the venue (停牌、复牌、休市).
//!
//! A close cancels what is open, by a sweep. What trades is open on all three levels.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::{FundId, SegmentId};
use crate::market::{Context, Market};
use crate::registry::fund::TradingState;
use crate::reject::Reject;

/// What is halted, resumed or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum TradingScope {
    /// One fund.
    #[n(0)]
    Fund(#[n(0)] FundId),
    /// One segment.
    #[n(1)]
    Segment(#[n(0)] SegmentId),
    /// Everything.
    #[n(2)]
    Venue,
}

/// Ask to halt, resume or close.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SetTradingState {
    /// What.
    #[n(0)]
    pub scope: TradingScope,
    /// The new state.
    #[n(1)]
    pub state: TradingState,
    /// Why, 1 to 512 bytes.
    #[n(2)]
    pub reason: String,
}

/// The trading state changed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TradingStateSet {
    /// Of what.
    #[n(0)]
    pub scope: TradingScope,
    /// The new state.
    #[n(1)]
    pub state: TradingState,
    /// Why.
    #[n(2)]
    pub reason: String,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &SetTradingState,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("SetTradingState")
}

pub(crate) fn apply(_market: &mut Market, _fact: &TradingStateSet) {
    unimplemented!("TradingStateSet")
}

/// Whether a fund trades on all three levels.
pub(crate) fn trading_level(_market: &Market, _fund: FundId) -> Result<(), Reject> {
    Ok(())
}
