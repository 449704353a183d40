//! Commands a second of the engine alone, on one thread: judging and recording, with the rules, the
//! holds, the fees and the events of every command. No journal, no codec, no read models.
//!
//! The mix is that of `shared/mix.rs`. Left out: the queue, the disk, and everything above.

#![allow(clippy::arithmetic_side_effects, reason = "a bench counts in plain numbers")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a bench looks at the events it needs")]

mod shared;

use std::hint::black_box;

use sfund_engine::market::Market;

use crate::shared::mix::{self, Ask, Recipe};
use crate::shared::{Size, median, rate, resident_bytes, short, spaced, timed};

fn main() {
    let size = Size::asked();
    let commands = size.of(500_000, 500);
    for (funds, resting) in [
        (1, size.of(1_000, 50)),
        (1, size.of(100_000, 100)),
        (size.of(10_000, 20), size.of(100_000, 100)),
    ] {
        run(size, Recipe { seed: 1, funds, resting, commands });
    }
    idle(size.of(100_000, 100));
}

fn run(size: Size, recipe: Recipe) {
    let stream = recipe.stream();
    println!("\nengine: {} funds, about {} orders resting", recipe.funds, recipe.resting);
    println!("  mix of seed {}: {}", recipe.seed, stream.counts);
    let ready = mix::market_of(&stream.setup);
    let runs = (0..size.runs()).map(|_| {
        let mut market = ready.clone();
        let (time, ()) = timed(|| give(&mut market, &stream.asks));
        (time, market.digest())
    });
    let (times, digests): (Vec<_>, Vec<_>) = runs.unzip();
    assert!(digests.iter().all(|digest| *digest == digests[0]), "every run makes the same market");
    let middle = median(times);
    let each = middle.as_nanos() / u128::try_from(recipe.commands).expect("counts are small");
    println!("  {} commands/s ({each} ns each)", spaced(rate(recipe.commands, middle)));
    println!("  digest {}", short(&digests[0]));
}

fn give(market: &mut Market, asks: &[Ask]) {
    let mut events = Vec::with_capacity(1_024);
    for ask in asks {
        black_box(mix::step(market, ask, &mut events));
    }
}

/// What a fund costs that nobody trades: its record, its book and its place in the indexes.
fn idle(funds: u32) {
    let mut market = mix::market_of(&mix::empty_venue());
    let asks = mix::idle_funds(funds);
    let before = resident_bytes();
    give(&mut market, &asks);
    let bytes = resident_bytes().saturating_sub(before) / u64::from(funds);
    println!("\nidle: {funds} funds without an order: {bytes} bytes of memory each");
    println!("  digest {}", short(&market.digest()));
}
