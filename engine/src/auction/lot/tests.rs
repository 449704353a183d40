//! One seller, many buyers: the worked books, and every award of small books tried in turn.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

fn bid(bidder: u32, price: u64, minimum: u64, maximum: u64) -> Bid {
    Bid { bidder: PartyId::new(bidder), price: Price::from_e4(price), minimum, maximum }
}

fn lot(quantity: u64, reserve: u64, bids: &[(u64, u64, u64)]) -> Lot {
    let mut lot = Lot::new(quantity, Price::from_e4(reserve)).unwrap();
    for (bidder, (price, minimum, maximum)) in (0..).zip(bids) {
        lot.take(bid(bidder, *price, *minimum, *maximum)).unwrap();
    }
    lot
}

fn quantities(award: &Award) -> Vec<u64> {
    award.verdicts.iter().map(|verdict| verdict.quantity).collect()
}

fn reasons(award: &Award) -> Vec<Reason> {
    award.verdicts.iter().map(|verdict| verdict.reason).collect()
}

fn worked_book() -> Lot {
    let bids = [(96, 1, 30), (95, 1, 40), (94, 1, 20), (92, 1, 30), (92, 1, 15), (90, 1, 50)];
    lot(100, 85, &bids)
}

/// Every way to serve the bids, one after the other.
fn every_way(lot: &Lot, bids: &[Bid], left: u64, way: &mut Vec<u64>, see: &mut impl FnMut(&[u64])) {
    let Some(bid) = bids.get(way.len()) else { return see(way) };
    for quantity in 0..=bid.maximum.min(left) {
        if quantity == 0 || bid.minimum <= quantity && lot.reserve <= bid.price {
            way.push(quantity);
            every_way(lot, bids, left - quantity, way, see);
            way.pop();
        }
    }
}

/// The most that the bids bring above the reserve, and the best way to it.
fn twin(lot: &Lot, bids: &[Bid]) -> (u64, Vec<u64>) {
    let mut best = None;
    every_way(lot, bids, lot.quantity, &mut Vec::new(), &mut |way| {
        let gains = bids.iter().zip(way);
        let gain: u64 = gains
            .map(|(bid, quantity)| bid.price.e4().saturating_sub(lot.reserve.e4()) * quantity)
            .sum();
        let winners = way.iter().filter(|quantity| 0 < **quantity).count();
        let key = (gain, way.iter().sum::<u64>(), std::cmp::Reverse(winners), way.to_vec());
        if best.as_ref().is_none_or(|best| *best < key) {
            best = Some(key);
        }
    });
    let (gain, _, _, way) = best.unwrap();
    (gain, way)
}

fn random(rng: &mut ChaCha8Rng) -> Lot {
    let quantity = rng.random_range(1..10);
    let mut lot = Lot::new(quantity, Price::from_e4(rng.random_range(0..6))).unwrap();
    for bidder in 0..rng.random_range(0..6) {
        let maximum = rng.random_range(1..9);
        let minimum = [1, maximum, rng.random_range(1..=maximum)][rng.random_range(0..3)];
        lot.take(bid(bidder, rng.random_range(1..10), minimum, maximum)).unwrap();
    }
    lot
}

#[test]
fn the_worked_book_clears_in_every_format() {
    let lot = worked_book();
    let pay_as_bid = lot.award(Format::PayAsBid, Margin::Time);
    assert_eq!(quantities(&pay_as_bid), [30, 40, 20, 10, 0, 0]);
    assert_eq!((pay_as_bid.revenue_e4, pay_as_bid.uniform), (9_480, None));
    let pro_rata = lot.award(Format::PayAsBid, Margin::ProRata);
    assert_eq!(quantities(&pro_rata), [30, 40, 20, 7, 3, 0]);
    let uniform = lot.award(Format::Uniform, Margin::ProRata);
    assert_eq!((uniform.revenue_e4, uniform.uniform), (9_200, Some(Price::from_e4(92))));
    let vcg = lot.award(Format::Vcg, Margin::Time);
    let pays: Vec<u64> = vcg.verdicts.iter().map(|verdict| verdict.pays_e4).collect();
    assert_eq!(pays, [2_760, 3_670, 1_840, 920, 0, 0]);
    let dutch = lot.award(Format::Dutch, Margin::Time);
    assert_eq!((quantities(&dutch), dutch.revenue_e4), (vec![30, 40, 20, 10, 0, 0], 9_480));
    use Reason::{CutAtMargin, LostAtMargin, Outbid, Won};
    assert_eq!(reasons(&pay_as_bid), [Won, Won, Won, CutAtMargin, LostAtMargin, Outbid]);
    assert_eq!(reasons(&pro_rata), [Won, Won, Won, CutAtMargin, CutAtMargin, Outbid]);
}

