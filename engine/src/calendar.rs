//! The working-day calendar as data (工作日历).
//!
//! Weekends are off unless they are make-up days, weekdays are on unless they are holidays. The
//! calendar knows the span of dates that it speaks for and guesses nothing outside of it.
//!
//! # Source
//!
//! Rule I3. The State Council publishes each year's holidays in November of the year before.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::time::Date;

/// Which days are working days, which of those are trading days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Calendar {
    /// Grows by one with each calendar that replaces another.
    #[n(0)]
    pub version: u32,
    /// First date that the calendar speaks for.
    #[n(1)]
    pub from: Date,
    /// Last date that the calendar speaks for.
    #[n(2)]
    pub until: Date,
    /// Days off that are no weekend (节假日).
    #[n(3)]
    pub holidays: BTreeSet<Date>,
    /// Weekend days worked in exchange (调休上班日). They are working days and no trading days.
    #[n(4)]
    pub makeup_days: BTreeSet<Date>,
}

/// The calendar does not reach the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideCalendar(pub Date);

impl Calendar {
    /// Whether the venue trades on `date`.
    ///
    /// # Errors
    ///
    /// [`OutsideCalendar`] if the calendar does not speak for the date.
    pub fn is_trading_day(&self, date: Date) -> Result<bool, OutsideCalendar> {
        if date < self.from || self.until < date {
            return Err(OutsideCalendar(date));
        }
        Ok(!date.is_weekend() && !self.holidays.contains(&date))
    }

    /// Whether `date` is a working day (工作日).
    ///
    /// # Errors
    ///
    /// [`OutsideCalendar`] if the calendar does not speak for the date.
    pub fn is_working_day(&self, date: Date) -> Result<bool, OutsideCalendar> {
        Ok(self.is_trading_day(date)? || self.makeup_days.contains(&date))
    }

    /// The first trading day that is `date` or later.
    ///
    /// # Errors
    ///
    /// [`OutsideCalendar`] if the calendar ends before one comes.
    pub fn trading_day_from(&self, mut date: Date) -> Result<Date, OutsideCalendar> {
        while !self.is_trading_day(date)? {
            date = date.next();
        }
        Ok(date)
    }

    /// The last date on which a trade would lie `days` trading days or more before `today`.
    ///
    /// Trading days are counted after the trade's own date up to and with `today`: with 5, a
    /// trade of Monday lets the opposite side trade on the Monday after.
    ///
    /// # Errors
    ///
    /// [`OutsideCalendar`] if the calendar does not speak for all of the interval.
    pub fn trading_days_before(&self, today: Date, days: u16) -> Result<Date, OutsideCalendar> {
        let mut date = today;
        let mut left = days;
        while 0 < left {
            if self.is_trading_day(date)? {
                left = left.saturating_sub(1);
            }
            date = date.previous();
        }
        Ok(date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn golden_week() -> Calendar {
        Calendar {
            version: 1,
            from: date("2026-01-01"),
            until: date("2026-12-31"),
            holidays: (1..=7).filter_map(|day| Date::from_ymd(2026, 10, day)).collect(),
            makeup_days: BTreeSet::from([date("2026-10-10")]),
        }
    }

    #[test]
    fn i3_a_makeup_saturday_is_worked_and_not_traded() {
        let calendar = golden_week();
        assert_eq!(calendar.is_working_day(date("2026-10-10")), Ok(true));
        assert_eq!(calendar.is_trading_day(date("2026-10-10")), Ok(false));
        assert_eq!(calendar.is_working_day(date("2026-10-01")), Ok(false));
        assert_eq!(calendar.trading_day_from(date("2026-10-01")), Ok(date("2026-10-08")));
    }

    #[test]
    fn a2_five_trading_days_after_a_monday_is_the_next_monday() {
        let calendar = golden_week();
        let cutoff = calendar.trading_days_before(date("2026-11-23"), 5);
        assert_eq!(cutoff, Ok(date("2026-11-16")));
        let over_holidays = calendar.trading_days_before(date("2026-10-09"), 5);
        assert_eq!(over_holidays, Ok(date("2026-09-27")));
        assert_eq!(calendar.trading_days_before(date("2026-11-23"), 0), Ok(date("2026-11-23")));
    }

    #[test]
    fn i3_a_calendar_guesses_nothing_outside_its_span() {
        let calendar = golden_week();
        let outside = date("2027-01-01");
        assert_eq!(calendar.is_trading_day(outside), Err(OutsideCalendar(outside)));
        assert!(calendar.trading_days_before(date("2026-01-02"), 5).is_err());
    }
}
