//! Listings as messages: the teaser, the notice, the record, the disclosure, and what is due.

use sfund_engine::amount::Ppm;
use sfund_engine::event::Event;
use sfund_engine::id::{ListingId, PartyId};
use sfund_engine::listing::agreement::{AgreementTerms, ConsentTerm, FirstRefusalTerm};
use sfund_engine::listing::announce::{Announcement, Period};
use sfund_engine::listing::confidentiality::Reader;
use sfund_engine::listing::deadline::{Deadline, DueOf, Meaning};
use sfund_engine::listing::document::{Sha256, Visibility};
use sfund_engine::listing::gate::{Claim, Gate, GateKind};
use sfund_engine::listing::look::Look;
use sfund_engine::listing::stage::Stage;
use sfund_engine::listing::terms::Reserve;
use sfund_engine::listing::{Completeness, Dates, Listing};
use sfund_engine::policy::JudgedBy;
use sfund_engine::time::Time;
use sfund_proto::v1;

use crate::read::listings::{Happening, ListingView};
use crate::read::views::Stamp;
use crate::wire::decimal::ratio_text;
use crate::wire::fields::{text_if_any, write_time};
use crate::wire::listing_terms::{Floor, document, floor_text, payment, terms};
use crate::wire::twins::Twin;

/// What everybody is told of a listing that they may see at all.
#[must_use]
pub fn teaser(view: &ListingView, accepted: Option<Reader>) -> v1::Listing {
    let listing = &view.listing;
    let public = listing.terms.documents.iter();
    let public = public.filter(|document| document.visibility == Visibility::Teaser);
    v1::Listing {
        listing_id: view.id.to_string(),
        code: listing.terms.code.clone(),
        headline: listing.terms.headline.clone(),
        method: listing.terms.method.write(),
        stage: listing.stage.write(),
        announced_until: listing
            .announcement
            .as_ref()
            .map(|announced| write_time(announced.period.ends)),
        documents: public.map(document).collect(),
        accepted_at: accepted.map(|reader| write_time(reader.accepted)),
        notice: None,
        record: None,
    }
}

/// Whether bidders are told the floor of a listing: a hidden one, once somebody won.
#[must_use]
pub fn floor_for_bidders(listing: &Listing) -> Floor {
    let is_over = matches!(listing.stage, Stage::Awarded | Stage::HandedOver);
    match listing.terms.reserve {
        Reserve::Hidden if !is_over => Floor::Hidden,
        Reserve::Hidden | Reserve::Public => Floor::Shown,
    }
}

/// What another partner of the fund is told.
#[must_use]
pub fn notice(view: &ListingView, holder: PartyId) -> v1::PartnerNotice {
    let listing = &view.listing;
    let gate = listing.gate(GateKind::FirstRefusal);
    let said = gate.and_then(|gate| gate.claims.iter().find(|claim| claim.holder == holder));
    v1::PartnerNotice {
        fund_id: listing.terms.fund.to_string(),
        units: listing.terms.units.to_string(),
        floor: floor_text(&listing.terms, floor_for_bidders(listing)),
        payment: Some(payment(listing.terms.payment)),
        first_refusal_until: gate.and_then(|gate| gate.due).map(write_time),
        answer: said.map_or(0, |claim| claim.answer.write()),
    }
}

/// All of a listing.
#[must_use]
pub fn record(view: &ListingView) -> v1::ListingRecord {
    let listing = &view.listing;
    v1::ListingRecord {
        seller_id: listing.seller.to_string(),
        terms: Some(terms(&listing.terms, Floor::Shown)),
        deposit_cash: listing.terms.deposit_cash().to_string(),
        submissions: listing.submissions.into(),
        completeness: Some(completeness(listing.completeness)),
        judged_by: listing.judged.as_ref().map(judged_by),
        reasons: listing.reasons.clone(),
        end_reason: listing.end.map_or(0, Twin::write),
        gates: listing.gates.iter().map(gate).collect(),
        announcement: listing.announcement.as_ref().map(announcement),
        dates: Some(dates(&listing.dates)),
        intentions: listing.intentions,
        readers: u32::try_from(view.readers).unwrap_or(u32::MAX),
    }
}

