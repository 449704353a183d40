//! What reads bytes that others wrote: each a plain function from bytes to nothing, which must
//! return. A panic is a finding.
//!
//! `tests/corpus.rs` runs them on the corpus and on seeded mutations of it, on stable Rust;
//! `fuzz_targets/` hands them to libFuzzer. `docs/TESTING.md` says how to run either.

mod codec;
mod commands;
mod files;
mod market;
mod requests;

use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::id::PartyId;
use sfund_engine::market::Market;

/// One thing that is fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of the folder of its corpus.
    pub name: &'static str,
    /// Reads the bytes and checks what must hold of what they say.
    pub run: fn(&[u8]),
    /// Mutations that a short run makes.
    pub mutations: u32,
}

/// All of them.
pub const TARGETS: [Target; 9] = [
    Target { name: "entries", run: codec::entries, mutations: 100_000 },
    Target { name: "frames", run: codec::frames, mutations: 20_000 },
    Target { name: "snapshots", run: codec::snapshots, mutations: 20_000 },
    Target { name: "keys", run: files::keys, mutations: 50_000 },
    Target { name: "commands", run: commands::commands, mutations: 10_000 },
    Target { name: "requests", run: requests::requests, mutations: 10_000 },
    Target { name: "register", run: files::register, mutations: 20_000 },
    Target { name: "venue", run: files::venue, mutations: 6_000 },
    Target { name: "settings", run: files::settings, mutations: 2_000 },
];

/// Runs the target of this name.
///
/// # Panics
///
/// If there is none, or the input is a finding.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of this name").run)(bytes);
}

/// The market that commands and requests meet, as it is before the first.
#[must_use]
pub fn prepared() -> Market {
    market::PREPARED.0.clone()
}

/// Commands that make sense there, and who gives them.
#[must_use]
pub fn sensible() -> Vec<(Caller, Command)> {
    market::PREPARED.1.clone()
}

/// What the request of this place among those that are fuzzed asks of the market.
#[must_use]
pub fn asked(request: u8, message: &[u8], by: PartyId) -> Option<Command> {
    let read = requests::READERS.get(usize::from(request))?;
    read(message, by).map(|asked| asked.command)
}
