//! The call auction against a walk over every price.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

const RULES: [RuleSet; 4] = [RuleSet::Xetra, RuleSet::Euronext, RuleSet::Sse, RuleSet::Szse];

fn at(limit: u64, quantity: u64) -> Order {
    Order { limit: Limit::At(limit), quantity }
}

fn call(rules: RuleSet, buys: &[Order], sells: &[Order], reference: u64) -> Call {
    let (buys, sells) = (buys.to_vec(), sells.to_vec());
    Call { rules, buys, sells, reference: Some(reference), tick: 1, margin: Margin::Time }
}

fn signed(quantity: u64) -> i64 {
    i64::try_from(quantity).unwrap()
}

fn wanted(orders: &[Order], takes: impl Fn(u64) -> bool) -> i64 {
    let takes = |order: &&Order| match order.limit {
        Limit::Market => true,
        Limit::At(limit) => takes(limit),
    };
    orders.iter().filter(takes).map(|order| signed(order.quantity)).sum()
}

/// The price by the words of the rules: every price of the book below 60 in turn, every sum anew.
pub(crate) fn twin(call: &Call) -> Option<u64> {
    let reference = call.reference?;
    let demand = |price: u64| wanted(&call.buys, |limit| price <= limit);
    let supply = |price: u64| wanted(&call.sells, |limit| limit <= price);
    let volume = |price: u64| demand(price).min(supply(price));
    let surplus = |price: u64| demand(price) - supply(price);
    let limits = (1..60).filter(|price| {
        call.buys.iter().chain(&call.sells).any(|order| order.limit == Limit::At(*price))
    });
    let mut prices: Vec<u64> = limits.collect();
    if prices.is_empty() {
        return Some(reference).filter(|price| 0 < volume(*price));
    }
    if matches!(call.rules, RuleSet::Sse | RuleSet::Szse) {
        let through = |price: &u64| {
            wanted(&call.buys, |limit| *price < limit) <= volume(*price)
                && wanted(&call.sells, |limit| limit < *price) <= volume(*price)
        };
        if prices.iter().any(through) {
            prices.retain(through);
        }
    }
    let most = prices.iter().map(|price| volume(*price)).max()?;
    prices.retain(|price| volume(*price) == most);
    let least = prices.iter().map(|price| surplus(*price).abs()).min()?;
    prices.retain(|price| surplus(*price).abs() == least);
    if most == 0 {
        return None;
    }
    let (first, last) = (prices[0], prices[prices.len() - 1]);
    let by_distance = |price: &u64| (price.abs_diff(reference), *price);
    Some(match call.rules {
        RuleSet::Euronext | RuleSet::Szse => prices.into_iter().min_by_key(by_distance)?,
        RuleSet::Sse => (first + last).div_ceil(2),
        RuleSet::Xetra => {
            let demanded = prices.iter().copied().filter(|price| 0 < surplus(*price));
            let supplied = prices.iter().copied().filter(|price| surplus(*price) < 0);
            let (high, low) = (demanded.clone().max(), supplied.clone().min());
            if demanded.count() == prices.len() {
                last
            } else if supplied.count() == prices.len() {
                first
            } else {
                reference.max(high.unwrap_or(first)).min(low.unwrap_or(last))
            }
        }
    })
}

fn side(rng: &mut ChaCha8Rng, market: bool) -> Vec<Order> {
    let order = |rng: &mut ChaCha8Rng| {
        let quantity = rng.random_range(1..12);
        let is_market = market && rng.random_range(0..4) == 0;
        let limit = if is_market { Limit::Market } else { Limit::At(rng.random_range(20..30)) };
        Order { limit, quantity }
    };
    (0..rng.random_range(0..7)).map(|_| order(rng)).collect()
}

#[test]
fn every_price_is_the_one_that_the_words_of_the_rules_name() {
    let seed = 41;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut priced, mut unpriced) = (0, 0);
    for round in 0..6_000 {
        let market = round % 2 == 0;
        let (buys, sells) = (side(&mut rng, market), side(&mut rng, market));
        let reference = rng.random_range(15..35);
        let margin = [Margin::Time, Margin::ProRata][rng.random_range(0..2)];
        for rules in RULES {
            let call = Call { margin, ..call(rules, &buys, &sells, reference) };
            let said = format!("seed {seed}, round {round}: {call:?}");
            match (clear(&call), twin(&call)) {
                (Ok(cleared), Some(price)) => {
                    assert_eq!(cleared.price, price, "{said}");
                    sound(&call, &cleared, &said);
                    priced += 1;
                }
                (Err(NoPrice::NoCross), None) => unpriced += 1,
                (found, expected) => panic!("{found:?} and not {expected:?}, {said}"),
            }
        }
    }
    assert!(1_000 < priced && 1_000 < unpriced, "both were tried: {priced}, {unpriced}");
}

