//! Tenders that the venue scores, and quotes among which the seller chooses.

use super::{ONE, OTHER, cash, claim, end_of, lines, reasons};
use crate::bidding::ClaimState;
use crate::bidding::choose::Choice;
use crate::bidding::declare::Right;
use crate::bidding::fixture::{
    DAY, TWO, bid, choose, close, deposited, open, opened, pass, quoted, quotes, score, scoring,
    sign, tender,
};
use crate::bidding::mode::{Code, Criterion, Reason};
use crate::bidding::open::Opening;
use crate::fixture::{ALICE, BOB, CAROL, DAVE, LICENSED, OPERATOR, accept, party, refuse, soon};
use crate::id::{BidId, PartyId};
use crate::listing::fixture::stage;
use crate::listing::stage::Stage;
use crate::listing::terms::Method;
use crate::market::Market;

const THIRD: [(PartyId, Right); 3] = [TWO[0], TWO[1], (BOB, Right::None)];

fn wait(market: &mut Market, seconds: u64) {
    let until = market.now().plus_seconds(seconds);
    pass(market, until);
}

#[test]
fn a_tender_is_scored_by_the_venue_and_the_best_of_price_and_points_wins() {
    let mut market = scoring();
    let own = refuse(&mut market, party(ALICE), score(0, &[100]));
    assert_eq!(own.name(), "NOT_PERMITTED");
    // DAVE revealed first: its bid is bid-0. 100 * 100 * 1.20 / 1.50 and 9,000 beat 10,000 and 6,900.
    accept(&mut market, party(OPERATOR), score(0, &[10]));
    accept(&mut market, party(OPERATOR), score(1, &[69]));
    accept(&mut market, party(OPERATOR), score(0, &[90]));
    wait(&mut market, 7_201);
    assert_eq!(
        (stage(&market), reasons(&market)),
        (Stage::Awarded, vec![Reason::Won, Reason::Outscored])
    );
    assert_eq!(lines(&market)[0].pays_e4, 1_200_000_000);
    let late = refuse(&mut market, party(OPERATOR), score(1, &[100]));
    assert_eq!(late.name(), "LISTING_STAGE");
    accept(&mut market, party(OPERATOR), sign(DAVE));
    wait(&mut market, 1);
    assert_eq!((stage(&market), market.check()), (Stage::HandedOver, Ok(())));
}

#[test]
fn d5_the_winner_of_a_tender_defaults_and_the_next_best_is_offered_the_lot() {
    let mut market = scoring();
    accept(&mut market, party(OPERATOR), score(0, &[100]));
    accept(&mut market, party(OPERATOR), score(1, &[0]));
    wait(&mut market, 7_201);
    pass(&mut market, end_of("2026-12-01"));
    assert_eq!(reasons(&market), [Reason::Barred, Reason::Won]);
    assert_eq!(claim(&market, DAVE), ClaimState::Defaulted);
}

#[test]
fn a_tender_with_a_bid_that_nobody_scored_finds_no_buyer_and_all_deposits_go_back() {
    let mut market = scoring();
    accept(&mut market, party(OPERATOR), score(1, &[100]));
    wait(&mut market, 7_201);
    assert_eq!(stage(&market), Stage::Ended);
    assert_eq!([CAROL, DAVE].map(|who| cash(&market, who)), [[100_000_000, 0]; 2]);
}

#[test]
fn a1_the_price_weighs_enough_in_a_tender_and_each_criterion_has_a_name_and_a_weight() {
    let mut market = deposited(Method::Tender, &TWO);
    close(&mut market);
    let criterion = |weight, name: &str| Criterion { weight, name: name.to_owned() };
    let with = |price_weight, criteria| Opening::Tender {
        commit_seconds: 60,
        scoring_seconds: 60,
        price_weight,
        criteria,
    };
    let begins = soon(&market).plus_seconds(60);
    let mut said =
        |opening| refuse(&mut market, party(OPERATOR), open(begins, opening)).to_string();
    assert_eq!(
        said(with(49, vec![criterion(51, "方案")])),
        "price_weight is 490000; it takes 500000 to 1000000"
    );
    assert_eq!(said(with(0, vec![])), "price_weight is 0; it takes 500000 to 1000000");
    assert_eq!(said(with(1_001, vec![])), "weight is 1001; it takes 0 to 1000");
    assert_eq!(said(with(100, vec![criterion(0, "方案")])), "weight is 0; it takes 1 to 1000");
    let nameless = said(with(100, vec![criterion(1, "")]));
    assert_eq!(nameless, "criteria has 0 bytes; it takes 1 to 512 printable ones");
    let many = vec![criterion(1, "方案"); 11];
    assert_eq!(said(with(100, many)), "criteria has 11 elements; it takes 0 to 10");
    accept(&mut market, party(OPERATOR), open(begins, with(50, vec![criterion(50, "方案")])));
}

