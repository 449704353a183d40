//! Commands of the life of a listing, and what came of them.

use sfund_engine::command::Command;
use sfund_engine::event::Event;
use sfund_engine::listing::REASONS_MAX;
use sfund_engine::listing::agreement::{
    AgreementTerms, ConsentTerm, FirstRefusalTerm, SetAgreement,
};
use sfund_engine::listing::announce::AnnounceListing;
use sfund_engine::listing::approve::RecordApproval;
use sfund_engine::listing::change::ChangeListing;
use sfund_engine::listing::confidentiality::AcceptConfidentiality;
use sfund_engine::listing::consent::AnswerConsent;
use sfund_engine::listing::document::Sha256;
use sfund_engine::listing::draft::DraftListing;
use sfund_engine::listing::end::{RevokeListing, WithdrawListing};
use sfund_engine::listing::extend::ExtendListing;
use sfund_engine::listing::first_refusal::AnswerFirstRefusal;
use sfund_engine::listing::look::LookAtDocument;
use sfund_engine::listing::notify::{GateDue, NotifyPartners};
use sfund_engine::listing::reprice::RepriceListing;
use sfund_engine::listing::resume::ResumeListing;
use sfund_engine::listing::review::ReviewListing;
use sfund_engine::listing::submit::SubmitListing;
use sfund_engine::listing::suspend::SuspendListing;
use sfund_engine::policy::TEXT_BYTES_MAX;
use sfund_proto::v1;

use crate::wire::command::{Facts, asks, tells};
use crate::wire::fields::{Fields, write_time};
use crate::wire::listing_terms::read_terms;
use crate::wire::listing_views::{completeness, gate, judged_by, period};
use crate::wire::twins::Twin;

