//! The sequencer: one thread owns the market, and everything waits its turn there.
//!
//! ```text
//! Handle ──(bounded)──▶ engine ──(batch)──▶ writer ──(published)──▶ publisher ──▶ streams
//!                       judge, record,      seal, append, sync,     read models
//!                       encode              answer
//! ```
//!
//! The engine thread stamps each command with a strictly increasing time, lets every deadline that
//! is due by then pass first, judges, records, and encodes into a block. The writer thread makes
//! the block durable while the engine works on the next. An answer leaves only when everything it
//! rests on is durable, a dry run's too. What waits is written together: no delay is added.
//!
//! A failed append or sync stops the process: nobody knows what is on the disk, and memory must
//! not run ahead of it. Nothing is answered then; a client asks again with the same attempt.

mod answer;
mod clock;
mod encode;
mod engine;
mod handle;
mod publisher;
mod recall;
mod writer;

#[cfg(test)]
pub(crate) mod stepped;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::{self, JoinHandle};

use crossbeam_channel::bounded;
use sfund_engine::id::Sequence;
use sfund_engine::market::Market;
use thiserror::Error;
use tokio::sync::broadcast;

use crate::journal::{self, Reader, Writer};
use crate::published::Undecodable;
use crate::read::Read;
use crate::read::projection::Projection;
use crate::stream::Live;

pub use self::answer::{Answer, Mode, Submission, SubmitError};
pub use self::clock::{Clock, HandClock, WallClock};
pub use self::encode::encode_entry;
pub use self::handle::Handle;

/// What the sequencer may take of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Commands that wait before one more is turned away.
    pub queue_commands_max: usize,
    /// Commands of one batch; a batch ends earlier when nothing waits.
    pub batch_commands_max: usize,
    /// Batches between the engine thread and the writer thread.
    pub batches_ahead_max: usize,
    /// Blocks between the writer thread and the read models.
    pub publish_blocks_max: usize,
    /// Blocks by which a stream may be behind before it is cut.
    pub stream_blocks_max: usize,
    /// Reads of the journal at once by streams that catch up; others wait their turn.
    pub catch_up_reads_max: usize,
    /// Blocks kept at hand to repeat answers from.
    pub recent_blocks_max: usize,
    /// Repeated answers that wait for the journal before the writer waits too.
    pub recalls_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_commands_max: 65_536,
            batch_commands_max: 1_024,
            batches_ahead_max: 4,
            publish_blocks_max: 64,
            stream_blocks_max: 1_024,
            catch_up_reads_max: 1,
            recent_blocks_max: 64,
            recalls_max: 4_096,
        }
    }
}

/// Why the sequencer cannot go on. The process ends; what to do next is in the cause.
#[derive(Debug, Error)]
pub enum Fatal {
    /// A block could not be made durable.
    #[error("the journal cannot be written: nothing more is answered")]
    Write(#[source] journal::Error),
    /// An answer given before could not be read.
    #[error("the journal cannot be read: nothing more is answered")]
    Read(#[source] journal::Error),
    /// An answer given before could not be understood.
    #[error("the journal cannot be understood: nothing more is answered")]
    Understand(#[source] Undecodable),
}

/// Hears that the sequencer cannot go on. In production it logs and ends the process.
pub type OnFatal = Arc<dyn Fn(Fatal) + Send + Sync>;

/// What a sequencer starts with: an open journal, and the projection of all that is in it.
pub struct Parts {
    /// The journal's writer.
    pub writer: Box<dyn Writer>,
    /// The journal's reader.
    pub reader: Arc<dyn Reader>,
    /// The market and its read models after the newest entry.
    pub projection: Projection,
}

/// The running threads.
pub struct Sequencer {
    handle: Handle,
    read: Read,
    live: Live,
    engine: JoinHandle<Market>,
    threads: Vec<JoinHandle<()>>,
}

/// What the threads run, connected and not yet running.
struct Threads {
    engine: engine::Engine,
    writer: writer::WriterThread,
    recall: recall::RecallThread,
    publisher: publisher::PublisherThread,
    handle: Handle,
    read: Read,
    live: Live,
}

/// Whether a thread goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    End,
}

/// The live market as it was when the sequencer stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its newest entry.
    pub sequence: Sequence,
    /// Its digest.
    pub digest: [u8; 32],
}

impl Sequencer {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// If the operating system gives no thread.
    ///
    /// # Panics
    ///
    /// If the projection is not that of the newest entry.
    pub fn start(
        parts: Parts,
        clock: Arc<dyn Clock>,
        limits: Limits,
        on_fatal: OnFatal,
    ) -> io::Result<Self> {
        let Threads { engine, writer, recall, publisher, handle, read, live } =
            Threads::new(parts, clock, limits, on_fatal);
        let threads = vec![
            spawn("sfund-publisher", move || publisher.run())?,
            spawn("sfund-recall", move || recall.run())?,
            spawn("sfund-writer", move || writer.run())?,
        ];
        let engine = spawn("sfund-engine", move || engine.run())?;
        Ok(Self { handle, read, live, engine, threads })
    }

