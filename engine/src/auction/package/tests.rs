//! Packages against every subset of a few, and the two ways to the answer against each other.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

const WORK: u64 = 500_000_000;

fn package(funds: &[usize], price: i64) -> Package {
    Package { funds: funds.to_vec(), price: Money::from_fen(price), exclusive: None }
}

fn by_search(offer: &Offer) -> Award {
    search::award(offer, WORK).unwrap()
}

/// Every subset of the packages, one after the other: the best and, of equals, the earliest.
fn twin(offer: &Offer) -> (i64, Vec<usize>) {
    let sets = sets(offer);
    let mut best: Option<(i64, Vec<usize>, Vec<usize>)> = None;
    for subset in 0..1_u32 << offer.packages.len() {
        let winners: Vec<usize> =
            (0..offer.packages.len()).filter(|at| subset & (1 << at) != 0).collect();
        let served = |fund: usize| {
            winners.iter().filter(|at| offer.packages[**at].funds.contains(&fund)).count()
        };
        let capacities = offer.capacities.iter().enumerate();
        let reach =
            capacities.clone().all(|(fund, left)| u64::try_from(served(fund)).unwrap() <= *left);
        let apart = sets.iter().all(|set| set.iter().filter(|at| winners.contains(at)).count() < 2);
        if !reach || !apart {
            continue;
        }
        let value = winners.iter().map(|at| offer.packages[*at].price.fen()).sum();
        let choice = |set: &Vec<usize>| {
            set.iter().copied().find(|at| winners.contains(at)).unwrap_or(usize::MAX)
        };
        let choices: Vec<usize> = sets.iter().map(choice).collect();
        let better = best.as_ref().is_none_or(|(most, earliest, _)| {
            *most < value || (*most == value && choices < *earliest)
        });
        if better {
            best = Some((value, choices, winners));
        }
    }
    let (value, _, winners) = best.unwrap();
    (value, winners)
}

fn random(rng: &mut ChaCha8Rng, capacity_max: u64) -> Offer {
    let funds = rng.random_range(1..7);
    let capacities = (0..funds).map(|_| rng.random_range(0..=capacity_max).max(1)).collect();
    let dearest = [3, 1_000][rng.random_range(0..2)];
    let exclusive = rng.random_range(0..4);
    let packages = (0..rng.random_range(0..11)).map(|_| {
        let mut wanted: Vec<usize> = (0..funds).filter(|_| rng.random_range(0..3) == 0).collect();
        if wanted.is_empty() {
            wanted.push(rng.random_range(0..funds));
        }
        let exclusive = (exclusive != 0).then(|| rng.random_range(0..2 * exclusive));
        let exclusive = exclusive.filter(|_| rng.random_range(0..2) == 0);
        let price = Money::from_fen(rng.random_range(1..=dearest));
        Package { funds: wanted, price, exclusive }
    });
    let packages = packages.collect();
    Offer { capacities, packages }
}

#[test]
fn two_packages_can_beat_one_that_wants_it_all() {
    let packages = vec![
        package(&[0], 50),
        package(&[1], 30),
        package(&[2], 28),
        package(&[0, 1], 84),
        package(&[1, 2], 60),
        package(&[0, 1, 2], 111),
    ];
    let offer = Offer { capacities: vec![1, 1, 1], packages };
    for award in [award(&offer, WORK).unwrap(), by_search(&offer)] {
        assert_eq!((award.winners, award.value), (vec![2, 3], Money::from_fen(112)));
    }
}

#[test]
fn every_award_is_the_best_and_of_the_best_the_earliest() {
    let seed = 21;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..3_000 {
        let offer = random(&mut rng, 1 + round % 3);
        let (value, winners) = twin(&offer);
        let said = format!("seed {seed}, round {round}: {offer:?}");
        let found = by_search(&offer);
        assert_eq!((found.value.fen(), &found.winners), (value, &winners), "searched, {said}");
        if subsets::suit(&offer) {
            let found = subsets::award(&offer, WORK).unwrap();
            assert_eq!((found.value.fen(), &found.winners), (value, &winners), "subsets, {said}");
        }
    }
}

#[test]
fn the_search_agrees_with_every_subset_of_a_dozen_funds() {
    let seed = 22;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..60 {
        let dearest = [20, 1_000_000][round % 2];
        let packages = (0..60).map(|_| {
            let start = rng.random_range(0..12_usize);
            let size = rng.random_range(1..5_usize);
            let funds: Vec<usize> = (0..size).map(|step| (start + step * 5) % 12).collect();
            let price = Money::from_fen(rng.random_range(1..=dearest));
            let exclusive = (rng.random_range(0..3) == 0).then(|| rng.random_range(0..8));
            Package { funds, price, exclusive }
        });
        let packages = packages.collect();
        let offer = Offer { capacities: vec![1; 12], packages };
        assert!(subsets::suit(&offer));
        let (one, other) = (subsets::award(&offer, WORK).unwrap(), by_search(&offer));
        assert_eq!(one.winners, other.winners, "seed {seed}, round {round}");
        assert_eq!(one.value, other.value, "seed {seed}, round {round}");
    }
}

#[test]
fn the_bound_of_a_proof_is_never_below_the_value_and_anybody_can_sum_it() {
    let seed = 23;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..300 {
        let offer = random(&mut rng, 3);
        let found = by_search(&offer);
        let Proof::Search { bound, prices, .. } = found.proof else { panic!("it was searched") };
        assert!(prices.iter().all(|price| Money::ZERO <= *price));
        assert_eq!(bound, search::bound_of(&offer, &prices));
        assert!(found.value <= bound, "seed {seed}, round {round}: {offer:?}");
    }
}

#[test]
fn without_enough_work_there_is_no_result() {
    let mut rng = ChaCha8Rng::seed_from_u64(25);
    let offer = random(&mut rng, 1);
    for work in [0, 1] {
        let refused = Err(NoAward::WorkSpent { work });
        assert_eq!(subsets::award(&offer, work), refused);
        assert_eq!(search::award(&offer, work), refused);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refusal = |capacities: Vec<u64>, packages: Vec<Package>| {
        award(&Offer { capacities, packages }, WORK).unwrap_err()
    };
    assert_eq!(refusal(vec![1; 257], vec![]), NoAward::TooManyFunds { funds: 257 });
    let many = vec![package(&[0], 1); 1_001];
    assert_eq!(refusal(vec![1], many), NoAward::TooManyPackages { packages: 1_001 });
    for funds in [&[][..], &[0, 0], &[1]] {
        let unsound = NoAward::FundsUnsound { package: 0 };
        assert_eq!(refusal(vec![1], vec![package(funds, 1)]), unsound);
    }
    for price in [0, -1, CASH_MAX.fen() + 1] {
        let unsound = NoAward::PriceOutOfRange { price: Money::from_fen(price) };
        assert_eq!(refusal(vec![1], vec![package(&[0], price)]), unsound);
    }
    let none = Offer { capacities: vec![], packages: vec![] };
    assert_eq!(award(&none, WORK).unwrap().winners, Vec::<usize>::new());
}
