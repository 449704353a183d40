//! Gates: rules B1, B3, B5, C.

use crate::amount::Units;
use crate::command::Command;
use crate::event::Event;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, MANAGER, MEMBER, OPERATOR, REGIONAL_FUND, accept_at, issue, party,
    refuse_at, units,
};
use crate::id::PartyId;
use crate::listing::agreement::{AgreementTerms, ConsentTerm, FirstRefusalTerm, SetAgreement};
use crate::listing::approve::RecordApproval;
use crate::listing::consent::AnswerConsent;
use crate::listing::document::Sha256;
use crate::listing::fixture::{
    LISTING, announce, answer, at, by, held, notify, pass, refused, review, reviewed, stage,
    state_terms, submitted, terms,
};
use crate::listing::gate::{ClaimAnswer, Consent, GateKind, GateState, How};
use crate::listing::review::ListingVerdict;
use crate::listing::stage::{EndReason, Stage};
use crate::listing::terms::ListingTerms;
use crate::market::Market;
use crate::policy::choice::Silence;
use crate::registry::fund::LegalForm;

const EVIDENCE: Sha256 = Sha256::new([3; 32]);

fn accepted(terms: ListingTerms) -> Market {
    reviewed(terms, ListingVerdict::Accept)
}

fn agreed(first_refusal: FirstRefusalTerm, consent: ConsentTerm) -> Market {
    let mut market = submitted(terms());
    let terms = AgreementTerms { first_refusal, consent };
    let ask = SetAgreement { fund: REGIONAL_FUND, terms, evidence: EVIDENCE };
    by(&mut market, OPERATOR, Command::SetAgreement(ask));
    by(&mut market, OPERATOR, review(ListingVerdict::Accept));
    market
}

fn kinds(market: &Market) -> Vec<GateKind> {
    market.listing(LISTING).unwrap().gates.iter().map(|gate| gate.kind).collect()
}

fn state_of(market: &Market, kind: GateKind) -> (GateState, Option<How>) {
    let gate = market.listing(LISTING).unwrap().gate(kind).unwrap();
    (gate.state, gate.how)
}

fn consent(answer: Consent) -> Command {
    let evidence = EVIDENCE;
    Command::AnswerConsent(AnswerConsent { listing: LISTING, answer, evidence })
}

#[test]
fn b_gates_are_those_that_the_law_the_agreement_and_the_owner_ask_for() {
    let all = [GateKind::PartnersNotice, GateKind::FirstRefusal, GateKind::ManagerConsent];
    assert_eq!(kinds(&accepted(terms())), all);
    let state = [&all[..], &[GateKind::StateApproval]].concat();
    assert_eq!(kinds(&accepted(state_terms())), state);
    let market = agreed(FirstRefusalTerm::Excluded, ConsentTerm::NotAsked);
    assert_eq!(kinds(&market), [GateKind::PartnersNotice]);
    let mut market = submitted(terms());
    market.fund_mut(REGIONAL_FUND).details.legal_form = LegalForm::Contract;
    by(&mut market, OPERATOR, review(ListingVerdict::Accept));
    assert_eq!(kinds(&market), [GateKind::ManagerConsent]);
}

#[test]
fn b1_the_partners_have_thirty_days_from_delivery_to_the_end_of_the_last() {
    let mut market = agreed(FirstRefusalTerm::Excluded, ConsentTerm::NotAsked);
    assert_eq!(market.next_deadline(), None, "no time runs before the notice is delivered");
    // Delivered on a Tuesday, recorded on Friday.
    accept_at(&mut market, at("2026-11-27", 10, 0), party(OPERATOR), notify("2026-11-24"));
    assert_eq!(market.next_deadline(), Some(at("2026-12-25", 0, 0)));
    pass(&mut market, at("2026-12-24", 23, 59));
    assert_eq!(state_of(&market, GateKind::PartnersNotice), (GateState::Running, None));
    let late = at("2026-12-24", 23, 59).plus_seconds(59);
    let reject = refuse_at(&mut market, late, party(OPERATOR), announce());
    assert_eq!(reject.to_string(), "the partners_notice of listing-0 is waiting for an answer");
    pass(&mut market, at("2026-12-25", 0, 0));
    let green = (GateState::Green, Some(How::Silence));
    assert_eq!(state_of(&market, GateKind::PartnersNotice), green);
    by(&mut market, OPERATOR, announce());
    assert_eq!(stage(&market), Stage::Announced);
}

