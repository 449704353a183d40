//! The engine thread: it owns the market.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use sfund_engine::command::Command;
use sfund_engine::entry::{Attempt, Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::Sequence;
use sfund_engine::market::{Judgement, Market};
use sfund_engine::reject::Reject;
use sfund_engine::time::Time;

use crate::journal::{Draft, Head, Push};
use crate::published::{Record, Recorded};
use crate::sequencer::answer::Unrecorded;
use crate::sequencer::handle::{Message, Ticket};
use crate::sequencer::{Clock, Limits, Mode, Next, Submission, encode_entry};

/// The longest sleep: the machine's clock may be set forward.
const IDLE_WAIT_MAX: Duration = Duration::from_secs(1);

/// Commands whose memory is fetched together before they are judged one after the other.
const LOOK_AHEAD_COMMANDS: usize = 16;

/// The term of a journal that only one machine writes.
const FIRST_TERM: u64 = 1;

/// What the engine hands to the writer: a block to be, and who waits for it.
pub(super) struct Batch {
    pub(super) draft: Draft,
    pub(super) records: Vec<Record>,
    pub(super) events: Vec<Event>,
    pub(super) replies: Vec<(Ticket, Due)>,
    /// When its first command was taken from the queue.
    pub(super) begun: Instant,
}

/// Memory that a batch no longer needs, for the next.
pub(super) struct Spare {
    pub(super) draft: Draft,
    pub(super) records: Vec<Record>,
    pub(super) events: Vec<Event>,
    pub(super) replies: Vec<(Ticket, Due)>,
}

/// What is owed to one who waits.
pub(super) enum Due {
    /// The entry at this index of the batch.
    Record(usize),
    /// The answer of an earlier entry.
    Repeat(Sequence),
    /// An answer without an entry. They are few, and every place in a batch is as large as this.
    Unrecorded(Box<Unrecorded>),
}

impl Batch {
    fn new(first: Sequence, term: u64) -> Self {
        let (draft, records, events) = (Draft::new(first, term), Vec::new(), Vec::new());
        Self { draft, records, events, replies: Vec::new(), begun: Instant::now() }
    }

    fn again(spare: Spare, first: Sequence, term: u64) -> Self {
        let Spare { mut draft, mut records, mut events, mut replies } = spare;
        draft.restart(first, term);
        records.clear();
        events.clear();
        replies.clear();
        Self { draft, records, events, replies, begun: Instant::now() }
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.replies.is_empty()
    }
}

pub(super) struct Engine {
    pub(super) market: Market,
    clock: Arc<dyn Clock>,
    queue: Receiver<Message>,
    batches: Sender<Batch>,
    spares: Receiver<Spare>,
    limits: Limits,
    term: u64,
    batch: Batch,
    /// Events of the command at hand.
    events: Vec<Event>,
    /// Bytes of the entry at hand.
    body: Vec<u8>,
    /// Taken from the queue, and next.
    ahead: Vec<Message>,
}

/// The writer is gone.
pub(super) struct Gone;

impl Engine {
    pub(super) fn new(
        market: Market,
        clock: Arc<dyn Clock>,
        queue: Receiver<Message>,
        batches: Sender<Batch>,
        spares: Receiver<Spare>,
        limits: Limits,
        newest: Head,
    ) -> Self {
        let term = newest.term.max(FIRST_TERM);
        let batch = Batch::new(newest.sequence.next(), term);
        let (events, body, ahead) = (Vec::new(), Vec::new(), Vec::new());
        Self { market, clock, queue, batches, spares, limits, term, batch, events, body, ahead }
    }

    /// Runs until it is told to stop, or the writer is gone; answers with the market it owned.
    pub(super) fn run(mut self) -> Market {
        loop {
            match self.turn() {
                Ok(Next::GoOn) => {}
                Ok(Next::End) | Err(Gone) => return self.market,
            }
        }
    }

    /// Waits for something to do, does all that waits, up to a batch, and hands it on.
    pub(super) fn turn(&mut self) -> Result<Next, Gone> {
        let waited = self.wait();
        let begun = Instant::now();
        self.batch.begun = begun;
        let mut next = match waited {
            Ok(message) => self.take(message)?,
            Err(RecvTimeoutError::Timeout) => Next::GoOn,
            Err(RecvTimeoutError::Disconnected) => return Ok(Next::End),
        };
        let mut commands: u32 = 1;
        while self.look_ahead(next) {
            let mut ahead = std::mem::take(&mut self.ahead);
            for message in ahead.drain(..) {
                commands = commands.saturating_add(1);
                if self.take(message)? == Next::End {
                    next = Next::End;
                }
            }
            self.ahead = ahead;
        }
        self.let_time_pass()?;
        if !self.batch.is_empty() {
            metrics::histogram!("sfund_batch_commands").record(f64::from(commands));
            metrics::histogram!("sfund_decide_seconds").record(begun.elapsed());
        }
        self.send_batch()?;
        Ok(next)
    }

    fn wait(&self) -> Result<Message, RecvTimeoutError> {
        let wait = match self.market.next_deadline() {
            Some(due) => self.clock.until(due).min(IDLE_WAIT_MAX),
            None => IDLE_WAIT_MAX,
        };
        self.queue.recv_timeout(wait)
    }

    /// Takes some of what waits from the queue, as much as the batch has room for; whether there is
    /// any. After a stop, all that waits is still done.
    fn look_ahead(&mut self, next: Next) -> bool {
        let room = match next {
            Next::GoOn => self.limits.batch_commands_max.saturating_sub(self.batch.replies.len()),
            Next::End => LOOK_AHEAD_COMMANDS,
        };
        self.ahead.extend(self.queue.try_iter().take(room.min(LOOK_AHEAD_COMMANDS)));
        self.market.warm(self.ahead.iter().filter_map(Message::command));
        !self.ahead.is_empty()
    }

    fn take(&mut self, message: Message) -> Result<Next, Gone> {
        match message {
            Message::Submit(submission, ticket) => {
                self.answer(submission, ticket)?;
                Ok(Next::GoOn)
            }
            Message::Wake => Ok(Next::GoOn),
            Message::Stop => Ok(Next::End),
        }
    }

    fn answer(&mut self, submission: Submission, ticket: Ticket) -> Result<(), Gone> {
        let Submission { caller, attempt, command, mode } = submission;
        let header = self.stamp(caller, attempt)?;
        let judgement = self.market.judge(&header, &command, &mut self.events);
        let due = match (judgement, mode) {
            (Judgement::Repeated(sequence), Mode::Commit | Mode::DryRun) => Due::Repeat(sequence),
            (Judgement::Accepted, Mode::Commit) => {
                self.record(header, command, None)?;
                Due::Record(self.newest_index())
            }
            (Judgement::Refused(reject), Mode::Commit) => {
                self.record(header, command, Some(reject))?;
                Due::Record(self.newest_index())
            }
            (Judgement::Accepted, Mode::DryRun) => {
                let events = std::mem::take(&mut self.events);
                self.unrecorded(header.at, command, Ok(events))
            }
            (Judgement::Refused(reject), Mode::DryRun)
            | (Judgement::Unrecorded(reject), Mode::Commit | Mode::DryRun) => {
                self.unrecorded(header.at, command, Err(reject))
            }
        };
        self.batch.replies.push((ticket, due));
        Ok(())
    }

    fn unrecorded(&self, at: Time, command: Command, outcome: Result<Vec<Event>, Reject>) -> Due {
        let sequence = self.market.sequence();
        Due::Unrecorded(Box::new(Unrecorded { sequence, at, command, outcome }))
    }

    /// The header of a command that comes now. Everything due by then has passed.
    fn stamp(&mut self, caller: Caller, attempt: Option<Attempt>) -> Result<Header, Gone> {
        let at = self.let_time_pass()?;
        let sequence = self.market.sequence().next();
        Ok(Header { sequence, at, caller, attempt })
    }

    /// Advances until nothing is due at the time of the next entry, and answers with that time.
    ///
    /// The clock is read once: were it read again, a deadline could fall between the two readings,
    /// and a command could come after a deadline that has not passed. Each entry handles a bounded
    /// number of deadlines.
    fn let_time_pass(&mut self) -> Result<Time, Gone> {
        let clock = self.clock.now();
        loop {
            let at = clock.max(self.market.now().next());
            if self.market.next_deadline().is_none_or(|due| at < due) {
                return Ok(at);
            }
            let sequence = self.market.sequence().next();
            let header = Header { sequence, at, caller: Caller::Venue, attempt: None };
            let judgement = self.market.judge(&header, &Command::Advance, &mut self.events);
            assert!(judgement == Judgement::Accepted, "time always passes");
            assert!(!self.events.is_empty(), "what is due happens when time passes");
            self.record(header, Command::Advance, None)?;
        }
    }

    /// Records a command that was accepted with the events at hand, or refused.
    fn record(
        &mut self,
        header: Header,
        command: Command,
        refused: Option<Reject>,
    ) -> Result<(), Gone> {
        let outcome = match &refused {
            None => Ok(self.events.as_slice()),
            Some(reject) => Err(reject),
        };
        encode_entry(&mut self.body, &header, &command, outcome);
        loop {
            match self.batch.draft.push(&self.body) {
                Ok(Push::Taken(sequence)) => {
                    assert!(sequence == header.sequence, "the draft counts as the market does");
                    break;
                }
                Ok(Push::Full) => self.send_batch()?,
                Err(error) => panic!("the limits of commands keep every entry small: {error}"),
            }
        }
        self.market.record(&header, &self.events);
        let from = self.batch.events.len();
        self.batch.events.append(&mut self.events);
        let outcome = match refused {
            None => Recorded::Accepted { from, to: self.batch.events.len() },
            Some(reject) => Recorded::Refused(reject),
        };
        self.batch.records.push(Record { header, command, outcome });
        Ok(())
    }

    fn newest_index(&self) -> usize {
        self.batch.records.len().saturating_sub(1)
    }

    /// Hands the batch to the writer; waits while it is behind, and meanwhile commands gather.
    fn send_batch(&mut self) -> Result<(), Gone> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let first = match self.batch.records.last() {
            Some(record) => record.header.sequence.next(),
            None => self.market.sequence().next(),
        };
        let next = match self.spares.try_recv() {
            Ok(spare) => Batch::again(spare, first, self.term),
            Err(_) => Batch::new(first, self.term),
        };
        let batch = std::mem::replace(&mut self.batch, next);
        self.batches.send(batch).map_err(|_| Gone)
    }
}
