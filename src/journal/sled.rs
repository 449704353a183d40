//! The journal in an embedded sled store: the default back end.
//!
//! One key is one block: the first sequence, big endian; the value is the frame. The folder and
//! its bytes are described in `docs/FORMAT.md`, with what was learnt about sled 0.34.7.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use ::sled::{Db, IVec, Tree};
use crossbeam_channel::{Sender, bounded};
use sfund_engine::id::Sequence;

use crate::journal::chain::checksum_of;
use crate::journal::files::{StoreFile, at, encode_header, sync_folder};
use crate::journal::sled_db::{open_db, sled_call};
use crate::journal::snapshot::{CHUNK_BYTES, SNAPSHOT_BYTES_MAX};
use crate::journal::{
    Block, Digest, Error, Flaw, Hash, Head, Identity, Journal, Manifest, Place, Reader, Snapshot,
    Snapshots, Writer, admit, collect, continues, decode, is_on_chain,
};

/// sled looks at what it should evict only after 64 accesses to one of its 256 shards, so a scan of
/// large pages is never evicted. So many accesses to one page make it look.
const SETTLE_TOUCHES: usize = 66;

/// Bytes read or written between two such looks.
const SETTLE_BYTES: usize = 128 * 1024;

/// Chunks of a snapshot between two syncs. Bounds what a sync of the journal may wait for.
const CHUNKS_PER_SYNC: u32 = 16;

/// Chunks of a snapshot between the thread that reads and the one that hashes.
const CHUNKS_AHEAD_MAX: usize = 64;

const TREE_JOURNAL: &str = "journal";
const TREE_MANIFESTS: &str = "snapshots";
const TREE_CHUNKS: &str = "chunks";
/// Where the header stands once more, in sled's default tree.
const KEY_HEADER: &str = "sfund.store";

/// Creates a journal in the absent or empty `folder`, whose parent exists.
///
/// # Errors
///
/// [`Error::NotEmpty`]; if the disk fails.
pub fn create(folder: &Path, digest: Digest) -> Result<Journal, Error> {
    let mut store = [0; 16];
    getrandom::fill(&mut store).map_err(|source| Error::NoRandomness { source })?;
    create_as(folder, Identity { store, digest })
}

/// Creates an empty journal that continues the one of this identity: a backup or a standby's copy.
///
/// # Errors
///
/// As [`create`].
pub fn create_as(folder: &Path, identity: Identity) -> Result<Journal, Error> {
    let mut store = StoreFile::begin(folder, &identity)?;
    let db = open_db(folder)?;
    sled_call(|| db.insert(KEY_HEADER, encode_header(&identity)))?;
    let open = Open::new(folder, db, identity)?;
    open.sync()?;
    let conf = folder.join("conf");
    File::open(&conf).and_then(|file| file.sync_all()).map_err(at(&conf))?;
    sync_folder(&open.blobs)?;
    store.complete(folder)?;
    Ok(open.into_journal(store, identity.genesis()))
}

/// Opens the journal in `folder`.
///
/// Checks the header, that the journal reaches the mark of the last sync with the same hash, and
/// that its newest two blocks are sound. The rest is checked when it is read.
///
/// # Errors
///
/// [`Error::NotAStore`], [`Error::NeverCompleted`], [`Error::InUse`], [`Error::NewerFormat`],
/// [`Error::UnknownDigest`];
/// [`Error::Damaged`], [`Error::Lost`], [`Error::FilesDamaged`] and, where panics unwind,
/// [`Error::SledPanicked`] if the store is not what it was.
pub fn open(folder: &Path) -> Result<Journal, Error> {
    let (store, identity, mark) = StoreFile::open(folder)?;
    // sled would begin a new log in the place of a missing one.
    for (name, bytes_min) in [("conf", 9), ("db", 1)] {
        let path = folder.join(name);
        let bytes = fs::metadata(&path).map(|found| found.len()).unwrap_or_default();
        if bytes < bytes_min {
            return Err(Error::Damaged { place: Place::Files, flaw: Flaw::Missing });
        }
    }
    let db = open_db(folder)?;
    if sled_call(|| db.get(KEY_HEADER))?.as_deref() != Some(encode_header(&identity).as_slice()) {
        return Err(Error::Damaged { place: Place::Header, flaw: Flaw::Misplaced });
    }
    let open = Open::new(folder, db, identity)?;
    let newest = open.newest_block_head()?;
    if newest.sequence < mark.sequence {
        return Err(Error::Lost { newest: newest.sequence, synced: mark.sequence });
    }
    // What survived counts from now on, so it is made durable first; so is sled's new table.
    open.sync()?;
    sync_folder(folder)?;
    let journal = open.into_journal(store, newest);
    if !is_on_chain(journal.reader.as_ref(), &mark)? {
        let place = Place::Block(mark.sequence);
        return Err(Error::Damaged { place, flaw: Flaw::Disconnected });
    }
    Ok(journal)
}

