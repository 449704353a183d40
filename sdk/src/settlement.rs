//! Cash: transfers with the settlement bank, balances and their statements (资金结算).

use sfund_engine::amount::Money;
use sfund_engine::cash::request_transfer::Direction;
use sfund_engine::cash::settle_transfer::TransferOutcome;
use sfund_engine::id::{PartyId, Sequence, TransferId};
use sfund_engine::registry::fund::Currency;
use sfund_engine::time::Time;
use sfund_proto::v1;

use crate::ask::{Command, List, Query};
use crate::client::Client;
use crate::error::Unreadable;
use crate::register::Cause;
use crate::wire::{self, Twin, read, some};

/// Nobody moves money alone: a party asks, the settlement bank confirms.
#[derive(Clone, Debug)]
pub struct Settlement {
    client: Client,
}

/// A deposit or a withdrawal to ask for (出入金).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRequest {
    party: Option<PartyId>,
    direction: Direction,
    currency: Currency,
    amount: Money,
    reference: String,
}

/// A deposit or a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Id.
    pub id: TransferId,
    /// Whose cash.
    pub party: PartyId,
    /// Which way.
    pub direction: Direction,
    /// Currency.
    pub currency: Currency,
    /// How much.
    pub amount: Money,
    /// What the bank finds it by.
    pub reference: String,
    /// What became of it; `None` while it waits for the bank.
    pub outcome: Option<TransferOutcome>,
    /// The bank's own reference, once settled.
    pub bank_reference: String,
    /// When it was asked for.
    pub requested_at: Option<Time>,
    /// When it was settled.
    pub settled_at: Option<Time>,
}

/// Cash of one party in one currency (资金账户).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CashBalance {
    /// Currency.
    pub currency: Currency,
    /// Free to use (可用).
    pub available: Money,
    /// Held for open orders and withdrawals (冻结).
    pub held: Money,
}

/// One change of a party's cash (资金流水).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CashEntry {
    /// Entry in which it happened.
    pub sequence: Sequence,
    /// When.
    pub time: Time,
    /// Currency.
    pub currency: Currency,
    /// What happened.
    pub cause: Cause,
    /// Id of the order, trade or transfer that it happened to.
    pub cause_id: String,
    /// Cash before.
    pub before: CashBalance,
    /// Cash after.
    pub after: CashBalance,
}

/// The venue's own accounts in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HouseAccount {
    /// Currency.
    pub currency: Currency,
    /// What the settlement bank keeps for all, as a debt to the ledger: zero or less.
    pub bank: Money,
    /// Fees earned.
    pub fees: Money,
}

impl TransferRequest {
    /// Cash to come in (入金). The bank finds it by `reference`.
    #[must_use]
    pub fn deposit(amount: Money, currency: Currency, reference: impl Into<String>) -> Self {
        Self::new(Direction::Deposit, amount, currency, reference.into())
    }

    /// Cash to go out (出金). The bank finds it by `reference`.
    #[must_use]
    pub fn withdrawal(amount: Money, currency: Currency, reference: impl Into<String>) -> Self {
        Self::new(Direction::Withdrawal, amount, currency, reference.into())
    }

    fn new(direction: Direction, amount: Money, currency: Currency, reference: String) -> Self {
        Self { party: None, direction, currency, amount, reference }
    }

    /// Of this party and not of the caller: for its member and the venue.
    #[must_use]
    pub fn of(self, party: PartyId) -> Self {
        Self { party: Some(party), ..self }
    }
}

impl Settlement {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Asks for a deposit or a withdrawal (出入金申请).
    pub fn request(&self, transfer: TransferRequest) -> Command<TransferId> {
        let request = v1::RequestTransferRequest {
            party_id: wire::text(transfer.party),
            direction: transfer.direction.to_wire(),
            currency: transfer.currency.to_string(),
            amount: transfer.amount.to_string(),
            reference: transfer.reference,
            ..Default::default()
        };
        Command::new(&self.client, request, |response| read(&response.transfer_id, "transfer_id"))
    }

