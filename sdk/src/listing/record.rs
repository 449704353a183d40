//! A listing as much of it as the caller may see (挂牌项目).

use sfund_engine::amount::{Money, Price, Units};
use sfund_engine::bidding::mode::Code;
use sfund_engine::id::{FundId, ListingId, PartyId, Sequence};
use sfund_engine::listing::agreement::{AgreementTerms, ConsentTerm, FirstRefusalTerm};
use sfund_engine::listing::announce::Period;
use sfund_engine::listing::deadline::{DueOf, Meaning};
use sfund_engine::listing::document::{Document, Sha256};
use sfund_engine::listing::gate::{Claim, ClaimAnswer, Consent, Gate, GateKind, GateState, How};
use sfund_engine::listing::stage::{EndReason, Stage};
use sfund_engine::listing::terms::{Method, Payment};
use sfund_engine::listing::{Completeness, Dates};
use sfund_engine::policy::JudgedBy;
use sfund_engine::policy::choice::Silence;
use sfund_engine::time::{Date, Time};
use sfund_proto::v1;

use crate::bidding::lot::{LotBid, LotOffer, bid_of, maybe_code, offer_of};
use crate::error::Unreadable;
use crate::listing::terms::{ListingTerms, documents_of, payment_of, terms_of};
use crate::wire::policy::judged_of;
use crate::wire::{self, Twin, bytes32, maybe, maybe_time, narrow, read, some};

/// A listing as the caller sees it (挂牌项目).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Id.
    pub id: ListingId,
    /// Project code (项目编号).
    pub code: String,
    /// What the seller says to everybody.
    pub headline: String,
    /// How the buyer is found.
    pub method: Method,
    /// Where it stands.
    pub stage: Stage,
    /// First moment after the announcement, where there was one.
    pub announced_until: Option<Time>,
    /// Documents for everybody.
    pub documents: Vec<Document>,
    /// When the caller accepted the confidentiality terms, if it did.
    pub accepted_at: Option<Time>,
    /// B1: what a partner of the fund is told; for its holders (通知内容).
    pub notice: Option<PartnerNotice>,
    /// All of it; for the seller, its member, the fund's manager and the venue.
    pub record: Option<Box<ListingRecord>>,
}

/// What the other partners of a fund are told of a listing, rules B1, B3 (通知内容).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartnerNotice {
    /// Fund.
    pub fund: FundId,
    /// Units offered.
    pub units: Units,
    /// Lowest price of a unit; `None` while it is hidden.
    pub floor: Option<Price>,
    /// How the price is paid.
    pub payment: Payment,
    /// When the time for the right of first refusal is over, where it runs.
    pub first_refusal_until: Option<Time>,
    /// What the caller said of its right, if it has spoken.
    pub answer: Option<ClaimAnswer>,
}

/// All of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingRecord {
    /// Who sells.
    pub seller: PartyId,
    /// What, and on which terms.
    pub terms: ListingTerms,
    /// D1: cash of one bidder's deposit for all units.
    pub deposit_cash: Money,
    /// How often it was submitted.
    pub submissions: u32,
    /// Of its newest submission: disclosure fields answered.
    pub completeness: Completeness,
    /// Which pack judged its newest submission.
    pub judged: Option<JudgedBy>,
    /// What the newest review said.
    pub reasons: Vec<String>,
    /// Why it ended, if it did so by itself.
    pub end: Option<EndReason>,
    /// What must be green before it is announced.
    pub gates: Vec<Gate>,
    /// Its announcement, once there was one.
    pub announcement: Option<Announcement>,
    /// When it came where it came.
    pub dates: Dates,
    /// Intentions declared since it was announced first.
    pub intentions: u32,
    /// Investors that accepted the confidentiality terms.
    pub readers: u32,
}

/// The announcement of a listing (信息披露公告).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Day of the first announcement.
    pub first: Date,
    /// The period that runs, or ran last.
    pub period: Period,
    /// C2: working days that had passed before this period began, of one that was suspended.
    pub passed_days: u32,
    /// C2: working days that it has in all, as announced, extended and resumed.
    pub planned_days: u32,
    /// C2: how often it was extended.
    pub extensions: u32,
    /// C2: when it goes on by itself, while it stands still.
    pub suspended_until: Option<Time>,
    /// When the offer must be taken down, where the rules ask for that.
    pub removal: Option<Time>,
    /// Which pack judged.
    pub judged: JudgedBy,
}