/// sled's side of an open store.
struct Open {
    identity: Identity,
    journal: Tree,
    manifests: Tree,
    chunks: Tree,
    db: Db,
    /// A second handle on sled's log: sled's own flush does not reach the device.
    log: File,
    log_path: PathBuf,
    blobs: PathBuf,
    /// Bytes read or written since sled last looked at its cache.
    unsettled_bytes: AtomicUsize,
}

/// An open store. Fields drop in order: our lock goes last.
struct Store {
    open: Open,
    shared: Mutex<Shared>,
}

/// What the writer tells the readers.
struct Shared {
    synced: Head,
    file: StoreFile,
}

struct SledWriter {
    store: Arc<Store>,
    newest: Head,
    is_latched: bool,
}

struct SledReader {
    store: Arc<Store>,
}

struct SledSnapshots {
    store: Arc<Store>,
}

impl Open {
    fn new(folder: &Path, db: Db, identity: Identity) -> Result<Self, Error> {
        let log_path = folder.join("db");
        let log =
            OpenOptions::new().read(true).write(true).open(&log_path).map_err(at(&log_path))?;
        Ok(Self {
            identity,
            journal: sled_call(|| db.open_tree(TREE_JOURNAL))?,
            manifests: sled_call(|| db.open_tree(TREE_MANIFESTS))?,
            chunks: sled_call(|| db.open_tree(TREE_CHUNKS))?,
            db,
            log,
            log_path,
            blobs: folder.join("blobs"),
            unsettled_bytes: AtomicUsize::new(0),
        })
    }

    fn into_journal(self, file: StoreFile, synced: Head) -> Journal {
        let identity = self.identity;
        let store = Arc::new(Store { open: self, shared: Mutex::new(Shared { synced, file }) });
        Journal {
            identity,
            writer: Box::new(SledWriter {
                store: Arc::clone(&store),
                newest: synced,
                is_latched: false,
            }),
            reader: Arc::new(SledReader { store: Arc::clone(&store) }),
            snapshots: Box::new(SledSnapshots { store }),
        }
    }

    /// Makes everything given to sled durable: its buffers, the device's, and the file's length.
    fn sync(&self) -> Result<(), Error> {
        sled_call(|| self.db.flush())?;
        self.log.sync_data().map_err(at(&self.log_path))?;
        // There are none, by the choice of segment and block; if there ever are, they count too.
        let mut blobs = fs::read_dir(&self.blobs).map_err(at(&self.blobs))?.peekable();
        if blobs.peek().is_some() {
            for blob in blobs {
                let path = blob.map_err(at(&self.blobs))?.path();
                File::open(&path).and_then(|file| file.sync_data()).map_err(at(&path))?;
            }
            sync_folder(&self.blobs)?;
        }
        Ok(())
    }

    /// The place after the newest block, once it and its connection are checked.
    fn newest_block_head(&self) -> Result<Head, Error> {
        let digest = self.identity.digest;
        let Some((key, frame)) = sled_call(|| self.journal.last())? else {
            return Ok(self.identity.genesis());
        };
        let newest = decode(number(&key)?, frame.to_vec(), digest)?;
        let before = match sled_call(|| self.journal.get_lt(&key))? {
            Some((key, frame)) => decode(number(&key)?, frame.to_vec(), digest)?.head(),
            None => self.identity.genesis(),
        };
        continues(&before, &newest)?;
        Ok(newest.head())
    }

    /// Makes sled look at its cache, once `bytes` more were read or written through `tree`.
    fn settle(&self, tree: &Tree, key: &[u8], bytes: usize) -> Result<(), Error> {
        let before = self.unsettled_bytes.fetch_add(bytes, Ordering::Relaxed);
        if SETTLE_BYTES <= before.saturating_add(bytes) {
            self.unsettled_bytes.store(0, Ordering::Relaxed);
            for _ in 0..SETTLE_TOUCHES {
                sled_call(|| tree.contains_key(key))?;
            }
        }
        Ok(())
    }

    /// Removes the snapshot at `key`, its manifest first.
    fn remove_snapshot(&self, key: &[u8]) -> Result<(), Error> {
        sled_call(|| self.manifests.remove(key))?;
        let mut chunks = self.chunks.scan_prefix(key).keys();
        while let Some(chunk) = sled_call(|| chunks.next().transpose())? {
            sled_call(|| self.chunks.remove(&chunk))?;
        }
        Ok(())
    }

