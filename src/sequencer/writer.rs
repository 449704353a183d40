//! The writer thread: makes batches durable, then answers, then publishes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use sfund_engine::id::Sequence;

use crate::cause;
use crate::journal::{self, Digest, Draft, Head, Writer};
use crate::published::{Block, Item, Kept};
use crate::sequencer::engine::{Batch, Due, Spare};
use crate::sequencer::handle::{Reply, Ticket};
use crate::sequencer::recall::Recall;
use crate::sequencer::{Answer, Fatal, Next, OnFatal};
use crate::traces;

/// The newest blocks, to repeat answers from.
pub(super) struct Recent {
    blocks: VecDeque<Arc<Block>>,
    blocks_max: usize,
}

impl Recent {
    pub(super) fn new(blocks_max: usize) -> Self {
        Self { blocks: VecDeque::new(), blocks_max }
    }

    /// Takes a block in, and answers with the one that is given up for it.
    fn push(&mut self, block: Arc<Block>) -> Option<Arc<Block>> {
        self.blocks.push_back(block);
        if self.blocks_max < self.blocks.len() { self.blocks.pop_front() } else { None }
    }

    fn find(&self, sequence: Sequence) -> Option<Item> {
        let after = self.blocks.partition_point(|block| block.first() <= sequence);
        Item::find(self.blocks.get(after.checked_sub(1)?)?, sequence)
    }
}

pub(super) struct WriterThread {
    pub(super) writer: Box<dyn Writer>,
    pub(super) digest: Digest,
    pub(super) head: Head,
    pub(super) batches: Receiver<Batch>,
    pub(super) spares: Sender<Spare>,
    pub(super) blocks: Sender<Arc<Block>>,
    pub(super) recalls: Sender<Recall>,
    pub(super) recent: Recent,
    pub(super) on_fatal: OnFatal,
    pub(super) is_stopping: Arc<AtomicBool>,
}

/// A batch that is durable: its block, if it has one, and who waits.
struct Written {
    draft: Draft,
    block: Option<Arc<Block>>,
    replies: Vec<(Ticket, Due)>,
    begun: Instant,
}

/// When what was written together was taken by the writer, appended, and synced.
struct Times {
    taken: Instant,
    append: Duration,
    sync: Duration,
}

impl WriterThread {
    pub(super) fn run(mut self) {
        while let Ok(batch) = self.batches.recv() {
            if self.step(batch) == Next::End {
                break;
            }
        }
        // After a failure the engine may hand on more before it hears of the end. It is let go
        // without an answer: whoever waits hears that the sequencer stops.
        while self.batches.recv().is_ok() {}
    }

    /// Makes a batch and what waits behind it durable, answers, and hands it to the publisher.
    pub(super) fn step(&mut self, batch: Batch) -> Next {
        // What waits is written together and synced once.
        let mut batches = vec![batch];
        batches.extend(self.batches.try_iter());
        let (written, times) = match self.write(batches) {
            Ok(written) => written,
            Err(error) => {
                self.is_stopping.store(true, Ordering::SeqCst);
                tracing::error!(
                    after = %self.head.sequence,
                    error = cause(&error),
                    "the journal cannot be written; the process stops"
                );
                (self.on_fatal)(Fatal::Write(error));
                return Next::End;
            }
        };
        for batch in written {
            let block = batch.block.clone();
            self.answer_all(batch, &times);
            if let Some(block) = block
                && self.blocks.send(block).is_err()
            {
                tracing::error!("the publisher is gone");
                return Next::End;
            }
        }
        Next::GoOn
    }

    /// Seals, appends and syncs.
    fn write(&mut self, batches: Vec<Batch>) -> Result<(Vec<Written>, Times), journal::Error> {
        let mut written = Vec::with_capacity(batches.len());
        let taken = Instant::now();
        let mut times = Times { taken, append: Duration::ZERO, sync: Duration::ZERO };
        let (mut entries, mut bytes) = (0_usize, 0_usize);
        for batch in batches {
            let Batch { draft, records, events, replies, begun } = batch;
            if draft.is_empty() {
                written.push(Written { draft, block: None, replies, begun });
                continue;
            }
            let sealed = draft.seal(&self.head, self.digest);
            self.writer.append(&sealed)?;
            self.head = sealed.head();
            entries = entries.saturating_add(records.len());
            bytes = bytes.saturating_add(sealed.frame().len());
            let block = Block {
                head: self.head,
                records,
                hashes: sealed.into_hashes(),
                events,
                public: Kept::default(),
                books: Kept::default(),
            };
            written.push(Written { draft, block: Some(Arc::new(block)), replies, begun });
        }
        if entries != 0 {
            times.append = taken.elapsed();
            let synced = self.writer.sync()?;
            assert!(synced == self.head, "what was appended is synced");
            times.sync = taken.elapsed().saturating_sub(times.append);
            metrics::histogram!("sfund_append_seconds").record(times.append);
            metrics::histogram!("sfund_sync_seconds").record(times.sync);
            let Times { append, sync, .. } = times;
            let newest = self.head.sequence;
            tracing::debug!(%newest, entries, bytes, ?append, ?sync, "written");
        }
        Ok((written, times))
    }

    /// Answers everyone who waits for a batch, and says how long each step took.
    fn answer_all(&mut self, batch: Written, times: &Times) {
        let Written { draft, block, mut replies, begun } = batch;
        let old = block.as_ref().and_then(|block| self.recent.push(Arc::clone(block)));
        if let Some((first, _)) = replies.first() {
            let wait = begun.saturating_duration_since(first.since);
            metrics::histogram!("sfund_wait_seconds").record(wait);
            metrics::histogram!("sfund_answer_seconds").record(first.since.elapsed());
        }
        let is_traced = tracing::enabled!(tracing::Level::DEBUG);
        for (ticket, due) in replies.drain(..) {
            let Ticket { reply, since, span } = ticket;
            let wait = begun.saturating_duration_since(since);
            let decide = times.taken.saturating_duration_since(begun);
            let Times { append, sync, .. } = *times;
            if is_traced {
                tracing::debug!(parent: &span, ?wait, ?decide, ?append, ?sync, "answered");
            }
            if !span.is_disabled() {
                traces::stages(&span, wait, decide, append, sync);
            }
            self.answer(block.as_ref(), reply, due);
        }
        // Somebody may hold the old block still; then its memory goes when they are done.
        let old = old.and_then(Arc::into_inner).map(|block| (block.records, block.events));
        let (records, events) = old.unwrap_or_default();
        // If nobody wants the spare, it goes.
        drop(self.spares.try_send(Spare { draft, records, events, replies }));
    }

    fn answer(&self, block: Option<&Arc<Block>>, reply: Reply, due: Due) {
        match due {
            Due::Record(index) => {
                let item = block.and_then(|block| Item::at(block, index));
                reply.send(Answer::recorded(item.expect("an entry is in the batch it came with")));
            }
            Due::Unrecorded(answer) => reply.send(Answer::unrecorded(answer)),
            Due::Repeat(sequence) => {
                metrics::counter!("sfund_repeats_total").increment(1);
                match self.recent.find(sequence) {
                    Some(item) => reply.send(Answer::again(item)),
                    // Waits if very many do: every answer that is due is given.
                    None => drop(self.recalls.send(Recall { sequence, reply })),
                }
            }
        }
    }
}
