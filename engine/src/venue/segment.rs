//! Segments: funds that trade under one pack and one fee schedule (板块).

use minicbor::{Decode, Encode};

use crate::id::SegmentId;
use crate::market::Market;
use crate::policy::choice::Ownership;
use crate::policy::listing::ListingRules;
use crate::policy::overlay::{Overlay, StateRules};
use crate::policy::{Fees, JudgedBy, Pack};
use crate::registry::fund::TradingState;
use crate::reject::Reject;

/// What a segment is: what is said of it when it opens.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SegmentDetails {
    /// Unique code, 1 to 64 bytes of printable text without spaces.
    #[n(0)]
    pub code: String,
    /// Name, 1 to 512 bytes.
    #[n(1)]
    pub name: String,
    /// The pack it runs under.
    #[n(2)]
    pub pack: Pack,
    /// Its fees.
    #[n(3)]
    pub fees: Fees,
    /// What binds state-owned sellers on it; without one, none may sell by a listing.
    #[n(4)]
    pub overlay: Option<Overlay>,
}

/// An open segment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Segment {
    /// Unique code.
    #[n(0)]
    pub code: String,
    /// Name.
    #[n(1)]
    pub name: String,
    /// The pack in force.
    #[n(2)]
    pub pack: Pack,
    /// Number of the fee schedule in force, over all segments from 0.
    #[n(3)]
    pub schedule: u32,
    /// Whether its funds trade.
    #[n(4)]
    pub state: TradingState,
    /// The overlay in force.
    #[n(5)]
    pub overlay: Option<Overlay>,
}

impl Market {
    /// What judges a listing of such a seller: the pack's rules, and for a state-owned seller the
    /// overlay's where both speak (适用规则).
    ///
    /// # Errors
    ///
    /// [`Reject::SegmentNotFound`]; [`Reject::NoListingRules`] if the pack says nothing of
    /// listings; [`Reject::NoStateRules`] if a state-owned seller finds no overlay.
    pub fn listing_rules(
        &self,
        segment: SegmentId,
        ownership: Ownership,
    ) -> Result<ListingRules, Reject> {
        let found = self.segment(segment)?;
        let mut rules = found.pack.listing.ok_or(Reject::NoListingRules { segment })?;
        match ownership {
            Ownership::Private => {}
            Ownership::StateOwned => {
                let state = self.state_rules(segment)?;
                rules.announcement = state.announcement;
                rules.payment = state.payment;
            }
        }
        Ok(rules)
    }

    /// What binds a state-owned seller (国有规则).
    ///
    /// # Errors
    ///
    /// [`Reject::SegmentNotFound`]; [`Reject::NoStateRules`] if the segment has no overlay.
    pub fn state_rules(&self, segment: SegmentId) -> Result<StateRules, Reject> {
        let overlay = self.segment(segment)?.overlay.as_ref();
        overlay.map(|overlay| overlay.rules).ok_or(Reject::NoStateRules { segment })
    }

    /// Which pack and overlay judge a listing of such a seller now (适用规则版本).
    ///
    /// # Errors
    ///
    /// [`Reject::SegmentNotFound`].
    pub fn judged_by(&self, segment: SegmentId, ownership: Ownership) -> Result<JudgedBy, Reject> {
        let found = self.segment(segment)?;
        let overlay = match ownership {
            Ownership::Private => None,
            Ownership::StateOwned => found.overlay.as_ref().map(Overlay::edition),
        };
        Ok(JudgedBy { pack: found.pack.edition(), overlay })
    }
}
