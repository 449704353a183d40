//! What a mode refuses, as the market says it.

use super::mode::Refusal;
use crate::policy::CASH_MAX;
use crate::reject::Reject;

impl From<Refusal> for Reject {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::QuantityOutOfRange { minimum, maximum, quantity } => {
                Self::QuantityOutOfRange { minimum, maximum, quantity }
            }
            Refusal::WholeLotOnly { quantity } => Self::WholeLotOnly { quantity },
            Refusal::NotOfThisMode => Self::NotOfThisMode {},
            Refusal::NoSuchBid { bid } => Self::BidNotFound { bid },
            Refusal::PointsOutOfRange { criteria, points_max } => {
                Self::PointsOutOfRange { criteria, points_max }
            }
            Refusal::NotAdmitted { code } => Self::NotAdmitted { code },
            Refusal::Barred { code } => Self::BidderBarred { code },
            Refusal::NotThisSide => Self::NotThisSide {},
            Refusal::NotInThisPhase { phase } => Self::NotInThisPhase { phase },
            Refusal::Late { ends } => Self::BidLate { ends },
            Refusal::TooManyBids { limit } => Self::TooManyBids { limit },
            Refusal::PriceOutOfRange { .. } => Self::OrderTooLarge { cash_max: CASH_MAX },
            Refusal::LeadsAlready { code } => Self::LeadsAlready { code },
            Refusal::PriceTooLow { price, least } => Self::BidTooLow { price, least },
            Refusal::NoRight { code } => Self::NoPriority { code },
            Refusal::NothingToMatch => Self::NothingToMatch {},
            Refusal::RightTaken => Self::RightTaken {},
            Refusal::AlreadyCommitted { code } => Self::AlreadyCommitted { code },
            Refusal::NoCommitment { code } => Self::NoCommitment { code },
            Refusal::AlreadyRevealed { code } => Self::AlreadyRevealed { code },
            Refusal::SealDiffers => Self::SealDiffers {},
            Refusal::OfferNotOpen { offer } => Self::OfferNotOpen { offer },
            Refusal::OfferIsOpen { offer } => Self::OfferIsOpen { offer },
            Refusal::OfferExpiry { expires, now, latest } => {
                Self::ExpiryOutOfRange { expires, now, latest }
            }
        }
    }
}
