//! The terms of a listing, both ways.

use sfund_engine::listing::LISTING_DOCUMENTS_MAX;
use sfund_engine::listing::document::Document;
use sfund_engine::listing::terms::{Answer, Appraisal, IfNobodyComes, ListingTerms, Payment};
use sfund_engine::policy::choice::Disclosure;
use sfund_engine::policy::{CODE_BYTES_MAX, TEXT_BYTES_MAX};
use sfund_proto::v1;
use v1::if_nobody_comes::Action;
use v1::payment::Payment as Paid;

use crate::wire::decimal::ratio_text;
use crate::wire::fields::Fields;
use crate::wire::listing::sha256;
use crate::wire::twins::Twin;

/// Whether a floor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// It is.
    Shown,
    /// It is not.
    Hidden,
}

/// Reads the terms of a listing.
pub fn read_terms(fields: &mut Fields, terms: &v1::ListingTerms) -> ListingTerms {
    ListingTerms {
        code: fields.text("code", &terms.code, CODE_BYTES_MAX),
        headline: fields.text("headline", &terms.headline, TEXT_BYTES_MAX),
        fund: fields.id("fund_id", &terms.fund_id),
        units: fields.units("units", &terms.units),
        method: fields.choice("method", terms.method),
        floor: fields.price("floor", &terms.floor),
        reserve: fields.choice("reserve", terms.reserve),
        deposit: fields.ratio("deposit", &terms.deposit),
        announcement_days: fields.small("announcement_days", terms.announcement_days),
        if_nobody_comes: fields.message(
            "if_nobody_comes",
            terms.if_nobody_comes.as_ref(),
            read_nobody_comes,
        ),
        payment: fields.message("payment", terms.payment.as_ref(), read_payment),
        interim: fields.choice("interim", terms.interim),
        ownership: fields.choice("ownership", terms.ownership),
        appraisal: terms
            .appraisal
            .as_ref()
            .map(|said| fields.within("appraisal", |fields| read_appraisal(fields, said))),
        disclosures: fields.each(
            "disclosures",
            &terms.disclosures,
            Disclosure::ALL.len(),
            |fields, said| Answer {
                field: fields.choice("field", said.field),
                answer: fields.text("answer", &said.answer, TEXT_BYTES_MAX),
            },
        ),
        documents: fields.each("documents", &terms.documents, LISTING_DOCUMENTS_MAX, read_document),
        portion: fields.choice_if_any("portion", terms.portion).unwrap_or_default(),
    }
}

fn read_nobody_comes(fields: &mut Fields, said: &v1::IfNobodyComes) -> IfNobodyComes {
    match &said.action {
        Some(Action::End(v1::ListingEnds {})) => IfNobodyComes::End,
        Some(Action::Ask(v1::SellerDecides {})) => IfNobodyComes::Ask,
        Some(Action::Extend(extend)) => fields.within("extend", |fields| IfNobodyComes::Extend {
            working_days: fields.small("working_days", extend.working_days),
            times_max: fields.small("times_max", extend.times_max),
        }),
        None => {
            fields.note("", "is required");
            IfNobodyComes::End
        }
    }
}

fn read_payment(fields: &mut Fields, said: &v1::Payment) -> Payment {
    match &said.payment {
        Some(Paid::Once(once)) => fields.within("once", |fields| Payment::Once {
            working_days: fields.small("working_days", once.working_days),
        }),
        Some(Paid::Instalments(parts)) => {
            fields.within("instalments", |fields| Payment::Instalments {
                first: fields.ratio("first", &parts.first),
                working_days: fields.small("working_days", parts.working_days),
                rest_days: fields.small("rest_days", parts.rest_days),
                interest: fields.ratio("interest", &parts.interest),
            })
        }
        None => {
            fields.note("", "is required");
            Payment::Once { working_days: 0 }
        }
    }
}

fn read_appraisal(fields: &mut Fields, said: &v1::Appraisal) -> Appraisal {
    Appraisal {
        value: fields.price("value", &said.value),
        base_date: fields.date("base_date", &said.base_date),
        filing: fields.text("filing", &said.filing, CODE_BYTES_MAX),
    }
}

fn read_document(fields: &mut Fields, said: &v1::Document) -> Document {
    Document {
        name: fields.text("name", &said.name, TEXT_BYTES_MAX),
        kind: fields.choice("kind", said.kind),
        sha256: sha256(fields, "sha256", &said.sha256),
        size_bytes: said.size_bytes,
        visibility: fields.choice("visibility", said.visibility),
    }
}

