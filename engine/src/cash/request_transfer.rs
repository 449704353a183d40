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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, BANK, BOB, CAROL, DAVE, LENDER, MANAGER, MEMBER, OPERATOR, SUPERVISOR, accept,
        party, refuse, soon, trading, transfer, yuan,
    };
    use crate::policy::CASH_MAX;

    use Direction::{Deposit, Withdrawal};

    #[test]
    fn cash_that_is_to_come_in_is_not_there_yet() {
        let mut market = trading();
        let id = TransferId::new(market.transfers_count);
        accept(&mut market, party(ALICE), transfer(ALICE, Deposit, CASH_MAX));
        assert_eq!(market.ledger.cash(ALICE, Currency::CNY).available, Money::ZERO);
        assert_eq!(market.transfers[&id].amount, CASH_MAX);
    }

    #[test]
    fn cash_that_is_to_go_out_is_held_at_once() {
        let mut market = trading();
        accept(&mut market, party(CAROL), transfer(CAROL, Withdrawal, yuan(60_000_000)));
        let cash = market.ledger.cash(CAROL, Currency::CNY);
        assert_eq!((cash.available, cash.held), (yuan(40_000_000), yuan(60_000_000)));
        let more = transfer(CAROL, Withdrawal, yuan(40_000_001));
        let reject = refuse(&mut market, party(CAROL), more);
        let (party, wanted, available) = (CAROL, yuan(40_000_001), yuan(40_000_000));
        assert_eq!(reject, Reject::CashNotAvailable { party, wanted, available });
    }

    #[test]
    fn a_party_its_member_or_an_operator_asks_and_nobody_else() {
        let mut market = trading();
        for (by, of) in [
            (LENDER, LENDER),
            (MANAGER, MANAGER),
            (MEMBER, MEMBER),
            (MEMBER, BOB),
            (OPERATOR, ALICE),
        ] {
            accept(&mut market, party(by), transfer(of, Deposit, yuan(1)));
        }
        for (by, of) in [(ALICE, BOB), (MEMBER, ALICE), (SUPERVISOR, ALICE), (BANK, BANK)] {
            let reject = refuse(&mut market, party(by), transfer(of, Deposit, yuan(1)));
            assert_eq!(reject.name(), "NOT_PERMITTED");
        }
        let reject = refuse(&mut market, party(OPERATOR), transfer(BANK, Deposit, yuan(1)));
        assert_eq!(reject.name(), "WRONG_ROLE");
        let nobody = PartyId::new(99);
        let reject = refuse(&mut market, party(OPERATOR), transfer(nobody, Deposit, yuan(1)));
        assert_eq!(reject, Reject::PartyNotFound { party: nobody });
    }

    #[test]
    fn a_transfer_is_of_some_cash_in_a_currency_with_a_reference() {
        let mut market = trading();
        let over = CASH_MAX.plus(Money::from_fen(1));
        for amount in [Money::ZERO, Money::from_fen(-1), over] {
            for direction in [Deposit, Withdrawal] {
                let command = transfer(DAVE, direction, amount);
                assert_eq!(refuse(&mut market, party(DAVE), command).name(), "OUT_OF_RANGE");
            }
        }
        let ask = RequestTransfer {
            party: DAVE,
            direction: Deposit,
            currency: minicbor::decode(&[0x43, 0xFF, 0, 1]).unwrap(),
            amount: yuan(1),
            reference: "R".to_owned(),
        };
        let bad = Command::RequestTransfer(Box::new(ask.clone()));
        assert_eq!(refuse(&mut market, party(DAVE), bad), Reject::BadCurrency {});
        let bare = RequestTransfer { reference: String::new(), ..ask };
        let bare = Command::RequestTransfer(Box::new(bare));
        assert_eq!(refuse(&mut market, party(DAVE), bare).name(), "BAD_TEXT");
    }

    #[test]
    fn transfers_that_wait_are_limited() {
        let mut market = trading();
        accept(&mut market, party(DAVE), transfer(DAVE, Deposit, yuan(1)));
        let waiting = market.transfers.values().next().unwrap().clone();
        market.transfers = (0..)
            .map(|number| (TransferId::new(number), waiting.clone()))
            .take(TRANSFERS_MAX)
            .collect();
        let context = Context { at: soon(&market), caller: party(DAVE) };
        let command = transfer(DAVE, Deposit, yuan(1));
        let reject = market.decide(context, &command, &mut Vec::new()).unwrap_err();
        assert_eq!(reject, Reject::RegistryFull { field: Field::Transfers, limit: 100_000 });
    }
}
