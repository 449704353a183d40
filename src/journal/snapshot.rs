//! A snapshot as it is stored: chunks of bytes, and a manifest that is written last.
//!
//! Without its manifest a snapshot does not exist; with it, it is whole or provably unsound.

use sfund_engine::id::Sequence;

use crate::journal::block::take;
use crate::journal::chain::checksum;
use crate::journal::error::Flaw;
use crate::journal::{Hash, Head};

/// Bytes of one chunk. Small, so that the writer never waits long behind one.
pub const CHUNK_BYTES: usize = 16 * 1024;

/// Most bytes in a snapshot: it is read into memory whole.
pub const SNAPSHOT_BYTES_MAX: usize = 2 * 1024 * 1024 * 1024;

/// What a manifest of this format begins with.
const MAGIC: [u8; 4] = *b"SFS1";
/// Bytes of a manifest before its checksum.
const CHECKED_BYTES: usize = 124;

/// What a snapshot claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The place in the journal; replay goes on after it.
    pub head: Head,
    /// The digest of the market, as the engine computes it.
    pub market: Hash,
    /// Bytes of the snapshot.
    pub length: u64,
    /// SHA-256 of the bytes, whatever the digest of the chain.
    pub sum: Hash,
}

/// A sound snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Where it belongs.
    pub manifest: Manifest,
    /// What was stored.
    pub bytes: Vec<u8>,
}

impl Manifest {
    /// The manifest of `bytes`.
    #[must_use]
    pub fn of(head: &Head, market: Hash, bytes: &[u8]) -> Self {
        let length = u64::try_from(bytes.len()).expect("memory is below 2^64 bytes");
        Self { head: *head, market, length, sum: checksum(bytes) }
    }

    /// The stored bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut stored = Vec::with_capacity(CHECKED_BYTES.saturating_add(Hash::BYTES));
        stored.extend_from_slice(&MAGIC);
        stored.extend_from_slice(&self.head.sequence.number().to_le_bytes());
        stored.extend_from_slice(&self.head.term.to_le_bytes());
        stored.extend_from_slice(self.head.hash.as_bytes());
        stored.extend_from_slice(self.market.as_bytes());
        stored.extend_from_slice(&self.length.to_le_bytes());
        stored.extend_from_slice(self.sum.as_bytes());
        let sum = checksum(&stored);
        stored.extend_from_slice(sum.as_bytes());
        stored
    }

    /// Reads a manifest stored for `sequence`.
    ///
    /// # Errors
    ///
    /// The first [`Flaw`] found.
    pub fn decode(sequence: Sequence, stored: &[u8]) -> Result<Self, Flaw> {
        let (checked, sum) = stored.split_at_checked(CHECKED_BYTES).ok_or(Flaw::TooShort)?;
        let mut rest = checked;
        if take::<4>(&mut rest)? != MAGIC {
            return Err(Flaw::NotAFrame);
        }
        if checksum(checked).as_bytes() != sum {
            return Err(Flaw::WrongHash);
        }
        let head = Head {
            sequence: Sequence::new(u64::from_le_bytes(take(&mut rest)?)),
            term: u64::from_le_bytes(take(&mut rest)?),
            hash: Hash::from_bytes(take(&mut rest)?),
        };
        let market = Hash::from_bytes(take(&mut rest)?);
        let length = u64::from_le_bytes(take(&mut rest)?);
        let sum = Hash::from_bytes(take(&mut rest)?);
        if head.sequence == sequence {
            Ok(Self { head, market, length, sum })
        } else {
            Err(Flaw::Misplaced)
        }
    }

    /// Checks `bytes` against the manifest.
    ///
    /// # Errors
    ///
    /// The [`Flaw`] found.
    pub fn check(&self, bytes: &[u8]) -> Result<(), Flaw> {
        self.check_sum(bytes, checksum(bytes))
    }

    /// Checks `bytes`, whose checksum is `sum`, against the manifest.
    ///
    /// # Errors
    ///
    /// As [`Manifest::check`].
    pub(crate) fn check_sum(&self, bytes: &[u8], sum: Hash) -> Result<(), Flaw> {
        if u64::try_from(bytes.len()) != Ok(self.length) {
            return Err(Flaw::WrongLength);
        }
        if sum == self.sum { Ok(()) } else { Err(Flaw::WrongHash) }
    }
}