#[test]
fn all_or_none_bids_are_awarded_exactly_and_not_greedily() {
    let w1 =
        [(9_500, 60, 60), (9_400, 50, 50), (9_300, 50, 50), (9_200, 10, 40), (9_250, 100, 100)];
    let award = lot(100, 8_500, &w1).award(Format::PayAsBid, Margin::Time);
    assert_eq!((quantities(&award), award.revenue_e4), (vec![60, 0, 0, 40, 0], 938_000));
    let w2 = [(950, 60, 60), (940, 50, 50), (937, 50, 50), (900, 10, 40)];
    let book = lot(100, 850, &w2);
    let award = book.award(Format::PayAsBid, Margin::Time);
    assert_eq!((quantities(&award), award.revenue_e4), (vec![0, 50, 50, 0], 93_850));
    use Reason::{DoesNotFit, Outbid, ParadoxicallyRejected, Won};
    assert_eq!(reasons(&award), [DoesNotFit, Won, Won, Outbid]);
    let award = book.award(Format::Uniform, Margin::Time);
    assert_eq!(reasons(&award), [ParadoxicallyRejected, Won, Won, Outbid]);
    assert_eq!(award.revenue_e4, 93_700);
    // Whoever stops the clock first takes it, even if others together would pay more.
    let award = book.award(Format::Dutch, Margin::Time);
    assert_eq!((quantities(&award), award.revenue_e4), (vec![60, 0, 0, 40], 93_000));
}

#[test]
fn every_losing_or_cut_bid_has_its_reason() {
    use Reason::{
        BelowReserve, CutAtMargin, CutToFit, ExceedsLot, LostAtMargin, NotHigher, Superseded, Won,
    };
    // 1 lot of the best bid is cut so that the last, all or none, fits in.
    let award =
        lot(10, 1, &[(50, 1, 4), (45, 7, 7), (44, 1, 3)]).award(Format::PayAsBid, Margin::Time);
    assert_eq!(reasons(&award), [CutToFit, Won, Reason::Outbid]);
    let award = lot(10, 5, &[(4, 1, 9), (9, 11, 11), (6, 1, 8), (6, 5, 5)])
        .award(Format::PayAsBid, Margin::Time);
    assert_eq!(reasons(&award), [BelowReserve, ExceedsLot, CutAtMargin, Won]);
    let award = lot(5, 5, &[(6, 5, 5), (6, 5, 5)]).award(Format::Uniform, Margin::Time);
    assert_eq!(reasons(&award), [Won, LostAtMargin]);

    let mut english = Lot::new(1, Price::from_e4(5)).unwrap();
    for (bidder, price) in [(0, 6), (1, 7), (0, 8), (0, 8), (1, 7)] {
        english.take(bid(bidder, price, 1, 1)).unwrap();
    }
    let award = english.award(Format::English, Margin::Time);
    let outcome = [Superseded, Reason::Outbid, Won, NotHigher, NotHigher];
    assert_eq!((reasons(&award), award.revenue_e4), (outcome.to_vec(), 8));
}

#[test]
fn every_award_is_the_best_of_all_and_ties_are_broken_in_order() {
    let seed = 31;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..2_000 {
        let lot = random(&mut rng);
        let offers: Vec<Offer> = lot.bids.iter().map(|bid| lot.offer(bid)).collect();
        let can =
            lot.bids.iter().all(|bid| lot.reserve <= bid.price && bid.minimum <= lot.quantity);
        let (gain, way) = twin(&lot, &lot.bids);
        let said = format!("seed {seed}, round {round}: {lot:?}");
        if can {
            assert_eq!(allocate::best(lot.quantity, &offers), way, "{said}");
        }
        for format in [Format::PayAsBid, Format::Uniform, Format::Vcg] {
            for margin in [Margin::Time, Margin::ProRata] {
                let award = lot.award(format, margin);
                let got = quantities(&award);
                let brought: u64 = lot
                    .bids
                    .iter()
                    .zip(&got)
                    .map(|(bid, quantity)| {
                        bid.price.e4().saturating_sub(lot.reserve.e4()) * quantity
                    })
                    .sum();
                assert_eq!(brought, gain, "{said} {format:?} {margin:?}");
                assert_eq!(got.iter().sum::<u64>(), way.iter().sum::<u64>(), "{said}");
                sound(&lot, &award, format, &said);
            }
        }
    }
}

