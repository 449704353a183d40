//! How long the dearest awards take, on one thread: a lot with minimum quantities, and packages over
//! several funds, proven. No market, no journal: the algorithms alone.
//!
//! Random books, seeded. Lots: a third of the bids may be cut at will, a third are all or none, a
//! third have a minimum. Packages: prices around the sum of what their funds are worth, more for
//! larger ones. Left out: books made to be hard.

#![allow(clippy::arithmetic_side_effects, reason = "a bench counts in plain numbers")]

mod shared;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sfund_engine::amount::{Money, Price};
use sfund_engine::auction::lot::{Bid, Format, Lot};
use sfund_engine::auction::package::{self, Offer, Package, Proof};
use sfund_engine::auction::ration::Margin;
use sfund_engine::id::PartyId;
use sha2::{Digest, Sha256};

use crate::shared::{Size, median, short, timed};

/// Work beyond which a bench gives up, in looks at a package.
const WORK_MAX: u64 = 1_000_000_000;

fn main() {
    let size = Size::asked();
    lots(size, size.of(200, 20), size.of(10_000, 100));
    for (name, shape) in [
        ("20 funds, every subset", Shape { funds: size.of(20, 8), capacity: 1, sets: 0 }),
        ("30 funds", Shape { funds: size.of(30, 10), capacity: 1, sets: 0 }),
        ("30 funds, 2 shares of each, 40 sets", Shape { funds: 30, capacity: 2, sets: 40 }),
    ] {
        packages(size, name, shape, size.of(300, 30));
    }
}

fn lots(size: Size, bids: u32, quantity: u64) {
    let lot = book(bids, quantity);
    println!("\nlot: {bids} bids for {quantity} lots, seed 1");
    for format in [Format::PayAsBid, Format::Uniform, Format::Vcg, Format::Dutch] {
        let award = || lot.award(format, Margin::ProRata);
        let (times, awards): (Vec<_>, Vec<_>) = (0..size.runs()).map(|_| timed(award)).unzip();
        assert!(awards.iter().all(|award| *award == awards[0]), "every run awards the same");
        let digest = short(&digest(&awards[0]));
        println!("  {format:?}: {:?}, digest {digest}", median(times));
    }
}

fn book(bids: u32, quantity: u64) -> Lot {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut lot = Lot::new(quantity, Price::from_e4(850_000)).expect("a lot");
    for bidder in 0..bids {
        let maximum = rng.random_range(1..=quantity / 25);
        let minimum = [1, maximum, rng.random_range(1..=maximum)][rng.random_range(0..3)];
        let price = Price::from_e4(900_000 + 100 * rng.random_range(0..1_000));
        let bidder = PartyId::new(bidder);
        lot.take(Bid { bidder, price, minimum, maximum }).expect("a bid");
    }
    lot
}

#[derive(Clone, Copy)]
struct Shape {
    funds: usize,
    capacity: u64,
    /// Exclusive sets, over all packages; 0 for none.
    sets: usize,
}

fn packages(size: Size, name: &str, shape: Shape, count: usize) {
    println!("\npackages: {name}, {count} bids");
    for seed in 1..=size.of(3, 1) {
        let offer = offer(seed, shape, count);
        let award = || package::award(&offer, WORK_MAX).expect("a result");
        let (times, awards): (Vec<_>, Vec<_>) = (0..size.runs()).map(|_| timed(award)).unzip();
        assert!(awards.iter().all(|award| *award == awards[0]), "every run awards the same");
        let took = match &awards[0].proof {
            Proof::EverySubset { work } => format!("{work} looks"),
            Proof::Search { work, nodes, .. } => format!("{work} looks, {nodes} nodes"),
        };
        let digest = short(&digest(&awards[0].winners));
        println!("  seed {seed}: {:?}, {took}, digest {digest}", median(times));
    }
}

fn offer(seed: u64, shape: Shape, count: usize) -> Offer {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let worth: Vec<i64> =
        (0..shape.funds).map(|_| rng.random_range(100_000_000..1_000_000_000)).collect();
    let mut package = |at: usize| {
        let mut funds: Vec<usize> = Vec::new();
        let wanted = rng.random_range(2..6);
        while funds.len() < wanted {
            let fund = rng.random_range(0..shape.funds);
            if !funds.contains(&fund) {
                funds.push(fund);
            }
        }
        let sum: i64 = funds.iter().map(|fund| worth[*fund]).sum();
        let size = i64::try_from(funds.len()).expect("few");
        let fen = sum / 1_000 * (rng.random_range(800..1_200) + 8 * size);
        let exclusive = (0 < shape.sets).then(|| at % shape.sets.max(1));
        Package { funds, price: Money::from_fen(fen), exclusive }
    };
    let packages = (0..count).map(&mut package).collect();
    Offer { capacities: vec![shape.capacity; shape.funds], packages }
}

fn digest(award: &impl std::fmt::Debug) -> [u8; 32] {
    Sha256::digest(format!("{award:?}")).into()
}
