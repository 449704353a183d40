//! Rationing: a sum split exactly, by time or pro rata.
//!
//! The parts always sum to what there was to split, and nobody gets more than was asked for.

use minicbor::{Decode, Encode};

/// Most entries of one split.
pub const ENTRIES_MAX: usize = 100_000;

/// How those at the margin share what is left for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Margin {
    /// Who came first is served first.
    #[n(0)]
    Time,
    /// In proportion to what each asked for, by largest remainder.
    #[n(1)]
    ProRata,
}

impl Margin {
    /// What each of `level`, earliest first, gets of `left`.
    #[must_use]
    pub fn share(self, level: &[u64], left: u64) -> Vec<u64> {
        match self {
            Self::Time => by_time(level, left),
            Self::ProRata => pro_rata(level, left),
        }
    }
}

/// Splits `left` over `level` in order: each gets all it asked for until nothing is left.
#[must_use]
pub fn by_time(level: &[u64], mut left: u64) -> Vec<u64> {
    let mut serve = |asked: &u64| {
        let given = left.min(*asked);
        left = left.saturating_sub(given);
        given
    };
    level.iter().map(&mut serve).collect()
}

/// Splits `left` over `level` in proportion, in whole numbers.
///
/// Each gets the whole part of its share; what then remains goes one by one to the largest
/// remainders, ties to the earlier entry. Where there is enough for all, all get what they asked.
///
/// # Panics
///
/// Never: a share of a `u64` is a `u64`.
///
/// # Source
///
/// Mechanics: rounding; vectors `rationing_largest_remainder`.
#[must_use]
pub fn pro_rata(level: &[u64], left: u64) -> Vec<u64> {
    let total = level.iter().fold(0_u128, |sum, asked| sum.saturating_add(u128::from(*asked)));
    if total <= u128::from(left) {
        return level.to_vec();
    }
    let mut given = Vec::with_capacity(level.len());
    let mut remainders = Vec::with_capacity(level.len());
    let mut rest = left;
    for (entry, asked) in level.iter().enumerate() {
        let product = u128::from(*asked).saturating_mul(u128::from(left));
        let whole = product.checked_div(total).unwrap_or(0);
        let whole = u64::try_from(whole).expect("a share is at most what was asked");
        given.push(whole);
        remainders.push((product.checked_rem(total).unwrap_or(0), entry));
        rest = rest.saturating_sub(whole);
    }
    // Stable, so equal remainders keep the order of entry.
    remainders.sort_by_key(|(remainder, _)| std::cmp::Reverse(*remainder));
    for (_, entry) in remainders.iter().take(usize::try_from(rest).unwrap_or(usize::MAX)) {
        given[*entry] = given[*entry].saturating_add(1);
    }
    given
}

