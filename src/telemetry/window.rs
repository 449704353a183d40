//! How long a step took over the last minute, kept in slots of a few seconds.
//!
//! Recording is a lock that nobody else wants and one addition; a slot is emptied when its turn
//! comes again. Quantiles are within one hundredth of the true ones.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// Seconds of one slot.
const SLOT_SECONDS: u64 = 5;
/// Full slots that a summary covers, and the one at hand.
const SLOTS: u64 = 13;
/// The least and the most that is told apart, in nanoseconds.
const NANOS: (u64, u64) = (256, 120_000_000_000);
/// Digits to which a quantile is true.
const DIGITS: u8 = 2;

/// The last minute of one step.
pub(super) struct Window(Mutex<Vec<Slot>>);

struct Slot {
    turn: u64,
    nanos: Histogram<u32>,
}

/// What a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How often it was recorded.
    pub count: u64,
    /// Half took at most this.
    pub p50: Duration,
    /// Ninety-nine of a hundred took at most this.
    pub p99: Duration,
}

impl Default for Window {
    fn default() -> Self {
        let slot = || {
            let (least, most) = NANOS;
            let nanos = Histogram::new_with_bounds(least, most, DIGITS);
            Slot { turn: 0, nanos: nanos.expect("the bounds are sound") }
        };
        Self(Mutex::new((0..SLOTS).map(|_| slot()).collect()))
    }
}

impl Window {
    /// Records that it took `took`, `age` after the window was made.
    pub(super) fn record(&self, age: Duration, took: Duration) {
        let turn = age.as_secs() / SLOT_SECONDS;
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = usize::try_from(turn % SLOTS).unwrap_or(0);
        let Some(slot) = slots.get_mut(at) else { return };
        if slot.turn != turn {
            slot.nanos.reset();
            slot.turn = turn;
        }
        slot.nanos.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The last minute as of `age` after the window was made.
    pub(super) fn summary(&self, age: Duration) -> Summary {
        let turn = age.as_secs() / SLOT_SECONDS;
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Option<Histogram<u32>> = None;
        for slot in slots.iter().filter(|slot| turn < slot.turn.saturating_add(SLOTS)) {
            match &mut all {
                None => all = Some(slot.nanos.clone()),
                // The bounds are the same.
                Some(all) => drop(all.add(&slot.nanos)),
            }
        }
        drop(slots);
        let Some(all) = all.filter(|all| !all.is_empty()) else { return Summary::default() };
        let at = |quantile| Duration::from_nanos(all.value_at_quantile(quantile));
        Summary { count: all.len(), p50: at(0.5), p99: at(0.99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Whether two durations are the same to a hundredth.
    fn is_about(found: Duration, expected: Duration) -> bool {
        found.abs_diff(expected) <= expected / 100
    }

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let window = Window::default();
        for number in 1..=1_000 {
            window.record(seconds(number / 100), Duration::from_micros(number));
        }
        let summary = window.summary(seconds(10));
        assert_eq!(summary.count, 1_000);
        assert!(is_about(summary.p50, Duration::from_micros(500)), "{summary:?}");
        assert!(is_about(summary.p99, Duration::from_micros(990)), "{summary:?}");
    }

    #[test]
    fn what_is_older_than_a_minute_is_forgotten() {
        let window = Window::default();
        window.record(seconds(0), seconds(9));
        window.record(seconds(59), seconds(1));
        assert_eq!(window.summary(seconds(59)).count, 2);
        assert!(is_about(window.summary(seconds(59)).p99, seconds(9)));
        assert_eq!(window.summary(seconds(66)).count, 1);
        assert!(is_about(window.summary(seconds(66)).p99, seconds(1)));
        assert_eq!(window.summary(seconds(200)), Summary::default());
        // A slot whose turn comes again begins empty.
        window.record(seconds(65), seconds(2));
        assert_eq!(window.summary(seconds(65)).count, 2);
    }

    #[test]
    fn the_longest_is_cut_and_not_lost() {
        let window = Window::default();
        window.record(seconds(0), seconds(1_000_000));
        let summary = window.summary(seconds(0));
        assert_eq!(summary.count, 1);
        assert!(is_about(summary.p50, seconds(120)), "{summary:?}");
    }
}
