//! One seller, many buyers: a lot, the bids that stand, and who wins.
//!
//! [`Lot`] is what every such mode shares: so many lots for sale, a reserve, and bids in the order
//! in which they came. [`Lot::award`] answers for the whole book at once, with the reason for every
//! bid that lost or was cut. Amounts are exact; nothing is rounded here.

#[cfg(test)]
mod tests;

use thiserror::Error;

use super::allocate::{self, Offer};
use super::ration::Margin;
use crate::amount::Price;
use crate::id::PartyId;
use crate::policy::PRICE_E4_MAX;

/// Most bids for one lot.
pub const BIDS_MAX: usize = 1_000;
/// Most lots for sale.
pub const QUANTITY_MAX: u64 = 1_000_000;
/// Most bids times lots: what one award may take of memory and time.
pub const CELLS_MAX: usize = 4_000_000;

/// How winners are found, and what they pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Sealed; each pays its bid.
    PayAsBid,
    /// Sealed; all pay the lowest bid that wins anything.
    Uniform,
    /// Sealed; each pays what its presence costs the others (Vickrey, Clarke, Groves).
    Vcg,
    /// Ascending; of each bidder its last higher bid stands, and pays its bid.
    English,
    /// Descending; who stops the clock takes what it asked for at that price, while it lasts.
    Dutch,
}

/// One bid: from `minimum` to `maximum` lots at `price` each, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bid {
    /// Who bids.
    pub bidder: PartyId,
    /// For one lot.
    pub price: Price,
    /// The fewest lots it takes: 1 if it may be cut at will, `maximum` if it is all or none.
    pub minimum: u64,
    /// The most lots it takes.
    pub maximum: u64,
}

/// What a bid gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Lots won.
    pub quantity: u64,
    /// What they cost together, in 10^-4 of the currency.
    pub pays_e4: u64,
    /// Why not all that was asked for.
    pub reason: Reason,
}

/// Why a bid got what it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It got all it asked for.
    Won,
    /// It is at the lowest price that wins, and there was not enough for all who are.
    CutAtMargin,
    /// It is above that price, and was cut so that bids which cannot be cut fit beside it.
    CutToFit,
    /// Others bid more.
    Outbid,
    /// It is at the lowest price that wins, and others at that price were served before it.
    LostAtMargin,
    /// It bid more than the lowest price that wins, but what it insists on did not fit beside
    /// bids that bring more together.
    DoesNotFit,
    /// The same where all pay one price: it would have paid more than that price, and lost.
    ParadoxicallyRejected,
    /// It insists on more than there is for sale.
    ExceedsLot,
    /// It is below the reserve.
    BelowReserve,
    /// A higher bid of the same bidder took its place.
    Superseded,
    /// It is no higher than the bid that its bidder had standing (D3).
    NotHigher,
}

/// Who wins a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// One for each bid, in their order.
    pub verdicts: Vec<Verdict>,
    /// What the winners pay together, in 10^-4 of the currency.
    pub revenue_e4: u64,
    /// The one price of a uniform award that sold anything.
    pub uniform: Option<Price>,
}

/// Why a bid or a lot makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsound {
    /// Nothing for sale, or too much.
    #[error("{quantity} lots for sale; from 1 to {QUANTITY_MAX} can be")]
    QuantityOutOfRange {
        /// Lots given.
        quantity: u64,
    },
    /// More bids than one lot takes.
    #[error("{bids} bids; one lot takes {BIDS_MAX}")]
    TooManyBids {
        /// Bids given.
        bids: usize,
    },
    /// Bids times lots beyond what is awarded in one step.
    #[error("bids times lots make {cells}; one award takes {CELLS_MAX}")]
    TooLarge {
        /// Their product.
        cells: usize,
    },
    /// A price of nothing, or beyond all prices.
    #[error("a price of {price}; above zero and up to {}", Price::from_e4(PRICE_E4_MAX))]
    PriceOutOfRange {
        /// The price.
        price: Price,
    },
    /// A bid for nothing, for too much, or for less at most than at least.
    #[error("a bid for {minimum} to {maximum} lots; 1 to {QUANTITY_MAX}, the fewest first")]
    BidOutOfRange {
        /// The fewest lots.
        minimum: u64,
        /// The most lots.
        maximum: u64,
    },
}

