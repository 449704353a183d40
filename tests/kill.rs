//! Killed at any moment, a server comes back with all that it acknowledged, and with nothing twice.
//!
//! A round is a load from many clients and a SIGKILL at a random moment of it; now and then also
//! while the server starts again, or while it stops in order and takes its last snapshot. A store
//! lives for some rounds, so that it stays small; as many stores as there are processors live at
//! once. `SFUND_KILL_ROUNDS` sets how many rounds there are in all.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test is no library"
)]

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::cast::{Cast, random_order};
use harness::program::Program;
use harness::{fast_folder, seed, soon};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sfund::journal::sled;
use sfund::recovery;
use sfund_sdk::{Client, EntryFilter, Error, FundId, Order, OrderOutcome, Sequence, Time, Uuid};

/// Rounds that one store lives for.
const STORE_ROUNDS: u64 = 20;
/// Commands in flight.
const CLIENTS: usize = 8;

/// One attempt as its client remembers it.
#[derive(Clone)]
struct Remembered {
    trader: usize,
    id: Uuid,
    order: Order,
    /// The answer; `None` where the server was killed before it came.
    answer: Option<Result<(Sequence, OrderOutcome), u32>>,
}

/// What happened over some rounds.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    rounds: u64,
    /// Rounds that killed with commands in flight.
    in_flight: u64,
    /// Kills before the server served.
    starting: u64,
    /// Kills after the server was told to stop and before it had.
    stopping: u64,
    answers: u64,
    refused: u64,
}

/// A store, the server on it, and what its clients know.
struct Story {
    folder: tempfile::TempDir,
    rng: ChaCha8Rng,
    address: String,
    cast: Cast,
    all: Vec<Remembered>,
    journaled: Journaled,
    tally: Tally,
    /// How long a start takes here, about.
    start: Duration,
}

/// What the audit trail says of attempts, as far as it was read.
#[derive(Default)]
struct Journaled {
    next: Sequence,
    attempts: BTreeMap<Uuid, Sequence>,
}

