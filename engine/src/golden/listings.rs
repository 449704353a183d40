//! A fixed value of every command and event of a listing.

use super::{FUND, LATER, NOW, OTHER, date};
use crate::amount::{Ppm, Price, Units};
use crate::bidding::mode::Portion;
use crate::command::Command;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::Completeness;
use crate::listing::agreement::{
    AgreementSet, AgreementTerms, ConsentTerm, FirstRefusalTerm, SetAgreement,
};
use crate::listing::announce::{AnnounceListing, ListingAnnounced, Period};
use crate::listing::approve::RecordApproval;
use crate::listing::change::{ChangeListing, ListingChanged};
use crate::listing::close::ListingClosed;
use crate::listing::confidentiality::{AcceptConfidentiality, ConfidentialityAccepted};
use crate::listing::consent::{AnswerConsent, GateClosed};
use crate::listing::document::{Document, DocumentKind, Sha256, Visibility};
use crate::listing::draft::{DraftListing, ListingDrafted};
use crate::listing::end::{Ending, ListingEnded, RevokeListing, WithdrawListing};
use crate::listing::extend::{ExtendListing, ListingExtended};
use crate::listing::first_refusal::{AnswerFirstRefusal, FirstRefusalAnswered};
use crate::listing::gate::{Claim, ClaimAnswer, Consent, Gate, GateKind, GateState, How};
use crate::listing::look::{DocumentLookedAt, LookAtDocument};
use crate::listing::notify::{GateDue, NotifyPartners, PartnersNotified};
use crate::listing::reprice::{ListingRepriced, RepriceListing};
use crate::listing::resume::{ListingResumed, ResumeListing};
use crate::listing::review::{ListingReviewed, ListingVerdict, ReviewListing};
use crate::listing::stage::EndReason;
use crate::listing::submit::{ListingSubmitted, SubmitListing};
use crate::listing::suspend::{ListingSuspended, SuspendListing};
use crate::listing::terms::{
    Answer, Appraisal, IfNobodyComes, Interim, ListingTerms, Method, Payment, Reserve,
};
use crate::policy::choice::{Disclosure, Ownership, Silence};
use crate::policy::{JudgedBy, PackVersion};

pub(super) const LISTING: ListingId = ListingId::new(70_000);

/// One of each kind, and more where a command has several shapes.
pub(super) fn commands() -> Vec<Command> {
    let draft = |listing, terms| {
        Command::DraftListing(Box::new(DraftListing { listing, seller: OTHER, terms }))
    };
    let review = |verdict, reasons| {
        Command::ReviewListing(Box::new(ReviewListing { listing: LISTING, verdict, reasons }))
    };
    let reasons = || vec!["缺少审计报告".to_owned(), "缺少决策文件".to_owned()];
    let listing = LISTING;
    let reason = || "随机".to_owned();
    let mut commands = asks();
    commands.extend([
        Command::SuspendListing(Box::new(suspend())),
        Command::ChangeListing(Box::new(change())),
        Command::WithdrawListing(Box::new(WithdrawListing { listing, reason: reason() })),
        Command::RevokeListing(Box::new(RevokeListing { listing, reason: reason() })),
        draft(None, terms()),
        draft(Some(LISTING), bare_terms()),
        draft(None, shared_terms()),
        Command::SubmitListing(SubmitListing { listing: LISTING }),
        review(ListingVerdict::Accept, Vec::new()),
        review(ListingVerdict::Reject, reasons()),
        review(ListingVerdict::Complete, reasons()),
    ]);
    commands
}

