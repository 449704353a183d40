//! The life of a call, from its schedule to its last trade.

mod guards;
mod twin;

use super::cancel::CancelCall;
use super::fixture::{
    CALL, at, called, cancel, daily, limit, market_order, on, once, pass, place, refer, schedule,
};
use super::{CALL_TRADES_MAX, CallFill, CallOutcome, CallTerms, Print, Repetition};
use crate::amount::{Money, Units};
use crate::auction::clear::RuleSet;
use crate::auction::ration::Margin;
use crate::command::Command;
use crate::event::Event;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, LICENSED, OPERATOR, accept, approve, cents, date, party,
    trading, units, yuan,
};
use crate::id::{CallId, CallOrderId, PartyId};
use crate::market::Market;
use crate::registry::fund::{Currency, TradingState};
use crate::trading::place_order::PlaceOrder;
use crate::trading::set_trading_state::{SetTradingState, TradingScope};
use crate::trading::side::Side::{Buy, Sell};

fn cash(market: &Market, who: PartyId) -> (Money, Money) {
    let cash = market.ledger.cash(who, Currency::CNY);
    (cash.available, cash.held)
}

fn holding(market: &Market, who: PartyId) -> (Units, Units) {
    let holding = market.register.holding(who, FUND);
    (holding.available, holding.offered)
}

/// What came of the first call that closes among `events`.
#[track_caller]
fn outcome(events: &[Event]) -> CallOutcome {
    let closed = events.iter().find_map(|event| {
        if let Event::CallClosed(fact) = event { Some(fact.outcome.clone()) } else { None }
    });
    closed.expect("a call closes")
}

/// The next call that is scheduled among `events`.
fn next(events: &[Event]) -> Option<(CallId, CallTerms)> {
    events.iter().find_map(|event| {
        if let Event::CallScheduled(fact) = event { Some((fact.call, fact.terms)) } else { None }
    })
}

fn traded(events: &[Event]) -> Vec<(u64, u64, Units)> {
    let trades = events.iter().filter_map(|event| {
        let Event::CallTraded(fact) = event else { return None };
        Some((fact.buy.number(), fact.sell.number(), fact.units))
    });
    trades.collect()
}

#[test]
fn everybody_who_meets_trades_at_one_price_against_cash() {
    let mut market = called(once());
    let bought = place(&mut market, limit(CAROL, Buy, 103, 300));
    let other = place(&mut market, limit(DAVE, Buy, 101, 200));
    let sold = place(&mut market, limit(ALICE, Sell, 99, 400));
    place(&mut market, limit(BOB, Sell, 104, 50));
    // A buy holds its worst price and its dearest fee: 309 and 0.15 % of it.
    assert_eq!(cash(&market, CAROL), (Money::from_fen(9_999_969_054), Money::from_fen(30_946)));
    assert_eq!(holding(&market, ALICE), (units(999_600), units(400)));
    let indicated = market.indication(CALL).unwrap();
    let events = pass(&mut market, at(900));
    // Of 99, 101 and 103 the largest volume is 400 at 99 and 101, with 100 wanted in vain; both
    // fill what is strictly through them only at 101.
    let print = Print {
        price: cents(101),
        volume: units(400),
        demand: units(500),
        supply: units(400),
        reference: cents(100),
    };
    let fill = |order, whole| CallFill { order, units: units(whole) };
    let fills = vec![fill(bought, 300), fill(other, 100), fill(sold, 400)];
    assert_eq!(outcome(&events), CallOutcome::Printed { print, fills });
    assert_eq!(indicated, print, "as was indicated");
    let pairs = [(bought, sold, 300), (other, sold, 100)];
    let pairs = pairs.map(|(buy, sell, whole)| (buy.number(), sell.number(), units(whole)));
    assert_eq!(traded(&events), pairs);
    // Both sides pay the rate of who rested, 0.05 %: 303.00 and 101.00.
    assert_eq!(cash(&market, CAROL), (Money::from_fen(10_000_000_000 - 30_315), Money::ZERO));
    assert_eq!(cash(&market, DAVE), (Money::from_fen(10_000_000_000 - 10_105), Money::ZERO));
    assert_eq!(cash(&market, ALICE).0, Money::from_fen(40_400 - 15 - 5));
    assert_eq!(holding(&market, CAROL), (units(300), Units::ZERO));
    // What does not trade is free, and the call is over.
    assert_eq!(holding(&market, BOB), (units(1_000_000), Units::ZERO));
    assert_eq!((market.calls().len(), market.next_deadline()), (0, None));
    assert_eq!(market.fund(FUND).unwrap().last_price, Some(cents(101)));
    assert_eq!(market.trades_count(), 2);
}