    /// The settlement bank's word on a transfer (银行确认).
    pub fn settle(
        &self,
        transfer: TransferId,
        outcome: TransferOutcome,
        bank_reference: impl Into<String>,
    ) -> Command<()> {
        let request = v1::SettleTransferRequest {
            transfer_id: transfer.to_string(),
            outcome: outcome.to_wire(),
            bank_reference: bank_reference.into(),
            ..Default::default()
        };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Transfers of the caller that wait for the bank; for the bank and the venue, of all.
    pub fn pending(&self) -> List<Transfer> {
        self.transfers(v1::ListTransfersRequest::default())
    }

    /// Transfers of a party that wait for the bank.
    pub fn pending_of(&self, party: PartyId) -> List<Transfer> {
        let party_id = party.to_string();
        self.transfers(v1::ListTransfersRequest { party_id, ..Default::default() })
    }

    /// Transfers of the caller that were settled lately, newest first.
    pub fn settled(&self) -> List<Transfer> {
        self.transfers(v1::ListTransfersRequest { settled: true, ..Default::default() })
    }

    /// Transfers of a party that were settled lately, newest first.
    pub fn settled_of(&self, party: PartyId) -> List<Transfer> {
        let party_id = party.to_string();
        self.transfers(v1::ListTransfersRequest { party_id, settled: true, ..Default::default() })
    }

    fn transfers(&self, request: v1::ListTransfersRequest) -> List<Transfer> {
        List::new(&self.client, request, transfer_of)
    }

    /// The caller's cash in each currency that it ever had.
    pub fn cash(&self) -> Query<Vec<CashBalance>> {
        self.ask_cash(String::new())
    }

    /// The cash of a party in each currency that it ever had.
    pub fn cash_of(&self, party: PartyId) -> Query<Vec<CashBalance>> {
        self.ask_cash(party.to_string())
    }

    fn ask_cash(&self, party_id: String) -> Query<Vec<CashBalance>> {
        let request = v1::GetCashRequest { party_id, ..Default::default() };
        Query::new(&self.client, request, |response| {
            response.balances.iter().map(balance_of).collect()
        })
    }

    /// The venue's own accounts: for the bank and the venue.
    pub fn house_accounts(&self) -> Query<Vec<HouseAccount>> {
        let request = v1::ListHouseAccountsRequest::default();
        Query::new(&self.client, request, |response| {
            let accounts = response.accounts.iter().map(|account| {
                Ok(HouseAccount {
                    currency: wire::currency(&account.currency, "currency")?,
                    bank: read(&account.bank, "bank")?,
                    fees: read(&account.fees, "fees")?,
                })
            });
            accounts.collect()
        })
    }

    /// Changes of the caller's cash, newest first (资金流水).
    pub fn statement(&self, currency: Currency) -> List<CashEntry> {
        self.ask_statement(String::new(), currency)
    }

    /// Changes of a party's cash, newest first.
    pub fn statement_of(&self, party: PartyId, currency: Currency) -> List<CashEntry> {
        self.ask_statement(party.to_string(), currency)
    }

    fn ask_statement(&self, party_id: String, currency: Currency) -> List<CashEntry> {
        let currency = currency.to_string();
        let request = v1::ListCashEntriesRequest { party_id, currency, ..Default::default() };
        List::new(&self.client, request, cash_entry)
    }
}

fn transfer_of(wire: v1::Transfer) -> Result<Transfer, Unreadable> {
    use v1::TransferState;
    let outcome = match TransferState::try_from(wire.state) {
        Ok(TransferState::Pending) => None,
        Ok(TransferState::Confirmed) => Some(TransferOutcome::Confirmed),
        Ok(TransferState::Refused) => Some(TransferOutcome::Refused),
        Ok(TransferState::Unspecified) | Err(_) => return Err(Unreadable { field: "state" }),
    };
    Ok(Transfer {
        id: read(&wire.transfer_id, "transfer_id")?,
        party: read(&wire.party_id, "party_id")?,
        direction: Direction::from_wire(wire.direction)?,
        currency: wire::currency(&wire.currency, "currency")?,
        amount: read(&wire.amount, "amount")?,
        reference: wire.reference,
        outcome,
        bank_reference: wire.bank_reference,
        requested_at: wire::maybe_time(wire.requested_at)?,
        settled_at: wire::maybe_time(wire.settled_at)?,
    })
}

pub(crate) fn balance_of(wire: &v1::CashBalance) -> Result<CashBalance, Unreadable> {
    Ok(CashBalance {
        currency: wire::currency(&wire.currency, "currency")?,
        available: read(&wire.available, "available")?,
        held: read(&wire.held, "held")?,
    })
}

fn cash_entry(wire: v1::CashEntry) -> Result<CashEntry, Unreadable> {
    Ok(CashEntry {
        sequence: Sequence::new(wire.sequence),
        time: wire::time(some(wire.time, "time")?)?,
        currency: wire::currency(&wire.currency, "currency")?,
        cause: Cause::from_wire(wire.cause)?,
        cause_id: wire.cause_id,
        before: balance_of(&some(wire.before, "before")?)?,
        after: balance_of(&some(wire.after, "after")?)?,
    })
}
