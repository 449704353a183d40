//! A fixed value of every event.

use super::biddings::events as biddings;
use super::calls::events as calls;
use super::commands::{
    calendar, fund_details, issue_key, lock_units, open_venue, overlay, pack, party_details,
    place_order, post_intention, qualification, rates, request_transfer, segment_details,
    set_reference,
};
use super::listings::events as listings;
use super::{FUND, LATER, NOW, ORDER, OTHER, PARTY, date};
use crate::amount::{Money, Price, Units};
use crate::cash::request_transfer::TransferRequested;
use crate::cash::settle_transfer::{TransferOutcome, TransferSettled};
use crate::command::Command;
use crate::event::Event;
use crate::id::{IntentionId, LockId, OrderId, ProposalId, SegmentId, TradeId, TransferId};
use crate::registry::affiliate::Affiliated;
use crate::registry::extend_term::TermExtended;
use crate::registry::fund::TradingState;
use crate::registry::issue_units::UnitsIssued;
use crate::registry::lock_units::UnitsLocked;
use crate::registry::party::PartyStatus;
use crate::registry::qualify::Qualified;
use crate::registry::register_fund::FundRegistered;
use crate::registry::register_party::PartyRegistered;
use crate::registry::set_party_status::PartyStatusSet;
use crate::registry::unlock_units::UnitsUnlocked;
use crate::trading::amend_order::{OrderAmended, TimePriority};
use crate::trading::board::{
    CounterpartySuggested, IntentionClosed, IntentionEnd, IntentionPosted,
};
use crate::trading::cancel_order::OrderClosed;
use crate::trading::order::Closing;
use crate::trading::place_order::{OrderDecremented, OrderPlaced, OrderRested, Traded};
use crate::trading::set_reference::ReferenceSet;
use crate::trading::set_trading_state::{TradingScope, TradingStateSet};
use crate::trading::side::Side;
use crate::trading::sweep::{SweepAdvanced, SweepScope, SweepStarted};
use crate::venue::adopt_pack::PackAdopted;
use crate::venue::issue_key::KeyIssued;
use crate::venue::open_segment::SegmentOpened;
use crate::venue::open_venue::VenueOpened;
use crate::venue::propose::{ProposalClosed, ProposalEnd, Proposed};
use crate::venue::revoke_key::KeyRevoked;
use crate::venue::set_calendar::CalendarSet;
use crate::venue::set_fees::FeesSet;

const SEGMENT: SegmentId = SegmentId::new(2);
const PROPOSAL: ProposalId = ProposalId::new(300);

/// One of each kind, and more where an event has several shapes.
pub(super) fn events() -> Vec<Event> {
    [
        venue(),
        registry(),
        holdings(),
        orders(),
        closings(),
        sweeps(),
        market(),
        listings(),
        biddings(),
        calls(),
    ]
    .concat()
}

fn venue() -> Vec<Event> {
    let open = open_venue();
    let ended = |end, by| Event::ProposalClosed(ProposalClosed { proposal: PROPOSAL, end, by });
    vec![
        Event::VenueOpened(Box::new(VenueOpened {
            name: open.name,
            utc_offset_minutes: -480,
            calendar: open.calendar,
        })),
        Event::SegmentOpened(Box::new(SegmentOpened {
            segment: SEGMENT,
            details: segment_details(),
        })),
        Event::PackAdopted(Box::new(PackAdopted {
            segment: SEGMENT,
            pack: pack(),
            overlay: Some(overlay()),
        })),
        Event::CalendarSet(Box::new(CalendarSet { calendar: calendar() })),
        Event::FeesSet(Box::new(FeesSet { segment: SEGMENT, schedule: 300, fees: rates() })),
        Event::KeyIssued(Box::new(KeyIssued { terms: issue_key() })),
        Event::KeyRevoked(Box::new(KeyRevoked { key_hash: [0xCD; 32] })),
        Event::Proposed(Box::new(Proposed {
            proposal: PROPOSAL,
            command: Command::IssueKey(Box::new(issue_key())),
            by: PARTY,
            expires: LATER,
        })),
        ended(ProposalEnd::Approved, Some(OTHER)),
        ended(ProposalEnd::Declined, Some(OTHER)),
        ended(ProposalEnd::Lapsed, None),
    ]
}

fn registry() -> Vec<Event> {
    let party = OTHER;
    vec![
        Event::PartyRegistered(Box::new(PartyRegistered { party, details: party_details() })),
        Event::Qualified(Box::new(Qualified { party, qualification: qualification() })),
        Event::Affiliated(Affiliated { party, group: 70_000 }),
        Event::PartyStatusSet(Box::new(PartyStatusSet {
            party,
            status: PartyStatus::Suspended,
            reason: "监管调查".to_owned(),
        })),
        Event::FundRegistered(Box::new(FundRegistered { fund: FUND, details: fund_details() })),
        Event::TermExtended(TermExtended { fund: FUND, until: date(3_650) }),
    ]
}

