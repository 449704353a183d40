//! A reader of the streams: every entry once, in order, and none that is not durable.

use std::task::Poll;
use std::time::Duration;

use sfund_engine::id::Sequence;
use tokio::runtime::Runtime;

use crate::simulation::audit::{Audit, Failure, ensure};
use crate::simulation::seen::Seen;
use crate::stream::{Ended, Live, Step, Stream};

/// A stream that has something to give and does not, for so long, never will.
const PATIENCE: Duration = Duration::from_secs(60);

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
            let step = if live.newest() <= self.newest {
                // Nothing is to come but the mark, which needs no wait.
                runtime.block_on(once(stream.next()))
            } else {
                let next = async { tokio::time::timeout(PATIENCE, stream.next()).await };
                Some(runtime.block_on(next).map_err(|_| "a stream stands still".to_owned())?)
            };
            match step {
                None => return Ok(()),
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

/// Polls once.
async fn once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(move |context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
    })
    .await
}