#[test]
fn the_seller_takes_one_of_the_quotes_or_none() {
    let (mut market, begins) = quoted(&[CAROL, DAVE]);
    // A better quote takes the place of the one before.
    assert_eq!(refuse(&mut market, party(CAROL), bid(CAROL, 110)).name(), "BID_TOO_LOW");
    accept(&mut market, party(CAROL), bid(CAROL, 115));
    let early = refuse(&mut market, party(ALICE), choose(Choice::None));
    assert_eq!(early.name(), "NOT_IN_THIS_PHASE");
    pass(&mut market, begins.plus_seconds(3_600));
    let other = refuse(&mut market, party(CAROL), choose(Choice::None));
    assert_eq!(other.name(), "NOT_PERMITTED");
    let mut none = market.clone();
    // It need not be the highest.
    accept(&mut market, party(ALICE), choose(Choice::Quote(BidId::new(1))));
    wait(&mut market, 1);
    assert_eq!(reasons(&market), [Reason::Won, Reason::NotChosen]);
    assert_eq!((lines(&market)[0].bidder, stage(&market)), (OTHER, Stage::Awarded));

    accept(&mut none, party(ALICE), choose(Choice::None));
    wait(&mut none, 1);
    assert_eq!((stage(&none), none.check()), (Stage::Ended, Ok(())));
    assert_eq!([CAROL, DAVE].map(|who| cash(&none, who)), [[100_000_000, 0]; 2]);
}

#[test]
fn d4_who_is_not_asked_for_a_quote_gives_none_and_has_its_deposit_back_at_once() {
    let opening = Opening::Quotes {
        asked: vec![Code::Bidder(1), Code::Bidder(3)],
        quote_seconds: 3_600,
        choose_seconds: 7_200,
    };
    let (mut market, begins) = opened(Method::RequestForQuote, &THIRD, opening);
    assert_eq!((claim(&market, DAVE), cash(&market, DAVE)[1]), (ClaimState::Returned, 0));
    assert_eq!(refuse(&mut market, party(DAVE), bid(DAVE, 110)).name(), "NO_DEPOSIT");
    accept(&mut market, party(BOB), bid(BOB, 110));
    pass(&mut market, begins.plus_seconds(3_600));
    accept(&mut market, party(ALICE), choose(Choice::Quote(BidId::new(0))));
    wait(&mut market, 1);
    assert_eq!((stage(&market), cash(&market, CAROL)[1]), (Stage::Awarded, 10_000));
    accept(&mut market, party(OPERATOR), sign(BOB));
    wait(&mut market, 1);
    assert_eq!((stage(&market), cash(&market, CAROL)[1]), (Stage::HandedOver, 0));
    assert_eq!(Market::decode(&market.encode()).as_ref(), Ok(&market));
}

#[test]
fn a1_quotes_are_asked_of_those_who_may_give_them_and_bind_for_so_long() {
    let mut market = deposited(Method::RequestForQuote, &TWO);
    close(&mut market);
    let begins = soon(&market).plus_seconds(60);
    let with = |asked: &[Code], quote_seconds| Opening::Quotes {
        asked: asked.to_vec(),
        quote_seconds,
        choose_seconds: 60,
    };
    let days = u32::try_from(30 * DAY).unwrap();
    for (opening, name) in [
        (with(&[], 60), "BAD_LENGTH"),
        (with(&[OTHER, ONE], 60), "INCONSISTENT"),
        (with(&[ONE, Code::Bidder(3)], 60), "NOT_ADMITTED"),
        (with(&[ONE, OTHER], days), "OUT_OF_RANGE"),
        (tender(), "OTHER_METHOD"),
    ] {
        let reject = refuse(&mut market, party(OPERATOR), open(begins, opening));
        assert_eq!(reject.name(), name);
    }
    let rules = market.segment_mut(LICENSED).pack.listing.as_mut().unwrap();
    rules.offers.quote_parties_max = 1;
    let reject = refuse(&mut market, party(OPERATOR), open(begins, quotes()));
    assert_eq!(reject.to_string(), "asked has 2 elements; it takes 1 to 1");
}
