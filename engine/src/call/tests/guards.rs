//! What a call is not, and who is left out of it.

use super::{cash, holding, outcome, traded};
use crate::amount::{Money, Ppm};
use crate::call::cancel_order::CancelCallOrder;
use crate::call::fixture::{
    CALL, at, called, cancel, daily, limit, on, once, pass, place, schedule,
};
use crate::call::place::PlaceCallOrder;
use crate::call::{
    CALL_INTERVAL_MAX, CALL_ORDERS_MAX, CALL_ORDERS_PER_PARTY_MAX, CallOutcome, CallTerms,
    Repetition,
};
use crate::command::Command;
use crate::entry::Caller;
use crate::event::Event;
use crate::fixture::{
    ALICE, BANK, BOB, CAROL, DAVE, FUND, LENDER, MANAGER, MEMBER, OPERATOR, REGIONAL_FUND,
    SUPERVISOR, accept, date, issue, party, qualification, refuse, refuse_at, trading, units, yuan,
};
use crate::id::{CallId, CallOrderId, PartyId};
use crate::market::Market;
use crate::registry::affiliate::Affiliate;
use crate::registry::party::{PartyStatus, Qualification};
use crate::registry::qualify::Qualify;
use crate::registry::set_party_status::SetPartyStatus;
use crate::reject::{Field, Reject};
use crate::trading::order::{Closing, OrderPrice};
use crate::trading::side::Side::{Buy, Sell};

/// Who is left out among `events`, and why.
fn left_out(events: &[Event]) -> Vec<(u64, Closing)> {
    let closed = events.iter().filter_map(|event| {
        let Event::CallOrderClosed(fact) = event else { return None };
        Some((fact.order.number(), fact.reason))
    });
    closed.collect()
}

#[track_caller]
fn refused(market: &mut Market, ask: PlaceCallOrder) -> &'static str {
    refuse(market, party(ask.party), Command::PlaceCallOrder(ask)).name()
}

#[test]
fn a1_a_regional_market_has_no_call_auctions() {
    let mut market = trading();
    let ask = schedule(CallTerms { fund: REGIONAL_FUND, ..once() });
    let reject = refuse(&mut market, party(OPERATOR), ask);
    assert_eq!(reject, Reject::CallAuctionForbidden {});
    assert_eq!(reject.refusal().rule, "A1");
}

#[test]
fn a_call_is_scheduled_by_an_operator_ahead_on_a_trading_day_and_for_a_while() {
    let mut market = trading();
    for other in [ALICE, MEMBER, MANAGER, LENDER, SUPERVISOR, BANK] {
        let reject = refuse(&mut market, party(other), schedule(once()));
        assert_eq!(reject.name(), "NOT_PERMITTED");
    }
    let mut told = |terms| refuse(&mut market, party(OPERATOR), schedule(terms)).to_string();
    let same = CallTerms { opens: at(900), ..once() };
    assert_eq!(told(same), "call_seconds is 0; it takes 60 to 2678400");
    let long = CallTerms { closes: on("2026-12-25", 601), ..once() };
    assert_eq!(told(long), "call_seconds is 2678460; it takes 60 to 2678400");
    let past = CallTerms { opens: at(569), ..once() };
    assert!(told(past).starts_with("opens is 2026-11-24T01:29:00.000000Z; it must be after"));
    let saturday = CallTerms { closes: on("2026-11-28", 900), ..once() };
    assert_eq!(told(saturday), "2026-11-28 is no trading day");
    let beyond = CallTerms { closes: on("2028-01-03", 900), ..once() };
    assert_eq!(told(beyond), "the calendar does not reach 2028-01-03");
    let repeated = |trading_days, until| CallTerms {
        repeats: Some(Repetition { trading_days, until: date(until) }),
        ..once()
    };
    assert_eq!(
        told(repeated(0, "2026-11-27")).split(';').next(),
        Some("repeats_every_trading_days is 0")
    );
    assert!(told(repeated(CALL_INTERVAL_MAX + 1, "2026-11-27")).contains("is 251"));
    assert_eq!(told(repeated(1, "2026-11-23")), "repeats_until contradicts itself");
    assert_eq!(told(repeated(1, "2028-01-01")), "the calendar does not reach 2028-01-01");
    // Those of a repetition do not overlap.
    let daily = CallTerms { closes: on("2026-11-25", 600), ..daily() };
    assert_eq!(told(daily), "call_seconds is 86400; it takes 60 to 86399");
    accept(&mut market, party(OPERATOR), schedule(once()));
    let reject = refuse(&mut market, party(OPERATOR), schedule(once()));
    assert_eq!(reject, Reject::CallExists { fund: FUND, call: CALL });
}

