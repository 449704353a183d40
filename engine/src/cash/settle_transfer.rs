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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, BANK, CAROL, OPERATOR, accept, deposit, details, party, refuse, register, settle,
        trading, transfer, yuan,
    };
    use crate::id::PartyId;
    use crate::registry::fund::Currency;
    use crate::registry::party::Role;

    use Direction::{Deposit, Withdrawal};
    use TransferOutcome::{Confirmed, Refused};

    fn asked(market: &mut Market, by: PartyId, direction: Direction, amount: Money) -> TransferId {
        let id = TransferId::new(market.transfers_count);
        accept(market, party(by), transfer(by, direction, amount));
        id
    }

    fn cash(market: &Market, of: PartyId) -> [Money; 2] {
        let cash = market.ledger.cash(of, Currency::CNY);
        [cash.available, cash.held]
    }

    #[test]
    fn a_deposit_arrives_when_the_bank_confirms_it() {
        let mut market = trading();
        let [lost, kept] = [5, 7].map(|fen| asked(&mut market, ALICE, Deposit, yuan(fen)));
        accept(&mut market, party(BANK), settle(lost, Refused));
        assert_eq!(cash(&market, ALICE), [Money::ZERO; 2]);
        accept(&mut market, party(BANK), settle(kept, Confirmed));
        assert_eq!(cash(&market, ALICE), [yuan(7), Money::ZERO]);
        assert_eq!(market.ledger.houses()[0].bank, yuan(-200_000_007));
        for id in [lost, kept] {
            let reject = refuse(&mut market, party(BANK), settle(id, Confirmed));
            assert_eq!(reject, Reject::TransferNotPending { transfer: id });
        }
    }

    #[test]
    fn a_withdrawal_leaves_or_comes_back() {
        let mut market = trading();
        let [back, gone] = [60, 40]
            .map(|millions| asked(&mut market, CAROL, Withdrawal, yuan(millions * 1_000_000)));
        assert_eq!(cash(&market, CAROL), [Money::ZERO, yuan(100_000_000)]);
        accept(&mut market, party(BANK), settle(back, Refused));
        assert_eq!(cash(&market, CAROL), [yuan(60_000_000), yuan(40_000_000)]);
        accept(&mut market, party(BANK), settle(gone, Confirmed));
        assert_eq!(cash(&market, CAROL), [yuan(60_000_000), Money::ZERO]);
        assert_eq!(market.ledger.houses()[0].bank, yuan(-160_000_000));
    }

    #[test]
    fn the_bank_alone_confirms_and_says_how_it_is_found() {
        let mut market = trading();
        let transfer = asked(&mut market, CAROL, Deposit, yuan(1));
        for by in [CAROL, OPERATOR] {
            let reject = refuse(&mut market, party(by), settle(transfer, Confirmed));
            assert_eq!(reject.name(), "NOT_PERMITTED");
        }
        let (outcome, bank_reference) = (Confirmed, String::new());
        let bare = SettleTransfer { transfer, outcome, bank_reference };
        let bare = Command::SettleTransfer(Box::new(bare));
        assert_eq!(refuse(&mut market, party(BANK), bare).name(), "BAD_TEXT");
    }

    #[test]
    fn a_balance_is_no_more_than_the_ledger_takes() {
        let mut market = trading();
        deposit(&mut market, ALICE, CASH_MAX.minus(yuan(1)));
        let over = asked(&mut market, ALICE, Deposit, yuan(1).plus(Money::from_fen(1)));
        let reject = refuse(&mut market, party(BANK), settle(over, Confirmed));
        assert_eq!(reject, Reject::BalanceTooLarge { party: ALICE });
        accept(&mut market, party(BANK), settle(over, Refused));
        deposit(&mut market, ALICE, yuan(1));
        assert_eq!(cash(&market, ALICE), [CASH_MAX, Money::ZERO]);
        // What waits to go out is still the party's.
        asked(&mut market, ALICE, Withdrawal, yuan(1));
        let over = asked(&mut market, ALICE, Deposit, Money::from_fen(1));
        let reject = refuse(&mut market, party(BANK), settle(over, Confirmed));
        assert_eq!(reject, Reject::BalanceTooLarge { party: ALICE });
    }

    #[test]
    fn the_bank_keeps_no_more_for_all_than_the_ledger_takes() {
        let mut market = trading();
        let mut bank = Money::ZERO;
        let mut accounts = Vec::new();
        for number in 0..9_223 {
            bank = bank.minus(CASH_MAX);
            let (party, currency) = (PartyId::new(1_000 + number), Currency::CNY);
            let (available, held) = (CASH_MAX, Money::ZERO);
            accounts.push(crate::cash::ledger::Cash { party, currency, available, held });
        }
        let house = crate::cash::ledger::House { currency: Currency::CNY, bank, fees: Money::ZERO };
        let ledger = crate::cash::ledger::Ledger::from_accounts(accounts, vec![house]);
        market.ledger = ledger.unwrap();
        let late = register(&mut market, details("LATE", Role::Lp));
        let transfer = asked(&mut market, late, Deposit, CASH_MAX);
        let reject = refuse(&mut market, party(BANK), settle(transfer, Confirmed));
        assert_eq!(reject, Reject::BalanceTooLarge { party: late });
    }
}