/// What holds of every auction: both sides trade the volume, nobody worse than asked, nobody before
/// a better order.
fn sound(call: &Call, cleared: &Cleared, said: &str) {
    let print = cleared.price;
    let demand = wanted(&call.buys, |limit| print <= limit);
    let supply = wanted(&call.sells, |limit| limit <= print);
    assert_eq!(signed(cleared.volume), demand.min(supply), "{said}");
    assert_eq!(cleared.imbalance, demand - supply, "{said}");
    type Better = fn(u64, u64) -> bool;
    let (above, below): (Better, Better) = (|one, other| other < one, |one, other| one < other);
    for (orders, filled, better) in
        [(&call.buys, &cleared.buys, above), (&call.sells, &cleared.sells, below)]
    {
        assert_eq!(filled.iter().sum::<u64>(), cleared.volume, "{said}");
        let rank = |order: &Order| match order.limit {
            Limit::Market => None,
            Limit::At(limit) => Some(limit),
        };
        for (order, got) in orders.iter().zip(filled) {
            assert!(*got <= order.quantity, "{said}");
            let Some(limit) = rank(order).filter(|_| 0 < *got) else { continue };
            assert!(limit == print || better(limit, print), "{said}");
            let ahead = orders
                .iter()
                .zip(filled)
                .filter(|(other, _)| rank(other).is_none_or(|other| better(other, limit)));
            for (other, other_got) in ahead {
                assert_eq!(*other_got, other.quantity, "a better order waits: {said}");
            }
        }
    }
    let through = |order: &Order| match order.limit {
        Limit::At(limit) => limit != print,
        Limit::Market => false,
    };
    let market = call.buys.iter().chain(&call.sells).any(|order| order.limit == Limit::Market);
    if matches!(call.rules, RuleSet::Sse | RuleSet::Szse) && !market {
        for (order, got) in call.buys.iter().zip(&cleared.buys) {
            let inside = matches!(order.limit, Limit::At(limit) if print < limit);
            assert!(!(through(order) && inside) || *got == order.quantity, "{said}");
        }
        for (order, got) in call.sells.iter().zip(&cleared.sells) {
            let inside = matches!(order.limit, Limit::At(limit) if limit < print);
            assert!(!(through(order) && inside) || *got == order.quantity, "{said}");
        }
    }
}

#[test]
fn the_volume_at_the_print_is_the_largest_of_any_price() {
    let seed = 42;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..2_000 {
        let (buys, sells) = (side(&mut rng, false), side(&mut rng, false));
        for rules in RULES {
            let call = call(rules, &buys, &sells, 25);
            let Ok(cleared) = clear(&call) else { continue };
            for price in 18..32 {
                let demand = wanted(&buys, |limit| price <= limit);
                let supply = wanted(&sells, |limit| limit <= price);
                let said = format!("seed {seed}, round {round}, {price}: {call:?}");
                assert!(demand.min(supply) <= signed(cleared.volume), "{said}");
            }
        }
    }
}

#[test]
fn only_the_level_at_the_print_is_rationed_by_time_or_pro_rata() {
    let buys = [at(12, 10), at(10, 30), at(10, 15)];
    let mut call = call(RuleSet::Xetra, &buys, &[at(9, 20)], 10);
    let cleared = clear(&call).unwrap();
    assert_eq!((cleared.price, cleared.volume, cleared.imbalance), (10, 20, 35));
    assert_eq!((cleared.buys, cleared.sells), (vec![10, 10, 0], vec![20]));
    call.margin = Margin::ProRata;
    assert_eq!(clear(&call).unwrap().buys, [10, 7, 3]);
}

#[test]
fn g4_without_a_reference_there_is_no_auction() {
    let call = Call { reference: None, ..call(RuleSet::Sse, &[at(10, 1)], &[at(9, 1)], 1) };
    assert_eq!(clear(&call), Err(NoPrice::NoReference));
}

#[test]
fn market_orders_alone_meet_at_the_reference() {
    let market = |quantity| Order { limit: Limit::Market, quantity };
    for rules in RULES {
        let mut call = call(rules, &[market(5), market(4)], &[market(6)], 103);
        call.tick = 10;
        let cleared = clear(&call).unwrap();
        assert_eq!((cleared.price, cleared.volume), (100, 6), "to the tick");
        assert_eq!((cleared.buys, cleared.sells), (vec![5, 1], vec![6]));
        call.sells.clear();
        assert_eq!(clear(&call), Err(NoPrice::NoCross));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let sound = call(RuleSet::Xetra, &[at(10, 1)], &[at(10, 1)], 10);
    let many = Call { buys: vec![at(10, 1); ORDERS_MAX], ..sound.clone() };
    assert_eq!(clear(&many), Err(NoPrice::TooManyOrders { orders: ORDERS_MAX + 1 }));
    for quantity in [0, QUANTITY_MAX + 1] {
        let wrong = Call { buys: vec![at(10, quantity)], ..sound.clone() };
        assert_eq!(clear(&wrong), Err(NoPrice::QuantityOutOfRange { quantity }));
    }
    for price in [0, PRICE_MAX + 1] {
        let refused = Err(NoPrice::PriceOutOfRange { price });
        assert_eq!(clear(&Call { sells: vec![at(price, 1)], ..sound.clone() }), refused);
        assert_eq!(clear(&Call { reference: Some(price), ..sound.clone() }), refused);
        assert_eq!(clear(&Call { tick: price, ..sound.clone() }), refused);
    }
    let wrong = Call { tick: 4, ..sound };
    assert_eq!(clear(&wrong), Err(NoPrice::OffTick { limit: 10, tick: 4 }));
}
