//! The evidence as a page in Chinese and English, and as JSON with ids of rules.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::recovery::book::hex;
use crate::recovery::compliance::{Both, Happened, Line, Report, Required, Verdict};

pub(super) fn value(report: &Report) -> Value {
    let Report { listing, code, stage, head, at, lines } = report;
    json!({
        "listing": listing.to_string(),
        "code": code,
        "stage": stage,
        "at": at.to_string(),
        "sequence": head.sequence.number(),
        "hash": head.hash.to_string(),
        "rules": lines.iter().map(line_value).collect::<Vec<_>>(),
    })
}

fn line_value(line: &Line) -> Value {
    let Line { rule, title, required, happened, verdict } = line;
    json!({
        "rule": rule,
        "title": both_value(title),
        "verdict": word(*verdict),
        "required": required.iter().map(|required| json!({
            "parameter": required.name,
            "value": required.value,
            "unit": required.unit,
            "pack": required.edition.code,
            "version": required.edition.version,
            "class": required.class,
            "source": required.source,
        })).collect::<Vec<_>>(),
        "happened": happened.iter().map(|happened| json!({
            "sequence": happened.sequence,
            "at": happened.at.to_string(),
            "hash": happened.hash.to_string(),
            "what": both_value(&happened.what),
            "evidence": happened.evidence.map(|bytes| hex(&bytes)),
        })).collect::<Vec<_>>(),
    })
}

fn both_value(text: &Both) -> Value {
    json!({ "zh": text.zh, "en": text.en })
}

/// A verdict's word, for programs.
const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::NotMet => "not_met",
        Verdict::NotDue => "not_due",
        Verdict::NotApplicable => "not_applicable",
    }
}

const fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "符合 met",
        Verdict::NotMet => "**不符合 not met**",
        Verdict::NotDue => "未到期 not yet due",
        Verdict::NotApplicable => "不适用 not applicable",
    }
}

pub(super) fn markdown(report: &Report) -> String {
    let mut page = String::new();
    write(report, &mut page).expect("a string takes all that is written to it");
    page
}

fn write(report: &Report, page: &mut String) -> std::fmt::Result {
    let Report { listing, code, stage, head, at, lines } = report;
    writeln!(page, "# 合规证据 Compliance evidence: {}\n", safe(code))?;
    writeln!(page, "- 项目 listing: {listing}，阶段 stage: {stage}")?;
    writeln!(page, "- 日志 journal: entry {}, {at}, hash `{}`\n", head.sequence, head.hash)?;
    writeln!(page, "| 规则 rule | 内容 subject | 结论 verdict |\n|---|---|---|")?;
    for Line { rule, title: Both { zh, en }, verdict, .. } in lines {
        writeln!(page, "| {rule} | {zh} {en} | {} |", words(*verdict))?;
    }
    for line in lines {
        section(line, page)?;
    }
    Ok(())
}

fn section(line: &Line, page: &mut String) -> std::fmt::Result {
    let Line { rule, title: Both { zh, en }, required, happened, verdict } = line;
    writeln!(page, "\n## {rule} {zh} {en}: {}", words(*verdict))?;
    if !required.is_empty() {
        writeln!(
            page,
            "\n| 要求 required | 值 value | 规则包 pack | 来源 source |\n|---|---|---|---|"
        )?;
    }
    for Required { name, value, unit, edition, class, source } in required {
        let (class, source) =
            (class.unwrap_or("?"), source.as_deref().unwrap_or("不在手边 not at hand"));
        let (value, source) = (safe(value), safe(source));
        writeln!(page, "| `{name}` | {value} {unit} | {edition} | {class}: {source} |")?;
    }
    if !happened.is_empty() {
        writeln!(
            page,
            "\n| 条目 entry | 时间 time | 事实 what happened | 证据 evidence | 哈希 hash |"
        )?;
        writeln!(page, "|---|---|---|---|---|")?;
    }
    for Happened { sequence, at, hash, what: Both { zh, en }, evidence } in happened {
        let evidence = evidence.map(|bytes| format!("`{}`", hex(&bytes))).unwrap_or_default();
        let (zh, en) = (safe(zh), safe(en));
        writeln!(page, "| {sequence} | {at} | {zh} {en} | {evidence} | `{hash}` |")?;
    }
    Ok(())
}

/// Text that stays within its cell.
fn safe(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
