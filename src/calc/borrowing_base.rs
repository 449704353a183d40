//! `borrowing_base`: what a lender advances on several positions, none counted above its share.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::exact::Exact;
use super::number::Number;
use super::{ENTRIES_MAX, Error, within};

#[derive(Deserialize)]
pub(super) struct Question {
    positions: Vec<(Number, Number)>,
    conc: Number,
}

/// `Σ min(nav, conc · Σ nav) · advance`.
///
/// # Source
///
/// Mechanics 6, lending value.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    within("positions", question.positions.len(), ENTRIES_MAX)?;
    let conc = question.conc.fraction("conc")?;
    let position = |(nav, advance): &(Number, Number)| {
        let advance = advance.ratio("advance", Decimal::ONE, "from 0 to 1")?;
        Ok((nav.cash("nav")?, advance))
    };
    let positions: Result<Vec<_>, Error> = question.positions.iter().map(position).collect();
    let positions = positions?;
    let cap = Exact::sum(positions.iter().map(|(nav, _)| *nav))?.times(conc)?;
    let base = positions.iter().try_fold(Exact::ZERO, |base, (nav, advance)| {
        base.plus(Exact::from(*nav).least(cap)?.times(*advance)?)
    })?;
    Ok(json!({ "base": base.cash()?.to_string() }))
}
