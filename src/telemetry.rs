//! The server's metrics: every one is described here, and served on a port of its own.
//!
//! Counts of commands and trades are taken from the durable entries, like everything else that
//! leaves the server: what is counted has happened.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use metrics::Unit;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};
use sfund_engine::command::CommandKind;
use sfund_engine::event::Event;
use sfund_engine::id::Sequence;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::published::Item;
use crate::stream::{Ended, Live, Step};

/// A metric: what kind it is, its name, its unit and what it says.
struct Description {
    kind: Kind,
    name: &'static str,
    unit: Unit,
    words: &'static str,
}

enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Commands that are durable, by `kind` and `outcome` (`accepted` or `refused`).
const COMMANDS: &str = "sfund_commands_total";
/// Trades that are durable.
const TRADES: &str = "sfund_trades_total";
/// The newest durable entry.
const NEWEST: &str = "sfund_newest_sequence";

/// Every metric of the server.
const DESCRIPTIONS: &[Description] = &[
    counter(COMMANDS, "Commands in the journal, by kind and outcome"),
    counter(TRADES, "Trades in the journal"),
    gauge(NEWEST, "Number of the newest entry published"),
    counter("sfund_calls_total", "Calls answered, by method and gRPC code"),
    counter("sfund_connections_refused_total", "Connections hung up on: too many of an address"),
    seconds("sfund_call_seconds", "A call, from its admission to its answer"),
    gauge("sfund_queue_commands", "Commands that wait for the engine"),
    gauge("sfund_publish_blocks", "Blocks that wait for the read models"),
    Description {
        kind: Kind::Histogram,
        name: "sfund_batch_commands",
        unit: Unit::Count,
        words: "Commands made durable together",
    },
    seconds("sfund_wait_seconds", "From taking a command into the queue to its turn"),
    seconds("sfund_decide_seconds", "From taking the first command of a batch to its last verdict"),
    seconds("sfund_append_seconds", "Appending a block to the journal"),
    seconds("sfund_sync_seconds", "Making a block durable"),
    seconds("sfund_answer_seconds", "From taking a command into the queue to its answer"),
    seconds("sfund_publish_seconds", "From a durable block to the read models and streams"),
];

const fn counter(name: &'static str, words: &'static str) -> Description {
    Description { kind: Kind::Counter, name, unit: Unit::Count, words }
}

const fn gauge(name: &'static str, words: &'static str) -> Description {
    Description { kind: Kind::Gauge, name, unit: Unit::Count, words }
}

const fn seconds(name: &'static str, words: &'static str) -> Description {
    Description { kind: Kind::Histogram, name, unit: Unit::Seconds, words }
}

/// Upper bounds of durations, in seconds: from a decision to a stuck disk.
const SECONDS_BUCKETS: [f64; 16] = [
    0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.25, 1.0, 5.0, 30.0,
];
/// Upper bounds of batches, in commands.
const BATCH_BUCKETS: [f64; 7] = [1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0];

/// How often counts are handed on.
const TALLY_EVERY: Duration = Duration::from_millis(500);

/// Serves metrics at `address`, and counts from now on. Must run within tokio.
///
/// # Errors
///
/// If the address cannot be taken, or metrics are recorded elsewhere already.
pub fn start(address: SocketAddr) -> Result<JoinHandle<()>, BuildError> {
    let (recorder, exporter) = PrometheusBuilder::new()
        .with_http_listener(address)
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Full("sfund_batch_commands".to_owned()), &BATCH_BUCKETS)?
        .build()?;
    metrics::set_global_recorder(recorder).map_err(BuildError::FailedToSetGlobalRecorder)?;
    describe();
    Ok(tokio::spawn(async move {
        if exporter.await.is_err() {
            tracing::error!(%address, "metrics are served no more: start the server again");
        }
    }))
}

fn describe() {
    for Description { kind, name, unit, words } in DESCRIPTIONS {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *unit, *words),
            Kind::Gauge => metrics::describe_gauge!(*name, *unit, *words),
            Kind::Histogram => metrics::describe_histogram!(*name, *unit, *words),
        }
    }
}

/// Counts every entry that is published from now on, until the server stops.
pub async fn count(live: Live) {
    let mut tally = Tally::default();
    let mut stream = live.subscribe_new();
    let mut tick = interval(TALLY_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            step = stream.next() => match step {
                Ok(Step::Entry(item)) => tally.add(&item),
                Ok(Step::CaughtUp) => {}
                // What was missed is not counted; the gap is in the log.
                Err(Ended::Lagged { resume_from }) => {
                    tracing::warn!(%resume_from, "metrics fell behind and leave entries out");
                    stream = live.subscribe_new();
                }
                Err(Ended::Stopping { .. }) => return tally.hand_on(),
                Err(error @ (Ended::Journal { .. } | Ended::Undecodable(_))) => {
                    tracing::error!(%error, "commands are counted no more");
                    return tally.hand_on();
                }
            },
            _ = tick.tick() => tally.hand_on(),
        }
    }
}

/// What was counted since the last time it was handed on.
#[derive(Default)]
struct Tally {
    commands: BTreeMap<(CommandKind, &'static str), u64>,
    trades: u64,
    newest: Sequence,
}

impl Tally {
    fn add(&mut self, item: &Item) {
        let outcome = match item.outcome() {
            Ok(events) => {
                let trades = events.iter().filter(|event| matches!(event, Event::Traded(_)));
                let trades = u64::try_from(trades.count()).unwrap_or(u64::MAX);
                self.trades = self.trades.saturating_add(trades);
                "accepted"
            }
            Err(_) => "refused",
        };
        let count = self.commands.entry((item.command().kind(), outcome)).or_default();
        *count = count.saturating_add(1);
        self.newest = item.header().sequence;
    }

    fn hand_on(&mut self) {
        for ((kind, outcome), count) in std::mem::take(&mut self.commands) {
            metrics::counter!(COMMANDS, "kind" => kind.name(), "outcome" => outcome)
                .increment(count);
        }
        metrics::counter!(TRADES).increment(std::mem::take(&mut self.trades));
        if Sequence::ZERO < self.newest {
            // A gauge is a float; entries are exact up to 2^53.
            let high = u32::try_from(self.newest.number() >> 32).unwrap_or(u32::MAX);
            let low = u32::try_from(self.newest.number() & u64::from(u32::MAX)).unwrap_or(u32::MAX);
            #[expect(clippy::float_arithmetic, reason = "a metric is a float")]
            metrics::gauge!(NEWEST).set(f64::from(high) * 4_294_967_296.0 + f64::from(low));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Names of metrics that stand in the sources, as `histogram!("name")` has them.
    fn recorded(folder: &Path, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                recorded(&path, names);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                for macro_name in ["counter!(\"", "gauge!(\"", "histogram!(\""] {
                    let found = text.split(macro_name).skip(1);
                    names.extend(found.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
                }
            }
        }
    }

    #[test]
    fn every_metric_recorded_is_described_and_the_other_way_round() {
        let mut names = vec![COMMANDS.to_owned(), TRADES.to_owned(), NEWEST.to_owned()];
        recorded(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut names);
        names.retain(|name| name.starts_with("sfund_"));
        names.sort();
        names.dedup();
        let mut described: Vec<&str> = DESCRIPTIONS.iter().map(|metric| metric.name).collect();
        described.sort_unstable();
        assert_eq!(names, described);
    }
}
