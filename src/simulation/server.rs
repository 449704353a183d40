//! The server of a simulated run: what a process is, from its start to its end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

use crate::journal::memory::Disk;
use crate::journal::{Block, Error, Head, Journal, Reader, Snapshots, Writer};
use crate::recovery::recover;
use crate::sequencer::stepped::Stepped;
use crate::sequencer::{Answer, Fatal, HandClock, Limits, Parts};
use crate::simulation::audit::{Audit, Failure, ensure};
use crate::simulation::plan::Point;

/// So small that every queue fills now and then.
const LIMITS: Limits = Limits {
    queue_commands_max: 8,
    batch_commands_max: 4,
    batches_ahead_max: 3,
    publish_blocks_max: 8,
    stream_blocks_max: 4,
    catch_up_reads_max: 1,
    recent_blocks_max: 1,
    recalls_max: 64,
};

/// Answers under way within the server.
const ANSWERS_MAX: usize = 64;

/// A running process.
pub(super) struct Server {
    pub(super) stepped: Stepped,
    pub(super) reader: Arc<dyn Reader>,
    pub(super) snapshots: Box<dyn Snapshots>,
    pub(super) answers: mpsc::Sender<(u64, Answer)>,
    pub(super) answered: mpsc::Receiver<(u64, Answer)>,
    /// Who waits: the number of each submission, and what it is about.
    pub(super) waiting: BTreeMap<u64, usize>,
    pub(super) fatal: Arc<Mutex<Option<Fatal>>>,
}

/// What the disk will do to its writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mood {
    /// The process dies at this point.
    pub(super) dies: Option<Point>,
    /// Syncs are promised and not done.
    pub(super) lies: bool,
}

/// A writer that dies when it is told to, or lies.
struct Moody {
    writer: Box<dyn Writer>,
    mood: Arc<Mutex<Mood>>,
}

impl Server {
    /// Starts on what is on the disk, which must be what was durable before and perhaps more.
    pub(super) fn start(
        disk: &Disk,
        clock: &Arc<HandClock>,
        mood: &Arc<Mutex<Mood>>,
        audit: &mut Audit,
    ) -> Result<Self, Failure> {
        let journal = disk.open().map_err(|error| format!("it does not open: {error:?}"))?;
        let Journal { writer, reader, snapshots, .. } = journal;
        let recovered = recover(&reader, |_| {}).map_err(|error| format!("{error:?}"))?;
        audit.follow(&reader)?;
        ensure(recovered.unsound.is_empty(), || format!("{:?}", recovered.unsound))?;
        ensure(recovered.head == audit.head, || {
            format!("back at {:?}, not at {:?}", recovered.head, audit.head)
        })?;
        let digest = recovered.projection.market().digest();
        ensure(digest == audit.market.digest(), || {
            format!("the market after the restart is another one, from {}", recovered.snapshot)
        })?;
        let writer = Box::new(Moody { writer, mood: Arc::clone(mood) });
        let parts = Parts { writer, reader: Arc::clone(&reader), projection: recovered.projection };
        let fatal: Arc<Mutex<Option<Fatal>>> = Arc::default();
        let said = Arc::clone(&fatal);
        let on_fatal = Arc::new(move |error| *said.lock().unwrap() = Some(error));
        let stepped = Stepped::new(parts, Arc::<HandClock>::clone(clock), LIMITS, on_fatal);
        let (answers, answered) = mpsc::channel(ANSWERS_MAX);
        let waiting = BTreeMap::new();
        Ok(Self { stepped, reader, snapshots, answers, answered, waiting, fatal })
    }

    /// Whether one more command would be turned away, and a stop would wait.
    pub(super) fn queue_is_full(&self) -> bool {
        LIMITS.queue_commands_max <= self.stepped.waiting().commands
    }

    /// Whether the engine may take a turn: nobody waits for a place with one thread.
    pub(super) fn engine_has_room(&self) -> bool {
        self.stepped.waiting().batches < LIMITS.batches_ahead_max
    }

    /// Whether the writer may hand on all that it could be handed.
    pub(super) fn writer_has_room(&self) -> bool {
        let waiting = self.stepped.waiting();
        let recalls = LIMITS.batches_ahead_max * LIMITS.queue_commands_max;
        waiting.blocks + waiting.batches <= LIMITS.publish_blocks_max
            && waiting.recalls + recalls <= LIMITS.recalls_max
    }
}

impl Writer for Moody {
    fn append(&mut self, block: &Block) -> Result<(), Error> {
        if self.mood.lock().unwrap().dies == Some(Point::Append) {
            return Err(Error::Latched);
        }
        self.writer.append(block)
    }

    fn sync(&mut self) -> Result<Head, Error> {
        let mood = *self.mood.lock().unwrap();
        if mood.dies == Some(Point::BeforeSync) {
            return Err(Error::Latched);
        }
        if mood.lies {
            return Ok(self.writer.newest());
        }
        let synced = self.writer.sync()?;
        if mood.dies == Some(Point::AfterSync) { Err(Error::Latched) } else { Ok(synced) }
    }

    fn newest(&self) -> Head {
        self.writer.newest()
    }
}
