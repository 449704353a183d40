//! `docs/REFUSALS.md` is the catalogue of refusals, written for people.
//!
//! It is generated: with `UPDATE_DOCS=1` this test writes it anew.

#![allow(missing_docs, clippy::arithmetic_side_effects, reason = "a test is no library")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sfund::wire::status::{Trouble, TroubleLine, code_of};
use sfund_engine::reject::{Refusal, Reject, RejectKind};
use tonic::Code;

const HEAD: &str = "\
# Refusals (拒绝)

What the service and the market say when they say no. A refusal is an answer: its number and name
never change meaning, and it says what was asked and what was allowed. A test writes this page from
the two catalogues, `src/wire/status.rs` and `engine/src/reject.rs`.

- Below 100 the **service (服务)** speaks: the market was not asked, or its answer does not reach the
  caller. Nothing stands in the journal for it, but for a command that was on its way: send it again
  as the same attempt.
- From 101 the **market (市场)** speaks, and what it says to a command stands in the journal; only the
  first two numbers do not, for what they refuse cannot be remembered, nor does what is said to one
  that tells the terms of a sealed bid before the close.

- **Number (编号)**: among the market's, the order of precedence: what breaks two rules is refused
  for the smaller number. Where one rule can only be asked once another has an answer, it comes
  after it.
- **Kind (类别)** is the gRPC status under which a refusal travels; its name, rule and fields travel
  beside it as error details.
- **Rule (规则)** is the rule of the rulebook behind it, where there is one.
- **Says (原文)** is the text; names in braces are the refusal's fields, in order.
";

/// The page's middle: what stands before the refusals of the market.
const MARKET: &str = "
| Kind (类别) | gRPC status | What it means (含义) |
|---|---|---|
";

const KINDS: [(RejectKind, &str, &str); 6] = [
    (RejectKind::Malformed, "格式有误", "It makes no sense, whatever the state of the market."),
    (RejectKind::NotPermitted, "无权限", "The caller may not ask this."),
    (RejectKind::NotFound, "不存在", "It is not there, or not for the caller to see."),
    (RejectKind::AlreadyExists, "已存在", "It is there already."),
    (RejectKind::Rule, "违反规则", "A rule of the market forbids it now."),
    (RejectKind::Exhausted, "达到上限", "A limit of the machine is reached."),
];

/// Headings of the service's by the first number of their part.
const SERVICE_PARTS: [(u32, &str); 4] = [
    (1, "Who calls, and what for (调用者与请求)"),
    (20, "Shares of the machine (机器份额)"),
    (30, "Not now (暂不可用)"),
    (40, "Faults (故障)"),
];

/// Headings of the market's by the first number of their part.
const PARTS: [(u32, &str); 22] = [
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
    (300, "Where a listing stands (挂牌阶段)"),
    (310, "Terms, disclosure and appraisal (条件、披露与评估)"),
    (320, "Gates, announcement and readers (前置事项、公告与查阅)"),
    (330, "Documents (披露文件)"),
    (350, "Intentions and deposits (意向与保证金)"),
    (360, "Bids (报价)"),
    (370, "Sealed bids, offers, contracts (密封报价、协商、签约)"),
    (380, "Parts of a lot, tenders, quotes (分拆、招投标、询价)"),
    (390, "Call auctions (集合竞价)"),
];

#[test]
fn the_page_of_refusals_is_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/REFUSALS.md");
    let expected = page();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(&path, &expected).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "docs/REFUSALS.md is old: run this test with UPDATE_DOCS=1");
}

#[test]
fn every_refusal_is_in_a_part_of_the_page() {
    let service = Trouble::CATALOGUE.iter().map(|line| line.number);
    for number in service {
        let part = SERVICE_PARTS.iter().rfind(|(first, _)| *first <= number);
        assert!(part.is_some(), "the first part begins with the first refusal");
    }
    for line in Reject::CATALOGUE {
        let tens = line.number.saturating_sub(line.number % 10);
        let part = PARTS.iter().rfind(|(first, _)| *first <= line.number);
        let (first, _) = part.expect("the first part begins with the first refusal");
        assert!(tens <= *first, "{} begins a part of its own", line.name);
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n## 0: The service (服务)\n");
    let mut parts = SERVICE_PARTS.iter().peekable();
    for line in Trouble::CATALOGUE {
        while let Some((_, title)) = parts.next_if(|(first, _)| *first <= line.number) {
            let _ = write!(page, "\n### {title}\n");
        }
        describe_trouble(&mut page, line);
    }
    page.push_str("\n## From 101: The market (市场)\n");
    page.push_str(MARKET);
    for (kind, chinese, means) in KINDS {
        let code = code_name(code_of(kind));
        let _ = writeln!(page, "| {} ({chinese}) | `{code}` | {means} |", words(kind));
    }
    let mut hundred = 0;
    let mut parts = PARTS.iter().peekable();
    for line in Reject::CATALOGUE {
        if hundred != line.number / 100 {
            hundred = line.number / 100;
            let of = match hundred {
                1 => "Everything (总则)",
                2 => "Trading (交易)",
                _ => "Listings (挂牌)",
            };
            let _ = write!(page, "\n## {hundred}00: {of}\n");
        }
        while let Some((_, title)) = parts.next_if(|(first, _)| *first <= line.number) {
            let _ = write!(page, "\n### {title}\n");
        }
        describe(&mut page, line);
    }
    page
}

fn describe_trouble(page: &mut String, line: &TroubleLine) {
    let TroubleLine { number, name, code, meaning, text, fields } = *line;
    let _ = write!(page, "\n#### {number} `{name}`\n\n{}\n\n", meaning.trim());
    let _ = writeln!(page, "- Status (状态): `{}`", code_name(code));
    say(page, text, fields);
}

fn describe(page: &mut String, line: &Refusal) {
    let Refusal { number, name, kind, rule, meaning, text, fields } = *line;
    let _ = write!(page, "\n#### {number} `{name}`\n\n{meaning}\n\n");
    let _ = writeln!(page, "- Kind (类别): {}, `{}`", words(kind), code_name(code_of(kind)));
    if !rule.is_empty() {
        let _ = writeln!(page, "- Rule (规则): {rule}");
    }
    say(page, text, fields);
}

fn say(page: &mut String, text: &str, fields: &[&str]) {
    let _ = writeln!(page, "- Says (原文): “{text}”");
    if !fields.is_empty() {
        let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
        let _ = writeln!(page, "- Fields (字段): {}", fields.join(", "));
    }
}

const fn words(kind: RejectKind) -> &'static str {
    match kind {
        RejectKind::Malformed => "malformed",
        RejectKind::NotPermitted => "not permitted",
        RejectKind::NotFound => "not found",
        RejectKind::AlreadyExists => "already exists",
        RejectKind::Rule => "rule",
        RejectKind::Exhausted => "exhausted",
    }
}

/// The name of a code in the specification of gRPC: `InvalidArgument` is `INVALID_ARGUMENT`.
fn code_name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
