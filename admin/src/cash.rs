//! Cash: deposits and withdrawals, balances and statements (资金).

use clap::{Args, Subcommand};
use sfund_sdk::{
    CashBalance, CashEntry, Currency, Money, PartyId, Transfer, TransferId, TransferOutcome,
    TransferRequest,
};

use crate::choice::Choice as _;
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::funds::currency;
use crate::output::{Cell, Record, Table, amount, count, maybe, moment, text, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Cash {
    /// List transfers: those that wait for the bank, or those that were settled lately.
    #[command(alias = "list")]
    Transfers {
        /// Only of this party: id or code.
        #[arg(long)]
        party: Option<Named<PartyId>>,
        /// Those that were settled.
        #[arg(long)]
        settled: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Ask for a deposit.
    #[command(alias = "request")]
    Deposit(Request),
    /// Ask for a withdrawal.
    Withdraw(Request),
    /// As the settlement bank: the money moved.
    Confirm(Settle),
    /// As the settlement bank: it did not.
    Refuse(Settle),
    /// Show the balances of a party.
    Show {
        /// Id or code; else the caller's own.
        party: Option<Named<PartyId>>,
    },
    /// List the changes of a party's cash, newest first.
    Statement {
        /// Id or code.
        party: Named<PartyId>,
        /// In this currency.
        #[arg(long, default_value = "CNY", value_parser = currency)]
        currency: Currency,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show the venue's own accounts.
    House,
}

#[derive(Args, Debug)]
pub(crate) struct Request {
    /// Whose cash: id or code.
    party: Named<PartyId>,
    /// How much.
    amount: Money,
    /// What the bank finds it by.
    #[arg(long)]
    reference: String,
    /// In this currency.
    #[arg(long, default_value = "CNY", value_parser = currency)]
    currency: Currency,
}

#[derive(Args, Debug)]
pub(crate) struct Settle {
    /// The transfer.
    transfer: TransferId,
    /// The bank's own reference.
    #[arg(long, value_name = "TEXT")]
    bank_reference: String,
}

pub(crate) async fn run(context: &Context, command: Cash) -> Result<(), Failure> {
    let settlement = context.client.settlement();
    match command {
        Cash::Transfers { party, settled, limit } => {
            let transfers = match (context.maybe_party(party.as_ref()).await?, settled) {
                (Some(party), false) => settlement.pending_of(party),
                (Some(party), true) => settlement.settled_of(party),
                (None, false) => settlement.pending(),
                (None, true) => settlement.settled(),
            };
            let transfers = transfers.all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(TRANSFERS, &transfers, limit.limit, transfer))?)
        }
        Cash::Deposit(request) => {
            let Request { party, amount, reference, currency } = request;
            let party = context.party(&party).await?;
            ask(context, TransferRequest::deposit(amount, currency, reference).of(party)).await
        }
        Cash::Withdraw(request) => {
            let Request { party, amount, reference, currency } = request;
            let party = context.party(&party).await?;
            ask(context, TransferRequest::withdrawal(amount, currency, reference).of(party)).await
        }
        Cash::Confirm(settle) => settled(context, settle, TransferOutcome::Confirmed).await,
        Cash::Refuse(settle) => settled(context, settle, TransferOutcome::Refused).await,
        Cash::Show { party } => {
            let cash = match context.maybe_party(party.as_ref()).await? {
                Some(party) => settlement.cash_of(party).await?,
                None => settlement.cash().await?,
            };
            Ok(context.output.table(&Table::of(BALANCES, &cash, usize::MAX, balance))?)
        }
        Cash::Statement { party, currency, limit } => {
            let party = context.party(&party).await?;
            let entries = settlement.statement_of(party, currency).all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(ENTRIES, &entries, limit.limit, entry))?)
        }
        Cash::House => {
            let accounts = settlement.house_accounts().await?;
            let table =
                Table::of(&["currency", "bank", "fees"], &accounts, usize::MAX, |account| {
                    vec![text(account.currency), amount(account.bank), amount(account.fees)]
                });
            Ok(context.output.table(&table)?)
        }
    }
}

async fn ask(context: &Context, request: TransferRequest) -> Result<(), Failure> {
    let answer = context.give(context.client.settlement().request(request)).await?;
    context.done(&answer, Record::default().with("transfer", text(answer.value)))
}

async fn settled(
    context: &Context,
    settle: Settle,
    outcome: TransferOutcome,
) -> Result<(), Failure> {
    let Settle { transfer, bank_reference } = settle;
    let command = context.client.settlement().settle(transfer, outcome, bank_reference);
    let answer = context.give(command).await?;
    let record = Record::default().with("transfer", text(transfer));
    context.done(&answer, record.with("state", word(outcome.name())))
}

const TRANSFERS: &[&str] = &[
    "id",
    "party",
    "direction",
    "currency",
    "amount",
    "reference_of",
    "state",
    "bank_reference",
    "requested_at",
    "settled_at",
];

fn transfer(transfer: &Transfer) -> Vec<Cell> {
    vec![
        text(transfer.id),
        text(transfer.party),
        word(transfer.direction.name()),
        text(transfer.currency),
        amount(transfer.amount),
        text(&transfer.reference),
        word(transfer.outcome.map_or("pending", crate::choice::Choice::name)),
        text(&transfer.bank_reference),
        maybe(transfer.requested_at, moment),
        maybe(transfer.settled_at, moment),
    ]
}

const BALANCES: &[&str] = &["currency", "available", "held"];

fn balance(balance: &CashBalance) -> Vec<Cell> {
    vec![text(balance.currency), amount(balance.available), amount(balance.held)]
}

const ENTRIES: &[&str] = &["sequence", "time", "cause", "cause_id", "available", "held"];

fn entry(entry: &CashEntry) -> Vec<Cell> {
    vec![
        count(entry.sequence.number()),
        moment(entry.time),
        word(entry.cause.name()),
        text(&entry.cause_id),
        amount(entry.after.available),
        amount(entry.after.held),
    ]
}
