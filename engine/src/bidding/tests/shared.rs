//! Lots that several share: parts, least quantities, and one of several winners that defaults.

use super::{ONE, OTHER, cash, claim, end_of, lines, reasons, sealed};
use crate::amount::Units;
use crate::bidding::declare::Right;
use crate::bidding::fixture::{
    DAY, DUTCH, TWO, bid, commit_part, interest, part, pass, reveal_part, shared, sign, terms,
};
use crate::bidding::mode::{Code, Line, Portion, Reason};
use crate::bidding::{Binding, ClaimState};
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, LICENSED, OPERATOR, accept, accept_at, cents, party, refuse,
    trading, units, yuan,
};
use crate::id::PartyId;
use crate::listing::fixture::{LISTING, announced, draft_as, stage};
use crate::listing::stage::Stage;
use crate::listing::terms::{ListingTerms, Method};
use crate::market::Market;
use crate::policy::choice::AfterDefault;
use crate::registry::party::PartyStatus;
use crate::reject::Reject;

const THIRD: Code = Code::Bidder(3);
const ALL: [(PartyId, Right); 3] = [TWO[0], TWO[1], (BOB, Right::None)];

/// CAROL, DAVE and BOB have opened these bids: a price, the fewest and the most units.
fn awarded(method: Method, bids: [(u64, u64, u64); 3], change: fn(&mut Market)) -> Market {
    let (mut market, begins) = shared(method, &ALL, sealed());
    change(&mut market);
    let who = [(CAROL, ONE), (DAVE, OTHER), (BOB, THIRD)];
    for ((who, code), bid) in who.into_iter().zip(bids) {
        accept(&mut market, party(who), commit_part(who, code, bid));
    }
    pass(&mut market, begins.plus_seconds(3_600));
    for ((who, _), bid) in who.into_iter().zip(bids) {
        accept(&mut market, party(who), reveal_part(who, bid));
    }
    pass(&mut market, begins.plus_seconds(3_600 + DAY));
    assert_eq!((stage(&market), market.check()), (Stage::Awarded, Ok(())));
    market
}

fn won(market: &Market) -> Vec<(Code, u64, u64)> {
    lines(market).iter().map(|line| (line.bidder, line.quantity, line.pays_e4)).collect()
}

/// A and B fit, C is left over: 60,000 at 1.30, 40,000 at 1.20, and 100,000 at 1.10 that may be cut.
const BIDS: [(u64, u64, u64); 3] =
    [(130, 60_000, 60_000), (120, 40_000, 40_000), (110, 1_000, 100_000)];

#[test]
fn several_win_parts_sign_and_pay_and_the_deposit_of_each_becomes_price() {
    let mut market = awarded(Method::SealedPayAsBid, BIDS, |_| {});
    let parts = [(ONE, 60_000, 780_000_000), (OTHER, 40_000, 480_000_000), (THIRD, 0, 0)];
    assert_eq!(won(&market), parts);
    assert_eq!(reasons(&market), [Reason::Won, Reason::Won, Reason::Outbid]);
    let paid: Vec<_> = lines(&market).iter().map(|line| line.cash(units(1))).collect();
    assert_eq!(paid, [yuan(78_000), yuan(48_000), yuan(0)]);
    accept(&mut market, party(OPERATOR), sign(DAVE));
    let now = market.now();
    pass(&mut market, now);
    assert_eq!(stage(&market), Stage::Awarded, "one signature is not all of them");
    accept(&mut market, party(OPERATOR), sign(CAROL));
    let now = market.now();
    pass(&mut market, now);
    assert_eq!(stage(&market), Stage::HandedOver);
    assert_eq!([CAROL, DAVE].map(|who| cash(&market, who)), [[99_990_000, 10_000]; 2]);
    assert_eq!(cash(&market, BOB), [1_000_000, 0]);
    assert_eq!((market.next_deadline(), market.check()), (None, Ok(())));
    assert_eq!(Market::decode(&market.encode()).as_ref(), Ok(&market));
}

