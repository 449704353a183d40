//! Time, hours, halts and closes.

use super::{advance, amend, buy, cancel, checked, closings, place, refused, sell, under};
use crate::amount::Units;
use crate::command::Command;
use crate::entry::Caller;
use crate::fixture::{
    ALICE, BOB, CAROL, FUND, LICENSED, OFFSET, OPERATOR, accept, accept_at, date, opening, party,
    refuse, refuse_at, soon, today, trading, units,
};
use crate::policy::Hours;
use crate::registry::fund::TradingState;
use crate::registry::party::PartyStatus;
use crate::registry::set_party_status::SetPartyStatus;
use crate::reject::{NotTradingLevel, Reject};
use crate::trading::cancel_all::CancelAll;
use crate::trading::order::{Closing, TimeInForce};
use crate::trading::place_order::PlaceOrder;
use crate::trading::set_trading_state::{SetTradingState, TradingScope};

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
