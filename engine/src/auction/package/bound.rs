//! What the packages that are left can bring at most, by a price for every share.
//!
//! Put a price on a share of every fund. Whatever wins, it brings at most the price of all that is
//! left, plus of each exclusive set the most that one of its packages bids above the prices of its
//! funds. That holds for any prices; good ones make it tight, and are found by moving the price of
//! what is asked for too often up, and of what is left over down. All in whole numbers.

/// Steps of the price search at the first place, and at each later one.
const STEPS_FIRST: u32 = 2_000;
const STEPS_LATER: u32 = 25;
/// The largest scaled price of a package: a thousand of them still fit.
const SCALED_MAX: i64 = 1 << 50;

/// A package as the search sees it.
pub(super) struct Item {
    /// The funds it takes one share of each.
    pub(super) funds: Vec<usize>,
    /// The exclusive set it is in, maybe alone.
    pub(super) set: usize,
    /// What it brings, in scaled steps.
    pub(super) price: i64,
}

impl Item {
    /// What it brings above these prices of its funds.
    pub(super) fn gain(&self, prices: &[i64]) -> i64 {
        self.funds.iter().fold(self.price, |gain, fund| gain.saturating_sub(prices[*fund]))
    }
}

/// How prices are carried: divided by what they have in common, times a power of two.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    common: i64,
    fine: i64,
}

impl Scale {
    pub(super) fn of(prices: impl Iterator<Item = i64> + Clone) -> Self {
        let common = prices.clone().fold(0, greatest_common_divisor).max(1);
        let largest = prices.max().unwrap_or(1).checked_div(common).unwrap_or(1).max(1);
        let mut fine = 1_i64;
        while largest.saturating_mul(fine).saturating_mul(2) <= SCALED_MAX {
            fine = fine.saturating_mul(2);
        }
        Self { common, fine }
    }

    /// A price of that many fen, in scaled steps; exact for the price of a package.
    pub(super) fn scaled(self, fen: i64) -> i64 {
        let scaled = i128::from(fen).saturating_mul(self.fine.into());
        let scaled = scaled.checked_div(self.common.into()).unwrap_or(0);
        i64::try_from(scaled).unwrap_or(SCALED_MAX)
    }

    /// The largest sum of prices that is no more than so many scaled steps.
    pub(super) fn whole(self, scaled: i128) -> i128 {
        scaled.div_euclid(self.fine.into()).saturating_mul(self.fine.into())
    }

    /// The most that still counts as no more than `scaled`, itself a sum of prices.
    pub(super) fn below_next(self, scaled: i64) -> i128 {
        i128::from(scaled).saturating_add(self.fine.into()).saturating_sub(1)
    }

    /// The next smaller sum of prices that there may be.
    pub(super) fn before(self, scaled: i64) -> i64 {
        scaled.saturating_sub(self.fine)
    }

    /// So many scaled steps in fen, rounded up: what bounds in steps bounds in fen.
    pub(super) fn fen_up(self, scaled: i64) -> i64 {
        let fen = i128::from(scaled).saturating_mul(self.common.into());
        let up = fen.saturating_add(i128::from(self.fine).saturating_sub(1));
        i64::try_from(up.div_euclid(self.fine.into())).unwrap_or(i64::MAX)
    }
}

fn greatest_common_divisor(one: i64, other: i64) -> i64 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one.checked_rem(other).unwrap_or(0));
    }
    one
}

/// What is left to win.
#[derive(Clone)]
pub(super) struct Room {
    /// Shares of each fund.
    pub(super) left: Vec<i64>,
    /// Whether each exclusive set has its winner.
    pub(super) served: Vec<bool>,
}

impl Room {
    pub(super) fn fits(&self, item: &Item) -> bool {
        !self.served[item.set] && item.funds.iter().all(|fund| 0 < self.left[*fund])
    }

    pub(super) fn take(&mut self, item: &Item) {
        self.served[item.set] = true;
        for fund in &item.funds {
            self.left[*fund] = self.left[*fund].saturating_sub(1);
        }
    }
}

/// Where the search stands.
pub(super) struct Place<'a> {
    pub(super) items: &'a [Item],
    pub(super) room: &'a Room,
    /// Items that may still win.
    pub(super) open: &'a [usize],
    /// What those that win already bring.
    pub(super) won: i64,
}

