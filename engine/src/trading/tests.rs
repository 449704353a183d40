//! Orders as the rulebook tells of them, each test one fact.

use crate::amount::{Money, Ppm, Price, Units};
use crate::command::Command;
use crate::entry::Caller;
use crate::event::Event;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, LENDER, LICENSED, MANAGER, MEMBER, OFFSET, OPERATOR,
    REGIONAL_FUND, accept, accept_at, approve, cents, date, deposit, details, issue, licensed,
    opening, party, qualification, qualify, refuse, refuse_at, register, soon, today, trading,
    units, yuan,
};
use crate::id::{OrderId, PartyId};
use crate::market::Market;
use crate::policy::{Hours, Pack};
use crate::registry::affiliate::Affiliate;
use crate::registry::fund::{Currency, TradingState};
use crate::registry::lock_units::{LockKind, LockUnits};
use crate::registry::party::{PartyStatus, Qualification, Role};
use crate::registry::qualify::Qualify;
use crate::registry::set_party_status::SetPartyStatus;
use crate::reject::{NotTradingLevel, Reject, Shortfall};
use crate::time::Time;
use crate::trading::amend_order::{AmendOrder, TimePriority};
use crate::trading::cancel_all::CancelAll;
use crate::trading::cancel_order::{CancelOrder, OrderClosed};
use crate::trading::order::{Closing, OrderPrice, PostOnly, SelfTrade, TimeInForce};
use crate::trading::place_order::{PlaceOrder, Traded};
use crate::trading::set_reference::SetReference;
use crate::trading::set_trading_state::{SetTradingState, TradingScope};
use crate::trading::side::Side;
use crate::venue::adopt_pack::AdoptPack;

fn order(who: PartyId, side: Side, price: u64, whole: u64) -> PlaceOrder {
    PlaceOrder {
        party: who,
        fund: FUND,
        side,
        price: OrderPrice::Limit(cents(price)),
        units: units(whole),
        peak: Units::ZERO,
        minimum: Units::ZERO,
        time_in_force: TimeInForce::GoodTillCancelled,
        post_only: PostOnly::No,
        self_trade: SelfTrade::CancelNewest,
        session: 0,
    }
}

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
    approve(market, Command::AdoptPack(Box::new(AdoptPack { segment: LICENSED, pack })));
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

#[test]
fn e1_a_trade_moves_units_cash_and_fees_in_one_entry() {
    let mut market = trading();
    let (ask, _) = place(&mut market, sell(ALICE, 100, 1_000));
    let (_, events) = place(&mut market, buy(CAROL, 105, 400));
    assert_eq!(trades(&events), [(ask, 100, 400)]);
    let Event::Traded(traded) = &events[1] else { panic!("{events:?}") };
    // 400 units at 1.00: 400 yuan; the maker pays 0.05 %, the taker 0.15 %.
    assert_eq!(traded.cash, yuan(400));
    assert_eq!((traded.seller_fee.fen(), traded.buyer_fee.fen()), (20, 60));
    assert_eq!((traded.buyer_before, traded.seller_before), (Units::ZERO, units(1_000)));
    let (alice, carol) =
        (market.register.holding(ALICE, FUND), market.register.holding(CAROL, FUND));
    assert_eq!((alice.available, alice.offered), (units(999_000), units(600)));
    assert_eq!(carol.total(), units(400));
    assert_eq!(cash(&market, ALICE), (40_000 - 20, 0));
    assert_eq!(cash(&market, CAROL), (10_000_000_000 - 40_000 - 60, 0));
    assert_eq!(market.ledger.houses()[0].fees.fen(), 80);
    assert_eq!(market.fund(FUND).unwrap().holders, 2 + 3);
}

#[test]
fn the_better_price_trades_first_and_then_the_earlier_order() {
    let mut market = trading();
    let (late_and_dear, _) = place(&mut market, sell(ALICE, 102, 10));
    let (first, _) = place(&mut market, sell(ALICE, 101, 10));
    let (second, _) = place(&mut market, sell(BOB, 101, 10));
    let (best, _) = place(&mut market, sell(BOB, 100, 10));
    let (_, events) = place(&mut market, buy(CAROL, 102, 35));
    let expected = [(best, 100, 10), (first, 101, 10), (second, 101, 10), (late_and_dear, 102, 5)];
    assert_eq!(trades(&events), expected);
}

