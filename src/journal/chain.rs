//! The hash chain: every entry is bound to all entries before it.
//!
//! `hash(i) = D(hash(i-1) ‖ le64(sequence) ‖ le64(term) ‖ body)`, where `D` is the store's digest.
//! The hash before the first entry is derived from the store's identity, so no entry of one store
//! can pass for an entry of another.

use std::fmt;

use sfund_engine::id::Sequence;
use sha2::Digest as _;

use crate::journal::FORMAT;

/// What the first hash of every chain begins with.
const GENESIS_PREFIX: &[u8] = b"sfund-journal";

/// The digest of a store's chain. Chosen when the store is created, fixed from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Digest {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SM3 (GB/T 32905-2016).
    Sm3,
}

impl Digest {
    /// Every digest there is.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sm3];

    /// The number under which a store records the digest. Numbers are forever.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Sha256 => 1,
            Self::Sm3 => 2,
        }
    }

    /// The digest with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|digest| digest.number() == number)
    }

    /// The name that goes into the first hash of the chain.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sm3 => "sm3",
        }
    }

    /// The digest of `parts`, one after the other.
    #[must_use]
    pub fn hash(self, parts: &[&[u8]]) -> Hash {
        match self {
            Self::Sha256 => Hash(hash_with::<sha2::Sha256>(parts)),
            Self::Sm3 => Hash(hash_with::<sm3::Sm3>(parts)),
        }
    }
}

/// 32 bytes of a digest. Prints as hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Bytes in a hash.
    pub const BYTES: usize = 32;

    /// A hash read from storage or made elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// What a store is: its random name and its digest. A backup has the identity of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// 16 random bytes, drawn when the journal began.
    pub store: [u8; 16],
    /// The digest of the chain.
    pub digest: Digest,
}

impl Identity {
    /// The place before the first entry: sequence 0, term 0, and the hash made from the identity.
    #[must_use]
    pub fn genesis(&self) -> Head {
        let name = self.digest.name().as_bytes();
        let length = u8::try_from(name.len()).expect("a digest's name is short");
        let parts: [&[u8]; 5] =
            [GENESIS_PREFIX, &FORMAT.to_le_bytes(), &[length], name, &self.store];
        Head { sequence: Sequence::ZERO, term: 0, hash: self.digest.hash(&parts) }
    }
}

/// A place in the journal: after the entry `sequence`, which was written in `term`, whose hash is
/// `hash`. Two journals with the same head hold the same entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The newest entry; 0 before the first.
    pub sequence: Sequence,
    /// The term in which it was written. Terms never go back.
    pub term: u64,
    /// The chain hash of that entry.
    pub hash: Hash,
}

/// The chain hash of the entry `sequence`, whose predecessor has the hash `before`.
#[must_use]
pub fn link(digest: Digest, before: &Hash, sequence: Sequence, term: u64, body: &[u8]) -> Hash {
    let mut bound = [0; 48];
    let (hash, numbers) = bound.split_at_mut(Hash::BYTES);
    let (first, second) = numbers.split_at_mut(8);
    hash.copy_from_slice(&before.0);
    first.copy_from_slice(&sequence.number().to_le_bytes());
    second.copy_from_slice(&term.to_le_bytes());
    digest.hash(&[&bound, body])
}

fn hash_with<D: sha2::Digest>(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = D::new();
    for part in parts {
        hasher.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&hasher.finalize());
    bytes
}

/// [`checksum`] of what comes piece by piece.
pub(crate) fn checksum_of<B: AsRef<[u8]>>(pieces: impl IntoIterator<Item = B>) -> Hash {
    let mut hasher = sha2::Sha256::new();
    pieces.into_iter().for_each(|piece| hasher.update(piece.as_ref()));
    let mut sum = [0; 32];
    sum.copy_from_slice(&hasher.finalize());
    Hash(sum)
}

/// SHA-256 of `bytes`: the checksum of headers, marks, manifests and snapshots in every store.
pub(crate) fn checksum(bytes: &[u8]) -> Hash {
    checksum_of([bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_agree_with_their_standards() {
        // FIPS 180-4 and GB/T 32905, both over "abc".
        let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sm3 = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(Digest::Sha256.hash(&[b"a", b"bc"]).to_string(), sha);
        assert_eq!(Digest::Sm3.hash(&[b"abc"]).to_string(), sm3);
    }

    #[test]
    fn every_input_of_a_link_changes_its_hash() {
        let zero = Hash::from_bytes([0; 32]);
        let one = Hash::from_bytes([1; 32]);
        let first = Sequence::new(1);
        let hash = link(Digest::Sha256, &zero, first, 1, b"body");
        for other in [
            link(Digest::Sm3, &zero, first, 1, b"body"),
            link(Digest::Sha256, &one, first, 1, b"body"),
            link(Digest::Sha256, &zero, Sequence::new(2), 1, b"body"),
            link(Digest::Sha256, &zero, first, 2, b"body"),
            link(Digest::Sha256, &zero, first, 1, b"bodz"),
        ] {
            assert_ne!(hash, other);
        }
    }

    #[test]
    fn stores_with_another_name_or_digest_begin_with_another_hash() {
        let one = Identity { store: [1; 16], digest: Digest::Sha256 };
        let two = Identity { store: [2; 16], digest: Digest::Sha256 };
        let sm3 = Identity { store: [1; 16], digest: Digest::Sm3 };
        assert_ne!(one.genesis(), two.genesis());
        assert_ne!(one.genesis(), sm3.genesis());
    }
}
