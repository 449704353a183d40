//! The venue's review of a listing (受理审核).
//!
//! An operator accepts, rejects, or asks for more, with reasons. What is accepted goes through its
//! gates; what is rejected has its units back.

use minicbor::{Decode, Encode};

use crate::check;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::gate::{self, Gate, GateState};
use crate::listing::rules::{self, Rules};
use crate::listing::stage::{Needs, Stage};
use crate::listing::{Listing, REASONS_MAX};
use crate::market::{Context, Market};
use crate::reject::{Field, Reject};

/// Ask to review a listing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReviewListing {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// What the review says.
    #[n(1)]
    pub verdict: ListingVerdict,
    /// Why, each 1 to 512 bytes: up to 8, and at least one unless it is accepted.
    #[n(2)]
    pub reasons: Vec<String>,
}

/// What a review says (审核结论).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ListingVerdict {
    /// Yes (受理).
    #[n(0)]
    Accept,
    /// No (不予受理).
    #[n(1)]
    Reject,
    /// Not yet (补正).
    #[n(2)]
    Complete,
}

/// A listing is reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingReviewed {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// What the review says.
    #[n(1)]
    pub verdict: ListingVerdict,
    /// Why.
    #[n(2)]
    pub reasons: Vec<String>,
    /// What it goes through before it is announced, if it is accepted.
    #[n(3)]
    pub gates: Vec<Gate>,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &ReviewListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let least = match ask.verdict {
        ListingVerdict::Accept => 0,
        ListingVerdict::Reject | ListingVerdict::Complete => 1,
    };
    check::length(Field::Reasons, ask.reasons.len(), least, REASONS_MAX)?;
    ask.reasons.iter().try_for_each(|reason| check::text(Field::Reason, reason))?;
    let record = market.find_listing(ask.listing)?;
    record.check_stage(ask.listing, Needs::Submitted)?;
    let gates = match ask.verdict {
        ListingVerdict::Accept => gates(market, context, record)?,
        ListingVerdict::Reject | ListingVerdict::Complete => Vec::new(),
    };
    // From here on the answer is yes.
    let (listing, verdict, reasons) = (ask.listing, ask.verdict, ask.reasons.clone());
    let fact = ListingReviewed { listing, verdict, reasons, gates };
    events.push(Event::ListingReviewed(Box::new(fact)));
    Ok(())
}

/// The gates of a listing that is accepted; the time of those that wait for no notice runs.
fn gates(market: &Market, context: Context, record: &Listing) -> Result<Vec<Gate>, Reject> {
    let rules = Rules::of(market, context.at, record)?;
    let agreement = market.agreements.get(&record.terms.fund).copied().unwrap_or_default();
    let mut gates = gate::asked(&rules, &agreement);
    for gate in gates.iter_mut().filter(|gate| gate.state == GateState::Running) {
        gate.due = gate.days.map(|days| market.end_of(rules::days_after(rules.today, days)));
    }
    Ok(gates)
}

pub(crate) fn apply(market: &mut Market, fact: &ListingReviewed) {
    let stage = match fact.verdict {
        ListingVerdict::Accept => Stage::Accepted,
        ListingVerdict::Reject => Stage::Rejected,
        ListingVerdict::Complete => Stage::ToBeCompleted,
    };
    market.stage_listing(fact.listing, Needs::Submitted, stage);
    market.change_listing(fact.listing, |record| {
        record.reasons.clone_from(&fact.reasons);
        record.gates.clone_from(&fact.gates);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{ALICE, CAROL, MANAGER, OPERATOR, SUPERVISOR, units};
    use crate::listing::fixture::{
        LISTING, held, refused, review, reviewed, stage, submitted, terms,
    };

    #[test]
    fn a_listing_is_accepted_rejected_or_sent_back() {
        let kept = [units(900_000), units(100_000)];
        let free = [units(1_000_000), units(0)];
        for (verdict, to, holds) in [
            (ListingVerdict::Accept, Stage::Accepted, kept),
            (ListingVerdict::Reject, Stage::Rejected, free),
            (ListingVerdict::Complete, Stage::ToBeCompleted, kept),
        ] {
            let mut market = reviewed(terms(), verdict);
            assert_eq!((stage(&market), held(&market)), (to, holds), "A8");
            assert_eq!(market.check(), Ok(()));
            let reject = refused(&mut market, OPERATOR, review(verdict));
            assert_eq!(reject.name(), "LISTING_STAGE");
        }
    }

    #[test]
    fn a_no_has_reasons_and_only_an_operator_says_it() {
        let mut market = submitted(terms());
        for (verdict, reasons, name) in [
            (ListingVerdict::Reject, vec![], "BAD_LENGTH"),
            (ListingVerdict::Complete, vec![], "BAD_LENGTH"),
            (ListingVerdict::Accept, vec!["原因".to_owned(); 9], "BAD_LENGTH"),
            (ListingVerdict::Reject, vec![" ".to_owned()], "BAD_TEXT"),
        ] {
            let ask = ReviewListing { listing: LISTING, verdict, reasons };
            let command = Command::ReviewListing(Box::new(ask));
            assert_eq!(refused(&mut market, OPERATOR, command).name(), name);
        }
        for who in [ALICE, CAROL, MANAGER, SUPERVISOR] {
            let reject = refused(&mut market, who, review(ListingVerdict::Accept));
            assert_eq!(reject.name(), "NOT_PERMITTED");
        }
    }
}
