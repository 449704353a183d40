//! Declaring an intention to buy what is listed (意向登记), rules A9, D1.
//!
//! It binds nobody and holds nothing; the venue then says whether the party may bid.

use minicbor::{Decode, Encode};

use super::{Claim, ClaimState};
use crate::amount::Money;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{ListingId, PartyId};
use crate::listing::stage::Needs;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::Time;

/// Ask to be let bid for a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DeclareInterest {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who would buy.
    #[n(1)]
    pub party: PartyId,
    /// Whether it claims the right of first refusal.
    #[n(2)]
    pub right: Right,
}

/// Whether a right of first refusal is claimed (优先购买权).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Right {
    /// It bids as anybody does.
    #[n(0)]
    None,
    /// B4: it bids under a priority code.
    #[n(1)]
    FirstRefusal,
}

/// An intention is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct InterestDeclared {
    /// As asked.
    #[n(0)]
    pub terms: DeclareInterest,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &DeclareInterest,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let (listing, party) = (ask.listing, ask.party);
    market.admit_for(context.caller, CommandKind::DeclareInterest, party)?;
    let record = market.party(party)?;
    let offered = market.public_listing(listing)?;
    record.check_investor(party)?;
    record.check_active(party)?;
    offered.check_stage(listing, Needs::Announced)?;
    let rules = market.rules_of_listing(listing)?;
    let bidding = market.bidding_of(listing);
    if bidding.claim(party).is_some() {
        return Err(Reject::AlreadyDeclared { listing, party });
    }
    check_related(market, context.at, listing, party)?;
    let limit = super::claims_max(&rules, offered.terms.portion, market.lots_of_listing(offered));
    if limit <= bidding.claims.len() {
        let limit = crate::check::wide(limit);
        return Err(Reject::TooManyBidders { listing, limit });
    }
    // From here on the answer is yes.
    events.push(Event::InterestDeclared(InterestDeclared { terms: *ask }));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &InterestDeclared) {
    let DeclareInterest { listing, party, right } = fact.terms;
    market.intention_declared(listing);
    market.change_bidding(listing, |bidding| {
        let (state, code, held_lots) = (ClaimState::Declared, None, 0);
        bidding.claims.push(Claim { party, right, state, code, held_lots, held: Money::ZERO });
    });
}

/// A9: neither the seller nor its affiliates bid, and of one group only one party does: nobody bids
/// against itself.
pub(super) fn check_related(
    market: &Market,
    at: Time,
    listing: ListingId,
    party: PartyId,
) -> Result<(), Reject> {
    market.may_bid(at, listing, party)?;
    let group = |of: PartyId| market.party(of).map(|party| party.group);
    let own = group(party)?;
    for claim in &market.bidding_of(listing).claims {
        let rival = match claim.state {
            ClaimState::Declared | ClaimState::Deposited | ClaimState::Signed => true,
            // Whose deposit did not come in time does not bid.
            ClaimState::Qualified(due) => at < due,
            ClaimState::Refused | ClaimState::Returned | ClaimState::Defaulted => false,
        };
        if rival && claim.party != party && group(claim.party)? == own {
            return Err(Reject::RelatedBidder { party, other: claim.party });
        }
    }
    Ok(())
}
