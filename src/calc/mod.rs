//! `sfund calc`: the rules without a server, one JSON object in, one out.
//!
//! One file per kind. Amounts are exact decimals, read from JSON numbers or from text, and rounded
//! half-up once, at the end; awards are the engine's own. What an object carries beside its inputs
//! is left alone, so that it may carry what is expected of it.

mod borrowing_base;
mod call;
mod clock;
mod error;
mod exact;
mod lot;
mod ltv;
mod number;
mod package;
mod packages;
mod price;
mod ration;
mod waterfall;

use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::error::Error;

/// Longest input, in bytes.
pub const INPUT_BYTES_MAX: usize = 16 << 20;
/// Most entries of a list for which the rules name no smaller limit.
pub const ENTRIES_MAX: usize = 10_000;

/// One kind of question.
type Answer = fn(&str) -> Result<Value, Error>;

/// Every kind, by its name.
const KINDS: [(&str, Answer); 10] = [
    ("borrowing_base", |text| borrowing_base::answer(&read(text)?)),
    ("call", |text| call::answer(&read(text)?)),
    ("clock", |text| clock::answer(&read(text)?)),
    ("lot", |text| lot::answer(&read(text)?)),
    ("ltv", |text| ltv::answer(&read(text)?)),
    ("package", |text| package::answer(&read(text)?)),
    ("packages", |text| packages::answer(&read(text)?)),
    ("price", |text| price::answer(&read(text)?)),
    ("ration", |text| ration::answer(&read(text)?)),
    ("waterfall", |text| waterfall::answer(&read(text)?)),
];

/// The names of all kinds.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    KINDS.iter().map(|(name, _)| *name).collect()
}

/// Answers a question of this kind, given as JSON.
///
/// # Errors
///
/// [`Error`] if there is no such kind or the question makes no sense.
pub fn answer(kind: &str, text: &str) -> Result<Value, Error> {
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let (_, answer) = known.ok_or_else(|| Error::UnknownKind { kind: kind.to_owned() })?;
    if INPUT_BYTES_MAX < text.len() {
        return Err(Error::TooLong);
    }
    answer(text)
}

fn read<Q: DeserializeOwned>(text: &str) -> Result<Q, Error> {
    serde_json::from_str(text).map_err(Error::Malformed)
}

/// Refuses a list that is too long.
fn within(field: &'static str, entries: usize, most: usize) -> Result<(), Error> {
    if most < entries { Err(Error::TooMany { field, entries, most }) } else { Ok(()) }
}
