//! `sfund export auction` and `sfund verify auction`: the book of one listing's bidding (J3).

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::PathBuf;

use serde_json::json;

use super::output::Output;
use super::{Ending, Error};
use crate::config::Config;
use crate::journal::sled;
use crate::recovery::book::{self, Flavour, Report, Written};

#[derive(clap::Args)]
pub(super) struct ExportArguments {
    /// The listing: its id, as `listing-7`, or its project code.
    listing: String,
    /// Add every entry from the opening to the newest as it is stored, names and all: for the venue
    /// and its regulator.
    #[arg(long)]
    full: bool,
    /// File to write, which must not exist; stdout if absent.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(super) struct VerifyArguments {
    /// The book, as `sfund export auction` wrote it.
    file: PathBuf,
    /// Compare it with the journal, too, or with a backup of it. The server must be stopped.
    #[arg(long)]
    journal: bool,
}

pub(super) fn export(config: &Config, arguments: &ExportArguments) -> Result<Ending, Error> {
    let journal = sled::open(&config.store.path)?;
    let flavour = if arguments.full { Flavour::Full } else { Flavour::Public };
    let write = |to: &mut dyn Write| book::export(&journal.reader, &arguments.listing, flavour, to);
    let written = to_file_or_stdout(arguments.to.as_deref(), write)??;
    let Written { listing, lines, hash, entries, tells_hidden_floor } = written;
    eprintln!("the book of {listing}: {lines} lines, hash {hash}; {entries} entries with it");
    if tells_hidden_floor {
        eprintln!("it tells a floor that was hidden, and nobody won: keep it, or ask the seller");
    }
    Ok(Ending::Good)
}

/// Runs `write` over a new file, synced afterwards, or over stdout.
pub(super) fn to_file_or_stdout<T, E>(
    path: Option<&std::path::Path>,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<Result<T, E>, Error> {
    let Some(path) = path else {
        let mut stdout = BufWriter::new(io::stdout().lock());
        let written = write(&mut stdout);
        stdout.flush()?;
        return Ok(written);
    };
    let unwritable = |source| Error::File { path: path.to_owned(), source };
    let mut file = BufWriter::new(File::create_new(path).map_err(unwritable)?);
    let written = write(&mut file);
    file.flush().and_then(|()| file.get_ref().sync_all()).map_err(unwritable)?;
    Ok(written)
}

pub(super) fn verify(
    config: &Config,
    arguments: &VerifyArguments,
    output: Output,
) -> Result<Ending, Error> {
    let path = &arguments.file;
    let unreadable = |source| Error::Unreadable { path: path.clone(), source };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut report = book::verify(&mut file)?;
    if arguments.journal {
        let journal = sled::open(&config.store.path)?;
        report.findings.extend(book::compare(&journal.reader, &report.book)?);
    }
    print(&report, arguments.journal, output)?;
    Ok(if report.findings.is_empty() { Ending::Good } else { Ending::FoundWrong })
}

fn print(report: &Report, compared: bool, output: Output) -> io::Result<()> {
    let Report { book, lines, came: (came, result), decided, entries, findings } = report;
    let (listing, code, hash) = (book.listing(), book.code(), book.hash());
    let [(_, taken), (_, refused), (_, elsewhere), (_, seals), (_, rung)] = decided;
    let mut text = format!(
        "{listing} ({code}), {lines} lines: {taken} taken and {refused} refused again, {seals} \
         seals opened, the clock rang {rung} times\n{elsewhere} rest on what no book tells\n\
         {came}\nbook {hash}"
    );
    let ends = book.ends();
    if let Some((store, sequence, hash)) = &ends {
        text.push_str(&format!("\nof journal {store}, up to entry {sequence}, hash {hash}"));
    }
    if let Some((count, head)) = entries {
        text.push_str(&format!(
            "\n{count} entries hashed again, up to entry {}, hash {}",
            head.sequence, head.hash
        ));
    }
    if compared {
        text.push_str("\ncompared with the journal");
    }
    for finding in findings {
        text.push_str(&format!("\nwrong: {finding}"));
    }
    let decided: serde_json::Map<_, _> =
        decided.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
    let value = json!({
        "sound": findings.is_empty(),
        "listing": listing.to_string(),
        "code": code,
        "lines": lines,
        "decided": decided,
        "result": result,
        "book": hash.to_string(),
        "journal": ends.map(|(store, sequence, hash)| json!({
            "store": store,
            "sequence": sequence.number(),
            "hash": hash.to_string(),
        })),
        "entries": entries.map(|(count, head)| json!({
            "count": count,
            "sequence": head.sequence.number(),
            "hash": head.hash.to_string(),
        })),
        "compared": compared,
        "findings": findings.iter().map(|finding| json!({
            "line": finding.line,
            "what": finding.what,
        })).collect::<Vec<_>>(),
    });
    output.print(&text, &value)
}