/// A bound, and what it rests on.
#[derive(Clone)]
pub(super) struct Bound {
    /// No more than this can be brought, in scaled steps.
    pub(super) most: i128,
    /// The price of each fund.
    pub(super) prices: Vec<i64>,
    /// What each open item bids above the prices of its funds, in their order.
    pub(super) gains: Vec<i64>,
    /// Of each set the most that an open item gains, if that is above zero, and the next.
    pub(super) best: Vec<[i64; 2]>,
}

impl Bound {
    /// How much less there is with an item, and without it, that gains so much.
    pub(super) fn losses(&self, item: &Item, gain: i64) -> (i64, i64) {
        let [first, second] = self.best[item.set];
        let without = if gain == first { first.saturating_sub(second) } else { 0 };
        (first.saturating_sub(gain), without)
    }
}

/// The bound by these prices.
pub(super) fn at(place: &Place<'_>, prices: &[i64]) -> Bound {
    let funds = place.room.left.iter().zip(prices);
    let mut most = funds.fold(i128::from(place.won), |sum, (left, price)| {
        sum.saturating_add(i128::from(*left).saturating_mul((*price).into()))
    });
    let mut gains = Vec::with_capacity(place.open.len());
    let mut best = vec![[0; 2]; place.items.len()];
    for at in place.open {
        let item = &place.items[*at];
        let gain = item.gain(prices);
        gains.push(gain);
        let [first, second] = best[item.set];
        if first < gain {
            best[item.set] = [gain, first];
            most = most.saturating_add(gain.saturating_sub(first).into());
        } else if second < gain {
            best[item.set] = [first, gain];
        }
    }
    Bound { most, prices: prices.to_vec(), gains, best }
}

/// How hard to look for good prices.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    First,
    Later,
}

/// Looks from `prices` for prices whose bound does not exceed `known`, or else for the best seen.
/// Adds to `work` what it took.
pub(super) fn improve(
    place: &Place<'_>,
    prices: &[i64],
    known: i128,
    effort: Effort,
    work: &mut u64,
) -> Bound {
    let looks = u64::try_from(place.open.len()).unwrap_or(u64::MAX).saturating_add(1);
    let mut best = at(place, prices);
    *work = work.saturating_add(looks);
    let mut now = best.clone();
    let steps = match effort {
        Effort::First => STEPS_FIRST,
        Effort::Later => STEPS_LATER,
    };
    // The step is this many 256ths of the way to what is known; shorter when it does not help.
    let (mut part, mut idle) = (256_i128, 0_u32);
    let patience = steps.div_ceil(16);
    for _ in 0..steps {
        if best.most <= known || part == 0 {
            break;
        }
        let Some(prices) = moved(place, &now, known, part) else { break };
        now = at(place, &prices);
        *work = work.saturating_add(looks);
        if now.most < best.most {
            best.clone_from(&now);
            idle = 0;
        } else {
            idle = idle.saturating_add(1);
            if patience <= idle {
                (part, idle) = (part.checked_div(2).unwrap_or(0), 0);
                now.clone_from(&best);
            }
        }
    }
    best
}

/// The prices a step on: up where more is wanted than is left, down where some is left over. `None`
/// if all that is wanted is exactly what is there.
fn moved(place: &Place<'_>, now: &Bound, known: i128, part: i128) -> Option<Vec<i64>> {
    let mut over: Vec<i64> = place.room.left.iter().map(|left| left.saturating_neg()).collect();
    let mut served = vec![false; place.items.len()];
    for (at, gain) in place.open.iter().zip(&now.gains) {
        let item = &place.items[*at];
        if 0 < *gain && *gain == now.best[item.set][0] && !served[item.set] {
            served[item.set] = true;
            for fund in &item.funds {
                over[*fund] = over[*fund].saturating_add(1);
            }
        }
    }
    // A price of zero cannot fall.
    let counts = |over: &i64, price: &i64| 0 < *over || 0 < *price;
    let squares = over.iter().zip(&now.prices).filter(|(over, price)| counts(over, price));
    let norm = squares.fold(0_i128, |sum, (over, _)| {
        sum.saturating_add(i128::from(*over).saturating_mul((*over).into()))
    });
    if norm == 0 {
        return None;
    }
    let way = now.most.saturating_sub(known).saturating_mul(part);
    let step = way.checked_div(norm.saturating_mul(256)).unwrap_or(0).min(SCALED_MAX.into());
    let step = i64::try_from(step).unwrap_or(SCALED_MAX);
    let step = |(over, price): (&i64, &i64)| {
        price.saturating_add(step.saturating_mul(*over)).clamp(0, SCALED_MAX)
    };
    Some(over.iter().zip(&now.prices).map(step).collect())
}
