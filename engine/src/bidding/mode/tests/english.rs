//! Open ascending auctions: clocks, leaders, and holders of the right of first refusal.

use super::*;
use crate::auction::clock::SoftClose;

/// D2: an hour of free quotes, then a cycle of five minutes.
fn multi_round() -> English {
    English {
        free_seconds: 3_600,
        timed_seconds: 300,
        window_seconds: 300,
        soft_close: SoftClose::Reset,
        hard_stop_seconds: None,
        increment: price(2),
        first_refusal: FirstRefusal::InAuction,
        same_rank: SameRank::Earliest,
    }
}

/// Ends at three, a day after it began; the last five minutes are the window.
fn until_three(soft_close: SoftClose, hard_stop_seconds: Option<u32>) -> English {
    let (free_seconds, timed_seconds) = (0, 86_400);
    English { free_seconds, timed_seconds, soft_close, hard_stop_seconds, ..multi_round() }
}

fn play(mode: English, bidders: u32, holders: u32) -> Play {
    let begins = at(9, 0, 0);
    Play::new(Mode::English(mode), 40, Reserve::Public(price(85)), bidders, holders).begun(begins)
}

#[test]
fn d2_a_bid_in_the_last_window_moves_the_end_and_one_at_the_end_is_late() {
    let mut play = play(until_three(SoftClose::Reset, None), 2, 0);
    for (number, now) in [(1, at(32, 54, 59)), (2, at(32, 56, 0)), (1, at(33, 0, 30))] {
        let least = 85 + 2 * u64::try_from(play.lot.bids().len()).unwrap();
        assert_eq!(play.bid(code(number), now, least), Ok(()));
    }
    let end = at(33, 5, 30);
    assert_eq!(play.bid(code(2), end, 99), Err(Refusal::Late { ends: end }));
    assert_eq!(won(&play.end()), [(code(1), 40, 89 * 40)]);
}

#[test]
fn d2_free_quotes_leave_the_clock_alone_and_timed_ones_restart_the_cycle() {
    let mut play = play(multi_round(), 2, 0);
    assert_eq!(play.bid(code(1), at(9, 59, 59), 85), Ok(()));
    assert_eq!((play.lot.phase(), play.lot.ends()), (Phase::Free, at(10, 0, 0)));
    // The timed phase begins when the free one ends, whoever notices when.
    assert_eq!(play.bid(code(2), at(10, 1, 0), 87), Ok(()));
    assert_eq!((play.lot.phase(), play.lot.began()), (Phase::Timed, at(10, 0, 0)));
    assert_eq!(play.lot.ends(), at(10, 6, 0));
    assert_eq!(play.bid(code(1), at(10, 5, 59), 89), Ok(()));
    assert_eq!(play.lot.ends(), at(10, 10, 59));
    assert_eq!(play.bid(code(2), at(10, 10, 59), 91), Err(Refusal::Late { ends: at(10, 10, 59) }));
    let award = play.end();
    assert_eq!(won(&award), [(code(1), 40, 89 * 40)]);
    assert_eq!(reasons(&award), [Reason::Outbid, Reason::Won]);
}

#[test]
fn d2_a_full_cycle_without_a_quote_ends_it_also_if_nobody_quoted_at_all() {
    let mut play = play(multi_round(), 2, 0);
    play.pass(at(10, 4, 59));
    assert_eq!(play.lot.phase(), Phase::Timed);
    assert_eq!(play.end(), Award::default());
    assert_eq!(play.lot.ends(), at(10, 5, 0));
}

#[test]
fn d2_extending_adds_a_window_and_a_hard_stop_caps_it() {
    let (extend, reset) = (SoftClose::Extend, SoftClose::Reset);
    let mut extended = play(until_three(extend, None), 2, 0);
    assert_eq!(extended.bid(code(1), at(32, 58, 0), 85), Ok(()));
    assert_eq!(extended.lot.ends(), at(33, 5, 0));
    let mut stopped = play(until_three(reset, Some(86_400 + 120)), 2, 0);
    assert_eq!(stopped.bid(code(1), at(32, 59, 0), 85), Ok(()));
    assert_eq!(stopped.lot.ends(), at(33, 2, 0));
    assert_eq!(stopped.bid(code(2), at(33, 1, 59), 87), Ok(()));
    assert_eq!(stopped.lot.ends(), at(33, 2, 0), "no flood of bids moves a hard stop");
    assert_eq!(stopped.bid(code(1), at(33, 2, 0), 89), Err(Refusal::Late { ends: at(33, 2, 0) }));
}

