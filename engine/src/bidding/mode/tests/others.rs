//! Falling prices, negotiations, quotes.

use super::*;
use crate::id::OfferId;

fn dutch(portion: Portion) -> Mode {
    let (start, step, step_seconds) = (price(100), price(5), 60);
    Mode::Dutch(Dutch { start, step, step_seconds, portion })
}

fn take(
    play: &mut Play,
    number: u32,
    at: Time,
    limit: u64,
    lots: (u64, u64),
) -> Result<(), Refusal> {
    let terms = Terms { price: price(limit), minimum: lots.0, maximum: lots.1 };
    play.ask(Side::Bidder(code(number)), at, Ask::Bid(terms))
}

#[test]
fn a_falling_price_is_paid_by_whoever_takes_it_first() {
    let mode = dutch(Portion::Whole);
    let mut play = Play::new(mode, 40, Reserve::Hidden(price(85)), 2, 0).begun(at(9, 0, 0));
    let low = Refusal::PriceTooLow { price: price(95), least: price(100) };
    assert_eq!(play.bid(code(1), at(9, 0, 59), 95), Err(low));
    assert_eq!(play.bid(code(1), at(9, 1, 0), 95), Ok(()));
    assert_eq!(play.bid(code(2), at(9, 1, 1), 95), Err(Refusal::Late { ends: at(9, 1, 0) }));
    assert_eq!(won(&play.end()), [(code(1), 40, 95 * 40)]);
    // A limit above the price that is called pays that price.
    let mode = dutch(Portion::Whole);
    let mut play = Play::new(mode, 40, Reserve::Hidden(price(85)), 2, 0).begun(at(9, 0, 0));
    assert_eq!(play.bid(code(2), at(9, 2, 30), 99), Ok(()));
    assert_eq!(won(&play.end()), [(code(2), 40, 90 * 40)]);
}

#[test]
fn a_falling_price_falls_to_the_reserve_and_not_below() {
    let mode = dutch(Portion::Whole);
    let mut play = Play::new(mode, 40, Reserve::Hidden(price(88)), 2, 0).begun(at(9, 0, 0));
    assert_eq!((play.end(), play.lot.called()), (Award::default(), Some(price(90))));
    assert_eq!(play.lot.ends(), at(9, 3, 0));
}

#[test]
fn a_lot_that_may_be_shared_falls_on_for_what_is_left() {
    let mode = dutch(Portion::Parts);
    let mut play = Play::new(mode, 100, Reserve::Public(price(85)), 3, 0).begun(at(9, 0, 0));
    assert_eq!(take(&mut play, 1, at(9, 0, 10), 100, (1, 30)), Ok(()));
    assert_eq!(take(&mut play, 2, at(9, 1, 10), 95, (60, 60)), Ok(()));
    let more = Refusal::QuantityOutOfRange { minimum: 11, maximum: 40, quantity: 10 };
    assert_eq!(take(&mut play, 3, at(9, 1, 20), 95, (11, 40)), Err(more));
    assert_eq!(take(&mut play, 3, at(9, 2, 20), 90, (1, 40)), Ok(()));
    assert_eq!(play.lot.phase(), Phase::Over, "there is nothing left");
    let award = play.end();
    assert_eq!(won(&award), [(code(1), 30, 3_000), (code(2), 60, 5_700), (code(3), 10, 900)]);
    assert_eq!(reasons(&award), [Reason::Won, Reason::Won, Reason::CutAtMargin]);
}

/// An hour, offers of ten minutes at most.
fn negotiated(reserve: Reserve) -> Play {
    let mode = Negotiated { seconds: 3_600, offer_seconds_max: 600 };
    Play::new(Mode::Negotiated(mode), 40, reserve, 2, 0).begun(at(9, 0, 0))
}

fn proposal(number: u32, at_price: u64, expires: Time) -> Proposal {
    Proposal { bidder: code(number), terms: Terms::whole(40, price(at_price)), expires }
}

