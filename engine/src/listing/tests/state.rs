//! State-owned sellers: rules C1, C3.

use crate::amount::Price;
use crate::command::Command;
use crate::fixture::{ALICE, OPERATOR, accept_at, date, party, refuse_at};
use crate::listing::approve::RecordApproval;
use crate::listing::change::ChangeListing;
use crate::listing::document::Sha256;
use crate::listing::fixture::{
    LISTING, announce, announced, appraisal, at, by, drafted, refused, reprice, state_terms,
    submit, terms, to_announce,
};
use crate::listing::gate::Consent;
use crate::listing::rules;
use crate::listing::terms::{Appraisal, ListingTerms};
use crate::market::Market;

const DOCUMENT: Sha256 = Sha256::new([9; 32]);
const CONSENT: Option<Sha256> = Some(DOCUMENT);

fn approval(answer: Consent) -> Command {
    let evidence = DOCUMENT;
    Command::RecordApproval(RecordApproval { listing: LISTING, answer, evidence })
}

fn change(terms: ListingTerms) -> Command {
    let reason = "重新评估".to_owned();
    Command::ChangeListing(Box::new(ChangeListing { listing: LISTING, terms, reason }))
}

#[test]
fn c1_an_appraisal_is_good_for_a_year_on_the_day_of_the_listing() {
    // Of 2026-06-30: good until 2027-06-30.
    let mut market = to_announce(state_terms());
    let last = at("2027-06-30", 23, 59);
    accept_at(&mut market.clone(), last, party(OPERATOR), announce());
    let reject = refuse_at(&mut market, at("2027-07-01", 0, 0), party(OPERATOR), announce());
    assert_eq!(
        reject.to_string(),
        "the appraisal of 2026-06-30 is good until 2027-06-30, and not on 2027-07-01"
    );
}

#[test]
fn c1_and_on_the_day_of_the_deal() {
    let market = announced(state_terms());
    let check = |day: &str| market.check_deal_appraisal(LISTING, date(day));
    assert_eq!(check("2027-06-30"), Ok(()));
    assert_eq!(check("2027-07-01").unwrap_err().name(), "APPRAISAL_NOT_VALID");
    assert_eq!(announced(terms()).check_deal_appraisal(LISTING, date("2027-07-01")), Ok(()));
}

#[test]
fn c1_an_appraisal_of_tomorrow_is_none_yet() {
    let appraisal = Some(Appraisal { base_date: date("2026-11-25"), ..appraisal() });
    let mut market = drafted(ListingTerms { appraisal, ..state_terms() });
    assert_eq!(refused(&mut market, ALICE, submit()).name(), "APPRAISAL_NOT_VALID");
}

#[test]
fn c1_where_no_overlay_is_in_force_no_state_owned_seller_lists() {
    let mut market = drafted(state_terms());
    market.segment_mut(crate::fixture::REGIONAL).overlay = None;
    assert_eq!(refused(&mut market, ALICE, submit()).name(), "NO_STATE_RULES");
}

#[test]
fn c3_the_floor_goes_down_its_ladder() {
    let mut market = announced(state_terms());
    by(&mut market, ALICE, reprice(9_000, 10, None));
    let reject = refused(&mut market, ALICE, reprice(8_990, 10, None));
    assert_eq!(reject.to_string(), "a floor of 0.8990 is below 0.9000");
    by(&mut market, OPERATOR, approval(Consent::Given));
    by(&mut market, ALICE, reprice(8_990, 10, CONSENT));
    // Where the overlay takes no consent, there is none.
    by(&mut market, OPERATOR, approval(Consent::Given));
    let overlay = market.segment_mut(crate::fixture::REGIONAL).overlay.as_mut().unwrap();
    overlay.rules.price.below_floor_min = crate::policy::choice::BelowFloor::Forbidden;
    let reject = refused(&mut market, ALICE, reprice(8_980, 10, CONSENT));
    assert_eq!(reject.name(), "FLOOR_TOO_LOW");
}

