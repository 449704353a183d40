//! Packages over several funds: which of them together bring the most, proven.
//!
//! Each package wants one share of each of its funds or nothing. A fund serves as many packages as
//! it has capacity, and of the packages of one exclusive set at most one wins. The answer is the
//! best there is, with an argument for it in whole numbers that anybody can check, or none at all:
//! where the work runs out before the proof is complete there is no result, never a guess.

mod bound;
mod search;
mod subsets;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use thiserror::Error;

use crate::amount::Money;
use crate::policy::CASH_MAX;

/// Most packages of one award.
pub const PACKAGES_MAX: usize = 1_000;
/// Most funds of one award.
pub const FUNDS_MAX: usize = 256;
/// Funds up to which, with capacity for one package each, every subset is looked at: always with 512
/// packages or fewer, and with more where the funds are fewer.
pub const SUBSET_FUNDS_MAX: usize = 20;
/// The most work that one award is ever given, in looks at a package.
pub const WORK_MAX: u64 = 4_000_000_000;

/// A package, and what is bid for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The funds it wants, by their place in [`Offer::capacities`].
    pub funds: Vec<usize>,
    /// What it pays for all of them.
    pub price: Money,
    /// Of packages with the same number at most one wins.
    pub exclusive: Option<usize>,
}

/// What is on offer, and what is bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// How many packages each fund serves.
    pub capacities: Vec<u64>,
    /// The packages, earliest first.
    pub packages: Vec<Package>,
}

/// The best award.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// The winners, by their place, ascending.
    pub winners: Vec<usize>,
    /// What they pay together.
    pub value: Money,
    /// Why nothing brings more.
    pub proof: Proof,
}

/// Why nothing brings more than the award.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The best was found for every subset of the funds.
    EverySubset {
        /// Looks at a package that it took.
        work: u64,
    },
    /// A search left nothing out but what a bound excludes.
    Search {
        /// Looks at a package that it took.
        work: u64,
        /// Places in which the search stood.
        nodes: u64,
        /// No award is worth more than this, by the prices below alone.
        bound: Money,
        /// A price for a share of each fund. Each package gains at most its bid above the prices
        /// of its funds, and each exclusive set as the best of its packages; the funds are worth
        /// at most their price times their capacity. The sum of both is the bound.
        prices: Vec<Money>,
    },
}

/// Why there is no award.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoAward {
    /// More funds than one award takes.
    #[error("{funds} funds; one award takes {FUNDS_MAX}")]
    TooManyFunds {
        /// Funds given.
        funds: usize,
    },
    /// More packages than one award takes.
    #[error("{packages} packages; one award takes {PACKAGES_MAX}")]
    TooManyPackages {
        /// Packages given.
        packages: usize,
    },
    /// A package without a fund, with one twice, or with one that is not on offer.
    #[error("package {package} must name one fund or more that is on offer, each once")]
    FundsUnsound {
        /// Its place.
        package: usize,
    },
    /// A price of nothing, or beyond all cash.
    #[error("a price of {price}; above zero and up to {CASH_MAX}")]
    PriceOutOfRange {
        /// The price.
        price: Money,
    },
    /// The proof took more work than was allowed. There is no result.
    #[error("no result: the proof is not complete after {work} looks at a package")]
    WorkSpent {
        /// The work allowed.
        work: u64,
    },
}

/// The best award, with at most `work_max` looks at a package.
///
/// Of awards of equal value the one that serves the earliest: exclusive sets (and packages that
/// are in none) in the order of their first package, each by its earliest package that can win.
///
/// # Errors
///
/// [`NoAward`], the first that applies.
///
/// # Source
///
/// Mechanics 5: winner determination; vector `PK1`.
pub fn award(offer: &Offer, work_max: u64) -> Result<Award, NoAward> {
    check(offer)?;
    let work_max = work_max.min(WORK_MAX);
    if subsets::suit(offer) {
        subsets::award(offer, work_max)
    } else {
        search::award(offer, work_max)
    }
}

fn check(offer: &Offer) -> Result<(), NoAward> {
    let (funds, packages) = (offer.capacities.len(), offer.packages.len());
    if FUNDS_MAX < funds {
        return Err(NoAward::TooManyFunds { funds });
    }
    if PACKAGES_MAX < packages {
        return Err(NoAward::TooManyPackages { packages });
    }
    for (at, package) in offer.packages.iter().enumerate() {
        let distinct: BTreeSet<&usize> = package.funds.iter().collect();
        let on_offer = distinct.last().is_some_and(|last| **last < funds);
        if !on_offer || distinct.len() != package.funds.len() {
            return Err(NoAward::FundsUnsound { package: at });
        }
        if package.price <= Money::ZERO || CASH_MAX < package.price {
            return Err(NoAward::PriceOutOfRange { price: package.price });
        }
    }
    Ok(())
}

/// Exclusive sets, and packages in none as sets of their own, by their first package.
fn sets(offer: &Offer) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = Vec::new();
    let mut place_of = std::collections::BTreeMap::new();
    for (at, package) in offer.packages.iter().enumerate() {
        let place = match package.exclusive {
            Some(set) => *place_of.entry(set).or_insert(sets.len()),
            None => sets.len(),
        };
        match sets.get_mut(place) {
            Some(set) => set.push(at),
            None => sets.push(vec![at]),
        }
    }
    sets
}

/// Ends an award: the winners in order, and their value, summed anew.
fn awarded(offer: &Offer, mut winners: Vec<usize>, proof: Proof) -> Award {
    winners.sort_unstable();
    let prices = winners.iter().map(|at| offer.packages[*at].price);
    let value = prices.fold(Money::ZERO, Money::plus);
    Award { winners, value, proof }
}
