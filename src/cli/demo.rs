//! `sfund demo`: the exchange shown in a minute.

use std::path::PathBuf;

use clap::ValueEnum;

use super::output::Output;
use super::{Ending, Error};
use crate::config::{Loaded, Origin};
use crate::{demo, logging};

/// Folder of the demo, where no store is named.
const FOLDER: &str = "sfund-demo";

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// End after the story, with one line of JSON.
    #[arg(long)]
    exit: bool,
    /// Import a register of LP positions first, and trade on it.
    #[arg(long, value_name = "FILE")]
    positions: Option<PathBuf>,
    /// Language of the story; as the environment has it if not said.
    #[arg(long, value_enum)]
    lang: Option<Lang>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Lang {
    Zh,
    En,
}

pub(super) fn run(loaded: &Loaded, arguments: Arguments, output: Output) -> Result<Ending, Error> {
    let mut config = loaded.config.clone();
    let by_default = |key: &str| {
        let setting = loaded.settings.iter().find(|setting| setting.known.key == key);
        setting.is_some_and(|setting| setting.origin == Origin::Default)
    };
    if by_default("store.path") {
        config.store.path = PathBuf::from(FOLDER).join("store");
    }
    if by_default("log.filter") {
        // The story is told on the same terminal.
        config.log.filter = "error".to_owned();
    }
    if by_default("metrics.address") {
        config.metrics.address = None;
    }
    if arguments.exit && by_default("server.address") {
        config.server.address.set_port(0);
    }
    logging::start(&config.log, None);
    let language = match arguments.lang {
        Some(Lang::Zh) => demo::Language::Chinese,
        Some(Lang::En) => demo::Language::English,
        None => demo::Language::of_environment(),
    };
    let ending = if arguments.exit { demo::Ending::Exit } else { demo::Ending::Stay };
    let options = demo::Options { ending, positions: arguments.positions, language };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(Error::Runtime)?.block_on(demo::run(config, options))?;
    let summary = outcome.summary;
    output.print(&summary.to_string(), &summary)?;
    Ok(if outcome.good { Ending::Good } else { Ending::FoundWrong })
}
