//! Provisional awards (确定受让方), rules A8, C7, D4, D5.
//!
//! Of a lot that is shared several win, and each signs for its part. Where some do not, those who
//! signed keep their parts at their prices: what is left is awarded to the next bidders while their
//! deposits are held, if the pack has it offered to them, and otherwise stays the seller's. What
//! nobody won is free again with the hand-over.

use minicbor::{Decode, Encode};

use super::mode::Award;
use super::{Binding, ClaimState, Deal, Progress};
use crate::amount::Units;
use crate::event::Event;
use crate::id::ListingId;
use crate::market::Market;
use crate::time::Time;

/// Somebody won, provisionally.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LotAwarded {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who gets what, and why the others do not.
    #[n(1)]
    pub award: Award,
    /// Whether the winner bound itself.
    #[n(2)]
    pub binding: Binding,
    /// D4: contracts are signed before this moment.
    #[n(3)]
    pub signature_due: Time,
    /// C7: the result is shown until this moment.
    #[n(4)]
    pub shown_until: Time,
    /// D4: the losers' deposits go back at this moment at the latest.
    #[n(5)]
    pub refund_due: Time,
}

/// D5: the winner did not sign, and the award is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AwardVoided {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
}

/// The result was shown, and settlement has the deal (移交结算).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DealHandedOver {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// A8: units that nobody won, free again.
    #[cbor(n(1), skip_if = "Units::is_zero")]
    pub unsold: Units,
}

pub(crate) fn apply_awarded(market: &mut Market, fact: &LotAwarded) {
    // What a defaulter left of a shared lot is awarded anew beside what others have signed for.
    if market.bidding_of(fact.listing).progress != Progress::Awarded {
        market.award_listing(fact.listing);
    }
    market.change_bidding(fact.listing, |bidding| {
        bidding.progress = Progress::Awarded;
        // A second award is of what the first left: its losers have waited already.
        bidding.refund_due.get_or_insert(fact.refund_due);
        bidding.deal = Some(Deal {
            award: fact.award.clone(),
            binding: fact.binding,
            signature_due: fact.signature_due,
            shown_until: fact.shown_until,
        });
    });
}

pub(crate) fn apply_voided(market: &mut Market, fact: &AwardVoided) {
    market.reopen_bidding(fact.listing);
    market.change_bidding(fact.listing, |bidding| {
        bidding.progress = Progress::Open;
        bidding.deal = None;
        // Who shared by right and has signed shares anew.
        for claim in &mut bidding.claims {
            if claim.state == ClaimState::Signed {
                claim.state = ClaimState::Deposited;
            }
        }
    });
}

pub(crate) fn apply_handed_over(market: &mut Market, fact: &DealHandedOver) {
    market.hand_over(fact.listing, fact.unsold);
}

/// The event of a bidding that came to nothing.
pub(super) fn failed(listing: ListingId) -> Event {
    let reason = crate::listing::stage::EndReason::Failed;
    Event::BiddingFailed(super::open::BiddingFailed { listing, reason })
}