#[test]
fn a_buy_holds_its_worst_price_and_fee_and_gets_back_what_it_does_not_spend() {
    let mut market = trading();
    place(&mut market, buy(CAROL, 200, 1_000));
    // 2,000 yuan and 0.15 % of it.
    assert_eq!(cash(&market, CAROL), (10_000_000_000 - 200_300, 200_300));
    place(&mut market, sell(ALICE, 150, 400));
    // 800 yuan and the maker's 0.05 % are spent; 600 units are held for.
    assert_eq!(cash(&market, CAROL), (10_000_000_000 - 80_040 - 120_180, 120_180));
}

#[test]
fn a8_units_are_offered_once() {
    let mut market = trading();
    place(&mut market, sell(ALICE, 100, 600_000));
    let reject = refused(&mut market, sell(ALICE, 100, 600_000));
    expect_test::expect!["party-7 needs 600000.00 units and has 400000.00 available, 600000.00 on offer, 0.00 pledged, 0.00 frozen"].assert_eq(&reject.to_string());
}

#[test]
fn a8_pledged_units_cannot_be_offered() {
    let mut market = trading();
    let lock = LockUnits {
        party: ALICE,
        fund: FUND,
        units: units(900_000),
        kind: LockKind::Pledge,
        pledgee: Some(LENDER),
        evidence: "质押合同".to_owned(),
    };
    accept(&mut market, party(OPERATOR), Command::LockUnits(Box::new(lock)));
    let reject = refused(&mut market, sell(ALICE, 100, 200_000));
    let available = units(100_000);
    assert!(
        matches!(reject, Reject::UnitsNotAvailable { available: free, pledged, .. }
            if free == available && pledged == units(900_000)),
        "{reject}"
    );
}

#[test]
fn a_buy_without_the_cash_is_refused() {
    let mut market = trading();
    let reject = refused(&mut market, buy(CAROL, 100_000, 1_000_000));
    assert!(matches!(reject, Reject::CashNotAvailable { party: CAROL, .. }), "{reject}");
    let reject = refused(&mut market, buy(CAROL, 10_000_000, 1_000_000_000));
    assert!(matches!(reject, Reject::OrderTooLarge { .. }), "{reject}");
}

#[test]
fn a_market_order_trades_up_to_its_protection_and_never_rests() {
    let mut market = trading();
    let (near, _) = place(&mut market, sell(ALICE, 100, 10));
    place(&mut market, sell(ALICE, 110, 10));
    let ask = PlaceOrder {
        price: OrderPrice::Market(cents(105)),
        time_in_force: TimeInForce::ImmediateOrCancel,
        ..buy(CAROL, 0, 20)
    };
    let (id, events) = place(&mut market, ask);
    assert_eq!(trades(&events), [(near, 100, 10)]);
    assert_eq!(closings(&events).last(), Some(&(id, Closing::NotFilled, 10)));
    let resting = PlaceOrder { time_in_force: TimeInForce::Day, ..ask };
    assert_eq!(refused(&mut market, resting), Reject::BadTimeInForce {});
}

#[test]
fn fill_or_kill_trades_whole_or_is_refused_and_says_how_much_there_is() {
    let mut market = trading();
    place(&mut market, sell(ALICE, 100, 10));
    place(&mut market, sell(BOB, 101, 10));
    let ask = PlaceOrder { time_in_force: TimeInForce::FillOrKill, ..buy(CAROL, 101, 21) };
    assert!(matches!(refused(&mut market, ask), Reject::NotFillable { .. }));
    let (_, events) = place(&mut market, PlaceOrder { units: units(20), ..ask });
    assert_eq!(trades(&events).len(), 2);
}

#[test]
fn a_day_order_ends_with_the_trading_day() {
    let mut market = trading();
    let ask = PlaceOrder { time_in_force: TimeInForce::Day, ..sell(ALICE, 100, 10) };
    let (id, _) = place(&mut market, ask);
    let midnight = today().at_minute(1_440, OFFSET);
    assert_eq!(market.next_deadline(), Some(midnight));
    assert!(advance(&mut market, midnight.minus_seconds(1)).is_empty());
    assert_eq!(closings(&advance(&mut market, midnight)), [(id, Closing::Expired, 10)]);
    assert_eq!(market.register.holding(ALICE, FUND).offered, Units::ZERO);

    // On a Saturday the next trading day is Monday.
    let saturday = date("2026-11-28").at_minute(600, OFFSET);
    accept_at(&mut market, saturday, party(ALICE), Command::PlaceOrder(ask));
    assert_eq!(market.next_deadline(), Some(date("2026-11-30").at_minute(1_440, OFFSET)));
}

