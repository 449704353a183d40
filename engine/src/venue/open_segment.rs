//! Opening a segment (开设板块). Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::SegmentId;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::venue::segment::SegmentDetails;

/// Ask to open a segment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OpenSegment {
    /// What it is.
    #[n(0)]
    pub details: SegmentDetails,
}

/// A segment is open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SegmentOpened {
    /// Its id, the next one.
    #[n(0)]
    pub segment: SegmentId,
    /// What it is.
    #[n(1)]
    pub details: SegmentDetails,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &OpenSegment,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("OpenSegment")
}

pub(crate) fn apply(_market: &mut Market, _fact: &SegmentOpened) {
    unimplemented!("SegmentOpened")
}
