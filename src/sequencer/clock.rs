//! The clock as a seam: the one place where time enters the market.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sfund_engine::time::Time;

/// Tells the time. It may stand still or jump; the sequencer never lets it go back.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;

    /// How long a thread sleeps until `due`; it looks again when it wakes.
    fn until(&self, due: Time) -> Duration;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

/// A clock that stands still until somebody moves it: for tests and simulations. After moving it,
/// wake the sequencer with [`super::Handle::wake`].
#[derive(Debug)]
pub struct HandClock(AtomicU64);

/// How long a thread sleeps that waits for a hand-moved clock.
const STANDS_STILL: Duration = Duration::from_secs(3_600);

impl Clock for WallClock {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    fn until(&self, due: Time) -> Duration {
        Duration::from_nanos(due.nanos().saturating_sub(self.now().nanos()))
    }
}

impl HandClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub const fn new(now: Time) -> Self {
        Self(AtomicU64::new(now.nanos()))
    }

    /// Moves the clock to `now`.
    pub fn set(&self, now: Time) {
        self.0.store(now.nanos(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time::from_nanos(self.0.load(Ordering::SeqCst))
    }

    fn until(&self, _due: Time) -> Duration {
        STANDS_STILL
    }
}
