//! The approval of the state holder's approving body (国资批准), rules C.
//!
//! An operator records it from the document. Nothing but the document ends this gate.

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
    record.check_stage(listing, Needs::Accepted)?;
    record.running(listing, GateKind::StateApproval)?;
    // From here on the answer is yes.
    let fact = GateClosed {
        listing,
        gate: GateKind::StateApproval,
        answer: ask.answer,
        how: How::Said,
        evidence: Some(ask.evidence),
    };
    consent::close(fact, events);
    Ok(())
}
