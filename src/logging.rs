//! The log: text on a terminal, JSON lines otherwise, always to stderr.
//!
//! No secret reaches it: secrets are [`crate::secret::Secret`]s, which do not print, and no message
//! of a caller is logged.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Begins to log as `log` says. What is logged before is lost, and a second start changes nothing.
///
/// # Panics
///
/// If the filter is none; a checked configuration has a good one.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.filter).expect("the filter was checked");
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let json = match log.format {
        LogFormat::Auto => !io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let started = if json {
        lines.json().flatten_event(true).with_current_span(false).try_init()
    } else {
        lines.with_ansi(io::stderr().is_terminal()).try_init()
    };
    drop(started);
}
