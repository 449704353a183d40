//! Walks a journal in order, in bounded steps, and checks that no step is missing.

use std::sync::Arc;

use sfund_engine::id::Sequence;

use crate::journal::{Block, Error, Flaw, Hash, Head, Place, Reader, continues};

/// Bytes read in one step of [`replay`] and [`verify_chain`]: enough to be fast, small in memory.
pub const STEP_BYTES: usize = 4 * 1024 * 1024;

/// A place in a journal, and the way onward.
pub struct Cursor {
    reader: Arc<dyn Reader>,
    head: Head,
}

impl Cursor {
    /// A cursor that goes on after `head`: a snapshot's, or the identity's genesis.
    #[must_use]
    pub fn new(reader: Arc<dyn Reader>, head: Head) -> Self {
        Self { reader, head }
    }

    /// The place after the newest entry returned.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The next blocks, about `bytes_max` in all; none at the end. They continue the cursor's
    /// head. If that lay in the middle of a block, the first block also holds entries before it.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`]; [`Error::Damaged`] if what comes next does not continue the head.
    pub fn advance(&mut self, bytes_max: usize) -> Result<Vec<Block>, Error> {
        let blocks = self.reader.read(self.head.sequence.next(), bytes_max)?;
        if let Some(first) = blocks.first() {
            if first.first() <= self.head.sequence {
                if first.head_after(self.head.sequence) != Some(self.head) {
                    let place = Place::Block(first.first());
                    return Err(Error::Damaged { place, flaw: Flaw::Disconnected });
                }
            } else {
                continues(&self.head, first)?;
            }
        }
        for pair in blocks.windows(2) {
            if let [before, block] = pair {
                continues(&before.head(), block)?;
            }
        }
        if let Some(last) = blocks.last() {
            self.head = last.head();
        }
        Ok(blocks)
    }
}

/// Hands every entry after `head` to `each`, in order, up to the newest synced at the end of the
/// walk: its number, term, chain hash and body. Returns the place reached.
///
/// # Errors
///
/// What `each` says, which ends the walk; as [`Cursor::advance`].
pub fn replay<E: From<Error>>(
    reader: &Arc<dyn Reader>,
    head: Head,
    mut each: impl FnMut(Sequence, u64, Hash, &[u8]) -> Result<(), E>,
) -> Result<Head, E> {
    let mut cursor = Cursor::new(Arc::clone(reader), head);
    let mut done = head.sequence;
    loop {
        let blocks = cursor.advance(STEP_BYTES)?;
        if blocks.is_empty() {
            return Ok(cursor.head());
        }
        for block in &blocks {
            for (sequence, hash, body) in block.entries() {
                if done < sequence {
                    each(sequence, block.term(), hash, body)?;
                    done = sequence;
                }
            }
        }
    }
}

/// Reads the whole journal and recomputes its chain. `progress` hears of every step.
///
/// # Errors
///
/// [`Error::Damaged`] at the first unsound place.
pub fn verify_chain(
    reader: &Arc<dyn Reader>,
    mut progress: impl FnMut(&Head),
) -> Result<Head, Error> {
    let mut cursor = Cursor::new(Arc::clone(reader), reader.identity().genesis());
    while !cursor.advance(STEP_BYTES)?.is_empty() {
        progress(&cursor.head());
    }
    Ok(cursor.head())
}
