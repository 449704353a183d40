//! The sequencer without threads: somebody says which of its parts does its next piece of work.
//!
//! It is what the threads run, so a simulation of it is one of the real thing. No step waits, as
//! long as no channel is full: the limits must leave room for what one step hands on.

use std::sync::Arc;

use sfund_engine::market::Market;

use crate::read::Read;
use crate::read::projection::Projection;
use crate::sequencer::engine::Gone;
use crate::sequencer::{Clock, Handle, Limits, Next, OnFatal, Parts, Threads};
use crate::stream::Live;

/// The parts of a sequencer.
pub(crate) struct Stepped(Threads);

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stepping {
    /// There was nothing to do.
    Idle,
    /// Something was done.
    Done,
    /// The part has ended, because it was told to or because it cannot go on.
    Ended,
}

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) commands: usize,
    pub(crate) batches: usize,
    pub(crate) blocks: usize,
    pub(crate) recalls: usize,
}

impl Stepped {
    pub(crate) fn new(
        parts: Parts,
        clock: Arc<dyn Clock>,
        limits: Limits,
        on_fatal: OnFatal,
    ) -> Self {
        Self(Threads::new(parts, clock, limits, on_fatal))
    }

    /// One turn of the engine: all that waits, up to a batch, and whatever is due.
    pub(crate) fn step_engine(&mut self) -> Stepping {
        // So that it does not sleep if nothing waits.
        self.0.handle.wake();
        match self.0.engine.turn() {
            Ok(Next::GoOn) => Stepping::Done,
            Ok(Next::End) | Err(Gone) => Stepping::Ended,
        }
    }

    /// Makes durable, answers and hands on all batches that wait.
    pub(crate) fn step_writer(&mut self) -> Stepping {
        match self.0.writer.batches.try_recv() {
            Ok(batch) => self.0.writer.step(batch).into(),
            Err(_) => Stepping::Idle,
        }
    }

    /// Publishes the next block.
    pub(crate) fn step_publisher(&mut self) -> Stepping {
        match self.0.publisher.blocks.try_recv() {
            Ok(block) => {
                self.0.publisher.step(block);
                Stepping::Done
            }
            Err(_) => Stepping::Idle,
        }
    }

    /// Gives the next answer that is wanted again.
    pub(crate) fn step_recall(&mut self) -> Stepping {
        match self.0.recall.recalled.try_recv() {
            Ok(recall) => self.0.recall.step(recall).into(),
            Err(_) => Stepping::Idle,
        }
    }

    /// How much waits for each part.
    pub(crate) fn waiting(&self) -> Waiting {
        Waiting {
            commands: self.0.handle.queue_commands(),
            batches: self.0.writer.batches.len(),
            blocks: self.0.publisher.blocks.len(),
            recalls: self.0.recall.recalled.len(),
        }
    }

    /// The market that the engine owns: ahead of what is durable.
    pub(crate) fn market(&self) -> &Market {
        &self.0.engine.market
    }

    /// What the read models are folded by.
    pub(crate) fn projection(&self) -> &Projection {
        &self.0.publisher.projection
    }

    pub(crate) fn handle(&self) -> Handle {
        self.0.handle.clone()
    }

    pub(crate) fn read(&self) -> Read {
        self.0.read.clone()
    }

    pub(crate) fn live(&self) -> Live {
        self.0.live.clone()
    }
}

impl From<Next> for Stepping {
    fn from(next: Next) -> Self {
        match next {
            Next::GoOn => Self::Done,
            Next::End => Self::Ended,
        }
    }
}
