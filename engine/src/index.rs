//! A map from keys to places in a slab: find, insert, remove, and no iteration.
//!
//! Open addressing with linear probing and backward-shift removal. It cannot be walked, so its
//! inner order can reach neither a decision nor a digest.

/// A key of an [`Index`]: the narrower it is, the more of them lie in one cache line.
pub(crate) trait Key: Copy + Default + Eq {
    /// The key as 64 bits. Keys may meet there: the index compares them as they are.
    fn folded(self) -> u64;
}

impl Key for u64 {
    #[inline]
    fn folded(self) -> u64 {
        self
    }
}

impl Key for u128 {
    #[inline]
    fn folded(self) -> u64 {
        let [low, high] = halves(self);
        low ^ high.rotate_left(29)
    }
}

/// Keys to places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index<K> {
    /// A power of two of them, or none; the place [`EMPTY`] marks a free one.
    slots: Vec<(K, u32)>,
    count: usize,
}

const EMPTY: u32 = u32::MAX;
const SLOTS_MIN: usize = 16;

/// Two indexes are equal if they hold as many keys: each is derived from a slab that is compared.
impl<K> PartialEq for Index<K> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count
    }
}

impl<K> Eq for Index<K> {}

impl<K: Key> Index<K> {
    /// The place of `key`.
    #[inline]
    pub(crate) fn find(&self, key: K) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = self.home(key);
        loop {
            let (found, place) = self.slot(at);
            if place == EMPTY {
                return None;
            }
            if found == key {
                return Some(place);
            }
            at = self.after(at);
        }
    }

    /// Looks at where the search for `key` begins, so that memory fetches it; tells nothing.
    #[inline]
    pub(crate) fn look(&self, key: K) -> u32 {
        self.slots.get(self.home(key)).map_or(0, |(_, place)| *place)
    }

    /// Puts `key` at `place`; answers with the place it had.
    pub(crate) fn insert(&mut self, key: K, place: u32) -> Option<u32> {
        assert!(place < EMPTY, "the last place is never given");
        self.grow();
        let mut at = self.home(key);
        loop {
            let (found, before) = self.slot(at);
            if before == EMPTY {
                self.put(at, (key, place));
                self.count = self.count.saturating_add(1);
                return None;
            }
            if found == key {
                self.put(at, (key, place));
                return Some(before);
            }
            at = self.after(at);
        }
    }

    /// Takes `key` out; answers with the place it had.
    pub(crate) fn remove(&mut self, key: K) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut hole = self.home(key);
        let removed = loop {
            let (found, place) = self.slot(hole);
            if place == EMPTY {
                return None;
            }
            if found == key {
                break place;
            }
            hole = self.after(hole);
        };
        let mut next = hole;
        loop {
            next = self.after(next);
            let (moved, place) = self.slot(next);
            if place == EMPTY {
                break;
            }
            let home = self.home(moved);
            if self.distance(hole, next) <= self.distance(home, next) {
                self.put(hole, (moved, place));
                hole = next;
            }
        }
        self.put(hole, (K::default(), EMPTY));
        self.count = self.count.saturating_sub(1);
        Some(removed)
    }

    fn grow(&mut self) {
        // At most three quarters full.
        if self.count.saturating_mul(4) < self.slots.len().saturating_mul(3) {
            return;
        }
        let size = self.slots.len().saturating_mul(2).max(SLOTS_MIN);
        let old = std::mem::replace(&mut self.slots, vec![(K::default(), EMPTY); size]);
        for (key, place) in old.into_iter().filter(|(_, place)| *place != EMPTY) {
            let mut at = self.home(key);
            while self.slot(at).1 != EMPTY {
                at = self.after(at);
            }
            self.put(at, (key, place));
        }
    }

    #[inline]
    fn mask(&self) -> usize {
        self.slots.len().wrapping_sub(1)
    }

    #[inline]
    fn home(&self, key: K) -> usize {
        let mixed = key.folded().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        usize::try_from(mixed >> 32).unwrap_or(0) & self.mask()
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        at.wrapping_add(1) & self.mask()
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.mask()
    }

    #[inline]
    fn slot(&self, at: usize) -> (K, u32) {
        *self.slots.get(at).expect("masked")
    }

    fn put(&mut self, at: usize, slot: (K, u32)) {
        *self.slots.get_mut(at).expect("masked") = slot;
    }
}

fn halves(key: u128) -> [u64; 2] {
    let low = u64::try_from(key & u128::from(u64::MAX)).expect("masked");
    let high = u64::try_from(key >> 64).expect("shifted");
    [low, high]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::RngExt;
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn the_index_answers_as_a_plain_map_does() {
        for seed in 0..20 {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let (mut index, mut plain) = (Index::<u128>::default(), BTreeMap::new());
            for step in 0..20_000 {
                let key =
                    u128::from(rng.random_range(0..3_000_u64)) << (rng.random_range(0..3) * 32);
                let place = rng.random_range(0..1_000);
                match rng.random_range(0..3) {
                    0 => assert_eq!(index.find(key), plain.get(&key).copied(), "{seed} {step}"),
                    1 => assert_eq!(index.insert(key, place), plain.insert(key, place), "{seed}"),
                    _ => assert_eq!(index.remove(key), plain.remove(&key), "{seed} {step}"),
                }
            }
            assert_eq!(index.count, plain.len(), "seed {seed}");
        }
    }
}
