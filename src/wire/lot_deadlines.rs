//! What of the bidding for a listing is due, and what silence then means, rule J2.

use sfund_engine::bidding::mode::{Mode, Phase};
use sfund_engine::bidding::{Claim, ClaimState, Progress};
use sfund_engine::id::ListingId;
use sfund_engine::time::Time;
use sfund_proto::v1;
use v1::{ListingDeadlineKind as Kind, SilenceMeans as Means};

use crate::read::biddings::LotView;
use crate::wire::listing_views::due_line;

/// What is due of a lot, for whoever may see that the listing is there.
#[must_use]
pub fn of_lot(view: &LotView, utc_offset_minutes: i16) -> Vec<v1::ListingDeadline> {
    let line = |kind, due, means| due_line(view.id, kind, Some(due), means, utc_offset_minutes);
    let mut lines = Vec::new();
    match (view.progress, &view.deal) {
        (Progress::Open, _) => {
            lines.extend(phase(view).map(|(due, means)| line(Kind::LotPhase, due, means)))
        }
        (Progress::Awarded, Some(deal)) => {
            lines.push(line(Kind::Signature, deal.signature_due, Means::WinnerDefaults));
            lines.push(line(Kind::ResultNotice, deal.shown_until, Means::DealHandedOver));
        }
        (Progress::Gathering | Progress::Awarded | Progress::Over, _) => {}
    }
    lines.extend(view.refund_due.map(|due| line(Kind::Refund, due, Means::DepositsReturned)));
    lines
}

/// D1: when the deposit of a claim is due, if it is awaited.
#[must_use]
pub fn of_claim(
    listing: ListingId,
    claim: &Claim,
    utc_offset_minutes: i16,
) -> Option<v1::ListingDeadline> {
    let due = match claim.state {
        ClaimState::Qualified(due) => due,
        ClaimState::Declared
        | ClaimState::Refused
        | ClaimState::Deposited
        | ClaimState::Returned
        | ClaimState::Defaulted
        | ClaimState::Signed => return None,
    };
    let (kind, means) = (Kind::Deposit, Means::BidderIsOut);
    Some(due_line(listing, kind, Some(due), means, utc_offset_minutes))
}

/// When the phase ends, and what its end brings.
fn phase(view: &LotView) -> Option<(Time, Means)> {
    let sealed = || match &view.mode {
        Mode::Tender(_) | Mode::Sealed(_) => Means::SealedBidForfeits,
        Mode::English(_)
        | Mode::Dutch(_)
        | Mode::Negotiated(_)
        | Mode::Quotes(_)
        | Mode::Enforcement(_) => Means::BiddingEnds,
    };
    Some(match view.phase {
        Phase::Waiting => (view.begins, Means::NextPhase),
        Phase::Free | Phase::Committing | Phase::Falling | Phase::Quoting => {
            (view.ends, Means::NextPhase)
        }
        Phase::Revealing => (view.ends, sealed()),
        Phase::FirstRefusal => (view.ends, Means::RightIsWaived),
        Phase::Timed | Phase::Scoring | Phase::Negotiating | Phase::Choosing => {
            (view.ends, Means::BiddingEnds)
        }
        Phase::Over => return None,
    })
}
