//! Replacing the calendar (更换日历), rule I3. Needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::calendar::Calendar;

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
