//! Amending an open order (改单).
//!
//! It keeps its time if the price stays and the size does not grow; else it goes last at its
//! price, and trades at once where the new price crosses.

use minicbor::{Decode, Encode};

use crate::amount::{Money, Price, Units};
use crate::event::Event;
use crate::id::OrderId;
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to amend an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AmendOrder {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// New limit price; `None` keeps it.
    #[n(1)]
    pub price: Option<Price>,
    /// New number of units in all, those that traded included; `None` keeps it.
    #[n(2)]
    pub units: Option<Units>,
}

/// An order has other terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderAmended {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// Limit price now.
    #[n(1)]
    pub price: Price,
    /// Units left to trade now.
    #[n(2)]
    pub left: Units,
    /// Cash it holds now; zero for a sell.
    #[n(3)]
    pub hold: Money,
    /// Whether it kept its time. If not, trades, rest or close follow.
    #[n(4)]
    pub time: TimePriority,
}

/// What an amendment does to an order's place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum TimePriority {
    /// It keeps its place.
    #[n(0)]
    Kept,
    /// It comes in anew.
    #[n(1)]
    Lost,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &AmendOrder,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("AmendOrder")
}

pub(crate) fn apply(_market: &mut Market, _fact: &OrderAmended) {
    unimplemented!("OrderAmended")
}
