//! Matching: what an incoming order meets, in which order, and what that moves (撮合).
//!
//! [`meet`] walks the book and writes what would happen; it changes nothing. The rules that the
//! register can break between placing and trading are asked again for every resting order: one
//! that may no longer trade is closed with the rule as its reason, and the walk goes on.

use std::cell::RefCell;

use crate::amount::{Money, Units};
use crate::cash::ledger::Account;
use crate::event::Event;
use crate::id::{OrderId, PartyId, TradeId};
use crate::market::Market;
use crate::policy::Rates;
use crate::registry::holders;
use crate::registry::holding::HoldingPlace;
use crate::registry::qualify;
use crate::reject::Reject;
use crate::trading::book::{BookId, Lots, Maker, Take, Tick, WalkScratch};
use crate::trading::cancel_order::OrderClosed;
use crate::trading::order::{Closing, OpenOrder, SelfTrade};
use crate::trading::place_order::{OrderDecremented, Traded};
use crate::trading::rules::{self, Desk};
use crate::trading::side::Side;

/// An incoming order, before it meets the book.
#[derive(Clone, Copy)]
pub(crate) struct Incoming<'m> {
    pub(crate) desk: Desk<'m>,
    pub(crate) order: OrderId,
    pub(crate) side: Side,
    pub(crate) limit: Tick,
    pub(crate) lots: Lots,
    /// Fewest lots it takes at once; zero sets no least.
    pub(crate) minimum: Lots,
    pub(crate) self_trade: SelfTrade,
    pub(crate) rates: Rates,
    /// Units that its owner has available, if it buys, or on offer, if it sells.
    pub(crate) before: Units,
}

/// What came of the meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    /// Lots that are left of the incoming order.
    pub(crate) left: Lots,
    /// Lots that traded.
    pub(crate) traded: Lots,
    /// Why what is left may not rest, if it may not.
    pub(crate) stopped: Option<Closing>,
}

/// Whom an order that only wants to rest would trade with: the price of the first, if any.
pub(crate) fn would_trade(market: &Market, incoming: &Incoming<'_>) -> Option<Tick> {
    let mut first = None;
    let book = BookId::new(incoming.desk.fund_id.number());
    with_scratch(|scratch| {
        market.orders.books.walk(book, incoming.side, incoming.limit, &mut scratch.walk, |maker| {
            if incoming.lots < maker.minimum {
                return Take::Pass;
            }
            first = Some(maker.tick);
            Take::Stop
        });
    });
    first
}

/// Lets an order meet the book: appends trades and closings to `events`.
///
/// If it would trade less than its minimum, nothing is appended and nothing trades.
///
/// # Errors
///
/// The calendar does not reach far enough back for rule A2.
pub(crate) fn meet(
    market: &Market,
    incoming: &Incoming<'_>,
    events: &mut Vec<Event>,
) -> Result<Met, Reject> {
    let before = events.len();
    let book = BookId::new(incoming.desk.fund_id.number());
    let (met, failed) = with_scratch(|scratch| {
        scratch.touched.clear();
        let mut meeting = Meeting::new(market, incoming, events, &mut scratch.touched);
        market.orders.books.walk(book, incoming.side, incoming.limit, &mut scratch.walk, |maker| {
            meeting.visit(maker)
        });
        let Meeting { left, traded, stopped, failed, .. } = meeting;
        (Met { left, traded, stopped }, failed)
    });
    if let Some(reject) = failed {
        return Err(reject);
    }
    if met.traded < incoming.minimum.min(incoming.lots) {
        events.truncate(before);
        return Ok(Met { left: incoming.lots, traded: Lots::ZERO, stopped: None });
    }
    Ok(met)
}

/// Room that is used again for every walk, so that matching does not allocate.
#[derive(Default)]
struct Scratch {
    walk: WalkScratch,
    touched: Vec<Touched>,
}

thread_local! {
    /// Holds nothing between two calls: each begins by clearing it.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(work)
}

/// A holding on the book's side that this walk has already moved units of.
struct Touched {
    place: HoldingPlace,
    units: Units,
}

struct Meeting<'a, 'm> {
    market: &'m Market,
    incoming: &'a Incoming<'m>,
    events: &'a mut Vec<Event>,
    /// Where the events of this walk begin.
    first_event: usize,
    touched: &'a mut Vec<Touched>,
    left: Lots,
    traded: Lots,
    fills: u32,
    next_trade: u64,
    /// Units of the incoming order's owner as they move.
    before: Units,
    /// The owner's whole holding as it moves: it joins or leaves the holders with it.
    held: Units,
    /// A3: holders as they move.
    holders: u32,
    cap: u32,
    stopped: Option<Closing>,
    failed: Option<Reject>,
}

