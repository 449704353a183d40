//! `packages`: which packages over several funds bring the most together, with the proof.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sfund_engine::amount::Money;
use sfund_engine::auction::package::{self, FUNDS_MAX, Offer, PACKAGES_MAX, Package, Proof};

use super::number::Number;
use super::{Error, within};

/// The work that one answer is given unless less is asked for, in looks at a package: some seconds.
const WORK_MAX: u64 = 300_000_000;

#[derive(Deserialize)]
pub(super) struct Question {
    packages: Vec<(String, Vec<String>, Number)>,
    #[serde(default)]
    capacity: BTreeMap<String, Number>,
    #[serde(default)]
    xor: BTreeMap<String, Exclusive>,
    work: Option<Number>,
}

/// The packages of a set, or the set of a package.
#[derive(Deserialize)]
#[serde(untagged)]
enum Exclusive {
    Members(Vec<String>),
    Set(String),
}

/// Winners stand by price, the dearest first. Where the work does not reach for a proof there is no
/// result.
///
/// # Source
///
/// Mechanics 5; vector `PK1`.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    within("packages", question.packages.len(), PACKAGES_MAX)?;
    within("xor", question.xor.len(), PACKAGES_MAX)?;
    let mut place_of = BTreeMap::new();
    for (place, (name, _, _)) in question.packages.iter().enumerate() {
        if place_of.insert(name.as_str(), place).is_some() {
            return Err(Error::NamedTwice { field: "packages", name: name.clone() });
        }
    }
    let sets = sets(&question.xor, &place_of)?;
    let mut funds = Vec::<&str>::new();
    let mut fund_of = BTreeMap::new();
    let mut packages = Vec::new();
    for (place, (_, wanted, price)) in question.packages.iter().enumerate() {
        within("packages", wanted.len(), FUNDS_MAX)?;
        let mut numbers = Vec::with_capacity(wanted.len());
        for fund in wanted {
            let next = funds.len();
            let at = *fund_of.entry(fund.as_str()).or_insert(next);
            if at == next {
                funds.push(fund);
            }
            numbers.push(at);
        }
        let fen = i64::try_from(price.fen("packages")?).map_err(|_| Error::Overflow)?;
        let exclusive = sets.get(&place).copied();
        packages.push(Package { funds: numbers, price: Money::from_fen(fen), exclusive });
    }
    let capacity = |fund: &&str| match question.capacity.get(*fund) {
        Some(capacity) => capacity.whole("capacity"),
        None => Ok(1),
    };
    let capacities: Result<Vec<u64>, Error> = funds.iter().map(capacity).collect();
    let offer = Offer { capacities: capacities?, packages };
    let work = question.work.map(|work| work.whole("work")).transpose()?;
    let award = package::award(&offer, work.unwrap_or(WORK_MAX).min(WORK_MAX))?;
    let mut winners = award.winners.clone();
    winners.sort_by_key(|place| Reverse(offer.packages[*place].price));
    let winners: Vec<&str> =
        winners.iter().map(|place| question.packages[*place].0.as_str()).collect();
    Ok(json!({
        "winners": winners,
        "value": award.value.to_string(),
        "proof": proof(&award.proof, &funds),
    }))
}

/// The exclusive set of each package that is in one.
fn sets(
    xor: &BTreeMap<String, Exclusive>,
    place_of: &BTreeMap<&str, usize>,
) -> Result<BTreeMap<usize, usize>, Error> {
    let mut numbers = BTreeMap::<&str, usize>::new();
    let mut sets = BTreeMap::new();
    let mut join = |set, name: &str| {
        let unknown = || Error::UnknownName { field: "xor", name: name.to_owned() };
        let place = *place_of.get(name).ok_or_else(unknown)?;
        match sets.insert(place, set) {
            Some(_) => Err(Error::NamedTwice { field: "xor", name: name.to_owned() }),
            None => Ok(()),
        }
    };
    for (key, exclusive) in xor {
        let next = numbers.len();
        match exclusive {
            Exclusive::Members(members) => {
                let set = *numbers.entry(key).or_insert(next);
                members.iter().try_for_each(|name| join(set, name))?;
            }
            Exclusive::Set(set) => join(*numbers.entry(set).or_insert(next), key)?,
        }
    }
    Ok(sets)
}

fn proof(proof: &Proof, funds: &[&str]) -> Value {
    match proof {
        Proof::EverySubset { work } => {
            json!({ "optimal": true, "method": "every_subset", "work": work })
        }
        Proof::Search { work, nodes, bound, prices } => {
            let prices = funds.iter().zip(prices);
            let prices: Map<String, Value> = prices
                .map(|(fund, price)| ((*fund).to_owned(), json!(price.to_string())))
                .collect();
            json!({
                "optimal": true,
                "method": "search",
                "work": work,
                "nodes": nodes,
                "bound": bound.to_string(),
                "prices": prices,
            })
        }
    }
}
