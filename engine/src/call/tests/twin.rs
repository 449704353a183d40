//! Random calls against an obvious twin: every price in turn, lot by lot, and a book of accounts
//! kept apart.

use std::collections::BTreeMap;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{cash, holding, outcome};
use crate::auction::clear::tests::twin as price_by_the_words;
use crate::auction::clear::{Call, Limit, Order, RuleSet};
use crate::auction::ration::Margin;
use crate::call::CallOutcome;
use crate::call::fixture::{CALL, at, limit, market_order, on, once, pass, place, refer, schedule};
use crate::call::place::PlaceCallOrder;
use crate::event::Event;
use crate::fixture::{ALICE, BOB, CAROL, DAVE, LICENSED, OPERATOR, accept, cents, party, trading};
use crate::id::PartyId;
use crate::market::Market;
use crate::trading::side::Side;

const PARTIES: [PartyId; 4] = [ALICE, BOB, CAROL, DAVE];

/// An order as the twin keeps it, in ticks and lots.
#[derive(Clone, Copy, Debug)]
struct Asked {
    number: u64,
    who: PartyId,
    side: Side,
    worst: u64,
    lots: u64,
    is_market: bool,
}

fn random(rng: &mut ChaCha8Rng) -> Asked {
    let side = *[Side::Buy, Side::Sell].choose(rng).unwrap();
    let who = match side {
        Side::Buy => [CAROL, DAVE],
        Side::Sell => [ALICE, BOB],
    };
    Asked {
        number: 0,
        who: *who.choose(rng).unwrap(),
        side,
        worst: rng.random_range(20..32),
        lots: rng.random_range(1..15),
        is_market: rng.random_range(0..5) == 0,
    }
}

fn command(asked: &Asked) -> PlaceCallOrder {
    let Asked { who, side, worst, lots, is_market, .. } = *asked;
    if is_market { market_order(who, side, worst, lots) } else { limit(who, side, worst, lots) }
}

/// What the words say: the price, and the lots that each order gets.
fn expected(
    orders: &[Asked],
    rules: RuleSet,
    margin: Margin,
    reference: u64,
) -> Option<(u64, BTreeMap<u64, u64>)> {
    let mut orders = orders.to_vec();
    loop {
        let asks = |side| {
            let of = orders.iter().filter(|order| order.side == side);
            of.map(|order| {
                let limit = if order.is_market { Limit::Market } else { Limit::At(order.worst) };
                Order { limit, quantity: order.lots }
            })
            .collect()
        };
        let (buys, sells) = (asks(Side::Buy), asks(Side::Sell));
        let call = Call { rules, buys, sells, reference: Some(reference), tick: 1, margin };
        let price = price_by_the_words(&call)?;
        let beyond = |order: &Asked| match order.side {
            Side::Buy => order.worst < price,
            Side::Sell => price < order.worst,
        };
        if orders.iter().any(|order| order.is_market && beyond(order)) {
            for order in orders.iter_mut().filter(|order| beyond(order)) {
                order.is_market = false;
            }
            continue;
        }
        let takers = |side| {
            let mut takers: Vec<_> = orders.iter().filter(|order| order.side == side).collect();
            takers.retain(|order| !beyond(order));
            takers
        };
        let lots = |side| takers(side).iter().map(|order| order.lots).sum::<u64>();
        let volume = lots(Side::Buy).min(lots(Side::Sell));
        let mut got = BTreeMap::new();
        for side in [Side::Buy, Side::Sell] {
            share(&takers(side), side, volume, margin, &mut got);
        }
        return Some((price, got));
    }
}

fn level(order: &Asked) -> u64 {
    match (order.is_market, order.side) {
        (true, _) => 0,
        (false, Side::Buy) => 1_000 - order.worst,
        (false, Side::Sell) => order.worst,
    }
}

/// Level after level, best first; at the last one lot by lot.
fn share(
    takers: &[&Asked],
    side: Side,
    mut left: u64,
    margin: Margin,
    got: &mut BTreeMap<u64, u64>,
) {
    assert!(takers.iter().all(|order| order.side == side));
    for at in 0..1_001 {
        let level: Vec<_> = takers.iter().filter(|order| level(order) == at).collect();
        let asked: u64 = level.iter().map(|order| order.lots).sum();
        let given = asked.min(left);
        if asked == given || margin == Margin::Time {
            let mut rest = given;
            for order in level {
                let lots = order.lots.min(rest);
                rest -= lots;
                got.insert(order.number, lots);
            }
        } else {
            // Whole parts, then one lot each to the largest remainders, the earlier first.
            let mut parts: Vec<_> = level
                .iter()
                .map(|order| (order.lots * given / asked, order.lots * given % asked, order))
                .collect();
            let mut rest = given - parts.iter().map(|part| part.0).sum::<u64>();
            while 0 < rest {
                let most = parts.iter().map(|part| part.1).max().unwrap();
                let first = parts.iter_mut().find(|part| part.1 == most).unwrap();
                (first.0, first.1) = (first.0 + 1, 0);
                rest -= 1;
            }
            for (lots, _, order) in parts {
                got.insert(order.number, lots);
            }
        }
        left -= given;
    }
}

