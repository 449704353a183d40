//! The order stream: many instructions over one connection, answered in batches.
//!
//! The stream is read only while there is room for answers, so a client that sends faster than the
//! market answers is slowed by its own connection and never turned away. With
//! `cancel_on_disconnect` its orders bear a session; if the stream ends without a goodbye, whatever
//! the reason, they are cancelled.

use std::collections::BTreeSet;

use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::id::PartyId;
use sfund_engine::trading::cancel_all::CancelAll;
use sfund_proto::v1;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::{Response, Status, Streaming};
use v1::order_stream_request::Message as Asked;
use v1::order_stream_response::Message as Told;

use crate::sequencer::{Answer, Handle, Mode, Submission, SubmitError};
use crate::service::desk::{Desk, facts, named, submission, trouble};
use crate::service::door::Visit;
use crate::service::feed::{Feed, Gone, Inlet, at, cut, in_time, pipe, stops};
use crate::service::limits::{BATCH_INSTRUCTIONS_MAX, SESSION_PARTIES_MAX};
use crate::wire::status::{Denial, Trouble};
use crate::wire::trading::{Session, answer, instruction};

/// Answers of one message.
const BATCH_ANSWERS_MAX: usize = 512;
/// How long a cancellation waits for room in the queue before it tries again.
const CANCEL_AGAIN: std::time::Duration = std::time::Duration::from_millis(10);

/// One open order stream.
struct OrderStream {
    desk: Desk,
    visit: Visit,
    instructions: Streaming<v1::OrderStreamRequest>,
    inlet: Inlet<v1::OrderStreamResponse>,
    answers: mpsc::Sender<(u64, Answer)>,
    answered: mpsc::Receiver<(u64, Answer)>,
    /// Answers that are still to come.
    awaited: usize,
    /// Instructions that never came to the market, with why.
    refused: Vec<v1::OrderAnswer>,
    session: Session,
    /// Whose orders the session may have placed.
    parties: BTreeSet<PartyId>,
}

/// How the stream went on.
enum Next {
    /// It goes on.
    On,
    /// The client said goodbye, or nothing more after its last message.
    Done(Farewell),
    /// It is over, for this reason if the client can still be told.
    Over(Option<Status>),
}

/// How a client ended its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    /// It said goodbye.
    Said,
    /// It did not.
    Unsaid,
}

/// Starts an order stream.
pub(crate) fn start(
    desk: &Desk,
    visit: Visit,
    instructions: Streaming<v1::OrderStreamRequest>,
) -> Response<Feed<v1::OrderStreamResponse>> {
    let (inlet, outlet) = pipe(desk.limits.stream_messages_max);
    let (answers, answered) = mpsc::channel(desk.limits.instructions_in_flight_max.max(1));
    let stream = OrderStream {
        desk: desk.clone(),
        visit,
        instructions,
        inlet,
        answers,
        answered,
        awaited: 0,
        refused: Vec::new(),
        session: 0,
        parties: BTreeSet::new(),
    };
    tokio::spawn(stream.run());
    Response::new(Box::pin(outlet))
}

impl OrderStream {
    async fn run(mut self) {
        let mut farewell = Farewell::Unsaid;
        let end = match self.open().await {
            Ok(()) => self.work(&mut farewell).await,
            Err(status) => Some(status),
        };
        if farewell == Farewell::Unsaid && self.session != 0 {
            let by = self.visit.who.party;
            for party in std::mem::take(&mut self.parties) {
                cancel_session(&self.desk.handle, Caller::Party(by), party, self.session).await;
            }
        }
        if let Some(status) = end {
            self.inlet.end(status);
        }
    }

    /// Takes the first message, which opens the stream.
    async fn open(&mut self) -> Result<(), Status> {
        let first = tokio::select! {
            first = self.instructions.message() => first?,
            () = at(Some(in_time(self.desk.limits.call_duration_max))) => {
                return Err(Trouble::DeadlineExceeded {}.into());
            }
        };
        let Some(Asked::Open(open)) = first.and_then(|first| first.message) else {
            return Err(Trouble::StreamNotOpened {}.into());
        };
        if open.cancel_on_disconnect {
            self.session = new_session()?;
        }
        let in_flight = self.desk.limits.instructions_in_flight_max;
        let opened = v1::OrderStreamOpened {
            session: self.session,
            in_flight_max: u32::try_from(in_flight).unwrap_or(u32::MAX),
        };
        match self.tell(Told::Opened(opened)).await {
            Ok(()) => Ok(()),
            Err(end) => Err(end.unwrap_or_else(|| Trouble::Stopping {}.into())),
        }
    }

