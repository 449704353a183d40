//! Streams of what happens: every event once and in order, over lost connections too.

pub(crate) mod entries;
pub(crate) mod market;
pub(crate) mod mine;
pub(crate) mod resume;

use sfund_engine::id::Sequence;
use sfund_engine::time::Time;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening<C> {
    /// Journal entry in which it happened; one entry may hold many things.
    pub sequence: Sequence,
    /// When; `None` for a mark.
    pub time: Option<Time>,
    /// What.
    pub change: C,
}