#[test]
fn d3_who_leads_does_not_outbid_itself_and_a_bid_dies_by_a_higher_one() {
    let mut play = play(multi_round(), 2, 0);
    let least =
        |least, asked| Err(Refusal::PriceTooLow { price: price(asked), least: price(least) });
    assert_eq!(play.bid(code(1), at(9, 1, 0), 84), least(85, 84));
    assert_eq!(play.bid(code(1), at(9, 1, 0), 85), Ok(()));
    assert_eq!(play.bid(code(1), at(9, 2, 0), 95), Err(Refusal::LeadsAlready { code: code(1) }));
    assert_eq!(play.bid(code(2), at(9, 3, 0), 86), least(87, 86));
    assert_eq!(play.bid(code(2), at(9, 3, 0), 87), Ok(()));
    let standing: Vec<_> = play.lot.bids().iter().map(|bid| bid.standing).collect();
    assert_eq!(standing, [Standing::Outbid, Standing::Stands]);
    assert_eq!(play.bid(code(1), at(9, 4, 0), 89), Ok(()));
    let part = Terms { price: price(99), minimum: 1, maximum: 40 };
    let part = play.ask(Side::Bidder(code(2)), at(9, 5, 0), Ask::Bid(part));
    assert_eq!(part, Err(Refusal::WholeLotOnly { quantity: 40 }));
}

#[test]
fn a_hidden_reserve_takes_lower_bids_and_sells_to_none_of_them() {
    let mode = Mode::English(multi_round());
    let mut play = Play::new(mode, 40, Reserve::Hidden(price(85)), 2, 1).begun(at(9, 0, 0));
    assert_eq!(play.bid(code(1), at(9, 1, 0), 10), Ok(()));
    assert_eq!(play.take_price(holder(1), at(9, 2, 0)), Ok(()));
    assert_eq!(reasons(&play.end()), [Reason::BelowReserve, Reason::BelowReserve]);
}

#[test]
fn b4_a_holder_of_the_right_takes_the_price_and_wins_unless_somebody_bids_more() {
    let mut play = play(multi_round(), 2, 2);
    assert_eq!(play.take_price(holder(1), at(9, 0, 1)), Err(Refusal::NothingToMatch));
    assert_eq!(play.bid(code(1), at(9, 1, 0), 85), Ok(()));
    assert_eq!(play.take_price(code(2), at(9, 2, 0)), Err(Refusal::NoRight { code: code(2) }));
    assert_eq!(play.take_price(holder(1), at(9, 2, 0)), Ok(()));
    let leads = Err(Refusal::LeadsAlready { code: holder(1) });
    assert_eq!(play.take_price(holder(1), at(9, 3, 0)), leads);
    assert_eq!(play.bid(holder(1), at(9, 3, 0), 90), leads, "D3: the leader, be it by right");
    assert_eq!(play.take_price(holder(2), at(9, 3, 0)), Err(Refusal::RightTaken));
    // Who was matched leads no more, and bids on.
    assert_eq!(play.bid(code(1), at(9, 4, 0), 87), Ok(()));
    assert!(play.lot.bids()[..2].iter().all(|bid| bid.standing == Standing::Outbid));
    assert_eq!(play.take_price(holder(2), at(10, 1, 0)), Ok(()));
    assert_eq!(play.lot.ends(), at(10, 6, 0), "it is a valid quote, and restarts the cycle");
    let award = play.end();
    assert_eq!(won(&award), [(holder(2), 40, 87 * 40)]);
    use Reason::{MatchedByPriority, Outbid, Won};
    assert_eq!(reasons(&award), [Outbid, MatchedByPriority, Won]);
}

#[test]
fn b4_holders_of_one_rank_share_pro_rata_where_the_pack_says_so() {
    let mode = English { same_rank: SameRank::ProRata, ..multi_round() };
    let mut play = play(mode, 1, 3);
    assert_eq!(play.bid(code(1), at(9, 1, 0), 85), Ok(()));
    for number in [3, 1] {
        assert_eq!(play.take_price(holder(number), at(9, 2, 0)), Ok(()));
    }
    let award = play.end();
    // 30 to 10 lots held, 40 for sale; the second holder waived by silence.
    assert_eq!(won(&award), [(holder(3), 30, 85 * 30), (holder(1), 10, 85 * 10)]);
    use Reason::{MatchedByPriority, SharedByRank};
    assert_eq!(reasons(&award), [MatchedByPriority, SharedByRank, SharedByRank]);
}

