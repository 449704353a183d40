//! Nothing that was acknowledged is lost, and nothing happens twice: over kills and restarts.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::cast::{Cast, Player, cash_of, units_of};
use harness::program::{Program, verify};
use harness::{Exchange, seed, soon};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sfund::journal::sled;
use sfund::recovery;
use sfund_sdk::{
    AuditChange, Client, EntryFilter, Error, MarketChange, MyChange, Order, OrderId, OrderOutcome,
    PartyId, Sequence, Time, Uuid,
};

/// One attempt as its client remembers it.
#[derive(Clone)]
struct Remembered {
    trader: usize,
    id: Uuid,
    order: Order,
    /// The answer; `None` where the server was killed before it came.
    answer: Option<Result<(Sequence, OrderOutcome), u32>>,
}

/// Rounds of killing; the long version sets more.
fn rounds() -> u64 {
    std::env::var("SFUND_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_nanos(u64::try_from(since.as_nanos()).unwrap())
}

/// Some of these the market takes and some it refuses.
fn random_order(cast: &Cast, rng: &mut ChaCha8Rng, sells: bool) -> Order {
    let price = sfund_sdk::Price::from_e4(rng.random_range(140..160) * 100);
    let units = |units: u64| sfund_sdk::Units::from_e2(units * 100);
    let order = if sells {
        let much = if rng.random_ratio(1, 8) { 20_000_000 } else { rng.random_range(1..2_000) };
        Order::sell(cast.fund, units(much)).limit(price)
    } else {
        let few = if rng.random_ratio(1, 8) { 10 } else { rng.random_range(720_000..750_000) };
        Order::buy(cast.fund, units(few)).limit(price)
    };
    if rng.random_ratio(1, 3) { order.immediate_or_cancel() } else { order.good_till_cancelled() }
}

/// Trades until the server is gone.
async fn trade(
    cast: Arc<Cast>,
    trader: usize,
    seed: u64,
    count: Arc<AtomicU64>,
) -> Vec<Remembered> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let player = traders(&cast)[trader].clone();
    let client = harness::hasty(&cast.url, &player.key).await;
    let mut all = Vec::new();
    loop {
        let order = random_order(&cast, &mut rng, trader < 2);
        let command = client.trading().place(order);
        let id = command.id();
        let answer = command.await;
        let mut remembered = Remembered { trader, id, order, answer: None };
        let is_over = match answer {
            Ok(answer) => {
                assert!(!answer.repeated);
                remembered.answer = Some(Ok((answer.sequence, answer.value)));
                false
            }
            Err(Error::Refused(refusal)) => {
                remembered.answer = Some(Err(refusal.number.unwrap()));
                false
            }
            Err(error) => {
                assert!(error.outcome_unknown(), "{error}");
                true
            }
        };
        all.push(remembered);
        count.fetch_add(1, Ordering::SeqCst);
        if is_over {
            return all;
        }
    }
}

fn traders(cast: &Cast) -> [&Player; 4] {
    [&cast.lp, &cast.other_lp, &cast.s_fund, &cast.other_s_fund]
}

/// Asks for every attempt again and compares; what was not answered now is.
async fn ask_again(cast: &Cast, all: &mut [Remembered]) {
    for remembered in all {
        let client = &traders(cast)[remembered.trader].client;
        let again = client.trading().place(remembered.order).attempt(remembered.id).await;
        let now = match again {
            Ok(answer) => {
                assert!(answer.repeated || remembered.answer.is_none(), "one effect");
                Ok((answer.sequence, answer.value))
            }
            Err(error) => Err(error.refusal().and_then(|no| no.number).unwrap_or_else(|| {
                panic!("{} has no answer: {error}", remembered.id);
            })),
        };
        match &remembered.answer {
            Some(before) => assert_eq!(*before, now, "{}", remembered.id),
            None => remembered.answer = Some(now),
        }
    }
}

/// What the audit trail says of attempts, as far as it was read.
#[derive(Default)]
struct Journaled {
    next: Sequence,
    attempts: BTreeMap<Uuid, Sequence>,
}

/// Every attempt is in the journal exactly once, and every order taken is on record.
async fn account(cast: &Cast, journaled: &mut Journaled, all: &[Remembered]) {
    cast.all_seen().await;
    let commands = vec!["PlaceOrder".to_owned()];
    let filter = EntryFilter { from: journaled.next, commands, ..EntryFilter::default() };
    let entries = cast.regulator.client.admin().entries(filter).all(1_000_000).await.unwrap();
    for entry in &entries {
        let before = journaled.attempts.insert(entry.attempt.unwrap(), entry.sequence);
        assert_eq!(before, None, "an attempt is journaled once");
        journaled.next = entry.sequence.next();
    }
    assert_eq!(journaled.attempts.len(), all.len(), "nothing else was placed");
    let mut orders = BTreeSet::new();
    for remembered in all {
        let sequence = journaled.attempts[&remembered.id];
        if let Some(Ok((answered, outcome))) = &remembered.answer {
            assert_eq!(*answered, sequence);
            assert!(orders.insert(outcome.order), "an order of its own");
        }
    }
    // The read models forget what closed long ago.
    let answers = all.iter().rev().filter_map(|remembered| remembered.answer.as_ref());
    for (_, outcome) in answers.flatten().take(100) {
        cast.operator.client.trading().order(outcome.order).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_comes_back_with_all_that_it_acknowledged() {
    let seed = seed();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let settings = ["--snapshot.every_entries", "1000"];
    let mut program = Program::serve(folder.path(), "127.0.0.1:0", &settings);
    let address = program.address.clone();
    let cast = Cast::register(&program.url(), &program.keys_file(), wall_clock()).await;
    let cast = Arc::new(cast);
    let (mut all, mut journaled) = (Vec::new(), Journaled::default());
    for round in 0..rounds() {
        let round_begins = all.len();
        let count = Arc::new(AtomicU64::new(0));
        let tasks: Vec<_> = (0..8)
            .map(|one| {
                let count = Arc::clone(&count);
                tokio::spawn(trade(Arc::clone(&cast), one % 4, rng.random(), count))
            })
            .collect();
        // Killed after a random number of answers: in the middle of whatever it does then.
        let enough = rng.random_range(1..600);
        harness::eventually("enough trade", || async {
            (enough <= count.load(Ordering::SeqCst)).then_some(())
        })
        .await;
        program.kill();
        for task in tasks {
            all.extend(soon("the end of a trader", task).await.unwrap());
        }
        let verified = verify(folder.path());
        assert_eq!(verified["sound"], true, "seed {seed}, round {round}: {verified}");
        program = Program::serve(folder.path(), &address, &settings);
        assert!(verified["entries"].as_u64().unwrap() <= program.newest);
        // All of this round, and some of those before.
        let older = rng.random_range(0..=round_begins).saturating_sub(100);
        ask_again(&cast, &mut all[older..(older + 100).min(round_begins)]).await;
        ask_again(&cast, &mut all[round_begins..]).await;
        account(&cast, &mut journaled, &all).await;
    }
    let answers = all.iter().filter_map(|one| one.answer.as_ref());
    let refused = answers.filter(|answer| answer.is_err()).count();
    assert!(0 < refused && refused < all.len(), "both kinds of answers were asked for again");
    program.kill();
    assert_eq!(verify(folder.path())["sound"], true);
}

/// What a market is, as its clients see it.
async fn seen(cast: &Cast) -> Vec<String> {
    cast.all_seen().await;
    let mut all = Vec::new();
    for player in traders(cast) {
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
        let order = random_order(cast, rng, trader < 2);
        let client: &Client = &traders(cast)[trader].client;
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
