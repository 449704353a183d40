//! The slow, obvious twin of trading: plain lists, sorted anew at each step.
//!
//! It knows one fund whose tick is a cent and whose lot is a unit, so a price times units is fen,
//! and parties that may all trade: rules A2 to A5 are off. It works in whole numbers, undoes by
//! keeping a copy of everything, and shares with the market nothing but the words of its commands.

mod stream;

use crate::amount::{Price, Units};
use crate::id::{OrderId, PartyId};
use crate::policy::{Limits, Rates};
use crate::time::Time;
use crate::trading::amend_order::AmendOrder;
use crate::trading::order::{Closing, OrderPrice, PostOnly, SelfTrade, TimeInForce};
use crate::trading::place_order::PlaceOrder;
use crate::trading::side::Side;

/// What the twin says happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Placed { order: OrderId, hold: i64, expires: Option<Time> },
    Traded { maker: OrderId, price: i64, units: i64, buyer_fee: i64, seller_fee: i64 },
    Decremented { order: OrderId, units: i64 },
    Closed { order: OrderId, reason: Closing, left: i64 },
    Rested { order: OrderId, left: i64 },
    Amended { order: OrderId, price: i64, left: i64, hold: i64, keeps_time: bool },
}

/// The name of a refusal, and how much could trade where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) &'static str, pub(super) i64);

type Answer = Result<Vec<Fact>, Refused>;

fn refused<T>(name: &'static str) -> Result<T, Refused> {
    Err(Refused(name, 0))
}

/// What a party has, in units and fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Purse {
    pub(super) party: PartyId,
    pub(super) group: u32,
    pub(super) available: i64,
    pub(super) offered: i64,
    pub(super) cash: i64,
    pub(super) held: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) id: OrderId,
    party: PartyId,
    pub(super) side: Side,
    pub(super) price: i64,
    filled: i64,
    pub(super) left: i64,
    /// What is on offer now: the tranche of an iceberg, all that is left of others.
    shown: i64,
    peak: i64,
    minimum: i64,
    hold: i64,
    rates: Rates,
    post_only: PostOnly,
    self_trade: SelfTrade,
    expires: Option<Time>,
    /// When it came to the end of its queue; `None` while it does not rest.
    queued: Option<u64>,
}

#[derive(Clone, Debug)]
pub(super) struct Twin {
    pub(super) limits: Limits,
    pub(super) rates: Rates,
    pub(super) purses: Vec<Purse>,
    pub(super) fees: i64,
    orders: Vec<Order>,
    ticket: u64,
}

impl Order {
    /// Lots that anybody sees.
    pub(super) fn displayed(&self) -> i64 {
        if self.minimum == 0 { self.shown } else { 0 }
    }

    fn show(&mut self) {
        self.shown = if self.peak == 0 { self.left } else { self.peak.min(self.left) };
    }

    /// The worst price and the dearest fee of what is left of a buy.
    fn needs(&self) -> i64 {
        let worth = self.price * self.left;
        match self.side {
            Side::Buy => worth + fee(worth, self.rates.maker_buy.max(self.rates.taker_buy).get()),
            Side::Sell => 0,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        let crosses = match self.side {
            Side::Buy => other.price <= self.price,
            Side::Sell => self.price <= other.price,
        };
        crosses && other.side != self.side && other.queued.is_some()
    }
}

fn fee(cash: i64, ppm: u32) -> i64 {
    cash * i64::from(ppm) / 1_000_000
}

/// A price in ticks of a cent, if it is a whole number of them.
fn ticks(price: Price) -> Result<i64, Refused> {
    let e4 = i64::try_from(price.e4()).unwrap();
    if e4 == 0 || e4 % 100 != 0 { refused("NOT_IN_TICKS") } else { Ok(e4 / 100) }
}

fn lots(units: Units) -> Result<i64, Refused> {
    let e2 = i64::try_from(units.e2()).unwrap();
    if e2 % 100 != 0 { refused("NOT_IN_LOTS") } else { Ok(e2 / 100) }
}

/// The end of the day, in Shanghai.
fn midnight(at: Time) -> Time {
    const DAY: u64 = 86_400_000_000_000;
    const AHEAD: u64 = 8 * 3_600_000_000_000;
    Time::from_nanos(((at.nanos() + AHEAD) / DAY + 1) * DAY - AHEAD)
}

impl Twin {
    pub(super) fn new(limits: Limits, rates: Rates, purses: Vec<Purse>) -> Self {
        Self { limits, rates, purses, fees: 0, orders: Vec::new(), ticket: 0 }
    }

