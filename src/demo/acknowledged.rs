//! What the demo's own clients were told: every order that was acknowledged, in a file of theirs.
//!
//! It is what a client would keep: after any crash each line must be found in the journal, as the
//! same attempt of the same entry.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sfund_sdk::{EntryFilter, Sequence, Uuid};

use super::Error;
use super::cast::Cast;

/// Most acknowledgements looked for after a restart: the newest.
const CHECKED_MAX: usize = 20_000;

/// The file, open to append.
pub(super) struct Log {
    file: File,
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Line {
    sequence: u64,
    attempt: Uuid,
}

impl Log {
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let path = path(folder);
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let file = opened.map_err(|source| Error::File { path: path.clone(), source })?;
        Ok(Self { file, path })
    }

    /// Notes one acknowledgement, in one write: a killed process leaves no half of it but the last.
    pub(super) fn note(&mut self, sequence: Sequence, attempt: Uuid) -> Result<(), Error> {
        let line = Line { sequence: sequence.number(), attempt };
        let mut text = serde_json::to_string(&line).expect("a line is plain data");
        text.push('\n');
        let wrong = |source| Error::File { path: self.path.clone(), source };
        self.file.write_all(text.as_bytes()).map_err(wrong)
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("acknowledged.jsonl")
}

/// Looks for every acknowledged order in the journal; says how many there were.
pub(super) async fn check(cast: &Cast, folder: &Path) -> Result<u64, Error> {
    let path = path(folder);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(source) => return Err(Error::File { path, source }),
    };
    // The last line may be half written.
    let lines = text.lines().rev().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let mut wanted: BTreeMap<u64, Uuid> =
        lines.take(CHECKED_MAX).map(|line| (line.sequence, line.attempt)).collect();
    let looked_for = u64::try_from(wanted.len()).unwrap_or(u64::MAX);
    let Some((&first, _)) = wanted.first_key_value() else { return Ok(0) };
    let filter = EntryFilter { from: Sequence::new(first), ..EntryFilter::default() };
    let mut entries = cast.operator.admin().entries(filter).after(cast.newest()).items();
    while let Some(entry) = entries.next().await? {
        let sequence = entry.sequence.number();
        if wanted.get(&sequence).is_some_and(|attempt| entry.attempt == Some(*attempt)) {
            wanted.remove(&sequence);
        }
        if wanted.last_key_value().is_none_or(|(last, _)| *last <= sequence) {
            break;
        }
    }
    if wanted.is_empty() {
        return Ok(looked_for);
    }
    let missing = u64::try_from(wanted.len()).unwrap_or(u64::MAX);
    Err(Error::Lost { missing, looked_for })
}
