//! Exact sums of products of decimals, rounded half-up once, at the end.

use rust_decimal::Decimal;

use super::Error;

/// An exact number: a decimal with more digits than a [`Decimal`] carries, or an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exact {
    mantissa: i128,
    scale: u32,
}

impl From<Decimal> for Exact {
    fn from(decimal: Decimal) -> Self {
        let decimal = decimal.normalize();
        Self { mantissa: decimal.mantissa(), scale: decimal.scale() }
    }
}

impl Exact {
    pub(super) const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// The sum of decimals.
    pub(super) fn sum(decimals: impl IntoIterator<Item = Decimal>) -> Result<Self, Error> {
        decimals.into_iter().try_fold(Self::ZERO, |sum, decimal| sum.plus(decimal.into()))
    }

    pub(super) fn plus(self, other: Self) -> Result<Self, Error> {
        let scale = self.scale.max(other.scale);
        let mantissa = self.at(scale)?.checked_add(other.at(scale)?).ok_or(Error::Overflow)?;
        Ok(Self { mantissa, scale })
    }

    pub(super) fn minus(self, other: Self) -> Result<Self, Error> {
        let mantissa = other.mantissa.checked_neg().ok_or(Error::Overflow)?;
        self.plus(Self { mantissa, ..other })
    }

    pub(super) fn times(self, factor: impl Into<Self>) -> Result<Self, Error> {
        let factor = factor.into();
        let mantissa = self.mantissa.checked_mul(factor.mantissa).ok_or(Error::Overflow)?;
        Ok(Self { mantissa, scale: self.scale.saturating_add(factor.scale) })
    }

    /// The smaller of the two.
    pub(super) fn least(self, other: Self) -> Result<Self, Error> {
        let scale = self.scale.max(other.scale);
        Ok(if other.at(scale)? < self.at(scale)? { other } else { self })
    }

    /// The number as cash: 2 decimals, half-up away from zero.
    pub(super) fn cash(self) -> Result<Decimal, Error> {
        self.over(Decimal::ONE, 2)
    }

    /// The number divided by another that is above zero, with so many decimals, half-up away from
    /// zero.
    pub(super) fn over(self, divisor: Decimal, scale: u32) -> Result<Decimal, Error> {
        let divisor = Self::from(divisor);
        // mantissa / 10^self.scale / (divisor.mantissa / 10^divisor.scale) · 10^scale
        let up = power(divisor.scale.saturating_add(scale))?;
        let numerator = self.mantissa.checked_mul(up).ok_or(Error::Overflow)?;
        let down = power(self.scale)?.checked_mul(divisor.mantissa).ok_or(Error::Overflow)?;
        let twice = numerator.unsigned_abs().checked_mul(2).ok_or(Error::Overflow)?;
        let rounded = twice
            .checked_add(down.unsigned_abs())
            .zip(down.unsigned_abs().checked_mul(2))
            .and_then(|(above, below)| above.checked_div(below))
            .and_then(|rounded| i128::try_from(rounded).ok())
            .ok_or(Error::Overflow)?;
        let signed = if numerator < 0 { rounded.saturating_neg() } else { rounded };
        Decimal::try_from_i128_with_scale(signed, scale).map_err(|_| Error::Overflow)
    }

    fn at(self, scale: u32) -> Result<i128, Error> {
        let up = power(scale.saturating_sub(self.scale))?;
        self.mantissa.checked_mul(up).ok_or(Error::Overflow)
    }
}

fn power(scale: u32) -> Result<i128, Error> {
    10_i128.checked_pow(scale).ok_or(Error::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    #[test]
    fn a_product_is_rounded_once_half_up_away_from_zero() {
        let product = Exact::from(decimal("12345678.90")).times(decimal("0.915")).unwrap();
        let product = product.times(decimal("0.4")).unwrap();
        assert_eq!(product.cash().unwrap().to_string(), "4518518.48");
        for (number, cash) in [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.0049999", "0.00")] {
            assert_eq!(Exact::from(decimal(number)).cash().unwrap().to_string(), cash);
        }
        let third = Exact::from(decimal("20000000")).over(decimal("0.3"), 2).unwrap();
        assert_eq!(third.to_string(), "66666666.67");
    }

    #[test]
    fn what_does_not_fit_is_an_error_and_not_a_wrong_number() {
        let mut large = Exact::from(Decimal::MAX);
        assert!(large.plus(large).unwrap().cash().is_err());
        large = large.times(decimal("1000000000")).unwrap();
        assert!(matches!(large.times(decimal("10")), Err(Error::Overflow)));
    }
}
