//! How much longer everybody else waits while somebody is hostile: one caller places and cancels
//! durable orders over gRPC, one after the other, quietly and then beside each hostility of
//! `tests/harness/hostility.rs`; the ratio of the 99th percentiles is what counts.
//!
//! The server is the program, on a sled store. The hostile threads run on the same machine at the
//! lowest priority, as they would be on another one: what the server does for them counts, what
//! they do themselves hardly. `cargo bench --bench overload -- --only NAME` measures one.

#![cfg(unix)]
#![allow(clippy::arithmetic_side_effects, reason = "a bench counts in plain numbers")]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "a bench may fail")]

#[path = "../tests/harness/mod.rs"]
mod harness;
mod shared;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sfund_sdk::Time;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::harness::cast::Cast;
use crate::harness::hostility::{ALL, Hostility, Target};
use crate::harness::program::Program;
use crate::shared::{Size, median, percentile, ratio};

/// Hostile callers at once, each from an address of its own.
const HOSTILE: u8 = 4;

/// Rest after each order, so that whoever trades stays within its share of calls.
const REST: Duration = Duration::from_millis(1);

fn main() {
    let size = Size::asked();
    let window = Duration::from_millis(size.of(600, 60));
    let only = std::env::args().skip_while(|word| word != "--only").nth(1);
    let runtime = Runtime::new().unwrap();
    let hostile = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(|| {
            rustix::process::nice(19).unwrap();
        })
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let program = Program::serve(folder.path(), "127.0.0.1:0", &[]);
    let cast = runtime.block_on(register(&program));
    println!("overload: p99 of a durable order, {HOSTILE} hostile callers, quiet and beside them");
    for hostility in ALL {
        let name = format!("{hostility:?}");
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let (mut quiet, mut loaded) = (Vec::new(), Vec::new());
        for _ in 0..size.runs() {
            runtime.block_on(trade(&cast, window / 4));
            quiet.push(percentile(&runtime.block_on(trade(&cast, window)), 99));
            let attack = hostile.spawn(attack(hostility, program.address.clone(), cast.clone()));
            loaded.push(percentile(&runtime.block_on(trade(&cast, window)), 99));
            attack.abort();
        }
        let (quiet, loaded) = (median(quiet), median(loaded));
        println!("  {name:<14} {loaded:>9.1?} to {quiet:>9.1?}: {}", ratio(loaded, quiet));
    }
    println!("  at most {} KiB resident", program.resident_kib());
}

async fn register(program: &Program) -> Cast {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Time::from_nanos(u64::try_from(since.as_nanos()).unwrap());
    Cast::register(&program.url(), &program.keys_file(), now).await
}

/// Trades for a while; what each order took until it was durable.
async fn trade(cast: &Cast, window: Duration) -> Vec<Duration> {
    let client = harness::hasty(&cast.url, &cast.other_lp.key).await;
    let begun = Instant::now();
    let mut took = Vec::new();
    while begun.elapsed() < window {
        let since = Instant::now();
        let order = client.trading().place(cast.sell("1", "1.50")).await.unwrap().order;
        took.push(since.elapsed());
        client.trading().cancel(order).await.unwrap();
        tokio::time::sleep(REST).await;
    }
    took
}

/// Round after round, until it is dropped.
async fn attack(hostility: Hostility, address: String, cast: Cast) {
    let mut callers = JoinSet::new();
    for source in 2..2 + HOSTILE {
        let source = Ipv4Addr::new(127, 0, 0, source);
        let target = Target { address: address.parse().unwrap(), key: cast.lp.key.clone(), source };
        callers.spawn(async move {
            loop {
                hostility.round(&target).await;
                tokio::task::yield_now().await;
            }
        });
    }
    callers.join_all().await;
}
