//! The journal in memory, for tests and a demonstration that leaves nothing behind.
//!
//! A [`Disk`] is the fake disk: it outlives the journals opened on it, loses what was not synced
//! when told to crash, and fails as its [`FaultPlan`] says.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sfund_engine::id::Sequence;

use crate::journal::snapshot::SNAPSHOT_BYTES_MAX;
use crate::journal::{
    Block, Error, Flaw, Hash, Head, Identity, Journal, Manifest, Reader, Snapshot, Snapshots,
    Writer, admit, collect, continues, decode, is_on_chain,
};

/// What goes wrong, and when. Counts begin at 0, with the plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct FaultPlan {
    /// The append that fails.
    pub append_fails: Option<u64>,
    /// The sync that fails. What was appended may yet survive.
    pub sync_fails: Option<u64>,
    /// The block read, and how many of its bytes come back.
    pub read_short: Option<(u64, usize)>,
    /// The block read, and which of its bits comes back flipped.
    pub read_flips: Option<(u64, usize)>,
    /// Bytes of blocks after which the disk is full.
    pub disk_bytes_max: Option<usize>,
    /// The snapshot stored that fails.
    pub snapshot_fails: Option<u64>,
    /// How long each sync takes.
    pub sync_takes: Duration,
}

/// A fake disk. Clones are the same disk.
#[derive(Clone)]
pub struct Disk(Arc<Mutex<State>>);

struct State {
    identity: Identity,
    blocks: BTreeMap<u64, Vec<u8>>,
    snapshots: BTreeMap<u64, (Vec<u8>, Vec<u8>)>,
    synced: Head,
    faults: FaultPlan,
    appends_count: u64,
    syncs_count: u64,
    reads_count: u64,
    snapshots_count: u64,
    /// A writer of an earlier opening must not write any more.
    openings_count: u64,
}

struct MemoryWriter {
    disk: Disk,
    opening: u64,
    newest: Head,
    is_latched: bool,
}