/// Splits the bid for a package over its parts, by their reference values.
///
/// Each part is `bid · reference / Σ reference`, rounded half-up; what the rounding leaves over or
/// takes too much goes to the largest reference (of equals the earliest), and where that part
/// would fall below zero, on to the next. `None` if no reference is above zero.
///
/// # Panics
///
/// Never: a part of a `u64` is a `u64`.
///
/// # Source
///
/// Mechanics 1: a package bid over funds; vector `package_alloc`.
#[must_use]
pub fn by_reference(references: &[u64], bid: u64) -> Option<Vec<u64>> {
    let total = references.iter().fold(0_u128, |sum, value| sum.saturating_add((*value).into()));
    if total == 0 {
        return None;
    }
    let half_up = |value: &u64| {
        let product = u128::from(*value).saturating_mul(u128::from(bid));
        let whole = product.checked_div(total).unwrap_or(0);
        let rest = product.checked_rem(total).unwrap_or(0);
        let up = u128::from(total.saturating_sub(rest) <= rest);
        u64::try_from(whole.saturating_add(up)).expect("a part is at most the whole")
    };
    let mut parts: Vec<u64> = references.iter().map(half_up).collect();
    let sum = parts.iter().fold(0_u128, |sum, part| sum.saturating_add((*part).into()));
    let mut largest: Vec<usize> = (0..references.len()).collect();
    largest.sort_by_key(|part| std::cmp::Reverse(references[*part]));
    let bid = u128::from(bid);
    let missing = u64::try_from(bid.saturating_sub(sum)).expect("less than one each");
    let mut excess = u64::try_from(sum.saturating_sub(bid)).expect("less than one each");
    let first = largest[0];
    parts[first] = parts[first].saturating_add(missing);
    for part in largest {
        let taken = excess.min(parts[part]);
        parts[part] = parts[part].saturating_sub(taken);
        excess = excess.saturating_sub(taken);
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// One lot at a time to whoever is furthest below its exact share: slow and obvious.
    fn twin(level: &[u64], left: u64) -> Vec<u64> {
        let total: u64 = level.iter().sum();
        if total <= left {
            return level.to_vec();
        }
        let mut given: Vec<u64> = level.iter().map(|asked| asked * left / total).collect();
        while given.iter().sum::<u64>() < left {
            let owed = |at: usize| (level[at] * left).checked_signed_diff(given[at] * total);
            let mut next = 0;
            for entry in 1..level.len() {
                if owed(next) < owed(entry) {
                    next = entry;
                }
            }
            given[next] += 1;
        }
        given
    }

    #[test]
    fn remainders_go_to_the_largest_and_ties_to_the_earlier() {
        assert_eq!(pro_rata(&[30, 15], 10), [7, 3]);
        assert_eq!(pro_rata(&[33, 33, 34], 50), [17, 16, 17]);
        assert_eq!(pro_rata(&[1, 1, 1], 2), [1, 1, 0]);
        assert_eq!(by_time(&[30, 15, 5], 40), [30, 10, 0]);
    }

    #[test]
    fn every_split_is_exact_gives_nobody_more_than_asked_and_is_the_obvious_one() {
        let seed = 11;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for round in 0..4_000 {
            let level: Vec<u64> =
                (0..rng.random_range(1..9)).map(|_| rng.random_range(0..40)).collect();
            let total: u64 = level.iter().sum();
            let left = rng.random_range(0..=total + 3);
            let said = format!("seed {seed}, round {round}: {level:?} of {left}");
            assert_eq!(pro_rata(&level, left), twin(&level, left), "{said}");
            for margin in [Margin::Time, Margin::ProRata] {
                let given = margin.share(&level, left);
                assert_eq!(given.iter().sum::<u64>(), left.min(total), "{said} {margin:?}");
                assert!(given.iter().zip(&level).all(|(given, asked)| given <= asked), "{said}");
            }
        }
        assert_eq!(pro_rata(&[u64::MAX, u64::MAX], u64::MAX), [u64::MAX / 2 + 1, u64::MAX / 2]);
    }

    #[test]
    fn a_package_bid_is_split_by_reference_to_the_last_fen() {
        let parts = by_reference(&[37_200_000, 22_000_000, 6_000_000], 6_700_000_000).unwrap();
        assert_eq!(parts, [3_822_699_387, 2_260_736_196, 616_564_417]);
        assert_eq!(by_reference(&[5, 5, 5, 5], 2).unwrap(), [0, 0, 1, 1], "never below zero");
        assert_eq!(by_reference(&[1, 2, 1], 1).unwrap(), [0, 1, 0]);
        assert_eq!(by_reference(&[0, 0], 1), None);
        let seed = 12;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for round in 0..2_000 {
            let references: Vec<u64> =
                (0..rng.random_range(1..12)).map(|_| rng.random_range(1..1_000)).collect();
            let bid = rng.random_range(0..10_000);
            let parts = by_reference(&references, bid).unwrap();
            assert_eq!(parts.iter().sum::<u64>(), bid, "seed {seed}, round {round}");
        }
    }
}