/// The full disclosure.
#[must_use]
pub fn disclosure(view: &ListingView, floor: Floor) -> v1::ListingDisclosure {
    let listing = &view.listing;
    v1::ListingDisclosure {
        listing_id: view.id.to_string(),
        seller_id: listing.seller.to_string(),
        terms: Some(terms(&listing.terms, floor)),
        deposit_cash: match floor {
            Floor::Shown => listing.terms.deposit_cash().to_string(),
            Floor::Hidden => String::new(),
        },
        completeness: Some(completeness(listing.completeness)),
        announcement: listing.announcement.as_ref().map(announcement),
        stage: listing.stage.write(),
    }
}

/// Disclosure fields answered.
#[must_use]
pub fn completeness(completeness: Completeness) -> v1::Completeness {
    let score: Ppm = completeness.score();
    v1::Completeness {
        answered: completeness.answered.into(),
        asked: completeness.asked.into(),
        score: ratio_text(score),
    }
}

/// Which pack judged.
#[must_use]
pub fn judged_by(judged: &JudgedBy) -> v1::JudgedBy {
    let overlay = judged.overlay.as_ref();
    v1::JudgedBy {
        pack_code: judged.pack.code.clone(),
        pack_version: judged.pack.version,
        overlay_code: overlay.map_or_else(String::new, |overlay| overlay.code.clone()),
        overlay_version: overlay.map_or(0, |overlay| overlay.version),
    }
}

/// A period of working days.
#[must_use]
pub fn period(period: &Period) -> v1::AnnouncementPeriod {
    v1::AnnouncementPeriod {
        from_date: period.from.to_string(),
        working_days: period.working_days.into(),
        last_date: period.last.to_string(),
        ends: Some(write_time(period.ends)),
    }
}

/// A gate.
#[must_use]
pub fn gate(gate: &Gate) -> v1::Gate {
    let claim = |said: &Claim| v1::Claim {
        party_id: said.holder.to_string(),
        answer: said.answer.write(),
        time: Some(write_time(said.at)),
    };
    v1::Gate {
        kind: gate.kind.write(),
        state: gate.state.write(),
        days: gate.days.unwrap_or(0).into(),
        due: gate.due.map(write_time),
        silence: gate.silence.write(),
        how: gate.how.map_or(0, Twin::write),
        claims: gate.claims.iter().map(claim).collect(),
    }
}

fn announcement(announced: &Announcement) -> v1::Announcement {
    v1::Announcement {
        first_date: announced.first.to_string(),
        period: Some(period(&announced.period)),
        passed_days: announced.passed_days.into(),
        planned_days: announced.planned_days.into(),
        extensions: announced.extensions.into(),
        suspended_until: announced.suspended_until.map(write_time),
        removal: announced.removal.map(write_time),
        judged_by: Some(judged_by(&announced.judged)),
    }
}

fn dates(dates: &Dates) -> v1::ListingDates {
    v1::ListingDates {
        drafted: Some(write_time(dates.drafted)),
        submitted: dates.submitted.map(write_time),
        reviewed: dates.reviewed.map(write_time),
        announced: dates.announced.map(write_time),
        closed: dates.closed.map(write_time),
        bidding: dates.bidding.map(write_time),
        awarded: dates.awarded.map(write_time),
        ended: dates.ended.map(write_time),
    }
}

/// An investor that accepted the confidentiality terms.
#[must_use]
pub fn reader((party, reader): (PartyId, Reader)) -> v1::ListingReader {
    v1::ListingReader {
        party_id: party.to_string(),
        accepted_at: Some(write_time(reader.accepted)),
        terms_sha256: reader.terms.bytes().to_vec(),
    }
}

/// How often somebody looked at a document of `listing`.
#[must_use]
pub fn look(listing: &Listing, party: PartyId, sha256: [u8; 32], look: Look) -> v1::ListingLook {
    let sha256 = Sha256::new(sha256);
    let named = listing.terms.documents.iter().find(|document| document.sha256 == sha256);
    v1::ListingLook {
        party_id: party.to_string(),
        sha256: sha256.bytes().to_vec(),
        name: named.map_or_else(String::new, |document| document.name.clone()),
        count: look.count,
        first: Some(write_time(look.first)),
        last: Some(write_time(look.last)),
    }
}