#[test]
fn a_dated_order_ends_before_the_moment_it_names() {
    let mut market = trading();
    let expires = opening().plus_seconds(3_600);
    let ask = PlaceOrder { time_in_force: TimeInForce::GoodTill(expires), ..sell(ALICE, 100, 10) };
    let (id, _) = place(&mut market, ask);
    assert_eq!(closings(&advance(&mut market, expires)), [(id, Closing::Expired, 10)]);
    let past = PlaceOrder { time_in_force: TimeInForce::GoodTill(expires), ..ask };
    assert!(matches!(refused(&mut market, past), Reject::ExpiryOutOfRange { .. }));
    let far = opening().plus_seconds(91 * 86_400);
    let late = PlaceOrder { time_in_force: TimeInForce::GoodTill(far), ..ask };
    assert!(matches!(refused(&mut market, late), Reject::ExpiryOutOfRange { .. }));
}

#[test]
fn a_post_only_order_never_takes() {
    let mut market = trading();
    place(&mut market, sell(ALICE, 100, 10));
    let ask = PlaceOrder { post_only: PostOnly::Yes, ..buy(CAROL, 100, 10) };
    assert_eq!(refused(&mut market, ask), Reject::PostOnlyWouldTrade { price: cents(100) });
    let (id, _) = place(&mut market, PlaceOrder { price: OrderPrice::Limit(cents(99)), ..ask });
    let reject = refuse(&mut market, party(CAROL), amend(id, Some(100), None));
    assert_eq!(reject, Reject::PostOnlyWouldTrade { price: cents(100) });
    let ioc = PlaceOrder { time_in_force: TimeInForce::ImmediateOrCancel, ..ask };
    assert_eq!(refused(&mut market, ioc), Reject::BadTimeInForce {});
}

#[test]
fn an_iceberg_shows_its_peak_and_goes_to_the_back_of_its_price() {
    let mut market = trading();
    let ask = PlaceOrder { peak: units(10), ..sell(ALICE, 100, 30) };
    let (ice, _) = place(&mut market, ask);
    let (plain, _) = place(&mut market, sell(BOB, 100, 10));
    let shown = market.depth(FUND, Side::Sell).next().unwrap();
    assert_eq!((shown.units, shown.orders), (units(20), 2));
    let (_, events) = place(&mut market, buy(CAROL, 100, 35));
    assert_eq!(trades(&events), [(ice, 100, 10), (plain, 100, 10), (ice, 100, 10), (ice, 100, 5)]);
    assert_eq!(market.depth(FUND, Side::Sell).next().unwrap().units, units(5));
    for (peak, whole) in [(10, 10), (20, 10)] {
        let ask = PlaceOrder { peak: units(peak), ..sell(ALICE, 101, whole) };
        assert!(matches!(refused(&mut market, ask), Reject::BadIceberg { .. }));
    }
    let too_many = PlaceOrder { peak: units(1), ..sell(ALICE, 101, 101) };
    assert_eq!(refused(&mut market, too_many), Reject::BadIceberg { peak_min: units(2) });
}

#[test]
fn an_all_or_none_order_waits_unseen_for_one_order_large_enough() {
    let mut market = trading();
    let ask = PlaceOrder { minimum: units(50), ..sell(ALICE, 100, 50) };
    let (whole, _) = place(&mut market, ask);
    assert_eq!(market.best(FUND, Side::Sell), None);
    let (small, events) = place(&mut market, buy(CAROL, 100, 20));
    assert!(trades(&events).is_empty());
    assert_eq!(market.best(FUND, Side::Buy), Some(cents(100)));
    let (_, events) = place(&mut market, buy(DAVE, 100, 60));
    assert_eq!(trades(&events), [(whole, 100, 50)]);
    assert!(market.orders.get(small).is_some());
}

#[test]
fn a_minimum_is_met_by_several_orders_at_once_or_nothing_trades() {
    let mut market = trading();
    place(&mut market, sell(ALICE, 100, 10));
    place(&mut market, sell(BOB, 101, 10));
    let ask = PlaceOrder { minimum: units(30), ..buy(CAROL, 101, 40) };
    let (first, events) = place(&mut market, ask);
    assert!(trades(&events).is_empty() && market.orders.get(first).is_some());
    let (_, events) = place(&mut market, PlaceOrder { minimum: units(20), ..buy(DAVE, 101, 40) });
    assert_eq!(trades(&events).len(), 2);
    let bad = PlaceOrder { minimum: units(41), ..ask };
    assert_eq!(refused(&mut market, bad), Reject::BadMinimum { units: units(40) });
}

