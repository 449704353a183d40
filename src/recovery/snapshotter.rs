//! The snapshotter: a thread that follows the journal, and nothing else, and keeps snapshots.
//!
//! Each snapshot is made from the one before and the journal's tail, never from the live market.
//! So the newest snapshot is read back, and compared, every time the next is made; memory for a
//! second market is taken only meanwhile.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use sfund_engine::id::Sequence;

use crate::journal::{Hash, Head, Reader, Snapshots};
use crate::read::Read;
use crate::read::projection::Projection;
use crate::recovery::state::Compared;
use crate::recovery::{Error, audit, follow, state};
use crate::{cause, gauge_value};

/// Pause between two looks at the journal.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// The thread, running.
pub struct Snapshotter {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

/// Takes a snapshot at the newest entry, from the newest sound one and the tail, and keeps the
/// newest `keep`. Returns its place and the market's digest there; nothing is stored if there is
/// one there already.
///
/// # Errors
///
/// [`Error`] if the journal cannot be read, understood or written.
pub fn take_snapshot(
    reader: &Arc<dyn Reader>,
    snapshots: &mut dyn Snapshots,
    keep: usize,
) -> Result<(Head, [u8; 32]), Error> {
    let (start, _) = state::newest_sound(reader, Compared::Decoded)?;
    let (mut projection, from) = match start {
        Some(found) => found,
        None => (Projection::new(), reader.identity().genesis()),
    };
    let newest = reader.newest().sequence;
    let head = follow(reader, &mut projection, from, newest, &mut |_| {})?;
    let digest = projection.market().digest();
    if from.sequence < head.sequence {
        let market = Hash::from_bytes(digest);
        snapshots.put(&head, market, &state::encode(&projection), keep)?;
    }
    Ok((head, digest))
}

impl Snapshotter {
    /// Starts a thread that takes a snapshot whenever `every_entries` came since the newest one,
    /// and a last one when it is stopped, and keeps the newest `keep`. A failure is logged, and
    /// tried again after as many entries. `read` is told of each digest.
    ///
    /// # Errors
    ///
    /// If the operating system gives no thread.
    pub fn start(
        reader: Arc<dyn Reader>,
        mut snapshots: Box<dyn Snapshots>,
        read: Read,
        every_entries: u64,
        keep: usize,
    ) -> io::Result<Self> {
        let (stop, stopped) = bounded::<()>(1);
        let run = move || {
            let newest = reader.snapshots().ok().and_then(|places| places.first().copied());
            let mut done = newest.unwrap_or_default().number();
            tell(reader.as_ref(), newest.unwrap_or_default());
            while stopped.recv_timeout(LOOK_PAUSE) == Err(RecvTimeoutError::Timeout) {
                let synced = reader.newest().sequence.number();
                if every_entries.max(1) <= synced.saturating_sub(done) {
                    done = take(&reader, snapshots.as_mut(), &read, keep).unwrap_or(synced);
                }
            }
            // A last one, so that the next start has nothing to replay.
            if done < reader.newest().sequence.number() {
                take(&reader, snapshots.as_mut(), &read, keep);
            }
        };
        let thread = thread::Builder::new().name("sfund-snapshotter".to_owned()).spawn(run)?;
        Ok(Self { stop, thread })
    }

    /// Ends the thread, after a last snapshot if there are entries since the newest one.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the snapshotter panicked");
        }
    }
}

/// Takes a snapshot, and says so or why not. Returns its place.
fn take(
    reader: &Arc<dyn Reader>,
    snapshots: &mut dyn Snapshots,
    read: &Read,
    keep: usize,
) -> Option<u64> {
    let begun = Instant::now();
    match take_snapshot(reader, snapshots, keep) {
        Ok((head, digest)) => {
            metrics::histogram!("sfund_snapshot_seconds").record(begun.elapsed());
            tell(reader.as_ref(), head.sequence);
            read.note_digest(head.sequence, digest);
            tracing::info!(at = %head.sequence, "a snapshot is stored");
            Some(head.sequence.number())
        }
        Err(error) => {
            tracing::error!(
                error = cause(&error),
                "no snapshot could be stored; the journal is not affected, and a start takes longer"
            );
            None
        }
    }
}

/// Tells where the newest snapshot stands, and how old the market in it is.
fn tell(reader: &dyn Reader, sequence: Sequence) {
    metrics::gauge!("sfund_snapshot_sequence").set(gauge_value(sequence.number()));
    let entries = audit(reader, sequence, 1).unwrap_or_default();
    if let Some((_, entry, _)) = entries.first() {
        let at = Duration::from_nanos(entry.at.nanos());
        metrics::gauge!("sfund_snapshot_timestamp_seconds").set(at);
    }
}
