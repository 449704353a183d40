//! What happens in one simulated run, as a list that can be cut down.
//!
//! A step says what to do and never depends on another: each is carried out as far as there is
//! something to do, so every part of a plan is a plan.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sfund_engine::registry::fund::TradingState;
use sfund_engine::trading::side::Side;

use crate::sequencer::Mode;
use crate::simulation::cast::Who;

/// Steps of a plan, at the most and at the least.
const STEPS: std::ops::Range<usize> = 20..500;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A client means something, and sends it.
    Ask { who: Who, wish: Wish, mode: Mode },
    /// One whose answer is missing sends the same attempt again.
    Again { pick: u16 },
    /// A message arrives: any one, so early ones can be late.
    Deliver { pick: u16 },
    /// A message is lost.
    Lose { pick: u16 },
    /// A message is doubled.
    Double { pick: u16 },
    /// A client's connection ends: what was on the way is lost, and so are the session's orders.
    Disconnect { who: Who },
    /// Someone sends what it has no right to.
    Forge { pick: u16, how: Forgery },
    /// A part of the server does its next piece of work.
    Work(Part),
    /// A reader of the streams takes entries.
    Watch { reader: u16, entries: u8 },
    /// The clock goes on, or back.
    Pass { seconds: i32 },
    /// The process dies at once; of the blocks not synced so many survive.
    Crash { kept: u8 },
    /// The process dies the next time its writer comes to this point.
    Die { at: Point, kept: u8 },
    /// The next block read comes with a bit turned over.
    Flip { bit: u16 },
    /// The server is told to stop, and starts again.
    Stop,
    /// From now on the disk says that it synced, and does not: for a proof that this is seen.
    Lie,
}

/// A part of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Engine,
    Writer,
    Publisher,
    Recall,
    Snapshotter,
}

/// A point in the writer's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    Append,
    BeforeSync,
    AfterSync,
}

/// What a forger sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forgery {
    /// Exactly what it saw: the owner's own command once more.
    Replayed,
    /// The same under its own name.
    Renamed,
    /// Another command under the owner's attempt.
    Altered,
}

/// What a client may mean. Numbers that pick are taken round what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Order { side: Side, fund: u8, cents: u8, units: u8, style: Style },
    Amend { pick: u16, cents: u8, units: u8 },
    Cancel { pick: u16 },
    CancelAll { session: bool },
    Intend { side: Side, fund: u8, cents: u8, units: u8, seconds: u16 },
    Unintend { pick: u16 },
    Deposit { yuan: u16 },
    Withdraw { yuan: u16 },
    Settle { pick: u16, confirmed: bool },
    Trade { scope: u8, state: TradingState },
    Issue { fund: u8, to: Who, units: u16 },
    Lock { fund: u8, of: Who, units: u16 },
    Unlock { pick: u16 },
    Suspend { whom: Who, active: bool },
    Reference { fund: u8, cents: u8, seconds: u16 },
    Fees { ppm: u16 },
    Review { pick: u16, approve: bool },
    Register { number: u8 },
}

/// What is special about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Day,
    Till { seconds: u16 },
    Immediate,
    FillOrKill,
    PostOnly,
    Market,
    Iceberg,
    Least,
    Session,
    Decrement,
}

/// The plan of a seed.
pub(super) fn plan(seed: u64) -> Vec<Step> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let count = random.random_range(STEPS);
    // Some runs are calm, some are stormy.
    let storm = random.random_range(0..=3);
    // Half of what is asked needs work to be done: more often than not it is done at once.
    let work = random.random_range(2..8);
    (0..count).map(|_| step(&mut random, storm, work)).collect()
}

/// The plan of a seed with a disk that lies from some step on.
pub(super) fn plan_with_a_lie(seed: u64) -> Vec<Step> {
    let mut steps = plan(seed);
    let at = ChaCha8Rng::seed_from_u64(!seed).random_range(0..steps.len());
    steps.insert(at, Step::Lie);
    steps
}