#[test]
fn self_trade_is_prevented_in_four_ways() {
    let left = |mode| {
        let mut market = trading();
        issue(&mut market, FUND, CAROL, units(100));
        let (resting, _) = place(&mut market, sell(CAROL, 100, 30));
        let ask = PlaceOrder { self_trade: mode, ..buy(CAROL, 100, 50) };
        let (incoming, events) = place(&mut market, ask);
        assert!(trades(&events).is_empty());
        let open = |id| market.orders.get(id).map(|order| order.left().e2() / 100);
        (open(resting), open(incoming))
    };
    assert_eq!(left(SelfTrade::CancelNewest), (Some(30), None));
    assert_eq!(left(SelfTrade::CancelOldest), (None, Some(50)));
    assert_eq!(left(SelfTrade::CancelBoth), (None, None));
    assert_eq!(left(SelfTrade::Decrement), (None, Some(20)));
}

#[test]
fn a9_affiliates_do_not_trade_with_each_other() {
    let mut market = trading();
    let ask = Affiliate { party: CAROL, with: Some(ALICE) };
    accept(&mut market, party(OPERATOR), Command::Affiliate(ask));
    place(&mut market, sell(ALICE, 100, 30));
    let (id, events) = place(&mut market, buy(CAROL, 100, 10));
    assert_eq!(closings(&events), [(id, Closing::SelfTrade, 10)]);
    assert_eq!(Closing::SelfTrade.rule(), Some("A9"));
}

#[test]
fn a2_the_same_investor_waits_five_trading_days_to_turn_around() {
    let mut market = under(|pack| pack.turnaround_trading_days = 5);
    place(&mut market, sell(ALICE, 100, 30));
    place(&mut market, buy(CAROL, 100, 30));
    let reject = refused(&mut market, sell(CAROL, 100, 30));
    assert_eq!(reject, Reject::TurnaroundInterval { party: CAROL, last: today(), days: 5 });
    deposit(&mut market, ALICE, yuan(1_000));
    let reject = refused(&mut market, buy(ALICE, 100, 30));
    assert_eq!(reject.refusal().rule, "A2");
    // Traded on Tuesday the 24th: the fifth trading day after it is Tuesday, December 1st.
    let monday = date("2026-11-30").at_minute(600, OFFSET);
    let ask = Command::PlaceOrder(sell(CAROL, 100, 30));
    assert!(matches!(
        refuse_at(&mut market, monday, party(CAROL), ask.clone()),
        Reject::TurnaroundInterval { .. }
    ));
    accept_at(&mut market, date("2026-12-01").at_minute(0, OFFSET), party(CAROL), ask);
}

#[test]
fn a2_a_resting_order_whose_owner_turned_around_is_closed_when_it_is_met() {
    let mut market = under(|pack| pack.turnaround_trading_days = 5);
    issue(&mut market, FUND, CAROL, units(100));
    let (resting, _) = place(&mut market, sell(CAROL, 110, 10));
    place(&mut market, sell(ALICE, 100, 10));
    place(&mut market, buy(CAROL, 100, 10));
    let (next, _) = place(&mut market, sell(BOB, 111, 10));
    let (_, events) = place(&mut market, buy(DAVE, 111, 10));
    assert_eq!(closings(&events)[0], (resting, Closing::TurnaroundInterval, 10));
    assert_eq!(trades(&events), [(next, 111, 10)]);
}

#[test]
fn a3_a_full_fund_takes_no_new_holder_unless_one_leaves() {
    let mut market = under(|pack| pack.holder_caps.partnership = 5);
    // ALICE and BOB hold; CAROL counts as three; DAVE as one.
    let (_, _) = place(&mut market, buy(DAVE, 90, 10));
    place(&mut market, sell(ALICE, 100, 10));
    place(&mut market, buy(CAROL, 100, 10));
    assert_eq!(market.fund(FUND).unwrap().holders, 5);
    let eve = register(&mut market, details("EVE", Role::SFund));
    qualify(&mut market, eve);
    deposit(&mut market, eve, yuan(1_000_000));
    let reject = refused(&mut market, buy(eve, 100, 10));
    assert_eq!(reject, Reject::HolderCap { fund: FUND, holders: 5, joins: 1, cap: 5 });
    // DAVE was admitted while there was room; there is none now, and his order is closed.
    let (id, events) = place(&mut market, sell(BOB, 90, 10));
    assert_eq!(closings(&events)[0].1, Closing::HolderCap);
    checked(&mut market, party(BOB), cancel(id));
    // CAROL sells out: three leave, and DAVE would fit again.
    place(&mut market, sell(CAROL, 90, 10));
    deposit(&mut market, BOB, yuan(1_000));
    let events = place(&mut market, buy(BOB, 90, 10)).1;
    assert_eq!(trades(&events).len(), 1);
    assert_eq!(market.fund(FUND).unwrap().holders, 2);
    place(&mut market, buy(DAVE, 90, 10));
}

