//! A reader of the streams: every entry once, in order, and none that is not durable.

use std::task::Poll;

use sfund_engine::id::Sequence;
use tokio::runtime::Runtime;

use crate::simulation::audit::{Audit, Failure, ensure};
use crate::simulation::seen::Seen;
use crate::stream::{Ended, Live, Step, Stream};

/// Reads of the journal after which a stream that has something to give has given it.
const READS_MAX: usize = 20;

/// One reader, and how far it came.
#[derive(Default)]
pub(super) struct Watcher {
    stream: Option<Stream>,
    newest: Sequence,
}

impl Watcher {
    /// The connection is gone.
    pub(super) fn cut(&mut self) {
        self.stream = None;
    }

    pub(super) fn newest(&self) -> Sequence {
        self.newest
    }

    /// Takes up to so many entries of those that are published.
    pub(super) fn watch(
        &mut self,
        runtime: &Runtime,
        live: &Live,
        audit: &Audit,
        entries: u8,
        seen: &mut Seen,
    ) -> Result<(), Failure> {
        for _ in 0..entries {
            if self.stream.is_none() {
                let from = self.newest.next();
                self.stream = Some(live.subscribe(from).map_err(|error| format!("{error}"))?);
            }
            let Some(stream) = &mut self.stream else { return Ok(()) };
            let is_due = self.newest < live.newest();
            // If nothing is due, nothing is to come but the mark, which needs no read.
            let reads_max = if is_due { READS_MAX } else { 0 };
            let step = runtime.block_on(within(reads_max, stream.next()));
            match step {
                None => {
                    return ensure(!is_due, || format!("a stream stands still at {}", self.newest));
                }
                Some(Ok(Step::CaughtUp)) => {}
                Some(Ok(Step::Entry(item))) => {
                    let sequence = item.header().sequence;
                    ensure(sequence == self.newest.next(), || {
                        format!("a stream goes from {} to {sequence}", self.newest)
                    })?;
                    audit.hold(&item)?;
                    self.newest = sequence;
                    seen.watched += 1;
                }
                Some(Err(Ended::Lagged { resume_from })) => {
                    ensure(resume_from == self.newest.next(), || {
                        format!("a cut stream at {} resumes from {resume_from}", self.newest)
                    })?;
                    seen.cut_streams += 1;
                    self.stream = None;
                }
                Some(Err(error)) => return Err(format!("a stream ends: {error:?}")),
            }
        }
        Ok(())
    }
}

/// Waits for a future that reads so often at the most, away from this thread.
///
/// The reads are done one after the other by one thread (see [`super::runtime`]): once a task that
/// was begun after a read is done, so is the read. So no clock is needed to say that it is stuck.
async fn within<T>(reads_max: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    for read in 0..=reads_max {
        let polled = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context)));
        match polled.await {
            Poll::Ready(value) => return Some(value),
            Poll::Pending if read == reads_max => {}
            Poll::Pending => tokio::task::spawn_blocking(|| ()).await.expect("it does nothing"),
        }
    }
    None
}
