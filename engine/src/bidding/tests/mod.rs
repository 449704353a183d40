//! Biddings from the first intention to the contract, or to their failure.

mod guards;
mod scored;
mod shared;

use super::bid::{Answer, AnswerOffer, LotMoved, MakeOffer};
use super::declare::Right;
use super::deposit::{DepositForfeited, DepositsReturned, Forfeit};
use super::fixture::{
    DAY, THREE, TWO, bid, close, commit, deposited, english, interest, open, opened, pass, pay,
    reveal, sign, take, untold, verdict,
};
use super::mode::{Code, Line, LotEvent, Reason};
use super::open::Opening;
use super::qualify_bidder::BidderVerdict;
use super::*;
use crate::command::Command;
use crate::event::Event;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, MEMBER, OPERATOR, accept, accept_at, cents, date, party, refuse,
    refuse_at, soon, units, yuan,
};
use crate::id::OfferId;
use crate::listing::fixture::{LISTING, stage};
use crate::listing::stage::Stage;
use crate::listing::terms::Method;
use crate::policy::choice::Beneficiary;
use crate::registry::affiliate::Affiliate;
use crate::registry::fund::Currency;

const ONE: Code = Code::Bidder(1);
const OTHER: Code = Code::Bidder(2);
const HOLDER: Code = Code::Priority(1);

fn cash(market: &Market, of: PartyId) -> [i64; 2] {
    let cash = market.ledger.cash(of, Currency::CNY);
    [cash.available.fen() / 100, cash.held.fen() / 100]
}

fn claim(market: &Market, of: PartyId) -> ClaimState {
    market.bidding(LISTING).unwrap().claim(of).unwrap().state
}

fn lines(market: &Market) -> Vec<Line> {
    market.bidding(LISTING).unwrap().deal.as_ref().unwrap().award.lines.clone()
}

fn reasons(market: &Market) -> Vec<Reason> {
    lines(market).iter().map(|line| line.reason).collect()
}

/// The last moment of the `days`th working day after the first day of the tests, a Tuesday.
fn end_of(day: &str) -> Time {
    date(day).at_minute(1_440, 480)
}

#[test]
fn d1_an_intention_a_word_of_the_venue_a_deposit_and_only_then_a_bid() {
    let mut market = crate::listing::fixture::announced(super::fixture::terms(Method::English));
    accept(&mut market, party(CAROL), interest(CAROL, Right::None));
    assert_eq!(refuse(&mut market, party(CAROL), pay(CAROL)).name(), "NO_DEPOSIT_DUE");
    accept(&mut market, party(OPERATOR), verdict(CAROL, BidderVerdict::Qualify));
    // Three working days after a Tuesday.
    let due = end_of("2026-11-27");
    assert_eq!(claim(&market, CAROL), ClaimState::Qualified(due));
    assert_eq!(
        refuse_at(&mut market.clone(), due, party(CAROL), pay(CAROL)).name(),
        "DEPOSIT_LATE"
    );
    let last = Time::from_nanos(due.nanos() - 1);
    accept_at(&mut market, last, party(CAROL), pay(CAROL));
    assert_eq!(cash(&market, CAROL), [99_990_000, 10_000]);
    assert_eq!(market.check(), Ok(()));
}

