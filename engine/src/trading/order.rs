//! What an order may say (委托要素).

use std::hint::black_box;

use minicbor::{Decode, Encode};

use crate::amount::{Money, Price, Units};
use crate::cash::ledger::CashPlace;
use crate::id::{FundId, OrderId, PartyId};
use crate::registry::holding::HoldingPlace;
use crate::time::Time;
use crate::trading::book::{BookId, Books};
use crate::trading::side::Side;

/// At what price an order trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum OrderPrice {
    /// At this price or better (限价).
    #[n(0)]
    Limit(#[n(0)] Price),
    /// At any price up to this protection; what does not trade at once is cancelled (市价、保护价).
    #[n(1)]
    Market(#[n(0)] Price),
}

impl OrderPrice {
    /// The worst price at which the order trades.
    #[must_use]
    pub const fn worst(self) -> Price {
        match self {
            Self::Limit(price) | Self::Market(price) => price,
        }
    }
}

/// How long an order stands (有效期).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum TimeInForce {
    /// Until the end of the trading day (当日有效).
    #[n(0)]
    Day,
    /// Until it is cancelled (撤销前有效).
    #[n(1)]
    GoodTillCancelled,
    /// Until this moment, which it does not reach (指定日期前有效).
    #[n(2)]
    GoodTill(#[n(0)] Time),
    /// What does not trade at once is cancelled (即时成交剩余撤销).
    #[n(3)]
    ImmediateOrCancel,
    /// It trades whole at once or not at all (全额成交或撤销).
    #[n(4)]
    FillOrKill,
}

/// Whether an order may take from the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum PostOnly {
    /// It may.
    #[n(0)]
    No,
    /// It is refused if it would trade at once (只做挂单).
    #[n(1)]
    Yes,
}

/// What happens when orders of one group would trade with each other (自成交防范).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SelfTrade {
    /// What is left of the incoming order is cancelled.
    #[n(0)]
    CancelNewest,
    /// The resting order is cancelled.
    #[n(1)]
    CancelOldest,
    /// Both are.
    #[n(2)]
    CancelBoth,
    /// Both shrink by the smaller of the two, without a trade.
    #[n(3)]
    Decrement,
}

/// Why an order is no longer open (委托终结原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Closing {
    /// It traded whole.
    #[n(0)]
    Filled,
    /// Its owner, or the venue for it, cancelled it.
    #[n(1)]
    Cancelled,
    /// Its time was over.
    #[n(2)]
    Expired,
    /// What an immediate or a market order could not trade.
    #[n(3)]
    NotFilled,
    /// Self-trade prevention, affiliates included (A9).
    #[n(4)]
    SelfTrade,
    /// A2: its owner traded the other way in the meantime.
    #[n(5)]
    TurnaroundInterval,
    /// A3: the fund has no room for another holder.
    #[n(6)]
    HolderCap,
    /// A4: its owner's qualification ran out.
    #[n(7)]
    NotQualified,
    /// It met the most trades that one order may make.
    #[n(8)]
    TooManyFills,
    /// Its book, segment or venue closed.
    #[n(9)]
    MarketClosed,
    /// Its owner was suspended.
    #[n(10)]
    PartySuspended,
    /// Its owner asked for this should the connection be lost.
    #[n(11)]
    Disconnected,
}

impl Closing {
    /// The rule behind the reason, where it is one of the rulebook's.
    #[must_use]
    pub const fn rule(self) -> Option<&'static str> {
        match self {
            Self::SelfTrade => Some("A9"),
            Self::TurnaroundInterval => Some("A2"),
            Self::HolderCap => Some("A3"),
            Self::NotQualified => Some("A4"),
            Self::Filled
            | Self::Cancelled
            | Self::Expired
            | Self::NotFilled
            | Self::TooManyFills
            | Self::MarketClosed
            | Self::PartySuspended
            | Self::Disconnected => None,
        }
    }
}

/// What the market keeps of an open order beside its place in the book.
///
/// Two cache lines: what a trade asks for lies in the first, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[repr(C, align(64))]
pub struct OpenOrder {
    /// Whose.
    #[n(0)]
    pub party: PartyId,
    /// Fund; its book has the same number.
    #[n(1)]
    pub fund: FundId,
    /// The worst price it takes.
    #[n(3)]
    pub limit: Price,
    /// Units in all, those that traded included.
    #[n(4)]
    pub units: Units,
    /// Units that traded.
    #[n(5)]
    pub filled: Units,
    /// Iceberg: units shown at a time; zero shows all.
    #[n(6)]
    pub peak: Units,
    /// Cash it holds: zero for a sell, which holds the units it has left.
    #[n(8)]
    pub hold: Money,
    /// Number of the fee schedule it trades under.
    #[n(9)]
    pub schedule: u32,
    /// Where its owner's units of the fund lie.
    #[n(16)]
    pub(crate) holding: HoldingPlace,
    /// Where its owner's cash in the fund's currency lies.
    #[n(17)]
    pub(crate) cash: CashPlace,
    /// Which way.
    #[n(2)]
    pub side: Side,
    /// Row of that schedule.
    #[n(10)]
    pub tier: u8,
    /// Whether it may take from the book.
    #[n(11)]
    pub post_only: PostOnly,
    /// What happens when it meets an order of its own group.
    #[n(12)]
    pub self_trade: SelfTrade,
    /// Fewest units it takes at once; zero sets no least.
    #[n(7)]
    pub minimum: Units,
    /// Session whose loss cancels it; 0 is none.
    #[n(13)]
    pub session: u64,
    /// When it was placed.
    #[n(14)]
    pub placed_at: Time,
    /// When it expires, if it does.
    #[n(15)]
    pub expires: Option<Time>,
}

