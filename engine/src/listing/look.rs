//! Looking at a document of a listing (查阅披露文件), rule A5.
//!
//! Each look is an entry of the journal, and the record counts them for the owner to read.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{ListingId, PartyId};
use crate::listing::document::Sha256;
use crate::listing::rules::Rules;
use crate::listing::stage::Needs;
use crate::market::{Context, Market};
use crate::registry::qualify;
use crate::reject::Reject;
use crate::time::Time;

/// Ask to look at a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LookAtDocument {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Who looks.
    #[n(1)]
    pub reader: PartyId,
    /// The document.
    #[n(2)]
    pub document: Sha256,
}

/// A document was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DocumentLookedAt {
    /// As asked.
    #[n(0)]
    pub terms: LookAtDocument,
}

/// Who looked at what (查阅记录).
pub type Looks = BTreeMap<(PartyId, Sha256), Look>;

/// How often somebody looked at a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Look {
    /// How often.
    #[n(0)]
    pub count: u32,
    /// When first.
    #[n(1)]
    pub first: Time,
    /// When last.
    #[n(2)]
    pub last: Time,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &LookAtDocument,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let LookAtDocument { listing, reader, document } = *ask;
    market.admit_for(context.caller, CommandKind::LookAtDocument, reader)?;
    let record = market.public_listing(listing)?;
    let party = market.party(reader)?;
    party.check_investor(reader)?;
    party.check_active(reader)?;
    let rules = Rules::of(market, context.at, record)?;
    qualify::check(reader, party, &rules.pack.investors, rules.today)?;
    record.check_stage(listing, Needs::Public)?;
    let accepted = record.readers.contains_key(&reader);
    let found = record.terms.documents.iter().find(|other| other.sha256 == document);
    // Whether there is such a document is for those to know who accepted the terms.
    if !accepted && found.is_none_or(|found| rules.is_confidential(found.visibility)) {
        return Err(Reject::ConfidentialityNotAccepted { party: reader, listing });
    }
    if found.is_none() {
        return Err(Reject::DocumentNotFound { listing, document });
    }
    // From here on the answer is yes.
    events.push(Event::DocumentLookedAt(DocumentLookedAt { terms: *ask }));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &DocumentLookedAt) {
    let (now, terms) = (market.now, fact.terms);
    market.change_listing(terms.listing, |record| {
        // Who did not accept the terms looked at the teaser: that is in the journal alone.
        if !record.readers.contains_key(&terms.reader) {
            return;
        }
        let nothing = Look { count: 0, first: now, last: now };
        let look = record.looks.entry((terms.reader, terms.document)).or_insert(nothing);
        (look.count, look.last) = (look.count.saturating_add(1), now);
    });
}
