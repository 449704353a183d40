//! What an order may say (委托要素).

use minicbor::{Decode, Encode};

use crate::amount::Price;
use crate::time::Time;

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

/// Every open order. (The book is merged here.)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orders;

impl Orders {
    /// Opens the book of a fund that was just registered. (The book is merged here.)
    pub(crate) fn open_book(&mut self, _fund: crate::id::FundId) {}
}
