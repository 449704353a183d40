//! The log: text on a terminal, JSON lines otherwise, always to stderr; and traces beside it.
//!
//! No secret reaches it: secrets are [`crate::secret::Secret`]s, which do not print, and no message
//! of a caller is logged.

use std::io::{self, IsTerminal as _};

use tracing::Subscriber;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Log, LogFormat};
use crate::traces::Traces;

/// Begins to log as `log` says, and to make traces if there is somewhere to send them. What is
/// logged before is lost, and a second start changes nothing.
///
/// # Panics
///
/// If the filter is none; a checked configuration has a good one.
pub fn start(log: &Log, traces: Option<&Traces>) {
    let registry = tracing_subscriber::registry();
    // Not a list of layers, nor a layer that may be none: those do not tell what is within them
    // where spans are kept.
    let started = match traces {
        Some(traces) => registry.with(traces.layer()).with(lines(log)).try_init(),
        None => registry.with(lines(log)).try_init(),
    };
    drop(started);
}

fn lines<S>(log: &Log) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let filter = EnvFilter::try_new(&log.filter).expect("the filter was checked");
    let json = match log.format {
        LogFormat::Auto => !io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let lines = fmt::layer().with_writer(io::stderr);
    if json {
        lines.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed()
    } else {
        lines.with_ansi(io::stderr().is_terminal()).with_filter(filter).boxed()
    }
}
