//! A disk that fails, at every call that a server makes of it: the server stops and says what to
//! do next, and what it acknowledged is there once the disk is well again.
//!
//! A layer between the program and its files lets one call fail, or one read come back wrong; then
//! the call after it, in another run; and so on, until a run makes no more calls.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test is no library"
)]

mod harness;

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use harness::cast::Cast;
use harness::program::{Program, log, verify};
use harness::{disk, eventually, hasty};
use sfund_sdk::{ApiKey, FundId, Order, OrderOutcome, Sequence, Time, Uuid};
use tempfile::TempDir;

/// Orders of one run.
const ORDERS: u128 = 6;
const EIO: u32 = 5;
const ENOSPC: u32 = 28;

/// A store that somebody traded on, its server killed.
struct Base {
    folder: TempDir,
    key: ApiKey,
    fund: FundId,
}

/// What came of a run on a faulty disk.
#[derive(Debug)]
struct Run {
    fault: String,
    /// None: it did not end by itself.
    status: Option<ExitStatus>,
    /// How the next start ended, and all that was said by then; none: it served.
    refused: Option<(ExitStatus, String)>,
    served: bool,
    said: String,
    answered: Vec<(Sequence, OrderOutcome)>,
    /// Calls that could have been hit.
    calls: u64,
}

async fn base() -> Base {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve(folder.path(), "127.0.0.1:0", &[]);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Time::from_nanos(u64::try_from(since.as_nanos()).unwrap());
    let cast = Cast::register(&program.url(), &program.keys_file(), now).await;
    let client = &cast.lp.client;
    client.trading().place(cast.sell("100", "1.50")).await.unwrap();
    program.kill();
    fs::remove_file(folder.path().join("server.log")).unwrap();
    Base { folder, key: cast.lp.key.clone(), fund: cast.fund }
}

impl Base {
    fn order(&self, number: u128) -> Order {
        let units = sfund_sdk::Units::from_e2(100 * (1 + u64::try_from(number).unwrap()));
        Order::sell(self.fund, units).limit(harness::price("1.60")).good_till_cancelled()
    }

    /// Runs on a copy of the store, with this fault, and then without.
    async fn run(&self, fault: String) -> Run {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        harness::copy(self.folder.path(), &root);
        let count = folder.path().join("count");
        let served = Program::try_serve(&root, "127.0.0.1:0", |command| {
            disk::under(command, &root.join("store"));
            command.env("SFUND_DISK_FAULT", &fault).env("SFUND_DISK_COUNT", &count);
        });
        let mut run = Run {
            fault,
            status: None,
            refused: None,
            served: served.is_ok(),
            said: String::new(),
            answered: Vec::new(),
            calls: 0,
        };
        match served {
            Ok(program) => self.trade(program, &mut run).await,
            Err(status) => run.status = Some(status),
        }
        run.said = log(&root);
        run.calls = fs::metadata(&count).map_or(0, |found| found.len());
        self.restart(&root, &mut run).await;
        run
    }

    /// Trades until the server fails, or as long as was meant.
    async fn trade(&self, mut program: Program, run: &mut Run) {
        let client = hasty(&program.url(), &self.key).await;
        for number in 0..ORDERS {
            let place = client.trading().place(self.order(number));
            match place.attempt(Uuid::from_u128(number + 1)).await {
                Ok(answer) => run.answered.push((answer.sequence, answer.value)),
                Err(_) => {
                    let ended = eventually("the end of the server", || {
                        let ended = program.ended();
                        async move { ended }
                    });
                    run.status = Some(ended.await);
                    return;
                }
            }
        }
        program.kill();
    }

