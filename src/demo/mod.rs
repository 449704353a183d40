//! The demo: a small market, told as a story, over the same gRPC and SDK that everybody uses.
//!
//! It starts the exchange on the embedded store, registers a small cast, lets an LP sell its share
//! to S-funds, shows what the market refuses and why, restarts the exchange, and counts that
//! nothing is lost. Then robots go on trading: kill the process as hard as you like, start the
//! demo again, and it looks for every order that was acknowledged.

mod acknowledged;
mod cast;
mod proof;
mod robots;
mod say;
mod story;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use sfund_sdk::{ApiKey, Client, Options as ClientOptions, Party, Role};
use thiserror::Error;

use crate::config::Config;
use crate::import::positions;
use crate::journal;
use crate::recovery;
use crate::sequencer::{Clock as _, WallClock};
use crate::server::{self, Running};
use crate::venue_file;

use self::cast::Cast;
use self::proof::Counted;
use self::say::Narrator;
pub use self::say::Language;

/// What the demo may be asked.
pub struct Options {
    /// Whether it ends after the story.
    pub ending: Ending,
    /// Register to import and trade on; without one the demo has a fund of its own.
    pub positions: Option<PathBuf>,
    /// Language of the story.
    pub language: Language,
}

/// What the demo does after the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ends.
    Exit,
    /// It stays up, and robots trade.
    Stay,
}

/// Why the demo stopped.
#[derive(Debug, Error)]
pub enum Error {
    /// The exchange.
    #[error(transparent)]
    Server(#[from] server::Error),
    /// The exchange refused what the story needs, or did not answer.
    #[error("the story cannot go on: {0}")]
    Client(#[from] sfund_sdk::Error),
    /// A file of the demo.
    #[error("{path} cannot be read or written: look at the folder's permissions")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file of the staff's keys is not as it was written.
    #[error("{path} holds no key for {party}: remove the demo's folder to begin anew")]
    NoKey {
        /// The file.
        path: PathBuf,
        /// Code of the party.
        party: String,
    },
    /// The machine gave no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] sfund_sdk::NoRandomness),
    /// The register cannot be read.
    #[error("the register cannot be read: it needs the columns that `sfund import --help` names")]
    Csv(#[source] csv::Error),
    /// The register has wrong rows.
    #[error("the register has {count} wrong rows, the first in line {line}: {message}")]
    Faults {
        /// How many.
        count: usize,
        /// Line of the first.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
    /// The register has no fund that the story can be told on.
    #[error("the register has no fund with a holding of {0} units or more")]
    NoFund(u64),
    /// The import.
    #[error(transparent)]
    Import(#[from] positions::Error),
    /// The market said yes where the story needs a no.
    #[error("the market should have refused this: {0}")]
    NotRefused(&'static str),
    /// A command waits for a second person where the story needs none.
    #[error("the registration of {0} waits for a second person")]
    Waits(String),
    /// An order that was acknowledged is not there.
    #[error("{missing} of {looked_for} acknowledged orders are missing")]
    Lost {
        /// Missing ones.
        missing: u64,
        /// Orders looked for.
        looked_for: u64,
    },
    /// Nobody reads the story.
    #[error("the story cannot be told: look at where stdout goes")]
    Output(#[source] io::Error),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The market cannot be brought back.
    #[error(transparent)]
    Recovery(#[from] recovery::Error),
    /// A thread did not end as it should.
    #[error("a thread of the demo did not end as it should")]
    Thread(#[source] tokio::task::JoinError),
}

/// What is known at the end. Good means that all of it is as it must be.
pub struct Outcome {
    /// One object for programs.
    pub summary: serde_json::Value,
    /// Whether everything held.
    pub good: bool,
}

/// Folder of everything that the demo keeps beside the store.
fn folder(config: &Config) -> PathBuf {
    config.store.path.parent().unwrap_or(Path::new(".")).to_owned()
}

/// Tells the story on the store that `config` names.
///
/// # Errors
///
/// See [`Error`].
pub async fn run(mut config: Config, options: Options) -> Result<Outcome, Error> {
    let folder = folder(&config);
    let narrator = Narrator::new(options.language);
    prepare_folder(&mut config, &folder)?;
    let is_new = !config.store.path.exists();
    narrator.title(is_new)?;

    narrator.chapter("交易所开市", "The exchange opens")?;
    let running = start(&config).await?;
    narrator.opened(&running, &config)?;
    let mut cast = Cast::gather(&running, &config, &folder, &narrator).await?;
    if let Some(file) = &options.positions {
        cast.import(file, &narrator).await?;
    }
    let running = if is_new {
        story::tell(&mut cast, &narrator).await?;
        restart(running, &config, &mut cast, &narrator).await?
    } else {
        running
    };
    let looked_for = acknowledged::check(&cast.operator, &folder).await?;
    narrator.found_all(looked_for)?;
    narrator.what_to_try(&running, &config, &folder)?;
    if options.ending == Ending::Stay {
        robots::trade_until_stopped(&cast, &folder, &narrator).await?;
    }
    let counted = proof::count(&cast).await?;
    running.stop().await;
    let replay_equal = proof::replay(&config).await?;
    conclude(&narrator, &counted, replay_equal)
}

fn conclude(narrator: &Narrator, counted: &Counted, replay_equal: bool) -> Result<Outcome, Error> {
    narrator.proof(counted, replay_equal)?;
    let summary = json!({
        "trades": counted.trades,
        "transfers": counted.transfers,
        "units_conserved": counted.units_conserved,
        "cash_conserved": counted.cash_conserved,
        "replay_digest_equal": replay_equal,
    });
    let good = counted.units_conserved && counted.cash_conserved && replay_equal;
    Ok(Outcome { summary, good })
}

/// The demo's own venue, which trades on every day but weekends, unless another one is named.
fn prepare_folder(config: &mut Config, folder: &Path) -> Result<(), Error> {
    let file = |path: PathBuf| move |source| Error::File { path, source };
    fs::create_dir_all(folder).map_err(file(folder.to_owned()))?;
    if config.venue.file.is_none() {
        let path = folder.join("venue.toml");
        fs::write(&path, venue_file::DEMO).map_err(file(path.clone()))?;
        config.venue.file = Some(path);
    }
    Ok(())
}

async fn start(config: &Config) -> Result<Running, Error> {
    let opened = {
        let config = config.clone();
        let open = move || server::open(&config, WallClock.now(), |_, _| {});
        tokio::task::spawn_blocking(open).await.map_err(Error::Thread)??
    };
    Ok(opened.start(config, Arc::new(WallClock), server::end_process()).await?)
}

/// Stops the exchange and starts it again: the same market, to the last byte.
async fn restart(
    running: Running,
    config: &Config,
    cast: &mut Cast,
    narrator: &Narrator,
) -> Result<Running, Error> {
    narrator.chapter("重启，一无所失", "The exchange restarts, and nothing is lost")?;
    let before = proof::digest(&cast.operator).await?;
    running.stop().await;
    let running = start(config).await?;
    cast.reconnect(&running).await?;
    let after = proof::digest(&cast.operator).await?;
    narrator.restarted(before, after)?;
    story::ask_again(cast, narrator).await?;
    Ok(running)
}

/// A client of the party that `key` belongs to.
async fn connect(running: &Running, key: &ApiKey) -> Result<Client, Error> {
    let address = format!("http://{}", running.address());
    Ok(Client::connect(ClientOptions::new(address).key(key.clone())).await?)
}

/// Whether a party may trade: it holds units or buys them.
fn is_investor(party: &Party) -> bool {
    matches!(party.details.role, Role::Lp | Role::SFund)
}