#[test]
fn a3_who_buys_out_a_holder_takes_its_place() {
    let mut market = under(|pack| pack.holder_caps.partnership = 3);
    let (bid, _) = place(&mut market, buy(DAVE, 100, 1_000_000));
    let eve = register(&mut market, details("EVE", Role::Lp));
    issue(&mut market, FUND, eve, units(10));
    assert_eq!(market.fund(FUND).unwrap().holders, 3);
    let (_, events) = place(&mut market, sell(ALICE, 100, 1_000_000));
    assert_eq!(trades(&events), [(bid, 100, 1_000_000)]);
    assert_eq!(market.fund(FUND).unwrap().holders, 3);
}

#[test]
fn a4_only_a_qualified_investor_buys() {
    let mut market = trading();
    let eve = register(&mut market, details("EVE", Role::SFund));
    deposit(&mut market, eve, yuan(1_000));
    let reject = refused(&mut market, buy(eve, 100, 10));
    let shortfall = Shortfall::NotCertified;
    assert_eq!(reject, Reject::NotQualified { party: eve, shortfall });
    let short = Qualification { net_assets: yuan(1), ..qualification() };
    let ask = Qualify { party: eve, qualification: short };
    accept(&mut market, party(OPERATOR), Command::Qualify(Box::new(ask)));
    assert!(matches!(refused(&mut market, buy(eve, 100, 10)), Reject::NotQualified { .. }));
}

#[test]
fn a4_a_resting_buy_is_closed_when_its_owner_is_no_longer_qualified() {
    let mut market = trading();
    let qualification = Qualification { expires: today(), ..qualification() };
    let ask = Qualify { party: CAROL, qualification };
    accept(&mut market, party(OPERATOR), Command::Qualify(Box::new(ask)));
    let (bid, _) = place(&mut market, buy(CAROL, 100, 10));
    let tomorrow = today().next().at_minute(600, OFFSET);
    let ask = Command::PlaceOrder(sell(ALICE, 100, 10));
    let events = accept_at(&mut market, tomorrow, party(ALICE), ask);
    assert_eq!(closings(&events), [(bid, Closing::NotQualified, 10)]);
}

#[test]
fn a4_a_buyer_has_at_least_the_minimum_in_one_fund() {
    let mut market = under(|pack| pack.investors.investment_min = yuan(1_000_000));
    let reject = refused(&mut market, buy(CAROL, 100, 999_999));
    let invested = yuan(999_999);
    let minimum = yuan(1_000_000);
    assert_eq!(reject, Reject::BelowInvestmentMin { fund: FUND, invested, minimum });
    place(&mut market, buy(CAROL, 100, 1_000_000));
    // Who has enough already may buy a little more.
    deposit(&mut market, BOB, yuan(1_000));
    place(&mut market, buy(BOB, 100, 1));
}

#[test]
fn a1_a_regional_market_takes_no_firm_order() {
    let mut market = trading();
    let ask = PlaceOrder { fund: REGIONAL_FUND, ..sell(ALICE, 100, 10_000) };
    assert_eq!(refused(&mut market, ask), Reject::ModeForbidden {});
}

#[test]
fn who_is_no_investor_places_no_order() {
    let mut market = trading();
    for (caller, owner) in [(OPERATOR, ALICE), (MANAGER, MANAGER), (LENDER, ALICE), (CAROL, ALICE)]
    {
        let reject = refuse(&mut market, party(caller), Command::PlaceOrder(sell(owner, 100, 10)));
        assert!(matches!(reject, Reject::NotPermitted { .. }), "{caller}: {reject}");
    }
    let reject = refuse(&mut market, party(MEMBER), Command::PlaceOrder(sell(MEMBER, 100, 10)));
    assert!(matches!(reject, Reject::WrongRole { party: MEMBER, .. }), "{reject}");
    // A member acts for its clients, and for no one else.
    checked(&mut market, party(MEMBER), Command::PlaceOrder(sell(BOB, 100, 10)));
    let reject = refuse(&mut market, party(MEMBER), Command::PlaceOrder(sell(ALICE, 100, 10)));
    assert!(matches!(reject, Reject::NotPermitted { .. }), "{reject}");
}