#[test]
fn a_call_takes_orders_from_its_opening_until_before_its_close() {
    let mut market = trading();
    accept(&mut market, party(OPERATOR), schedule(once()));
    let ask = limit(ALICE, Sell, 100, 10);
    let not_open = Reject::CallNotOpen { call: CALL, opens: at(600), closes: at(900) };
    assert_eq!(refuse(&mut market, party(ALICE), Command::PlaceCallOrder(ask)), not_open);
    pass(&mut market, at(600));
    let order = place(&mut market, ask);
    let late = refuse_at(&mut market, at(900), party(ALICE), Command::PlaceCallOrder(ask));
    assert_eq!(late, not_open);
    let late = refuse_at(&mut market, at(900).next(), party(ALICE), cancel(order));
    assert_eq!(late, not_open);
    pass(&mut market, at(901));
    let reject = refuse(&mut market, party(ALICE), Command::PlaceCallOrder(ask));
    assert_eq!(reject, Reject::CallNotFound { call: CALL });
}

#[test]
fn an_order_is_cancelled_by_its_owner_its_member_or_an_operator() {
    let mut market = called(once());
    for by in [party(BOB), party(MEMBER), party(OPERATOR), Caller::Venue] {
        let order = place(&mut market, limit(BOB, Sell, 100, 10));
        for other in [ALICE, CAROL] {
            let reject = refuse(&mut market, party(other), cancel(order));
            assert_eq!(reject, Reject::CallOrderNotOpen { call: CALL, order });
        }
        let events = accept(&mut market, by, cancel(order));
        assert_eq!(left_out(&events), [(order.number(), Closing::Cancelled)]);
        assert_eq!(holding(&market, BOB), (units(1_000_000), crate::amount::Units::ZERO));
        let reject = refuse(&mut market, by, cancel(order));
        assert_eq!(reject, Reject::CallOrderNotOpen { call: CALL, order });
    }
    let (call, order) = (CallId::new(7), CallOrderId::new(0));
    let unknown = Command::CancelCallOrder(CancelCallOrder { call, order });
    let reject = refuse(&mut market, party(BOB), unknown);
    assert_eq!(reject, Reject::CallOrderNotOpen { call, order });
}

#[test]
fn an_order_is_asked_what_one_of_continuous_trading_is() {
    let mut market = called(once());
    assert_eq!(refused(&mut market, limit(MEMBER, Sell, 100, 10)), "WRONG_ROLE");
    assert_eq!(refused(&mut market, limit(ALICE, Sell, 100, 0)), "NO_UNITS");
    let odd = OrderPrice::Limit(crate::amount::Price::from_e4(10_001));
    let odd = PlaceCallOrder { price: odd, ..limit(ALICE, Sell, 100, 1) };
    assert_eq!(refused(&mut market, odd), "NOT_IN_TICKS");
    let part = crate::amount::Units::from_e2(150);
    let part = PlaceCallOrder { units: part, ..limit(ALICE, Sell, 100, 1) };
    assert_eq!(refused(&mut market, part), "NOT_IN_LOTS");
    let large = limit(CAROL, Buy, 10_000_000, 1_000_000_000);
    assert_eq!(refused(&mut market, large), "ORDER_TOO_LARGE");
    assert_eq!(refused(&mut market, limit(ALICE, Sell, 100, 1_000_001)), "UNITS_NOT_AVAILABLE");
    assert_eq!(refused(&mut market, limit(CAROL, Buy, 100, 100_000_000)), "CASH_NOT_AVAILABLE");
    market.segment_mut(crate::fixture::LICENSED).pack.price_band = Some(Ppm::new(100_000));
    assert_eq!(refused(&mut market, limit(CAROL, Buy, 111, 1)), "OUTSIDE_BAND");
    market.segment_mut(crate::fixture::LICENSED).pack.holder_caps.partnership = 4;
    assert_eq!(refused(&mut market, limit(CAROL, Buy, 100, 1)), "HOLDER_CAP");
    market.fund_mut(FUND).details.minimum_ticket = units(100);
    assert_eq!(refused(&mut market, limit(ALICE, Sell, 100, 1)), "BELOW_MINIMUM_TICKET");
    market.fund_mut(FUND).details.term_ends = date("2026-11-23");
    assert_eq!(refused(&mut market, limit(ALICE, Sell, 100, 100)), "TERM_ENDED");
    suspend(&mut market, ALICE);
    assert_eq!(refused(&mut market, limit(ALICE, Sell, 100, 100)), "PARTY_SUSPENDED");
}

