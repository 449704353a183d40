//! The rules of the rulebook at the door and in the book.

use super::{buy, cancel, checked, closings, place, refused, sell, trades, under};
use crate::amount::{Ppm, Price, Units};
use crate::command::Command;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, LENDER, MANAGER, MEMBER, OFFSET, OPERATOR, REGIONAL_FUND,
    accept, accept_at, cents, date, deposit, details, issue, opening, party, qualification,
    qualify, refuse, refuse_at, register, today, trading, units, yuan,
};
use crate::registry::lock_units::{LockKind, LockUnits};
use crate::registry::party::{Qualification, Role};
use crate::registry::qualify::Qualify;
use crate::reject::{Reject, Shortfall};
use crate::trading::order::{Closing, OrderPrice};
use crate::trading::place_order::PlaceOrder;
use crate::trading::set_reference::SetReference;

#[test]
fn a8_units_are_offered_once() {
    let mut market = trading();
    place(&mut market, sell(ALICE, 100, 600_000));
    let reject = refused(&mut market, sell(ALICE, 100, 600_000));
    let (needs, has) = ("party-7 needs 600000.00 units", "400000.00 available, 600000.00 on offer");
    assert_eq!(reject.to_string(), format!("{needs} and has {has}, 0.00 pledged, 0.00 frozen"));
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
