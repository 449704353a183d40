//! Segments: funds that trade under one pack and one fee schedule (板块).

use minicbor::{Decode, Encode};

use crate::policy::{Fees, Pack};
use crate::registry::fund::TradingState;

/// What a segment is: what is said of it when it opens.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SegmentDetails {
    /// Unique code, 1 to 64 bytes of printable text without spaces.
    #[n(0)]
    pub code: String,
    /// Name, 1 to 512 bytes.
    #[n(1)]
    pub name: String,
    /// The pack it runs under.
    #[n(2)]
    pub pack: Pack,
    /// Its fees.
    #[n(3)]
    pub fees: Fees,
}

/// An open segment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Segment {
    /// Unique code.
    #[n(0)]
    pub code: String,
    /// Name.
    #[n(1)]
    pub name: String,
    /// The pack in force.
    #[n(2)]
    pub pack: Pack,
    /// Number of the fee schedule in force, over all segments from 0.
    #[n(3)]
    pub schedule: u32,
    /// Whether its funds trade.
    #[n(4)]
    pub state: TradingState,
}
