//! What a store's folder holds beside sled's files: `sfund.store`, with the header and the mark.
//!
//! The header says what the store is. The mark says up to where it was synced. sled takes a damaged
//! log for one that ends there and clears the rest; the mark tells such a loss from a clean end.
//! The mark is written after each sync and not synced itself: it may lag, and never leads.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sfund_engine::id::Sequence;

use crate::journal::block::take;
use crate::journal::chain::checksum;
use crate::journal::{Digest, Error, FORMAT, Flaw, Hash, Head, Identity, Place};

/// Our own file in the folder.
const STORE: &str = "sfund.store";
/// Its name until the store is complete.
const STORE_NEW: &str = "sfund.store.new";
/// What every header begins with, in this format and all later ones.
const MAGIC: [u8; 8] = *b"SFUNDJNL";
/// Bytes of the header before its checksum.
const HEADER_CHECKED_BYTES: usize = 32;
/// Bytes of the header.
pub(crate) const HEADER_BYTES: usize = 64;
/// Where the two slots of the mark lie: in different pages, so that a torn write spoils one.
const SLOTS: [u64; 2] = [4096, 8192];
/// Bytes of a slot before its checksum.
const SLOT_CHECKED_BYTES: usize = 56;
/// Bytes of a slot.
const SLOT_BYTES: usize = 88;

/// The file `sfund.store`, locked as long as the store is open.
pub(crate) struct StoreFile {
    path: PathBuf,
    file: File,
    writes_count: u64,
}

impl StoreFile {
    /// Begins a store in the absent or empty `folder`; [`StoreFile::complete`] it when the rest is
    /// on the disk.
    pub(crate) fn begin(folder: &Path, identity: &Identity) -> Result<Self, Error> {
        match fs::create_dir(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let mut entries = fs::read_dir(folder).map_err(at(folder))?;
                if entries.next().is_some() {
                    return Err(Error::NotEmpty { path: folder.to_owned() });
                }
            }
            Err(error) => return Err(at(folder)(error)),
        }
        let path = folder.join(STORE_NEW);
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create_new(true).open(&path).map_err(at(&path))?;
        let mut store = Self { path, file, writes_count: 0 };
        store.lock(folder)?;
        store.file.write_all_at(&encode_header(identity), 0).map_err(at(&store.path))?;
        store.mark(&identity.genesis())?;
        store.mark(&identity.genesis())?;
        store.file.sync_all().map_err(at(&store.path))?;
        Ok(store)
    }

    /// Gives the store its name. From here on it can be opened.
    pub(crate) fn complete(&mut self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(STORE);
        fs::rename(&self.path, &path).map_err(at(&path))?;
        self.path = path;
        sync_folder(folder)?;
        match folder.parent() {
            Some(parent) if parent.as_os_str().is_empty() => sync_folder(Path::new(".")),
            Some(parent) => sync_folder(parent),
            None => Ok(()),
        }
    }

    /// Opens and locks the file of a store: what the store is, and up to where it was synced.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Identity, Head), Error> {
        let path = folder.join(STORE);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let path = folder.to_owned();
                return Err(if folder.join(STORE_NEW).exists() {
                    Error::NeverCompleted { path }
                } else {
                    Error::NotAStore { path }
                });
            }
            Err(error) => return Err(at(&path)(error)),
        };
        let mut store = Self { path, file, writes_count: 0 };
        store.lock(folder)?;
        let header: [u8; HEADER_BYTES] = store.read(0, Place::Header)?;
        if !header.starts_with(&MAGIC) {
            return Err(Error::NotAStore { path: folder.to_owned() });
        }
        let identity = decode_header(&header)?;
        let mut newest: Option<(u64, Head)> = None;
        for slot in SLOTS {
            // A torn slot is as good as none: the other holds the sync before.
            if let Ok(found) = decode_slot(&store.read::<SLOT_BYTES>(slot, Place::Mark)?)
                && newest.is_none_or(|(count, _)| count < found.0)
            {
                newest = Some(found);
            }
        }
        let (count, mark) =
            newest.ok_or(Error::Damaged { place: Place::Mark, flaw: Flaw::WrongHash })?;
        store.writes_count = count;
        Ok((store, identity, mark))
    }

    /// Notes that everything up to `head` is synced.
    pub(crate) fn mark(&mut self, head: &Head) -> Result<(), Error> {
        self.writes_count = self.writes_count.checked_add(1).expect("fewer than 2^64 syncs");
        let [even, odd] = SLOTS;
        let slot = if self.writes_count.is_multiple_of(2) { even } else { odd };
        let stored = encode_slot(self.writes_count, head);
        self.file.write_all_at(&stored, slot).map_err(at(&self.path))
    }

    fn lock(&self, folder: &Path) -> Result<(), Error> {
        match self.file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path: folder.to_owned() }),
            Err(TryLockError::Error(error)) => Err(at(&self.path)(error)),
        }
    }

    fn read<const N: usize>(&self, offset: u64, place: Place) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        match self.file.read_exact_at(&mut bytes, offset) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(Error::Damaged { place, flaw: Flaw::TooShort })
            }
            Err(error) => Err(at(&self.path)(error)),
        }
    }
}

