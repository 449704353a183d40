//! `price`: what a share of a fund costs at the closing, by its reference NAV and the flows since.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::exact::Exact;
use super::number::Number;
use super::{ENTRIES_MAX, Error, within};

#[derive(Deserialize)]
pub(super) struct Question {
    nav: Number,
    pct: Number,
    fraction: Number,
    #[serde(default)]
    calls: Vec<Number>,
    #[serde(default)]
    dists: Vec<Number>,
    unfunded: Option<Number>,
    #[serde(default)]
    recallable_dists: Vec<Number>,
}

/// The base is `pct · fraction · nav`; calls since the reference date raise the price, and
/// distributions lower it. A recallable distribution, listed apart, also raises the unfunded
/// commitment. A negative price is what the seller pays.
///
/// # Source
///
/// Mechanics 1; vectors `price_adjustment`.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    let fraction = question.fraction.fraction("fraction")?;
    let pct = question.pct.ratio("pct", 10.into(), "from 0 to 10")?;
    let nav = Exact::from(question.nav.cash("nav")?);
    let base = nav.times(pct)?.times(fraction)?.cash()?;
    let calls = sum("calls", &question.calls)?;
    let recallable = sum("recallable_dists", &question.recallable_dists)?;
    let flows = calls.minus(sum("dists", &question.dists)?)?.minus(recallable)?;
    let adjusted = Exact::from(base).plus(flows.times(fraction)?)?.cash()?;
    let mut out = Map::new();
    out.insert("base".to_owned(), json!(base.to_string()));
    out.insert("adjusted".to_owned(), json!(adjusted.to_string()));
    if let Some(unfunded) = question.unfunded {
        let unfunded = Exact::from(unfunded.cash("unfunded")?).plus(recallable)?;
        let unfunded = unfunded.times(fraction)?.cash()?;
        out.insert("unfunded".to_owned(), json!(unfunded.to_string()));
    }
    Ok(Value::Object(out))
}

fn sum(field: &'static str, flows: &[Number]) -> Result<Exact, Error> {
    within(field, flows.len(), ENTRIES_MAX)?;
    let flows: Result<Vec<_>, Error> = flows.iter().map(|flow| flow.cash(field)).collect();
    Exact::sum(flows?)
}
