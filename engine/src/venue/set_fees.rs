//! Setting the fees of a segment (费率调整). Needs a second pair of eyes.
//!
//! An open order keeps the fees under which it was taken, so what it holds stays enough.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::SegmentId;
use crate::market::{Context, Market};
use crate::policy::Fees;
use crate::reject::Reject;

/// Ask to set the fees of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SetFees {
    /// Segment.
    #[n(0)]
    pub segment: SegmentId,
    /// Fees.
    #[n(1)]
    pub fees: Fees,
}

/// A segment has other fees.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FeesSet {
    /// Segment.
    #[n(0)]
    pub segment: SegmentId,
    /// Number of the schedule, the next one.
    #[n(1)]
    pub schedule: u32,
    /// Fees.
    #[n(2)]
    pub fees: Fees,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &SetFees,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("SetFees")
}

pub(crate) fn apply(_market: &mut Market, _fact: &FeesSet) {
    unimplemented!("FeesSet")
}
