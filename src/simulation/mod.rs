//! Whole-system simulation: one seed, one run.
//!
//! The engine, the writer, the publisher, the recall thread, recovery and the snapshotter are the
//! real ones, on the fake disk; several clients send commands over a network that delays, loses,
//! doubles and reorders, and forgers send what they saw. Nothing runs but what a [`plan`] says
//! next: there is no thread, no clock and no socket, so a seed is a run. An [`audit`] follows what
//! is durable, entry by entry, and every answer and every stream is held against it.
//!
//! A failure prints its seed and the shortest plan that still fails. `docs/TESTING.md` tells more.

mod audit;
mod cast;
mod clients;
mod finish;
mod plan;
mod seen;
mod server;
mod shrink;
mod watch;
mod world;

use std::any::Any;
use std::cell::Cell;
use std::env;
use std::fmt::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use tokio::runtime::{Builder, Runtime};

use self::audit::Failure;
use self::finish::finish;
use self::plan::{Step, plan, plan_with_a_lie};
use self::seen::Seen;
use self::shrink::shrink;
use self::world::World;

/// Fresh seeds of a plain test run.
const SEEDS: u64 = 1_500;

thread_local! {
    /// Panics of a run are its failure, and said with it.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

#[test]
fn whatever_happens_to_the_whole_system_nothing_is_lost_doubled_or_shown_too_early() {
    let first = number("SFUND_SEED");
    let count = number("SFUND_SEEDS").unwrap_or(if first.is_some() { 1 } else { SEEDS });
    let first = first.unwrap_or_else(fresh);
    println!("{count} seeds from SFUND_SEED={first}");
    let runtime = runtime();
    let mut total = Seen::default();
    for seed in (0..count).map(|number| first.wrapping_add(number)) {
        match run(&runtime, &plan(seed)) {
            Ok(seen) => total.add(&seen),
            Err(failure) => panic!("{}", report(&runtime, seed, plan(seed), &failure)),
        }
    }
    println!("{total:?}");
    if SEEDS <= count {
        total.assert_full();
    }
}

#[test]
fn a_seed_is_one_run() {
    let runtime = runtime();
    for seed in 0..5 {
        let runs = [run(&runtime, &plan(seed)), run(&runtime, &plan(seed))];
        let [one, other] = runs.map(|run| format!("{run:?}"));
        assert_eq!(one, other, "seed {seed}");
    }
}

#[test]
fn a_disk_that_only_says_that_it_synced_is_found_and_told_in_few_steps() {
    let runtime = runtime();
    let found = (0..20).find_map(|seed| {
        let steps = plan_with_a_lie(seed);
        run(&runtime, &steps).err().map(|failure| (seed, steps, failure))
    });
    let (seed, steps, failure) = found.expect("a lie is found");
    let told = report(&runtime, seed, steps, &failure);
    let steps = told.lines().filter(|line| line.starts_with("  ")).count();
    assert!(steps <= 8, "{told}");
    assert!(told.contains("Lie") && told.contains("was shown, and durable is"), "{told}");
}

/// Streams read the journal away from their thread; here, one at a time.
fn runtime() -> Runtime {
    Builder::new_current_thread().max_blocking_threads(1).build().expect("a runtime")
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

fn fresh() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("random bytes");
    // Short enough to type.
    u64::from_le_bytes(bytes) >> 16
}

/// Carries out a plan and ends it.
fn run(runtime: &Runtime, steps: &[Step]) -> Result<Seen, Failure> {
    quietly(|| {
        let mut world = World::new(runtime)?;
        for step in steps {
            world.step(*step)?;
        }
        finish(&mut world)?;
        Ok(world.seen)
    })
}

/// Makes a panic a failure like any other.
fn quietly(run: impl FnOnce() -> Result<Seen, Failure>) -> Result<Seen, Failure> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                usual(info);
            }
        }));
    });
    IS_QUIET.set(true);
    let ended = panic::catch_unwind(AssertUnwindSafe(run));
    IS_QUIET.set(false);
    ended.unwrap_or_else(|panic| Err(format!("a panic: {}", words(panic.as_ref()))))
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}

/// What is said of a failure: the seed, the shortest plan that fails, and how to run it again.
fn report(runtime: &Runtime, seed: u64, steps: Vec<Step>, failure: &Failure) -> String {
    let length = steps.len();
    let short = shrink(steps, &mut |tried| run(runtime, tried).is_err());
    let why = run(runtime, &short).err().unwrap_or_default();
    let mut told = format!("seed {seed} fails after {length} steps: {failure}\n");
    writeln!(told, "{} of them are enough: {why}", short.len()).expect("writing to memory");
    for step in &short {
        writeln!(told, "  {step:?}").expect("writing to memory");
    }
    write!(told, "again: SFUND_SEED={seed} cargo test -p sfund --lib simulation")
        .expect("writing to memory");
    told
}
