//! Trading through the SDK: what happens, to the fen, and who is told what of it.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use harness::cast::{Cast, cash_of, text, units_of};
use harness::{Exchange, money, price, refusal, told, units};
use sfund_sdk::{
    Amendment, Cause, Closing, Currency, Liquidity, MassCancellation, Money, Order, OrderFilter,
    OrderState, SelfTrade, Side, Units, WhichOrders,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_lp_sells_to_two_s_funds_and_every_fen_is_where_it_belongs() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (lp, first, second) = (&cast.lp, &cast.s_fund, &cast.other_s_fund);
    let offered = (price("1.37"), units("3000000"));
    let quoted = lp.client.trading().quote_fees(cast.fund, Side::Sell, offered.0, offered.1);
    let quoted = quoted.await.unwrap();
    assert_eq!((quoted.currency, quoted.worth), (Currency::CNY, money("4110000.00")));
    let offer = lp.client.trading().place(cast.sell("3000000", "1.37")).await.unwrap();
    assert_eq!((offer.state, offer.hold), (OrderState::Open, Money::ZERO));
    assert_eq!(units_of(lp, cast.fund).await, (units("7000000"), units("3000000")));

    // A buyer that would pay more pays the price of the order that rested.
    let bid = cast.buy("1234567", "1.40").immediate_or_cancel();
    let bought = first.client.trading().place(bid).await.unwrap();
    assert_eq!(bought.state, OrderState::Closed(Closing::Filled));
    let [fill] = bought.fills[..] else { panic!("{:?}", bought.fills) };
    let quote = first.client.trading().quote_fees(cast.fund, Side::Buy, fill.price, fill.units);
    let quote = quote.await.unwrap();
    assert_eq!((quote.worth, quote.taker_fee), (fill.cash, fill.fee));
    assert_eq!(quote.net, fill.cash.plus(quote.taker_fee.max(quote.maker_fee)));
    assert_eq!((fill.price, fill.units), (price("1.37"), units("1234567")));
    assert_eq!((fill.cash, fill.fee), (money("1691356.79"), money("1691.35")));
    assert_eq!(fill.liquidity, Liquidity::Taker);
    assert_eq!(cash_of(first).await, (money("98306951.86"), Money::ZERO));
    assert_eq!(units_of(first, cast.fund).await, (units("1234567"), Units::ZERO));

    // The second takes what is left and waits for the rest, holding cash and the highest fee.
    let bought = second.client.trading().place(cast.buy("2000000", "1.37")).await.unwrap();
    assert_eq!((bought.state, bought.left), (OrderState::Open, units("234567")));
    assert_eq!(bought.fills[0].cash, money("2418643.21"));
    assert_eq!(bought.fills[0].fee, money("2418.64"));
    let record = second.client.trading().order(bought.order).await.unwrap().value;
    assert_eq!((record.filled, record.left), (units("1765433"), units("234567")));
    assert_eq!((record.cash, record.fees), (money("2418643.21"), money("2418.64")));
    let (available, held) = cash_of(second).await;
    assert_eq!(record.hold, held);
    assert_eq!(available.plus(held), money("97578938.15"));
    assert!(money("321678.14") <= held && held <= money("321678.15"), "{held}");

    cast.all_seen().await;
    // The LP has the cash of both trades, less its own fees, and its order is done.
    assert_eq!(cash_of(lp).await, (money("4105890.01"), Money::ZERO));
    assert_eq!(units_of(lp, cast.fund).await, (units("7000000"), Units::ZERO));
    let sold = lp.client.trading().order(offer.order).await.unwrap().value;
    assert_eq!(sold.state, OrderState::Closed(Closing::Filled));
    assert_eq!((sold.cash, sold.fees), (money("4110000.00"), money("4109.99")));
    // Two trades are rounded down twice.
    assert_eq!((quoted.maker_fee, quoted.net), (money("4110.00"), money("4105890.00")));
    let trades = lp.client.trading().my_trades().all(10).await.unwrap();
    let sides: Vec<_> = trades.iter().map(|one| (one.side, one.fill.liquidity)).collect();
    assert_eq!(sides, [(Side::Sell, Liquidity::Maker); 2]);
    assert_eq!(trades[1].fill.fee, money("1691.35"));

    // Everybody sees the trades, newest first, and the price; nobody sees a name.
    let market = cast.regulator.client.market();
    let public = market.trades(cast.fund).all(10).await.unwrap();
    assert_eq!(
        public.iter().map(|one| one.id).collect::<Vec<_>>(),
        [trades[0].fill.trade, trades[1].fill.trade]
    );
    assert!(public.iter().all(|trade| trade.taker_side == Some(Side::Buy)));
    let fund = market.fund(cast.fund).await.unwrap().value;
    assert_eq!((fund.volume.trades, fund.volume.cash), (2, money("4110000.00")));
    assert_eq!((text(fund.last_price), text(fund.best_bid)), ("1.3700".into(), "1.3700".into()));
    assert_eq!((text(fund.best_ask), fund.holders), (String::new(), 4));

    // No fen came and none went.
    let house = cast.bank.client.settlement().house_accounts().await.unwrap().value;
    assert_eq!((house[0].bank, house[0].fees), (money("-200000000.00"), money("8219.98")));
    let mut sum = house[0].bank.plus(house[0].fees);
    for player in [lp, &cast.other_lp, first, second] {
        let (available, held) = cash_of(player).await;
        sum = sum.plus(available).plus(held);
    }
    assert_eq!(sum, Money::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn e5_a_statement_says_what_changed_what_was_before_and_what_is_after() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let offer = cast.lp.client.trading().place(cast.sell("3000000", "1.37")).await.unwrap();
    cast.s_fund.client.trading().place(cast.buy("1000000", "1.37")).await.unwrap();
    cast.lp.client.trading().cancel(offer.order).await.unwrap();
    let hall = cast.operator.client.admin();
    let lock = hall.freeze(cast.lp.id, cast.fund, units("500000"), "court order 1").await.unwrap();
    hall.unlock(lock.value, "court order 2").await.unwrap();

    cast.all_seen().await;
    let lines = cast.lp.client.register().statement(cast.fund).all(100).await.unwrap();
    let causes: Vec<_> = lines.iter().rev().map(|line| line.cause).collect();
    assert_eq!(
        causes,
        [
            Cause::Issued,
            Cause::OrderPlaced,
            Cause::Traded,
            Cause::OrderClosed,
            Cause::UnitsLocked,
            Cause::UnitsUnlocked,
        ]
    );
    for pair in lines.windows(2) {
        assert_eq!(pair[0].before, pair[1].after, "nothing changes between two lines");
        assert!(pair[1].sequence < pair[0].sequence);
    }
    assert_eq!(lines[4].cause_id, offer.order.to_string());
    assert_eq!(lines[1].after.frozen, units("500000"));
    let now = cast.lp.client.register().holding(cast.fund).await.unwrap().value;
    assert_eq!((lines[0].after.available, now.total()), (now.available, units("9000000")));

    let cash = cast.s_fund.client.settlement().statement(Currency::CNY).all(100).await.unwrap();
    for pair in cash.windows(2) {
        assert_eq!(pair[0].before, pair[1].after);
    }
    assert_eq!((cash[0].after.available, cash[0].after.held), cash_of(&cast.s_fund).await);
    let spent = cash.last().unwrap().after.available.minus(cash[0].after.available);
    assert_eq!(spent, money("1371370.00"));
    let own = cast.lp.client.settlement().statement_of(cast.s_fund.id, Currency::CNY).await;
    assert_eq!(refusal(own).reason, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_amended_in_place_or_anew_and_cancelled_once() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let trading = cast.lp.client.trading();
    let first = trading.place(cast.sell("2000000", "1.50")).await.unwrap().order;
    let behind = cast.other_lp.client.trading().place(cast.sell("2000000", "1.50")).await.unwrap();

    let less = trading.amend(Amendment::of(first).units(units("1500000"))).await.unwrap();
    assert!(less.kept_time, "less keeps the place in the queue");
    cast.s_fund.client.trading().place(cast.buy("1000000", "1.50")).await.unwrap();
    cast.all_seen().await;
    let record = trading.order(first).await.unwrap().value;
    assert_eq!((record.filled, record.left), (units("1000000"), units("500000")));

    let below = trading.amend(Amendment::of(first).units(units("1000000"))).await;
    let below = refusal(below);
    assert_eq!(
        (below.reason.as_str(), told(&below, "filled")),
        ("AMENDED_BELOW_FILLED", "1000000.00")
    );
    let nothing = trading.amend(Amendment::of(first).price(price("1.50"))).await;
    assert_eq!(refusal(nothing).reason, "NOTHING_TO_AMEND");
    let dearer = trading.amend(Amendment::of(first).price(price("1.51"))).await.unwrap();
    assert!(!dearer.kept_time && dearer.state == OrderState::Open);
    let back = trading.amend(Amendment::of(first).price(price("1.50"))).await.unwrap();
    assert!(!back.kept_time, "it stands behind the other now");
    cast.s_fund.client.trading().place(cast.buy("1000000", "1.50")).await.unwrap();
    cast.all_seen().await;
    let other = cast.other_lp.client.trading().order(behind.order).await.unwrap().value;
    assert_eq!(other.filled, units("1000000"));
    assert_eq!(trading.order(first).await.unwrap().filled, units("1000000"));

    let gone = trading.cancel(first).await.unwrap();
    assert_eq!((gone.state, gone.left), (OrderState::Closed(Closing::Cancelled), units("500000")));
    assert_eq!(refusal(trading.cancel(first).await).reason, "ORDER_NOT_OPEN");
    let foreign = trading.cancel(behind.order).await;
    assert_eq!(refusal(foreign).reason, "ORDER_NOT_OPEN", "others' orders are not told of");

    let placed = [("1.60", 3), ("1.70", 2)];
    for (price, count) in placed {
        for _ in 0..count {
            trading.place(cast.sell("100000", price)).await.unwrap();
        }
    }
    trading.cancel_all(MassCancellation { fund: Some(cast.fund), party: None }).await.unwrap();
    harness::eventually("an empty book of the LP", || async {
        let open = trading.orders(OrderFilter::default()).all(10).await.unwrap();
        open.is_empty().then_some(())
    })
    .await;
    let closed = OrderFilter { which: WhichOrders::Closed, ..OrderFilter::default() };
    let closed = trading.orders(closed).all(10).await.unwrap();
    assert_eq!(closed.len(), 6);
    assert!(closed.iter().all(|order| order.state == OrderState::Closed(Closing::Cancelled)));
    assert_eq!(units_of(&cast.lp, cast.fund).await, (units("9000000"), Units::ZERO));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_shows_levels_and_hides_what_orders_hide() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (lp, other) = (cast.lp.client.trading(), cast.other_lp.client.trading());
    lp.place(cast.sell("5000000", "1.50").iceberg(units("1000000"))).await.unwrap();
    other.place(cast.sell("2000000", "1.50")).await.unwrap();
    other.place(cast.sell("3000000", "1.55")).await.unwrap();
    cast.s_fund.client.trading().place(cast.buy("1000000", "1.40")).await.unwrap();
    let book = || async {
        cast.all_seen().await;
        cast.manager.client.market().book(cast.fund, 10).await.unwrap().value
    };
    let shown = book().await;
    let asks: Vec<_> = shown.asks.iter().map(|l| (l.price, l.units, l.orders)).collect();
    assert_eq!(asks, [(price("1.50"), units("3000000"), 2), (price("1.55"), units("3000000"), 1)]);
    assert_eq!(shown.bids.len(), 1);

    // The shown part trades first, the next tranche stands behind the other order.
    let bid = cast.buy("4500000", "1.50").immediate_or_cancel();
    let bought = cast.s_fund.client.trading().place(bid).await.unwrap();
    let sizes: Vec<_> = bought.fills.iter().map(|fill| fill.units).collect();
    assert_eq!(sizes, [1_000_000, 2_000_000, 1_000_000, 500_000].map(|n| Units::from_e2(n * 100)));
    let shown = book().await;
    assert_eq!((shown.asks[0].units, shown.asks[0].orders), (units("500000"), 1));
    let one = cast.manager.client.market().book(cast.fund, 1).await.unwrap().value;
    assert_eq!((one.asks.len(), one.bids.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_or_none_fill_or_kill_post_only_and_market_orders_keep_their_word() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (lp, buyer) = (cast.lp.client.trading(), cast.s_fund.client.trading());
    let whole = lp.place(cast.sell("3000000", "1.50").all_or_none()).await.unwrap().order;
    let part = buyer.place(cast.buy("2000000", "1.50").immediate_or_cancel()).await.unwrap();
    assert_eq!(part.state, OrderState::Closed(Closing::NotFilled), "all of it or nothing");
    assert!(part.fills.is_empty());
    let both = buyer.place(cast.buy("3000000", "1.50").fill_or_kill()).await.unwrap();
    assert_eq!(both.state, OrderState::Closed(Closing::Filled));
    cast.all_seen().await;
    let record = lp.order(whole).await.unwrap();
    assert_eq!(record.state, OrderState::Closed(Closing::Filled));

    lp.place(cast.sell("1000000", "1.50")).await.unwrap();
    let killed = refusal(buyer.place(cast.buy("1000001", "1.50").fill_or_kill()).await);
    assert_eq!((killed.reason.as_str(), told(&killed, "fillable")), ("NOT_FILLABLE", "1000000.00"));
    let taking = refusal(buyer.place(cast.buy("1000000", "1.50").post_only()).await);
    assert_eq!(
        (taking.reason.as_str(), told(&taking, "price")),
        ("POST_ONLY_WOULD_TRADE", "1.5000")
    );
    let resting = buyer.place(cast.buy("1000000", "1.49").post_only()).await.unwrap();
    assert_eq!(resting.state, OrderState::Open);

    lp.place(cast.sell("1000000", "1.60")).await.unwrap();
    let market = Order::buy(cast.fund, units("5000000")).market(price("1.55"));
    let swept = buyer.place(market).await.unwrap();
    assert_eq!((swept.fills.len(), swept.left), (1, units("4000000")));
    assert_eq!(swept.state, OrderState::Closed(Closing::NotFilled), "protected at 1.55");
    let resting_market = Order::buy(cast.fund, units("1000000")).market(price("1.55"));
    let refused = buyer.place(resting_market.good_till_cancelled()).await;
    assert_eq!(refusal(refused).reason, "BAD_TIME_IN_FORCE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_nobody_trades_with_its_own_group() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let grouped = cast.operator.client.admin().affiliate(cast.s_fund.id, cast.lp.id).await.unwrap();
    let party = cast.operator.client.admin().party(cast.lp.id).await.unwrap();
    assert_eq!(party.group, grouped.value);
    let offer = cast.lp.client.trading().place(cast.sell("2000000", "1.50")).await.unwrap().order;
    let buyer = cast.s_fund.client.trading();
    let mine = buyer.place(cast.buy("1000000", "1.50")).await.unwrap();
    assert_eq!(mine.state, OrderState::Closed(Closing::SelfTrade));
    let less = cast.buy("1000000", "1.50").self_trade(SelfTrade::Decrement);
    let less = buyer.place(less).await.unwrap();
    assert!(less.fills.is_empty());
    cast.all_seen().await;
    let record = cast.lp.client.trading().order(offer).await.unwrap();
    assert_eq!((record.filled, record.left), (Units::ZERO, units("1000000")));
    let theirs = cast.other_s_fund.client.trading().place(cast.buy("1000000", "1.50")).await;
    assert_eq!(theirs.unwrap().fills.len(), 1, "others trade with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_gives_the_real_answer_and_changes_nothing() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (lp, buyer) = (cast.lp.client.trading(), cast.s_fund.client.trading());
    let before = lp.place(cast.sell("2000000", "1.50")).await.unwrap().sequence;
    let bid = cast.buy("3000000", "1.50");
    let dry = buyer.place(bid).dry_run().await.unwrap();
    assert_eq!(cash_of(&cast.s_fund).await, (money("100000000.00"), Money::ZERO));
    let real = buyer.place(bid).await.unwrap();
    assert_eq!(dry.value, real.value);
    assert_eq!(real.sequence, before.next(), "the dry run was not journaled");

    let too_much = cast.sell("10000001", "1.50");
    let dry = refusal(lp.place(too_much).dry_run().await);
    let real = refusal(lp.place(too_much).await);
    assert_eq!(dry, real);
    let cancelled = lp.cancel_all(MassCancellation::default()).dry_run().await.unwrap();
    assert!(cancelled.closed.is_empty());
    cast.all_seen().await;
    let book = cast.lp.client.market().book(cast.fund, 5).await.unwrap().value;
    assert_eq!(book.bids[0].units, units("1000000"), "dry runs cancel nothing");

    // An attempt that was a dry run is no attempt: the real one may bear its id.
    let command = buyer.place(cast.buy("1000000", "1.20"));
    let id = command.id();
    command.dry_run().await.unwrap();
    let real = buyer.place(cast.buy("1000000", "1.20")).attempt(id).await.unwrap();
    assert!(!real.repeated && real.state == OrderState::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_calls_place_the_same_orders() {
    use sfund_sdk::{Decided, Instruction, OrderReply};
    let exchange = Exchange::open().await;
    let cast: Cast = exchange.cast().await;
    let (sender, mut answers) = cast.lp.client.trading().order_stream().open().await.unwrap();
    let orders = ["1.50", "1.51", "1.52"].map(|price| Instruction::Place(cast.sell("1000", price)));
    let mut tags = sender.send_all(orders).await.unwrap();
    tags.push(sender.send(Instruction::Place(cast.sell("99999999", "1.50"))).await.unwrap());
    let (mut placed, mut refused) = (Vec::new(), Vec::new());
    for tag in &tags {
        match harness::soon("an answer", answers.next()).await.unwrap() {
            Some(OrderReply::Answer { tag: answered, outcome: Ok(answer) }) => {
                assert_eq!(answered, *tag);
                let Decided::Order(order) = answer.value else { panic!("an order") };
                placed.push(order.order);
            }
            Some(OrderReply::Answer { outcome: Err(error), .. }) => refused.push(error),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((placed.len(), refused.len()), (3, 1));
    let no = refused[0].refusal().unwrap();
    assert_eq!((no.number, no.rule.as_deref()), (Some(227), Some("A8")));
    sender.close().await.unwrap();
    assert!(harness::soon("the end", answers.next()).await.unwrap().is_none());
    let open = cast.lp.client.trading().orders(OrderFilter::default()).all(10).await.unwrap();
    assert_eq!(open.iter().map(|order| order.id).collect::<Vec<_>>(), placed);
}
