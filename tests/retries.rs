//! One attempt, one effect: however often it is sent, and whatever becomes of the connection.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::collections::BTreeMap;

use harness::cast::units_of;
use harness::{Exchange, refusal, soon, units};
use sfund_sdk::{
    Closing, Decided, EntryFilter, Error, Instruction, MassCancellation, OrderAnswers, OrderFilter,
    OrderReply, OrderState, Tag, Units, Uuid,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_attempt_gets_the_same_answer_and_has_one_effect() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let trading = cast.lp.client.trading();
    let (id, order) = (Uuid::now_v7(), cast.sell("1000", "1.50"));
    let first = trading.place(order).attempt(id).await.unwrap();
    let second = trading.place(order).attempt(id).await.unwrap();
    assert!(!first.repeated && second.repeated);
    assert_eq!((second.sequence, second.time), (first.sequence, first.time));
    assert_eq!(second.value, first.value);
    assert_eq!(units_of(&cast.lp, cast.fund).await.1, units("1000"));

    // A refusal is an answer too, even when the market would now say yes.
    let (asked, much) = (Uuid::now_v7(), cast.sell("9999500", "1.50"));
    let no = refusal(trading.place(much).attempt(asked).await);
    assert_eq!(no.reason, "UNITS_NOT_AVAILABLE");
    trading.cancel(first.order).await.unwrap();
    assert_eq!(refusal(trading.place(much).attempt(asked).await), no);

    // Another body under the same id is another request, and is refused.
    let other = trading.place(cast.sell("1001", "1.50")).attempt(id).await;
    assert_eq!(refusal(other).reason, "ATTEMPT_REUSED");
    let cancel = trading.cancel(first.order).attempt(id).await;
    assert_eq!(refusal(cancel).reason, "ATTEMPT_REUSED");
    // Ids are each caller's own.
    let theirs = cast.other_lp.client.trading().place(order).attempt(id).await.unwrap();
    assert!(!theirs.repeated && theirs.order != first.order);

    // All of it holds after a restart.
    exchange.stop().await;
    exchange.start().await;
    let again = trading.place(order).attempt(id).await.unwrap();
    assert!(again.repeated && again.value == first.value);
    assert_eq!(refusal(trading.place(much).attempt(asked).await), no);
    let other = trading.place(cast.sell("1001", "1.50")).attempt(id).await;
    assert_eq!(refusal(other).reason, "ATTEMPT_REUSED");

    // Nothing is forgotten within 24 hours.
    exchange.set_time(first.time.plus_seconds(24 * 3_600 - 1));
    let late = trading.place(order).attempt(id).await.unwrap();
    assert!(late.repeated && late.value == first.value);
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_that_race_have_one_effect() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    for _ in 0..10 {
        let id = Uuid::now_v7();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let trading = cast.lp.client.trading();
                tokio::spawn(trading.place(cast.sell("1000", "1.50")).attempt(id).into_future())
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(soon("an answer", task).await.unwrap().unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| !answer.repeated).count(), 1);
        assert!(answers.iter().all(|answer| answer.value == answers[0].value));
    }
    assert_eq!(units_of(&cast.lp, cast.fund).await.1, units("10000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_finds_a_server_that_went_and_came_back() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    exchange.stop().await;
    let trading = cast.lp.client.trading();
    let waiting = tokio::spawn(trading.place(cast.sell("1000", "1.50")).into_future());
    let reading = tokio::spawn(cast.lp.client.register().holding(cast.fund).into_future());
    exchange.start().await;
    let placed = soon("the order", waiting).await.unwrap().unwrap();
    assert_eq!(placed.state, OrderState::Open);
    soon("the holding", reading).await.unwrap().unwrap();
    let open = trading.orders(OrderFilter::default()).all(10).await.unwrap();
    assert_eq!(open.len(), 1);

    // Who tries once is told that nobody knows what became of it.
    let hasty = harness::hasty(&cast.url, &cast.lp.key).await;
    exchange.stop().await;
    let lost = hasty.trading().place(cast.sell("1000", "1.50")).await.unwrap_err();
    assert!(lost.outcome_unknown(), "{lost}");
}

/// Answers by tag, until `count` are there.
async fn collect(
    answers: &mut OrderAnswers,
    count: usize,
) -> (BTreeMap<Tag, Result<Decided, Error>>, usize) {
    let (mut all, mut reopened) = (BTreeMap::new(), 0);
    while all.len() < count {
        match soon("an answer", answers.next()).await.unwrap() {
            Some(OrderReply::Answer { tag, outcome }) => {
                let before = all.insert(tag, outcome.map(|answer| answer.value));
                assert!(before.is_none(), "one answer each");
            }
            Some(OrderReply::Reopened) => reopened += 1,
            None => panic!("the stream ended"),
        }
    }
    (all, reopened)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_sends_again_what_was_not_answered_before_the_restart() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (sender, mut answers) = cast.lp.client.trading().order_stream().open().await.unwrap();
    let mut sent = 0;
    let (mut placed, mut reopenings) = (Vec::new(), 0);
    for _ in 0..3 {
        let orders = std::iter::repeat_n(Instruction::Place(cast.sell("10", "1.50")), 2_000);
        sent += sender.send_all(orders).await.unwrap().len();
        // Stopped with instructions on the wire, in the queue, and answered.
        exchange.stop().await;
        exchange.start().await;
        let (all, reopened) = collect(&mut answers, 2_000).await;
        reopenings += reopened;
        for (_, decided) in all {
            let Ok(Decided::Order(order)) = decided else { panic!("an order") };
            placed.push(order.order);
        }
    }
    assert!(0 < reopenings);
    placed.sort();
    placed.dedup();
    assert_eq!(placed.len(), sent, "an order each");
    assert_eq!(units_of(&cast.lp, cast.fund).await.1, units("60000"));
    cast.all_seen().await;
    let commands = vec!["PlaceOrder".to_owned()];
    let filter = EntryFilter { commands, ..EntryFilter::default() };
    let entries = cast.regulator.client.admin().entries(filter).all(10_000).await.unwrap();
    assert_eq!(entries.len(), sent, "each was journaled once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_session_takes_its_own_orders_with_it_and_no_others() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let trading = cast.lp.client.trading();
    let by_hand = trading.place(cast.sell("1", "1.50")).await.unwrap().order;
    let (kept, mut kept_answers) =
        trading.order_stream().cancel_on_disconnect().open().await.unwrap();
    let (lost, mut lost_answers) =
        trading.order_stream().cancel_on_disconnect().open().await.unwrap();
    let (free, mut free_answers) = trading.order_stream().open().await.unwrap();
    for sender in [&kept, &lost, &free] {
        sender.send_all([Instruction::Place(cast.sell("10", "1.51")); 5]).await.unwrap();
    }
    let mut ids = Vec::new();
    for answers in [&mut kept_answers, &mut lost_answers, &mut free_answers] {
        let (all, _) = collect(answers, 5).await;
        let orders = all.into_values().map(|decided| match decided {
            Ok(Decided::Order(order)) => order.order,
            other => panic!("{other:?}"),
        });
        ids.push(orders.collect::<Vec<_>>());
    }
    // Both of the client's ends go without a word.
    drop((lost, lost_answers, free, free_answers));
    harness::eventually("the end of the lost session's orders", || async {
        let order = trading.order(ids[1][4]).await.unwrap();
        (order.state == OrderState::Closed(Closing::Disconnected)).then_some(())
    })
    .await;
    for order in &ids[1] {
        let record = trading.order(*order).await.unwrap();
        assert_eq!(record.state, OrderState::Closed(Closing::Disconnected));
    }
    kept.close().await.unwrap();
    assert!(soon("the end", kept_answers.next()).await.unwrap().is_none());
    for order in ids[0].iter().chain(&ids[2]).chain([&by_hand]) {
        assert_eq!(trading.order(*order).await.unwrap().state, OrderState::Open, "{order}");
    }
    trading.cancel_all(MassCancellation::default()).await.unwrap();
    harness::eventually("everything back", || async {
        (units_of(&cast.lp, cast.fund).await.1 == Units::ZERO).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_crash_ended_is_cancelled_when_the_server_is_back() {
    use harness::program::Program;
    use std::time::{SystemTime, UNIX_EPOCH};
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve(folder.path(), "127.0.0.1:0", &[]);
    let address = program.address.clone();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = sfund_sdk::Time::from_nanos(u64::try_from(since.as_nanos()).unwrap());
    let cast = harness::cast::Cast::register(&program.url(), &program.keys_file(), now).await;
    let trading = cast.lp.client.trading();
    let by_hand = trading.place(cast.sell("1", "1.50")).await.unwrap().order;
    let (sender, mut answers) = trading.order_stream().cancel_on_disconnect().open().await.unwrap();
    sender.send(Instruction::Place(cast.sell("10", "1.51"))).await.unwrap();
    let (all, _) = collect(&mut answers, 1).await;
    let Some(Ok(Decided::Order(order))) = all.into_values().next() else { panic!("an order") };
    program.kill();
    let program = Program::serve(folder.path(), &address, &[]);
    match soon("the new connection", answers.next()).await.unwrap() {
        Some(OrderReply::Reopened) => {}
        other => panic!("{other:?}"),
    }
    harness::eventually("the end of the order", || async {
        let record = trading.order(order.order).await.unwrap();
        (record.state == OrderState::Closed(Closing::Disconnected)).then_some(())
    })
    .await;
    assert_eq!(trading.order(by_hand).await.unwrap().state, OrderState::Open);
    drop(program);
}
