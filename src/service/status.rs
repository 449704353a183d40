//! What the server measures of itself, as its status tells it.

use std::time::Duration;

use sfund_engine::time::Time;
use sfund_proto::v1;

use crate::service::desk::Desk;
use crate::telemetry::{
    ANSWER, APPEND, BATCH, CONNECTIONS, DECIDE, DISK_FREE, DISK_SIZE, PUBLISH, PUBLISH_BLOCKS,
    SNAPSHOT_SEQUENCE, SNAPSHOT_TIME, STORE_BYTES, STREAMS_CUT, SYNC, Summary, WAIT, calendar_end,
};
use crate::wire::fields::write_time;

impl Desk {
    /// The part of the status that does not rest on an entry.
    pub(crate) fn vital_signs(&self) -> v1::GetServerStatusResponse {
        let now = self.clock.now();
        let calendar = calendar_end(&self.read, now);
        let batch = self.vitals.last_minute(BATCH);
        let commands = |took: Duration| u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let snapshot = self.vitals.gauge(SNAPSHOT_TIME);
        let snapshot = Time::from_nanos(snapshot.saturating_mul(1_000_000_000));
        v1::GetServerStatusResponse {
            answered: Some(write_time(now)),
            stages: self.stages(),
            whole: Some(self.stage("answer", ANSWER, 0, 0)),
            batch_commands_p50: commands(batch.p50),
            batch_commands_p99: commands(batch.p99),
            stream_lag_blocks: count(self.live.blocks_behind()),
            stream_lag_blocks_max: count(self.path.stream_blocks_max),
            streams_cut: self.vitals.counter(STREAMS_CUT),
            snapshot_sequence: self.vitals.gauge(SNAPSHOT_SEQUENCE),
            snapshot_time: (snapshot != Time::ZERO).then(|| write_time(snapshot)),
            snapshot_every_entries: self.snapshot_every_entries,
            store_bytes: self.vitals.gauge(STORE_BYTES),
            disk_free_bytes: self.vitals.gauge(DISK_FREE),
            disk_bytes: self.vitals.gauge(DISK_SIZE),
            calendar_until: calendar.map_or_else(String::new, |(until, _)| until.to_string()),
            calendar_days: calendar.map_or(0, |(_, days)| days),
            connections: self.vitals.gauge(CONNECTIONS),
            connections_max: count(self.limits.connections_max),
            ..v1::GetServerStatusResponse::default()
        }
    }

    /// The stages of a command's path, in its order.
    fn stages(&self) -> Vec<v1::StageStatus> {
        let queue = (count(self.handle.queue_commands()), count(self.path.queue_commands_max));
        let blocks = (self.vitals.gauge(PUBLISH_BLOCKS), count(self.path.publish_blocks_max));
        vec![
            self.stage("wait", WAIT, queue.0, queue.1),
            self.stage("decide", DECIDE, 0, 0),
            self.stage("append", APPEND, 0, 0),
            self.stage("sync", SYNC, 0, 0),
            self.stage("publish", PUBLISH, blocks.0, blocks.1),
        ]
    }

    fn stage(&self, name: &str, metric: &str, depth: u64, depth_max: u64) -> v1::StageStatus {
        let Summary { count, p50, p99 } = self.vitals.last_minute(metric);
        let nanos = |took: Duration| u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        v1::StageStatus {
            name: name.to_owned(),
            count,
            p50_nanoseconds: nanos(p50),
            p99_nanoseconds: nanos(p99),
            depth,
            depth_max,
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
