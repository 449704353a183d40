//! A tender (招投标): sealed bids that are scored, by price and by criteria with whole weights.
//!
//! Bids are handed in and opened as sealed ones are; then the committee gives each its points, and
//! may give it others until the time for it is over. Where a bid has none by then, nobody wins. A bid has `Σ weight · points + price_weight · 100 · price / highest price`, compared
//! exactly; of equal ones the earliest wins, and pays what it bid.

use std::cmp::Reverse;

use minicbor::{Decode, Encode};

use super::award::{Award, Reason, lost, won};
use super::bid::{Ask, Bid, Side};
use super::lot::{Lot, LotEvent, Phase};
use super::refusal::Refusal;
use super::sealed::{self, Portion};
use super::unsound::{Unsound, seconds, some_lots};
use super::{Rules, bidder, seller};
use crate::amount::Price;
use crate::check::wide;
use crate::id::BidId;
use crate::time::Time;

/// Most criteria beside the price.
pub const CRITERIA_MAX: usize = 16;
/// Heaviest weight.
pub const WEIGHT_MAX: u32 = 1_000;
/// Most points of one criterion, and what the highest price has.
pub const POINTS_MAX: u32 = 100;

/// Parameters of a tender.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Tender {
    /// How long bids are handed in, in seconds.
    #[n(0)]
    pub commit_seconds: u32,
    /// How long they are revealed, in seconds.
    #[n(1)]
    pub reveal_seconds: u32,
    /// How long they are scored, in seconds.
    #[n(2)]
    pub scoring_seconds: u32,
    /// What the price weighs.
    #[n(3)]
    pub price_weight: u32,
    /// What else is scored.
    #[n(4)]
    pub criteria: Vec<Criterion>,
}

/// Something that is scored beside the price, with up to [`POINTS_MAX`] points (评分项).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Criterion {
    /// What it weighs.
    #[n(0)]
    pub weight: u32,
    /// What it is, 1 to 512 bytes.
    #[n(1)]
    pub name: String,
}

impl Rules for Tender {
    fn check(&self, lots: u64) -> Result<(), Unsound> {
        for length in [self.commit_seconds, self.reveal_seconds, self.scoring_seconds] {
            seconds(length)?;
        }
        let mut weights = self.criteria.iter().map(|criterion| criterion.weight);
        let some = 0 < self.price_weight || weights.clone().any(|weight| 0 < weight);
        let few = self.criteria.len() <= CRITERIA_MAX && self.price_weight <= WEIGHT_MAX;
        if !some || !few || weights.any(|weight| WEIGHT_MAX < weight) {
            return Err(Unsound::Weights);
        }
        some_lots(lots)
    }

    fn begin(&self, _: &Lot, at: Time) -> Vec<LotEvent> {
        sealed::begin_committing(at, self.commit_seconds)
    }

    fn bid(&self, lot: &Lot, who: Side, at: Time, ask: &Ask) -> Result<Vec<LotEvent>, Refusal> {
        let portion = Portion::Whole;
        match ask {
            Ask::Commit(seal) => {
                sealed::commit(lot, bidder(lot, who)?, at, *seal, portion.bids_max(lot.quantity()))
            }
            Ask::Reveal(terms, salt) => {
                sealed::reveal(lot, bidder(lot, who)?, at, terms, salt, portion)
            }
            Ask::Score(bid, points) => {
                seller(who)?;
                self.score(lot, at, *bid, points)
            }
            Ask::Bid(_)
            | Ask::Match
            | Ask::Offer(_)
            | Ask::Counter(..)
            | Ask::Accept(_)
            | Ask::Decline(_)
            | Ask::Choose(_)
            | Ask::ChooseNone => Err(Refusal::NotOfThisMode),
        }
    }

    fn due(&self, lot: &Lot) -> Vec<LotEvent> {
        if let Some(events) = sealed::begin_revealing(lot, self.reveal_seconds) {
            return events;
        }
        let at = lot.ends();
        let scores = lot.phase() == Phase::Revealing && !self.criteria.is_empty();
        if scores && !lot.bids().is_empty() {
            let ends = at.plus_seconds(self.scoring_seconds.into());
            return vec![LotEvent::PhaseBegan { phase: Phase::Scoring, at, ends }];
        }
        vec![LotEvent::Ended(at)]
    }

    fn close(&self, lot: &Lot) -> Award {
        let bids = sealed::in_order(lot);
        let able: Vec<(BidId, &Bid)> =
            bids.iter().filter(|(_, bid)| unable(lot, bid).is_none()).copied().collect();
        let highest = able.iter().map(|(_, bid)| bid.terms.price).max().unwrap_or_default();
        let scored = able.iter().all(|(_, bid)| bid.points.len() == self.criteria.len());
        // The first of the best, and bids are in the order of entry.
        let best = able.iter().min_by_key(|(_, bid)| Reverse(self.total(bid, highest)));
        let winner = best.map(|(id, _)| *id).filter(|_| scored);
        let mut lines: Vec<_> = bids
            .iter()
            .map(|(id, bid)| match unable(lot, bid) {
                Some(reason) => lost(*id, bid, reason),
                None if winner == Some(*id) => won(*id, bid, lot.quantity(), Reason::Won),
                None if scored => lost(*id, bid, Reason::Outscored),
                None => lost(*id, bid, Reason::NotScored),
            })
            .collect();
        lines.sort_by_key(|line| line.bid);
        Award { lines, unrevealed: sealed::unrevealed(lot), uniform: None }
    }
}

impl Tender {
    fn score(
        &self,
        lot: &Lot,
        at: Time,
        bid: BidId,
        points: &[u32],
    ) -> Result<Vec<LotEvent>, Refusal> {
        lot.in_time(&[Phase::Scoring], at)?;
        lot.bid(bid).ok_or(Refusal::NoSuchBid { bid })?;
        let many = points.len() == self.criteria.len();
        if !many || points.iter().any(|points| POINTS_MAX < *points) {
            let (criteria, points_max) = (wide(self.criteria.len()), POINTS_MAX);
            return Err(Refusal::PointsOutOfRange { criteria, points_max });
        }
        Ok(vec![LotEvent::Scored(bid, points.to_vec())])
    }

    /// The points of a bid times the highest price, so that nothing is divided.
    fn total(&self, bid: &Bid, highest: Price) -> u128 {
        let weighed = self.criteria.iter().zip(&bid.points);
        let points = weighed.fold(0_u128, |sum, (criterion, points)| {
            let product = u128::from(criterion.weight).saturating_mul(u128::from(*points));
            sum.saturating_add(product)
        });
        let price = u128::from(self.price_weight)
            .saturating_mul(u128::from(POINTS_MAX))
            .saturating_mul(u128::from(bid.terms.price.e4()));
        points.saturating_mul(u128::from(highest.e4())).saturating_add(price)
    }
}

/// Why a bid cannot win, whatever its points.
fn unable(lot: &Lot, bid: &Bid) -> Option<Reason> {
    if lot.is_barred(bid.bidder) {
        return Some(Reason::Barred);
    }
    (bid.terms.price < lot.reserve().price()).then_some(Reason::BelowReserve)
}