    /// Everything that rests on one side, first to trade first.
    pub(super) fn queue(&self, side: Side) -> Vec<Order> {
        let resting = |order: &&Order| order.side == side && order.queued.is_some();
        let mut queue: Vec<_> = self.orders.iter().filter(resting).cloned().collect();
        queue.sort_by_key(|order| {
            let rank = if side == Side::Buy { -order.price } else { order.price };
            (rank, order.minimum != 0, order.queued)
        });
        queue
    }

    pub(super) fn place(&mut self, at: Time, id: OrderId, ask: &PlaceOrder) -> Answer {
        let before = self.clone();
        let answer = self.try_place(at, id, ask);
        if answer.is_err() {
            *self = before;
        }
        answer
    }

    pub(super) fn amend(&mut self, ask: &AmendOrder) -> Answer {
        let before = self.clone();
        let answer = self.try_amend(ask);
        if answer.is_err() {
            *self = before;
        }
        answer
    }

    pub(super) fn cancel(&mut self, id: OrderId) -> Answer {
        if !self.orders.iter().any(|order| order.id == id) {
            return refused("ORDER_NOT_OPEN");
        }
        Ok(vec![self.close(id, Closing::Cancelled)])
    }

    /// Closes what has expired.
    pub(super) fn expire(&mut self, at: Time) -> Vec<Fact> {
        let due = |order: &&Order| order.expires.is_some_and(|expires| expires <= at);
        let due: Vec<_> = self.orders.iter().filter(due).map(|order| order.id).collect();
        due.into_iter().map(|id| self.close(id, Closing::Expired)).collect()
    }

    fn try_place(&mut self, at: Time, id: OrderId, ask: &PlaceOrder) -> Answer {
        let mut order = self.sized(id, ask)?;
        order.expires = self.expiry(at, ask.time_in_force)?;
        let purse = *self.purse(ask.party);
        if order.side == Side::Buy && purse.cash < order.needs() {
            return refused("CASH_NOT_AVAILABLE");
        }
        if order.side == Side::Sell && purse.available < order.left {
            return refused("UNITS_NOT_AVAILABLE");
        }
        let open = self.orders.iter().filter(|other| other.party == ask.party).count();
        if usize::try_from(self.limits.orders_per_party_max).unwrap() <= open {
            return refused("TOO_MANY_ORDERS");
        }
        self.refuse_taking(&order)?;
        let left = order.left;
        order.left = 0;
        self.orders.push(order);
        self.set_left(id, left);
        let (hold, expires) = (self.order(id).hold, self.order(id).expires);
        let mut facts = vec![Fact::Placed { order: id, hold, expires }];
        let whole = ask.time_in_force == TimeInForce::FillOrKill;
        let least = if whole { left } else { self.order(id).minimum };
        let (stopped, traded) = self.meet(id, least, &mut facts);
        if whole && self.order(id).left != 0 {
            return Err(Refused("NOT_FILLABLE", traded));
        }
        self.settle(id, stopped, ask.may_rest(), &mut facts);
        Ok(facts)
    }

    fn sized(&self, id: OrderId, ask: &PlaceOrder) -> Result<Order, Refused> {
        if ask.units == Units::ZERO {
            return refused("NO_UNITS");
        }
        let price = ticks(ask.price.worst())?;
        let (left, peak, minimum) = (lots(ask.units)?, lots(ask.peak)?, lots(ask.minimum)?);
        let rests = ask.may_rest();
        let tranches = i64::from(self.limits.tranches_max);
        if peak != 0 && (peak * tranches < left || left <= peak || !rests) {
            return refused("BAD_ICEBERG");
        }
        if left < minimum || (minimum != 0 && peak != 0) {
            return refused("BAD_MINIMUM");
        }
        let takes_only = matches!(ask.price, OrderPrice::Market(_));
        if (takes_only && rests) || (ask.post_only == PostOnly::Yes && !rests) {
            return refused("BAD_TIME_IN_FORCE");
        }
        Ok(Order {
            id,
            party: ask.party,
            side: ask.side,
            price,
            filled: 0,
            left,
            shown: 0,
            peak,
            minimum,
            hold: 0,
            rates: self.rates,
            post_only: ask.post_only,
            self_trade: ask.self_trade,
            expires: None,
            queued: None,
        })
    }

