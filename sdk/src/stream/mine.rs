//! What happens to a party, as a stream.

use sfund_engine::amount::{Money, Price, Units};
use sfund_engine::cash::request_transfer::Direction;
use sfund_engine::cash::settle_transfer::TransferOutcome;
use sfund_engine::id::{FundId, IntentionId, LockId, OrderId, PartyId, Sequence, TransferId};
use sfund_engine::registry::fund::Currency;
use sfund_engine::registry::party::PartyStatus;
use sfund_engine::time::{Date, Time};
use sfund_engine::trading::board::IntentionEnd;
use sfund_engine::trading::order::Closing;
use sfund_proto::v1;
use sfund_proto::v1::stream_my_events_response::Event;

use crate::client::Client;
use crate::error::{Error, Unreadable};
use crate::listing::record::{ListingEvent, event_of};
use crate::stream::Happening;
use crate::stream::resume::Resuming;
use crate::trading::board::{Intention, intention_of};
use crate::trading::order::Order;
use crate::trading::{MyTrade, my_trade_of};
use crate::wire::{self, Twin, currency, maybe, read, some};

/// A stream of what happens to a party that is to be opened.
#[derive(Clone, Debug)]
#[must_use = "a stream is opened with `open`"]
pub struct MyStreamRequest {
    client: Client,
    request: v1::StreamMyEventsRequest,
    from: u64,
}

/// What happens to a party, once and in order. It resumes by itself.
#[derive(Debug)]
pub struct MyStream {
    stream: Resuming<v1::StreamMyEventsRequest>,
}

/// One thing that happened to a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MyChange {
    /// An order was placed.
    OrderPlaced {
        /// Id.
        order: OrderId,
        /// What it asks for.
        terms: Box<Order>,
        /// Cash it holds.
        hold: Money,
        /// When it expires, if it does.
        expires: Option<Time>,
    },
    /// An order traded.
    Traded(MyTrade),
    /// What is left of an order rests in the book.
    OrderRested {
        /// The order.
        order: OrderId,
        /// Units left, shown or not.
        left: Units,
    },
    /// An order is no longer open.
    OrderClosed {
        /// The order.
        order: OrderId,
        /// Why.
        reason: Closing,
        /// Units that did not trade.
        left: Units,
    },
    /// An order has other terms.
    OrderAmended {
        /// The order.
        order: OrderId,
        /// Limit price now.
        price: Price,
        /// Units left to trade now.
        left: Units,
        /// Cash it holds now.
        hold: Money,
        /// Whether it kept its place in the queue.
        kept_time: bool,
    },
    /// Self-trade prevention took units off an order.
    OrderDecremented {
        /// The order.
        order: OrderId,
        /// How many.
        units: Units,
    },
    /// Cash waits for the bank.
    TransferRequested {
        /// The transfer.
        transfer: TransferId,
        /// How much.
        amount: Money,
        /// In which currency.
        currency: Currency,
        /// Which way.
        direction: Direction,
    },
    /// A transfer is settled.
    TransferSettled {
        /// The transfer.
        transfer: TransferId,
        /// What became of it.
        outcome: TransferOutcome,
        /// The bank's own reference.
        bank_reference: String,
    },
    /// Units were issued to the party, or locked or released.
    UnitsChanged {
        /// Why.
        why: UnitsChange,
        /// Fund, where it is known.
        fund: Option<FundId>,
        /// How many, where it is known.
        units: Option<Units>,
        /// The lock, if one came or went.
        lock: Option<LockId>,
    },
    /// An intention is on the board.
    IntentionPosted(Intention),
    /// An intention is off the board.
    IntentionClosed {
        /// The intention.
        intention: IntentionId,
        /// Why.
        end: IntentionEnd,
    },
    /// A counterparty would suit.
    Suggested {
        /// The party's own intention.
        intention: IntentionId,
        /// The other one.
        counterparty: IntentionId,
    },
    /// The party is suspended or may trade again.
    StatusChanged {
        /// Whether it may trade.
        status: PartyStatus,
        /// Why.
        reason: String,
    },
    /// A qualification is recorded.
    Qualified {
        /// Last date on which it is good.
        expires: Date,
    },
    /// Something happened to a listing of the party's, to one whose confidentiality terms it
    /// accepted, or to one for which it would bid.
    ListingHappened(Box<ListingEvent>),
    /// All that had happened when the stream was opened is given; what follows is live.
    CaughtUp,
}

/// Why a party's units changed without a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitsChange {
    /// Units were issued.
    Issued,
    /// Units were pledged (质押).
    Pledged,
    /// Units were frozen (冻结).
    Frozen,
    /// A lock was released.
    Released,
}

impl MyStreamRequest {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, request: v1::StreamMyEventsRequest::default(), from: 0 }
    }

    /// Of this party and not of the caller: a member names its client.
    pub fn of(mut self, party: PartyId) -> Self {
        self.request.party_id = party.to_string();
        self
    }

    /// From after this entry on; if it is not said, from what happens next.
    pub fn after(mut self, sequence: Sequence) -> Self {
        self.from = sequence.next().number();
        self
    }

    /// Opens it with the first call of [`MyStream::next`].
    #[must_use]
    pub fn open(self) -> MyStream {
        MyStream { stream: Resuming::new(self.client, self.request, self.from) }
    }
}

