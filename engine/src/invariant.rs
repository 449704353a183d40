//! What always holds, checked from scratch (不变量).
//!
//! The laws of the tests run it after every entry, and a snapshot that breaks it is not believed.

use std::collections::BTreeMap;

use crate::amount::{Money, Units};
use crate::cash::request_transfer::Direction;
use crate::market::Market;
use crate::registry::lock_units::LockKind;
use crate::trading::side::Side;
use crate::trading::trade;

impl Market {
    /// Checks every invariant; a broken one answers with the part of the market it is about.
    ///
    /// Units: the holdings of a fund sum to what was issued (E5), what is on offer is what the open
    /// sell orders have left and what listings hold, what is pledged or frozen is what the locks say. Cash: every ledger
    /// sums to zero, nobody is below zero, what is held is what open buy orders and withdrawals
    /// hold, those of calls too. Holders (A3) and orders are counted right, and orders hold what they need.
    ///
    /// # Errors
    ///
    /// The name of the part that is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        self.check_units()?;
        self.check_cash()?;
        self.check_orders()?;
        self.check_counts()?;
        self.check_biddings()?;
        self.check_calls()
    }

    fn check_units(&self) -> Result<(), &'static str> {
        let mut offered = BTreeMap::<_, Units>::new();
        for (_, order) in self.orders.iter().filter(|(_, order)| order.side == Side::Sell) {
            let sum = offered.entry((order.party, order.fund)).or_default();
            let left = order.units.checked_sub(order.filled).ok_or("orders")?;
            *sum = sum.checked_add(left).ok_or("orders")?;
        }
        for (_, listing) in self.listings.iter().filter(|(_, listing)| listing.stage.holds_units())
        {
            let sum = offered.entry((listing.seller, listing.terms.fund)).or_default();
            let units = listing.terms.units.checked_sub(listing.unsold).ok_or("listings")?;
            *sum = sum.checked_add(units).ok_or("listings")?;
        }
        for record in self.calls.records().values() {
            for order in record.orders.values().filter(|order| order.side == Side::Sell) {
                let sum = offered.entry((order.party, record.terms.fund)).or_default();
                *sum = sum.checked_add(order.units).ok_or("calls")?;
            }
        }
        let mut locked = BTreeMap::<_, Units>::new();
        for lock in self.locks.values() {
            let frozen = lock.kind == LockKind::Freeze;
            let sum = locked.entry((lock.party, lock.fund, frozen)).or_default();
            *sum = sum.checked_add(lock.units).ok_or("locks")?;
        }
        let mut issued = vec![(Units::ZERO, 0_u32); self.funds.len()];
        for holding in self.register.holdings() {
            let (party, fund) = (holding.party, holding.fund);
            let due = offered.remove(&(party, fund)).unwrap_or_default();
            let pledged = locked.remove(&(party, fund, false)).unwrap_or_default();
            let frozen = locked.remove(&(party, fund, true)).unwrap_or_default();
            if holding.offered != due || holding.pledged != pledged || holding.frozen != frozen {
                return Err("holdings");
            }
            let parts = [holding.available, due, pledged, frozen];
            let total = parts.into_iter().try_fold(Units::ZERO, Units::checked_add);
            let total = total.ok_or("holdings")?;
            let index = usize::try_from(fund.number()).map_err(|_| "holdings")?;
            let (sum, holders) = issued.get_mut(index).ok_or("holdings")?;
            *sum = sum.checked_add(total).ok_or("holdings")?;
            if total != Units::ZERO {
                let party = self.party(party).map_err(|_| "holdings")?;
                *holders = holders.saturating_add(party.details.look_through);
            }
        }
        let claims_without_holding = !offered.is_empty() || !locked.is_empty();
        let counted = self.funds.iter().map(|fund| (fund.issued, fund.holders));
        if claims_without_holding || !counted.eq(issued) {
            return Err("units issued");
        }
        Ok(())
    }

    fn check_cash(&self) -> Result<(), &'static str> {
        let mut held = BTreeMap::<_, Money>::new();
        for (_, order) in self.orders.iter() {
            let fund = self.fund(order.fund).map_err(|_| "orders")?;
            let sum = held.entry((order.party, fund.details.currency)).or_default();
            *sum = sum.checked_add(order.hold).ok_or("holds")?;
        }
        for record in self.calls.records().values() {
            let fund = self.fund(record.terms.fund).map_err(|_| "calls")?;
            for order in record.orders.values() {
                let sum = held.entry((order.party, fund.details.currency)).or_default();
                *sum = sum.checked_add(order.hold).ok_or("holds")?;
            }
        }
        let out = |direction| direction == Direction::Withdrawal;
        for transfer in self.transfers.values().filter(|transfer| out(transfer.direction)) {
            let sum = held.entry((transfer.party, transfer.currency)).or_default();
            *sum = sum.checked_add(transfer.amount).ok_or("holds")?;
        }
        for (listing, bidding) in &self.biddings {
            let terms = &self.listings.get(*listing).ok_or("biddings")?.terms;
            let currency = self.fund(terms.fund).map_err(|_| "biddings")?.details.currency;
            for claim in &bidding.claims {
                let sum = held.entry((claim.party, currency)).or_default();
                *sum = sum.checked_add(claim.held).ok_or("holds")?;
            }
        }
        let mut sums = BTreeMap::<_, Money>::new();
        for cash in self.ledger.accounts() {
            let due = held.remove(&(cash.party, cash.currency)).unwrap_or_default();
            if cash.available < Money::ZERO || cash.held != due {
                return Err("accounts");
            }
            let sum = sums.entry(cash.currency).or_default();
            let both = cash.available.checked_add(cash.held).ok_or("accounts")?;
            *sum = sum.checked_add(both).ok_or("accounts")?;
        }
        if held.values().any(|sum| *sum != Money::ZERO) {
            return Err("holds");
        }
        for house in self.ledger.houses() {
            let sum = sums.remove(&house.currency).unwrap_or_default();
            let all = sum.checked_add(house.fees).and_then(|sum| sum.checked_add(house.bank));
            if all != Some(Money::ZERO) || house.fees < Money::ZERO {
                return Err("ledger");
            }
        }
        if sums.values().any(|sum| *sum != Money::ZERO) {
            return Err("ledger");
        }
        Ok(())
    }

    fn check_orders(&self) -> Result<(), &'static str> {
        for (id, order) in self.orders.iter() {
            let terms = self.orders.books.terms(id).ok_or("orders")?;
            let fund = self.fund(order.fund).map_err(|_| "orders")?;
            let lots = u64::from(terms.lots.number()).checked_mul(fund.details.lot.e2());
            let price = u64::from(terms.tick.number()).checked_mul(fund.details.tick.e4());
            let left = order.units.checked_sub(order.filled).map(Units::e2);
            let holding = self.register.holdings().get(order.holding.index()).ok_or("orders")?;
            let cash = self.ledger.accounts().get(order.cash.index()).ok_or("orders")?;
            let owned = (holding.party, holding.fund) == (order.party, order.fund)
                && (cash.party, cash.currency) == (order.party, fund.details.currency);
            if left.is_none() || lots != left || price != Some(order.limit.e4()) || !owned {
                return Err("orders");
            }
            let schedule = usize::try_from(order.schedule).ok();
            if schedule.and_then(|number| self.schedules.get(number)).is_none() {
                return Err("orders");
            }
            if order.hold != trade::held_for(self, order) {
                return Err("holds");
            }
        }
        for fund in (0_u32..).take(self.funds.len()) {
            let book = crate::trading::book::BookId::new(fund);
            let best = |side| self.orders.books.best(book, side);
            if let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell))
                && ask <= bid
            {
                return Err("books");
            }
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), &'static str> {
        let mut by_party = vec![0_u32; self.parties.len()];
        let mut by_fund = vec![0_u32; self.funds.len()];
        for (_, order) in self.orders.iter() {
            let count = |counts: &mut Vec<u32>, number: u32| {
                let count = usize::try_from(number).ok().and_then(|index| counts.get_mut(index));
                count.map(|count| *count = count.saturating_add(1)).ok_or("orders")
            };
            count(&mut by_party, order.party.number())?;
            count(&mut by_fund, order.fund.number())?;
        }
        let parties = self.parties.iter().map(|party| party.orders_open);
        let funds = self.funds.iter().map(|fund| fund.orders_open);
        let books = usize::try_from(self.orders.books.count()).map_err(|_| "books")?;
        if !parties.eq(by_party) || !funds.eq(by_fund) || books != self.funds.len() {
            return Err("counts");
        }
        Ok(())
    }

    /// A lot is of all that is listed, and what the bidding says of itself goes with the listing.
    fn check_biddings(&self) -> Result<(), &'static str> {
        for (id, bidding) in &self.biddings {
            let listing = self.listings.get(*id).ok_or("biddings")?;
            if !bidding.is_sound(*id, listing, self.lots_listed(listing).ok_or("biddings")?) {
                return Err("biddings");
            }
        }
        Ok(())
    }
}
