//! The demo: a small market, told as a story, over the same gRPC and SDK that everybody uses.
//!
//! It starts the exchange on the embedded store, registers a small cast, lets an LP sell its share
//! to S-funds, shows what the market refuses and why, restarts the exchange, and counts that
//! nothing is lost. Then robots go on trading: kill the process as hard as you like, start the
//! demo again, and it looks for every order that was acknowledged.

mod acknowledged;
mod auctions;
mod cast;
mod hall;
mod proof;
mod robots;
mod say;
mod story;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use sfund_engine::id::Sequence;
use sfund_sdk::{ApiKey, Client, ListingId, NotSealed, Options as ClientOptions};
use thiserror::Error;

use crate::config::Config;
use crate::import::send;
use crate::journal;
use crate::recovery;
use crate::sequencer::{Clock, WallClock};
use crate::server::{self, Running};
use crate::venue_file;

use self::auctions::Sold;
use self::cast::Cast;
pub use self::say::Language;
use self::say::Narrator;

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
    Import(#[from] send::Error),
    /// The market said yes where the story needs a no.
    #[error("the market should have refused this: {0}")]
    NotRefused(&'static str),
    /// An order sent again under its id was not answered as before.
    #[error("an order sent again under the same id had another answer")]
    OtherAnswer,
    /// A command waits for a second person where the story needs none.
    #[error("the registration of {0} waits for a second person")]
    Waits(String),
    /// A lot does not go on.
    #[error("the lot of {0} does not go on as the story has it")]
    LotStands(ListingId),
    /// A bid cannot be sealed.
    #[error(transparent)]
    NotSealed(#[from] NotSealed),
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
/// See [`enum@Error`].
pub async fn run(mut config: Config, options: Options) -> Result<Outcome, Error> {
    let folder = folder(&config);
    let narrator = Narrator::new(options.language);
    prepare_folder(&mut config, &folder)?;
    let is_new = !config.store.path.exists();
    narrator.title(
        "sfund 演示：一位有限合伙人退出基金，每一步都经 gRPC 完成",
        "sfund demo: an LP leaves a fund, every step of it over gRPC",
    )?;
    narrator.chapter("交易所开市", "The exchange opens")?;
    let mut running = start(&config, Arc::new(WallClock)).await?;
    let (address, store) = (running.address(), config.store.path.display().to_string());
    narrator.line(
        &format!("gRPC 服务 {address}；日志 {store}（sled，哈希链，先落盘后应答）"),
        &format!(
            "gRPC on {address}; journal in {store} (sled, hash chain, synced before answering)"
        ),
    )?;
    let mut cast = Cast::gather(&running, &config, &folder, &narrator).await?;
    if let Some(file) = &options.positions {
        cast.import(&running, file, &narrator).await?;
    }
    if is_new {
        let asked = story::tell(&cast, &folder, &narrator).await?;
        running = restart(running, &config, &mut cast, &narrator).await?;
        story::ask_again(&cast, &asked, &narrator).await?;
    } else {
        narrator.chapter("我们回来了", "We are back")?;
    }
    let found = acknowledged::check(&cast, &folder).await?;
    narrator.line(
        &format!("客户端收到过确认的 {found} 笔委托，逐笔核对：全部在日志里"),
        &format!("all {found} orders that were acknowledged to the clients are in the journal"),
    )?;
    let sold = if is_new { Some(auctions::tell(&config, &folder, &narrator).await?) } else { None };
    if options.ending == Ending::Stay {
        what_to_try(&running, &folder, &cast, &narrator)?;
        robots::trade_until_stopped(&cast, &folder, &narrator).await?;
    }
    conclude(running, &config, &cast, sold.as_ref(), &narrator).await
}

async fn conclude(
    running: Running,
    config: &Config,
    cast: &Cast,
    sold: Option<&Sold>,
    narrator: &Narrator,
) -> Result<Outcome, Error> {
    narrator.chapter("任何人都能核对", "Anybody can check it")?;
    let counted = proof::count(cast).await?;
    let ended = running.stop().await;
    let replayed = proof::replay(config, ended).await?;
    let (units, cash) = (counted.units_conserved, counted.cash_conserved);
    let tick = |good: bool| if good { "✓" } else { "✗" };
    narrator.line(
        &format!("{} 每只基金的持有之和等于发行总量", tick(units)),
        &format!("{} the holdings of every fund sum to the units issued", tick(units)),
    )?;
    narrator.line(
        &format!("{} 各方资金加手续费等于银行托管余额", tick(cash)),
        &format!(
            "{} what the parties have and the venue earned is what the bank keeps",
            tick(cash)
        ),
    )?;
    let entries = replayed.entries;
    narrator.line(
        &format!(
            "{} 从头重判 {entries} 条日志，摘要与停机时的市场一致",
            tick(replayed.digest_equal)
        ),
        &format!(
            "{} {entries} entries decided anew lead to the digest of the live market",
            tick(replayed.digest_equal)
        ),
    )?;
    let summary = json!({
        "trades": counted.trades,
        "transfers": replayed.transfers,
        "awards": sold.map_or(0, |sold| sold.awards),
        "units_conserved": units,
        "cash_conserved": cash,
        "replay_digest_equal": replayed.digest_equal,
    });
    let same = replayed.digest_equal && sold.is_none_or(|sold| sold.digest_equal);
    let consistent = counted.trades == replayed.transfers;
    Ok(Outcome { summary, good: units && cash && same && consistent })
}

fn what_to_try(
    running: &Running,
    folder: &Path,
    cast: &Cast,
    narrator: &Narrator,
) -> Result<(), Error> {
    narrator.chapter("市场继续交易，轮到你了", "The market goes on, and it is your turn")?;
    let key = folder.join("keys").join("operator-1.key");
    let admin = format!(
        "cargo run --release -p sfund-admin -- --address http://{} --key-file {}",
        running.address(),
        key.display()
    );
    narrator.line("在另一个终端：", "in another terminal:")?;
    for command in ["watch".to_owned(), format!("book {}", cast.robot_fund()), "audit".to_owned()] {
        narrator.plain(&format!("  {admin} {command}"))?;
    }
    narrator.line(
        "随时可以 kill -9 本进程，再运行一次：每一笔确认过的委托都在。Ctrl-C 正常结束。",
        "kill -9 this process whenever you like and start it again: every acknowledged order is \
         there. Ctrl-C ends it in order.",
    )
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

async fn start(config: &Config, clock: Arc<dyn Clock>) -> Result<Running, Error> {
    let opened = {
        let (config, now) = (config.clone(), clock.now());
        let open = move || server::open(&config, now, |_, _| {});
        tokio::task::spawn_blocking(open).await.map_err(Error::Thread)??
    };
    Ok(opened.start(config, clock, server::end_process()).await?)
}

/// Stops the exchange and starts it again.
async fn restart(
    running: Running,
    config: &Config,
    cast: &mut Cast,
    narrator: &Narrator,
) -> Result<Running, Error> {
    narrator.chapter("重启，一无所失", "The exchange restarts, and nothing is lost")?;
    let ended = running.stop().await;
    let running = start(config, Arc::new(WallClock)).await?;
    cast.reconnect(&running).await?;
    let before = ended.map_or(Sequence::ZERO, |ended| ended.sequence).number();
    let after = running.read().newest().sequence.number();
    narrator.line(
        &format!("停机于第 {before} 条日志，重启于第 {after} 条"),
        &format!("it stopped at entry {before} and started at entry {after}"),
    )?;
    Ok(running)
}

/// A client of the party that `key` belongs to.
async fn connect(running: &Running, key: &ApiKey) -> Result<Client, Error> {
    let address = format!("http://{}", running.address());
    Ok(Client::connect(ClientOptions::new(address).key(key.clone())).await?)
}
