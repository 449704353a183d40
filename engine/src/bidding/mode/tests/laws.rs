//! What holds of every lot, whatever is asked of it; and an obvious twin of the open auction.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::amount::Ppm;
use crate::auction::clock::SoftClose;
use crate::auction::ration::Margin;
use crate::id::OfferId;

const SALT: [u8; 32] = [3; 32];
const BIDDERS: u32 = 4;
const HOLDERS: u32 = 2;

fn english(rng: &mut ChaCha8Rng) -> English {
    let after = FirstRefusal::AfterHammer(rng.random_range(1..400));
    let rights = [FirstRefusal::Nobody, FirstRefusal::InAuction, after];
    let timed_seconds = rng.random_range(1..600);
    let hard = rng.random_bool(0.5).then(|| timed_seconds + rng.random_range(0..900));
    English {
        free_seconds: rng.random_range(0..2) * 500,
        timed_seconds,
        window_seconds: rng.random_range(1..300),
        soft_close: *[SoftClose::Reset, SoftClose::Extend].choose(rng).unwrap(),
        hard_stop_seconds: hard,
        increment: price(rng.random_range(1..4)),
        first_refusal: *rights.choose(rng).unwrap(),
        same_rank: *[SameRank::Earliest, SameRank::ProRata].choose(rng).unwrap(),
    }
}

fn mode(rng: &mut ChaCha8Rng) -> Mode {
    let portion = *[Portion::Whole, Portion::Parts].choose(rng).unwrap();
    let pays = *[Pays::Bid, Pays::LowestWinning, Pays::Externality].choose(rng).unwrap();
    let margin = *[Margin::Time, Margin::ProRata].choose(rng).unwrap();
    let (commit_seconds, reveal_seconds) = (600, 600);
    match rng.random_range(0..7) {
        0 => Mode::English(english(rng)),
        1 => Mode::Sealed(Sealed { commit_seconds, reveal_seconds, pays, portion, margin }),
        2 => {
            let (start, step, step_seconds) = (price(60), price(rng.random_range(1..9)), 120);
            Mode::Dutch(Dutch { start, step, step_seconds, portion })
        }
        3 => {
            let criteria = (0..rng.random_range(0..3)).map(|_| criterion(20)).collect();
            let (scoring_seconds, price_weight) = (600, 60);
            Mode::Tender(Tender {
                commit_seconds,
                reveal_seconds,
                scoring_seconds,
                price_weight,
                criteria,
            })
        }
        4 => Mode::Negotiated(Negotiated { seconds: 1_500, offer_seconds_max: 300 }),
        5 => Mode::Quotes(Quotes { quote_seconds: 600, choose_seconds: 600 }),
        _ => Mode::Enforcement(Enforcement {
            start: price(30),
            round: Round::First { appraisal: price(40), start_min: Ppm::new(700_000) },
            open_seconds: 1_000,
            window_seconds: 300,
            increment: price(1),
            first_refusal: FirstRefusal::InAuction,
            same_rank: SameRank::ProRata,
        }),
    }
}

fn someone(rng: &mut ChaCha8Rng) -> Code {
    // One of each kind more than there is.
    if rng.random_bool(0.7) {
        code(rng.random_range(1..=BIDDERS + 1))
    } else {
        holder(rng.random_range(1..=HOLDERS + 1))
    }
}

