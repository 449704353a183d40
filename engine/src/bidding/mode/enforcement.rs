//! A sale that a court or a pledgee enforces (司法拍卖, 质押物拍卖), rule D6.
//!
//! An open ascending auction without a free phase: it lasts a day or more, and a bid in the last
//! minutes moves the end to so many minutes after itself. It starts at or above a share of the
//! appraisal; a second round may be cut by so much, and no more.

use minicbor::{Decode, Encode};

use super::Rules;
use super::award::Award;
use super::bid::{Ask, Side};
use super::english::{English, FirstRefusal, SameRank};
use super::lot::{Lot, LotEvent};
use super::refusal::Refusal;
use super::unsound::{Unsound, price};
use crate::amount::{Ppm, Price};
use crate::auction::clock::SoftClose;
use crate::time::Time;

/// One, in parts per million.
const WHOLE_PPM: u32 = 1_000_000;

/// Parameters of an enforced sale.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Enforcement {
    /// The first price, which is the public reserve (起拍价).
    #[n(0)]
    pub start: Price,
    /// Which round it is.
    #[n(1)]
    pub round: Round,
    /// How long it lasts, in seconds.
    #[n(2)]
    pub open_seconds: u32,
    /// What a bid leaves on the clock, in seconds.
    #[n(3)]
    pub window_seconds: u32,
    /// The least by which a bid is above the best.
    #[n(4)]
    pub increment: Price,
    /// B4: when a holder of the right takes the price.
    #[n(5)]
    pub first_refusal: FirstRefusal,
    /// B4: who of several holders has it.
    #[n(6)]
    pub same_rank: SameRank,
}

/// D6: which round it is, and what bounds its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Round {
    /// The first: at least this share of the appraisal (一拍).
    #[n(0)]
    First {
        /// Appraised value of one unit.
        #[n(0)]
        appraisal: Price,
        /// Least start, as a share of it.
        #[n(1)]
        start_min: Ppm,
    },
    /// The second, after nobody bid: the start of the first, cut by at most this share (二拍).
    #[n(1)]
    Second {
        /// The start of the first round.
        #[n(0)]
        first_start: Price,
        /// Largest cut, as a share of it.
        #[n(1)]
        cut_max: Ppm,
    },
}

impl Round {
    /// The least start, rounded up.
    fn least(self) -> Price {
        let (of, share) = match self {
            Self::First { appraisal, start_min } => (appraisal, start_min.get()),
            Self::Second { first_start, cut_max } => {
                (first_start, WHOLE_PPM.saturating_sub(cut_max.get()))
            }
        };
        let product = u128::from(of.e4()).saturating_mul(u128::from(share));
        let least = product.div_ceil(u128::from(WHOLE_PPM));
        Price::from_e4(u64::try_from(least).unwrap_or(u64::MAX))
    }
}

impl Rules for Enforcement {
    fn check(&self, quantity: u64) -> Result<(), Unsound> {
        price(self.start)?;
        let (start, least) = (self.start, self.round.least());
        if start < least {
            return Err(Unsound::StartTooLow { start, least });
        }
        self.english().check(quantity)
    }

    fn begin(&self, lot: &Lot, at: Time) -> Vec<LotEvent> {
        self.english().begin(lot, at)
    }

    fn bid(&self, lot: &Lot, who: Side, at: Time, ask: &Ask) -> Result<Vec<LotEvent>, Refusal> {
        self.english().bid(lot, who, at, ask)
    }

    fn due(&self, lot: &Lot) -> Vec<LotEvent> {
        self.english().due(lot)
    }

    fn close(&self, lot: &Lot) -> Award {
        self.english().close(lot)
    }
}

impl Enforcement {
    pub(super) const fn english(&self) -> English {
        English {
            free_seconds: 0,
            timed_seconds: self.open_seconds,
            window_seconds: self.window_seconds,
            soft_close: SoftClose::Reset,
            hard_stop_seconds: None,
            increment: self.increment,
            first_refusal: self.first_refusal,
            same_rank: self.same_rank,
        }
    }
}
