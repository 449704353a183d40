//! The power goes at any moment: what was acknowledged is on the disk, and the store opens again.
//!
//! A server runs with a layer between it and its files that writes every call down, together with
//! what was acknowledged and when. Then the disk is put together as it may look if the power goes
//! just before and just after each sync of that run, and recovery opens each of them.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use harness::acknowledged::{Acknowledged, SAID};
use harness::cast::random_order;
use harness::power::{Call, Platter, Syncs, Unsynced, read_record};
use harness::{Exchange, copy, disk, fast_folder, seed};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sfund::journal::{self, Digest, Draft, Error, Hash, Head, Journal, sled};
use sfund::recovery;
use sfund_sdk::{Client, FundId, Order, Sequence, Uuid};
use tempfile::TempDir;

/// Where the store of a run lies; set in the child that runs it.
const FOLDER: &str = "SFUND_TEST_POWER_FOLDER";
/// What the child does there.
const PART: &str = "SFUND_TEST_POWER_PART";
/// Orders before the next start, at least.
const ORDERS: u128 = 60;
/// Starts of the server in a run.
const STARTS: u128 = 4;
/// Bytes of a segment of sled's log.
const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;

/// The order with this number, and who places it.
fn order(fund: FundId, number: u128) -> (usize, Order) {
    let mut random = ChaCha8Rng::seed_from_u64(u64::try_from(number).unwrap());
    let trader = random.random_range(0..4);
    (trader, random_order(fund, &mut random, trader < 2))
}

/// Places the order with this number; what is answered, as text that compares.
async fn place(traders: &[Client], fund: FundId, number: u128) -> (Sequence, String) {
    let (trader, order) = order(fund, number);
    let id = Uuid::from_u128(number + 1);
    match traders[trader].trading().place(order).attempt(id).await {
        Ok(answer) => (answer.sequence, format!("{:?}", answer.value)),
        Err(error) => {
            let refusal = error.refusal().unwrap_or_else(|| panic!("{number}: {error}"));
            (traders[trader].newest_seen(), format!("{:?}", refusal.number))
        }
    }
}

