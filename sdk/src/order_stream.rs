//! Many orders over one connection: the fast path.
//!
//! A task owns the connection. It keeps what is not answered yet and, when the connection is lost,
//! connects again and sends it again under the same ids and in the same order: each instruction
//! has one effect and one answer.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sfund_engine::id::OrderId;
use sfund_proto::v1;
use sfund_proto::v1::order_stream_request::Message as Outgoing;
use sfund_proto::v1::order_stream_response::Message as Incoming;
use sfund_proto::v1::trading_service_client::TradingServiceClient;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::{CompressionEncoding, Streaming};
use uuid::Uuid;

use crate::ask::Answer;
use crate::client::{Client, Waits};
use crate::error::{Error, Unreadable};
use crate::rpc::{MESSAGE_BYTES_MAX, Stamp, service};
use crate::trading::order::{Amendment, MassCancellation, Order, OrderOutcome, outcome_of};
use crate::trading::{MassCancelled, closed_of};

/// Most instructions of one message.
const BATCH_MAX: usize = 1_000;
/// Calls of `send` that may wait for the task.
const CALLS_MAX: usize = 1_024;
/// Answers that may wait to be read.
const ANSWERS_MAX: usize = 8_192;
/// Messages that may wait for the connection.
const OUTGOING_MAX: usize = 16;

/// An order stream that is to be opened.
///
/// ```no_run
/// # use sfund_sdk::{Client, Error, Instruction, Order, OrderReply};
/// # async fn example(client: Client, orders: Vec<Order>) -> Result<(), Error> {
/// let (sender, mut answers) =
///     client.trading().order_stream().cancel_on_disconnect().open().await?;
/// let tags = sender.send_all(orders.into_iter().map(Instruction::Place)).await?;
/// for _ in tags {
///     match answers.next().await? {
///         Some(OrderReply::Answer { tag, outcome }) => println!("{tag:?}: {outcome:?}"),
///         Some(OrderReply::Reopened) => println!("the connection was lost and is back"),
///         None => break,
///     }
/// }
/// sender.close().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an order stream is opened with `open`"]
pub struct OrderStreamRequest {
    client: Client,
    cancel_on_disconnect: bool,
}

/// One instruction on an order stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Place an order.
    Place(Order),
    /// Amend one.
    Amend(Amendment),
    /// Cancel one.
    Cancel(OrderId),
    /// Cancel many.
    CancelAll(MassCancellation),
}

/// The mark of an instruction; its answer bears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u64);

impl Tag {
    /// Its number, from 1 on each stream.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What comes of instructions.
#[derive(Debug)]
pub enum OrderReply {
    /// The answer to one instruction; answers come in the order in which they were decided.
    Answer {
        /// Which instruction.
        tag: Tag,
        /// What came of it. [`Error::Overloaded`] is not tried again here: what was sent after it
        /// may have been decided already. Where the connection was lost in between, it comes as
        /// [`Error::Transport`]: whether it was decided before that is unknown.
        outcome: Result<Answer<Decided>, Error>,
    },
    /// The connection was lost and is back. With cancel on disconnect, orders placed before are
    /// cancelled or will be; what was not answered is sent again.
    Reopened,
}

/// What an instruction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// What happened to the order.
    Order(OrderOutcome),
    /// A cancellation of all has begun.
    MassCancelled(MassCancelled),
}

/// Sends instructions. Clones send on the same stream.
#[derive(Clone, Debug)]
pub struct OrderSender {
    calls: mpsc::Sender<Call>,
    tags: Arc<AtomicU64>,
}

/// Receives answers.
pub struct OrderAnswers {
    replies: mpsc::Receiver<Result<OrderReply, Error>>,
}

enum Call {
    Instructions(Vec<v1::OrderInstruction>),
    Goodbye,
}

