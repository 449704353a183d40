//! Listings in the read models: the rows, what happened to them, and who looked at what.
//!
//! A row is copied without its readers and looks, which have tables of their own: there may be
//! tens of thousands of them, and each is written by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use minicbor::{Decode, Encode};
use sfund_engine::bidding::mode::Code;
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, ListingId, PartyId};
use sfund_engine::listing::Listing;
use sfund_engine::listing::agreement::AgreementTerms;
use sfund_engine::listing::announce::Period;
use sfund_engine::listing::confidentiality::Reader;
use sfund_engine::listing::document::Sha256;
use sfund_engine::listing::end::Ending;
use sfund_engine::listing::gate::{ClaimAnswer, Consent, GateKind, How};
use sfund_engine::listing::look::Look;
use sfund_engine::listing::review::ListingVerdict;
use sfund_engine::listing::stage::{EndReason, Stage};
use sfund_engine::policy::JudgedBy;

use crate::read::Read;
use crate::read::page::{Ask, Page};
use crate::read::projection::Fold;
use crate::read::views::Stamp;

/// A listing, without its readers and looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingView {
    /// Id.
    pub id: ListingId,
    /// The record.
    pub listing: Listing,
    /// How many accepted the confidentiality terms.
    pub readers: usize,
}

/// One thing that happened to a listing, as it is kept and told (挂牌事项).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Happening {
    /// Number of the event, which says its name.
    #[n(0)]
    pub event: u16,
    /// Where the listing stands by it; none if it stands where it stood.
    #[n(1)]
    pub stage: Option<Stage>,
    /// The gate that it is about.
    #[n(2)]
    pub gate: Option<GateKind>,
    /// What was said of the gate.
    #[n(3)]
    pub answer: Option<Consent>,
    /// Whether somebody said so.
    #[n(4)]
    pub how: Option<How>,
    /// Why, where somebody said so.
    #[n(5)]
    pub reasons: Vec<String>,
    /// Why it ended by itself.
    #[n(6)]
    pub end: Option<EndReason>,
    /// The announcement's period.
    #[n(7)]
    pub period: Option<Period>,
    /// Who it is about.
    #[n(8)]
    pub party: Option<PartyId>,
    /// The document that was looked at.
    #[n(9)]
    pub document: Option<Sha256>,
    /// Which pack judged.
    #[n(10)]
    pub judged: Option<JudgedBy>,
    /// What a holder of the right of first refusal said.
    #[n(11)]
    pub claim: Option<ClaimAnswer>,
    /// The code of the bidder that it is about.
    #[n(12)]
    pub code: Option<Code>,
}

/// A happening and when it was.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingLine {
    /// The entry and its time.
    #[n(0)]
    pub stamp: Stamp,
    /// What.
    #[n(1)]
    pub what: Happening,
}

/// Who looked, and the SHA-256 of the document.
pub type LookKey = (PartyId, [u8; 32]);

/// Who may know of a happening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Who sees the listing's record.
    Record,
    /// The venue and the bidder that it is about; who sees the listing's record, without the name.
    Bidder,
    /// Who sees its teaser too.
    Public,
}

impl Happening {
    /// Who may know of it: what belongs to the announcement is public.
    #[must_use]
    pub const fn audience(&self) -> Audience {
        match self.event {
            107..=114 | 133 | 134 | 136 | 137 | 139 | 141 => Audience::Public,
            130..=132 | 135 | 138 | 140 => Audience::Bidder,
            _ => Audience::Record,
        }
    }

    /// What of it is told to who may not know the bidder.
    #[must_use]
    pub fn nameless(&self) -> Self {
        Self { party: None, reasons: Vec::new(), ..self.clone() }
    }

    fn of(event: &Event) -> Self {
        Self { event: event.number(), ..Self::default() }
    }
}