#[test]
fn b1_a_notice_is_delivered_between_the_acceptance_and_today() {
    let mut market = accepted(terms());
    for wrong in ["2026-11-23", "2026-11-25"] {
        let reject = refused(&mut market, OPERATOR, notify(wrong));
        assert_eq!(reject.to_string(), format!("{wrong} is not from 2026-11-24 to 2026-11-24"));
    }
    by(&mut market, OPERATOR, notify("2026-11-24"));
    let reject = refused(&mut market, OPERATOR, notify("2026-11-24"));
    assert_eq!(reject.name(), "GATE_NOT_RUNNING");
}

#[test]
fn b3_each_holder_claims_or_waives_once_and_silence_waives() {
    let mut market = agreed(FirstRefusalTerm::AsPack, ConsentTerm::NotAsked);
    issue(&mut market, REGIONAL_FUND, DAVE, units(10_000));
    issue(&mut market, REGIONAL_FUND, CAROL, units(10_000));
    by(&mut market, OPERATOR, notify("2026-11-24"));
    // A member speaks for its client.
    by(&mut market, MEMBER, answer(BOB, ClaimAnswer::Claim));
    by(&mut market, DAVE, answer(DAVE, ClaimAnswer::Waive));
    let reject = refused(&mut market, BOB, answer(BOB, ClaimAnswer::Waive));
    assert_eq!(reject.to_string(), "party-8 has answered for listing-0");
    let reject = refused(&mut market, ALICE, answer(ALICE, ClaimAnswer::Claim));
    assert_eq!(reject.name(), "LISTING_NOT_FOUND", "the seller has no such right");
    assert_eq!(state_of(&market, GateKind::FirstRefusal), (GateState::Running, None));
    pass(&mut market, at("2026-12-25", 0, 0));
    let green = (GateState::Green, Some(How::Silence));
    assert_eq!(state_of(&market, GateKind::FirstRefusal), green);
    let keeps = |holder| market.listing(LISTING).unwrap().keeps_first_refusal(holder);
    assert_eq!([BOB, DAVE, CAROL].map(keeps), [true, false, false]);
}

#[test]
fn b3_where_silence_keeps_the_right_it_is_kept() {
    let mut market = submitted(terms());
    let segment = market.segment_mut(crate::fixture::REGIONAL);
    let rules = segment.pack.listing.as_mut().unwrap();
    rules.partners.first_refusal_silence = Silence::Refusal;
    by(&mut market, OPERATOR, review(ListingVerdict::Accept));
    assert!(market.listing(LISTING).unwrap().keeps_first_refusal(BOB));
}

#[test]
fn b3_when_everybody_has_spoken_nobody_is_waited_for() {
    let mut market = agreed(FirstRefusalTerm::Days(15), ConsentTerm::NotAsked);
    by(&mut market, OPERATOR, notify("2026-11-24"));
    assert_eq!(market.next_deadline(), Some(at("2026-12-10", 0, 0)), "the agreement's days");
    let events = by(&mut market, BOB, answer(BOB, ClaimAnswer::Waive));
    let names: Vec<_> = events.iter().map(Event::name).collect();
    assert_eq!(names, ["FirstRefusalAnswered", "GateClosed"]);
    assert_eq!(state_of(&market, GateKind::FirstRefusal), (GateState::Green, Some(How::Said)));
}

#[test]
fn b3_who_holds_nothing_of_the_fund_is_told_nothing() {
    let mut market = accepted(terms());
    by(&mut market, OPERATOR, notify("2026-11-24"));
    for stranger in [CAROL, DAVE] {
        let reject = refused(&mut market, stranger, answer(stranger, ClaimAnswer::Claim));
        assert_eq!(reject.to_string(), "there is no listing-0");
    }
    let reject = refused(&mut market, CAROL, answer(BOB, ClaimAnswer::Waive));
    assert_eq!(reject.name(), "NOT_PERMITTED");
}

