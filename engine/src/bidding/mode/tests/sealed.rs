//! Sealed bids and tenders: the worked books, and what a seal holds.

use super::*;
use crate::auction::ration::Margin;

const SALT: [u8; 32] = [7; 32];

fn sealed(pays: Pays, portion: Portion, margin: Margin) -> Mode {
    Mode::Sealed(Sealed { commit_seconds: 3_600, reveal_seconds: 600, pays, portion, margin })
}

/// Everybody commits, in order, and everybody reveals, the last first.
fn play_book(mode: Mode, quantity: u64, reserve: u64, bids: &[Terms]) -> Play {
    let bidders = u32::try_from(bids.len()).unwrap();
    let mut play =
        Play::new(mode, quantity, Reserve::Public(price(reserve)), bidders, 0).begun(at(9, 0, 0));
    for (number, terms) in (1..).zip(bids) {
        let sealed = seal(&SALT, 9, code(number), terms);
        let who = Side::Bidder(code(number));
        assert_eq!(play.ask(who, at(9, 30, 0), Ask::Commit(sealed)), Ok(()));
    }
    let numbered: Vec<(u32, &Terms)> = (1..).zip(bids).collect();
    for (number, terms) in numbered.into_iter().rev() {
        let who = Side::Bidder(code(number));
        assert_eq!(play.ask(who, at(10, 5, 0), Ask::Reveal(*terms, SALT)), Ok(()));
    }
    play
}

fn revenue(award: &Award) -> u64 {
    award.winners().map(|line| line.pays_e4).sum()
}

#[test]
fn every_sealed_bid_that_loses_has_its_reason() {
    let all = |price_e4, lots| Terms { price: price(price_e4), minimum: lots, maximum: lots };
    let bids = [all(950, 60), all(940, 50), all(937, 50), all(840, 10)];
    let mode = sealed(Pays::LowestWinning, Portion::Parts, Margin::Time);
    let award = play_book(mode, 100, 850, &bids).end();
    use Reason::{BelowReserve, ParadoxicallyRejected, Won};
    // Lines are in the order in which the bids were revealed: the last first.
    assert_eq!(reasons(&award), [BelowReserve, Won, Won, ParadoxicallyRejected]);
    assert_eq!((revenue(&award), award.uniform), (93_700, Some(price(937))));
}

#[test]
fn of_equal_bids_the_first_to_commit_wins_whoever_reveals_first() {
    let whole = Terms::whole(40, price(90));
    let mode = sealed(Pays::Bid, Portion::Whole, Margin::Time);
    let award = play_book(mode, 40, 85, &[whole, whole]).end();
    assert_eq!(won(&award), [(code(1), 40, 90 * 40)]);
    assert_eq!(reasons(&award), [Reason::LostAtMargin, Reason::Won]);
}

#[test]
fn the_winner_of_a_whole_lot_pays_the_second_price_under_vickrey() {
    let bids = [95, 90, 92].map(|bid| Terms::whole(40, price(bid)));
    let mode = sealed(Pays::Externality, Portion::Whole, Margin::Time);
    assert_eq!(won(&play_book(mode.clone(), 40, 85, &bids).end()), [(code(1), 40, 92 * 40)]);
    assert_eq!(won(&play_book(mode, 40, 85, &bids[..1]).end()), [(code(1), 40, 85 * 40)]);
}

#[test]
fn a_sealed_bid_is_handed_in_once_and_revealed_as_it_was() {
    let mode = sealed(Pays::Bid, Portion::Whole, Margin::Time);
    let reserve = Reserve::Hidden(price(85));
    let mut play = Play::new(mode, 40, reserve, 3, 0).begun(at(9, 0, 0));
    let (terms, who) = (Terms::whole(40, price(90)), |number| Side::Bidder(code(number)));
    let sealed = seal(&SALT, 9, code(1), &terms);
    let early = play.ask(who(1), at(9, 1, 0), Ask::Reveal(terms, SALT));
    assert_eq!(early, Err(Refusal::NotInThisPhase { phase: Phase::Committing }));
    assert_eq!(play.ask(who(1), at(9, 1, 0), Ask::Commit(sealed)), Ok(()));
    let again = play.ask(who(1), at(9, 2, 0), Ask::Commit([1; 32]));
    assert_eq!(again, Err(Refusal::AlreadyCommitted { code: code(1) }));
    assert_eq!(play.ask(who(2), at(9, 3, 0), Ask::Commit([2; 32])), Ok(()));
    let late = play.ask(who(3), at(10, 0, 0), Ask::Commit([3; 32]));
    assert_eq!(late, Err(Refusal::NotInThisPhase { phase: Phase::Revealing }));
    let none = play.ask(who(3), at(10, 1, 0), Ask::Reveal(terms, SALT));
    assert_eq!(none, Err(Refusal::NoCommitment { code: code(3) }));
    let better = Terms::whole(40, price(91));
    let other = play.ask(who(1), at(10, 1, 0), Ask::Reveal(better, SALT));
    assert_eq!(other, Err(Refusal::SealDiffers));
    let stolen = play.ask(who(2), at(10, 1, 0), Ask::Reveal(terms, SALT));
    assert_eq!(stolen, Err(Refusal::SealDiffers), "a seal fits nobody else");
    assert_eq!(play.ask(who(1), at(10, 1, 0), Ask::Reveal(terms, SALT)), Ok(()));
    let twice = play.ask(who(1), at(10, 2, 0), Ask::Reveal(terms, SALT));
    assert_eq!(twice, Err(Refusal::AlreadyRevealed { code: code(1) }));
    let late = play.ask(who(2), at(10, 10, 0), Ask::Reveal(terms, SALT));
    assert_eq!(late, Err(Refusal::Late { ends: at(10, 10, 0) }));
    let award = play.end();
    assert_eq!((won(&award), award.unrevealed), (vec![(code(1), 40, 3_600)], vec![code(2)]));
}

