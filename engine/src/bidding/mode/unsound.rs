//! Why the parameters of a mode make no sense.

use thiserror::Error;

use crate::amount::Price;
use crate::auction::lot::QUANTITY_MAX;
use crate::policy::PRICE_E4_MAX;

/// Longest phase of a lot: 366 days, in seconds.
pub const SECONDS_MAX: u32 = 31_622_400;

/// Why the parameters of a mode make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsound {
    /// A phase of no length, or too long.
    #[error("{seconds} seconds; from 1 to {SECONDS_MAX} can be")]
    Seconds {
        /// Given.
        seconds: u32,
    },
    /// A price of nothing, or beyond all prices.
    #[error("a price of {price}; above zero and up to {}", Price::from_e4(PRICE_E4_MAX))]
    PriceOutOfRange {
        /// Given.
        price: Price,
    },
    /// Nothing for sale, or more than one award shares.
    #[error("{quantity} lots for sale; from 1 to {QUANTITY_MAX} can be shared")]
    QuantityOutOfRange {
        /// Given.
        quantity: u64,
    },
    /// The end that no bid moves lies before the first one.
    #[error("the hard stop lies before the end")]
    HardStopBeforeEnd,
    /// Weights of nothing, too many criteria, or too heavy ones.
    #[error("the weights of the criteria are out of range")]
    Weights,
    /// D6: the start is below its share of the appraisal, or of the first round's start.
    #[error("the start of {start} is below {least}")]
    StartTooLow {
        /// Given.
        start: Price,
        /// The least.
        least: Price,
    },
}

/// A phase has some length.
pub(super) const fn seconds(seconds: u32) -> Result<(), Unsound> {
    if seconds == 0 || SECONDS_MAX < seconds {
        return Err(Unsound::Seconds { seconds });
    }
    Ok(())
}

/// A price is some.
pub(super) const fn price(price: Price) -> Result<(), Unsound> {
    if price.e4() == 0 || PRICE_E4_MAX < price.e4() {
        return Err(Unsound::PriceOutOfRange { price });
    }
    Ok(())
}

/// Something is for sale.
pub(super) const fn some_lots(quantity: u64) -> Result<(), Unsound> {
    if quantity == 0 {
        return Err(Unsound::QuantityOutOfRange { quantity });
    }
    Ok(())
}
