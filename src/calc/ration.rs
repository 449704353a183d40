//! `ration`: what is left, shared among those at the margin by largest remainder.

use serde::Deserialize;
use serde_json::{Value, json};
use sfund_engine::auction::ration::{ENTRIES_MAX, pro_rata};

use super::number::Number;
use super::{Error, within};

#[derive(Deserialize)]
pub(super) struct Question {
    level: Vec<Number>,
    left: Number,
}

/// # Source
///
/// Mechanics, rounding; vectors `rationing_largest_remainder`.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    within("level", question.level.len(), ENTRIES_MAX)?;
    let level: Result<Vec<u64>, Error> =
        question.level.iter().map(|asked| asked.whole("level")).collect();
    Ok(json!({ "out": pro_rata(&level?, question.left.whole("left")?) }))
}