asks!(DraftListingRequest, |ask, by, fields| Command::DraftListing(Box::new(DraftListing {
    listing: fields.id_if_any("listing_id", &ask.listing_id),
    seller: fields.party_or("seller_id", &ask.seller_id, by),
    terms: fields.message("terms", ask.terms.as_ref(), read_terms),
})));
asks!(SubmitListingRequest, |ask, _, fields| Command::SubmitListing(SubmitListing {
    listing: fields.id("listing_id", &ask.listing_id),
}));
asks!(ReviewListingRequest, |ask, _, fields| Command::ReviewListing(Box::new(ReviewListing {
    listing: fields.id("listing_id", &ask.listing_id),
    verdict: fields.choice("verdict", ask.verdict),
    reasons: fields.each("reasons", &ask.reasons, REASONS_MAX, |fields, reason| {
        fields.text("", reason, TEXT_BYTES_MAX)
    }),
})));
asks!(SetAgreementRequest, |ask, _, fields| Command::SetAgreement(SetAgreement {
    fund: fields.id("fund_id", &ask.fund_id),
    terms: fields.message("agreement", ask.agreement.as_ref(), read_agreement),
    evidence: sha256(fields, "evidence_sha256", &ask.evidence_sha256),
}));
asks!(NotifyPartnersRequest, |ask, _, fields| Command::NotifyPartners(NotifyPartners {
    listing: fields.id("listing_id", &ask.listing_id),
    delivered: fields.date("delivered_date", &ask.delivered_date),
    evidence: sha256(fields, "evidence_sha256", &ask.evidence_sha256),
}));
asks!(AnswerFirstRefusalRequest, |ask, by, fields| Command::AnswerFirstRefusal(
    AnswerFirstRefusal {
        listing: fields.id("listing_id", &ask.listing_id),
        holder: fields.party_or("party_id", &ask.party_id, by),
        answer: fields.choice("answer", ask.answer),
    }
));
asks!(AnswerConsentRequest, |ask, _, fields| Command::AnswerConsent(AnswerConsent {
    listing: fields.id("listing_id", &ask.listing_id),
    answer: fields.choice("answer", ask.answer),
    evidence: sha256(fields, "evidence_sha256", &ask.evidence_sha256),
}));
asks!(RecordApprovalRequest, |ask, _, fields| Command::RecordApproval(RecordApproval {
    listing: fields.id("listing_id", &ask.listing_id),
    answer: fields.choice("answer", ask.answer),
    evidence: sha256(fields, "evidence_sha256", &ask.evidence_sha256),
}));
asks!(AnnounceListingRequest, |ask, _, fields| Command::AnnounceListing(AnnounceListing {
    listing: fields.id("listing_id", &ask.listing_id),
}));
asks!(SuspendListingRequest, |ask, _, fields| Command::SuspendListing(Box::new(SuspendListing {
    listing: fields.id("listing_id", &ask.listing_id),
    until: fields.date("until_date", &ask.until_date),
    reason: fields.text("reason", &ask.reason, TEXT_BYTES_MAX),
})));
asks!(ResumeListingRequest, |ask, _, fields| Command::ResumeListing(ResumeListing {
    listing: fields.id("listing_id", &ask.listing_id),
}));
asks!(ExtendListingRequest, |ask, _, fields| Command::ExtendListing(ExtendListing {
    listing: fields.id("listing_id", &ask.listing_id),
}));
asks!(RepriceListingRequest, |ask, _, fields| Command::RepriceListing(RepriceListing {
    listing: fields.id("listing_id", &ask.listing_id),
    floor: fields.price("floor", &ask.floor),
    working_days: fields.small("working_days", ask.working_days),
    consent: (!ask.consent_sha256.is_empty()).then(|| sha256(
        fields,
        "consent_sha256",
        &ask.consent_sha256
    )),
}));
asks!(ChangeListingRequest, |ask, _, fields| Command::ChangeListing(Box::new(ChangeListing {
    listing: fields.id("listing_id", &ask.listing_id),
    terms: fields.message("terms", ask.terms.as_ref(), read_terms),
    reason: fields.text("reason", &ask.reason, TEXT_BYTES_MAX),
})));
asks!(WithdrawListingRequest, |ask, _, fields| Command::WithdrawListing(Box::new(
    WithdrawListing {
        listing: fields.id("listing_id", &ask.listing_id),
        reason: fields.text("reason", &ask.reason, TEXT_BYTES_MAX),
    }
)));
asks!(RevokeListingRequest, |ask, _, fields| Command::RevokeListing(Box::new(RevokeListing {
    listing: fields.id("listing_id", &ask.listing_id),
    reason: fields.text("reason", &ask.reason, TEXT_BYTES_MAX),
})));
asks!(AcceptConfidentialityRequest, |ask, by, fields| Command::AcceptConfidentiality(
    AcceptConfidentiality {
        listing: fields.id("listing_id", &ask.listing_id),
        reader: fields.party_or("party_id", &ask.party_id, by),
        terms: sha256(fields, "terms_sha256", &ask.terms_sha256),
    }
));
asks!(LookAtDocumentRequest, |ask, by, fields| Command::LookAtDocument(LookAtDocument {
    listing: fields.id("listing_id", &ask.listing_id),
    reader: fields.party_or("party_id", &ask.party_id, by),
    document: sha256(fields, "document_sha256", &ask.document_sha256),
}));