#[test]
fn a2_who_traded_the_other_way_waits_in_a_call_too() {
    let mut market = called(daily());
    market.segment_mut(crate::fixture::LICENSED).pack.turnaround_trading_days = 5;
    place(&mut market, limit(CAROL, Buy, 100, 100));
    place(&mut market, limit(ALICE, Sell, 100, 100));
    pass(&mut market, on("2026-11-25", 600));
    let call = CallId::new(1);
    let back = PlaceCallOrder { call, ..limit(CAROL, Sell, 100, 10) };
    assert_eq!(refused(&mut market, back), "TURNAROUND_INTERVAL");
    // And who trades the other way after it placed its order is left out.
    let bob = PlaceCallOrder { call, ..limit(BOB, Sell, 100, 10) };
    let order = place(&mut market, bob);
    place(&mut market, PlaceCallOrder { call, ..limit(DAVE, Buy, 100, 10) });
    crate::fixture::deposit(&mut market, BOB, yuan(100));
    accept(&mut market, party(ALICE), plain(ALICE, Sell, 5));
    accept(&mut market, party(BOB), plain(BOB, Buy, 5));
    let events = pass(&mut market, on("2026-11-25", 900));
    assert_eq!(left_out(&events), [(order.number(), Closing::TurnaroundInterval)]);
    assert_eq!(outcome(&events), CallOutcome::NoCross);
}

/// An order of continuous trading at 1.00.
fn plain(who: PartyId, side: crate::trading::side::Side, whole: u64) -> Command {
    Command::PlaceOrder(crate::fixture::order(who, side, 100, whole))
}

#[test]
fn a3_who_leaves_with_the_print_makes_room_for_who_joins() {
    let mut market = called(once());
    // ALICE and BOB hold; CAROL counts as three.
    place(&mut market, limit(DAVE, Buy, 101, 400_000));
    place(&mut market, limit(CAROL, Buy, 102, 600_000));
    place(&mut market, limit(ALICE, Sell, 100, 1_000_000));
    market.segment_mut(crate::fixture::LICENSED).pack.holder_caps.partnership = 5;
    let events = pass(&mut market, at(900));
    assert_eq!(left_out(&events), []);
    assert_eq!(market.fund(FUND).unwrap().holders, 5);
}

#[test]
fn a3_the_last_by_price_are_left_out_and_the_price_is_found_again() {
    let mut market = called(once());
    let last = place(&mut market, limit(CAROL, Buy, 101, 100));
    let first = place(&mut market, limit(DAVE, Buy, 102, 100));
    let sold = place(&mut market, limit(ALICE, Sell, 99, 200));
    market.segment_mut(crate::fixture::LICENSED).pack.holder_caps.partnership = 3;
    let events = pass(&mut market, at(900));
    assert_eq!(left_out(&events), [(last.number(), Closing::HolderCap)]);
    let CallOutcome::Printed { print, .. } = outcome(&events) else { panic!("{events:?}") };
    assert_eq!((print.volume, print.demand, print.supply), (units(100), units(100), units(200)));
    assert_eq!(traded(&events), [(first.number(), sold.number(), units(100))]);
    assert_eq!(cash(&market, CAROL), (yuan(100_000_000), Money::ZERO));
    assert_eq!(market.fund(FUND).unwrap().holders, 3);
}

#[test]
fn a4_who_is_not_qualified_any_more_or_suspended_is_left_out() {
    let mut market = called(once());
    let poor = place(&mut market, limit(CAROL, Buy, 103, 100));
    let barred = place(&mut market, limit(BOB, Sell, 99, 100));
    place(&mut market, limit(DAVE, Buy, 101, 100));
    place(&mut market, limit(ALICE, Sell, 99, 100));
    let qualification = Qualification { net_assets: yuan(1), ..qualification() };
    let ask = Qualify { party: CAROL, qualification };
    accept(&mut market, party(OPERATOR), Command::Qualify(Box::new(ask)));
    suspend(&mut market, BOB);
    let events = pass(&mut market, at(900));
    let out = [(poor, Closing::NotQualified), (barred, Closing::PartySuspended)];
    assert_eq!(left_out(&events), out.map(|(order, why)| (order.number(), why)));
    assert_eq!(holding(&market, DAVE).0, units(100));
    assert_eq!(holding(&market, BOB), (units(1_000_000), crate::amount::Units::ZERO));
}

fn suspend(market: &mut Market, who: PartyId) {
    let (status, reason) = (PartyStatus::Suspended, "调查".to_owned());
    let ask = SetPartyStatus { party: who, status, reason };
    accept(market, party(OPERATOR), Command::SetPartyStatus(Box::new(ask)));
}

