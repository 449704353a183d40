//! Nothing that was acknowledged is lost, and nothing happens twice: over restarts.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use harness::cast::{Cast, cash_of, random_order, units_of};
use harness::{Exchange, seed, soon};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use sfund::journal::sled;
use sfund::recovery;
use sfund_sdk::{AuditChange, Client, Error, MarketChange, MyChange, OrderId, PartyId, Sequence};

/// What a market is, as its clients see it.
async fn seen(cast: &Cast) -> Vec<String> {
    cast.all_seen().await;
    let mut all = Vec::new();
    for player in cast.traders() {
        all.push(format!("{:?} {:?}", units_of(player, cast.fund).await, cash_of(player).await));
        let orders = player.client.trading().orders(sfund_sdk::OrderFilter::default());
        all.extend(orders.all(1_000).await.unwrap().iter().map(|order| format!("{order:?}")));
        let trades = player.client.trading().my_trades().all(1_000).await.unwrap();
        all.extend(trades.iter().map(|trade| format!("{trade:?}")));
    }
    all.push(format!("{:?}", cast.lp.client.market().book(cast.fund, 50).await.unwrap().value));
    all.push(format!("{:?}", cast.lp.client.market().fund(cast.fund).await.unwrap().value));
    all
}

async fn trade_some(cast: &Cast, rng: &mut ChaCha8Rng, orders: usize) {
    for number in 0..orders {
        let trader = number % 4;
        let order = random_order(cast.fund, rng, trader < 2);
        let client: &Client = &cast.traders()[trader].client;
        match client.trading().place(order).await {
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_changes_nothing_and_the_digest_says_so() {
    let seed = seed();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    for _ in 0..3 {
        trade_some(&cast, &mut rng, 120).await;
        let before = seen(&cast).await;
        let ended = exchange.stop().await;
        let journal = sled::open(exchange.store()).unwrap();
        let verified = recovery::verify(&journal.reader, |_| {}).unwrap();
        assert!(verified.findings.is_empty(), "seed {seed}: {:?}", verified.findings);
        assert_eq!(*verified.market.as_bytes(), ended.digest, "seed {seed}");
        let recovered = recovery::recover(&journal.reader, |_| {}).unwrap();
        assert_eq!(recovered.projection.market().digest(), ended.digest, "seed {seed}");
        drop((journal, recovered));
        exchange.start().await;
        assert_eq!(seen(&cast).await, before, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_and_the_tail_after_it_are_the_whole_market() {
    let seed = seed();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut exchange = Exchange::open_with(&[("snapshot.every_entries", "1000")]).await;
    let cast = exchange.cast().await;
    trade_some(&cast, &mut rng, 1_500).await;
    let before = seen(&cast).await;
    let ended = exchange.stop().await;
    let journal = sled::open(exchange.store()).unwrap();
    let report = recovery::verify(&journal.reader, |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert!(0 < report.snapshots, "a snapshot was taken on the way");
    assert_eq!(*report.market.as_bytes(), ended.digest, "seed {seed}");
    drop(journal);
    exchange.start().await;
    trade_some(&cast, &mut rng, 20).await;
    assert_ne!(seen(&cast).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_go_on_over_a_restart_and_give_every_event_once() {
    let seed = seed();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let start = cast.operator.client.newest_seen();
    let stop = Arc::new(AtomicU64::new(u64::MAX));
    let entries = tokio::spawn(read_entries(cast.regulator.client.clone(), Arc::clone(&stop)));
    let trades = tokio::spawn(read_trades(cast.manager.client.clone(), start, Arc::clone(&stop)));
    let mine = tokio::spawn(read_mine(cast.s_fund.client.clone(), start, Arc::clone(&stop)));
    for _ in 0..3 {
        trade_some(&cast, &mut rng, 60).await;
        exchange.stop().await;
        exchange.start().await;
    }
    trade_some(&cast, &mut rng, 60).await;
    // A last thing that each of the three hears of.
    cast.lp.client.trading().place(cast.sell("1000", "2.00")).await.unwrap();
    let last = cast.s_fund.client.trading().place(cast.buy("600000", "2.00")).await.unwrap();
    assert!(!last.fills.is_empty(), "the last order trades");
    stop.store(last.sequence.number(), Ordering::SeqCst);

    let entries = soon("the audit trail", entries).await.unwrap();
    let expected: Vec<_> = (1..=last.sequence.number()).map(Sequence::new).collect();
    assert_eq!(entries, expected, "seed {seed}");
    cast.all_seen().await;
    let mut public = cast.regulator.client.market().trades(cast.fund).all(10_000).await.unwrap();
    public.reverse();
    let heard = soon("the trades", trades).await.unwrap();
    assert_eq!(heard, public.iter().map(|trade| trade.id.number()).collect::<Vec<_>>());
    let (placed, traded) = soon("the events of a party", mine).await.unwrap();
    let own = placed_of(&cast, cast.s_fund.id).await;
    assert_eq!(placed, own, "seed {seed}");
    let own = cast.s_fund.client.trading().my_trades().all(10_000).await.unwrap();
    let own: Vec<_> = own.iter().rev().map(|trade| trade.fill.trade.number()).collect();
    assert_eq!(traded, own, "seed {seed}");
}

async fn placed_of(cast: &Cast, party: PartyId) -> Vec<OrderId> {
    let mut placed = BTreeSet::new();
    for which in [sfund_sdk::WhichOrders::Open, sfund_sdk::WhichOrders::Closed] {
        let filter = sfund_sdk::OrderFilter { party: Some(party), fund: None, which };
        let orders = cast.operator.client.trading().orders(filter).all(10_000).await.unwrap();
        placed.extend(orders.into_iter().map(|order| (order.placed_sequence, order.id)));
    }
    placed.into_iter().map(|(_, order)| order).collect()
}

async fn read_entries(client: Client, stop: Arc<AtomicU64>) -> Vec<Sequence> {
    let mut stream = client.admin().entries_after(Sequence::ZERO);
    let mut all = Vec::new();
    while all.last().is_none_or(|last: &Sequence| last.number() < stop.load(Ordering::SeqCst)) {
        match tokio::time::timeout(Duration::from_millis(200), stream.next()).await {
            Ok(Ok(AuditChange::Entry(entry))) => all.push(entry.sequence),
            Ok(Ok(AuditChange::CaughtUp(_))) | Err(_) => {}
            Ok(Err(error)) => panic!("{error}"),
        }
    }
    all
}

async fn read_trades(client: Client, start: Sequence, stop: Arc<AtomicU64>) -> Vec<u64> {
    let mut stream = client.market().stream().after(start).open();
    let mut all = Vec::new();
    loop {
        let next = tokio::time::timeout(Duration::from_millis(500), stream.next()).await;
        match next {
            Ok(Ok(happening)) => {
                if let MarketChange::Trade(trade) = happening.change {
                    all.push(trade.id.number());
                }
            }
            Ok(Err(error)) => panic!("{error}"),
            // Nothing comes any more: the last order was the last to trade.
            Err(_) if stop.load(Ordering::SeqCst) <= stream.complete().number() => return all,
            Err(_) => {}
        }
    }
}

async fn read_mine(
    client: Client,
    start: Sequence,
    stop: Arc<AtomicU64>,
) -> (Vec<OrderId>, Vec<u64>) {
    let mut stream = client.trading().my_events().after(start).open();
    let (mut placed, mut traded) = (Vec::new(), Vec::new());
    loop {
        match tokio::time::timeout(Duration::from_millis(500), stream.next()).await {
            Ok(Ok(happening)) => match happening.change {
                MyChange::OrderPlaced { order, .. } => placed.push(order),
                MyChange::Traded(trade) => traded.push(trade.fill.trade.number()),
                _ => {}
            },
            Ok(Err(error)) => panic!("{error}"),
            // The sign of life after the last order says that all of it has come.
            Err(_) if stop.load(Ordering::SeqCst) <= stream.complete().number() => {
                return (placed, traded);
            }
            Err(_) => {}
        }
    }
}
