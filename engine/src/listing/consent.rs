//! The manager's consent (管理人同意), rule B5, and how a gate closes.

use minicbor::{Decode, Encode};

use crate::command::CommandKind;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::document::Sha256;
use crate::listing::end::{Ending, ListingEnded};
use crate::listing::gate::{Consent, GateKind, GateState, How};
use crate::listing::stage::{EndReason, Needs, Stage};
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to record what the fund's manager says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AnswerConsent {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// What it says.
    #[n(1)]
    pub answer: Consent,
    /// Its letter.
    #[n(2)]
    pub evidence: Sha256,
}

/// A gate is green or red.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GateClosed {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Which gate.
    #[n(1)]
    pub gate: GateKind,
    /// Green or red.
    #[n(2)]
    pub answer: Consent,
    /// Whether somebody said so or time passed.
    #[n(3)]
    pub how: How,
    /// What it rests on, where somebody said so on paper.
    #[n(4)]
    pub evidence: Option<Sha256>,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &AnswerConsent,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let listing = ask.listing;
    let record = market.find_listing(listing)?;
    let manager = market.fund(record.terms.fund)?.details.manager;
    // Whether there is a listing of another's fund is not for a manager to know.
    if !market.acts_for(context.caller, CommandKind::AnswerConsent, manager) {
        return Err(Reject::ListingNotFound { listing });
    }
    record.check_stage(listing, Needs::Accepted)?;
    record.running(listing, GateKind::ManagerConsent)?;
    // From here on the answer is yes.
    let fact = GateClosed {
        listing,
        gate: GateKind::ManagerConsent,
        answer: ask.answer,
        how: How::Said,
        evidence: Some(ask.evidence),
    };
    close(fact, events);
    Ok(())
}

/// A gate closes; one that is red ends the listing.
pub(super) fn close(fact: GateClosed, events: &mut Vec<Event>) {
    events.push(Event::GateClosed(fact));
    match fact.answer {
        Consent::Given => {}
        Consent::Refused => {
            let ending = Ending::Ended(EndReason::GateRefused);
            let (listing, reason) = (fact.listing, None);
            events.push(Event::ListingEnded(Box::new(ListingEnded { listing, ending, reason })));
        }
    }
}

pub(crate) fn apply(market: &mut Market, fact: &GateClosed) {
    market.change_listing(fact.listing, |record| {
        if record.stage != Stage::Accepted {
            assert!(fact.gate == GateKind::StateApproval, "only the approving body speaks again");
            record.announcement_mut().consent = fact.evidence;
            return;
        }
        let gate = record.gate_mut(fact.gate);
        assert!(gate.state == GateState::Running, "a gate closes once");
        (gate.state, gate.how) = (fact.answer.state(), Some(fact.how));
    });
}
