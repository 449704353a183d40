//! Sweeps: cancelling many orders in bounded steps (批量撤单).
//!
//! A sweep is a deadline that is due at once. The sequencer handles due deadlines before the next
//! command, so to everyone else a sweep is one act, and yet no entry grows without bound.

use minicbor::{Decode, Encode};

use crate::id::{FundId, PartyId, SegmentId};
use crate::market::Market;
use crate::trading::order::Closing;

/// Whose orders a sweep cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SweepScope {
    /// A party's, perhaps in one fund only, perhaps of one session only.
    #[n(0)]
    Party {
        /// Whose.
        #[n(0)]
        party: PartyId,
        /// In which fund.
        #[n(1)]
        fund: Option<FundId>,
        /// Of which session.
        #[n(2)]
        session: Option<u64>,
    },
    /// Every order in the book of a fund.
    #[n(1)]
    Fund(#[n(0)] FundId),
    /// Every order of a segment.
    #[n(2)]
    Segment(#[n(0)] SegmentId),
    /// Every order.
    #[n(3)]
    Venue,
}

/// A sweep has begun; `OrderClosed` events follow, in this entry and the next ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SweepStarted {
    /// Its number, the next one.
    #[n(0)]
    pub sweep: u64,
    /// Whose orders it cancels.
    #[n(1)]
    pub scope: SweepScope,
    /// The reason that it gives.
    #[n(2)]
    pub reason: Closing,
}

/// A sweep got this far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SweepAdvanced {
    /// Its number.
    #[n(0)]
    pub sweep: u64,
    /// First slot not yet looked at; `None` when it is done.
    #[n(1)]
    pub next_slot: Option<u32>,
}

/// A sweep that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Sweep {
    #[n(0)]
    pub(crate) scope: SweepScope,
    #[n(1)]
    pub(crate) reason: Closing,
    #[n(2)]
    pub(crate) next_slot: u32,
    /// When it goes on: at once.
    #[n(3)]
    pub(crate) due: crate::time::Time,
}

pub(crate) fn apply_started(_market: &mut Market, _fact: &SweepStarted) {
    unimplemented!("SweepStarted")
}

pub(crate) fn apply_advanced(_market: &mut Market, _fact: &SweepAdvanced) {
    unimplemented!("SweepAdvanced")
}
