//! Opening a segment (开设板块). Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::check;
use crate::event::Event;
use crate::id::SegmentId;
use crate::market::{Context, Market};
use crate::policy::{SCHEDULES_MAX, SEGMENTS_MAX};
use crate::registry::fund::TradingState;
use crate::reject::Field;
use crate::reject::Reject;
use crate::venue::segment::Segment;
use crate::venue::segment::SegmentDetails;
use crate::venue::sound;

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
    market: &Market,
    context: Context,
    ask: &OpenSegment,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    sound::segment(&ask.details)?;
    let same_code = |segment: &Segment| segment.code == ask.details.code;
    if let Some(taken) = market.segments.iter().position(same_code) {
        return Err(Reject::CodeTaken { number: check::wide(taken) });
    }
    check::room(Field::Segments, market.segments.len(), SEGMENTS_MAX)?;
    check::room(Field::Schedules, market.schedules.len(), SCHEDULES_MAX)?;
    sound::pack_in_force(&ask.details.pack, market.date(context.at))?;
    // From here on the answer is yes.
    let segment = next(market);
    let details = ask.details.clone();
    events.push(Event::SegmentOpened(Box::new(SegmentOpened { segment, details })));
    Ok(())
}

/// The segment's fees are the next schedule.
pub(crate) fn apply(market: &mut Market, fact: &SegmentOpened) {
    assert!(fact.segment == next(market), "segment ids are dense");
    let schedule = u32::try_from(market.schedules.len()).expect("at most SCHEDULES_MAX");
    let details = &fact.details;
    market.schedules.push(details.fees.clone());
    market.segments.push(Segment {
        code: details.code.clone(),
        name: details.name.clone(),
        pack: details.pack.clone(),
        schedule,
        state: TradingState::Open,
    });
}

fn next(market: &Market) -> SegmentId {
    SegmentId::new(u32::try_from(market.segments.len()).expect("at most SEGMENTS_MAX"))
}
