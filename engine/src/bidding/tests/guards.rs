//! What must not happen to a bidder, a seller or the venue between the announcement and the deal.

use super::{HOLDER, ONE, OTHER, cash, claim, end_of, offer, reasons, sealed};
use crate::amount::{Ppm, Price};
use crate::bidding::ClaimState;
use crate::bidding::declare::Right;
use crate::bidding::fixture::{
    DAY, THREE, TWO, bid, claim_right, close, commit, deposited, english, interest, open, opened,
    pass, pay, reveal, sign, terms, untold, verdict,
};
use crate::bidding::mode::Reason;
use crate::bidding::open::Opening;
use crate::bidding::qualify_bidder::BidderVerdict;
use crate::command::Command;
use crate::event::Event;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, LICENSED, OPERATOR, accept, accept_at, cents, date, party,
    refuse, soon, trading, units, yuan,
};
use crate::id::PartyId;
use crate::listing::end::RevokeListing;
use crate::listing::fixture::{LISTING, announced, draft_as, stage, suspend};
use crate::listing::stage::Stage;
use crate::listing::terms::{Appraisal, ListingTerms, Method};
use crate::market::Market;
use crate::policy::PRICE_E4_MAX;
use crate::policy::choice::Ownership;
use crate::policy::fixture::soe;
use crate::registry::affiliate::Affiliate;
use crate::registry::party::PartyStatus;

const ENGLISH: Opening = Opening::English { increment: cents(1) };
const NEGOTIATED: Opening = Opening::Negotiated { seconds: 86_400 };

fn join(who: PartyId, with: PartyId) -> Command {
    Command::Affiliate(Affiliate { party: who, with: Some(with) })
}

fn revoke() -> Command {
    let reason = "监管要求".to_owned();
    Command::RevokeListing(Box::new(RevokeListing { listing: LISTING, reason }))
}

/// DAVE has won at 1.20, and CAROL bid 1.00.
fn awarded() -> Market {
    let (mut market, begins) = english(&TWO);
    accept(&mut market, party(CAROL), bid(CAROL, 100));
    accept(&mut market, party(DAVE), bid(DAVE, 120));
    pass(&mut market, begins.plus_seconds(DAY + 300));
    assert_eq!(stage(&market), Stage::Awarded);
    market
}

/// The seller is state-owned, and its appraisal is good until the 26th.
fn appraised(market: &mut Market) {
    market.segment_mut(LICENSED).overlay = Some(soe());
    let (value, base_date) = (cents(100), date("2025-11-26"));
    market.change_listing(LISTING, |record| {
        record.terms.ownership = Ownership::StateOwned;
        record.terms.appraisal = Some(Appraisal { value, base_date, filing: "备-1".to_owned() });
    });
}

#[test]
fn a_floor_beyond_all_prices_is_refused_and_the_highest_price_is_a_floor() {
    let at = |floor| ListingTerms {
        floor: Price::from_e4(floor),
        units: units(1_000),
        deposit: Ppm::new(0),
        ..terms(Method::SealedPayAsBid)
    };
    let beyond = draft_as(ALICE, at(PRICE_E4_MAX + 100));
    assert_eq!(refuse(&mut trading(), party(ALICE), beyond).name(), "ORDER_TOO_LARGE");
    let mut market = announced(at(PRICE_E4_MAX));
    for who in [CAROL, DAVE] {
        accept(&mut market, party(who), interest(who, Right::None));
        accept(&mut market, party(OPERATOR), verdict(who, BidderVerdict::Qualify));
    }
    close(&mut market);
    let begins = soon(&market).plus_seconds(60);
    accept(&mut market, party(OPERATOR), open(begins, sealed()));
    pass(&mut market, begins.plus_seconds(2 * DAY));
    assert_eq!((stage(&market), market.check()), (Stage::Ended, Ok(())));
}

#[test]
fn d4_who_signed_has_its_deposit_back_when_the_deal_is_revoked() {
    let mut market = awarded();
    accept(&mut market, party(OPERATOR), sign(DAVE));
    accept(&mut market, party(OPERATOR), revoke());
    let now = market.now();
    pass(&mut market, now);
    assert_eq!((stage(&market), claim(&market, DAVE)), (Stage::Revoked, ClaimState::Returned));
    assert_eq!([CAROL, DAVE].map(|who| cash(&market, who)), [[100_000_000, 0]; 2]);
    assert_eq!((market.next_deadline(), market.check()), (None, Ok(())));
    // A deposit that nothing gives back is no sound state.
    market.change_bidding(LISTING, |bidding| bidding.claim_mut(DAVE).state = ClaimState::Signed);
    assert_eq!(market.check(), Err("biddings"));
}

