//! Putting a segment under another pack (规则包生效). Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::SegmentId;
use crate::market::{Context, Market};
use crate::policy::Pack;
use crate::reject::Reject;

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

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &AdoptPack,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("AdoptPack")
}

pub(crate) fn apply(_market: &mut Market, _fact: &PackAdopted) {
    unimplemented!("PackAdopted")
}
