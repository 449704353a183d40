//! Time in the market: orders expire at their moment, and a calendar ends.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::collections::BTreeSet;

use harness::cast::{cash_of, units_of};
use harness::{Exchange, at, money, refusal, told, units};
use sfund_sdk::{Calendar, Closing, KeyScope, Money, OrderState, Reviewed, Time, Units, Verdict};

const EXPIRED: OrderState = OrderState::Closed(Closing::Expired);

#[tokio::test(flavor = "multi_thread")]
async fn an_order_for_the_day_ends_with_the_day_of_the_venue() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let lp = cast.lp.client.trading();
    let order = lp.place(cast.sell("2000000", "1.50").for_the_day()).await.unwrap().order;
    let record = lp.order(order).await.unwrap().value;
    let midnight = at("2026-11-25", 0, 0);
    assert_eq!(record.expires, Some(midnight));
    exchange.set_time(Time::from_nanos(midnight.nanos() - 1_000_000));
    let bid = cast.buy("1000000", "1.50");
    let before = cast.s_fund.client.trading().place(bid).dry_run().await.unwrap();
    assert_eq!(before.fills.len(), 1, "a moment before midnight it trades");

    // At its end it trades no more, whoever asks first.
    exchange.clock.set(midnight);
    let late = cast.s_fund.client.trading().place(bid).await.unwrap();
    assert!(late.fills.is_empty() && late.state == OrderState::Open);
    cast.all_seen().await;
    let record = lp.order(order).await.unwrap().value;
    assert_eq!((record.state, record.left), (EXPIRED, units("2000000")));
    assert_eq!(units_of(&cast.lp, cast.fund).await, (units("10000000"), Units::ZERO));

    // On a Saturday an order for the day stands for the Monday.
    exchange.set_time(at("2026-11-28", 12, 0));
    let saturday = lp.place(cast.sell("1000", "1.60").for_the_day()).await.unwrap().order;
    let record = lp.order(saturday).await.unwrap().value;
    assert_eq!(record.expires, Some(at("2026-12-01", 0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dated_order_does_not_reach_its_moment() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let buyer = cast.s_fund.client.trading();
    let moment = at("2026-11-26", 11, 17);
    let bid = buyer.place(cast.buy("1000000", "1.50").good_till(moment)).await.unwrap();
    assert_eq!(cash_of(&cast.s_fund).await.1, money("1501500.00"));
    let earlier = refusal(buyer.place(cast.buy("1000000", "1.50").good_till(cast.now)).await);
    assert_eq!(earlier.reason, "EXPIRY_OUT_OF_RANGE");
    let far = at("2028-01-01", 0, 0);
    let later = refusal(buyer.place(cast.buy("1000000", "1.50").good_till(far)).await);
    assert_eq!(later.reason, "EXPIRY_OUT_OF_RANGE");

    // Nobody asks for anything: the venue itself sees to it.
    exchange.set_time(Time::from_nanos(moment.nanos() - 1));
    assert_eq!(buyer.order(bid.order).await.unwrap().state, OrderState::Open);
    exchange.set_time(moment);
    let closed = harness::eventually("the expiry", || async {
        let record = buyer.order(bid.order).await.unwrap().value;
        (record.state == EXPIRED).then_some(record)
    })
    .await;
    assert!(moment <= closed.closed_at.unwrap());
    assert_eq!(cash_of(&cast.s_fund).await, (money("100000000.00"), Money::ZERO));
    let entries = cast.regulator.client.admin().entries(sfund_sdk::EntryFilter {
        commands: vec!["Advance".to_owned()],
        ..Default::default()
    });
    let entries = entries.all(10).await.unwrap();
    let advance = entries.last().unwrap();
    assert_eq!((advance.caller, advance.events[0].name.as_str()), (None, "OrderClosed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_expire_together_expire_once_each_over_a_restart_too() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let lp = cast.lp.client.trading();
    let moment = at("2026-11-25", 9, 0);
    let (sender, mut answers) = lp.order_stream().open().await.unwrap();
    let order = cast.sell("100", "1.50").good_till(moment);
    let orders = std::iter::repeat_n(sfund_sdk::Instruction::Place(order), 600);
    let tags = sender.send_all(orders).await.unwrap();
    for _ in tags {
        harness::soon("an answer", answers.next()).await.unwrap().unwrap();
    }
    sender.close().await.unwrap();
    exchange.stop().await;
    exchange.clock.set(at("2026-11-25", 9, 1));
    exchange.start().await;
    harness::eventually("every unit back", || async {
        let now = units_of(&cast.lp, cast.fund).await;
        (now == (units("10000000"), Units::ZERO)).then_some(())
    })
    .await;
    let filter =
        sfund_sdk::OrderFilter { which: sfund_sdk::WhichOrders::Closed, ..Default::default() };
    let closed = lp.orders(filter).all(1_000).await.unwrap();
    assert_eq!(closed.len(), 600);
    assert!(closed.iter().all(|order| order.state == EXPIRED));
}

#[tokio::test(flavor = "multi_thread")]
async fn i3_where_the_calendar_ends_what_needs_a_trading_day_is_refused() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let operator = cast.operator.client.admin();
    let now = cast.lp.client.market().venue().await.unwrap().value.calendar;
    let next = Calendar {
        version: now.version + 1,
        from: "2026-01-01".parse().unwrap(),
        until: "2026-11-30".parse().unwrap(),
        holidays: BTreeSet::new(),
        makeup_days: BTreeSet::new(),
    };
    let Reviewed::Waits(proposal) = operator.set_calendar(&next).await.unwrap().value else {
        panic!("a calendar takes two persons")
    };
    cast.supervisor.client.admin().review(proposal, Verdict::Approve).await.unwrap();
    exchange.set_time(at("2026-12-01", 9, 30));
    let lp = cast.lp.client.trading();
    let no = refusal(lp.place(cast.sell("1000", "1.50").for_the_day()).await);
    assert_eq!((no.reason.as_str(), no.rule.as_deref()), ("OUTSIDE_CALENDAR", Some("I3")));
    assert_eq!(told(&no, "date"), "2026-12-01");
    let old = refusal(operator.set_calendar(&now).await);
    assert_eq!(old.reason, "CALENDAR_NOT_NEXT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_the_door_until_it_expires() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let expires = cast.now.plus_seconds(600);
    let key = cast.hall().key(cast.lp.id, KeyScope::ReadOnly, expires).await;
    let client = harness::client(&cast.url, &key).await;
    exchange.set_time(Time::from_nanos(expires.nanos() - 1));
    client.admin().caller().await.unwrap();
    exchange.set_time(expires);
    let no = client.admin().caller().await.unwrap_err();
    assert_eq!(no.reason(), "KEY_EXPIRED");
}
