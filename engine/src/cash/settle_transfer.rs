//! The settlement bank's word on a transfer: confirmed or refused (银行确认).

use minicbor::{Decode, Encode};

use crate::amount::Money;
use crate::cash::ledger::Account;
use crate::cash::request_transfer::{Direction, RequestTransfer};
use crate::check;
use crate::event::Event;
use crate::id::TransferId;
use crate::market::{Context, Market};
use crate::policy::CASH_MAX;
use crate::reject::Field;
use crate::reject::Reject;

/// What became of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum TransferOutcome {
    /// The money moved.
    #[n(0)]
    Confirmed,
    /// It did not.
    #[n(1)]
    Refused,
}

/// The bank says what became of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SettleTransfer {
    /// The transfer.
    #[n(0)]
    pub transfer: TransferId,
    /// What became of it.
    #[n(1)]
    pub outcome: TransferOutcome,
    /// The bank's own reference, 1 to 512 bytes.
    #[n(2)]
    pub bank_reference: String,
}

/// A transfer is settled: it moved cash or gave back what it held.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TransferSettled {
    /// The transfer.
    #[n(0)]
    pub transfer: TransferId,
    /// What became of it.
    #[n(1)]
    pub outcome: TransferOutcome,
    /// The bank's own reference.
    #[n(2)]
    pub bank_reference: String,
}

pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &SettleTransfer,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Reference, &ask.bank_reference)?;
    let transfer = ask.transfer;
    let terms = market.transfers.get(&transfer);
    let terms = terms.ok_or(Reject::TransferNotPending { transfer })?;
    if ask.outcome == TransferOutcome::Confirmed && terms.direction == Direction::Deposit {
        check_fits(market, terms)?;
    }
    // From here on the answer is yes.
    events.push(Event::TransferSettled(Box::new(TransferSettled {
        transfer,
        outcome: ask.outcome,
        bank_reference: ask.bank_reference.clone(),
    })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &TransferSettled) {
    let terms = market.transfers.remove(&fact.transfer).expect("a transfer that settles waited");
    let place = market.ledger.place(terms.party, terms.currency);
    let bank = Account::Bank(terms.currency);
    let (held, available) = (Account::Held(place), Account::Available(place));
    let (from, to) = match (terms.direction, fact.outcome) {
        (Direction::Deposit, TransferOutcome::Confirmed) => (bank, available),
        (Direction::Withdrawal, TransferOutcome::Confirmed) => (held, bank),
        (Direction::Withdrawal, TransferOutcome::Refused) => (held, available),
        (Direction::Deposit, TransferOutcome::Refused) => return,
    };
    market.ledger.post(from, to, terms.amount);
}

/// What comes in fits the party's account, and the bank's account for all parties.
fn check_fits(market: &Market, terms: &RequestTransfer) -> Result<(), Reject> {
    let cash = market.ledger.cash(terms.party, terms.currency);
    let own = cash.available.plus(cash.held).checked_add(terms.amount);
    let houses = market.ledger.houses();
    let house = houses.iter().find(|house| house.currency == terms.currency);
    let bank = house.map_or(Money::ZERO, |house| house.bank).checked_sub(terms.amount);
    if own.is_some_and(|own| own <= CASH_MAX) && bank.is_some() {
        return Ok(());
    }
    Err(Reject::BalanceTooLarge { party: terms.party })
}
