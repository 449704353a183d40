//! Call auctions (集合竞价): everybody who meets in one trades at one price.
//!
//! [`CallAuction`] is the record of one: when it opens and closes, by which rules it prints, and
//! who would buy and sell. A fund has one at a time, in a book of its own beside that of continuous
//! trading. One file a command; what the close does is in [`print`], what a trade moves in
//! [`trade`], and the price itself comes from [`crate::auction::clear`].
//!
//! A call is open from its opening until before its close; both are moments of the record, and
//! only the close is an entry. It prints in one entry: who may no longer trade is left out, one
//! price is found, and each order is told what it gets. The trades follow at once in bounded steps,
//! and the next of a repetition is scheduled with the last of them.

pub mod cancel;
pub mod cancel_order;
mod crowd;
#[cfg(test)]
pub(crate) mod fixture;
pub mod place;
pub(crate) mod print;
pub mod schedule;
mod sound;
#[cfg(test)]
mod tests;
pub mod trade;
pub mod view;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::amount::{Money, Price, Units};
use crate::auction::clear::RuleSet;
use crate::auction::ration::Margin;
use crate::deadline::Due;
use crate::id::{CallId, CallOrderId, FundId, PartyId};
use crate::market::Market;
use crate::policy::PackVersion;
use crate::reject::{NotTradingLevel, Reject};
use crate::time::{Date, Time};
use crate::trading::order::OrderPrice;
use crate::trading::side::Side;

/// Most orders that one call has: with numbers of the widest kind, what its close says of all of
/// them is one entry of the journal.
pub const CALL_ORDERS_MAX: usize = 2_000;
/// Most orders that one party has in one call.
pub const CALL_ORDERS_PER_PARTY_MAX: u32 = 20;
/// Most orders in all calls together.
pub const CALL_ORDERS_ALL_MAX: usize = 1_000_000;
/// Most trades of a print in one entry.
pub const CALL_TRADES_MAX: usize = 256;
/// Shortest time in which a call takes orders, in seconds.
pub const CALL_SECONDS_MIN: u64 = 60;
/// Longest time in which a call takes orders, in seconds: 31 days.
pub const CALL_SECONDS_MAX: u64 = 31 * 86_400;
/// Most trading days from one call of a repetition to the next.
pub const CALL_INTERVAL_MAX: u16 = 250;

/// When a call takes orders, and how it is repeated (集合竞价安排).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallTerms {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// From when on it takes orders.
    #[n(1)]
    pub opens: Time,
    /// It takes orders before this moment, and prints at it.
    #[n(2)]
    pub closes: Time,
    /// How it is repeated, if it is.
    #[n(3)]
    pub repeats: Option<Repetition>,
}

/// How a call is repeated: at the same time of the day (周期).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Repetition {
    /// Trading days from one close to the next; 1 is daily.
    #[n(0)]
    pub trading_days: u16,
    /// The last date on which one closes.
    #[n(1)]
    pub until: Date,
}

/// By which rules a call prints: those of the pack in force when it was scheduled (定价规则).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallRules {
    /// Which price is taken.
    #[n(0)]
    pub price: RuleSet,
    /// How the level at the margin is shared.
    #[n(1)]
    pub margin: Margin,
    /// Whose rules these are.
    #[n(2)]
    pub pack: PackVersion,
}

/// A call that is scheduled, open, or prints (集合竞价).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallAuction {
    /// When it takes orders.
    #[n(0)]
    pub terms: CallTerms,
    /// How it prints.
    #[n(1)]
    pub rules: CallRules,
    /// Its orders, earliest first; once it has printed, those whose trades are to come.
    #[n(2)]
    pub orders: BTreeMap<CallOrderId, CallOrder>,
    /// How many orders it has taken: the number of the next one.
    #[n(3)]
    pub orders_count: u64,
    /// What it printed, and when.
    #[n(4)]
    pub print: Option<(Print, Time)>,
}

/// An order of a call (集合竞价委托).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallOrder {
    /// Whose.
    #[n(0)]
    pub party: PartyId,
    /// Which way.
    #[n(1)]
    pub side: Side,
    /// The worst price it takes, or any up to its protection.
    #[n(2)]
    pub price: OrderPrice,
    /// Units that it would trade; once the call has printed, those that it gets and has not traded.
    #[n(3)]
    pub units: Units,
    /// Cash it holds: zero for a sell, which holds its units.
    #[n(4)]
    pub hold: Money,
    /// Number of the fee schedule it trades under.
    #[n(5)]
    pub schedule: u32,
    /// Row of that schedule.
    #[n(6)]
    pub tier: u8,
    /// When it was placed.
    #[n(7)]
    pub placed_at: Time,
}

/// What a call printed (开盘价).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Print {
    /// The one price.
    #[n(0)]
    pub price: Price,
    /// Units that trade: the smaller of the next two.
    #[n(1)]
    pub volume: Units,
    /// Units that would be bought at the price.
    #[n(2)]
    pub demand: Units,
    /// Units that would be sold at the price.
    #[n(3)]
    pub supply: Units,
    /// The reference price by which it was found.
    #[n(4)]
    pub reference: Price,
}

/// What an order gets in a print (成交分配).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallFill {
    /// The order.
    #[n(0)]
    pub order: CallOrderId,
    /// How many units.
    #[n(1)]
    pub units: Units,
}

