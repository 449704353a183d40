//! Opening a stream anew where it broke off, without a gap and without a duplicate.
//!
//! An entry may come in several messages and the connection may break between them. The stream
//! is therefore opened again with the entry it broke off in, and what was given of that entry
//! before is left out.

use std::fmt;

use sfund_proto::v1;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tonic::codec::Streaming;

use crate::ask::Boxed;
use crate::client::{Client, Waits};
use crate::error::Error;
use crate::rpc::Following;

/// How far a stream has come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Position<E> {
    /// First entry that is not complete; 0 if nothing is known yet.
    next: u64,
    /// What was given of the entry `next`.
    given: Vec<E>,
    /// What of `given` the server has not said again since the stream was opened anew.
    repeats: Vec<E>,
}

/// What a message of a stream is, for the position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that happened in the entry of its sequence.
    Event,
    /// The end of catch-up: all entries up to its sequence were looked at.
    Mark,
    /// As a mark, and of no interest to anybody.
    Heartbeat,
    /// An event that this version does not know: it is passed over.
    Unknown,
}

/// A message of a stream.
pub(crate) trait Message {
    fn sequence(&self) -> u64;
    fn kind(&self) -> Kind;
}

impl<E: Message + Clone + PartialEq> Position<E> {
    pub(crate) fn starting(next: u64) -> Self {
        Self { next, given: Vec::new(), repeats: Vec::new() }
    }

    /// From which entry to open the stream anew.
    fn reopen(&mut self) -> u64 {
        self.repeats.clone_from(&self.given);
        self.next
    }

    /// Newest entry that is known to be complete.
    fn complete(&self) -> u64 {
        self.next.saturating_sub(1)
    }

    /// Whether the message is new; it counts as given from here on.
    fn take(&mut self, message: &E) -> bool {
        let sequence = message.sequence();
        if sequence < self.next {
            return message.kind() == Kind::Mark;
        }
        match message.kind() {
            Kind::Mark | Kind::Heartbeat => {
                *self = Self::starting(sequence.saturating_add(1));
                message.kind() == Kind::Mark
            }
            Kind::Event | Kind::Unknown => {
                if self.next < sequence {
                    *self = Self::starting(sequence);
                }
                let known = self.repeats.iter().position(|given| given == message);
                if let Some(at) = known {
                    self.repeats.swap_remove(at);
                    return false;
                }
                self.given.push(message.clone());
                message.kind() == Kind::Event
            }
        }
    }
}

/// A stream that opens itself anew.
pub(crate) struct Resuming<Q: Following> {
    client: Client,
    request: Q,
    position: Position<Q::Event>,
    link: Link<Q::Event>,
    waits: Waits,
}

/// How a stream stands. All that is awaited is kept here, so that who stops waiting loses nothing.
enum Link<E> {
    /// It is to be opened, not before this moment.
    Closed(Option<Instant>),
    Opening(Boxed<Streaming<E>>),
    Open {
        stream: Box<Streaming<E>>,
        /// When it must have said something.
        silent_at: Option<Instant>,
    },
}

impl<Q: Following> Resuming<Q>
where
    Q::Event: Message,
{
    pub(crate) fn new(client: Client, request: Q, from: u64) -> Self {
        let waits = Waits::of_stream(client.options());
        let position = Position::starting(from);
        Self { client, request, position, link: Link::Closed(None), waits }
    }

    /// Newest entry of which everything was given.
    pub(crate) fn complete(&self) -> u64 {
        self.position.complete()
    }

    /// Whether there is a connection: else it is being opened.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.link, Link::Open { .. })
    }

    /// The next message that is no heartbeat and was not given before.
    pub(crate) async fn next(&mut self) -> Result<Q::Event, Error> {
        loop {
            match self.message().await {
                Ok(message) => {
                    self.waits = Waits::of_stream(self.client.options());
                    if self.position.take(&message) {
                        self.client.saw(message.sequence());
                        return Ok(message);
                    }
                }
                Err(error) => {
                    self.link = Link::Closed(None);
                    let Some(wait) = self.waits.after(&error) else {
                        self.waits = Waits::of_stream(self.client.options());
                        return Err(error);
                    };
                    self.link = Link::Closed(Instant::now().checked_add(wait));
                }
            }
        }
    }

    async fn message(&mut self) -> Result<Q::Event, Error> {
        loop {
            match &mut self.link {
                Link::Closed(Some(moment)) => {
                    sleep_until(*moment).await;
                    self.link = Link::Closed(None);
                }
                Link::Closed(None) => {
                    self.request.from(self.position.reopen());
                    self.link = Link::Opening(opening(self.client.clone(), self.request.clone()));
                }
                Link::Opening(opening) => {
                    let stream = Box::new(opening.as_mut().await?);
                    self.link = Link::Open { stream, silent_at: self.silent_at() };
                }
                Link::Open { stream, silent_at } => {
                    let said = match *silent_at {
                        Some(moment) => timeout_at(moment, stream.message()).await,
                        None => Ok(stream.message().await),
                    };
                    let message = match said {
                        Ok(Ok(message)) => message.ok_or_else(ended)?,
                        Ok(Err(status)) => return Err(Error::from_cut(status)),
                        Err(_) => return Err(silent()),
                    };
                    let next = self.silent_at();
                    if let Link::Open { silent_at, .. } = &mut self.link {
                        *silent_at = next;
                    }
                    return Ok(message);
                }
            }
        }
    }

    fn silent_at(&self) -> Option<Instant> {
        Instant::now().checked_add(self.client.options().silence_max)
    }
}

