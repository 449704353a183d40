//! What a seller offers, and on which terms (挂牌条件).

use sfund_engine::amount::{Ppm, Price, Units};
use sfund_engine::bidding::mode::Portion;
use sfund_engine::id::{FundId, ListingId, PartyId};
use sfund_engine::listing::document::{Document, DocumentKind, Sha256, Visibility};
use sfund_engine::listing::terms::{
    Answer, Appraisal, IfNobodyComes, Interim, Method, Payment, Reserve,
};
use sfund_engine::policy::choice::{Disclosure, Ownership};
use sfund_proto::v1;
use v1::if_nobody_comes::Action;
use v1::payment::Payment as Paid;

use crate::error::Unreadable;
use crate::wire::{self, Twin, bytes32, maybe, narrow, ratio, ratio_text, read, some};

/// What a seller offers, and on which terms (挂牌条件).
///
/// ```
/// # use sfund_sdk::{Disclosure, FundId, ListingTerms, Method, Ppm};
/// # let fund = FundId::new(12);
/// let terms = ListingTerms::new("G-2026-0001", fund, "1000000".parse()?, Method::English)
///     .headline("苏州某创投基金份额")
///     .floor("1.00".parse()?)
///     .deposit(Ppm::new(100_000))
///     .disclose(Disclosure::Strategy, "见披露文件");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingTerms {
    /// Project code (项目编号), 1 to 64 bytes; it names one listing.
    pub code: String,
    /// What the teaser says, 1 to 512 bytes, without anything of the fund that is not public.
    pub headline: String,
    /// Fund.
    pub fund: FundId,
    /// Units offered, a whole number of lots.
    pub units: Units,
    /// How the buyer is found.
    pub method: Method,
    /// Whether the lot may be shared.
    pub portion: Portion,
    /// Lowest price of a unit (挂牌底价), a whole number of ticks; `None` while it is hidden.
    pub floor: Option<Price>,
    /// Whether bidders are told the floor.
    pub reserve: Reserve,
    /// D1: deposit of a bidder (保证金), as a share of the floor times the units.
    pub deposit: Ppm,
    /// Announcement in working days (公告期).
    pub announcement_days: u16,
    /// What happens when the announcement is over and nobody came.
    pub if_nobody_comes: IfNobodyComes,
    /// C6: how the price is paid.
    pub payment: Payment,
    /// C5: whose the cash flows of the interim period are.
    pub interim: Interim,
    /// Whose units they are.
    pub ownership: Ownership,
    /// C1: the filed appraisal; asked of a state-owned seller.
    pub appraisal: Option<Appraisal>,
    /// Disclosure fields answered, each once and in their order.
    pub disclosures: Vec<Answer>,
    /// Documents, up to 32.
    pub documents: Vec<Document>,
}

impl ListingTerms {
    /// All of `units` to one buyer: the floor is public, 20 working days are announced, the seller
    /// decides if nobody comes, the price is paid within five working days of the contract and the
    /// cash flows of the interim period are the buyer's. It has no floor, deposit or headline yet.
    #[must_use]
    pub fn new(code: impl Into<String>, fund: FundId, units: Units, method: Method) -> Self {
        Self {
            code: code.into(),
            headline: String::new(),
            fund,
            units,
            method,
            portion: Portion::Whole,
            floor: None,
            reserve: Reserve::Public,
            deposit: Ppm::new(0),
            announcement_days: 20,
            if_nobody_comes: IfNobodyComes::Ask,
            payment: Payment::Once { working_days: 5 },
            interim: Interim::Buyer,
            ownership: Ownership::Private,
            appraisal: None,
            disclosures: Vec::new(),
            documents: Vec::new(),
        }
    }

    /// What everybody is told, without anything of the fund that is not public.
    #[must_use]
    pub fn headline(self, headline: impl Into<String>) -> Self {
        Self { headline: headline.into(), ..self }
    }

    /// The lowest price of a unit (挂牌底价).
    #[must_use]
    pub fn floor(self, floor: Price) -> Self {
        Self { floor: Some(floor), ..self }
    }

    /// Bidders are not told the floor until somebody won (保留价).
    #[must_use]
    pub fn hidden_floor(self) -> Self {
        Self { reserve: Reserve::Hidden, ..self }
    }

    /// What a bidder deposits, as a share of the floor times the units (保证金).
    #[must_use]
    pub fn deposit(self, deposit: Ppm) -> Self {
        Self { deposit, ..self }
    }

    /// The lot may be shared among several (分拆转让).
    #[must_use]
    pub fn in_parts(self) -> Self {
        Self { portion: Portion::Parts, ..self }
    }

    /// Announced for so many working days (公告期).
    #[must_use]
    pub fn announced_for(self, working_days: u16) -> Self {
        Self { announcement_days: working_days, ..self }
    }

    /// What happens when the announcement is over and nobody came.
    #[must_use]
    pub fn if_nobody_comes(self, if_nobody_comes: IfNobodyComes) -> Self {
        Self { if_nobody_comes, ..self }
    }

