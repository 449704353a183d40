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
