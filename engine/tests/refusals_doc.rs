//! `docs/REFUSALS.md` is the catalogue of refusals, written for people.
//!
//! It is generated: with `UPDATE_DOCS=1` this test writes it anew.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sfund_engine::reject::{Refusal, Reject, RejectKind};

const HEAD: &str = "\
# Refusals (拒绝)

What the market says when it says no. A refusal is an answer: it stands in the journal, its number
and name never change meaning, and it says what was asked and what was allowed. This page is written
by the engine's own tests from its catalogue, `engine/src/reject.rs`.

- **Number (编号)** is the order of precedence: what breaks two rules is refused for the smaller
  number. Where one rule can only be asked once another has an answer, it comes after it.
- **Kind (类别)** is the gRPC status under which a refusal travels; its name, rule and fields travel
  beside it as error details.
- **Rule (规则)** is the rule of the rulebook behind it, where there is one.
- **Says (原文)** is the text; names in braces are the refusal's fields, in order.

| Kind (类别) | gRPC status | What it means (含义) |
|---|---|---|
| malformed (格式有误) | `INVALID_ARGUMENT` | It makes no sense, whatever the state of the market. |
| not permitted (无权限) | `PERMISSION_DENIED` | The caller may not ask this. |
| not found (不存在) | `NOT_FOUND` | It is not there, or not for the caller to see. |
| already exists (已存在) | `ALREADY_EXISTS` | It is there already. |
| rule (违反规则) | `FAILED_PRECONDITION` | A rule of the market forbids it now. |
| exhausted (达到上限) | `RESOURCE_EXHAUSTED` | A limit of the machine is reached. |
";

/// Headings by the first number of their part.
const PARTS: [(u32, &str); 13] = [
    (101, "Attempts, the venue and access (请求、市场与权限)"),
    (110, "Words, numbers and lists (文字、数值与列表)"),
    (120, "What is not there (查无此项)"),
    (130, "What is there already (已经存在)"),
    (140, "Roles and two persons (角色与复核)"),
    (150, "Limits of the registry (登记上限)"),
    (160, "Calendar and packs (日历与规则包)"),
    (170, "Funds and terms (基金与期限)"),
    (200, "Whether it trades now (能否交易)"),
    (210, "What an order says (委托要素)"),
    (220, "Whether it may be held (持有与资金)"),
    (230, "Queues and the book (委托簿)"),
    (240, "The ledger (账本)"),
];

#[test]
fn the_page_of_refusals_is_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/REFUSALS.md");
    let expected = page();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(&path, &expected).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "docs/REFUSALS.md is old: run this test with UPDATE_DOCS=1");
}

#[test]
fn every_refusal_is_in_a_part_of_the_page() {
    for line in Reject::CATALOGUE {
        let tens = line.number.saturating_sub(line.number % 10);
        let part = PARTS.iter().rfind(|(first, _)| *first <= line.number);
        let (first, _) = part.expect("the first part begins with the first refusal");
        assert!(tens <= *first, "{} begins a part of its own", line.name);
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut hundred = 0;
    let mut parts = PARTS.iter().peekable();
    for line in Reject::CATALOGUE {
        if hundred != line.number / 100 {
            hundred = line.number / 100;
            let of = if hundred == 1 { "Everything (总则)" } else { "Trading (交易)" };
            let _ = write!(page, "\n## {hundred}00: {of}\n");
        }
        while let Some((_, title)) = parts.next_if(|(first, _)| *first <= line.number) {
            let _ = write!(page, "\n### {title}\n");
        }
        describe(&mut page, line);
    }
    page
}

fn describe(page: &mut String, line: &Refusal) {
    let Refusal { number, name, kind, rule, meaning, text, fields } = *line;
    let _ = write!(page, "\n#### {number} `{name}`\n\n{meaning}\n\n");
    let _ = writeln!(page, "- Kind (类别): {}", words(kind));
    if !rule.is_empty() {
        let _ = writeln!(page, "- Rule (规则): {rule}");
    }
    let _ = writeln!(page, "- Says (原文): “{text}”");
    if !fields.is_empty() {
        let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
        let _ = writeln!(page, "- Fields (字段): {}", fields.join(", "));
    }
}

const fn words(kind: RejectKind) -> &'static str {
    match kind {
        RejectKind::Malformed => "malformed, `INVALID_ARGUMENT`",
        RejectKind::NotPermitted => "not permitted, `PERMISSION_DENIED`",
        RejectKind::NotFound => "not found, `NOT_FOUND`",
        RejectKind::AlreadyExists => "already exists, `ALREADY_EXISTS`",
        RejectKind::Rule => "rule, `FAILED_PRECONDITION`",
        RejectKind::Exhausted => "exhausted, `RESOURCE_EXHAUSTED`",
    }
}