fn ask(rng: &mut ChaCha8Rng, lot: &Lot, who: Code, now: Time) -> Ask {
    let top = lot.bids().iter().map(|bid| bid.terms.price.e4()).max().unwrap_or(25);
    let lots = lot.quantity();
    let bid_price = price(rng.random_range(top.saturating_sub(5)..top + 12));
    let part = rng.random_range(1..=lots + 1);
    let terms = match rng.random_range(0..3) {
        0 => Terms { price: bid_price, minimum: rng.random_range(0..=part), maximum: part },
        _ => Terms::whole(lots, bid_price),
    };
    let expires = now.plus_seconds(rng.random_range(0..320));
    let proposal = Proposal { bidder: someone(rng), terms, expires };
    let offer = OfferId::new(rng.random_range(0..8));
    let bid = BidId::new(rng.random_range(0..6));
    // A sealed bid is one that its bidder can find again: its price is its number.
    let number = match who {
        Code::Bidder(number) => number,
        Code::Priority(number) => 10 + number,
    };
    let own = Terms::whole(lots, price(30 + u64::from(number)));
    match rng.random_range(0..14) {
        0..4 => Ask::Bid(terms),
        4 => Ask::Match,
        5..7 => Ask::Commit(seal(&SALT, lot.listing(), who, &own)),
        7..9 => Ask::Reveal(own, SALT),
        9 => Ask::Offer(proposal),
        10 => Ask::Counter(offer, proposal),
        11 => Ask::Accept(offer),
        12 => Ask::Choose(bid),
        _ if rng.random_bool(0.3) => Ask::Decline(offer),
        _ => {
            let few = rng.random_range(0..3);
            Ask::Score(bid, (0..few).map(|_| rng.random_range(0..=POINTS_MAX)).collect())
        }
    }
}

/// What holds of the award of a lot that is over.
fn sound(lot: &Lot, award: &Award, said: &str) {
    let sold: u64 = award.winners().map(|line| line.quantity).sum();
    assert!(sold <= lot.quantity(), "{said}");
    for (place, line) in award.lines.iter().enumerate() {
        let bid = lot.bid(line.bid).unwrap();
        assert_eq!(bid.bidder, line.bidder, "{said}");
        assert!(award.lines[..place].iter().all(|before| before.bid < line.bid), "{said}");
        let (price, quantity) = (bid.terms.price, line.quantity);
        assert!(line.pays_e4 <= price.e4() * quantity, "nobody pays more than it bid: {said}");
        assert!(lot.reserve().price().e4() * quantity <= line.pays_e4, "the reserve: {said}");
        let wins = matches!(
            line.reason,
            Reason::Won | Reason::CutAtMargin | Reason::CutToFit | Reason::SharedByRank
        );
        assert_eq!(wins, 0 < quantity, "{said}");
    }
    for entrant in lot.entrants() {
        let bid = lot.bids().iter().any(|bid| bid.bidder == entrant.code);
        let told = award.lines.iter().any(|line| line.bidder == entrant.code);
        assert_eq!(bid, told, "every bidder is told why: {said}");
    }
}

#[test]
fn no_bid_is_taken_after_its_end_and_the_same_stream_leads_to_the_same_award() {
    let seed = 51;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut taken, mut refused, mut sold) = (0, 0, 0);
    for round in 0..3_000 {
        let mode = mode(&mut rng);
        let said = format!("seed {seed}, round {round}: {mode:?}");
        let reserve = price(rng.random_range(0..40));
        let reserve =
            if rng.random_bool(0.5) { Reserve::Public(reserve) } else { Reserve::Hidden(reserve) };
        let quantity = rng.random_range(1..12);
        let start = Play::new(mode, quantity, reserve, BIDDERS, HOLDERS);
        let mut now = at(9, 0, 0);
        let mut play = start.begun(now);
        while play.lot.phase() != Phase::Over {
            now = now.plus_seconds(rng.random_range(0..60));
            play.pass(now);
            let who = someone(&mut rng);
            let side = if rng.random_bool(0.3) { Side::Seller } else { Side::Bidder(who) };
            let mut asked = ask(&mut rng, &play.lot, who, now);
            // What its mode knows nothing of is asked of a lot too, but not most of the time.
            for _ in 0..rng.random_range(0..12) {
                let answer = play.mode.rules().bid(&play.lot, side, now, &asked);
                if answer == Err(Refusal::NotOfThisMode) {
                    asked = ask(&mut rng, &play.lot, who, now);
                }
            }
            let before = play.lot.clone();
            match play.ask(side, now, asked) {
                Ok(()) => {
                    taken += 1;
                    assert!(now < before.ends() && before.phase() != Phase::Over, "{said}");
                }
                Err(_) => {
                    refused += 1;
                    assert_eq!(play.lot, before, "who is refused changes nothing: {said}");
                }
            }
            monotone(&play, &before, &said);
        }
        let award = play.end();
        sound(&play.lot, &award, &said);
        sold += usize::from(0 < award.winners().count());
        let mut again = Lot::new(play.lot.listing(), quantity, reserve);
        play.events.iter().for_each(|event| again.apply(event));
        assert_eq!(play.mode.rules().close(&again), award, "{said}");
        let bytes = minicbor::to_vec((&play.lot, &play.events, &play.mode, &award)).unwrap();
        let read: (Lot, Vec<LotEvent>, Mode, Award) = minicbor::decode(&bytes).unwrap();
        assert_eq!(read, (again, play.events, play.mode, award), "{said}");
    }
    assert!(5_000 < taken && 5_000 < refused && 500 < sold, "{taken}, {refused}, {sold}");
}

