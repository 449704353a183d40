//! The records of listings as JSON: one line each, all of its fields.

use serde_json::Value;
use sfund_engine::listing::Completeness;
use sfund_engine::listing::agreement::{
    AgreementSet, AgreementTerms, ConsentTerm, FirstRefusalTerm, SetAgreement,
};
use sfund_engine::listing::announce::{AnnounceListing, ListingAnnounced, Period};
use sfund_engine::listing::approve::RecordApproval;
use sfund_engine::listing::change::{ChangeListing, ListingChanged};
use sfund_engine::listing::close::ListingClosed;
use sfund_engine::listing::confidentiality::{AcceptConfidentiality, ConfidentialityAccepted};
use sfund_engine::listing::consent::{AnswerConsent, GateClosed};
use sfund_engine::listing::document::{Document, DocumentKind, Sha256, Visibility};
use sfund_engine::listing::draft::{DraftListing, ListingDrafted};
use sfund_engine::listing::end::{Ending, ListingEnded, RevokeListing, WithdrawListing};
use sfund_engine::listing::extend::{ExtendListing, ListingExtended};
use sfund_engine::listing::first_refusal::{AnswerFirstRefusal, FirstRefusalAnswered};
use sfund_engine::listing::gate::{Claim, ClaimAnswer, Consent, Gate, GateKind, GateState, How};
use sfund_engine::listing::look::{DocumentLookedAt, LookAtDocument};
use sfund_engine::listing::notify::{GateDue, NotifyPartners, PartnersNotified};
use sfund_engine::listing::reprice::{ListingRepriced, RepriceListing};
use sfund_engine::listing::resume::{ListingResumed, ResumeListing};
use sfund_engine::listing::review::{ListingReviewed, ListingVerdict, ReviewListing};
use sfund_engine::listing::stage::EndReason;
use sfund_engine::listing::submit::{ListingSubmitted, SubmitListing};
use sfund_engine::listing::suspend::{ListingSuspended, SuspendListing};
use sfund_engine::listing::terms::{
    Answer, Appraisal, IfNobodyComes, Interim, ListingTerms, Method, Payment, Reserve,
};
use sfund_engine::policy::JudgedBy;
use sfund_engine::policy::choice::{Disclosure, Ownership, Silence};

use crate::recovery::json::{Json, as_name, as_text, object, one, records};

as_text! { Sha256 }

as_name! {
    ClaimAnswer Consent Disclosure DocumentKind EndReason GateKind GateState How Interim
    ListingVerdict Method Ownership Reserve Silence Visibility
}

records! {
    DraftListing { listing, seller, terms }
    ListingDrafted { listing, seller, terms }
    SubmitListing { listing }
    ListingSubmitted { listing, judged, completeness, available_before }
    ReviewListing { listing, verdict, reasons }
    ListingReviewed { listing, verdict, reasons, gates }
    SetAgreement { fund, terms, evidence }
    AgreementTerms { first_refusal, consent }
    AgreementSet { terms }
    NotifyPartners { listing, delivered, evidence }
    PartnersNotified { terms, due }
    GateDue { gate, due }
    AnswerFirstRefusal { listing, holder, answer }
    FirstRefusalAnswered { terms }
    AnswerConsent { listing, answer, evidence }
    GateClosed { listing, gate, answer, how, evidence }
    RecordApproval { listing, answer, evidence }
    AnnounceListing { listing }
    ListingAnnounced { listing, period, removal, judged }
    SuspendListing { listing, until, reason }
    ListingSuspended { terms, until, passed_days }
    ResumeListing { listing }
    ListingResumed { listing, period, how }
    ExtendListing { listing }
    ListingExtended { listing, working_days, period, how }
    RepriceListing { listing, floor, working_days, consent }
    ListingRepriced { terms, period, judged }
    ChangeListing { listing, terms, reason }
    ListingChanged { terms, period, judged }
    ListingClosed { listing }
    WithdrawListing { listing, reason }
    RevokeListing { listing, reason }
    ListingEnded { listing, ending, reason }
    AcceptConfidentiality { listing, reader, terms }
    ConfidentialityAccepted { terms }
    LookAtDocument { listing, reader, document }
    DocumentLookedAt { terms }
    Gate { kind, state, days, due, silence, how, claims }
    Claim { holder, answer, at }
    Period { from, working_days, last, ends }
    ListingTerms {
        code, headline, fund, units, method, floor, reserve, deposit, announcement_days,
        if_nobody_comes, payment, interim, ownership, appraisal, disclosures, documents, portion
    }
    Appraisal { value, base_date, filing }
    Answer { field, answer }
    Document { name, kind, sha256, size_bytes, visibility }
    Completeness { answered, asked }
    JudgedBy { pack, overlay }
}

impl Json for IfNobodyComes {
    fn json(&self) -> Value {
        match self {
            Self::Extend { working_days, times_max } => {
                let fields =
                    [("working_days", working_days.json()), ("times_max", times_max.json())];
                one("Extend", object(fields))
            }
            Self::End | Self::Ask => Value::String(format!("{self:?}")),
        }
    }
}

impl Json for Payment {
    fn json(&self) -> Value {
        match self {
            Self::Once { working_days } => {
                one("Once", object([("working_days", working_days.json())]))
            }
            Self::Instalments { first, working_days, rest_days, interest } => {
                let fields = [
                    ("first", first.json()),
                    ("working_days", working_days.json()),
                    ("rest_days", rest_days.json()),
                    ("interest", interest.json()),
                ];
                one("Instalments", object(fields))
            }
        }
    }
}

impl Json for Ending {
    fn json(&self) -> Value {
        match self {
            Self::Ended(reason) => one("Ended", reason.json()),
            Self::Withdrawn | Self::Revoked => Value::String(format!("{self:?}")),
        }
    }
}

impl Json for FirstRefusalTerm {
    fn json(&self) -> Value {
        match self {
            Self::Days(days) => one("Days", days.json()),
            Self::AsPack | Self::Excluded => Value::String(format!("{self:?}")),
        }
    }
}

impl Json for ConsentTerm {
    fn json(&self) -> Value {
        match self {
            Self::Asked { days, silence } => {
                one("Asked", object([("days", days.json()), ("silence", silence.json())]))
            }
            Self::AsPack | Self::NotAsked => Value::String(format!("{self:?}")),
        }
    }
}