/// What holds of every award, whatever the book.
fn sound(lot: &Lot, award: &Award, format: Format, said: &str) {
    assert!(quantities(award).iter().sum::<u64>() <= lot.quantity, "{said}");
    let lowest = lot.lowest_winning(&quantities(award));
    let mut revenue = 0;
    for (bid, verdict) in lot.bids.iter().zip(&award.verdicts) {
        let Verdict { quantity, pays_e4, reason } = *verdict;
        assert!(quantity == 0 || (bid.minimum..=bid.maximum).contains(&quantity), "{said}");
        assert!(pays_e4 <= bid.price.e4() * quantity, "nobody pays more than it bid: {said}");
        assert!(lot.reserve.e4() * quantity <= pays_e4, "nor less than the reserve: {said}");
        assert_eq!(reason == Reason::Won, quantity == bid.maximum, "{said}");
        let rejected = format == Format::Uniform
            && quantity == 0
            && bid.minimum <= lot.quantity
            && lowest.is_some_and(|lowest| lowest < bid.price);
        assert_eq!(reason == Reason::ParadoxicallyRejected, rejected, "{said}");
        revenue += pays_e4;
    }
    assert_eq!(award.revenue_e4, revenue, "{said}");
}

#[test]
fn a_vcg_winner_pays_what_the_others_lose_by_its_presence() {
    let seed = 32;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..600 {
        let lot = random(&mut rng);
        let award = lot.award(Format::Vcg, Margin::Time);
        let gain = |bid: &Bid, quantity| bid.price.e4().saturating_sub(lot.reserve.e4()) * quantity;
        let all: u64 = lot
            .bids
            .iter()
            .zip(quantities(&award))
            .map(|(bid, quantity)| gain(bid, quantity))
            .sum();
        for (at, verdict) in award.verdicts.iter().enumerate().filter(|one| 0 < one.1.quantity) {
            let mut others = lot.bids.clone();
            let own = gain(&others.remove(at), verdict.quantity);
            let without = twin(&lot, &others).0;
            let pays = lot.reserve.e4() * verdict.quantity + without - (all - own);
            assert_eq!(verdict.pays_e4, pays, "seed {seed}, round {round}, bid {at}: {lot:?}");
        }
    }
}

#[test]
fn one_more_bid_never_brings_less() {
    let seed = 33;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..1_000 {
        let mut lot = random(&mut rng);
        let value = |lot: &Lot| {
            let award = lot.award(Format::PayAsBid, Margin::Time);
            let sold: u64 = quantities(&award).iter().sum();
            award.revenue_e4 + lot.reserve.e4() * (lot.quantity - sold)
        };
        let before = value(&lot);
        lot.take(bid(9, rng.random_range(1..10), 1, rng.random_range(1..9))).unwrap();
        assert!(before <= value(&lot), "seed {seed}, round {round}: {lot:?}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for quantity in [0, QUANTITY_MAX + 1] {
        let refused = Err(Unsound::QuantityOutOfRange { quantity });
        assert_eq!(Lot::new(quantity, Price::from_e4(1)), refused);
    }
    let mut lot = Lot::new(100_000, Price::from_e4(1)).unwrap();
    for (minimum, maximum) in [(0, 1), (2, 1), (1, QUANTITY_MAX + 1)] {
        let refused = Err(Unsound::BidOutOfRange { minimum, maximum });
        assert_eq!(lot.take(bid(0, 1, minimum, maximum)), refused);
    }
    for price in [0, PRICE_E4_MAX + 1] {
        let refused = Err(Unsound::PriceOutOfRange { price: Price::from_e4(price) });
        assert_eq!(lot.take(bid(0, price, 1, 1)), refused);
    }
    for _ in 0..40 {
        lot.take(bid(0, 1, 1, 1)).unwrap();
    }
    assert_eq!(lot.take(bid(0, 1, 1, 1)), Err(Unsound::TooLarge { cells: 4_100_000 }));
    let mut small = Lot::new(1, Price::from_e4(1)).unwrap();
    for _ in 0..BIDS_MAX {
        small.take(bid(0, 1, 1, 1)).unwrap();
    }
    assert_eq!(small.take(bid(0, 1, 1, 1)), Err(Unsound::TooManyBids { bids: BIDS_MAX + 1 }));
}
