//! Cash: transfers, balances and statements.

use sfund_engine::cash::ledger::{Cash, House};
use sfund_engine::cash::request_transfer::RequestTransfer;
use sfund_engine::cash::settle_transfer::{SettleTransfer, TransferOutcome};
use sfund_engine::command::Command;
use sfund_engine::event::Event;
use sfund_engine::policy::TEXT_BYTES_MAX;
use sfund_engine::registry::fund::Currency;
use sfund_proto::v1;

use crate::read::views::{Balances, CashLine, TransferView};
use crate::wire::command::{asks, tells};
use crate::wire::fields::write_time;
use crate::wire::register::cause;
use crate::wire::twins::Twin;

asks!(RequestTransferRequest, |ask, by, fields| Command::RequestTransfer(Box::new(
    RequestTransfer {
        party: fields.party_or("party_id", &ask.party_id, by),
        direction: fields.choice("direction", ask.direction),
        currency: fields.currency("currency", &ask.currency),
        amount: fields.money("amount", &ask.amount),
        reference: fields.text("reference", &ask.reference, TEXT_BYTES_MAX),
    }
)));
asks!(SettleTransferRequest, |ask, _, fields| Command::SettleTransfer(Box::new(SettleTransfer {
    transfer: fields.id("transfer_id", &ask.transfer_id),
    outcome: fields.choice("outcome", ask.outcome),
    bank_reference: fields.text("bank_reference", &ask.bank_reference, TEXT_BYTES_MAX),
})));

tells!(RequestTransferResponse, |facts| {
    transfer_id: facts.first(|event| {
        let Event::TransferRequested(fact) = event else { return None };
        Some(fact.transfer.to_string())
    }),
});
tells!(SettleTransferResponse, |_facts| {});

/// A transfer.
#[must_use]
pub fn transfer(view: &TransferView) -> v1::Transfer {
    let terms = &view.terms;
    let state = match view.settled.as_ref().map(|settled| settled.outcome) {
        None => v1::TransferState::Pending,
        Some(TransferOutcome::Confirmed) => v1::TransferState::Confirmed,
        Some(TransferOutcome::Refused) => v1::TransferState::Refused,
    };
    let settled = view.settled.as_ref();
    v1::Transfer {
        transfer_id: view.id.to_string(),
        party_id: terms.party.to_string(),
        direction: terms.direction.write(),
        currency: terms.currency.to_string(),
        amount: terms.amount.to_string(),
        reference: terms.reference.clone(),
        state: state.into(),
        bank_reference: settled.map_or_else(String::new, |word| word.bank_reference.clone()),
        requested_at: Some(write_time(view.requested.at)),
        settled_at: settled.map(|settled| write_time(settled.stamp.at)),
    }
}

/// Cash of a party in one currency.
#[must_use]
pub fn cash(cash: &Cash) -> v1::CashBalance {
    balance(cash.currency, Balances { available: cash.available, held: cash.held })
}

/// Two balances in one currency.
#[must_use]
pub fn balance(currency: Currency, balances: Balances) -> v1::CashBalance {
    v1::CashBalance {
        currency: currency.to_string(),
        available: balances.available.to_string(),
        held: balances.held.to_string(),
    }
}

/// A line of a cash statement.
#[must_use]
pub fn cash_line(currency: Currency, line: &CashLine) -> v1::CashEntry {
    let (what, id) = cause(line.cause);
    v1::CashEntry {
        sequence: line.stamp.sequence.number(),
        time: Some(write_time(line.stamp.at)),
        currency: currency.to_string(),
        cause: what.into(),
        cause_id: id,
        before: Some(balance(currency, line.before)),
        after: Some(balance(currency, line.after)),
    }
}

/// The venue's own accounts in one currency.
#[must_use]
pub fn house(house: &House) -> v1::HouseAccount {
    v1::HouseAccount {
        currency: house.currency.to_string(),
        bank: house.bank.to_string(),
        fees: house.fees.to_string(),
    }
}
