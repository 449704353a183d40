//! The passing of time (时间推进): what is due happens.
//!
//! The sequencer sends it before any command that is not earlier than the first deadline, so an
//! order that expired can never trade. One entry handles a bounded number of deadlines.

use crate::event::Event;
use crate::market::{Context, Market};
use crate::reject::Reject;

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("advance")
}
