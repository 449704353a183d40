//! What every service does: take a command to the market, look for a party, wait for an entry.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use prost_types::Timestamp;
use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::id::{PartyId, Sequence};
use sfund_engine::time::Time;
use sfund_proto::v1;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tonic::{Request, Response, Status};
use tracing::{Instrument as _, Span};

use crate::read::Read;
use crate::read::views::Stamp;
use crate::sequencer::{self, Answer, Clock, Handle, Mode, Submission, SubmitError};
use crate::service::auth::check;
use crate::service::door::{Doorman, Visit};
use crate::service::limits::Limits;
use crate::service::visibility::{Relation, Subject, sees, sees_all};
use crate::stream::Live;
use crate::telemetry::Vitals;
use crate::traces;
use crate::wire::command::{Ask, Asked, Facts, Tell, read};
use crate::wire::fields::{Fields, Malformed, write_time};
use crate::wire::status::{Denial, Trouble};

/// What a service needs of the server.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) handle: Handle,
    pub(crate) read: Read,
    pub(crate) live: Live,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) doorman: Arc<Doorman>,
    /// The limits of a command's path.
    pub(crate) path: sequencer::Limits,
    /// Entries from one snapshot to the next.
    pub(crate) snapshot_every_entries: u64,
    /// What the server measures of itself.
    pub(crate) vitals: Vitals,
    /// Since when the server runs.
    pub(crate) started: Instant,
    /// Turns true when the server stops: streams end then.
    pub(crate) stopping: watch::Receiver<bool>,
    /// Streams of the market that are open.
    pub(crate) watchers: Arc<AtomicUsize>,
    /// Held by what must end before the server does.
    pub(crate) _busy: mpsc::Sender<()>,
}

/// A call that the door admitted, and what it asks.
pub(crate) fn open<T>(request: Request<T>) -> Result<(Visit, T), Status> {
    let (_, mut extensions, message) = request.into_parts();
    // The door lets nothing through without a visit.
    let visit = extensions.remove::<Visit>().ok_or(Trouble::KeyMissing {})?;
    Ok((visit, message))
}

impl Desk {
    /// Takes a command to the market and tells what came of it.
    pub(crate) async fn command<Q: Ask, A: Tell>(
        &self,
        request: Request<Q>,
    ) -> Result<Response<A>, Status> {
        let (visit, message) = open(request)?;
        let answer = self.ask(&visit, &message).await?;
        Ok(Response::new(A::tell(&facts(&answer).map_err(Status::from)?)))
    }

    /// Takes a command to the market; its answer.
    pub(crate) async fn ask<Q: Ask>(&self, visit: &Visit, message: &Q) -> Result<Answer, Status> {
        let asked = read(message, visit.who.party)?;
        let opens_doors = matches!(
            asked.command,
            Command::IssueKey(_) | Command::RevokeKey(_) | Command::Review(_)
        );
        let answer = self.submit(visit, asked).await?;
        if opens_doors {
            // The door asks the read models: a key is good, or no longer, once its answer is there.
            self.after(visit, answer.sequence().number()).await?;
        }
        Ok(answer)
    }

    /// What the market would answer to a command of `party` now.
    pub(crate) async fn prospect(
        &self,
        party: PartyId,
        command: Command,
    ) -> Result<v1::Prospect, Trouble> {
        let name = command.kind().name().to_owned();
        let (caller, mode) = (Caller::Party(party), Mode::DryRun);
        let submission = Submission { caller, attempt: None, command, mode };
        let answer = self.handle.submit(submission).await.map_err(trouble)?;
        let refusal = answer.outcome().err().map(|reject| Denial::from(reject).into());
        Ok(v1::Prospect { command: name, refusal })
    }

    async fn submit(&self, visit: &Visit, asked: Asked) -> Result<Answer, Trouble> {
        let submission = submission(visit.who.party, asked);
        // From the call to the sync: the writer tells within it how long each stage took.
        let command = submission.command.kind().name();
        let call = Span::current();
        let span = if call.is_disabled() {
            tracing::debug_span!("command", party = %visit.who.party, command)
        } else {
            call.clone()
        };
        let answer = self.handle.submit(submission).instrument(span).await.map_err(trouble)?;
        self.trace_publish(&call, &answer);
        Ok(answer)
    }

