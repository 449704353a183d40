//! How the server and the venue do, and who the caller is, on one screen.
//!
//! The verdict comes first, with what is wrong and what to do about it; then the stages of a
//! command's path over the last minute, the slowest marked; then what the path stands on.

use std::time::Duration;

use serde_json::{Value, json};
use sfund_sdk::{Answer, CallerRecord, ServerStatus, Stage, Time, Venue};

use crate::choice::Choice as _;
use crate::context::Context;
use crate::failure::Failure;
use crate::health::{Finding, Health, entries_since_snapshot, findings, slowest, verdict};
use crate::output::{Cell, Format, Output, Table, absent, grouped, maybe, moment, right, span};
use crate::output::{text, word};
use crate::panel::{amount_of_bytes, pairs, took};
use crate::parties;

pub(crate) async fn status(context: &Context) -> Result<(), Failure> {
    let venue = context.client.market().venue().await?;
    let status = context.client.admin().status().await?;
    let found = findings(&status);
    match context.output.format {
        Format::Table => context.output.line(&screen(context.output, &venue, &status, &found))?,
        Format::Json => context.output.json(&object(&venue, &status, &found))?,
    }
    match verdict(&found) {
        Health::Healthy => Ok(()),
        Health::Degraded => Err(Failure::FoundWrong("the venue is degraded")),
        Health::Failing => Err(Failure::FoundWrong("the venue is failing")),
    }
}

pub(crate) async fn whoami(context: &Context) -> Result<(), Failure> {
    let caller: Answer<CallerRecord> = context.client.admin().caller().await?;
    let record = parties::record(&caller.party)
        .with("scope", word(caller.scope.name()))
        .with("key_expires", maybe(caller.key_expires, moment));
    Ok(context.output.record(&record)?)
}

/// All of it for people.
fn screen(
    output: Output,
    venue: &Venue,
    status: &Answer<ServerStatus>,
    found: &[Finding],
) -> String {
    let lang = output.lang;
    let verdict = verdict(found).name();
    let verdict = word(verdict).toned(&lang.word(verdict).to_uppercase(), output);
    let up = span(status.uptime_seconds).one_line(lang);
    let (state, up_for) = (lang.word(venue.state.name()), lang.word("uptime_seconds"));
    let mut lines = vec![format!(
        "{verdict}  {} · {state} · sfund {} · {up_for} {up}",
        venue.name, status.version
    )];
    for finding in found {
        let says = lang.word(finding.name).replace("{}", &finding.measured);
        // The sentence, and after its colon the advice.
        let (says, advice) = says.split_once([':', '：']).unwrap_or((&says, ""));
        let tone = word(finding.health.name()).toned("!", output);
        lines.push(format!("  {tone} {says}"));
        lines.push(format!("    {}", advice.trim()));
        lines.push(format!("    → RUNBOOK.md#{}", finding.alert().to_lowercase()));
    }
    lines.push(stages(output, status));
    lines.push(pairs(output, &facts(output, status)));
    lines.join("\n")
}

/// The stages of a command's path.
fn stages(output: Output, status: &ServerStatus) -> String {
    let slowest = slowest(status).map(|stage| stage.name.as_str());
    let mut table =
        Table::new(&["stage", "does", "p50_nanoseconds", "p99_nanoseconds", "waiting", "mark"]);
    for stage in &status.stages {
        let is_slowest = Some(stage.name.as_str()) == slowest;
        table.push(row(output, stage, if is_slowest { word("slowest") } else { absent() }));
    }
    table.push(row(output, &status.whole, absent()));
    table.text(output)
}

fn row(output: Output, stage: &Stage, marked: Cell) -> Vec<Cell> {
    let measured = |time| if stage.count == 0 { right("–") } else { right(&took(time)) };
    let waiting = if stage.depth_max == 0 {
        String::new()
    } else {
        format!("{} / {}", number(stage.depth), number(stage.depth_max))
    };
    let (name, does) = match stage.name.as_str() {
        "wait" => ("wait", "does_wait"),
        "decide" => ("decide", "does_decide"),
        "append" => ("append", "does_append"),
        "sync" => ("sync", "does_sync"),
        "publish" => ("publish", "does_publish"),
        _ => ("answer", "does_answer"),
    };
    let name = output.lang.word(name);
    let does = output.lang.word(does);
    let (p50, p99) = (measured(stage.p50), measured(stage.p99));
    vec![text(name), text(does), p50, p99, right(&waiting), marked]
}

