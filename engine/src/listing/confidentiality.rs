//! Accepting the confidentiality terms of a listing (保密承诺), rules A4, A5, A9.
//!
//! It is recorded before the full disclosure opens, and only of a qualified investor that may bid.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::check;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{ListingId, PartyId};
use crate::listing::document::Sha256;
use crate::listing::rules::Rules;
use crate::listing::stage::Needs;
use crate::listing::{Listing, READERS_MAX};
use crate::market::{Context, Market};
use crate::policy::Permission;
use crate::registry::qualify;
use crate::reject::{Field, Reject};
use crate::time::Time;

/// Who may read the full disclosure of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Reader {
    /// When it accepted the terms.
    #[n(0)]
    pub accepted: Time,
    /// The terms.
    #[n(1)]
    pub terms: Sha256,
}

/// Ask to record that an investor accepts the confidentiality terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AcceptConfidentiality {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who accepts.
    #[n(1)]
    pub reader: PartyId,
    /// The terms that it signed.
    #[n(2)]
    pub terms: Sha256,
}

/// An investor accepted the confidentiality terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ConfidentialityAccepted {
    /// As asked.
    #[n(0)]
    pub terms: AcceptConfidentiality,
}

/// A9: why a party may not bid on a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Conflict {
    /// It sells.
    #[n(0)]
    Seller,
    /// It is affiliated with the seller.
    #[n(1)]
    Affiliate,
    /// It is of the venue's own side.
    #[n(2)]
    Staff,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seller => "it sells",
            Self::Affiliate => "it is affiliated with the seller",
            Self::Staff => "it is of the venue's own side",
        })
    }
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &AcceptConfidentiality,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let AcceptConfidentiality { listing, reader, .. } = *ask;
    market.admit_for(context.caller, CommandKind::AcceptConfidentiality, reader)?;
    let record = market.public_listing(listing)?;
    let party = market.party(reader)?;
    party.check_investor(reader)?;
    check::room(Field::Readers, record.readers.len(), READERS_MAX)?;
    party.check_active(reader)?;
    let rules = Rules::of(market, context.at, record)?;
    qualify::check(reader, party, &rules.pack.investors, rules.today)?;
    record.check_stage(listing, Needs::OnTheBoard)?;
    may_bid(market, context.at, listing, record, reader)?;
    if record.readers.contains_key(&reader) {
        return Err(Reject::ConfidentialityAccepted { party: reader, listing });
    }
    // From here on the answer is yes.
    events.push(Event::ConfidentialityAccepted(ConfidentialityAccepted { terms: *ask }));
    Ok(())
}

/// A9: refuses a party that may not bid on a listing: the seller, its affiliates, the venue's staff.
///
/// # Errors
///
/// [`Reject::ConflictOfInterest`], and what [`Market::listing_rules`] says.
///
/// # Source
///
/// 拍卖法 22, 30.
pub(crate) fn may_bid(
    market: &Market,
    at: Time,
    listing: ListingId,
    record: &Listing,
    bidder: PartyId,
) -> Result<(), Reject> {
    let rules = Rules::of(market, at, record)?;
    let (party, seller) = (market.party(bidder)?, market.party(record.seller)?);
    let conflict = if bidder == record.seller {
        Some(Conflict::Seller)
    } else if rules.rules.disclosure.related_bidders == Permission::Allowed {
        None
    } else if party.group == seller.group {
        Some(Conflict::Affiliate)
    } else if party.details.role.is_staff() {
        Some(Conflict::Staff)
    } else {
        None
    };
    match conflict {
        Some(why) => Err(Reject::ConflictOfInterest { party: bidder, listing, why }),
        None => Ok(()),
    }
}

pub(crate) fn apply(market: &mut Market, fact: &ConfidentialityAccepted) {
    let reader = Reader { accepted: market.now, terms: fact.terms.terms };
    market.change_listing(fact.terms.listing, |record| {
        let before = record.readers.insert(fact.terms.reader, reader);
        assert!(before.is_none(), "the terms are accepted once");
    });
}
