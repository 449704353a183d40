//! Streams of entries: from any place in the journal, every entry once and in order, for ever.
//!
//! A stream reads the journal in bounded steps until it has caught up, says so once, and from then
//! on takes what is published. A reader that then falls too far behind is cut, with the place to
//! resume from: nobody waits for it. Only published entries come, so a query made after an entry
//! came sees it.

#[cfg(test)]
mod tests;

mod steps;

use std::collections::VecDeque;
use std::sync::Arc;

use sfund_engine::id::Sequence;
use thiserror::Error;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::journal::{self, Reader};
use crate::published::{Block, Item, Run, Undecodable};
use crate::read::Read;
use crate::stream::steps::Steps;

/// Where streams come from. Clones are the same source.
#[derive(Clone)]
pub struct Live {
    /// Weak, so that streams end when the publisher does.
    blocks: broadcast::WeakSender<Arc<Block>>,
    reader: Arc<dyn Reader>,
    read: Read,
    steps: Steps,
}

/// One reader's stream.
pub struct Stream {
    live: Live,
    /// The entry that comes next.
    next: Sequence,
    /// The block that holds it, once it is known.
    block: Option<Arc<Block>>,
    state: State,
    /// Whether the mark was given.
    is_marked: bool,
}

enum State {
    /// Reads the journal up to `until`. With `then`, everything after that comes from there.
    CatchUp {
        until: Sequence,
        ready: VecDeque<Arc<Block>>,
        then: Option<broadcast::Receiver<Arc<Block>>>,
    },
    /// Takes what is published; `is_new` until the first block came.
    Live { blocks: broadcast::Receiver<Arc<Block>>, is_new: bool },
    /// Ended: the reader was too slow.
    Cut,
}

/// What comes next.
#[derive(Clone, Debug)]
pub enum Step {
    /// An entry.
    Entry(Item),
    /// Everything up to now has come. Said once.
    CaughtUp,
}

/// What comes next, as many entries together as are there.
#[derive(Clone, Debug)]
pub enum Stretch {
    /// Entries.
    Run(Run),
    /// Everything up to now has come. Said once.
    CaughtUp,
}

/// The stream would begin with an entry that is not even the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{from} is ahead of the journal, which ends at {newest}")]
pub struct Ahead {
    /// The entry asked for.
    pub from: Sequence,
    /// The newest entry.
    pub newest: Sequence,
}

/// Why a stream ended.
#[derive(Debug, Error)]
pub enum Ended {
    /// The reader was too slow.
    #[error("the reader is too slow: resume from {resume_from}")]
    Lagged {
        /// The first entry that did not come.
        resume_from: Sequence,
    },
    /// The server stops.
    #[error("the server stops: resume from {resume_from}")]
    Stopping {
        /// The first entry that did not come.
        resume_from: Sequence,
    },
    /// The journal could not be read.
    #[error("the journal cannot be read at {at}")]
    Journal {
        /// Where.
        at: Sequence,
        /// Why.
        #[source]
        source: journal::Error,
    },
    /// The journal could not be understood.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
}

impl Live {
    pub(crate) fn new(
        blocks: broadcast::WeakSender<Arc<Block>>,
        reader: Arc<dyn Reader>,
        read: Read,
        catch_up_reads_max: usize,
    ) -> Self {
        let steps = Steps::new(Arc::clone(&reader), catch_up_reads_max);
        Self { blocks, reader, read, steps }
    }

    /// The blocks of the journal from the one that holds `from` on, decoded.
    async fn read(&self, from: Sequence) -> Result<VecDeque<Arc<Block>>, Ended> {
        self.steps.read(from).await
    }

    /// The stream that begins with the entry `from`; 0 is the first.
    ///
    /// # Errors
    ///
    /// [`Ahead`] if `from` is later than the entry that comes next.
    pub fn subscribe(&self, from: Sequence) -> Result<Stream, Ahead> {
        // An answer may be known before its entry is published.
        let newest = self.reader.newest().sequence;
        if newest.next() < from {
            return Err(Ahead { from, newest });
        }
        let newest = self.newest();
        Ok(Stream {
            live: self.clone(),
            next: from.max(Sequence::ZERO.next()),
            block: None,
            state: State::catch_up(newest, None),
            is_marked: false,
        })
    }

    /// The stream of what comes from now on.
    #[must_use]
    pub fn subscribe_new(&self) -> Stream {
        let next = self.newest().next();
        let state = State::catch_up(Sequence::ZERO, None);
        Stream { live: self.clone(), next, block: None, state, is_marked: false }
    }

    /// The newest entry that is durable; it is published a moment later.
    #[must_use]
    pub fn durable(&self) -> Sequence {
        self.reader.newest().sequence
    }

    /// Blocks by which the slowest stream that has caught up is behind.
    #[must_use]
    pub fn blocks_behind(&self) -> usize {
        self.blocks.upgrade().map_or(0, |blocks| blocks.len())
    }