#[test]
fn a_uniform_award_asks_one_price_of_all_and_a_vickrey_award_what_each_costs_the_others() {
    let market = awarded(Method::SealedUniform, BIDS, |_| {});
    let award = market.bidding(LISTING).unwrap().deal.clone().unwrap().award;
    assert_eq!((award.uniform, award.sold()), (Some(cents(120)), 100_000));
    let market = awarded(Method::SealedVickrey, BIDS, |_| {});
    // Without either, BOB would have its part at 1.10.
    let parts = [(ONE, 60_000, 660_000_000), (OTHER, 40_000, 440_000_000), (THIRD, 0, 0)];
    assert_eq!(won(&market), parts);
}

#[test]
fn a8_what_nobody_won_is_free_again_with_the_hand_over() {
    let bids = [(130, 60_000, 60_000), (99, 40_000, 40_000), (98, 1_000, 100_000)];
    let mut market = awarded(Method::SealedPayAsBid, bids, |_| {});
    let below = Reason::BelowReserve;
    assert_eq!(reasons(&market), [Reason::Won, below, below]);
    let held = |market: &Market| market.register.holding(ALICE, FUND);
    assert_eq!(held(&market).offered, units(100_000));
    accept(&mut market, party(OPERATOR), sign(CAROL));
    let now = market.now();
    pass(&mut market, now);
    assert_eq!(stage(&market), Stage::HandedOver);
    assert_eq!([held(&market).available, held(&market).offered], [940_000, 60_000].map(units));
    let listing = market.listing(LISTING).unwrap();
    assert_eq!((listing.unsold, listing.units_held()), (units(40_000), units(60_000)));
    assert_eq!(market.check(), Ok(()));
    let copy = Market::decode(&market.encode());
    assert_eq!(copy.as_ref(), Ok(&market));
    // An award of more than there is is no sound state.
    market.change_bidding(LISTING, |bidding| {
        let deal = bidding.deal.as_mut().unwrap();
        deal.award.lines.iter_mut().for_each(|line| line.quantity = 60_000);
    });
    assert_eq!(market.check(), Err("biddings"));
}

#[test]
fn d5_of_several_winners_one_defaults_the_signed_stand_and_the_next_is_offered_the_rest() {
    let mut market = awarded(Method::SealedPayAsBid, BIDS, |_| {});
    accept(&mut market, party(OPERATOR), sign(DAVE));
    let signed = lines(&market)[1];
    pass(&mut market, end_of("2026-11-30"));
    // CAROL is out with its deposit; BOB is offered its part, and DAVE keeps its own.
    assert_eq!((cash(&market, CAROL), cash(&market, ALICE)), ([99_990_000, 0], [10_000, 0]));
    let parts = [(ONE, 0, 0), (OTHER, 40_000, 480_000_000), (THIRD, 60_000, 660_000_000)];
    assert_eq!((won(&market), lines(&market)[1]), (parts.to_vec(), signed));
    let deal = market.bidding(LISTING).unwrap().deal.clone().unwrap();
    assert_eq!((deal.binding, claim(&market, DAVE)), (Binding::Offered, ClaimState::Signed));
    let mut silent = market.clone();
    accept(&mut market, party(OPERATOR), sign(BOB));
    let now = market.now();
    pass(&mut market, now);
    assert_eq!((stage(&market), cash(&market, BOB)), (Stage::HandedOver, [990_000, 10_000]));
    assert_eq!(market.register.holding(ALICE, FUND).offered, units(100_000));

    // BOB says no by silence, and forfeits nothing.
    pass(&mut silent, end_of("2026-12-04").plus_seconds(1));
    assert_eq!((stage(&silent), cash(&silent, BOB)), (Stage::HandedOver, [1_000_000, 0]));
    assert_eq!(silent.listing(LISTING).unwrap().unsold, units(60_000));
    assert_eq!((silent.next_deadline(), silent.check()), (None, Ok(())));
}

