//! Refusals of biddings.

use super::Scenario;
use crate::amount::Price;
use crate::bidding::bid::{Answer, AnswerOffer, MakeOffer};
use crate::bidding::choose::Choice;
use crate::bidding::declare::Right;
use crate::bidding::fixture::{
    DAY, DUTCH, THREE, TWO, bid, choose, claim_right, close, commit, deposited, english, interest,
    open, opened, part, pass, pay, quoted, reveal, score, scoring, shared, sign, take, terms,
    verdict,
};
use crate::bidding::mode::Code;
use crate::bidding::open::Opening;
use crate::bidding::qualify_bidder::BidderVerdict;
use crate::command::Command;
use crate::entry::Caller;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, LICENSED, OPERATOR, accept, accept_at, cents, issue, party,
    refuse, refuse_at, soon, units,
};
use crate::id::{BidId, OfferId, PartyId};
use crate::listing::fixture::{LISTING, announced};
use crate::listing::terms::Method;
use crate::market::Market;
use crate::policy::choice::Split;
use crate::policy::listing::ListingRules;
use crate::registry::affiliate::Affiliate;
use crate::reject::Reject;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("ALREADY_DECLARED", || {
        let mut market = deposited(Method::English, &TWO);
        own(&mut market, CAROL, interest(CAROL, Right::None))
    }),
    ("NOT_DECLARED", || {
        let mut market = announced(terms(Method::English));
        own(&mut market, OPERATOR, verdict(CAROL, BidderVerdict::Refuse))
    }),
    ("RELATED_BIDDER", || {
        let mut market = deposited(Method::English, &[(CAROL, Right::None)]);
        let join = Affiliate { party: DAVE, with: Some(CAROL) };
        accept(&mut market, party(OPERATOR), Command::Affiliate(join));
        own(&mut market, DAVE, interest(DAVE, Right::None))
    }),
    ("TOO_MANY_BIDDERS", || {
        let mut market = deposited(Method::English, &[(CAROL, Right::None)]);
        rules(&mut market).limits.bidders_per_lot_max = 1;
        own(&mut market, DAVE, interest(DAVE, Right::None))
    }),
    ("NO_FIRST_REFUSAL", || {
        let mut market = announced(terms(Method::English));
        accept(&mut market, party(CAROL), interest(CAROL, Right::FirstRefusal));
        own(&mut market, OPERATOR, verdict(CAROL, BidderVerdict::Qualify))
    }),
    ("NO_DEPOSIT_DUE", || {
        let mut market = deposited(Method::English, &TWO);
        own(&mut market, CAROL, pay(CAROL))
    }),
    ("DEPOSIT_LATE", || {
        let mut market = qualified();
        let late = soon(&market).plus_seconds(5 * DAY);
        refuse_at(&mut market, late, party(CAROL), pay(CAROL))
    }),
    ("INTENTION_WAITS", || {
        let mut market = qualified();
        close(&mut market);
        let begins = soon(&market).plus_seconds(60);
        own(&mut market, OPERATOR, open(begins, Opening::English { increment: cents(1) }))
    }),
    ("OTHER_METHOD", || {
        let mut market = deposited(Method::English, &TWO);
        close(&mut market);
        let begins = soon(&market).plus_seconds(60);
        own(&mut market, OPERATOR, open(begins, Opening::Negotiated { seconds: 60 }))
    }),
    ("NO_DEPOSIT", || {
        let (mut market, _) = english(&TWO);
        own(&mut market, BOB, bid(BOB, 100))
    }),
    ("NOT_OF_THIS_MODE", || {
        let (mut market, _) = english(&TWO);
        own(&mut market, CAROL, commit(CAROL, Code::Bidder(1), 100))
    }),
    ("NOT_ADMITTED", || offer(&mut negotiated(), ALICE, Code::Bidder(9))),
    ("BIDDER_BARRED", || {
        let (mut market, begins) = english(&TWO);
        accept(&mut market, party(CAROL), bid(CAROL, 100));
        pass(&mut market, begins.plus_seconds(DAY + 300));
        let due = market.next_deadline().unwrap();
        accept_at(&mut market, due, Caller::Venue, Command::Advance);
        own(&mut market, CAROL, bid(CAROL, 120))
    }),
    ("NOT_THIS_SIDE", || {
        let (mut market, _) = english(&TWO);
        own(&mut market, ALICE, bid(ALICE, 100))
    }),
    ("NOT_IN_THIS_PHASE", || {
        let mut market = deposited(Method::English, &TWO);
        close(&mut market);
        let begins = soon(&market).plus_seconds(60);
        let opening = open(begins, Opening::English { increment: cents(1) });
        accept(&mut market, party(OPERATOR), opening);
        own(&mut market, CAROL, bid(CAROL, 100))
    }),
    ("BID_LATE", || {
        let (mut market, begins) = english(&TWO);
        let ends = begins.plus_seconds(DAY + 300);
        pass(&mut market, begins.plus_seconds(DAY));
        refuse_at(&mut market, ends, party(CAROL), bid(CAROL, 100))
    }),
    ("TOO_MANY_BIDS", || {
        let mut market = deposited(Method::English, &TWO);
        rules(&mut market).limits.bids_per_bidder_max = 0;
        close(&mut market);
        let begins = soon(&market).plus_seconds(60);
        let opening = open(begins, Opening::English { increment: cents(1) });
        accept(&mut market, party(OPERATOR), opening);
        pass(&mut market, begins);
        own(&mut market, CAROL, bid(CAROL, 100))
    }),
    ("LEADS_ALREADY", || {
        let (mut market, _) = english(&TWO);
        accept(&mut market, party(CAROL), bid(CAROL, 100));
        own(&mut market, CAROL, bid(CAROL, 120))
    }),
    ("BID_TOO_LOW", || {
        let (mut market, _) = english(&TWO);
        own(&mut market, CAROL, bid(CAROL, 99))
    }),
    ("NO_PRIORITY", || {
        let (mut market, _) = english(&TWO);
        accept(&mut market, party(CAROL), bid(CAROL, 100));
        own(&mut market, DAVE, take(DAVE))
    }),
    ("NOTHING_TO_MATCH", || {
        let (mut market, _) = english(&THREE);
        own(&mut market, BOB, take(BOB))
    }),
    ("RIGHT_TAKEN", || {
        let mut market = deposited(Method::English, &[THREE[0], THREE[2]]);
        issue(&mut market, FUND, DAVE, units(10));
        claim_right(&mut market, LISTING, DAVE);
        rules(&mut market).partners.first_refusal_split = Split::Earliest;
        accept(&mut market, party(DAVE), interest(DAVE, Right::FirstRefusal));
        accept(&mut market, party(OPERATOR), verdict(DAVE, BidderVerdict::Qualify));
        accept(&mut market, party(DAVE), pay(DAVE));
        close(&mut market);
        let begins = soon(&market).plus_seconds(60);
        let opening = open(begins, Opening::English { increment: cents(1) });
        accept(&mut market, party(OPERATOR), opening);
        pass(&mut market, begins);
        accept(&mut market, party(CAROL), bid(CAROL, 100));
        accept(&mut market, party(BOB), take(BOB));
        own(&mut market, DAVE, take(DAVE))
    }),
    ("ALREADY_COMMITTED", || {
        let mut market = committed();
        own(&mut market, CAROL, commit(CAROL, Code::Bidder(1), 110))
    }),
    ("NO_COMMITMENT", || {
        let mut market = revealing();
        own(&mut market, DAVE, reveal(DAVE, 100))
    }),
    ("ALREADY_REVEALED", || {
        let mut market = revealing();
        accept(&mut market, party(CAROL), reveal(CAROL, 100));
        own(&mut market, CAROL, reveal(CAROL, 100))
    }),
    ("SEAL_DIFFERS", || own(&mut revealing(), CAROL, reveal(CAROL, 110))),
    ("OFFER_NOT_OPEN", || {
        let (party, answer) = (CAROL, Answer::Accept);
        let offer = OfferId::new(3);
        let ask = AnswerOffer { listing: LISTING, party, offer, answer };
        own(&mut negotiated(), CAROL, Command::AnswerOffer(ask))
    }),
    ("OFFER_IS_OPEN", || {
        let mut market = negotiated();
        let ask = proposal(&market, CAROL, Code::Bidder(1));
        accept(&mut market, party(CAROL), ask);
        offer(&mut market, CAROL, Code::Bidder(1))
    }),
    ("NOT_THE_WINNER", || {
        let (mut market, begins) = english(&TWO);
        accept(&mut market, party(CAROL), bid(CAROL, 100));
        pass(&mut market, begins.plus_seconds(DAY + 301));
        own(&mut market, OPERATOR, sign(DAVE))
    }),
    ("QUANTITY_OUT_OF_RANGE", || {
        let (mut market, _) = shared(Method::Dutch, &TWO, DUTCH);
        own(&mut market, CAROL, part(CAROL, 200, 90_000, 100_001))
    }),
    ("WHOLE_LOT_ONLY", || {
        let (mut market, _) = english(&TWO);
        own(&mut market, CAROL, part(CAROL, 100, 50_000, 50_000))
    }),
    ("BID_NOT_FOUND", || {
        let (mut market, begins) = quoted(&[CAROL]);
        pass(&mut market, begins.plus_seconds(3_600));
        own(&mut market, ALICE, choose(Choice::Quote(BidId::new(1))))
    }),
    ("POINTS_OUT_OF_RANGE", || {
        let mut market = scoring();
        own(&mut market, OPERATOR, score(0, &[101]))
    }),
];

