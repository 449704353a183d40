//! Events as the public stream and a party's own stream tell of them.

use sfund_engine::cash::request_transfer::Direction;
use sfund_engine::cash::settle_transfer::TransferOutcome;
use sfund_engine::event::Event;
use sfund_engine::id::PartyId;
use sfund_engine::registry::fund::Reference;
use sfund_engine::registry::lock_units::LockKind;
use sfund_engine::registry::party::PartyStatus;
use sfund_engine::trading::amend_order::TimePriority;
use sfund_proto::v1;
use v1::stream_market_response::Event as Public;
use v1::stream_my_events_response::Event as Mine;

use crate::read::Read;
use crate::read::views::{Stamp, TradeView};
use crate::wire::board::{Name, intention};
use crate::wire::fields::write_time;
use crate::wire::market;
use crate::wire::trading::{my_trades, terms};
use crate::wire::twins::Twin;

/// What everybody may know of an event. Funds and segments are told as they are now.
#[must_use]
pub fn public(event: &Event, stamp: Stamp, read: &Read) -> Option<Public> {
    let fund_now = |id| read.fund(id).map(|view| Public::Fund(market::fund(&view)));
    let segment_now = |id| read.segment(id).map(|view| Public::Segment(market::segment(&view)));
    match event {
        Event::Traded(fact) => {
            Some(Public::Trade(market::trade(&TradeView { stamp, trade: *fact })))
        }
        Event::TradingStateSet(fact) => Some(Public::TradingState(v1::TradingStateChanged {
            scope: Some(market::scope(fact.scope)),
            state: fact.state.write(),
            reason: fact.reason.clone(),
        })),
        Event::ReferenceSet(fact) => {
            let reference = Reference {
                price: fact.terms.price,
                source: fact.terms.source.clone(),
                valid_until: fact.terms.valid_until,
                set_at: stamp.at,
            };
            Some(Public::Reference(v1::ReferenceChanged {
                fund_id: fact.terms.fund.to_string(),
                reference: Some(market::reference(&reference)),
            }))
        }
        Event::FundRegistered(fact) => fund_now(fact.fund),
        Event::TermExtended(fact) => fund_now(fact.fund),
        Event::UnitsIssued(fact) => fund_now(fact.fund),
        Event::SegmentOpened(fact) => segment_now(fact.segment),
        Event::PackAdopted(fact) => segment_now(fact.segment),
        Event::FeesSet(fact) => segment_now(fact.segment),
        Event::CalendarSet(fact) => {
            Some(Public::Calendar(crate::wire::policy::calendar(&fact.calendar)))
        }
        Event::VenueOpened(_)
        | Event::KeyIssued(_)
        | Event::KeyRevoked(_)
        | Event::Proposed(_)
        | Event::ProposalClosed(_)
        | Event::PartyRegistered(_)
        | Event::Qualified(_)
        | Event::Affiliated(_)
        | Event::PartyStatusSet(_)
        | Event::UnitsLocked(_)
        | Event::UnitsUnlocked(_)
        | Event::TransferRequested(_)
        | Event::TransferSettled(_)
        | Event::OrderPlaced(_)
        | Event::OrderRested(_)
        | Event::OrderClosed(_)
        | Event::OrderAmended(_)
        | Event::OrderDecremented(_)
        | Event::SweepStarted(_)
        | Event::SweepAdvanced(_)
        | Event::IntentionPosted(_)
        | Event::CounterpartySuggested(_)
        | Event::IntentionClosed(_) => None,
    }
}

/// Whose things are, as a stream of one party's events needs to know it: an event of an order, a
/// transfer, a lock or an intention names only that.
pub trait Owners {
    /// Whether the order is the party's.
    fn owns_order(&self, order: sfund_engine::id::OrderId) -> bool;
    /// Whether the transfer is the party's.
    fn owns_transfer(&self, transfer: sfund_engine::id::TransferId) -> bool;
    /// Whether the lock is on the party's units or in its favour.
    fn owns_lock(&self, lock: sfund_engine::id::LockId) -> bool;
    /// Whether the intention is the party's.
    fn owns_intention(&self, intention: sfund_engine::id::IntentionId) -> bool;
}

