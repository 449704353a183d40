//! `sfund export`: entries as lines of JSON, with their hashes.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use sfund_engine::id::Sequence;

use super::{Ending, Error};
use crate::config::Config;
use crate::journal::sled;
use crate::recovery::{ExportError, export};

#[derive(clap::Args)]
pub(super) struct Arguments {
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

pub(super) fn run(config: &Config, arguments: &Arguments) -> Result<Ending, Error> {
    let journal = sled::open(&config.store.path)?;
    let from = Sequence::new(arguments.from);
    let until = arguments.until.map_or(journal.reader.newest().sequence, Sequence::new);
    let reader = journal.reader.as_ref();
    let count = match &arguments.to {
        Some(path) => {
            let unwritable = |source| Error::File { path: path.clone(), source };
            let mut file = BufWriter::new(File::create_new(path).map_err(unwritable)?);
            let count = export(reader, from, until, &mut file).map_err(|error| match error {
                ExportError::Journal(error) => Error::Recovery(error),
                ExportError::Write(source) => unwritable(source),
            })?;
            file.flush().and_then(|()| file.get_ref().sync_all()).map_err(unwritable)?;
            count
        }
        None => {
            let mut stdout = BufWriter::new(io::stdout().lock());
            let count = export(reader, from, until, &mut stdout).map_err(|error| match error {
                ExportError::Journal(error) => Error::Recovery(error),
                ExportError::Write(source) => Error::Output(source),
            })?;
            stdout.flush()?;
            count
        }
    };
    eprintln!("{count} entries exported");
    Ok(Ending::Good)
}