    /// How the price is paid.
    #[must_use]
    pub fn payment(self, payment: Payment) -> Self {
        Self { payment, ..self }
    }

    /// Whose the cash flows of the interim period are.
    #[must_use]
    pub fn interim(self, interim: Interim) -> Self {
        Self { interim, ..self }
    }

    /// Units of a state-owned seller, with the filed appraisal (国有、评估备案).
    #[must_use]
    pub fn state_owned(self, appraisal: Appraisal) -> Self {
        Self { ownership: Ownership::StateOwned, appraisal: Some(appraisal), ..self }
    }

    /// With the answer to one more thing that is to be disclosed; a second one takes the place of
    /// the first.
    #[must_use]
    pub fn disclose(mut self, field: Disclosure, answer: impl Into<String>) -> Self {
        self.disclosures.retain(|said| said.field != field);
        self.disclosures.push(Answer { field, answer: answer.into() });
        self.disclosures.sort_by_key(|said| said.field);
        self
    }

    /// With a reference to one more document; its bytes stay elsewhere.
    #[must_use]
    pub fn document(mut self, document: Document) -> Self {
        self.documents.push(document);
        self
    }

    pub(crate) fn to_wire(&self) -> v1::ListingTerms {
        let appraisal = self.appraisal.as_ref().map(|said| v1::Appraisal {
            value: said.value.to_string(),
            base_date: said.base_date.to_string(),
            filing: said.filing.clone(),
        });
        let disclosures = self.disclosures.iter().map(|said| v1::DisclosureAnswer {
            field: said.field.to_wire(),
            answer: said.answer.clone(),
        });
        v1::ListingTerms {
            code: self.code.clone(),
            headline: self.headline.clone(),
            fund_id: self.fund.to_string(),
            units: self.units.to_string(),
            method: self.method.to_wire(),
            floor: wire::text(self.floor),
            reserve: self.reserve.to_wire(),
            deposit: ratio_text(self.deposit),
            announcement_days: self.announcement_days.into(),
            if_nobody_comes: Some(nobody_to_wire(self.if_nobody_comes)),
            payment: Some(payment_to_wire(self.payment)),
            interim: self.interim.to_wire(),
            ownership: self.ownership.to_wire(),
            appraisal,
            disclosures: disclosures.collect(),
            documents: self.documents.iter().map(document_to_wire).collect(),
            portion: self.portion.to_wire(),
        }
    }
}

/// A listing to draft, or to write anew while it is not submitted (挂牌申请草稿).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The one to write anew; `None` drafts a new one.
    pub listing: Option<ListingId>,
    /// Who sells; `None` is the caller itself.
    pub seller: Option<PartyId>,
    /// What, and on which terms.
    pub terms: ListingTerms,
}

impl From<ListingTerms> for Draft {
    fn from(terms: ListingTerms) -> Self {
        Self { listing: None, seller: None, terms }
    }
}

impl Draft {
    /// Of this seller and not of the caller: a member names its client.
    #[must_use]
    pub fn of(self, seller: PartyId) -> Self {
        Self { seller: Some(seller), ..self }
    }

    /// In the place of what this listing says, which is not submitted.
    #[must_use]
    pub fn instead_of(self, listing: ListingId) -> Self {
        Self { listing: Some(listing), ..self }
    }

    pub(crate) fn to_wire(&self) -> v1::DraftListingRequest {
        v1::DraftListingRequest {
            listing_id: wire::text(self.listing),
            seller_id: wire::text(self.seller),
            terms: Some(self.terms.to_wire()),
            ..Default::default()
        }
    }
}

pub(crate) fn terms_of(wire: v1::ListingTerms) -> Result<ListingTerms, Unreadable> {
    let appraisal = wire.appraisal.map(|said| {
        Ok(Appraisal {
            value: read(&said.value, "appraisal.value")?,
            base_date: read(&said.base_date, "appraisal.base_date")?,
            filing: said.filing,
        })
    });
    let disclosures = wire
        .disclosures
        .into_iter()
        .map(|said| Ok(Answer { field: Disclosure::from_wire(said.field)?, answer: said.answer }));
    Ok(ListingTerms {
        code: wire.code,
        headline: wire.headline,
        fund: read(&wire.fund_id, "terms.fund_id")?,
        units: read(&wire.units, "terms.units")?,
        method: Method::from_wire(wire.method)?,
        // A lot is whole unless it is said that it may be shared.
        portion: Portion::maybe_from_wire(wire.portion)?.unwrap_or(Portion::Whole),
        floor: maybe(&wire.floor, "terms.floor")?,
        reserve: Reserve::from_wire(wire.reserve)?,
        deposit: ratio(&wire.deposit, "terms.deposit")?,
        announcement_days: narrow(wire.announcement_days, "terms.announcement_days")?,
        if_nobody_comes: nobody_of(wire.if_nobody_comes)?,
        payment: payment_of(wire.payment)?,
        interim: Interim::from_wire(wire.interim)?,
        ownership: Ownership::from_wire(wire.ownership)?,
        appraisal: appraisal.transpose()?,
        disclosures: disclosures.collect::<Result<_, _>>()?,
        documents: documents_of(wire.documents)?,
    })
}

