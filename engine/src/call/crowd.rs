//! Who is in a call at its close, as the clearing takes it: in ticks and lots.

use super::{CallAuction, CallRules, Print};
use crate::amount::{Price, Units};
use crate::auction::clear::{self, Cleared, Limit, NoPrice};
use crate::id::{CallOrderId, PartyId};
use crate::registry::fund::Fund;
use crate::trading::book::Lots;
use crate::trading::rules;
use crate::trading::side::Side;

/// Those in an auction, earliest first.
pub(super) struct Crowd {
    pub(super) buys: Vec<Standing>,
    pub(super) sells: Vec<Standing>,
}

/// One order of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) order: CallOrderId,
    pub(super) party: PartyId,
    pub(super) lots: u64,
    /// What it asks for one unit, in ticks.
    limit: Limit,
    /// The worst price it takes, in ticks.
    worst: u64,
}

impl Crowd {
    /// All orders of a call.
    pub(super) fn of(record: &CallAuction, fund: &Fund) -> Self {
        let mut crowd = Self { buys: Vec::new(), sells: Vec::new() };
        for (order, terms) in &record.orders {
            let worst = ticks(fund, terms.price.worst());
            let limit = if terms.is_market() { Limit::Market } else { Limit::At(worst) };
            let lots = rules::lots_of(fund, terms.units).expect("orders are in lots");
            let (order, party, lots) = (*order, terms.party, lots.number().into());
            let standing = Standing { order, party, lots, limit, worst };
            match terms.side {
                Side::Buy => crowd.buys.push(standing),
                Side::Sell => crowd.sells.push(standing),
            }
        }
        crowd
    }

    /// Without the orders that are not `kept`.
    pub(super) fn retain(&mut self, kept: impl Fn(&Standing) -> bool) {
        self.buys.retain(&kept);
        self.sells.retain(&kept);
    }

    /// The one price, and what each order gets; `None` if nobody meets anybody.
    ///
    /// A market order whose protection the price would break counts as a limit order at it, and
    /// the price is found again.
    pub(super) fn clear(&mut self, rules: &CallRules, reference: u64) -> Option<Cleared> {
        loop {
            let asks = |side: &[Standing]| {
                let ask = |one: &Standing| clear::Order { limit: one.limit, quantity: one.lots };
                side.iter().map(ask).collect()
            };
            let call = clear::Call {
                rules: rules.price,
                buys: asks(&self.buys),
                sells: asks(&self.sells),
                reference: Some(reference),
                tick: 1,
                margin: rules.margin,
            };
            let cleared = match clear::clear(&call) {
                Ok(cleared) => cleared,
                Err(NoPrice::NoCross) => return None,
                Err(
                    wrong @ (NoPrice::TooManyOrders { .. }
                    | NoPrice::QuantityOutOfRange { .. }
                    | NoPrice::PriceOutOfRange { .. }
                    | NoPrice::OffTick { .. }
                    | NoPrice::NoReference),
                ) => panic!("what a call takes can be cleared: {wrong}"),
            };
            let price = cleared.price;
            let bought = protect(&mut self.buys, |worst| worst < price);
            let sold = protect(&mut self.sells, |worst| price < worst);
            if !bought && !sold {
                return Some(cleared);
            }
        }
    }
}

/// Makes limit orders of the market orders whose worst price is `broken`; whether there were any.
fn protect(side: &mut [Standing], broken: impl Fn(u64) -> bool) -> bool {
    let mut any = false;
    for one in side.iter_mut().filter(|one| one.limit == Limit::Market && broken(one.worst)) {
        one.limit = Limit::At(one.worst);
        any = true;
    }
    any
}

/// The places of a side's orders, best first: market orders, then by price, then by time.
pub(super) fn ranked(standing: &[Standing], side: Side) -> Vec<usize> {
    let mut places: Vec<usize> = (0..standing.len()).collect();
    places.sort_by_key(|place| {
        let one = standing.get(*place).expect("a place of the list");
        let price = match (one.limit, side) {
            (Limit::Market, Side::Buy | Side::Sell) => 0,
            (Limit::At(limit), Side::Buy) => u64::MAX.saturating_sub(limit),
            (Limit::At(limit), Side::Sell) => limit,
        };
        (price, one.order)
    });
    places
}

/// A price of the fund in its ticks.
pub(super) fn ticks(fund: &Fund, price: Price) -> u64 {
    price.e4().checked_div(fund.details.tick.e4()).expect("a tick is not zero")
}

/// What was printed, in the fund's own units.
pub(super) fn print_of(fund: &Fund, cleared: &Cleared, reference: Price) -> Print {
    let units = |lots: u64| {
        let units = lots.checked_mul(fund.details.lot.e2());
        Units::from_e2(units.unwrap_or(u64::MAX))
    };
    let over = cleared.imbalance.unsigned_abs();
    let (demand, supply) = if cleared.imbalance < 0 { (0, over) } else { (over, 0) };
    let price = cleared.price.checked_mul(fund.details.tick.e4());
    Print {
        price: Price::from_e4(price.expect("a price of an order or a reference fits")),
        volume: units(cleared.volume),
        demand: units(cleared.volume.saturating_add(demand)),
        supply: units(cleared.volume.saturating_add(supply)),
        reference,
    }
}

/// So many lots in units: at most what an order is for.
pub(super) fn units_of(fund: &Fund, lots: u64) -> Units {
    rules::units_of(fund, Lots::new(u32::try_from(lots).expect("an order's lots fit")))
}