    fn expiry(&self, at: Time, time_in_force: TimeInForce) -> Result<Option<Time>, Refused> {
        let latest = at.plus_seconds(u64::from(self.limits.order_days_max) * 86_400);
        match time_in_force {
            TimeInForce::Day => Ok(Some(midnight(at))),
            TimeInForce::GoodTill(expires) if at < expires && expires <= latest => {
                Ok(Some(expires))
            }
            TimeInForce::GoodTill(_) => refused("EXPIRY_OUT_OF_RANGE"),
            TimeInForce::GoodTillCancelled
            | TimeInForce::ImmediateOrCancel
            | TimeInForce::FillOrKill => Ok(None),
        }
    }

    fn try_amend(&mut self, ask: &AmendOrder) -> Answer {
        let id = ask.order;
        let Some(order) = self.orders.iter().find(|order| order.id == id).cloned() else {
            return refused("ORDER_NOT_OPEN");
        };
        let total = order.filled + order.left;
        let price = ask.price.map_or(Ok(order.price), ticks)?;
        let units = ask.units.map_or(Ok(total), lots)?;
        let tranches = i64::from(self.limits.tranches_max);
        if total < units && order.peak != 0 && order.peak * tranches < units {
            return refused("BAD_ICEBERG");
        }
        if units <= order.filled {
            return refused("AMENDED_BELOW_FILLED");
        }
        if price == order.price && units == total {
            return refused("NOTHING_TO_AMEND");
        }
        let minimum = if total <= order.minimum { units } else { order.minimum };
        let amended = Order { price, left: units - order.filled, minimum, ..order.clone() };
        let purse = *self.purse(order.party);
        if order.side == Side::Buy && purse.cash + order.hold < amended.needs() {
            return refused("CASH_NOT_AVAILABLE");
        }
        if order.side == Side::Sell && purse.available + order.left < amended.left {
            return refused("UNITS_NOT_AVAILABLE");
        }
        let keeps_time = price == order.price && units < total;
        if !keeps_time {
            self.refuse_taking(&amended)?;
        }
        self.order_mut(id).price = price;
        self.order_mut(id).minimum = minimum;
        self.set_left(id, amended.left);
        let (left, hold) = (amended.left, self.order(id).hold);
        let mut facts = vec![Fact::Amended { order: id, price, left, hold, keeps_time }];
        if keeps_time {
            let shown = order.shown.min(left);
            self.order_mut(id).shown = shown;
            return Ok(facts);
        }
        self.order_mut(id).queued = None;
        let (stopped, _) = self.meet(id, minimum, &mut facts);
        self.settle(id, stopped, true, &mut facts);
        Ok(facts)
    }

    /// A post-only order is refused if there is anybody whom it is large enough to meet.
    fn refuse_taking(&self, order: &Order) -> Result<(), Refused> {
        let meets =
            |other: &Order| order.meets(other) && other.minimum.min(other.left) <= order.left;
        if order.post_only == PostOnly::Yes && self.orders.iter().any(meets) {
            return refused("POST_ONLY_WOULD_TRADE");
        }
        Ok(())
    }

    /// Lets an order take from the other side; if it trades less than `least`, nothing happened.
    ///
    /// Answers with the reason that stopped it, if one did, and what it traded or would have.
    fn meet(&mut self, id: OrderId, least: i64, facts: &mut Vec<Fact>) -> (Option<Closing>, i64) {
        let before = (self.clone(), facts.clone());
        let least = least.min(self.order(id).left);
        let stopped = self.take(id, facts);
        let traded = self.order(id).filled - before.0.order(id).filled;
        if traded < least {
            (*self, *facts) = before;
            return (None, traded);
        }
        (stopped, traded)
    }

    fn take(&mut self, id: OrderId, facts: &mut Vec<Fact>) -> Option<Closing> {
        let mut passed = Vec::new();
        let mut met = 0;
        loop {
            let taker = self.order(id).clone();
            if taker.left == 0 {
                return None;
            }
            let queue = self.queue(taker.side.opposite());
            let mut queue = queue.into_iter().filter(|maker| taker.meets(maker));
            let maker = queue.find(|maker| !passed.contains(&maker.id))?;
            if taker.left < maker.minimum.min(maker.left) {
                passed.push(maker.id);
                continue;
            }
            if met == self.limits.fills_max {
                return Some(Closing::TooManyFills);
            }
            met += 1;
            if self.purse(taker.party).group != self.purse(maker.party).group {
                self.trade(&taker, &maker, facts);
                continue;
            }
            match taker.self_trade {
                SelfTrade::CancelNewest => return Some(Closing::SelfTrade),
                SelfTrade::CancelOldest => facts.push(self.close(maker.id, Closing::SelfTrade)),
                SelfTrade::CancelBoth => {
                    facts.push(self.close(maker.id, Closing::SelfTrade));
                    return Some(Closing::SelfTrade);
                }
                SelfTrade::Decrement => {
                    let units = maker.shown.min(taker.left);
                    facts.push(Fact::Decremented { order: maker.id, units });
                    facts.push(Fact::Decremented { order: id, units });
                    self.set_left(id, taker.left - units);
                    self.consume(&maker, units, Closing::SelfTrade, facts);
                    if self.order(id).left == 0 {
                        return Some(Closing::SelfTrade);
                    }
                }
            }
        }
    }

