//! `sfund export`: entries as lines of JSON, with their hashes; the book of an auction; the evidence
//! of compliance of a listing.

use std::path::PathBuf;

use clap::Subcommand;
use sfund_engine::id::Sequence;

use super::output::Output;
use super::{Ending, Error, auction, compliance};
use crate::config::Config;
use crate::journal::sled;
use crate::recovery::{ExportError, export};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// First entry.
    #[arg(long, value_name = "SEQUENCE", default_value_t = 1)]
    from: u64,
    /// Last entry; the newest if absent.
    #[arg(long, value_name = "SEQUENCE")]
    until: Option<u64>,
    /// File to write, which must not exist; stdout if absent.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// Print the book of a listing's bidding, from which anybody recomputes the award.
    Auction(auction::ExportArguments),
    /// Print which rules applied to a listing, what happened, and whether they were kept.
    Compliance(compliance::Arguments),
}

pub(super) fn run(config: &Config, arguments: &Arguments, output: Output) -> Result<Ending, Error> {
    match &arguments.what {
        None => entries(config, arguments),
        Some(What::Auction(arguments)) => auction::export(config, arguments),
        Some(What::Compliance(arguments)) => compliance::run(config, arguments, output),
    }
}

fn entries(config: &Config, arguments: &Arguments) -> Result<Ending, Error> {
    let journal = sled::open(&config.store.path)?;
    let from = Sequence::new(arguments.from);
    let until = arguments.until.map_or(journal.reader.newest().sequence, Sequence::new);
    let reader = journal.reader.as_ref();
    let path = arguments.to.as_deref();
    let written = auction::to_file_or_stdout(path, |to| export(reader, from, until, to))?;
    let count = written.map_err(|error| match (error, path) {
        (ExportError::Journal(error), _) => Error::Recovery(error),
        (ExportError::Write(source), Some(path)) => Error::File { path: path.to_owned(), source },
        (ExportError::Write(source), None) => Error::Output(source),
    })?;
    eprintln!("{count} entries exported");
    Ok(Ending::Good)
}