fn holdings() -> Vec<Event> {
    let (available_before, locked_before) = (Units::from_e2(5_000), Units::from_e2(600));
    let transfer = TransferId::new(300);
    vec![
        Event::UnitsIssued(Box::new(UnitsIssued {
            fund: FUND,
            party: OTHER,
            units: Units::from_e2(100_000_050),
            before: Units::from_e2(20),
            evidence: "认购协议".to_owned(),
        })),
        Event::UnitsLocked(Box::new(UnitsLocked {
            lock: LockId::new(9),
            terms: lock_units(),
            available_before,
            locked_before,
        })),
        Event::UnitsUnlocked(Box::new(UnitsUnlocked {
            lock: LockId::new(9),
            available_before,
            locked_before,
            evidence: "解除质押".to_owned(),
        })),
        Event::TransferRequested(Box::new(TransferRequested {
            transfer,
            terms: request_transfer(),
        })),
        Event::TransferSettled(Box::new(TransferSettled {
            transfer,
            outcome: TransferOutcome::Refused,
            bank_reference: "BANK-1".to_owned(),
        })),
    ]
}

fn orders() -> Vec<Event> {
    let amended = |time| {
        let (price, left, hold) = (Price::from_e4(12_400), Units::from_e2(80), Money::from_fen(9));
        Event::OrderAmended(OrderAmended { order: ORDER, price, left, hold, time })
    };
    vec![
        Event::OrderPlaced(OrderPlaced {
            order: ORDER,
            terms: place_order(),
            hold: Money::from_fen(123_456),
            schedule: 300,
            expires: Some(LATER),
        }),
        Event::OrderPlaced(OrderPlaced {
            order: ORDER,
            terms: place_order(),
            hold: Money::ZERO,
            schedule: 0,
            expires: None,
        }),
        Event::Traded(Traded {
            trade: TradeId::new(70_000),
            fund: FUND,
            maker: OrderId::new(1),
            taker: ORDER,
            taker_side: Side::Sell,
            price: Price::from_e4(12_300),
            units: Units::from_e2(45_600),
            cash: Money::from_fen(56_088),
            buyer: PARTY,
            seller: OTHER,
            buyer_fee: Money::from_fen(28),
            seller_fee: Money::from_fen(84),
            buyer_before: Units::from_e2(1),
            seller_before: Units::from_e2(50_000),
        }),
        Event::OrderRested(OrderRested { order: ORDER, left: Units::from_e2(300) }),
        amended(TimePriority::Kept),
        amended(TimePriority::Lost),
        Event::OrderDecremented(OrderDecremented { order: ORDER, units: Units::from_e2(400) }),
    ]
}

fn closings() -> Vec<Event> {
    let reasons = [
        Closing::Filled,
        Closing::Cancelled,
        Closing::Expired,
        Closing::NotFilled,
        Closing::SelfTrade,
        Closing::TurnaroundInterval,
        Closing::HolderCap,
        Closing::NotQualified,
        Closing::TooManyFills,
        Closing::MarketClosed,
        Closing::PartySuspended,
        Closing::Disconnected,
    ];
    let left = Units::from_e2(300);
    reasons.map(|reason| Event::OrderClosed(OrderClosed { order: ORDER, reason, left })).to_vec()
}

fn sweeps() -> Vec<Event> {
    let scopes = [
        SweepScope::Party { party: OTHER, fund: Some(FUND), session: Some(42) },
        SweepScope::Fund(FUND),
        SweepScope::Segment(SEGMENT),
        SweepScope::Venue,
    ];
    let started = scopes.map(|scope| {
        let (sweep, reason) = (300, Closing::MarketClosed);
        Event::SweepStarted(SweepStarted { sweep, scope, reason })
    });
    let advanced = [Some(70_000), None].map(|next_slot| {
        let sweep = 300;
        Event::SweepAdvanced(SweepAdvanced { sweep, next_slot })
    });
    started.into_iter().chain(advanced).collect()
}

fn market() -> Vec<Event> {
    let intention = IntentionId::new(70_000);
    let counterparty = IntentionId::new(3);
    let state = |scope, state| {
        let reason = "重大事项".to_owned();
        Event::TradingStateSet(Box::new(TradingStateSet { scope, state, reason }))
    };
    let mut terms = set_reference();
    terms.valid_until = NOW;
    vec![
        Event::ReferenceSet(Box::new(ReferenceSet { terms })),
        state(TradingScope::Fund(FUND), TradingState::Closed),
        state(TradingScope::Segment(SEGMENT), TradingState::Open),
        state(TradingScope::Venue, TradingState::Halted),
        Event::IntentionPosted(IntentionPosted { intention, terms: post_intention() }),
        Event::CounterpartySuggested(CounterpartySuggested { intention, counterparty }),
        Event::IntentionClosed(IntentionClosed { intention, end: IntentionEnd::Withdrawn }),
        Event::IntentionClosed(IntentionClosed { intention, end: IntentionEnd::Expired }),
    ]
}