#[test]
fn the_highest_bid_wins_signs_and_is_handed_over_and_the_others_have_their_deposits_back() {
    let (mut market, begins) = english(&TWO);
    accept(&mut market, party(CAROL), bid(CAROL, 100));
    accept(&mut market, party(DAVE), bid(DAVE, 120));
    // A day of free bids, and a cycle without one.
    let hammer = begins.plus_seconds(DAY + 300);
    pass(&mut market, hammer);
    assert_eq!(
        (stage(&market), reasons(&market)),
        (Stage::Awarded, vec![Reason::Outbid, Reason::Won])
    );
    let [_, won] = lines(&market)[..] else { panic!() };
    assert_eq!((won.bidder, won.quantity, won.pays_e4), (OTHER, 100_000, 1_200_000_000));
    let reject = refuse(&mut market, party(OPERATOR), sign(CAROL));
    assert_eq!(reject.name(), "NOT_THE_WINNER");
    accept(&mut market, party(OPERATOR), sign(DAVE));
    assert_eq!(refuse(&mut market, party(OPERATOR), sign(DAVE)).name(), "NOT_THE_WINNER");
    let now = market.now();
    pass(&mut market, now);
    // D4: the losers' deposits are back, and the winner's stays as part of the price.
    assert_eq!(
        (cash(&market, CAROL), cash(&market, DAVE)),
        ([100_000_000, 0], [99_990_000, 10_000])
    );
    assert_eq!((stage(&market), claim(&market, DAVE)), (Stage::HandedOver, ClaimState::Signed));
    assert_eq!(market.next_deadline(), None);
    assert_eq!(Market::decode(&market.encode()).as_ref(), Ok(&market));
}

#[test]
fn d4_losers_have_their_deposits_back_within_three_working_days_whoever_signs_when() {
    let (mut market, begins) = english(&THREE);
    accept(&mut market, party(DAVE), bid(DAVE, 100));
    pass(&mut market, begins.plus_seconds(DAY + 300));
    // Awarded on Wednesday the 25th.
    let due = end_of("2026-11-30");
    let deal = market.bidding(LISTING).unwrap();
    assert_eq!(deal.refund_due, Some(due));
    assert_eq!(deal.deal.as_ref().unwrap().signature_due, due);
    pass(&mut market, Time::from_nanos(due.nanos() - 1));
    assert_eq!(cash(&market, CAROL), [99_990_000, 10_000]);
    pass(&mut market, due.plus_seconds(1));
    assert_eq!((cash(&market, CAROL), cash(&market, BOB)), ([100_000_000, 0], [1_000_000, 0]));
}

#[test]
fn d4_d5_who_wins_and_does_not_sign_forfeits_and_the_next_is_offered_the_lot() {
    let (mut market, begins) = english(&TWO);
    accept(&mut market, party(CAROL), bid(CAROL, 100));
    accept(&mut market, party(DAVE), bid(DAVE, 120));
    pass(&mut market, begins.plus_seconds(DAY + 300));
    let events = pass(&mut market, end_of("2026-11-30"));
    let (code, amount, to) = (OTHER, yuan(10_000), Beneficiary::Seller);
    let forfeit = DepositForfeited { listing: LISTING, code, amount, to, why: Forfeit::NotSigned };
    assert_eq!(events[0], Event::DepositForfeited(forfeit));
    let barred = LotMoved { listing: LISTING, change: LotEvent::Barred(OTHER) };
    assert_eq!(events[1], Event::LotMoved(Box::new(barred)));
    assert_eq!((cash(&market, DAVE), cash(&market, ALICE)), ([99_990_000, 0], [10_000, 0]));
    assert_eq!(reasons(&market), [Reason::Won, Reason::Barred]);
    let deal = market.bidding(LISTING).unwrap().deal.clone().unwrap();
    assert_eq!((deal.binding, deal.signature_due), (Binding::Offered, end_of("2026-12-04")));
    let mut silent = market.clone();
    accept(&mut market, party(OPERATOR), sign(CAROL));
    let now = market.now();
    pass(&mut market, now);
    assert_eq!((stage(&market), cash(&market, CAROL)), (Stage::HandedOver, [99_990_000, 10_000]));

    // Its bid had died when a higher one was accepted: it says no by silence, and forfeits nothing.
    pass(&mut silent, end_of("2026-12-04").plus_seconds(1));
    assert_eq!((stage(&silent), cash(&silent, CAROL)), (Stage::Ended, [100_000_000, 0]));
    assert_eq!(silent.register.holding(ALICE, FUND).available, units(1_000_000));
    assert_eq!((silent.next_deadline(), silent.check()), (None, Ok(())));
}

