//! The end of an announcement (公告期满): no more intentions are taken.

use minicbor::{Decode, Encode};

use crate::id::ListingId;
use crate::market::Market;

/// The announcement of a listing is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingClosed {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
}

pub(crate) fn apply(market: &mut Market, fact: &ListingClosed) {
    market.close_intentions(fact.listing);
}
