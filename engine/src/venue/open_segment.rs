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
    sound::rules_in_force(&ask.details, market.date(context.at))?;
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
        overlay: details.overlay.clone(),
    });
}

fn next(market: &Market) -> SegmentId {
    SegmentId::new(u32::try_from(market.segments.len()).expect("at most SEGMENTS_MAX"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{OPERATOR, approve, opened, party, refuse, regional, segment, today};

    fn open(details: SegmentDetails) -> Command {
        Command::OpenSegment(Box::new(OpenSegment { details }))
    }

    #[test]
    fn a_segment_opens_with_its_pack_and_the_next_schedule() {
        let mut market = opened();
        approve(&mut market, open(segment("THIRD", regional())));
        let third = market.segment(SegmentId::new(2)).unwrap();
        assert_eq!((third.code.as_str(), third.schedule), ("THIRD", 2));
        assert_eq!((&third.pack, third.state), (&regional(), TradingState::Open));
        assert_eq!(market.schedules.len(), 3);
    }

    #[test]
    fn a_segment_has_a_code_of_its_own_and_a_pack_in_force() {
        let mut market = opened();
        let mut refused = |details| refuse(&mut market, party(OPERATOR), open(details));
        assert_eq!(refused(segment("a b", regional())).name(), "BAD_TEXT");
        assert_eq!(refused(segment("REGIONAL", regional())), Reject::CodeTaken { number: 1 });
        let valid_from = today().next();
        let early = crate::policy::Pack { valid_from, ..regional() };
        assert_eq!(refused(segment("EARLY", early)), Reject::PackNotYetValid { valid_from });
    }

    #[test]
    fn segments_and_schedules_are_limited() {
        let mut market = opened();
        market.schedules.resize(SCHEDULES_MAX, market.schedules[0].clone());
        let reject = refuse(&mut market, party(OPERATOR), open(segment("NEXT", regional())));
        assert_eq!(reject, Reject::RegistryFull { field: Field::Schedules, limit: 65_536 });
        market.segments.resize(SEGMENTS_MAX, market.segments[0].clone());
        let reject = refuse(&mut market, party(OPERATOR), open(segment("NEXT", regional())));
        assert_eq!(reject, Reject::RegistryFull { field: Field::Segments, limit: 64 });
    }
}
