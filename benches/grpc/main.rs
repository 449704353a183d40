//! Orders over gRPC: client and server on this machine, loopback TCP, the whole server before a
//! real sled store, every answer after its sync. Beside it, in the same run and with the same
//! clients, a bare tonic server that answers the same requests with the same responses and does
//! nothing else.
//!
//! Clients are the generated ones on both sides; ours is also shown through the SDK. Left out: TLS,
//! the network, and the limits of one caller's calls, which are set out of the way.

#![allow(clippy::arithmetic_side_effects, reason = "a bench counts in plain numbers")]
#![allow(clippy::float_arithmetic, reason = "a bench prints microseconds")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a bench looks at the events it needs")]

mod bare;
mod cpu;
mod orders;
#[path = "../shared/mod.rs"]
mod shared;
mod stream;
mod unary;
mod venue;
mod watch;

use std::time::Duration;

use crate::cpu::Cpu;
use crate::shared::{Size, median, percentile, rate, ratio, spaced};

/// What one run of something took.
struct Run {
    calls: usize,
    wall: Duration,
    /// Of each call, or of each message of a stream.
    times: Vec<Duration>,
    cpu: Cpu,
}

/// All of it, or the parts that the command line names: `unary`, `stream`, `watch`.
fn main() {
    let size = Size::asked();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let parts = ["unary", "stream", "watch"];
    let named: Vec<&str> =
        parts.into_iter().filter(|part| words.iter().any(|word| word == part)).collect();
    let wanted = |part: &str| named.is_empty() || named.contains(&part);
    let mut unary_rate = None;
    if wanted("unary") {
        unary_rate = Some(unary::bench(size));
    }
    if wanted("stream") {
        stream::bench(size, unary_rate);
    }
    if wanted("watch") {
        watch::bench(size);
    }
}

/// Prints one way: calls a second, CPU of each call by whose threads it was, and how long one took.
/// Answers with the wall time of a call.
fn tell(name: &str, runs: &[Run]) -> Duration {
    let each = |of: &dyn Fn(&Run) -> Duration| median(runs.iter().map(of).collect());
    let per_call = |time: Duration, run: &Run| time / u32::try_from(run.calls).expect("few");
    let wall = each(&|run| Duration::from_nanos(nanos_per_call(run)));
    let calls = runs.first().map_or(0, |run| run.calls);
    println!("  {name:<26} {:>9} a second", spaced(rate(1, wall)));
    let cpu = |of: fn(Cpu) -> Duration| each(&|run| per_call(of(run.cpu), run));
    println!(
        "    CPU of one {:.2?}: client {:.2?}, server {:.2?}, engine {:.2?}, writer {:.2?}, \
         publisher {:.2?}, snapshots {:.2?}, other {:.2?}",
        cpu(Cpu::all),
        cpu(|cpu| cpu.client),
        cpu(|cpu| cpu.server),
        cpu(|cpu| cpu.engine),
        cpu(|cpu| cpu.writer),
        cpu(|cpu| cpu.publisher),
        cpu(|cpu| cpu.snapshots),
        cpu(|cpu| cpu.other),
    );
    let of = |percent| each(&|run| percentile(&run.times, percent));
    println!("    p50 {:.1?}, p99 {:.1?}; {calls} in each run", of(50), of(99));
    wall
}

fn nanos_per_call(run: &Run) -> u64 {
    u64::try_from(run.wall.as_nanos()).expect("short") / u64::try_from(run.calls).expect("few")
}

/// How a rate compares with another, both as the time of one.
fn tell_ratio(what: &str, ours: Duration, theirs: Duration) {
    println!("  {what}: {}", ratio(theirs, ours));
}