/// Those that fit a line.
fn asks() -> Vec<Command> {
    let (listing, evidence) = (LISTING, SHA);
    let agreements = [
        (FirstRefusalTerm::AsPack, ConsentTerm::AsPack),
        (FirstRefusalTerm::Excluded, ConsentTerm::NotAsked),
        (FirstRefusalTerm::Days(300), ConsentTerm::Asked { days: 300, silence: Silence::Refusal }),
    ];
    let agreements = agreements.map(|(first_refusal, consent)| {
        let terms = AgreementTerms { first_refusal, consent };
        Command::SetAgreement(SetAgreement { fund: FUND, terms, evidence })
    });
    let bare = RepriceListing { consent: None, ..reprice() };
    let single = vec![
        Command::NotifyPartners(notify()),
        Command::AnswerFirstRefusal(first_refusal(ClaimAnswer::Claim)),
        Command::AnswerFirstRefusal(first_refusal(ClaimAnswer::Waive)),
        Command::AnswerConsent(AnswerConsent { listing, answer: Consent::Given, evidence }),
        Command::AnswerConsent(AnswerConsent { listing, answer: Consent::Refused, evidence }),
        Command::RecordApproval(RecordApproval { listing, answer: Consent::Given, evidence }),
        Command::AnnounceListing(AnnounceListing { listing }),
        Command::ResumeListing(ResumeListing { listing }),
        Command::ExtendListing(ExtendListing { listing }),
        Command::RepriceListing(reprice()),
        Command::RepriceListing(bare),
        Command::AcceptConfidentiality(accept()),
        Command::LookAtDocument(look()),
    ];
    [agreements.to_vec(), single].concat()
}

const SHA: Sha256 = Sha256::new([0xAB; 32]);

fn notify() -> NotifyPartners {
    NotifyPartners { listing: LISTING, delivered: date(300), evidence: SHA }
}

fn first_refusal(answer: ClaimAnswer) -> AnswerFirstRefusal {
    AnswerFirstRefusal { listing: LISTING, holder: OTHER, answer }
}

fn reprice() -> RepriceListing {
    let floor = Price::from_e4(12_300);
    RepriceListing { listing: LISTING, floor, working_days: 10, consent: Some(SHA) }
}

fn suspend() -> SuspendListing {
    SuspendListing { listing: LISTING, until: date(300), reason: "核实".to_owned() }
}

fn change() -> ChangeListing {
    ChangeListing { listing: LISTING, terms: bare_terms(), reason: "更正".to_owned() }
}

fn accept() -> AcceptConfidentiality {
    AcceptConfidentiality { listing: LISTING, reader: OTHER, terms: SHA }
}

fn look() -> LookAtDocument {
    LookAtDocument { listing: LISTING, reader: OTHER, document: SHA }
}

fn period() -> Period {
    Period { from: date(300), working_days: 20, last: date(328), ends: LATER }
}

fn gate() -> Gate {
    Gate {
        kind: GateKind::FirstRefusal,
        state: GateState::Running,
        days: Some(30),
        due: Some(LATER),
        silence: Silence::Consent,
        how: None,
        claims: vec![Claim { holder: OTHER, answer: ClaimAnswer::Waive, at: NOW }],
    }
}

/// One of each kind, and more where an event has several shapes.
pub(super) fn events() -> Vec<Event> {
    let listing = LISTING;
    let reviewed = |verdict, reasons| {
        let gates = vec![gate()];
        Event::ListingReviewed(Box::new(ListingReviewed { listing, verdict, reasons, gates }))
    };
    let mut events = [gates(), announcements()].concat();
    events.extend([
        Event::ListingDrafted(Box::new(ListingDrafted { listing, seller: OTHER, terms: terms() })),
        Event::ListingSubmitted(Box::new(ListingSubmitted {
            listing,
            judged: judged(),
            completeness: Completeness { answered: 17, asked: 300 },
            available_before: Units::from_e2(5_000),
        })),
        reviewed(ListingVerdict::Accept, Vec::new()),
        reviewed(ListingVerdict::Complete, vec!["缺少审计报告".to_owned()]),
    ]);
    events
}

fn gates() -> Vec<Event> {
    let listing = LISTING;
    let closed = |gate, answer, how, evidence| {
        Event::GateClosed(GateClosed { listing, gate, answer, how, evidence })
    };
    let agreement = SetAgreement {
        fund: FUND,
        terms: AgreementTerms { first_refusal: FirstRefusalTerm::Excluded, ..Default::default() },
        evidence: SHA,
    };
    let due = [GateKind::PartnersNotice, GateKind::FirstRefusal];
    let due = due.map(|gate| GateDue { gate, due: LATER }).to_vec();
    vec![
        Event::AgreementSet(AgreementSet { terms: agreement }),
        Event::PartnersNotified(Box::new(PartnersNotified { terms: notify(), due })),
        Event::FirstRefusalAnswered(FirstRefusalAnswered {
            terms: first_refusal(ClaimAnswer::Claim),
        }),
        closed(GateKind::ManagerConsent, Consent::Refused, How::Silence, None),
        closed(GateKind::StateApproval, Consent::Given, How::Said, Some(SHA)),
    ]
}

