//! The best award of a lot to bids with minimum quantities, found exactly.
//!
//! A dynamic programme over bids and lots, `O(bids · lots)` with the maximum of a sliding window.
//! One number carries the whole order of preference: gain above the reserve first, then lots sold,
//! then fewer winners; the earliest bids are served with the most among equals.

use super::ration::Margin;

/// What a bid offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// What one lot brings above the reserve.
    pub(crate) gain: u64,
    /// The fewest lots, at least 1.
    pub(crate) minimum: u64,
    /// The most lots, at most those for sale.
    pub(crate) maximum: u64,
}

/// Lots for each offer, in their order: the best award of `quantity` lots.
///
/// # Source
///
/// Mechanics 5: all-or-none and minimum quantities.
pub(crate) fn best(quantity: u64, offers: &[Offer]) -> Vec<u64> {
    let scale = Scale::of(quantity, offers);
    let mut value = vec![0_i128; scale.states()];
    let mut next = value.clone();
    let mut window = Window::default();
    let mut taken = vec![0_u32; scale.states().saturating_mul(offers.len())];
    // From the last offer to the first, so that the first chooses first.
    let rows = taken.chunks_exact_mut(scale.states());
    for (offer, row) in offers.iter().zip(rows).rev() {
        step(&value, &mut next, row, &mut window, scale.line(offer));
        std::mem::swap(&mut value, &mut next);
    }
    let mut left = scale.states().saturating_sub(1);
    let mut lots = Vec::with_capacity(offers.len());
    for row in taken.chunks_exact(scale.states()) {
        lots.push(u64::from(row[left]));
        left = left.saturating_sub(usize::try_from(row[left]).expect("lots are few"));
    }
    lots
}

/// Lots for each offer if the highest is served first, each while what it insists on is left.
pub(crate) fn first_come(quantity: u64, offers: &[Offer]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..offers.len()).collect();
    // Stable, so equal offers keep the order in which they came.
    order.sort_by_key(|at| std::cmp::Reverse(offers[*at].gain));
    let mut lots = vec![0; offers.len()];
    let mut left = quantity;
    for at in order {
        let given = offers[at].maximum.min(left);
        if offers[at].minimum <= given {
            lots[at] = given;
            left = left.saturating_sub(given);
        }
    }
    lots
}

/// Shares what the offers of one price that may be cut at will won together, price by price.
pub(crate) fn share_levels(offers: &[Offer], lots: &mut [u64], margin: Margin) {
    let mut order: Vec<usize> = (0..offers.len()).filter(|at| offers[*at].minimum == 1).collect();
    order.sort_by_key(|at| std::cmp::Reverse(offers[*at].gain));
    for level in order.chunk_by(|one, next| offers[*one].gain == offers[*next].gain) {
        let asked: Vec<u64> = level.iter().map(|at| offers[*at].maximum).collect();
        let won = level.iter().fold(0, |sum: u64, at| sum.saturating_add(lots[*at]));
        for (at, given) in level.iter().zip(margin.share(&asked, won)) {
            lots[*at] = given;
        }
    }
}

/// For each offer, how much more the others would gain if it had not been made: what it pays above
/// the reserve under Vickrey, Clarke and Groves. `lots` is the best award.
pub(crate) fn gains_without(quantity: u64, offers: &[Offer], lots: &[u64]) -> Vec<u64> {
    let scale = Scale::of(quantity, offers);
    let states = scale.states();
    let mut ignored = vec![0_u32; states];
    let mut window = Window::default();
    // What the offers behind each winner gain with so many lots, from the last winner on.
    let mut behind = Vec::new();
    let mut value = vec![0_i128; states];
    let mut next = value.clone();
    for (offer, lots) in offers.iter().zip(lots).rev() {
        if 0 < *lots {
            behind.push(value.clone());
        }
        step(&value, &mut next, &mut ignored, &mut window, scale.line(offer));
        std::mem::swap(&mut value, &mut next);
    }
    let gain =
        |(offer, lots): (&Offer, &u64)| i128::from(offer.gain).saturating_mul((*lots).into());
    let all = offers.iter().zip(lots).map(gain).fold(0, i128::saturating_add);
    // What those before it gain grows along the way, as far as the last winner.
    let mut before = vec![0_i128; states];
    let mut pays = vec![0; offers.len()];
    for ((offer, lots), pays) in offers.iter().zip(lots).zip(&mut pays) {
        if behind.is_empty() {
            break;
        }
        if 0 < *lots {
            let row = behind.pop().expect("one for each winner");
            let apart = before.iter().zip(row.iter().rev());
            let best = apart.map(|(one, other)| one.saturating_add(*other)).max().unwrap_or(0);
            let others = all.saturating_sub(gain((offer, lots)));
            let more = scale.gain_of(best).saturating_sub(others);
            *pays = u64::try_from(more).expect("the others gain at least what they have");
        }
        step(&before, &mut next, &mut ignored, &mut window, scale.line(offer));
        std::mem::swap(&mut before, &mut next);
    }
    pays
}