/// The full disclosure of a listing (保密信息).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingDisclosure {
    /// The listing.
    pub listing: ListingId,
    /// Who sells.
    pub seller: PartyId,
    /// What, and on which terms; without the floor while that is hidden.
    pub terms: ListingTerms,
    /// D1: cash of one bidder's deposit for all units; `None` while the floor is hidden.
    pub deposit_cash: Option<Money>,
    /// Disclosure fields answered.
    pub completeness: Completeness,
    /// Its announcement.
    pub announcement: Option<Announcement>,
    /// Where it stands.
    pub stage: Stage,
}

/// An investor that accepted the confidentiality terms of a listing (保密承诺).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListingReader {
    /// Who.
    pub party: PartyId,
    /// When.
    pub accepted_at: Time,
    /// SHA-256 of the terms that it signed.
    pub terms: Sha256,
}

/// How often an investor looked at a document (查阅记录).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingLook {
    /// Who.
    pub party: PartyId,
    /// SHA-256 of the document.
    pub document: Sha256,
    /// Name of the document; `None` if the listing no longer names it.
    pub name: Option<String>,
    /// How often.
    pub count: u32,
    /// When first.
    pub first: Time,
    /// When last.
    pub last: Time,
}

/// One thing that happened to a listing. What an event does not say is `None`, or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingEvent {
    /// Entry in which it happened.
    pub sequence: Sequence,
    /// When.
    pub time: Time,
    /// The listing.
    pub listing: ListingId,
    /// Name of the event in the journal, as `ListingAnnounced`.
    pub event: String,
    /// Where the listing stands by it, if it moved.
    pub stage: Option<Stage>,
    /// The gate that it is about.
    pub gate: Option<GateKind>,
    /// What was said of the gate, or what silence meant.
    pub answer: Option<Consent>,
    /// Whether somebody said so or time passed.
    pub how: Option<How>,
    /// Why, where somebody said so.
    pub reasons: Vec<String>,
    /// Why it ended, if it did so by itself.
    pub end: Option<EndReason>,
    /// The announcement's period, where the event sets it.
    pub period: Option<Period>,
    /// Who claimed, accepted or looked.
    pub party: Option<PartyId>,
    /// The document that was looked at.
    pub document: Option<Sha256>,
    /// Which pack judged.
    pub judged: Option<JudgedBy>,
    /// What a holder of the right of first refusal said.
    pub claim: Option<ClaimAnswer>,
    /// The bidder that it is about.
    pub code: Option<Code>,
    /// The bid of the party that was made or moved; on its own stream alone.
    pub bid: Option<LotBid>,
    /// The offer of which the party is one side; on its own stream alone.
    pub offer: Option<LotOffer>,
}

/// One thing of a listing that is due, rule J2 (期限).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListingDeadline {
    /// The listing.
    pub listing: ListingId,
    /// What is due.
    pub what: DueOf,
    /// Its last day; `None` while its time does not run.
    pub last: Option<Date>,
    /// The first moment after it; `None` while its time does not run.
    pub due: Option<Time>,
    /// What happens if nobody says anything until then (默示后果).
    pub silence: Meaning,
}

pub(crate) fn listing_of(wire: v1::Listing) -> Result<Listing, Unreadable> {
    Ok(Listing {
        id: read(&wire.listing_id, "listing_id")?,
        code: wire.code,
        headline: wire.headline,
        method: Method::from_wire(wire.method)?,
        stage: Stage::from_wire(wire.stage)?,
        announced_until: maybe_time(wire.announced_until)?,
        documents: documents_of(wire.documents)?,
        accepted_at: maybe_time(wire.accepted_at)?,
        notice: wire.notice.map(notice_of).transpose()?,
        record: wire.record.map(record_of).transpose()?.map(Box::new),
    })
}

fn notice_of(wire: v1::PartnerNotice) -> Result<PartnerNotice, Unreadable> {
    Ok(PartnerNotice {
        fund: read(&wire.fund_id, "notice.fund_id")?,
        units: read(&wire.units, "notice.units")?,
        floor: maybe(&wire.floor, "notice.floor")?,
        payment: payment_of(wire.payment)?,
        first_refusal_until: maybe_time(wire.first_refusal_until)?,
        answer: ClaimAnswer::maybe_from_wire(wire.answer)?,
    })
}

fn record_of(wire: v1::ListingRecord) -> Result<ListingRecord, Unreadable> {
    Ok(ListingRecord {
        seller: read(&wire.seller_id, "seller_id")?,
        terms: terms_of(some(wire.terms, "terms")?)?,
        deposit_cash: read(&wire.deposit_cash, "deposit_cash")?,
        submissions: wire.submissions,
        completeness: completeness_of(wire.completeness)?,
        judged: wire.judged_by.map(judged_of),
        reasons: wire.reasons,
        end: EndReason::maybe_from_wire(wire.end_reason)?,
        gates: gates_of(wire.gates)?,
        announcement: wire.announcement.map(announcement_of).transpose()?,
        dates: dates_of(&some(wire.dates, "dates")?)?,
        intentions: wire.intentions,
        readers: wire.readers,
    })
}