fn announcements() -> Vec<Event> {
    let (listing, period, judged) = (LISTING, period(), judged());
    let announced = |removal| {
        let judged = judged.clone();
        Event::ListingAnnounced(Box::new(ListingAnnounced { listing, period, removal, judged }))
    };
    let ended = |ending, reason: Option<&str>| {
        let reason = reason.map(str::to_owned);
        Event::ListingEnded(Box::new(ListingEnded { listing, ending, reason }))
    };
    vec![
        announced(None),
        announced(Some(LATER)),
        Event::ListingSuspended(Box::new(ListingSuspended {
            terms: suspend(),
            until: LATER,
            passed_days: 300,
        })),
        Event::ListingResumed(ListingResumed { listing, period, how: How::Said }),
        Event::ListingExtended(ListingExtended {
            listing,
            working_days: 5,
            period,
            how: How::Silence,
        }),
        Event::ListingRepriced(Box::new(ListingRepriced {
            terms: reprice(),
            period,
            judged: judged.clone(),
        })),
        Event::ListingChanged(Box::new(ListingChanged {
            terms: change(),
            period,
            judged: judged.clone(),
        })),
        Event::ListingClosed(ListingClosed { listing }),
        ended(Ending::Withdrawn, Some("撤回")),
        ended(Ending::Revoked, Some("违规")),
        ended(Ending::Ended(EndReason::NoBidder), None),
        ended(Ending::Ended(EndReason::GateRefused), None),
        Event::ConfidentialityAccepted(ConfidentialityAccepted { terms: accept() }),
        Event::DocumentLookedAt(DocumentLookedAt { terms: look() }),
    ]
}

fn judged() -> JudgedBy {
    let pack = PackVersion { code: "cn-regional".to_owned(), version: 3 };
    let overlay = Some(PackVersion { code: "soe".to_owned(), version: 300 });
    JudgedBy { pack, overlay }
}

fn terms() -> ListingTerms {
    let document = |name: &str, kind, byte, visibility| Document {
        name: name.to_owned(),
        kind,
        sha256: Sha256::new([byte; 32]),
        size_bytes: 70_000,
        visibility,
    };
    ListingTerms {
        code: "G-2026-0001".to_owned(),
        headline: "苏州某基金份额".to_owned(),
        fund: FUND,
        units: Units::from_e2(100_000_000),
        method: Method::English,
        floor: Price::from_e4(12_300),
        reserve: Reserve::Hidden,
        deposit: Ppm::new(300_000),
        announcement_days: 20,
        if_nobody_comes: IfNobodyComes::Extend { working_days: 5, times_max: 300 },
        payment: Payment::Instalments {
            first: Ppm::new(300_000),
            working_days: 5,
            rest_days: 365,
            interest: Ppm::new(43_500),
        },
        interim: Interim::Seller,
        ownership: Ownership::StateOwned,
        appraisal: Some(Appraisal {
            value: Price::from_e4(12_300),
            base_date: date(600),
            filing: "苏国资备-2026-7".to_owned(),
        }),
        disclosures: vec![Answer { field: Disclosure::Taxes, answer: "早期".to_owned() }],
        documents: vec![
            document("审计报告", DocumentKind::FinancialReport, 7, Visibility::Full),
            document("项目简介", DocumentKind::Teaser, 8, Visibility::Teaser),
        ],
        portion: Portion::Whole,
    }
}

fn shared_terms() -> ListingTerms {
    ListingTerms { method: Method::SealedUniform, portion: Portion::Parts, ..bare_terms() }
}

fn bare_terms() -> ListingTerms {
    ListingTerms {
        method: Method::Judicial,
        reserve: Reserve::Public,
        if_nobody_comes: IfNobodyComes::Ask,
        payment: Payment::Once { working_days: 5 },
        interim: Interim::MovesPrice,
        ownership: Ownership::Private,
        appraisal: None,
        disclosures: Vec::new(),
        documents: Vec::new(),
        ..terms()
    }
}
