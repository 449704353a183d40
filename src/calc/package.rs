//! `package`: a bid for several funds, split over them by their reference values.

use serde::Deserialize;
use serde_json::{Value, json};
use sfund_engine::auction::ration::by_reference;

use super::number::{Number, price_text};
use super::{ENTRIES_MAX, Error, within};

#[derive(Deserialize)]
pub(super) struct Question {
    r#ref: Vec<Number>,
    bid: Number,
}

/// # Source
///
/// Mechanics 1; vector `package_alloc`.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    within("ref", question.r#ref.len(), ENTRIES_MAX)?;
    let references: Result<Vec<u64>, Error> =
        question.r#ref.iter().map(|value| value.fen("ref")).collect();
    let parts = by_reference(&references?, question.bid.fen("bid")?);
    let parts = parts.ok_or(Error::OutOfRange {
        field: "ref",
        value: "0".to_owned(),
        allowed: "one of them above 0",
    })?;
    let out: Vec<String> = parts.iter().map(|fen| price_text(fen.saturating_mul(100))).collect();
    Ok(json!({ "out": out }))
}