#[test]
fn a_call_prints_by_the_rules_of_its_pack_and_no_other() {
    // 2 ticks apart with nothing between: the middle, or the nearest to the reference.
    for (rules, printed) in [(RuleSet::Sse, 100), (RuleSet::Szse, 101), (RuleSet::Euronext, 101)] {
        let mut market = trading();
        refer(&mut market, 103, on("2026-12-31", 0));
        let award = |market: &mut Market, rules| {
            let pack = &mut market.segment_mut(LICENSED).pack;
            pack.listing.as_mut().unwrap().award.call_rules = rules;
        };
        award(&mut market, rules);
        accept(&mut market, party(OPERATOR), schedule(once()));
        // Another pack changes nothing for a call that is scheduled.
        award(&mut market, RuleSet::Xetra);
        pass(&mut market, at(600));
        place(&mut market, limit(CAROL, Buy, 101, 10));
        place(&mut market, limit(ALICE, Sell, 99, 10));
        let events = pass(&mut market, at(900));
        let CallOutcome::Printed { print, .. } = outcome(&events) else { panic!("{events:?}") };
        assert_eq!(print.price, cents(printed), "{rules:?}");
    }
}

#[test]
fn the_level_at_the_print_is_shared_as_the_pack_says() {
    for (margin, shares) in [(Margin::Time, [30, 0]), (Margin::ProRata, [20, 10])] {
        let mut market = trading();
        refer(&mut market, 100, on("2026-12-31", 0));
        let pack = &mut market.segment_mut(LICENSED).pack;
        pack.listing.as_mut().unwrap().award.margin = margin;
        accept(&mut market, party(OPERATOR), schedule(once()));
        pass(&mut market, at(600));
        place(&mut market, limit(CAROL, Buy, 100, 60));
        place(&mut market, limit(DAVE, Buy, 100, 30));
        place(&mut market, limit(ALICE, Sell, 100, 30));
        pass(&mut market, at(900));
        let got = [CAROL, DAVE].map(|who| holding(&market, who).0);
        assert_eq!(got, shares.map(units), "{margin:?}");
    }
}

#[test]
fn a_market_order_trades_first_and_never_beyond_its_protection() {
    let mut market = called(once());
    place(&mut market, limit(CAROL, Buy, 105, 100));
    place(&mut market, market_order(DAVE, Buy, 102, 100));
    place(&mut market, limit(ALICE, Sell, 101, 150));
    let events = pass(&mut market, at(900));
    let CallOutcome::Printed { print, .. } = outcome(&events) else { panic!("{events:?}") };
    // As a market order it would have everybody pay 105; its protection is 102.
    assert_eq!((print.price, print.volume), (cents(102), units(150)));
    assert_eq!(holding(&market, DAVE).0, units(50));
    assert_eq!(cash(&market, DAVE).1, Money::ZERO);
}

#[test]
fn market_orders_alone_meet_at_the_reference() {
    let mut market = called(once());
    refer(&mut market, 97, on("2026-12-31", 0));
    place(&mut market, market_order(CAROL, Buy, 110, 70));
    place(&mut market, market_order(ALICE, Sell, 90, 50));
    let events = pass(&mut market, at(900));
    let CallOutcome::Printed { print, .. } = outcome(&events) else { panic!("{events:?}") };
    assert_eq!((print.price, print.volume, print.demand), (cents(97), units(50), units(70)));
}

#[test]
fn g4_without_a_fresh_reference_there_is_no_auction_and_all_is_free() {
    for stale in [None, Some(at(900))] {
        let mut market = trading();
        if let Some(until) = stale {
            refer(&mut market, 100, until);
        }
        accept(&mut market, party(OPERATOR), schedule(daily()));
        pass(&mut market, at(600));
        place(&mut market, limit(CAROL, Buy, 103, 300));
        place(&mut market, limit(ALICE, Sell, 99, 300));
        let before = market.indication(CALL).is_some();
        assert_eq!(before, stale.is_some(), "it is indicated as long as it is fresh");
        let events = pass(&mut market, at(900));
        assert_eq!(outcome(&events), CallOutcome::NoReference);
        assert_eq!(outcome(&events).rule(), Some("G4"));
        assert_eq!(cash(&market, CAROL), (yuan(100_000_000), Money::ZERO));
        assert_eq!(holding(&market, ALICE), (units(1_000_000), Units::ZERO));
        assert!(next(&events).is_some(), "the repetition goes on");
    }
}

