//! Placing an order in a call (集合竞价申报), rules A1 to A5, A8, A9.
//!
//! It is asked what an order of continuous trading is asked, but for the hours: a call has its own.

use minicbor::{Decode, Encode};

use super::{
    CALL_ORDERS_ALL_MAX, CALL_ORDERS_MAX, CALL_ORDERS_PER_PARTY_MAX, CallAuction, CallOrder,
};
use crate::amount::{Money, Units};
use crate::cash::ledger::Account;
use crate::check;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{CallId, CallOrderId, PartyId};
use crate::market::{Context, Market};
use crate::policy::{Fees, Permission};
use crate::reject::{Field, Reject};
use crate::time::Time;
use crate::trading::order::OrderPrice;
use crate::trading::rules::{self, Desk};
use crate::trading::set_trading_state::trading_level;
use crate::trading::side::Side;

/// Ask to place an order in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlaceCallOrder {
    /// The call.
    #[n(0)]
    pub call: CallId,
    /// Whose order.
    #[n(1)]
    pub party: PartyId,
    /// Which way.
    #[n(2)]
    pub side: Side,
    /// A limit, or a market order with its protection, a whole number of ticks.
    #[n(3)]
    pub price: OrderPrice,
    /// How many units, a whole number of lots.
    #[n(4)]
    pub units: Units,
}

/// An order of a call is taken and holds what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallOrderPlaced {
    /// Its id, the next one of the call.
    #[n(0)]
    pub order: CallOrderId,
    /// As asked.
    #[n(1)]
    pub terms: PlaceCallOrder,
    /// Cash it holds: a buy's worst price and fee; zero for a sell, which holds its units.
    #[n(2)]
    pub hold: Money,
    /// Number of the fee schedule it trades under.
    #[n(3)]
    pub schedule: u32,
}

/// Decides a [`PlaceCallOrder`].
pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &PlaceCallOrder,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    market.admit_for(context.caller, CommandKind::PlaceCallOrder, ask.party)?;
    let record = market.call(ask.call)?;
    let desk = Desk::new(market, context.at, ask.party, record.terms.fund)?;
    desk.party.check_investor(ask.party)?;
    check::room(Field::CallOrders, market.calls.orders(), CALL_ORDERS_ALL_MAX)?;
    desk.party.check_active(ask.party)?;
    trading_level(market, desk.fund_id)?;
    desk.fund.check_term(desk.fund_id, desk.today)?;
    check::some_units(ask.units)?;
    let worst = ask.price.worst();
    desk.ticks(worst)?;
    desk.lots(ask.units)?;
    let worth = desk.worth(worst, ask.units)?;
    desk.in_band(worst)?;
    let hold = match ask.side {
        Side::Buy => {
            desk.may_buy(market, ask.units, worst)?;
            let rates = rules::rates(market, desk.segment.schedule, desk.party.details.tier);
            let hold = rules::hold(worth, &rates);
            let available = market.ledger.cash(ask.party, desk.fund.details.currency).available;
            if available < hold {
                return Err(Reject::CashNotAvailable { party: ask.party, wanted: hold, available });
            }
            hold
        }
        Side::Sell => {
            desk.may_sell(market, ask.units, Units::ZERO)?;
            Money::ZERO
        }
    };
    has_place(record, &desk)?;
    record.check_open(ask.call, context.at)?;
    let orders = record.orders.len();
    if CALL_ORDERS_MAX <= orders {
        return Err(Reject::CallFull { call: ask.call, limit: check::wide(CALL_ORDERS_MAX) });
    }
    meets_itself(market, record, &desk, ask.side)?;
    // From here on the answer is yes.
    let order = CallOrderId::new(record.orders_count);
    let schedule = desk.segment.schedule;
    events.push(Event::CallOrderPlaced(CallOrderPlaced { order, terms: *ask, hold, schedule }));
    Ok(())
}

/// The party has room for one more, and A1: the pack in force still allows the call.
fn has_place(record: &CallAuction, desk: &Desk<'_>) -> Result<(), Reject> {
    let party = desk.party_id;
    let own = record.orders.values().filter(|order| order.party == party).count();
    let limit = CALL_ORDERS_PER_PARTY_MAX.min(desk.pack.limits.orders_per_party_max);
    if u64::from(limit) <= check::wide(own) {
        return Err(Reject::TooManyOrders { party, limit });
    }
    if desk.pack.call_auction == Permission::Forbidden {
        return Err(Reject::CallAuctionForbidden {});
    }
    Ok(())
}

/// A9: nobody of one group stands on both sides of a call; who came later is refused.
fn meets_itself(
    market: &Market,
    record: &CallAuction,
    desk: &Desk<'_>,
    side: Side,
) -> Result<(), Reject> {
    let group = |party| market.party(party).map(|party| party.group);
    let facing = record.orders.values().filter(|order| order.side != side);
    for other in facing.map(|order| order.party) {
        if other == desk.party_id || group(other)? == desk.party.group {
            return Err(Reject::BothSides { party: desk.party_id, other });
        }
    }
    Ok(())
}

impl CallAuction {
    /// Refuses a call that does not take orders at `at`.
    pub(super) fn check_open(&self, call: CallId, at: Time) -> Result<(), Reject> {
        let (opens, closes) = (self.terms.opens, self.terms.closes);
        if opens <= at && at < closes && self.print.is_none() {
            return Ok(());
        }
        Err(Reject::CallNotOpen { call, opens, closes })
    }
}

impl CallOrder {
    /// Cash that it needs for its units: a buy's worst price and dearest fee, a sell's none.
    pub(super) fn needs(&self, schedules: &[Fees]) -> Money {
        match self.side {
            Side::Buy if self.units != Units::ZERO => {
                let worth = self.price.worst().times(self.units);
                let worth = worth.expect("a lot at a tick is whole fen");
                rules::hold(worth, &rules::rates_in(schedules, self.schedule, self.tier))
            }
            Side::Buy | Side::Sell => Money::ZERO,
        }
    }
}

/// Applies a [`CallOrderPlaced`]: the order stands in the call and holds what it needs.
pub(crate) fn apply(market: &mut Market, fact: &CallOrderPlaced) {
    let PlaceCallOrder { call, party, side, price, units } = fact.terms;
    let fund = market.call_of_fact(call).terms.fund;
    let currency = market.fund(fund).expect("a call's fund is registered").details.currency;
    let holding = market.register.place(party, fund);
    let cash = market.ledger.place(party, currency);
    match side {
        Side::Buy => market.ledger.post(Account::Available(cash), Account::Held(cash), fact.hold),
        Side::Sell => {
            let holding = market.register.at_mut(holding);
            holding.available = holding.available.minus(units);
            holding.offered = holding.offered.plus(units);
        }
    }
    let order = CallOrder {
        party,
        side,
        price,
        units,
        hold: fact.hold,
        schedule: fact.schedule,
        tier: market.party(party).expect("its owner is registered").details.tier,
        placed_at: market.now,
    };
    market.change_call(call, |record| {
        assert!(fact.order.number() == record.orders_count, "order ids are dense");
        record.orders_count = record.orders_count.checked_add(1).expect("fewer than 2^64");
        record.orders.insert(fact.order, order);
    });
}
