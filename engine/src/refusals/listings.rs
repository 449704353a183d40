//! Refusals of listings.

use super::Scenario;
use crate::amount::{Ppm, Price};
use crate::bidding::declare::Right;
use crate::bidding::fixture::interest;
use crate::command::Command;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, OPERATOR, accept_at, date, opening, party, refuse_at, units,
};
use crate::listing::SUBMISSIONS_MAX;
use crate::listing::document::{Document, DocumentKind, Sha256, Visibility};
use crate::listing::extend::ExtendListing;
use crate::listing::fixture::{
    LISTING, accept_terms, announce, announced, answer, appraisal, by, draft_as, drafted, look,
    notify, redraft, refused, reprice, reviewed, state_terms, submit, submitted, suspend, terms,
    to_announce,
};
use crate::listing::gate::ClaimAnswer;
use crate::listing::review::ListingVerdict;
use crate::listing::terms::{Appraisal, IfNobodyComes, Interim, ListingTerms, Payment};
use crate::market::Market;
use crate::policy::Permission;
use crate::policy::listing::ListingRules;
use crate::reject::Reject;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("LISTING_NOT_FOUND", || refused(&mut drafted(terms()), CAROL, submit())),
    ("LISTING_STAGE", || refused(&mut submitted(terms()), ALICE, submit())),
    ("LISTED_UNITS_FIXED", || {
        let mut market = reviewed(terms(), ListingVerdict::Complete);
        refused(&mut market, ALICE, redraft(ListingTerms { units: units(1_000), ..terms() }))
    }),
    ("TOO_MANY_LISTINGS", || {
        let mut market = drafted(terms());
        for number in 1..10 {
            let code = format!("G-{number}");
            by(&mut market, ALICE, draft_as(ALICE, ListingTerms { code, ..terms() }));
        }
        let code = "MORE".to_owned();
        refused(&mut market, ALICE, draft_as(ALICE, ListingTerms { code, ..terms() }))
    }),
    ("TOO_MANY_SUBMISSIONS", || {
        let mut market = drafted(terms());
        market.change_listing(LISTING, |record| record.submissions = SUBMISSIONS_MAX);
        refused(&mut market, ALICE, submit())
    }),
    ("METHOD_FORBIDDEN", || under(terms(), |rules| rules.modes.english = Permission::Forbidden)),
    ("DEPOSIT_TOO_HIGH", || refuse_terms(ListingTerms { deposit: Ppm::new(300_001), ..terms() })),
    ("ANNOUNCEMENT_TOO_SHORT", || refuse_terms(ListingTerms { announcement_days: 4, ..terms() })),
    ("ANNOUNCEMENT_TOO_LONG", || refuse_terms(ListingTerms { announcement_days: 61, ..terms() })),
    ("TOO_MANY_EXTENSIONS", || {
        let if_nobody_comes = IfNobodyComes::Extend { working_days: 5, times_max: 4 };
        refuse_terms(ListingTerms { if_nobody_comes, ..terms() })
    }),
    ("INSTALMENTS_FORBIDDEN", || {
        under(instalments(500_000, 1), |rules| rules.payment.instalments = Permission::Forbidden)
    }),
    ("FIRST_INSTALMENT_TOO_SMALL", || refuse_terms(instalments(99_999, 1))),
    ("INTEREST_MISSING", || {
        let payment = instalments(300_000, 0).payment;
        refuse_terms(ListingTerms { payment, ..state_terms() })
    }),
    ("INTERIM_PRICE_FIXED", || {
        refuse_terms(ListingTerms { interim: Interim::MovesPrice, ..state_terms() })
    }),
    ("DISCLOSURE_INCOMPLETE", || {
        let mut market = to_announce(ListingTerms { disclosures: Vec::new(), ..terms() });
        refused(&mut market, OPERATOR, announce())
    }),
    ("APPRAISAL_MISSING", || refuse_terms(ListingTerms { appraisal: None, ..state_terms() })),
    ("APPRAISAL_NOT_VALID", || {
        let appraisal = Some(Appraisal { base_date: date("2025-11-23"), ..appraisal() });
        refuse_terms(ListingTerms { appraisal, ..state_terms() })
    }),
    ("FLOOR_TOO_LOW", || {
        refuse_terms(ListingTerms { floor: Price::from_e4(9_990), ..state_terms() })
    }),
    ("APPRAISAL_TO_BE_REDONE", || {
        let mut market = announced(state_terms());
        market.change_listing(LISTING, |record| {
            let announcement = record.announcement.as_mut().unwrap();
            announcement.first = date("2025-11-24");
            record.terms.appraisal.as_mut().unwrap().base_date = date("2025-11-24");
        });
        refused(&mut market, ALICE, reprice(9_900, 10, None))
    }),
    ("GATE_NOT_RUNNING", || {
        let mut market = reviewed(terms(), ListingVerdict::Accept);
        refused(&mut market, BOB, answer(BOB, ClaimAnswer::Waive))
    }),
    ("GATE_NOT_GREEN", || {
        refused(&mut reviewed(terms(), ListingVerdict::Accept), OPERATOR, announce())
    }),
    ("DELIVERY_OUT_OF_RANGE", || {
        let mut market = reviewed(terms(), ListingVerdict::Accept);
        refused(&mut market, OPERATOR, notify("2026-11-25"))
    }),
    ("ANSWERED_ALREADY", || {
        let mut market = reviewed(terms(), ListingVerdict::Accept);
        // A third holder, so that the gate stays open.
        crate::fixture::issue(&mut market, terms().fund, DAVE, units(10_000));
        by(&mut market, OPERATOR, notify("2026-11-24"));
        by(&mut market, BOB, answer(BOB, ClaimAnswer::Waive));
        refused(&mut market, BOB, answer(BOB, ClaimAnswer::Claim))
    }),
    ("RELISTING_PAUSE", a_seller_lists_again_at_once),
    ("SUSPENSION_TOO_LONG", || {
        refused(&mut announced(state_terms()), OPERATOR, suspend("2027-02-24"))
    }),
    ("EXTENSION_NOT_ANNOUNCED", || {
        let ask = Command::ExtendListing(ExtendListing { listing: LISTING });
        refused(&mut announced(terms()), ALICE, ask)
    }),
    ("LISTING_HAS_INTENTIONS", || {
        let mut market = announced(terms());
        by(&mut market, CAROL, interest(CAROL, Right::None));
        refused(&mut market, ALICE, reprice(9_900, 10, None))
    }),
    ("CONFLICT_OF_INTEREST", || refused(&mut announced(terms()), ALICE, accept_terms(ALICE))),
    ("CONFIDENTIALITY_ACCEPTED", || {
        let mut market = announced(terms());
        by(&mut market, CAROL, accept_terms(CAROL));
        refused(&mut market, CAROL, accept_terms(CAROL))
    }),
    ("CONFIDENTIALITY_NOT_ACCEPTED", || {
        refused(&mut announced(documented()), CAROL, look(CAROL, 7))
    }),
    ("DOCUMENT_NOT_FOUND", || {
        let mut market = announced(documented());
        by(&mut market, CAROL, accept_terms(CAROL));
        refused(&mut market, CAROL, look(CAROL, 9))
    }),
];

