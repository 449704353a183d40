//! The register: holders, holdings and the statements that explain them (份额登记).

use clap::Subcommand;
use sfund_sdk::{FundId, Holding, PartyId, StatementEntry};

use crate::choice::Choice as _;
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::output::{Cell, Table, amount, count, maybe, moment, text, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Register {
    /// List the holders of a fund.
    Holders {
        /// Id or code.
        fund: Named<FundId>,
        #[command(flatten)]
        limit: Limit,
    },
    /// List the holdings of a party.
    Holdings {
        /// Id or code; else the caller's own.
        party: Option<Named<PartyId>>,
        #[command(flatten)]
        limit: Limit,
    },
    /// List the changes of a holding, newest first.
    Statement {
        /// Holder: id or code.
        party: Named<PartyId>,
        /// Fund: id or code.
        fund: Named<FundId>,
        #[command(flatten)]
        limit: Limit,
    },
}

pub(crate) async fn run(context: &Context, command: Register) -> Result<(), Failure> {
    let register = context.client.register();
    match command {
        Register::Holders { fund, limit } => {
            let fund = context.fund(&fund).await?;
            let holders = register.holders(fund).all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(HOLDINGS, &holders, limit.limit, holding))?)
        }
        Register::Holdings { party, limit } => {
            let holdings = match context.maybe_party(party.as_ref()).await? {
                Some(party) => register.holdings_of(party),
                None => register.holdings(),
            };
            let holdings = holdings.all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(HOLDINGS, &holdings, limit.limit, holding))?)
        }
        Register::Statement { party, fund, limit } => {
            let (party, fund) = (context.party(&party).await?, context.fund(&fund).await?);
            let entries = register.statement_of(party, fund).all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(ENTRIES, &entries, limit.limit, entry))?)
        }
    }
}

const HOLDINGS: &[&str] = &[
    "party",
    "fund",
    "available",
    "offered",
    "pledged",
    "frozen",
    "total",
    "last_bought",
    "last_sold",
];

fn holding(holding: &Holding) -> Vec<Cell> {
    vec![
        text(holding.party),
        text(holding.fund),
        amount(holding.available),
        amount(holding.offered),
        amount(holding.pledged),
        amount(holding.frozen),
        amount(holding.total()),
        maybe(holding.last_bought, text),
        maybe(holding.last_sold, text),
    ]
}

const ENTRIES: &[&str] =
    &["sequence", "time", "cause", "cause_id", "available", "offered", "pledged", "frozen"];

fn entry(entry: &StatementEntry) -> Vec<Cell> {
    vec![
        count(entry.sequence.number()),
        moment(entry.time),
        word(entry.cause.name()),
        text(&entry.cause_id),
        amount(entry.after.available),
        amount(entry.after.offered),
        amount(entry.after.pledged),
        amount(entry.after.frozen),
    ]
}
