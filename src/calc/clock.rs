//! `clock`: when an auction with a soft close ends, and which bids come too late.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};
use sfund_engine::auction::clock::{BIDS_MAX, Clock, SoftClose};
use sfund_engine::time::Time;

use super::number::Number;
use super::{Error, within};

/// Longest window: a day.
const WINDOW_SECONDS_MAX: u64 = 86_400;
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// Decimals of a second.
const SECOND_SCALE: usize = 9;

#[derive(Deserialize)]
pub(super) struct Question {
    end: TimeOfDay,
    #[serde(rename = "W")]
    window: Number,
    mode: Mode,
    hard: Option<TimeOfDay>,
    bids: Vec<TimeOfDay>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Reset,
    Extend,
}

/// `HH:MM:SS`, with decimals of the second if need be. Past midnight the hours count on.
#[derive(Clone, Copy)]
struct TimeOfDay(Time);

/// # Source
///
/// D2, D6; mechanics 5; vectors `soft_close`.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    within("bids", question.bids.len(), BIDS_MAX)?;
    let window = question.window.whole("W")?;
    if WINDOW_SECONDS_MAX < window {
        let value = window.to_string();
        return Err(Error::OutOfRange { field: "W", value, allowed: "from 0 to 86400 seconds" });
    }
    let soft_close = match question.mode {
        Mode::Reset => SoftClose::Reset,
        Mode::Extend => SoftClose::Extend,
    };
    let mut clock =
        Clock::new(question.end.0, window, soft_close, question.hard.map(|hard| hard.0));
    let mut rejected = Vec::new();
    let mut before = Time::ZERO;
    for bid in &question.bids {
        if bid.0 < before {
            return Err(Error::NotInOrder { time: bid.to_string() });
        }
        before = bid.0;
        match clock.after_bid(bid.0) {
            Some(end) => clock.move_to(end),
            None => rejected.push(bid.to_string()),
        }
    }
    Ok(json!({ "final": TimeOfDay(clock.end()).to_string(), "rejected": rejected }))
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom(format_args!("`{text:.40}` is no time: give HH:MM:SS"));
        parse(&text).map(Self).ok_or_else(wrong)
    }
}

fn parse(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = whole
        .split(':')
        .map(|part| (part.len() == 2 && digits(part)).then(|| part.parse::<u64>().ok()).flatten());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    if !fits || fraction.is_empty() || SECOND_SCALE < fraction.len() || !digits(fraction) {
        return None;
    }
    let nanos: u64 = format!("{fraction:0<SECOND_SCALE$}").parse().ok()?;
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    let seconds = minutes.checked_mul(60)?.checked_add(second)?;
    seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos).map(Time::from_nanos)
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.nanos() / NANOS_PER_SECOND;
        let nanos = self.0.nanos() % NANOS_PER_SECOND;
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hour:02}:{minute:02}:{second:02}")?;
        if nanos == 0 {
            return Ok(());
        }
        write!(f, ".{}", format!("{nanos:0SECOND_SCALE$}").trim_end_matches('0'))
    }
}
