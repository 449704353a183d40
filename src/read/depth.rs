//! The shown book of a fund.

use sfund_engine::id::FundId;
use sfund_engine::market::Market;
use sfund_engine::trading::side::Side;

use crate::read::DEPTH_LEVELS_MAX;
use crate::read::views::{Depth, Level, Stamp};

/// The book of `fund` as it shows now, read from the replica's own book.
pub(super) fn depth(market: &Market, fund: FundId, stamp: Stamp) -> Depth {
    let levels = |side| {
        let levels = market.depth(fund, side).take(DEPTH_LEVELS_MAX);
        levels.map(|level| Level { price: level.price, units: level.units, orders: level.orders })
    };
    Depth { stamp, bids: levels(Side::Buy).collect(), asks: levels(Side::Sell).collect() }
}
