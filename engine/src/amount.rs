//! Money, prices and units: the only numbers the engine knows.
//!
//! Each is an integer with a fixed scale. Nothing here is a float and nothing wraps. A lot times
//! a tick is a whole number of fen (see `register_fund`), so the cash of a trade is exact and a
//! fee is the only amount that is ever rounded.

use std::fmt;

use minicbor::{Decode, Encode};

/// Cash in fen, 10^-2 of the currency (金额). May be negative in a posting, never in a balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Money(#[n(0)] i64);

/// Price of one unit, in 10^-4 of the currency (价格).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Price(#[n(0)] u64);

/// A number of fund units, in 10^-2 of a unit (份额). Never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Units(#[n(0)] u64);

/// A rate in parts per million of the amount it is taken of (费率).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Ppm(#[n(0)] u32);

/// Price carries 4 decimals and units carry 2; money carries 2.
const PRICE_UNITS_PER_FEN: u128 = 10_000;
const PPM: u64 = 1_000_000;

/// Sums and differences of a quantity: checked, or trusted where a rule keeps them in range.
macro_rules! sums {
    ($quantity:ident, $sum:literal, $difference:literal) => {
        impl $quantity {
            /// `self + other`, or `None` if the sum does not fit.
            #[must_use]
            #[inline]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// `self - other`, or `None` if the difference does not fit.
            #[must_use]
            #[inline]
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }

            /// `self + other` where a rule keeps the sum in range.
            ///
            /// # Panics
            ///
            /// If the sum does not fit.
            #[must_use]
            #[inline]
            pub fn plus(self, other: Self) -> Self {
                self.checked_add(other).expect($sum)
            }

            /// `self - other` where a rule keeps the difference in range.
            ///
            /// # Panics
            ///
            /// If the difference does not fit.
            #[must_use]
            #[inline]
            pub fn minus(self, other: Self) -> Self {
                self.checked_sub(other).expect($difference)
            }
        }
    };
}

pub(crate) use sums;

sums!(Money, "cash of the whole venue fits", "cash of the whole venue fits");
sums!(Units, "the units of a fund fit", "units taken are there");

impl Money {
    /// No cash.
    pub const ZERO: Self = Self(0);

    /// An amount of `fen` hundredths.
    #[must_use]
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in hundredths.
    #[must_use]
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// The fee of `rate` on this amount, rounded down to a fen.
    ///
    /// Down, so that the fees of the parts of an order never sum to more than the fee of the
    /// whole: what an order holds always pays for what it trades.
    ///
    /// # Panics
    ///
    /// If the amount is negative.
    #[must_use]
    #[inline]
    pub fn fee_down(self, rate: Ppm) -> Self {
        let amount = u64::try_from(self.0).expect("a fee is taken of a positive amount");
        let rate = u64::from(rate.0);
        let fee = match amount.checked_mul(rate) {
            Some(product) => product / PPM,
            None => {
                let product = u128::from(amount).saturating_mul(u128::from(rate));
                let fee = product.checked_div(u128::from(PPM)).unwrap_or(0);
                u64::try_from(fee).expect("a fee is less than the amount")
            }
        };
        Self(i64::try_from(fee).expect("a fee is less than the amount"))
    }
}

impl Price {
    /// A price of `e4` ten-thousandths.
    #[must_use]
    pub const fn from_e4(e4: u64) -> Self {
        Self(e4)
    }

    /// The price in ten-thousandths.
    #[must_use]
    pub const fn e4(self) -> u64 {
        self.0
    }

    /// Cash for `units` at this price, or `None` if it is no whole number of fen or does not fit.
    #[must_use]
    #[inline]
    pub fn times(self, units: Units) -> Option<Money> {
        let (fen, rest) = match self.0.checked_mul(units.0) {
            Some(exact) => (exact / 10_000, exact % 10_000),
            None => {
                let exact = u128::from(self.0).checked_mul(u128::from(units.0))?;
                let rest = u64::try_from(exact % PRICE_UNITS_PER_FEN).ok()?;
                (u64::try_from(exact / PRICE_UNITS_PER_FEN).ok()?, rest)
            }
        };
        if rest != 0 {
            return None;
        }
        i64::try_from(fen).ok().map(Money)
    }
}

impl Units {
    /// No units.
    pub const ZERO: Self = Self(0);

    /// Whether there are none.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// A number of `e2` hundredths of a unit.
    #[must_use]
    pub const fn from_e2(e2: u64) -> Self {
        Self(e2)
    }

    /// The number in hundredths.
    #[must_use]
    pub const fn e2(self) -> u64 {
        self.0
    }
}

impl Ppm {
    /// A rate of `ppm` parts per million.
    #[must_use]
    pub const fn new(ppm: u32) -> Self {
        Self(ppm)
    }

    /// The rate in parts per million.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ppm", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cash_of_a_trade_is_exact_or_there_is_none() {
        let price = Price::from_e4(14_120);
        assert_eq!(price.times(Units::from_e2(800_000_000)), Some(Money(1_129_600_000)));
        assert_eq!(Price::from_e4(1).times(Units::from_e2(1)), None);
        assert_eq!(Price::from_e4(u64::MAX).times(Units::from_e2(u64::MAX)), None);
    }

    #[test]
    fn fees_of_the_parts_never_exceed_the_fee_of_the_whole() {
        let rate = Ppm::new(1_500);
        for whole in [1, 333, 1_000_001, 999_999_999_999_999] {
            for part in [0, 1, whole / 3, whole / 2, whole] {
                let parts = Money(part).fee_down(rate).plus(Money(whole - part).fee_down(rate));
                assert!(parts <= Money(whole).fee_down(rate));
            }
        }
    }

    #[test]
    fn amounts_print_with_their_scale() {
        assert_eq!(Money(-105).to_string(), "-1.05");
        assert_eq!(Price(14_120).to_string(), "1.4120");
        assert_eq!(Units(800_000_000).to_string(), "8000000.00");
    }
}