pub(crate) fn completeness_of(wire: Option<v1::Completeness>) -> Result<Completeness, Unreadable> {
    let wire = some(wire, "completeness")?;
    Ok(Completeness {
        answered: narrow(wire.answered, "completeness.answered")?,
        asked: narrow(wire.asked, "completeness.asked")?,
    })
}

pub(crate) fn gates_of(wire: Vec<v1::Gate>) -> Result<Vec<Gate>, Unreadable> {
    let gates = wire.into_iter().map(|wire| {
        let claims = wire.claims.into_iter().map(|said| {
            Ok(Claim {
                holder: read(&said.party_id, "claim.party_id")?,
                answer: ClaimAnswer::from_wire(said.answer)?,
                at: wire::time(some(said.time, "claim.time")?)?,
            })
        });
        let days: u16 = narrow(wire.days, "gate.days")?;
        Ok(Gate {
            kind: GateKind::from_wire(wire.kind)?,
            state: GateState::from_wire(wire.state)?,
            days: (days != 0).then_some(days),
            due: maybe_time(wire.due)?,
            silence: Silence::from_wire(wire.silence)?,
            how: How::maybe_from_wire(wire.how)?,
            claims: claims.collect::<Result<_, _>>()?,
        })
    });
    gates.collect()
}

pub(crate) fn period_of(wire: Option<v1::AnnouncementPeriod>) -> Result<Period, Unreadable> {
    let wire = some(wire, "period")?;
    Ok(Period {
        from: read(&wire.from_date, "period.from_date")?,
        working_days: narrow(wire.working_days, "period.working_days")?,
        last: read(&wire.last_date, "period.last_date")?,
        ends: wire::time(some(wire.ends, "period.ends")?)?,
    })
}

fn announcement_of(wire: v1::Announcement) -> Result<Announcement, Unreadable> {
    Ok(Announcement {
        first: read(&wire.first_date, "announcement.first_date")?,
        period: period_of(wire.period)?,
        passed_days: wire.passed_days,
        planned_days: wire.planned_days,
        extensions: wire.extensions,
        suspended_until: maybe_time(wire.suspended_until)?,
        removal: maybe_time(wire.removal)?,
        judged: judged_of(some(wire.judged_by, "announcement.judged_by")?),
    })
}

fn dates_of(wire: &v1::ListingDates) -> Result<Dates, Unreadable> {
    Ok(Dates {
        drafted: wire::time(some(wire.drafted, "dates.drafted")?)?,
        submitted: maybe_time(wire.submitted)?,
        reviewed: maybe_time(wire.reviewed)?,
        announced: maybe_time(wire.announced)?,
        closed: maybe_time(wire.closed)?,
        bidding: maybe_time(wire.bidding)?,
        awarded: maybe_time(wire.awarded)?,
        ended: maybe_time(wire.ended)?,
    })
}

pub(crate) fn disclosure_of(
    wire: Option<v1::ListingDisclosure>,
) -> Result<ListingDisclosure, Unreadable> {
    let wire = some(wire, "disclosure")?;
    Ok(ListingDisclosure {
        listing: read(&wire.listing_id, "listing_id")?,
        seller: read(&wire.seller_id, "seller_id")?,
        terms: terms_of(some(wire.terms, "terms")?)?,
        deposit_cash: maybe(&wire.deposit_cash, "deposit_cash")?,
        completeness: completeness_of(wire.completeness)?,
        announcement: wire.announcement.map(announcement_of).transpose()?,
        stage: Stage::from_wire(wire.stage)?,
    })
}

pub(crate) fn reader_of(wire: v1::ListingReader) -> Result<ListingReader, Unreadable> {
    Ok(ListingReader {
        party: read(&wire.party_id, "party_id")?,
        accepted_at: wire::time(some(wire.accepted_at, "accepted_at")?)?,
        terms: Sha256::new(bytes32(&wire.terms_sha256, "terms_sha256")?),
    })
}

pub(crate) fn look_of(wire: v1::ListingLook) -> Result<ListingLook, Unreadable> {
    Ok(ListingLook {
        party: read(&wire.party_id, "party_id")?,
        document: Sha256::new(bytes32(&wire.sha256, "sha256")?),
        name: (!wire.name.is_empty()).then_some(wire.name),
        count: wire.count,
        first: wire::time(some(wire.first, "first")?)?,
        last: wire::time(some(wire.last, "last")?)?,
    })
}