const _: () = assert!(size_of::<OpenOrder>() == 128, "two cache lines");

impl OpenOrder {
    /// What lies at a slot that was never taken.
    const NOBODYS: Self = Self {
        party: PartyId::new(u32::MAX),
        fund: FundId::new(u32::MAX),
        limit: Price::from_e4(0),
        units: Units::ZERO,
        filled: Units::ZERO,
        peak: Units::ZERO,
        hold: Money::ZERO,
        schedule: 0,
        holding: HoldingPlace::NONE,
        cash: CashPlace::NONE,
        side: Side::Buy,
        tier: 0,
        post_only: PostOnly::No,
        self_trade: SelfTrade::CancelNewest,
        minimum: Units::ZERO,
        session: 0,
        placed_at: Time::ZERO,
        expires: None,
    };

    /// Units that have not traded.
    #[must_use]
    #[inline]
    pub fn left(&self) -> Units {
        self.units.minus(self.filled)
    }
}

/// Every open order: its place in the books, and beside it, by slot, what else the market keeps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    pub(crate) books: Books,
    /// By slot; what lies at a free slot means nothing.
    open: Vec<OpenOrder>,
}

/// Equal books are the same bytes.
impl PartialEq for Orders {
    fn eq(&self, other: &Self) -> bool {
        minicbor::to_vec(&self.books).ok() == minicbor::to_vec(&other.books).ok()
            && self.iter().eq(other.iter())
    }
}

impl Eq for Orders {}

impl Orders {
    /// These books with what else is kept of their orders.
    ///
    /// `None` if a resting order has no record, or a record no resting order.
    pub(crate) fn from_parts(books: Books, records: Vec<(u32, OpenOrder)>) -> Option<Self> {
        let slots = usize::try_from(books.slots()).ok()?;
        let mut open = vec![OpenOrder::NOBODYS; slots];
        let mut is_recorded = vec![false; slots];
        for (slot, record) in records {
            let id = books.at_slot(slot)?;
            let terms = books.terms(id)?;
            if terms.book != BookId::new(record.fund.number()) || terms.side != record.side {
                return None;
            }
            let slot = usize::try_from(slot).ok()?;
            *open.get_mut(slot)? = record;
            if std::mem::replace(is_recorded.get_mut(slot)?, true) {
                return None;
            }
        }
        let is_whole = |(slot, is_recorded)| books.at_slot(slot).is_some() == is_recorded;
        (0..).zip(is_recorded).all(is_whole).then_some(Self { books, open })
    }

    /// Every open order, by slot.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (OrderId, &OpenOrder)> {
        (0..self.books.slots()).filter_map(|slot| {
            let order = self.books.at_slot(slot)?;
            Some((order, self.get(order)?))
        })
    }

    /// Opens the book of the next fund.
    pub(crate) fn open_book(&mut self, fund: FundId) {
        let book = self.books.open();
        assert!(book.number() == fund.number(), "a book has the number of its fund");
    }

    /// The order of this id, if it is open.
    #[inline]
    pub(crate) fn get(&self, order: OrderId) -> Option<&OpenOrder> {
        if !self.books.is_open(order) {
            return None;
        }
        self.open.get(usize::try_from(order.slot()).ok()?)
    }

    /// Looks at what lies at a slot, so that memory fetches it; tells nothing.
    #[inline]
    pub(crate) fn touch(&self, slot: u32) {
        let slot = usize::try_from(slot).expect("a slot is an index");
        // One word of each of its two lines.
        black_box(self.open.get(slot).map(|record| (record.party, record.session)));
    }

    /// Looks at orders that commands will name soon: see [`Books::warm`].
    pub(crate) fn warm(&self, ids: impl Iterator<Item = OrderId> + Clone) {
        ids.clone().for_each(|id| self.touch(id.slot()));
        self.books.warm(ids);
    }

    /// The order of this id, which is open.
    #[inline]
    pub(crate) fn at(&self, order: OrderId) -> &OpenOrder {
        self.get(order).expect("an event names an open order")
    }

    /// The order of this id, which is open, to change.
    #[inline]
    pub(crate) fn at_mut(&mut self, order: OrderId) -> &mut OpenOrder {
        assert!(self.books.is_open(order), "an event names an open order");
        let slot = usize::try_from(order.slot()).expect("a slot is an index");
        self.open.get_mut(slot).expect("an open order has a record")
    }

    /// Takes the next slot for an order.
    #[inline]
    pub(crate) fn take(&mut self, order: OrderId, record: OpenOrder) {
        let given = self.books.take_slot();
        assert!(given == order, "order ids are given in turn");
        let slot = usize::try_from(order.slot()).expect("a slot is an index");
        if self.open.len() <= slot {
            self.open.resize(slot.saturating_add(1), OpenOrder::NOBODYS);
        }
        *self.open.get_mut(slot).expect("resized") = record;
    }

    /// Gives the slot of an order back, which is out of its book.
    #[inline]
    pub(crate) fn free(&mut self, order: OrderId) {
        self.books.free(order);
    }
}
