//! Blocks: a run of entries that is appended and read as one, and its bytes (the frame).
//!
//! The engine thread pushes entry bodies into a [`Draft`]; sealing binds them to the chain and
//! gives a [`Block`], which holds exactly the bytes that are stored. No `Block` exists whose chain
//! was not computed or checked. `docs/FORMAT.md` describes the frame byte by byte.

use sfund_engine::id::Sequence;

use crate::journal::chain::{self, Digest, Hash, Head};
use crate::journal::error::{Error, Flaw};

/// Most bytes in a frame. A longer value would leave sled's log for a file of its own, which is
/// slower, and which sled never syncs.
pub const BLOCK_BYTES_MAX: usize = 100 * 1024;

/// Most bytes in the body of one entry. It always fits an empty block.
pub const ENTRY_BYTES_MAX: usize = 96 * 1024;

/// What a frame of this format begins with.
const MAGIC: [u8; 4] = *b"SFB1";
/// Bytes before the table of lengths.
const HEADER_BYTES: usize = 88;
/// Bytes of one length in the table.
const LENGTH_BYTES: usize = 4;

/// Entries on their way into a block.
#[derive(Clone, Debug)]
pub struct Draft {
    first: Sequence,
    term: u64,
    lengths: Vec<u32>,
    bodies: Vec<u8>,
}

/// What came of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push {
    /// The entry is in the draft, under this number.
    Taken(Sequence),
    /// The draft is full and unchanged: seal it, and push into the next.
    Full,
}

impl Draft {
    /// An empty draft whose first entry will be `first`, written in `term`.
    #[must_use]
    pub fn new(first: Sequence, term: u64) -> Self {
        Self { first, term, lengths: Vec::new(), bodies: Vec::new() }
    }

    /// Empties the draft for the block that begins with `first`. Keeps its memory.
    pub fn restart(&mut self, first: Sequence, term: u64) {
        self.first = first;
        self.term = term;
        self.lengths.clear();
        self.bodies.clear();
    }

    /// Adds an entry.
    ///
    /// # Errors
    ///
    /// [`Error::EntryTooLarge`] if no block can hold the body.
    pub fn push(&mut self, body: &[u8]) -> Result<Push, Error> {
        if ENTRY_BYTES_MAX < body.len() {
            return Err(Error::EntryTooLarge { bytes: body.len(), bytes_max: ENTRY_BYTES_MAX });
        }
        let grown = self.bytes().saturating_add(LENGTH_BYTES).saturating_add(body.len());
        if BLOCK_BYTES_MAX < grown {
            return Ok(Push::Full);
        }
        let sequence = advance(self.first, self.lengths.len()).expect("fewer than 2^64 entries");
        self.lengths.push(u32::try_from(body.len()).expect("an entry is shorter than a block"));
        self.bodies.extend_from_slice(body);
        Ok(Push::Taken(sequence))
    }

    /// Entries in the draft.
    #[must_use]
    pub fn entries_count(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is nothing to seal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Bytes of the frame that sealing would give.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let table = self.lengths.len().saturating_mul(LENGTH_BYTES);
        HEADER_BYTES.saturating_add(table).saturating_add(self.bodies.len())
    }

    /// Binds the entries to the chain after `before`.
    ///
    /// # Panics
    ///
    /// If the draft is empty, or does not begin with the entry after `before`.
    #[must_use]
    pub fn seal(&self, before: &Head, digest: Digest) -> Block {
        assert!(!self.lengths.is_empty(), "a block holds at least one entry");
        assert_eq!(self.first, before.sequence.next(), "a block begins after the head");
        let mut frame = Vec::with_capacity(self.bytes());
        let count = u32::try_from(self.lengths.len()).expect("a block's entries fit its bytes");
        frame.extend_from_slice(&MAGIC);
        frame.extend_from_slice(&count.to_le_bytes());
        frame.extend_from_slice(&self.first.number().to_le_bytes());
        frame.extend_from_slice(&self.term.to_le_bytes());
        frame.extend_from_slice(before.hash.as_bytes());
        let hashes =
            hashes(digest, &before.hash, self.first, self.term, &self.lengths, &self.bodies)
                .expect("the lengths are those of the bodies");
        let last = *hashes.last().expect("a block holds at least one entry");
        frame.extend_from_slice(last.as_bytes());
        for length in &self.lengths {
            frame.extend_from_slice(&length.to_le_bytes());
        }
        frame.extend_from_slice(&self.bodies);
        Block {
            frame,
            digest,
            first: self.first,
            term: self.term,
            before: before.hash,
            lengths: self.lengths.clone(),
            hashes,
        }
    }
}

/// A sealed run of entries, whose chain is sound within itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    frame: Vec<u8>,
    digest: Digest,
    first: Sequence,
    term: u64,
    before: Hash,
    lengths: Vec<u32>,
    hashes: Vec<Hash>,
}

