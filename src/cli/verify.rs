//! `sfund verify`: re-hashes the chain, and decides every command again.

use super::output::{self, Output};
use super::{Ending, Error};
use crate::config::Config;
use crate::journal::{sled, verify_chain};

pub(super) fn run(config: &Config, output: Output) -> Result<Ending, Error> {
    let store = &config.store.path;
    let journal = sled::open(store)?;
    let bar = output::progress("verifying", journal.reader.newest().sequence.number());
    let head = verify_chain(&journal.reader, |head| bar.set_position(head.sequence.number()))?;
    bar.finish_and_clear();
    output.print(
        &format!("{} entries are sound, up to hash {}", head.sequence.number(), head.hash),
        &output::head(store, &head),
    )?;
    Ok(Ending::Good)
}