fn rounds() -> u64 {
    std::env::var("SFUND_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_nanos(u64::try_from(since.as_nanos()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_comes_back_with_all_that_it_acknowledged() {
    let seed = seed();
    let lanes =
        u64::try_from(std::thread::available_parallelism().map_or(2, NonZero::get)).unwrap();
    let tasks: Vec<_> = (0..lanes)
        .map(|lane| {
            // Together, the lanes have as many rounds as there are to be.
            let rounds = (rounds() + lane) / lanes;
            tokio::spawn(live(seed.wrapping_add(lane), rounds))
        })
        .collect();
    let mut sum = Tally::default();
    for task in tasks {
        let tally = task.await.unwrap();
        sum.rounds += tally.rounds;
        sum.in_flight += tally.in_flight;
        sum.starting += tally.starting;
        sum.stopping += tally.stopping;
        sum.answers += tally.answers;
        sum.refused += tally.refused;
    }
    eprintln!("{sum:?}");
    assert_eq!(sum.rounds, rounds());
    assert!(sum.rounds / 2 < sum.in_flight, "most rounds kill with commands in flight: {sum:?}");
    if 100 <= sum.rounds {
        assert!(0 < sum.starting && 0 < sum.stopping, "some kill a start, some a stop: {sum:?}");
    }
    assert!(0 < sum.refused && sum.refused < sum.answers, "there are answers of both kinds");
}

/// Rounds on one store after the other.
async fn live(seed: u64, rounds: u64) -> Tally {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut sum = Tally::default();
    while sum.rounds < rounds {
        let store_seed = rng.random();
        eprintln!("a new store after {} rounds, its seed {store_seed}", sum.rounds);
        let (mut story, mut program) = begin(store_seed).await;
        for _ in 0..STORE_ROUNDS.min(rounds - sum.rounds) {
            program = story.round(program).await;
            sum.rounds += 1;
        }
        // In the end, every attempt there ever was.
        story.ask_again(0..story.all.len()).await;
        program.kill();
        story.check_store();
        sum.in_flight += story.tally.in_flight;
        sum.starting += story.tally.starting;
        sum.stopping += story.tally.stopping;
        sum.answers += u64::try_from(story.all.len()).unwrap();
        let refused = story.all.iter().filter(|one| matches!(one.answer, Some(Err(_)))).count();
        sum.refused += u64::try_from(refused).unwrap();
    }
    sum
}

async fn begin(seed: u64) -> (Story, Program) {
    // A kill takes nothing from the system's cache, and a busy disk would take minutes.
    let folder = fast_folder();
    let program = Program::serve(folder.path(), "127.0.0.1:0", &[]);
    let cast = Cast::register(&program.url(), &program.keys_file(), wall_clock()).await;
    let story = Story {
        folder,
        rng: ChaCha8Rng::seed_from_u64(seed),
        address: program.address.clone(),
        cast,
        all: Vec::new(),
        journaled: Journaled::default(),
        tally: Tally::default(),
        start: Duration::from_millis(50),
    };
    (story, program)
}

impl Story {
    /// Load, kill, check, start again, check.
    async fn round(&mut self, program: Program) -> Program {
        let begins = self.all.len();
        let is_under_load = self.load_and_kill(program).await;
        let in_flight = self.all[begins..].iter().any(|one| one.answer.is_none());
        self.tally.in_flight += u64::from(is_under_load && in_flight);
        // Whoever comes next finds what the killed one left: this process, or another server, which
        // may be killed in turn.
        while self.rng.random_ratio(1, 4) {
            let moment = self.start.mul_f64(self.rng.random_range(0.0..1.0));
            let served = Program::killed_while_it_starts(self.folder.path(), &self.address, moment);
            self.tally.starting += u64::from(!served);
        }
        let durable = self.check_store();
        let since = std::time::Instant::now();
        let program = Program::serve(self.folder.path(), &self.address, &[]);
        self.start = since.elapsed();
        assert!(durable <= program.newest);
        let older = self.rng.random_range(0..=begins).saturating_sub(10);
        self.ask_again(older..(older + 10).min(begins)).await;
        self.ask_again(begins..self.all.len()).await;
        self.account().await;
        program
    }

    /// All trade until the server is gone, which is at a moment that nobody knows. Whether it was
    /// killed in the middle of trade, and not while it stopped.
    async fn load_and_kill(&mut self, program: Program) -> bool {
        let count = Arc::new(AtomicU64::new(0));
        let mut tasks = Vec::new();
        for number in 0..CLIENTS {
            let trader = number % 4;
            let key = &self.cast.traders()[trader].key;
            let client = harness::hasty(&self.cast.url, key).await;
            let rng = ChaCha8Rng::seed_from_u64(self.rng.random());
            tasks.push(tokio::spawn(trade(
                client,
                self.cast.fund,
                trader,
                rng,
                Arc::clone(&count),
            )));
        }
        let enough = self.rng.random_range(0..80);
        harness::eventually("enough trade", || async {
            (enough <= count.load(Ordering::SeqCst)).then_some(())
        })
        .await;
        let moment = Duration::from_micros(self.rng.random_range(0..3_000));
        let is_under_load = self.rng.random_ratio(7, 8);
        if is_under_load {
            tokio::time::sleep(moment).await;
            program.kill();
        } else {
            let ended = program.killed_while_it_stops(moment * 10);
            self.tally.stopping += u64::from(!ended);
        }
        for task in tasks {
            self.all.extend(soon("the end of a trader", task).await.unwrap());
        }
        is_under_load
    }

    /// Nobody has the store open: what is brought back is what a full replay makes, every decision
    /// taken again. The newest entry.
    fn check_store(&self) -> u64 {
        let journal = sled::open(&self.store()).unwrap();
        let report = recovery::verify(&journal.reader, |_| {}).unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        let recovered = recovery::recover(&journal.reader, |_| {}).unwrap();
        assert!(recovered.unsound.is_empty(), "{:?}", recovered.unsound);
        assert_eq!(recovered.head, report.head);
        assert_eq!(recovered.projection.market().digest(), *report.market.as_bytes());
        report.head.sequence.number()
    }

    fn store(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("store")
    }

    /// Asks for attempts again and compares; what was not answered now is.
    async fn ask_again(&mut self, which: std::ops::Range<usize>) {
        let asked: Vec<_> = self.all[which.clone()]
            .iter()
            .map(|remembered| {
                let client = self.cast.traders()[remembered.trader].client.clone();
                tokio::spawn(ask(client, remembered.clone()))
            })
            .collect();
        for (remembered, task) in self.all[which].iter_mut().zip(asked) {
            remembered.answer = Some(task.await.unwrap());
        }
    }

    /// Every attempt is in the journal exactly once, and every order taken is on record.
    async fn account(&mut self) {
        self.cast.all_seen().await;
        let commands = vec!["PlaceOrder".to_owned()];
        let from = self.journaled.next;
        let filter = EntryFilter { from, commands, ..EntryFilter::default() };
        let regulator = self.cast.regulator.client.admin();
        for entry in regulator.entries(filter).all(1_000_000).await.unwrap() {
            let attempt = entry.attempt.unwrap();
            let before = self.journaled.attempts.insert(attempt, entry.sequence);
            assert_eq!(before, None, "an attempt is journaled once");
            self.journaled.next = entry.sequence.next();
        }
        assert_eq!(self.journaled.attempts.len(), self.all.len(), "nothing else was placed");
        let mut orders = BTreeSet::new();
        for remembered in &self.all {
            let sequence = self.journaled.attempts[&remembered.id];
            if let Some(Ok((answered, outcome))) = &remembered.answer {
                assert_eq!(*answered, sequence);
                assert!(orders.insert(outcome.order), "an order of its own");
            }
        }
        let newest = orders.iter().rev().take(20);
        for order in newest.copied().collect::<Vec<_>>() {
            self.cast.operator.client.trading().order(order).await.unwrap();
        }
    }
}

/// Trades until the server is gone.
async fn trade(
    client: Client,
    fund: FundId,
    trader: usize,
    mut rng: ChaCha8Rng,
    count: Arc<AtomicU64>,
) -> Vec<Remembered> {
    let mut all = Vec::new();
    loop {
        let order = random_order(fund, &mut rng, trader < 2);
        let command = client.trading().place(order);
        let id = command.id();
        let mut remembered = Remembered { trader, id, order, answer: None };
        let is_over = match command.await {
            Ok(answer) => {
                assert!(!answer.repeated);
                remembered.answer = Some(Ok((answer.sequence, answer.value)));
                false
            }
            Err(Error::Refused(refusal)) if refusal.number.is_some() => {
                remembered.answer = Some(Err(refusal.number.unwrap()));
                false
            }
            // Killed, or told to stop: the first leaves the outcome open, the second says no.
            Err(_) => true,
        };
        all.push(remembered);
        count.fetch_add(1, Ordering::SeqCst);
        if is_over {
            return all;
        }
    }
}

/// The answer to an attempt, given again; the same as before, if it was answered before.
async fn ask(client: Client, before: Remembered) -> Result<(Sequence, OrderOutcome), u32> {
    let now = match client.trading().place(before.order).attempt(before.id).await {
        Ok(answer) => {
            assert!(answer.repeated || before.answer.is_none(), "one effect");
            Ok((answer.sequence, answer.value))
        }
        Err(error) => Err(error.refusal().and_then(|no| no.number).unwrap_or_else(|| {
            panic!("{} has no answer: {error}", before.id);
        })),
    };
    if let Some(answer) = &before.answer {
        assert_eq!(*answer, now, "{}", before.id);
    }
    now
}
