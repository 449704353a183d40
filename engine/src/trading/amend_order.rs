//! Amending an open order (改单).
//!
//! It keeps its time if the price stays and the size does not grow; else it goes last at its
//! price, and trades at once where the new price crosses.

use minicbor::{Decode, Encode};

use crate::amount::{Money, Price, Units};
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::OrderId;
use crate::market::{Context, Market};
use crate::policy::Rates;
use crate::reject::Reject;
use crate::trading::cancel_order::open_order;
use crate::trading::matching::{self, Incoming, Met};
use crate::trading::order::{OpenOrder, PostOnly, TimeInForce};
use crate::trading::place_order::{refuse_taking, settle};
use crate::trading::rules::{self, Desk};
use crate::trading::side::Side;
use crate::trading::trade;

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

/// Decides an [`AmendOrder`].
#[inline(always)]
pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &AmendOrder,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let record = open_order(market, context.caller, CommandKind::AmendOrder, ask.order)?;
    let desk = Desk::of_order(market, context.at, record)?;
    desk.may_trade(market)?;
    let price = ask.price.unwrap_or(record.limit);
    let units = ask.units.unwrap_or(record.units);
    let tick = desk.ticks(price)?;
    let lots = desk.lots(units)?;
    let worth = desk.worth(price, units)?;
    let peak_min = desk.peak_min(lots);
    let grows = record.units < units;
    if grows && record.peak != Units::ZERO && desk.lots(record.peak)? < peak_min {
        return Err(Reject::BadIceberg { peak_min: rules::units_of(desk.fund, peak_min) });
    }
    desk.in_band(price)?;
    if units <= record.filled {
        return Err(Reject::AmendedBelowFilled { units, filled: record.filled });
    }
    if price == record.limit && units == record.units {
        return Err(Reject::NothingToAmend {});
    }
    let left = units.minus(record.filled);
    let rates = rules::rates(market, record.schedule, record.tier);
    let hold = may_hold(market, &desk, record, price, left, &rates)?;
    let keeps_time = price == record.limit && units < record.units;
    let time = if keeps_time { TimePriority::Kept } else { TimePriority::Lost };
    let amended = OrderAmended { order: ask.order, price, left, hold, time };
    // A part that traded was within what an order may be worth, and so is the rest.
    assert!(left <= units && Money::ZERO <= worth, "an amended order is for something");
    if keeps_time {
        events.push(Event::OrderAmended(amended));
        return Ok(());
    }
    let holding = market.register.at(record.holding);
    let incoming = Incoming {
        order: ask.order,
        side: record.side,
        limit: tick,
        lots: if left == units { lots } else { desk.lots(left)? },
        minimum: desk.lots(minimum_for(record, units))?.min(lots),
        self_trade: record.self_trade,
        rates,
        before: match record.side {
            Side::Buy => holding.available,
            Side::Sell => holding.offered.minus(record.left()).plus(left),
        },
        desk: &desk,
    };
    if record.post_only == PostOnly::Yes {
        refuse_taking(market, &incoming)?;
    }
    events.push(Event::OrderAmended(amended));
    let met = if matching::can_meet(market, &incoming) {
        matching::meet(market, &incoming, events)?
    } else {
        Met::nobody(&incoming)
    };
    settle(&incoming, met, TimeInForce::GoodTillCancelled, events);
    Ok(())
}

/// Fewest units that an order of `units` in all takes at once: all-or-none stays all-or-none.
#[inline]
fn minimum_for(record: &OpenOrder, units: Units) -> Units {
    if record.units <= record.minimum { units } else { record.minimum }
}

/// Whether the owner may hold what the amended order asks for, and has what it needs.
///
/// Answers with the cash that it then holds.
#[inline(always)]
fn may_hold(
    market: &Market,
    desk: &Desk<'_>,
    record: &OpenOrder,
    price: Price,
    left: Units,
    rates: &Rates,
) -> Result<Money, Reject> {
    match record.side {
        Side::Buy => {
            desk.may_buy(market, left, price)?;
            let hold = rules::hold(desk.worth(price, left)?, rates);
            let available = market.ledger.at(record.cash).available.plus(record.hold);
            if available < hold {
                let party = record.party;
                return Err(Reject::CashNotAvailable { party, wanted: hold, available });
            }
            Ok(hold)
        }
        Side::Sell => {
            desk.may_sell(market, left, record.left())?;
            Ok(Money::ZERO)
        }
    }
}

/// Applies an [`OrderAmended`].
pub(crate) fn apply(market: &mut Market, fact: &OrderAmended) {
    let before = market.orders.at(fact.order);
    let (side, place, left) = (before.side, before.holding, before.left());
    let fund = market.fund(before.fund).expect("an order's fund is registered");
    match fact.time {
        TimePriority::Kept => {
            let lots = rules::lots_of(fund, fact.left).expect("orders are in lots");
            market.orders.books.shrink(fact.order, lots);
        }
        TimePriority::Lost => market.orders.books.unlink(fact.order),
    }
    let record = market.orders.at_mut(fact.order);
    let units = record.filled.plus(fact.left);
    record.minimum = minimum_for(record, units);
    (record.limit, record.units) = (fact.price, units);
    match side {
        Side::Buy => {
            trade::set_hold(market, fact.order);
            assert!(market.orders.at(fact.order).hold == fact.hold, "it holds what it said");
        }
        Side::Sell => {
            let holding = market.register.at_mut(place);
            let both = holding.available.plus(left);
            holding.available = both.minus(fact.left);
            holding.offered = holding.offered.minus(left).plus(fact.left);
        }
    }
}