/// What an event says of a listing; `None` if it is about none.
#[must_use]
pub fn happening(event: &Event) -> Option<(ListingId, Happening)> {
    before_announcement(event).or_else(|| announced(event)).or_else(|| bidding(event))
}

/// Of the events of the bidding but those of the lot itself; who won is not told here.
fn bidding(event: &Event) -> Option<(ListingId, Happening)> {
    of_bidder(event).or_else(|| of_bidding(event))
}

/// Of the events that are about one bidder.
fn of_bidder(event: &Event) -> Option<(ListingId, Happening)> {
    let plain = Happening::of(event);
    Some(if let Event::InterestDeclared(fact) = event {
        (fact.terms.listing, Happening { party: Some(fact.terms.party), ..plain })
    } else if let Event::BidderQualified(fact) = event {
        let (party, code, reasons) = (Some(fact.party), fact.code, vec![fact.reason.clone()]);
        (fact.listing, Happening { party, code, reasons, ..plain })
    } else if let Event::DepositPaid(fact) = event {
        (fact.listing, Happening { party: Some(fact.party), ..plain })
    } else if let Event::DepositForfeited(fact) = event {
        (fact.listing, Happening { code: Some(fact.code), ..plain })
    } else if let Event::ContractSigned(fact) = event {
        (fact.terms.listing, Happening { party: Some(fact.terms.party), ..plain })
    } else {
        return None;
    })
}

/// Of the events by which the bidding moves a listing.
fn of_bidding(event: &Event) -> Option<(ListingId, Happening)> {
    if let Event::DepositsReturned(fact) = event {
        return Some((fact.listing, Happening::of(event)));
    }
    let (listing, stage, end) = if let Event::BiddingOpened(fact) = event {
        (fact.listing, Stage::Bidding, None)
    } else if let Event::BiddingFailed(fact) = event {
        (fact.listing, Stage::Ended, Some(fact.reason))
    } else if let Event::LotAwarded(fact) = event {
        (fact.listing, Stage::Awarded, None)
    } else if let Event::AwardVoided(fact) = event {
        (fact.listing, Stage::Bidding, None)
    } else if let Event::DealHandedOver(fact) = event {
        (fact.listing, Stage::HandedOver, None)
    } else {
        return None;
    };
    Some((listing, Happening { stage: Some(stage), end, ..Happening::of(event) }))
}

/// Of the events up to the announcement, and of the readers.
fn before_announcement(event: &Event) -> Option<(ListingId, Happening)> {
    let plain = Happening::of(event);
    Some(if let Event::ListingDrafted(fact) = event {
        (fact.listing, plain)
    } else if let Event::ListingSubmitted(fact) = event {
        let (stage, judged) = (Some(Stage::Submitted), Some(fact.judged.clone()));
        (fact.listing, Happening { stage, judged, ..plain })
    } else if let Event::ListingReviewed(fact) = event {
        let stage = match fact.verdict {
            ListingVerdict::Accept => Stage::Accepted,
            ListingVerdict::Reject => Stage::Rejected,
            ListingVerdict::Complete => Stage::ToBeCompleted,
        };
        let reasons = fact.reasons.clone();
        (fact.listing, Happening { stage: Some(stage), reasons, ..plain })
    } else if let Event::PartnersNotified(fact) = event {
        (fact.terms.listing, plain)
    } else if let Event::FirstRefusalAnswered(fact) = event {
        let (gate, party) = (Some(GateKind::FirstRefusal), Some(fact.terms.holder));
        let claim = Some(fact.terms.answer);
        (fact.terms.listing, Happening { gate, party, claim, ..plain })
    } else if let Event::GateClosed(fact) = event {
        let (gate, answer, how) = (Some(fact.gate), Some(fact.answer), Some(fact.how));
        (fact.listing, Happening { gate, answer, how, ..plain })
    } else if let Event::ConfidentialityAccepted(fact) = event {
        (fact.terms.listing, Happening { party: Some(fact.terms.reader), ..plain })
    } else if let Event::DocumentLookedAt(fact) = event {
        let (party, document) = (Some(fact.terms.reader), Some(fact.terms.document));
        (fact.terms.listing, Happening { party, document, ..plain })
    } else {
        return None;
    })
}

