//! Policy packs: the rules that segments run under (规则包).

use std::path::PathBuf;

use clap::Subcommand;
use sfund_sdk::{Form, Hours, JudgedBy, Overlay, Pack, Parameter, Rules as _, Segment, SegmentId};

use crate::choice::Choice as _;
use crate::context::{Context, Named};
use crate::failure::Failure;
use crate::files;
use crate::output::{Cell, Record, Table, amount, count, maybe, rate, text, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Packs {
    /// List the packs in force.
    List,
    /// Show the pack of a segment, every parameter of it.
    Show {
        /// Segment: id or code.
        segment: Named<SegmentId>,
        /// Show the overlay for state-owned sellers instead.
        #[arg(long)]
        overlay: bool,
    },
    /// Put a segment under another pack. It waits for a second person.
    Adopt {
        /// Segment: id or code.
        segment: Named<SegmentId>,
        /// File with the pack; a later version where the code is the one in force.
        file: PathBuf,
    },
    /// Put rules for state-owned sellers over the pack of a segment. It waits for a second person.
    Overlay {
        /// Segment: id or code.
        segment: Named<SegmentId>,
        /// File with the overlay; a later version where the code is the one in force.
        file: PathBuf,
    },
}

pub(crate) async fn run(context: &Context, command: Packs) -> Result<(), Failure> {
    let market = context.client.market();
    match command {
        Packs::List => {
            let segments = market.segments().all(usize::MAX).await?;
            Ok(context.output.table(&Table::of(COLUMNS, &segments, usize::MAX, row))?)
        }
        Packs::Show { segment, overlay } => {
            let segment = context.segment(&segment).await?;
            let segment = market.segment(segment).await?;
            let shown = match &segment.overlay {
                Some(overlay_in_force) if overlay => overlay_record(overlay_in_force),
                None if overlay => Record::default().with("overlay", maybe(None::<&str>, text)),
                Some(_) | None => record(&segment.pack),
            };
            Ok(context.output.record(&shown)?)
        }
        Packs::Adopt { segment, file } => {
            let pack = files::pack(&file)?;
            let segment = context.segment(&segment).await?;
            let answer = context.give(context.client.admin().adopt_pack(segment, pack)).await?;
            context.reviewed(&answer, |()| Record::default().with("segment", text(segment)))
        }
        Packs::Overlay { segment, file } => {
            let overlay = files::overlay(&file)?;
            let segment = context.segment(&segment).await?;
            let pack = market.segment(segment).await?.pack.clone();
            let command = context.client.admin().adopt_overlay(segment, pack, &overlay);
            let answer = context.give(command).await?;
            context.reviewed(&answer, |()| Record::default().with("segment", text(segment)))
        }
    }
}

const COLUMNS: &[&str] =
    &["code", "version", "segment", "valid_from", "jurisdiction", "continuous"];

fn row(segment: &Segment) -> Vec<Cell> {
    vec![
        text(&segment.pack.code),
        count(segment.pack.version),
        text(segment.id),
        text(segment.pack.valid_from),
        text(&segment.pack.jurisdiction),
        word(segment.pack.continuous.name()),
    ]
}

fn record(pack: &Pack) -> Record {
    let (caps, investors, limits) = (&pack.holder_caps, &pack.investors, &pack.limits);
    let record = Record::default()
        .with("code", text(&pack.code))
        .with("version", count(pack.version))
        .with("valid_from", text(pack.valid_from))
        .with("jurisdiction", text(&pack.jurisdiction))
        .with("continuous", word(pack.continuous.name()))
        .with("call_auction", word(pack.call_auction.name()))
        .with("turnaround_trading_days", count(pack.turnaround_trading_days))
        .with("holders_partnership_max", count(caps.partnership))
        .with("holders_limited_liability_max", count(caps.limited_liability))
        .with("holders_joint_stock_max", count(caps.joint_stock))
        .with("holders_contract_max", count(caps.contract))
        .with("investment_min", amount(investors.investment_min))
        .with("entity_net_assets_min", amount(investors.entity_net_assets_min))
        .with("entity_financial_assets_min", amount(investors.entity_financial_assets_min))
        .with("person_financial_assets_min", amount(investors.person_financial_assets_min))
        .with("person_income_min", amount(investors.person_income_min))
        .with("natural_persons", word(investors.natural_persons.name()))
        .with("province", maybe(pack.province.as_ref(), text))
        .with("price_band", maybe(pack.price_band, rate))
        .with("trading_hours", maybe(pack.trading_hours, |hours| text(clock(hours))))
        .with("fills_max", count(limits.fills_max))
        .with("orders_per_party_max", count(limits.orders_per_party_max))
        .with("tranches_max", count(limits.tranches_max))
        .with("order_days_max", count(limits.order_days_max))
        .with("intention_days_max", count(limits.intention_days_max))
        .with("intentions_per_party_max", count(limits.intentions_per_party_max));
    let listing = pack.listing.map_or_else(Vec::new, |rules| rules.parameters());
    let matching = pack.matching.map_or_else(Vec::new, |rules| rules.parameters());
    with_parameters(with_parameters(record, listing), matching)
}

fn overlay_record(overlay: &Overlay) -> Record {
    let record = Record::default()
        .with("code", text(&overlay.code))
        .with("version", count(overlay.version))
        .with("valid_from", text(overlay.valid_from))
        .with("jurisdiction", text(&overlay.jurisdiction));
    with_parameters(record, overlay.rules.parameters())
}

fn with_parameters(record: Record, parameters: Vec<(&'static Parameter, u64)>) -> Record {
    parameters.into_iter().fold(record, |record, (parameter, value)| {
        let cell = match parameter.form {
            Form::Number { .. } => count(value),
            Form::Choice(_) | Form::Set(_) => text(parameter.show(value)),
        };
        record.with(parameter.name, cell)
    })
}

fn clock(hours: Hours) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{}-{}", clock(hours.opens_minute), clock(hours.closes_minute))
}

/// Which pack, and which overlay over it, judged something: `cn-regional 3 + soe 1`.
pub(crate) fn judged_by(judged: &JudgedBy) -> String {
    match &judged.overlay {
        Some(overlay) => format!("{} + {overlay}", judged.pack),
        None => judged.pack.to_string(),
    }
}
