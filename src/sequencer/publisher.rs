//! The publisher thread: durable blocks go into the read models, and then to the streams.

use std::iter;
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;
use tokio::sync::broadcast;

use crate::published::Block;
use crate::read::projection::Projection;

/// Most blocks published as one: a query waits for its entry no longer than these take.
const ROUND_BLOCKS_MAX: usize = 8;

pub(super) struct PublisherThread {
    pub(super) projection: Projection,
    pub(super) blocks: Receiver<Arc<Block>>,
    pub(super) lives: broadcast::Sender<Arc<Block>>,
}

impl PublisherThread {
    pub(super) fn run(mut self) {
        while let Ok(block) = self.blocks.recv() {
            self.step(block);
        }
    }

    /// Publishes a block and what waits behind it: rows that several blocks touch are copied once.
    pub(super) fn step(&mut self, block: Arc<Block>) {
        let begun = Instant::now();
        let waiting = self.blocks.try_iter().take(ROUND_BLOCKS_MAX.saturating_sub(1));
        let round: Vec<Arc<Block>> = iter::once(block).chain(waiting).collect();
        for block in &round {
            self.projection.record(block);
        }
        self.projection.finish();
        for block in round {
            // Nobody may be listening.
            drop(self.lives.send(block));
        }
        metrics::histogram!("sfund_publish_seconds").record(begun.elapsed());
        let behind = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        metrics::gauge!("sfund_publish_blocks").set(f64::from(behind));
    }
}