#[test]
fn who_meets_nobody_is_free_again() {
    let mut market = called(once());
    assert_eq!(market.indication(CALL), None);
    place(&mut market, limit(CAROL, Buy, 98, 300));
    place(&mut market, limit(ALICE, Sell, 99, 300));
    assert_eq!(market.indication(CALL), None);
    let events = pass(&mut market, at(900));
    assert_eq!(outcome(&events), CallOutcome::NoCross);
    assert_eq!((next(&events), market.calls().len()), (None, 0));
    assert_eq!(cash(&market, CAROL), (yuan(100_000_000), Money::ZERO));
}

#[test]
fn a_repetition_follows_the_trading_days_until_its_last_date() {
    // A Tuesday; every second trading day until the Monday after.
    let repeats = Some(Repetition { trading_days: 2, until: date("2026-11-30") });
    let mut market = called(CallTerms { repeats, ..once() });
    let mut days = Vec::new();
    for call in (0..).map(CallId::new) {
        let Some(record) = market.call_at(call) else { break };
        let CallTerms { opens, closes, .. } = record.terms;
        days.push((market.date(closes).to_string(), closes.minute_of_day(480)));
        assert_eq!(opens.minute_of_day(480), 600);
        if call == CallId::new(1) {
            pass(&mut market, opens);
            let ask = |order| super::place::PlaceCallOrder { call, ..order };
            place(&mut market, ask(limit(CAROL, Buy, 100, 10)));
            place(&mut market, ask(limit(ALICE, Sell, 100, 10)));
        }
        let events = pass(&mut market, closes);
        assert_eq!(traded(&events).len(), usize::from(call == CallId::new(1)));
    }
    let days: Vec<_> = days.iter().map(|(day, minute)| (day.as_str(), *minute)).collect();
    // Thursday the 26th, then Monday the 30th: the weekend does not count.
    assert_eq!(days, [("2026-11-24", 900), ("2026-11-26", 900), ("2026-11-30", 900)]);
    assert_eq!((market.calls().len(), market.next_deadline()), (0, None));
}

#[test]
fn what_was_missed_while_the_venue_stood_still_is_not_made_up_for() {
    let mut market = called(daily());
    place(&mut market, limit(CAROL, Buy, 100, 10));
    place(&mut market, limit(ALICE, Sell, 100, 10));
    let thursday = on("2026-11-26", 1_000);
    let events = accept_late(&mut market, thursday);
    assert!(matches!(outcome(&events), CallOutcome::Printed { .. }), "it prints late");
    let (_, terms) = next(&events).unwrap();
    assert_eq!(market.date(terms.closes), date("2026-11-27"));
}

/// The first entries after a long night.
fn accept_late(market: &mut Market, at: crate::time::Time) -> Vec<Event> {
    let venue = crate::entry::Caller::Venue;
    let mut events = crate::fixture::accept_at(market, at, venue, Command::Advance);
    events.extend(crate::fixture::accept_at(market, at.next(), venue, Command::Advance));
    events
}

#[test]
fn a_fund_that_is_halted_at_the_close_does_not_print() {
    let mut market = called(daily());
    let order = place(&mut market, limit(CAROL, Buy, 103, 300));
    place(&mut market, limit(ALICE, Sell, 99, 300));
    set_state(&mut market, TradingState::Halted);
    // An order may be cancelled whatever is halted.
    accept(&mut market, party(CAROL), cancel(order));
    let events = pass(&mut market, at(900));
    let CallOutcome::NotTrading(level) = outcome(&events) else { panic!("{events:?}") };
    assert_eq!(level.to_string(), "the fund is halted");
    assert_eq!(holding(&market, ALICE), (units(1_000_000), Units::ZERO));
    set_state(&mut market, TradingState::Open);
    let (call, terms) = next(&events).unwrap();
    pass(&mut market, terms.opens);
    let again = super::place::PlaceCallOrder { call, ..limit(CAROL, Buy, 103, 300) };
    place(&mut market, again);
}

fn set_state(market: &mut Market, state: TradingState) {
    let (scope, reason) = (TradingScope::Fund(FUND), "重大事项".to_owned());
    let ask = SetTradingState { scope, state, reason };
    accept(market, party(OPERATOR), Command::SetTradingState(Box::new(ask)));
}

