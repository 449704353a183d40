//! Whether the venue is healthy, from what its server says of itself.
//!
//! Each finding is named as its alert and its place in the runbook are, and is found at the same
//! threshold: what pages somebody at night is what the screen shows then.

use std::time::Duration;

use sfund_sdk::{Answer, ServerStatus, Stage};

use crate::output::grouped;
use crate::panel::{amount_of_bytes, took};

/// How well the venue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Health {
    /// All is as it should be.
    Healthy,
    /// It serves, and somebody should look.
    Degraded,
    /// Its users notice, or will within the hour.
    Failing,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Its stable name.
    pub(crate) name: &'static str,
    /// How bad it is.
    pub(crate) health: Health,
    /// What was measured, for its sentence.
    pub(crate) measured: String,
}

/// The longest that ninety-nine of a hundred syncs may take.
const SYNC_P99_MAX: Duration = Duration::from_millis(100);
/// The longest that ninety-nine of a hundred answers may take.
const ANSWER_P99_MAX: Duration = Duration::from_secs(1);
/// Days before the end of the calendar from which it is a finding.
const CALENDAR_DAYS_MIN: i32 = 30;

/// Every finding there is, and the heading of its place in the runbook, its alert's name.
pub(crate) const FINDINGS: &[(&str, &str)] = &[
    ("stalled", "SfundStalled"),
    ("queue_full", "SfundQueueFull"),
    ("queue_filling", "SfundQueueFilling"),
    ("answers_slow", "SfundAnswersSlow"),
    ("disk_slow", "SfundDiskSlow"),
    ("reads_behind", "SfundReadsBehind"),
    ("stream_behind", "SfundStreamBehind"),
    ("snapshot_old", "SfundSnapshotOld"),
    ("disk_full", "SfundDiskFull"),
    ("disk_low", "SfundDiskLow"),
    ("connections_full", "SfundConnectionsFull"),
    ("calendar_over", "SfundCalendarOver"),
    ("calendar_ends", "SfundCalendarEnds"),
];

impl Health {
    /// Its stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
        }
    }
}

impl Finding {
    /// The name of its alert, which is the heading of its place in the runbook.
    pub(crate) fn alert(&self) -> &'static str {
        let found = FINDINGS.iter().find(|(name, _)| *name == self.name);
        found.map_or("Alerts", |(_, alert)| alert)
    }
}

/// The worst of the findings.
pub(crate) fn verdict(findings: &[Finding]) -> Health {
    findings.iter().map(|finding| finding.health).max().unwrap_or(Health::Healthy)
}

/// The stage that takes longest of those that work: what waits, waits for one of them.
pub(crate) fn slowest(status: &ServerStatus) -> Option<&Stage> {
    let working = status.stages.iter().filter(|stage| stage.name != "wait" && stage.count != 0);
    working.max_by_key(|stage| stage.p99)
}

/// What is wrong, worst first.
pub(crate) fn findings(status: &Answer<ServerStatus>) -> Vec<Finding> {
    let mut found = Vec::new();
    path(status, &mut found);
    surroundings(status, &mut found);
    found.sort_by_key(|finding: &Finding| std::cmp::Reverse(finding.health));
    found
}

/// What is wrong with the path of a command.
fn path(status: &Answer<ServerStatus>, found: &mut Vec<Finding>) {
    let mut note = |name, health, measured| found.push(Finding { name, health, measured });
    let stage = |name: &str| status.stages.iter().find(|stage| stage.name == *name);
    let (length, capacity) = (status.queue_length, status.queue_capacity);
    let queue = || of(length, capacity);
    if length != 0 && stage("sync").is_some_and(|sync| sync.count == 0) {
        note("stalled", Health::Failing, grouped(&length.to_string()));
    }
    if is_at_least(length, capacity, 90) {
        note("queue_full", Health::Failing, queue());
    } else if is_at_least(length, capacity, 50) {
        note("queue_filling", Health::Degraded, queue());
    }
    if ANSWER_P99_MAX < status.whole.p99 {
        note("answers_slow", Health::Degraded, took(status.whole.p99));
    }
    if let Some(sync) = stage("sync").filter(|sync| SYNC_P99_MAX < sync.p99) {
        note("disk_slow", Health::Degraded, took(sync.p99));
    }
    if let Some(publish) = stage("publish")
        && is_at_least(publish.depth, publish.depth_max, 75)
    {
        note("reads_behind", Health::Degraded, of(publish.depth, publish.depth_max));
    }
    let (lag, cut_at) = (status.stream_lag_blocks, status.stream_lag_blocks_max);
    if is_at_least(lag, cut_at, 75) {
        note("stream_behind", Health::Degraded, of(lag, cut_at));
    }
}

