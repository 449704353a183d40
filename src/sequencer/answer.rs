//! What goes into the sequencer and what comes out.

use sfund_engine::command::Command;
use sfund_engine::entry::{Attempt, Caller};
use sfund_engine::event::Event;
use sfund_engine::id::Sequence;
use sfund_engine::reject::Reject;
use sfund_engine::time::Time;
use thiserror::Error;

use crate::published::Item;

/// A command on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Who asks.
    pub caller: Caller,
    /// Which attempt of theirs; without one, the command sent again is another command.
    pub attempt: Option<Attempt>,
    /// What is asked.
    pub command: Command,
    /// Whether it is meant.
    pub mode: Mode,
}

/// Whether a command is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is: its outcome is recorded.
    Commit,
    /// It is not: it is answered and forgotten.
    DryRun,
}

/// Why the sequencer did not take a command. Nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SubmitError {
    /// As many commands wait as may.
    #[error("as many commands wait as may: try again soon")]
    QueueFull,
    /// The sequencer stops. A command that was taken may have been recorded: ask again with the
    /// same attempt.
    #[error("the server stops: try again with the same attempt")]
    Stopping,
}

/// The market's answer to a command. It exists only once all that it rests on is durable.
#[derive(Clone, Debug)]
pub struct Answer(Body);

#[derive(Clone, Debug)]
enum Body {
    Recorded { item: Item, is_repeated: bool },
    Unrecorded(Box<Unrecorded>),
}

/// An answer that has no entry: of a dry run, or of an attempt that cannot be remembered.
#[derive(Clone, Debug)]
pub(crate) struct Unrecorded {
    /// The newest entry when the command was judged.
    pub(crate) sequence: Sequence,
    pub(crate) at: Time,
    pub(crate) command: Command,
    pub(crate) outcome: Result<Vec<Event>, Reject>,
}

impl Answer {
    pub(crate) fn recorded(item: Item) -> Self {
        Self(Body::Recorded { item, is_repeated: false })
    }

    pub(crate) fn again(item: Item) -> Self {
        Self(Body::Recorded { item, is_repeated: true })
    }

    pub(crate) fn unrecorded(answer: Box<Unrecorded>) -> Self {
        Self(Body::Unrecorded(answer))
    }

    /// The entry of the answer; without one, the newest entry when the command was judged.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        match &self.0 {
            Body::Recorded { item, .. } => item.header().sequence,
            Body::Unrecorded(answer) => answer.sequence,
        }
    }

    /// When the command was judged.
    #[must_use]
    pub fn at(&self) -> Time {
        match &self.0 {
            Body::Recorded { item, .. } => item.header().at,
            Body::Unrecorded(answer) => answer.at,
        }
    }

    /// What happened, or would.
    ///
    /// # Errors
    ///
    /// The reject, if the market says no.
    pub fn outcome(&self) -> Result<&[Event], &Reject> {
        match &self.0 {
            Body::Recorded { item, .. } => item.outcome(),
            Body::Unrecorded(answer) => match &answer.outcome {
                Ok(events) => Ok(events),
                Err(reject) => Err(reject),
            },
        }
    }

    /// What was asked.
    #[must_use]
    pub fn command(&self) -> &Command {
        match &self.0 {
            Body::Recorded { item, .. } => item.command(),
            Body::Unrecorded(answer) => &answer.command,
        }
    }

    /// Whether the attempt was answered before, and this is that answer.
    #[must_use]
    pub fn repeated(&self) -> bool {
        match &self.0 {
            Body::Recorded { is_repeated, .. } => *is_repeated,
            Body::Unrecorded(_) => false,
        }
    }

    /// The entry, if there is one.
    #[must_use]
    pub fn entry(&self) -> Option<&Item> {
        match &self.0 {
            Body::Recorded { item, .. } => Some(item),
            Body::Unrecorded(_) => None,
        }
    }
}
