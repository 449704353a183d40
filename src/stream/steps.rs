//! Steps of streams that catch up: the journal read and decoded, no more of it at once than may be.
//!
//! Streams that begin at the same place, as those of one caller mostly do, share what was read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use sfund_engine::id::Sequence;
use tokio::sync::Semaphore;
use tokio::task;

use crate::journal::Reader;
use crate::published::Block;
use crate::stream::Ended;

/// Bytes of the journal read in one step of catching up. Decoded they take some times as much, and a
/// reader that does not read on keeps them: all streams together must not be the memory's end.
const STEP_BYTES: usize = 256 * 1024;
/// Steps kept for the streams that come to the same place next.
const STEPS_KEPT: usize = 4;

/// Blocks of one step, in their order.
type Blocks = VecDeque<Arc<Block>>;

/// Where steps come from. Clones are the same.
#[derive(Clone)]
pub(super) struct Steps {
    reader: Arc<dyn Reader>,
    turns: Arc<Semaphore>,
    lately: Arc<Mutex<VecDeque<Blocks>>>,
}

impl Steps {
    /// Steps of which at most `at_once` are read at the same time; others wait their turn.
    pub(super) fn new(reader: Arc<dyn Reader>, at_once: usize) -> Self {
        let turns = Arc::new(Semaphore::new(at_once.max(1)));
        Self { reader, turns, lately: Arc::default() }
    }

    /// The next blocks of the journal, decoded, away from the threads that must not wait. A turn
    /// whose stream is gone meanwhile is taken to its end: its work is kept.
    pub(super) async fn read(&self, from: Sequence) -> Result<Blocks, Ended> {
        let stopping = |_| Ended::Stopping { resume_from: from };
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(stopping)?;
        if let Some(blocks) = self.find(from) {
            return Ok(blocks);
        }
        let steps = self.clone();
        let blocks = task::spawn_blocking(move || {
            let blocks = steps.decode(from)?;
            steps.keep(&blocks);
            drop(turn);
            Ok(blocks)
        });
        // A task that is not aborted ends, unless the runtime does.
        blocks.await.unwrap_or(Err(Ended::Stopping { resume_from: from }))
    }

    fn decode(&self, from: Sequence) -> Result<Blocks, Ended> {
        let blocks = self
            .reader
            .read(from, STEP_BYTES)
            .map_err(|source| Ended::Journal { at: from, source })?;
        blocks.iter().map(|block| Ok(Arc::new(Block::decode(block)?))).collect()
    }

    /// What was read lately from the block that holds `from` on.
    fn find(&self, from: Sequence) -> Option<Blocks> {
        let lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |block: &Arc<Block>| {
            block.first() <= from && from <= block.head().sequence && block.entries_count() != 0
        };
        lately.iter().find_map(|blocks| {
            let at = blocks.iter().position(holds)?;
            Some(blocks.iter().skip(at).map(Arc::clone).collect())
        })
    }

    fn keep(&self, blocks: &Blocks) {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        if STEPS_KEPT <= lately.len() {
            lately.pop_front();
        }
        lately.push_back(blocks.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::fixture::journal_of;
    use crate::journal::{self, Error, Head, Identity, Snapshot};

    /// Counts its reads, and how many there were at once at the most.
    struct Counting {
        journal: Arc<dyn Reader>,
        reads: AtomicUsize,
        now: AtomicUsize,
        most: AtomicUsize,
    }

    impl Reader for Counting {
        fn identity(&self) -> Identity {
            self.journal.identity()
        }

        fn newest(&self) -> Head {
            self.journal.newest()
        }

        fn read(&self, from: Sequence, bytes_max: usize) -> Result<Vec<journal::Block>, Error> {
            self.reads.fetch_add(1, Ordering::SeqCst);
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            std::thread::yield_now();
            // A few blocks at a time, whatever the step.
            let read = self.journal.read(from, bytes_max.min(4_096));
            self.now.fetch_sub(1, Ordering::SeqCst);
            read
        }

        fn snapshots(&self) -> Result<Vec<Sequence>, Error> {
            self.journal.snapshots()
        }

        fn read_snapshot(&self, sequence: Sequence) -> Result<Snapshot, Error> {
            self.journal.read_snapshot(sequence)
        }
    }

    /// Reads all of the journal, and answers with how many entries came.
    async fn read_all(steps: Steps, last: u64) -> u64 {
        let mut next = Sequence::new(1);
        while next.number() <= last {
            for block in steps.read(next).await.unwrap() {
                assert!(block.first() <= next && next <= block.head().sequence, "a gap");
                next = block.head().sequence.next();
            }
        }
        next.number() - 1
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn streams_that_catch_up_together_read_one_after_the_other_and_share_what_was_read() {
        const STREAMS: usize = 16;
        let counting = Arc::new(Counting {
            journal: journal_of(200, 50),
            reads: AtomicUsize::new(0),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let alone = Steps::new(Arc::<Counting>::clone(&counting), 1);
        assert_eq!(read_all(alone, 10_000).await, 10_000);
        let of_one = counting.reads.swap(0, Ordering::SeqCst);
        assert!(20 < of_one, "{of_one} reads are no test");
        let steps = Steps::new(Arc::<Counting>::clone(&counting), 1);
        let mut streams = tokio::task::JoinSet::new();
        for _ in 0..STREAMS {
            streams.spawn(read_all(steps.clone(), 10_000));
        }
        assert!(streams.join_all().await.into_iter().all(|entries| entries == 10_000));
        assert_eq!(counting.most.load(Ordering::SeqCst), 1, "one at a time");
        let of_all = counting.reads.load(Ordering::SeqCst);
        assert!(of_one <= of_all && of_all < of_one * STREAMS / 2, "{of_all} of {of_one}");
    }
}
