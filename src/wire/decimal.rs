//! Decimal strings: prices, units, cash and ratios as text, exactly or not at all.
//!
//! A text is digits with at most one point between them: no sign, no exponent, no blanks. It has no
//! more decimals than its kind carries and is no larger than the engine takes, so that nothing is
//! ever rounded on the way in. On the way out the engine prints every decimal of the kind.

use std::fmt;

use rust_decimal::Decimal;
use sfund_engine::amount::{Money, Ppm, Price, Units};
use sfund_engine::policy::{CASH_MAX, UNITS_E2_MAX};

/// Decimals of a price.
pub const PRICE_SCALE: u32 = 4;
/// Decimals of a number of units.
pub const UNITS_SCALE: u32 = 2;
/// Decimals of cash.
pub const MONEY_SCALE: u32 = 2;
/// Decimals of a ratio.
pub const RATIO_SCALE: u32 = 6;
/// The dearest price, in ten-thousandths: a hundred billion for one unit.
pub const PRICE_E4_MAX: u64 = 1_000_000_000_000_000;
/// The largest ratio, in parts per million: all of it.
pub const RATIO_PPM_MAX: u64 = 1_000_000;
/// Longest text of a number, in bytes.
pub const DIGITS_MAX: usize = 24;

/// Why a text is no number of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANumber {
    /// It is something else than digits with at most one point between them.
    NotDecimal,
    /// It has more decimals than its kind.
    TooFine {
        /// Decimals that its kind carries.
        scale: u32,
    },
    /// It is more than the most of its kind.
    TooLarge {
        /// The most, in steps of the last decimal.
        most: u64,
        /// Decimals that its kind carries.
        scale: u32,
    },
}

/// A price.
///
/// # Errors
///
/// [`NotANumber`], as for every reader here.
pub fn price(text: &str) -> Result<Price, NotANumber> {
    steps(text, PRICE_SCALE, PRICE_E4_MAX).map(Price::from_e4)
}

/// A number of units.
///
/// # Errors
///
/// [`NotANumber`].
pub fn units(text: &str) -> Result<Units, NotANumber> {
    steps(text, UNITS_SCALE, UNITS_E2_MAX).map(Units::from_e2)
}

/// Cash.
///
/// # Errors
///
/// [`NotANumber`].
pub fn money(text: &str) -> Result<Money, NotANumber> {
    let most = u64::try_from(CASH_MAX.fen()).unwrap_or(0);
    let fen = steps(text, MONEY_SCALE, most)?;
    // The bound above is below the largest `i64`.
    Ok(Money::from_fen(i64::try_from(fen).unwrap_or(i64::MAX)))
}

/// A ratio.
///
/// # Errors
///
/// [`NotANumber`].
pub fn ratio(text: &str) -> Result<Ppm, NotANumber> {
    let ppm = steps(text, RATIO_SCALE, RATIO_PPM_MAX)?;
    Ok(Ppm::new(u32::try_from(ppm).unwrap_or(u32::MAX)))
}

/// A ratio as text, with its 6 decimals.
#[must_use]
pub fn ratio_text(ratio: Ppm) -> String {
    Decimal::new(i64::from(ratio.get()), RATIO_SCALE).to_string()
}

/// The number in `text`, in steps of its last decimal.
fn steps(text: &str, scale: u32, most: u64) -> Result<u64, NotANumber> {
    let (whole, decimals) = match text.split_once('.') {
        Some((_, "")) => return Err(NotANumber::NotDecimal),
        Some(parts) => parts,
        None => (text, ""),
    };
    let mut digits = whole.bytes().chain(decimals.bytes());
    let is_decimal = digits.clone().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || DIGITS_MAX < text.len() || !is_decimal {
        return Err(NotANumber::NotDecimal);
    }
    let missing = u32::try_from(decimals.len()).ok().and_then(|count| scale.checked_sub(count));
    let zeros = missing.ok_or(NotANumber::TooFine { scale })?;
    let too_large = NotANumber::TooLarge { most, scale };
    let number = digits.try_fold(0_u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0')))
    });
    let number = number.and_then(|number| number.checked_mul(10_u64.checked_pow(zeros)?));
    number.filter(|number| *number <= most).ok_or(too_large)
}

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDecimal => {
                write!(f, "must be digits with at most one point, at most {DIGITS_MAX} of them")
            }
            Self::TooFine { scale } => write!(f, "takes at most {scale} decimals"),
            Self::TooLarge { most, scale } => {
                let most = Decimal::from_i128_with_scale(i128::from(*most), *scale);
                write!(f, "must be at most {most}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_what_it_prints() {
        for e4 in [0, 1, 9_999, 10_000, 14_120, PRICE_E4_MAX] {
            let number = Price::from_e4(e4);
            assert_eq!(price(&number.to_string()), Ok(number));
        }
        for e2 in [0, 1, 100, 800_000_000, UNITS_E2_MAX] {
            let number = Units::from_e2(e2);
            assert_eq!(units(&number.to_string()), Ok(number));
        }
        for fen in [0, 1, 105, CASH_MAX.fen()] {
            let number = Money::from_fen(fen);
            assert_eq!(money(&number.to_string()), Ok(number));
        }
        for ppm in [0, 1, 1_500, 1_000_000] {
            let number = Ppm::new(ppm);
            assert_eq!(ratio(&ratio_text(number)), Ok(number));
        }
        assert_eq!(ratio_text(Ppm::new(1_500)), "0.001500");
    }

    #[test]
    fn fewer_decimals_than_the_kind_carries_mean_the_same() {
        assert_eq!(price("1.5"), Ok(Price::from_e4(15_000)));
        assert_eq!(price("0001"), Ok(Price::from_e4(10_000)));
        assert_eq!(units("8000000"), Ok(Units::from_e2(800_000_000)));
    }

    #[test]
    fn one_decimal_too_many_is_refused_and_not_rounded_even_if_it_is_zero() {
        assert_eq!(price("1.41205"), Err(NotANumber::TooFine { scale: 4 }));
        assert_eq!(price("1.41200"), Err(NotANumber::TooFine { scale: 4 }));
        assert_eq!(money("0.001"), Err(NotANumber::TooFine { scale: 2 }));
        assert_eq!(ratio("0.0000001"), Err(NotANumber::TooFine { scale: 6 }));
    }

    #[test]
    fn what_is_more_than_the_most_is_refused() {
        let most = PRICE_E4_MAX;
        assert_eq!(price("100000000000.0001"), Err(NotANumber::TooLarge { most, scale: 4 }));
        assert_eq!(price("999999999999999999999999").unwrap_err().to_string(), {
            "must be at most 100000000000.0000"
        });
        assert_eq!(ratio("1.000001").unwrap_err().to_string(), "must be at most 1.000000");
        assert!(money("10000000000000.01").is_err() && money("10000000000000.00").is_ok());
    }

    #[test]
    fn signs_exponents_blanks_and_other_digits_are_no_number() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1 ",
            " 1",
            "1_000",
            "1,5",
            "1.2.3",
            "NaN",
            "inf",
            "0x1",
            "\u{ff11}",
            "\u{0661}",
            "0000000000000000000000001",
        ] {
            assert_eq!(price(text), Err(NotANumber::NotDecimal), "{text:?}");
        }
    }
}