#[track_caller]
fn own(market: &mut Market, who: PartyId, command: Command) -> Reject {
    refuse(market, party(who), command)
}

/// The rules in force, changed under what is open.
fn rules(market: &mut Market) -> &mut ListingRules {
    market.segment_mut(LICENSED).pack.listing.as_mut().unwrap()
}

/// CAROL is qualified, and its deposit is due.
fn qualified() -> Market {
    let mut market = announced(terms(Method::English));
    accept(&mut market, party(CAROL), interest(CAROL, Right::None));
    accept(&mut market, party(OPERATOR), verdict(CAROL, BidderVerdict::Qualify));
    market
}

fn negotiated() -> Market {
    opened(Method::Negotiated, &TWO, Opening::Negotiated { seconds: 86_400 }).0
}

fn proposal(market: &Market, who: PartyId, bidder: Code) -> Command {
    let (price, expires) = (Price::from_e4(10_500), soon(market).plus_seconds(60));
    let counters = None;
    let ask = MakeOffer { listing: LISTING, party: who, bidder, price, expires, counters };
    Command::MakeOffer(ask)
}

#[track_caller]
fn offer(market: &mut Market, who: PartyId, bidder: Code) -> Reject {
    let ask = proposal(market, who, bidder);
    refuse(market, party(who), ask)
}

/// CAROL has handed in a bid of 1.00.
fn committed() -> Market {
    let opening = Opening::Sealed { commit_seconds: 3_600 };
    let (mut market, _) = opened(Method::SealedPayAsBid, &TWO, opening);
    accept(&mut market, party(CAROL), commit(CAROL, Code::Bidder(1), 100));
    market
}

fn revealing() -> Market {
    let mut market = committed();
    let closes = market.next_deadline().unwrap();
    pass(&mut market, closes);
    market
}