    /// The numbers of the snapshots, newest first.
    fn snapshots(&self) -> Result<Vec<Sequence>, Error> {
        let mut found = Vec::new();
        let mut keys = self.manifests.iter().keys();
        while let Some(key) = sled_call(|| keys.next().transpose())? {
            found.push(Sequence::new(number(&key)?));
        }
        found.reverse();
        Ok(found)
    }

    /// Removes chunks that no manifest speaks for: a snapshot that was never finished.
    fn remove_strays(&self) -> Result<(), Error> {
        let mut next = Vec::new();
        while let Some((chunk, _)) = sled_call(|| match next.as_slice() {
            [] => self.chunks.first(),
            key => self.chunks.get_gt(key),
        })? {
            let (key, _) = chunk
                .split_at_checked(8)
                .ok_or(Error::Damaged { place: Place::Files, flaw: Flaw::Misplaced })?;
            if !sled_call(|| self.manifests.contains_key(key))? {
                self.remove_snapshot(key)?;
            }
            next = [key, &[0xff; 5]].concat();
        }
        Ok(())
    }
}

impl Store {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn synced(&self) -> Head {
        self.shared().synced
    }
}

impl SledWriter {
    /// Latches on failure.
    fn attempt<T>(&mut self, work: impl FnOnce(&Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.is_latched {
            return Err(Error::Latched);
        }
        let done = work(self);
        self.is_latched = done.is_err();
        done
    }
}

impl Writer for SledWriter {
    fn append(&mut self, block: &Block) -> Result<(), Error> {
        if self.is_latched {
            return Err(Error::Latched);
        }
        admit(&self.newest, self.store.open.identity.digest, block)?;
        self.attempt(|writer| {
            let open = &writer.store.open;
            let key = block.first().number().to_be_bytes();
            let replaced = sled_call(|| open.journal.insert(key, block.frame()))?;
            assert!(replaced.is_none(), "a block is written once");
            open.settle(&open.journal, &key, block.frame().len())
        })?;
        self.newest = block.head();
        Ok(())
    }

    fn sync(&mut self) -> Result<Head, Error> {
        self.attempt(|writer| {
            let newest = writer.newest;
            if writer.store.synced() != newest {
                writer.store.open.sync()?;
                let mut shared = writer.store.shared();
                shared.file.mark(&newest)?;
                shared.synced = newest;
            }
            Ok(newest)
        })
    }

    fn newest(&self) -> Head {
        self.newest
    }
}

impl SledReader {
    /// The bytes of a snapshot; each chunk goes to `pieces` too.
    fn read_chunks(
        &self,
        manifest: &Manifest,
        key: [u8; 8],
        pieces: &Sender<IVec>,
    ) -> Result<Vec<u8>, Error> {
        let open = &self.store.open;
        // The manifest is sound, and what it names was put under the same limit.
        let length = usize::try_from(manifest.length).unwrap_or(SNAPSHOT_BYTES_MAX);
        let mut bytes = Vec::with_capacity(length.min(SNAPSHOT_BYTES_MAX));
        let mut chunks = open.chunks.scan_prefix(key);
        while let Some((key, chunk)) = sled_call(|| chunks.next().transpose())? {
            bytes.extend_from_slice(&chunk);
            if SNAPSHOT_BYTES_MAX < bytes.len() {
                let (sequence, flaw) = (manifest.head.sequence, Flaw::TooLong);
                return Err(Error::UnsoundSnapshot { sequence, flaw });
            }
            open.settle(&open.chunks, &key, chunk.len())?;
            pieces.send(chunk).expect("the other end takes all of them");
        }
        Ok(bytes)
    }
}

impl Reader for SledReader {
    fn identity(&self) -> Identity {
        self.store.open.identity
    }

    fn newest(&self) -> Head {
        self.store.synced()
    }

    fn read(&self, from: Sequence, bytes_max: usize) -> Result<Vec<Block>, Error> {
        let open = &self.store.open;
        let synced = self.store.synced();
        let from = from.max(Sequence::new(1));
        if synced.sequence < from {
            return Ok(Vec::new());
        }
        let after = from.next().number().to_be_bytes();
        let start = match sled_call(|| open.journal.get_lt(after))? {
            Some((key, _)) => key,
            None => IVec::from(&from.number().to_be_bytes()),
        };
        let mut range = open.journal.range(start..);
        let frames = std::iter::from_fn(|| {
            let stored = sled_call(|| range.next().transpose()).transpose()?;
            Some(stored.and_then(|(key, frame)| {
                open.settle(&open.journal, &key, frame.len())?;
                Ok((number(&key)?, frame.to_vec()))
            }))
        });
        collect(&open.identity, &synced, from, bytes_max, frames)
    }