impl MyStream {
    /// Waits for what happens next. After an error it may be asked again. Who stops waiting loses
    /// nothing: it may be a branch of `select!`.
    ///
    /// # Errors
    ///
    /// What the stream could not be opened with, once the client's patience is over.
    pub async fn next(&mut self) -> Result<Happening<MyChange>, Error> {
        let message = self.stream.next().await?;
        Ok(Happening {
            sequence: Sequence::new(message.sequence),
            time: wire::maybe_time(message.time)?,
            change: change_of(some(message.event, "event")?)?,
        })
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

fn change_of(event: Event) -> Result<MyChange, Unreadable> {
    match event {
        Event::OrderPlaced(_)
        | Event::Trade(_)
        | Event::OrderRested(_)
        | Event::OrderClosed(_)
        | Event::OrderAmended(_)
        | Event::OrderDecremented(_) => order_change_of(event),
        Event::TransferRequested(wire) => Ok(MyChange::TransferRequested {
            transfer: read(&wire.transfer_id, "transfer_id")?,
            amount: read(&wire.amount, "amount")?,
            currency: currency(&wire.currency, "currency")?,
            direction: if wire.deposit { Direction::Deposit } else { Direction::Withdrawal },
        }),
        Event::TransferSettled(wire) => Ok(MyChange::TransferSettled {
            transfer: read(&wire.transfer_id, "transfer_id")?,
            outcome: if wire.confirmed {
                TransferOutcome::Confirmed
            } else {
                TransferOutcome::Refused
            },
            bank_reference: wire.bank_reference,
        }),
        Event::UnitsChanged(wire) => Ok(MyChange::UnitsChanged {
            why: units_change_of(wire.change)?,
            fund: maybe(&wire.fund_id, "fund_id")?,
            units: maybe(&wire.units, "units")?,
            lock: maybe(&wire.lock_id, "lock_id")?,
        }),
        Event::IntentionPosted(wire) => intention_of(&wire).map(MyChange::IntentionPosted),
        Event::IntentionClosed(wire) => Ok(MyChange::IntentionClosed {
            intention: read(&wire.intention_id, "intention_id")?,
            end: IntentionEnd::from_wire(wire.end)?,
        }),
        Event::Suggestion(wire) => Ok(MyChange::Suggested {
            intention: read(&wire.intention_id, "intention_id")?,
            counterparty: read(&wire.counterparty_intention_id, "counterparty_intention_id")?,
        }),
        Event::StatusChanged(wire) => Ok(MyChange::StatusChanged {
            status: if wire.suspended { PartyStatus::Suspended } else { PartyStatus::Active },
            reason: wire.reason,
        }),
        Event::Qualified(wire) => {
            Ok(MyChange::Qualified { expires: read(&wire.expires, "expires")? })
        }
        Event::Listing(wire) => event_of(wire).map(Box::new).map(MyChange::ListingHappened),
        Event::CaughtUp(v1::CaughtUp {}) | Event::Heartbeat(v1::Heartbeat {}) => {
            Ok(MyChange::CaughtUp)
        }
    }
}

fn order_change_of(event: Event) -> Result<MyChange, Unreadable> {
    match event {
        Event::OrderPlaced(wire) => Ok(MyChange::OrderPlaced {
            order: read(&wire.order_id, "order_id")?,
            terms: Box::new(Order::from_wire(&some(wire.terms, "terms")?)?),
            hold: maybe(&wire.hold, "hold")?.unwrap_or_default(),
            expires: wire::maybe_time(wire.expires)?,
        }),
        Event::Trade(wire) => my_trade_of(wire).map(MyChange::Traded),
        Event::OrderRested(wire) => Ok(MyChange::OrderRested {
            order: read(&wire.order_id, "order_id")?,
            left: read(&wire.left, "left")?,
        }),
        Event::OrderClosed(wire) => Ok(MyChange::OrderClosed {
            order: read(&wire.order_id, "order_id")?,
            reason: Closing::from_wire(wire.closing_reason)?,
            left: read(&wire.left, "left")?,
        }),
        Event::OrderAmended(wire) => Ok(MyChange::OrderAmended {
            order: read(&wire.order_id, "order_id")?,
            price: read(&wire.price, "price")?,
            left: read(&wire.left, "left")?,
            hold: maybe(&wire.hold, "hold")?.unwrap_or_default(),
            kept_time: wire.kept_time,
        }),
        Event::OrderDecremented(wire) => Ok(MyChange::OrderDecremented {
            order: read(&wire.order_id, "order_id")?,
            units: read(&wire.units, "units")?,
        }),
        Event::TransferRequested(_)
        | Event::TransferSettled(_)
        | Event::UnitsChanged(_)
        | Event::IntentionPosted(_)
        | Event::IntentionClosed(_)
        | Event::Suggestion(_)
        | Event::StatusChanged(_)
        | Event::Qualified(_)
        | Event::Listing(_)
        | Event::CaughtUp(_)
        | Event::Heartbeat(_) => Err(Unreadable { field: "event" }),
    }
}

fn units_change_of(number: i32) -> Result<UnitsChange, Unreadable> {
    match v1::UnitsChange::try_from(number) {
        Ok(v1::UnitsChange::Issued) => Ok(UnitsChange::Issued),
        Ok(v1::UnitsChange::Pledged) => Ok(UnitsChange::Pledged),
        Ok(v1::UnitsChange::Frozen) => Ok(UnitsChange::Frozen),
        Ok(v1::UnitsChange::Released) => Ok(UnitsChange::Released),
        Ok(v1::UnitsChange::Unspecified) | Err(_) => Err(Unreadable { field: "change" }),
    }
}
