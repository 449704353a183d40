//! `sfund restore`: copies a backup into the store's folder, checking its chain on the way.

use std::fs;
use std::path::PathBuf;

use super::output::{self, Output};
use super::{Ending, Error};
use crate::config::Config;
use crate::journal::{backup, sled};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Folder of the backup.
    from: PathBuf,
}

pub(super) fn run(config: &Config, arguments: &Arguments, output: Output) -> Result<Ending, Error> {
    let store = &config.store.path;
    let origin = sled::open(&arguments.from)?;
    if let Some(parent) = store.parent() {
        fs::create_dir_all(parent)
            .map_err(|source| Error::Folder { path: parent.to_owned(), source })?;
    }
    let bar = output::progress("copying", origin.reader.newest().sequence.number());
    let head = backup::backup(&origin.reader, store, |head| {
        bar.set_position(head.sequence.number());
    })?;
    bar.finish_and_clear();
    output.print(
        &format!(
            "{} holds {} entries up to hash {}",
            store.display(),
            head.sequence.number(),
            head.hash
        ),
        &output::head(store, &head),
    )?;
    Ok(Ending::Good)
}
