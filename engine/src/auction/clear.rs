//! The call auction: one price for all who meet in it.
//!
//! `D(p)` is what would be bought at `p`, `S(p)` what would be sold, `V = min(D, S)` what trades and
//! `I = D − S` what is left over. Four published rule sets choose the price of the largest `V`
//! among the limits of the book; orders at a better price than the print fill first and in full
//! where the volume reaches, and only one level is rationed, by time or pro rata.

mod price;
#[cfg(test)]
pub(crate) mod tests;

use std::cmp::Reverse;

use minicbor::{Decode, Encode};
use thiserror::Error;

use super::ration::Margin;

/// Most orders of one auction, both sides together.
pub const ORDERS_MAX: usize = 100_000;
/// Largest quantity of one order.
pub const QUANTITY_MAX: u64 = 10_000_000_000_000;
/// Highest limit, reference and tick, in price steps.
pub const PRICE_MAX: u64 = 1_000_000_000_000_000;

/// Which of the prices with the largest volume is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum RuleSet {
    /// Least imbalance; all of it demand: the highest; all of it supply: the lowest; else the
    /// reference, held between the highest limit with demand left and the lowest with supply left.
    #[n(0)]
    Xetra,
    /// Least imbalance, then nearest the reference, of two the lower.
    #[n(1)]
    Euronext,
    /// All that is strictly through the price fills; least imbalance; then the middle of what
    /// remains, half-up to the tick.
    #[n(2)]
    Sse,
    /// As `Sse`, but then nearest the reference, of two the lower.
    #[n(3)]
    Szse,
}

/// What an order asks for one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Any price.
    Market,
    /// This price, in steps, or better.
    At(u64),
}

/// One order. Orders of a side stand in the order they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The worst price it takes.
    pub limit: Limit,
    /// How much, in steps of the quantity.
    pub quantity: u64,
}

/// The book at the moment of the auction, and the rules it is cleared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which price is taken.
    pub rules: RuleSet,
    /// Who buys, earliest first.
    pub buys: Vec<Order>,
    /// Who sells, earliest first.
    pub sells: Vec<Order>,
    /// The reference price, in steps, if there is a fresh one.
    pub reference: Option<u64>,
    /// Steps between prices that may print.
    pub tick: u64,
    /// How the level at the margin is shared.
    pub margin: Margin,
}

/// What came of an auction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The one price, in steps.
    pub price: u64,
    /// What traded.
    pub volume: u64,
    /// Demand less supply at the price.
    pub imbalance: i64,
    /// What each buy got, in the order of the book.
    pub buys: Vec<u64>,
    /// What each sell gave.
    pub sells: Vec<u64>,
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoPrice {
    /// More orders than one auction takes.
    #[error("{orders} orders; one auction takes {ORDERS_MAX}")]
    TooManyOrders {
        /// How many came.
        orders: usize,
    },
    /// An order for nothing, or for too much.
    #[error("an order for {quantity}; from 1 to {QUANTITY_MAX} may be asked for")]
    QuantityOutOfRange {
        /// What was asked for.
        quantity: u64,
    },
    /// A limit, a reference or a tick beyond all prices.
    #[error("a price of {price} steps; from 1 to {PRICE_MAX} are prices")]
    PriceOutOfRange {
        /// What was given.
        price: u64,
    },
    /// A limit between two ticks.
    #[error("a limit of {limit} steps is no multiple of the tick of {tick}")]
    OffTick {
        /// The limit.
        limit: u64,
        /// The tick.
        tick: u64,
    },
    /// No reference price, or a stale one: no auction, and no guess (G4).
    #[error("[G4] there is no fresh reference price, so there is no auction")]
    NoReference,
    /// Nobody meets anybody.
    #[error("no buyer pays what a seller asks")]
    NoCross,
}

/// Clears a call auction.
///
/// # Errors
///
/// [`NoPrice`], the first that applies.
///
/// # Source
///
/// Mechanics 4; vectors `call_auction`.
pub fn clear(call: &Call) -> Result<Cleared, NoPrice> {
    check(call)?;
    let reference = call.reference.ok_or(NoPrice::NoReference)?;
    let print = price::of(call, reference).ok_or(NoPrice::NoCross)?;
    let buys = fill(&call.buys, Side::Buy, print.price, print.volume, call.margin);
    let sells = fill(&call.sells, Side::Sell, print.price, print.volume, call.margin);
    let imbalance = i128::from(print.demand).saturating_sub(i128::from(print.supply));
    let imbalance = i64::try_from(imbalance).expect("the quantities of a book fit");
    Ok(Cleared { price: print.price, volume: print.volume, imbalance, buys, sells })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Buy,
    Sell,
}

fn check(call: &Call) -> Result<(), NoPrice> {
    let orders = call.buys.len().saturating_add(call.sells.len());
    if ORDERS_MAX < orders {
        return Err(NoPrice::TooManyOrders { orders });
    }
    let is_price = |price: u64| (1..=PRICE_MAX).contains(&price);
    if let Some(price) =
        [Some(call.tick), call.reference].into_iter().flatten().find(|price| !is_price(*price))
    {
        return Err(NoPrice::PriceOutOfRange { price });
    }
    for order in call.buys.iter().chain(&call.sells) {
        if !(1..=QUANTITY_MAX).contains(&order.quantity) {
            return Err(NoPrice::QuantityOutOfRange { quantity: order.quantity });
        }
        match order.limit {
            Limit::At(price) if !is_price(price) => {
                return Err(NoPrice::PriceOutOfRange { price });
            }
            Limit::At(limit) if !limit.is_multiple_of(call.tick) => {
                return Err(NoPrice::OffTick { limit, tick: call.tick });
            }
            Limit::At(_) | Limit::Market => {}
        }
    }
    Ok(())
}

/// Shares `volume` over one side: market orders first, then the best prices, and the level at
/// which it runs out is rationed.
fn fill(orders: &[Order], side: Side, print: u64, volume: u64, margin: Margin) -> Vec<u64> {
    // How far an order stands behind: 0 for a market order, then by price.
    let rank = |order: &Order| match (order.limit, side) {
        (Limit::Market, Side::Buy | Side::Sell) => Some((false, Reverse(0))),
        (Limit::At(limit), Side::Buy) => (print <= limit).then_some((true, Reverse(limit))),
        (Limit::At(limit), Side::Sell) => {
            (limit <= print).then_some((true, Reverse(PRICE_MAX.saturating_sub(limit))))
        }
    };
    let ranked = orders.iter().enumerate();
    let mut queue: Vec<_> =
        ranked.filter_map(|(entry, order)| rank(order).map(|rank| (rank, entry))).collect();
    queue.sort_unstable();
    let mut filled = vec![0; orders.len()];
    let mut left = volume;
    for level in queue.chunk_by(|one, next| one.0 == next.0) {
        let asked: Vec<u64> = level.iter().map(|(_, entry)| orders[*entry].quantity).collect();
        for ((_, entry), given) in level.iter().zip(margin.share(&asked, left)) {
            filled[*entry] = given;
            left = left.saturating_sub(given);
        }
    }
    assert_eq!(left, 0, "what trades is on both sides");
    filled
}
