//! Sweeps: cancelling many orders in bounded steps (批量撤单).
//!
//! A sweep is a deadline that is due at once. The sequencer handles due deadlines before the next
//! command, so to everyone else a sweep is one act, and yet no entry grows without bound.

use minicbor::{Decode, Encode};

use crate::deadline::Due;
use crate::event::Event;
use crate::id::{FundId, PartyId, SegmentId};
use crate::market::Market;
use crate::policy::{ADVANCE_MAX, SWEEP_SLOTS_MAX};
use crate::time::Time;
use crate::trading::cancel_order::OrderClosed;
use crate::trading::order::{Closing, OpenOrder};

/// Whose orders a sweep cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SweepScope {
    /// A party's, perhaps in one fund only, perhaps of one session only.
    #[n(0)]
    Party {
        /// Whose.
        #[n(0)]
        party: PartyId,
        /// In which fund.
        #[n(1)]
        fund: Option<FundId>,
        /// Of which session.
        #[n(2)]
        session: Option<u64>,
    },
    /// Every order in the book of a fund.
    #[n(1)]
    Fund(#[n(0)] FundId),
    /// Every order of a segment.
    #[n(2)]
    Segment(#[n(0)] SegmentId),
    /// Every order.
    #[n(3)]
    Venue,
}

/// A sweep has begun; `OrderClosed` events follow, in this entry and the next ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SweepStarted {
    /// Its number, the next one.
    #[n(0)]
    pub sweep: u64,
    /// Whose orders it cancels.
    #[n(1)]
    pub scope: SweepScope,
    /// The reason that it gives.
    #[n(2)]
    pub reason: Closing,
}

/// A sweep got this far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SweepAdvanced {
    /// Its number.
    #[n(0)]
    pub sweep: u64,
    /// First slot not yet looked at; `None` when it is done.
    #[n(1)]
    pub next_slot: Option<u32>,
}

/// A sweep that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Sweep {
    #[n(0)]
    pub(crate) scope: SweepScope,
    #[n(1)]
    pub(crate) reason: Closing,
    /// First slot not yet looked at.
    #[n(2)]
    pub(crate) next_slot: u32,
    /// When it goes on: at once.
    #[n(3)]
    pub(crate) due: Time,
}

/// Decides one step of a sweep: appends what it closes and how far it got.
pub(crate) fn step(market: &Market, number: u64, events: &mut Vec<Event>) {
    let sweep = market.sweeps.get(&number).expect("a deadline speaks of a sweep that runs");
    let slots = market.orders.books.slots();
    let last = slots.min(sweep.next_slot.saturating_add(SWEEP_SLOTS_MAX));
    let mut closed = 0_usize;
    let mut next = sweep.next_slot;
    // Once all that may be covered were seen, the slots that are left need no look.
    let mut unseen = open_of(market, sweep.scope);
    while next < last && closed < ADVANCE_MAX {
        let order = market.orders.books.at_slot(next);
        next = next.saturating_add(1);
        let found = order.and_then(|order| Some((order, market.orders.get(order)?)));
        let Some((order, record)) = found.filter(|(_, record)| may_cover(sweep.scope, record))
        else {
            continue;
        };
        if covers(market, sweep, record) {
            let (reason, left) = (sweep.reason, record.left());
            events.push(Event::OrderClosed(OrderClosed { order, reason, left }));
            closed = closed.saturating_add(1);
        }
        unseen = unseen.saturating_sub(1);
        if unseen == 0 {
            next = slots;
        }
    }
    let next_slot = (next < slots).then_some(next);
    events.push(Event::SweepAdvanced(SweepAdvanced { sweep: number, next_slot }));
}

/// Open orders of the party or the fund that a sweep is about; of all, where it is about neither.
fn open_of(market: &Market, scope: SweepScope) -> u32 {
    match scope {
        SweepScope::Party { party, .. } => {
            market.party(party).expect("a sweep's party is registered").orders_open
        }
        SweepScope::Fund(fund) => {
            market.fund(fund).expect("a sweep's fund is registered").orders_open
        }
        SweepScope::Segment(_) | SweepScope::Venue => u32::MAX,
    }
}

/// Whether the order is one of those that [`open_of`] counts.
fn may_cover(scope: SweepScope, record: &OpenOrder) -> bool {
    match scope {
        SweepScope::Party { party, .. } => record.party == party,
        SweepScope::Fund(fund) => record.fund == fund,
        SweepScope::Segment(_) | SweepScope::Venue => true,
    }
}

fn covers(market: &Market, sweep: &Sweep, record: &OpenOrder) -> bool {
    match sweep.scope {
        SweepScope::Party { party, fund, session } => {
            record.party == party
                && fund.is_none_or(|fund| record.fund == fund)
                && session.is_none_or(|session| record.session == session)
        }
        SweepScope::Fund(fund) => record.fund == fund,
        SweepScope::Segment(segment) => {
            let fund = market.fund(record.fund).expect("an order's fund is registered");
            fund.details.segment == segment
        }
        SweepScope::Venue => true,
    }
}

/// Applies a [`SweepStarted`]: it is due at once.
pub(crate) fn apply_started(market: &mut Market, fact: &SweepStarted) {
    assert!(fact.sweep == market.sweeps_count, "sweeps are numbered in turn");
    market.sweeps_count = market.sweeps_count.saturating_add(1);
    let due = market.now;
    let sweep = Sweep { scope: fact.scope, reason: fact.reason, next_slot: 0, due };
    market.sweeps.insert(fact.sweep, sweep);
    market.deadlines.set(due, Due::Sweep(fact.sweep));
}

/// Applies a [`SweepAdvanced`].
pub(crate) fn apply_advanced(market: &mut Market, fact: &SweepAdvanced) {
    match fact.next_slot {
        Some(next_slot) => {
            let sweep = market.sweeps.get_mut(&fact.sweep).expect("the sweep runs");
            assert!(sweep.next_slot < next_slot, "a sweep gets on");
            sweep.next_slot = next_slot;
        }
        None => {
            let sweep = market.sweeps.remove(&fact.sweep).expect("the sweep runs");
            market.deadlines.clear(sweep.due, Due::Sweep(fact.sweep));
        }
    }
}
