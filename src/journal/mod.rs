//! The durable journal: numbered entries bound by a hash chain, and snapshots beside them.
//!
//! The journal knows nothing of commands or events; the body of an entry is bytes. One [`Writer`]
//! appends blocks and syncs them; any number of [`Reader`]s see what is synced, never more; one
//! [`Snapshots`] keeps snapshots, from a thread of its own. Whatever the back end, one contract
//! suite (`contract.rs`) says what these three do.
//!
//! What the writer checks, the reader checks again: bits rot, and a replica can serve them.

pub mod backup;
pub mod block;
pub mod chain;
pub mod cursor;
pub mod error;
mod files;
pub mod memory;
pub mod sled;
mod sled_db;
pub mod snapshot;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod golden;

use std::sync::Arc;

use sfund_engine::id::Sequence;

pub use self::block::{Block, Draft, Push};
pub use self::chain::{Digest, Hash, Head, Identity};
pub use self::cursor::{Cursor, replay, verify_chain};
pub use self::error::{Error, Flaw, Place};
pub use self::sled_db::is_inside_sled;
pub use self::snapshot::{Manifest, Snapshot};

/// The format of stored bytes. It changes only with a golden file and a changelog line.
pub const FORMAT: u32 = 1;

/// An open journal: its three parts go to three threads. It closes when the last part is dropped.
pub struct Journal {
    /// What journal this is.
    pub identity: Identity,
    /// The one writer.
    pub writer: Box<dyn Writer>,
    /// Shared by all readers.
    pub reader: Arc<dyn Reader>,
    /// The keeper of snapshots.
    pub snapshots: Box<dyn Snapshots>,
}

/// Appends to the journal. There is one writer at a time.
///
/// After an append or sync that failed, nobody knows what is on the disk. The writer is then
/// latched: every later call fails with [`Error::Latched`]. A refused block changes nothing and
/// does not latch.
pub trait Writer: Send {
    /// Appends `block` after the newest entry. Not durable before [`Writer::sync`].
    ///
    /// # Errors
    ///
    /// Refused: [`Error::OutOfOrder`], [`Error::OldTerm`], [`Error::OtherPast`]. Failed: the rest.
    ///
    /// # Panics
    ///
    /// If the block was sealed with another digest than the journal's.
    fn append(&mut self, block: &Block) -> Result<(), Error>;

    /// Makes everything appended durable and visible to readers. Returns the newest entry's place.
    ///
    /// # Errors
    ///
    /// If the disk fails; then the writer is latched.
    fn sync(&mut self) -> Result<Head, Error>;

    /// The newest entry appended, synced or not.
    fn newest(&self) -> Head;
}

/// Reads what is synced.
pub trait Reader: Send + Sync {
    /// What journal this is.
    fn identity(&self) -> Identity;

    /// The newest entry synced.
    fn newest(&self) -> Head;

    /// Whole blocks from the one that holds `from`, until `bytes_max` is passed. At least one
    /// block, unless `from` is after the newest entry synced. Each block is sound and continues
    /// the one before it; that the first continues what the caller read before is checked by
    /// [`Cursor`]. Sequence 0 reads as 1.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] at the first block that is missing or unsound; there is no silent gap.
    fn read(&self, from: Sequence, bytes_max: usize) -> Result<Vec<Block>, Error>;

    /// The places at which there are snapshots, newest first. None is checked yet.
    ///
    /// # Errors
    ///
    /// If the store fails.
    fn snapshots(&self) -> Result<Vec<Sequence>, Error>;

    /// The snapshot at `sequence`, checked against its checksum and against the chain.
    ///
    /// # Errors
    ///
    /// [`Error::NoSnapshot`]; [`Error::UnsoundSnapshot`], after which an older one may do.
    fn read_snapshot(&self, sequence: Sequence) -> Result<Snapshot, Error>;
}

/// Keeps snapshots, beside the writer and without hindering it.
pub trait Snapshots: Send {
    /// Stores `bytes` as the snapshot at `head`, whose market has the digest `market`, and then
    /// drops all but the newest `keep` snapshots (at least 1). Durable on return.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotAhead`] if `head` is not synced, [`Error::OtherPast`] if it is not of this
    /// journal, [`Error::SnapshotTooLarge`]; the rest if the disk fails.
    fn put(&mut self, head: &Head, market: Hash, bytes: &[u8], keep: usize) -> Result<(), Error>;
}

/// Refuses a block that does not come next.
fn admit(newest: &Head, digest: Digest, block: &Block) -> Result<(), Error> {
    assert_eq!(block.digest(), digest, "a block is sealed with the journal's digest");
    let expected = newest.sequence.next();
    if block.first() != expected {
        return Err(Error::OutOfOrder { expected, found: block.first() });
    }
    if block.term() < newest.term {
        return Err(Error::OldTerm { newest: newest.term, found: block.term() });
    }
    if block.before() != newest.hash {
        return Err(Error::OtherPast { first: block.first() });
    }
    Ok(())
}

/// Decodes the frame stored under `key`.
fn decode(key: u64, frame: Vec<u8>, digest: Digest) -> Result<Block, Error> {
    let damaged = |flaw| Error::Damaged { place: Place::Block(Sequence::new(key)), flaw };
    let block = Block::decode(frame, digest).map_err(damaged)?;
    if block.first().number() == key { Ok(block) } else { Err(damaged(Flaw::Misplaced)) }
}

/// Whether `block` continues `before`.
fn continues(before: &Head, block: &Block) -> Result<(), Error> {
    let next = before.sequence.next();
    let damaged = |at, flaw| Err(Error::Damaged { place: Place::Block(at), flaw });
    if next < block.first() {
        return damaged(next, Flaw::Missing);
    }
    if block.first() < next || block.before() != before.hash || block.term() < before.term {
        return damaged(block.first(), Flaw::Disconnected);
    }
    Ok(())
}

/// Reads as [`Reader::read`] promises, from `frames`, which begin at or before the one wanted.
fn collect(
    identity: &Identity,
    synced: &Head,
    from: Sequence,
    bytes_max: usize,
    frames: impl Iterator<Item = Result<(u64, Vec<u8>), Error>>,
) -> Result<Vec<Block>, Error> {
    let from = from.max(Sequence::new(1));
    let mut blocks: Vec<Block> = Vec::new();
    let mut bytes = 0_usize;
    let mut next = from;
    if synced.sequence < from {
        return Ok(blocks);
    }
    for stored in frames {
        let (key, frame) = stored?;
        bytes = bytes.saturating_add(frame.len());
        let block = decode(key, frame, identity.digest)?;
        match blocks.last() {
            Some(before) => continues(&before.head(), &block)?,
            None if block.first() == Sequence::new(1) => continues(&identity.genesis(), &block)?,
            None => {}
        }
        if next < block.first() || block.head().sequence < next {
            break;
        }
        next = block.head().sequence.next();
        blocks.push(block);
        if synced.sequence < next || bytes_max <= bytes {
            return Ok(blocks);
        }
    }
    Err(Error::Damaged { place: Place::Block(next), flaw: Flaw::Missing })
}

/// Whether `head` is a place of the journal behind `reader`.
fn is_on_chain(reader: &dyn Reader, head: &Head) -> Result<bool, Error> {
    if head.sequence == Sequence::ZERO {
        return Ok(*head == reader.identity().genesis());
    }
    let blocks = reader.read(head.sequence, 1)?;
    Ok(blocks.first().and_then(|block| block.head_after(head.sequence)) == Some(*head))
}