    /// Takes instructions and gives answers until the stream is over; says why, if it can be told.
    async fn work(&mut self, farewell: &mut Farewell) -> Option<Status> {
        let mut stopping = self.desk.stopping.clone();
        let mut is_reading = true;
        let mut check_key = in_time(self.desk.limits.heartbeat);
        let mut batch = Vec::with_capacity(BATCH_ANSWERS_MAX);
        loop {
            if check_key <= Instant::now() {
                if let Err(trouble) = self.desk.is_good(&self.visit) {
                    return Some(trouble.into());
                }
                check_key = in_time(self.desk.limits.heartbeat);
            }
            if !is_reading && self.awaited == 0 {
                return None;
            }
            // Room for a whole message of instructions, or for all if fewer are allowed at once.
            let room = self.desk.limits.instructions_in_flight_max.saturating_sub(self.awaited);
            let whole = BATCH_INSTRUCTIONS_MAX.min(self.desk.limits.instructions_in_flight_max);
            let next = tokio::select! {
                biased;
                () = self.inlet.closed() => Next::Over(None),
                () = stops(&mut stopping) => {
                    Next::Over(Some(Trouble::Stopping {}.into()))
                }
                () = at(self.visit.deadline) => {
                    Next::Over(Some(Trouble::DeadlineExceeded {}.into()))
                }
                count = self.answered.recv_many(&mut batch, BATCH_ANSWERS_MAX),
                    if self.awaited != 0 => {
                    self.awaited = self.awaited.saturating_sub(count);
                    self.gather(&mut batch).await;
                    self.give(&mut batch).await
                }
                message = self.instructions.message(), if is_reading && whole <= room => {
                    self.take(message).await
                }
                () = at(Some(check_key)) => Next::On,
            };
            match next {
                Next::On => {}
                Next::Done(how) => {
                    *farewell = how;
                    is_reading = false;
                }
                Next::Over(status) => return status,
            }
        }
    }

    /// Takes a message of the client.
    async fn take(&mut self, message: Result<Option<v1::OrderStreamRequest>, Status>) -> Next {
        let message = match message {
            Ok(Some(message)) => message.message,
            Ok(None) => return Next::Done(Farewell::Unsaid),
            // The connection is lost, or what came is no message.
            Err(status) => return Next::Over(Some(status)),
        };
        match message {
            Some(Asked::Batch(batch)) => self.take_batch(&batch).await,
            Some(Asked::Goodbye(v1::OrderStreamGoodbye {})) => Next::Done(Farewell::Said),
            Some(Asked::Open(_)) | None => Next::Over(Some(Trouble::StreamNotOpened {}.into())),
        }
    }

    async fn take_batch(&mut self, batch: &v1::OrderBatch) -> Next {
        let most = BATCH_INSTRUCTIONS_MAX.min(self.desk.limits.instructions_in_flight_max);
        if most < batch.instructions.len() {
            let count = batch.instructions.len();
            let wrong = named(|fields| {
                let limit = format_args!("has {count} elements; it takes at most {most}");
                fields.note("batch.instructions", limit);
            });
            return Next::Over(wrong.err().map(Status::from));
        }
        for one in &batch.instructions {
            if let Err(denial) = self.submit(one) {
                self.refused.push(refusal(one.tag, denial));
            }
        }
        if self.refused.is_empty() {
            return Next::On;
        }
        let answers = std::mem::take(&mut self.refused);
        self.tell_answers(answers).await
    }