impl OrderStreamRequest {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, cancel_on_disconnect: false }
    }

    /// Should the stream end without [`OrderSender::close`], the venue cancels what was placed on
    /// it (断线撤单).
    pub fn cancel_on_disconnect(self) -> Self {
        Self { cancel_on_disconnect: true, ..self }
    }

    /// Opens it. Read the answers while you send: who never reads cannot send for ever.
    ///
    /// # Errors
    ///
    /// What it could not be opened with.
    pub async fn open(self) -> Result<(OrderSender, OrderAnswers), Error> {
        let (calls, incoming_calls) = mpsc::channel(CALLS_MAX);
        let (replies, incoming_replies) = mpsc::channel(ANSWERS_MAX);
        let mut pump = Pump {
            waits: Waits::of_stream(self.client.options()),
            request: self,
            calls: incoming_calls,
            replies,
            queue: VecDeque::new(),
            sent: VecDeque::new(),
            again: BTreeSet::new(),
            closing: Closing::No,
        };
        let connection = pump.connect().await?;
        tokio::spawn(pump.run(connection));
        let sender = OrderSender { calls, tags: Arc::new(AtomicU64::new(0)) };
        Ok((sender, OrderAnswers { replies: incoming_replies }))
    }
}

impl OrderSender {
    /// Sends one instruction; waits while the stream has as many unanswered as it may.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] if the stream has ended.
    pub async fn send(&self, instruction: Instruction) -> Result<Tag, Error> {
        let (tag, wire) = self.tagged(instruction, false);
        self.call(Call::Instructions(vec![wire])).await?;
        Ok(tag)
    }

    /// Sends an instruction that only says what would happen.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] if the stream has ended.
    pub async fn send_dry_run(&self, instruction: Instruction) -> Result<Tag, Error> {
        let (tag, wire) = self.tagged(instruction, true);
        self.call(Call::Instructions(vec![wire])).await?;
        Ok(tag)
    }

    /// Sends many instructions, in this order, in as few messages as possible.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] if the stream has ended.
    pub async fn send_all(
        &self,
        instructions: impl IntoIterator<Item = Instruction>,
    ) -> Result<Vec<Tag>, Error> {
        let tagged = instructions.into_iter().map(|instruction| self.tagged(instruction, false));
        let (tags, wires): (Vec<_>, Vec<_>) = tagged.unzip();
        self.call(Call::Instructions(wires)).await?;
        Ok(tags)
    }

    /// Ends the stream of the client's own will once everything is answered: orders stay.
    ///
    /// With cancel on disconnect they stay until the server starts anew at the longest: it knows no
    /// more then which sessions said goodbye, and cancels what any of them left open.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] if the stream has ended.
    pub async fn close(self) -> Result<(), Error> {
        self.call(Call::Goodbye).await
    }

    fn tagged(&self, instruction: Instruction, dry_run: bool) -> (Tag, v1::OrderInstruction) {
        use v1::order_instruction::Instruction as Wire;
        let tag = self.tags.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let instruction = match instruction {
            Instruction::Place(order) => Wire::Place(order.to_wire()),
            Instruction::Amend(amendment) => Wire::Amend(amendment.to_wire()),
            Instruction::Cancel(order) => {
                Wire::Cancel(v1::Cancellation { order_id: order.to_string() })
            }
            Instruction::CancelAll(which) => Wire::CancelAll(which.to_wire()),
        };
        let wire = v1::OrderInstruction {
            tag,
            request_id: Uuid::now_v7().to_string(),
            validate_only: dry_run,
            instruction: Some(instruction),
        };
        (Tag(tag), wire)
    }

    async fn call(&self, call: Call) -> Result<(), Error> {
        self.calls.send(call).await.map_err(|_| Error::Closed)
    }
}

impl OrderAnswers {
    /// Waits for the next answer; `None` once the stream is closed and everything is answered.
    ///
    /// # Errors
    ///
    /// What the connection was lost with, once the client's patience is over. Before it
    /// every unanswered instruction is answered with [`Error::Closed`]: its outcome is unknown.
    pub async fn next(&mut self) -> Result<Option<OrderReply>, Error> {
        self.replies.recv().await.transpose()
    }
}

impl fmt::Debug for OrderAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderAnswers")
    }
}

struct Connection {
    outgoing: mpsc::Sender<v1::OrderStreamRequest>,
    incoming: Streaming<v1::OrderStreamResponse>,
    in_flight_max: usize,
}

/// Whether the caller wants no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    /// It said goodbye.
    Goodbye,
    /// It went away.
    Dropped,
}

