//! `sfund verify`: re-hashes the chain, decides every command again, and compares; the same of the
//! book of an auction.

use clap::Subcommand;
use serde_json::json;

use super::output::{self, Output};
use super::{Ending, Error, auction};
use crate::config::Config;
use crate::journal::{self, sled};
use crate::recovery;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Recompute an award from the book of its bidding alone.
    Auction(auction::VerifyArguments),
}

pub(super) fn run(config: &Config, arguments: &Arguments, output: Output) -> Result<Ending, Error> {
    match &arguments.what {
        None => journal(config, output),
        Some(What::Auction(arguments)) => auction::verify(config, arguments, output),
    }
}

fn journal(config: &Config, output: Output) -> Result<Ending, Error> {
    let store = &config.store.path;
    let journal = match sled::open(store) {
        Ok(journal) => journal,
        Err(error) if is_finding(&error) => {
            let finding = crate::cause(&error);
            let value = json!({
                "store": store.display().to_string(),
                "sound": false,
                "findings": [finding],
            });
            output.print(&format!("{} is not sound: {finding}", store.display()), &value)?;
            return Ok(Ending::FoundWrong);
        }
        Err(error) => return Err(error.into()),
    };
    let bar = output::progress("verifying", journal.reader.newest().sequence.number());
    let report = recovery::verify(&journal.reader, |head| bar.set_position(head.sequence.number()))
        .map_err(Error::Recovery)?;
    bar.finish_and_clear();
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    let (entries, refused, events) = (report.entries, report.refused, report.events);
    let (snapshots, head) = (report.snapshots, report.head);
    let mut text = format!(
        "{entries} entries re-hashed and decided again ({refused} refused, {events} events), \
         {snapshots} snapshots compared\nup to {}, hash {}, market {}",
        head.sequence, head.hash, report.market
    );
    for finding in &findings {
        text.push_str("\nwrong: ");
        text.push_str(finding);
    }
    let mut value = output::head(store, &head);
    if let Some(object) = value.as_object_mut() {
        object.insert("sound".to_owned(), findings.is_empty().into());
        object.insert("entries".to_owned(), entries.into());
        object.insert("refused".to_owned(), refused.into());
        object.insert("events".to_owned(), events.into());
        object.insert("snapshots".to_owned(), snapshots.into());
        object.insert("market".to_owned(), report.market.to_string().into());
        object.insert("findings".to_owned(), findings.clone().into());
    }
    output.print(&text, &value)?;
    Ok(if findings.is_empty() { Ending::Good } else { Ending::FoundWrong })
}

/// Whether the store was looked at and is not what it was, rather than out of reach.
fn is_finding(error: &journal::Error) -> bool {
    matches!(
        error,
        journal::Error::Damaged { .. }
            | journal::Error::Lost { .. }
            | journal::Error::FilesDamaged { .. }
            | journal::Error::SledPanicked
    )
}