    fn submit(&mut self, one: &v1::OrderInstruction) -> Result<(), Denial> {
        let by = self.visit.who.party;
        let asked = instruction(one, by, self.session)?;
        if let Command::PlaceOrder(place) = &asked.command
            && self.session != 0
            && !self.parties.contains(&place.party)
        {
            if SESSION_PARTIES_MAX <= self.parties.len() {
                let limit = SESSION_PARTIES_MAX;
                return Err(Trouble::TooManyInFlight { limit }.into());
            }
            self.parties.insert(place.party);
        }
        self.desk
            .handle
            .submit_to(submission(by, asked), one.tag, &self.answers)
            .map_err(trouble)?;
        self.awaited = self.awaited.saturating_add(1);
        Ok(())
    }

    /// Takes the answers that come with the first ones. They are put in one after the other while
    /// this runs, so whoever gave the first is let go on once: no answer waits for a clock.
    async fn gather(&mut self, batch: &mut Vec<(u64, Answer)>) {
        if self.awaited != 0 {
            tokio::task::yield_now().await;
        }
        while batch.len() < BATCH_ANSWERS_MAX {
            let Ok(answer) = self.answered.try_recv() else { break };
            self.awaited = self.awaited.saturating_sub(1);
            batch.push(answer);
        }
    }

    /// Gives the client the answers that have come.
    async fn give(&mut self, batch: &mut Vec<(u64, Answer)>) -> Next {
        let told = |(tag, given): (u64, Answer)| match facts(&given) {
            Ok(happened) => answer(tag, given.command(), &happened),
            Err(denial) => v1::OrderAnswer {
                sequence: given.sequence().number(),
                time: Some(crate::wire::fields::write_time(given.at())),
                replayed: given.repeated(),
                ..refusal(tag, denial)
            },
        };
        let answers = batch.drain(..).map(told).collect();
        self.tell_answers(answers).await
    }

    async fn tell_answers(&mut self, answers: Vec<v1::OrderAnswer>) -> Next {
        match self.tell(Told::Batch(v1::OrderAnswerBatch { answers })).await {
            Ok(()) => Next::On,
            Err(end) => Next::Over(end),
        }
    }

    async fn tell(&mut self, told: Told) -> Result<(), Option<Status>> {
        let message = v1::OrderStreamResponse { message: Some(told) };
        let mut stopping = self.desk.stopping.clone();
        let sent = tokio::select! {
            sent = self.inlet.send(vec![message], self.desk.limits.slow_reader_wait) => sent,
            () = stops(&mut stopping) => {
                return Err(Some(Trouble::Stopping {}.into()));
            }
        };
        match sent {
            Ok(()) => Ok(()),
            Err(Gone::Left) => Err(None),
            Err(Gone::Slow) => Err(Some(cut(self.desk.read.newest().sequence.number()).into())),
        }
    }
}

fn refusal(tag: u64, denial: Denial) -> v1::OrderAnswer {
    v1::OrderAnswer {
        tag,
        sequence: 0,
        time: None,
        replayed: false,
        answer: Some(v1::order_answer::Answer::Refusal(denial.into())),
    }
}

/// A session nobody has: 64 random bits, and not 0.
fn new_session() -> Result<Session, Trouble> {
    match getrandom::u64() {
        Ok(session) => Ok(session.max(1)),
        Err(error) => {
            tracing::error!(%error, "the machine gives no random number");
            Err(Trouble::Internal {})
        }
    }
}

/// Cancels what `party` has open of a session that is lost. Tries until the market has taken it.
pub(crate) async fn cancel_session(
    handle: &Handle,
    caller: Caller,
    party: PartyId,
    session: Session,
) {
    let command = CancelAll { party, fund: None, session: Some(session) };
    loop {
        let submission = Submission {
            caller,
            attempt: None,
            command: Command::CancelAll(command),
            mode: Mode::Commit,
        };
        match handle.submit(submission).await {
            Ok(answer) => {
                if let Err(reject) = answer.outcome() {
                    tracing::warn!(%party, session, %reject, "a lost session is not cancelled");
                }
                return;
            }
            Err(SubmitError::QueueFull) => tokio::time::sleep(CANCEL_AGAIN).await,
            Err(SubmitError::Stopping) => {
                tracing::warn!(%party, session, "a lost session is cancelled at the next start");
                return;
            }
        }
    }
}
