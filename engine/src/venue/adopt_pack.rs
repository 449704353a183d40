//! Putting a segment under another pack (规则包生效). Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::id::SegmentId;
use crate::policy::Pack;

/// Ask to put a segment under a pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AdoptPack {
    /// Segment.
    #[n(0)]
    pub segment: SegmentId,
    /// Pack; a later version where the code is the one in force.
    #[n(1)]
    pub pack: Pack,
}

/// A segment runs under another pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PackAdopted {
    /// Segment.
    #[n(0)]
    pub segment: SegmentId,
    /// Pack.
    #[n(1)]
    pub pack: Pack,
}
