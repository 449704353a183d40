//! The best award by branch and bound, in whole numbers.
//!
//! The search takes a package or leaves it, and turns back where the bound says that nothing better
//! is behind. Once the value is known, it asks for each package in the order of ties whether that
//! value can be had with it. What it returns is therefore the best and, of the best, the earliest;
//! where it may not look on it returns nothing.

use super::bound::{self, Bound, Effort, Item, Place, Room, Scale};
use super::{Award, NoAward, Offer, Proof, awarded, sets};
use crate::amount::Money;

pub(super) fn award(offer: &Offer, work_max: u64) -> Result<Award, NoAward> {
    let mut search = Search::new(offer, work_max);
    let room = search.room.clone();
    let open: Vec<usize> = (0..search.items.len()).collect();
    let root = search.root(&room, &open);
    search.visit(&room, open, root.prices.clone());
    search.find_earliest(&root.prices);
    if search.work_max < search.work {
        return Err(NoAward::WorkSpent { work: work_max });
    }
    let prices = root.prices.iter().map(|price| search.scale.fen_up(*price));
    let prices: Vec<Money> = prices.map(Money::from_fen).collect();
    let proof = Proof::Search {
        work: search.work,
        nodes: search.nodes,
        bound: bound_of(offer, &prices),
        prices,
    };
    Ok(awarded(offer, search.winners, proof))
}

/// What no award exceeds, by a price for a share of each fund alone.
pub(super) fn bound_of(offer: &Offer, prices: &[Money]) -> Money {
    let worth = offer.capacities.iter().zip(prices).fold(0_i128, |sum, (capacity, price)| {
        sum.saturating_add(i128::from(*capacity).saturating_mul(price.fen().into()))
    });
    let gain = |at: &usize| {
        let package = &offer.packages[*at];
        let cost =
            package.funds.iter().fold(0_i64, |cost, fund| cost.saturating_add(prices[*fund].fen()));
        package.price.fen().saturating_sub(cost).max(0)
    };
    let gains = sets(offer).into_iter().map(|set| set.iter().map(gain).max().unwrap_or(0));
    let most = gains.fold(worth, |sum, gain| sum.saturating_add(gain.into()));
    Money::from_fen(i64::try_from(most).unwrap_or(i64::MAX))
}

struct Search {
    items: Vec<Item>,
    scale: Scale,
    /// What there is to win at the start.
    room: Room,
    /// The items in the order that breaks ties.
    order: Vec<usize>,
    /// What is won on the way here, in scaled steps.
    taken: Vec<usize>,
    won: i64,
    /// The best so far.
    winners: Vec<usize>,
    best: i64,
    nodes: u64,
    work: u64,
    work_max: u64,
}

impl Search {
    fn new(offer: &Offer, work_max: u64) -> Self {
        let scale = Scale::of(offer.packages.iter().map(|package| package.price.fen()));
        let most = i64::try_from(offer.packages.len()).unwrap_or(i64::MAX);
        let wanted = |capacity: &u64| i64::try_from(*capacity).unwrap_or(most).min(most);
        let left = offer.capacities.iter().map(wanted).collect();
        let room = Room { left, served: vec![false; offer.packages.len()] };
        let item = |package: &super::Package| Item {
            funds: package.funds.clone(),
            set: 0,
            price: scale.scaled(package.price.fen()),
        };
        let mut items: Vec<Item> = offer.packages.iter().map(item).collect();
        let mut order = Vec::with_capacity(items.len());
        for (number, set) in sets(offer).into_iter().enumerate() {
            set.iter().for_each(|at| items[*at].set = number);
            order.extend(set);
        }
        let (taken, winners) = (Vec::new(), Vec::new());
        let (won, best, nodes, work) = (0, 0, 0, 0);
        Self { items, scale, room, order, taken, won, winners, best, nodes, work, work_max }
    }

    /// Good prices to begin with, and from them a first award.
    fn root(&mut self, room: &Room, open: &[usize]) -> Bound {
        let place = Place { items: &self.items, room, open, won: 0 };
        let (mut prices, mut bound) = (vec![0; room.left.len()], None);
        // The better the award that is known, the better the steps.
        for _ in 0..3 {
            let known = self.scale.below_next(self.best);
            let found = bound::improve(&place, &prices, known, Effort::First, &mut self.work);
            prices.clone_from(&found.prices);
            let winners = greedy(&self.items, room, open, &found.gains);
            bound = Some(found);
            let value =
                winners.iter().fold(0_i64, |sum, at| sum.saturating_add(self.items[*at].price));
            if self.best < value {
                (self.best, self.winners) = (value, winners);
            }
        }
        bound.expect("three looks were taken")
    }

    /// Keeps an award that is better than the best.
    fn offer_incumbent(&mut self, winners: Vec<usize>) {
        let value = winners.iter().fold(0_i64, |sum, at| sum.saturating_add(self.items[*at].price));
        if self.best < value {
            (self.best, self.winners) = (value, winners);
        }
    }

