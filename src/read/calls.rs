//! Call auctions as queries answer with them: those that are scheduled or open, and those of late
//! with what came of them.

use std::sync::Arc;

use minicbor::{Decode, Encode};
use sfund_engine::amount::{Money, Units};
use sfund_engine::call::{CallAuction, CallOutcome, CallRules, CallTerms, Print};
use sfund_engine::id::{CallId, CallOrderId, FundId, PartyId};
use sfund_engine::market::Market;
use sfund_engine::trading::order::{Closing, OrderPrice};
use sfund_engine::trading::side::Side;

use crate::read::Read;
use crate::read::page::{Ask, Page};
use crate::read::views::Stamp;

/// A call auction.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallView {
    /// Its id.
    #[n(0)]
    pub id: CallId,
    /// When it takes orders, and how it is repeated.
    #[n(1)]
    pub terms: CallTerms,
    /// How it prints.
    #[n(2)]
    pub rules: CallRules,
    /// What it printed; before its close, what it would.
    #[n(3)]
    pub print: Option<Print>,
    /// The entry after which that was so.
    #[n(4)]
    pub stamp: Stamp,
    /// How it ended, if it did.
    #[n(5)]
    pub ended: Option<Ending>,
}

/// How a call auction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Ending {
    /// It printed.
    #[n(0)]
    Printed,
    /// Nobody met anybody.
    #[n(1)]
    NoCross,
    /// G4: there was no fresh reference price.
    #[n(2)]
    NoReference,
    /// The fund did not trade at the close.
    #[n(3)]
    NotTrading,
    /// A1: the pack in force at the close allows none.
    #[n(4)]
    Forbidden,
    /// The fund's term was over.
    #[n(5)]
    TermEnded,
    /// The venue cancelled it.
    #[n(6)]
    Cancelled,
}

impl From<&CallOutcome> for Ending {
    fn from(outcome: &CallOutcome) -> Self {
        match outcome {
            CallOutcome::Printed { .. } => Self::Printed,
            CallOutcome::NoCross => Self::NoCross,
            CallOutcome::NoReference => Self::NoReference,
            CallOutcome::NotTrading(_) => Self::NotTrading,
            CallOutcome::Forbidden => Self::Forbidden,
            CallOutcome::TermEnded => Self::TermEnded,
            CallOutcome::Cancelled => Self::Cancelled,
        }
    }
}

impl Ending {
    /// Why the orders close that did not trade.
    pub(super) const fn closing(self) -> Closing {
        match self {
            Self::Printed | Self::NoCross | Self::NoReference => Closing::NotFilled,
            Self::NotTrading | Self::Forbidden | Self::TermEnded => Closing::MarketClosed,
            Self::Cancelled => Closing::Cancelled,
        }
    }
}

/// An order of a call auction, open or closed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallOrderView {
    /// Of which call.
    #[n(0)]
    pub call: CallId,
    /// Its id.
    #[n(1)]
    pub id: CallOrderId,
    /// Whose.
    #[n(2)]
    pub party: PartyId,
    /// Fund.
    #[n(3)]
    pub fund: FundId,
    /// Which way.
    #[n(4)]
    pub side: Side,
    /// Its limit, or its protection.
    #[n(5)]
    pub price: OrderPrice,
    /// Units that it is for.
    #[n(6)]
    pub units: Units,
    /// Units that have traded.
    #[n(7)]
    pub filled: Units,
    /// Cash of its trades, exact.
    #[n(8)]
    pub cash: Money,
    /// Fees of its trades.
    #[n(9)]
    pub fees: Money,
    /// Cash it holds; zero for a sell and after the close.
    #[n(10)]
    pub hold: Money,
    /// When it was placed.
    #[n(11)]
    pub placed: Stamp,
    /// What changed it last.
    #[n(12)]
    pub changed: Stamp,
    /// Why it closed, if it did.
    #[n(13)]
    pub closed: Option<Closing>,
}

impl CallView {
    /// A call that is not over, as it stands in `market`.
    pub(super) fn of(market: &Market, id: CallId, call: &CallAuction, stamp: Stamp) -> Self {
        let (terms, rules) = (call.terms, call.rules.clone());
        let ended = call.print.map(|_| Ending::Printed);
        Self { id, terms, rules, print: market.indication(id), stamp, ended }
    }
}

impl Read {
    /// A call auction that is scheduled or open, or was lately.
    #[must_use]
    pub fn call(&self, call: CallId) -> Option<Arc<CallView>> {
        self.0.calls.find(&call)
    }

    /// Call auctions in the order of their ids, those of late among them.
    pub fn calls(
        &self,
        ask: &Ask<CallId>,
        wanted: impl Fn(&CallView) -> bool,
    ) -> Page<Arc<CallView>, CallId> {
        self.0.calls.page(.., ask, wanted)
    }

    /// A party's orders of a call auction, open and closed, in the order in which they came.
    pub fn call_orders(
        &self,
        call: CallId,
        party: PartyId,
        ask: &Ask<(CallId, CallOrderId)>,
    ) -> Page<Arc<CallOrderView>, (CallId, CallOrderId)> {
        let of = |order| (call, CallOrderId::new(order));
        self.0.call_orders.page(of(0)..=of(u64::MAX), ask, |view| view.party == party)
    }

    /// Every open order of a call auction; there are at most as many as one takes.
    pub(super) fn open_orders_of_call(&self, call: CallId) -> Vec<Arc<CallOrderView>> {
        let of = |order| (call, CallOrderId::new(order));
        let keys = self.0.call_orders.within(of(0)..=of(u64::MAX));
        let rows = keys.iter().filter_map(|key| self.0.call_orders.find(key));
        rows.filter(|view| view.closed.is_none()).collect()
    }

    /// Whose an order of a call auction is.
    #[must_use]
    pub fn call_order(&self, call: CallId, order: CallOrderId) -> Option<Arc<CallOrderView>> {
        self.0.call_orders.find(&(call, order))
    }
}
