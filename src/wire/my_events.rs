//! Events as a party's own stream tells of them.

use sfund_engine::cash::request_transfer::{Direction, TransferRequested};
use sfund_engine::cash::settle_transfer::{TransferOutcome, TransferSettled};
use sfund_engine::event::Event;
use sfund_engine::id::{IntentionId, ListingId, LockId, OrderId, PartyId, TransferId};
use sfund_engine::registry::issue_units::UnitsIssued;
use sfund_engine::registry::lock_units::{LockKind, UnitsLocked};
use sfund_engine::registry::party::PartyStatus;
use sfund_engine::registry::set_party_status::PartyStatusSet;
use sfund_engine::registry::unlock_units::UnitsUnlocked;
use sfund_engine::trading::amend_order::{OrderAmended, TimePriority};
use sfund_engine::trading::board::{CounterpartySuggested, IntentionClosed};
use sfund_engine::trading::cancel_order::OrderClosed;
use sfund_engine::trading::place_order::{OrderDecremented, OrderPlaced, OrderRested};
use sfund_proto::v1;
use v1::stream_my_events_response::Event as Mine;

use crate::read::Read;
use crate::read::listings::{Audience, happening};
use crate::read::views::{Deal, Stamp, TradeView};
use crate::wire::board::{Name, intention};
use crate::wire::fields::write_time;
use crate::wire::listing_views::happened;
use crate::wire::my_lots;
use crate::wire::trading::{my_trades, terms};
use crate::wire::twins::Twin;

/// Whose things are: an event of an order, a transfer, a lock or an intention names only that.
pub trait Owners {
    /// Whether the order is the party's.
    fn owns_order(&self, order: OrderId) -> bool;
    /// Whether the transfer is the party's.
    fn owns_transfer(&self, transfer: TransferId) -> bool;
    /// Whether the lock is on the party's units or in its favour.
    fn owns_lock(&self, lock: LockId) -> bool;
    /// Whether the intention is the party's.
    fn owns_intention(&self, intention: IntentionId) -> bool;
    /// What the party may know of a listing, if anything.
    fn hears_of_listing(&self, listing: ListingId) -> Option<Audience>;
    /// The read models: whose a code is, and what a bid or an offer says.
    fn read(&self) -> &Read;
}

/// What `party` is told of an event: nothing if it is none of its business, and of a trade with
/// itself both sides.
pub fn mine(event: &Event, stamp: Stamp, party: PartyId, owners: &impl Owners) -> Vec<Mine> {
    let order = |order: OrderId| owners.owns_order(order);
    match event {
        Event::Traded(fact) => my_trades(&TradeView { stamp, deal: Deal::Book(*fact) }, party)
            .map(Mine::Trade)
            .collect(),
        Event::CallTraded(fact) => {
            let view = TradeView { stamp, deal: Deal::Call(*fact) };
            my_trades(&view, party).map(Mine::Trade).collect()
        }
        Event::CounterpartySuggested(fact) => suggestions(fact, owners),
        Event::OrderPlaced(fact) => own(fact.terms.party == party, || order_placed(fact)),
        Event::OrderRested(fact) => own(order(fact.order), || order_rested(fact)),
        Event::OrderClosed(fact) => own(order(fact.order), || order_closed(fact)),
        Event::OrderAmended(fact) => own(order(fact.order), || order_amended(fact)),
        Event::OrderDecremented(fact) => own(order(fact.order), || order_decremented(fact)),
        Event::TransferRequested(fact) => own(fact.terms.party == party, || requested(fact)),
        Event::TransferSettled(fact) => own(owners.owns_transfer(fact.transfer), || settled(fact)),
        Event::UnitsIssued(fact) => own(fact.party == party, || issued(fact)),
        Event::UnitsLocked(fact) => own(owners.owns_lock(fact.lock), || locked(fact)),
        Event::UnitsUnlocked(fact) => own(owners.owns_lock(fact.lock), || unlocked(fact)),
        Event::IntentionPosted(fact) => own(fact.terms.party == party, || {
            Mine::IntentionPosted(intention(fact.intention, &fact.terms, Name::Shown))
        }),
        Event::IntentionClosed(fact) => {
            own(owners.owns_intention(fact.intention), || intention_closed(fact))
        }
        Event::PartyStatusSet(fact) => own(fact.party == party, || status_set(fact)),
        Event::Qualified(fact) => own(fact.party == party, || {
            let expires = fact.qualification.expires.to_string();
            Mine::Qualified(v1::MyQualified { expires })
        }),
        Event::VenueOpened(_)
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
        | Event::TradingStateSet(_)
        | Event::AgreementSet(_)
        | Event::CallScheduled(_)
        | Event::CallOrderPlaced(_)
        | Event::CallOrderClosed(_)
        | Event::CallClosed(_) => Vec::new(),
        Event::ListingDrafted(_)
        | Event::ListingSubmitted(_)
        | Event::ListingReviewed(_)
        | Event::PartnersNotified(_)
        | Event::FirstRefusalAnswered(_)
        | Event::GateClosed(_)
        | Event::ListingAnnounced(_)
        | Event::ListingSuspended(_)
        | Event::ListingResumed(_)
        | Event::ListingExtended(_)
        | Event::ListingRepriced(_)
        | Event::ListingChanged(_)
        | Event::ListingClosed(_)
        | Event::ListingEnded(_)
        | Event::ConfidentialityAccepted(_)
        | Event::DocumentLookedAt(_)
        | Event::BiddingOpened(_)
        | Event::BiddingFailed(_)
        | Event::LotAwarded(_)
        | Event::AwardVoided(_)
        | Event::DealHandedOver(_)
        | Event::InterestDeclared(_)
        | Event::BidderQualified(_)
        | Event::DepositPaid(_)
        | Event::DepositForfeited(_)
        | Event::DepositsReturned(_)
        | Event::ContractSigned(_) => of_listing(event, stamp, party, owners),
        Event::LotMoved(fact) => {
            my_lots::moved(fact, stamp, party, owners).map(Mine::Listing).into_iter().collect()
        }
    }
}

