use sfund_engine::auction::clock::SoftClose;
use sfund_engine::bidding::Binding;
use sfund_engine::bidding::mode::{
    self, Ask, English, Entrant, EntrantStatus, FirstRefusal, LotEvent, Reserve, Rules as _,
    SameRank, Side, Terms,
};
use sfund_engine::id::BidId;
use sfund_engine::time::Time;

use super::*;
use crate::bidding::lot::{Award, AwardLine};

const LISTING: ListingId = ListingId::new(3);
const LOTS: u64 = 10;

fn price(cents: u64) -> Price {
    Price::from_e4(cents * 100)
}

fn course(code: Code, maximum: u64) -> Course {
    Course::new(code, AutoBid::up_to(LISTING, price(maximum)))
}

/// A running auction by the rules of the market.
struct Auction {
    rules: English,
    lot: mode::Lot,
    now: Time,
    /// Entry of the newest event.
    sequence: Sequence,
    award: Option<Award>,
}

impl Auction {
    fn open(reserve: Reserve) -> Self {
        let rules = English {
            free_seconds: 3_600,
            timed_seconds: 600,
            window_seconds: 300,
            soft_close: SoftClose::Reset,
            hard_stop_seconds: None,
            increment: price(5),
            first_refusal: FirstRefusal::InAuction,
            same_rank: SameRank::Earliest,
        };
        let now = Time::from_nanos(1_000_000_000);
        let lot = mode::Lot::new(LISTING.number(), LOTS, reserve);
        let mut auction = Self { rules, lot, now, sequence: Sequence::new(7), award: None };
        for code in [Code::Bidder(1), Code::Bidder(2), Code::Priority(1)] {
            let entrant = Entrant { code, held_lots: 0, status: EntrantStatus::Admitted };
            auction.happens(&[LotEvent::Admitted(entrant)]);
        }
        auction.happens(&auction.rules.begin(&auction.lot, now));
        auction
    }

    fn happens(&mut self, events: &[LotEvent]) {
        events.iter().for_each(|event| self.lot.apply(event));
        self.sequence = self.sequence.next();
    }

    fn bids(&mut self, code: Code, price: Price) {
        self.now = self.now.plus_seconds(1);
        let ask = Ask::Bid(Terms::whole(LOTS, price));
        let answer = self.rules.bid(&self.lot, Side::Bidder(code), self.now, &ask);
        self.happens(&answer.expect("a bid that the rules take"));
    }

    /// The clock runs out, and the lot is awarded.
    fn ends(&mut self) {
        while self.lot.phase() != Phase::Over {
            let events = self.rules.due(&self.lot);
            self.happens(&events);
        }
        let lines = self.rules.close(&self.lot).lines.into_iter().map(|line| AwardLine {
            bid: line.bid,
            code: line.bidder,
            units: Units::from_e2(line.quantity * 100),
            cash: Money::from_fen(i64::try_from(line.pays_e4).unwrap()),
            reason: line.reason,
        });
        self.award = Some(Award {
            lines: lines.collect(),
            unrevealed: Vec::new(),
            uniform: None,
            signature_due: self.now,
            shown_until: self.now,
            binding: Binding::Bound,
        });
    }

    /// What everybody is told.
    fn told(&self) -> Lot {
        let leader =
            self.lot.bids().iter().rev().find(|bid| bid.standing == mode::Standing::Stands);
        let least = match (leader, self.lot.reserve()) {
            (Some(best), _) => {
                Some(Price::from_e4(best.terms.price.e4() + self.rules.increment.e4()))
            }
            (None, Reserve::Public(reserve)) => Some(reserve),
            (None, Reserve::Hidden(_)) => None,
        };
        Lot {
            listing: LISTING,
            mode: LotMode::English,
            phase: self.lot.phase(),
            begins: self.now,
            phase_began: Some(self.lot.began()),
            ends: Some(self.lot.ends()),
            best: leader.map(|bid| bid.terms.price),
            best_code: leader.map(|bid| bid.bidder),
            called: None,
            least_bid: least.filter(|_| self.lot.phase() != Phase::Over),
            bidders: 3,
            bids: u32::try_from(self.lot.bids().len()).unwrap(),
            award: self.award.clone(),
        }
    }

    fn tell(&self, course: &mut Course) {
        course.hears(self.sequence, self.told());
    }

    /// Lets `course` do what it would do now; says what it did.
    fn act(&mut self, course: &mut Course) -> Step {
        self.tell(course);
        let step = course.step().unwrap();
        if let Step::Bid(price) = step {
            self.bids(course.code, price);
            let (bid, lot) = (BidId::new(0), self.told());
            let (sequence, time) = (self.sequence, self.now);
            let value = BidPlaced { bid, lot };
            course.bid_stands(Answer { sequence, time, repeated: false, value });
        }
        step
    }
}