/// A server and its clients, with some starts in between.
async fn serve(folder: &Path) {
    let mut exchange = Exchange::open_in(folder, &[]).await;
    let cast = exchange.cast().await;
    println!("{SAID}fund {}", cast.fund.number());
    let players = cast.traders();
    for player in players {
        println!("{SAID}key {}", player.key.reveal());
    }
    let traders = players.map(|player| player.client.clone());
    exchange.config.snapshot.every_entries = 40;
    let mut number = 0;
    for start in 1..=STARTS {
        exchange.stop().await;
        exchange.start().await;
        let read = exchange.running().read();
        let digest = read.digest();
        // Some alone, some together; until a snapshot was taken on the way.
        while number < start * ORDERS || read.digest() == digest {
            let together = number % 4 + 1;
            let tasks: Vec<_> = (number..number + together)
                .map(|number| {
                    let (traders, fund) = (traders.clone(), cast.fund);
                    tokio::spawn(async move {
                        let (sequence, answer) = place(&traders, fund, number).await;
                        println!("{SAID}answer {number} {sequence} {answer}");
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            number += together;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    exchange.stop().await;
}

/// A journal of large blocks and snapshots: sled uses parts of its log again.
fn write(folder: &Path) {
    let mut journal = sled::create(&folder.join("store"), Digest::Sha256).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut body = vec![0; 60_000];
    for round in 1..=400_u32 {
        let head = journal.writer.newest();
        let mut draft = Draft::new(head.sequence.next(), 1);
        random.fill_bytes(&mut body);
        draft.push(&body).unwrap();
        journal.writer.append(&draft.seal(&head, Digest::Sha256)).unwrap();
        if round % 10 != 0 && random.random_ratio(2, 3) {
            continue;
        }
        let head = journal.writer.sync().unwrap();
        println!("{SAID}answer {round} {} synced", head.sequence);
        if round % 20 == 0 {
            journal.snapshots.put(&head, head.hash, &body.repeat(10), 2).unwrap();
        }
        if round % 150 == 0 {
            drop(journal);
            journal = sled::open(&folder.join("store")).unwrap();
        }
    }
}

/// A recorded run.
struct Run {
    folder: TempDir,
    calls: Vec<Call>,
    /// The chain as it came to be.
    chain: BTreeMap<Sequence, Hash>,
    content: Content,
    /// What had been acknowledged when it began.
    acknowledged: Acknowledged,
}

/// What the entries of a journal are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Market,
    /// Bytes that only the journal understands.
    Bytes,
}

/// Plays its part, if this process is a child of [`record`].
fn is_child() -> bool {
    let (Some(folder), Ok(part)) = (std::env::var_os(FOLDER), std::env::var(PART)) else {
        return false;
    };
    let folder = Path::new(&folder);
    match part.as_str() {
        "serve" => tokio::runtime::Runtime::new().unwrap().block_on(serve(folder)),
        "write" => write(folder),
        "open" => drop(sled::open(&folder.join("store")).unwrap()),
        other => panic!("there is no part `{other}`"),
    }
    true
}

/// Plays `part` in a child of the test with this name, with the layer under the files in `root`.
fn record(test: &str, part: &str, root: &Path, to: &Path) -> Vec<Call> {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]).env(FOLDER, root).env(PART, part);
    disk::under(&mut child, root);
    let output = child.env("SFUND_DISK_RECORD", to).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    read_record(to)
}

impl Run {
    /// A run from an empty disk on.
    fn record(test: &str, part: &str, content: Content) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir(&root).unwrap();
        let calls = record(test, part, &root, &folder.path().join("record"));
        let journal = sled::open(&root.join("store")).unwrap();
        let genesis = journal.identity.genesis();
        let mut chain = BTreeMap::from([(genesis.sequence, genesis.hash)]);
        journal::replay::<Error>(&journal.reader, genesis, |sequence, _, hash, _| {
            chain.insert(sequence, hash);
            Ok(())
        })
        .unwrap();
        Self { folder, calls, chain, content, acknowledged: Acknowledged::default() }
    }

    /// The next opening of what a cut of this run left.
    fn record_opening(&self, test: &str, cut: &Cut) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [root, base] = ["root", "base"].map(|name| folder.path().join(name));
        copy(cut.folder.path(), &root);
        copy(cut.folder.path(), &base);
        let calls = record(test, "open", &root, &folder.path().join("record"));
        let acknowledged = cut.acknowledged.clone();
        Self { folder, calls, chain: self.chain.clone(), content: self.content, acknowledged }
    }

    fn syncs_count(&self) -> usize {
        self.calls.iter().filter(|call| matches!(call, Call::SyncEnd { .. })).count()
    }

    /// How often sled began a segment of its log where one had been before.
    fn segments_used_again(&self) -> usize {
        let mut begun = BTreeSet::new();
        let begins = self.calls.iter().filter_map(|call| match call {
            // What opening clears is all zeros, and begins no segment.
            Call::Write { offset, bytes, .. } if 20_000 < *offset && bytes[0] != 0 => Some(offset),
            _ => None,
        });
        begins.filter(|at| *at % SEGMENT_BYTES == 0 && !begun.insert(**at)).count()
    }

    /// Goes through the run, and hands each disk after a cut to `look`: just before and just after
    /// every `step`th sync, for each fate of what is not synced.
    fn cut(
        &self,
        syncs: Syncs,
        fates: &[Unsynced],
        step: usize,
        random: &mut ChaCha8Rng,
        mut look: impl FnMut(Cut),
    ) {
        let root = self.folder.path().join("root");
        let base = self.folder.path().join("base");
        let mut platter = Platter::new(&root, syncs);
        if base.exists() {
            platter.hold(&base, &root);
        }
        let mut acknowledged = self.acknowledged.clone();
        let mut done = random.random_range(0..step);
        for call in &self.calls {
            if let Call::Say { text } = call {
                acknowledged.hear(text);
            }
            let is_sync = matches!(call, Call::SyncEnd { .. });
            done += usize::from(is_sync);
            for side in ["before", "after"] {
                if side == "after" {
                    platter.apply(call);
                }
                for fate in fates.iter().filter(|_| is_sync && done % step == 0) {
                    // With nothing to lose, one fate is all of them.
                    if platter.has_unsynced() || *fate == Unsynced::Lost {
                        let folder = fast_folder();
                        platter.cut(folder.path(), *fate, random);
                        let what = format!("{side} sync {done}, {fate:?}");
                        look(Cut { folder, what, acknowledged: acknowledged.clone() });
                    }
                }
            }
        }
    }
}

/// A disk after a cut.
struct Cut {
    folder: TempDir,
    what: String,
    acknowledged: Acknowledged,
}

/// What the market is after each entry, as it was decided again from the start.
type Digests = Mutex<BTreeMap<Sequence, Hash>>;

impl Cut {
    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Opens the store that was closed just now. A program that another test starts at this moment
    /// holds our files, and with them the lock, until it has become that program.
    fn open_again(&self) -> Result<Journal, Error> {
        let mut tries = 0;
        loop {
            match sled::open(&self.store()) {
                Err(Error::InUse { .. }) if tries < 100 => tries += 1,
                opened => return opened,
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Opens the store and checks all that was promised; the newest entry, or what is wrong.
    fn check(&self, run: &Run, digests: &Digests) -> Result<Sequence, String> {
        let acknowledged = Sequence::new(self.acknowledged.newest);
        let mut journal = match sled::open(&self.store()) {
            Ok(journal) => journal,
            // Nobody was told of a store that is not there yet.
            Err(Error::NotAStore { .. } | Error::NeverCompleted { .. })
                if acknowledged == Sequence::ZERO =>
            {
                return Ok(Sequence::ZERO);
            }
            Err(error) => return Err(format!("the store does not open: {error:?}")),
        };
        let newest = journal.reader.newest();
        if newest.sequence < acknowledged {
            let newest = newest.sequence;
            return Err(format!("{acknowledged} was acknowledged, and {newest} is the newest"));
        }
        if run.chain.get(&newest.sequence) != Some(&newest.hash) {
            return Err(format!("{} is another one than was written", newest.sequence));
        }
        for snapshot in journal.reader.snapshots().map_err(|error| format!("{error:?}"))? {
            journal.reader.read_snapshot(snapshot).map_err(|error| format!("{error:?}"))?;
        }
        if run.content == Content::Market {
            is_what_a_replay_makes(&journal, digests)?;
        }
        let written = go_on(&mut journal);
        drop(journal);
        let again = self.open_again().map_err(|error| format!("not again: {error:?}"))?;
        let found = journal::verify_chain(&again.reader, |_| {}).map_err(|e| format!("{e:?}"))?;
        if found == written {
            Ok(newest.sequence)
        } else {
            Err("what came after is lost".to_owned())
        }
    }
}

/// Whether what is brought back is the market that every decision, taken again, makes.
fn is_what_a_replay_makes(journal: &Journal, digests: &Digests) -> Result<(), String> {
    let recovered =
        recovery::recover(&journal.reader, |_| {}).map_err(|error| format!("{error:?}"))?;
    let newest = recovered.head.sequence;
    if !recovered.unsound.is_empty() {
        return Err(format!("a snapshot is unsound: {:?}", recovered.unsound));
    }
    let digest = Hash::from_bytes(recovered.projection.market().digest());
    if digest == replayed(journal, digests)? {
        Ok(())
    } else {
        Err(format!("the market at {newest} is not what a replay makes"))
    }
}

/// Serves from what is left, and asks for every answer that was given; how many.
async fn ask_again(cut: &Cut) -> usize {
    let Acknowledged { fund: Some(fund), keys, answers, .. } = &cut.acknowledged else { return 0 };
    let mut exchange = Exchange::open_in(cut.folder.path(), &[]).await;
    let mut traders = Vec::new();
    for key in keys {
        traders.push(harness::client(&exchange.url(), &key.parse().unwrap()).await);
    }
    for (number, answer) in answers {
        let (_, again) = place(&traders, *fund, *number).await;
        assert_eq!(again, *answer, "{}: attempt {number}", cut.what);
    }
    drop(traders);
    exchange.stop().await;
    answers.len()
}

/// The digest of the market after the newest entry, every decision taken again.
fn replayed(journal: &Journal, digests: &Digests) -> Result<Hash, String> {
    let newest = journal.reader.newest().sequence;
    let known = digests.lock().unwrap().get(&newest).copied();
    if let Some(digest) = known {
        journal::verify_chain(&journal.reader, |_| {}).map_err(|error| format!("{error:?}"))?;
        return Ok(digest);
    }
    let report = recovery::verify(&journal.reader, |_| {}).map_err(|error| format!("{error:?}"))?;
    if !report.findings.is_empty() {
        return Err(format!("{:?}", report.findings));
    }
    digests.lock().unwrap().insert(newest, report.market);
    Ok(report.market)
}

/// Writes some more blocks, as the journal sees them.
fn go_on(journal: &mut Journal) -> Head {
    for _ in 0..3 {
        let head = journal.writer.newest();
        let mut draft = Draft::new(head.sequence.next(), head.term);
        draft.push(&[7; 300]).unwrap();
        journal.writer.append(&draft.seal(&head, journal.identity.digest)).unwrap();
        journal.writer.sync().unwrap();
    }
    journal.writer.newest()
}

/// Checks every cut, on all processors: how many there were, and what was found wrong.
fn check_all(cuts: impl FnOnce(&mut dyn FnMut(Cut)), run: &Run) -> (usize, Vec<String>) {
    let digests = Digests::default();
    let count = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let (cut, waiting) = crossbeam_channel::bounded::<Cut>(4);
    let workers = std::thread::available_parallelism().map_or(2, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                for cut in &waiting {
                    count.fetch_add(1, Ordering::SeqCst);
                    if let Err(why) = cut.check(run, &digests) {
                        wrong.lock().unwrap().push(format!("{}: {why}", cut.what));
                    }
                }
            });
        }
        cuts(&mut |one| cut.send(one).unwrap());
        drop(cut);
    });
    (count.into_inner(), wrong.into_inner().unwrap())
}

