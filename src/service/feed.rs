//! A stream of entries to one reader: the marks, the heartbeat, and every way it ends.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use std::vec;

use sfund_engine::id::Sequence;
use tokio::sync::mpsc::error::{SendTimeoutError, TrySendError};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_stream::Stream as Flow;
use tonic::{Response, Status};

use crate::published::Run;
use crate::service::desk::Desk;
use crate::service::door::Visit;
use crate::stream::{Ended, Stream, Stretch};
use crate::wire::status::Trouble;

/// What a feed sends, and when.
pub(crate) trait Teller: Send + 'static {
    /// One message.
    type Message: Send + 'static;

    /// What is told of entries, in order.
    fn run(&mut self, run: &Run) -> Vec<Self::Message>;
    /// The mark: everything up to `sequence` has come.
    fn caught_up(&mut self, sequence: Sequence) -> Vec<Self::Message>;
    /// A sign of life: everything up to `sequence` was looked at.
    fn heartbeat(&self, sequence: Sequence) -> Self::Message;

    /// When there is something to tell that no entry brings; none while there is not.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// How long entries gather after some were told.
    fn pause(&self) -> Duration {
        Duration::ZERO
    }

    /// What is due.
    fn tell_due(&mut self, _sequence: Sequence) -> Vec<Self::Message> {
        Vec::new()
    }
}

/// The messages on their way to the reader, and how it ends after the last.
pub(crate) struct Outlet<M> {
    batches: mpsc::Receiver<Vec<M>>,
    /// What is left of the batch taken last.
    messages: vec::IntoIter<M>,
    end: Arc<Mutex<Option<Status>>>,
}

/// The response to a call that opens a stream.
pub(crate) type Feed<M> = Pin<Box<dyn Flow<Item = Result<M, Status>> + Send>>;

impl<M> Flow for Outlet<M> {
    type Item = Result<M, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(message) = self.messages.next() {
                return Poll::Ready(Some(Ok(message)));
            }
            match ready!(self.batches.poll_recv(context)) {
                Some(batch) => self.messages = batch.into_iter(),
                None => {
                    let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
                    return Poll::Ready(end.map(Err));
                }
            }
        }
    }
}

impl<M> Unpin for Outlet<M> {}

/// Where a task puts messages for its reader.
pub(crate) struct Inlet<M> {
    batches: mpsc::Sender<Vec<M>>,
    end: Arc<Mutex<Option<Status>>>,
}

/// The two ends of a response of at most `batches_max` waiting batches of messages.
pub(crate) fn pipe<M>(batches_max: usize) -> (Inlet<M>, Outlet<M>) {
    let (sender, receiver) = mpsc::channel(batches_max.max(1));
    let end = Arc::new(Mutex::new(None));
    let inlet = Inlet { batches: sender, end: Arc::clone(&end) };
    (inlet, Outlet { batches: receiver, messages: Vec::new().into_iter(), end })
}

impl<M> Inlet<M> {
    /// Sends messages together, waiting `longest` for a place.
    ///
    /// # Errors
    ///
    /// [`Gone`] if the reader is gone, or takes nothing.
    pub(crate) async fn send(&self, batch: Vec<M>, longest: Duration) -> Result<(), Gone> {
        let batch = match self.batches.try_send(batch) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Closed(_)) => return Err(Gone::Left),
            Err(TrySendError::Full(batch)) => batch,
        };
        match self.batches.send_timeout(batch, longest).await {
            Ok(()) => Ok(()),
            Err(SendTimeoutError::Timeout(_)) => Err(Gone::Slow),
            Err(SendTimeoutError::Closed(_)) => Err(Gone::Left),
        }
    }

    /// Waits until the reader is gone.
    pub(crate) async fn closed(&self) {
        self.batches.closed().await;
    }

    /// Ends the response with a status, after what was sent.
    pub(crate) fn end(self, status: impl Into<Status>) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(status.into());
    }
}

/// Why nothing more can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// The reader left.
    Left,
    /// The reader takes nothing.
    Slow,
}

/// Messages, and entries of one block, that are gathered before they are sent.
const GATHERED_MAX: usize = 128;
/// Blocks whose entries are gathered before they are sent.
const BLOCKS_MAX: usize = 64;
/// The shortest pause: a timer is no finer.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// The stream that begins with `from`, 0 being what comes next.
pub(crate) fn subscribe(desk: &Desk, from: u64) -> Result<Stream, Status> {
    if from == 0 {
        return Ok(desk.live.subscribe_new());
    }
    desk.live.subscribe(Sequence::new(from)).map_err(|ahead| {
        let mut fields = crate::wire::fields::Fields::default();
        fields.note("from_sequence", ahead);
        match fields.done(()) {
            Ok(()) => Trouble::Internal {}.into(),
            Err(malformed) => malformed.into(),
        }
    })
}

/// Feeds a reader from `stream`.
pub(crate) fn feed<T: Teller>(
    desk: &Desk,
    visit: Visit,
    stream: Stream,
    teller: T,
) -> Response<Feed<T::Message>> {
    let (inlet, outlet) = pipe(desk.limits.stream_messages_max / GATHERED_MAX);
    tokio::spawn(run(desk.clone(), visit, stream, teller, inlet));
    Response::new(Box::pin(outlet))
}

