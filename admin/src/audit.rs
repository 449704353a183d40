//! The audit trail: who asked what and when, and what came of it (审计).

use clap::Args;
use sfund_sdk::{
    AuditChange, Entry, EntryFilter, JudgedBy, PartyId, SegmentId, Sequence, WhichOutcomes,
};

use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::output::{
    Cell, Format, Table, absent, count, maybe, moment, refusal, text, texts, word,
};
use crate::packs::judged_by;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// First sequence to look at.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Only given by this party: id or code.
    #[arg(long)]
    caller: Option<Named<PartyId>>,
    /// Only commands of this name, as PlaceOrder; may be given again.
    #[arg(long = "command", value_name = "NAME")]
    commands: Vec<String>,
    /// Only refusals.
    #[arg(long)]
    refused: bool,
    /// With what was asked and what happened, in words.
    #[arg(long)]
    detail: bool,
    /// Go on with what happens, entry after entry, until interrupted.
    #[arg(long, conflicts_with_all = ["caller", "commands", "refused"])]
    follow: bool,
    #[command(flatten)]
    limit: Limit,
}

pub(crate) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let (columns, row) = if arguments.detail { (DETAIL, DETAIL_ROW) } else { (COLUMNS, ROW) };
    if arguments.follow {
        return follow(context, arguments.from, columns, row).await;
    }
    let filter = EntryFilter {
        from: Sequence::new(arguments.from),
        caller: context.maybe_party(arguments.caller.as_ref()).await?,
        commands: arguments.commands,
        outcome: if arguments.refused { WhichOutcomes::Refused } else { WhichOutcomes::All },
    };
    let limit = arguments.limit;
    let entries = context.client.admin().entries(filter).all(limit.wanted()).await?;
    Ok(context.output.table(&Table::of(columns, &entries, limit.limit, row))?)
}

type Row = fn(&Entry) -> Vec<Cell>;

const ROW: Row = row;
const DETAIL_ROW: Row = detail_row;

async fn follow(
    context: &Context,
    from: u64,
    columns: &'static [&'static str],
    row: Row,
) -> Result<(), Failure> {
    let after = Sequence::new(from.saturating_sub(1));
    let mut stream = context.client.admin().entries_after(after);
    loop {
        let AuditChange::Entry(entry) = stream.next().await? else { continue };
        let cells = row(&entry);
        match context.output.format {
            Format::Table => {
                let shown: Vec<_> =
                    cells.iter().map(|cell| cell.one_line(context.output.lang)).collect();
                context.output.line(&shown.join("  "))?;
            }
            Format::Json => context.output.json(&Table::object(columns, &cells))?,
        }
    }
}

const COLUMNS: &[&str] = &["sequence", "time", "caller", "command", "outcome"];

fn row(entry: &Entry) -> Vec<Cell> {
    vec![
        count(entry.sequence.number()),
        moment(entry.time),
        maybe(entry.caller, text),
        text(&entry.command),
        outcome(entry),
    ]
}

const DETAIL: &[&str] = &[
    "sequence", "time", "caller", "attempt", "command", "outcome", "rule", "packs", "detail",
    "events",
];

fn detail_row(entry: &Entry) -> Vec<Cell> {
    let events: Vec<_> = entry.events.iter().map(|event| event.detail.clone()).collect();
    let rule = entry.refusal.as_ref().and_then(|refusal| refusal.rule.as_ref());
    vec![
        count(entry.sequence.number()),
        moment(entry.time),
        maybe(entry.caller, text),
        maybe(entry.attempt, text),
        text(&entry.command),
        outcome(entry),
        rule.map_or_else(absent, text),
        texts(&packs(entry)),
        text(&entry.command_detail),
        texts(&events),
    ]
}

/// The packs and overlays that judged it, by segment: `segment-0: licensed 3 + soe 1`.
fn packs(entry: &Entry) -> Vec<String> {
    let told =
        |(segment, judges): &(SegmentId, JudgedBy)| format!("{segment}: {}", judged_by(judges));
    entry.rules.segments.iter().map(told).collect()
}

fn outcome(entry: &Entry) -> Cell {
    match &entry.refusal {
        Some(no) => refusal(&no.reason),
        None => word("ok"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use sfund_sdk::{EntryEvent, Refusal, RulesInForce, Time};

    use super::*;
    use crate::output::{Colour, Output};
    use crate::words::Lang;

    fn entries() -> [Entry; 2] {
        let placed = Entry {
            sequence: Sequence::new(1_041),
            time: Time::from_nanos(1_795_500_000_000_000_000),
            caller: Some(PartyId::new(3)),
            attempt: None,
            command: "PlaceOrder".to_owned(),
            command_detail: "place".to_owned(),
            events: vec![EntryEvent { name: "OrderPlaced".to_owned(), detail: "it is".to_owned() }],
            refusal: None,
            body: Vec::new(),
            rules: RulesInForce::default(),
        };
        let refusal = Refusal { reason: "HOLDER_CAP".to_owned(), ..Refusal::default() };
        let refused = Entry {
            sequence: Sequence::new(1_042),
            caller: None,
            events: Vec::new(),
            refusal: Some(refusal),
            ..placed.clone()
        };
        [placed, refused]
    }

    #[test]
    fn the_audit_trail_shows_who_asked_what_and_what_came_of_it() {
        let table = Table::of(COLUMNS, &entries(), 10, row);
        let (format, lang) = (Format::Table, Lang::En);
        let output = Output { format, lang, colour: Colour::Off, width: None };
        expect![[r#"
            ┌──────────┬──────────────────────┬─────────┬────────────┬────────────┐
            │ sequence ┆ time                 ┆ caller  ┆ command    ┆ outcome    │
            ╞══════════╪══════════════════════╪═════════╪════════════╪════════════╡
            │    1,041 ┆ 2026-11-24 06:00:00Z ┆ party-3 ┆ PlaceOrder ┆ ok         │
            │    1,042 ┆ 2026-11-24 06:00:00Z ┆         ┆ PlaceOrder ┆ HOLDER_CAP │
            └──────────┴──────────────────────┴─────────┴────────────┴────────────┘"#]]
        .assert_eq(&table.text(output));
    }

    #[test]
    fn a_list_that_is_cut_says_so() {
        let table = Table::of(COLUMNS, &entries(), 1, row);
        let (format, lang) = (Format::Table, Lang::En);
        let output = Output { format, lang, colour: Colour::Off, width: None };
        assert!(table.text(output).ends_with("there are more: raise --limit"));
    }
}
