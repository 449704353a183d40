//! The way of a command to the disk and back, without the network: the sequencer and its sled
//! journal. Beside it, in the same run, the same bytes by the shortest way there is: appended to a
//! file and synced; and the same entries as sled is mostly used: one key for each.
//!
//! The mix is that of `shared/mix.rs`. Left out: gRPC, TLS, the conversion of messages.

#![allow(clippy::arithmetic_side_effects, reason = "a bench counts in plain numbers")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a bench looks at the events it needs")]

mod shared;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sfund::journal::{self, Block, Digest, Journal, Reader};
use sfund::recovery::recover;
use sfund::sequencer::{
    HandClock, Handle, Limits, Mode, Parts, Sequencer, Submission, SubmitError,
};
use sfund::stream::{Live, Step};
use sfund_engine::id::Sequence;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::shared::mix::{self, Ask, Recipe, Stream};
use crate::shared::{Size, median, permille, rate, ratio, short, spaced, thread_times, timed};

/// Answers that may be on their way: the queue is never empty, and never full.
const WAITING_MAX: usize = 16_384;
/// Commands a second of the paced run.
const PACE: u32 = 100_000;
/// Commands a second of the run with subscribers, of whom each takes every entry.
const PACE_SUBSCRIBED: u32 = 5_000;

/// How many commands each part of a run gives.
struct Plan {
    full_queue: usize,
    paced: usize,
    alone: usize,
    subscribed: usize,
    subscribers: usize,
}

/// What one run took.
struct Run {
    full_queue: Duration,
    /// Processor time at full queue, by thread.
    threads: BTreeMap<String, Duration>,
    paced: Vec<Duration>,
    singles: Vec<Duration>,
    /// Paced slowly: nobody listens, and many do.
    unheard: Vec<Duration>,
    heard: Vec<Duration>,
    file: Duration,
    file_singles: Vec<Duration>,
    keys: Duration,
    blocks: usize,
    bytes: usize,
    digest: [u8; 32],
}

fn main() {
    let size = Size::asked();
    let plan = Plan {
        full_queue: size.of(300_000, 500),
        paced: size.of(100_000, 100),
        alone: size.of(2_000, 20),
        subscribed: size.of(5_000, 50),
        subscribers: size.of(1_000, 10),
    };
    let recipe = Recipe {
        seed: 2,
        funds: size.of(100, 3),
        resting: size.of(20_000, 50),
        commands: plan.full_queue + plan.paced + plan.alone + 2 * plan.subscribed,
    };
    let stream = recipe.stream();
    println!("path: {} funds, about {} orders resting", recipe.funds, recipe.resting);
    println!("  mix of seed {}: {}", recipe.seed, stream.counts);
    let direct = {
        let mut market = mix::market_of(&stream.setup);
        let mut events = Vec::new();
        for ask in &stream.asks {
            mix::step(&mut market, ask, &mut events);
        }
        market.digest()
    };
    let runs: Vec<Run> = (0..size.runs()).map(|_| run(&stream, &plan)).collect();
    assert!(runs.iter().all(|run| run.digest == direct), "what is durable is what was decided");
    tell_full_queue(&runs, &plan);
    tell_latencies(&runs, &plan);
    println!("  digest {} (the journal read again, and the engine alone)", short(&direct));
}

fn tell_full_queue(runs: &[Run], plan: &Plan) {
    let commands = plan.full_queue;
    let middle = |of: fn(&Run) -> Duration| median(runs.iter().map(of).collect());
    let (full, file, keys) = (middle(|r| r.full_queue), middle(|r| r.file), middle(|r| r.keys));
    let (blocks, bytes) = (runs[0].blocks, runs[0].bytes);
    println!("at full queue, every answer after its sync:");
    println!("  sequencer and journal {:>11} commands/s", spaced(rate(commands, full)));
    println!("  file append and sync  {:>11} commands/s", spaced(rate(commands, file)));
    println!("  one sled key each     {:>11} commands/s", spaced(rate(commands, keys)));
    println!("  {blocks} blocks, {} bytes a command", bytes / commands);
    println!("  ratio to the file {}, to one key each {}", ratio(full, file), ratio(full, keys));
    println!("  processor time of a command, in nanoseconds:");
    let mut sum = 0;
    for name in runs[0].threads.keys() {
        let times = runs.iter().map(|run| run.threads.get(name).copied().unwrap_or_default());
        let each = median(times.collect()).as_nanos() / u128::try_from(commands).expect("few");
        sum += each;
        if each != 0 {
            println!("    {name:<16} {each:>6}");
        }
    }
    println!("    {:<16} {sum:>6}", "all");
}

