//! Telling the other partners (通知其他合伙人), rules B1, B3.
//!
//! An operator records that the notice was delivered, and when. From that day the partners' time
//! runs, in calendar days, to the end of its last day.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::ListingId;
use crate::listing::document::Sha256;
use crate::listing::gate::{GateKind, GateState};
use crate::listing::rules;
use crate::listing::stage::Needs;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::{Date, Time};

/// Ask to record that the notice was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NotifyPartners {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Day on which the last partner had it: from the acceptance on, and not ahead.
    #[n(1)]
    pub delivered: Date,
    /// Proof of delivery.
    #[n(2)]
    pub evidence: Sha256,
}

/// The notice was delivered; the partners' time runs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartnersNotified {
    /// As asked.
    #[n(0)]
    pub terms: NotifyPartners,
    /// When the time of each gate that waited is over.
    #[n(1)]
    pub due: Vec<GateDue>,
}

/// When the time of a gate is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GateDue {
    /// The gate.
    #[n(0)]
    pub gate: GateKind,
    /// The first moment after it.
    #[n(1)]
    pub due: Time,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &NotifyPartners,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let listing = ask.listing;
    let record = market.find_listing(listing)?;
    record.check_stage(listing, Needs::Accepted)?;
    let waits = record.gates.iter().filter(|gate| gate.state == GateState::Waiting);
    let due = waits.map(|gate| {
        let last = rules::days_after(ask.delivered, gate.days.unwrap_or(0));
        GateDue { gate: gate.kind, due: market.end_of(last) }
    });
    let due: Vec<_> = due.collect();
    if due.is_empty() {
        return Err(Reject::GateNotRunning { listing, gate: GateKind::PartnersNotice });
    }
    let from = market.date(record.dates.reviewed.unwrap_or(Time::ZERO));
    let until = market.date(context.at);
    if ask.delivered < from || until < ask.delivered {
        let delivered = ask.delivered;
        return Err(Reject::DeliveryOutOfRange { delivered, from, until });
    }
    // From here on the answer is yes.
    events.push(Event::PartnersNotified(Box::new(PartnersNotified { terms: *ask, due })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &PartnersNotified) {
    market.change_listing(fact.terms.listing, |record| {
        for due in &fact.due {
            let gate = record.gate_mut(due.gate);
            assert!(gate.state == GateState::Waiting, "a notice is delivered once");
            (gate.state, gate.due) = (GateState::Running, Some(due.due));
        }
    });
}
