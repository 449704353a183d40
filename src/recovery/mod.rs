//! From the journal back to the market: opening, snapshots, verification and export.
//!
//! A snapshot is the market and the history of the read models, folded from the journal alone. It
//! only ever saves time: without one, or with none that is sound, everything is replayed.

pub mod book;
pub mod compliance;
mod export;
mod json;
mod json_bidding;
mod json_calls;
mod json_listings;
mod json_parts;
mod rules;
mod snapshotter;
mod state;
mod verify;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use sfund_engine::entry::Entry;
use sfund_engine::id::Sequence;
use sfund_engine::snapshot::Damaged;

use crate::journal::{self, Cursor, Hash, Head, Reader};
use crate::published::{Block, Item, Undecodable};
use crate::read::projection::Projection;
use crate::recovery::state::Compared;

pub use self::export::{ExportError, export};
pub use self::snapshotter::{Snapshotter, take_snapshot};
pub use self::verify::{Finding, Report, verify};

/// Bytes of the journal read in one step.
const STEP_BYTES: usize = journal::cursor::STEP_BYTES;

/// Most entries of one answer of [`audit`].
pub const AUDIT_ENTRIES_MAX: usize = 1_000;

/// Why the market could not be brought back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal failed.
    #[error("the journal cannot be read")]
    Journal(#[from] journal::Error),
    /// An entry is not one of this program's.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
}

/// Why a snapshot is not used.
#[derive(Debug, thiserror::Error)]
pub enum Unsound {
    /// The store says so.
    #[error("it is not what was stored")]
    Stored(#[source] journal::Error),
    /// It is not the two parts it should be.
    #[error("it does not decode")]
    Undecodable(#[source] minicbor::decode::Error),
    /// Its market is damaged.
    #[error("its market is damaged")]
    Market(#[source] Damaged),
    /// Its market has another digest than was recorded, or stands elsewhere.
    #[error("its market is another one than was recorded")]
    OtherMarket,
}

/// What was brought back, and from where.
pub struct Recovered {
    /// The market and its read models after the newest entry.
    pub projection: Projection,
    /// The newest entry.
    pub head: Head,
    /// The snapshot that it was brought back from; 0 if everything was replayed.
    pub snapshot: Sequence,
    /// Snapshots that were not sound, newest first.
    pub unsound: Vec<(Sequence, Unsound)>,
}

/// Brings the market back: the newest sound snapshot, and then the tail of the journal.
/// `progress` hears the place reached, about every 4 MiB.
///
/// # Errors
///
/// [`Error`] if the journal cannot be read or understood; never for an unsound snapshot.
///
/// # Panics
///
/// If an entry contradicts the market: the journal is forged, or the program is wrong.
pub fn recover(
    reader: &Arc<dyn Reader>,
    mut progress: impl FnMut(&Head),
) -> Result<Recovered, Error> {
    let (start, unsound) = state::newest_sound(reader, Compared::Bytes)?;
    let (mut projection, head) = match start {
        Some(found) => found,
        None => (Projection::new(), reader.identity().genesis()),
    };
    let snapshot = head.sequence;
    let head = follow(reader, &mut projection, head, reader.newest().sequence, &mut progress)?;
    tracing::info!(newest = %head.sequence, %snapshot, "the market is back");
    Ok(Recovered { projection, head, snapshot, unsound })
}

/// Applies the blocks after `head`, up to the one that holds `until`. Returns the place reached.
fn follow(
    reader: &Arc<dyn Reader>,
    projection: &mut Projection,
    head: Head,
    until: Sequence,
    progress: &mut dyn FnMut(&Head),
) -> Result<Head, Error> {
    let mut cursor = Cursor::new(Arc::clone(reader), head);
    let mut reached = head;
    while reached.sequence < until {
        let blocks = cursor.advance(STEP_BYTES)?;
        if blocks.is_empty() {
            break;
        }
        for block in &blocks {
            if reached.sequence < until {
                projection.record(&Block::decode(block)?);
                reached = block.head();
            }
        }
        projection.finish();
        progress(&reached);
    }
    Ok(reached)
}

/// Entries from `from` on, at most `limit` and [`AUDIT_ENTRIES_MAX`], with their chain hashes:
/// read from the journal itself. Fewer than asked for does not mean the end; none does.
///
/// # Errors
///
/// [`Error`] if the journal cannot be read or understood.
pub fn audit(
    reader: &dyn Reader,
    from: Sequence,
    limit: usize,
) -> Result<Vec<(Sequence, Entry, Hash)>, Error> {
    let limit = limit.min(AUDIT_ENTRIES_MAX);
    let mut entries = Vec::new();
    let mut next = from.max(Sequence::ZERO.next());
    while entries.len() < limit {
        let blocks = reader.read(next, 1)?;
        let Some(block) = blocks.first() else { break };
        let block = Arc::new(Block::decode(block)?);
        while let Some(item) = Item::find(&block, next).filter(|_| entries.len() < limit) {
            entries.push((next, item.to_entry(), item.hash()));
            next = next.next();
        }
    }
    Ok(entries)
}