/// The terms of a listing as a message.
#[must_use]
pub fn terms(terms: &ListingTerms, floor: Floor) -> v1::ListingTerms {
    let answer = |said: &Answer| v1::DisclosureAnswer {
        field: said.field.write(),
        answer: said.answer.clone(),
    };
    v1::ListingTerms {
        code: terms.code.clone(),
        headline: terms.headline.clone(),
        fund_id: terms.fund.to_string(),
        units: terms.units.to_string(),
        method: terms.method.write(),
        floor: floor_text(terms, floor),
        reserve: terms.reserve.write(),
        deposit: ratio_text(terms.deposit),
        announcement_days: terms.announcement_days.into(),
        if_nobody_comes: Some(if_nobody_comes(terms.if_nobody_comes)),
        payment: Some(payment(terms.payment)),
        interim: terms.interim.write(),
        ownership: terms.ownership.write(),
        appraisal: terms.appraisal.as_ref().map(|said| v1::Appraisal {
            value: said.value.to_string(),
            base_date: said.base_date.to_string(),
            filing: said.filing.clone(),
        }),
        disclosures: terms.disclosures.iter().map(answer).collect(),
        documents: terms.documents.iter().map(document).collect(),
        portion: terms.portion.write(),
    }
}

/// The floor as text, empty while it is hidden.
#[must_use]
pub fn floor_text(terms: &ListingTerms, floor: Floor) -> String {
    match floor {
        Floor::Shown => terms.floor.to_string(),
        Floor::Hidden => String::new(),
    }
}

fn if_nobody_comes(what: IfNobodyComes) -> v1::IfNobodyComes {
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

/// How the price is paid, as a message.
#[must_use]
pub fn payment(payment: Payment) -> v1::Payment {
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

/// A reference to a document as a message.
#[must_use]
pub fn document(document: &Document) -> v1::Document {
    v1::Document {
        name: document.name.clone(),
        kind: document.kind.write(),
        sha256: document.sha256.bytes().to_vec(),
        size_bytes: document.size_bytes,
        visibility: document.visibility.write(),
    }
}

#[cfg(test)]
mod tests {
    use sfund_engine::amount::{Ppm, Price, Units};
    use sfund_engine::bidding::mode::Portion;
    use sfund_engine::id::FundId;
    use sfund_engine::listing::document::{DocumentKind, Sha256, Visibility};
    use sfund_engine::listing::terms::{Interim, Method, Reserve};
    use sfund_engine::policy::choice::Ownership;

    use super::*;

    fn whole() -> ListingTerms {
        ListingTerms {
            code: "G-2026-0001".to_owned(),
            headline: "苏州某创投基金份额".to_owned(),
            fund: FundId::new(3),
            units: Units::from_e2(10_000_000),
            method: Method::SealedVickrey,
            floor: Price::from_e4(10_001),
            reserve: Reserve::Hidden,
            deposit: Ppm::new(100_000),
            announcement_days: 20,
            if_nobody_comes: IfNobodyComes::Extend { working_days: 5, times_max: 2 },
            payment: Payment::Instalments {
                first: Ppm::new(300_000),
                working_days: 5,
                rest_days: 300,
                interest: Ppm::new(45_000),
            },
            interim: Interim::Seller,
            ownership: Ownership::StateOwned,
            appraisal: Some(Appraisal {
                value: Price::from_e4(9_000),
                base_date: "2026-06-30".parse().unwrap(),
                filing: "备-2026-7".to_owned(),
            }),
            disclosures: Disclosure::ALL
                .iter()
                .map(|field| Answer { field: *field, answer: "见披露文件".to_owned() })
                .collect(),
            documents: vec![Document {
                name: "审计报告".to_owned(),
                kind: DocumentKind::FinancialReport,
                sha256: Sha256::new([7; 32]),
                size_bytes: 1,
                visibility: Visibility::Full,
            }],
            portion: Portion::Whole,
        }
    }

    #[test]
    fn the_terms_of_a_listing_read_back_what_they_were_written_as() {
        let others = [
            (IfNobodyComes::End, Payment::Once { working_days: 1 }),
            (IfNobodyComes::Ask, Payment::Once { working_days: 10 }),
        ];
        let others = others.map(|(if_nobody_comes, payment)| ListingTerms {
            if_nobody_comes,
            payment,
            appraisal: None,
            documents: Vec::new(),
            ..whole()
        });
        for one in [whole()].into_iter().chain(others) {
            let mut fields = Fields::default();
            let read = read_terms(&mut fields, &terms(&one, Floor::Shown));
            assert_eq!(fields.done(read), Ok(one));
        }
        assert_eq!(terms(&whole(), Floor::Hidden).floor, "");
    }
}
