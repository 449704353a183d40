//! Checks that many commands share: texts, codes, numbers, lists, and room for one more.
//!
//! Each looks at a value and answers with the refusal for it.

use crate::amount::{Money, Price, Units};
use crate::market::Market;
use crate::policy::{CASH_MAX, CODE_BYTES_MAX, DAY_MINUTES, DAY_SECONDS, TEXT_BYTES_MAX};
use crate::registry::fund::{Currency, FundDetails};
use crate::reject::{Field, Reject};
use crate::time::{Date, Time};

/// A text is 1 to [`TEXT_BYTES_MAX`] bytes, printable, and not all blanks.
pub(crate) fn text(field: Field, text: &str) -> Result<(), Reject> {
    let good = !text.trim().is_empty() && text.chars().all(is_printable);
    bounded(field, text, TEXT_BYTES_MAX, good)
}

/// A code is 1 to [`CODE_BYTES_MAX`] bytes, printable, without blanks.
pub(crate) fn code(field: Field, code: &str) -> Result<(), Reject> {
    let good = code.chars().all(|char| is_printable(char) && !char.is_whitespace());
    bounded(field, code, CODE_BYTES_MAX, good)
}

fn bounded(field: Field, text: &str, bytes_max: usize, good: bool) -> Result<(), Reject> {
    if good && !text.is_empty() && text.len() <= bytes_max {
        return Ok(());
    }
    Err(Reject::BadText { field, bytes: wide(text.len()), bytes_max: wide(bytes_max) })
}

/// What is seen is what is there: no control characters, and none that hide or turn the text.
fn is_printable(char: char) -> bool {
    let hides = matches!(
        char,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    );
    !char.is_control() && !hides
}

/// A number lies from `min` to `max`.
pub(crate) fn range(field: Field, value: u64, min: u64, max: u64) -> Result<(), Reject> {
    if min <= value && value <= max {
        return Ok(());
    }
    Err(Reject::OutOfRange { field, value, min, max })
}

/// An amount of cash lies from `min` to [`CASH_MAX`].
///
/// A refusal shows a negative amount as its two's complement, far above every range.
pub(crate) fn cash(field: Field, amount: Money, min: Money) -> Result<(), Reject> {
    if min <= amount && amount <= CASH_MAX {
        return Ok(());
    }
    let [value, min, max] = [amount, min, CASH_MAX].map(|cash| cash.fen().cast_unsigned());
    Err(Reject::OutOfRange { field, value, min, max })
}

/// A list has `min` to `max` elements.
pub(crate) fn length(field: Field, length: usize, min: usize, max: usize) -> Result<(), Reject> {
    if min <= length && length <= max {
        return Ok(());
    }
    Err(Reject::BadLength { field, length: wide(length), min: wide(min), max: wide(max) })
}

/// There are fewer than `limit`.
pub(crate) fn room(field: Field, count: usize, limit: usize) -> Result<(), Reject> {
    if count < limit { Ok(()) } else { Err(Reject::RegistryFull { field, limit: wide(limit) }) }
}

/// A currency is three capital letters.
pub(crate) fn currency(currency: Currency) -> Result<(), Reject> {
    if currency.is_sound() { Ok(()) } else { Err(Reject::BadCurrency {}) }
}

/// Units are some.
#[inline]
pub(crate) fn some_units(units: Units) -> Result<(), Reject> {
    if units == Units::ZERO { Err(Reject::NoUnits {}) } else { Ok(()) }
}

/// A price of the fund is a whole number of ticks, from one on.
#[inline]
pub(crate) fn in_ticks(fund: &FundDetails, price: Price) -> Result<(), Reject> {
    if price.e4() != 0 && price.e4().checked_rem(fund.tick.e4()) == Some(0) {
        return Ok(());
    }
    Err(Reject::NotInTicks { price, tick: fund.tick })
}

/// Units of the fund are a whole number of lots.
#[inline]
pub(crate) fn in_lots(fund: &FundDetails, units: Units) -> Result<(), Reject> {
    if units.e2().checked_rem(fund.lot.e2()) == Some(0) {
        return Ok(());
    }
    Err(Reject::NotInLots { units, lot: fund.lot })
}

/// A moment lies after `now`.
pub(crate) fn ahead(field: Field, value: Time, now: Time) -> Result<(), Reject> {
    if now < value { Ok(()) } else { Err(Reject::NotInTheFuture { field, value, now }) }
}

/// What ends by itself ends after `now`, and at most `days` later.
#[inline]
pub(crate) fn expiry(expires: Time, now: Time, days: u16) -> Result<(), Reject> {
    let latest = now.plus_seconds(u64::from(days).saturating_mul(DAY_SECONDS));
    if now < expires && expires <= latest {
        return Ok(());
    }
    Err(Reject::ExpiryOutOfRange { expires, now, latest })
}

/// A date is `today` or later; a refusal shows the moment at which it ends.
pub(crate) fn not_past(market: &Market, field: Field, date: Date, now: Time) -> Result<(), Reject> {
    if market.date(now) <= date {
        return Ok(());
    }
    let value = date.at_minute(DAY_MINUTES, market.open_venue().utc_offset_minutes);
    Err(Reject::NotInTheFuture { field, value, now })
}

/// A size or a place, as refusals and ids speak of it.
pub(crate) fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_printable_and_bounded() {
        for good in ["a", "苏州工业园区 一号基金", &"x".repeat(TEXT_BYTES_MAX)] {
            assert_eq!(text(Field::Name, good), Ok(()), "{good}");
        }
        let long = "x".repeat(TEXT_BYTES_MAX + 1);
        for bad in ["", "  ", "a\nb", "a\u{0}", "a\u{202E}b", "a\u{200B}", "\u{FEFF}a", &long] {
            let bytes = wide(bad.len());
            let reject = Reject::BadText { field: Field::Name, bytes, bytes_max: 512 };
            assert_eq!(text(Field::Name, bad), Err(reject), "{bad:?}");
        }
    }

    #[test]
    fn a_code_has_no_blanks() {
        for good in ["SF-2026-001", "基金一号", &"x".repeat(CODE_BYTES_MAX)] {
            assert_eq!(code(Field::Code, good), Ok(()), "{good}");
        }
        let long = "x".repeat(CODE_BYTES_MAX + 1);
        for bad in ["", " ", "a b", "a\u{3000}b", "a\t", "a\u{AD}b", &long] {
            assert!(code(Field::Code, bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_number_is_refused_with_its_range() {
        assert_eq!(range(Field::Tier, 7, 0, 7), Ok(()));
        let reject = range(Field::Tier, 8, 0, 7).unwrap_err();
        assert_eq!(reject.to_string(), "tier is 8; it takes 0 to 7");
        assert_eq!(cash(Field::Amount, CASH_MAX, Money::ZERO), Ok(()));
        assert!(cash(Field::Amount, Money::from_fen(-1), Money::ZERO).is_err());
        assert!(cash(Field::Amount, Money::ZERO, Money::from_fen(1)).is_err());
        let reject = room(Field::Keys, 5, 5).unwrap_err();
        assert_eq!(reject.to_string(), "there are 5 of keys, and no more can be");
    }
}