#[test]
fn an_order_of_somebody_else_is_not_found() {
    let mut market = trading();
    let (id, _) = place(&mut market, sell(ALICE, 100, 10));
    for command in [cancel(id), amend(id, Some(101), None)] {
        let reject = refuse(&mut market, party(CAROL), command);
        assert_eq!(reject, Reject::OrderNotOpen { order: id });
    }
    checked(&mut market, party(OPERATOR), cancel(id));
    assert_eq!(refuse(&mut market, party(ALICE), cancel(id)), Reject::OrderNotOpen { order: id });
}

#[test]
fn a_smaller_order_keeps_its_time_and_a_larger_or_repriced_one_loses_it() {
    let queue = |price: Option<u64>, whole: Option<u64>| {
        let mut market = trading();
        let (first, _) = place(&mut market, sell(ALICE, 100, 20));
        place(&mut market, sell(BOB, 100, 20));
        let events = checked(&mut market, party(ALICE), amend(first, price, whole));
        let Event::OrderAmended(amended) = &events[0] else { panic!("{events:?}") };
        let (_, events) = place(&mut market, buy(CAROL, 100, 5));
        (amended.time, trades(&events)[0].0 == first)
    };
    assert_eq!(queue(None, Some(10)), (TimePriority::Kept, true));
    assert_eq!(queue(None, Some(30)), (TimePriority::Lost, false));
    assert_eq!(queue(Some(101), None), (TimePriority::Lost, false));
    assert_eq!(queue(Some(101), Some(10)), (TimePriority::Lost, false));
}

#[test]
fn an_amended_order_trades_where_its_new_price_crosses() {
    let mut market = trading();
    place(&mut market, buy(CAROL, 95, 10));
    let (ask, _) = place(&mut market, sell(ALICE, 100, 30));
    let events = checked(&mut market, party(ALICE), amend(ask, Some(95), Some(40)));
    assert_eq!(trades(&events).len(), 1);
    assert_eq!(market.orders.at(ask).left(), units(30));
    let reject = refuse(&mut market, party(ALICE), amend(ask, None, Some(10)));
    let filled = units(10);
    assert_eq!(reject, Reject::AmendedBelowFilled { units: units(10), filled });
    assert_eq!(
        refuse(&mut market, party(ALICE), amend(ask, None, None)),
        Reject::NothingToAmend {}
    );
    let reject = refuse(&mut market, party(ALICE), amend(ask, None, Some(2_000_000)));
    assert!(matches!(reject, Reject::UnitsNotAvailable { .. }), "{reject}");
}

#[test]
fn an_order_says_a_whole_number_of_ticks_and_lots() {
    let mut market = trading();
    assert_eq!(refused(&mut market, buy(CAROL, 100, 0)), Reject::NoUnits {});
    let odd = PlaceOrder { price: OrderPrice::Limit(Price::from_e4(10_001)), ..buy(CAROL, 1, 1) };
    assert!(matches!(refused(&mut market, odd), Reject::NotInTicks { .. }));
    assert!(matches!(refused(&mut market, buy(CAROL, 0, 1)), Reject::NotInTicks { .. }));
    let odd = PlaceOrder { units: Units::from_e2(150), ..buy(CAROL, 100, 1) };
    assert!(matches!(refused(&mut market, odd), Reject::NotInLots { .. }));
}

#[test]
fn a5_what_is_sold_and_what_is_left_is_no_splinter() {
    let mut market = trading();
    market.fund_mut(FUND).details.minimum_ticket = units(100_000);
    for whole in [99_999, 900_001] {
        let reject = refused(&mut market, sell(ALICE, 100, whole));
        let minimum = units(100_000);
        assert_eq!(reject, Reject::BelowMinimumTicket { units: units(99_999), minimum });
    }
    assert!(matches!(
        refused(&mut market, buy(CAROL, 100, 99_999)),
        Reject::BelowMinimumTicket { .. }
    ));
    place(&mut market, sell(ALICE, 100, 1_000_000));
}

