//! How much of a listing a caller sees, and of the bidding for it.
//!
//! Names of bidders are the venue's to know: a bidder knows itself, a member its clients, and the
//! seller who won.

use std::sync::Arc;

use sfund_engine::bidding::Claim;
use sfund_engine::bidding::mode::Code;
use sfund_engine::id::{ListingId, PartyId};
use sfund_engine::listing::gate::GateKind;
use sfund_engine::listing::stage::Stage;

use crate::read::listings::{Happening, ListingView};
use crate::service::desk::{Desk, not_found};
use crate::service::door::Visit;
use crate::service::visibility::{Relation, Subject, sees};
use crate::wire::status::Trouble;

/// How much of a listing a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// That there is one of that name is not told.
    Nothing,
    /// What everybody sees.
    Teaser,
    /// What the other partners of the fund are told too.
    Notice,
    /// All of it.
    Record,
}

impl Desk {
    /// What the caller is to a listing.
    pub(crate) fn listing_relation(&self, visit: &Visit, view: &ListingView) -> Relation {
        let relation = self.relation(visit.who.party, view.listing.seller);
        let is_manager = || {
            let fund = self.read.fund(view.listing.terms.fund);
            fund.is_some_and(|fund| fund.fund.details.manager == visit.who.party)
        };
        if relation == Relation::Stranger && is_manager() { Relation::Manager } else { relation }
    }

    /// How much of a listing the caller sees.
    pub(crate) fn depth(&self, visit: &Visit, view: &ListingView) -> Depth {
        if sees(visit.who.role, Subject::Listings, self.listing_relation(visit, view)) {
            return Depth::Record;
        }
        let is_public = view.listing.stage.is_public();
        if (is_public || view.listing.stage == Stage::Accepted) && self.is_partner(visit, view) {
            return Depth::Notice;
        }
        if is_public { Depth::Teaser } else { Depth::Nothing }
    }

    /// B1, B3: whether the caller holds units of the fund whose partners are told.
    fn is_partner(&self, visit: &Visit, view: &ListingView) -> bool {
        let listing = &view.listing;
        let told = [GateKind::PartnersNotice, GateKind::FirstRefusal];
        let holding = || self.read.holding(visit.who.party, listing.terms.fund);
        told.into_iter().any(|kind| listing.gate(kind).is_some())
            && holding().is_some_and(|holding| holding.total() != Default::default())
    }

    /// The listing of this id and how much of it the caller sees, if anything.
    pub(crate) fn listing(
        &self,
        visit: &Visit,
        id: ListingId,
    ) -> Result<(Depth, Arc<ListingView>), Trouble> {
        let view = self.read.listing(id).ok_or_else(|| not_found(&id))?;
        let depth = self.depth(visit, &view);
        if depth == Depth::Nothing { Err(not_found(&id)) } else { Ok((depth, view)) }
    }

    /// Whether somebody of the claim is the caller: itself, or the client of a member.
    pub(crate) fn is_own_claim(&self, visit: &Visit, claim: &Claim) -> bool {
        self.acts_for(visit.who.party, claim.party)
    }

    /// Whether `caller` is `party`, or the member that acts for it.
    pub(crate) fn acts_for(&self, caller: PartyId, party: PartyId) -> bool {
        match self.relation(caller, party) {
            Relation::Owner | Relation::Member => true,
            Relation::Pledgee | Relation::Manager | Relation::Stranger => false,
        }
    }

    /// Whether the caller, or a client of it, bids under `code`.
    pub(crate) fn is_own_code(&self, visit: &Visit, listing: ListingId, code: Code) -> bool {
        let claim = self.read.claim_coded(listing, code);
        claim.is_some_and(|claim| self.is_own_claim(visit, &claim))
    }

    /// Whether the caller may know the bidder that a happening is about.
    pub(crate) fn knows_party(&self, visit: &Visit, view: &ListingView, what: &Happening) -> bool {
        let claim = what.party.and_then(|party| self.read.claim(view.id, party));
        claim.is_some_and(|claim| self.knows_bidder(visit, view, &claim))
    }

    /// Whether the caller knows whose claim it is.
    pub(crate) fn knows_bidder(&self, visit: &Visit, view: &ListingView, claim: &Claim) -> bool {
        let relation = self.relation(visit.who.party, claim.party);
        if sees(visit.who.role, Subject::Bidders, relation) {
            return true;
        }
        let lot = self.read.lot(view.id);
        let has_won = || claim.code.is_some_and(|code| lot.is_some_and(|lot| lot.has_won(code)));
        self.acts_for(visit.who.party, view.listing.seller) && has_won()
    }
}