#[test]
fn c4_a_negotiation_is_a_chain_of_offers_and_ends_with_an_agreement_at_the_floor_or_above() {
    let mut play = negotiated(Reserve::Hidden(price(85)));
    let (first, second) = (Side::Bidder(code(1)), Side::Bidder(code(2)));
    let [offer, counter, other] = [0, 1, 2].map(OfferId::new);
    let until = at(9, 10, 0);
    assert_eq!(play.ask(first, at(9, 1, 0), Ask::Offer(proposal(1, 80, until))), Ok(()));
    let open = Err(Refusal::OfferIsOpen { offer });
    assert_eq!(play.ask(first, at(9, 2, 0), Ask::Offer(proposal(1, 81, until))), open);
    assert_eq!(play.ask(Side::Seller, at(9, 2, 0), Ask::Offer(proposal(1, 99, until))), open);
    let own = Err(Refusal::NotThisSide);
    assert_eq!(play.ask(first, at(9, 2, 0), Ask::Accept(offer)), own);
    assert_eq!(play.ask(second, at(9, 2, 0), Ask::Offer(proposal(1, 99, until))), own);
    let unknown = Err(Refusal::OfferNotOpen { offer });
    assert_eq!(play.ask(second, at(9, 2, 0), Ask::Accept(offer)), unknown);
    let below = Refusal::PriceTooLow { price: price(80), least: price(85) };
    assert_eq!(play.ask(Side::Seller, at(9, 3, 0), Ask::Accept(offer)), Err(below));
    // A bidder that agreed to less would be told what is hidden.
    let low = Ask::Counter(offer, proposal(1, 84, until));
    let below = Refusal::PriceTooLow { price: price(84), least: price(85) };
    assert_eq!(play.ask(Side::Seller, at(9, 3, 30), low), Err(below));
    let answer = Ask::Counter(offer, proposal(1, 95, until));
    assert_eq!(play.ask(Side::Seller, at(9, 4, 0), answer.clone()), Ok(()));
    assert_eq!(play.ask(Side::Seller, at(9, 4, 0), answer), unknown);
    assert_eq!(play.ask(second, at(9, 5, 0), Ask::Offer(proposal(2, 90, until))), Ok(()));
    assert_eq!(play.ask(first, at(9, 6, 0), Ask::Accept(counter)), Ok(()));
    assert_eq!(play.lot.offers()[0].state, OfferState::Countered);
    assert_eq!(play.lot.offers()[1].counters, Some(offer));
    assert_eq!(play.lot.offers()[2].state, OfferState::Lapsed);
    let closed = play.ask(Side::Seller, at(9, 7, 0), Ask::Accept(other));
    assert_eq!(closed, Err(Refusal::Late { ends: at(9, 6, 0) }));
    assert_eq!(won(&play.end()), [(code(1), 40, 95 * 40)]);
}

#[test]
fn an_offer_expires_at_its_moment_or_is_declined_and_the_next_may_come() {
    let mut play = negotiated(Reserve::Public(price(85)));
    let first = Side::Bidder(code(1));
    let until = at(9, 5, 0);
    assert_eq!(play.ask(first, at(9, 1, 0), Ask::Offer(proposal(1, 90, until))), Ok(()));
    let late = play.ask(Side::Seller, until, Ask::Accept(OfferId::new(0)));
    assert_eq!(late, Err(Refusal::OfferNotOpen { offer: OfferId::new(0) }));
    assert_eq!(play.lot.offers()[0].state, OfferState::Expired);
    let mut ask =
        |now, expires, at_price| play.ask(first, now, Ask::Offer(proposal(1, at_price, expires)));
    let low = Refusal::PriceTooLow { price: price(84), least: price(85) };
    assert_eq!(ask(at(9, 6, 0), at(9, 7, 0), 84), Err(low));
    for expires in [at(9, 6, 0), at(9, 16, 1)] {
        let (now, latest) = (at(9, 6, 0), at(9, 16, 0));
        let refused = Err(Refusal::OfferExpiry { expires, now, latest });
        assert_eq!(ask(at(9, 6, 0), expires, 90), refused);
    }
    assert_eq!(ask(at(9, 6, 0), at(9, 16, 0), 90), Ok(()));
    assert_eq!(play.ask(Side::Seller, at(9, 7, 0), Ask::Decline(OfferId::new(1))), Ok(()));
    assert_eq!(play.lot.offers()[1].state, OfferState::Declined);
    let ask = Ask::Offer(proposal(1, 90, at(10, 0, 0)));
    assert_eq!(play.ask(first, at(9, 55, 0), ask), Ok(()));
    assert_eq!(play.end(), Award::default());
    assert_eq!(play.lot.offers()[2].state, OfferState::Lapsed);
    assert_eq!(play.lot.ends(), at(10, 0, 0));
}