#[test]
fn g4_a_band_needs_a_reference_that_is_in_force() {
    let mut market = under(|pack| pack.price_band = Some(Ppm::new(100_000)));
    assert_eq!(refused(&mut market, sell(ALICE, 100, 1)), Reject::NoReference { fund: FUND });
    let valid_until = opening().plus_seconds(3_600);
    let source = "估值报告".to_owned();
    let ask = SetReference { fund: FUND, price: cents(100), source, valid_until };
    accept(&mut market, party(OPERATOR), Command::SetReference(Box::new(ask)));
    place(&mut market, sell(ALICE, 110, 1));
    place(&mut market, sell(ALICE, 90, 1));
    let reject = refused(&mut market, sell(ALICE, 111, 1));
    let (lowest, highest) = (cents(90), cents(110));
    assert_eq!(reject, Reject::OutsideBand { price: cents(111), lowest, highest });
    let ask = Command::PlaceOrder(sell(ALICE, 100, 1));
    let stale = refuse_at(&mut market, valid_until, party(ALICE), ask);
    assert_eq!(stale.refusal().rule, "G4");
}

#[test]
fn orders_are_taken_in_trading_hours() {
    let hours = Hours { opens_minute: 570, closes_minute: 900 };
    let mut market = under(|pack| pack.trading_hours = Some(hours));
    let ask = PlaceOrder { time_in_force: TimeInForce::Day, ..sell(ALICE, 100, 1) };
    place(&mut market, ask);
    assert_eq!(market.next_deadline(), Some(today().at_minute(900, OFFSET)));
    let evening = today().at_minute(900, OFFSET);
    let reject = refuse_at(&mut market, evening, party(ALICE), Command::PlaceOrder(ask));
    let opens = today().next().at_minute(570, OFFSET);
    assert_eq!(reject, Reject::OutOfHours { opens });
}

#[test]
fn a_fund_whose_term_is_over_does_not_trade() {
    let mut market = trading();
    market.fund_mut(FUND).details.term_ends = today().previous();
    assert!(matches!(refused(&mut market, sell(ALICE, 100, 1)), Reject::TermEnded { .. }));
}

#[test]
fn i3_a_day_order_needs_a_calendar_that_reaches_it() {
    let mut market = trading();
    let beyond = date("2028-01-01").at_minute(600, OFFSET);
    let ask = PlaceOrder { time_in_force: TimeInForce::Day, ..sell(ALICE, 100, 1) };
    let reject = refuse_at(&mut market, beyond, party(ALICE), Command::PlaceOrder(ask));
    assert_eq!(reject, Reject::OutsideCalendar { date: date("2028-01-01") });
}

fn set_state(scope: TradingScope, state: TradingState) -> Command {
    let reason = "异常波动".to_owned();
    Command::SetTradingState(Box::new(SetTradingState { scope, state, reason }))
}

#[test]
fn a_halt_takes_no_order_and_lets_orders_be_cancelled() {
    let mut market = trading();
    let (id, _) = place(&mut market, sell(ALICE, 100, 10));
    for (scope, level) in [
        (TradingScope::Fund(FUND), NotTradingLevel::FundHalted),
        (TradingScope::Segment(LICENSED), NotTradingLevel::SegmentHalted),
        (TradingScope::Venue, NotTradingLevel::VenueHalted),
    ] {
        accept(&mut market, party(OPERATOR), set_state(scope, TradingState::Halted));
        let reject = refused(&mut market, buy(CAROL, 100, 10));
        assert_eq!(reject, Reject::NotTrading { fund: FUND, level });
        let reject = refuse(&mut market, party(ALICE), amend(id, None, Some(5)));
        assert_eq!(reject, Reject::NotTrading { fund: FUND, level });
        accept(&mut market, party(OPERATOR), set_state(scope, TradingState::Open));
    }
    accept(&mut market, party(OPERATOR), set_state(TradingScope::Venue, TradingState::Halted));
    checked(&mut market, party(ALICE), cancel(id));
}

#[test]
fn a_close_cancels_every_order_in_bounded_steps() {
    let mut market = trading();
    for price in 100..700 {
        place(&mut market, sell(ALICE, price, 1));
    }
    let scope = TradingScope::Fund(FUND);
    accept(&mut market, party(OPERATOR), set_state(scope, TradingState::Closed));
    let mut steps = 0;
    while market.next_deadline().is_some() {
        let at = soon(&market);
        let events = accept_at(&mut market, at, Caller::Venue, Command::Advance);
        assert!(events.len() <= crate::policy::ADVANCE_MAX + 1);
        assert_eq!(market.check(), Ok(()));
        steps += 1;
    }
    assert_eq!((steps, market.fund(FUND).unwrap().orders_open), (3, 0));
    assert_eq!(market.register.holding(ALICE, FUND).available, units(1_000_000));
}

