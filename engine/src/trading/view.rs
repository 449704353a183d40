//! What a reader may look at of trading: open orders and the books.

use crate::amount::{Price, Units};
use crate::id::{FundId, OrderId};
use crate::market::Market;
use crate::trading::book::{BookId, Lots};
use crate::trading::order::OpenOrder;
use crate::trading::rules;
use crate::trading::side::Side;

/// One displayed price of a book (盘口档位).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthLevel {
    /// Price.
    pub price: Price,
    /// Units shown there: what is hidden or conditional is not among them.
    pub units: Units,
    /// Orders there.
    pub orders: u32,
}

impl Market {
    /// Every open order, by slot.
    pub fn open_orders(&self) -> impl Iterator<Item = (OrderId, &OpenOrder)> {
        self.orders.iter()
    }

    /// The order of this id, if it is open.
    #[must_use]
    pub fn open_order_at(&self, order: OrderId) -> Option<&OpenOrder> {
        self.orders.get(order)
    }

    /// The displayed prices of one side of a fund's book, best first; none if there is no fund.
    pub fn depth(&self, fund: FundId, side: Side) -> impl Iterator<Item = DepthLevel> {
        self.fund(fund).ok().into_iter().flat_map(move |record| {
            let levels = self.orders.books.depth(BookId::new(fund.number()), side);
            levels.map(move |level| DepthLevel {
                price: rules::price_of(record, level.tick),
                units: times(rules::units_of(record, Lots::new(1)), level.lots),
                orders: level.orders,
            })
        })
    }

    /// The best displayed price of one side of a fund's book.
    #[must_use]
    pub fn best(&self, fund: FundId, side: Side) -> Option<Price> {
        let record = self.fund(fund).ok()?;
        let tick = self.orders.books.best(BookId::new(fund.number()), side)?;
        Some(rules::price_of(record, tick))
    }

    /// How many trades there have been.
    #[must_use]
    pub const fn trades_count(&self) -> u64 {
        self.trades_count
    }
}

fn times(lot: Units, lots: u64) -> Units {
    Units::from_e2(lot.e2().saturating_mul(lots))
}