/// How one number carries gain, lots sold and winners.
#[derive(Clone, Copy)]
struct Scale {
    quantity: u64,
    /// What one lot sold counts: more than all winners together.
    per_lot: i128,
    /// What one unit of gain counts: more than all lots sold.
    per_gain: i128,
}

/// What an offer adds: `slope` for each lot, less one for the winner.
#[derive(Clone, Copy)]
struct Line {
    slope: i128,
    minimum: usize,
    maximum: usize,
}

impl Scale {
    fn of(quantity: u64, offers: &[Offer]) -> Self {
        let offers = i128::try_from(offers.len()).expect("bids are few");
        let per_lot = offers.saturating_add(1);
        let per_gain = i128::from(quantity).saturating_add(1).saturating_mul(per_lot);
        Self { quantity, per_lot, per_gain }
    }

    /// With no lot left, with one, ... with all.
    fn states(self) -> usize {
        usize::try_from(self.quantity).expect("lots are few").saturating_add(1)
    }

    fn line(self, offer: &Offer) -> Line {
        let gain = i128::from(offer.gain).saturating_mul(self.per_gain);
        let few = |lots: u64| usize::try_from(lots).expect("lots are few");
        Line {
            slope: gain.saturating_add(self.per_lot),
            minimum: few(offer.minimum),
            maximum: few(offer.maximum),
        }
    }

    fn gain_of(self, value: i128) -> i128 {
        value.div_euclid(self.per_gain)
    }
}

/// The places that a window may look back to, best first.
#[derive(Default)]
struct Window {
    /// Place and height; those before `first` have left the window.
    places: Vec<(usize, i128)>,
    first: usize,
}

impl Window {
    fn clear(&mut self) {
        self.places.clear();
        self.first = 0;
    }

    /// One place enters, and whatever is lower leaves: it is behind and worth less. An equal one
    /// stays, for it is the earlier place, from which more is taken.
    fn enter(&mut self, place: usize, height: i128) {
        while self.first < self.places.len()
            && self.places.last().is_some_and(|last| last.1 < height)
        {
            self.places.pop();
        }
        self.places.push((place, height));
    }

    /// The best that is no older than `oldest`.
    fn best(&mut self, oldest: usize) -> (usize, i128) {
        while self.places.get(self.first).is_some_and(|first| first.0 < oldest) {
            self.first = self.first.saturating_add(1);
        }
        *self.places.get(self.first).expect("the last to enter is inside")
    }
}

/// One offer more: the best with it for every number of lots, and how many it takes.
///
/// `taken` lots from `left` leave `left - taken` to those behind: the best of
/// `after[left - taken] + slope · taken - 1` over all that the offer allows is the maximum of
/// `after[place] - slope · place` over a window of places that slides as `left` grows.
fn step(after: &[i128], with: &mut [i128], taken: &mut [u32], window: &mut Window, line: Line) {
    window.clear();
    let few = line.minimum.min(after.len());
    with[..few].copy_from_slice(&after[..few]);
    taken[..few].fill(0);
    // How far the slope has risen, less the winner's one; and how far at the place that enters.
    let mut rise = times(line.slope, few).saturating_sub(1);
    let mut height = 0_i128;
    let rest = after.iter().zip(with).zip(taken).enumerate().skip(few);
    for ((place, behind), (left, ((skip, with), taken))) in after.iter().enumerate().zip(rest) {
        window.enter(place, behind.saturating_sub(height));
        let (place, best) = window.best(left.saturating_sub(line.maximum));
        let take = best.saturating_add(rise);
        (*with, *taken) = if *skip <= take {
            (take, u32::try_from(left.saturating_sub(place)).expect("lots are few"))
        } else {
            (*skip, 0)
        };
        rise = rise.saturating_add(line.slope);
        height = height.saturating_add(line.slope);
    }
}

fn times(slope: i128, places: usize) -> i128 {
    slope.saturating_mul(i128::try_from(places).expect("lots are few"))
}
