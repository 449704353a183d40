//! Setting the fees of a segment (费率调整). Needs a second pair of eyes.
//!
//! An open order keeps the fees under which it was taken, so what it holds stays enough.

use minicbor::{Decode, Encode};

use crate::check;
use crate::event::Event;
use crate::id::SegmentId;
use crate::market::{Context, Market};
use crate::policy::Fees;
use crate::policy::SCHEDULES_MAX;
use crate::reject::Field;
use crate::reject::Reject;
use crate::venue::sound;

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
    market: &Market,
    _context: Context,
    ask: &SetFees,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    sound::fees(&ask.fees)?;
    market.segment(ask.segment)?;
    check::room(Field::Schedules, market.schedules.len(), SCHEDULES_MAX)?;
    // From here on the answer is yes.
    events.push(Event::FeesSet(Box::new(FeesSet {
        segment: ask.segment,
        schedule: next(market),
        fees: ask.fees.clone(),
    })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &FeesSet) {
    assert!(fact.schedule == next(market), "schedule numbers are dense");
    market.schedules.push(fact.fees.clone());
    market.segment_mut(fact.segment).schedule = fact.schedule;
}

fn next(market: &Market) -> u32 {
    u32::try_from(market.schedules.len()).expect("at most SCHEDULES_MAX")
}
