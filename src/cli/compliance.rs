//! `sfund export compliance`: which rules applied to a listing, what happened, and whether they
//! were kept.

use std::io;
use std::path::PathBuf;

use clap::ValueEnum;
use sfund_engine::policy::PackVersion;

use super::auction::to_file_or_stdout;
use super::output::Output;
use super::{Ending, Error};
use crate::config::Config;
use crate::journal::sled;
use crate::recovery::compliance;
use crate::server::load_rules;
use crate::venue_file::pack::{BUILT_IN, OVERLAYS, Parameter};
use crate::venue_file::{Either, SegmentRules, load_any};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The listing: its id, as `listing-7`, or its project code.
    listing: String,
    /// For people or for programs; `--json` is the same as `json`.
    #[arg(long, value_enum, default_value_t = Format::Md)]
    format: Format,
    /// File to write, which must not exist; stdout if absent.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// How the evidence is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown in Chinese and English.
    Md,
    /// JSON, with the ids of rules.
    Json,
}

pub(super) fn run(config: &Config, arguments: &Arguments, output: Output) -> Result<Ending, Error> {
    let journal = sled::open(&config.store.path)?;
    let known = sources(config)?;
    let source = |edition: &PackVersion, name: &str| {
        let found = known.iter().filter(|(one, _)| one == edition).flat_map(|(_, of)| of);
        let found = found.into_iter().find(|parameter| parameter.name == name);
        found.map(|parameter| (parameter.class.letter(), parameter.source.clone()))
    };
    let report = compliance::report(&journal.reader, &arguments.listing, &source)?;
    let text = if arguments.format == Format::Json || output.is_json() {
        format!("{}\n", report.value())
    } else {
        report.markdown()
    };
    let written: io::Result<()> =
        to_file_or_stdout(arguments.to.as_deref(), |to| to.write_all(text.as_bytes()))?;
    written?;
    let not_met = report.not_met();
    if not_met.is_empty() {
        return Ok(Ending::Good);
    }
    eprintln!("not met: {}", not_met.join(", "));
    Ok(Ending::FoundWrong)
}

/// Where values come from: the packs and overlays of the venue's files, and those that come with
/// the program. A journal may have others; their sources are not at hand.
fn sources(config: &Config) -> Result<Vec<(PackVersion, Vec<Parameter>)>, Error> {
    let mut known = Vec::new();
    for SegmentRules { pack, overlay, .. } in load_rules(config)? {
        known.push((pack.pack.edition(), pack.parameters));
        known.extend(overlay.map(|over| (over.overlay.edition(), over.parameters)));
    }
    for (name, _) in BUILT_IN.iter().chain(&OVERLAYS) {
        known.push(match load_any(name, "".as_ref())? {
            Either::Pack(pack) => (pack.pack.edition(), pack.parameters),
            Either::Overlay(over) => (over.overlay.edition(), over.parameters),
        });
    }
    Ok(known)
}
