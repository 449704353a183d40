//! Locking units under a pledge or a freeze (质押、冻结), rules E5, F1, F8.
//!
//! Only available units can be locked: units on offer are freed by cancelling the order first.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::amount::Units;
use crate::event::Event;
use crate::id::{FundId, LockId, PartyId};
use crate::market::{Context, Market};
use crate::reject::Reject;

/// What keeps units from being sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LockKind {
    /// They secure a debt (质押).
    #[n(0)]
    Pledge,
    /// A court or the venue froze them (冻结).
    #[n(1)]
    Freeze,
}

impl fmt::Display for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pledge => "pledge",
            Self::Freeze => "freeze",
        })
    }
}

/// Ask to lock units.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LockUnits {
    /// Holder of record.
    #[n(0)]
    pub party: PartyId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// How many.
    #[n(2)]
    pub units: Units,
    /// Pledge or freeze.
    #[n(3)]
    pub kind: LockKind,
    /// Pledgee (质权人): a lender; `None` for a freeze.
    #[n(4)]
    pub pledgee: Option<PartyId>,
    /// Contract or court document it rests on, 1 to 512 bytes.
    #[n(5)]
    pub evidence: String,
}

/// Units are locked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnitsLocked {
    /// Id of the lock, the next one.
    #[n(0)]
    pub lock: LockId,
    /// What was asked.
    #[n(1)]
    pub terms: LockUnits,
    /// E5: units that the holder had available before.
    #[n(2)]
    pub available_before: Units,
    /// E5: units that were locked in this kind before.
    #[n(3)]
    pub locked_before: Units,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &LockUnits,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("LockUnits")
}

pub(crate) fn apply(_market: &mut Market, _fact: &UnitsLocked) {
    unimplemented!("UnitsLocked")
}