/// Something that happened to a listing.
#[must_use]
pub fn happened(listing: ListingId, stamp: Stamp, what: &Happening) -> v1::ListingEvent {
    v1::ListingEvent {
        sequence: stamp.sequence.number(),
        time: Some(write_time(stamp.at)),
        listing_id: listing.to_string(),
        event: Event::name_of(what.event).unwrap_or_default().to_owned(),
        stage: what.stage.map_or(0, Twin::write),
        gate: what.gate.map_or(0, Twin::write),
        answer: what.answer.map_or(0, Twin::write),
        how: what.how.map_or(0, Twin::write),
        reasons: what.reasons.clone(),
        end_reason: what.end.map_or(0, Twin::write),
        period: what.period.as_ref().map(period),
        party_id: text_if_any(what.party),
        sha256: what.document.map_or_else(Vec::new, |document| document.bytes().to_vec()),
        judged_by: what.judged.as_ref().map(judged_by),
        claim: what.claim.map_or(0, Twin::write),
        code: text_if_any(what.code),
        bid: None,
        offer: None,
    }
}

/// What is due of a listing, in the venue's own days.
#[must_use]
pub fn deadline(
    id: ListingId,
    deadline: &Deadline,
    utc_offset_minutes: i16,
) -> v1::ListingDeadline {
    use v1::{ListingDeadlineKind as Kind, SilenceMeans as Means};
    let kind = match deadline.what {
        DueOf::Gate(GateKind::PartnersNotice) => Kind::PartnersNotice,
        DueOf::Gate(GateKind::FirstRefusal) => Kind::FirstRefusal,
        DueOf::Gate(GateKind::ManagerConsent) => Kind::ManagerConsent,
        DueOf::Gate(GateKind::StateApproval) => Kind::StateApproval,
        DueOf::Announcement => Kind::Announcement,
        DueOf::Suspension => Kind::Suspension,
        DueOf::Removal => Kind::Removal,
    };
    let silence_means = match deadline.silence {
        Meaning::Nothing => Means::Nothing,
        Meaning::GateOpens => Means::GateOpens,
        Meaning::RightIsKept => Means::RightIsKept,
        Meaning::ListingEnds => Means::ListingEnds,
        Meaning::AnnouncementExtended => Means::AnnouncementExtended,
        Meaning::IntentionsClose => Means::IntentionsClose,
        Meaning::AnnouncementResumes => Means::AnnouncementResumes,
    };
    // It is the first moment after a day: the day is that of the moment before.
    let last = |due: Time| Time::from_nanos(due.nanos().saturating_sub(1)).date(utc_offset_minutes);
    v1::ListingDeadline {
        listing_id: id.to_string(),
        kind: kind.into(),
        last_date: deadline.due.map_or_else(String::new, |due| last(due).to_string()),
        due: deadline.due.map(write_time),
        silence_means: silence_means.into(),
    }
}

/// What a fund's agreement says.
#[must_use]
pub fn agreement(agreement: &AgreementTerms) -> v1::FundAgreement {
    use v1::consent_term::Term as Asked;
    use v1::first_refusal_term::Term as Right;
    let right = match agreement.first_refusal {
        FirstRefusalTerm::AsPack => Right::AsPack(v1::AsPack {}),
        FirstRefusalTerm::Excluded => Right::Excluded(v1::NotAsked {}),
        FirstRefusalTerm::Days(days) => Right::Days(days.into()),
    };
    let consent = match agreement.consent {
        ConsentTerm::AsPack => Asked::AsPack(v1::AsPack {}),
        ConsentTerm::NotAsked => Asked::NotAsked(v1::NotAsked {}),
        ConsentTerm::Asked { days, silence } => {
            Asked::Asked(v1::ConsentAsked { days: days.into(), silence: silence.write() })
        }
    };
    v1::FundAgreement {
        first_refusal: Some(v1::FirstRefusalTerm { term: Some(right) }),
        consent: Some(v1::ConsentTerm { term: Some(consent) }),
    }
}