    /// The newest entry published.
    #[must_use]
    pub fn newest(&self) -> Sequence {
        self.read.newest().sequence
    }
}

impl State {
    fn catch_up(until: Sequence, then: Option<broadcast::Receiver<Arc<Block>>>) -> Self {
        Self::CatchUp { until, ready: VecDeque::new(), then }
    }
}

impl Stream {
    /// Waits for what comes next. Cancel safe: a dropped wait loses nothing.
    ///
    /// # Errors
    ///
    /// Why the stream ended. It says the same if asked again.
    pub async fn next(&mut self) -> Result<Step, Ended> {
        let entry = |run: Run| run.items().next().map(Step::Entry);
        loop {
            match self.next_run(1).await? {
                Stretch::Run(run) => {
                    if let Some(step) = entry(run) {
                        return Ok(step);
                    }
                }
                Stretch::CaughtUp => return Ok(Step::CaughtUp),
            }
        }
    }

    /// Waits for what comes next, and takes at most `most` entries of it. Cancel safe, as
    /// [`Stream::next`] is.
    ///
    /// # Errors
    ///
    /// Why the stream ended. It says the same if asked again.
    pub async fn next_run(&mut self, most: usize) -> Result<Stretch, Ended> {
        loop {
            if let Some(run) = self.run_at_hand(most) {
                return Ok(Stretch::Run(run));
            }
            match &mut self.state {
                State::CatchUp { until, ready, .. } if self.next <= *until => {
                    if let Some(block) = ready.pop_front() {
                        self.block = Some(block);
                    } else {
                        *ready = self.live.read(self.next).await?;
                    }
                }
                State::CatchUp { then, .. } => {
                    let then = then.take();
                    if self.is_live(then)? && !self.is_marked {
                        self.is_marked = true;
                        return Ok(Stretch::CaughtUp);
                    }
                }
                State::Live { blocks, .. } => match blocks.recv().await {
                    Ok(block) => self.take(block),
                    Err(RecvError::Lagged(_)) => self.lag(),
                    Err(RecvError::Closed) => {
                        return Err(Ended::Stopping { resume_from: self.next });
                    }
                },
                State::Cut => return Err(Ended::Lagged { resume_from: self.next }),
            }
        }
    }

    /// At most `most` of the entries that come next, of one block, if they need no waiting for.
    pub fn run_at_hand(&mut self, most: usize) -> Option<Run> {
        if let Some(run) = self.run_of_block(most) {
            return Some(run);
        }
        self.block = None;
        let State::Live { blocks, .. } = &mut self.state else { return None };
        match blocks.try_recv() {
            Ok(block) => self.take(block),
            Err(TryRecvError::Lagged(_)) => self.lag(),
            // The wait for more finds what it is.
            Err(TryRecvError::Empty | TryRecvError::Closed) => {}
        }
        self.run_of_block(most)
    }

    fn run_of_block(&mut self, most: usize) -> Option<Run> {
        // What is read from the journal may not be published yet.
        let until = match &self.state {
            State::CatchUp { until, .. } => *until,
            State::Live { .. } | State::Cut => Sequence::new(u64::MAX),
        };
        let run = Run::of(self.block.as_ref()?, self.next, until, most)?;
        self.next = run.last().next();
        Some(run)
    }

    /// Takes a block that was published.
    fn take(&mut self, block: Arc<Block>) {
        assert!(block.first() <= self.next, "what is published has no gap");
        if let State::Live { is_new, .. } = &mut self.state {
            *is_new = false;
        }
        self.block = Some(block);
    }

    /// Falls behind what is published.
    fn lag(&mut self) {
        self.state = match &self.state {
            // On the last step of catching up: that goes on.
            State::Live { is_new: true, .. } => State::catch_up(self.live.newest(), None),
            State::Live { .. } | State::CatchUp { .. } | State::Cut => State::Cut,
        };
    }

    /// The first entry that did not come yet.
    #[must_use]
    pub fn resume_from(&self) -> Sequence {
        self.next
    }

    /// Goes live if nothing was published since; else there is one more stretch to read, after
    /// which everything has been waiting in the channel.
    fn is_live(&mut self, then: Option<broadcast::Receiver<Arc<Block>>>) -> Result<bool, Ended> {
        if let Some(blocks) = then {
            self.state = State::Live { blocks, is_new: true };
            return Ok(true);
        }
        let Some(sender) = self.live.blocks.upgrade() else {
            return Err(Ended::Stopping { resume_from: self.next });
        };
        let blocks = sender.subscribe();
        // A block is in the read models before it is sent, so none falls between the two.
        let newest = self.live.newest();
        if newest < self.next {
            self.state = State::Live { blocks, is_new: true };
            return Ok(true);
        }
        self.state = State::catch_up(newest, Some(blocks));
        Ok(false)
    }
}