impl<'a, 'm> Meeting<'a, 'm> {
    fn new(
        market: &'m Market,
        incoming: &'a Incoming<'m>,
        events: &'a mut Vec<Event>,
        touched: &'a mut Vec<Touched>,
    ) -> Self {
        let Desk { party_id, fund_id, fund, .. } = incoming.desk;
        let holding = market.register.find(party_id, fund_id);
        Self {
            market,
            incoming,
            first_event: events.len(),
            events,
            touched,
            left: incoming.lots,
            traded: Lots::ZERO,
            fills: 0,
            next_trade: market.trades_count,
            before: incoming.before,
            held: holding.map_or(Units::ZERO, |place| market.register.at(place).total()),
            holders: fund.holders,
            cap: holders::cap(market, fund).unwrap_or(0),
            stopped: None,
            failed: None,
        }
    }

    fn visit(&mut self, maker: Maker) -> Take {
        if self.left < maker.minimum {
            return Take::Pass;
        }
        let resting = self.market.orders.at(maker.id);
        if self.is_same_group(resting.party) {
            return self.prevent_self_trade(maker, resting);
        }
        match self.may_rest_trade(resting) {
            Ok(None) => {}
            Ok(Some(reason)) => return self.close(maker.id, resting, reason),
            Err(reject) => {
                self.failed = Some(reject);
                return Take::Stop;
            }
        }
        if self.incoming.desk.pack.limits.fills_max <= self.fills {
            return self.stop(Closing::TooManyFills);
        }
        self.trade(maker, resting)
    }

    fn is_same_group(&self, party: PartyId) -> bool {
        if party == self.incoming.desk.party_id {
            return true;
        }
        let group = self.market.party(party).map(|party| party.group);
        group == Ok(self.incoming.desk.party.group)
    }

    /// A2, A4: why a resting order may no longer trade, if it may not.
    fn may_rest_trade(&self, resting: &OpenOrder) -> Result<Option<Closing>, Reject> {
        let Desk { pack, today, .. } = self.incoming.desk;
        let holding = self.market.register.at(resting.holding);
        let broken = rules::turnaround_broken(self.market, pack, today, resting.side, holding)?;
        if broken.is_some() {
            return Ok(Some(Closing::TurnaroundInterval));
        }
        if resting.side == Side::Buy {
            let party = self.market.party(resting.party)?;
            if qualify::shortfall(party, &pack.investors, today).is_some() {
                return Ok(Some(Closing::NotQualified));
            }
        }
        Ok(None)
    }

    fn prevent_self_trade(&mut self, maker: Maker, resting: &OpenOrder) -> Take {
        match self.incoming.self_trade {
            SelfTrade::CancelNewest => self.stop(Closing::SelfTrade),
            SelfTrade::CancelOldest => self.close(maker.id, resting, Closing::SelfTrade),
            SelfTrade::CancelBoth => {
                self.close(maker.id, resting, Closing::SelfTrade);
                self.stop(Closing::SelfTrade)
            }
            SelfTrade::Decrement => {
                let lots = maker.lots.min(self.left);
                let units = rules::units_of(self.incoming.desk.fund, lots);
                self.left = self.left.minus(lots);
                let remaining = self.remaining(maker.id, resting, units);
                for order in [maker.id, self.incoming.order] {
                    self.events.push(Event::OrderDecremented(OrderDecremented { order, units }));
                }
                if remaining == Units::ZERO {
                    self.push_closed(maker.id, Closing::SelfTrade, Units::ZERO);
                }
                if self.left == Lots::ZERO {
                    self.stopped = Some(Closing::SelfTrade);
                    return Take::Last(lots);
                }
                Take::Lots(lots)
            }
        }
    }

