//! The server's metrics: every one is described here, and served on a port of its own.
//!
//! Counts of commands and trades are taken from the durable entries, like everything else that
//! leaves the server: what is counted has happened. The stages of the path are recorded once a
//! batch, by whoever does the work; what can be looked at from aside is looked at now and then.

mod machine;
mod vitals;
mod window;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use metrics::Unit;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};
use sfund_engine::command::CommandKind;
use sfund_engine::event::Event;
use sfund_engine::id::Sequence;
use tokio::time::{MissedTickBehavior, interval};

use crate::gauge_value;
use crate::published::Item;
use crate::sequencer::Handle;
use crate::stream::{Ended, Live, Step};

pub use self::machine::{Place, calendar_end, watch};
pub use self::vitals::Vitals;
pub use self::window::Summary;

/// A metric: what kind it is, its name, its unit and what it says.
struct Description {
    kind: Kind,
    name: &'static str,
    unit: Unit,
    words: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Metrics cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be taken, or the library refuses.
    #[error("metrics cannot be served")]
    Build(#[from] BuildError),
    /// This process serves its metrics already.
    #[error("this process records its metrics elsewhere already")]
    Taken,
}

/// From taking a command into the queue to its turn.
pub const WAIT: &str = "sfund_wait_seconds";
/// From taking the first command of a batch to its last verdict.
pub const DECIDE: &str = "sfund_decide_seconds";
/// Appending a block to the journal.
pub const APPEND: &str = "sfund_append_seconds";
/// Making a block durable.
pub const SYNC: &str = "sfund_sync_seconds";
/// From a durable block to the read models and streams.
pub const PUBLISH: &str = "sfund_publish_seconds";
/// From taking a command into the queue to its answer.
pub const ANSWER: &str = "sfund_answer_seconds";
/// Commands made durable together.
pub const BATCH: &str = "sfund_batch_commands";
/// Blocks that wait for the read models.
pub const PUBLISH_BLOCKS: &str = "sfund_publish_blocks";
/// Blocks by which the slowest stream is behind.
const STREAM_LAG: &str = "sfund_stream_lag_blocks";
/// Streams cut because their readers were too slow.
pub const STREAMS_CUT: &str = "sfund_streams_cut_total";
/// Connections that are open.
pub const CONNECTIONS: &str = "sfund_connections";
/// Entry of the newest snapshot.
pub const SNAPSHOT_SEQUENCE: &str = "sfund_snapshot_sequence";
/// Time of the newest entry that the newest snapshot holds.
pub const SNAPSHOT_TIME: &str = "sfund_snapshot_timestamp_seconds";
/// Bytes of the store's files.
pub const STORE_BYTES: &str = "sfund_store_bytes";
/// Bytes that are free where the store is.
pub const DISK_FREE: &str = "sfund_disk_free_bytes";
/// Bytes of the disk on which the store is.
pub const DISK_SIZE: &str = "sfund_disk_bytes";

/// Commands that are durable, by `kind` and `outcome` (`accepted` or `refused`).
const COMMANDS: &str = "sfund_commands_total";
/// Trades that are durable.
const TRADES: &str = "sfund_trades_total";
/// The newest entry published.
const NEWEST: &str = "sfund_newest_sequence";
/// The newest entry that is durable.
const DURABLE: &str = "sfund_durable_sequence";
/// Days until the venue's calendar ends.
const CALENDAR_DAYS: &str = "sfund_calendar_days";
/// Memory of the process, under the name that all processes use.
const MEMORY: &str = "process_resident_memory_bytes";

/// Every metric of the server.
const DESCRIPTIONS: &[Description] = &[
    counter(COMMANDS, "Commands in the journal, by kind and outcome"),
    counter(TRADES, "Trades in the journal"),
    gauge(NEWEST, "Number of the newest entry published"),
    gauge(DURABLE, "Number of the newest entry that is durable"),
    counter("sfund_calls_total", "Calls answered, by method and gRPC code"),
    seconds("sfund_call_seconds", "A call, from its admission to its answer"),
    counter("sfund_refusals_total", "Refusals sent, by reason"),
    gauge(CONNECTIONS, "Connections that are open"),
    gauge("sfund_connections_max", "Connections that may be open"),
    counter("sfund_connections_refused_total", "Connections hung up on: too many of an address"),
    gauge("sfund_queue_commands", "Commands that wait for the engine"),
    gauge("sfund_queue_commands_max", "Commands that may wait for the engine"),
    gauge(PUBLISH_BLOCKS, "Blocks that wait for the read models"),
    gauge("sfund_publish_blocks_max", "Blocks that may wait for the read models"),
    Description {
        kind: Kind::Histogram,
        name: BATCH,
        unit: Unit::Count,
        words: "Commands made durable together",
    },
    seconds(WAIT, "From taking a command into the queue to its turn"),
    seconds(DECIDE, "From taking the first command of a batch to its last verdict"),
    seconds(APPEND, "Appending a block to the journal"),
    seconds(SYNC, "Making a block durable"),
    seconds(ANSWER, "From taking a command into the queue to its answer"),
    seconds(PUBLISH, "From a durable block to the read models and streams"),
    counter("sfund_repeats_total", "Attempts that were answered before and sent again"),
    counter("sfund_recalls_total", "Answers read back from the journal"),
    gauge("sfund_streams", "Streams that are open"),
    gauge(STREAM_LAG, "Blocks by which the slowest stream is behind"),
    gauge("sfund_stream_lag_blocks_max", "Blocks by which a stream may be behind before it is cut"),
    counter(STREAMS_CUT, "Streams cut because their readers were too slow"),
    gauge(SNAPSHOT_SEQUENCE, "Entry of the newest snapshot"),
    gauge(SNAPSHOT_TIME, "Time of the newest entry that the newest snapshot holds"),
    gauge("sfund_snapshot_every_entries", "Entries from one snapshot to the next"),
    seconds("sfund_snapshot_seconds", "Making and storing a snapshot"),
    bytes(STORE_BYTES, "Bytes of the store's files"),
    bytes(DISK_FREE, "Bytes that are free where the store is"),
    bytes(DISK_SIZE, "Bytes of the disk on which the store is"),
    gauge(CALENDAR_DAYS, "Days until the venue's calendar ends"),
    bytes(MEMORY, "Memory of the process that is in use"),
];

const fn bytes(name: &'static str, words: &'static str) -> Description {
    Description { kind: Kind::Gauge, name, unit: Unit::Bytes, words }
}

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

/// Counters without labels, which are there before anything is counted.
const UNLABELLED: [&str; 4] = [TRADES, STREAMS_CUT, "sfund_repeats_total", "sfund_recalls_total"];

/// How often counts are handed on.
const TALLY_EVERY: Duration = Duration::from_millis(500);

/// Measures from now on, and serves the metrics at `address`, if there is one, for as long as the
/// process runs. Must run within tokio.
///
/// # Errors
///
/// If the address cannot be taken, or metrics are recorded elsewhere already.
pub fn start(address: Option<SocketAddr>) -> Result<Vitals, Error> {
    let vitals = vitals::of_process(address, |address| {
        let (recorder, exporter) = PrometheusBuilder::new()
            .with_http_listener(address)
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
            .set_buckets_for_metric(Matcher::Full(BATCH.to_owned()), &BATCH_BUCKETS)?
            .build()?;
        tokio::spawn(async move {
            if exporter.await.is_err() {
                tracing::error!(%address, "metrics are served no more: start the server again");
            }
        });
        Ok(recorder)
    })?;
    describe();
    Ok(vitals)
}

fn describe() {
    for Description { kind, name, unit, words } in DESCRIPTIONS {
        match kind {
            Kind::Counter => {
                metrics::describe_counter!(*name, *unit, *words);
                // A count that begins with 1 would not be seen to rise.
                if UNLABELLED.contains(name) {
                    metrics::counter!(*name).increment(0);
                }
            }
            Kind::Gauge => metrics::describe_gauge!(*name, *unit, *words),
            Kind::Histogram => metrics::describe_histogram!(*name, *unit, *words),
        }
    }
}

/// Counts every entry that is published from now on, until the server stops.
pub async fn count(live: Live, handle: Handle) {
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
            _ = tick.tick() => {
                tally.hand_on();
                metrics::gauge!(DURABLE).set(gauge_value(live.durable().number()));
                // Looked at from here: whoever takes commands may wait for the disk.
                let waiting = u32::try_from(handle.queue_commands()).unwrap_or(u32::MAX);
                metrics::gauge!("sfund_queue_commands").set(waiting);
                let behind = u32::try_from(live.blocks_behind()).unwrap_or(u32::MAX);
                metrics::gauge!(STREAM_LAG).set(behind);
            }
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
                let trades = events
                    .iter()
                    .filter(|event| matches!(event, Event::Traded(_) | Event::CallTraded(_)));
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
            metrics::gauge!(NEWEST).set(gauge_value(self.newest.number()));
        }
    }
}

#[cfg(test)]
mod tests;
