//! Our book and our engine beside other people's books: the same orders, one thread each.
//!
//! Four mixes (`mixes.rs`). All take turns, five times each; the median of the time that the thread
//! had of a processor counts. A ratio is printed only of those whose trades, lots and money are
//! what they must be. Latencies come from a pass of their own, with two looks at the clock in each.
//!
//! Left out: memory, more than one book, more than one thread, everything that is not an order.

#![allow(clippy::arithmetic_side_effects, reason = "a bench counts in plain numbers")]
#![allow(missing_docs, reason = "a program, not a library")]

mod contender;
mod mixes;
mod ours;
mod rivals;
#[path = "../../shared/mod.rs"]
mod shared;

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::contender::{Latencies, Run, latencies, run};
use crate::mixes::{MIXES, Mix, Workload};
use crate::shared::{Size, median, rate, ratio, short, spaced};

/// One that takes part.
struct Entrant {
    name: &'static str,
    run: fn(&Workload) -> Run,
    latencies: fn(&Workload) -> Latencies,
}

macro_rules! entrants {
    ($($name:literal $type:ty;)*) => {
        [$(Entrant { name: $name, run: run::<$type>, latencies: latencies::<$type> }),*]
    };
}

/// Ours first.
const ENTRANTS: [Entrant; 6] = entrants! {
    "our book" ours::Bare;
    "our engine" ours::Whole;
    "obcore 0.1" rivals::Obcore;
    "lobster 0.7" rivals::Lobster;
    "orderbook-rs 0.15" rivals::OrderbookRs;
    "matchcore 0.4" rivals::Matchcore;
};
/// How many of them are ours.
const OURS: usize = 2;

/// What one did.
struct Outcome {
    time: Duration,
    is_right: bool,
    latencies: Latencies,
}

fn main() {
    let size = Size::asked();
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let is_asked = |mix: &&Mix| {
        let names = || asked.iter().filter(|word| !word.starts_with("--"));
        names().next().is_none() || names().any(|word| word == mix.name)
    };
    for mix in MIXES.iter().filter(is_asked) {
        let workload = mix.workload(size.of(1_000_000, 2_000), size.of(None, Some(500)));
        say(mix, &workload);
        print(&workload, &measure(size, mix, &workload));
    }
}

fn say(mix: &Mix, workload: &Workload) {
    let Workload { resting, ops, expected, counts, .. } = workload;
    let [adds, immediates, markets, cancels, moves] = counts.map(|count| {
        let tenths = count * 1_000 / ops.len();
        format!("{}.{}", tenths / 10, tenths % 10)
    });
    println!("\n{}: {} operations, {} orders resting", mix.name, ops.len(), resting.len());
    println!(
        "  {adds} % add, {immediates} % immediate, {markets} % market, {cancels} % cancel, \
         {moves} % move; {} trades",
        expected.trades
    );
}

fn measure(size: Size, mix: &Mix, workload: &Workload) -> Vec<Outcome> {
    let steps = ENTRANTS.len() * (size.runs() + 1);
    let bar = ProgressBar::new(u64::try_from(steps).expect("few"));
    let style = ProgressStyle::with_template("  {msg:<24} {bar:30} {pos}/{len} {eta}");
    bar.set_style(style.expect("a template"));
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let mut times = ENTRANTS.map(|_| Vec::new());
    let mut is_right = [true; ENTRANTS.len()];
    for _ in 0..size.runs() {
        for (number, entrant) in ENTRANTS.iter().enumerate() {
            bar.set_message(format!("{} {}", mix.name, entrant.name));
            let run = (entrant.run)(workload);
            times[number].push(run.time);
            is_right[number] &= run.totals == workload.expected;
            bar.inc(1);
        }
    }
    let results = ENTRANTS.iter().zip(times).zip(is_right);
    let results = results.map(|((entrant, times), is_right)| {
        bar.set_message(format!("{} {}", mix.name, entrant.name));
        let latencies = (entrant.latencies)(workload);
        bar.inc(1);
        Outcome { time: median(times), is_right, latencies }
    });
    let results = results.collect();
    bar.finish_and_clear();
    results
}

fn print(workload: &Workload, results: &[Outcome]) {
    let rivals = results[OURS..].iter().filter(|result| result.is_right);
    let fastest = rivals.map(|result| result.time).min().expect("some rival trades as it must");
    println!(
        "  {:<18} {:>11} {:>6} {:>8} {:>7} {:>7} {:>7}",
        "", "a second", "ns", "ratio", "p50", "p99", "p99.9"
    );
    for (entrant, result) in ENTRANTS.iter().zip(results) {
        let each = result.time.as_nanos() / u128::try_from(workload.ops.len()).expect("few");
        let times = if result.is_right { ratio(fastest, result.time) } else { "differs".into() };
        let [p50, p99, p999] = [500, 990, 999].map(|part| result.latencies.at(part).as_nanos());
        let rate = spaced(rate(workload.ops.len(), result.time));
        println!(
            "  {:<18} {rate:>11} {each:>6} {times:>8} {p50:>7} {p99:>7} {p999:>7}",
            entrant.name
        );
    }
    let ours = &results[..OURS];
    assert!(ours.iter().all(|result| result.is_right), "ours trades what it must");
    let digest = ours.iter().find_map(|result| result.latencies.digest).expect("the engine's");
    println!(
        "  ratio: how many times as fast as the fastest of the others; ns; digest {}",
        short(&digest)
    );
}
