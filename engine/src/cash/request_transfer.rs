//! Asking for cash to come in or go out (出入金申请).
//!
//! Nobody moves money alone: who asks is one party, the settlement bank that confirms is another.
//! Cash that is to go out is held from the moment of asking.

use minicbor::{Decode, Encode};

use crate::amount::Money;
use crate::cash::ledger::Account;
use crate::check;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{PartyId, TransferId};
use crate::market::{Context, Market};
use crate::policy::TRANSFERS_MAX;
use crate::registry::fund::Currency;
use crate::reject::Field;
use crate::reject::Reject;

/// Which way cash goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Direction {
    /// From the party's bank account to the venue's client account (入金).
    #[n(0)]
    Deposit,
    /// Back (出金).
    #[n(1)]
    Withdrawal,
}

/// Ask for a deposit or a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RequestTransfer {
    /// Whose cash.
    #[n(0)]
    pub party: PartyId,
    /// Which way.
    #[n(1)]
    pub direction: Direction,
    /// Currency.
    #[n(2)]
    pub currency: Currency,
    /// How much, above zero.
    #[n(3)]
    pub amount: Money,
    /// What the bank finds it by, 1 to 512 bytes.
    #[n(4)]
    pub reference: String,
}

/// A transfer waits for the settlement bank.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TransferRequested {
    /// Its id, the next one.
    #[n(0)]
    pub transfer: TransferId,
    /// What was asked.
    #[n(1)]
    pub terms: RequestTransfer,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &RequestTransfer,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    market.admit_for(context.caller, CommandKind::RequestTransfer, ask.party)?;
    check::text(Field::Reference, &ask.reference)?;
    check::cash(Field::Amount, ask.amount, Money::from_fen(1))?;
    check::currency(ask.currency)?;
    market.party(ask.party)?.check_not_staff(ask.party)?;
    check::room(Field::Transfers, market.transfers.len(), TRANSFERS_MAX)?;
    if ask.direction == Direction::Withdrawal {
        let available = market.ledger.cash(ask.party, ask.currency).available;
        if available < ask.amount {
            let (party, wanted) = (ask.party, ask.amount);
            return Err(Reject::CashNotAvailable { party, wanted, available });
        }
    }
    // From here on the answer is yes.
    events.push(Event::TransferRequested(Box::new(TransferRequested {
        transfer: TransferId::new(market.transfers_count),
        terms: ask.clone(),
    })));
    Ok(())
}

/// Cash that is to go out is held; cash that is to come in is not there yet.
pub(crate) fn apply(market: &mut Market, fact: &TransferRequested) {
    assert!(fact.transfer.number() == market.transfers_count, "transfer ids are dense");
    market.transfers_count = market.transfers_count.checked_add(1).expect("fewer than 2^64");
    let terms = &fact.terms;
    if terms.direction == Direction::Withdrawal {
        let place = market.ledger.place(terms.party, terms.currency);
        market.ledger.post(Account::Available(place), Account::Held(place), terms.amount);
    }
    market.transfers.insert(fact.transfer, terms.clone());
}
