//! The working-day calendar as data (工作日历).
//!
//! Weekends are off unless they are make-up days, weekdays are on unless they are holidays. The
//! calendar knows the span of dates that it speaks for and guesses nothing outside of it.
//!
//! # Source
//!
//! Rule I3. The State Council publishes each year's holidays in November of the year before.

use std::collections::BTreeSet;
use std::convert::Infallible;

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

    /// The last day of a period of `days` working days that begins after `date` (工作日期限).
    ///
    /// The day on which a period begins does not count, and its last day counts whole: a period of
    /// 0 ends on `date` itself, and any other on a working day.
    ///
    /// # Errors
    ///
    /// [`OutsideCalendar`] if the calendar ends before the period does.
    ///
    /// # Source
    ///
    /// Rule I3; 民法典 201: the day on which a period begins is not counted.
    pub fn working_days_after(&self, date: Date, days: u16) -> Result<Date, OutsideCalendar> {
        nth_after(date, days, |day| self.is_working_day(day))
    }

    /// As [`Calendar::working_days_after`]; beyond the calendar every weekday is a working day, for
    /// what cannot be told no.
    pub(crate) fn weekdays_beyond(&self, date: Date, days: u16) -> Date {
        let works = |day: Date| Ok(self.is_working_day(day).unwrap_or(!day.is_weekend()));
        nth_after(date, days, works).unwrap_or_else(|never: Infallible| match never {})
    }

    /// How many working days lie after `from` up to and with `until`; none if `until` is not later.
    ///
    /// So many are used up of a period that began on `from` once `until` has passed; of a period
    /// that ends on `until`, so many are left when `from` has passed.
    ///
    /// # Errors
    ///
    /// [`OutsideCalendar`] if the calendar does not speak for all of the interval.
    pub fn working_days_between(&self, from: Date, until: Date) -> Result<u32, OutsideCalendar> {
        let (mut date, mut count) = (from, 0_u32);
        while date < until {
            date = date.next();
            if self.is_working_day(date)? {
                count = count.saturating_add(1);
            }
        }
        Ok(count)
    }
}

/// The `count`th day after `date` that `works`; of 0 the date itself.
fn nth_after<E>(
    mut date: Date,
    count: u16,
    works: impl Fn(Date) -> Result<bool, E>,
) -> Result<Date, E> {
    let mut left = count;
    while 0 < left {
        date = date.next();
        left = left.saturating_sub(u16::from(works(date)?));
    }
    Ok(date)
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

    /// National Days and Spring Festivals as the notices of 2024 to 2026 have them.
    fn festivals() -> Calendar {
        let periods = [
            ("2024-02-10", "2024-02-17"),
            ("2024-10-01", "2024-10-07"),
            ("2025-01-28", "2025-02-04"),
            ("2025-10-01", "2025-10-08"),
            ("2026-02-15", "2026-02-23"),
            ("2026-10-01", "2026-10-07"),
        ];
        let mut holidays = BTreeSet::new();
        for (from, until) in periods {
            let mut day = date(from);
            while day <= date(until) {
                holidays.insert(day);
                day = day.next();
            }
        }
        let worked = [
            "2024-02-04",
            "2024-02-18",
            "2024-09-29",
            "2024-10-12",
            "2025-01-26",
            "2025-02-08",
            "2025-09-28",
            "2025-10-11",
            "2026-02-14",
            "2026-02-28",
            "2026-09-20",
            "2026-10-10",
        ];
        let makeup_days = worked.into_iter().map(date).collect();
        let (from, until) = (date("2024-01-01"), date("2026-12-31"));
        Calendar { version: 1, from, until, holidays, makeup_days }
    }

    #[test]
    fn i3_working_days_end_as_counted_by_hand_over_festivals() {
        // From, how many, and the last day as counted on a wall calendar.
        let periods = [
            ("2024-02-08", 1, "2024-02-09"),
            ("2024-02-09", 1, "2024-02-18"),
            ("2024-02-09", 2, "2024-02-19"),
            ("2024-02-02", 5, "2024-02-08"),
            ("2024-09-27", 3, "2024-10-08"),
            ("2024-09-30", 5, "2024-10-12"),
            ("2024-09-30", 6, "2024-10-14"),
            ("2025-01-24", 3, "2025-02-05"),
            ("2025-01-27", 4, "2025-02-08"),
            ("2025-01-27", 5, "2025-02-10"),
            ("2025-09-26", 4, "2025-10-09"),
            ("2025-09-30", 3, "2025-10-11"),
            ("2025-09-30", 20, "2025-11-04"),
            ("2026-02-13", 1, "2026-02-14"),
            ("2026-02-14", 1, "2026-02-24"),
            ("2026-02-14", 5, "2026-02-28"),
            ("2026-02-14", 6, "2026-03-02"),
            ("2026-09-18", 1, "2026-09-20"),
            ("2026-09-30", 3, "2026-10-10"),
            ("2026-09-30", 20, "2026-11-03"),
        ];
        let calendar = festivals();
        for (from, days, last) in periods {
            let end = calendar.working_days_after(date(from), days);
            assert_eq!(end, Ok(date(last)), "{days} working days after {from}");
            let between = calendar.working_days_between(date(from), date(last));
            assert_eq!(between, Ok(u32::from(days)), "{from} to {last}");
        }
    }

    #[test]
    fn i3_a_period_of_no_days_ends_at_once_and_one_begun_on_a_day_off_counts_from_the_next() {
        let calendar = festivals();
        let saturday = date("2026-10-03");
        assert_eq!(calendar.working_days_after(saturday, 0), Ok(saturday));
        assert_eq!(calendar.working_days_after(saturday, 1), Ok(date("2026-10-08")));
        assert_eq!(calendar.working_days_between(saturday, saturday), Ok(0));
        assert_eq!(calendar.working_days_between(saturday, date("2026-10-01")), Ok(0));
        assert_eq!(calendar.working_days_between(saturday, date("2026-10-07")), Ok(0));
    }

    #[test]
    fn i3_a_period_never_ends_on_a_day_off_nor_beyond_the_calendar() {
        let calendar = festivals();
        let mut day = calendar.from;
        while day < date("2026-11-01") {
            for days in 1..=20 {
                let end = calendar.working_days_after(day, days).unwrap();
                assert_eq!(calendar.is_working_day(end), Ok(true), "{days} after {day}");
                assert_eq!(calendar.working_days_between(day, end), Ok(u32::from(days)));
                // One day earlier is one working day less: the end does not drift.
                let before = calendar.working_days_between(day, end.previous());
                assert_eq!(before, Ok(u32::from(days) - 1), "{days} after {day}");
            }
            day = day.next();
        }
        let beyond = Err(OutsideCalendar(date("2027-01-01")));
        assert_eq!(calendar.working_days_after(date("2026-12-31"), 1), beyond);
        assert_eq!(calendar.working_days_after(date("2026-12-30"), 1), Ok(date("2026-12-31")));
        assert_eq!(calendar.working_days_after(date("2026-12-01"), 250), beyond);
        let counted = calendar.working_days_between(date("2026-12-31"), date("2027-01-04"));
        assert_eq!(counted, Err(OutsideCalendar(date("2027-01-01"))));
    }

    #[test]
    fn i3_a_calendar_guesses_nothing_outside_its_span() {
        let calendar = golden_week();
        let outside = date("2027-01-01");
        assert_eq!(calendar.is_trading_day(outside), Err(OutsideCalendar(outside)));
        assert!(calendar.trading_days_before(date("2026-01-02"), 5).is_err());
    }
}
