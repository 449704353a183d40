//! The recall thread: reads answers that were given long ago from the journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Receiver;
use sfund_engine::id::Sequence;

use crate::cause;
use crate::journal::{Error, Flaw, Place, Reader};
use crate::published::{Block, Item};
use crate::sequencer::handle::Reply;
use crate::sequencer::{Answer, Fatal, OnFatal};

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
}

impl RecallThread {
    pub(super) fn run(self) {
        while let Ok(Recall { sequence, reply }) = self.recalled.recv() {
            match self.find(sequence) {
                Ok(item) => reply.send(Answer::again(item)),
                Err(fatal) => {
                    self.is_stopping.store(true, Ordering::SeqCst);
                    tracing::error!(
                        %sequence,
                        error = cause(&fatal),
                        "an answer given before cannot be read; the process stops"
                    );
                    (self.on_fatal)(fatal);
                    return;
                }
            }
        }
    }

    fn find(&self, sequence: Sequence) -> Result<Item, Fatal> {
        let blocks = self.reader.read(sequence, 1).map_err(Fatal::Read)?;
        let missing =
            || Fatal::Read(Error::Damaged { place: Place::Block(sequence), flaw: Flaw::Missing });
        let block = Block::decode(blocks.first().ok_or_else(missing)?);
        Item::find(&Arc::new(block.map_err(Fatal::Understand)?), sequence).ok_or_else(missing)
    }
}