tells!(DraftListingResponse, |facts| {
    listing_id: facts.first(|event| {
        let Event::ListingDrafted(fact) = event else { return None };
        Some(fact.listing.to_string())
    }),
});
tells!(SubmitListingResponse, |facts| {
    completeness: find(facts, |event| {
        let Event::ListingSubmitted(fact) = event else { return None };
        Some(completeness(fact.completeness))
    }),
    judged_by: find(facts, |event| {
        let Event::ListingSubmitted(fact) = event else { return None };
        Some(judged_by(&fact.judged))
    }),
});
tells!(ReviewListingResponse, |facts| {
    gates: find(facts, |event| {
        let Event::ListingReviewed(fact) = event else { return None };
        Some(fact.gates.iter().map(gate).collect())
    }).unwrap_or_default(),
});
tells!(SetAgreementResponse, |_facts| {});
tells!(NotifyPartnersResponse, |facts| {
    due: find(facts, |event| {
        let Event::PartnersNotified(fact) = event else { return None };
        Some(fact.due.iter().map(gate_due).collect())
    }).unwrap_or_default(),
});
tells!(AnswerFirstRefusalResponse, |facts| {
    gate_closed: facts.events.iter().any(|event| matches!(event, Event::GateClosed(_))),
});
tells!(AnswerConsentResponse, |_facts| {});
tells!(RecordApprovalResponse, |_facts| {});
tells!(AnnounceListingResponse, |facts| {
    period: find(facts, |event| {
        let Event::ListingAnnounced(fact) = event else { return None };
        Some(period(&fact.period))
    }),
    removal: find(facts, |event| {
        let Event::ListingAnnounced(fact) = event else { return None };
        fact.removal.map(write_time)
    }),
    judged_by: find(facts, |event| {
        let Event::ListingAnnounced(fact) = event else { return None };
        Some(judged_by(&fact.judged))
    }),
});
tells!(SuspendListingResponse, |facts| {
    until: find(facts, |event| {
        let Event::ListingSuspended(fact) = event else { return None };
        Some(write_time(fact.until))
    }),
    passed_days: find(facts, |event| {
        let Event::ListingSuspended(fact) = event else { return None };
        Some(fact.passed_days.into())
    }).unwrap_or_default(),
});
tells!(ResumeListingResponse, |facts| {
    period: find(facts, |event| {
        let Event::ListingResumed(fact) = event else { return None };
        Some(period(&fact.period))
    }),
});
tells!(ExtendListingResponse, |facts| {
    period: find(facts, |event| {
        let Event::ListingExtended(fact) = event else { return None };
        Some(period(&fact.period))
    }),
});
tells!(RepriceListingResponse, |facts| {
    period: find(facts, |event| {
        let Event::ListingRepriced(fact) = event else { return None };
        Some(period(&fact.period))
    }),
    judged_by: find(facts, |event| {
        let Event::ListingRepriced(fact) = event else { return None };
        Some(judged_by(&fact.judged))
    }),
});
tells!(ChangeListingResponse, |facts| {
    period: find(facts, |event| {
        let Event::ListingChanged(fact) = event else { return None };
        Some(period(&fact.period))
    }),
    judged_by: find(facts, |event| {
        let Event::ListingChanged(fact) = event else { return None };
        Some(judged_by(&fact.judged))
    }),
});
tells!(WithdrawListingResponse, |_facts| {});
tells!(RevokeListingResponse, |_facts| {});
tells!(AcceptConfidentialityResponse, |_facts| {});
tells!(LookAtDocumentResponse, |_facts| {});

/// The first thing that `pick` finds among what happened.
fn find<T>(facts: &Facts<'_>, pick: impl Fn(&Event) -> Option<T>) -> Option<T> {
    facts.events.iter().find_map(pick)
}

fn gate_due(due: &GateDue) -> v1::GateDue {
    v1::GateDue { gate: due.gate.write(), due: Some(write_time(due.due)) }
}

/// The SHA-256 of a document.
pub(crate) fn sha256(fields: &mut Fields, field: &str, bytes: &[u8]) -> Sha256 {
    Sha256::new(fields.sha256(field, bytes))
}

fn read_agreement(fields: &mut Fields, agreement: &v1::FundAgreement) -> AgreementTerms {
    AgreementTerms {
        first_refusal: fields.message(
            "first_refusal",
            agreement.first_refusal.as_ref(),
            read_first_refusal,
        ),
        consent: fields.message("consent", agreement.consent.as_ref(), read_consent),
    }
}

fn read_first_refusal(fields: &mut Fields, said: &v1::FirstRefusalTerm) -> FirstRefusalTerm {
    use v1::first_refusal_term::Term;
    match said.term {
        Some(Term::AsPack(v1::AsPack {})) => FirstRefusalTerm::AsPack,
        Some(Term::Excluded(v1::NotAsked {})) => FirstRefusalTerm::Excluded,
        Some(Term::Days(days)) => FirstRefusalTerm::Days(fields.small("days", days)),
        None => {
            fields.note("", "is required");
            FirstRefusalTerm::AsPack
        }
    }
}

fn read_consent(fields: &mut Fields, said: &v1::ConsentTerm) -> ConsentTerm {
    use v1::consent_term::Term;
    match &said.term {
        Some(Term::AsPack(v1::AsPack {})) => ConsentTerm::AsPack,
        Some(Term::NotAsked(v1::NotAsked {})) => ConsentTerm::NotAsked,
        Some(Term::Asked(asked)) => fields.within("asked", |fields| ConsentTerm::Asked {
            days: fields.small("days", asked.days),
            silence: fields.choice("silence", asked.silence),
        }),
        None => {
            fields.note("", "is required");
            ConsentTerm::AsPack
        }
    }
}
