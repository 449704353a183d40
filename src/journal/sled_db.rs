//! sled itself: how it is opened and called, so that what it does badly ends as an error.

use std::cell::Cell;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::FileExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ::sled::Db;

use crate::journal::Error;
use crate::journal::files::at;

/// Bytes of a segment of sled's log. A page that is larger than a quarter of it leaves the log for
/// a file that sled never syncs. A leaf holds up to 17 values of
/// [`crate::journal::block::BLOCK_BYTES_MAX`], which is below 2 MiB, so no such file appears. With
/// sled's own 512 KiB, values of 20 kB already made them.
const SEGMENT_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of pages that sled may keep in memory, as far as it keeps to it: see [`SETTLE_TOUCHES`].
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// How long opening waits for sled's own lock once ours is held: sled's threads may hold theirs a
/// moment after the store was closed.
const LOCK_WAIT: Duration = Duration::from_secs(5);

thread_local! {
    static IS_INSIDE_SLED: Cell<bool> = const { Cell::new(false) };
}

/// Bytes of the log read at once by [`read_through`].
const PIECE_BYTES: usize = 1024 * 1024;

/// Opens or creates sled's files in `folder`, whose lock of ours is held.
pub(crate) fn open_db(folder: &Path) -> Result<Db, Error> {
    wait_for_lock(folder)?;
    remove_unfinished(folder)?;
    read_through(folder)?;
    let config = ::sled::Config::new()
        .path(folder)
        .segment_size(SEGMENT_BYTES)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None);
    sled_call(|| config.open())
}

/// Whether this thread is inside a call of sled, or one of sled's own. On some damage sled panics:
/// where panics abort, a panic hook can ask this, and say that the store is to be restored rather
/// than that we are wrong.
#[must_use]
pub fn is_inside_sled() -> bool {
    let is_its_own = || thread::current().name().is_some_and(|name| name.starts_with("sled-"));
    IS_INSIDE_SLED.get() || is_its_own()
}

/// Calls sled. On some damage sled panics; where panics unwind, that becomes an error.
pub(crate) fn sled_call<T>(call: impl FnOnce() -> Result<T, ::sled::Error>) -> Result<T, Error> {
    IS_INSIDE_SLED.set(true);
    let done = catch_unwind(AssertUnwindSafe(call));
    IS_INSIDE_SLED.set(false);
    match done {
        Ok(Ok(answer)) => Ok(answer),
        // sled says "unsupported" of a `conf` that it cannot have written.
        Ok(Err(source @ (::sled::Error::Corruption { .. } | ::sled::Error::Unsupported(_)))) => {
            Err(Error::FilesDamaged { source })
        }
        Ok(Err(source)) => Err(Error::Sled { source }),
        Err(_) => Err(Error::SledPanicked),
    }
}

/// Waits until nobody holds sled's lock on its log. Ours is held, so nobody new will come.
fn wait_for_lock(folder: &Path) -> Result<(), Error> {
    let path = folder.join("db");
    let Ok(log) = File::open(&path) else {
        return Ok(());
    };
    let start = Instant::now();
    loop {
        match log.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
            Err(TryLockError::WouldBlock) if LOCK_WAIT <= start.elapsed() => {
                return Err(Error::InUse { path: folder.to_owned() });
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Reads what sled will read of its log when it opens. sled takes a part that cannot be read for
/// the end of the log and clears what follows; so that is found out first, while nothing is lost.
fn read_through(folder: &Path) -> Result<(), Error> {
    let path = folder.join("db");
    let Ok(log) = File::open(&path) else {
        return Ok(());
    };
    let mut piece = vec![0; PIECE_BYTES];
    let segment_bytes = u64::try_from(SEGMENT_BYTES).expect("usize is at most 64 bits");
    let bytes = log.metadata().map_err(at(&path))?.len();
    let seen = seen_before(folder)?.checked_div(segment_bytes).unwrap_or_default();
    let mut offset = 0_u64;
    while offset < bytes {
        let read = log.read_at(&mut piece, offset).map_err(at(&path))?;
        let is_begin = offset.is_multiple_of(segment_bytes);
        let number = piece.get(..read).and_then(segment_number).filter(|_| is_begin);
        let step = match number {
            Some(number) if number < seen => segment_bytes,
            Some(_) | None => u64::try_from(read).expect("usize is at most 64 bits"),
        };
        offset = offset.saturating_add(step.max(1));
    }
    Ok(())
}

/// The place in its log up to which an earlier opening has seen, as sled's table of pages is named.
fn seen_before(folder: &Path) -> Result<u64, Error> {
    let mut seen = 0;
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let name = entry.map_err(at(folder))?.file_name();
        let place = name.to_str().and_then(|name| name.strip_prefix("snap."));
        seen = seen.max(place.and_then(|place| u64::from_str_radix(place, 16).ok()).unwrap_or(0));
    }
    Ok(seen)
}

/// Which segment of sled's endless log the one that begins with these bytes is, as it says.
fn segment_number(begin: &[u8]) -> Option<u64> {
    let place = begin.get(4..12)?.try_into().ok()?;
    // sled stores it so that zeros are no place.
    let place = u64::from_le_bytes(place) ^ 0x7FFF_FFFF_FFFF_FFFF;
    place.checked_div(u64::try_from(SEGMENT_BYTES).ok()?)
}

/// Removes tables of pages that sled began to write and did not finish. It would take one for the
/// newest table and refuse to open; the one before is complete, and so is the log.
fn remove_unfinished(folder: &Path) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry.map_err(at(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    Ok(())
}
