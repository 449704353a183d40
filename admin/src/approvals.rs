//! What waits for a second person (复核).

use clap::Subcommand;
use sfund_sdk::{Proposal, ProposalId, Verdict};

use crate::context::{Context, Limit};
use crate::failure::Failure;
use crate::output::{Cell, Record, Table, maybe, moment, text, texts, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Approvals {
    /// List what waits, oldest first, or what ended lately.
    List {
        /// What ended lately.
        #[arg(long)]
        ended: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Approve a proposal: it is decided anew and carried out.
    Approve {
        /// The proposal.
        proposal: ProposalId,
    },
    /// Decline a proposal.
    Decline {
        /// The proposal.
        proposal: ProposalId,
    },
}

pub(crate) async fn run(context: &Context, command: Approvals) -> Result<(), Failure> {
    let admin = context.client.admin();
    match command {
        Approvals::List { ended, limit } => {
            let proposals = if ended { admin.ended_proposals() } else { admin.proposals() };
            let proposals = proposals.all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(COLUMNS, &proposals, limit.limit, row))?)
        }
        Approvals::Approve { proposal } => review(context, proposal, Verdict::Approve).await,
        Approvals::Decline { proposal } => review(context, proposal, Verdict::Decline).await,
    }
}

async fn review(context: &Context, proposal: ProposalId, verdict: Verdict) -> Result<(), Failure> {
    let answer = context.give(context.client.admin().review(proposal, verdict)).await?;
    let record = Record::default()
        .with("proposal", text(proposal))
        .with("created", text(&answer.created))
        .with("events", texts(&answer.events));
    context.done(&answer, record)
}

const COLUMNS: &[&str] =
    &["id", "command", "detail", "by", "proposed_at", "expires", "state", "ended_by"];

fn row(proposal: &Proposal) -> Vec<Cell> {
    vec![
        text(proposal.id),
        text(&proposal.command),
        text(&proposal.detail),
        text(proposal.by),
        maybe(proposal.proposed_at, moment),
        moment(proposal.expires),
        word(proposal.end.map_or("waits", crate::choice::Choice::name)),
        maybe(proposal.ended_by, text),
    ]
}