fn opening<Q: Following>(client: Client, request: Q) -> Boxed<Streaming<Q::Event>> {
    Box::pin(async move {
        let opening = Q::open(&client, client.signed(request));
        let opened = timeout(client.options().deadline, opening).await.map_err(|_| silent())?;
        Ok(opened.map_err(Error::from_status)?.into_inner())
    })
}

/// The server ends a stream when it stops.
fn ended() -> Error {
    Error::Transport("the server ended the stream".into())
}

fn silent() -> Error {
    Error::Transport("the server says nothing".into())
}

impl<Q: Following> fmt::Debug for Resuming<Q>
where
    Q::Event: Message,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resuming({})", if self.is_open() { "open" } else { "to be opened" })
    }
}

macro_rules! messages {
    ($($event:ident $module:ident;)*) => {$(
        impl Message for v1::$event {
            fn sequence(&self) -> u64 {
                self.sequence
            }

            fn kind(&self) -> Kind {
                match &self.event {
                    Some(v1::$module::Event::CaughtUp(v1::CaughtUp {})) => Kind::Mark,
                    Some(v1::$module::Event::Heartbeat(v1::Heartbeat {})) => Kind::Heartbeat,
                    Some(_) => Kind::Event,
                    None => Kind::Unknown,
                }
            }
        }
    )*};
}

messages! {
    StreamMarketResponse stream_market_response;
    StreamMyEventsResponse stream_my_events_response;
    StreamEntriesResponse stream_entries_response;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Said(u64, Kind, char);

    impl Message for Said {
        fn sequence(&self) -> u64 {
            self.0
        }

        fn kind(&self) -> Kind {
            self.1
        }
    }

    fn event(sequence: u64, name: char) -> Said {
        Said(sequence, Kind::Event, name)
    }

    #[test]
    fn a_stream_cut_inside_an_entry_gives_the_rest_of_it_once() {
        let mut position = Position::starting(0);
        assert!(position.take(&event(7, 'a')) && position.take(&event(8, 'b')));
        assert!(position.take(&event(8, 'c')) && position.take(&event(8, 'c')));
        assert_eq!((position.reopen(), position.complete()), (8, 7));
        let again = ['b', 'c', 'c', 'c', 'd'].map(|name| position.take(&event(8, name)));
        assert_eq!(again, [false, false, false, true, true]);
        assert!(position.take(&event(9, 'b')));
        assert_eq!(position.reopen(), 9);
    }

    #[test]
    fn what_a_heartbeat_covers_is_not_asked_for_again() {
        let mut position = Position::starting(0);
        assert!(position.take(&event(7, 'a')));
        assert!(!position.take(&Said(40, Kind::Heartbeat, ' ')));
        assert_eq!((position.reopen(), position.complete()), (41, 40));
        assert!(!position.take(&event(40, 'b')), "covered already");
        assert!(position.take(&Said(40, Kind::Mark, ' ')), "marks are always told");
    }

    #[test]
    fn a_stream_cut_twice_inside_an_entry_gives_nothing_twice() {
        let mut position = Position::starting(5);
        assert!(position.take(&event(5, 'a')));
        assert_eq!(position.reopen(), 5);
        assert!(!position.take(&event(5, 'a')) && position.take(&event(5, 'b')));
        assert_eq!(position.reopen(), 5);
        let again = ['a', 'b', 'c'].map(|name| position.take(&event(5, name)));
        assert_eq!(again, [false, false, true]);
    }
}
