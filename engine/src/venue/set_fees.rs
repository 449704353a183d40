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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{LICENSED, OPERATOR, REGIONAL, approve, fees, opened, party, refuse};
    use crate::policy::Rates;

    fn set(segment: SegmentId, fees: Fees) -> Command {
        Command::SetFees(Box::new(SetFees { segment, fees }))
    }

    fn free() -> Fees {
        Fees { tiers: vec![Rates::default()] }
    }

    #[test]
    fn a_schedule_that_is_replaced_keeps_its_number() {
        let mut market = opened();
        approve(&mut market, set(LICENSED, free()));
        assert_eq!(market.segment(LICENSED).unwrap().schedule, 2);
        assert_eq!(market.segment(REGIONAL).unwrap().schedule, 1);
        assert_eq!(market.schedules, [fees(), fees(), free()]);
    }

    #[test]
    fn fees_without_tiers_a_segment_or_room_are_refused() {
        let mut market = opened();
        let caller = party(OPERATOR);
        let none = set(LICENSED, Fees { tiers: Vec::new() });
        assert_eq!(refuse(&mut market, caller, none).name(), "BAD_LENGTH");
        let segment = SegmentId::new(2);
        let reject = refuse(&mut market, caller, set(segment, free()));
        assert_eq!(reject, Reject::SegmentNotFound { segment });
        market.schedules.resize(SCHEDULES_MAX, free());
        let reject = refuse(&mut market, caller, set(LICENSED, free()));
        assert_eq!(reject, Reject::RegistryFull { field: Field::Schedules, limit: 65_536 });
    }
}
