//! Cancelling an open order (撤单). What it held is free again.

use minicbor::{Decode, Encode};

use crate::amount::{Money, Units};
use crate::cash::ledger::Account;
use crate::command::CommandKind;
use crate::deadline::Due;
use crate::entry::Caller;
use crate::event::Event;
use crate::id::OrderId;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::trading::order::{Closing, OpenOrder};
use crate::trading::side::Side;

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

/// Decides a [`CancelOrder`]. An order may be cancelled whatever is halted.
#[inline(always)]
pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &CancelOrder,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let record = open_order(market, context.caller, CommandKind::CancelOrder, ask.order)?;
    // From here on the answer is yes.
    let left = record.left();
    events.push(Event::OrderClosed(OrderClosed {
        order: ask.order,
        reason: Closing::Cancelled,
        left,
    }));
    Ok(())
}

/// The open order of this id, if `caller` may act for its owner: whose it is, is not said.
#[inline(always)]
pub(crate) fn open_order(
    market: &Market,
    caller: Caller,
    kind: CommandKind,
    order: OrderId,
) -> Result<&OpenOrder, Reject> {
    match market.orders.get(order) {
        Some(record) if market.acts_for(caller, kind, record.party) => Ok(record),
        Some(_) | None => Err(Reject::OrderNotOpen { order }),
    }
}

/// Applies an [`OrderClosed`]: what the order held is free again.
#[inline(never)]
pub(crate) fn apply(market: &mut Market, fact: &OrderClosed) {
    if market.orders.books.is_resting(fact.order) {
        market.orders.books.unlink(fact.order);
    }
    let record = market.orders.at(fact.order);
    assert!(record.left() == fact.left, "what is closed is what is left");
    match record.side {
        Side::Buy if record.hold == Money::ZERO => {}
        Side::Buy => {
            let (held, available) = (Account::Held(record.cash), Account::Available(record.cash));
            market.ledger.post(held, available, record.hold);
        }
        Side::Sell if fact.left == Units::ZERO => {}
        Side::Sell => {
            let holding = market.register.at_mut(record.holding);
            holding.offered = holding.offered.minus(fact.left);
            holding.available = holding.available.plus(fact.left);
        }
    }
    if let Some(expires) = record.expires {
        market.deadlines.clear(expires, Due::Order(fact.order));
    }
    let (party, fund) = (record.party, record.fund);
    market.orders.free(fact.order);
    let party = market.party_mut(party);
    party.orders_open = party.orders_open.checked_sub(1).expect("open orders are counted");
    let fund = market.fund_mut(fund);
    fund.orders_open = fund.orders_open.checked_sub(1).expect("open orders are counted");
}
