//! The close of a call (撮合成交), rules A1 to A4, A9, E1, G4, and the trades that follow.
//!
//! What the register can break between placing and printing is asked again, of every order in the
//! order in which they came: who may no longer trade is left out before the price is found. A3 is
//! asked of the print as a whole, for who leaves with it makes room for who joins: where the
//! joining do not fit, the last of them by price and time are left out, and the price is found
//! again without them. Whoever is left out, is told the rule.

use std::collections::{BTreeMap, BTreeSet};

use super::cancel::CallClosed;
use super::cancel_order::CallOrderClosed;
use super::crowd::{Crowd, Standing, print_of, ranked, ticks, units_of};
use super::trade::CallTraded;
use super::{CALL_TRADES_MAX, CallAuction, CallFill, CallOrder, CallOutcome, Print, schedule};
use crate::amount::{Price, Units};
use crate::auction::clear::Cleared;
use crate::event::Event;
use crate::id::{CallId, CallOrderId, PartyId, TradeId};
use crate::market::Market;
use crate::policy::{Pack, Permission};
use crate::registry::fund::Fund;
use crate::registry::party::{Party, PartyStatus};
use crate::registry::{holders, qualify};
use crate::reject::Reject;
use crate::time::Time;
use crate::trading::order::Closing;
use crate::trading::rules;
use crate::trading::set_trading_state::trading_level;
use crate::trading::side::Side;

/// What is due at `at` for `call`: its close, or the next of its trades.
pub(crate) fn step(market: &Market, at: Time, call: CallId, events: &mut Vec<Event>) {
    let record = market.call_of_fact(call);
    let fund = market.fund(record.terms.fund).expect("a call's fund is registered");
    let segment = market.segment(fund.details.segment).expect("a fund's segment is open");
    let clerk = Clerk { market, at, call, record, fund, pack: &segment.pack };
    match &record.print {
        None => clerk.close(events),
        Some((print, _)) => clerk.settle(print, events),
    }
}

/// The reference price of a fund that is fresh at `at`.
pub(super) fn reference(fund: &Fund, at: Time) -> Option<Price> {
    let known = fund.reference.as_ref().filter(|known| at < known.valid_until);
    known.map(|known| known.price)
}

struct Clerk<'m> {
    market: &'m Market,
    at: Time,
    call: CallId,
    record: &'m CallAuction,
    fund: &'m Fund,
    pack: &'m Pack,
}

