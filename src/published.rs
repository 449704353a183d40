//! Durable entries as the server hands them around: decoded once, shared by all who need them.
//!
//! A [`Block`] exists only for entries that are synced, so whoever holds one may show it.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use prost::bytes::Bytes;
use sfund_engine::command::Command;
use sfund_engine::entry::{Entry, Header, Outcome};
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, ListingId, Sequence};
use sfund_engine::reject::Reject;
use thiserror::Error;

use crate::journal::{self, Hash, Head};

/// A run of durable entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub(crate) head: Head,
    pub(crate) records: Vec<Record>,
    /// The chain hash of each record.
    pub(crate) hashes: Vec<Hash>,
    /// The events of all records, one after the other.
    pub(crate) events: Vec<Event>,
    /// What everybody is told of it.
    pub(crate) public: Kept<Public>,
    /// Whose books it changed.
    pub(crate) books: Kept<Vec<Touched>>,
}

/// What is made once of a block, by whoever needs it first. It says nothing that the block does not,
/// so blocks are equal without it.
#[derive(Clone, Debug)]
pub(crate) struct Kept<T>(OnceLock<T>);

/// What everybody may know of a block, in the bytes in which it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Public {
    /// In the order of their entries.
    pub(crate) messages: Vec<PublicMessage>,
}

/// One message of an entry.
#[derive(Clone, Debug)]
pub(crate) struct PublicMessage {
    /// The entry, by its place in the block.
    pub(crate) index: usize,
    /// What it is about.
    pub(crate) about: About,
    /// The message, without saying whether more of its entry follow.
    pub(crate) bytes: Bytes,
}

/// What a message is about: who watches may narrow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// All funds.
    AllFunds,
    /// One fund.
    Fund(FundId),
    /// The lot of a listing.
    Lot(ListingId),
}

/// A fund whose book an entry changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    /// The entry, by its place in the block.
    pub(crate) index: usize,
    /// The fund.
    pub(crate) fund: FundId,
}

/// Entries of a block that follow one another.
#[derive(Clone, Debug)]
pub struct Run {
    block: Arc<Block>,
    places: Range<usize>,
}

/// One entry, its events elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) header: Header,
    pub(crate) command: Command,
    pub(crate) outcome: Recorded,
}

/// What came of a command: where its events lie, or why there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    Accepted { from: usize, to: usize },
    Refused(Reject),
}

/// One entry of a block that is shared.
#[derive(Clone, Debug)]
pub struct Item {
    block: Arc<Block>,
    index: usize,
}

/// A stored body is no entry, though its hash is right: it was written by another program.
#[derive(Debug, Error)]
#[error("{sequence} cannot be read as an entry: use the version of sfund that wrote it")]
pub struct Undecodable {
    /// The entry.
    pub sequence: Sequence,
    /// What the codec said.
    #[source]
    pub source: minicbor::decode::Error,
}

impl Block {
    /// Decodes the entries of a block that was read from the journal.
    ///
    /// # Errors
    ///
    /// [`Undecodable`] at the first body that is no entry.
    pub fn decode(block: &journal::Block) -> Result<Self, Undecodable> {
        let mut decoded = Self {
            head: block.head(),
            records: Vec::with_capacity(block.entries_count()),
            hashes: Vec::with_capacity(block.entries_count()),
            events: Vec::new(),
            public: Kept::default(),
            books: Kept::default(),
        };
        for (sequence, hash, body) in block.entries() {
            let entry: Entry =
                minicbor::decode(body).map_err(|source| Undecodable { sequence, source })?;
            let Entry { at, caller, attempt, command, outcome } = entry;
            let outcome = match outcome {
                Outcome::Accepted(mut events) => {
                    let from = decoded.events.len();
                    decoded.events.append(&mut events);
                    Recorded::Accepted { from, to: decoded.events.len() }
                }
                Outcome::Refused(reject) => Recorded::Refused(reject),
            };
            let header = Header { sequence, at, caller, attempt };
            decoded.records.push(Record { header, command, outcome });
            decoded.hashes.push(hash);
        }
        Ok(decoded)
    }