    /// With the disk well again, all that was answered is, and again the same.
    async fn restart(&self, root: &Path, run: &mut Run) {
        let program = match Program::try_serve(root, "127.0.0.1:0", |_| {}) {
            Ok(program) => program,
            Err(status) => {
                run.refused = Some((status, log(root)));
                return;
            }
        };
        let fault = &run.fault;
        let client = hasty(&program.url(), &self.key).await;
        for (number, answered) in (0..).zip(&run.answered) {
            let place = client.trading().place(self.order(number));
            let again = place.attempt(Uuid::from_u128(number + 1)).await.unwrap();
            assert!(again.repeated, "{fault}: {number} was answered");
            assert_eq!((again.sequence, again.value), *answered, "{fault}");
        }
        // What was not answered either is there or not; from here on the market goes on.
        let next = client.trading().place(self.order(ORDERS)).await.unwrap();
        assert!(!next.repeated);
        program.kill();
        assert_eq!(verify(root)["sound"], true, "{fault}");
    }

    /// Runs with the fault at the first call, at the second, and so on, until there is none to hit;
    /// as many runs at once as there are processors. `look` judges each.
    async fn at_every_call(
        self: &Arc<Self>,
        what: &'static str,
        lasts: Lasts,
        argument: u32,
        look: fn(&Run),
    ) -> u64 {
        let next = Arc::new(AtomicU64::new(0));
        let lanes = std::thread::available_parallelism().map_or(2, NonZero::get);
        let runs: Vec<_> = (0..lanes)
            .map(|_| {
                let (base, next) = (Arc::clone(self), Arc::clone(&next));
                tokio::spawn(async move {
                    loop {
                        let nth = next.fetch_add(1, Ordering::SeqCst);
                        let last = if lasts == Lasts::Once { nth } else { u64::MAX >> 1 };
                        let run = base.run(format!("{what} {nth} {last} {argument}")).await;
                        if run.calls <= nth {
                            return nth;
                        }
                        look(&run);
                    }
                })
            })
            .collect();
        let mut hits = u64::MAX;
        for run in runs {
            hits = hits.min(run.await.unwrap());
        }
        eprintln!("{what}: {hits} calls hit");
        hits
    }
}

/// How long a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasts {
    Once,
    /// Until the disk is looked after.
    On,
}

impl Run {
    /// It stopped at once, with the exit code and the words that the runbook has.
    fn stopped(&self) {
        assert!(self.refused.is_none(), "nothing is lost: {self:#?}");
        let code = self.status.and_then(|status| status.code());
        assert!(self.said.contains("look at the disk"), "{self:#?}");
        if self.served {
            assert_eq!(code, Some(1), "{self:#?}");
            assert!(self.said.contains("the journal cannot be written: nothing more is answered"));
        } else {
            assert_eq!(code, Some(2), "{self:#?}");
        }
        assert!(!self.said.contains("panicked"), "{self:#?}");
    }

