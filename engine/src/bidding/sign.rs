//! Signing the contract (签订产权交易合同), rules A3, A4, A5, A9, C1, D4.
//!
//! Each winner signs in time, for its part where several won; then the losers' deposits go back, and the winner's is price. When the
//! result was shown long enough (C7), settlement has the deal.

use minicbor::{Decode, Encode};

use super::declare::check_related;
use super::qualify_bidder::{Part, check_buyer, check_part};
use super::{ClaimState, Progress};
use crate::amount::{Money, Units};
use crate::event::Event;
use crate::id::{ListingId, PartyId};
use crate::listing::stage::Needs;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::Time;

/// Ask to record that a winner has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignContract {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who won.
    #[n(1)]
    pub party: PartyId,
    /// SHA-256 of the contract.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub contract: [u8; 32],
}

/// A winner has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ContractSigned {
    /// As asked.
    #[n(0)]
    pub terms: SignContract,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &SignContract,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let (listing, party) = (ask.listing, ask.party);
    let offered = market.find_listing(listing)?;
    offered.check_stage(listing, Needs::Awarded)?;
    let bidding = market.bidding_of(listing);
    let waits = bidding
        .claim(party)
        .filter(|claim| claim.state == ClaimState::Deposited && bidding.won(claim));
    waits.ok_or(Reject::NotTheWinner { listing, party })?;
    check_signature(market, context.at, listing, party)?;
    // From here on the answer is yes.
    events.push(Event::ContractSigned(ContractSigned { terms: *ask }));
    Ok(())
}

/// A3, A4, A5, A9, C1: what the market asks of a winner that signs at `at`.
pub(super) fn check_signature(
    market: &Market,
    at: Time,
    listing: ListingId,
    party: PartyId,
) -> Result<(), Reject> {
    check_buyer(market, at, listing, party)?;
    check_part(market, listing, party, won(market, listing, party)?)?;
    market.check_deal_appraisal(listing, market.date(at))?;
    check_related(market, at, listing, party)
}

/// What the award in force gives a party, and what it pays for it: exact, for a lot at a tick is
/// whole fen.
fn won(market: &Market, listing: ListingId, party: PartyId) -> Result<Part, Reject> {
    let bidding = market.bidding_of(listing);
    let code = bidding.claim(party).and_then(|claim| claim.code);
    let lines = bidding.deal.iter().flat_map(|deal| deal.award.winners());
    let lot = market.fund(market.find_listing(listing)?.terms.fund)?.details.lot;
    let mut part = Part { units: Units::ZERO, cash: Money::ZERO };
    for line in lines.filter(|line| Some(line.bidder) == code) {
        part.units = part.units.plus(line.units(lot));
        part.cash = part.cash.plus(line.cash(lot));
    }
    if part.units.is_zero() {
        return Err(Reject::NotTheWinner { listing, party });
    }
    Ok(part)
}

pub(crate) fn apply(market: &mut Market, fact: &ContractSigned) {
    let (listing, now) = (fact.terms.listing, market.now);
    market.change_bidding(listing, |bidding| {
        assert!(bidding.progress == Progress::Awarded, "contracts follow an award");
        bidding.claim_mut(fact.terms.party).state = ClaimState::Signed;
        if bidding.deal.as_ref().is_some_and(|deal| bidding.is_signed(deal)) {
            bidding.refund_due = Some(now);
        }
    });
}