async fn run<T: Teller>(
    desk: Desk,
    visit: Visit,
    mut stream: Stream,
    mut teller: T,
    inlet: Inlet<T::Message>,
) {
    let mut stopping = desk.stopping.clone();
    let mut check_key = Instant::now();
    // Until when entries gather.
    let mut pause = None;
    loop {
        if check_key <= Instant::now() {
            if let Err(trouble) = desk.is_good(&visit) {
                return inlet.end(trouble);
            }
            check_key = in_time(desk.limits.heartbeat);
        }
        let looked_at = Sequence::new(stream.resume_from().number().saturating_sub(1));
        let messages = tokio::select! {
            biased;
            () = inlet.closed() => return,
            () = stops(&mut stopping) => return inlet.end(Trouble::Stopping {}),
            () = at(visit.deadline) => return inlet.end(Trouble::DeadlineExceeded {}),
            () = at(teller.due()) => teller.tell_due(looked_at),
            step = timeout(desk.limits.heartbeat, next(pause, &mut stream)) => match step {
                Ok(Ok(Stretch::Run(run))) => {
                    let (messages, left) = gather(&run, &mut stream, &mut teller);
                    let wait = teller.pause();
                    pause = (left == Left::Nothing && PAUSE_MIN <= wait).then(|| in_time(wait));
                    messages
                }
                Ok(Ok(Stretch::CaughtUp)) => teller.caught_up(looked_at),
                Ok(Err(ended)) => return inlet.end(status_of(&ended)),
                Err(_) => vec![teller.heartbeat(looked_at)],
            },
        };
        if messages.is_empty() {
            continue;
        }
        let sent = tokio::select! {
            biased;
            sent = inlet.send(messages, desk.limits.slow_reader_wait) => sent,
            () = stops(&mut stopping) => return inlet.end(Trouble::Stopping {}),
        };
        match sent {
            Ok(()) => {}
            Err(Gone::Left) => return,
            // What was not taken comes again, from its first entry.
            Err(Gone::Slow) => return inlet.end(cut(looked_at.number().saturating_add(1))),
        }
    }
}

/// What comes next, once `pause` is over.
async fn next(pause: Option<Instant>, stream: &mut Stream) -> Result<Stretch, Ended> {
    if let Some(pause) = pause {
        sleep_until(pause).await;
    }
    stream.next_run(GATHERED_MAX).await
}

/// Whether entries that are there were left where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    Something,
}

/// The messages of entries and of those that came with them.
fn gather<T: Teller>(first: &Run, stream: &mut Stream, teller: &mut T) -> (Vec<T::Message>, Left) {
    let mut messages = teller.run(first);
    for _ in 1..BLOCKS_MAX {
        let room = GATHERED_MAX.saturating_sub(messages.len());
        if room == 0 {
            break;
        }
        let Some(run) = stream.run_at_hand(room) else { return (messages, Left::Nothing) };
        messages.append(&mut teller.run(&run));
    }
    (messages, Left::Something)
}

/// The instant `wait` from now.
pub(crate) fn in_time(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait).unwrap_or(now)
}

/// Waits until the server stops.
pub(crate) async fn stops(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stops| *stops).await);
}

/// Waits until `instant`, for ever if there is none.
pub(crate) async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// Why a stream is cut whose reader is too slow.
pub(crate) fn cut(resume_sequence: u64) -> Trouble {
    metrics::counter!("sfund_streams_cut_total").increment(1);
    Trouble::SlowReader { resume_sequence }
}

fn status_of(ended: &Ended) -> Trouble {
    match ended {
        Ended::Lagged { resume_from } => cut(resume_from.number()),
        Ended::Stopping { .. } => Trouble::Stopping {},
        Ended::Journal { at, .. } => {
            tracing::error!(sequence = at.number(), error = %ended, "a stream cannot go on");
            Trouble::Internal {}
        }
        Ended::Undecodable(cause) => {
            let sequence = cause.sequence.number();
            tracing::error!(sequence, error = %ended, "a stream cannot go on");
            Trouble::Internal {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt;
    use tonic::Code;

    use super::*;

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_cut_and_still_gets_what_was_sent_and_the_reason() {
        let (inlet, mut outlet) = pipe(2);
        let longest = Duration::from_millis(1);
        assert_eq!(inlet.send(vec![1], longest).await, Ok(()));
        assert_eq!(inlet.send(vec![2], longest).await, Ok(()));
        assert_eq!(inlet.send(vec![3], longest).await, Err(Gone::Slow));
        inlet.end(Trouble::SlowReader { resume_sequence: 3 });
        assert_eq!(outlet.next().await.unwrap().unwrap(), 1);
        assert_eq!(outlet.next().await.unwrap().unwrap(), 2);
        let status = outlet.next().await.unwrap().unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(status.message(), "the reader is too slow: resume from 3");
        assert!(outlet.next().await.is_none());
    }

    #[tokio::test]
    async fn a_reader_that_left_is_noticed() {
        let (inlet, outlet) = pipe(1);
        drop(outlet);
        inlet.closed().await;
        assert_eq!(inlet.send(vec![1], Duration::from_secs(1)).await, Err(Gone::Left));
    }
}