    /// It said why, in the words of the system.
    fn said_why(&self, words: &str) {
        // sled says some of it itself; our own line is the last.
        let ours = self.said.trim_end().lines().last().unwrap();
        assert!(ours.contains(words), "{self:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_or_sync_stops_the_server_and_loses_nothing() {
    if !disk::IS_POSSIBLE {
        return disk::skip("a failing disk");
    }
    let base = Arc::new(base().await);
    let writes = "fail pwrite,write,ftruncate,create,mkdir,rename,unlink,sync_file_range,fsync,\
                  fdatasync";
    let hits = base.at_every_call(writes, Lasts::Once, EIO, |run| {
        run.stopped();
        run.said_why("Input/output error");
    });
    assert!(30 < hits.await, "a start and some orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_server_and_loses_nothing() {
    if !disk::IS_POSSIBLE {
        return disk::skip("a full disk");
    }
    let base = Arc::new(base().await);
    let growth = "fail pwrite,write,ftruncate,create,mkdir";
    let hits = base.at_every_call(growth, Lasts::On, ENOSPC, |run| {
        run.stopped();
        run.said_why("No space left on device");
    });
    assert!(15 < hits.await, "a start and some orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_grow_is_said_to_be_a_matter_of_the_disk() {
    let base = base().await;
    let program = env!("CARGO_BIN_EXE_sfund");
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" serve";
    let try_limited = |root: &Path| {
        let mut shell = Command::new("sh");
        shell.args(["-c", limited, program]).current_dir(root).env_clear();
        let venue = harness::beside("deploy/venue-demo.toml");
        shell.env("SFUND__VENUE__FILE", venue).env("SFUND__METRICS__ADDRESS", "");
        shell.env("SFUND__STORE__PATH", "store").env("SFUND__SERVER__ADDRESS", "127.0.0.1:0");
        let output = shell.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("look at the disk") && said.contains("File too large"), "{said}");
    };
    // A store that is there.
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    harness::copy(base.folder.path(), &root);
    try_limited(&root);
    let program = Program::serve(&root, "127.0.0.1:0", &[]);
    assert!(0 < program.newest);
    program.kill();
    assert_eq!(verify(&root)["sound"], true);
    // A new one: it is not there yet, and the next start says what to do.
    let folder = tempfile::tempdir().unwrap();
    try_limited(folder.path());
    let ended = Program::try_serve(folder.path(), "127.0.0.1:0", |_| {}).err().unwrap();
    let said = log(folder.path());
    assert_eq!(ended.code(), Some(2), "{said}");
    assert!(said.contains("was never completed") && said.contains("remove the folder"), "{said}");
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    Program::serve(folder.path(), "127.0.0.1:0", &[]).kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_sector_is_found_before_anything_is_changed() {
    if !disk::IS_POSSIBLE {
        return disk::skip("a bad sector");
    }
    let base = Arc::new(base().await);
    let used = fs::read(base.folder.path().join("store/db")).unwrap();
    let used = used.iter().rposition(|byte| *byte != 0).unwrap();
    for bad in (0..used).step_by(1_024) {
        let run = base.run(format!("bad read 0 {} {bad}", u64::MAX >> 1)).await;
        run.stopped();
        run.said_why("Input/output error");
        assert!(!run.served, "{run:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_fails_or_lies_is_refused_in_words_and_nothing_is_guessed() {
    if !disk::IS_POSSIBLE {
        return disk::skip("bad reads");
    }
    let base = Arc::new(base().await);
    let look: fn(&Run) = |run| {
        if run.status.is_none() {
            // It was read again, or the bit is of no account.
            assert!(run.refused.is_none(), "{run:#?}");
            return;
        }
        let says_what_to_do =
            |said: &str| said.contains("look at the disk") || said.contains("restore a backup");
        assert!(!run.served && says_what_to_do(&run.said), "{run:#?}");
        assert_eq!(run.status.and_then(|status| status.code()), Some(2), "{run:#?}");
        // sled takes a bad read of its own for the end of its log, and clears what follows. Then
        // only a backup helps, and the store says so from there on.
        if let Some((status, said)) = &run.refused {
            assert_eq!(status.code(), Some(2), "{run:#?}");
            assert!(said.contains("restore a backup"), "{run:#?}");
        }
    };
    assert!(20 < base.at_every_call("fail open,read", Lasts::Once, EIO, look).await);
    let bit = rand::random_range(0..4_000);
    eprintln!("bit {bit}");
    assert!(20 < base.at_every_call("flip read", Lasts::Once, bit, look).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn short_reads_and_a_slow_disk_change_nothing() {
    if !disk::IS_POSSIBLE {
        return disk::skip("short reads and a slow disk");
    }
    let base = Arc::new(base().await);
    let short = format!("short read 0 {} 0", u64::MAX >> 1);
    let slow = format!("slow pwrite,fsync,fdatasync 0 {} 15", u64::MAX >> 1);
    for fault in [short, slow] {
        let run = base.run(fault).await;
        assert!(run.status.is_none() && run.refused.is_none(), "{run:#?}");
        assert!(20 < run.calls, "{run:#?}");
    }
}
