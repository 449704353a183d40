//! What the end-to-end tests share: a real exchange on a real store, and the cast that uses it.
//!
//! The exchange runs in the test's own process by a clock that the test moves, or as the program
//! itself, to be killed. Either way the tests reach it through the SDK over a socket.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    unused_macros,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "each test file uses a part of it, and a test may fail"
)]

pub mod acknowledged;
pub mod bidding;
pub mod calls;
pub mod cast;
pub mod counters;
pub mod disk;
pub mod door;
pub mod hostility;
pub mod listings;
pub mod power;
pub mod program;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sfund::config::{self, Config};
use sfund::sequencer::{Clock as _, Ended, HandClock};
use sfund::server::{self, Running};
use sfund_sdk::{ApiKey, Client, Error, Options, Price, Refusal, Retry, Time, Units};
use tempfile::TempDir;
use tokio::time::timeout;

/// The longest that a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Path of the venue with which every test opens.
const VENUE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/venue-demo.toml");
/// Minutes by which the venue's days run ahead of UTC.
pub const OFFSET_MINUTES: i16 = 480;

/// An exchange in the test's own process.
pub struct Exchange {
    pub config: Config,
    pub clock: Arc<HandClock>,
    running: Option<Running>,
    folder: PathBuf,
    /// Removed with the exchange, if it is its own.
    temporary: Option<TempDir>,
}

impl Exchange {
    /// A new venue at 09:30 on a Tuesday.
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// A new venue under further settings.
    pub async fn open_with(settings: &[(&str, &str)]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut exchange = Self::open_in(temporary.path(), settings).await;
        exchange.temporary = Some(temporary);
        exchange
    }

    /// An exchange on the store in `folder`: a new venue if there is none.
    pub async fn open_in(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let store = folder.join("store");
        let usual = [
            ("store.path", store.to_str().unwrap()),
            ("venue.file", VENUE),
            ("server.address", "127.0.0.1:0"),
            ("metrics.address", ""),
        ];
        let all = usual.iter().chain(settings);
        let flags: Vec<_> =
            all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let config = config::load(None, [], &flags).unwrap().config;
        let clock = Arc::new(HandClock::new(opening()));
        let folder = folder.to_owned();
        let mut exchange = Self { config, clock, running: None, folder, temporary: None };
        exchange.start().await;
        exchange
    }

    /// Starts again on the same store, at the same address.
    pub async fn start(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let config = self.config.clone();
        let now = self.clock.now();
        // The store is free a moment after the last thread that used it.
        let opened = tokio::task::spawn_blocking(move || server::open(&config, now, |_, _| {}));
        let opened = opened.await.unwrap().unwrap();
        let clock = Arc::clone(&self.clock);
        let fatal: sfund::sequencer::OnFatal =
            Arc::new(|fatal| panic!("the sequencer cannot go on: {fatal}"));
        let running = opened.start(&self.config, clock, fatal).await.unwrap();
        self.config.server.address = running.address();
        self.running = Some(running);
    }

    /// Stops in order; the live market as it was then.
    pub async fn stop(&mut self) -> Ended {
        let running = self.running.take().expect("it runs");
        running.stop().await.expect("no thread panicked")
    }

    /// Moves the clock and lets the market see it.
    pub fn set_time(&self, now: Time) {
        self.clock.set(now);
        self.running.as_ref().expect("it runs").handle().wake();
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }

    /// Where it is reached, as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.config.server.address)
    }

    pub fn store(&self) -> &Path {
        &self.config.store.path
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn staff_key(&self, code: &str) -> ApiKey {
        staff_key(&self.config.store.keys_file(), code)
    }

    /// The cast, newly registered.
    pub async fn cast(&self) -> cast::Cast {
        let keys = self.config.store.keys_file();
        cast::Cast::register(&self.url(), &keys, self.clock.now()).await
    }
}

/// The first key of a member of staff.
pub fn staff_key(keys: &Path, code: &str) -> ApiKey {
    let text = std::fs::read_to_string(keys).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let keys = table["key"].as_array().unwrap();
    let found = keys.iter().find(|key| key["party"].as_str() == Some(code)).unwrap();
    found["key"].as_str().unwrap().parse().unwrap()
}

/// A folder in memory, where that has room: for stores whose way to a disk is not in question.
pub fn fast_folder() -> TempDir {
    const ROOM_BYTES: u64 = 1 << 30;
    let memory = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(memory).map_or(0, |disk| disk.f_bavail * disk.f_frsize);
    if ROOM_BYTES <= room { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A client that gives up late: restarts and floods are part of the tests.
pub async fn client(url: &str, key: &ApiKey) -> Client {
    Client::connect(patient(url).key(key.clone())).await.unwrap()
}

pub fn patient(url: &str) -> Options {
    let retry = Retry {
        attempts_max: 200,
        wait_first: Duration::from_millis(20),
        wait_max: Duration::from_millis(200),
    };
    Options::new(url).deadline(PATIENCE).retry(retry)
}

/// A client that tries once.
pub async fn hasty(url: &str, key: &ApiKey) -> Client {
    let options = Options::new(url).key(key.clone()).retry(Retry::never());
    Client::connect(options).await.unwrap()
}

/// 2026-11-24, 09:30 in the venue's own time.
pub fn opening() -> Time {
    at("2026-11-24", 9, 30)
}

pub fn at(date: &str, hour: u16, minute: u16) -> Time {
    date.parse::<sfund_sdk::Date>().unwrap().at_minute(hour * 60 + minute, OFFSET_MINUTES)
}

pub fn units(text: &str) -> Units {
    text.parse().unwrap()
}

pub fn price(text: &str) -> Price {
    text.parse().unwrap()
}

pub fn money(text: &str) -> sfund_sdk::Money {
    text.parse().unwrap()
}

/// What comes, or a failure that names it.
pub async fn soon<T>(what: &str, comes: impl Future<Output = T>) -> T {
    match timeout(PATIENCE, comes).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not come"),
    }
}

/// Asks again and again until `look` finds something.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let asking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    soon(what, asking).await
}

/// The refusal of a call that must be refused.
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> Refusal {
    let error = answer.expect_err("it must be refused");
    error.refusal().unwrap_or_else(|| panic!("no refusal: {error}")).clone()
}

/// The seed of a test: `SFUND_SEED`, or a fresh one; printed either way.
pub fn seed() -> u64 {
    let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into();
    let given = std::env::var("SFUND_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(fresh);
    eprintln!("SFUND_SEED={seed}");
    seed
}

/// One field of what a refusal says was asked and allowed.
pub fn told<'a>(refusal: &'a Refusal, field: &str) -> &'a str {
    refusal.metadata.get(field).map_or("", String::as_str)
}

/// The path of a file beside the manifest.
pub fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Copies a folder and all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
