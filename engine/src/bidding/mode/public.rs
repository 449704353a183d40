//! What everybody may know of a running lot (竞价实况): prices and codes, and of what is sealed nothing.

use super::Mode;
use super::bid::{Bid, EntrantStatus, Standing};
use super::english::{English, leaders};
use super::lot::{Lot, LotEvent, Phase, Reserve};
use crate::amount::Price;

/// Who may know what was bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Everybody, by code.
    Everybody,
    /// Each bidder its own, until bidding is over.
    OwnOnly,
}

impl Mode {
    /// D3: who may know what was bid for `lot`: of what was sealed, the terms are told once bidding
    /// is over, and also to the venue no earlier.
    #[must_use]
    pub fn told(&self, lot: &Lot) -> Told {
        if self.is_open() || lot.phase() == Phase::Over { Told::Everybody } else { Told::OwnOnly }
    }

    /// Whether bids are made in the open.
    const fn is_open(&self) -> bool {
        match self {
            Self::English(_) | Self::Dutch(_) | Self::Enforcement(_) => true,
            Self::Sealed(_) | Self::Tender(_) | Self::Negotiated(_) | Self::Quotes(_) => false,
        }
    }

    /// Whether everybody may know of `change` as it happens.
    #[must_use]
    pub const fn is_public(&self, change: &LotEvent) -> bool {
        match change {
            LotEvent::Admitted(_)
            | LotEvent::PhaseBegan { .. }
            | LotEvent::ClockMoved(_)
            | LotEvent::PriceCalled { .. }
            | LotEvent::Ended(_)
            | LotEvent::Barred(_) => true,
            LotEvent::BidPlaced(_) | LotEvent::BidMoved(..) | LotEvent::Scored(..) => {
                self.is_open()
            }
            LotEvent::Committed(_) | LotEvent::Offered(_) | LotEvent::OfferClosed(..) => false,
        }
    }

    /// The best bid that stands and that everybody may know.
    #[must_use]
    pub fn best<'l>(&self, lot: &'l Lot) -> Option<&'l Bid> {
        if self.told(lot) == Told::OwnOnly {
            return None;
        }
        match self {
            Self::English(_) | Self::Enforcement(_) => leaders(lot).first().map(|(_, bid)| *bid),
            // The price only falls.
            Self::Dutch(_) => lot.bids().iter().find(|bid| !lot.is_barred(bid.bidder)),
            Self::Sealed(_) | Self::Tender(_) | Self::Negotiated(_) | Self::Quotes(_) => {
                let stands = |bid: &&Bid| match bid.standing {
                    Standing::Stands | Standing::Chosen => !lot.is_barred(bid.bidder),
                    Standing::Outbid | Standing::Superseded => false,
                };
                // The earliest of the highest.
                let standing = lot.bids().iter().filter(stands);
                standing.rev().max_by_key(|bid| bid.terms.price)
            }
        }
    }

    /// The least price at which an open bid would be taken now; none where none would, and none
    /// that would tell a hidden reserve.
    #[must_use]
    pub fn least_bid(&self, lot: &Lot) -> Option<Price> {
        let ascending = |rules: &English| {
            let best = self.best(lot).map(|bid| bid.terms.price);
            match (lot.reserve(), best) {
                (Reserve::Hidden(_), None) => None,
                (Reserve::Hidden(_) | Reserve::Public(_), best) => Some(rules.least(lot, best)),
            }
        };
        match (self, lot.phase()) {
            (Self::English(rules), Phase::Free | Phase::Timed) => ascending(rules),
            (Self::Enforcement(rules), Phase::Free | Phase::Timed) => ascending(&rules.english()),
            (Self::Dutch(_), Phase::Falling) => lot.called(),
            (
                Self::English(_)
                | Self::Sealed(_)
                | Self::Dutch(_)
                | Self::Tender(_)
                | Self::Negotiated(_)
                | Self::Quotes(_)
                | Self::Enforcement(_),
                Phase::Waiting
                | Phase::Free
                | Phase::Timed
                | Phase::Committing
                | Phase::Revealing
                | Phase::Scoring
                | Phase::Falling
                | Phase::Negotiating
                | Phase::Quoting
                | Phase::Choosing
                | Phase::FirstRefusal
                | Phase::Over,
            ) => None,
        }
    }
}

impl Lot {
    /// How many were admitted and may still bid.
    #[must_use]
    pub fn bidders(&self) -> usize {
        let may = |status| match status {
            EntrantStatus::Admitted => true,
            EntrantStatus::Barred => false,
        };
        self.entrants().iter().filter(|entrant| may(entrant.status)).count()
    }
}