#[test]
fn d3_the_terms_of_a_sealed_bid_are_in_no_entry_before_the_close() {
    let mut market = deposited(Method::SealedPayAsBid, &TWO);
    close(&mut market);
    let begins = soon(&market).plus_seconds(60);
    accept(&mut market, party(OPERATOR), open(begins, sealed()));
    assert_eq!(untold(&market, CAROL, reveal(CAROL, 150)).name(), "NOT_IN_THIS_PHASE");
    assert_eq!(untold(&market, CAROL, bid(CAROL, 150)).name(), "NOT_OF_THIS_MODE");
    pass(&mut market, begins);
    accept(&mut market, party(CAROL), commit(CAROL, ONE, 150));
    assert_eq!(untold(&market, CAROL, reveal(CAROL, 150)).name(), "NOT_IN_THIS_PHASE");
    assert_eq!(untold(&market, CAROL, bid(CAROL, 150)).name(), "NOT_OF_THIS_MODE");
    // It is no matter why: who may not bid at all has told its price too.
    assert_eq!(untold(&market, BOB, reveal(BOB, 150)).name(), "NO_DEPOSIT");
    pass(&mut market, begins.plus_seconds(3_600));
    assert_eq!(refuse(&mut market, party(CAROL), reveal(CAROL, 151)).name(), "SEAL_DIFFERS");
    // Open bids are told as ever.
    let mut market = deposited(Method::English, &TWO);
    close(&mut market);
    let begins = soon(&market).plus_seconds(60);
    accept(&mut market, party(OPERATOR), open(begins, ENGLISH));
    assert_eq!(refuse(&mut market, party(CAROL), bid(CAROL, 150)).name(), "NOT_IN_THIS_PHASE");
}

#[test]
fn c1_d4_where_the_appraisal_runs_out_before_the_contract_nobody_forfeits() {
    let mut market = awarded();
    appraised(&mut market);
    let events = pass(&mut market, end_of("2026-11-30").plus_seconds(1));
    assert!(!events.iter().any(|event| matches!(event, Event::DepositForfeited(_))), "{events:?}");
    assert_eq!(stage(&market), Stage::Ended);
    assert_eq!([CAROL, DAVE].map(|who| cash(&market, who)), [[100_000_000, 0]; 2]);
    assert_eq!(cash(&market, ALICE), [0, 0]);
}

#[test]
fn c1_bidding_is_not_opened_on_an_appraisal_that_is_out() {
    let mut market = deposited(Method::English, &TWO);
    appraised(&mut market);
    close(&mut market);
    let begins = end_of("2026-11-26");
    let reject = refuse(&mut market, party(OPERATOR), open(begins, ENGLISH));
    assert_eq!(reject.name(), "APPRAISAL_NOT_VALID");
    let begins = begins.minus_seconds(1);
    accept(&mut market, party(OPERATOR), open(begins, ENGLISH));
}

#[test]
fn d4_d5_who_is_not_let_sign_forfeits_nothing_and_the_next_is_offered_the_lot() {
    let causes: [fn(&mut Market); 3] = [
        |market| market.party_mut(DAVE).status = PartyStatus::Suspended,
        |market| market.fund_mut(FUND).details.holder_cap = Some(2),
        |market| {
            accept(market, party(OPERATOR), join(DAVE, ALICE));
        },
    ];
    for cause in causes {
        let mut market = awarded();
        cause(&mut market);
        accept_refused_signature(&mut market);
        let events = pass(&mut market, end_of("2026-11-30").plus_seconds(1));
        let forfeits = events.iter().any(|event| matches!(event, Event::DepositForfeited(_)));
        assert!(!forfeits, "{events:?}");
        assert_eq!((stage(&market), cash(&market, DAVE)), (Stage::Awarded, [100_000_000, 0]));
        assert_eq!(reasons(&market), [Reason::Won, Reason::Barred]);
        assert_eq!((cash(&market, ALICE), market.check()), ([0, 0], Ok(())));
    }
}

/// DAVE won, and the market does not take its signature.
fn accept_refused_signature(market: &mut Market) {
    let reject = refuse(market, party(OPERATOR), sign(DAVE));
    let names = ["PARTY_SUSPENDED", "HOLDER_CAP", "CONFLICT_OF_INTEREST"];
    assert!(names.contains(&reject.name()), "{reject:?}");
}

#[test]
fn a9_who_came_to_belong_to_the_seller_or_to_a_rival_does_not_sign() {
    let mut market = awarded();
    accept(&mut market, party(OPERATOR), join(DAVE, ALICE));
    let reject = refuse(&mut market, party(OPERATOR), sign(DAVE));
    assert_eq!(reject.name(), "CONFLICT_OF_INTEREST");
    let mut market = awarded();
    accept(&mut market, party(OPERATOR), join(DAVE, CAROL));
    let reject = refuse(&mut market, party(OPERATOR), sign(DAVE));
    assert_eq!(reject.name(), "RELATED_BIDDER");
}