fn own(is_own: bool, tell: impl FnOnce() -> Mine) -> Vec<Mine> {
    if is_own { vec![tell()] } else { Vec::new() }
}

/// Of a listing its owner is told everything but who bids, who accepted the confidentiality terms
/// or would bid what is public, and who did something itself that.
fn of_listing(event: &Event, stamp: Stamp, party: PartyId, owners: &impl Owners) -> Vec<Mine> {
    let Some((listing, what)) = happening(event) else { return Vec::new() };
    let code = || owners.read().claim(listing, party)?.code;
    let is_own = what.party == Some(party) || (what.code.is_some() && what.code == code());
    let hears = owners.hears_of_listing(listing);
    let is_told = is_own
        || match what.audience() {
            Audience::Public => hears.is_some(),
            Audience::Record | Audience::Bidder => hears == Some(Audience::Record),
        };
    // Who won is no secret to the seller.
    let is_named = is_own
        || match what.audience() {
            Audience::Public | Audience::Record => true,
            Audience::Bidder => matches!(event, Event::ContractSigned(_)),
        };
    let what = if is_named { what } else { what.nameless() };
    own(is_told, || Mine::Listing(happened(listing, stamp, &what)))
}

fn suggestions(fact: &CounterpartySuggested, owners: &impl Owners) -> Vec<Mine> {
    let pairs =
        [(fact.intention, fact.counterparty), (fact.counterparty, fact.intention)].into_iter();
    let told = |(own, other): (IntentionId, IntentionId)| {
        Mine::Suggestion(v1::MySuggestion {
            intention_id: own.to_string(),
            counterparty_intention_id: other.to_string(),
        })
    };
    pairs.filter(|(own, _)| owners.owns_intention(*own)).map(told).collect()
}

fn order_placed(fact: &OrderPlaced) -> Mine {
    Mine::OrderPlaced(v1::MyOrderPlaced {
        order_id: fact.order.to_string(),
        terms: Some(terms(&fact.terms)),
        hold: fact.hold.to_string(),
        expires: fact.expires.map(write_time),
    })
}

fn order_rested(fact: &OrderRested) -> Mine {
    Mine::OrderRested(v1::MyOrderRested {
        order_id: fact.order.to_string(),
        left: fact.left.to_string(),
    })
}

fn order_closed(fact: &OrderClosed) -> Mine {
    Mine::OrderClosed(v1::MyOrderClosed {
        order_id: fact.order.to_string(),
        closing_reason: fact.reason.write(),
        left: fact.left.to_string(),
    })
}

fn order_amended(fact: &OrderAmended) -> Mine {
    Mine::OrderAmended(v1::MyOrderAmended {
        order_id: fact.order.to_string(),
        price: fact.price.to_string(),
        left: fact.left.to_string(),
        hold: fact.hold.to_string(),
        kept_time: fact.time == TimePriority::Kept,
    })
}

fn order_decremented(fact: &OrderDecremented) -> Mine {
    Mine::OrderDecremented(v1::MyOrderDecremented {
        order_id: fact.order.to_string(),
        units: fact.units.to_string(),
    })
}

fn requested(fact: &TransferRequested) -> Mine {
    Mine::TransferRequested(v1::MyTransferRequested {
        transfer_id: fact.transfer.to_string(),
        amount: fact.terms.amount.to_string(),
        currency: fact.terms.currency.to_string(),
        deposit: fact.terms.direction == Direction::Deposit,
    })
}

fn settled(fact: &TransferSettled) -> Mine {
    Mine::TransferSettled(v1::MyTransferSettled {
        transfer_id: fact.transfer.to_string(),
        confirmed: fact.outcome == TransferOutcome::Confirmed,
        bank_reference: fact.bank_reference.clone(),
    })
}

fn issued(fact: &UnitsIssued) -> Mine {
    Mine::UnitsChanged(v1::MyUnitsChanged {
        change: v1::UnitsChange::Issued.into(),
        fund_id: fact.fund.to_string(),
        units: fact.units.to_string(),
        lock_id: String::new(),
    })
}

fn locked(fact: &UnitsLocked) -> Mine {
    let change = match fact.terms.kind {
        LockKind::Pledge => v1::UnitsChange::Pledged,
        LockKind::Freeze => v1::UnitsChange::Frozen,
    };
    Mine::UnitsChanged(v1::MyUnitsChanged {
        change: change.into(),
        fund_id: fact.terms.fund.to_string(),
        units: fact.terms.units.to_string(),
        lock_id: fact.lock.to_string(),
    })
}

fn unlocked(fact: &UnitsUnlocked) -> Mine {
    Mine::UnitsChanged(v1::MyUnitsChanged {
        change: v1::UnitsChange::Released.into(),
        fund_id: String::new(),
        units: String::new(),
        lock_id: fact.lock.to_string(),
    })
}

fn intention_closed(fact: &IntentionClosed) -> Mine {
    Mine::IntentionClosed(v1::MyIntentionClosed {
        intention_id: fact.intention.to_string(),
        end: fact.end.write(),
    })
}

fn status_set(fact: &PartyStatusSet) -> Mine {
    Mine::StatusChanged(v1::MyStatusChanged {
        suspended: fact.status == PartyStatus::Suspended,
        reason: fact.reason.clone(),
    })
}
