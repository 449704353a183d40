//! Deposits of bidders (交易保证金), rules D1, D4: held, returned, forfeited.
//!
//! A deposit is cash of the bidder that the ledger holds. No deposit, no bid.

use minicbor::{Decode, Encode};

use super::mode::Code;
use super::{ClaimState, Progress};
use crate::amount::Money;
use crate::cash::ledger::Account;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{ListingId, PartyId};
use crate::listing::stage::{Needs, Stage};
use crate::market::{Context, Market};
use crate::policy::choice::Beneficiary;
use crate::registry::fund::Currency;
use crate::reject::Reject;

/// Ask to hold the deposit of a bidder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PayDeposit {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who would bid.
    #[n(1)]
    pub party: PartyId,
}

/// A deposit is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DepositPaid {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Whose.
    #[n(1)]
    pub party: PartyId,
    /// How much.
    #[n(2)]
    pub amount: Money,
}

/// D4: a deposit, or a part of it, is forfeited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DepositForfeited {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Whose.
    #[n(1)]
    pub code: Code,
    /// How much.
    #[n(2)]
    pub amount: Money,
    /// Who receives it.
    #[n(3)]
    pub to: Beneficiary,
    /// Why.
    #[n(4)]
    pub why: Forfeit,
}

/// D4: why a deposit is forfeited (保证金不予退还).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Forfeit {
    /// It won and did not sign in time.
    #[n(0)]
    NotSigned,
    /// It handed in a sealed bid and did not reveal it.
    #[n(1)]
    NotRevealed,
    /// It was the sole bidder and gave no valid quote.
    #[n(2)]
    NoQuote,
}

/// D4: the deposits of all who lost are back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DepositsReturned {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &PayDeposit,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let (listing, party) = (ask.listing, ask.party);
    market.admit_for(context.caller, CommandKind::PayDeposit, party)?;
    market.party(party)?;
    let offered = market.public_listing(listing)?;
    // A deposit falls due also while the announcement stands still.
    if offered.stage != Stage::Suspended {
        offered.check_stage(listing, Needs::AnnouncedOrClosed)?;
    }
    let bidding = market.bidding_of(listing);
    let due = bidding.claim(party).and_then(|claim| match claim.state {
        ClaimState::Qualified(due) => Some(due),
        ClaimState::Declared
        | ClaimState::Refused
        | ClaimState::Deposited
        | ClaimState::Returned
        | ClaimState::Defaulted
        | ClaimState::Signed => None,
    });
    let due = due.ok_or(Reject::NoDepositDue { listing, party })?;
    if due <= context.at {
        return Err(Reject::DepositLate { party, due });
    }
    let amount = offered.terms.deposit_cash();
    let available = market.ledger.cash(party, currency(market, listing)).available;
    if available < amount {
        return Err(Reject::CashNotAvailable { party, wanted: amount, available });
    }
    // From here on the answer is yes.
    events.push(Event::DepositPaid(DepositPaid { listing, party, amount }));
    Ok(())
}

pub(crate) fn apply_paid(market: &mut Market, fact: &DepositPaid) {
    let place = market.ledger.place(fact.party, currency(market, fact.listing));
    market.ledger.post(Account::Available(place), Account::Held(place), fact.amount);
    market.change_bidding(fact.listing, |bidding| {
        let claim = bidding.claim_mut(fact.party);
        assert!(matches!(claim.state, ClaimState::Qualified(_)), "a deposit is paid once");
        (claim.state, claim.held) = (ClaimState::Deposited, fact.amount);
    });
}

pub(crate) fn apply_forfeited(market: &mut Market, fact: &DepositForfeited) {
    let currency = currency(market, fact.listing);
    let seller = market.listing_of_fact(fact.listing).seller;
    let bidding = market.bidding_of(fact.listing);
    let party = bidding.coded(fact.code).expect("events name codes that were given").party;
    let from = Account::Held(market.ledger.place(party, currency));
    let to = match fact.to {
        Beneficiary::Seller => Account::Available(market.ledger.place(seller, currency)),
        Beneficiary::Venue => Account::Fees(currency),
    };
    market.ledger.post(from, to, fact.amount);
    market.change_bidding(fact.listing, |bidding| {
        let claim = bidding.claim_mut(party);
        claim.held = claim.held.minus(fact.amount);
        if fact.why == Forfeit::NotSigned {
            claim.state = ClaimState::Defaulted;
        }
    });
}

pub(crate) fn apply_returned(market: &mut Market, fact: &DepositsReturned) {
    let currency = currency(market, fact.listing);
    let bidding = market.bidding_of(fact.listing);
    let losers: Vec<_> = bidding.losers().map(|claim| (claim.party, claim.held)).collect();
    for (party, held) in &losers {
        let place = market.ledger.place(*party, currency);
        market.ledger.post(Account::Held(place), Account::Available(place), *held);
    }
    market.change_bidding(fact.listing, |bidding| {
        if bidding.progress == Progress::Open {
            // Those who bid wait for the award.
            bidding.refund_due = None;
        }
        for (party, _) in losers {
            let claim = bidding.claim_mut(party);
            (claim.state, claim.held) = (ClaimState::Returned, Money::ZERO);
        }
    });
}

/// The currency in which a listing is paid.
pub(super) fn currency(market: &Market, listing: ListingId) -> Currency {
    let fund = market.listing_of_fact(listing).terms.fund;
    market.fund(fund).expect("a listing is of a fund that is registered").details.currency
}