/// Of the events of an announcement and of the end.
fn announced(event: &Event) -> Option<(ListingId, Happening)> {
    let plain = Happening::of(event);
    let of = |stage, period: &Period| Happening {
        stage: Some(stage),
        period: Some(*period),
        ..Happening::of(event)
    };
    Some(if let Event::ListingAnnounced(fact) = event {
        let judged = Some(fact.judged.clone());
        (fact.listing, Happening { judged, ..of(Stage::Announced, &fact.period) })
    } else if let Event::ListingSuspended(fact) = event {
        let (stage, reasons) = (Some(Stage::Suspended), vec![fact.terms.reason.clone()]);
        (fact.terms.listing, Happening { stage, reasons, ..plain })
    } else if let Event::ListingResumed(fact) = event {
        let how = Some(fact.how);
        (fact.listing, Happening { how, ..of(Stage::Announced, &fact.period) })
    } else if let Event::ListingExtended(fact) = event {
        let how = Some(fact.how);
        (fact.listing, Happening { how, period: Some(fact.period), ..plain })
    } else if let Event::ListingRepriced(fact) = event {
        let judged = Some(fact.judged.clone());
        (fact.terms.listing, Happening { judged, ..of(Stage::Announced, &fact.period) })
    } else if let Event::ListingChanged(fact) = event {
        let (judged, reasons) = (Some(fact.judged.clone()), vec![fact.terms.reason.clone()]);
        let period = Some(fact.period);
        (fact.terms.listing, Happening { judged, reasons, period, ..plain })
    } else if let Event::ListingClosed(fact) = event {
        (fact.listing, Happening { stage: Some(Stage::Closed), ..plain })
    } else if let Event::ListingEnded(fact) = event {
        let (stage, end) = match fact.ending {
            Ending::Withdrawn => (Stage::Withdrawn, None),
            Ending::Revoked => (Stage::Revoked, None),
            Ending::Ended(reason) => (Stage::Ended, Some(reason)),
        };
        let reasons = fact.reason.iter().cloned().collect();
        (fact.listing, Happening { stage: Some(stage), end, reasons, ..plain })
    } else {
        return None;
    })
}

impl Fold<'_> {
    /// Notes what happened to a listing; its row is copied at the end of the round.
    pub(super) fn listing_happened(&mut self, event: &Event) {
        let Some((listing, mut what)) = happening(event) else { return };
        let coded = |code| self.market.bidding(listing).and_then(|all| all.coded(code));
        what.party = what.party.or_else(|| Some(coded(what.code?)?.party));
        self.touched.listings.insert(listing);
        self.news.listing_lines.push((listing, Arc::new(ListingLine { stamp: self.stamp, what })));
    }

    /// Copies what one reader of a listing did: it is no part of the row.
    pub(super) fn reader_did(
        &mut self,
        listing: ListingId,
        reader: PartyId,
        document: Option<Sha256>,
    ) {
        let record = self.market.listing(listing).expect("events name listings that are there");
        // Who did not accept the terms looked at the teaser alone.
        let Some(accepted) = record.readers.get(&reader) else { return };
        let Some(document) = document else {
            self.read.0.listing_readers.put((listing, reader), *accepted);
            self.touched.listings.insert(listing);
            return;
        };
        let look = record.looks.get(&(reader, document)).expect("the look is counted");
        self.read.0.listing_looks.put((listing, reader, document.bytes()), *look);
    }
}