/// What is wrong with what the path stands on.
fn surroundings(status: &Answer<ServerStatus>, found: &mut Vec<Finding>) {
    let mut note = |name, health, measured| found.push(Finding { name, health, measured });
    let since = entries_since_snapshot(status);
    if status.snapshot_every_entries.saturating_mul(2) < since {
        note("snapshot_old", Health::Degraded, grouped(&since.to_string()));
    }
    if let Some((free, all)) = status.disk {
        if !is_at_least(free, all, 3) {
            note("disk_full", Health::Failing, amount_of_bytes(free));
        } else if !is_at_least(free, all, 10) {
            note("disk_low", Health::Degraded, amount_of_bytes(free));
        }
    }
    let (connections, most) = (status.connections, status.connections_max);
    if is_at_least(connections, most, 90) {
        note("connections_full", Health::Degraded, of(connections, most));
    }
    match status.calendar {
        Some((_, days)) if days < 0 => note("calendar_over", Health::Failing, String::new()),
        Some((_, days)) if days < CALENDAR_DAYS_MIN => {
            note("calendar_ends", Health::Degraded, days.to_string());
        }
        Some(_) | None => {}
    }
}

/// Entries that no snapshot holds yet.
pub(crate) fn entries_since_snapshot(status: &ServerStatus) -> u64 {
    status.durable.number().saturating_sub(status.snapshot.number())
}

/// Whether `part` is at least so many hundredths of `whole`; of nothing it never is.
fn is_at_least(part: u64, whole: u64, percent: u64) -> bool {
    let (part, whole) = (u128::from(part), u128::from(whole));
    whole != 0 && whole.saturating_mul(percent.into()) <= part.saturating_mul(100)
}

fn of(part: u64, whole: u64) -> String {
    format!("{} / {}", grouped(&part.to_string()), grouped(&whole.to_string()))
}

#[cfg(test)]
pub(crate) mod tests {
    use sfund_sdk::{Sequence, Time};

    use super::*;
    use crate::words::Lang;

    /// A venue with which all is well.
    pub(crate) fn well() -> Answer<ServerStatus> {
        let stage = |name: &str, p50: u64, p99: u64, depth_max| Stage {
            name: name.to_owned(),
            count: 1_200,
            p50: Duration::from_micros(p50),
            p99: Duration::from_micros(p99),
            depth: 0,
            depth_max,
        };
        let answered = Time::from_nanos(1_795_000_000_000_000_000);
        let value = ServerStatus {
            version: "0.1.0".to_owned(),
            uptime_seconds: 93_784,
            durable: Sequence::new(1_234_567),
            digest_at: Sequence::new(1_200_000),
            digest: Some([7; 32]),
            queue_length: 0,
            queue_capacity: 65_536,
            orders_open: 812,
            streams_open: 4,
            answered: Some(answered),
            stages: vec![
                stage("wait", 14, 910, 65_536),
                stage("decide", 9, 120, 0),
                stage("append", 21, 160, 0),
                stage("sync", 640, 1_840, 0),
                stage("publish", 30, 210, 64),
            ],
            whole: stage("answer", 720, 3_100, 0),
            batch_commands_p50: 3,
            batch_commands_p99: 220,
            stream_lag_blocks: 1,
            stream_lag_blocks_max: 1_024,
            streams_cut: 0,
            snapshot: Sequence::new(1_200_000),
            snapshot_time: Some(answered.minus_seconds(845)),
            snapshot_every_entries: 200_000,
            store_bytes: 1_340_000_000,
            disk: Some((73_200_000_000, 252_000_000_000)),
            calendar: Some(("2027-12-31".parse().unwrap(), 402)),
            connections: 6,
            connections_max: 4_096,
        };
        Answer {
            value,
            sequence: Sequence::new(1_234_567),
            time: answered.minus_seconds(2),
            repeated: false,
        }
    }