#[test]
fn b3_who_waived_or_kept_silent_bids_under_no_priority_code() {
    let mut market = announced(terms(Method::English));
    accept(&mut market, party(BOB), interest(BOB, Right::FirstRefusal));
    let qualify = verdict(BOB, BidderVerdict::Qualify);
    let reject = refuse(&mut market, party(OPERATOR), qualify.clone());
    assert_eq!(reject.name(), "NO_FIRST_REFUSAL");
    claim_right(&mut market, LISTING, BOB);
    accept(&mut market, party(OPERATOR), qualify);
    let code = market.bidding(LISTING).unwrap().claim(BOB).unwrap().code;
    assert_eq!(code, Some(HOLDER));
}

#[test]
fn d5_who_has_its_deposit_back_is_not_given_what_others_left() {
    let (mut market, begins) = english(&[TWO[0], TWO[1], (BOB, Right::None)]);
    for (who, price) in [(CAROL, 100), (DAVE, 120), (BOB, 130)] {
        accept(&mut market, party(who), bid(who, price));
    }
    pass(&mut market, begins.plus_seconds(DAY + 300));
    pass(&mut market, end_of("2026-11-30").plus_seconds(1));
    assert_eq!(reasons(&market), [Reason::Outbid, Reason::Won, Reason::Barred]);
    assert_eq!(claim(&market, CAROL), ClaimState::Returned);
    // DAVE keeps silent, and CAROL is bound to nothing any more.
    pass(&mut market, end_of("2026-12-04").plus_seconds(1));
    assert_eq!((stage(&market), cash(&market, DAVE)), (Stage::Ended, [100_000_000, 0]));
    assert_eq!((market.next_deadline(), market.check()), (None, Ok(())));
}

#[test]
fn d3_a_bid_that_is_handed_in_is_revealed_whatever_the_venue_did_meanwhile() {
    let (mut market, begins) = opened(Method::SealedPayAsBid, &THREE, sealed());
    accept(&mut market, party(CAROL), commit(CAROL, ONE, 150));
    accept(&mut market, party(DAVE), commit(DAVE, OTHER, 120));
    accept(&mut market, party(OPERATOR), join(CAROL, DAVE));
    market.party_mut(DAVE).status = PartyStatus::Suspended;
    pass(&mut market, begins.plus_seconds(3_600));
    accept(&mut market, party(CAROL), reveal(CAROL, 150));
    accept(&mut market, party(DAVE), reveal(DAVE, 120));
}

#[test]
fn a9_a_rival_whose_deposit_never_came_keeps_nobody_out() {
    let mut market = announced(terms(Method::English));
    accept(&mut market, party(CAROL), interest(CAROL, Right::None));
    accept(&mut market, party(OPERATOR), verdict(CAROL, BidderVerdict::Qualify));
    accept(&mut market, party(OPERATOR), join(DAVE, CAROL));
    let reject = refuse(&mut market, party(DAVE), interest(DAVE, Right::None));
    assert_eq!(reject.name(), "RELATED_BIDDER");
    let due = end_of("2026-11-27");
    accept_at(&mut market, due, party(DAVE), interest(DAVE, Right::None));
}

#[test]
fn d1_a_deposit_that_is_due_is_paid_while_the_announcement_stands_still() {
    let mut market = announced(terms(Method::English));
    accept(&mut market, party(CAROL), interest(CAROL, Right::None));
    accept(&mut market, party(OPERATOR), verdict(CAROL, BidderVerdict::Qualify));
    accept(&mut market, party(OPERATOR), suspend("2026-12-15"));
    accept(&mut market, party(CAROL), pay(CAROL));
    assert_eq!((claim(&market, CAROL), market.check()), (ClaimState::Deposited, Ok(())));
}

#[test]
fn no_side_uses_up_the_offers_of_another() {
    let (mut market, begins) = opened(Method::Negotiated, &TWO, NEGOTIATED);
    market.segment_mut(LICENSED).pack.listing.as_mut().unwrap().offers.offers_max = 2;
    let at = |minute: u64| begins.plus_seconds(60 * minute);
    for minute in [1, 2] {
        let ask = offer(CAROL, 100, at(minute), None);
        accept(&mut market, party(CAROL), ask);
        pass(&mut market, at(minute));
    }
    let third = refuse(&mut market, party(CAROL), offer(CAROL, 100, at(3), None));
    assert_eq!(third.to_string(), crate::reject::Reject::TooManyBids { limit: 2 }.to_string());
    accept(&mut market, party(ALICE), offer(ALICE, 110, at(3), None));
}

#[test]
fn bidding_does_not_begin_in_the_far_future() {
    let mut market = deposited(Method::English, &TWO);
    close(&mut market);
    let far = soon(&market).plus_seconds(91 * DAY);
    let reject = refuse(&mut market, party(OPERATOR), open(far, ENGLISH));
    assert_eq!(reject.name(), "EXPIRY_OUT_OF_RANGE");
    assert_eq!(cash(&market, CAROL)[1], yuan(10_000).fen() / 100);
}
