//! Releasing locked units (解除质押、解冻), whole locks at a time.

use minicbor::{Decode, Encode};

use crate::amount::Units;
use crate::event::Event;
use crate::id::LockId;
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to release a lock.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnlockUnits {
    /// The lock.
    #[n(0)]
    pub lock: LockId,
    /// What the release rests on, 1 to 512 bytes.
    #[n(1)]
    pub evidence: String,
}

/// A lock is released; its units are available again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnitsUnlocked {
    /// The lock.
    #[n(0)]
    pub lock: LockId,
    /// E5: units that the holder had available before.
    #[n(1)]
    pub available_before: Units,
    /// E5: units that were locked in this kind before.
    #[n(2)]
    pub locked_before: Units,
    /// What the release rests on.
    #[n(3)]
    pub evidence: String,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &UnlockUnits,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("UnlockUnits")
}

pub(crate) fn apply(_market: &mut Market, _fact: &UnitsUnlocked) {
    unimplemented!("UnitsUnlocked")
}
