//! `sfund backup`: copies the journal into a new folder, checking its chain on the way.

use std::path::PathBuf;

use super::output::{self, Output};
use super::{Ending, Error};
use crate::config::Config;
use crate::journal::{backup, sled};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Folder of the copy; absent or empty.
    to: PathBuf,
}

pub(super) fn run(config: &Config, arguments: &Arguments, output: Output) -> Result<Ending, Error> {
    let store = &config.store.path;
    let journal = sled::open(store)?;
    let bar = output::progress("copying", journal.reader.newest().sequence.number());
    let head = backup::backup(&journal.reader, &arguments.to, |head| {
        bar.set_position(head.sequence.number());
    })?;
    bar.finish_and_clear();
    let to = arguments.to.display();
    output.print(
        &format!("{to} holds {} entries up to hash {}", head.sequence.number(), head.hash),
        &output::head(&arguments.to, &head),
    )?;
    Ok(Ending::Good)
}