/// Lots for sale, and the bids for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    quantity: u64,
    reserve: Price,
    /// In the order they came: that order is time priority.
    bids: Vec<Bid>,
}

impl Lot {
    /// `quantity` lots at `reserve` or more.
    ///
    /// # Errors
    ///
    /// [`Unsound`] if that is out of range.
    pub fn new(quantity: u64, reserve: Price) -> Result<Self, Unsound> {
        if !(1..=QUANTITY_MAX).contains(&quantity) {
            return Err(Unsound::QuantityOutOfRange { quantity });
        }
        if PRICE_E4_MAX < reserve.e4() {
            return Err(Unsound::PriceOutOfRange { price: reserve });
        }
        Ok(Self { quantity, reserve, bids: Vec::new() })
    }

    /// Lots for sale.
    #[must_use]
    pub const fn quantity(&self) -> u64 {
        self.quantity
    }

    /// The least price at which anything is sold.
    #[must_use]
    pub const fn reserve(&self) -> Price {
        self.reserve
    }

    /// Bids so far, earliest first.
    #[must_use]
    pub fn bids(&self) -> &[Bid] {
        &self.bids
    }

    /// Takes one more bid. A bid below the reserve is taken and loses.
    ///
    /// # Errors
    ///
    /// [`Unsound`] if the bid makes no sense, or there are too many.
    pub fn take(&mut self, bid: Bid) -> Result<(), Unsound> {
        if !(1..=PRICE_E4_MAX).contains(&bid.price.e4()) {
            return Err(Unsound::PriceOutOfRange { price: bid.price });
        }
        if bid.minimum == 0 || bid.maximum < bid.minimum || QUANTITY_MAX < bid.maximum {
            let Bid { minimum, maximum, .. } = bid;
            return Err(Unsound::BidOutOfRange { minimum, maximum });
        }
        let bids = self.bids.len().saturating_add(1);
        if BIDS_MAX < bids {
            return Err(Unsound::TooManyBids { bids });
        }
        let lots = usize::try_from(self.quantity).unwrap_or(usize::MAX);
        let cells = bids.saturating_mul(lots);
        if CELLS_MAX < cells {
            return Err(Unsound::TooLarge { cells });
        }
        self.bids.push(bid);
        Ok(())
    }

    /// Who wins, and why the others do not.
    ///
    /// Except for a Dutch clock, which serves whoever stops it, the award makes the most of
    /// `Σ price · lots + reserve · unsold`, exactly; of equal awards it takes the one that sells
    /// more, then has fewer winners, then serves the earliest bid with the most. Bids of one price
    /// that may be cut at will then share what they won together as `margin` says.
    ///
    /// # Source
    ///
    /// Mechanics 5; vectors `one_seller_book`, `exact_awards`.
    #[must_use]
    pub fn award(&self, format: Format, margin: Margin) -> Award {
        let mut standing: Vec<Option<Reason>> = vec![None; self.bids.len()];
        if format == Format::English {
            self.keep_highest(&mut standing);
        }
        for (bid, reason) in self.bids.iter().zip(&mut standing) {
            if reason.is_none() && bid.price < self.reserve {
                *reason = Some(Reason::BelowReserve);
            } else if reason.is_none() && self.quantity < bid.minimum {
                *reason = Some(Reason::ExceedsLot);
            }
        }
        let entries: Vec<usize> =
            (0..self.bids.len()).filter(|at| standing[*at].is_none()).collect();
        let offers: Vec<Offer> = entries.iter().map(|at| self.offer(&self.bids[*at])).collect();
        let mut lots = match format {
            Format::PayAsBid | Format::Uniform | Format::Vcg | Format::English => {
                allocate::best(self.quantity, &offers)
            }
            Format::Dutch => allocate::first_come(self.quantity, &offers),
        };
        if format != Format::Dutch {
            allocate::share_levels(&offers, &mut lots, margin);
        }
        let mut won = vec![0; self.bids.len()];
        for (at, quantity) in entries.iter().zip(&lots) {
            won[*at] = *quantity;
        }
        let lowest = self.lowest_winning(&won);
        let pays = match format {
            Format::PayAsBid | Format::English | Format::Dutch => self.at_own_price(&won),
            Format::Uniform => at_one_price(&won, lowest),
            Format::Vcg => {
                let gains = allocate::gains_without(self.quantity, &offers, &lots);
                let mut pays = vec![0; self.bids.len()];
                for ((at, quantity), gain) in entries.iter().zip(&lots).zip(gains) {
                    pays[*at] = times(self.reserve, *quantity).saturating_add(gain);
                }
                pays
            }
        };
        let uniform = lowest.filter(|_| format == Format::Uniform);
        let verdict = |at: usize| Verdict {
            quantity: won[at],
            pays_e4: pays[at],
            reason: standing[at].unwrap_or_else(|| self.reason(at, won[at], lowest, format)),
        };
        let verdicts: Vec<Verdict> = (0..self.bids.len()).map(verdict).collect();
        let revenue_e4 = pays.iter().fold(0, |sum: u64, paid| sum.saturating_add(*paid));
        Award { verdicts, revenue_e4, uniform }
    }