#[test]
fn a1_a_pack_that_comes_to_forbid_calls_ends_them() {
    let mut market = called(daily());
    place(&mut market, limit(CAROL, Buy, 103, 300));
    let mut pack = crate::policy::Pack { version: 2, ..crate::fixture::licensed() };
    pack.call_auction = crate::policy::Permission::Forbidden;
    let adopt = crate::venue::adopt_pack::AdoptPack { segment: LICENSED, pack, overlay: None };
    approve(&mut market, Command::AdoptPack(Box::new(adopt)));
    let events = pass(&mut market, at(900));
    assert_eq!(outcome(&events), CallOutcome::Forbidden);
    assert_eq!(outcome(&events).rule(), Some("A1"));
    assert_eq!((next(&events), market.calls().len()), (None, 0));
    assert_eq!(cash(&market, CAROL), (yuan(100_000_000), Money::ZERO));
}

#[test]
fn a_fund_whose_term_is_over_is_not_called() {
    let mut market = called(daily());
    market.fund_mut(FUND).details.term_ends = date("2026-11-23");
    let events = pass(&mut market, at(900));
    assert_eq!((outcome(&events), next(&events)), (CallOutcome::TermEnded, None));
}

#[test]
fn a_call_is_cancelled_with_what_would_follow_it() {
    let mut market = called(daily());
    place(&mut market, limit(CAROL, Buy, 103, 300));
    let ask = Command::CancelCall(CancelCall { call: CALL });
    let events = accept(&mut market, party(OPERATOR), ask);
    assert_eq!((outcome(&events), next(&events)), (CallOutcome::Cancelled, None));
    assert_eq!(cash(&market, CAROL), (yuan(100_000_000), Money::ZERO));
    assert_eq!((market.calls().len(), market.next_deadline()), (0, None));
    // Another may be scheduled, under the next number.
    accept(&mut market, party(OPERATOR), schedule(CallTerms { opens: at(700), ..once() }));
    assert_eq!(market.call_of(FUND), Some(CallId::new(1)));
}

#[test]
fn a_large_print_trades_in_bounded_entries_that_survive_a_restart() {
    let mut market = called(daily());
    let buyers = many(&mut market, 20);
    for (number, buyer) in (0..).zip(&buyers) {
        for _ in 0..20 {
            place(&mut market, limit(*buyer, Buy, 100 + number, 1));
        }
    }
    place(&mut market, limit(ALICE, Sell, 100, 400));
    let venue = crate::entry::Caller::Venue;
    let step = |market: &mut Market, at| {
        let events = crate::fixture::accept_at(market, at, venue, Command::Advance);
        *market = Market::decode(&market.encode()).unwrap();
        (traded(&events).len(), next(&events).is_some())
    };
    let steps = [at(900), at(900).next(), at(900).next().next()].map(|at| step(&mut market, at));
    assert_eq!(steps, [(0, false), (CALL_TRADES_MAX, false), (400 - CALL_TRADES_MAX, true)]);
    let held: Vec<_> = buyers.iter().map(|buyer| holding(&market, *buyer).0).collect();
    assert_eq!(held, [units(20); 20]);
}

/// New investors with cash.
fn many(market: &mut Market, count: u32) -> Vec<PartyId> {
    let new = |number: u32| {
        let role = crate::registry::party::Role::SFund;
        let details = crate::fixture::details(&format!("S-{number}"), role);
        let party = crate::fixture::register(market, details);
        crate::fixture::qualify(market, party);
        crate::fixture::deposit(market, party, yuan(10_000));
        party
    };
    (0..count).map(new).collect()
}

#[test]
fn continuous_trading_goes_on_beside_a_call_on_the_same_units_and_cash() {
    let mut market = called(once());
    place(&mut market, limit(ALICE, Sell, 99, 600_000));
    let sell = |whole| crate::fixture::order(ALICE, Sell, 100, whole);
    let too_many = Command::PlaceOrder(sell(400_001));
    let reject = crate::fixture::refuse(&mut market, party(ALICE), too_many);
    assert_eq!(reject.name(), "UNITS_NOT_AVAILABLE", "A8: nothing is offered twice");
    accept(&mut market, party(ALICE), Command::PlaceOrder(sell(400_000)));
    let buy = PlaceOrder { party: CAROL, side: Buy, ..sell(10) };
    let events = accept(&mut market, party(CAROL), Command::PlaceOrder(buy));
    assert!(events.iter().any(|event| matches!(event, Event::Traded(_))));
    let order = CallOrderId::new(0);
    accept(&mut market, party(ALICE), cancel(order));
    assert_eq!(holding(&market, ALICE), (units(600_000), units(399_990)));
}