fn documented() -> ListingTerms {
    let document = Document {
        name: "审计报告".to_owned(),
        kind: DocumentKind::FinancialReport,
        sha256: Sha256::new([7; 32]),
        size_bytes: 70_000,
        visibility: Visibility::Full,
    };
    ListingTerms { documents: vec![document], ..terms() }
}

fn instalments(first: u32, interest: u32) -> ListingTerms {
    let (first, interest) = (Ppm::new(first), Ppm::new(interest));
    let payment = Payment::Instalments { first, working_days: 5, rest_days: 365, interest };
    ListingTerms { payment, ..terms() }
}

fn refuse_terms(terms: ListingTerms) -> Reject {
    refused(&mut drafted(terms), ALICE, submit())
}

/// What a submission is told under other rules.
fn under(terms: ListingTerms, change: impl FnOnce(&mut ListingRules)) -> Reject {
    let mut market = drafted(terms);
    let segment = market.segment_mut(crate::fixture::REGIONAL);
    change(segment.pack.listing.as_mut().unwrap());
    refused(&mut market, ALICE, submit())
}

/// Where the law of matching services holds: 60 days must pass.
fn a_seller_lists_again_at_once() -> Reject {
    let mut market = to_announce(terms());
    matching(&mut market);
    let operator = party(OPERATOR);
    accept_at(&mut market, opening().plus_seconds(3_600), operator, announce());
    by(&mut market, ALICE, crate::listing::fixture::withdraw());
    let again = ListingTerms { code: "AGAIN".to_owned(), ..terms() };
    let second = crate::listing::fixture::announceable(&mut market, again);
    refuse_at(&mut market, opening().plus_seconds(7_200), operator, second)
}

fn matching(market: &mut Market) {
    let segment = market.segment_mut(crate::fixture::REGIONAL);
    segment.pack.matching = Some(crate::policy::fixture::matching_rules());
}
