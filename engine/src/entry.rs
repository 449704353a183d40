//! Entries: what the journal keeps (日志条目).
//!
//! An entry is who asked what and when, and what came of it. Refusals are entries too, so that the
//! same attempt gets the same answer after a crash. The sequence number and the hash chain are the
//! journal's frame around these bytes.

use minicbor::{Decode, Encode};

use crate::command::Command;
use crate::event::Event;
use crate::id::{PartyId, Sequence};
use crate::reject::Reject;
use crate::time::Time;

/// Who gives a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Caller {
    /// The venue's own machinery: it opens the venue and lets time pass.
    #[n(0)]
    Venue,
    /// A party, by one of its keys.
    #[n(1)]
    Party(#[n(0)] PartyId),
}

/// One attempt to give a command: sent again, it has the same answer and no second effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Attempt {
    /// The caller's own id for it, a UUID.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// Fingerprint of what was asked, so that the id cannot be used for something else.
    #[n(1)]
    pub fingerprint: u64,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// This happened.
    #[n(0)]
    Accepted(#[n(0)] Vec<Event>),
    /// Nothing happened, for this reason.
    #[n(1)]
    Refused(#[n(0)] Reject),
}

/// One entry of the journal, without its sequence.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// When, strictly after the entry before.
    #[n(0)]
    pub at: Time,
    /// Who.
    #[n(1)]
    pub caller: Caller,
    /// Which attempt of theirs; the venue's own commands have none.
    #[n(2)]
    pub attempt: Option<Attempt>,
    /// What was asked.
    #[n(3)]
    pub command: Command,
    /// What came of it.
    #[n(4)]
    pub outcome: Outcome,
}

/// Where and when an entry stands, and whose it is: all that applying it needs beside its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Place in the journal.
    pub sequence: Sequence,
    /// When.
    pub at: Time,
    /// Who.
    pub caller: Caller,
    /// Which attempt.
    pub attempt: Option<Attempt>,
}

/// Fingerprint of a command: FNV-1a over its encoded bytes, folded eight at a time.
///
/// It guards a caller against its own mistakes only, so it need not be cryptographic.
#[must_use]
pub fn fingerprint(encoded: &[u8]) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for chunk in encoded.chunks(8) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01B3);
        hash ^= hash >> 29;
    }
    hash
}
