//! Reading the fields of a message: all that is wrong with it is said at once.
//!
//! A reader of a field answers with its value; where the field is malformed it notes why and
//! answers with a stand-in. [`Fields::done`] gives the whole only if nothing was noted, so a
//! stand-in never leaves this module.

use std::fmt;
use std::str::FromStr;

use prost_types::Timestamp;
use sfund_engine::amount::{Money, Ppm, Price, Units};
use sfund_engine::id::PartyId;
use sfund_engine::registry::fund::Currency;
use sfund_engine::time::{Date, Time};

use crate::wire::decimal::{self, NotANumber};
use crate::wire::twins::Twin;

/// Most malformed fields that one answer tells of.
pub const VIOLATIONS_MAX: usize = 64;
/// Longest id, in bytes: the longest prefix and the digits of a `u64`.
pub const ID_BYTES_MAX: usize = 32;
/// Bytes of a UUID in its usual form.
const UUID_BYTES: usize = 36;

/// One malformed field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, as `order.price`.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// A message whose fields are malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub Vec<Violation>);

/// What was found wrong so far, and where the reader is.
#[derive(Debug, Default)]
pub struct Fields {
    path: Vec<Step>,
    violations: Vec<Violation>,
}

/// One step of a path.
#[derive(Clone, Copy, Debug)]
enum Step {
    Field(&'static str),
    Element(&'static str, usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(field),
            Self::Element(field, index) => write!(f, "{field}[{index}]"),
        }
    }
}

impl Fields {
    /// The value, if nothing is wrong with any of its fields.
    ///
    /// # Errors
    ///
    /// [`Malformed`] with all that is wrong.
    pub fn done<T>(self, value: T) -> Result<T, Malformed> {
        if self.violations.is_empty() { Ok(value) } else { Err(Malformed(self.violations)) }
    }

    /// Notes that a field is malformed.
    pub fn note(&mut self, field: &str, description: impl fmt::Display) {
        if VIOLATIONS_MAX <= self.violations.len() {
            return;
        }
        let mut path: Vec<String> = self.path.iter().map(Step::to_string).collect();
        if !field.is_empty() {
            path.push(field.to_owned());
        }
        let (field, description) = (path.join("."), description.to_string());
        self.violations.push(Violation { field, description });
    }

    /// Reads a message within the message.
    pub fn within<T>(&mut self, field: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.at(Step::Field(field), read)
    }

