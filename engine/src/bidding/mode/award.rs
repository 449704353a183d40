//! What came of a lot: who gets what, at what price, and why not.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::bid::{Bid, Code, Standing};
use super::lot::Lot;
use crate::amount::{Money, Price, Units};
use crate::auction::lot;
use crate::id::BidId;

/// Why a bid got what it got. Numbers are forever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Reason {
    /// It got all it asked for.
    #[n(0)]
    Won,
    /// It is at the lowest price that wins, and there was not enough for all who are.
    #[n(1)]
    CutAtMargin,
    /// It was cut so that bids which cannot be cut fit beside it.
    #[n(2)]
    CutToFit,
    /// B4: it shares with others who hold the same right.
    #[n(3)]
    SharedByRank,
    /// Others bid more.
    #[n(4)]
    Outbid,
    /// It is at the lowest price that wins, and others at that price were served before it.
    #[n(5)]
    LostAtMargin,
    /// What it insists on did not fit beside bids that bring more together.
    #[n(6)]
    DoesNotFit,
    /// It bid more than the one price, and what it insists on did not fit.
    #[n(7)]
    ParadoxicallyRejected,
    /// It insists on more than there is for sale.
    #[n(8)]
    ExceedsLot,
    /// It is below the reserve.
    #[n(9)]
    BelowReserve,
    /// A later one of the same bidder took its place.
    #[n(10)]
    Superseded,
    /// B4: a holder of the right of first refusal took its price.
    #[n(11)]
    MatchedByPriority,
    /// D5: its bidder defaulted.
    #[n(12)]
    Barred,
    /// Others had more points.
    #[n(13)]
    Outscored,
    /// A bid has no points, so nobody can be said to have the most.
    #[n(14)]
    NotScored,
    /// The seller chose another, or none.
    #[n(15)]
    NotChosen,
}

impl From<lot::Reason> for Reason {
    fn from(reason: lot::Reason) -> Self {
        match reason {
            lot::Reason::Won => Self::Won,
            lot::Reason::CutAtMargin => Self::CutAtMargin,
            lot::Reason::CutToFit => Self::CutToFit,
            lot::Reason::Outbid => Self::Outbid,
            lot::Reason::LostAtMargin => Self::LostAtMargin,
            lot::Reason::DoesNotFit => Self::DoesNotFit,
            lot::Reason::ParadoxicallyRejected => Self::ParadoxicallyRejected,
            lot::Reason::ExceedsLot => Self::ExceedsLot,
            lot::Reason::BelowReserve => Self::BelowReserve,
            lot::Reason::Superseded | lot::Reason::NotHigher => Self::Superseded,
        }
    }
}

/// What one bid gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Line {
    /// The bid.
    #[n(0)]
    pub bid: BidId,
    /// Whose.
    #[n(1)]
    pub bidder: Code,
    /// Lots won.
    #[n(2)]
    pub quantity: u64,
    /// The sum of price times lots, in 10^-4 of the currency for each unit of one lot.
    #[n(3)]
    pub pays_e4: u64,
    /// Why.
    #[n(4)]
    pub reason: Reason,
}

impl Line {
    /// Units won, of a fund with such lots.
    ///
    /// # Panics
    ///
    /// Never, of a lot that was listed.
    #[must_use]
    pub fn units(&self, lot: Units) -> Units {
        let units = self.quantity.checked_mul(lot.e2()).map(Units::from_e2);
        units.expect("at most the units that are listed")
    }

    /// What is paid for them, exactly: a lot of the fund at a tick is whole fen, and so is whatever
    /// whole ticks add up to.
    ///
    /// # Panics
    ///
    /// Never, of a lot that was listed: each bid is in ticks and worth no more than an order may be.
    #[must_use]
    pub fn cash(&self, lot: Units) -> Money {
        let cash = Price::from_e4(self.pays_e4).times(lot);
        cash.expect("prices are in ticks, and bids are worth an amount that there is")
    }
}

/// What came of a lot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Award {
    /// One for each bid that stood at the end, and for the last bid of everybody else, in the order
    /// of entry. What fell before was told why as it fell.
    #[n(0)]
    pub lines: Vec<Line>,
    /// Who handed in a sealed bid and did not reveal it.
    #[n(1)]
    pub unrevealed: Vec<Code>,
    /// The one price, where all pay one.
    #[n(2)]
    pub uniform: Option<Price>,
}

impl Award {
    /// Lines that won something.
    pub fn winners(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| 0 < line.quantity)
    }

    /// The award without what those got who are out by now.
    #[must_use]
    pub fn without(&self, is_out: impl Fn(Code) -> bool) -> Self {
        let line = |line: &Line| {
            if is_out(line.bidder) {
                return Line { quantity: 0, pays_e4: 0, reason: Reason::Barred, ..*line };
            }
            *line
        };
        Self { lines: self.lines.iter().map(line).collect(), ..self.clone() }
    }

    /// Lots that were won.
    #[must_use]
    pub fn sold(&self) -> u64 {
        self.winners().fold(0, |sum: u64, line| sum.saturating_add(line.quantity))
    }
}

/// Bids that an award speaks of: see [`Award::lines`].
pub(super) fn spoken_of(lot: &Lot) -> impl Iterator<Item = (BidId, &Bid)> {
    let last: BTreeMap<Code, BidId> = lot.numbered().map(|(id, bid)| (bid.bidder, id)).collect();
    lot.numbered().filter(move |(id, bid)| match bid.standing {
        Standing::Stands | Standing::Chosen => true,
        Standing::Outbid | Standing::Superseded => last.get(&bid.bidder) == Some(id),
    })
}

/// The line of a bid that won nothing.
pub(super) const fn lost(id: BidId, bid: &Bid, reason: Reason) -> Line {
    Line { bid: id, bidder: bid.bidder, quantity: 0, pays_e4: 0, reason }
}

/// The line of a bid that won `quantity` lots at its own price.
pub(super) fn won(id: BidId, bid: &Bid, quantity: u64, reason: Reason) -> Line {
    let pays_e4 = times(bid.terms.price, quantity);
    Line { bid: id, bidder: bid.bidder, quantity, pays_e4, reason }
}

/// The limits of price and lots keep the product in range.
pub(super) fn times(price: Price, quantity: u64) -> u64 {
    price.e4().checked_mul(quantity).expect("the limits of price and lots keep this in range")
}
