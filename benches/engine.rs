//! What a command costs the engine alone, on one thread, and how that grows with the orders that
//! rest and with the funds that trade: judging and recording, with the rules, the holds, the fees and
//! the events of every command. No journal, no codec, no read models.
//!
//! The mix is that of `shared/mix.rs`, given in batches of sixteen. Left out: the queue, the disk, and
//! everything above. Other people's books: `benches/peers`.

#![allow(clippy::arithmetic_side_effects, reason = "a bench counts in plain numbers")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a bench looks at the events it needs")]

mod shared;

use std::hint::black_box;
use std::time::Duration;

use sfund_engine::market::Market;

use crate::shared::mix::{self, Ask, Recipe};
use crate::shared::venue;
use crate::shared::{Size, median, rate, ratio, resident_bytes, short, spaced, timed};

/// As many commands are looked at before they come.
const BATCH: usize = 16;

fn main() {
    let size = Size::asked();
    // Memory first: later, what was freed before would be used again.
    idle(size.of(100_000, 100));
    resting_order(size.of(1_000_000, 100));
    let orders = size.of(vec![100, 1_000, 10_000, 100_000, 1_000_000], vec![50, 100]);
    let rows = orders.iter().map(|&resting| (1, resting)).collect();
    growth(size, "growth with the orders that rest, in one fund", rows, size.of(1, 0));
    let resting = size.of(100_000, 100);
    let funds = size.of(vec![1, 10, 100, 1_000, 10_000, 100_000], vec![1, 20]);
    let rows = funds.iter().map(|&funds| (funds, resting)).collect();
    growth(size, "growth with the funds that trade", rows, 0);
}

/// A table of costs, each also as a multiple of that in row `base`.
fn growth(size: Size, title: &str, rows: Vec<(u32, usize)>, base: usize) {
    println!("\n{title}");
    let columns = ["funds", "orders", "a second", "ns", "ratio", "refused"];
    let [funds, orders, second, each, times, refused] = columns;
    println!("  {funds:>7} {orders:>9} {second:>10} {each:>5} {times:>6} {refused:>7}  digest");
    let seed = 1;
    let commands = size.of(200_000, 500);
    let measured: Vec<_> = rows
        .into_iter()
        .map(|(funds, resting)| measure(size, Recipe { seed, funds, resting, commands }))
        .collect();
    let base = measured[base].time;
    for Measured { recipe, time, refused, digest } in measured {
        let each = time.as_nanos() / u128::try_from(commands).expect("counts are small");
        let Recipe { funds, resting, .. } = recipe;
        let (second, times) = (spaced(rate(commands, time)), ratio(time, base));
        println!(
            "  {funds:>7} {resting:>9} {second:>10} {each:>5} {times:>6} {refused:>7}  {}",
            short(&digest)
        );
    }
}

struct Measured {
    recipe: Recipe,
    time: Duration,
    refused: usize,
    digest: [u8; 32],
}

fn measure(size: Size, recipe: Recipe) -> Measured {
    let stream = recipe.stream();
    let ready = mix::market_of(&stream.setup);
    let runs = (0..size.runs()).map(|_| {
        let mut market = ready.clone();
        let (time, ()) = timed(|| give(&mut market, &stream.asks));
        (time, market.digest())
    });
    let (times, digests): (Vec<_>, Vec<_>) = runs.unzip();
    assert!(digests.iter().all(|digest| *digest == digests[0]), "every run makes the same market");
    Measured { recipe, time: median(times), refused: stream.counts.refused, digest: digests[0] }
}

fn give(market: &mut Market, asks: &[Ask]) {
    let mut events = Vec::with_capacity(1_024);
    for batch in asks.chunks(BATCH) {
        market.warm(batch.iter().map(|(_, command)| command));
        for ask in batch {
            black_box(mix::step(market, ask, &mut events));
        }
    }
}

/// What an order costs that rests, without the room that its tables grow ahead.
fn resting_order(resting: usize) {
    let stream = Recipe { seed: 1, funds: 1, resting, commands: 0 }.stream();
    let market = mix::market_of(&stream.setup);
    // The first copies take what was freed before; the last is all new.
    let _copies = [market.clone(), market.clone()];
    let before = resident_bytes();
    let copy = black_box(market.clone());
    let bytes = resident_bytes().saturating_sub(before);
    let bytes = bytes / u64::try_from(resting).expect("counts are small");
    println!("\nresting: {resting} orders in one fund: {bytes} bytes of memory each");
    println!("  digest {}", short(&copy.digest()));
}

/// What a fund costs that nobody trades: its record, its book and its place in the indexes.
fn idle(funds: u32) {
    let mut market = mix::market_of(&mix::CAST.venue(0));
    let asks = venue::idle_funds(funds);
    let before = resident_bytes();
    give(&mut market, &asks);
    let bytes = resident_bytes().saturating_sub(before) / u64::from(funds);
    println!("\nidle: {funds} funds without an order: {bytes} bytes of memory each");
    println!("  digest {}", short(&market.digest()));
}
