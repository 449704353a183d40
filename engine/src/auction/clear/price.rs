//! Which price prints.

use super::{Call, Limit, Order, RuleSet};

/// What the book would do at one price.
#[derive(Clone, Copy)]
pub(super) struct Print {
    pub(super) price: u64,
    pub(super) demand: u64,
    pub(super) supply: u64,
    pub(super) volume: u64,
    /// Demand above the price, and supply below it, market orders included: all of it may fill.
    fills_through: bool,
}

/// The price that the rules take, or `None` if nothing trades at any.
pub(super) fn of(call: &Call, reference: u64) -> Option<Print> {
    let curves = Curves::of(call);
    if curves.limits.is_empty() {
        // Market orders only: at the reference.
        let price = to_tick(reference, call.tick);
        return Some(curves.at(price)).filter(|print| 0 < print.volume);
    }
    let mut prints: Vec<Print> = curves.limits.iter().map(|price| curves.at(*price)).collect();
    match call.rules {
        RuleSet::Xetra | RuleSet::Euronext => {}
        // Market orders can be more than any price serves; then no price can keep this rule.
        RuleSet::Sse | RuleSet::Szse if prints.iter().any(|print| print.fills_through) => {
            prints.retain(|print| print.fills_through);
        }
        RuleSet::Sse | RuleSet::Szse => {}
    }
    let most = prints.iter().map(|print| print.volume).max()?;
    if most == 0 {
        return None;
    }
    prints.retain(|print| print.volume == most);
    let least = prints.iter().map(Print::imbalance).min()?;
    prints.retain(|print| print.imbalance() == least);
    let price = match call.rules {
        RuleSet::Xetra => between(&prints, reference, call.tick),
        RuleSet::Euronext | RuleSet::Szse => nearest(&prints, reference),
        RuleSet::Sse => middle(&prints, call.tick),
    };
    Some(curves.at(price))
}

impl Print {
    fn imbalance(&self) -> u64 {
        self.demand.abs_diff(self.supply)
    }
}

/// All demand: the highest. All supply: the lowest. Else the reference, held between the highest
/// price with demand left (or the lowest of all) and the lowest with supply left (or the highest).
fn between(prints: &[Print], reference: u64, tick: u64) -> u64 {
    let demanded = |print: &&Print| print.supply < print.demand;
    let supplied = |print: &&Print| print.demand < print.supply;
    let (first, last) = (prints[0].price, prints[prints.len().saturating_sub(1)].price);
    if prints.iter().all(|print| demanded(&print)) {
        return last;
    }
    if prints.iter().all(|print| supplied(&print)) {
        return first;
    }
    // Prices ascend, demand falls and supply rises: what has demand left lies below.
    let low = prints.iter().rfind(demanded).map_or(first, |print| print.price);
    let high = prints.iter().find(supplied).map_or(last, |print| print.price);
    to_tick(reference, tick).clamp(low, high)
}

fn nearest(prints: &[Print], reference: u64) -> u64 {
    // The first of the nearest, and prices ascend: of two the lower.
    let nearest = prints.iter().min_by_key(|print| print.price.abs_diff(reference));
    nearest.expect("there is a price").price
}

fn middle(prints: &[Print], tick: u64) -> u64 {
    let (first, last) = (prints[0].price, prints[prints.len().saturating_sub(1)].price);
    // In halves of a tick, both ends being whole ticks.
    let halves = first.saturating_add(last).checked_div(tick).expect("a tick is not zero");
    halves.div_ceil(2).saturating_mul(tick)
}

/// The nearest tick, half-up, and never zero.
fn to_tick(price: u64, tick: u64) -> u64 {
    let ticks = price.saturating_mul(2).saturating_add(tick).checked_div(tick.saturating_mul(2));
    ticks.expect("a tick is not zero").max(1).saturating_mul(tick)
}

/// The book as two step functions.
struct Curves {
    /// Every limit of the book, ascending, each once.
    limits: Vec<u64>,
    market_buy: u64,
    market_sell: u64,
    /// Limits with what is bought at them or above, ascending by limit.
    demand: Vec<(u64, u64)>,
    /// Limits with what is sold at them or below, ascending by limit.
    supply: Vec<(u64, u64)>,
}

impl Curves {
    fn of(call: &Call) -> Self {
        let (market_buy, mut demand) = levels(&call.buys);
        let (market_sell, mut supply) = levels(&call.sells);
        let mut limits: Vec<u64> = demand.iter().chain(&supply).map(|level| level.0).collect();
        limits.sort_unstable();
        limits.dedup();
        add_up(demand.iter_mut().rev());
        add_up(supply.iter_mut());
        Self { limits, market_buy, market_sell, demand, supply }
    }

    fn at(&self, price: u64) -> Print {
        let bought = |from: usize| self.demand.get(from).map_or(0, |level| level.1);
        let sold = |until: usize| {
            until.checked_sub(1).and_then(|last| self.supply.get(last)).map_or(0, |level| level.1)
        };
        let at_or_above = bought(self.demand.partition_point(|level| level.0 < price));
        let above = bought(self.demand.partition_point(|level| level.0 <= price));
        let at_or_below = sold(self.supply.partition_point(|level| level.0 <= price));
        let below = sold(self.supply.partition_point(|level| level.0 < price));
        let demand = self.market_buy.saturating_add(at_or_above);
        let supply = self.market_sell.saturating_add(at_or_below);
        let volume = demand.min(supply);
        let fills_through = self.market_buy.saturating_add(above) <= volume
            && self.market_sell.saturating_add(below) <= volume;
        Print { price, demand, supply, volume, fills_through }
    }
}

/// Market orders, and what is asked for at each limit, ascending.
fn levels(orders: &[Order]) -> (u64, Vec<(u64, u64)>) {
    let mut market = 0_u64;
    let mut limited = Vec::new();
    for order in orders {
        match order.limit {
            Limit::Market => market = market.saturating_add(order.quantity),
            Limit::At(limit) => limited.push((limit, order.quantity)),
        }
    }
    limited.sort_unstable();
    let levels = limited.chunk_by(|one, next| one.0 == next.0);
    let sum =
        |level: &[(u64, u64)]| level.iter().fold(0, |sum: u64, one| sum.saturating_add(one.1));
    (market, levels.map(|level| (level[0].0, sum(level))).collect())
}

fn add_up<'a>(levels: impl Iterator<Item = &'a mut (u64, u64)>) {
    let mut sum = 0_u64;
    for level in levels {
        sum = sum.saturating_add(level.1);
        level.1 = sum;
    }
}