    fn trade(&mut self, maker: Maker, resting: &OpenOrder) -> Take {
        let lots = maker.lots.min(self.left);
        let Desk { fund_id, fund, party_id, .. } = self.incoming.desk;
        let units = rules::units_of(fund, lots);
        let price = rules::price_of(fund, maker.tick);
        let maker_moved = self.moved(resting.holding);
        let maker_holding = self.market.register.at(resting.holding);
        let (maker_before, maker_held) = match resting.side {
            Side::Buy => {
                (maker_holding.available.plus(maker_moved), maker_holding.total().plus(maker_moved))
            }
            Side::Sell => {
                (maker_holding.offered.minus(maker_moved), maker_holding.total().minus(maker_moved))
            }
        };
        let (buyer_held, seller_held) = match resting.side {
            Side::Buy => (maker_held, self.held),
            Side::Sell => (self.held, maker_held),
        };
        let (buyer, seller) = match resting.side {
            Side::Buy => (resting.party, party_id),
            Side::Sell => (party_id, resting.party),
        };
        let joins = if buyer_held == Units::ZERO { self.look_through(buyer) } else { 0 };
        let leaves = if seller_held == units { self.look_through(seller) } else { 0 };
        let holders = self.holders.saturating_sub(leaves).saturating_add(joins);
        if 0 < joins && self.cap < holders {
            return match resting.side {
                Side::Buy => self.close(maker.id, resting, Closing::HolderCap),
                Side::Sell => self.stop(Closing::HolderCap),
            };
        }
        let cash = price.times(units).expect("a lot at a tick is whole fen");
        let maker_rates = rules::rates(self.market, resting.schedule, resting.tier);
        let taker_rates = self.incoming.rates;
        let (buyer_rate, seller_rate) = match resting.side {
            Side::Buy => (maker_rates.maker_buy, taker_rates.taker_sell),
            Side::Sell => (taker_rates.taker_buy, maker_rates.maker_sell),
        };
        let (buyer_before, seller_before) = match resting.side {
            Side::Buy => (maker_before, self.before),
            Side::Sell => (self.before, maker_before),
        };
        let remaining = self.remaining(maker.id, resting, units);
        self.events.push(Event::Traded(Traded {
            trade: TradeId::new(self.next_trade),
            fund: fund_id,
            maker: maker.id,
            taker: self.incoming.order,
            taker_side: self.incoming.side,
            price,
            units,
            cash,
            buyer,
            seller,
            buyer_fee: cash.fee_down(buyer_rate),
            seller_fee: cash.fee_down(seller_rate),
            buyer_before,
            seller_before,
        }));
        self.holders = holders;
        self.next_trade = self.next_trade.saturating_add(1);
        self.fills = self.fills.saturating_add(1);
        self.left = self.left.minus(lots);
        self.traded = self.traded.plus(lots);
        match self.incoming.side {
            Side::Buy => {
                self.before = self.before.plus(units);
                self.held = self.held.plus(units);
            }
            Side::Sell => {
                self.before = self.before.minus(units);
                self.held = self.held.minus(units);
            }
        }
        self.move_units(resting.holding, units);
        if remaining == Units::ZERO {
            self.push_closed(maker.id, Closing::Filled, Units::ZERO);
        }
        if self.left == Lots::ZERO { Take::Last(lots) } else { Take::Lots(lots) }
    }

    fn look_through(&self, party: PartyId) -> u32 {
        let party = self.market.party(party).expect("an open order has a registered owner");
        party.details.look_through
    }

    /// Units of the holding at `place` that this walk has moved.
    fn moved(&self, place: HoldingPlace) -> Units {
        let found = self.touched.iter().find(|touched| touched.place == place);
        found.map_or(Units::ZERO, |touched| touched.units)
    }

    fn move_units(&mut self, place: HoldingPlace, units: Units) {
        match self.touched.iter_mut().find(|touched| touched.place == place) {
            Some(touched) => touched.units = touched.units.plus(units),
            None => self.touched.push(Touched { place, units }),
        }
    }

    /// What is left of a resting order after what this walk has done to it.
    fn remaining(&self, order: OrderId, resting: &OpenOrder, now: Units) -> Units {
        let left = resting.left().minus(now);
        if resting.peak == Units::ZERO {
            return left;
        }
        // Only an iceberg is met more than once in a walk.
        let mine = self.events.get(self.first_event..).unwrap_or_default();
        let earlier = mine.iter().filter_map(|event| {
            if let Event::Traded(traded) = event {
                (traded.maker == order).then_some(traded.units)
            } else if let Event::OrderDecremented(taken) = event {
                (taken.order == order).then_some(taken.units)
            } else {
                None
            }
        });
        earlier.fold(left, Units::minus)
    }

    fn close(&mut self, order: OrderId, resting: &OpenOrder, reason: Closing) -> Take {
        let left = self.remaining(order, resting, Units::ZERO);
        self.push_closed(order, reason, left);
        Take::Gone
    }

    fn push_closed(&mut self, order: OrderId, reason: Closing, left: Units) {
        self.events.push(Event::OrderClosed(OrderClosed { order, reason, left }));
    }

    const fn stop(&mut self, reason: Closing) -> Take {
        self.stopped = Some(reason);
        Take::Stop
    }
}

