//! The auditor: follows what is durable entry by entry, and trusts nobody.
//!
//! It outlives every crash. It judges each entry again on a market of its own, checks the
//! invariants after it, keeps simple accounts beside it, and holds every answer against it.

use std::collections::BTreeMap;
use std::sync::Arc;

use sfund_engine::cash::request_transfer::Direction;
use sfund_engine::cash::settle_transfer::TransferOutcome;
use sfund_engine::command::Command;
use sfund_engine::entry::{Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, OrderId, Sequence, TransferId};
use sfund_engine::market::{Judgement, Market};
use sfund_engine::reject::Reject;

use crate::journal::{Cursor, Head, Reader};
use crate::published::{Block, Item};

/// Why a run failed.
pub(super) type Failure = String;

/// Fails unless it holds.
pub(super) fn ensure(holds: bool, why: impl FnOnce() -> Failure) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(why()) }
}

pub(super) struct Audit {
    pub(super) head: Head,
    pub(super) market: Market,
    /// Every entry, the first one at 0.
    pub(super) entries: Vec<Item>,
    /// Where each attempt was answered.
    pub(super) attempts: BTreeMap<(Caller, [u8; 16]), (Sequence, u64)>,
    accounts: Accounts,
    pub(super) trades: u64,
    pub(super) refusals: u64,
    pub(super) advances: u64,
}

/// Units, cash and open orders, counted from events alone.
#[derive(Default)]
struct Accounts {
    issued: BTreeMap<FundId, u64>,
    banked: i64,
    transfers: BTreeMap<TransferId, i64>,
    open: BTreeMap<OrderId, u64>,
}

impl Audit {
    pub(super) fn new(genesis: Head) -> Self {
        Self {
            head: genesis,
            market: Market::default(),
            entries: Vec::new(),
            attempts: BTreeMap::new(),
            accounts: Accounts::default(),
            trades: 0,
            refusals: 0,
            advances: 0,
        }
    }

    /// Reads what became durable since.
    pub(super) fn follow(&mut self, reader: &Arc<dyn Reader>) -> Result<(), Failure> {
        let newest = reader.newest();
        ensure(self.head.sequence <= newest.sequence, || {
            format!("{} was durable, and now the newest is {newest:?}", self.head.sequence)
        })?;
        if newest == self.head {
            return Ok(());
        }
        let mut cursor = Cursor::new(Arc::clone(reader), self.head);
        let blocks = cursor.advance(usize::MAX).map_err(|error| format!("{error:?}"))?;
        for block in &blocks {
            let block = Arc::new(Block::decode(block).map_err(|error| format!("{error:?}"))?);
            while let Some(item) = Item::find(&block, self.market.sequence().next()) {
                self.enter(&item)?;
                self.entries.push(item);
            }
            self.head = block.head();
        }
        ensure(self.head == newest, || format!("read to {:?}, not to {newest:?}", self.head))
    }

    fn enter(&mut self, item: &Item) -> Result<(), Failure> {
        let (header, command) = (item.header(), item.command());
        let at = header.sequence;
        let is_advance = *command == Command::Advance;
        let overdue = self.market.next_deadline().filter(|due| *due <= header.at && !is_advance);
        ensure(overdue.is_none(), || format!("{at}: {overdue:?} was due before it"))?;
        let mut events = Vec::new();
        let judged = self.market.judge(header, command, &mut events);
        let outcome = match judged {
            Judgement::Accepted => Ok(events.as_slice()),
            Judgement::Refused(ref reject) => Err(reject),
            other @ (Judgement::Repeated(_) | Judgement::Unrecorded(_)) => {
                return Err(format!("{at}: entered though {other:?}"));
            }
        };
        ensure(outcome == item.outcome(), || {
            format!("{at}: {command:?} has {:?}, judged again {outcome:?}", item.outcome())
        })?;
        self.market.record(header, &events);
        self.market.check().map_err(|part| format!("{at}: {part} after {command:?}"))?;
        if let Some(attempt) = header.attempt {
            let key = (header.caller, attempt.id);
            let before = self.attempts.insert(key, (at, attempt.fingerprint));
            ensure(before.is_none(), || format!("{at}: an attempt of {before:?} once more"))?;
        }
        let trades = events.iter().map(|fact| u64::from(matches!(fact, Event::Traded(_))));
        self.trades += trades.sum::<u64>();
        self.refusals += u64::from(item.outcome().is_err());
        self.advances += u64::from(is_advance);
        self.accounts.enter(&events);
        self.accounts.compare(&self.market).map_err(|what| format!("{at}: {what}"))
    }