/// Prices of an open auction never fall, a price that is called never rises, and the end of a phase
/// never moves back.
fn monotone(play: &Play, before: &Lot, said: &str) {
    let lot = &play.lot;
    match play.mode {
        Mode::English(_) | Mode::Enforcement(_) => {
            let prices: Vec<_> = lot.bids().iter().map(|bid| bid.terms.price).collect();
            assert!(prices.is_sorted(), "{said}");
            let best = |lot: &Lot| lot.bids().last().map(|bid| bid.terms.price);
            assert!(best(before) <= best(lot), "{said}");
        }
        Mode::Dutch(_) => assert!(lot.called() <= before.called(), "{said}"),
        Mode::Sealed(_) | Mode::Tender(_) | Mode::Negotiated(_) | Mode::Quotes(_) => {}
    }
    if lot.phase() == before.phase() {
        assert!(before.ends() <= lot.ends(), "{said}");
    }
}

/// The open auction told by a person with a watch and a slip of paper.
struct Paper {
    mode: English,
    ends: Time,
    hard: Time,
    free: bool,
    best: Option<(u64, Code)>,
    /// Holders who took the best price.
    took: Vec<Code>,
}

impl Paper {
    fn restart(&mut self, now: Time) {
        let window = u64::from(self.mode.window_seconds);
        if self.free || self.ends.nanos() - now.nanos() >= window * 1_000_000_000 {
            return;
        }
        let from = match self.mode.soft_close {
            SoftClose::Reset => now,
            SoftClose::Extend => self.ends,
        };
        self.ends = from.plus_seconds(window).min(self.hard);
    }

    fn leads(&self, who: Code) -> bool {
        match self.best {
            Some((_, leader)) if self.took.is_empty() => leader == who,
            Some((_, leader)) => self.took.contains(&who) || leader == who && leader.has_priority(),
            None => false,
        }
    }

    fn bid(&mut self, who: Code, now: Time, bid: u64, reserve: u64) -> bool {
        let least = self.best.map_or(reserve, |(best, _)| best + self.mode.increment.e4());
        if bid < least.max(1) || self.leads(who) {
            return false;
        }
        self.best = Some((bid, who));
        self.took.clear();
        self.restart(now);
        true
    }

    fn take(&mut self, who: Code, now: Time) -> bool {
        let Some((_, leader)) = self.best else { return false };
        let taken = leader.has_priority() || !self.took.is_empty();
        let first_only = self.mode.same_rank == SameRank::Earliest;
        if !who.has_priority() || self.leads(who) || taken && first_only {
            return false;
        }
        self.took.push(who);
        self.restart(now);
        true
    }
}