fn tell_latencies(runs: &[Run], plan: &Plan) {
    type Times = fn(&Run) -> &Vec<Duration>;
    let of = |share: usize, times: Times| {
        median(runs.iter().map(|run| permille(times(run), share)).collect())
    };
    let sync = of(500, |run| &run.file_singles);
    let Plan { subscribers, .. } = plan;
    println!("from submission to the answer, which is durable:");
    let rows: [(String, Times); 5] = [
        (format!("{PACE} commands/s"), |run| &run.paced),
        ("one at a time".to_owned(), |run| &run.singles),
        (format!("{PACE_SUBSCRIBED} commands/s"), |run| &run.unheard),
        (format!("and {subscribers} subscribers"), |run| &run.heard),
        ("file append and sync".to_owned(), |run| &run.file_singles),
    ];
    for (what, times) in rows {
        let [p50, p99, p999] = [500, 990, 999].map(|share| of(share, times));
        let ratio = ratio(p99, sync);
        println!("  {what:<22} p50 {p50:.0?}, p99 {p99:.0?} (ratio {ratio}), p99.9 {p999:.0?}");
    }
    println!("  the ratio is to the p50 of file append and sync");
}

fn run(stream: &Stream, plan: &Plan) -> Run {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let store = folder.path().join("store");
    let Journal { writer, reader, .. } =
        journal::sled::create(&store, Digest::Sha256).expect("a store");
    let projection = recover(&reader, |_| {}).expect("nothing to recover").projection;
    let parts = Parts { writer, reader: Arc::clone(&reader), projection };
    let clock = Arc::new(HandClock::new(mix::opening()));
    let fatal = Arc::new(|error| panic!("{error:?}"));
    let sequencer = Sequencer::start(parts, clock, Limits::default(), fatal).expect("threads");
    give(&sequencer, submissions(&stream.setup));
    let mut asks = stream.asks.as_slice();
    let mut next = |count| {
        let (now, later) = asks.split_at(count);
        asks = later;
        submissions(now)
    };
    let first = reader.newest().sequence.next();
    let at_once = next(plan.full_queue);
    let before = thread_times();
    let (full_queue, ()) = timed(|| give(&sequencer, at_once));
    let mut threads = thread_times();
    for (name, time) in &mut threads {
        *time -= before.get(name).copied().unwrap_or_default().min(*time);
    }
    let second = reader.newest().sequence.next();
    let singles = one_at_a_time(&sequencer, next(plan.alone));
    let third = reader.newest().sequence.next();
    let paced = at_a_pace(&sequencer.handle(), next(plan.paced), PACE);
    let unheard = at_a_pace(&sequencer.handle(), next(plan.subscribed), PACE_SUBSCRIBED);
    let (heard, listening) = {
        let runtime = Runtime::new().expect("a runtime");
        let asks = next(plan.subscribed);
        let from = reader.newest().sequence.next();
        let listening = listen(&runtime, &sequencer.live(), from, asks.len(), plan.subscribers);
        (at_a_pace(&sequencer.handle(), asks, PACE_SUBSCRIBED), runtime.block_on(listening))
    };
    assert_eq!(listening, plan.subscribers * plan.subscribed, "everyone heard everything");
    let ended = sequencer.stop().expect("it ended well");

    let blocks = blocks(reader.as_ref(), first);
    let until = |sequence| blocks.partition_point(|block| block.first() < sequence);
    let (at_once, alone) = (&blocks[..until(second)], &blocks[until(second)..until(third)]);
    let (file, _) = timed_appends(&folder.path().join("file"), at_once);
    let (_, file_singles) = timed_appends(&folder.path().join("singles"), alone);
    let keys = one_key_each(&folder.path().join("keys"), at_once);
    let again = recover(&reader, |_| {}).expect("the journal is read again");
    assert_eq!(again.projection.market().digest(), ended.digest, "replay makes the same market");
    let bytes = at_once.iter().map(|block| block.frame().len()).sum();
    let (blocks, digest) = (at_once.len(), ended.digest);
    Run {
        full_queue,
        threads,
        paced,
        singles,
        unheard,
        heard,
        file,
        file_singles,
        keys,
        blocks,
        bytes,
        digest,
    }
}

fn submissions(asks: &[Ask]) -> Vec<Submission> {
    let submission = |(caller, command): &Ask| Submission {
        caller: *caller,
        attempt: None,
        command: command.clone(),
        mode: Mode::Commit,
    };
    asks.iter().map(submission).collect()
}