/// What the path stands on, by name.
fn facts(output: Output, status: &Answer<ServerStatus>) -> Vec<(&'static str, String)> {
    let lang = output.lang;
    let now = status.answered.unwrap_or(status.time);
    let age = |since: Time| lang.word("ago").replace("{}", &took(since_then(now, since)));
    let snapshot = match status.snapshot_time {
        Some(at) => format!("{}, {}", number(status.snapshot.number()), age(at)),
        None => lang.word("none_yet").to_owned(),
    };
    let disk = status.disk.map_or_else(
        || lang.word("none_yet").to_owned(),
        |(free, all)| format!("{} / {}", amount_of_bytes(free), amount_of_bytes(all)),
    );
    let calendar = status.calendar.map_or_else(String::new, |(until, days)| {
        lang.word("until_days")
            .replacen("{}", &until.to_string(), 1)
            .replace("{}", &grouped(&days.to_string()))
    });
    let batch =
        format!("{} / {}", number(status.batch_commands_p50), number(status.batch_commands_p99));
    let newest = status.sequence.number();
    let cut = lang.word("of_them_cut").replace("{}", &number(status.streams_cut));
    let streams = format!("{}, {cut}", number(status.streams_open));
    let since_snapshot = of(entries_since_snapshot(status), status.snapshot_every_entries);
    vec![
        ("newest", format!("{}, {}", number(newest), age(status.time))),
        ("durable", number(status.durable.number())),
        ("batch", batch),
        ("orders_open", number(status.orders_open)),
        ("streams_open", streams),
        ("stream_lag", of(status.stream_lag_blocks, status.stream_lag_blocks_max)),
        ("snapshot", snapshot),
        ("since_snapshot", since_snapshot),
        ("disk_free", disk),
        ("store_bytes", amount_of_bytes(status.store_bytes)),
        ("connections", of(status.connections, status.connections_max)),
        ("calendar_until", calendar),
    ]
}

fn of(part: u64, whole: u64) -> String {
    format!("{} / {}", number(part), number(whole))
}

fn number(number: u64) -> String {
    grouped(&number.to_string())
}

/// How long ago something was; nothing if a clock was set back.
fn since_then(now: Time, then: Time) -> Duration {
    let age = Duration::from_nanos(now.nanos().saturating_sub(then.nanos()));
    // To a tenth of a second: what is older than that was not just now.
    let tenths = u64::try_from(age.as_millis() / 100).unwrap_or(u64::MAX);
    Duration::from_millis(tenths.saturating_mul(100))
}