/// The task that owns the connection.
struct Pump {
    request: OrderStreamRequest,
    calls: mpsc::Receiver<Call>,
    replies: mpsc::Sender<Result<OrderReply, Error>>,
    /// Not sent yet, in order.
    queue: VecDeque<v1::OrderInstruction>,
    /// Sent and not answered, in order.
    sent: VecDeque<v1::OrderInstruction>,
    /// Tags of those unanswered that were sent over a connection that was lost.
    again: BTreeSet<u64>,
    closing: Closing,
    waits: Waits,
}

/// Nobody reads the answers any more.
struct Unread;

/// Why the pump leaves a connection.
enum Leave {
    /// Everything is done.
    Done,
    Unread,
    Lost(Error),
}

impl From<Unread> for Leave {
    fn from(_: Unread) -> Self {
        Self::Unread
    }
}

impl Pump {
    async fn run(mut self, mut connection: Connection) {
        loop {
            let mut error = match self.serve(&mut connection).await {
                Leave::Done | Leave::Unread => return,
                Leave::Lost(error) => error,
            };
            drop(connection);
            connection = loop {
                let Some(wait) = self.waits.after(&error) else {
                    self.give_up(error).await;
                    return;
                };
                tokio::time::sleep(wait).await;
                match self.connect().await {
                    Ok(connection) => break connection,
                    Err(again) => error = again,
                }
            };
            if self.reply(OrderReply::Reopened).await.is_err() {
                return;
            }
        }
    }

    /// Opens the stream; what is unanswered will be sent again first, in order.
    async fn connect(&mut self) -> Result<Connection, Error> {
        let client = &self.request.client;
        let deadline = client.options().deadline;
        let (outgoing, receiver) = mpsc::channel(OUTGOING_MAX);
        let open = v1::OrderStreamOpen { cancel_on_disconnect: self.request.cancel_on_disconnect };
        outgoing.send(message(Outgoing::Open(open))).await.map_err(|_| Error::Closed)?;
        let request = client.signed(ReceiverStream::new(receiver));
        let opening = async {
            let mut service = service!(TradingServiceClient, client);
            let response = service.order_stream(request).await.map_err(Error::from_status)?;
            let mut incoming = response.into_inner();
            let first = incoming.message().await.map_err(Error::from_status)?;
            match first.and_then(|first| first.message) {
                Some(Incoming::Opened(opened)) => Ok((incoming, opened)),
                Some(Incoming::Batch(_)) | None => {
                    Err(Error::Unreadable(Unreadable { field: "opened" }))
                }
            }
        };
        let (incoming, opened) =
            timeout(deadline, opening).await.map_err(|_| Error::Deadline)??;
        while let Some(instruction) = self.sent.pop_back() {
            self.again.insert(instruction.tag);
            self.queue.push_front(instruction);
        }
        let in_flight_max = usize::try_from(opened.in_flight_max).unwrap_or(usize::MAX).max(1);
        Ok(Connection { outgoing, incoming, in_flight_max })
    }

    async fn serve(&mut self, connection: &mut Connection) -> Leave {
        loop {
            let room = connection.in_flight_max.saturating_sub(self.sent.len());
            let may_send = room != 0 && !self.queue.is_empty();
            let may_take = self.closing == Closing::No && self.queue.len() < BATCH_MAX;
            if self.closing != Closing::No && self.queue.is_empty() && self.sent.is_empty() {
                return self.part(connection).await;
            }
            tokio::select! {
                received = connection.incoming.message() => {
                    let received = match received {
                        Ok(Some(received)) => received,
                        Ok(None) => return lost(),
                        Err(status) => return Leave::Lost(Error::from_status(status)),
                    };
                    if let Err(Unread) = self.answered(received).await {
                        return Leave::Unread;
                    }
                }
                permit = connection.outgoing.reserve(), if may_send => {
                    let Ok(permit) = permit else { return lost() };
                    let count = room.min(BATCH_MAX).min(self.queue.len());
                    let instructions: Vec<_> = self.queue.drain(..count).collect();
                    self.sent.extend(instructions.iter().cloned());
                    permit.send(message(Outgoing::Batch(v1::OrderBatch { instructions })));
                }
                call = self.calls.recv(), if may_take => match call {
                    Some(Call::Instructions(instructions)) => self.queue.extend(instructions),
                    Some(Call::Goodbye) => self.closing = Closing::Goodbye,
                    None => self.closing = Closing::Dropped,
                },
                () = self.replies.closed() => return Leave::Unread,
            }
        }
    }