impl Read {
    /// Puts the row of a listing.
    pub(super) fn put_listing(&self, id: ListingId, record: &Listing) {
        let Listing {
            seller,
            stage,
            dates,
            submissions,
            completeness,
            end,
            intentions,
            unsold,
            ..
        } = *record;
        let listing = Listing {
            seller,
            stage,
            dates,
            submissions,
            completeness,
            end,
            intentions,
            unsold,
            terms: record.terms.clone(),
            judged: record.judged.clone(),
            reasons: record.reasons.clone(),
            gates: record.gates.clone(),
            announcement: record.announcement.clone(),
            readers: BTreeMap::new(),
            looks: BTreeMap::new(),
        };
        let view = ListingView { id, listing, readers: record.readers.len() };
        self.0.listings.put(id, view);
    }

    /// Puts a listing and all that has tables of its own: after a start from a snapshot.
    pub(super) fn put_whole_listing(&self, id: ListingId, record: &Listing) {
        self.put_listing(id, record);
        for (reader, accepted) in &record.readers {
            self.0.listing_readers.put((id, *reader), *accepted);
        }
        for ((reader, document), look) in &record.looks {
            self.0.listing_looks.put((id, *reader, document.bytes()), *look);
        }
    }

    /// A listing.
    #[must_use]
    pub fn listing(&self, listing: ListingId) -> Option<Arc<ListingView>> {
        self.0.listings.find(&listing)
    }

    /// Listings in the order of their ids.
    pub fn listings(
        &self,
        ask: &Ask<ListingId>,
        wanted: impl Fn(&ListingView) -> bool,
    ) -> Page<Arc<ListingView>, ListingId> {
        self.0.listings.page(.., ask, wanted)
    }

    /// When `reader` accepted the confidentiality terms of a listing, if it did.
    #[must_use]
    pub fn listing_reader(&self, listing: ListingId, reader: PartyId) -> Option<Reader> {
        self.0.listing_readers.find(&(listing, reader)).map(|found| *found)
    }

    /// Who accepted the confidentiality terms of a listing.
    #[must_use]
    pub fn readers_of(
        &self,
        listing: ListingId,
        ask: &Ask<PartyId>,
    ) -> Page<(PartyId, Reader), PartyId> {
        let pairs = Ask { after: ask.after.map(|party| (listing, party)), rows_max: ask.rows_max };
        let within = (listing, PartyId::new(0))..=(listing, PartyId::new(u32::MAX));
        let keys = self.0.listing_readers.keys(within, &pairs);
        Page::collect(ask, keys.into_iter().map(|(_, party)| party), |party| {
            Some((*party, self.listing_reader(listing, *party)?))
        })
    }

    /// Who looked at what of a listing.
    #[must_use]
    pub fn looks_of(
        &self,
        listing: ListingId,
        ask: &Ask<LookKey>,
    ) -> Page<(LookKey, Look), LookKey> {
        let after = ask.after.map(|(party, document)| (listing, party, document));
        let all = Ask { after, rows_max: ask.rows_max };
        let within = (listing, PartyId::new(0), [u8::MIN; 32])
            ..=(listing, PartyId::new(u32::MAX), [u8::MAX; 32]);
        let keys = self.0.listing_looks.keys(within, &all);
        let keys = keys.into_iter().map(|(_, party, document)| (party, document));
        Page::collect(ask, keys, |(party, document)| {
            let look = self.0.listing_looks.find(&(listing, *party, *document))?;
            Some(((*party, *document), *look))
        })
    }

    /// What happened to a listing of late, newest first.
    pub fn listing_lines(
        &self,
        listing: ListingId,
        ask: &Ask<u64>,
        wanted: impl Fn(&ListingLine) -> bool,
    ) -> Page<Arc<ListingLine>, u64> {
        self.0.listing_lines.page(&listing, ask, |line| wanted(line))
    }

    /// What is recorded of a fund's agreement.
    #[must_use]
    pub fn agreement(&self, fund: FundId) -> Option<AgreementTerms> {
        self.0.agreements.find(&fund).map(|terms| *terms)
    }
}