#[test]
fn d5_a_defaulter_does_not_bid_again() {
    let (mut market, begins) = english(&TWO);
    accept(&mut market, party(DAVE), bid(DAVE, 120));
    pass(&mut market, begins.plus_seconds(DAY + 300));
    let due = end_of("2026-11-30");
    accept_at(&mut market, due, crate::entry::Caller::Venue, Command::Advance);
    let reject = refuse(&mut market, party(DAVE), bid(DAVE, 130));
    assert_eq!(reject.to_string(), "bidder-2 is barred from this lot");
}

#[test]
fn b4_a_partner_bids_under_a_priority_code_and_takes_the_price() {
    let (mut market, begins) = english(&THREE);
    assert_eq!(refuse(&mut market, party(BOB), take(BOB)).name(), "NOTHING_TO_MATCH");
    accept(&mut market, party(CAROL), bid(CAROL, 100));
    assert_eq!(refuse(&mut market, party(DAVE), take(DAVE)).name(), "NO_PRIORITY");
    accept(&mut market, party(MEMBER), take(BOB));
    pass(&mut market, begins.plus_seconds(DAY + 300));
    assert_eq!(reasons(&market), [Reason::MatchedByPriority, Reason::Won]);
    assert_eq!(lines(&market)[1].bidder, HOLDER);
    let reject = refuse(&mut market, party(CAROL), interest(CAROL, Right::None));
    assert_eq!(reject.name(), "LISTING_STAGE");
}

#[test]
fn b4_who_holds_no_units_has_no_right() {
    let mut market = deposited(Method::English, &[]);
    accept(&mut market, party(CAROL), interest(CAROL, Right::FirstRefusal));
    let qualify = verdict(CAROL, BidderVerdict::Qualify);
    let reject = refuse(&mut market, party(OPERATOR), qualify);
    assert_eq!(reject.to_string(), "party-9 holds nothing of the fund, or did not claim its right");
    accept(&mut market, party(OPERATOR), verdict(CAROL, BidderVerdict::Refuse));
    assert_eq!(claim(&market, CAROL), ClaimState::Refused);
}

#[test]
fn a9_neither_the_seller_nor_two_of_one_group_bid() {
    let mut market = deposited(Method::English, &[(CAROL, Right::None)]);
    let own = refuse(&mut market, party(ALICE), interest(ALICE, Right::None));
    assert_eq!(own.name(), "CONFLICT_OF_INTEREST");
    let join = |who, with| Command::Affiliate(Affiliate { party: who, with: Some(with) });
    accept(&mut market, party(OPERATOR), join(DAVE, CAROL));
    let twin = refuse(&mut market, party(DAVE), interest(DAVE, Right::None));
    assert_eq!(twin, Reject::RelatedBidder { party: DAVE, other: CAROL });
    // Who joins a rival's group later does not bid against it either.
    let (mut market, _) = english(&TWO);
    accept(&mut market, party(CAROL), bid(CAROL, 100));
    accept(&mut market, party(OPERATOR), join(DAVE, CAROL));
    let later = refuse(&mut market, party(DAVE), bid(DAVE, 120));
    assert_eq!(later, Reject::RelatedBidder { party: DAVE, other: CAROL });
}

#[test]
fn a3_a4_who_may_not_hold_the_units_is_not_let_in() {
    let mut market = deposited(Method::English, &[]);
    accept(&mut market, party(CAROL), interest(CAROL, Right::None));
    market.fund_mut(FUND).details.holder_cap = Some(4);
    let qualify = verdict(CAROL, BidderVerdict::Qualify);
    let reject = refuse(&mut market, party(OPERATOR), qualify.clone());
    assert_eq!(reject.name(), "HOLDER_CAP");
    market.fund_mut(FUND).details.holder_cap = None;
    market.party_mut(CAROL).qualification = None;
    assert_eq!(refuse(&mut market, party(OPERATOR), qualify).name(), "NOT_QUALIFIED");
}

fn sealed() -> Opening {
    Opening::Sealed { commit_seconds: 3_600 }
}

