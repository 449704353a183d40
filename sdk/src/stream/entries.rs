//! The audit trail as a stream (审计).

use sfund_engine::id::Sequence;
use sfund_proto::v1;

use crate::admin::types::{Entry, entry_of};
use crate::client::Client;
use crate::error::{Error, Unreadable};
use crate::stream::resume::Resuming;

/// Journal entries, each once and in order. It resumes by itself.
#[derive(Debug)]
pub struct EntryStream {
    stream: Resuming<v1::StreamEntriesRequest>,
}

/// What the audit trail says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditChange {
    /// A journal entry.
    Entry(Box<Entry>),
    /// All that had happened when the stream was opened is given; what follows is live.
    CaughtUp(Sequence),
}

impl EntryStream {
    pub(crate) fn open(client: Client, after: Sequence) -> Self {
        let request = v1::StreamEntriesRequest::default();
        Self { stream: Resuming::new(client, request, after.next().number()) }
    }

    /// Waits for the next entry or mark. After an error it may be asked again. Who stops waiting
    /// loses nothing: it may be a branch of `select!`.
    ///
    /// # Errors
    ///
    /// What the stream could not be opened with, once the client's patience is over.
    pub async fn next(&mut self) -> Result<AuditChange, Error> {
        use v1::stream_entries_response::Event;
        loop {
            let message = self.stream.next().await?;
            match message.event {
                Some(Event::Entry(entry)) => {
                    return Ok(AuditChange::Entry(Box::new(entry_of(entry)?)));
                }
                Some(Event::CaughtUp(v1::CaughtUp {})) => {
                    return Ok(AuditChange::CaughtUp(Sequence::new(message.sequence)));
                }
                Some(Event::Heartbeat(v1::Heartbeat {})) => {}
                None => return Err(Unreadable { field: "event" }.into()),
            }
        }
    }

    /// Whether there is a connection; else it is being opened, or opened anew.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.stream.is_open()
    }

    /// Newest entry of which everything was given: where another stream would go on after.
    #[must_use]
    pub fn complete(&self) -> Sequence {
        Sequence::new(self.stream.complete())
    }
}
