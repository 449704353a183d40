//! Attempts remembered, so that a command sent twice has one effect (幂等).
//!
//! An attempt is remembered for [`ATTEMPT_SECONDS`] and then forgotten, oldest first.

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};

use crate::entry::{Attempt, Caller};
use crate::id::Sequence;
use crate::index::Index;
use crate::policy::{ATTEMPT_SECONDS, ATTEMPTS_MAX, ATTEMPTS_OF_CALLER_MAX, ATTEMPTS_OF_STAFF};
use crate::time::Time;

/// Places go round below this: the index keeps the last `u32` for itself.
const RING: u32 = u32::MAX;
/// Most attempts forgotten for each one remembered.
const FORGOTTEN_AT_ONCE: usize = 4;

/// An attempt and where its answer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Remembered {
    #[n(0)]
    caller: Caller,
    #[n(1)]
    attempt: Attempt,
    #[n(2)]
    at: Time,
    #[n(3)]
    sequence: Sequence,
}

/// What is known of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is new.
    New,
    /// It was answered in this entry.
    Answered(Sequence),
    /// Its id was used for something else.
    Reused,
}

/// How many attempts a caller may have remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// As many as there is room for.
    Staff,
    /// A part of them.
    Other,
}

/// Attempts of the last 24 hours, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts {
    /// Place of the oldest: places go round, and where they began is not state.
    oldest: u32,
    kept: VecDeque<Remembered>,
    places: Index<u128>,
    /// How many are kept of each caller.
    counts: BTreeMap<Caller, usize>,
}

impl PartialEq for Attempts {
    fn eq(&self, other: &Self) -> bool {
        self.kept == other.kept
    }
}

impl Eq for Attempts {}

impl Attempts {
    /// These attempts, oldest first; `None` if one stands in them twice.
    pub(crate) fn from_kept(kept: Vec<Remembered>) -> Option<Self> {
        let mut attempts = Self::default();
        for remembered in kept {
            if attempts.insert(remembered).is_some() {
                return None;
            }
        }
        Some(attempts)
    }

    /// All of them, oldest first.
    pub(crate) fn kept(&self) -> impl ExactSizeIterator<Item = &Remembered> {
        self.kept.iter()
    }

    /// Whether one more of `caller` can be remembered at `at`.
    ///
    /// # Errors
    ///
    /// How many are remembered, if that is all that may be.
    pub(crate) fn room(&self, caller: Caller, share: Share, at: Time) -> Result<(), usize> {
        // Then one more makes room for itself.
        if self.kept.front().is_some_and(|oldest| is_due(oldest, at)) {
            return Ok(());
        }
        let (own_max, all_max) = match share {
            Share::Staff => (ATTEMPTS_MAX, ATTEMPTS_MAX),
            Share::Other => {
                (ATTEMPTS_OF_CALLER_MAX, ATTEMPTS_MAX.saturating_sub(ATTEMPTS_OF_STAFF))
            }
        };
        if all_max <= self.kept.len() {
            return Err(all_max);
        }
        let own = self.counts.get(&caller).copied().unwrap_or(0);
        if own < own_max { Ok(()) } else { Err(own_max) }
    }

    /// What is known of an attempt of `caller`.
    pub(crate) fn find(&self, caller: Caller, attempt: Attempt) -> Known {
        let Some(place) = self.places.find(key(caller, attempt)) else { return Known::New };
        let index = usize::try_from(ring(place, RING.wrapping_sub(self.oldest))).expect("an index");
        let found = self.kept.get(index).expect("the index holds places of kept attempts");
        if found.caller != caller || found.attempt != attempt {
            return Known::Reused;
        }
        Known::Answered(found.sequence)
    }

    /// Remembers an attempt answered at `sequence`, and forgets what is too old.
    pub(crate) fn remember(
        &mut self,
        caller: Caller,
        attempt: Attempt,
        at: Time,
        sequence: Sequence,
    ) {
        for _ in 0..FORGOTTEN_AT_ONCE {
            if !self.kept.front().is_some_and(|oldest| is_due(oldest, at)) {
                break;
            }
            let oldest = self.kept.pop_front().expect("there is a front");
            self.places.remove(key(oldest.caller, oldest.attempt));
            self.oldest = ring(self.oldest, 1);
            self.uncount(oldest.caller);
        }
        let before = self.insert(Remembered { caller, attempt, at, sequence });
        assert!(before.is_none(), "an attempt is remembered once");
    }

    fn uncount(&mut self, caller: Caller) {
        let own = self.counts.get_mut(&caller).expect("what is kept is counted");
        *own = own.saturating_sub(1);
        if *own == 0 {
            self.counts.remove(&caller);
        }
    }

    fn insert(&mut self, remembered: Remembered) -> Option<u32> {
        let count = u32::try_from(self.kept.len()).expect("at most ATTEMPTS_MAX");
        let place = ring(self.oldest, count);
        self.kept.push_back(remembered);
        let own = self.counts.entry(remembered.caller).or_default();
        *own = own.saturating_add(1);
        self.places.insert(key(remembered.caller, remembered.attempt), place)
    }
}