#[test]
fn d3_two_that_bid_by_themselves_end_a_step_above_the_lower_limit() {
    let mut auction = Auction::open(Reserve::Public(price(100)));
    let (mut one, mut other) = (course(Code::Bidder(1), 130), course(Code::Bidder(2), 118));
    let mut limit = None;
    while limit.is_none() {
        assert_ne!(auction.act(&mut one), Step::Wait);
        assert_eq!(auction.act(&mut one), Step::Wait, "who leads does not bid over itself");
        if let Step::End(end) = auction.act(&mut other) {
            limit = Some(end);
        }
    }
    assert_eq!(limit, Some(AutoBidResult::LimitReached { least: price(125) }));
    auction.ends();
    // 100, 105, 110, 115 and 120: the other one would have had to bid 125 and goes to 118.
    let won = AutoBidResult::Won {
        units: Units::from_e2(LOTS * 100),
        cash: Money::from_fen(12_000 * 10),
    };
    assert_eq!(auction.act(&mut one), Step::End(won));
    assert_eq!((one.bids, other.bids), (3, 2));
    assert_eq!(
        auction.act(&mut other),
        Step::End(AutoBidResult::Lost(Some(Reason::Outbid))),
        "and it would have been told so had it waited"
    );
}

#[test]
fn a_maximum_that_is_exactly_the_least_bid_is_bid() {
    let mut auction = Auction::open(Reserve::Public(price(100)));
    assert_eq!(auction.act(&mut course(Code::Bidder(1), 100)), Step::Bid(price(100)));
    let least = price(105);
    let reached = Step::End(AutoBidResult::LimitReached { least });
    assert_eq!(auction.act(&mut course(Code::Bidder(2), 104)), reached);
}

#[test]
fn b4_whoever_takes_the_price_by_right_is_outbid_like_anybody() {
    let mut auction = Auction::open(Reserve::Public(price(100)));
    let mut own = course(Code::Bidder(1), 110);
    assert_eq!(auction.act(&mut own), Step::Bid(price(100)));
    auction.now = auction.now.plus_seconds(1);
    let (who, now) = (Side::Bidder(Code::Priority(1)), auction.now);
    let matched = auction.rules.bid(&auction.lot, who, now, &Ask::Match);
    auction.happens(&matched.unwrap());
    assert_eq!(auction.act(&mut own), Step::Bid(price(105)));
}

#[test]
fn while_the_reserve_is_hidden_the_first_bid_is_the_one_that_was_given() {
    let mut auction = Auction::open(Reserve::Hidden(price(100)));
    let mut silent = course(Code::Bidder(1), 130);
    assert_eq!(auction.act(&mut silent), Step::Wait, "nothing says what to bid");
    let terms = AutoBid::up_to(LISTING, price(130)).opening(price(102));
    let mut opens = Course::new(Code::Bidder(2), terms);
    assert_eq!(auction.act(&mut opens), Step::Bid(price(102)));
    assert_eq!(auction.act(&mut silent), Step::Bid(price(107)));
    let too_high = AutoBid::up_to(LISTING, price(99)).opening(price(102));
    let mut capped = Course::new(Code::Bidder(2), too_high);
    Auction::open(Reserve::Hidden(price(100))).tell(&mut capped);
    assert_eq!(capped.step().unwrap(), Step::Bid(price(99)), "never above the maximum");
}

#[test]
fn what_is_older_than_its_own_bid_moves_nobody_to_bid_again() {
    let mut auction = Auction::open(Reserve::Public(price(100)));
    let mut own = course(Code::Bidder(1), 130);
    let (before, sequence) = (auction.told(), auction.sequence);
    assert_eq!(auction.act(&mut own), Step::Bid(price(100)));
    own.hears(sequence, before.clone());
    own.hears(auction.sequence, before);
    assert_eq!(own.step().unwrap(), Step::Wait);
}

#[test]
fn an_overtaken_bid_waits_for_news_and_does_not_ask_again_in_vain() {
    let mut auction = Auction::open(Reserve::Public(price(100)));
    let mut own = course(Code::Bidder(1), 130);
    auction.tell(&mut own);
    assert_eq!(own.step().unwrap(), Step::Bid(price(100)));
    auction.bids(Code::Bidder(2), price(100));
    own.was_overtaken();
    assert_eq!(own.step().unwrap(), Step::Wait);
    assert_eq!(auction.act(&mut own), Step::Bid(price(105)));
}

#[test]
fn a_lot_that_is_over_ends_it_with_the_award_or_once_there_is_none() {
    let mut auction = Auction::open(Reserve::Public(price(100)));
    let mut own = course(Code::Bidder(1), 130);
    auction.ends();
    own.hears(auction.sequence, Lot { award: None, ..auction.told() });
    assert_eq!(own.step().unwrap(), Step::AwaitAward);
    own.unsold = true;
    assert_eq!(own.step().unwrap(), Step::End(AutoBidResult::Unsold));
    let mut own = course(Code::Bidder(1), 130);
    assert_eq!(auction.act(&mut own), Step::End(AutoBidResult::Unsold), "nobody bid");
}

#[test]
fn it_waits_before_the_bidding_and_refuses_what_does_not_ascend() {
    let mut own = course(Code::Bidder(1), 130);
    assert_eq!(own.step().unwrap(), Step::Wait, "no lot yet");
    let running = Auction::open(Reserve::Public(price(100)));
    own.hears(running.sequence, Lot { phase: Phase::Waiting, ..running.told() });
    assert_eq!(own.step().unwrap(), Step::Wait);
    let next = running.sequence.next();
    own.hears(next, Lot { mode: LotMode::Dutch, ..running.told() });
    assert!(matches!(own.step(), Err(AutoBidError::NotAscending(LISTING))));
}