/// All of it for programs.
fn object(venue: &Venue, status: &Answer<ServerStatus>, found: &[Finding]) -> Value {
    let stage = |stage: &Stage| {
        json!({
            "stage": stage.name,
            "count": stage.count,
            "p50_nanoseconds": nanos(stage.p50),
            "p99_nanoseconds": nanos(stage.p99),
            "depth": stage.depth,
            "depth_max": stage.depth_max,
        })
    };
    let findings: Vec<_> = found
        .iter()
        .map(|finding| {
            json!({
                "name": finding.name,
                "health": finding.health.name(),
                "measured": finding.measured,
                "alert": finding.alert(),
            })
        })
        .collect();
    json!({
        "health": verdict(found).name(),
        "findings": findings,
        "slowest": slowest(status).map(|stage| &stage.name),
        "venue": venue.name,
        "state": venue.state.name(),
        "version": status.version,
        "uptime_seconds": status.uptime_seconds,
        "time": status.time.to_string(),
        "sequence": status.sequence.number(),
        "durable": status.durable.number(),
        "answered": status.answered.map(|at| at.to_string()),
        "digest_at": status.digest_at.number(),
        "digest": status.digest.map(|digest| sfund_sdk::KeyHash::new(digest).to_string()),
        "queue": status.queue_length,
        "queue_capacity": status.queue_capacity,
        "orders_open": status.orders_open,
        "stages": status.stages.iter().map(stage).collect::<Vec<_>>(),
        "whole": stage(&status.whole),
        "batch_commands_p50": status.batch_commands_p50,
        "batch_commands_p99": status.batch_commands_p99,
        "streams_open": status.streams_open,
        "stream_lag_blocks": status.stream_lag_blocks,
        "stream_lag_blocks_max": status.stream_lag_blocks_max,
        "streams_cut": status.streams_cut,
        "connections": status.connections,
        "connections_max": status.connections_max,
        "snapshot": status.snapshot.number(),
        "snapshot_time": status.snapshot_time.map(|at| at.to_string()),
        "snapshot_every_entries": status.snapshot_every_entries,
        "store_bytes": status.store_bytes,
        "disk_free_bytes": status.disk.map(|(free, _)| free),
        "disk_bytes": status.disk.map(|(_, all)| all),
        "calendar_until": status.calendar.map(|(until, _)| until.to_string()),
        "calendar_days": status.calendar.map(|(_, days)| days),
    })
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use sfund_sdk::{Calendar, TradingState};
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::health::tests::well;
    use crate::output::Colour;
    use crate::words::Lang;

    fn venue() -> Venue {
        Venue {
            name: "示范基金份额转让平台".to_owned(),
            utc_offset_minutes: 480,
            state: TradingState::Open,
            calendar: Calendar::default(),
        }
    }

    fn seen(lang: Lang, status: &Answer<ServerStatus>) -> String {
        let output = Output { format: Format::Table, lang, colour: Colour::Off, width: Some(80) };
        screen(output, &venue(), status, &findings(status))
    }

    /// A venue on a slow disk, whose queue fills.
    fn unwell() -> Answer<ServerStatus> {
        let mut status = well();
        status.value.stages[0].depth = 40_000;
        status.value.queue_length = 40_000;
        status.value.stages[3].p50 = Duration::from_millis(180);
        status.value.stages[3].p99 = Duration::from_millis(412);
        status
    }

    #[test]
    fn a_healthy_venue_is_one_screen_that_begins_with_the_verdict() {
        expect![[r#"
            HEALTHY  示范基金份额转让平台 · open · sfund 0.1.0 · up for 1d 02:03:04
            ┌─────────┬────────────────────┬────────┬─────────┬────────────┬───────────┐
            │ stage   ┆ what it does       ┆ p50    ┆ p99     ┆ waiting    ┆           │
            ╞═════════╪════════════════════╪════════╪═════════╪════════════╪═══════════╡
            │ wait    ┆ waits in the queue ┆  14 µs ┆  910 µs ┆ 0 / 65,536 ┆           │
            │ decide  ┆ judges a batch     ┆   9 µs ┆  120 µs ┆            ┆           │
            │ append  ┆ writes the block   ┆  21 µs ┆  160 µs ┆            ┆           │
            │ sync    ┆ makes it durable   ┆ 640 µs ┆ 1.84 ms ┆            ┆ ◀ slowest │
            │ publish ┆ reads and streams  ┆  30 µs ┆  210 µs ┆     0 / 64 ┆           │
            │ answer  ┆ until the answer   ┆ 720 µs ┆ 3.10 ms ┆            ┆           │
            └─────────┴────────────────────┴────────┴─────────┴────────────┴───────────┘
            newest           1,234,567, 2 s ago     durable         1,234,567
            batch p50 / p99  3 / 220                open orders     812
            streams          4, 0 cut so far        stream lag      1 / 1,024
            snapshot         1,200,000, 14 min ago  since then      34,567 / 200,000
            disk free        73.2 GB / 252 GB       store           1.34 GB
            connections      6 / 4,096              calendar until  2027-12-31, 402 days"#]]
        .assert_eq(&seen(Lang::En, &well()));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do_before_anything_else() {
        expect![[r#"
            DEGRADED  示范基金份额转让平台 · open · sfund 0.1.0 · up for 1d 02:03:04
              ! the queue fills (40,000 / 65,536)
                see the slowest stage below, before it is full
                → RUNBOOK.md#sfundqueuefilling
              ! making a block durable takes 412 ms (p99)
                look at the disk and at who else uses it
                → RUNBOOK.md#sfunddiskslow
            ┌─────────┬───────────────────┬────────┬─────────┬─────────────────┬───────────┐
            │ stage   ┆ what it does      ┆ p50    ┆ p99     ┆ waiting         ┆           │
            ╞═════════╪═══════════════════╪════════╪═════════╪═════════════════╪═══════════╡
            │ wait    ┆ waits in the      ┆  14 µs ┆  910 µs ┆ 40,000 / 65,536 ┆           │
            │         ┆ queue             ┆        ┆         ┆                 ┆           │
            │ decide  ┆ judges a batch    ┆   9 µs ┆  120 µs ┆                 ┆           │
            │ append  ┆ writes the block  ┆  21 µs ┆  160 µs ┆                 ┆           │
            │ sync    ┆ makes it durable  ┆ 180 ms ┆  412 ms ┆                 ┆ ◀ slowest │
            │ publish ┆ reads and streams ┆  30 µs ┆  210 µs ┆          0 / 64 ┆           │
            │ answer  ┆ until the answer  ┆ 720 µs ┆ 3.10 ms ┆                 ┆           │
            └─────────┴───────────────────┴────────┴─────────┴─────────────────┴───────────┘
            newest           1,234,567, 2 s ago     durable         1,234,567
            batch p50 / p99  3 / 220                open orders     812
            streams          4, 0 cut so far        stream lag      1 / 1,024
            snapshot         1,200,000, 14 min ago  since then      34,567 / 200,000
            disk free        73.2 GB / 252 GB       store           1.34 GB
            connections      6 / 4,096              calendar until  2027-12-31, 402 days"#]]
        .assert_eq(&seen(Lang::En, &unwell()));
        expect![[r#"
            欠佳  示范基金份额转让平台 · 交易 · sfund 0.1.0 · 已运行 1d 02:03:04
              ! 队列渐满（40,000 / 65,536）
                请在满员之前查看下表最慢环节
                → RUNBOOK.md#sfundqueuefilling
              ! 落盘耗时 412 ms（p99）
                检查磁盘及其他占用者
                → RUNBOOK.md#sfunddiskslow
            ┌──────┬──────────────┬────────┬─────────┬─────────────────┬────────┐
            │ 环节 ┆ 环节内容     ┆ p50    ┆ p99     ┆ 等待量          ┆        │
            ╞══════╪══════════════╪════════╪═════════╪═════════════════╪════════╡
            │ 等候 ┆ 排队等候     ┆  14 µs ┆  910 µs ┆ 40,000 / 65,536 ┆        │
            │ 裁决 ┆ 逐批裁决     ┆   9 µs ┆  120 µs ┆                 ┆        │
            │ 写入 ┆ 写入区块     ┆  21 µs ┆  160 µs ┆                 ┆        │
            │ 落盘 ┆ 刷写至磁盘   ┆ 180 ms ┆  412 ms ┆                 ┆ ◀ 最慢 │
            │ 发布 ┆ 查询与推送   ┆  30 µs ┆  210 µs ┆          0 / 64 ┆        │
            │ 应答 ┆ 自入队至应答 ┆ 720 µs ┆ 3.10 ms ┆                 ┆        │
            └──────┴──────────────┴────────┴─────────┴─────────────────┴────────┘
            最新序号        1,234,567, 2 s 前     已落盘序号  1,234,567
            批量 p50 / p99  3 / 220               未了委托    812
            推送连接        4, 累计切断 0         推送滞后    1 / 1,024
            快照            1,200,000, 14 min 前  此后记录    34,567 / 200,000
            磁盘剩余        73.2 GB / 252 GB      存储        1.34 GB
            连接            6 / 4,096             日历截止    2027-12-31，剩 402 天"#]]
        .assert_eq(&seen(Lang::Zh, &unwell()));
    }

    #[test]
    fn the_screen_fits_eighty_columns_and_thirty_lines() {
        for lang in [Lang::En, Lang::Zh] {
            let text = seen(lang, &unwell());
            assert!(text.lines().count() <= 30, "{text}");
            for line in text.lines() {
                assert!(line.width() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn programs_read_the_verdict_and_the_slowest_stage_by_stable_names() {
        let status = unwell();
        let value = object(&venue(), &status, &findings(&status));
        assert_eq!(value["health"], "degraded");
        assert_eq!(value["slowest"], "sync");
        assert_eq!(value["findings"][0]["alert"], "SfundQueueFilling");
        assert_eq!(value["stages"][3]["p99_nanoseconds"], 412_000_000);
    }
}
