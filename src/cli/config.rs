//! `sfund config`: what is in force and where it comes from; `sfund config packs`: the rules.

use std::fmt::Write as _;
use std::path::Path;

use clap::Subcommand;
use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};
use serde_json::json;
use sfund_engine::policy::PackVersion;
use sfund_engine::time::Date;

use super::output::Output;
use super::{Ending, Error};
use crate::config::{Loaded, Origin};
use crate::server::{load_rules, load_venue};
use crate::venue_file::pack::{OverlayFile, PackFile, Parameter};
use crate::venue_file::{Either, SegmentRules, load_any};

/// Widest value that is not broken into lines.
const VALUE_CELLS: u16 = 24;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Print policy packs and overlays, each parameter with its class and source.
    Packs {
        /// Packs or overlays that come with the program, or files that end in .toml; without any,
        /// those that the venue of the settings opens with.
        names: Vec<String>,
    },
}

pub(super) fn run(loaded: &Loaded, arguments: &Arguments, output: Output) -> Result<Ending, Error> {
    match &arguments.what {
        None => settings(loaded, output),
        Some(What::Packs { names }) if names.is_empty() => rules_of_venue(loaded, output),
        Some(What::Packs { names }) => named(names, output),
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

/// The rules that the venue of the settings opens with: which segment is under which, and each of
/// them once.
fn rules_of_venue(loaded: &Loaded, output: Output) -> Result<Ending, Error> {
    let rules = load_rules(&loaded.config)?;
    let (mut text, mut pages, mut packs) = (String::new(), Vec::new(), Vec::new());
    let mut segments = Vec::new();
    for SegmentRules { code, pack, overlay } in &rules {
        let named = |stated: Option<Stated<'_>>| stated.map(|stated| stated.edition());
        let over = named(overlay.as_ref().map(Stated::from));
        let under = Stated::from(pack).edition();
        let states = over.as_ref().map_or("none: they cannot list".to_owned(), ToString::to_string);
        writeln!(text, "segment {code}: pack {under}; over it, for state-owned sellers: {states}")
            .expect("a string takes all that is written to it");
        segments.push(json!({
            "code": code,
            "pack": under.to_string(),
            "overlay": over.map(|over| over.to_string()),
        }));
        for stated in [Some(Stated::from(pack)), overlay.as_ref().map(Stated::from)] {
            let Some(stated) = stated else { continue };
            let page = stated.page();
            if !pages.contains(&page) {
                pages.push(page);
                packs.push(stated.value());
            }
        }
    }
    let text = format!("{text}\n{}", pages.join("\n\n"));
    output.print(&text, &json!({ "segments": segments, "packs": packs }))?;
    Ok(Ending::Good)
}

/// Packs and overlays by their names.
fn named(names: &[String], output: Output) -> Result<Ending, Error> {
    let (mut pages, mut values) = (Vec::new(), Vec::new());
    for name in names {
        let (page, value) = match load_any(name, Path::new(""))? {
            Either::Pack(pack) => (Stated::from(&*pack).page(), Stated::from(&*pack).value()),
            Either::Overlay(over) => (Stated::from(&*over).page(), Stated::from(&*over).value()),
        };
        pages.push(page);
        values.push(value);
    }
    output.print(&pages.join("\n\n"), &json!({ "packs": values }))?;
    Ok(Ending::Good)
}

/// What a pack or an overlay states.
struct Stated<'a> {
    kind: &'static str,
    code: &'a str,
    version: u32,
    valid_from: Date,
    jurisdiction: &'a str,
    parameters: &'a [Parameter],
}

impl<'a> From<&'a PackFile> for Stated<'a> {
    fn from(file: &'a PackFile) -> Self {
        let PackFile { pack, parameters } = file;
        Self {
            kind: "pack",
            code: &pack.code,
            version: pack.version,
            valid_from: pack.valid_from,
            jurisdiction: &pack.jurisdiction,
            parameters,
        }
    }
}

impl<'a> From<&'a OverlayFile> for Stated<'a> {
    fn from(file: &'a OverlayFile) -> Self {
        let OverlayFile { overlay, parameters } = file;
        Self {
            kind: "overlay",
            code: &overlay.code,
            version: overlay.version,
            valid_from: overlay.valid_from,
            jurisdiction: &overlay.jurisdiction,
            parameters,
        }
    }
}

impl Stated<'_> {
    fn edition(&self) -> PackVersion {
        PackVersion { code: self.code.to_owned(), version: self.version }
    }

    /// For people: as wide as the terminal, and no narrower elsewhere than what is said.
    fn page(&self) -> String {
        let Self { code, version, valid_from, jurisdiction, .. } = self;
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["parameter", "value", "unit", "rule", "class", "source"]);
        let narrow = ColumnConstraint::UpperBoundary(Width::Fixed(VALUE_CELLS));
        table.column_mut(1).expect("the second of six").set_constraint(narrow);
        for stated in self.parameters {
            let value = stated.value.trim_matches('"').replace(',', ", ");
            let (class, rule) = (stated.class.letter(), &stated.rule);
            table.add_row([stated.name, &value, stated.unit, rule, class, &stated.source]);
        }
        let rows: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        let rows = rows.join("\n");
        format!("{code} version {version}, {jurisdiction}, valid from {valid_from}\n{rows}")
    }

    /// For programs.
    fn value(&self) -> serde_json::Value {
        let parameters = self.parameters.iter().map(|parameter| {
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
            "kind": self.kind,
            "code": self.code,
            "version": self.version,
            "valid_from": self.valid_from.to_string(),
            "jurisdiction": self.jurisdiction,
            "parameters": parameters.collect::<Vec<_>>(),
        })
    }
}
