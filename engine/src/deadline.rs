//! Deadlines as records (期限): what becomes due, and when.

use std::collections::BTreeSet;

use crate::id::{CallId, IntentionId, ListingId, OrderId, ProposalId};
use crate::time::Time;

/// What becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A sweep goes on.
    Sweep(u64),
    /// An order expires.
    Order(OrderId),
    /// An intention leaves the board.
    Intention(IntentionId),
    /// A proposal lapses.
    Proposal(ProposalId),
    /// Something of a listing is due.
    Listing(ListingId),
    /// Something of the bidding for a listing.
    Lot(ListingId),
    /// A call closes, or its trades go on.
    Call(CallId),
}

/// Every deadline, earliest first. Derived from the records that it speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deadlines(BTreeSet<(Time, Due)>);

impl Deadlines {
    /// The earliest.
    pub(crate) fn first(&self) -> Option<Time> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Those due at `at`, earliest first.
    pub(crate) fn due(&self, at: Time) -> impl Iterator<Item = Due> {
        self.0.iter().take_while(move |(due, _)| *due <= at).map(|(_, due)| *due)
    }

    pub(crate) fn set(&mut self, at: Time, due: Due) {
        let new = self.0.insert((at, due));
        assert!(new, "a deadline is set once");
    }

    pub(crate) fn clear(&mut self, at: Time, due: Due) {
        let was_set = self.0.remove(&(at, due));
        assert!(was_set, "a deadline that is cleared was set");
    }
}
