//! Matching: what an incoming order meets, in which order, and what that moves (撮合).
//!
//! [`meet`] walks the book and writes what would happen; it changes nothing. The rules that the
//! register can break between placing and trading are asked again for every resting order: one
//! that may no longer trade is closed with the rule as its reason, and the walk goes on.

use std::cell::RefCell;

use crate::amount::Units;
use crate::event::Event;
use crate::id::{OrderId, PartyId, TradeId};
use crate::market::Market;
use crate::policy::Rates;
use crate::registry::holders;
use crate::registry::holding::{Holding, HoldingPlace};
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
    pub(crate) desk: &'m Desk<'m>,
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
    /// Lots that traded, or would have, had they been enough.
    pub(crate) traded: Lots,
    /// Why what is left may not rest, if it may not.
    pub(crate) stopped: Option<Closing>,
}

impl Met {
    /// Nobody was met.
    #[inline(always)]
    pub(crate) const fn nobody(incoming: &Incoming<'_>) -> Self {
        Self { left: incoming.lots, traded: Lots::ZERO, stopped: None }
    }
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

/// Whether an order can meet anybody. Most do not: they ask this first.
#[inline(always)]
pub(crate) fn can_meet(market: &Market, incoming: &Incoming<'_>) -> bool {
    let book = BookId::new(incoming.desk.fund_id.number());
    market.orders.books.meets(book, incoming.side, incoming.limit)
}

/// Lets an order meet the book: appends trades and closings to `events`.
///
/// If it would trade less than its minimum, nothing is appended and nothing trades.
///
/// # Errors
///
/// The calendar does not reach far enough back for rule A2.
#[inline(never)]
pub(crate) fn meet(
    market: &Market,
    incoming: &Incoming<'_>,
    events: &mut Vec<Event>,
) -> Result<Met, Reject> {
    let book = BookId::new(incoming.desk.fund_id.number());
    let orders = &market.orders;
    orders.books.look_ahead(book, incoming.side, incoming.lots, |slot| orders.touch(slot));
    let before = events.len();
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
        return Ok(Met { left: incoming.lots, stopped: None, ..met });
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

/// What this walk has done to a holding on the book's side.
struct Touched {
    place: HoldingPlace,
    /// Units that traded.
    traded: Units,
    /// Units on offer that are available again.
    released: Units,
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
    /// Resting orders traded with, decremented or closed: each is a bounded part of the entry.
    met: u32,
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
        let Desk { fund, holding, .. } = *incoming.desk;
        Self {
            market,
            incoming,
            first_event: events.len(),
            events,
            touched,
            left: incoming.lots,
            traded: Lots::ZERO,
            met: 0,
            next_trade: market.trades_count,
            before: incoming.before,
            held: holding.map_or(Units::ZERO, Holding::total),
            holders: fund.holders,
            cap: holders::cap(market, fund).expect("a fund's segment is open"),
            stopped: None,
            failed: None,
        }
    }

    fn visit(&mut self, maker: Maker) -> Take {
        if self.left < maker.minimum {
            return Take::Pass;
        }
        if self.incoming.desk.pack.limits.fills_max <= self.met {
            return self.stop(Closing::TooManyFills);
        }
        self.met = self.met.saturating_add(1);
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
        let Desk { pack, today, .. } = *self.incoming.desk;
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
                self.release(resting, units);
                if self.incoming.side == Side::Sell {
                    self.before = self.before.minus(units);
                }
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
        let Desk { fund_id, fund, party_id, .. } = *self.incoming.desk;
        let units = rules::units_of(fund, lots);
        let price = rules::price_of(fund, maker.tick);
        let place = self.touch(resting.holding);
        let Touched { traded, released, .. } = *self.touched(place);
        let maker_holding = self.market.register.at(resting.holding);
        let (maker_before, maker_held) = match resting.side {
            Side::Buy => (maker_holding.available.plus(traded), maker_holding.total().plus(traded)),
            Side::Sell => (
                maker_holding.offered.minus(traded).minus(released),
                maker_holding.total().minus(traded),
            ),
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
        self.count(place, lots, units);
        if remaining == Units::ZERO {
            self.push_closed(maker.id, Closing::Filled, Units::ZERO);
        }
        if self.left == Lots::ZERO { Take::Last(lots) } else { Take::Lots(lots) }
    }

    /// Counts a trade: what is left of the incoming order, and what both owners have now.
    fn count(&mut self, place: usize, lots: Lots, units: Units) {
        self.next_trade = self.next_trade.saturating_add(1);
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
        let touched = self.touched(place);
        touched.traded = touched.traded.plus(units);
    }

    fn look_through(&self, party: PartyId) -> u32 {
        let party = self.market.party(party).expect("an open order has a registered owner");
        party.details.look_through
    }

    /// Which of those that this walk touches is the holding at `place`.
    fn touch(&mut self, place: HoldingPlace) -> usize {
        let known = self.touched.iter().position(|touched| touched.place == place);
        known.unwrap_or_else(|| {
            self.touched.push(Touched { place, traded: Units::ZERO, released: Units::ZERO });
            self.touched.len().saturating_sub(1)
        })
    }

    fn touched(&mut self, index: usize) -> &mut Touched {
        self.touched.get_mut(index).expect("found or pushed")
    }

    /// A resting order gives back units that it offered.
    fn release(&mut self, resting: &OpenOrder, units: Units) {
        if resting.side == Side::Sell {
            let place = self.touch(resting.holding);
            let touched = self.touched(place);
            touched.released = touched.released.plus(units);
            if resting.party == self.incoming.desk.party_id {
                self.before = self.before.plus(units);
            }
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
        self.release(resting, left);
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