    fn snapshots(&self) -> Result<Vec<Sequence>, Error> {
        self.store.open.snapshots()
    }

    fn read_snapshot(&self, sequence: Sequence) -> Result<Snapshot, Error> {
        let open = &self.store.open;
        let unsound = |flaw| Error::UnsoundSnapshot { sequence, flaw };
        let key = sequence.number().to_be_bytes();
        let stored =
            sled_call(|| open.manifests.get(key))?.ok_or(Error::NoSnapshot { sequence })?;
        let manifest = Manifest::decode(sequence, &stored).map_err(unsound)?;
        // Hashed on a thread of its own while it is read.
        let (bytes, sum) = thread::scope(|scope| {
            let (pieces, hashed) = bounded::<IVec>(CHUNKS_AHEAD_MAX);
            let sum = scope.spawn(move || checksum_of(hashed));
            let bytes = self.read_chunks(&manifest, key, &pieces);
            drop(pieces);
            (bytes, sum.join().expect("hashing does not panic"))
        });
        let bytes = bytes?;
        manifest.check_sum(&bytes, sum).map_err(unsound)?;
        if is_on_chain(self, &manifest.head)? {
            Ok(Snapshot { manifest, bytes })
        } else {
            Err(unsound(Flaw::Disconnected))
        }
    }
}

impl Snapshots for SledSnapshots {
    fn put(&mut self, head: &Head, market: Hash, bytes: &[u8], keep: usize) -> Result<(), Error> {
        let open = &self.store.open;
        if SNAPSHOT_BYTES_MAX < bytes.len() {
            let bytes_max = SNAPSHOT_BYTES_MAX;
            return Err(Error::SnapshotTooLarge { bytes: bytes.len(), bytes_max });
        }
        let synced = self.store.synced().sequence;
        if synced < head.sequence {
            return Err(Error::SnapshotAhead { wanted: head.sequence, synced });
        }
        if !is_on_chain(&SledReader { store: Arc::clone(&self.store) }, head)? {
            return Err(Error::OtherPast { first: head.sequence });
        }
        open.remove_strays()?;
        let key = head.sequence.number().to_be_bytes();
        open.remove_snapshot(&key)?;
        for (index, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
            let index = u32::try_from(index).expect("a snapshot has fewer than 2^32 chunks");
            let chunk_key = [key.as_slice(), &index.to_be_bytes()].concat();
            sled_call(|| open.chunks.insert(&chunk_key, chunk))?;
            open.settle(&open.chunks, &chunk_key, chunk.len())?;
            if (index.saturating_add(1)).is_multiple_of(CHUNKS_PER_SYNC) {
                open.sync()?;
            }
        }
        open.sync()?;
        let manifest = Manifest::of(head, market, bytes).encode();
        sled_call(|| open.manifests.insert(key, manifest.as_slice()))?;
        open.sync()?;
        for old in open.snapshots()?.into_iter().skip(keep.max(1)) {
            open.remove_snapshot(&old.number().to_be_bytes())?;
            open.sync()?;
        }
        Ok(())
    }
}

/// The number that a key stands for.
fn number(key: &[u8]) -> Result<u64, Error> {
    let bytes = <[u8; 8]>::try_from(key)
        .map_err(|_| Error::Damaged { place: Place::Files, flaw: Flaw::Misplaced })?;
    Ok(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use crate::journal::contract::block_after;

    use super::*;

    #[test]
    fn after_a_failed_sync_nothing_more_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity { store: [1; 16], digest: Digest::Sha256 };
        let store = StoreFile::begin(folder.path(), &identity).unwrap();
        let mut open = Open::new(folder.path(), open_db(folder.path()).unwrap(), identity).unwrap();
        // A device that cannot be synced in the place of the log.
        open.log = File::open("/dev/null").unwrap();
        let mut journal = open.into_journal(store, identity.genesis());
        let block = block_after(&identity.genesis(), 1, 3, Digest::Sha256);
        journal.writer.append(&block).unwrap();
        assert!(matches!(journal.writer.sync(), Err(Error::Io { .. })));
        assert!(matches!(journal.writer.sync(), Err(Error::Latched)));
        let next = block_after(&block.head(), 1, 3, Digest::Sha256);
        assert!(matches!(journal.writer.append(&next), Err(Error::Latched)));
        assert_eq!(journal.reader.newest(), identity.genesis());
    }
}
