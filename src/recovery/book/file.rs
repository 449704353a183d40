//! The lines of a book: written, and read again.
//!
//! A line says its record twice: as JSON, which people read, and as the bytes that are hashed. Who
//! reads it back compares the two.

use std::io::{self, BufRead, Write};

use serde_json::Value;

use crate::journal::{Digest, Hash};
use crate::recovery::book::{FORMAT, LINE_BYTES_MAX, Record};
use crate::recovery::json::{Json, object};

/// What the first hash of every book begins with.
const GENESIS_PREFIX: &[u8] = b"sfund-auction";

/// The chain of a book, up to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    digest: Digest,
    /// Lines so far.
    pub(super) lines: u64,
    pub(super) hash: Hash,
}

impl Chain {
    /// The chain of a book from the journal of this id, before its first line.
    pub(super) fn new(digest: Digest, store: &[u8; 16]) -> Self {
        let hash = digest.hash(&[GENESIS_PREFIX, &FORMAT.to_le_bytes(), store]);
        Self { digest, lines: 0, hash }
    }

    /// Binds one more line.
    pub(super) fn bind(&mut self, record: &[u8]) {
        self.hash = self.digest.hash(&[self.hash.as_bytes(), record]);
        self.lines = self.lines.saturating_add(1);
    }
}

/// Writes `record` as the next line.
pub(super) fn write(chain: &mut Chain, record: &Record, to: &mut dyn Write) -> io::Result<()> {
    let bytes = minicbor::to_vec(record).expect("writing to memory does not fail");
    chain.bind(&bytes);
    let line = object([
        ("line", Value::from(chain.lines)),
        ("record", record.json()),
        ("bytes", Value::String(hex(&bytes))),
        ("hash", Value::String(chain.hash.to_string())),
    ]);
    serde_json::to_writer(&mut *to, &line).map_err(io::Error::from)?;
    to.write_all(b"\n")
}

/// A line as it was read.
pub(super) struct Line {
    pub(super) record: Record,
    pub(super) bytes: Vec<u8>,
    /// What is wrong with what it says of itself, beside its hash.
    pub(super) differs: Option<&'static str>,
    pub(super) hash: Option<Hash>,
}

/// Reads a line's text; `None` if it is no line of a book.
pub(super) fn read(text: &[u8]) -> Option<Line> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let bytes = unhex(value.get("bytes")?.as_str()?)?;
    let record: Record = minicbor::decode(&bytes).ok()?;
    let differs = (value.get("record") != Some(&record.json()))
        .then_some("what people read of it is not what is hashed");
    Some(Line { differs, hash: hash_of(&value, "hash"), record, bytes })
}

/// The hash that `value` has under `name`.
pub(super) fn hash_of(value: &Value, name: &str) -> Option<Hash> {
    let bytes = unhex(value.get(name)?.as_str()?)?;
    bytes.try_into().ok().map(Hash::from_bytes)
}

/// Reads the next line of a file into `line`, without its end; `false` at the end of the file.
///
/// # Errors
///
/// If the file cannot be read, or the line is longer than any of a book.
pub(super) fn next_line(from: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let most = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    let read = io::Read::take(&mut *from, most).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() == LINE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long for a book"));
    }
    Ok(read != 0)
}

pub(in crate::recovery) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit =
        |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)?.wrapping_shl(4) | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(byte).collect()
}
