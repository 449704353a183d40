//! Opening a segment (开设板块). Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::id::SegmentId;
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