#[test]
fn b4_after_the_hammer_the_right_has_a_clock_of_its_own_and_silence_waives_it() {
    let mode = || English { first_refusal: FirstRefusal::AfterHammer(600), ..multi_round() };
    let mut taken = play(mode(), 2, 1);
    assert_eq!(taken.bid(code(1), at(9, 1, 0), 85), Ok(()));
    let early = taken.take_price(holder(1), at(9, 2, 0));
    assert_eq!(early, Err(Refusal::NotInThisPhase { phase: Phase::Free }));
    assert_eq!(taken.take_price(holder(1), at(10, 14, 59)), Ok(()));
    assert_eq!((taken.lot.began(), taken.lot.ends()), (at(10, 5, 0), at(10, 15, 0)));
    let closed = taken.bid(code(2), at(10, 14, 59), 99);
    assert_eq!(closed, Err(Refusal::NotInThisPhase { phase: Phase::FirstRefusal }));
    assert_eq!(won(&taken.end()), [(holder(1), 40, 85 * 40)]);

    let mut waived = play(mode(), 2, 1);
    assert_eq!(waived.bid(code(1), at(9, 1, 0), 85), Ok(()));
    let late = waived.take_price(holder(1), at(10, 15, 0));
    assert_eq!(late, Err(Refusal::Late { ends: at(10, 15, 0) }));
    assert_eq!(won(&waived.end()), [(code(1), 40, 85 * 40)]);

    // Nobody's right is passed over: there is nothing to wait for.
    let mut own = play(mode(), 2, 1);
    assert_eq!(own.bid(holder(1), at(9, 1, 0), 85), Ok(()));
    own.pass(at(10, 5, 0));
    assert_eq!((own.lot.phase(), own.lot.ends()), (Phase::Over, at(10, 5, 0)));
}

#[test]
fn d5_without_the_defaulter_the_lot_is_the_next_bidders() {
    let mut play = play(multi_round(), 2, 1);
    assert_eq!(play.bid(code(1), at(9, 1, 0), 85), Ok(()));
    assert_eq!(play.bid(code(2), at(9, 2, 0), 90), Ok(()));
    assert_eq!(won(&play.end()), [(code(2), 40, 90 * 40)]);
    play.tell(vec![LotEvent::Barred(code(2))]);
    let award = play.mode.rules().close(&play.lot);
    assert_eq!(won(&award), [(code(1), 40, 85 * 40)]);
    assert_eq!(reasons(&award), [Reason::Won, Reason::Barred]);
    let refused = play.bid(code(2), at(12, 0, 0), 95);
    assert_eq!(refused, Err(Refusal::Barred { code: code(2) }));
}

#[test]
fn d6_an_enforced_sale_starts_high_enough_and_ends_five_minutes_after_the_last_late_bid() {
    let first =
        Round::First { appraisal: price(1_001), start_min: crate::amount::Ppm::new(700_000) };
    let sale = Enforcement {
        start: price(701),
        round: first,
        open_seconds: 86_400,
        window_seconds: 300,
        increment: price(5),
        first_refusal: FirstRefusal::InAuction,
        same_rank: SameRank::Earliest,
    };
    let low = Enforcement { start: price(700), ..sale.clone() };
    let unsound = Unsound::StartTooLow { start: price(700), least: price(701) };
    assert_eq!(low.check(1), Err(unsound), "0.7 of 1,001 is 700.7");
    let cut = Round::Second { first_start: price(701), cut_max: crate::amount::Ppm::new(200_000) };
    let second = |start| Enforcement { start: price(start), round: cut, ..sale.clone() }.check(1);
    let unsound = Unsound::StartTooLow { start: price(560), least: price(561) };
    assert_eq!((second(561), second(560)), (Ok(()), Err(unsound)), "0.8 of 701 is 560.8");

    let mode = Mode::Enforcement(sale);
    let mut play = Play::new(mode, 1, Reserve::Public(price(701)), 2, 0).begun(at(10, 0, 0));
    assert_eq!(play.bid(code(1), at(33, 54, 59), 701), Ok(()));
    assert_eq!(play.lot.ends(), at(34, 0, 0), "a day, and no less");
    assert_eq!(play.bid(code(2), at(33, 55, 1), 706), Ok(()));
    assert_eq!(play.lot.ends(), at(34, 0, 1));
    assert_eq!(play.bid(code(1), at(34, 0, 1), 711), Err(Refusal::Late { ends: at(34, 0, 1) }));
    assert_eq!(won(&play.end()), [(code(2), 1, 706)]);
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    let check = |mode: English| mode.check(1);
    assert_eq!(check(multi_round()), Ok(()));
    let none = Unsound::Seconds { seconds: 0 };
    assert_eq!(check(English { timed_seconds: 0, ..multi_round() }), Err(none));
    assert_eq!(check(English { window_seconds: 0, ..multi_round() }), Err(none));
    let after = FirstRefusal::AfterHammer(0);
    assert_eq!(check(English { first_refusal: after, ..multi_round() }), Err(none));
    let long = SECONDS_MAX + 1;
    let too_long = Err(Unsound::Seconds { seconds: long });
    assert_eq!(check(English { free_seconds: long, ..multi_round() }), too_long);
    let hard = English { hard_stop_seconds: Some(299), ..multi_round() };
    assert_eq!(check(hard), Err(Unsound::HardStopBeforeEnd));
    let flat = English { increment: price(0), ..multi_round() };
    assert_eq!(check(flat), Err(Unsound::PriceOutOfRange { price: price(0) }));
    assert_eq!(multi_round().check(0), Err(Unsound::QuantityOutOfRange { quantity: 0 }));
}
