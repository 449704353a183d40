//! Amounts read from decimal text: what people and programs write.
//!
//! Never rounded: text with more decimals than the scale has is no amount.

use std::str::FromStr;

use crate::amount::{Money, Price, Units};

/// The text is no amount of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number with at most {decimals} decimals in the range of its kind")]
pub struct NotAnAmount {
    decimals: usize,
}

impl FromStr for Price {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        scaled(text, 4).map(Self::from_e4).ok_or(NotAnAmount { decimals: 4 })
    }
}

impl FromStr for Units {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        scaled(text, 2).map(Self::from_e2).ok_or(NotAnAmount { decimals: 2 })
    }
}

impl FromStr for Money {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let (digits, negative) = match text.strip_prefix('-') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let read = || {
            let fen = i64::try_from(scaled(digits, 2)?).ok()?;
            if negative { fen.checked_neg() } else { Some(fen) }
        };
        read().map(Self::from_fen).ok_or(NotAnAmount { decimals: 2 })
    }
}

/// The number in units of 10^-`decimals`, or `None` if the text is no such number.
fn scaled(text: &str, decimals: usize) -> Option<u64> {
    let (whole, part) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(split) => split,
        None => (text, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || decimals < part.len() || !digits(whole) || !digits(part) {
        return None;
    }
    let unit = 10_u64.checked_pow(u32::try_from(decimals).ok()?)?;
    let part = format!("{part:0<decimals$}").parse::<u64>().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_back_what_it_prints() {
        for price in [0, 1, 9_999, 14_120, u64::MAX].map(Price::from_e4) {
            assert_eq!(price.to_string().parse(), Ok(price));
        }
        for money in [0, -1, 105, -105, i64::MAX].map(Money::from_fen) {
            assert_eq!(money.to_string().parse(), Ok(money));
        }
        assert_eq!("8000000".parse(), Ok(Units::from_e2(800_000_000)));
        assert_eq!("1.4".parse(), Ok(Price::from_e4(14_000)));
    }

    #[test]
    fn text_that_would_need_rounding_is_no_amount() {
        let long = "99999999999999999999";
        for wrong in ["", ".", "1.", ".5", "+1", "1e3", "1,000", "1.41201", " 1", "-1", long] {
            assert!(wrong.parse::<Price>().is_err(), "{wrong}");
        }
        for wrong in ["--1", "-", "1.005", "92233720368547758.08"] {
            assert!(wrong.parse::<Money>().is_err(), "{wrong}");
        }
    }
}
