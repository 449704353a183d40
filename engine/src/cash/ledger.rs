//! The cash ledger: double entry, by party and currency (复式记账).
//!
//! A posting moves one amount between two accounts, so every posting sums to zero and so does the
//! whole ledger: what the parties have and what the venue earned is what the bank keeps.

use minicbor::{Decode, Encode};

use crate::amount::Money;
use crate::id::PartyId;
use crate::index::Index;
use crate::registry::fund::Currency;

/// Cash of one party in one currency (资金账户).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Cash {
    /// Whose.
    #[n(0)]
    pub party: PartyId,
    /// Currency.
    #[n(1)]
    pub currency: Currency,
    /// Free to use (可用).
    #[n(2)]
    pub available: Money,
    /// Held for open orders and withdrawals (冻结).
    #[n(3)]
    pub held: Money,
}

/// The venue's own accounts in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct House {
    /// Currency.
    #[n(0)]
    pub currency: Currency,
    /// What the settlement bank keeps for all, as a debt to the ledger: zero or less.
    #[n(1)]
    pub bank: Money,
    /// Fees earned.
    #[n(2)]
    pub fees: Money,
}

/// Place of a cash account in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct CashPlace(#[n(0)] u32);

impl CashPlace {
    /// No place.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// The place as an index.
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).expect("a place is an index")
    }
}

/// One side of a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    /// A party's free cash.
    Available(CashPlace),
    /// A party's held cash.
    Held(CashPlace),
    /// The bank, outside.
    Bank(Currency),
    /// What the venue has earned.
    Fees(Currency),
}

/// What a trade pays out of the cash that its buyer holds.
pub(crate) struct Payment {
    pub(crate) buyer: CashPlace,
    pub(crate) seller: CashPlace,
    pub(crate) currency: Currency,
    /// What the seller gets.
    pub(crate) to_seller: Money,
    /// What the venue gets.
    pub(crate) fees: Money,
    /// What the buyer has back.
    pub(crate) released: Money,
}

/// Every account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    accounts: Vec<Cash>,
    places: Index<u64>,
    houses: Vec<House>,
}

impl Ledger {
    /// The ledger with these accounts, in their places; `None` if a party stands twice in it.
    pub(crate) fn from_accounts(accounts: Vec<Cash>, houses: Vec<House>) -> Option<Self> {
        let mut places = Index::default();
        for (place, cash) in (0_u32..).zip(&accounts) {
            if places.insert(key(cash.party, cash.currency), place).is_some() {
                return None;
            }
        }
        Some(Self { accounts, places, houses })
    }

    /// Every party's cash, in the order in which the accounts came to be.
    pub(crate) fn accounts(&self) -> &[Cash] {
        &self.accounts
    }

    /// The venue's own accounts.
    pub(crate) fn houses(&self) -> &[House] {
        &self.houses
    }

    /// Where the cash of `party` in `currency` lies, if it ever had any.
    #[inline]
    pub(crate) fn find(&self, party: PartyId, currency: Currency) -> Option<CashPlace> {
        self.places.find(key(party, currency)).map(CashPlace)
    }

    /// The cash of `party` in `currency`; without any, the empty account.
    #[inline]
    pub(crate) fn cash(&self, party: PartyId, currency: Currency) -> Cash {
        self.find(party, currency).map_or_else(|| empty(party, currency), |place| *self.at(place))
    }

    /// The account at `place`.
    #[inline]
    pub(crate) fn at(&self, place: CashPlace) -> &Cash {
        let index = place.index();
        self.accounts.get(index).expect("a place was given by the ledger")
    }

    /// Where the cash of `party` in `currency` lies; an empty account comes to be if it has none.
    #[inline]
    pub(crate) fn place(&mut self, party: PartyId, currency: Currency) -> CashPlace {
        match self.find(party, currency) {
            Some(place) => place,
            None => self.open(party, currency),
        }
    }

    #[cold]
    fn open(&mut self, party: PartyId, currency: Currency) -> CashPlace {
        let place = u32::try_from(self.accounts.len()).expect("fewer than 2^32 accounts");
        self.accounts.push(empty(party, currency));
        self.places.insert(key(party, currency), place);
        CashPlace(place)
    }

