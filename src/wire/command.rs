//! A request into an attempt at a command, an answer into a response.

use prost_types::Timestamp;
use sfund_engine::command::Command;
use sfund_engine::entry::{Attempt, fingerprint};
use sfund_engine::event::Event;
use sfund_engine::id::{PartyId, Sequence};
use sfund_engine::time::Time;
use sfund_engine::trading::place_order::PlaceOrder;

use crate::wire::fields::{Fields, Malformed, write_time};

/// A request that asks for a command.
pub trait Ask {
    /// The caller's own id for this attempt.
    fn request_id(&self) -> &str;
    /// Whether it only asks what would happen.
    fn validate_only(&self) -> bool;
    /// The command, asked for by `by`.
    fn read(&self, by: PartyId, fields: &mut Fields) -> Command;
}

/// A command on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is asked.
    pub command: Command,
    /// Which attempt; none for a dry run.
    pub attempt: Option<Attempt>,
    /// Whether it only asks what would happen.
    pub dry_run: bool,
}

/// Whether a command may come without an attempt id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptId {
    /// It may not, unless it is a dry run.
    Required,
    /// It may: a lost answer cannot be asked for again then.
    Optional,
}

/// What happened, as a response tells it.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Entry that the answer rests on.
    pub sequence: Sequence,
    /// Its time.
    pub at: Time,
    /// Whether the attempt was answered before.
    pub replayed: bool,
    /// What happened.
    pub events: &'a [Event],
}

/// A response to a command.
pub trait Tell {
    /// The response that tells of `facts`.
    fn tell(facts: &Facts<'_>) -> Self;
}

/// Reads a command with its attempt.
///
/// # Errors
///
/// [`Malformed`] with all that is wrong.
pub fn read<A: Ask>(ask: &A, by: PartyId) -> Result<Asked, Malformed> {
    let mut fields = Fields::default();
    let command = ask.read(by, &mut fields);
    attempt(fields, ask.request_id(), ask.validate_only(), AttemptId::Required, command)
}

/// A command whose own fields were read, with its attempt.
///
/// # Errors
///
/// [`Malformed`] with all that is wrong.
pub fn attempt(
    mut fields: Fields,
    request_id: &str,
    dry_run: bool,
    wanted: AttemptId,
    command: Command,
) -> Result<Asked, Malformed> {
    let id = fields.uuid_if_any("request_id", request_id);
    if request_id.is_empty() && !dry_run && wanted == AttemptId::Required {
        fields.note("request_id", "is required");
    }
    let id = id.filter(|_| !dry_run);
    let (command, id) = fields.done((command, id))?;
    let attempt = id.map(|id| Attempt { id, fingerprint: print_of(&command) });
    Ok(Asked { command, attempt, dry_run })
}

/// Fingerprint of what is asked, the session of a connection left out: the same order sent again
/// over another connection is the same attempt.
fn print_of(command: &Command) -> u64 {
    let encode = |command: &Command| {
        fingerprint(&minicbor::to_vec(command).expect("writing to memory does not fail"))
    };
    if let Command::PlaceOrder(place) = command {
        encode(&Command::PlaceOrder(PlaceOrder { session: 0, ..*place }))
    } else {
        encode(command)
    }
}

impl Facts<'_> {
    /// The entry's time.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        Some(write_time(self.at))
    }

    /// The first thing that `pick` finds among the events, as text; empty if there is none.
    pub fn first(&self, pick: impl Fn(&Event) -> Option<String>) -> String {
        self.events.iter().find_map(pick).unwrap_or_default()
    }

    /// The proposal as which the command waits; empty if it was done.
    #[must_use]
    pub fn proposal_id(&self) -> String {
        self.first(|event| {
            let Event::Proposed(fact) = event else { return None };
            Some(fact.proposal.to_string())
        })
    }
}

/// Implements [`Ask`] for a request: its fields, who asks, and the command.
macro_rules! asks {
    ($request:ident, |$message:ident, $by:pat_param, $fields:ident| $body:expr) => {
        impl crate::wire::command::Ask for sfund_proto::v1::$request {
            fn request_id(&self) -> &str {
                &self.request_id
            }

            fn validate_only(&self) -> bool {
                self.validate_only
            }

            fn read(
                &self,
                $by: sfund_engine::id::PartyId,
                $fields: &mut crate::wire::fields::Fields,
            ) -> sfund_engine::command::Command {
                let $message = self;
                $body
            }
        }
    };
}

/// Implements [`Tell`] for a response: sequence, time, replayed, and what is said beside them.
macro_rules! tells {
    ($response:ident, |$facts:pat_param| { $($field:ident: $value:expr),* $(,)? }) => {
        impl crate::wire::command::Tell for sfund_proto::v1::$response {
            fn tell(facts: &crate::wire::command::Facts<'_>) -> Self {
                let $facts = facts;
                Self {
                    sequence: facts.sequence.number(),
                    time: facts.time(),
                    replayed: facts.replayed,
                    $($field: $value,)*
                }
            }
        }
    };
}

pub(crate) use {asks, tells};