#[test]
fn d5_where_it_would_be_auctioned_again_a_defaulters_part_stays_the_sellers() {
    let mut market = awarded(Method::SealedPayAsBid, BIDS, |market| {
        market.change_bidding(LISTING, |bidding| {
            let open = bidding.open.as_mut().unwrap();
            open.conduct.after_default = AfterDefault::Reauction;
        });
    });
    accept(&mut market, party(OPERATOR), sign(CAROL));
    pass(&mut market, end_of("2026-11-30").plus_seconds(1));
    assert_eq!((stage(&market), cash(&market, DAVE)), (Stage::HandedOver, [99_990_000, 0]));
    assert_eq!(market.listing(LISTING).unwrap().unsold, units(40_000));
    let line = |market: &Market| -> Vec<Line> {
        let deal = market.bidding(LISTING).unwrap().deal.clone().unwrap();
        deal.award.lines
    };
    let reasons: Vec<_> = line(&market).iter().map(|line| line.reason).collect();
    assert_eq!(reasons, [Reason::Won, Reason::Barred, Reason::Outbid]);
    assert_eq!((market.next_deadline(), market.check()), (None, Ok(())));
}

#[test]
fn a_falling_price_is_taken_in_parts_until_nothing_is_left() {
    let (mut market, begins) = shared(Method::Dutch, &TWO, DUTCH);
    let at = |seconds| begins.plus_seconds(seconds);
    accept_at(&mut market, at(10), party(CAROL), part(CAROL, 200, 30_000, 30_000));
    pass(&mut market, at(60));
    let dear = refuse(&mut market, party(DAVE), bid(DAVE, 200));
    assert_eq!(
        dear.to_string(),
        "a bid for 100000 to 100000 lots; there are 70000, the fewest first"
    );
    accept_at(&mut market, at(70), party(CAROL), part(CAROL, 190, 1_000, 20_000));
    pass(&mut market, at(120));
    accept_at(&mut market, at(130), party(DAVE), part(DAVE, 500, 1_000, 90_000));
    let now = market.now();
    pass(&mut market, now.next());
    let parts =
        [(ONE, 30_000, 600_000_000), (ONE, 20_000, 380_000_000), (OTHER, 50_000, 900_000_000)];
    assert_eq!((stage(&market), won(&market)), (Stage::Awarded, parts.to_vec()));
    // A bidder with two parts signs once, and forfeits once.
    let mut late = market.clone();
    accept(&mut market, party(OPERATOR), sign(CAROL));
    accept(&mut market, party(OPERATOR), sign(DAVE));
    pass(&mut late, end_of("2026-11-30"));
    assert_eq!((stage(&late), late.check()), (Stage::Ended, Ok(())));
    assert_eq!(cash(&late, ALICE), [20_000, 0]);
}

#[test]
fn a5_a_bid_for_a_part_is_no_splinter_and_is_in_lots() {
    let (mut market, _) = shared(Method::Dutch, &TWO, DUTCH);
    market.fund_mut(FUND).details.minimum_ticket = units(5_000);
    let small = refuse(&mut market, party(CAROL), part(CAROL, 200, 4_999, 50_000));
    assert_eq!(small.to_string(), "4999.00 is below the minimum ticket of 5000.00");
    let none = refuse(&mut market, party(CAROL), part(CAROL, 200, 0, 50_000));
    assert_eq!(none.name(), "NO_UNITS");
    let reversed = refuse(&mut market, party(CAROL), part(CAROL, 200, 60_000, 50_000));
    assert_eq!(reversed.name(), "QUANTITY_OUT_OF_RANGE");
    market.fund_mut(FUND).details.lot = Units::from_e2(30_000);
    let odd = refuse(&mut market, party(CAROL), part(CAROL, 200, 5_000, 50_000));
    assert_eq!(odd.name(), "NOT_IN_LOTS");
}

#[test]
fn a4_the_fewest_that_a_bid_takes_make_an_investor() {
    let (mut market, begins) = shared(Method::SealedUniform, &TWO, sealed());
    market.segment_mut(LICENSED).pack.investors.investment_min = yuan(50_000);
    let (small, enough) = ((200, 40_000, 100_000), (200, 50_000, 100_000));
    accept(&mut market, party(CAROL), commit_part(CAROL, ONE, small));
    accept(&mut market, party(DAVE), commit_part(DAVE, OTHER, enough));
    pass(&mut market, begins.plus_seconds(3_600));
    // It pays what others set, which may be the reserve of 1.00.
    let reject = refuse(&mut market, party(CAROL), reveal_part(CAROL, small));
    assert_eq!(reject.to_string(), "40000.00 in fund-0 is less than 50000.00");
    accept(&mut market, party(DAVE), reveal_part(DAVE, enough));
    // What cannot be opened is not, and forfeits.
    pass(&mut market, begins.plus_seconds(3_600 + DAY));
    assert_eq!((cash(&market, CAROL), won(&market).len()), ([99_990_000, 0], 1));
}