    /// The way in.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// The read models.
    #[must_use]
    pub fn read(&self) -> Read {
        self.read.clone()
    }

    /// The streams.
    #[must_use]
    pub fn live(&self) -> Live {
        self.live.clone()
    }

    /// Takes nothing more, writes and answers what was taken, publishes it, and ends the threads.
    ///
    /// Answers with the live market as it was at the end; `None` if a thread panicked.
    pub fn stop(self) -> Option<Ended> {
        self.handle.stop();
        let Self { handle, engine, threads, .. } = self;
        drop(handle);
        let market = engine.join();
        let mut panicked = market.is_err();
        for thread in threads {
            panicked |= thread.join().is_err();
        }
        if panicked {
            tracing::error!("a thread of the sequencer panicked");
        }
        let market = market.ok().filter(|_| !panicked)?;
        Some(Ended { sequence: market.sequence(), digest: market.digest() })
    }
}

impl Threads {
    /// Connects them.
    fn new(parts: Parts, clock: Arc<dyn Clock>, limits: Limits, on_fatal: OnFatal) -> Self {
        let Parts { writer, reader, projection } = parts;
        let newest = writer.newest();
        assert!(newest.sequence == projection.sequence(), "the projection is at the newest entry");
        let is_stopping = Arc::new(AtomicBool::new(false));
        let (queue, waiting) = bounded(limits.queue_commands_max);
        let (batches, written) = bounded(limits.batches_ahead_max);
        let (spares, spare) = bounded(limits.batches_ahead_max.saturating_add(2));
        let (blocks, published) = bounded(limits.publish_blocks_max);
        let (recalls, recalled) = bounded(limits.recalls_max);
        let (lives, _) = broadcast::channel(limits.stream_blocks_max);
        let read = projection.read();
        let catch_up = limits.catch_up_reads_max;
        let live = Live::new(lives.downgrade(), Arc::clone(&reader), read.clone(), catch_up);
        let market = projection.market().clone();

        let engine = engine::Engine::new(market, clock, waiting, batches, spare, limits, newest);
        let digest = reader.identity().digest;
        let writer = writer::WriterThread {
            writer,
            digest,
            head: newest,
            batches: written,
            spares,
            blocks,
            recalls,
            recent: writer::Recent::new(limits.recent_blocks_max),
            on_fatal: Arc::clone(&on_fatal),
            is_stopping: Arc::clone(&is_stopping),
        };
        let recall = recall::RecallThread {
            reader,
            recalled,
            on_fatal,
            is_stopping: Arc::clone(&is_stopping),
            newest_read: None,
        };
        let publisher = publisher::PublisherThread { projection, blocks: published, lives };
        let handle = Handle::new(queue, is_stopping);
        Self { engine, writer, recall, publisher, handle, read, live }
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(run)
}