#[test]
fn a_sealed_bid_is_in_no_entry_before_it_is_revealed_and_who_does_not_reveal_forfeits() {
    let (mut market, begins) = opened(Method::SealedVickrey, &THREE, sealed());
    let at = |seconds| begins.plus_seconds(seconds);
    // 4,321.00, 1.50 and 1.20 a unit; the first stays sealed.
    accept_at(&mut market, at(10), party(CAROL), commit(CAROL, ONE, 432_100));
    accept_at(&mut market, at(20), party(DAVE), commit(DAVE, OTHER, 150));
    let events = accept_at(&mut market, at(30), party(BOB), commit(BOB, HOLDER, 120));
    let twice = refuse(&mut market, party(BOB), commit(BOB, HOLDER, 130));
    assert_eq!(twice.name(), "ALREADY_COMMITTED");
    let bytes = [minicbor::to_vec(&events).unwrap(), market.encode()].concat();
    let price = minicbor::to_vec(cents(432_100)).unwrap();
    assert!(!bytes.windows(price.len()).any(|window| window == price));
    let early = untold(&market, DAVE, reveal(DAVE, 150));
    assert_eq!(early.to_string(), "the lot does not take this while it is taking sealed bids");
    pass(&mut market, at(3_600));
    let other = refuse(&mut market, party(DAVE), reveal(DAVE, 151));
    assert_eq!(other.name(), "SEAL_DIFFERS");
    accept(&mut market, party(DAVE), reveal(DAVE, 150));
    accept(&mut market, party(BOB), reveal(BOB, 120));
    pass(&mut market, at(3_600 + DAY));
    assert_eq!(reasons(&market), [Reason::Won, Reason::Outbid]);
    assert_eq!(lines(&market)[0].pays_e4, 1_200_000_000, "the second price");
    assert_eq!((cash(&market, CAROL), cash(&market, ALICE)), ([99_990_000, 0], [10_000, 0]));
    assert_eq!(market.check(), Ok(()));
}

fn offer(by: PartyId, price: u64, expires: Time, counters: Option<OfferId>) -> Command {
    let (listing, bidder, price) = (LISTING, ONE, cents(price));
    Command::MakeOffer(MakeOffer { listing, party: by, bidder, price, expires, counters })
}

const fn answer(by: PartyId, offer: u32, answer: Answer) -> Command {
    let offer = OfferId::new(offer);
    Command::AnswerOffer(AnswerOffer { listing: LISTING, party: by, offer, answer })
}

#[test]
fn c4_a_sole_bidder_negotiates_at_the_floor_or_above() {
    let negotiated = Opening::Negotiated { seconds: 86_400 };
    let one = [(CAROL, Right::None)];
    let (mut market, begins) = opened(Method::English, &one, negotiated.clone());
    let until = begins.plus_seconds(3_600);
    let low = refuse(&mut market, party(CAROL), offer(CAROL, 99, until, None));
    assert_eq!(low.to_string(), "0.9900 is below 1.0000");
    accept(&mut market, party(CAROL), offer(CAROL, 105, until, None));
    let own = refuse(&mut market, party(CAROL), answer(CAROL, 0, Answer::Accept));
    assert_eq!(own.name(), "NOT_THIS_SIDE");
    accept(&mut market, party(ALICE), offer(ALICE, 115, until, Some(OfferId::new(0))));
    accept(&mut market, party(CAROL), answer(CAROL, 1, Answer::Decline));
    accept(&mut market, party(CAROL), offer(CAROL, 110, until, None));
    accept(&mut market, party(ALICE), answer(ALICE, 2, Answer::Accept));
    let now = market.now();
    pass(&mut market, now.next());
    assert_eq!((stage(&market), lines(&market)[0].pays_e4), (Stage::Awarded, 1_100_000_000));
}

