//! Counterparties (意向匹配): which intentions of the other side would suit a new one.
//!
//! The board keeps its intentions in order of price and age, so that the best are found without a
//! look at the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::amount::Price;
use crate::event::Event;
use crate::id::{FundId, IntentionId};
use crate::market::Market;
use crate::policy::{SUGGESTIONS_MAX, SUGGESTIONS_SEEN_MAX};
use crate::registry::party::{Party, PartyStatus};
use crate::trading::board::{CounterpartySuggested, PostIntention};
use crate::trading::side::Side;

/// Open intentions, best price first and then oldest. Derived from the intentions themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Board(BTreeSet<Place>);

/// Where an intention stands: fund, side, price with the best lowest, age.
type Place = (FundId, Side, u64, IntentionId);

impl Board {
    /// The board of these intentions.
    pub(crate) fn from_intentions(open: &BTreeMap<IntentionId, PostIntention>) -> Self {
        Self(open.iter().map(|(intention, terms)| place(*intention, terms)).collect())
    }

    pub(crate) fn put(&mut self, intention: IntentionId, terms: &PostIntention) {
        let new = self.0.insert(place(intention, terms));
        assert!(new, "an intention is put on the board once");
    }

    pub(crate) fn take(&mut self, intention: IntentionId, terms: &PostIntention) {
        let stood = self.0.remove(&place(intention, terms));
        assert!(stood, "an intention that leaves the board stood on it");
    }

    /// Intentions that `terms` could meet at its price, best first.
    fn meeting(&self, terms: &PostIntention) -> impl Iterator<Item = IntentionId> {
        let side = terms.side.opposite();
        let first = (terms.fund, side, 0, IntentionId::new(0));
        let last = (terms.fund, side, rank(side, terms.price), IntentionId::new(u64::MAX));
        self.0.range(first..=last).map(|(_, _, _, intention)| *intention)
    }
}

fn place(intention: IntentionId, terms: &PostIntention) -> Place {
    (terms.fund, terms.side, rank(terms.side, terms.price), intention)
}

/// A seller's best price is the lowest, a buyer's the highest.
fn rank(side: Side, price: Price) -> u64 {
    match side {
        Side::Sell => price.e4(),
        Side::Buy => u64::MAX.saturating_sub(price.e4()),
    }
}

/// Names the best intentions of the other side whose owners may deal with this one's.
///
/// Only the owner's own group can make the search pass over more than it names, and it looks at no
/// more than [`SUGGESTIONS_SEEN_MAX`].
pub(crate) fn suggest(
    market: &Market,
    party: &Party,
    intention: IntentionId,
    terms: &PostIntention,
    events: &mut Vec<Event>,
) {
    let may_deal = |counterparty: &IntentionId| {
        let owner = market.intentions.get(counterparty).map(|other| other.party);
        let owner = owner.and_then(|owner| market.party(owner).ok());
        owner.is_some_and(|owner| owner.group != party.group && owner.status == PartyStatus::Active)
    };
    let seen = market.board.meeting(terms).take(SUGGESTIONS_SEEN_MAX);
    for counterparty in seen.filter(may_deal).take(SUGGESTIONS_MAX) {
        let suggested = CounterpartySuggested { intention, counterparty };
        events.push(Event::CounterpartySuggested(suggested));
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::amount::Units;
    use crate::command::Command;
    use crate::fixture::{ALICE, BOB, CAROL, DAVE, FUND, OPERATOR, accept, party, trading, units};
    use crate::registry::affiliate::Affiliate;
    use crate::trading::board::tests::{post, suspend, terms, withdraw};

    #[test]
    fn the_best_price_is_suggested_first_and_then_the_oldest() {
        let mut market = trading();
        for (seller, price) in [(ALICE, 102), (BOB, 100), (ALICE, 101), (ALICE, 100), (BOB, 103)] {
            post(&mut market, terms(seller, Side::Sell, price));
        }
        let (bid, met) = post(&mut market, terms(CAROL, Side::Buy, 102));
        assert_eq!(met, [1, 3, 2, 0]);
        let (_, met) = post(&mut market, terms(DAVE, Side::Buy, 99));
        assert_eq!(met, []);
        let (_, met) = post(&mut market, terms(ALICE, Side::Sell, 98));
        assert_eq!(met, [bid.number(), 6]);
    }

    #[test]
    fn no_more_than_the_best_eight_are_suggested() {
        let mut market = trading();
        for price in (100..112).rev() {
            post(&mut market, terms(ALICE, Side::Sell, price));
        }
        let (_, met) = post(&mut market, terms(CAROL, Side::Buy, 200));
        assert_eq!(met, [11, 10, 9, 8, 7, 6, 5, 4]);
    }

    #[test]
    fn a9_nobody_is_suggested_to_its_own_group_nor_while_suspended() {
        let mut market = trading();
        let with = Some(CAROL);
        let ask = Affiliate { party: ALICE, with };
        accept(&mut market, party(OPERATOR), Command::Affiliate(ask));
        post(&mut market, terms(ALICE, Side::Sell, 100));
        let (offer, _) = post(&mut market, terms(BOB, Side::Sell, 100));
        let (_, met) = post(&mut market, terms(CAROL, Side::Buy, 100));
        assert_eq!(met, [offer.number()]);
        suspend(&mut market, BOB);
        let (_, met) = post(&mut market, terms(CAROL, Side::Buy, 100));
        assert_eq!(met, []);
        let (_, met) = post(&mut market, terms(DAVE, Side::Buy, 100));
        assert_eq!(met, [0]);
    }

    #[test]
    fn suggestions_are_those_of_a_plain_search() {
        for seed in 0..20 {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let mut market = trading();
            for step in 0..60 {
                let owner = [ALICE, BOB, CAROL, DAVE][rng.random_range(0..4)];
                let side = [Side::Buy, Side::Sell][rng.random_range(0..2)];
                let ask = PostIntention {
                    units: units(rng.random_range(1..5)),
                    ..terms(owner, side, rng.random_range(95..105))
                };
                let holds = market.register.holding(owner, FUND).total() != Units::ZERO;
                let full = 20 <= market.party(owner).unwrap().intentions_open;
                if full || (side == Side::Sell && !holds) {
                    let first = market.intentions.iter().find(|(_, ask)| ask.party == owner);
                    if let Some(intention) = first.map(|(intention, _)| *intention) {
                        accept(&mut market, party(owner), withdraw(intention));
                    }
                    continue;
                }
                let expected = plain_search(&market, &ask);
                let (_, met) = post(&mut market, ask);
                assert_eq!(met, expected, "seed {seed}, step {step}");
            }
        }
    }

    fn plain_search(market: &Market, ask: &PostIntention) -> Vec<u64> {
        let suits = |other: &PostIntention| {
            let [buy, sell] = match ask.side {
                Side::Buy => [ask.price, other.price],
                Side::Sell => [other.price, ask.price],
            };
            let opposite = other.side != ask.side && other.fund == ask.fund;
            opposite && sell <= buy && other.party != ask.party
        };
        let open = market.intentions.iter().filter(|(_, other)| suits(other));
        let mut found: Vec<_> = open.map(|(id, other)| (other.price, id.number())).collect();
        match ask.side {
            Side::Buy => found.sort_unstable(),
            Side::Sell => found.sort_by_key(|(price, id)| (std::cmp::Reverse(*price), *id)),
        }
        found.into_iter().take(SUGGESTIONS_MAX).map(|(_, id)| id).collect()
    }
}