    /// Of each bidder the last bid that was higher than those before.
    fn keep_highest(&self, standing: &mut [Option<Reason>]) {
        let mut best = std::collections::BTreeMap::<PartyId, usize>::new();
        for (at, bid) in self.bids.iter().enumerate() {
            match best.get(&bid.bidder) {
                Some(before) if bid.price <= self.bids[*before].price => {
                    standing[at] = Some(Reason::NotHigher);
                    continue;
                }
                Some(before) => standing[*before] = Some(Reason::Superseded),
                None => {}
            }
            best.insert(bid.bidder, at);
        }
    }

    fn offer(&self, bid: &Bid) -> Offer {
        let above_reserve = bid.price.e4().saturating_sub(self.reserve.e4());
        Offer { gain: above_reserve, minimum: bid.minimum, maximum: bid.maximum.min(self.quantity) }
    }

    fn lowest_winning(&self, won: &[u64]) -> Option<Price> {
        let winners = self.bids.iter().zip(won).filter(|(_, quantity)| 0 < **quantity);
        winners.map(|(bid, _)| bid.price).min()
    }

    fn at_own_price(&self, won: &[u64]) -> Vec<u64> {
        self.bids.iter().zip(won).map(|(bid, quantity)| times(bid.price, *quantity)).collect()
    }

    fn reason(&self, at: usize, won: u64, lowest: Option<Price>, format: Format) -> Reason {
        let bid = &self.bids[at];
        let above = lowest.is_some_and(|lowest| lowest < bid.price);
        if won == bid.maximum {
            return Reason::Won;
        }
        if 0 < won {
            return if above { Reason::CutToFit } else { Reason::CutAtMargin };
        }
        if above && format == Format::Uniform {
            return Reason::ParadoxicallyRejected;
        }
        if above {
            return Reason::DoesNotFit;
        }
        if lowest == Some(bid.price) { Reason::LostAtMargin } else { Reason::Outbid }
    }
}

impl Reason {
    /// Its stable name, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "WON",
            Self::CutAtMargin => "CUT_AT_MARGIN",
            Self::CutToFit => "CUT_TO_FIT",
            Self::Outbid => "OUTBID",
            Self::LostAtMargin => "LOST_AT_MARGIN",
            Self::DoesNotFit => "DOES_NOT_FIT",
            Self::ParadoxicallyRejected => "PARADOXICALLY_REJECTED",
            Self::ExceedsLot => "EXCEEDS_LOT",
            Self::BelowReserve => "BELOW_RESERVE",
            Self::Superseded => "SUPERSEDED",
            Self::NotHigher => "NOT_HIGHER",
        }
    }
}

fn at_one_price(won: &[u64], price: Option<Price>) -> Vec<u64> {
    let price = price.unwrap_or_default();
    won.iter().map(|quantity| times(price, *quantity)).collect()
}

/// The largest price times the most lots fits twice over.
fn times(price: Price, quantity: u64) -> u64 {
    price.e4().checked_mul(quantity).expect("the limits of price and lots keep this in range")
}
