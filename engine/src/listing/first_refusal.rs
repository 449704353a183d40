//! What a holder of the right of first refusal says (优先购买权的行使与放弃), rule B3.
//!
//! Each other holder of the fund may speak once while its time runs. Silence is what the pack says,
//! once the time is over. When everybody has spoken, nobody is waited for.

use minicbor::{Decode, Encode};

use crate::amount::Units;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{ListingId, PartyId};
use crate::listing::Listing;
use crate::listing::consent::GateClosed;
use crate::listing::gate::{Claim, ClaimAnswer, Consent, GateKind, How};
use crate::listing::stage::Needs;
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to record what a holder of the right says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AnswerFirstRefusal {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// The holder.
    #[n(1)]
    pub holder: PartyId,
    /// What it says.
    #[n(2)]
    pub answer: ClaimAnswer,
}

/// A holder of the right spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FirstRefusalAnswered {
    /// As asked.
    #[n(0)]
    pub terms: AnswerFirstRefusal,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &AnswerFirstRefusal,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let AnswerFirstRefusal { listing, holder, .. } = *ask;
    market.admit_for(context.caller, CommandKind::AnswerFirstRefusal, holder)?;
    let record = market.find_listing(listing)?;
    let holds = |party| market.register.holding(party, record.terms.fund).total() != Units::ZERO;
    // Whether there is a listing of the fund is for its holders to know.
    if holder == record.seller || !holds(holder) {
        return Err(Reject::ListingNotFound { listing });
    }
    record.check_stage(listing, Needs::Accepted)?;
    let gate = record.running(listing, GateKind::FirstRefusal)?;
    if gate.claims.iter().any(|claim| claim.holder == holder) {
        return Err(Reject::AnsweredAlready { party: holder, listing });
    }
    // From here on the answer is yes.
    events.push(Event::FirstRefusalAnswered(FirstRefusalAnswered { terms: *ask }));
    let spoke = gate.claims.iter().map(|claim| claim.holder).filter(|party| holds(*party));
    if everybody(market, record, spoke.chain([holder])) {
        events.push(Event::GateClosed(GateClosed {
            listing,
            gate: GateKind::FirstRefusal,
            answer: Consent::Given,
            how: How::Said,
            evidence: None,
        }));
    }
    Ok(())
}

/// Whether these and the seller are all holders of the fund, looked through.
fn everybody(market: &Market, record: &Listing, spoke: impl Iterator<Item = PartyId>) -> bool {
    let counts = spoke
        .chain([record.seller])
        .map(|party| market.party(party).map_or(0, |party| party.details.look_through));
    let holders = market.fund(record.terms.fund).map_or(u32::MAX, |fund| fund.holders);
    holders <= counts.fold(0, u32::saturating_add)
}

pub(crate) fn apply(market: &mut Market, fact: &FirstRefusalAnswered) {
    let (at, terms) = (market.now, fact.terms);
    market.change_listing(terms.listing, |record| {
        let claim = Claim { holder: terms.holder, answer: terms.answer, at };
        record.gate_mut(GateKind::FirstRefusal).claims.push(claim);
    });
}