    fn trade(&mut self, taker: &Order, maker: &Order, facts: &mut Vec<Fact>) {
        let (price, units) = (maker.price, maker.shown.min(taker.left));
        let cash = price * units;
        let (buy, sell, buyer_rate, seller_rate) = match taker.side {
            Side::Buy => (taker, maker, taker.rates.taker_buy, maker.rates.maker_sell),
            Side::Sell => (maker, taker, maker.rates.maker_buy, taker.rates.taker_sell),
        };
        let buyer_fee = fee(cash, buyer_rate.get());
        let seller_fee = fee(cash, seller_rate.get());
        facts.push(Fact::Traded { maker: maker.id, price, units, buyer_fee, seller_fee });
        self.order_mut(taker.id).filled += units;
        self.set_left(taker.id, taker.left - units);
        self.order_mut(maker.id).filled += units;
        self.consume(maker, units, Closing::Filled, facts);
        let buyer = self.purse_mut(buy.party);
        buyer.cash -= cash + buyer_fee;
        buyer.available += units;
        let seller = self.purse_mut(sell.party);
        seller.cash += cash - seller_fee;
        seller.available -= units;
        self.fees += buyer_fee + seller_fee;
    }

    /// Takes units off a resting order; it closes, or shows its next tranche, last at its price.
    fn consume(&mut self, maker: &Order, units: i64, end: Closing, facts: &mut Vec<Fact>) {
        self.set_left(maker.id, maker.left - units);
        if maker.left == units {
            facts.push(self.close(maker.id, end));
        } else if maker.shown == units {
            self.queue_last(maker.id);
        } else {
            self.order_mut(maker.id).shown = maker.shown - units;
        }
    }

    fn settle(
        &mut self,
        id: OrderId,
        stopped: Option<Closing>,
        rests: bool,
        facts: &mut Vec<Fact>,
    ) {
        let left = self.order(id).left;
        facts.push(match stopped {
            Some(reason) => self.close(id, reason),
            None if left == 0 => self.close(id, Closing::Filled),
            None if !rests => self.close(id, Closing::NotFilled),
            None => {
                self.queue_last(id);
                Fact::Rested { order: id, left }
            }
        });
    }

    fn queue_last(&mut self, id: OrderId) {
        self.ticket += 1;
        let ticket = self.ticket;
        let order = self.order_mut(id);
        order.queued = Some(ticket);
        order.show();
    }

    /// Takes an order away; what it holds is free.
    fn close(&mut self, id: OrderId, reason: Closing) -> Fact {
        let left = self.order(id).left;
        self.set_left(id, 0);
        self.orders.retain(|order| order.id != id);
        Fact::Closed { order: id, reason, left }
    }

    /// What is left of an order, and what it holds for that.
    fn set_left(&mut self, id: OrderId, left: i64) {
        let order = self.order_mut(id);
        let (before, hold) = (order.left, order.hold);
        order.left = left;
        order.hold = order.needs();
        let Order { party, side, hold: holds, .. } = *order;
        let purse = self.purse_mut(party);
        if side == Side::Sell {
            purse.available += before - left;
            purse.offered -= before - left;
        }
        purse.cash += hold - holds;
        purse.held -= hold - holds;
    }

    fn order(&self, id: OrderId) -> &Order {
        self.orders.iter().find(|order| order.id == id).unwrap()
    }

    fn order_mut(&mut self, id: OrderId) -> &mut Order {
        self.orders.iter_mut().find(|order| order.id == id).unwrap()
    }

    pub(super) fn purse(&self, party: PartyId) -> &Purse {
        self.purses.iter().find(|purse| purse.party == party).unwrap()
    }

    fn purse_mut(&mut self, party: PartyId) -> &mut Purse {
        self.purses.iter_mut().find(|purse| purse.party == party).unwrap()
    }
}