impl Disk {
    /// An empty disk with an empty journal on it.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self(Arc::new(Mutex::new(State {
            identity,
            blocks: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            synced: identity.genesis(),
            faults: FaultPlan::default(),
            appends_count: 0,
            syncs_count: 0,
            reads_count: 0,
            snapshots_count: 0,
            openings_count: 0,
        })))
    }

    /// Opens the journal on this disk. The writer of an earlier opening is latched.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if the newest block is unsound.
    pub fn open(&self) -> Result<Journal, Error> {
        let mut state = self.state();
        let identity = state.identity;
        let mut newest = identity.genesis();
        let mut tail = state.blocks.iter().rev().take(2);
        if let Some((key, frame)) = tail.next() {
            let block = decode(*key, frame.clone(), identity.digest)?;
            let before = match tail.next() {
                Some((key, frame)) => decode(*key, frame.clone(), identity.digest)?.head(),
                None => newest,
            };
            continues(&before, &block)?;
            newest = block.head();
        }
        if newest.sequence < state.synced.sequence {
            let synced = state.synced.sequence;
            return Err(Error::Lost { newest: newest.sequence, synced });
        }
        state.synced = newest;
        state.openings_count = state.openings_count.saturating_add(1);
        let opening = state.openings_count;
        Ok(Journal {
            identity,
            writer: Box::new(MemoryWriter {
                disk: self.clone(),
                opening,
                newest,
                is_latched: false,
            }),
            reader: Arc::new(self.clone()),
            snapshots: Box::new(self.clone()),
        })
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&self, faults: FaultPlan) {
        let mut state = self.state();
        state.faults = faults;
        state.appends_count = 0;
        state.syncs_count = 0;
        state.reads_count = 0;
        state.snapshots_count = 0;
    }

    /// Blocks read since the plan was set.
    #[must_use]
    pub fn reads_count(&self) -> u64 {
        self.state().reads_count
    }

    /// The power goes: of the blocks not synced, the first `kept_count` reached the disk.
    pub fn crash(&self, kept_count: usize) {
        let mut state = self.state();
        let next = state.synced.sequence.next().number();
        let lost = state.blocks.range(next..).map(|(key, _)| *key).nth(kept_count);
        if let Some(lost) = lost {
            state.blocks.split_off(&lost);
        }
        state.openings_count = state.openings_count.saturating_add(1);
    }

    /// Changes the stored bytes of the block that begins with `first`, behind the journal's back.
    ///
    /// # Panics
    ///
    /// If there is no such block.
    pub fn damage_block(&self, first: Sequence, damage: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        damage(state.blocks.get_mut(&first.number()).expect("the block is on the disk"));
    }

    /// Removes the block that begins with `first`, behind the journal's back.
    ///
    /// # Panics
    ///
    /// If there is no such block.
    pub fn remove_block(&self, first: Sequence) {
        self.state().blocks.remove(&first.number()).expect("the block is on the disk");
    }

    /// Changes the stored bytes of the snapshot at `sequence`, behind the journal's back.
    ///
    /// # Panics
    ///
    /// If there is no such snapshot.
    pub fn damage_snapshot(&self, sequence: Sequence, damage: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let stored = state.snapshots.get_mut(&sequence.number());
        damage(&mut stored.expect("the snapshot is on the disk").1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The stored bytes of one block, as the disk gives them today.
    fn read_frame(&mut self, mut read: Vec<u8>) -> Vec<u8> {
        let count = self.reads_count;
        self.reads_count = count.saturating_add(1);
        if let Some((_, bytes)) = self.faults.read_short.filter(|(nth, _)| *nth == count) {
            read.truncate(bytes);
        }
        if let Some((_, bit)) = self.faults.read_flips.filter(|(nth, _)| *nth == count) {
            flip(&mut read, bit);
        }
        read
    }
}

impl Writer for MemoryWriter {
    fn append(&mut self, block: &Block) -> Result<(), Error> {
        let mut state = self.disk.state();
        if self.is_latched || state.openings_count != self.opening {
            return Err(Error::Latched);
        }
        admit(&self.newest, state.identity.digest, block)?;
        let count = state.appends_count;
        state.appends_count = count.saturating_add(1);
        let used = state
            .blocks
            .values()
            .fold(block.frame().len(), |sum, frame| sum.saturating_add(frame.len()));
        if state.faults.disk_bytes_max.is_some_and(|bytes_max| bytes_max < used) {
            self.is_latched = true;
            return Err(failed(io::ErrorKind::StorageFull));
        }
        if state.faults.append_fails == Some(count) {
            self.is_latched = true;
            return Err(failed(io::ErrorKind::Other));
        }
        state.blocks.insert(block.first().number(), block.frame().to_vec());
        self.newest = block.head();
        Ok(())
    }

    fn sync(&mut self) -> Result<Head, Error> {
        let takes = self.disk.state().faults.sync_takes;
        // Whoever reads goes on meanwhile.
        thread::sleep(takes);
        let mut state = self.disk.state();
        if self.is_latched || state.openings_count != self.opening {
            return Err(Error::Latched);
        }
        let count = state.syncs_count;
        state.syncs_count = count.saturating_add(1);
        if state.faults.sync_fails == Some(count) {
            self.is_latched = true;
            return Err(failed(io::ErrorKind::Other));
        }
        state.synced = self.newest;
        Ok(self.newest)
    }

    fn newest(&self) -> Head {
        self.newest
    }
}

impl Reader for Disk {
    fn identity(&self) -> Identity {
        self.state().identity
    }

    fn newest(&self) -> Head {
        self.state().synced
    }

    fn read(&self, from: Sequence, bytes_max: usize) -> Result<Vec<Block>, Error> {
        let mut state = self.state();
        let mut bytes = 0_usize;
        let start = state.blocks.range(..=from.number()).next_back().map_or(0, |(key, _)| *key);
        let mut stored = Vec::new();
        for (key, frame) in state.blocks.range(start..) {
            stored.push((*key, frame.clone()));
            bytes = bytes.saturating_add(frame.len());
            if bytes_max <= bytes {
                break;
            }
        }
        let mut frames = Vec::with_capacity(stored.len());
        for (key, frame) in stored {
            frames.push(Ok((key, state.read_frame(frame))));
        }
        collect(&state.identity, &state.synced, from, bytes_max, frames.into_iter())
    }

    fn snapshots(&self) -> Result<Vec<Sequence>, Error> {
        Ok(self.state().snapshots.keys().rev().map(|key| Sequence::new(*key)).collect())
    }

    fn read_snapshot(&self, sequence: Sequence) -> Result<Snapshot, Error> {
        let unsound = |flaw| Error::UnsoundSnapshot { sequence, flaw };
        let stored = self.state().snapshots.get(&sequence.number()).cloned();
        let (manifest, bytes) = stored.ok_or(Error::NoSnapshot { sequence })?;
        let manifest = Manifest::decode(sequence, &manifest).map_err(unsound)?;
        manifest.check(&bytes).map_err(unsound)?;
        if is_on_chain(self, &manifest.head)? {
            Ok(Snapshot { manifest, bytes })
        } else {
            Err(unsound(Flaw::Disconnected))
        }
    }
}

impl Snapshots for Disk {
    fn put(&mut self, head: &Head, market: Hash, bytes: &[u8], keep: usize) -> Result<(), Error> {
        if SNAPSHOT_BYTES_MAX < bytes.len() {
            let bytes_max = SNAPSHOT_BYTES_MAX;
            return Err(Error::SnapshotTooLarge { bytes: bytes.len(), bytes_max });
        }
        let synced = self.newest().sequence;
        if synced < head.sequence {
            return Err(Error::SnapshotAhead { wanted: head.sequence, synced });
        }
        if !is_on_chain(self, head)? {
            return Err(Error::OtherPast { first: head.sequence });
        }
        let manifest = Manifest::of(head, market, bytes).encode();
        let mut state = self.state();
        let count = state.snapshots_count;
        state.snapshots_count = count.saturating_add(1);
        if state.faults.snapshot_fails == Some(count) {
            return Err(failed(io::ErrorKind::Other));
        }
        state.snapshots.insert(head.sequence.number(), (manifest, bytes.to_vec()));
        while keep.max(1) < state.snapshots.len() {
            state.snapshots.pop_first();
        }
        Ok(())
    }
}

/// Flips one bit; counts bits from the start, and again from there if there are fewer.
pub(crate) fn flip(bytes: &mut [u8], bit: usize) {
    let index = (bit / 8).checked_rem(bytes.len()).unwrap_or_default();
    if let Some(byte) = bytes.get_mut(index) {
        *byte ^= 1 << (bit % 8);
    }
}

fn failed(kind: io::ErrorKind) -> Error {
    Error::Io { path: PathBuf::from("memory"), source: kind.into() }
}