fn quotes(reserve: Reserve) -> Play {
    let mode = Quotes { quote_seconds: 3_600, choose_seconds: 600 };
    Play::new(Mode::Quotes(mode), 40, reserve, 3, 0).begun(at(9, 0, 0))
}

#[test]
fn of_quotes_the_seller_takes_one_or_none() {
    let mut play = quotes(Reserve::Hidden(price(85)));
    assert_eq!(play.bid(code(1), at(9, 1, 0), 90), Ok(()));
    assert_eq!(play.bid(code(2), at(9, 2, 0), 80), Ok(()));
    assert_eq!(play.bid(code(3), at(9, 2, 0), 70), Ok(()));
    let low = Refusal::PriceTooLow { price: price(80), least: price(81) };
    assert_eq!(play.bid(code(2), at(9, 3, 0), 80), Err(low));
    assert_eq!(play.bid(code(2), at(9, 3, 0), 88), Ok(()));
    let mut choose = |who, now, bid| play.ask(who, now, Ask::Choose(BidId::new(bid)));
    let early = Refusal::NotInThisPhase { phase: Phase::Quoting };
    assert_eq!(choose(Side::Seller, at(9, 4, 0), 0), Err(early));
    assert_eq!(choose(Side::Bidder(code(1)), at(10, 1, 0), 0), Err(Refusal::NotThisSide));
    let gone = Refusal::NoSuchBid { bid: BidId::new(1) };
    assert_eq!(choose(Side::Seller, at(10, 1, 0), 1), Err(gone), "a better one took its place");
    let low = Refusal::PriceTooLow { price: price(70), least: price(85) };
    assert_eq!(choose(Side::Seller, at(10, 1, 0), 2), Err(low));
    assert_eq!(choose(Side::Seller, at(10, 1, 0), 3), Ok(()));
    let award = play.end();
    assert_eq!(won(&award), [(code(2), 40, 88 * 40)]);
    use Reason::{BelowReserve, NotChosen, Won};
    assert_eq!(reasons(&award), [NotChosen, BelowReserve, Won]);

    let mut silent = quotes(Reserve::Public(price(85)));
    assert_eq!(silent.bid(code(1), at(9, 1, 0), 90), Ok(()));
    let award = silent.end();
    assert_eq!((reasons(&award), silent.lot.ends()), (vec![Reason::NotChosen], at(10, 10, 0)));
}

#[test]
fn a_lot_knows_only_who_was_admitted_and_what_its_mode_knows() {
    let mut play = quotes(Reserve::Public(price(85)));
    let stranger = code(9);
    let refused = play.bid(stranger, at(9, 1, 0), 90);
    assert_eq!(refused, Err(Refusal::NotAdmitted { code: stranger }));
    let seller = play.ask(Side::Seller, at(9, 1, 0), Ask::Bid(Terms::whole(40, price(90))));
    assert_eq!(seller, Err(Refusal::NotThisSide));
    assert_eq!(play.take_price(code(1), at(9, 1, 0)), Err(Refusal::NotOfThisMode));
    for wrong in [0, u64::MAX, 10_000_000_000_001] {
        let refused = play.bid(code(1), at(9, 1, 0), wrong);
        let (price, maximum) = (price(wrong), 40);
        assert_eq!(refused, Err(Refusal::PriceOutOfRange { price, maximum }));
    }
}
