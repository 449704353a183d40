//! The best award of every subset of up to twenty funds, set after set of packages.

use super::{Award, NoAward, Offer, Proof, SUBSET_FUNDS_MAX, awarded, sets};

/// Most bits of memory for what was chosen where.
const CHOICES_MAX: usize = 1 << 29;

/// Whether every subset can be looked at.
pub(super) fn suit(offer: &Offer) -> bool {
    let funds = offer.capacities.len();
    let alone = offer.capacities.iter().all(|capacity| *capacity <= 1);
    funds <= SUBSET_FUNDS_MAX
        && alone
        && offer.packages.len().saturating_mul(1 << funds) <= CHOICES_MAX
}

pub(super) fn award(offer: &Offer, work_max: u64) -> Result<Award, NoAward> {
    let sets = sets(offer);
    let funds = offer.capacities.iter().enumerate();
    let all =
        funds.filter(|(_, capacity)| 0 < **capacity).fold(0_usize, |all, one| all | 1 << one.0);
    let masks: Vec<usize> = offer
        .packages
        .iter()
        .map(|one| one.funds.iter().fold(0, |mask, fund| mask | 1 << fund))
        .collect();
    // Each package is tried with every subset of the funds that it leaves.
    let work =
        masks.iter().fold(0_u64, |work, mask| work.saturating_add(1 << (all & !mask).count_ones()));
    if work_max < work {
        return Err(NoAward::WorkSpent { work: work_max });
    }
    let mut best = vec![0_i64; all.saturating_add(1)];
    let mut before = Vec::new();
    let mut chosen = vec![Bits::default(); masks.len()];
    // From the last set to the first, so that the first chooses first.
    for set in sets.iter().rev() {
        before.clone_from(&best);
        // From the last package to the first: of equals the first to come takes the place.
        for at in set.iter().rev() {
            if masks[*at] & !all != 0 {
                continue;
            }
            chosen[*at] = Bits::of(best.len());
            let price = offer.packages[*at].price.fen();
            let others = all & !masks[*at];
            let mut rest = others;
            loop {
                let with = before[rest].saturating_add(price);
                let funds = rest | masks[*at];
                if best[funds] <= with {
                    best[funds] = with;
                    chosen[*at].set(funds);
                }
                if rest == 0 {
                    break;
                }
                rest = rest.wrapping_sub(1) & others;
            }
        }
    }
    let mut left = all;
    let mut winners = Vec::new();
    for set in &sets {
        // The last to take a place was the earliest of the set.
        if let Some(at) = set.iter().find(|at| chosen[**at].get(left)) {
            winners.push(*at);
            left &= !masks[*at];
        }
    }
    Ok(awarded(offer, winners, Proof::EverySubset { work }))
}

/// One bit for each subset.
#[derive(Clone, Default)]
struct Bits {
    words: Vec<u64>,
}

impl Bits {
    fn of(bits: usize) -> Self {
        Self { words: vec![0; bits.div_ceil(64)] }
    }

    fn set(&mut self, at: usize) {
        self.words[at / 64] |= 1 << (at % 64);
    }

    fn get(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word & 1 << (at % 64) != 0)
    }
}