/// Applies a [`Traded`]: units, cash and fees move in one act.
pub(crate) fn apply_traded(market: &mut Market, fact: &Traded) {
    assert!(fact.trade.number() == market.trades_count, "trades are numbered in turn");
    market.trades_count = market.trades_count.saturating_add(1);
    let lots = rules::lots_of(market.fund(fact.fund).expect("a fund trades"), fact.units);
    let lots = lots.expect("a trade is in lots");
    let _left = market.orders.books.fill(fact.maker, lots);
    let (buy, sell) = match fact.taker_side {
        Side::Buy => (fact.taker, fact.maker),
        Side::Sell => (fact.maker, fact.taker),
    };
    let (bought, sold) = (fill(market, buy, fact.units), fill(market, sell, fact.units));
    assert!(bought.party == fact.buyer && sold.party == fact.seller, "orders have their owners");
    move_units(market, fact, &bought, &sold);
    pay(market, fact, buy, &bought, &sold);
    market.fund_mut(fact.fund).last_price = Some(fact.price);
}

fn fill(market: &mut Market, order: OrderId, units: Units) -> OpenOrder {
    let record = market.orders.at_mut(order);
    record.filled = record.filled.plus(units);
    assert!(record.filled <= record.units, "an order trades no more than it is");
    *record
}

fn move_units(market: &mut Market, fact: &Traded, bought: &OpenOrder, sold: &OpenOrder) {
    let today = market.date(market.now);
    let seller = market.register.at_mut(sold.holding);
    assert!(seller.offered == fact.seller_before, "the register says what it was");
    seller.offered = seller.offered.minus(fact.units);
    seller.last_sold = Some(today);
    let seller_after = seller.total();
    let buyer = market.register.at_mut(bought.holding);
    assert!(buyer.available == fact.buyer_before, "the register says what it was");
    buyer.available = buyer.available.plus(fact.units);
    buyer.last_bought = Some(today);
    let buyer_after = buyer.total();
    let seller_before = seller_after.plus(fact.units);
    holders::recount(market, fact.seller, fact.fund, seller_before, seller_after);
    holders::recount(market, fact.buyer, fact.fund, buyer_after.minus(fact.units), buyer_after);
}

fn pay(market: &mut Market, fact: &Traded, buy: OrderId, bought: &OpenOrder, sold: &OpenOrder) {
    let currency = market.fund(fact.fund).expect("a fund trades").details.currency;
    let keeps = held_for(market, bought);
    let spent = fact.cash.plus(fact.buyer_fee);
    let released = bought.hold.minus(keeps).minus(spent);
    let fees = fact.buyer_fee.plus(fact.seller_fee);
    let held = Account::Held(bought.cash);
    let ledger = &mut market.ledger;
    ledger.post(held, Account::Available(sold.cash), fact.cash.minus(fact.seller_fee));
    ledger.post(held, Account::Fees(currency), fees);
    ledger.post(held, Account::Available(bought.cash), released);
    market.orders.at_mut(buy).hold = keeps;
}

/// Cash that a buy needs for what is left of it; nothing for a sell.
pub(crate) fn held_for(market: &Market, record: &OpenOrder) -> Money {
    match record.side {
        Side::Sell => Money::ZERO,
        Side::Buy => {
            let worth = record.limit.times(record.left()).expect("a lot at a tick is whole fen");
            rules::hold(worth, &rules::rates(market, record.schedule, record.tier))
        }
    }
}

/// Applies an [`OrderDecremented`]: the order is for less, and what that held is free.
pub(crate) fn apply_decremented(market: &mut Market, fact: &OrderDecremented) {
    let record = *market.orders.at(fact.order);
    let fund = market.fund(record.fund).expect("an order's fund is registered");
    let lots = rules::lots_of(fund, fact.units).expect("orders are in lots");
    if market.orders.books.terms(fact.order).is_some() {
        let _left = market.orders.books.fill(fact.order, lots);
    }
    let units = record.units.minus(fact.units);
    assert!(record.filled <= units, "an order is not cut below what traded");
    market.orders.at_mut(fact.order).units = units;
    let holding = market.register.at_mut(record.holding);
    match record.side {
        Side::Sell => {
            holding.offered = holding.offered.minus(fact.units);
            holding.available = holding.available.plus(fact.units);
        }
        Side::Buy => set_hold(market, fact.order),
    }
}

/// Brings what an order holds to what it needs for what is left of it.
pub(crate) fn set_hold(market: &mut Market, order: OrderId) {
    let record = *market.orders.at(order);
    let needs = held_for(market, &record);
    let (available, held) = (Account::Available(record.cash), Account::Held(record.cash));
    if needs < record.hold {
        market.ledger.post(held, available, record.hold.minus(needs));
    } else {
        market.ledger.post(available, held, needs.minus(record.hold));
    }
    market.orders.at_mut(order).hold = needs;
}