    fn at<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let value = read(self);
        self.path.pop();
        value
    }

    /// Reads a message that must be there; without it, the default.
    pub fn message<M: Default, T>(
        &mut self,
        field: &'static str,
        message: Option<&M>,
        read: impl FnOnce(&mut Self, &M) -> T,
    ) -> T {
        match message {
            Some(message) => self.within(field, |fields| read(fields, message)),
            None => {
                self.note(field, "is required");
                // Read for a stand-in only; what its own fields lack is not worth telling.
                read(&mut Self::default(), &M::default())
            }
        }
    }

    /// Reads each element of a list of at most `most`.
    pub fn each<M, T>(
        &mut self,
        field: &'static str,
        list: &[M],
        most: usize,
        mut read: impl FnMut(&mut Self, &M) -> T,
    ) -> Vec<T> {
        if most < list.len() {
            self.note(field, format_args!("has {} elements; it takes at most {most}", list.len()));
            return Vec::new();
        }
        let read_one = |(index, message): (usize, &M)| {
            self.at(Step::Element(field, index), |fields| read(fields, message))
        };
        list.iter().enumerate().map(read_one).collect()
    }

    /// An id.
    pub fn id<T: FromStr + Default>(&mut self, field: &str, text: &str) -> T {
        match (text.len() <= ID_BYTES_MAX).then(|| text.parse()) {
            Some(Ok(id)) => id,
            None | Some(Err(_)) if text.is_empty() => {
                self.note(field, "is required");
                T::default()
            }
            None | Some(Err(_)) => {
                self.note(field, "is no id of this kind");
                T::default()
            }
        }
    }

    /// An id, or none if the text is empty.
    pub fn id_if_any<T: FromStr + Default>(&mut self, field: &str, text: &str) -> Option<T> {
        (!text.is_empty()).then(|| self.id(field, text))
    }

    /// A party, the caller itself if the text is empty.
    pub fn party_or(&mut self, field: &str, text: &str, own: PartyId) -> PartyId {
        self.id_if_any(field, text).unwrap_or(own)
    }

    /// A UUID, or none if the text is empty.
    pub fn uuid_if_any(&mut self, field: &str, text: &str) -> Option<[u8; 16]> {
        if text.is_empty() {
            return None;
        }
        let parsed = (text.len() == UUID_BYTES).then(|| uuid::Uuid::try_parse(text));
        match parsed {
            Some(Ok(uuid)) if !uuid.is_nil() => Some(uuid.into_bytes()),
            None | Some(Ok(_) | Err(_)) => {
                self.note(field, "must be a UUID of 32 digits and 4 hyphens, and not all zero");
                None
            }
        }
    }

    /// One of several; not saying which is malformed.
    pub fn choice<T: Twin>(&mut self, field: &str, number: i32) -> T {
        T::read(number).unwrap_or_else(|| {
            self.note(field, if number == 0 { "is required" } else { "is no value of this kind" });
            T::STAND_IN
        })
    }

    /// One of several, or none if it is not said which.
    pub fn choice_if_any<T: Twin>(&mut self, field: &str, number: i32) -> Option<T> {
        (number != 0).then(|| self.choice(field, number))
    }

    fn number<T: Default>(&mut self, field: &str, read: Result<T, NotANumber>) -> T {
        read.unwrap_or_else(|wrong| {
            self.note(field, wrong);
            T::default()
        })
    }

    /// A price.
    pub fn price(&mut self, field: &str, text: &str) -> Price {
        self.number(field, decimal::price(text))
    }

    /// A number of units.
    pub fn units(&mut self, field: &str, text: &str) -> Units {
        self.number(field, decimal::units(text))
    }

    /// A number of units, none if the text is empty.
    pub fn units_or_none(&mut self, field: &str, text: &str) -> Units {
        if text.is_empty() { Units::ZERO } else { self.units(field, text) }
    }

    /// Cash.
    pub fn money(&mut self, field: &str, text: &str) -> Money {
        self.number(field, decimal::money(text))
    }

    /// Cash, none if the text is empty.
    pub fn money_or_none(&mut self, field: &str, text: &str) -> Money {
        if text.is_empty() { Money::ZERO } else { self.money(field, text) }
    }

    /// A ratio.
    pub fn ratio(&mut self, field: &str, text: &str) -> Ppm {
        self.number(field, decimal::ratio(text))
    }

    /// A number that fits 16 bits.
    pub fn small(&mut self, field: &str, number: u32) -> u16 {
        u16::try_from(number).unwrap_or_else(|_| {
            self.note(field, format_args!("must be at most {}", u16::MAX));
            0
        })
    }

    /// A number that fits 8 bits.
    pub fn tiny(&mut self, field: &str, number: u32) -> u8 {
        u8::try_from(number).unwrap_or_else(|_| {
            self.note(field, format_args!("must be at most {}", u8::MAX));
            0
        })
    }

    /// A text of 1 to `bytes_max` bytes.
    pub fn text(&mut self, field: &str, text: &str, bytes_max: usize) -> String {
        if text.is_empty() {
            self.note(field, "is required");
        }
        self.text_if_any(field, text, bytes_max)
    }

    /// A text of at most `bytes_max` bytes.
    pub fn text_if_any(&mut self, field: &str, text: &str, bytes_max: usize) -> String {
        if bytes_max < text.len() {
            self.note(
                field,
                format_args!("has {} bytes; it takes at most {bytes_max}", text.len()),
            );
            return String::new();
        }
        text.to_owned()
    }

    /// A currency.
    pub fn currency(&mut self, field: &str, text: &str) -> Currency {
        Currency::new(text).unwrap_or_else(|| {
            self.note(field, "must be three capital letters");
            Currency::CNY
        })
    }

    /// A date.
    pub fn date(&mut self, field: &str, text: &str) -> Date {
        text.parse().unwrap_or_else(|_| {
            self.note(field, "must be a date of the form YYYY-MM-DD");
            Date::default()
        })
    }

    /// An instant that must be said.
    pub fn time(&mut self, field: &str, timestamp: Option<&Timestamp>) -> Time {
        let Some(timestamp) = timestamp else {
            self.note(field, "is required");
            return Time::ZERO;
        };
        read_time(timestamp).unwrap_or_else(|| {
            self.note(field, "must be an instant from 1970 to 2554");
            Time::ZERO
        })
    }

    /// A SHA-256.
    pub fn sha256(&mut self, field: &str, bytes: &[u8]) -> [u8; 32] {
        bytes.try_into().unwrap_or_else(|_| {
            self.note(field, format_args!("has {} bytes; it takes 32", bytes.len()));
            [0; 32]
        })
    }
}

/// The instant of a timestamp, if the engine has it.
#[must_use]
pub fn read_time(timestamp: &Timestamp) -> Option<Time> {
    let seconds = u64::try_from(timestamp.seconds).ok()?;
    let nanos = u64::try_from(timestamp.nanos).ok().filter(|nanos| *nanos < NANOS_PER_SECOND)?;
    seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos).map(Time::from_nanos)
}

/// The timestamp of an instant.
///
/// # Panics
///
/// Never: the seconds of a `u64` of nanoseconds fit an `i64`, and what is left of one an `i32`.
#[must_use]
pub fn write_time(time: Time) -> Timestamp {
    let seconds = time.nanos() / NANOS_PER_SECOND;
    let nanos = time.nanos() % NANOS_PER_SECOND;
    Timestamp {
        seconds: i64::try_from(seconds).expect("a billionth of a u64"),
        nanos: i32::try_from(nanos).expect("less than a second"),
    }
}

/// A date as text, empty if there is none.
#[must_use]
pub fn write_date(date: Option<Date>) -> String {
    text_if_any(date)
}

/// What prints as text, empty if there is none.
#[must_use]
pub fn text_if_any(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

const NANOS_PER_SECOND: u64 = 1_000_000_000;
