//! What of a listing is due, and what then happens (期限).
//!
//! One thing at a time: what else is due then is due in the next entry.

use crate::event::Event;
use crate::id::ListingId;
use crate::listing::Listing;
use crate::listing::close::ListingClosed;
use crate::listing::consent::{self, GateClosed};
use crate::listing::end::{Ending, ListingEnded};
use crate::listing::extend;
use crate::listing::gate::How;
use crate::listing::resume::{self, ListingResumed};
use crate::listing::rules::Rules;
use crate::listing::stage::{EndReason, Stage};
use crate::listing::terms::IfNobodyComes;
use crate::market::Market;
use crate::reject::Reject;
use crate::time::Time;

impl Listing {
    /// When something of it is due: the earliest of its deadlines.
    #[must_use]
    pub fn due(&self) -> Option<Time> {
        self.deadlines().iter().filter_map(|deadline| deadline.due).min()
    }
}

/// Decides what of a listing is due at `at`.
pub(crate) fn decide(market: &Market, at: Time, listing: ListingId, events: &mut Vec<Event>) {
    let record = market.listing_of_fact(listing);
    let announcement = record.announcement.as_ref();
    let removal = announcement.and_then(|announced| announced.removal);
    if record.stage != Stage::Accepted && removal.is_some_and(|removal| removal <= at) {
        events.push(ended(listing, EndReason::Removed));
        return;
    }
    match record.stage {
        Stage::Accepted => gate_lapses(record, at, listing, events),
        Stage::Announced => events.push(announcement_over(market, record, at, listing)),
        Stage::Suspended => events.push(match resumed(market, record, at, listing) {
            Ok(fact) => Event::ListingResumed(fact),
            // The calendar no longer reaches the end that it reached: nothing is guessed.
            Err(_) => ended(listing, EndReason::Removed),
        }),
        Stage::Closed
        | Stage::Draft
        | Stage::Submitted
        | Stage::ToBeCompleted
        | Stage::Rejected
        | Stage::Bidding
        | Stage::Awarded
        | Stage::HandedOver
        | Stage::Ended
        | Stage::Withdrawn
        | Stage::Revoked => unreachable!("nothing of it is due"),
    }
}

fn gate_lapses(record: &Listing, at: Time, listing: ListingId, events: &mut Vec<Event>) {
    let due =
        |gate: &&crate::listing::gate::Gate| record.gate_due(gate).is_some_and(|due| due <= at);
    let gate = record.gates.iter().filter(due).min_by_key(|gate| (gate.due, gate.kind));
    let gate = gate.expect("a gate of it is due");
    let (kind, answer) = (gate.kind, gate.lapses_to());
    let fact = GateClosed { listing, gate: kind, answer, how: How::Silence, evidence: None };
    consent::close(fact, events);
}

/// C2, C4: intentions close; without any it goes on or ends as was announced.
fn announcement_over(market: &Market, record: &Listing, at: Time, listing: ListingId) -> Event {
    if market.standing_intentions(at, listing) != 0 {
        return Event::ListingClosed(ListingClosed { listing });
    }
    match record.terms.if_nobody_comes {
        IfNobodyComes::Ask => Event::ListingClosed(ListingClosed { listing }),
        IfNobodyComes::End => ended(listing, EndReason::NoBidder),
        IfNobodyComes::Extend { .. } => {
            let extension = Rules::of(market, at, record)
                .and_then(|rules| extend::extension(market, &rules, listing, How::Silence));
            match extension {
                // An entry that comes very late would find the new end passed too: one by one.
                Ok(fact) => Event::ListingExtended(fact),
                Err(_) => ended(listing, EndReason::NoBidder),
            }
        }
    }
}

fn resumed(
    market: &Market,
    record: &Listing,
    at: Time,
    listing: ListingId,
) -> Result<ListingResumed, Reject> {
    let rules = Rules::of(market, at, record)?;
    let passed = record.announcement().passed_days;
    let period = resume::period(market, &rules, record, passed, rules.today)?;
    Ok(ListingResumed { listing, period, how: How::Silence })
}

fn ended(listing: ListingId, reason: EndReason) -> Event {
    let ending = Ending::Ended(reason);
    Event::ListingEnded(Box::new(ListingEnded { listing, ending, reason: None }))
}