impl Clerk<'_> {
    fn close(&self, events: &mut Vec<Event>) {
        let outcome = self.hindrance().unwrap_or_else(|| self.print(events));
        let (call, printed) = (self.call, matches!(outcome, CallOutcome::Printed { .. }));
        events.push(Event::CallClosed(Box::new(CallClosed { call, outcome })));
        if !printed {
            events.extend(schedule::next(self.market, self.at, &self.record.terms));
        }
    }

    /// Why there is no auction, whoever is in it.
    fn hindrance(&self) -> Option<CallOutcome> {
        let fund = self.record.terms.fund;
        if self.pack.call_auction == Permission::Forbidden {
            return Some(CallOutcome::Forbidden);
        }
        if let Err(Reject::NotTrading { level, .. }) = trading_level(self.market, fund) {
            return Some(CallOutcome::NotTrading(level));
        }
        if self.fund.check_term(fund, self.market.date(self.at)).is_err() {
            return Some(CallOutcome::TermEnded);
        }
        reference(self.fund, self.at).is_none().then_some(CallOutcome::NoReference)
    }

    fn print(&self, events: &mut Vec<Event>) -> CallOutcome {
        let Some(reference) = reference(self.fund, self.at) else {
            return CallOutcome::NoReference;
        };
        let mut crowd = Crowd::of(self.record, self.fund);
        let unfit = self.unfit();
        crowd.retain(|one| !unfit.contains_key(&one.order));
        for (order, reason) in unfit {
            events.push(self.closed(order, reason));
        }
        loop {
            let Some(cleared) = crowd.clear(&self.record.rules, ticks(self.fund, reference)) else {
                return CallOutcome::NoCross;
            };
            let surplus = self.joining_too_many(&crowd, &cleared);
            if surplus.is_empty() {
                let print = print_of(self.fund, &cleared, reference);
                return CallOutcome::Printed { print, fills: self.fills(&crowd, &cleared) };
            }
            let out = |one: &Standing| surplus.contains(&one.party);
            let left_out = crowd.buys.iter().filter(|one| out(one));
            events.extend(left_out.map(|one| self.closed(one.order, Closing::HolderCap)));
            crowd.retain(|one| !out(one));
        }
    }

    fn closed(&self, order: CallOrderId, reason: Closing) -> Event {
        Event::CallOrderClosed(CallOrderClosed { call: self.call, order, reason })
    }

    /// Those that may no longer trade, and why.
    fn unfit(&self) -> BTreeMap<CallOrderId, Closing> {
        let mut unfit = BTreeMap::new();
        let mut sides = BTreeMap::new();
        for (order, record) in &self.record.orders {
            let party = self.party(record.party);
            // A9: groups may have joined since; who came later is left out.
            let side = sides.get(&party.group).copied().unwrap_or(record.side);
            let why = self.why_not(record, party);
            let why = why.or_else(|| (side != record.side).then_some(Closing::SelfTrade));
            match why {
                Some(why) => unfit.insert(*order, why).map_or((), |_| ()),
                None => sides.insert(party.group, record.side).map_or((), |_| ()),
            }
        }
        unfit
    }

    /// A2, A4: why an order may no longer trade, if it may not.
    fn why_not(&self, record: &CallOrder, party: &Party) -> Option<Closing> {
        let (market, today) = (self.market, self.market.date(self.at));
        match party.status {
            PartyStatus::Suspended => return Some(Closing::PartySuspended),
            PartyStatus::Active => {}
        }
        let holding = market.register.holding(record.party, self.record.terms.fund);
        // Where the calendar does not reach back, nobody can say that the interval has passed.
        let broken = rules::turnaround_broken(market, self.pack, today, record.side, &holding);
        if broken.map_or(true, |last| last.is_some()) {
            return Some(Closing::TurnaroundInterval);
        }
        let buys = record.side == Side::Buy;
        let lacks = buys && qualify::shortfall(party, &self.pack.investors, today).is_some();
        lacks.then_some(Closing::NotQualified)
    }

    fn party(&self, party: PartyId) -> &Party {
        self.market.party(party).expect("an order has a registered owner")
    }

    /// A3: those who would join the holders and do not fit, the last by price and time.
    fn joining_too_many(&self, crowd: &Crowd, cleared: &Cleared) -> BTreeSet<PartyId> {
        let (market, fund) = (self.market, self.record.terms.fund);
        let held = |party| market.register.holding(party, fund).total();
        let mut sold = BTreeMap::<_, Units>::new();
        for (one, lots) in crowd.sells.iter().zip(&cleared.sells) {
            let sum = sold.entry(one.party).or_default();
            *sum = sum.plus(units_of(self.fund, *lots));
        }
        let leave = sold.iter().filter(|(party, units)| held(**party) == **units);
        let leaves = leave.map(|(party, _)| self.party(*party).details.look_through);
        // Those who join, each once, best first.
        let mut joining = Vec::new();
        for place in ranked(&crowd.buys, Side::Buy) {
            let (one, lots) = (crowd.buys[place], cleared.buys[place]);
            let is_new = lots != 0 && held(one.party) == Units::ZERO;
            if is_new && !joining.contains(&one.party) {
                joining.push(one.party);
            }
        }
        let count = |party: &PartyId| self.party(*party).details.look_through;
        let joins = joining.iter().map(count).fold(0, u32::saturating_add);
        let holders = self.fund.holders.saturating_sub(leaves.fold(0, u32::saturating_add));
        let cap = holders::cap(market, self.fund).expect("a fund's segment is open");
        let mut excess = holders.saturating_add(joins).saturating_sub(cap);
        let mut surplus = BTreeSet::new();
        while let Some(party) = joining.pop().filter(|_| 0 < excess) {
            excess = excess.saturating_sub(count(&party));
            surplus.insert(party);
        }
        surplus
    }

    /// What each order gets, in the order in which they came.
    fn fills(&self, crowd: &Crowd, cleared: &Cleared) -> Vec<CallFill> {
        let buys = crowd.buys.iter().zip(&cleared.buys);
        let both = buys.chain(crowd.sells.iter().zip(&cleared.sells));
        let some = both.filter(|(_, lots)| **lots != 0);
        let mut fills: Vec<_> = some
            .map(|(one, lots)| CallFill { order: one.order, units: units_of(self.fund, *lots) })
            .collect();
        fills.sort_by_key(|fill| fill.order);
        fills
    }

    /// The next trades of a print: buys and sells meet best first as they were placed, as far as
    /// each reaches. All are at one price, so who meets whom only says between whom it moved.
    fn settle(&self, print: &Print, events: &mut Vec<Event>) {
        let crowd = Crowd::of(self.record, self.fund);
        let queue = |side: &[Standing], places: Vec<usize>| -> Vec<Standing> {
            // The best at the end, to be taken from there.
            places.into_iter().rev().map(|place| side[place]).collect()
        };
        let mut buys = queue(&crowd.buys, ranked(&crowd.buys, Side::Buy));
        let mut sells = queue(&crowd.sells, ranked(&crowd.sells, Side::Sell));
        let mut moved = BTreeMap::new();
        let mut number = self.market.trades_count;
        for _ in 0..CALL_TRADES_MAX {
            let (Some(buy), Some(sell)) = (buys.last_mut(), sells.last_mut()) else { break };
            let lots = buy.lots.min(sell.lots);
            let units = units_of(self.fund, lots);
            let trade = TradeId::new(number);
            events.push(self.traded(trade, print, (buy, sell), units, &mut moved));
            number = number.saturating_add(1);
            for side in [&mut buys, &mut sells] {
                let last = side.last_mut().expect("seen above");
                last.lots = last.lots.saturating_sub(lots);
                if last.lots == 0 {
                    side.pop();
                }
            }
        }
        assert_eq!(buys.is_empty(), sells.is_empty(), "both sides trade the volume");
        if buys.is_empty() {
            events.extend(schedule::next(self.market, self.at, &self.record.terms));
        }
    }

    /// One trade. `moved` are units of each owner as this entry moves them.
    fn traded(
        &self,
        trade: TradeId,
        print: &Print,
        (buy, sell): (&Standing, &Standing),
        units: Units,
        moved: &mut BTreeMap<PartyId, Units>,
    ) -> Event {
        let fund = self.record.terms.fund;
        let cash = print.price.times(units).expect("a lot at a tick is whole fen");
        let rates = |order: CallOrderId| {
            let order = self.record.orders.get(&order).expect("it is of the record");
            rules::rates(self.market, order.schedule, order.tier)
        };
        let holding = |party| self.market.register.holding(party, fund);
        let bought = moved.entry(buy.party).or_insert_with(|| holding(buy.party).available);
        let buyer_before = *bought;
        *bought = bought.plus(units);
        let sold = moved.entry(sell.party).or_insert_with(|| holding(sell.party).offered);
        let seller_before = *sold;
        *sold = sold.minus(units);
        Event::CallTraded(CallTraded {
            trade,
            fund,
            call: self.call,
            buy: buy.order,
            sell: sell.order,
            price: print.price,
            units,
            cash,
            buyer: buy.party,
            seller: sell.party,
            // Both rested until the close.
            buyer_fee: cash.fee_down(rates(buy.order).maker_buy),
            seller_fee: cash.fee_down(rates(sell.order).maker_sell),
            buyer_before,
            seller_before,
        })
    }
}
