//! `sfund config`: what is in force and where it comes from; `sfund config packs`: the rules.

use std::fmt::Write as _;
use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use super::output::Output;
use super::{Ending, Error};
use crate::config::{Loaded, Origin};
use crate::server::load_venue;
use crate::venue_file::load_pack;
use crate::venue_file::pack::{BUILT_IN, PackFile};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Print policy packs, each parameter with its class and source.
    Packs {
        /// Packs that come with the program, or files that end in .toml; without any, the former.
        names: Vec<String>,
    },
}

pub(super) fn run(loaded: &Loaded, arguments: &Arguments, output: Output) -> Result<Ending, Error> {
    match &arguments.what {
        None => settings(loaded, output),
        Some(What::Packs { names }) if names.is_empty() => {
            let built_in: Vec<String> = BUILT_IN.iter().map(|(name, _)| (*name).into()).collect();
            packs(&built_in, output)
        }
        Some(What::Packs { names }) => packs(names, output),
    }
}

/// The settings as a file of settings, the origin of each in a comment.
fn settings(loaded: &Loaded, output: Output) -> Result<Ending, Error> {
    // The settings are good only if the venue that they name is.
    let venue = load_venue(&loaded.config)?;
    let (mut text, mut section) = (String::new(), "");
    for setting in &loaded.settings {
        let (of, key) = setting.known.key.split_once('.').unwrap_or(("", &setting.known.key));
        if of != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            writeln!(text, "{gap}[{of}]").expect("a string takes all that is written to it");
            section = of;
        }
        writeln!(text, "{key} = {} # {}", setting.value, setting.origin)
            .expect("a string takes all that is written to it");
    }
    write!(
        text,
        "\n# A new journal opens \"{}\"; its calendar ends on {}.",
        venue.name, venue.calendar.until
    )
    .expect("a string takes all that is written to it");
    let values = loaded.settings.iter().map(|setting| {
        let (origin, place) = match &setting.origin {
            Origin::Default => ("default", None),
            Origin::File(path) => ("file", Some(path.display().to_string())),
            Origin::Environment(name) => ("environment", Some(name.clone())),
            Origin::Flag => ("flag", None),
        };
        let value: Option<toml::Table> = toml::from_str(&format!("value = {}", setting.value)).ok();
        let value = value.and_then(|table| table.get("value").cloned());
        json!({
            "key": setting.known.key,
            "value": value,
            "default": setting.origin == Origin::Default,
            "origin": origin,
            "place": place,
            "help": setting.known.help,
        })
    });
    output.print(&text, &json!({ "settings": values.collect::<Vec<_>>() }))?;
    Ok(Ending::Good)
}

fn packs(names: &[String], output: Output) -> Result<Ending, Error> {
    let packs =
        names.iter().map(|name| load_pack(name, Path::new(""))).collect::<Result<Vec<_>, _>>()?;
    let text = packs.iter().map(page).collect::<Vec<_>>().join("\n\n");
    let values: Vec<_> = packs.iter().map(value).collect();
    output.print(&text, &json!({ "packs": values }))?;
    Ok(Ending::Good)
}

/// A pack for people.
fn page(file: &PackFile) -> String {
    let pack = &file.pack;
    let (code, version) = (&pack.code, pack.version);
    let (from, jurisdiction) = (pack.valid_from, &pack.jurisdiction);
    let mut page = format!("{code} version {version}, {jurisdiction}, valid from {from}");
    for parameter in &file.parameters {
        let name = parameter.name;
        let value = format!("{} {}", parameter.value.trim_matches('"'), parameter.unit);
        let value = value.trim_end_matches(" permission");
        let value = if value.starts_with("none ") { "none" } else { value };
        let (class, rule, source) = (parameter.class.letter(), &parameter.rule, &parameter.source);
        write!(page, "\n  {name:<30} {value:<20} {rule:<5} {class}  {source}")
            .expect("a string takes all that is written to it");
    }
    page
}

/// A pack for programs.
fn value(file: &PackFile) -> serde_json::Value {
    let parameters = file.parameters.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "value": parameter.value.trim_matches('"'),
            "unit": parameter.unit,
            "rule": parameter.rule,
            "class": parameter.class.letter(),
            "source": parameter.source,
        })
    });
    json!({
        "code": file.pack.code,
        "version": file.pack.version,
        "valid_from": file.pack.valid_from.to_string(),
        "jurisdiction": file.pack.jurisdiction,
        "parameters": parameters.collect::<Vec<_>>(),
    })
}
