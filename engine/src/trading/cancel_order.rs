//! Cancelling an open order (撤单). What it held is free again.

use minicbor::{Decode, Encode};

use crate::amount::Units;
use crate::event::Event;
use crate::id::OrderId;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::trading::order::Closing;

/// Ask to cancel an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CancelOrder {
    /// The order.
    #[n(0)]
    pub order: OrderId,
}

/// An order is no longer open, and what it held is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderClosed {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// Why.
    #[n(1)]
    pub reason: Closing,
    /// Units that did not trade.
    #[n(2)]
    pub left: Units,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &CancelOrder,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("CancelOrder")
}

pub(crate) fn apply(_market: &mut Market, _fact: &OrderClosed) {
    unimplemented!("OrderClosed")
}