#[test]
fn an_open_auction_goes_as_its_words_say() {
    let seed = 52;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut shared = 0;
    for round in 0..2_000 {
        let mode = English { first_refusal: FirstRefusal::InAuction, ..english(&mut rng) };
        let (reserve, quantity) = (rng.random_range(0..40), 60);
        let begins = at(9, 0, 0);
        let timed = begins.plus_seconds(mode.free_seconds.into());
        let ends = timed.plus_seconds(mode.timed_seconds.into());
        let hard = mode.hard_stop_seconds.map(|hard| timed.plus_seconds(hard.into()));
        let hard = hard.unwrap_or(Time::from_nanos(u64::MAX));
        let said = format!("seed {seed}, round {round}: {mode:?}");
        let paper = Paper { mode: mode.clone(), ends, hard, free: true, best: None, took: vec![] };
        let mut paper = paper;
        let public = Reserve::Public(price(reserve));
        let mut play = Play::new(Mode::English(mode), quantity, public, 3, 2).begun(begins);
        let mut now = begins;
        loop {
            now = now.plus_seconds(rng.random_range(0..80));
            if paper.ends <= now {
                break;
            }
            paper.free = now < timed;
            let who = [code(1), code(2), code(3), holder(1), holder(2)];
            let who = *who.choose(&mut rng).unwrap();
            let (expected, found) = if rng.random_bool(0.3) {
                (paper.take(who, now), play.take_price(who, now))
            } else {
                let bid = paper.best.map_or(reserve, |(best, _)| best) + rng.random_range(0..6);
                (paper.bid(who, now, bid, reserve), play.bid(who, now, bid))
            };
            assert_eq!(expected, found.is_ok(), "{said}, {now}: {found:?}");
        }
        let award = play.end();
        assert_eq!(play.lot.ends(), paper.ends, "{said}");
        let Some((best, leader)) = paper.best else {
            assert_eq!(award, Award::default(), "{said}");
            continue;
        };
        let mut winners = paper.took.clone();
        if leader.has_priority() {
            winners.insert(0, leader);
        } else if winners.is_empty() {
            winners.push(leader);
        }
        let found = won(&award);
        assert_eq!(found.iter().map(|line| line.0).collect::<Vec<_>>(), winners, "{said}");
        // 10 and 20 lots held: a third and two thirds of 60.
        let lots = |of: Code| match of {
            _ if winners.len() == 1 => 60,
            Code::Priority(number) => 20 * u64::from(number),
            Code::Bidder(_) => panic!("{said}"),
        };
        for (who, quantity, pays) in &found {
            assert_eq!((*quantity, *pays), (lots(*who), lots(*who) * best), "{said}");
        }
        shared += usize::from(1 < winners.len());
    }
    assert!(50 < shared, "{shared}");
}

#[test]
fn a_tender_goes_to_the_most_points_as_fractions_say() {
    let seed = 53;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..2_000 {
        let weights = [rng.random_range(1..50), rng.random_range(0..50), rng.random_range(0..50)];
        let criteria = vec![criterion(weights[1]), criterion(weights[2])];
        let (commit_seconds, reveal_seconds, scoring_seconds) = (1, 1, 1);
        let price_weight = weights[0];
        let mode =
            Tender { commit_seconds, reveal_seconds, scoring_seconds, price_weight, criteria };
        let reserve = Reserve::Public(price(3));
        let mut play = Play::new(Mode::Tender(mode), 1, reserve, 5, 0);
        let mut bids = Vec::new();
        for number in 1..=rng.random_range(1..6) {
            let bid = rng.random_range(1..8_u64);
            let points = [rng.random_range(0..4_u32), rng.random_range(0..4_u32)];
            let bidder = code(number);
            play.tell(vec![
                LotEvent::Committed(Commitment {
                    bidder,
                    seal: [0; 32],
                    at: Time::ZERO,
                    bid: None,
                }),
                LotEvent::BidPlaced(Bid {
                    bidder,
                    terms: Terms::whole(1, price(bid)),
                    at: Time::ZERO,
                    kind: Kind::Revealed,
                    standing: Standing::Stands,
                    points: points.to_vec(),
                }),
            ]);
            bids.push((bidder, bid, points));
        }
        let able: Vec<_> = bids.iter().filter(|(_, bid, _)| 3 <= *bid).collect();
        let highest = able.iter().map(|(_, bid, _)| *bid).max().unwrap_or(1);
        let mut best: Option<(u64, Code)> = None;
        for (bidder, bid, points) in able {
            let weighed = u64::from(weights[1] * points[0] + weights[2] * points[1]);
            // In parts of the highest price, which is at most 7: 420 of them divide evenly.
            let total = weighed * 420 + u64::from(weights[0]) * 100 * bid * 420 / highest;
            if best.is_none_or(|(most, _)| most < total) {
                best = Some((total, *bidder));
            }
        }
        let award = play.mode.rules().close(&play.lot);
        let winner = award.winners().next().map(|line| line.bidder);
        assert_eq!(winner, best.map(|(_, who)| who), "seed {seed}, round {round}: {bids:?}");
    }
}

fn criterion(weight: u32) -> Criterion {
    Criterion { weight, name: "方案".to_owned() }
}
