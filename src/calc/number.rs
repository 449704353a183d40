//! Numbers in and out: exact decimals, from JSON numbers or from text, never by way of a float.

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Value;
use serde_json::value::RawValue;
use sfund_engine::amount::Price;

use super::Error;

/// Most letters of a number.
const DIGITS_MAX: usize = 40;
/// Most decimals of a number, and the largest exponent.
const SCALE_MAX: u32 = 28;
/// Most cash: 10 trillion.
const CASH_MAX: Decimal = Decimal::from_parts(1_316_134_912, 2_328, 0, false, 0);

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number(pub(super) Decimal);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let number = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(inner) => parse(inner),
            None => parse(text),
        };
        number.map(Self).ok_or_else(|| D::Error::custom(format_args!("{text:.40} is no number")))
    }
}

/// Digits with at most one point, maybe a sign before and an exponent behind.
fn parse(text: &str) -> Option<Decimal> {
    if DIGITS_MAX < text.len() {
        return None;
    }
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let plain = digits.strip_prefix('-').unwrap_or(digits);
    if !plain.starts_with(|first: char| first.is_ascii_digit())
        || !plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        || plain.ends_with('.')
    {
        return None;
    }
    let digits = Decimal::from_str_exact(digits).ok()?;
    let exponent: i64 = exponent.parse().ok()?;
    let scale = i64::from(digits.scale()).checked_sub(exponent)?;
    let (mantissa, scale) = match u32::try_from(scale) {
        Ok(scale) => (digits.mantissa(), scale),
        Err(_) => {
            let up = u32::try_from(scale.checked_neg()?).ok().filter(|up| *up <= SCALE_MAX)?;
            (digits.mantissa().checked_mul(10_i128.checked_pow(up)?)?, 0)
        }
    };
    Decimal::try_from_i128_with_scale(mantissa, scale).ok().map(|number| number.normalize())
}

impl Number {
    /// The number, with at most `scale` decimals, from `least` to `most`.
    fn bounded(
        self,
        field: &'static str,
        scale: u32,
        [least, most]: [Decimal; 2],
        allowed: &'static str,
    ) -> Result<Decimal, Error> {
        let value = self.0.normalize();
        if value < least || most < value {
            return Err(Error::OutOfRange { field, value: value.to_string(), allowed });
        }
        if scale < value.scale() {
            return Err(Error::TooFine { field, value: value.to_string(), scale });
        }
        Ok(value)
    }

    /// Cash: not negative, 2 decimals.
    pub(super) fn cash(self, field: &'static str) -> Result<Decimal, Error> {
        self.bounded(field, 2, [Decimal::ZERO, CASH_MAX], "from 0 to 10 trillion")
    }

    /// A share of a whole: above 0, up to 1, 8 decimals.
    pub(super) fn fraction(self, field: &'static str) -> Result<Decimal, Error> {
        let fraction = self.ratio(field, Decimal::ONE, "above 0, up to 1")?;
        if fraction == Decimal::ZERO {
            let value = fraction.to_string();
            return Err(Error::OutOfRange { field, value, allowed: "above 0, up to 1" });
        }
        Ok(fraction)
    }

    /// A ratio: not negative, 8 decimals.
    pub(super) fn ratio(
        self,
        field: &'static str,
        most: Decimal,
        allowed: &'static str,
    ) -> Result<Decimal, Error> {
        self.bounded(field, 8, [Decimal::ZERO, most], allowed)
    }

    /// So many steps of 10^-scale. The rules that take them have limits of their own.
    pub(super) fn steps(self, field: &'static str, scale: u32) -> Result<u64, Error> {
        let most = Decimal::from(1_000_000_000_000_000_u64);
        let value = self.bounded(field, scale, [Decimal::ZERO, most], "from 0 to 10^15")?;
        let mut steps = value;
        steps.rescale(scale);
        u64::try_from(steps.mantissa()).map_err(|_| Error::OutOfRange {
            field,
            value: value.to_string(),
            allowed: "from 0 to 10^15",
        })
    }

    /// A whole number.
    pub(super) fn whole(self, field: &'static str) -> Result<u64, Error> {
        self.steps(field, 0)
    }

    /// Cash in fen.
    pub(super) fn fen(self, field: &'static str) -> Result<u64, Error> {
        self.cash(field).and_then(|cash| Self(cash).steps(field, 2))
    }
}

/// A price in the 10^-4 that the engine carries, with 2 decimals, or more where it has more.
pub(super) fn price_text(e4: u64) -> String {
    let text = Price::from_e4(e4).to_string();
    let short = text.strip_suffix("00").unwrap_or_else(|| text.strip_suffix('0').unwrap_or(&text));
    short.to_owned()
}

/// A quantity of so many hundredths, as a JSON number.
pub(super) fn quantity(e2: i64) -> Value {
    json_number(Decimal::new(e2, 2).normalize())
}

/// A decimal as a JSON number.
pub(super) fn json_number(number: Decimal) -> Value {
    serde_json::from_str(&number.to_string()).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(json: &str) -> Option<String> {
        serde_json::from_str::<Number>(json).ok().map(|number| number.0.to_string())
    }

    #[test]
    fn numbers_are_read_to_the_last_digit_from_json_numbers_and_text() {
        for (json, value) in [
            ("12345678901234567890.12", "12345678901234567890.12"),
            ("\"0.9150\"", "0.915"),
            ("-4", "-4"),
            ("1.5e-3", "0.0015"),
            ("2E+3", "2000"),
            ("1e28", "10000000000000000000000000000"),
        ] {
            assert_eq!(number(json).as_deref(), Some(value), "{json}");
        }
        for json in ["\"1,000\"", "\"\"", "\"1.\"", "\".5\"", "\"1_0\"", "\"+1\"", "null", "[1]"] {
            assert_eq!(number(json), None, "{json}");
        }
        for json in ["1e29", "1e-29", "1e999999999999", "0.00000000000000000000000000001"] {
            assert_eq!(number(json), None, "{json}");
        }
        assert_eq!(CASH_MAX.to_string(), "10000000000000");
    }
}