#[test]
fn a3_who_signs_for_a_part_counts_before_the_register_knows_it() {
    let bids = [(130, 50_000, 50_000), (120, 50_000, 50_000), (98, 1_000, 100_000)];
    let mut market = awarded(Method::SealedPayAsBid, bids, |_| {});
    let holders = market.fund(FUND).unwrap().holders;
    // As many as stand behind CAROL.
    let counted = market.party(CAROL).unwrap().details.look_through;
    market.fund_mut(FUND).details.holder_cap = Some(holders + counted);
    accept(&mut market, party(OPERATOR), sign(CAROL));
    let reject = refuse(&mut market, party(OPERATOR), sign(DAVE));
    assert_eq!(reject.name(), "HOLDER_CAP");
    // Nobody forfeits what the market did not let it do, and CAROL keeps its part.
    pass(&mut market, end_of("2026-12-04").plus_seconds(1));
    assert_eq!((stage(&market), cash(&market, DAVE)), (Stage::HandedOver, [100_000_000, 0]));
    assert_eq!(cash(&market, ALICE), [0, 0]);
}

#[test]
fn a3_a4_who_may_no_longer_hold_the_units_does_not_bid() {
    let (mut market, _) = shared(Method::Dutch, &TWO, DUTCH);
    let holders = market.fund(FUND).unwrap().holders;
    market.fund_mut(FUND).details.holder_cap = Some(holders);
    let reject = refuse(&mut market, party(CAROL), part(CAROL, 200, 50_000, 50_000));
    assert_eq!(reject.name(), "HOLDER_CAP");
    market.fund_mut(FUND).details.holder_cap = None;
    market.party_mut(CAROL).qualification = None;
    let reject = refuse(&mut market, party(CAROL), part(CAROL, 200, 50_000, 50_000));
    assert_eq!(reject.name(), "NOT_QUALIFIED");
    market.party_mut(CAROL).status = PartyStatus::Suspended;
    let reject = refuse(&mut market, party(CAROL), part(CAROL, 200, 50_000, 50_000));
    assert_eq!(reject.name(), "PARTY_SUSPENDED");
}

#[test]
fn only_sealed_bids_and_a_falling_price_share_a_lot_and_not_too_many_lots() {
    let portion = Portion::Parts;
    let any = terms(Method::English);
    for method in [Method::English, Method::Negotiated, Method::Tender] {
        let ask = draft_as(ALICE, ListingTerms { portion, method, ..any.clone() });
        let reject = refuse(&mut trading(), party(ALICE), ask);
        assert_eq!(reject.to_string(), "portion contradicts itself");
    }
    let many = ListingTerms { units: units(1_000_001), portion, method: Method::Dutch, ..any };
    let reject = refuse(&mut trading(), party(ALICE), draft_as(ALICE, many));
    assert_eq!(reject.to_string(), "shared_lots is 1000001; it takes 1 to 1000000");
}

#[test]
fn as_many_bid_for_parts_as_one_award_can_weigh() {
    let many = ListingTerms {
        portion: Portion::Parts,
        units: units(1_000_000),
        ..terms(Method::SealedPayAsBid)
    };
    let mut market = announced(many);
    // A million lots: four bids.
    for who in [BOB, DAVE] {
        accept(&mut market, party(who), interest(who, Right::None));
    }
    market.change_bidding(LISTING, |bidding| bidding.claims.extend(bidding.claims.clone()));
    let reject = refuse(&mut market, party(CAROL), interest(CAROL, Right::None));
    assert_eq!(reject, Reject::TooManyBidders { listing: LISTING, limit: 4 });
}
