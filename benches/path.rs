//! The way of a command to the disk and back, without the network: the sequencer and its sled
//! journal. Beside it, in the same run, the same bytes by the shortest way there is: appended to a
//! file and synced; and the same entries as sled is mostly used: one key for each.
//!
//! The mix is that of `shared/mix.rs`. Left out: gRPC, TLS, the conversion of messages.

#![allow(clippy::arithmetic_side_effects, reason = "a bench counts in plain numbers")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a bench looks at the events it needs")]

mod shared;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sfund::journal::{self, Block, Digest, Journal, Reader};
use sfund::recovery::recover;
use sfund::sequencer::{HandClock, Limits, Mode, Parts, Sequencer, Submission, SubmitError};
use sfund_engine::id::Sequence;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::shared::mix::{self, Ask, Recipe, Stream};
use crate::shared::{Size, median, percentile, rate, ratio, short, spaced, timed};

/// Answers that may be on their way: the queue is never empty, and never full.
const WAITING_MAX: usize = 16_384;

/// What one run took.
struct Run {
    full_queue: Duration,
    singles: Vec<Duration>,
    file: Duration,
    file_singles: Vec<Duration>,
    keys: Duration,
    blocks: usize,
    bytes: usize,
    digest: [u8; 32],
}

fn main() {
    let size = Size::asked();
    let singles = size.of(2_000, 20);
    let commands = size.of(300_000, 500);
    let recipe = Recipe {
        seed: 2,
        funds: size.of(100, 3),
        resting: size.of(20_000, 50),
        commands: commands + singles,
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
    let runs: Vec<Run> = (0..size.runs()).map(|_| run(&stream, commands)).collect();
    assert!(runs.iter().all(|run| run.digest == direct), "what is durable is what was decided");
    tell(&runs, commands);
    println!("  digest {} (the journal read again, and the engine alone)", short(&direct));
}

fn tell(runs: &[Run], commands: usize) {
    let middle = |of: fn(&Run) -> Duration| median(runs.iter().map(of).collect());
    let (full, file, keys) = (middle(|r| r.full_queue), middle(|r| r.file), middle(|r| r.keys));
    let (blocks, bytes) = (runs[0].blocks, runs[0].bytes);
    println!("at full queue, every answer after its sync:");
    println!("  sequencer and journal {:>11} commands/s", spaced(rate(commands, full)));
    println!("  file append and sync  {:>11} commands/s", spaced(rate(commands, file)));
    println!("  one sled key each     {:>11} commands/s", spaced(rate(commands, keys)));
    println!("  {blocks} blocks, {} bytes a command", bytes / commands);
    println!("  ratio to the file {}, to one key each {}", ratio(full, file), ratio(full, keys));
    let of = |percent: usize, singles: fn(&Run) -> &Vec<Duration>| {
        median(runs.iter().map(|run| percentile(singles(run), percent)).collect())
    };
    println!("one command at a time, the next after the answer:");
    for percent in [50, 99] {
        let ours = of(percent, |run| &run.singles);
        let raw = of(percent, |run| &run.file_singles);
        let ratio = ratio(ours, raw);
        println!("  p{percent}: {ours:.1?}; file append and sync {raw:.1?}; ratio {ratio}");
    }
}

fn run(stream: &Stream, commands: usize) -> Run {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let store = folder.path().join("store");
    let Journal { writer, reader, .. } =
        journal::sled::create(&store, Digest::Sha256).expect("a store");
    let projection = recover(&reader, |_| {}).expect("nothing to recover").projection;
    let parts = Parts { writer, reader: Arc::clone(&reader), projection };
    let clock = Arc::new(HandClock::new(mix::opening()));
    let fatal = Arc::new(|error| panic!("{error:?}"));
    let sequencer = Sequencer::start(parts, clock, Limits::default(), fatal).expect("threads");
    let (asks, singly) = stream.asks.split_at(commands);
    give(&sequencer, submissions(&stream.setup));
    let first = reader.newest().sequence.next();
    let asks = submissions(asks);
    let (full_queue, ()) = timed(|| give(&sequencer, asks));
    let second = reader.newest().sequence.next();
    let singles = one_at_a_time(&sequencer, submissions(singly));
    let ended = sequencer.stop().expect("it ended well");

    let blocks = blocks(reader.as_ref(), first);
    let (at_once, alone) = blocks.split_at(blocks.partition_point(|block| block.first() < second));
    let (file, _) = timed_appends(&folder.path().join("file"), at_once);
    let (_, file_singles) = timed_appends(&folder.path().join("singles"), alone);
    let keys = one_key_each(&folder.path().join("keys"), at_once);
    let again = recover(&reader, |_| {}).expect("the journal is read again");
    assert_eq!(again.projection.market().digest(), ended.digest, "replay makes the same market");
    let bytes = at_once.iter().map(|block| block.frame().len()).sum();
    let blocks = at_once.len();
    Run { full_queue, singles, file, file_singles, keys, blocks, bytes, digest: ended.digest }
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
    for submission in asks {
        if waiting == WAITING_MAX {
            answered.blocking_recv().expect("an answer");
            waiting -= 1;
        }
        match handle.submit_to(submission, 0, &answers) {
            Ok(()) => waiting += 1,
            Err(error @ (SubmitError::QueueFull | SubmitError::Stopping)) => panic!("{error}"),
        }
    }
    for _ in 0..waiting {
        answered.blocking_recv().expect("an answer");
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