#[test]
fn d4_a_sole_bidder_without_a_valid_quote_forfeits() {
    let negotiated = Opening::Negotiated { seconds: 86_400 };
    let one = [(CAROL, Right::None)];
    let (mut market, begins) = opened(Method::English, &one, negotiated.clone());
    let events = pass(&mut market, begins.plus_seconds(DAY + 1));
    let (code, amount, to) = (ONE, yuan(10_000), Beneficiary::Seller);
    let forfeit = DepositForfeited { listing: LISTING, code, amount, to, why: Forfeit::NoQuote };
    assert!(events.contains(&Event::DepositForfeited(forfeit)));
    assert_eq!((stage(&market), cash(&market, ALICE)), (Stage::Ended, [10_000, 0]));
    // Who offered and found no answer has its deposit back.
    let (mut market, begins) = opened(Method::English, &one, negotiated);
    let until = begins.plus_seconds(3_600);
    accept(&mut market, party(CAROL), offer(CAROL, 105, until, None));
    let events = pass(&mut market, begins.plus_seconds(DAY + 1));
    assert!(events.contains(&Event::DepositsReturned(DepositsReturned { listing: LISTING })));
    assert_eq!((stage(&market), cash(&market, CAROL)), (Stage::Ended, [100_000_000, 0]));
}

#[test]
fn a_falling_price_is_taken_by_the_first_who_says_so() {
    let dutch = Opening::Dutch { start: cents(200), step: cents(10), step_seconds: 60 };
    let (mut market, begins) = opened(Method::Dutch, &TWO, dutch);
    accept_at(&mut market, begins.plus_seconds(59), party(CAROL), bid(CAROL, 200));
    assert_eq!(refuse(&mut market, party(DAVE), bid(DAVE, 200)).name(), "BID_LATE");
    let now = market.now();
    pass(&mut market, now.next());
    assert_eq!((stage(&market), lines(&market)[0].pays_e4), (Stage::Awarded, 2_000_000_000));
}

#[test]
fn bidding_opens_once_nobody_waits_and_ends_where_nobody_came() {
    let mut market = deposited(Method::English, &[]);
    accept(&mut market, party(CAROL), interest(CAROL, Right::None));
    let english = Opening::English { increment: cents(1) };
    let ahead = |market: &Market| soon(market).plus_seconds(60);
    let early = open(ahead(&market), english.clone());
    assert_eq!(refuse(&mut market, party(OPERATOR), early).name(), "LISTING_STAGE");
    close(&mut market);
    let waits = open(ahead(&market), english.clone());
    let reject = refuse(&mut market, party(OPERATOR), waits.clone());
    assert_eq!(reject, Reject::IntentionWaits { listing: LISTING, party: CAROL });
    accept(&mut market, party(OPERATOR), verdict(CAROL, BidderVerdict::Qualify));
    let reject = refuse(&mut market, party(OPERATOR), waits);
    assert_eq!(reject, Reject::IntentionWaits { listing: LISTING, party: CAROL });
    // The deposit does not come.
    let late = open(end_of("2026-11-28"), english);
    accept_at(&mut market, end_of("2026-11-27"), party(OPERATOR), late);
    assert_eq!(stage(&market), Stage::Ended);
    assert_eq!(
        market.listing(LISTING).unwrap().end,
        Some(crate::listing::stage::EndReason::NoBidder)
    );
}

#[test]
fn bids_at_one_moment_are_told_apart_by_their_order_and_a_bid_at_the_end_is_late() {
    let (mut market, begins) = english(&TWO);
    let end = begins.plus_seconds(DAY + 300);
    let before = |nanos: u64| Time::from_nanos(end.nanos() - nanos);
    pass(&mut market, before(10));
    accept_at(&mut market, before(2), party(CAROL), bid(CAROL, 100));
    let moved = before(2).plus_seconds(300);
    assert_eq!(market.next_deadline(), Some(moved), "a new cycle");
    let reject = refuse_at(&mut market, before(1), party(CAROL), bid(CAROL, 130));
    assert_eq!(reject.name(), "LEADS_ALREADY");
    assert_eq!(market.next_deadline(), Some(moved), "D3: who leads moves no clock");
    let mut late = market.clone();
    let reject = refuse_at(&mut late, moved, party(DAVE), bid(DAVE, 130));
    assert_eq!(reject, Reject::BidLate { ends: moved });
    pass(&mut market, moved);
    assert_eq!(reasons(&market), [Reason::Won]);
}