    /// Holds an answer that left the server against what is durable.
    pub(super) fn hold(&self, item: &Item) -> Result<(), Failure> {
        let header = item.header();
        let kept = self.entry(header.sequence).ok_or_else(|| {
            format!("{} was shown, and durable is {}", header.sequence, self.head.sequence)
        })?;
        let is_same = kept.hash() == item.hash()
            && kept.header() == header
            && kept.command() == item.command()
            && kept.outcome() == item.outcome();
        ensure(is_same, || format!("{} was shown as {item:?}, kept is {kept:?}", header.sequence))
    }

    pub(super) fn entry(&self, sequence: Sequence) -> Option<&Item> {
        let index = usize::try_from(sequence.number().checked_sub(1)?).ok()?;
        self.entries.get(index)
    }

    /// Judges a dry run again, if nothing came since.
    pub(super) fn judge_dry(
        &self,
        header: &Header,
        command: &Command,
        outcome: Result<&[Event], &Reject>,
    ) -> Result<(), Failure> {
        if header.sequence != self.market.sequence().next() {
            return Ok(());
        }
        let mut events = Vec::new();
        let judged = self.market.judge(header, command, &mut events);
        let is_same = match (judged, outcome) {
            (Judgement::Accepted, Ok(told)) => told == events,
            (Judgement::Refused(reject) | Judgement::Unrecorded(reject), Err(told)) => {
                *told == reject
            }
            _ => false,
        };
        ensure(is_same, || format!("a dry run said {outcome:?} and not {judged:?}"))
    }
}

impl Accounts {
    fn enter(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::UnitsIssued(fact) => {
                    *self.issued.entry(fact.fund).or_default() += fact.units.e2();
                }
                Event::TransferRequested(fact) => {
                    let sign = match fact.terms.direction {
                        Direction::Deposit => 1,
                        Direction::Withdrawal => -1,
                    };
                    self.transfers.insert(fact.transfer, sign * fact.terms.amount.fen());
                }
                Event::TransferSettled(fact) => {
                    let amount = self.transfers.remove(&fact.transfer).expect("it was asked for");
                    if fact.outcome == TransferOutcome::Confirmed {
                        self.banked += amount;
                    }
                }
                Event::OrderPlaced(fact) => {
                    self.open.insert(fact.order, fact.terms.units.e2());
                }
                Event::Traded(fact) => {
                    for order in [fact.maker, fact.taker] {
                        self.take(order, fact.units.e2());
                    }
                }
                Event::OrderDecremented(fact) => self.take(fact.order, fact.units.e2()),
                Event::OrderAmended(fact) => {
                    self.open.insert(fact.order, fact.left.e2());
                }
                Event::OrderClosed(fact) => {
                    let left = self.open.remove(&fact.order);
                    assert_eq!(left, Some(fact.left.e2()), "{} closed with", fact.order);
                }
                _ => {}
            }
        }
    }

    fn take(&mut self, order: OrderId, units: u64) {
        let left = self.open.get_mut(&order).expect("who trades is open");
        *left = left.checked_sub(units).expect("nobody trades more than it has");
    }

    fn compare(&self, market: &Market) -> Result<(), Failure> {
        for (fund, issued) in &self.issued {
            let held = market.holdings().iter().filter(|holding| holding.fund == *fund);
            let held: u64 = held.map(|holding| holding.total().e2()).sum();
            ensure(held == *issued, || format!("{fund}: {issued} issued and {held} held"))?;
        }
        let cash = market.cash_accounts().iter();
        let cash: i64 = cash.map(|cash| cash.available.fen() + cash.held.fen()).sum();
        let fees: i64 = market.houses().iter().map(|house| house.fees.fen()).sum();
        ensure(cash + fees == self.banked, || {
            format!("{} came in, and there are {cash} and {fees}", self.banked)
        })?;
        let open = market.open_orders().map(|(id, order)| (id, order.left().e2()));
        let open: BTreeMap<OrderId, u64> = open.collect();
        ensure(open == self.open, || format!("open are {open:?}, not {:?}", self.open))
    }
}