#[test]
fn a9_nobody_stands_on_both_sides_and_of_those_who_join_later_the_later_is_left_out() {
    let mut market = called(once());
    issue(&mut market, FUND, DAVE, units(100));
    place(&mut market, limit(DAVE, Buy, 100, 50));
    let both = limit(DAVE, Sell, 105, 50);
    let reject = refuse(&mut market, party(DAVE), Command::PlaceCallOrder(both));
    assert_eq!(reject, Reject::BothSides { party: DAVE, other: DAVE });
    let sold = place(&mut market, limit(ALICE, Sell, 100, 50));
    let join = Affiliate { party: BOB, with: Some(DAVE) };
    accept(&mut market, party(OPERATOR), Command::Affiliate(join));
    let reject = refuse(&mut market, party(BOB), Command::PlaceCallOrder(limit(BOB, Sell, 1, 1)));
    assert_eq!(reject, Reject::BothSides { party: BOB, other: DAVE });
    // A group that comes to be after both have placed.
    let join = Affiliate { party: ALICE, with: Some(DAVE) };
    accept(&mut market, party(OPERATOR), Command::Affiliate(join));
    let events = pass(&mut market, at(900));
    assert_eq!(left_out(&events), [(sold.number(), Closing::SelfTrade)]);
    assert_eq!(outcome(&events), CallOutcome::NoCross);
}

#[test]
fn a_party_and_a_call_have_as_many_orders_as_they_can() {
    let mut market = called(once());
    for _ in 0..CALL_ORDERS_PER_PARTY_MAX {
        place(&mut market, limit(ALICE, Sell, 100, 1));
    }
    let reject =
        refuse(&mut market, party(ALICE), Command::PlaceCallOrder(limit(ALICE, Sell, 1, 1)));
    let limit_of = CALL_ORDERS_PER_PARTY_MAX;
    assert_eq!(reject, Reject::TooManyOrders { party: ALICE, limit: limit_of });
    let bob = place(&mut market, limit(BOB, Sell, 100, 1));
    let record = market.call_at(CALL).unwrap().orders[&bob];
    market.change_call(CALL, |call| {
        let more = (1_000..).map(CallOrderId::new).map(|order| (order, record));
        let missing = CALL_ORDERS_MAX - call.orders.len();
        call.orders.extend(more.take(missing));
    });
    let mut events = Vec::new();
    let context = crate::market::Context { at: at(700), caller: party(CAROL) };
    let ask = Command::PlaceCallOrder(limit(CAROL, Buy, 99, 1));
    let reject = market.decide(context, &ask, &mut events).unwrap_err();
    assert_eq!(reject.to_string(), "call-0 has 2000 orders, and no more can be");
    assert_eq!(events, []);
}

#[test]
fn a_close_of_the_most_orders_is_one_entry_of_the_journal() {
    use crate::amount::Price;
    use crate::call::cancel::CallClosed;
    use crate::call::cancel_order::CallOrderClosed;
    use crate::call::{CallFill, Print};
    const ENTRY_BYTES_MAX: usize = 96 * 1024;
    let (call, most) = (CallId::new(u64::MAX), crate::amount::Units::from_e2(u64::MAX));
    let order = CallOrderId::new(u64::MAX);
    let reason = Closing::Disconnected;
    let closed = Event::CallOrderClosed(CallOrderClosed { call, order, reason });
    let bytes = minicbor::to_vec(vec![closed; CALL_ORDERS_MAX]).unwrap().len();
    assert!(bytes + 1_024 < ENTRY_BYTES_MAX, "{bytes}");
    let price = Price::from_e4(u64::MAX);
    let print = Print { price, volume: most, demand: most, supply: most, reference: price };
    let fills = vec![CallFill { order, units: most }; CALL_ORDERS_MAX];
    let outcome = CallOutcome::Printed { print, fills };
    let bytes = minicbor::to_vec(CallClosed { call, outcome }).unwrap().len();
    assert!(bytes + 1_024 < ENTRY_BYTES_MAX, "{bytes}");
}

#[test]
fn a_call_closes_on_a_day_that_the_calendar_knows_or_its_repetition_ends() {
    let mut market = called(daily());
    market.venue.as_mut().unwrap().calendar.until = date("2026-11-24");
    let events = pass(&mut market, at(900));
    assert_eq!(outcome(&events), CallOutcome::NoCross);
    assert_eq!((super::next(&events), market.calls().len()), (None, 0));
    assert_eq!(Field::CallUntil.to_string(), "repeats_until");
}
