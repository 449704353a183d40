//! Data to stdout, for people or for programs; progress to stderr, if that is a terminal.

use std::io::{self, Write as _};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::journal::Head;

/// Where the data of a command goes.
#[derive(Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether it is for programs.
    pub(super) const fn is_json(self) -> bool {
        self.json
    }

    /// Prints one answer: `text` for people, `value` for programs.
    pub(super) fn print(self, text: &str, value: &Value) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json { writeln!(stdout, "{value}") } else { writeln!(stdout, "{text}") }?;
        stdout.flush()
    }

    /// Says to programs what happened; people read the log.
    pub(super) fn announce(self, value: &Value) -> io::Result<()> {
        if !self.json {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{value}")?;
        stdout.flush()
    }
}

/// A place of a journal, for programs.
pub(super) fn head(store: &Path, head: &Head) -> Value {
    serde_json::json!({
        "store": store.display().to_string(),
        "sequence": head.sequence.number(),
        "term": head.term,
        "hash": head.hash.to_string(),
    })
}

/// A bar over `entries` entries on stderr, if that is a terminal.
pub(super) fn progress(what: &'static str, entries: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
    let bar = ProgressBar::new(entries).with_message(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
