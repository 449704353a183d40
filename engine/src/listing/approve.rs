//! The approval of the state holder's approving body (国资批准), rules C.
//!
//! An operator records it from the document. Nothing but the document ends this gate. Of what is
//! announced it is the consent to a lower floor or another appraisal (C3), and serves once.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::ListingId;
use crate::listing::consent::{self, GateClosed};
use crate::listing::document::Sha256;
use crate::listing::gate::{Consent, GateKind, How};
use crate::listing::stage::Needs;
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to record what the approving body says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RecordApproval {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// What it says.
    #[n(1)]
    pub answer: Consent,
    /// Its document.
    #[n(2)]
    pub evidence: Sha256,
}

pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &RecordApproval,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let listing = ask.listing;
    let record = market.find_listing(listing)?;
    let gate = GateKind::StateApproval;
    if Needs::AnnouncedOrClosed.stages().contains(&record.stage) {
        // Without a consent nothing changes: a refusal of it has nothing to end.
        let takes = record.gate(gate).filter(|_| ask.answer == Consent::Given);
        takes.ok_or(Reject::GateNotRunning { listing, gate })?;
    } else {
        record.check_stage(listing, Needs::Accepted)?;
        record.running(listing, gate)?;
    }
    // From here on the answer is yes.
    let evidence = Some(ask.evidence);
    let fact = GateClosed { listing, gate, answer: ask.answer, how: How::Said, evidence };
    consent::close(fact, events);
    Ok(())
}
