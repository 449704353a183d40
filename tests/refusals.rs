//! What the market refuses, by which rule, and what the meters say beforehand.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use harness::cast::details;
use harness::{Exchange, at, money, price, refusal, told, units};
use sfund_sdk::{
    Earliest, FundDetails, IntentionFilter, Money, NewIntention, Order, OrderState, PartyDetails,
    PartyForm, Ppm, Refusal, Role, Side, Units,
};

/// The number, the name and the rule of a refusal, and one thing that it tells.
fn line(refusal: &Refusal, field: &str) -> (u32, String, String, String) {
    let rule = refusal.rule.clone().unwrap_or_default();
    (refusal.number.unwrap(), refusal.reason.clone(), rule, told(refusal, field).to_owned())
}

fn expected(number: u32, name: &str, rule: &str, value: &str) -> (u32, String, String, String) {
    (number, name.to_owned(), rule.to_owned(), value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_names_its_rule_and_what_was_asked_and_allowed() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let hall = cast.hall();
    let (lp, buyer) = (cast.lp.client.trading(), cast.s_fund.client.trading());

    let regional = Order::sell(cast.regional_fund, units("1000")).limit(price("1.50"));
    let no = refusal(lp.place(regional).await);
    assert_eq!(line(&no, ""), expected(200, "MODE_FORBIDDEN", "A1", ""));

    lp.place(cast.sell("4000000", "1.50")).await.unwrap();
    buyer.place(cast.buy("1000000", "1.50")).await.unwrap();
    let no = refusal(buyer.place(cast.sell("1000000", "1.50")).await);
    assert_eq!(line(&no, "days"), expected(224, "TURNAROUND_INTERVAL", "A2", "5"));
    assert_eq!(told(&no, "last"), "2026-11-24");
    let no = refusal(lp.place(cast.buy("1000000", "1.40")).await);
    assert_eq!(no.reason, "NOT_QUALIFIED", "A4 is asked before A2");

    let full =
        FundDetails { holder_cap: Some(1), ..details("FULL", cast.licensed, cast.manager.id) };
    let full = hall.fund(full).await;
    hall.issue(full, cast.lp.id, units("5000000")).await;
    let bid = Order::buy(full, units("2000000")).limit(price("1.50"));
    let no = refusal(buyer.place(bid).await);
    assert_eq!(line(&no, "cap"), expected(225, "HOLDER_CAP", "A3", "1"));
    assert_eq!((told(&no, "holders"), told(&no, "joins")), ("1", "1"));

    let stranger = hall.player("s-fund-3", Role::SFund, None).await;
    let no = refusal(stranger.client.trading().place(cast.buy("1000000", "1.50")).await);
    assert_eq!(line(&no, "party"), expected(222, "NOT_QUALIFIED", "A4", &stranger.id.to_string()));
    let other = cast.other_s_fund.client.trading();
    let no = refusal(other.place(cast.buy("600000", "1.50")).await);
    let want = expected(223, "BELOW_INVESTMENT_MIN", "A4", "1000000.00");
    assert_eq!(line(&no, "minimum"), want);
    assert_eq!(told(&no, "invested"), "900000.00");

    let no = refusal(lp.place(cast.sell("6000001", "1.50")).await);
    let want = expected(227, "UNITS_NOT_AVAILABLE", "A8", "6000000.00");
    assert_eq!(line(&no, "available"), want);
    assert_eq!((told(&no, "wanted"), told(&no, "offered")), ("6000001.00", "3000000.00"));
    let no = refusal(other.place(cast.buy("66666667", "1.50")).await);
    let want = expected(228, "CASH_NOT_AVAILABLE", "A8", "100000000.00");
    assert_eq!(line(&no, "available"), want);
    assert_eq!(told(&no, "wanted"), "100100000.50");

    let small = FundDetails {
        minimum_ticket: units("1000"),
        ..details("TICKET", cast.licensed, cast.manager.id)
    };
    let small = hall.fund(small).await;
    hall.issue(small, cast.lp.id, units("5000000")).await;
    let no = refusal(lp.place(Order::sell(small, units("999")).limit(price("1.50"))).await);
    assert_eq!(line(&no, "minimum"), expected(226, "BELOW_MINIMUM_TICKET", "A5", "1000.00"));

    let no = refusal(lp.place(cast.sell("1000", "1.505")).await);
    assert_eq!(line(&no, "tick"), expected(211, "NOT_IN_TICKS", "", "0.0100"));
    let no = refusal(lp.place(cast.sell("1000.5", "1.50")).await);
    assert_eq!(line(&no, "lot"), expected(212, "NOT_IN_LOTS", "", "1.00"));
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_the_meters_say_beforehand_what_the_market_then_does() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let buyer = cast.s_fund.client.trading();
    let fresh = buyer.meters(cast.fund).await.unwrap().value;
    assert_eq!((fresh.buy_from, fresh.sell_from), (Earliest::Now, Earliest::Now));
    assert!(fresh.continuous_allowed && !fresh.suspended);
    assert_eq!((fresh.holders, fresh.holder_cap, fresh.holders_joining), (2, 50, 1));
    assert_eq!((fresh.investment_min, fresh.minimum_ticket), (money("1000000.00"), Units::ZERO));
    assert_eq!(fresh.buy_fee_max, Ppm::new(1_000));
    let least = cast.buy("1000000", "1.00");
    buyer.place(least).dry_run().await.unwrap();
    let less = cast.buy("999999", "1.00");
    assert_eq!(refusal(buyer.place(less).dry_run().await).reason, "BELOW_INVESTMENT_MIN");

    cast.lp.client.trading().place(cast.sell("2000000", "1.50")).await.unwrap();
    let bought = buyer.place(cast.buy("1000000", "1.50")).await.unwrap();
    assert_eq!(bought.fills[0].fee, money("1500.00"), "the fee is the meter's at the most");
    let meters = buyer.meters(cast.fund).await.unwrap().value;
    assert_eq!((meters.holders, meters.holders_joining), (3, 0));
    assert_eq!(meters.units.available, units("1000000"));
    let Earliest::On(day) = meters.sell_from else { panic!("{:?}", meters.sell_from) };
    assert_eq!(day.to_string(), "2026-12-01", "five trading days after a Tuesday");

    // On every day before it the market refuses, and from it on it does not.
    let mut date: sfund_sdk::Date = "2026-11-24".parse().unwrap();
    while date < day {
        exchange.set_time(at(&date.to_string(), 10, 0));
        let no = refusal(buyer.place(cast.sell("1000000", "1.50")).dry_run().await);
        assert_eq!(no.reason, "TURNAROUND_INTERVAL", "{date}");
        date = date.next();
    }
    exchange.set_time(at(&day.to_string(), 0, 0));
    buyer.place(cast.sell("1000000", "1.50")).await.unwrap();

    let regional = cast.lp.client.trading().meters(cast.regional_fund).await.unwrap().value;
    assert!(!regional.continuous_allowed);
    assert_eq!(refusal(buyer.meters_of(cast.lp.id, cast.fund).await).reason, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_tier_beyond_the_last_row_of_fees_pays_and_shows_the_last_row() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let details = PartyDetails {
        code: "s-fund-vip".to_owned(),
        name: "Beyond".to_owned(),
        role: Role::SFund,
        form: PartyForm::Institution,
        look_through: 1,
        tier: 7,
        member: None,
    };
    let answer = cast.operator.client.admin().register_party(details).await.unwrap();
    let sfund_sdk::Reviewed::Done(id) = answer.value else { panic!("no second person") };
    let expires = cast.now.plus_seconds(3_600);
    let key = cast.hall().key(id, sfund_sdk::KeyScope::Full, expires).await;
    let client = harness::client(&cast.url, &key).await;
    let buyer = harness::cast::Player { id, key, client };
    cast.hall().qualify(id).await;
    cast.hall().deposit(&buyer, money("10000000.00")).await;
    let meters = buyer.client.trading().meters(cast.fund).await.unwrap().value;
    cast.lp.client.trading().place(cast.sell("2000000", "1.50")).await.unwrap();
    let bought = buyer.client.trading().place(cast.buy("2000000", "1.50")).await.unwrap();
    assert_eq!(bought.fills[0].fee, money("1500.00"), "the last row: 500 ppm");
    assert_eq!(meters.buy_fee_max, Ppm::new(500));
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_where_no_book_is_allowed_intentions_meet_on_a_board() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let expires = cast.now.plus_seconds(86_400);
    let post = |side, at: &str, amount: &str| NewIntention {
        party: None,
        fund: cast.regional_fund,
        side,
        price: price(at),
        units: units(amount),
        expires,
    };
    let (lp, buyer) = (cast.lp.client.trading(), cast.s_fund.client.trading());
    let offer = lp.post(post(Side::Sell, "1.20", "3000000")).await.unwrap();
    assert!(offer.suggested.is_empty());
    let dear = cast.other_lp.client.trading().post(post(Side::Sell, "1.90", "1000000")).await;
    let dear = dear.unwrap();
    let wanted = buyer.post(post(Side::Buy, "1.30", "2000000")).await.unwrap();
    assert_eq!(wanted.suggested, [offer.intention]);

    // Both are told who the other is; nobody else is.
    cast.all_seen().await;
    let told = lp.suggestions().all(10).await.unwrap();
    assert_eq!((told[0].intention, told[0].counterparty.id), (offer.intention, wanted.intention));
    assert_eq!(told[0].counterparty.party, Some(cast.s_fund.id));
    let theirs = buyer.suggestions().all(10).await.unwrap();
    assert_eq!(theirs[0].counterparty.party, Some(cast.lp.id));
    let filter = IntentionFilter { fund: Some(cast.regional_fund), party: None };
    let board = cast.other_s_fund.client.trading().intentions(filter).all(10).await.unwrap();
    assert_eq!(board.len(), 3);
    assert!(board.iter().all(|one| one.party.is_none()), "a stranger sees no names");
    let watched = cast.regulator.client.trading().intentions(filter).all(10).await.unwrap();
    assert!(watched.iter().all(|one| one.party.is_some()));

    // It binds nothing and holds nothing.
    let held = harness::cast::units_of(&cast.lp, cast.regional_fund).await;
    assert_eq!(held, (units("10000000"), Units::ZERO));
    assert_eq!(harness::cast::cash_of(&cast.s_fund).await.1, Money::ZERO);

    let foreign = buyer.withdraw(dear.intention).await;
    assert_eq!(refusal(foreign).reason, "INTENTION_NOT_OPEN");
    lp.withdraw(offer.intention).await.unwrap();
    exchange.set_time(expires);
    harness::eventually("an empty board", || async {
        let board = buyer.intentions(filter).all(10).await.unwrap();
        board.is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_trades_while_halted_and_a_close_cancels_what_is_open() {
    use sfund_sdk::{Closing, TradingScope, TradingState};
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let lp = cast.lp.client.trading();
    let offer = lp.place(cast.sell("2000000", "1.50")).await.unwrap().order;
    let admin = cast.supervisor.client.admin();
    let scope = TradingScope::Fund(cast.fund);
    admin.set_trading_state(scope, TradingState::Halted, "news").await.unwrap();
    let no = refusal(lp.place(cast.sell("1000", "1.50")).await);
    assert_eq!((no.reason.as_str(), told(&no, "level")), ("NOT_TRADING", "the fund is halted"));
    assert_eq!(lp.order(offer).await.unwrap().state, OrderState::Open);
    admin.set_trading_state(scope, TradingState::Open, "news told").await.unwrap();
    cast.s_fund.client.trading().place(cast.buy("1000000", "1.50")).await.unwrap();
    admin.set_trading_state(scope, TradingState::Closed, "the end").await.unwrap();
    harness::eventually("the close of the order", || async {
        let closed = OrderState::Closed(Closing::MarketClosed);
        (lp.order(offer).await.unwrap().state == closed).then_some(())
    })
    .await;
    cast.all_seen().await;
    let held = harness::cast::units_of(&cast.lp, cast.fund).await;
    assert_eq!(held, (units("9000000"), Units::ZERO));
}