/// The seed of a test and what it chooses; none in the program that the test runs, or where the
/// power cannot be cut.
fn chosen() -> Option<(u64, ChaCha8Rng)> {
    if is_child() {
        return None;
    }
    if !disk::IS_POSSIBLE {
        disk::skip("cutting the power");
        return None;
    }
    let seed = seed();
    Some((seed, ChaCha8Rng::seed_from_u64(seed)))
}

const FATES: [Unsynced; 4] = [Unsynced::Lost, Unsynced::Kept, Unsynced::Some, Unsynced::Torn];

#[test]
fn a_power_cut_at_any_sync_loses_nothing_that_was_acknowledged() {
    let test = "a_power_cut_at_any_sync_loses_nothing_that_was_acknowledged";
    let Some((seed, mut random)) = chosen() else { return };
    let run = Run::record(test, "serve", Content::Market);
    let syncs = run.syncs_count();
    assert!(200 < syncs, "{syncs} syncs");
    let (count, wrong) = check_all(|look| run.cut(Syncs::All, &FATES, 1, &mut random, look), &run);
    eprintln!("{count} disks after cuts at {syncs} syncs");
    assert!(wrong.is_empty(), "seed {seed}, {} of {count}: {wrong:#?}", wrong.len());

    let step = syncs / 12;
    let mut cuts = Vec::new();
    run.cut(Syncs::All, &[Unsynced::Torn], step, &mut random, |cut| cuts.push(cut));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let asked: usize = cuts.iter().map(|cut| runtime.block_on(ask_again(cut))).sum();
    assert!(500 < asked, "{asked} attempts were asked for again");

    // Without the store's own fdatasync the same run does lose: the test can fail.
    let without = Syncs::WithoutTheExplicitOne;
    let (count, wrong) =
        check_all(|look| run.cut(without, &[Unsynced::Lost], 4, &mut random, look), &run);
    let lost = wrong.iter().filter(|why| why.contains("was acknowledged, and")).count();
    eprintln!("without the explicit sync {lost} of {count} disks have lost something");
    assert!(count / 2 < lost, "seed {seed}: {lost} of {count}, {:?}", wrong.first());
}