#[test]
fn cancel_all_takes_a_partys_orders_and_no_others() {
    let mut market = trading();
    let of_session = PlaceOrder { session: 7, ..sell(ALICE, 100, 10) };
    let (lost, _) = place(&mut market, of_session);
    let (kept, _) = place(&mut market, sell(ALICE, 100, 10));
    let (other, _) = place(&mut market, PlaceOrder { session: 7, ..sell(BOB, 100, 10) });
    let all = |session| Command::CancelAll(CancelAll { party: ALICE, fund: Some(FUND), session });
    accept(&mut market, party(ALICE), all(Some(7)));
    let now = market.now();
    assert_eq!(closings(&advance(&mut market, now)), [(lost, Closing::Disconnected, 10)]);
    accept(&mut market, party(ALICE), all(None));
    let now = market.now();
    assert_eq!(closings(&advance(&mut market, now)), [(kept, Closing::Cancelled, 10)]);
    assert!(market.orders.get(other).is_some());
    assert!(accept(&mut market, party(ALICE), all(None)).is_empty());
    assert!(matches!(refuse(&mut market, party(BOB), all(None)), Reject::NotPermitted { .. }));
}

#[test]
fn a_suspended_party_loses_its_orders_and_places_none() {
    let mut market = trading();
    let (id, _) = place(&mut market, sell(ALICE, 100, 10));
    let reason = "调查".to_owned();
    let ask = SetPartyStatus { party: ALICE, status: PartyStatus::Suspended, reason };
    accept(&mut market, party(OPERATOR), Command::SetPartyStatus(Box::new(ask)));
    let now = market.now();
    assert_eq!(closings(&advance(&mut market, now)), [(id, Closing::PartySuspended, 10)]);
    assert_eq!(refused(&mut market, sell(ALICE, 100, 1)), Reject::PartySuspended { party: ALICE });
}

#[test]
fn one_order_makes_so_many_trades_and_one_party_has_so_many_orders() {
    let mut market = under(|pack| {
        pack.limits.fills_max = 3;
        pack.limits.orders_per_party_max = 5;
    });
    for price in 100..105 {
        place(&mut market, sell(ALICE, price, 1));
    }
    let reject = refused(&mut market, sell(ALICE, 100, 1));
    assert_eq!(reject, Reject::TooManyOrders { party: ALICE, limit: 5 });
    let (id, events) = place(&mut market, buy(CAROL, 110, 5));
    assert_eq!(trades(&events).len(), 3);
    assert_eq!(closings(&events).last(), Some(&(id, Closing::TooManyFills, 2)));
}

#[test]
fn an_order_keeps_the_fees_under_which_it_was_taken() {
    use crate::policy::{Fees, Rates};
    use crate::venue::set_fees::SetFees;

    let mut market = trading();
    let (bid, _) = place(&mut market, buy(CAROL, 100, 1_000));
    let high = Ppm::new(100_000);
    let rates = Rates { maker_buy: high, maker_sell: high, taker_buy: high, taker_sell: high };
    let fees = Fees { tiers: vec![rates] };
    approve(&mut market, Command::SetFees(Box::new(SetFees { segment: LICENSED, fees })));
    let (_, events) = place(&mut market, sell(ALICE, 100, 1_000));
    let Event::Traded(Traded { maker, buyer_fee, seller_fee, .. }) = events[1] else { panic!() };
    assert_eq!((maker, buyer_fee, seller_fee), (bid, Money::from_fen(50), yuan(100)));
    assert_eq!(market.check(), Ok(()));
}

#[test]
fn an_id_of_a_closed_order_is_never_an_open_one() {
    let mut market = trading();
    let (first, _) = place(&mut market, sell(ALICE, 100, 10));
    let closed = checked(&mut market, party(ALICE), cancel(first));
    let left = units(10);
    let expected = OrderClosed { order: first, reason: Closing::Cancelled, left };
    assert_eq!(closed, [Event::OrderClosed(expected)]);
    let (second, _) = place(&mut market, sell(ALICE, 100, 10));
    assert_eq!((first.slot(), first == second), (second.slot(), false));
    assert_eq!(
        refuse(&mut market, party(ALICE), cancel(first)),
        Reject::OrderNotOpen { order: first }
    );
}
