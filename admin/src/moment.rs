//! Dates and instants as people give them on the command line.

use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use sfund_sdk::{Date, Time};
use thiserror::Error;

/// An instant: `2027-06-30` is the end of that day in UTC, `2027-06-30T15:00Z` that minute, `90d`,
/// `12h` and `30m` are so far from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Time);

/// A span of time in seconds: `90s`, `30m`, `12h` or `3d`, at least one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) u32);

/// The text is no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a span looks like 90s, 30m, 12h or 3d")]
pub(crate) struct NotASpan;

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let seconds = seconds(text).and_then(|seconds| u32::try_from(seconds).ok());
        seconds.filter(|seconds| *seconds != 0).map(Self).ok_or(NotASpan)
    }
}

/// The text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an instant looks like 2027-06-30, 2027-06-30T15:00Z, 90d, 12h or 30m")]
pub(crate) struct NotAMoment;

/// The machine's clock.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        read(text, now()).map(Self).ok_or(NotAMoment)
    }
}

/// Seconds of a span.
fn seconds(text: &str) -> Option<u64> {
    let units = [('d', 86_400_u64), ('h', 3_600), ('m', 60), ('s', 1)];
    let (number, unit) = units
        .iter()
        .find_map(|(unit, seconds)| text.strip_suffix(*unit).map(|number| (number, seconds)))?;
    let number: u64 = if number.starts_with('+') { None } else { number.parse().ok() }?;
    number.checked_mul(*unit)
}

fn read(text: &str, now: Time) -> Option<Time> {
    if let Ok(date) = text.parse::<Date>() {
        return Some(date.at_minute(1_440, 0));
    }
    if let Some(seconds) = seconds(text) {
        return Some(now.plus_seconds(seconds));
    }
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let mut parts = clock.split(':').map(|part| {
        let sound = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        sound.then(|| part.parse::<u16>().ok()).flatten()
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() || 23 < hour || 59 < minute || 59 < second {
        return None;
    }
    let minute = hour.checked_mul(60)?.checked_add(minute)?;
    Some(date.parse::<Date>().ok()?.at_minute(minute, 0).plus_seconds(u64::from(second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_given_as_dates_minutes_or_spans() {
        let now = "2026-11-24".parse::<Date>().unwrap().at_minute(90, 0);
        let read = |text| read(text, now).map(|time| time.to_string());
        for (given, meant) in [
            ("2027-06-30", "2027-07-01T00:00:00.000000Z"),
            ("2027-06-30T15:00Z", "2027-06-30T15:00:00.000000Z"),
            ("2027-06-30T15:00:07Z", "2027-06-30T15:00:07.000000Z"),
            ("2d", "2026-11-26T01:30:00.000000Z"),
            ("12h", "2026-11-24T13:30:00.000000Z"),
            ("30m", "2026-11-24T02:00:00.000000Z"),
        ] {
            assert_eq!(read(given).as_deref(), Some(meant), "{given}");
        }
        for (given, meant) in [("90s", 90), ("30m", 1_800), ("3d", 259_200)] {
            assert_eq!(given.parse(), Ok(Span(meant)), "{given}");
        }
        for wrong in ["", "s", "0m", "90", "-1d", "+1d", "99999999d", "1w"] {
            assert_eq!(wrong.parse::<Span>(), Err(NotASpan), "{wrong}");
        }
        for wrong in ["", "tomorrow", "2027-06-31", "2027-06-30T24:00Z", "-1d", "15:00Z"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
