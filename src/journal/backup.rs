//! Copies a journal into a fresh store: a backup, and the way back.
//!
//! A copy is made through the reader, block by block, so it checks the whole chain as it goes, and
//! it may be made while the writer works. It has the identity of its origin and is a store like
//! any other: the way back is the same copy in the other direction.

use std::path::Path;
use std::sync::Arc;

use crate::journal::cursor::{Cursor, STEP_BYTES};
use crate::journal::{Error, Head, Reader, sled};

/// Copies the journal behind `reader` into the absent or empty folder `to`: every entry that was
/// synced when the copy began, and the newest sound snapshot among them. `progress` hears of every
/// step. Returns the place up to which the copy goes.
///
/// # Errors
///
/// [`Error::NotEmpty`]; [`Error::Damaged`] at the first unsound block; if either disk fails.
pub fn backup(
    reader: &Arc<dyn Reader>,
    to: &Path,
    mut progress: impl FnMut(&Head),
) -> Result<Head, Error> {
    let end = reader.newest();
    let identity = reader.identity();
    let mut copy = sled::create_as(to, identity)?;
    let mut cursor = Cursor::new(Arc::clone(reader), identity.genesis());
    while cursor.head().sequence < end.sequence {
        for block in cursor.advance(STEP_BYTES)? {
            if block.head().sequence <= end.sequence {
                copy.writer.append(&block)?;
            }
        }
        progress(&copy.writer.sync()?);
    }
    let head = copy.writer.sync()?;
    assert_eq!(head, end, "a copy ends where it was to end");
    for sequence in reader.snapshots()? {
        if end.sequence < sequence {
            continue;
        }
        match reader.read_snapshot(sequence) {
            Ok(snapshot) => {
                let manifest = snapshot.manifest;
                copy.snapshots.put(&manifest.head, manifest.market, &snapshot.bytes, 1)?;
                break;
            }
            // An older one will do: without any, the copy is replayed from its first entry.
            Err(Error::UnsoundSnapshot { .. } | Error::NoSnapshot { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(head)
}

/// Copies the store in the folder `from`, which nobody else has open, into the absent or empty
/// folder `to`.
///
/// # Errors
///
/// As [`sled::open`] for the one and [`backup`] for the other.
pub fn restore(from: &Path, to: &Path, progress: impl FnMut(&Head)) -> Result<Head, Error> {
    let origin = sled::open(from)?;
    backup(&origin.reader, to, progress)
}