fn ring(place: u32, steps: u32) -> u32 {
    let sum = u64::from(place).saturating_add(u64::from(steps));
    u32::try_from(sum.checked_rem(u64::from(RING)).unwrap_or(0)).expect("below the ring")
}

fn is_due(remembered: &Remembered, at: Time) -> bool {
    remembered.at.plus_seconds(ATTEMPT_SECONDS) < at
}

/// The id with its caller mixed in: callers do not meet in one key by accident; `find` compares.
fn key(caller: Caller, attempt: Attempt) -> u128 {
    let caller = match caller {
        Caller::Venue => u128::from(u64::MAX),
        Caller::Party(party) => u128::from(party.number()),
    };
    u128::from_le_bytes(attempt.id) ^ caller.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PartyId;

    const ALICE: Caller = Caller::Party(PartyId::new(1));

    fn attempt(id: u8, fingerprint: u64) -> Attempt {
        Attempt { id: [id; 16], fingerprint }
    }

    #[test]
    fn an_attempt_is_known_for_24_hours_by_its_caller_and_body() {
        let mut attempts = Attempts::default();
        let at = Time::from_nanos(1);
        attempts.remember(ALICE, attempt(1, 7), at, Sequence::new(5));
        assert_eq!(attempts.find(ALICE, attempt(1, 7)), Known::Answered(Sequence::new(5)));
        assert_eq!(attempts.find(ALICE, attempt(1, 8)), Known::Reused);
        assert_eq!(attempts.find(Caller::Party(PartyId::new(2)), attempt(1, 7)), Known::New);

        let last = at.plus_seconds(ATTEMPT_SECONDS);
        attempts.remember(ALICE, attempt(2, 7), last, Sequence::new(6));
        assert_eq!(attempts.find(ALICE, attempt(1, 7)), Known::Answered(Sequence::new(5)));
        attempts.remember(ALICE, attempt(3, 7), last.next(), Sequence::new(7));
        assert_eq!(attempts.find(ALICE, attempt(1, 7)), Known::New);
        assert_eq!(attempts.find(ALICE, attempt(3, 7)), Known::Answered(Sequence::new(7)));
        let kept = attempts.kept().copied().collect();
        assert_eq!(Attempts::from_kept(kept).unwrap().kept().count(), attempts.kept().count());
    }

    #[test]
    fn one_caller_takes_a_part_of_the_room_and_the_last_of_it_is_for_staff() {
        let mut attempts = Attempts::default();
        let at = Time::from_nanos(1);
        let mut sequence = Sequence::ZERO;
        let mut remember = |attempts: &mut Attempts, caller, count: usize| {
            for _ in 0..count {
                sequence = sequence.next();
                let mut id = [0; 16];
                id[..8].copy_from_slice(&sequence.number().to_le_bytes());
                attempts.remember(caller, Attempt { id, fingerprint: 0 }, at, sequence);
            }
        };
        let [bob, carol, dave] = [2, 3, 4].map(|number| Caller::Party(PartyId::new(number)));
        remember(&mut attempts, ALICE, ATTEMPTS_OF_CALLER_MAX - 1);
        assert_eq!(attempts.room(ALICE, Share::Other, at), Ok(()));
        remember(&mut attempts, ALICE, 1);
        assert_eq!(attempts.room(ALICE, Share::Other, at), Err(ATTEMPTS_OF_CALLER_MAX));
        assert_eq!(attempts.room(ALICE, Share::Staff, at), Ok(()));
        for other in [bob, carol] {
            assert_eq!(attempts.room(other, Share::Other, at), Ok(()));
            remember(&mut attempts, other, ATTEMPTS_OF_CALLER_MAX);
        }
        let least = ATTEMPTS_MAX - ATTEMPTS_OF_STAFF;
        remember(&mut attempts, dave, least - 3 * ATTEMPTS_OF_CALLER_MAX);
        let other = Caller::Party(PartyId::new(5));
        assert_eq!(attempts.room(other, Share::Other, at), Err(least));
        remember(&mut attempts, other, ATTEMPTS_OF_STAFF - 1);
        assert_eq!(attempts.room(other, Share::Staff, at), Ok(()));
        remember(&mut attempts, other, 1);
        assert_eq!(attempts.room(other, Share::Staff, at), Err(ATTEMPTS_MAX));

        // What is forgotten counts for nobody any more.
        let later = at.plus_seconds(ATTEMPT_SECONDS).next();
        assert_eq!(attempts.room(ALICE, Share::Other, later), Ok(()));
        attempts.remember(ALICE, attempt(255, 0), later, sequence.next());
        let kept = ATTEMPTS_MAX + 1 - FORGOTTEN_AT_ONCE;
        assert_eq!(attempts.kept().len(), kept);
        assert_eq!(attempts.counts.values().sum::<usize>(), kept);
        let copy = Attempts::from_kept(attempts.kept().copied().collect()).unwrap();
        assert_eq!(copy.counts, attempts.counts);
    }
}
