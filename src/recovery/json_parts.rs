//! The records of entries as JSON: one line each, all of its fields.

use serde_json::Value;
use sfund_engine::calendar::Calendar;
use sfund_engine::cash::request_transfer::{RequestTransfer, TransferRequested};
use sfund_engine::cash::settle_transfer::{SettleTransfer, TransferSettled};
use sfund_engine::command::Command;
use sfund_engine::entry::Attempt;
use sfund_engine::event::Event;
use sfund_engine::policy::overlay::Overlay;
use sfund_engine::policy::{
    Fees, HolderCaps, Hours, InvestorRules, Limits, Pack, PackVersion, Rates,
};
use sfund_engine::registry::affiliate::{Affiliate, Affiliated};
use sfund_engine::registry::extend_term::{ExtendTerm, TermExtended};
use sfund_engine::registry::fund::FundDetails;
use sfund_engine::registry::issue_units::{IssueUnits, UnitsIssued};
use sfund_engine::registry::lock_units::{LockUnits, UnitsLocked};
use sfund_engine::registry::party::{PartyDetails, Qualification};
use sfund_engine::registry::qualify::{Qualified, Qualify};
use sfund_engine::registry::register_fund::{FundRegistered, RegisterFund};
use sfund_engine::registry::register_party::{PartyRegistered, RegisterParty};
use sfund_engine::registry::set_party_status::{PartyStatusSet, SetPartyStatus};
use sfund_engine::registry::unlock_units::{UnitsUnlocked, UnlockUnits};
use sfund_engine::trading::amend_order::{AmendOrder, OrderAmended};
use sfund_engine::trading::board::{
    CounterpartySuggested, IntentionClosed, IntentionPosted, PostIntention, WithdrawIntention,
};
use sfund_engine::trading::cancel_all::CancelAll;
use sfund_engine::trading::cancel_order::{CancelOrder, OrderClosed};
use sfund_engine::trading::place_order::{
    OrderDecremented, OrderPlaced, OrderRested, PlaceOrder, Traded,
};
use sfund_engine::trading::set_reference::{ReferenceSet, SetReference};
use sfund_engine::trading::set_trading_state::{SetTradingState, TradingStateSet};
use sfund_engine::trading::sweep::{SweepAdvanced, SweepStarted};
use sfund_engine::venue::adopt_pack::{AdoptPack, PackAdopted};
use sfund_engine::venue::issue_key::{IssueKey, KeyIssued};
use sfund_engine::venue::open_segment::{OpenSegment, SegmentOpened};
use sfund_engine::venue::open_venue::{OpenVenue, Staff, VenueOpened};
use sfund_engine::venue::propose::{ProposalClosed, Proposed, Review};
use sfund_engine::venue::revoke_key::{KeyRevoked, RevokeKey};
use sfund_engine::venue::segment::SegmentDetails;
use sfund_engine::venue::set_calendar::{CalendarSet, SetCalendar};
use sfund_engine::venue::set_fees::{FeesSet, SetFees};

use crate::recovery::json::{Json, object, one, records};

records! {
    RequestTransfer { party, direction, currency, amount, reference }
    TransferRequested { transfer, terms }
    SettleTransfer { transfer, outcome, bank_reference }
    TransferSettled { transfer, outcome, bank_reference }
    Affiliate { party, with }
    Affiliated { party, group }
    ExtendTerm { fund, until }
    TermExtended { fund, until }
    FundDetails {
        code, name, manager, legal_form, province, currency, segment, tick, lot,
        minimum_ticket, holder_cap, term_ends
    }
    IssueUnits { fund, party, units, evidence }
    UnitsIssued { fund, party, units, before, evidence }
    LockUnits { party, fund, units, kind, pledgee, evidence }
    UnitsLocked { lock, terms, available_before, locked_before }
    PartyDetails { code, name, role, form, look_through, tier, member }
    Qualification { evidence, certifier, expires, net_assets, financial_assets, income }
    Qualify { party, qualification }
    Qualified { party, qualification }
    RegisterFund { details }
    FundRegistered { fund, details }
    RegisterParty { details }
    PartyRegistered { party, details }
    SetPartyStatus { party, status, reason }
    PartyStatusSet { party, status, reason }
    UnlockUnits { lock, evidence }
    UnitsUnlocked { lock, available_before, locked_before, evidence }
    AmendOrder { order, price, units }
    OrderAmended { order, price, left, hold, time }
    PostIntention { party, fund, side, price, units, expires }
    WithdrawIntention { intention }
    IntentionPosted { intention, terms }
    CounterpartySuggested { intention, counterparty }
    IntentionClosed { intention, end }
    CancelAll { party, fund, session }
    CancelOrder { order }
    OrderClosed { order, reason, left }
    PlaceOrder {
        party, fund, side, price, units, peak, minimum, time_in_force, post_only,
        self_trade, session
    }
    OrderPlaced { order, terms, hold, schedule, expires }
    OrderRested { order, left }
    Traded {
        trade, fund, maker, taker, taker_side, price, units, cash, buyer, seller, buyer_fee,
        seller_fee, buyer_before, seller_before
    }
    OrderDecremented { order, units }
    SetReference { fund, price, source, valid_until }
    ReferenceSet { terms }
    SetTradingState { scope, state, reason }
    TradingStateSet { scope, state, reason }
    SweepStarted { sweep, scope, reason }
    SweepAdvanced { sweep, next_slot }
    AdoptPack { segment, pack, overlay }
    PackAdopted { segment, pack, overlay }
    Overlay { code, version, valid_from, jurisdiction, rules }
    IssueKey { party, key_hash, scope, expires }
    KeyIssued { terms }
    OpenSegment { details }
    SegmentOpened { segment, details }
    OpenVenue { name, utc_offset_minutes, calendar, segments, staff }
    Staff { code, name, role, key_hash, key_expires }
    VenueOpened { name, utc_offset_minutes, calendar }
    Review { proposal, verdict }
    Proposed { proposal, command, by, expires }
    ProposalClosed { proposal, end, by }
    RevokeKey { key_hash }
    KeyRevoked { key_hash }
    SegmentDetails { code, name, pack, fees, overlay }
    SetCalendar { calendar }
    CalendarSet { calendar }
    SetFees { segment, fees }
    FeesSet { segment, schedule, fees }
    Pack {
        code, version, valid_from, jurisdiction, continuous, call_auction,
        turnaround_trading_days, holder_caps, investors, province, price_band,
        trading_hours, limits, listing, matching
    }
    PackVersion { code, version }
    HolderCaps { partnership, limited_liability, joint_stock, contract }
    InvestorRules {
        investment_min, entity_net_assets_min, entity_financial_assets_min,
        person_financial_assets_min, person_income_min, natural_persons
    }
    Hours { opens_minute, closes_minute }
    Limits {
        fills_max, orders_per_party_max, tranches_max, order_days_max, intention_days_max,
        intentions_per_party_max
    }
    Fees { tiers }
    Rates { maker_buy, maker_sell, taker_buy, taker_sell }
    Calendar { version, from, until, holidays, makeup_days }
    Attempt { id, fingerprint }
}