fn step(random: &mut ChaCha8Rng, storm: u32, work: u32) -> Step {
    let pick = random.random_range(0..1_000);
    let kept = random.random_range(0..4);
    if random.random_range(0..100) < storm * 3 {
        return match random.random_range(0..26) {
            0..5 => Step::Lose { pick },
            5..9 => Step::Double { pick },
            9..11 => Step::Disconnect { who: who(random) },
            11..14 => Step::Forge { pick, how: forgery(random) },
            14..16 => Step::Crash { kept },
            16..23 => Step::Die { at: point(random), kept },
            23 => Step::Flip { bit: random.random_range(0..9_000) },
            24 => Step::Pass { seconds: -random.random_range(1..5_000) },
            _ => Step::Stop,
        };
    }
    let part = [Part::Engine, Part::Writer, Part::Publisher, Part::Recall];
    match random.random_range(0..12 + 3 * work) {
        0..5 => {
            let mode = if random.random_ratio(1, 15) { Mode::DryRun } else { Mode::Commit };
            let (who, wish) = wish(random);
            Step::Ask { who, wish, mode }
        }
        5..9 => Step::Deliver { pick },
        9 => Step::Again { pick },
        10 => Step::Watch { reader: pick, entries: random.random_range(1..40) },
        11 => match random.random_range(0..20) {
            0 => Step::Pass { seconds: random.random_range(1..200_000) },
            1..4 => Step::Work(Part::Snapshotter),
            _ => Step::Pass { seconds: random.random_range(0..30) },
        },
        12..16 => Step::Deliver { pick },
        _ => Step::Work(*part.choose(random).expect("there are parts")),
    }
}

fn who(random: &mut ChaCha8Rng) -> Who {
    *Who::ALL.choose(random).expect("there are clients")
}

fn forgery(random: &mut ChaCha8Rng) -> Forgery {
    let all = [Forgery::Replayed, Forgery::Renamed, Forgery::Altered];
    *all.choose(random).expect("there are forgeries")
}

fn point(random: &mut ChaCha8Rng) -> Point {
    let all = [Point::Append, Point::BeforeSync, Point::AfterSync];
    *all.choose(random).expect("there are points")
}

fn wish(random: &mut ChaCha8Rng) -> (Who, Wish) {
    let trader = Who::TRADERS.choose(random).copied().expect("there are traders");
    let (pick, fund) = (random.random_range(0..1_000), random.random_range(0..2));
    let (cents, units) = (random.random_range(97..104), random.random_range(1..40));
    let usual = if trader.sells() { Side::Sell } else { Side::Buy };
    let side = if random.random_ratio(1, 8) { usual.opposite() } else { usual };
    let seconds = random.random_range(1..900);
    match random.random_range(0..100) {
        0..56 => (trader, Wish::Order { side, fund, cents, units, style: style(random) }),
        56..63 => (trader, Wish::Amend { pick, cents, units }),
        63..72 => (trader, Wish::Cancel { pick }),
        72..74 => (trader, Wish::CancelAll { session: random.random() }),
        74..77 => (trader, Wish::Intend { side, fund, cents, units, seconds }),
        77 => (trader, Wish::Unintend { pick }),
        78..81 => (trader, Wish::Deposit { yuan: random.random_range(1..500) }),
        81..84 => (trader, Wish::Withdraw { yuan: random.random_range(1..500) }),
        84..89 => (Who::Bank, Wish::Settle { pick, confirmed: random.random_ratio(4, 5) }),
        89 => (Who::Supervisor, Wish::Review { pick, approve: random.random() }),
        _ => (Who::Operator, by_operator(random, trader, fund, cents, seconds)),
    }
}

fn by_operator(random: &mut ChaCha8Rng, of: Who, fund: u8, cents: u8, seconds: u16) -> Wish {
    let (pick, units) = (random.random_range(0..1_000), random.random_range(1..90));
    match random.random_range(0..22) {
        0..4 => {
            let states = [TradingState::Halted, TradingState::Closed, TradingState::Open];
            let state = *states.choose(random).expect("there are states");
            Wish::Trade { scope: random.random_range(0..4), state }
        }
        // What was halted or closed should not stay so.
        4..10 => Wish::Trade { scope: random.random_range(0..4), state: TradingState::Open },
        10..12 => Wish::Issue { fund, to: of, units },
        12..14 => Wish::Lock { fund, of, units },
        14 => Wish::Unlock { pick },
        15 => Wish::Suspend { whom: of, active: false },
        16..18 => Wish::Suspend { whom: of, active: true },
        18 => Wish::Reference { fund, cents, seconds },
        19 => Wish::Fees { ppm: random.random_range(0..9_000) },
        _ => Wish::Register { number: random.random_range(0..20) },
    }
}

fn style(random: &mut ChaCha8Rng) -> Style {
    match random.random_range(0..24) {
        0 => Style::Day,
        1..4 => Style::Till { seconds: random.random_range(1..300) },
        4 => Style::Immediate,
        5 => Style::FillOrKill,
        6 => Style::PostOnly,
        7 => Style::Market,
        8 => Style::Iceberg,
        9 => Style::Least,
        10..12 => Style::Session,
        12 => Style::Decrement,
        _ => Style::Plain,
    }
}
