//! The clock of an auction with a soft close.
//!
//! A bid is in time if it comes before the end; at the end it is late (D2). A bid in the last
//! window moves the end, so that nobody wins by being the last to type; a hard stop caps it.

use minicbor::{Decode, Encode};

use crate::time::Time;

/// Most bids of one auction.
pub const BIDS_MAX: usize = 100_000;

/// What a bid in the last window does to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SoftClose {
    /// The window starts anew: the end is one window after the bid.
    #[n(0)]
    Reset,
    /// The end moves by one window.
    #[n(1)]
    Extend,
}

/// When bidding ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    end: Time,
    window_seconds: u64,
    soft_close: SoftClose,
    hard_stop: Option<Time>,
}

impl Clock {
    /// A clock that ends at `end`, or at the hard stop if that is earlier.
    #[must_use]
    pub fn new(
        end: Time,
        window_seconds: u64,
        soft_close: SoftClose,
        hard_stop: Option<Time>,
    ) -> Self {
        let mut clock = Self { end, window_seconds, soft_close, hard_stop };
        clock.end = clock.capped(end);
        clock
    }

    /// When bidding ends. A bid at this very moment is late.
    #[must_use]
    pub const fn end(&self) -> Time {
        self.end
    }

    /// The end after a bid at `at`, or `None` if the bid is late.
    ///
    /// A bid that leaves a whole window or more on the clock moves nothing, whichever way the
    /// clock moves.
    ///
    /// # Source
    ///
    /// D2, D6; mechanics 5, soft close; vectors `soft_close`.
    #[must_use]
    pub fn after_bid(&self, at: Time) -> Option<Time> {
        if self.end <= at {
            return None;
        }
        let window_ends = at.plus_seconds(self.window_seconds);
        if window_ends <= self.end {
            return Some(self.end);
        }
        let moved = match self.soft_close {
            SoftClose::Reset => window_ends,
            SoftClose::Extend => self.end.plus_seconds(self.window_seconds),
        };
        Some(self.capped(moved))
    }

    /// Moves the end to what [`Clock::after_bid`] said.
    ///
    /// # Panics
    ///
    /// If the end would move back.
    pub fn move_to(&mut self, end: Time) {
        assert!(self.end <= end, "a close only moves later");
        self.end = end;
    }

    fn capped(&self, end: Time) -> Time {
        self.hard_stop.map_or(end, |hard| end.min(hard))
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn at(hour: u64, minute: u64, second: u64) -> Time {
        Time::ZERO.plus_seconds(hour * 3_600 + minute * 60 + second)
    }

    fn play(mut clock: Clock, bids: &[Time]) -> (Time, Vec<Time>) {
        let mut late = Vec::new();
        for bid in bids {
            match clock.after_bid(*bid) {
                Some(end) => clock.move_to(end),
                None => late.push(*bid),
            }
        }
        (clock.end(), late)
    }

    fn ends_at_three(soft_close: SoftClose, hard_stop: Option<Time>) -> Clock {
        Clock::new(at(15, 0, 0), 300, soft_close, hard_stop)
    }

    #[test]
    fn d2_a_bid_in_the_last_window_resets_the_clock_and_a_bid_at_the_end_is_late() {
        let bids = [at(14, 54, 59), at(14, 56, 0), at(15, 0, 30), at(15, 5, 30)];
        let (end, late) = play(ends_at_three(SoftClose::Reset, None), &bids);
        assert_eq!((end, late), (at(15, 5, 30), vec![at(15, 5, 30)]));
        let (end, late) =
            play(ends_at_three(SoftClose::Reset, None), &[at(14, 54, 59), at(14, 55, 0)]);
        assert_eq!((end, late), (at(15, 0, 0), vec![]));
    }

    #[test]
    fn d2_extending_moves_the_end_by_a_window_for_each_bid_in_the_last_one() {
        let bids = [at(14, 55, 0), at(14, 56, 0), at(14, 57, 0), at(15, 4, 59), at(15, 10, 0)];
        let (end, late) = play(ends_at_three(SoftClose::Extend, None), &bids);
        // 14:56 moves it to 15:05, 14:57 leaves more than a window, 15:04:59 moves it again.
        assert_eq!((end, late), (at(15, 10, 0), vec![at(15, 10, 0)]));
        let (end, _) = play(ends_at_three(SoftClose::Extend, None), &[at(14, 55, 0)]);
        assert_eq!(end, at(15, 0, 0), "a whole window is left");
    }

    #[test]
    fn d6_a_hard_stop_caps_the_end_and_is_itself_late() {
        let hard = Some(at(15, 7, 0));
        let bids = [at(14, 59, 0), at(15, 3, 0), at(15, 6, 59), at(15, 7, 0)];
        let (end, late) = play(ends_at_three(SoftClose::Reset, hard), &bids);
        assert_eq!((end, late), (at(15, 7, 0), vec![at(15, 7, 0)]));
        let early = ends_at_three(SoftClose::Extend, Some(at(14, 0, 0)));
        assert_eq!(early.end(), at(14, 0, 0));
    }

    #[test]
    fn the_end_never_moves_back_nor_beyond_the_hard_stop_whatever_is_bid() {
        let seed = 13;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for round in 0..500 {
            let soft_close = [SoftClose::Reset, SoftClose::Extend][rng.random_range(0..2)];
            let hard = at(15, rng.random_range(0..40), 0);
            let mut clock = ends_at_three(soft_close, Some(hard));
            let mut now = at(14, 50, 0);
            for _ in 0..40 {
                now = now.plus_seconds(rng.random_range(0..200));
                let before = clock.end();
                let said = format!("seed {seed}, round {round}, {now:?}");
                match clock.after_bid(now) {
                    Some(end) => {
                        assert!(now < before && before <= end && end <= hard, "{said}");
                        clock.move_to(end);
                    }
                    None => assert!(before <= now, "{said}"),
                }
            }
        }
    }
}
