//! Orders as the rulebook tells of them, each test one fact.

mod amending;
mod matching;
mod rules;
mod states;

use crate::command::Command;
use crate::entry::Caller;
use crate::event::Event;
use crate::fixture::{
    LICENSED, accept, accept_at, approve, cents, licensed, order, party, refuse, trading, units,
};
use crate::id::{OrderId, PartyId};
use crate::market::Market;
use crate::policy::Pack;
use crate::registry::fund::Currency;
use crate::reject::Reject;
use crate::time::Time;
use crate::trading::amend_order::AmendOrder;
use crate::trading::cancel_order::CancelOrder;
use crate::trading::order::Closing;
use crate::trading::place_order::PlaceOrder;
use crate::trading::side::Side;
use crate::venue::adopt_pack::AdoptPack;

fn buy(who: PartyId, price: u64, whole: u64) -> PlaceOrder {
    order(who, Side::Buy, price, whole)
}

fn sell(who: PartyId, price: u64, whole: u64) -> PlaceOrder {
    order(who, Side::Sell, price, whole)
}

/// Places an order as its owner; what happened, and the order's id.
#[track_caller]
fn place(market: &mut Market, ask: PlaceOrder) -> (OrderId, Vec<Event>) {
    let id = market.orders.books.next_id();
    (id, checked(market, party(ask.party), Command::PlaceOrder(ask)))
}

#[track_caller]
fn checked(market: &mut Market, caller: Caller, command: Command) -> Vec<Event> {
    let events = accept(market, caller, command);
    assert_eq!(market.check(), Ok(()));
    events
}

#[track_caller]
fn refused(market: &mut Market, ask: PlaceOrder) -> Reject {
    refuse(market, party(ask.party), Command::PlaceOrder(ask))
}

/// Trades as `maker price units`.
fn trades(events: &[Event]) -> Vec<(OrderId, u64, u64)> {
    let traded = events.iter().filter_map(|event| match event {
        Event::Traded(traded) => Some(traded),
        _ => None,
    });
    traded.map(|t| (t.maker, t.price.e4() / 100, t.units.e2() / 100)).collect()
}

fn closings(events: &[Event]) -> Vec<(OrderId, Closing, u64)> {
    let closed = events.iter().filter_map(|event| match event {
        Event::OrderClosed(closed) => Some(closed),
        _ => None,
    });
    closed.map(|c| (c.order, c.reason, c.left.e2() / 100)).collect()
}

/// Sends `Advance` at `at` until nothing is due, as the sequencer does.
fn advance(market: &mut Market, at: Time) -> Vec<Event> {
    let mut events = Vec::new();
    while market.next_deadline().is_some_and(|due| due <= at.max(market.now())) {
        let at = at.max(market.now().next());
        events.extend(accept_at(market, at, Caller::Venue, Command::Advance));
        assert_eq!(market.check(), Ok(()));
    }
    events
}

/// A market whose segment runs under the licensed pack with a change.
fn under(change: impl FnOnce(&mut Pack)) -> Market {
    let mut market = trading();
    adopt(&mut market, change);
    market
}

fn adopt(market: &mut Market, change: impl FnOnce(&mut Pack)) {
    let version = market.segment(LICENSED).unwrap().pack.version + 1;
    let mut pack = Pack { version, ..licensed() };
    change(&mut pack);
    let ask = AdoptPack { segment: LICENSED, pack, overlay: None };
    approve(market, Command::AdoptPack(Box::new(ask)));
}

fn cash(market: &Market, who: PartyId) -> (i64, i64) {
    let cash = market.ledger.cash(who, Currency::CNY);
    (cash.available.fen(), cash.held.fen())
}

fn amend(order: OrderId, price: Option<u64>, whole: Option<u64>) -> Command {
    Command::AmendOrder(AmendOrder { order, price: price.map(cents), units: whole.map(units) })
}

fn cancel(order: OrderId) -> Command {
    Command::CancelOrder(CancelOrder { order })
}
