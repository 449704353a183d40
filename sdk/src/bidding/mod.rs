//! Bidding for what is listed (竞价): what is told of it, bids, sealed bids, automatic bids.

pub(crate) mod auto_bid;
pub(crate) mod bid;
pub(crate) mod lot;
pub(crate) mod meters;
pub(crate) mod sealed;

use sfund_engine::id::{ListingId, PartyId};

/// Somebody's part in a listing: the caller's own, or that of a client whom its member names.
///
/// A [`ListingId`] alone is the caller's own part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The listing.
    pub listing: ListingId,
    /// Whose part; `None` is the caller's own.
    pub party: Option<PartyId>,
}

impl From<ListingId> for Part {
    fn from(listing: ListingId) -> Self {
        Self { listing, party: None }
    }
}

impl Part {
    /// The caller's own part in a listing.
    #[must_use]
    pub const fn in_listing(listing: ListingId) -> Self {
        Self { listing, party: None }
    }

    /// That of this party and not of the caller: a member names its client.
    #[must_use]
    pub const fn of(self, party: PartyId) -> Self {
        Self { party: Some(party), ..self }
    }
}
