//! `ltv`: how a loan stands to its collateral, and what cures it.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Error;
use super::exact::Exact;
use super::number::{Number, json_number};

/// Decimals of the ratio.
const RATIO_SCALE: u32 = 16;

#[derive(Deserialize)]
pub(super) struct Question {
    nav: Number,
    loan: Number,
    trigger: Number,
    target: Number,
}

/// The cures bring the loan to the target: cash paid back, or collateral added. Neither is below
/// zero: a loan within its target needs none.
///
/// # Source
///
/// Mechanics 6; vector `ltv`.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    let nav = question.nav.cash("nav")?;
    if nav == Decimal::ZERO {
        let value = nav.to_string();
        return Err(Error::OutOfRange { field: "nav", value, allowed: "above 0" });
    }
    let loan = Exact::from(question.loan.cash("loan")?);
    let trigger = question.trigger.fraction("trigger")?;
    let target = question.target.fraction("target")?;
    let short = loan.minus(Exact::from(nav).times(target)?)?;
    let at_least_zero = |cash: Decimal| {
        let mut cash = cash.max(Decimal::ZERO);
        cash.rescale(2);
        cash.to_string()
    };
    Ok(json!({
        "ltv": json_number(loan.over(nav, RATIO_SCALE)?.normalize()),
        "cash_cure": at_least_zero(short.cash()?),
        "collateral_cure": at_least_zero(short.over(target, 2)?),
        "trigger_nav": loan.over(trigger, 2)?.to_string(),
    }))
}
