//! The publisher thread: durable blocks go into the read models, and then to the streams.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Receiver;
use tokio::sync::broadcast;

use crate::published::Block;
use crate::read::projection::Projection;

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

    /// Publishes one block.
    pub(super) fn step(&mut self, block: Arc<Block>) {
        let begun = Instant::now();
        self.projection.apply(&block);
        // Nobody may be listening.
        drop(self.lives.send(block));
        metrics::histogram!("sfund_publish_seconds").record(begun.elapsed());
        let behind = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        metrics::gauge!("sfund_publish_blocks").set(f64::from(behind));
    }
}