/// Who trades with whom: lot by lot, best first as each was placed, and neighbours of one pair are
/// one trade.
fn pairs(orders: &[Asked], got: &BTreeMap<u64, u64>) -> Vec<(u64, u64, u64)> {
    let queue = |side| {
        let mut queue = Vec::new();
        for at in 0..1_001 {
            let of = orders.iter().filter(|order| order.side == side && level(order) == at);
            for order in of {
                let lots = got.get(&order.number).copied().unwrap_or(0);
                queue.extend((0..lots).map(|_| order.number));
            }
        }
        queue
    };
    let mut trades = Vec::<(u64, u64, u64)>::new();
    for (buy, sell) in queue(Side::Buy).into_iter().zip(queue(Side::Sell)) {
        match trades.last_mut() {
            Some((b, s, lots)) if (*b, *s) == (buy, sell) => *lots += 1,
            _ => trades.push((buy, sell, 1)),
        }
    }
    trades
}

#[test]
fn a_call_prints_and_trades_as_the_words_say() {
    let seed = 77;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut printed, mut empty, mut trades) = (0, 0, 0);
    for round in 0..1_200 {
        let rules = [RuleSet::Xetra, RuleSet::Euronext, RuleSet::Sse, RuleSet::Szse][round % 4];
        let margin = [Margin::Time, Margin::ProRata][round / 4 % 2];
        let reference = rng.random_range(18..34);
        let said = format!("seed {seed}, round {round}, {rules:?}, {margin:?}, at {reference}");
        let mut market = trading();
        refer(&mut market, reference, on("2026-12-31", 0));
        let award = &mut market.segment_mut(LICENSED).pack.listing.as_mut().unwrap().award;
        (award.call_rules, award.margin) = (rules, margin);
        accept(&mut market, party(OPERATOR), schedule(once()));
        pass(&mut market, at(600));
        let mut orders = Vec::new();
        for _ in 0..rng.random_range(0..16) {
            let asked = random(&mut rng);
            let number = place(&mut market, command(&asked)).number();
            orders.push(Asked { number, ..asked });
        }
        let before = balances(&market);
        let indicated = market.indication(CALL);
        let events = pass(&mut market, at(900));
        let Some((price, got)) = expected(&orders, rules, margin, reference) else {
            assert_eq!(outcome(&events), CallOutcome::NoCross, "{said}");
            assert_eq!(indicated, None, "{said}");
            assert_eq!(balances(&market), free(&before), "all is free: {said}");
            empty += 1;
            continue;
        };
        let CallOutcome::Printed { print, fills } = outcome(&events) else { panic!("{said}") };
        assert_eq!(indicated, Some(print), "{said}");
        assert_eq!(print.price, cents(price), "{said}");
        let filled = fills.iter().map(|fill| (fill.order.number(), fill.units.e2() / 100));
        let some = got.iter().map(|(order, lots)| (*order, *lots)).filter(|fill| fill.1 != 0);
        assert_eq!(filled.collect::<Vec<_>>(), some.collect::<Vec<_>>(), "{said}");
        let made = events.iter().filter_map(|event| {
            let Event::CallTraded(fact) = event else { return None };
            assert_eq!(fact.price, print.price, "{said}");
            Some((fact.buy.number(), fact.sell.number(), fact.units.e2() / 100))
        });
        let made: Vec<_> = made.collect();
        assert_eq!(made, pairs(&orders, &got), "{said}");
        assert_eq!(balances(&market), after(&before, &orders, price, &made), "{said}");
        assert_eq!(market.calls().len(), 0, "{said}");
        printed += 1;
        trades += made.len();
    }
    assert!(300 < printed && 100 < empty && 1_000 < trades, "{printed}, {empty}, {trades}");
}

/// Of each party all of its lots, all of its cash in fen, and whether any of it is held.
type Balances = Vec<(i64, i64, bool)>;

fn balances(market: &Market) -> Balances {
    let of = |who: &PartyId| {
        let ((available, offered), (free, held)) = (holding(market, *who), cash(market, *who));
        let lots = i64::try_from(available.plus(offered).e2() / 100).unwrap();
        (lots, free.plus(held).fen(), (offered.e2(), held.fen()) != (0, 0))
    };
    PARTIES.iter().map(of).collect()
}

fn free(before: &Balances) -> Balances {
    before.iter().map(|(lots, fen, _)| (*lots, *fen, false)).collect()
}

/// Each trade moves lots one way, and cash of a fen a tick and lot the other; both pay 0.05 %.
fn after(before: &Balances, orders: &[Asked], price: u64, trades: &[(u64, u64, u64)]) -> Balances {
    let mut after = free(before);
    let owner = |number: u64| {
        let who = orders.iter().find(|order| order.number == number).unwrap().who;
        PARTIES.iter().position(|party| *party == who).unwrap()
    };
    for (buy, sell, lots) in trades {
        let cash = i64::try_from(price * lots).unwrap();
        let (lots, fee) = (i64::try_from(*lots).unwrap(), cash * 5 / 10_000);
        let (buyer, seller) = (owner(*buy), owner(*sell));
        after[buyer].0 += lots;
        after[buyer].1 -= cash + fee;
        after[seller].0 -= lots;
        after[seller].1 += cash - fee;
    }
    after
}