#[test]
fn a_power_cut_while_the_store_opens_after_a_power_cut_loses_nothing_either() {
    let test = "a_power_cut_while_the_store_opens_after_a_power_cut_loses_nothing_either";
    let Some((seed, mut random)) = chosen() else { return };
    let run = Run::record(test, "serve", Content::Market);
    let step = run.syncs_count() / 8;
    let mut first = Vec::new();
    run.cut(Syncs::All, &[Unsynced::Torn], step, &mut random, |cut| {
        if 0 < cut.acknowledged.newest {
            first.push(cut);
        }
    });
    assert!(4 < first.len(), "{} cuts to open after", first.len());
    for cut in first {
        let opening = run.record_opening(test, &cut);
        let syncs = opening.syncs_count();
        assert!(2 < syncs, "opening makes what it found durable");
        let (count, wrong) =
            check_all(|look| opening.cut(Syncs::All, &FATES, 1, &mut random, look), &opening);
        eprintln!("{}: {count} disks after cuts at {syncs} syncs of the opening", cut.what);
        assert!(wrong.is_empty(), "seed {seed}, {}: {wrong:#?}", cut.what);
    }
}

#[test]
fn a_power_cut_is_no_worse_where_the_log_is_used_again() {
    let test = "a_power_cut_is_no_worse_where_the_log_is_used_again";
    let Some((seed, mut random)) = chosen() else { return };
    let run = Run::record(test, "write", Content::Bytes);
    assert!(3 < run.segments_used_again(), "{} segments", run.segments_used_again());
    // Each disk is large: a part of them, from another beginning each time.
    let step = std::env::var("SFUND_POWER_STEP").map_or(20, |text| text.parse().unwrap());
    let (count, wrong) =
        check_all(|look| run.cut(Syncs::All, &FATES, step, &mut random, look), &run);
    eprintln!("{count} disks after cuts at {} of {} syncs", count / 8, run.syncs_count());
    assert!(wrong.is_empty(), "seed {seed}, {} of {count}: {wrong:#?}", wrong.len());
}
