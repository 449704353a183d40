//! The working-day calendar as a file (工作日历): periods off, as the notices publish them.

use std::collections::BTreeSet;

use sfund_engine::calendar::Calendar;
use sfund_engine::policy::CALENDAR_DAYS_MAX;
use sfund_engine::time::Date;

use super::document::{self, Faults, Findings, Section};

/// The calendars that come with the program, by code.
pub const BUILT_IN: [(&str, &str); 2] = [
    ("cn", include_str!("../../deploy/calendar/cn.toml")),
    ("weekends", include_str!("../../deploy/calendar/weekends.toml")),
];

/// A calendar and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarFile {
    /// Code.
    pub code: String,
    /// The calendar, version 1.
    pub calendar: Calendar,
}

/// Reads the calendar in `text`, the text of `file`.
///
/// # Errors
///
/// All [`Faults`] of the file: days outside its span or their year, make-up days that are no
/// weekend days or off as well.
pub fn read(file: &str, text: &str) -> Result<CalendarFile, Faults> {
    document::read(file, text, |root, findings| {
        let code = root.text("code", findings);
        let from = root.date("from", findings);
        let until = root.date("until", findings);
        let years = root.sections("year", findings);
        let (code, from, until) = (code?, from?, until?);
        if until < from {
            root.refuse("until", &until.to_string(), &format!("{from} or later"), findings);
            return None;
        }
        let (holidays, makeup_days) = (BTreeSet::new(), BTreeSet::new());
        let mut calendar = Calendar { version: 1, from, until, holidays, makeup_days };
        for mut year in years {
            read_year(&mut year, &mut calendar, findings);
            year.finish(findings);
        }
        for (key, days) in
            [("holidays", &calendar.holidays), ("makeup_days", &calendar.makeup_days)]
        {
            if CALENDAR_DAYS_MAX < days.len() {
                let most = format!("at most {CALENDAR_DAYS_MAX} days");
                root.refuse(key, &days.len().to_string(), &most, findings);
            }
        }
        Some(CalendarFile { code, calendar })
    })
}

/// The calendar of this code that comes with the program.
///
/// # Panics
///
/// Never: a test reads them all.
#[must_use]
pub fn built_in(code: &str) -> Option<CalendarFile> {
    let (code, text) = BUILT_IN.into_iter().find(|(known, _)| *known == code)?;
    Some(read(&format!("{code}.toml"), text).expect("a calendar of the program's own is sound"))
}

fn read_year(year: &mut Section<'_, '_>, calendar: &mut Calendar, findings: &mut Findings<'_>) {
    let number: Option<i32> = year.number("year", 1970..=2500, findings);
    let _source = year.text("source", findings);
    let Some(number) = number else { return };
    let within =
        |date: Date| date.ymd().0 == number && calendar.from <= date && date <= calendar.until;
    let mut off = BTreeSet::new();
    for mut period in year.sections("holidays", findings) {
        let _name = period.text("name", findings);
        let first = period.date("from", findings);
        let last = period.date("until", findings);
        if let (Some(first), Some(last)) = (first, last) {
            if within(first) && within(last) && first <= last {
                let days = std::iter::successors(Some(first), |date| Some(date.next()));
                off.extend(days.take_while(|date| *date <= last));
            } else {
                let found = format!("{first} to {last}");
                let expected = format!("within {number} and the calendar, first day first");
                period.refuse("from", &found, &expected, findings);
            }
        }
        period.finish(findings);
    }
    for found in year.items("makeup_days", findings) {
        match document::date(found.value) {
            Some(date) if within(date) && date.is_weekend() && !off.contains(&date) => {
                calendar.makeup_days.insert(date);
            }
            Some(_) | None => {
                let expected = format!("a weekend day of {number} that is not off");
                let key = year.name("makeup_days");
                findings.add(found.at, document::unexpected(key, found.value, &expected));
            }
        }
    }
    calendar.holidays.extend(off.into_iter().filter(|date| !date.is_weekend()));
}