/// Names the file in an error.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

/// Makes the names in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(at(folder))
}

/// The header, as it is stored in the file and once more in sled.
pub(crate) fn encode_header(identity: &Identity) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend_from_slice(&MAGIC);
    header.extend_from_slice(&FORMAT.to_le_bytes());
    header.extend_from_slice(&identity.digest.number().to_le_bytes());
    header.extend_from_slice(&identity.store);
    let sum = checksum(&header);
    header.extend_from_slice(sum.as_bytes());
    header
}

fn decode_header(header: &[u8; HEADER_BYTES]) -> Result<Identity, Error> {
    let damaged = |flaw| Error::Damaged { place: Place::Header, flaw };
    let (checked, sum) = header.split_at(HEADER_CHECKED_BYTES);
    let mut rest = checked;
    take::<8>(&mut rest).map_err(damaged)?;
    // A newer format may lay out the rest differently, so this comes before the checksum.
    let found = u32::from_le_bytes(take(&mut rest).map_err(damaged)?);
    if FORMAT < found {
        return Err(Error::NewerFormat { found, known: FORMAT });
    }
    if found != FORMAT || checksum(checked).as_bytes() != sum {
        return Err(damaged(Flaw::WrongHash));
    }
    let found = u32::from_le_bytes(take(&mut rest).map_err(damaged)?);
    let digest = Digest::from_number(found).ok_or(Error::UnknownDigest { found })?;
    Ok(Identity { store: take(&mut rest).map_err(damaged)?, digest })
}

pub(crate) fn encode_slot(count: u64, head: &Head) -> Vec<u8> {
    let mut slot = Vec::with_capacity(SLOT_BYTES);
    slot.extend_from_slice(&count.to_le_bytes());
    slot.extend_from_slice(&head.sequence.number().to_le_bytes());
    slot.extend_from_slice(&head.term.to_le_bytes());
    slot.extend_from_slice(head.hash.as_bytes());
    let sum = checksum(&slot);
    slot.extend_from_slice(sum.as_bytes());
    slot
}

fn decode_slot(slot: &[u8; SLOT_BYTES]) -> Result<(u64, Head), Flaw> {
    let (checked, sum) = slot.split_at(SLOT_CHECKED_BYTES);
    if checksum(checked).as_bytes() != sum {
        return Err(Flaw::WrongHash);
    }
    let mut rest = checked;
    let count = u64::from_le_bytes(take(&mut rest)?);
    let sequence = Sequence::new(u64::from_le_bytes(take(&mut rest)?));
    let term = u64::from_le_bytes(take(&mut rest)?);
    Ok((count, Head { sequence, term, hash: Hash::from_bytes(take(&mut rest)?) }))
}
