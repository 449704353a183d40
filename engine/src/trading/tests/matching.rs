//! What orders do when they meet.

use super::{amend, buy, cash, closings, place, refused, sell, trades, under};
use crate::amount::{Money, Ppm, Units};
use crate::command::Command;
use crate::event::Event;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, LICENSED, OPERATOR, accept, approve, cents, issue, party,
    refuse, trading, units, yuan,
};
use crate::registry::affiliate::Affiliate;
use crate::reject::Reject;
use crate::trading::order::{Closing, OrderPrice, PostOnly, SelfTrade, TimeInForce};
use crate::trading::place_order::{PlaceOrder, Traded};
use crate::trading::side::Side;

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
    let reject = refused(&mut market, ask);
    assert_eq!(reject, Reject::NotFillable { units: units(21), fillable: units(20) });
    let (_, events) = place(&mut market, PlaceOrder { units: units(20), ..ask });
    assert_eq!(trades(&events).len(), 2);
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