#[test]
fn nothing_of_a_sealed_bid_can_be_read_before_the_close() {
    let mode = sealed(Pays::Bid, Portion::Parts, Margin::Time);
    let terms = Terms { price: price(0x1234_5678), minimum: 0x1111, maximum: 0x2222 };
    let mut play = Play::new(mode, 0x3333, Reserve::Hidden(price(1)), 1, 0).begun(at(9, 0, 0));
    let sealed = seal(&SALT, 9, code(1), &terms);
    assert_eq!(play.ask(Side::Bidder(code(1)), at(9, 1, 0), Ask::Commit(sealed)), Ok(()));
    let bytes = minicbor::to_vec((&play.lot, &play.events)).unwrap();
    let holds = |number: &[u8]| bytes.windows(number.len()).any(|window| window == number);
    assert!(!holds(&[0x12, 0x34, 0x56, 0x78]) && !holds(&[0x11, 0x11]) && !holds(&[0x22, 0x22]));
    assert!(holds(&[0x33, 0x33]) && holds(&sealed));
}

#[test]
fn a_sealed_lot_without_bids_ends_at_the_close() {
    let mode = sealed(Pays::Bid, Portion::Whole, Margin::Time);
    let mut play = Play::new(mode, 40, Reserve::Public(price(85)), 2, 0).begun(at(9, 0, 0));
    assert_eq!((play.end(), play.lot.ends()), (Award::default(), at(10, 0, 0)));
}

fn tender(price_weight: u32, weights: &[u32]) -> Mode {
    let criteria = weights
        .iter()
        .map(|weight| Criterion { weight: *weight, name: "方案".to_owned() })
        .collect();
    let (commit_seconds, reveal_seconds, scoring_seconds) = (3_600, 600, 86_400);
    let tender = Tender { commit_seconds, reveal_seconds, scoring_seconds, price_weight, criteria };
    Mode::Tender(tender)
}

fn score(play: &mut Play, bid: u32, points: &[u32]) -> Result<(), Refusal> {
    let ask = Ask::Score(BidId::new(bid), points.to_vec());
    play.ask(Side::Seller, at(11, 0, 0), ask)
}

#[test]
fn a_tender_is_won_by_the_most_points_and_a_tie_by_the_earlier_entry() {
    let bids = [100, 80, 80].map(|bid| Terms::whole(40, price(bid)));
    // Revealed in the other order: bid 2 is the first bidder's.
    let mut play = play_book(tender(60, &[30, 10]), 40, 50, &bids);
    for (bid, points) in [(2, [40, 0]), (1, [70, 30]), (0, [70, 30])] {
        assert_eq!(score(&mut play, bid, &points), Ok(()));
    }
    // 60 + 12 + 0 against 48 + 21 + 3, twice: all equal, and the first to commit wins.
    let award = play.end();
    assert_eq!(won(&award), [(code(1), 40, 4_000)]);
    use Reason::{Outscored, Won};
    assert_eq!(reasons(&award), [Outscored, Outscored, Won]);
    assert_eq!(score(&mut play, 1, &[71, 30]), Err(Refusal::Late { ends: play.lot.ends() }));
    play.lot.apply(&LotEvent::Scored(BidId::new(1), vec![71, 30]));
    assert_eq!(won(&play.mode.rules().close(&play.lot)), [(code(2), 40, 3_200)]);
}

#[test]
fn a_tender_with_a_bid_that_nobody_scored_has_no_winner() {
    let bids = [100, 80, 40].map(|bid| Terms::whole(40, price(bid)));
    let mut play = play_book(tender(60, &[30]), 40, 50, &bids);
    assert_eq!(score(&mut play, 2, &[50]), Ok(()));
    let out = Refusal::PointsOutOfRange { criteria: 1, points_max: POINTS_MAX };
    assert_eq!(score(&mut play, 1, &[101]), Err(out));
    assert_eq!(score(&mut play, 1, &[1, 1]), Err(out));
    assert_eq!(score(&mut play, 9, &[1]), Err(Refusal::NoSuchBid { bid: BidId::new(9) }));
    let own = Ask::Score(BidId::new(2), vec![100]);
    let own = play.ask(Side::Bidder(code(1)), at(11, 0, 0), own);
    assert_eq!(own, Err(Refusal::NotThisSide));
    use Reason::{BelowReserve, NotScored};
    assert_eq!(reasons(&play.end()), [BelowReserve, NotScored, NotScored]);
}

#[test]
fn a_tender_by_price_alone_is_scored_by_nobody() {
    let bids = [80, 100].map(|bid| Terms::whole(40, price(bid)));
    let mut play = play_book(tender(1, &[]), 40, 50, &bids);
    assert_eq!(won(&play.end()), [(code(2), 40, 4_000)]);
    let weightless = tender(0, &[0]);
    assert_eq!(weightless.rules().check(1), Err(Unsound::Weights));
    assert_eq!(tender(1, &[WEIGHT_MAX + 1]).rules().check(1), Err(Unsound::Weights));
    assert_eq!(tender(1, &[1; CRITERIA_MAX + 1]).rules().check(1), Err(Unsound::Weights));
}