    /// Says goodbye, if the caller did, and waits for the server to end the stream.
    async fn part(&mut self, connection: &mut Connection) -> Leave {
        if self.closing == Closing::Goodbye {
            let goodbye = message(Outgoing::Goodbye(v1::OrderStreamGoodbye {}));
            if connection.outgoing.send(goodbye).await.is_err() {
                return lost();
            }
        }
        // A channel in the place of the old one: dropping that ends the outgoing half.
        let (outgoing, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut connection.outgoing, outgoing));
        let deadline = self.request.client.options().deadline;
        let ended = async { while let Ok(Some(_)) = connection.incoming.message().await {} };
        // Everything is answered: an end that does not come changes nothing.
        drop(timeout(deadline, ended).await);
        Leave::Done
    }

    async fn answered(&mut self, received: v1::OrderStreamResponse) -> Result<(), Unread> {
        let batch = match received.message {
            Some(Incoming::Batch(batch)) => batch,
            Some(Incoming::Opened(_)) | None => return Ok(()),
        };
        self.waits = Waits::of_stream(self.request.client.options());
        for answer in batch.answers {
            let at = self.sent.iter().position(|sent| sent.tag == answer.tag);
            if at.and_then(|at| self.sent.remove(at)).is_none() {
                continue;
            }
            self.request.client.saw(answer.sequence);
            let was_lost = self.again.remove(&answer.tag);
            let tag = Tag(answer.tag);
            let outcome = outcome(answer).map_err(|error| concluded(error, was_lost));
            self.reply(OrderReply::Answer { tag, outcome }).await?;
        }
        Ok(())
    }

    async fn give_up(mut self, error: Error) {
        self.calls.close();
        while let Some(call) = self.calls.recv().await {
            if let Call::Instructions(instructions) = call {
                self.queue.extend(instructions);
            }
        }
        let unanswered: Vec<_> = self.sent.drain(..).chain(self.queue.drain(..)).collect();
        for instruction in unanswered {
            let tag = Tag(instruction.tag);
            let answer = OrderReply::Answer { tag, outcome: Err(Error::Closed) };
            if self.reply(answer).await.is_err() {
                return;
            }
        }
        // Nobody to tell is nobody to tell.
        drop(self.replies.send(Err(error)).await);
    }

    async fn reply(&self, reply: OrderReply) -> Result<(), Unread> {
        self.replies.send(Ok(reply)).await.map_err(|_| Unread)
    }
}

fn message(message: Outgoing) -> v1::OrderStreamRequest {
    v1::OrderStreamRequest { message: Some(message) }
}

fn lost() -> Leave {
    Leave::Lost(Error::Transport("the server ended the order stream".into()))
}

/// The error of an instruction. If it `was_lost` with its connection before, it may have been decided
/// then, and a no from before the market says nothing of that.
fn concluded(error: Error, was_lost: bool) -> Error {
    if was_lost && error.is_before_market() { Error::Transport(Box::new(error)) } else { error }
}

fn outcome(answer: v1::OrderAnswer) -> Result<Answer<Decided>, Error> {
    use v1::order_answer::Answer as Wire;
    let (sequence, time, repeated) = (answer.sequence, answer.time, answer.replayed);
    let decided = match answer.answer {
        Some(Wire::Outcome(outcome)) => Decided::Order(outcome_of(Some(outcome))?),
        Some(Wire::MassCancel(closed)) => {
            Decided::MassCancelled(closed_of(&closed.closed_order_ids)?)
        }
        Some(Wire::Refusal(refusal)) => return Err(Error::from_wire(refusal)),
        None => return Err(Unreadable { field: "answer" }.into()),
    };
    Ok(Stamp { sequence, time, repeated }.answer(decided)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overload_after_a_lost_connection_leaves_the_outcome_unknown() {
        let overloaded = || Error::Overloaded {
            retry_after: std::time::Duration::ZERO,
            refusal: Box::default(),
        };
        assert!(concluded(overloaded(), true).outcome_unknown());
        assert!(!concluded(overloaded(), false).outcome_unknown());
        let refused = concluded(Error::Refused(Box::default()), true);
        assert!(matches!(refused, Error::Refused(_)));
    }
}