/// As many at once as may wait; returns when each is answered.
fn give(sequencer: &Sequencer, asks: Vec<Submission>) {
    let handle = sequencer.handle();
    let (answers, mut answered) = mpsc::channel(WAITING_MAX);
    let mut waiting = 0;
    let mut batch = Vec::new();
    for submission in asks {
        if waiting == WAITING_MAX {
            waiting -= answered.blocking_recv_many(&mut batch, WAITING_MAX);
            batch.clear();
        }
        match handle.submit_to(submission, 0, &answers) {
            Ok(()) => waiting += 1,
            Err(error @ (SubmitError::QueueFull | SubmitError::Stopping)) => panic!("{error}"),
        }
    }
    while waiting != 0 {
        waiting -= answered.blocking_recv_many(&mut batch, WAITING_MAX);
        batch.clear();
    }
}

fn one_at_a_time(sequencer: &Sequencer, asks: Vec<Submission>) -> Vec<Duration> {
    let runtime = Runtime::new().expect("a runtime");
    let handle = sequencer.handle();
    let time = |submission| {
        let (time, answer) = timed(|| runtime.block_on(handle.submit(submission)));
        answer.expect("an answer");
        time
    };
    asks.into_iter().map(time).collect()
}

/// So many a second, whatever the answers do; what is due is submitted when the thread wakes.
fn at_a_pace(handle: &Handle, asks: Vec<Submission>, a_second: u32) -> Vec<Duration> {
    let (answers, mut answered) = mpsc::channel(asks.len());
    let count = asks.len();
    let listener = thread::spawn(move || {
        let mut came = vec![Instant::now(); count];
        for _ in 0..count {
            let (tag, _) = answered.blocking_recv().expect("an answer");
            came[usize::try_from(tag).expect("a place")] = Instant::now();
        }
        came
    });
    let pause = Duration::from_secs(1) / a_second;
    let mut due = Instant::now();
    let mut given = Vec::with_capacity(count);
    for (tag, submission) in (0..).zip(asks) {
        while let Some(early) = due.checked_duration_since(Instant::now()) {
            thread::sleep(early);
        }
        given.push(Instant::now());
        handle.submit_to(submission, tag, &answers).expect("there is room");
        due += pause;
    }
    let came = listener.join().expect("every answer came");
    came.into_iter().zip(given).map(|(came, given)| came - given).collect()
}

/// Lets subscribers take `count` entries each from `from` on, once all of them are live; says how
/// many they took in all.
fn listen(
    runtime: &Runtime,
    live: &Live,
    from: Sequence,
    count: usize,
    subscribers: usize,
) -> impl Future<Output = usize> + use<> {
    let last = Sequence::new(from.number() + u64::try_from(count).expect("a count") - 1);
    let mut tasks = Vec::new();
    let (ready, are_ready) = std::sync::mpsc::channel();
    for _ in 0..subscribers {
        let ready = ready.clone();
        let mut stream = live.subscribe(from).expect("a stream from now on");
        tasks.push(runtime.spawn(async move {
            let mut taken = 0;
            loop {
                match stream.next().await.expect("nobody is cut") {
                    Step::CaughtUp => ready.send(()).expect("they are waited for"),
                    Step::Entry(item) => {
                        taken += 1;
                        if item.header().sequence == last {
                            return taken;
                        }
                    }
                }
            }
        }));
    }
    (0..subscribers).for_each(|_| are_ready.recv().expect("every subscriber catches up"));
    async move {
        let mut all = 0;
        for task in tasks {
            all += task.await.expect("a subscriber ends");
        }
        all
    }
}

fn blocks(reader: &dyn Reader, first: Sequence) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut next = first;
    while next <= reader.newest().sequence {
        let read = reader.read(next, 1 << 22).expect("the journal is sound");
        next = read.last().expect("there is more").head().sequence.next();
        blocks.extend(read);
    }
    blocks
}

/// All of it, and each append with its sync.
fn timed_appends(path: &Path, blocks: &[Block]) -> (Duration, Vec<Duration>) {
    let mut file = File::create(path).expect("a file");
    let append = |block: &Block| {
        let (time, ()) = timed(|| {
            file.write_all(block.frame()).expect("room");
            file.sync_data().expect("a sync");
        });
        time
    };
    let (all, each) = timed(|| blocks.iter().map(append).collect());
    (all, each)
}

/// The entries of a block as keys of their own, flushed and synced where the block was.
fn one_key_each(folder: &Path, blocks: &[Block]) -> Duration {
    let config = sled::Config::new().path(folder).flush_every_ms(None);
    let db = config.open().expect("a store");
    let file = File::open(folder.join("db")).expect("its file");
    let write = || {
        for block in blocks {
            for (sequence, _, body) in block.entries() {
                db.insert(sequence.number().to_be_bytes(), body).expect("room");
            }
            db.flush().expect("a flush");
            file.sync_data().expect("a sync");
        }
    };
    timed(write).0
}
