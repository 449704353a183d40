//! The recall thread: reads answers that were given long ago from the journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Receiver;
use sfund_engine::id::Sequence;

use crate::cause;
use crate::journal::{Error, Flaw, Place, Reader};
use crate::published::{Block, Item};
use crate::sequencer::handle::Reply;
use crate::sequencer::{Answer, Fatal, Next, OnFatal};

/// An answer wanted again.
pub(super) struct Recall {
    pub(super) sequence: Sequence,
    pub(super) reply: Reply,
}

pub(super) struct RecallThread {
    pub(super) reader: Arc<dyn Reader>,
    pub(super) recalled: Receiver<Recall>,
    pub(super) on_fatal: OnFatal,
    pub(super) is_stopping: Arc<AtomicBool>,
    /// The block read last: a client that comes back asks again for answers that lie together, and
    /// the writer waits for us if very many are wanted.
    pub(super) newest_read: Option<Arc<Block>>,
}

impl RecallThread {
    pub(super) fn run(mut self) {
        while let Ok(recall) = self.recalled.recv() {
            if self.step(recall) == Next::End {
                break;
            }
        }
        // After a failure nobody waits for an answer that does not come.
        while self.recalled.recv().is_ok() {}
    }

    /// Gives one answer again.
    pub(super) fn step(&mut self, recall: Recall) -> Next {
        let Recall { sequence, reply } = recall;
        metrics::counter!("sfund_recalls_total").increment(1);
        match self.find(sequence) {
            Ok(item) => {
                reply.send(Answer::again(item));
                Next::GoOn
            }
            Err(fatal) => {
                self.is_stopping.store(true, Ordering::SeqCst);
                tracing::error!(
                    %sequence,
                    error = cause(&fatal),
                    "an answer given before cannot be read; the process stops"
                );
                (self.on_fatal)(fatal);
                Next::End
            }
        }
    }

    fn find(&mut self, sequence: Sequence) -> Result<Item, Fatal> {
        let at_hand = self.newest_read.as_ref();
        if let Some(item) = at_hand.and_then(|block| Item::find(block, sequence)) {
            return Ok(item);
        }
        let blocks = self.reader.read(sequence, 1).map_err(Fatal::Read)?;
        let missing =
            || Fatal::Read(Error::Damaged { place: Place::Block(sequence), flaw: Flaw::Missing });
        let block = Block::decode(blocks.first().ok_or_else(missing)?);
        let block = Arc::new(block.map_err(Fatal::Understand)?);
        let item = Item::find(&block, sequence).ok_or_else(missing)?;
        self.newest_read = Some(block);
        Ok(item)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::fixture::journal_of;
    use crate::journal::{self, Head, Identity, Snapshot};

    /// Counts how often it is read.
    struct Counting(Arc<dyn Reader>, Arc<AtomicUsize>);

    impl Reader for Counting {
        fn identity(&self) -> Identity {
            self.0.identity()
        }

        fn newest(&self) -> Head {
            self.0.newest()
        }

        fn read(&self, from: Sequence, bytes_max: usize) -> Result<Vec<journal::Block>, Error> {
            self.1.fetch_add(1, Ordering::SeqCst);
            self.0.read(from, bytes_max)
        }

        fn snapshots(&self) -> Result<Vec<Sequence>, Error> {
            self.0.snapshots()
        }

        fn read_snapshot(&self, sequence: Sequence) -> Result<Snapshot, Error> {
            self.0.read_snapshot(sequence)
        }
    }

    #[test]
    fn answers_that_lie_in_one_block_are_read_once() {
        let reads = Arc::new(AtomicUsize::new(0));
        let (_, recalled) = crossbeam_channel::bounded(1);
        let mut thread = RecallThread {
            reader: Arc::new(Counting(journal_of(2, 10), Arc::clone(&reads))),
            recalled,
            on_fatal: Arc::new(|fatal| panic!("{fatal}")),
            is_stopping: Arc::default(),
            newest_read: None,
        };
        for (number, reads_so_far) in [(3, 1), (10, 1), (1, 1), (11, 2), (20, 2), (4, 3)] {
            let sequence = Sequence::new(number);
            let item = thread.find(sequence).unwrap_or_else(|fatal| panic!("{fatal}"));
            assert_eq!(item.header().sequence, sequence);
            assert_eq!(reads.load(Ordering::SeqCst), reads_so_far, "entry {number}");
        }
    }
}