    /// Of all awards of the best value takes the earliest: asks of each package in turn whether one
    /// of them has it, with those that were found to be in and without those found to be out.
    fn find_earliest(&mut self, prices: &[i64]) {
        let goal = self.best;
        let mut room = self.room.clone();
        let mut open = self.order.clone();
        for at in self.order.clone() {
            open.retain(|other| *other != at);
            if !room.fits(&self.items[at]) {
                continue;
            }
            if !self.winners.contains(&at) {
                let mut with = room.clone();
                self.take(at, &mut with);
                self.best = self.scale.before(goal);
                self.visit(&with, open.clone(), prices.to_vec());
                self.give_back(self.taken.len().saturating_sub(1));
                let found = self.best == goal;
                self.best = goal;
                if !found {
                    continue;
                }
            }
            self.take(at, &mut room);
        }
    }

    /// Whether nothing better than the best is worth at most `most`.
    fn hopeless(&self, most: i128) -> bool {
        self.scale.whole(most) <= i128::from(self.best)
    }

    fn visit(&mut self, room: &Room, open: Vec<usize>, prices: Vec<i64>) {
        self.nodes = self.nodes.saturating_add(1);
        let mut room = room.clone();
        let mut open = open;
        let mut prices = prices;
        let depth = self.taken.len();
        loop {
            if self.work_max < self.work {
                break;
            }
            open.retain(|at| room.fits(&self.items[*at]));
            let place = Place { items: &self.items, room: &room, open: &open, won: self.won };
            let known = self.scale.below_next(self.best);
            let found = bound::improve(&place, &prices, known, Effort::Later, &mut self.work);
            if self.hopeless(found.most) {
                break;
            }
            let mut winners = greedy(&self.items, &room, &open, &found.gains);
            winners.extend(&self.taken);
            winners.sort_unstable();
            self.offer_incumbent(winners);
            if open.is_empty() || self.hopeless(found.most) {
                break;
            }
            let sure = self.fix(&mut open, &found);
            if let Some(at) = sure {
                self.take(at, &mut room);
                open.retain(|other| *other != at);
                prices = found.prices;
                continue;
            }
            let next = self.branch(&open, &found);
            prices = found.prices;
            let Some(at) = next else { continue };
            let rest: Vec<usize> = open.iter().copied().filter(|other| *other != at).collect();
            let mut with = room.clone();
            self.take(at, &mut with);
            self.visit(&with, rest.clone(), prices.clone());
            self.give_back(depth.max(self.taken.len().saturating_sub(1)));
            open = rest;
        }
        self.give_back(depth);
    }

    fn take(&mut self, at: usize, room: &mut Room) {
        room.take(&self.items[at]);
        self.taken.push(at);
        self.won = self.won.saturating_add(self.items[at].price);
    }

    fn give_back(&mut self, depth: usize) {
        while depth < self.taken.len() {
            let at = self.taken.pop().expect("there is one");
            self.won = self.won.saturating_sub(self.items[at].price);
        }
    }

    /// Drops what cannot be part of anything better than the best, and names one that must be.
    fn fix(&self, open: &mut Vec<usize>, found: &Bound) -> Option<usize> {
        let falls_short = |loss: i64| self.hopeless(found.most.saturating_sub(loss.into()));
        let mut sure = None;
        let mut gains = found.gains.iter();
        open.retain(|at| {
            let gain = *gains.next().expect("one for each");
            let (with, without) = found.losses(&self.items[*at], gain);
            if 0 < gain && sure.is_none() && falls_short(without) {
                sure = Some(*at);
            }
            !falls_short(with)
        });
        sure
    }

    /// The package to decide on next: the one that the prices say least about.
    fn branch(&self, open: &[usize], found: &Bound) -> Option<usize> {
        let doubt = |at: &&usize| {
            let item = &self.items[**at];
            let (with, without) = found.losses(item, item.gain(&found.prices));
            // For each fund that the answer frees or fills.
            let funds = i64::try_from(item.funds.len()).unwrap_or(i64::MAX);
            let doubt = with.max(without).checked_div(funds).unwrap_or(0);
            (doubt, std::cmp::Reverse(item.price))
        };
        open.iter().min_by_key(doubt).copied()
    }
}

/// Takes the packages that gain most above the prices while they fit.
fn greedy(items: &[Item], room: &Room, open: &[usize], gains: &[i64]) -> Vec<usize> {
    let mut order: Vec<(i64, usize)> = gains.iter().copied().zip(open.iter().copied()).collect();
    order.sort_by_key(|(gain, at)| (std::cmp::Reverse(*gain), *at));
    let mut room = room.clone();
    let mut winners = Vec::new();
    for (_, at) in order {
        if room.fits(&items[at]) {
            room.take(&items[at]);
            winners.push(at);
        }
    }
    winners.sort_unstable();
    winners
}