pub(crate) fn event_of(wire: v1::ListingEvent) -> Result<ListingEvent, Unreadable> {
    let document = match wire.sha256.as_slice() {
        [] => None,
        bytes => Some(Sha256::new(bytes32(bytes, "sha256")?)),
    };
    Ok(ListingEvent {
        sequence: Sequence::new(wire.sequence),
        time: wire::time(some(wire.time, "time")?)?,
        listing: read(&wire.listing_id, "listing_id")?,
        event: wire.event,
        stage: Stage::maybe_from_wire(wire.stage)?,
        gate: GateKind::maybe_from_wire(wire.gate)?,
        answer: Consent::maybe_from_wire(wire.answer)?,
        how: How::maybe_from_wire(wire.how)?,
        reasons: wire.reasons,
        end: EndReason::maybe_from_wire(wire.end_reason)?,
        period: wire.period.map(|period| period_of(Some(period))).transpose()?,
        party: maybe(&wire.party_id, "party_id")?,
        document,
        judged: wire.judged_by.map(judged_of),
        claim: ClaimAnswer::maybe_from_wire(wire.claim)?,
        code: maybe_code(&wire.code, "code")?,
        bid: wire.bid.map(bid_of).transpose()?,
        offer: wire.offer.map(offer_of).transpose()?,
    })
}

pub(crate) fn deadline_of(wire: v1::ListingDeadline) -> Result<ListingDeadline, Unreadable> {
    Ok(ListingDeadline {
        listing: read(&wire.listing_id, "listing_id")?,
        what: DueOf::from_wire(wire.kind)?,
        last: maybe(&wire.last_date, "last_date")?,
        due: maybe_time(wire.due)?,
        silence: Meaning::from_wire(wire.silence_means)?,
    })
}

pub(crate) fn agreement_of(wire: Option<v1::FundAgreement>) -> Result<AgreementTerms, Unreadable> {
    use v1::consent_term::Term as Asked;
    use v1::first_refusal_term::Term as Right;
    let wire = some(wire, "agreement")?;
    let right = wire.first_refusal.and_then(|right| right.term);
    let consent = wire.consent.and_then(|consent| consent.term);
    Ok(AgreementTerms {
        first_refusal: match some(right, "first_refusal")? {
            Right::AsPack(v1::AsPack {}) => FirstRefusalTerm::AsPack,
            Right::Excluded(v1::NotAsked {}) => FirstRefusalTerm::Excluded,
            Right::Days(days) => FirstRefusalTerm::Days(narrow(days, "first_refusal.days")?),
        },
        consent: match some(consent, "consent")? {
            Asked::AsPack(v1::AsPack {}) => ConsentTerm::AsPack,
            Asked::NotAsked(v1::NotAsked {}) => ConsentTerm::NotAsked,
            Asked::Asked(asked) => ConsentTerm::Asked {
                days: narrow(asked.days, "consent.days")?,
                silence: Silence::from_wire(asked.silence)?,
            },
        },
    })
}

pub(crate) fn agreement_to_wire(terms: AgreementTerms) -> v1::FundAgreement {
    use v1::consent_term::Term as Asked;
    use v1::first_refusal_term::Term as Right;
    let right = match terms.first_refusal {
        FirstRefusalTerm::AsPack => Right::AsPack(v1::AsPack {}),
        FirstRefusalTerm::Excluded => Right::Excluded(v1::NotAsked {}),
        FirstRefusalTerm::Days(days) => Right::Days(days.into()),
    };
    let consent = match terms.consent {
        ConsentTerm::AsPack => Asked::AsPack(v1::AsPack {}),
        ConsentTerm::NotAsked => Asked::NotAsked(v1::NotAsked {}),
        ConsentTerm::Asked { days, silence } => {
            Asked::Asked(v1::ConsentAsked { days: days.into(), silence: silence.to_wire() })
        }
    };
    v1::FundAgreement {
        first_refusal: Some(v1::FirstRefusalTerm { term: Some(right) }),
        consent: Some(v1::ConsentTerm { term: Some(consent) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agreement_says_crosses_the_wire_unchanged() {
        let rights =
            [FirstRefusalTerm::AsPack, FirstRefusalTerm::Excluded, FirstRefusalTerm::Days(30)];
        let asked = ConsentTerm::Asked { days: 15, silence: Silence::Refusal };
        let consents = [ConsentTerm::AsPack, ConsentTerm::NotAsked, asked];
        for (first_refusal, consent) in rights.into_iter().zip(consents) {
            let terms = AgreementTerms { first_refusal, consent };
            assert_eq!(agreement_of(Some(agreement_to_wire(terms))), Ok(terms));
        }
        let silent = v1::FundAgreement::default();
        assert_eq!(agreement_of(Some(silent)), Err(Unreadable { field: "first_refusal" }));
    }
}
