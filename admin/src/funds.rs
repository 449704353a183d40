//! Funds: what trades here (基金).

use clap::{Args, Subcommand};
use sfund_sdk::{
    Currency, Date, Fund, FundDetails, FundFilter, FundId, LegalForm, PartyId, Price, SegmentId,
    Units,
};

use crate::agreement::{self, Agreement};
use crate::choice::{Choice as _, choice};
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::output::{Cell, Record, Table, amount, count, maybe, moment, text, texts, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Funds {
    /// List funds.
    List {
        /// Only of this segment.
        #[arg(long)]
        segment: Option<Named<SegmentId>>,
        /// Only of this manager.
        #[arg(long)]
        manager: Option<Named<PartyId>>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one fund.
    Show {
        /// Id or code.
        fund: Named<FundId>,
    },
    /// Register a fund and open its book.
    Register(Box<Register>),
    /// Extend the term of a fund.
    Extend {
        /// Id or code.
        fund: Named<FundId>,
        /// New last day of the term.
        until: Date,
    },
    /// Issue units of a fund to a party.
    Issue {
        /// Id or code.
        fund: Named<FundId>,
        /// Who receives them.
        party: Named<PartyId>,
        /// How many.
        units: Units,
        /// What the register rests this on.
        #[arg(long)]
        evidence: String,
    },
    /// What a fund's own agreement says of a transfer (合伙协议转让条款).
    #[command(subcommand)]
    Agreement(Agreement),
}

#[derive(Args, Debug)]
pub(crate) struct Register {
    /// Unique code without spaces.
    code: String,
    /// Name.
    name: String,
    /// Who manages it.
    #[arg(long)]
    manager: Named<PartyId>,
    /// Legal form.
    #[arg(long, value_parser = choice::<LegalForm>(), default_value = "partnership")]
    legal_form: LegalForm,
    /// Province of registration, as JS.
    #[arg(long)]
    province: String,
    /// Currency of its price.
    #[arg(long, default_value = "CNY", value_parser = currency)]
    currency: Currency,
    /// Segment in which it trades.
    #[arg(long)]
    segment: Named<SegmentId>,
    /// Smallest step of its price.
    #[arg(long, default_value = "0.0001")]
    tick: Price,
    /// Units of one lot. A lot times a tick is whole fen.
    #[arg(long, default_value = "100")]
    lot: Units,
    /// Fewest units of an order that does not sell out.
    #[arg(long, value_name = "UNITS")]
    minimum_ticket: Units,
    /// Holder cap of the fund's own agreement.
    #[arg(long, value_name = "NUMBER")]
    holder_cap: Option<u32>,
    /// Last day of its term.
    #[arg(long, value_name = "DATE")]
    term_ends: Date,
}

/// A currency on the command line.
pub(crate) fn currency(text: &str) -> Result<Currency, &'static str> {
    Currency::new(text).ok_or("a currency is three capital letters")
}

pub(crate) async fn run(context: &Context, command: Funds) -> Result<(), Failure> {
    let admin = context.client.admin();
    match command {
        Funds::List { segment, manager, limit } => {
            let segment = match &segment {
                Some(segment) => Some(context.segment(segment).await?),
                None => None,
            };
            let manager = context.maybe_party(manager.as_ref()).await?;
            let filter = FundFilter { segment, manager };
            let funds = context.client.market().funds(filter).all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(COLUMNS, &funds, limit.limit, row))?)
        }
        Funds::Show { fund } => {
            let fund = match &fund {
                Named::Id(id) => context.client.market().fund(*id).await?,
                Named::Code(code) => context.client.market().fund_of_code(code).await?,
            };
            Ok(context.output.record(&record(&fund))?)
        }
        Funds::Register(register) => {
            let details = register.details(context).await?;
            let answer = context.give(admin.register_fund(details)).await?;
            context.done(&answer, Record::default().with("fund", text(answer.value)))
        }
        Funds::Agreement(command) => agreement::run(context, command).await,
        Funds::Extend { fund, until } => {
            let fund = context.fund(&fund).await?;
            let answer = context.give(admin.extend_term(fund, until)).await?;
            let record = Record::default().with("fund", text(fund));
            context.done(&answer, record.with("term_ends", text(until)))
        }
        Funds::Issue { fund, party, units, evidence } => {
            let (fund, party) = (context.fund(&fund).await?, context.party(&party).await?);
            let answer = context.give(admin.issue_units(fund, party, units, evidence)).await?;
            let record = Record::default().with("fund", text(fund)).with("party", text(party));
            context.done(&answer, record.with("units", amount(units)))
        }
    }
}

impl Register {
    async fn details(self, context: &Context) -> Result<FundDetails, Failure> {
        Ok(FundDetails {
            manager: context.party(&self.manager).await?,
            segment: context.segment(&self.segment).await?,
            code: self.code,
            name: self.name,
            legal_form: self.legal_form,
            province: self.province,
            currency: self.currency,
            tick: self.tick,
            lot: self.lot,
            minimum_ticket: self.minimum_ticket,
            holder_cap: self.holder_cap,
            term_ends: self.term_ends,
        })
    }
}

const COLUMNS: &[&str] = &[
    "id",
    "code",
    "name",
    "segment",
    "state",
    "best_bid",
    "best_ask",
    "last_price",
    "orders_open",
    "holders",
    "holder_cap",
    "term_ends",
];

fn row(fund: &Fund) -> Vec<Cell> {
    vec![
        text(fund.id),
        text(&fund.details.code),
        text(&fund.details.name),
        text(fund.details.segment),
        word(fund.effective_state.name()),
        maybe(fund.best_bid, amount),
        maybe(fund.best_ask, amount),
        maybe(fund.last_price, amount),
        count(fund.orders_open),
        count(fund.holders),
        count(fund.holder_cap),
        text(fund.details.term_ends),
    ]
}

fn record(fund: &Fund) -> Record {
    let details = &fund.details;
    let extensions: Vec<_> = fund.extensions.iter().map(ToString::to_string).collect();
    let reference = fund.reference.as_ref();
    Record::default()
        .with("id", text(fund.id))
        .with("code", text(&details.code))
        .with("name", text(&details.name))
        .with("manager", text(details.manager))
        .with("segment", text(details.segment))
        .with("legal_form", word(details.legal_form.name()))
        .with("province", text(&details.province))
        .with("currency", text(details.currency))
        .with("state", word(fund.effective_state.name()))
        .with("own_state", word(fund.state.name()))
        .with("tick", amount(details.tick))
        .with("lot", amount(details.lot))
        .with("minimum_ticket", amount(details.minimum_ticket))
        .with("issued", amount(fund.issued))
        .with("holders", count(fund.holders))
        .with("holder_cap", count(fund.holder_cap))
        .with("term_ends", text(details.term_ends))
        .with("extensions", texts(&extensions))
        .with("best_bid", maybe(fund.best_bid, amount))
        .with("best_ask", maybe(fund.best_ask, amount))
        .with("last_price", maybe(fund.last_price, amount))
        .with("reference", maybe(reference.map(|is| is.price), amount))
        .with("source", maybe(reference.map(|is| &is.source), text))
        .with("valid_until", maybe(reference.map(|is| is.valid_until), moment))
        .with("orders_open", count(fund.orders_open))
        .with("trades", count(fund.volume.trades))
        .with("units", amount(fund.volume.units))
        .with("cash", amount(fund.volume.cash))
}
