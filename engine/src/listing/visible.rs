//! The two disclosures of a listing (公开信息与保密信息), rule A5.
//!
//! [`teaser`] is what the public sees: nothing of the fund that is not public. [`full`] is all of it,
//! for the seller's side, the venue's, the fund's manager, and who accepted the confidentiality
//! terms.

use crate::id::PartyId;
use crate::listing::Listing;
use crate::listing::document::{Document, Visibility};
use crate::listing::stage::Stage;
use crate::listing::terms::Method;
use crate::market::Market;
use crate::registry::qualify;
use crate::time::Time;

/// What the public sees of a listing (项目简介).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Teaser<'m> {
    /// Project code.
    pub code: &'m str,
    /// What the seller says.
    pub headline: &'m str,
    /// How the buyer is found.
    pub method: Method,
    /// Where it stands.
    pub stage: Stage,
    /// End of the announcement.
    pub announced_until: Option<Time>,
    /// Documents for everybody.
    pub documents: Vec<&'m Document>,
}

/// A5: what the public sees of a listing; nothing of one that is not announced.
#[must_use]
pub fn teaser(listing: &Listing) -> Option<Teaser<'_>> {
    let public = listing.terms.documents.iter();
    let public = public.filter(|document| document.visibility == Visibility::Teaser);
    listing.stage.is_public().then(|| Teaser {
        code: &listing.terms.code,
        headline: &listing.terms.headline,
        method: listing.terms.method,
        stage: listing.stage,
        announced_until: listing.announcement.as_ref().map(|announced| announced.period.ends),
        documents: public.collect(),
    })
}

/// A4, A5: all of a listing, if `reader` may see it at `at`.
#[must_use]
pub fn full<'m>(
    market: &Market,
    listing: &'m Listing,
    reader: PartyId,
    at: Time,
) -> Option<&'m Listing> {
    let party = market.party(reader).ok()?;
    let seller = market.party(listing.seller).ok()?;
    let fund = market.fund(listing.terms.fund).ok()?;
    let own = reader == listing.seller || seller.details.member == Some(reader);
    if own || party.details.role.is_staff() || fund.details.manager == reader {
        return Some(listing);
    }
    let investors = &market.segment(fund.details.segment).ok()?.pack.investors;
    let accepted = listing.readers.contains_key(&reader);
    let qualified = qualify::check(reader, party, investors, market.date(at)).is_ok();
    (accepted && qualified && listing.stage.is_public()).then_some(listing)
}