    /// Follows an entry into the read models, if its call is traced.
    fn trace_publish(&self, call: &Span, answer: &Answer) {
        let Some(entry) = answer.entry().filter(|_| !answer.repeated()) else { return };
        let Some(span) = traces::publish(call) else { return };
        let (read, sequence) = (self.read.clone(), entry.header().sequence);
        let wait = self.limits.call_duration_max;
        tokio::spawn(async move {
            // If it does not come, the span is as long as the wait.
            let (Ok(()) | Err(_)) = read.reached(sequence, wait).await;
            drop(span);
        });
    }

    /// Waits until the read models have reached `sequence`, and says how far they are.
    pub(crate) async fn after(&self, visit: &Visit, sequence: u64) -> Result<Stamp, Status> {
        let wanted = Sequence::new(sequence);
        let newest = self.read.newest();
        if wanted <= newest.sequence {
            return Ok(newest);
        }
        let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
        // A little before the deadline, so that the answer says what was waited for.
        let spare = Duration::from_millis(20);
        let wait = visit.deadline.map_or(self.limits.call_duration_max, left);
        match self.read.reached(wanted, wait.saturating_sub(spare)).await {
            Ok(()) => Ok(self.read.newest()),
            Err(not) => Err(Trouble::NotYetPublished { wanted, newest: not.reached }.into()),
        }
    }

    /// The party that a request names, the caller itself if it names none; only if the caller may
    /// see its `subject`.
    pub(crate) fn party(
        &self,
        visit: &Visit,
        subject: Subject,
        text: &str,
    ) -> Result<PartyId, Status> {
        let mut fields = Fields::default();
        let party = fields.party_or("party_id", text, visit.who.party);
        let party = fields.done(party)?;
        self.show(visit, subject, party, &party)?;
        Ok(party)
    }

    /// Lets the caller see the `subject` of `owner`, or says that `what` is not there.
    pub(crate) fn show(
        &self,
        visit: &Visit,
        subject: Subject,
        owner: PartyId,
        what: &impl ToString,
    ) -> Result<(), Trouble> {
        let relation = self.relation(visit.who.party, owner);
        let is_there = relation == Relation::Owner || self.read.party(owner).is_some();
        if is_there && sees(visit.who.role, subject, relation) {
            Ok(())
        } else {
            Err(Trouble::NotFound { what: what.to_string() })
        }
    }

    /// What `viewer` is to `owner`.
    pub(crate) fn relation(&self, viewer: PartyId, owner: PartyId) -> Relation {
        if viewer == owner {
            return Relation::Owner;
        }
        match self.read.party(owner) {
            Some(party) if party.details.member == Some(viewer) => Relation::Member,
            Some(_) | None => Relation::Stranger,
        }
    }

    /// Whether the caller sees everybody's `subject`.
    pub(crate) fn sees_all(visit: &Visit, subject: Subject) -> bool {
        sees_all(visit.who.role, subject)
    }

    /// Whether the key of a long call is still good.
    pub(crate) fn is_good(&self, visit: &Visit) -> Result<(), Trouble> {
        let who = check(&visit.who.key_hash, &self.read, self.clock.now())?;
        if who.role == visit.who.role && who.party == visit.who.party {
            Ok(())
        } else {
            Err(Trouble::KeyUnknown {})
        }
    }
}

/// What is submitted for a caller.
pub(crate) fn submission(party: PartyId, asked: Asked) -> Submission {
    Submission {
        caller: Caller::Party(party),
        attempt: asked.attempt,
        command: asked.command,
        mode: if asked.dry_run { Mode::DryRun } else { Mode::Commit },
    }
}

/// What happened, if the market said yes.
pub(crate) fn facts(answer: &Answer) -> Result<Facts<'_>, Denial> {
    let events = answer.outcome()?;
    Ok(Facts { sequence: answer.sequence(), at: answer.at(), replayed: answer.repeated(), events })
}

/// Why the sequencer did not take a command, as the client is told.
pub(crate) fn trouble(error: SubmitError) -> Trouble {
    match error {
        SubmitError::QueueFull => Trouble::QueueFull {},
        SubmitError::Stopping => Trouble::Stopping {},
    }
}

/// What a request names, or what is wrong with it.
pub(crate) fn named<T>(read: impl FnOnce(&mut Fields) -> T) -> Result<T, Malformed> {
    let mut fields = Fields::default();
    let value = read(&mut fields);
    fields.done(value)
}

/// Nothing of that name, or nothing that the caller may see.
pub(crate) fn not_found(what: &impl ToString) -> Trouble {
    Trouble::NotFound { what: what.to_string() }
}

/// The time of an answer that rests on `stamp`; none before the first entry.
pub(crate) fn time_of(stamp: Stamp) -> Option<Timestamp> {
    (stamp.at != Time::ZERO).then(|| write_time(stamp.at))
}
