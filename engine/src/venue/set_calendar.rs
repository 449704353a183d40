//! Replacing the calendar (更换日历), rule I3. Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::calendar::Calendar;
use crate::event::Event;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::venue::sound;

/// Ask to replace the calendar.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SetCalendar {
    /// The calendar; its version is the next one.
    #[n(0)]
    pub calendar: Calendar,
}

/// Another calendar is in force.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CalendarSet {
    /// The calendar.
    #[n(0)]
    pub calendar: Calendar,
}

pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &SetCalendar,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    sound::calendar(&ask.calendar)?;
    let (version, current) = (ask.calendar.version, market.open_venue().calendar.version);
    if current.checked_add(1) != Some(version) {
        return Err(Reject::CalendarNotNext { version, current });
    }
    // From here on the answer is yes.
    let calendar = ask.calendar.clone();
    events.push(Event::CalendarSet(Box::new(CalendarSet { calendar })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &CalendarSet) {
    let venue = market.venue.as_mut().expect("the venue is open");
    let follows = venue.calendar.version.checked_add(1) == Some(fact.calendar.version);
    assert!(follows, "calendars follow each other");
    venue.calendar = fact.calendar.clone();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{OPERATOR, approve, calendar, date, opened, party, refuse};

    fn set(calendar: Calendar) -> Command {
        Command::SetCalendar(Box::new(SetCalendar { calendar }))
    }

    #[test]
    fn i3_a_calendar_replaces_the_one_before_it() {
        let mut market = opened();
        let next = Calendar { version: 2, until: date("2028-12-31"), ..calendar() };
        approve(&mut market, set(next.clone()));
        assert_eq!(market.open_venue().calendar, next);
    }

    #[test]
    fn i3_a_calendar_that_is_unsound_or_not_the_next_is_refused() {
        let mut market = opened();
        let mut refused = |calendar| refuse(&mut market, party(OPERATOR), set(calendar));
        let unsound = Calendar { version: 2, until: date("2025-01-01"), ..calendar() };
        assert_eq!(refused(unsound).name(), "INCONSISTENT");
        for version in [1, 3] {
            let reject = refused(Calendar { version, ..calendar() });
            assert_eq!(reject, Reject::CalendarNotNext { version, current: 1 });
        }
    }
}