#[test]
fn b5_the_manager_consents_or_the_listing_ends() {
    let mut market = accepted(terms());
    let reject = refused(&mut market, ALICE, consent(Consent::Given));
    assert_eq!(reject.name(), "NOT_PERMITTED");
    by(&mut market, MANAGER, consent(Consent::Given));
    assert_eq!(state_of(&market, GateKind::ManagerConsent), (GateState::Green, Some(How::Said)));
    assert_eq!(refused(&mut market, MANAGER, consent(Consent::Refused)).name(), "GATE_NOT_RUNNING");
    let mut market = accepted(terms());
    by(&mut market, MANAGER, consent(Consent::Refused));
    assert_eq!((stage(&market), held(&market)[1]), (Stage::Ended, Units::ZERO));
    assert_eq!(market.listing(LISTING).unwrap().end, Some(EndReason::GateRefused));
    assert_eq!(market.next_deadline(), None);
}

#[test]
fn b5_another_funds_manager_is_told_nothing() {
    let mut market = accepted(terms());
    let other = crate::fixture::details("GP-2", crate::registry::party::Role::Manager);
    let other: PartyId = crate::fixture::register(&mut market, other);
    let reject = refused(&mut market, other, consent(Consent::Given));
    assert_eq!(reject.name(), "LISTING_NOT_FOUND");
}

#[test]
fn b5_the_managers_silence_is_what_the_agreement_or_else_the_pack_says() {
    // The pack: fifteen days, and silence refuses.
    let mut market = accepted(terms());
    assert_eq!(market.next_deadline(), Some(at("2026-12-10", 0, 0)));
    pass(&mut market, at("2026-12-09", 23, 59));
    assert_eq!(stage(&market), Stage::Accepted);
    pass(&mut market, at("2026-12-10", 0, 0));
    assert_eq!(stage(&market), Stage::Ended);
    // An agreement: three days, and silence consents.
    let silence = Silence::Consent;
    let mut market = agreed(FirstRefusalTerm::AsPack, ConsentTerm::Asked { days: 3, silence });
    pass(&mut market, at("2026-11-28", 0, 0));
    let green = (GateState::Green, Some(How::Silence));
    assert_eq!(state_of(&market, GateKind::ManagerConsent), green);
    assert_eq!(stage(&market), Stage::Accepted);
}

#[test]
fn c_the_state_holders_approval_is_never_silent() {
    let mut market = accepted(state_terms());
    by(&mut market, MANAGER, consent(Consent::Given));
    assert_eq!(market.next_deadline(), None);
    let approval = |answer| {
        let evidence = EVIDENCE;
        Command::RecordApproval(RecordApproval { listing: LISTING, answer, evidence })
    };
    by(&mut market, OPERATOR, approval(Consent::Given));
    assert_eq!(state_of(&market, GateKind::StateApproval).0, GateState::Green);
    let mut market = accepted(state_terms());
    by(&mut market, OPERATOR, approval(Consent::Refused));
    assert_eq!(stage(&market), Stage::Ended);
}

#[test]
fn an_agreement_has_periods_of_some_days_and_a_fund() {
    let mut market = submitted(terms());
    let ask = |fund, first_refusal| {
        let terms = AgreementTerms { first_refusal, ..AgreementTerms::default() };
        Command::SetAgreement(SetAgreement { fund, terms, evidence: EVIDENCE })
    };
    let nothing = ask(REGIONAL_FUND, FirstRefusalTerm::Days(0));
    assert_eq!(refused(&mut market, OPERATOR, nothing).name(), "OUT_OF_RANGE");
    let nowhere = ask(crate::id::FundId::new(9), FirstRefusalTerm::AsPack);
    assert_eq!(refused(&mut market, OPERATOR, nowhere).name(), "FUND_NOT_FOUND");
}