impl Block {
    /// Reads a frame and recomputes its chain.
    ///
    /// # Errors
    ///
    /// The first [`Flaw`] found. Every bit of a frame is covered.
    pub fn decode(frame: Vec<u8>, digest: Digest) -> Result<Self, Flaw> {
        if BLOCK_BYTES_MAX < frame.len() {
            return Err(Flaw::TooLong);
        }
        let mut rest = frame.as_slice();
        if take::<4>(&mut rest)? != MAGIC {
            return Err(Flaw::NotAFrame);
        }
        let count = u32::from_le_bytes(take(&mut rest)?);
        let first = Sequence::new(u64::from_le_bytes(take(&mut rest)?));
        let term = u64::from_le_bytes(take(&mut rest)?);
        let before = Hash::from_bytes(take(&mut rest)?);
        let last = Hash::from_bytes(take(&mut rest)?);
        if count == 0 || first == Sequence::ZERO {
            return Err(Flaw::NoEntries);
        }
        // Not reserved ahead: a damaged count must not ask for gigabytes.
        let mut lengths = Vec::new();
        for _ in 0..count {
            lengths.push(u32::from_le_bytes(take(&mut rest)?));
        }
        let hashes = hashes(digest, &before, first, term, &lengths, rest)?;
        if hashes.last() != Some(&last) {
            return Err(Flaw::WrongHash);
        }
        Ok(Self { digest, first, term, before, lengths, hashes, frame })
    }

    /// The stored bytes.
    #[must_use]
    pub fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// The digest of its chain.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The first entry of the block.
    #[must_use]
    pub fn first(&self) -> Sequence {
        self.first
    }

    /// The term in which the block was written.
    #[must_use]
    pub fn term(&self) -> u64 {
        self.term
    }

    /// The chain hash of the entry before the block.
    #[must_use]
    pub fn before(&self) -> Hash {
        self.before
    }

    /// The place after the last entry of the block.
    #[must_use]
    pub fn head(&self) -> Head {
        let index = self.hashes.len().saturating_sub(1);
        self.head_at(index)
    }

    /// The place after the entry `sequence`, if the block holds it.
    #[must_use]
    pub fn head_after(&self, sequence: Sequence) -> Option<Head> {
        let index = sequence.number().checked_sub(self.first.number())?;
        let index = usize::try_from(index).ok()?;
        (index < self.hashes.len()).then(|| self.head_at(index))
    }

    /// The entries in order: number, chain hash and body.
    pub fn entries(&self) -> impl Iterator<Item = (Sequence, Hash, &[u8])> {
        let table = self.lengths.len().saturating_mul(LENGTH_BYTES);
        let mut rest = self.frame.get(HEADER_BYTES.saturating_add(table)..).unwrap_or_default();
        let mut sequence = self.first;
        self.lengths.iter().zip(&self.hashes).map(move |(length, hash)| {
            let length = usize::try_from(*length).expect("a block is shorter than memory");
            let (body, after) = rest.split_at(length);
            rest = after;
            let here = sequence;
            sequence = sequence.next();
            (here, *hash, body)
        })
    }

    /// The chain hash of each entry, in order.
    #[must_use]
    pub fn into_hashes(self) -> Vec<Hash> {
        self.hashes
    }

    /// Entries in the block; never 0.
    #[must_use]
    pub fn entries_count(&self) -> usize {
        self.hashes.len()
    }

    fn head_at(&self, index: usize) -> Head {
        let sequence = advance(self.first, index).expect("a block's numbers were checked");
        let hash = *self.hashes.get(index).expect("the index is within the block");
        Head { sequence, term: self.term, hash }
    }
}

/// The chain over `bodies`, cut by `lengths`. The cut must use up every byte.
fn hashes(
    digest: Digest,
    before: &Hash,
    first: Sequence,
    term: u64,
    lengths: &[u32],
    bodies: &[u8],
) -> Result<Vec<Hash>, Flaw> {
    // The number after the last entry must exist too: it is the next block's first.
    advance(first, lengths.len()).ok_or(Flaw::NumbersRunOut)?;
    let mut hashes = Vec::with_capacity(lengths.len());
    let (mut hash, mut sequence, mut rest) = (*before, first, bodies);
    for length in lengths {
        let length = usize::try_from(*length).map_err(|_| Flaw::WrongLength)?;
        let (body, after) = rest.split_at_checked(length).ok_or(Flaw::WrongLength)?;
        hash = chain::link(digest, &hash, sequence, term, body);
        hashes.push(hash);
        sequence = sequence.next();
        rest = after;
    }
    if rest.is_empty() { Ok(hashes) } else { Err(Flaw::WrongLength) }
}

/// The number `by` places after `from`.
fn advance(from: Sequence, by: usize) -> Option<Sequence> {
    let by = u64::try_from(by).ok()?;
    from.number().checked_add(by).map(Sequence::new)
}

/// Takes the next `N` bytes off `rest`.
pub(crate) fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Flaw> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(Flaw::TooShort)?;
    *rest = after;
    Ok(*taken)
}