    /// The place after its last entry.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// Its first entry.
    #[must_use]
    pub fn first(&self) -> Sequence {
        self.records.first().map_or(self.head.sequence, |record| record.header.sequence)
    }

    /// Entries in the block.
    #[must_use]
    pub fn entries_count(&self) -> usize {
        self.records.len()
    }

    /// The entries in order: header, command and outcome.
    pub fn entries(&self) -> impl Iterator<Item = (&Header, &Command, Result<&[Event], &Reject>)> {
        self.records.iter().map(|record| (&record.header, &record.command, self.outcome(record)))
    }

    fn outcome<'a>(&'a self, record: &'a Record) -> Result<&'a [Event], &'a Reject> {
        match &record.outcome {
            Recorded::Accepted { from, to } => {
                Ok(self.events.get(*from..*to).expect("events of a record lie in its block"))
            }
            Recorded::Refused(reject) => Err(reject),
        }
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Kept<T> {
    /// What was made, or is made now.
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(make)
    }
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Kept<T> {}

impl Run {
    /// At most `most` entries of `block` from `from` to `until`; none if it holds none of them.
    #[must_use]
    pub fn of(block: &Arc<Block>, from: Sequence, until: Sequence, most: usize) -> Option<Self> {
        let at = |sequence: Sequence| {
            let place = sequence.number().checked_sub(block.first().number())?;
            usize::try_from(place).ok()
        };
        let first = at(from)?;
        let ends = [at(until)?.saturating_add(1), block.records.len(), first.saturating_add(most)];
        let end = ends.into_iter().min()?;
        (first < end).then(|| Self { block: Arc::clone(block), places: first..end })
    }

    /// The block of which they are.
    pub(crate) fn block(&self) -> &Block {
        &self.block
    }

    /// Where in the block they lie.
    pub(crate) fn places(&self) -> Range<usize> {
        self.places.clone()
    }

    /// Its last entry.
    #[must_use]
    pub fn last(&self) -> Sequence {
        let last = self.block.records.get(self.places.end.saturating_sub(1));
        last.map_or(self.block.head.sequence, |record| record.header.sequence)
    }

    /// The entries.
    pub fn items(&self) -> impl Iterator<Item = Item> {
        self.places().map(|index| Item { block: Arc::clone(&self.block), index })
    }
}

impl Item {
    /// The entry `sequence` of `block`, if it holds it.
    #[must_use]
    pub fn find(block: &Arc<Block>, sequence: Sequence) -> Option<Self> {
        let index = sequence.number().checked_sub(block.first().number())?;
        let index = usize::try_from(index).ok()?;
        (index < block.records.len()).then(|| Self { block: Arc::clone(block), index })
    }

    /// The entry at `index` of `block`, from 0, if it has so many.
    #[must_use]
    pub fn at(block: &Arc<Block>, index: usize) -> Option<Self> {
        (index < block.records.len()).then(|| Self { block: Arc::clone(block), index })
    }

    /// Sequence, time, caller and attempt.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.record().header
    }

    /// What was asked.
    #[must_use]
    pub fn command(&self) -> &Command {
        &self.record().command
    }

    /// What came of it.
    ///
    /// # Errors
    ///
    /// The reject, if the market said no.
    pub fn outcome(&self) -> Result<&[Event], &Reject> {
        self.block.outcome(self.record())
    }

    /// The chain hash of the entry.
    #[must_use]
    pub fn hash(&self) -> Hash {
        *self.block.hashes.get(self.index).expect("the index is within the block")
    }

    /// The entry by itself.
    #[must_use]
    pub fn to_entry(&self) -> Entry {
        let Header { at, caller, attempt, .. } = *self.header();
        let outcome = match self.outcome() {
            Ok(events) => Outcome::Accepted(events.to_vec()),
            Err(reject) => Outcome::Refused(*reject),
        };
        Entry { at, caller, attempt, command: self.command().clone(), outcome }
    }

    fn record(&self) -> &Record {
        self.block.records.get(self.index).expect("the index is within the block")
    }
}