    /// Moves `amount` from one account to another.
    ///
    /// # Panics
    ///
    /// If the amount is negative, or a party's account would be: `decide` has checked both.
    #[inline(always)]
    pub(crate) fn post(&mut self, from: Account, to: Account, amount: Money) {
        assert!(Money::ZERO <= amount, "a posting moves a positive amount");
        let left = self.balance_mut(from);
        *left = left.minus(amount);
        let overdrawn = *left < Money::ZERO && !matches!(from, Account::Bank(_));
        assert!(!overdrawn, "no account of a party goes below zero");
        let right = self.balance_mut(to);
        *right = right.plus(amount);
    }

    /// Pays for a trade: three postings out of what the buyer holds.
    ///
    /// # Panics
    ///
    /// If an amount is negative, or the buyer holds less than their sum.
    #[inline(always)]
    pub(crate) fn pay(&mut self, payment: &Payment) {
        let Payment { to_seller, fees, released, .. } = *payment;
        let are_positive = [to_seller, fees, released].iter().all(|amount| Money::ZERO <= *amount);
        assert!(are_positive, "a posting moves a positive amount");
        let buyer = self.at_mut(payment.buyer);
        buyer.held = buyer.held.minus(to_seller.plus(fees).plus(released));
        assert!(Money::ZERO <= buyer.held, "no account of a party goes below zero");
        buyer.available = buyer.available.plus(released);
        let seller = self.at_mut(payment.seller);
        seller.available = seller.available.plus(to_seller);
        let house = self.house_mut(payment.currency);
        house.fees = house.fees.plus(fees);
    }

    #[inline(always)]
    fn balance_mut(&mut self, account: Account) -> &mut Money {
        match account {
            Account::Available(place) => &mut self.at_mut(place).available,
            Account::Held(place) => &mut self.at_mut(place).held,
            Account::Bank(currency) => &mut self.house_mut(currency).bank,
            Account::Fees(currency) => &mut self.house_mut(currency).fees,
        }
    }

    #[inline]
    fn at_mut(&mut self, place: CashPlace) -> &mut Cash {
        let index = place.index();
        self.accounts.get_mut(index).expect("a place was given by the ledger")
    }

    #[inline]
    fn house_mut(&mut self, currency: Currency) -> &mut House {
        let known = self.houses.iter().position(|house| house.currency == currency);
        let index = known.unwrap_or_else(|| self.open_house(currency));
        self.houses.get_mut(index).expect("found or pushed")
    }

    #[cold]
    fn open_house(&mut self, currency: Currency) -> usize {
        self.houses.push(House { currency, bank: Money::ZERO, fees: Money::ZERO });
        self.houses.len().saturating_sub(1)
    }
}

const fn empty(party: PartyId, currency: Currency) -> Cash {
    Cash { party, currency, available: Money::ZERO, held: Money::ZERO }
}

#[inline]
fn key(party: PartyId, currency: Currency) -> u64 {
    let [a, b, c] = currency.bytes();
    let currency = u32::from_be_bytes([0, a, b, c]);
    u64::from(party.number()) << 32 | u64::from(currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_parties_have_and_the_venue_earned_is_what_the_bank_keeps() {
        let mut ledger = Ledger::default();
        let place = ledger.place(PartyId::new(3), Currency::CNY);
        ledger.post(Account::Bank(Currency::CNY), Account::Available(place), Money::from_fen(500));
        ledger.post(Account::Available(place), Account::Held(place), Money::from_fen(200));
        let seller = ledger.place(PartyId::new(4), Currency::CNY);
        let [to_seller, fees, released] = [90, 1, 9].map(Money::from_fen);
        let currency = Currency::CNY;
        ledger.pay(&Payment { buyer: place, seller, currency, to_seller, fees, released });
        let cash = ledger.cash(PartyId::new(3), Currency::CNY);
        assert_eq!((cash.available.fen(), cash.held.fen()), (309, 100));
        let cash = ledger.cash(PartyId::new(4), Currency::CNY);
        assert_eq!((cash.available.fen(), cash.held.fen()), (90, 0));
        let house = ledger.houses()[0];
        assert_eq!((house.bank.fen(), house.fees.fen()), (-500, 1));
        let (accounts, houses) = (ledger.accounts().to_vec(), ledger.houses().to_vec());
        assert_eq!(Ledger::from_accounts(accounts, houses), Some(ledger));
    }
}