    fn names(change: impl FnOnce(&mut ServerStatus)) -> Vec<(&'static str, Health)> {
        let mut status = well();
        change(&mut status.value);
        let found = findings(&status);
        found.iter().map(|finding| (finding.name, finding.health)).collect()
    }

    #[test]
    fn each_thing_that_goes_wrong_is_found_at_its_threshold_and_not_before() {
        use Health::{Degraded, Failing};
        assert_eq!(names(|_| {}), []);
        assert_eq!(names(|is| is.queue_length = 32_767), []);
        assert_eq!(names(|is| is.queue_length = 32_768), [("queue_filling", Degraded)]);
        assert_eq!(names(|is| is.queue_length = 58_983), [("queue_full", Failing)]);
        assert_eq!(names(|is| is.stages[3].p99 = SYNC_P99_MAX), []);
        let sync = |micros| move |is: &mut ServerStatus| is.stages[3].p99 = micros;
        assert_eq!(names(sync(Duration::from_micros(100_001))), [("disk_slow", Degraded)]);
        let stalled = |is: &mut ServerStatus| (is.queue_length, is.stages[3].count) = (1, 0);
        assert_eq!(names(stalled), [("stalled", Failing)]);
        let idle = |is: &mut ServerStatus| is.stages.iter_mut().for_each(|stage| stage.count = 0);
        assert_eq!(names(idle), []);
        let slow = |is: &mut ServerStatus| is.whole.p99 = Duration::from_millis(1_001);
        assert_eq!(names(slow), [("answers_slow", Degraded)]);
        assert_eq!(names(|is| is.stages[4].depth = 48), [("reads_behind", Degraded)]);
        assert_eq!(names(|is| is.stream_lag_blocks = 767), []);
        assert_eq!(names(|is| is.stream_lag_blocks = 768), [("stream_behind", Degraded)]);
        let old = |is: &mut ServerStatus| is.snapshot = Sequence::new(834_566);
        assert_eq!(names(old), [("snapshot_old", Degraded)]);
        assert_eq!(names(|is| is.snapshot = Sequence::new(834_567)), []);
        assert_eq!(names(|is| is.disk = Some((99, 1_000))), [("disk_low", Degraded)]);
        assert_eq!(names(|is| is.disk = Some((29, 1_000))), [("disk_full", Failing)]);
        assert_eq!(names(|is| is.disk = None), []);
        assert_eq!(names(|is| is.connections = 3_687), [("connections_full", Degraded)]);
        let ends = |days| move |is: &mut ServerStatus| is.calendar.as_mut().unwrap().1 = days;
        assert_eq!(names(ends(30)), []);
        assert_eq!(names(ends(29)), [("calendar_ends", Degraded)]);
        assert_eq!(names(ends(-1)), [("calendar_over", Failing)]);
    }

    #[test]
    fn the_worst_finding_comes_first_and_is_the_verdict() {
        let mut status = well();
        status.value.stages[3].p99 = Duration::from_secs(3);
        status.value.queue_length = 65_536;
        let found = findings(&status);
        assert_eq!(found[0].name, "queue_full");
        assert_eq!(verdict(&found), Health::Failing);
        assert_eq!(verdict(&[]), Health::Healthy);
    }

    #[test]
    fn the_slowest_stage_is_one_that_works() {
        let mut status = well();
        status.value.stages[0].p99 = Duration::from_secs(9);
        assert_eq!(slowest(&status).unwrap().name, "sync");
        status.value.stages.iter_mut().for_each(|stage| stage.count = 0);
        assert_eq!(slowest(&status), None);
    }

    #[test]
    fn every_finding_has_its_words_and_its_place_in_the_runbook() {
        let runbook = include_str!("../../deploy/RUNBOOK.md");
        for (name, alert) in FINDINGS {
            assert!(runbook.contains(&format!("\n### {alert}\n")), "{alert}");
            for lang in [Lang::En, Lang::Zh] {
                assert_ne!(lang.word(name), *name);
            }
        }
    }
}