/// What came of a call (集合竞价结果).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum CallOutcome {
    /// It printed, and these orders trade; what they do not get is released.
    #[n(0)]
    Printed {
        /// The price.
        #[n(0)]
        print: Print,
        /// Who gets what, in the order in which they came. All others get nothing.
        #[n(1)]
        fills: Vec<CallFill>,
    },
    /// Nobody met anybody (未成交).
    #[n(1)]
    NoCross,
    /// G4: there was no fresh reference price (无有效参考价).
    #[n(2)]
    NoReference,
    /// The fund did not trade at the close (停牌).
    #[n(3)]
    NotTrading(#[n(0)] NotTradingLevel),
    /// A1: the pack in force at the close allows none (不允许集合竞价).
    #[n(4)]
    Forbidden,
    /// The fund's term was over (基金到期).
    #[n(5)]
    TermEnded,
    /// The venue cancelled it, and what would have followed (取消).
    #[n(6)]
    Cancelled,
}

impl CallOutcome {
    /// The rule behind the outcome, where it is one of the rulebook's.
    #[must_use]
    pub const fn rule(&self) -> Option<&'static str> {
        match self {
            Self::NoReference => Some("G4"),
            Self::Forbidden => Some("A1"),
            Self::Printed { .. }
            | Self::NoCross
            | Self::NotTrading(_)
            | Self::TermEnded
            | Self::Cancelled => None,
        }
    }
}

impl CallAuction {
    /// When something is due: the close, and after it at once.
    #[must_use]
    pub fn due(&self) -> Time {
        self.print.map_or(self.terms.closes, |(_, at)| at)
    }
}

impl CallOrder {
    /// Whether it trades at any price up to its protection.
    #[must_use]
    pub const fn is_market(&self) -> bool {
        matches!(self.price, OrderPrice::Market(_))
    }
}

/// Every call that is not over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    records: BTreeMap<CallId, CallAuction>,
    /// How many there ever were: the number of the next one.
    count: u64,
    /// Derived from the records: a fund has one at a time.
    by_fund: BTreeMap<FundId, CallId>,
    /// Derived from the records: their orders.
    orders: usize,
}

impl Calls {
    /// These records; `None` if a fund has two, or one has a number that was never given.
    pub(crate) fn from_records(records: BTreeMap<CallId, CallAuction>, count: u64) -> Option<Self> {
        let mut by_fund = BTreeMap::new();
        let mut orders = 0_usize;
        for (call, record) in &records {
            let second = by_fund.insert(record.terms.fund, *call).is_some();
            if second || count <= call.number() {
                return None;
            }
            orders = orders.saturating_add(record.orders.len());
        }
        Some(Self { records, count, by_fund, orders })
    }

    /// Every call, by number.
    pub(crate) const fn records(&self) -> &BTreeMap<CallId, CallAuction> {
        &self.records
    }

    /// How many there ever were.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// The call of a fund, if it has one.
    pub(crate) fn of_fund(&self, fund: FundId) -> Option<CallId> {
        self.by_fund.get(&fund).copied()
    }

    /// The call that the next one scheduled will be.
    pub(crate) const fn next_id(&self) -> CallId {
        CallId::new(self.count)
    }

    /// Orders of all calls.
    pub(crate) const fn orders(&self) -> usize {
        self.orders
    }
}

impl Market {
    /// The call of this id, which is not over.
    pub(crate) fn call(&self, call: CallId) -> Result<&CallAuction, Reject> {
        self.calls.records.get(&call).ok_or(Reject::CallNotFound { call })
    }

    /// The call that an event names.
    pub(crate) fn call_of_fact(&self, call: CallId) -> &CallAuction {
        self.calls.records.get(&call).expect("events name calls that are scheduled")
    }

    /// Puts a call on the record, the next one.
    pub(crate) fn open_call(&mut self, call: CallId, record: CallAuction) {
        assert!(call == self.calls.next_id(), "calls are numbered in turn");
        self.calls.count = self.calls.count.checked_add(1).expect("fewer than 2^64");
        let other = self.calls.by_fund.insert(record.terms.fund, call);
        assert!(other.is_none(), "a fund has one call at a time");
        self.deadlines.set(record.due(), Due::Call(call));
        self.calls.records.insert(call, record);
    }

    /// Changes a call, and keeps its deadline and the count of orders.
    pub(crate) fn change_call(&mut self, call: CallId, change: impl FnOnce(&mut CallAuction)) {
        let calls = &mut self.calls;
        let record = calls.records.get_mut(&call).expect("events name calls that are scheduled");
        let (due, orders) = (record.due(), record.orders.len());
        change(record);
        let rest = calls.orders.checked_sub(orders).expect("the orders of calls are counted");
        calls.orders = rest.saturating_add(record.orders.len());
        if record.due() != due {
            self.deadlines.clear(due, Due::Call(call));
            self.deadlines.set(record.due(), Due::Call(call));
        }
    }

    /// Takes a call without orders off the record.
    pub(crate) fn end_call(&mut self, call: CallId) {
        let record = self.calls.records.remove(&call).expect("a call that ends was scheduled");
        assert!(record.orders.is_empty(), "what is over holds nothing");
        self.calls.by_fund.remove(&record.terms.fund);
        self.deadlines.clear(record.due(), Due::Call(call));
    }
}
