//! Export: entries as lines of JSON.

use std::io::{self, Write};

use serde_json::Value;
use sfund_engine::id::Sequence;

use crate::journal::Reader;
use crate::published::{Block, Item};
use crate::read::rules::RulesInForce;
use crate::recovery::json::{Json, object};
use crate::recovery::{Error, STEP_BYTES};

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The journal cannot be read or understood.
    #[error("the journal cannot be read")]
    Journal(#[from] Error),
    /// The lines cannot be written.
    #[error("the lines cannot be written")]
    Write(#[from] io::Error),
}

/// Writes the entries `from` to `until`, both included, as lines of JSON; fewer if the journal
/// ends earlier. Returns how many.
///
/// Each line says which rules judged its command. What was put in force before `from` is read from
/// the beginning of the journal.
///
/// # Errors
///
/// [`ExportError`]; the lines before it are whole.
pub fn export(
    reader: &dyn Reader,
    from: Sequence,
    until: Sequence,
    to: &mut dyn Write,
) -> Result<u64, ExportError> {
    let first = from.max(Sequence::ZERO.next());
    let mut next = Sequence::ZERO.next();
    let mut rules = RulesInForce::default();
    let mut count = 0_u64;
    while next <= until {
        let blocks = reader.read(next, STEP_BYTES).map_err(Error::from)?;
        if blocks.is_empty() {
            break;
        }
        for block in &blocks {
            let block = std::sync::Arc::new(Block::decode(block).map_err(Error::from)?);
            while let Some(item) = Item::find(&block, next).filter(|_| next <= until) {
                if first <= next {
                    serde_json::to_writer(&mut *to, &line(&item, &rules))
                        .map_err(io::Error::from)?;
                    to.write_all(b"\n")?;
                    count = count.saturating_add(1);
                }
                for event in item.outcome().unwrap_or_default() {
                    rules.follow(event);
                }
                next = next.next();
            }
        }
    }
    Ok(count)
}

/// One entry, judged by `rules`.
fn line(item: &Item, rules: &RulesInForce) -> Value {
    let header = item.header();
    let outcome = match item.outcome() {
        Ok(events) => ("events", Value::Array(events.iter().map(Json::json).collect())),
        Err(reject) => ("reject", reject.json()),
    };
    object([
        ("sequence", header.sequence.number().json()),
        ("at", header.at.json()),
        ("at_nanos", header.at.nanos().json()),
        ("caller", header.caller.json()),
        ("attempt", header.attempt.json()),
        ("command", item.command().json()),
        ("rules", rules.json()),
        outcome,
        ("hash", Value::String(item.hash().to_string())),
    ])
}