/// What `party` is told of an event: nothing if it is none of its business, and twice of a trade
/// with itself.
pub fn mine(event: &Event, stamp: Stamp, party: PartyId, owners: &impl Owners) -> Vec<Mine> {
    let mut told = Vec::new();
    match event {
        Event::OrderPlaced(fact) if fact.terms.party == party => {
            told.push(Mine::OrderPlaced(v1::MyOrderPlaced {
                order_id: fact.order.to_string(),
                terms: Some(terms(&fact.terms)),
                hold: fact.hold.to_string(),
                expires: fact.expires.map(write_time),
            }));
        }
        Event::Traded(fact) => {
            let view = TradeView { stamp, trade: *fact };
            told.extend(my_trades(&view, party).map(Mine::Trade));
        }
        Event::OrderRested(fact) if owners.owns_order(fact.order) => {
            told.push(Mine::OrderRested(v1::MyOrderRested {
                order_id: fact.order.to_string(),
                left: fact.left.to_string(),
            }));
        }
        Event::OrderClosed(fact) if owners.owns_order(fact.order) => {
            told.push(Mine::OrderClosed(v1::MyOrderClosed {
                order_id: fact.order.to_string(),
                closing_reason: fact.reason.write(),
                left: fact.left.to_string(),
            }));
        }
        Event::OrderAmended(fact) if owners.owns_order(fact.order) => {
            told.push(Mine::OrderAmended(v1::MyOrderAmended {
                order_id: fact.order.to_string(),
                price: fact.price.to_string(),
                left: fact.left.to_string(),
                hold: fact.hold.to_string(),
                kept_time: fact.time == TimePriority::Kept,
            }));
        }
        Event::OrderDecremented(fact) if owners.owns_order(fact.order) => {
            told.push(Mine::OrderDecremented(v1::MyOrderDecremented {
                order_id: fact.order.to_string(),
                units: fact.units.to_string(),
            }));
        }
        Event::TransferRequested(fact) if fact.terms.party == party => {
            told.push(Mine::TransferRequested(v1::MyTransferRequested {
                transfer_id: fact.transfer.to_string(),
                amount: fact.terms.amount.to_string(),
                currency: fact.terms.currency.to_string(),
                deposit: fact.terms.direction == Direction::Deposit,
            }));
        }
        Event::TransferSettled(fact) if owners.owns_transfer(fact.transfer) => {
            told.push(Mine::TransferSettled(v1::MyTransferSettled {
                transfer_id: fact.transfer.to_string(),
                confirmed: fact.outcome == TransferOutcome::Confirmed,
                bank_reference: fact.bank_reference.clone(),
            }));
        }
        Event::UnitsIssued(fact) if fact.party == party => {
            told.push(Mine::UnitsChanged(v1::MyUnitsChanged {
                change: v1::UnitsChange::Issued.into(),
                fund_id: fact.fund.to_string(),
                units: fact.units.to_string(),
                lock_id: String::new(),
            }));
        }
        Event::UnitsLocked(fact)
            if fact.terms.party == party || fact.terms.pledgee == Some(party) =>
        {
            let change = match fact.terms.kind {
                LockKind::Pledge => v1::UnitsChange::Pledged,
                LockKind::Freeze => v1::UnitsChange::Frozen,
            };
            told.push(Mine::UnitsChanged(v1::MyUnitsChanged {
                change: change.into(),
                fund_id: fact.terms.fund.to_string(),
                units: fact.terms.units.to_string(),
                lock_id: fact.lock.to_string(),
            }));
        }
        Event::UnitsUnlocked(fact) if owners.owns_lock(fact.lock) => {
            told.push(Mine::UnitsChanged(v1::MyUnitsChanged {
                change: v1::UnitsChange::Released.into(),
                fund_id: String::new(),
                units: String::new(),
                lock_id: fact.lock.to_string(),
            }));
        }
        Event::IntentionPosted(fact) if fact.terms.party == party => {
            let posted = intention(fact.intention, &fact.terms, Name::Shown);
            told.push(Mine::IntentionPosted(posted));
        }
        Event::IntentionClosed(fact) if owners.owns_intention(fact.intention) => {
            told.push(Mine::IntentionClosed(v1::MyIntentionClosed {
                intention_id: fact.intention.to_string(),
                end: fact.end.write(),
            }));
        }
        Event::CounterpartySuggested(fact) => {
            for (own, other) in
                [(fact.intention, fact.counterparty), (fact.counterparty, fact.intention)]
            {
                if owners.owns_intention(own) {
                    told.push(Mine::Suggestion(v1::MySuggestion {
                        intention_id: own.to_string(),
                        counterparty_intention_id: other.to_string(),
                    }));
                }
            }
        }
        Event::PartyStatusSet(fact) if fact.party == party => {
            told.push(Mine::StatusChanged(v1::MyStatusChanged {
                suspended: fact.status == PartyStatus::Suspended,
                reason: fact.reason.clone(),
            }));
        }
        Event::Qualified(fact) if fact.party == party => {
            told.push(Mine::Qualified(v1::MyQualified {
                expires: fact.qualification.expires.to_string(),
            }));
        }
        Event::OrderPlaced(_)
        | Event::OrderRested(_)
        | Event::OrderClosed(_)
        | Event::OrderAmended(_)
        | Event::OrderDecremented(_)
        | Event::TransferRequested(_)
        | Event::TransferSettled(_)
        | Event::UnitsIssued(_)
        | Event::UnitsLocked(_)
        | Event::UnitsUnlocked(_)
        | Event::IntentionPosted(_)
        | Event::IntentionClosed(_)
        | Event::PartyStatusSet(_)
        | Event::Qualified(_)
        | Event::VenueOpened(_)
        | Event::SegmentOpened(_)
        | Event::PackAdopted(_)
        | Event::CalendarSet(_)
        | Event::FeesSet(_)
        | Event::KeyIssued(_)
        | Event::KeyRevoked(_)
        | Event::Proposed(_)
        | Event::ProposalClosed(_)
        | Event::PartyRegistered(_)
        | Event::Affiliated(_)
        | Event::FundRegistered(_)
        | Event::TermExtended(_)
        | Event::SweepStarted(_)
        | Event::SweepAdvanced(_)
        | Event::ReferenceSet(_)
        | Event::TradingStateSet(_) => {}
    }
    told
}
