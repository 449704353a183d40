//! Replacing the calendar (更换日历), rule I3. Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::calendar::Calendar;
use crate::event::Event;
use crate::market::{Context, Market};
use crate::reject::Reject;

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
    _market: &Market,
    _context: Context,
    _ask: &SetCalendar,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("SetCalendar")
}

pub(crate) fn apply(_market: &mut Market, _fact: &CalendarSet) {
    unimplemented!("CalendarSet")
}