fn nobody_to_wire(what: IfNobodyComes) -> v1::IfNobodyComes {
    let action = match what {
        IfNobodyComes::End => Action::End(v1::ListingEnds {}),
        IfNobodyComes::Ask => Action::Ask(v1::SellerDecides {}),
        IfNobodyComes::Extend { working_days, times_max } => {
            Action::Extend(v1::AnnouncementExtends {
                working_days: working_days.into(),
                times_max: times_max.into(),
            })
        }
    };
    v1::IfNobodyComes { action: Some(action) }
}

fn nobody_of(wire: Option<v1::IfNobodyComes>) -> Result<IfNobodyComes, Unreadable> {
    match some(wire.and_then(|wire| wire.action), "if_nobody_comes")? {
        Action::End(v1::ListingEnds {}) => Ok(IfNobodyComes::End),
        Action::Ask(v1::SellerDecides {}) => Ok(IfNobodyComes::Ask),
        Action::Extend(extend) => Ok(IfNobodyComes::Extend {
            working_days: narrow(extend.working_days, "extend.working_days")?,
            times_max: narrow(extend.times_max, "extend.times_max")?,
        }),
    }
}

fn payment_to_wire(payment: Payment) -> v1::Payment {
    let paid = match payment {
        Payment::Once { working_days } => {
            Paid::Once(v1::PaymentOnce { working_days: working_days.into() })
        }
        Payment::Instalments { first, working_days, rest_days, interest } => {
            Paid::Instalments(v1::PaymentInstalments {
                first: ratio_text(first),
                working_days: working_days.into(),
                rest_days: rest_days.into(),
                interest: ratio_text(interest),
            })
        }
    };
    v1::Payment { payment: Some(paid) }
}

pub(crate) fn payment_of(wire: Option<v1::Payment>) -> Result<Payment, Unreadable> {
    match some(wire.and_then(|wire| wire.payment), "payment")? {
        Paid::Once(once) => {
            Ok(Payment::Once { working_days: narrow(once.working_days, "once.working_days")? })
        }
        Paid::Instalments(parts) => Ok(Payment::Instalments {
            first: ratio(&parts.first, "instalments.first")?,
            working_days: narrow(parts.working_days, "instalments.working_days")?,
            rest_days: narrow(parts.rest_days, "instalments.rest_days")?,
            interest: ratio(&parts.interest, "instalments.interest")?,
        }),
    }
}

fn document_to_wire(document: &Document) -> v1::Document {
    v1::Document {
        name: document.name.clone(),
        kind: document.kind.to_wire(),
        sha256: document.sha256.bytes().to_vec(),
        size_bytes: document.size_bytes,
        visibility: document.visibility.to_wire(),
    }
}

pub(crate) fn documents_of(wire: Vec<v1::Document>) -> Result<Vec<Document>, Unreadable> {
    let documents = wire.into_iter().map(|wire| {
        Ok(Document {
            name: wire.name,
            kind: DocumentKind::from_wire(wire.kind)?,
            sha256: Sha256::new(bytes32(&wire.sha256, "document.sha256")?),
            size_bytes: wire.size_bytes,
            visibility: Visibility::from_wire(wire.visibility)?,
        })
    });
    documents.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terms_of_a_listing_cross_the_wire_unchanged() {
        let whole = ListingTerms::new("G-1", FundId::new(3), Units::from_e2(100), Method::English)
            .headline("苏州某创投基金份额")
            .floor(Price::from_e4(10_000))
            .deposit(Ppm::new(100_000))
            .disclose(Disclosure::Taxes, "卖方")
            .disclose(Disclosure::Strategy, "成长")
            .disclose(Disclosure::Taxes, "各自承担")
            .document(Document {
                name: "审计报告".to_owned(),
                kind: DocumentKind::FinancialReport,
                sha256: Sha256::new([7; 32]),
                size_bytes: 1_000,
                visibility: Visibility::Full,
            });
        assert_eq!(whole.disclosures.len(), 2);
        assert!(whole.disclosures.is_sorted_by_key(|said| said.field));
        let shared = whole
            .clone()
            .in_parts()
            .hidden_floor()
            .announced_for(40)
            .if_nobody_comes(IfNobodyComes::Extend { working_days: 5, times_max: 2 })
            .payment(Payment::Instalments {
                first: Ppm::new(300_000),
                working_days: 5,
                rest_days: 300,
                interest: Ppm::new(45_000),
            })
            .interim(Interim::MovesPrice)
            .state_owned(Appraisal {
                value: Price::from_e4(9_000),
                base_date: "2026-06-30".parse().unwrap(),
                filing: "备-2026-7".to_owned(),
            });
        for terms in [whole, shared] {
            assert_eq!(terms_of(terms.to_wire()), Ok(terms));
        }
    }
}
