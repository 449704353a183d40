//! What the clients of a run do, and the network between them and the server.
//!
//! They keep to what the SDK keeps to: one attempt for one intent, sent again until it is answered
//! or too old, and never a new attempt for what may have happened. The forgers do not.

use sfund_engine::command::Command;
use sfund_engine::entry::{Attempt, fingerprint};
use sfund_engine::id::Sequence;
use sfund_engine::time::Time;
use sfund_engine::trading::cancel_all::CancelAll;
use sfund_engine::trading::cancel_order::CancelOrder;

use crate::sequencer::{Answer, Mode, Submission};
use crate::simulation::audit::{Failure, ensure};
use crate::simulation::cast::{self, Who};
use crate::simulation::plan::{Forgery, Wish};
use crate::simulation::world::{World, round};

/// How long a client goes on with an attempt, and the network with a message: half as long as the
/// market remembers.
const PATIENCE_SECONDS: u64 = 12 * 3_600;
/// Messages under way at the most; the network loses more.
pub(super) const MESSAGES_MAX: usize = 60;

/// Something a client means, under one attempt for ever.
pub(super) struct Intent {
    pub(super) submission: Submission,
    pub(super) created: Time,
    /// The answer that reached the client: its entry, if it has one.
    pub(super) told: Option<Option<Sequence>>,
}

/// What is on the way.
#[derive(Clone)]
pub(super) enum Message {
    Request(usize),
    Answer(usize, Answer),
    TurnedAway(usize),
}

impl World<'_> {
    /// A new intent; its attempt is its own for ever.
    pub(super) fn intend(&mut self, submission: Submission) -> usize {
        self.intents.push(Intent { submission, created: self.now, told: None });
        self.intents.len() - 1
    }

    pub(super) fn ask(&mut self, who: Who, wish: Wish, mode: Mode) -> Result<(), Failure> {
        let command = cast::command(who, wish, &self.known, self.now);
        let attempt = (mode == Mode::Commit).then(|| {
            let mut id = [0xA7; 16];
            id[..8].copy_from_slice(&self.intents.len().to_le_bytes());
            attempt(id, &command)
        });
        let caller = who.caller();
        let intent = self.intend(Submission { caller, attempt, command, mode });
        self.send(Message::Request(intent));
        Ok(())
    }

    /// Intents whose answer is still missing and still wanted.
    pub(super) fn unanswered(&self) -> impl Iterator<Item = usize> {
        let wanted = |intent: &Intent| {
            intent.told.is_none()
                && self.is_fresh(intent)
                && (intent.submission.attempt.is_some() || intent.submission.mode == Mode::DryRun)
        };
        self.intents.iter().enumerate().filter(move |(_, intent)| wanted(intent)).map(|(at, _)| at)
    }

    pub(super) fn is_fresh(&self, intent: &Intent) -> bool {
        self.now < intent.created.plus_seconds(PATIENCE_SECONDS)
    }

    pub(super) fn send(&mut self, message: Message) {
        if self.network.len() < MESSAGES_MAX {
            self.network.push(message);
        }
    }

    pub(super) fn deliver(&mut self, message: Message) -> Result<(), Failure> {
        match message {
            Message::Request(intent) => {
                if self.is_fresh(&self.intents[intent]) {
                    self.request(intent)?;
                }
                Ok(())
            }
            Message::Answer(intent, answer) => self.learn(intent, &answer),
            Message::TurnedAway(_) => {
                self.seen.turned_away += 1;
                Ok(())
            }
        }
    }

    /// A request reaches the server, if there is one.
    pub(super) fn request(&mut self, intent: usize) -> Result<(), Failure> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let submission = self.intents[intent].submission.clone();
        self.tags += 1;
        match server.stepped.handle().submit_to(submission, self.tags, &server.answers) {
            Ok(()) => {
                server.waiting.insert(self.tags, intent);
            }
            Err(_) => self.send(Message::TurnedAway(intent)),
        }
        Ok(())
    }

    /// A client hears an answer: the first, or the same again.
    fn learn(&mut self, intent: usize, answer: &Answer) -> Result<(), Failure> {
        let entry = answer.entry().map(|item| item.header().sequence);
        let intent = &mut self.intents[intent];
        match intent.told {
            None => {
                intent.told = Some(entry);
                if intent.submission.mode == Mode::Commit {
                    self.known.learn(answer.outcome().unwrap_or_default());
                }
            }
            Some(told) => ensure(told == entry || intent.submission.mode == Mode::DryRun, || {
                format!("{:?} is answered by {told:?} and by {entry:?}", intent.submission)
            })?,
        }
        Ok(())
    }

    pub(super) fn disconnect(&mut self, who: Who) -> Result<(), Failure> {
        let (intents, caller) = (&self.intents, who.caller());
        self.network.retain(|message| {
            let (Message::Request(at) | Message::Answer(at, _) | Message::TurnedAway(at)) = message;
            intents[*at].submission.caller != caller
        });
        self.cancel_session(who)
    }

    /// What the service does when a session is lost.
    pub(super) fn cancel_session(&mut self, who: Who) -> Result<(), Failure> {
        let ask = CancelAll { party: who.party(), fund: None, session: Some(who.session()) };
        let (command, mode) = (Command::CancelAll(ask), Mode::Commit);
        let intent = self.intend(Submission { caller: who.caller(), attempt: None, command, mode });
        self.request(intent)
    }

    pub(super) fn forge(&mut self, pick: u16, how: Forgery) {
        let tried = self.intents.iter().enumerate();
        let tried: Vec<usize> = tried
            .filter(|(_, intent)| intent.submission.attempt.is_some())
            .map(|(at, _)| at)
            .collect();
        let Some(at) = round(tried.len(), pick) else { return };
        let victim = &self.intents[tried[at]];
        let Submission { caller, attempt: theirs, command, .. } = victim.submission.clone();
        let created = victim.created;
        let intent = match how {
            Forgery::Replayed => tried[at],
            Forgery::Renamed => {
                let (caller, mode) = (Who::Forger.caller(), Mode::Commit);
                self.intend(Submission { caller, attempt: theirs, command, mode })
            }
            Forgery::Altered => {
                let command = Command::CancelOrder(CancelOrder { order: Default::default() });
                let theirs = theirs.map(|theirs| attempt(theirs.id, &command));
                self.intend(Submission { caller, attempt: theirs, command, mode: Mode::Commit })
            }
        };
        // What it copies is as old as the original.
        self.intents[intent].created = created;
        self.send(Message::Request(intent));
    }
}

/// Whether `who` ever asked for orders of a session.
pub(super) fn has_session(intents: &[Intent], who: Who) -> bool {
    intents.iter().any(|intent| match &intent.submission.command {
        Command::PlaceOrder(order) => order.session == who.session(),
        _ => false,
    })
}

fn attempt(id: [u8; 16], command: &Command) -> Attempt {
    let encoded = minicbor::to_vec(command).expect("writing to memory does not fail");
    Attempt { id, fingerprint: fingerprint(&encoded) }
}