#[test]
fn c3_a_consent_that_the_seller_alone_claims_is_none() {
    let mut market = announced(state_terms());
    let missing = "the state_approval of listing-0 is waiting for an answer";
    let reject = refused(&mut market, ALICE, reprice(8_990, 10, CONSENT));
    assert_eq!(reject.to_string(), missing);
    // What was recorded is another document.
    by(&mut market, OPERATOR, approval(Consent::Given));
    let other = Some(Sha256::new([8; 32]));
    assert_eq!(refused(&mut market, ALICE, reprice(8_990, 10, other)).to_string(), missing);
    by(&mut market, ALICE, reprice(8_990, 10, CONSENT));
    assert_eq!(market.check(), Ok(()));
    assert_eq!(Market::decode(&market.encode()).as_ref(), Ok(&market));
    let reject = refused(&mut market, ALICE, reprice(8_900, 10, CONSENT));
    assert_eq!(reject.to_string(), missing, "a consent serves once");
}

#[test]
fn c3_a_consent_is_recorded_of_a_state_owned_listing_and_a_refusal_of_it_changes_nothing() {
    let mut market = announced(state_terms());
    let reject = refused(&mut market, OPERATOR, approval(Consent::Refused));
    assert_eq!(reject.name(), "GATE_NOT_RUNNING");
    assert_eq!(refused(&mut market, ALICE, approval(Consent::Given)).name(), "NOT_PERMITTED");
    let reject = refused(&mut announced(terms()), OPERATOR, approval(Consent::Given));
    assert_eq!(reject.name(), "GATE_NOT_RUNNING");
}

#[test]
fn c3_another_appraisal_takes_the_recorded_consent() {
    let mut market = announced(state_terms());
    let value = Price::from_e4(5_000);
    let appraisal = Some(Appraisal { value, ..appraisal() });
    let lower = ListingTerms { appraisal, floor: value, ..state_terms() };
    let reject = refused(&mut market, ALICE, change(lower.clone()));
    assert_eq!(reject.to_string(), "the state_approval of listing-0 is waiting for an answer");
    by(&mut market, OPERATOR, approval(Consent::Given));
    by(&mut market, ALICE, change(lower.clone()));
    assert_eq!(market.listing(LISTING).unwrap().announcement().consent, None);
    let reject = refused(&mut market, ALICE, change(state_terms()));
    assert_eq!(reject.name(), "GATE_NOT_GREEN", "a consent serves once");
    // Other content needs none, and leaves a consent as it is.
    by(&mut market, OPERATOR, approval(Consent::Given));
    by(&mut market, ALICE, change(ListingTerms { headline: "更正".to_owned(), ..lower }));
    let kept = market.listing(LISTING).unwrap().announcement().consent;
    assert_eq!(kept, CONSENT);
}

#[test]
fn c2_after_twelve_months_without_a_buyer_the_appraisal_is_redone() {
    let mut market = announced(state_terms());
    let newer = |base: &str| {
        let appraisal = Some(Appraisal { base_date: date(base), ..appraisal() });
        ListingTerms { appraisal, ..state_terms() }
    };
    // An appraisal of the day before the announcement, so that only the twelve months count.
    by(&mut market, OPERATOR, approval(Consent::Given));
    by(&mut market, ALICE, change(newer("2026-11-24")));
    market.change_listing(LISTING, |record| {
        record.stage = crate::listing::stage::Stage::Closed;
    });
    let eve = at("2027-11-23", 23, 59);
    accept_at(&mut market.clone(), eve, party(ALICE), reprice(9_500, 10, None));
    let midnight = at("2027-11-24", 0, 0);
    let reject = refuse_at(&mut market, midnight, party(ALICE), reprice(9_500, 10, None));
    assert_eq!(
        reject.to_string(),
        "announced since 2026-11-24 without a buyer; from 2027-11-24 on it takes a new appraisal"
    );
}

#[test]
fn months_end_on_the_same_day_or_the_months_last() {
    for (from, months, until) in [
        ("2026-11-24", 12, "2027-11-24"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-11-30", 1, "2026-12-30"),
    ] {
        assert_eq!(rules::months_after(date(from), months), date(until), "{from} + {months}");
    }
}