macro_rules! choices {
    ($type:ident: $($name:ident)*; $($bare:ident)*) => {
        impl Json for $type {
            fn json(&self) -> Value {
                match self {
                    $(Self::$name(said) => one(stringify!($name), said.json()),)*
                    $(Self::$bare => one(stringify!($bare), object([])),)*
                }
            }
        }
    };
}

choices! { Command:
    OpenVenue
    OpenSegment
    AdoptPack
    SetCalendar
    SetFees
    IssueKey
    RevokeKey
    Review
    RegisterParty
    Qualify
    Affiliate
    SetPartyStatus
    RegisterFund
    ExtendTerm
    IssueUnits
    LockUnits
    UnlockUnits
    RequestTransfer
    SettleTransfer
    PlaceOrder
    AmendOrder
    CancelOrder
    CancelAll
    SetReference
    SetTradingState
    PostIntention
    WithdrawIntention
    DraftListing
    SubmitListing
    ReviewListing
    SetAgreement
    NotifyPartners
    AnswerFirstRefusal
    AnswerConsent
    RecordApproval
    AnnounceListing
    SuspendListing
    ResumeListing
    ExtendListing
    RepriceListing
    ChangeListing
    WithdrawListing
    RevokeListing
    AcceptConfidentiality
    LookAtDocument
    DeclareInterest
    QualifyBidder
    PayDeposit
    OpenBidding
    PlaceBid
    MatchPrice
    CommitBid
    RevealBid
    ScoreBid
    ChooseQuote
    MakeOffer
    AnswerOffer
    SignContract
    ScheduleCall
    CancelCall
    PlaceCallOrder
    CancelCallOrder
    ; Advance
}

choices! { Event:
    VenueOpened
    SegmentOpened
    PackAdopted
    CalendarSet
    FeesSet
    KeyIssued
    KeyRevoked
    Proposed
    ProposalClosed
    PartyRegistered
    Qualified
    Affiliated
    PartyStatusSet
    FundRegistered
    TermExtended
    UnitsIssued
    UnitsLocked
    UnitsUnlocked
    TransferRequested
    TransferSettled
    OrderPlaced
    Traded
    OrderRested
    OrderClosed
    OrderAmended
    OrderDecremented
    SweepStarted
    SweepAdvanced
    ReferenceSet
    TradingStateSet
    IntentionPosted
    CounterpartySuggested
    IntentionClosed
    ListingDrafted
    ListingSubmitted
    ListingReviewed
    AgreementSet
    PartnersNotified
    FirstRefusalAnswered
    GateClosed
    ListingAnnounced
    ListingSuspended
    ListingResumed
    ListingExtended
    ListingRepriced
    ListingChanged
    ListingClosed
    ListingEnded
    ConfidentialityAccepted
    DocumentLookedAt
    InterestDeclared
    BidderQualified
    DepositPaid
    BiddingOpened
    BiddingFailed
    LotMoved
    LotAwarded
    AwardVoided
    DepositForfeited
    DepositsReturned
    ContractSigned
    DealHandedOver
    CallScheduled
    CallOrderPlaced
    CallOrderClosed
    CallClosed
    CallTraded
    ;
}
