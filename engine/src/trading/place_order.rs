//! Placing an order (委托申报).

use minicbor::{Decode, Encode};

use crate::amount::{Money, Price, Units};
use crate::event::Event;
use crate::id::{FundId, OrderId, PartyId, TradeId};
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::Time;
use crate::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use crate::trading::side::Side;

/// Ask to place an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlaceOrder {
    /// Whose order.
    #[n(0)]
    pub party: PartyId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// Which way.
    #[n(2)]
    pub side: Side,
    /// Price, a whole number of ticks.
    #[n(3)]
    pub price: OrderPrice,
    /// How many units, a whole number of lots.
    #[n(4)]
    pub units: Units,
    /// Iceberg: units shown at a time; zero shows all (冰山).
    #[n(5)]
    pub peak: Units,
    /// Fewest units it takes from the book at once, or from one order that meets it; zero sets no
    /// least; all of `units` makes it all-or-none (最小成交量、全部成交).
    #[n(6)]
    pub minimum: Units,
    /// How long it stands.
    #[n(7)]
    pub time_in_force: TimeInForce,
    /// Whether it may take from the book.
    #[n(8)]
    pub post_only: PostOnly,
    /// What happens when it meets an order of its own group.
    #[n(9)]
    pub self_trade: SelfTrade,
    /// Session whose loss cancels it; 0 is none (断线撤单).
    #[n(10)]
    pub session: u64,
}

/// An order is taken and holds what it needs; trades, rest or close follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderPlaced {
    /// Its id, the next one.
    #[n(0)]
    pub order: OrderId,
    /// As asked.
    #[n(1)]
    pub terms: PlaceOrder,
    /// Cash it holds: a buy's worst price and fee; zero for a sell, which holds its units.
    #[n(2)]
    pub hold: Money,
    /// Number of the fee schedule it trades under.
    #[n(3)]
    pub schedule: u32,
    /// Moment at which it expires, if it does.
    #[n(4)]
    pub expires: Option<Time>,
}

/// What is left of an order rests in the book, last at its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderRested {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// What is left of it, shown or not.
    #[n(1)]
    pub left: Units,
}

/// Two orders traded: units, cash and fees moved (成交).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Traded {
    /// Its id, the next one.
    #[n(0)]
    pub trade: TradeId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// The order that rested.
    #[n(2)]
    pub maker: OrderId,
    /// The order that came in.
    #[n(3)]
    pub taker: OrderId,
    /// Which way the incoming order goes.
    #[n(4)]
    pub taker_side: Side,
    /// The maker's price.
    #[n(5)]
    pub price: Price,
    /// How many units.
    #[n(6)]
    pub units: Units,
    /// Price times units, exact.
    #[n(7)]
    pub cash: Money,
    /// Who bought.
    #[n(8)]
    pub buyer: PartyId,
    /// Who sold.
    #[n(9)]
    pub seller: PartyId,
    /// Fee on top of what the buyer pays.
    #[n(10)]
    pub buyer_fee: Money,
    /// Fee out of what the seller gets.
    #[n(11)]
    pub seller_fee: Money,
    /// E5: units that the buyer had available before.
    #[n(12)]
    pub buyer_before: Units,
    /// E5: units that the seller had on offer before.
    #[n(13)]
    pub seller_before: Units,
}

/// Self-trade prevention took units off an order without a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderDecremented {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// How many units.
    #[n(1)]
    pub units: Units,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &PlaceOrder,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("PlaceOrder")
}

pub(crate) fn apply(_market: &mut Market, _fact: &OrderPlaced) {
    unimplemented!("OrderPlaced")
}

pub(crate) fn apply_rested(_market: &mut Market, _fact: &OrderRested) {
    unimplemented!("OrderRested")
}
