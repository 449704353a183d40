//! Pledges and freezes of units (质押、冻结).

use clap::Subcommand;
use sfund_sdk::{FundId, Lock, LockFilter, LockId, PartyId, Units};

use crate::choice::Choice as _;
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::output::{Cell, Record, Table, amount, maybe, text, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Locks {
    /// List locks in force.
    List {
        /// Only of this holder.
        #[arg(long)]
        party: Option<Named<PartyId>>,
        /// Only in this fund.
        #[arg(long)]
        fund: Option<Named<FundId>>,
        /// Only of this pledgee.
        #[arg(long)]
        pledgee: Option<Named<PartyId>>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Pledge units to a lender.
    Pledge {
        /// Holder: id or code.
        party: Named<PartyId>,
        /// Fund: id or code.
        fund: Named<FundId>,
        /// How many.
        units: Units,
        /// Lender: id or code.
        #[arg(long)]
        pledgee: Named<PartyId>,
        /// Contract it rests on.
        #[arg(long)]
        evidence: String,
    },
    /// Freeze units.
    Freeze {
        /// Holder: id or code.
        party: Named<PartyId>,
        /// Fund: id or code.
        fund: Named<FundId>,
        /// How many.
        units: Units,
        /// Document it rests on.
        #[arg(long)]
        evidence: String,
    },
    /// Release a pledge or a freeze.
    Release {
        /// The lock.
        lock: LockId,
        /// What the release rests on.
        #[arg(long)]
        evidence: String,
    },
}

pub(crate) async fn run(context: &Context, command: Locks) -> Result<(), Failure> {
    let admin = context.client.admin();
    match command {
        Locks::List { party, fund, pledgee, limit } => {
            let filter = LockFilter {
                party: context.maybe_party(party.as_ref()).await?,
                fund: context.maybe_fund(fund.as_ref()).await?,
                pledgee: context.maybe_party(pledgee.as_ref()).await?,
            };
            let locks = admin.locks(filter).all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(COLUMNS, &locks, limit.limit, row))?)
        }
        Locks::Pledge { party, fund, units, pledgee, evidence } => {
            let (party, fund) = (context.party(&party).await?, context.fund(&fund).await?);
            let pledgee = context.party(&pledgee).await?;
            let command = admin.pledge(party, fund, units, pledgee, evidence);
            let answer = context.give(command).await?;
            context.done(&answer, Record::default().with("lock", text(answer.value)))
        }
        Locks::Freeze { party, fund, units, evidence } => {
            let (party, fund) = (context.party(&party).await?, context.fund(&fund).await?);
            let answer = context.give(admin.freeze(party, fund, units, evidence)).await?;
            context.done(&answer, Record::default().with("lock", text(answer.value)))
        }
        Locks::Release { lock, evidence } => {
            let answer = context.give(admin.unlock(lock, evidence)).await?;
            context.done(&answer, Record::default().with("lock", text(lock)))
        }
    }
}

const COLUMNS: &[&str] = &["id", "party", "fund", "units", "kind", "pledgee", "evidence"];

fn row(lock: &Lock) -> Vec<Cell> {
    vec![
        text(lock.id),
        text(lock.party),
        text(lock.fund),
        amount(lock.units),
        word(lock.kind.name()),
        maybe(lock.pledgee, text),
        text(&lock.evidence),
    ]
}
