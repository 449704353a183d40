//! The fold of the register, of cash, and of what waits for somebody's word.

use std::sync::Arc;

use sfund_engine::bidding::ClaimState;
use sfund_engine::bidding::deposit::{DepositForfeited, DepositPaid, DepositsReturned};
use sfund_engine::cash::request_transfer::{Direction, TransferRequested};
use sfund_engine::cash::settle_transfer::TransferSettled;
use sfund_engine::id::{FundId, ListingId, PartyId};
use sfund_engine::registry::fund::Currency;
use sfund_engine::registry::issue_units::UnitsIssued;
use sfund_engine::registry::lock_units::UnitsLocked;
use sfund_engine::registry::unlock_units::UnitsUnlocked;
use sfund_engine::trading::board::{CounterpartySuggested, IntentionClosed, IntentionPosted};
use sfund_engine::venue::propose::{Proposal, ProposalClosed, Proposed};

use crate::read::projection::Fold;
use crate::read::table::write;
use crate::read::views::{
    Balances, Buckets, CashLine, Cause, Ended, IntentionView, LockView, ProposalView, RegisterLine,
    Settled, SuggestionView, TransferView,
};

impl Fold<'_> {
    pub(super) fn units_issued(&mut self, fact: &UnitsIssued) {
        self.touch_fund(fact.fund);
        self.copy_holding(fact.party, fact.fund, Cause::Issued);
    }

    pub(super) fn units_locked(&mut self, fact: &UnitsLocked) {
        let terms = fact.terms.clone();
        self.copy_holding(terms.party, terms.fund, Cause::Locked(fact.lock));
        let view = LockView { id: fact.lock, terms, locked: self.stamp, released: None };
        self.read.0.locks.put(fact.lock, view);
    }

    pub(super) fn units_unlocked(&mut self, fact: &UnitsUnlocked) {
        let Some(lock) = self.read.0.locks.take(&fact.lock) else { return };
        let (party, fund) = (lock.terms.party, lock.terms.fund);
        self.copy_holding(party, fund, Cause::Unlocked(fact.lock));
        let view = LockView { released: Some(self.stamp), ..LockView::clone(&lock) };
        self.read.0.locks_released.push((party, fund), Arc::new(view), |_| {});
    }

    pub(super) fn units_listed(&mut self, listing: ListingId) {
        self.copy_listed(listing, Cause::Listed(listing));
    }

    /// Writes a line only where the listing gave its units back.
    pub(super) fn units_unlisted(&mut self, listing: ListingId) {
        self.copy_listed(listing, Cause::Unlisted(listing));
    }

    fn copy_listed(&mut self, listing: ListingId, cause: Cause) {
        let record = self.market.listing(listing).expect("events name listings that are there");
        let (seller, fund) = (record.seller, record.terms.fund);
        self.copy_holding(seller, fund, cause);
    }

    pub(super) fn deposit_paid(&mut self, fact: &DepositPaid) {
        self.copy_deposit(fact.listing, fact.party, Cause::DepositHeld(fact.listing));
    }

    /// The seller has it, or the venue.
    pub(super) fn deposit_forfeited(&mut self, fact: &DepositForfeited) {
        let market = self.market;
        let seller = market.listing(fact.listing).map(|record| record.seller);
        let bidding = market.bidding(fact.listing);
        let bidder = bidding.and_then(|bidding| bidding.coded(fact.code)).map(|claim| claim.party);
        for party in bidder.into_iter().chain(seller) {
            self.copy_deposit(fact.listing, party, Cause::DepositForfeited(fact.listing));
        }
        self.touched.houses = true;
    }

    /// Writes a line only for those whose cash changed.
    pub(super) fn deposits_returned(&mut self, fact: &DepositsReturned) {
        let market = self.market;
        for claim in market.bidding(fact.listing).iter().flat_map(|bidding| &bidding.claims) {
            if claim.state == ClaimState::Returned {
                let cause = Cause::DepositReturned(fact.listing);
                self.copy_deposit(fact.listing, claim.party, cause);
            }
        }
    }

    fn copy_deposit(&mut self, listing: ListingId, party: PartyId, cause: Cause) {
        let record = self.market.listing(listing).expect("events name listings that are there");
        self.copy_cash(party, record.terms.fund, cause);
    }

    pub(super) fn transfer_requested(&mut self, fact: &TransferRequested) {
        let terms = fact.terms.clone();
        let cause = Cause::TransferRequested(fact.transfer);
        match terms.direction {
            // Nothing moves before the bank has spoken: a first deposit opens no account yet.
            Direction::Deposit => {}
            Direction::Withdrawal => self.copy_account(terms.party, terms.currency, cause),
        }
        let view = TransferView { id: fact.transfer, terms, requested: self.stamp, settled: None };
        self.read.0.transfers.put(fact.transfer, view);
    }

    pub(super) fn transfer_settled(&mut self, fact: &TransferSettled) {
        let Some(transfer) = self.read.0.transfers.take(&fact.transfer) else { return };
        let (party, currency) = (transfer.terms.party, transfer.terms.currency);
        self.copy_account(party, currency, Cause::TransferSettled(fact.transfer));
        self.touched.houses = true;
        let settled = Settled {
            stamp: self.stamp,
            outcome: fact.outcome,
            bank_reference: fact.bank_reference.clone(),
        };
        let view = TransferView { settled: Some(settled), ..TransferView::clone(&transfer) };
        self.read.0.transfers_settled.push(party, Arc::new(view), |_| {});
    }

    pub(super) fn proposed(&mut self, fact: &Proposed) {
        let proposal =
            Proposal { command: fact.command.clone(), by: fact.by, expires: fact.expires };
        let view = ProposalView { id: fact.proposal, proposal, proposed: self.stamp, ended: None };
        self.read.0.proposals.put(fact.proposal, view);
    }

    pub(super) fn proposal_closed(&mut self, fact: &ProposalClosed) {
        let Some(proposal) = self.read.0.proposals.take(&fact.proposal) else { return };
        let ended = Ended { stamp: self.stamp, end: fact.end, by: fact.by };
        let view = ProposalView { ended: Some(ended), ..ProposalView::clone(&proposal) };
        self.read.0.proposals_ended.push((), Arc::new(view), |_| {});
    }

    pub(super) fn intention_posted(&mut self, fact: &IntentionPosted) {
        let view = IntentionView { id: fact.intention, terms: fact.terms, posted: self.stamp };
        self.read.0.intentions.put(fact.intention, view);
        write(&self.read.0.fund_intentions).insert((fact.terms.fund, fact.intention));
        self.touch_party(fact.terms.party);
    }

    pub(super) fn intention_closed(&mut self, fact: &IntentionClosed) {
        let Some(intention) = self.read.0.intentions.take(&fact.intention) else { return };
        write(&self.read.0.fund_intentions).remove(&(intention.terms.fund, fact.intention));
        self.touch_party(intention.terms.party);
    }

    /// Tells both parties: each sees its own intention first.
    pub(super) fn counterparty_suggested(&mut self, fact: &CounterpartySuggested) {
        let (newer, older) =
            (self.read.intention(fact.intention), self.read.intention(fact.counterparty));
        let (Some(newer), Some(older)) = (newer, older) else { return };
        for (own, other) in [(&newer, &older), (&older, &newer)] {
            let view = SuggestionView {
                stamp: self.stamp,
                own: own.id,
                other: other.id,
                terms: other.terms,
            };
            self.read.0.suggestions.push(own.terms.party, Arc::new(view), |_| {});
        }
    }

    /// Notes that a holding is to be copied, and writes the line of its statement if it changed.
    pub(super) fn copy_holding(&mut self, party: PartyId, fund: FundId, cause: Cause) {
        let Some(place) = self.market.holding_place(party, fund) else { return };
        let holding = self.market.holdings().get(place).expect("a place is of the register");
        let after = Buckets::of(holding);
        let before = self.said.buckets(place, after);
        self.touched.holdings.insert(number(place));
        if before != after {
            let line = RegisterLine { stamp: self.stamp, cause, before, after };
            self.news.register_lines.push(((party, fund), line));
        }
    }

    /// Notes that the cash that a party has in a fund's currency is to be copied.
    pub(super) fn copy_cash(&mut self, party: PartyId, fund: FundId, cause: Cause) {
        let fund = self.market.fund_at(fund).expect("events name funds that are registered");
        self.copy_account(party, fund.details.currency, cause);
    }

    /// Notes that an account is to be copied, and writes the line of its statement if it changed.
    fn copy_account(&mut self, party: PartyId, currency: Currency, cause: Cause) {
        let Some(place) = self.market.cash_place(party, currency) else { return };
        let cash = self.market.cash_accounts().get(place).expect("a place is of the ledger");
        let after = Balances::of(cash);
        let before = self.said.balances(place, after);
        self.touched.accounts.insert(number(place));
        if before != after {
            let line = CashLine { stamp: self.stamp, cause, before, after };
            self.news.cash_lines.push(((party, currency), line));
        }
    }
}

/// A place in the market as a number.
fn number(place: usize) -> u32 {
    u32::try_from(place).expect("the market's places are 32 bits")
}
