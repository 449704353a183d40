//! Events as the public stream tells of them.

use sfund_engine::event::Event;
use sfund_engine::registry::fund::Reference;
use sfund_engine::trading::set_reference::SetReference;
use sfund_engine::trading::set_trading_state::TradingStateSet;
use sfund_proto::v1;
use v1::stream_market_response::Event as Public;

use crate::read::Read;
use crate::read::views::{Deal, Stamp, TradeView};
use crate::wire::twins::Twin;
use crate::wire::{market, policy};

/// What everybody may know of an event. Funds and segments are told as they are now.
#[must_use]
pub fn public(event: &Event, stamp: Stamp, read: &Read) -> Option<Public> {
    let fund_now = |id| read.fund(id).map(|view| Public::Fund(market::fund(&view)));
    let segment_now = |id| read.segment(id).map(|view| Public::Segment(market::segment(&view)));
    match event {
        Event::Traded(fact) => {
            Some(Public::Trade(market::trade(&TradeView { stamp, deal: Deal::Book(*fact) })))
        }
        Event::CallTraded(fact) => {
            Some(Public::Trade(market::trade(&TradeView { stamp, deal: Deal::Call(*fact) })))
        }
        Event::TradingStateSet(fact) => Some(Public::TradingState(trading_state_changed(fact))),
        Event::ReferenceSet(fact) => Some(Public::Reference(reference_changed(&fact.terms, stamp))),
        Event::FundRegistered(fact) => fund_now(fact.fund),
        Event::TermExtended(fact) => fund_now(fact.fund),
        Event::UnitsIssued(fact) => fund_now(fact.fund),
        Event::SegmentOpened(fact) => segment_now(fact.segment),
        Event::PackAdopted(fact) => segment_now(fact.segment),
        Event::FeesSet(fact) => segment_now(fact.segment),
        Event::CalendarSet(fact) => Some(Public::Calendar(policy::calendar(&fact.calendar))),
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
        | Event::IntentionClosed(_)
        | Event::ListingDrafted(_)
        | Event::ListingSubmitted(_)
        | Event::ListingReviewed(_)
        | Event::AgreementSet(_)
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
        | Event::InterestDeclared(_)
        | Event::BidderQualified(_)
        | Event::DepositPaid(_)
        | Event::BiddingOpened(_)
        | Event::BiddingFailed(_)
        | Event::LotMoved(_)
        | Event::LotAwarded(_)
        | Event::AwardVoided(_)
        | Event::DepositForfeited(_)
        | Event::DepositsReturned(_)
        | Event::ContractSigned(_)
        | Event::DealHandedOver(_)
        | Event::CallScheduled(_)
        | Event::CallOrderPlaced(_)
        | Event::CallOrderClosed(_)
        | Event::CallClosed(_) => None,
    }
}

fn trading_state_changed(fact: &TradingStateSet) -> v1::TradingStateChanged {
    v1::TradingStateChanged {
        scope: Some(market::scope(fact.scope)),
        state: fact.state.write(),
        reason: fact.reason.clone(),
    }
}

fn reference_changed(terms: &SetReference, stamp: Stamp) -> v1::ReferenceChanged {
    let reference = Reference {
        price: terms.price,
        source: terms.source.clone(),
        valid_until: terms.valid_until,
        set_at: stamp.at,
    };
    v1::ReferenceChanged {
        fund_id: terms.fund.to_string(),
        reference: Some(market::reference(&reference)),
    }
}
