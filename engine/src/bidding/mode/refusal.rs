//! Why what is asked of a lot is not taken.

use thiserror::Error;

use super::bid::Code;
use super::lot::Phase;
use crate::amount::Price;
use crate::id::{BidId, OfferId};
use crate::time::Time;

/// Why a lot says no: the first rule that was broken, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The mode of the lot knows nothing of the kind.
    #[error("the lot is not sold in this way")]
    NotOfThisMode,
    /// Nobody was admitted under this code.
    #[error("{code} was not admitted")]
    NotAdmitted {
        /// Who asked.
        code: Code,
    },
    /// D5: whoever defaulted does not bid again.
    #[error("{code} is barred from this lot")]
    Barred {
        /// Who asked.
        code: Code,
    },
    /// It is for the other side to ask this.
    #[error("this is for the other side to do")]
    NotThisSide,
    /// The lot takes this at another time.
    #[error("the lot does not take this while it is {phase}")]
    NotInThisPhase {
        /// What is going on.
        phase: Phase,
    },
    /// D2: in time iff before the end.
    #[error("it had to come before {ends}")]
    Late {
        /// The end.
        ends: Time,
    },
    /// The lot has as many bids as it can.
    #[error("the lot takes {limit} bids")]
    TooManyBids {
        /// How many.
        limit: u64,
    },
    /// A bid for nothing, for too much, or for less at most than at least.
    #[error("a bid for {minimum} to {maximum} lots; there are {quantity}, the fewest first")]
    QuantityOutOfRange {
        /// The fewest lots.
        minimum: u64,
        /// The most lots.
        maximum: u64,
        /// Lots for sale, or left.
        quantity: u64,
    },
    /// The lot is sold whole.
    #[error("the lot is sold whole: {quantity} lots, no less and no more")]
    WholeLotOnly {
        /// Lots for sale.
        quantity: u64,
    },
    /// A price of nothing, or so high that nobody could pay it.
    #[error("{maximum} lots at {price}: that is no price, or more than there is")]
    PriceOutOfRange {
        /// The price.
        price: Price,
        /// The most lots.
        maximum: u64,
    },
    /// D3: whoever leads may not bid on, be it to move the clock.
    #[error("{code} leads already")]
    LeadsAlready {
        /// Who asked.
        code: Code,
    },
    /// The price is below what is taken now.
    #[error("{price} is below {least}")]
    PriceTooLow {
        /// The price.
        price: Price,
        /// The least that is taken.
        least: Price,
    },
    /// B4: only a holder of the right takes the price of another.
    #[error("{code} has no right of first refusal")]
    NoRight {
        /// Who asked.
        code: Code,
    },
    /// B4: nobody has bid yet.
    #[error("there is no bid to match")]
    NothingToMatch,
    /// B4: another holder of the same rank was earlier.
    #[error("another holder of the right took this price already")]
    RightTaken,
    /// A sealed bid is handed in once, and cannot be withdrawn (D3).
    #[error("{code} has handed in its bid")]
    AlreadyCommitted {
        /// Who asked.
        code: Code,
    },
    /// Nothing was handed in that could be revealed.
    #[error("{code} has handed in no bid")]
    NoCommitment {
        /// Who asked.
        code: Code,
    },
    /// What was handed in is revealed.
    #[error("{code} has revealed its bid")]
    AlreadyRevealed {
        /// Who asked.
        code: Code,
    },
    /// The terms are not those of the sealed bid.
    #[error("this is not the bid that was handed in")]
    SealDiffers,
    /// No bid of this id can be had.
    #[error("{bid} cannot be had")]
    NoSuchBid {
        /// The bid.
        bid: BidId,
    },
    /// Each criterion has its points, in their range.
    #[error("there are {criteria} criteria, of 0 to {points_max} points each")]
    PointsOutOfRange {
        /// How many criteria.
        criteria: u64,
        /// Most points.
        points_max: u32,
    },
    /// No offer of this id is open between the two.
    #[error("{offer} is not open")]
    OfferNotOpen {
        /// The offer.
        offer: OfferId,
    },
    /// Of one bidder one offer is open at a time: it is answered first.
    #[error("{offer} is open between the two")]
    OfferIsOpen {
        /// The offer.
        offer: OfferId,
    },
    /// An offer ends ahead, and within the span of the mode.
    #[error("{expires} is not after {now} and at most {latest}")]
    OfferExpiry {
        /// Asked for.
        expires: Time,
        /// Now.
        now: Time,
        /// The latest.
        latest: Time,
    },
}
