//! Time as data: instants, dates and the venue's clock.
//!
//! The engine has no clock. An instant comes with each command; a date follows from it and the
//! venue's offset from UTC, which is data too.

use std::fmt;

use minicbor::{Decode, Encode};

/// An instant (时刻): nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Time(#[n(0)] u64);

/// A calendar date (日期): days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Date(#[n(0)] i32);

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
const SECONDS_PER_MINUTE: i64 = 60;

impl Time {
    /// Before every entry.
    pub const ZERO: Self = Self(0);

    /// The instant `nanos` nanoseconds after the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds after the epoch.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The instant `seconds` later, or the last one there is.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(NANOS_PER_SECOND)))
    }

    /// The instant `seconds` earlier, or the first one there is.
    #[must_use]
    pub const fn minus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds.saturating_mul(NANOS_PER_SECOND)))
    }

    /// The next instant.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The venue's date at this instant, `offset_minutes` east of UTC.
    ///
    /// # Panics
    ///
    /// Never: a `u64` of nanoseconds ends in the year 2554.
    #[must_use]
    #[inline]
    pub fn date(self, offset_minutes: i16) -> Date {
        let seconds = i64::try_from(self.0 / NANOS_PER_SECOND).expect("a third of an i64");
        let local = seconds.saturating_add(offset_seconds(offset_minutes));
        Date(i32::try_from(local.div_euclid(SECONDS_PER_DAY)).expect("the year 2554 fits"))
    }

    /// The minute of the venue's day at this instant, 0 to 1,439.
    ///
    /// # Panics
    ///
    /// Never: see [`Time::date`].
    #[must_use]
    pub fn minute_of_day(self, offset_minutes: i16) -> u16 {
        let seconds = i64::try_from(self.0 / NANOS_PER_SECOND).expect("a third of an i64");
        let local = seconds.saturating_add(offset_seconds(offset_minutes));
        let minute = local.rem_euclid(SECONDS_PER_DAY) / SECONDS_PER_MINUTE;
        u16::try_from(minute).expect("at most 1,439")
    }
}

fn offset_seconds(offset_minutes: i16) -> i64 {
    i64::from(offset_minutes).saturating_mul(SECONDS_PER_MINUTE)
}

impl Date {
    /// The date `days` after 1970-01-01.
    #[must_use]
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days after 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The date of `year`-`month`-`day`, or `None` if there is no such day.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day < 1 || !(1..=9999).contains(&year) {
            return None;
        }
        let date = Self(days_from_civil(i64::from(year), i64::from(month), i64::from(day))?);
        (date.ymd() == (year, month, day)).then_some(date)
    }

    /// Year, month from 1 and day from 1.
    ///
    /// # Panics
    ///
    /// Never: an `i32` of days fits the arithmetic.
    #[must_use]
    pub fn ymd(self) -> (i32, u32, u32) {
        civil_from_days(i64::from(self.0)).expect("an i32 of days fits")
    }

    /// The next date.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The date before.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// Whether the date is a Saturday or a Sunday.
    #[must_use]
    pub const fn is_weekend(self) -> bool {
        // 1970-01-01 was a Thursday.
        matches!(self.0.rem_euclid(7), 2 | 3)
    }

    /// The instant at which `minute` of this venue day begins (1,440 = the end of the day).
    #[must_use]
    pub fn at_minute(self, minute: u16, offset_minutes: i16) -> Time {
        let seconds = i64::from(self.0)
            .saturating_mul(SECONDS_PER_DAY)
            .saturating_add(i64::from(minute).saturating_mul(SECONDS_PER_MINUTE))
            .saturating_sub(offset_seconds(offset_minutes));
        Time(u64::try_from(seconds).unwrap_or(0).saturating_mul(NANOS_PER_SECOND))
    }
}

// Days and civil dates: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i32> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = month.checked_add(9)?.rem_euclid(12);
    let day_of_year =
        month_from_march.checked_mul(153)?.checked_add(2)?.div_euclid(5).checked_add(day)?;
    let day_of_era = year_of_era
        .checked_mul(365)?
        .checked_add(year_of_era / 4)?
        .checked_sub(year_of_era / 100)?
        .checked_add(day_of_year)?
        .checked_sub(1)?;
    let days = era.checked_mul(146_097)?.checked_add(day_of_era)?.checked_sub(719_468)?;
    i32::try_from(days).ok()
}

fn civil_from_days(days: i64) -> Option<(i32, u32, u32)> {
    let shifted = days.checked_add(719_468)?;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = day_of_era
        .checked_sub(day_of_era / 1_460)?
        .checked_add(day_of_era / 36_524)?
        .checked_sub(day_of_era / 146_096)?
        / 365;
    let first_of_year = year_of_era
        .checked_mul(365)?
        .checked_add(year_of_era / 4)?
        .checked_sub(year_of_era / 100)?;
    let day_of_year = day_of_era.checked_sub(first_of_year)?;
    let month_from_march = day_of_year.checked_mul(5)?.checked_add(2)? / 153;
    let first_of_month = month_from_march.checked_mul(153)?.checked_add(2)? / 5;
    let day = day_of_year.checked_sub(first_of_month)?.checked_add(1)?;
    let month = month_from_march.checked_add(2)?.rem_euclid(12).checked_add(1)?;
    let year = era.checked_mul(400)?.checked_add(year_of_era)?;
    let year = if month <= 2 { year.checked_add(1)? } else { year };
    Some((i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?))
}

impl fmt::Display for Time {
    /// ISO 8601 in UTC, to the microsecond.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / NANOS_PER_SECOND;
        let micros = self.0 % NANOS_PER_SECOND / 1_000;
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z", self.date(0))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// The text is no date of the form `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date of the form YYYY-MM-DD")]
pub struct NotADate;

impl std::str::FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let digits = |from: usize, to: usize| -> Option<u32> {
            let part = text.get(from..to)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let parse = || {
            let bytes = text.as_bytes();
            if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
                return None;
            }
            Self::from_ymd(i32::try_from(digits(0, 4)?).ok()?, digits(5, 7)?, digits(8, 10)?)
        };
        parse().ok_or(NotADate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_eight_centuries_reads_back() {
        for days in -150_000..150_000 {
            let (year, month, day) = Date(days).ymd();
            assert_eq!(Date::from_ymd(year, month, day), Some(Date(days)));
        }
    }

    #[test]
    fn the_venue_day_begins_at_midnight_in_shanghai() {
        let offset = 8 * 60;
        let day: Date = "2026-11-24".parse().unwrap();
        let midnight = day.at_minute(0, offset);
        assert_eq!(midnight.to_string(), "2026-11-23T16:00:00.000000Z");
        assert_eq!(midnight.date(offset), day);
        assert_eq!(midnight.minus_seconds(1).date(offset), day.previous());
        assert_eq!(midnight.minus_seconds(1).minute_of_day(offset), 1_439);
        assert_eq!(day.at_minute(1_440, offset), day.next().at_minute(0, offset));
        assert!(!day.is_weekend() && Date(2).is_weekend() && Date(3).is_weekend());
    }

    #[test]
    fn a_day_that_does_not_exist_is_no_date() {
        for wrong in ["2026-02-29", "2026-13-01", "2026-1-01", "0000-01-01", "2026-11-31x", ""] {
            assert_eq!(wrong.parse::<Date>(), Err(NotADate), "{wrong}");
        }
    }
}
