//! The way into the sequencer. Cheap to clone; never blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crossbeam_channel::{Sender, TrySendError};
use sfund_engine::command::Command;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError as TryReserveError;
use tokio::sync::oneshot;
use tracing::Span;

use crate::sequencer::{Answer, Submission, SubmitError};

/// The way in.
#[derive(Clone)]
pub struct Handle {
    queue: Sender<Message>,
    is_stopping: Arc<AtomicBool>,
}

/// What waits in the queue.
#[expect(clippy::large_enum_variant, reason = "nearly every message is a command: no box for each")]
pub(super) enum Message {
    /// A command, and who waits for its answer.
    Submit(Submission, Ticket),
    /// Nothing: look at the clock.
    Wake,
    /// Finish what waits, and end.
    Stop,
}

impl Message {
    /// What is asked, if anything is.
    pub(super) fn command(&self) -> Option<&Command> {
        match self {
            Self::Submit(submission, _) => Some(&submission.command),
            Self::Wake | Self::Stop => None,
        }
    }
}

/// Who waits for an answer.
pub(super) struct Ticket {
    pub(super) reply: Reply,
    /// Since when.
    pub(super) since: Instant,
    /// The span of the call, if calls are traced.
    pub(super) span: Span,
}

/// Whom to answer. Answering never blocks: the place for the answer is reserved.
pub(super) enum Reply {
    One(oneshot::Sender<Answer>),
    Many(u64, mpsc::OwnedPermit<(u64, Answer)>),
}

impl Reply {
    /// Sends the answer. Nobody may be waiting any more; that is theirs.
    pub(super) fn send(self, answer: Answer) {
        match self {
            Self::One(sender) => drop(sender.send(answer)),
            Self::Many(tag, permit) => drop(permit.send((tag, answer))),
        }
    }
}

impl Handle {
    pub(super) fn new(queue: Sender<Message>, is_stopping: Arc<AtomicBool>) -> Self {
        Self { queue, is_stopping }
    }

    /// Submits a command and waits for its answer. Dropping the future does not take it back.
    ///
    /// # Errors
    ///
    /// [`SubmitError::QueueFull`] at once; [`SubmitError::Stopping`] at once, or if the sequencer
    /// ended before it answered.
    pub async fn submit(&self, submission: Submission) -> Result<Answer, SubmitError> {
        let (sender, receiver) = oneshot::channel();
        self.send(submission, Reply::One(sender))?;
        receiver.await.map_err(|_| SubmitError::Stopping)
    }

    /// Submits a command; its answer comes to `answers` with `tag`, in the order of submission as
    /// far as answers are new. A place in `answers` is reserved at once.
    ///
    /// # Errors
    ///
    /// [`SubmitError::QueueFull`] if the sequencer's queue or `answers` has no place;
    /// [`SubmitError::Stopping`]. Then no answer comes.
    pub fn submit_to(
        &self,
        submission: Submission,
        tag: u64,
        answers: &mpsc::Sender<(u64, Answer)>,
    ) -> Result<(), SubmitError> {
        let permit = answers.clone().try_reserve_owned().map_err(|error| match error {
            TryReserveError::Full(_) => SubmitError::QueueFull,
            TryReserveError::Closed(_) => SubmitError::Stopping,
        })?;
        self.send(submission, Reply::Many(tag, permit))
    }

    /// Commands that wait now.
    #[must_use]
    pub fn queue_commands(&self) -> usize {
        self.queue.len()
    }

    /// Makes the sequencer look at the clock: for clocks that are moved by hand.
    pub fn wake(&self) {
        // With a full queue it is awake.
        drop(self.queue.try_send(Message::Wake));
    }

    /// Refuses commands from now on; those that were taken are answered.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        // The queue is drained, so this waits a moment at the most; if it is gone, all is over.
        drop(self.queue.send(Message::Stop));
    }

    /// Whether the sequencer takes nothing more.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }

    fn send(&self, submission: Submission, reply: Reply) -> Result<(), SubmitError> {
        if self.is_stopping() {
            return Err(SubmitError::Stopping);
        }
        let ticket = Ticket { reply, since: Instant::now(), span: Span::current() };
        let message = Message::Submit(submission, ticket);
        self.queue.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) => SubmitError::QueueFull,
            TrySendError::Disconnected(_) => SubmitError::Stopping,
        })
    }
}
