//! A fixed value of every command.

use super::biddings::commands as biddings;
use super::calls::commands as calls;
use super::listings::commands as listings;
use super::{FUND, LATER, ORDER, OTHER, PARTY, date};
use crate::amount::{Money, Ppm, Price, Units};
use crate::calendar::Calendar;
use crate::cash::request_transfer::{Direction, RequestTransfer};
use crate::cash::settle_transfer::{SettleTransfer, TransferOutcome};
use crate::command::Command;
use crate::id::{IntentionId, LockId, ProposalId, SegmentId, TransferId};
use crate::policy::overlay::Overlay;
use crate::policy::parameter::Rules;
use crate::policy::{Fees, HolderCaps, Hours, InvestorRules, Limits, Pack, Permission, Rates};
use crate::registry::affiliate::Affiliate;
use crate::registry::extend_term::ExtendTerm;
use crate::registry::fund::{Currency, FundDetails, LegalForm, TradingState};
use crate::registry::issue_units::IssueUnits;
use crate::registry::lock_units::{LockKind, LockUnits};
use crate::registry::party::{PartyDetails, PartyForm, PartyStatus, Qualification, Role};
use crate::registry::qualify::Qualify;
use crate::registry::register_fund::RegisterFund;
use crate::registry::register_party::RegisterParty;
use crate::registry::set_party_status::SetPartyStatus;
use crate::registry::unlock_units::UnlockUnits;
use crate::trading::amend_order::AmendOrder;
use crate::trading::board::{PostIntention, WithdrawIntention};
use crate::trading::cancel_all::CancelAll;
use crate::trading::cancel_order::CancelOrder;
use crate::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use crate::trading::place_order::PlaceOrder;
use crate::trading::set_reference::SetReference;
use crate::trading::set_trading_state::{SetTradingState, TradingScope};
use crate::trading::side::Side;
use crate::venue::adopt_pack::AdoptPack;
use crate::venue::issue_key::{IssueKey, KeyScope};
use crate::venue::open_segment::OpenSegment;
use crate::venue::open_venue::{OpenVenue, Staff};
use crate::venue::propose::{Review, Verdict};
use crate::venue::revoke_key::RevokeKey;
use crate::venue::segment::SegmentDetails;
use crate::venue::set_calendar::SetCalendar;
use crate::venue::set_fees::SetFees;

/// One of each kind, and more where a command has several shapes.
pub(super) fn commands() -> Vec<Command> {
    [
        venue(),
        registry(),
        holdings(),
        orders(),
        market(),
        listings(),
        biddings(),
        calls(),
        vec![Command::Advance],
    ]
    .concat()
}

fn venue() -> Vec<Command> {
    let (segment, proposal) = (SegmentId::new(2), ProposalId::new(300));
    vec![
        Command::OpenVenue(Box::new(open_venue())),
        Command::OpenSegment(Box::new(OpenSegment { details: segment_details() })),
        Command::AdoptPack(Box::new(AdoptPack { segment, pack: bare_pack(), overlay: None })),
        Command::SetCalendar(Box::new(SetCalendar { calendar: calendar() })),
        Command::SetFees(Box::new(SetFees { segment, fees: rates() })),
        Command::IssueKey(Box::new(issue_key())),
        Command::RevokeKey(Box::new(RevokeKey { key_hash: [0xCD; 32] })),
        Command::Review(Review { proposal, verdict: Verdict::Approve }),
        Command::Review(Review { proposal, verdict: Verdict::Decline }),
    ]
}

fn registry() -> Vec<Command> {
    let reason = || "监管调查".to_owned();
    let set_status = |status| {
        let ask = SetPartyStatus { party: OTHER, status, reason: reason() };
        Command::SetPartyStatus(Box::new(ask))
    };
    vec![
        Command::RegisterParty(Box::new(RegisterParty { details: party_details() })),
        Command::Qualify(Box::new(Qualify { party: OTHER, qualification: qualification() })),
        Command::Affiliate(Affiliate { party: OTHER, with: Some(PARTY) }),
        Command::Affiliate(Affiliate { party: OTHER, with: None }),
        set_status(PartyStatus::Suspended),
        set_status(PartyStatus::Active),
        Command::RegisterFund(Box::new(RegisterFund { details: fund_details() })),
        Command::ExtendTerm(ExtendTerm { fund: FUND, until: date(3_650) }),
    ]
}

fn holdings() -> Vec<Command> {
    let (units, evidence) = (Units::from_e2(100_000_050), "认购协议".to_owned());
    let freeze = LockUnits { kind: LockKind::Freeze, pledgee: None, ..lock_units() };
    let issue = IssueUnits { fund: FUND, party: OTHER, units, evidence: evidence.clone() };
    let (transfer, bank_reference) = (TransferId::new(300), "BANK-1".to_owned());
    let settle = |outcome| {
        let bank_reference = bank_reference.clone();
        Command::SettleTransfer(Box::new(SettleTransfer { transfer, outcome, bank_reference }))
    };
    let withdraw = RequestTransfer { direction: Direction::Withdrawal, ..request_transfer() };
    vec![
        Command::IssueUnits(Box::new(issue)),
        Command::LockUnits(Box::new(lock_units())),
        Command::LockUnits(Box::new(freeze)),
        Command::UnlockUnits(Box::new(UnlockUnits { lock: LockId::new(9), evidence })),
        Command::RequestTransfer(Box::new(request_transfer())),
        Command::RequestTransfer(Box::new(withdraw)),
        settle(TransferOutcome::Confirmed),
        settle(TransferOutcome::Refused),
    ]
}

fn orders() -> Vec<Command> {
    let plain = place_order();
    let shapes = [
        (TimeInForce::Day, SelfTrade::CancelNewest),
        (TimeInForce::GoodTill(LATER), SelfTrade::CancelOldest),
        (TimeInForce::ImmediateOrCancel, SelfTrade::CancelBoth),
        (TimeInForce::FillOrKill, SelfTrade::Decrement),
    ];
    let shapes = shapes.map(|(time_in_force, self_trade)| {
        Command::PlaceOrder(PlaceOrder {
            side: Side::Sell,
            price: OrderPrice::Market(Price::from_e4(10_000)),
            post_only: PostOnly::No,
            time_in_force,
            self_trade,
            ..plain
        })
    });
    let (price, units) = (Price::from_e4(12_400), Units::from_e2(70_000));
    let fund = Some(FUND);
    let mut orders = vec![Command::PlaceOrder(plain)];
    orders.extend(shapes);
    orders.extend([
        Command::AmendOrder(AmendOrder { order: ORDER, price: Some(price), units: Some(units) }),
        Command::AmendOrder(AmendOrder { order: ORDER, price: None, units: Some(units) }),
        Command::CancelOrder(CancelOrder { order: ORDER }),
        Command::CancelAll(CancelAll { party: OTHER, fund, session: Some(42) }),
        Command::CancelAll(CancelAll { party: OTHER, fund: None, session: None }),
    ]);
    orders
}

fn market() -> Vec<Command> {
    let state = |scope, state| {
        let ask = SetTradingState { scope, state, reason: "重大事项".to_owned() };
        Command::SetTradingState(Box::new(ask))
    };
    let intention = IntentionId::new(70_000);
    vec![
        Command::SetReference(Box::new(set_reference())),
        state(TradingScope::Fund(FUND), TradingState::Halted),
        state(TradingScope::Segment(SegmentId::new(2)), TradingState::Closed),
        state(TradingScope::Venue, TradingState::Open),
        Command::PostIntention(post_intention()),
        Command::WithdrawIntention(WithdrawIntention { intention }),
    ]
}

pub(super) fn open_venue() -> OpenVenue {
    OpenVenue {
        name: "苏州股权交易中心".to_owned(),
        utc_offset_minutes: 480,
        calendar: calendar(),
        segments: vec![segment_details()],
        staff: vec![Staff {
            code: "OP-1".to_owned(),
            name: "运营一".to_owned(),
            role: Role::Operator,
            key_hash: [0xAB; 32],
            key_expires: LATER,
        }],
    }
}

pub(super) fn calendar() -> Calendar {
    Calendar {
        version: 2,
        from: date(0),
        until: date(730),
        holidays: [date(10), date(11)].into(),
        makeup_days: [date(16)].into(),
    }
}

pub(super) fn segment_details() -> SegmentDetails {
    let (code, name) = ("MAIN".to_owned(), "主板".to_owned());
    SegmentDetails { code, name, pack: pack(), fees: rates(), overlay: Some(overlay()) }
}

/// A pack that says all it can.
pub(super) fn pack() -> Pack {
    Pack {
        code: "cn-regional".to_owned(),
        version: 3,
        valid_from: date(1),
        jurisdiction: "CN-JS".to_owned(),
        continuous: Permission::Allowed,
        call_auction: Permission::Forbidden,
        turnaround_trading_days: 5,
        holder_caps: HolderCaps {
            partnership: 50,
            limited_liability: 51,
            joint_stock: 200,
            contract: 201,
        },
        investors: InvestorRules {
            investment_min: Money::from_fen(1),
            entity_net_assets_min: Money::from_fen(2),
            entity_financial_assets_min: Money::from_fen(3),
            person_financial_assets_min: Money::from_fen(4),
            person_income_min: Money::from_fen(500_000_000_000),
            natural_persons: Permission::Forbidden,
        },
        province: Some("JS".to_owned()),
        price_band: Some(Ppm::new(300_000)),
        trading_hours: Some(Hours { opens_minute: 540, closes_minute: 900 }),
        limits: Limits {
            fills_max: 100,
            orders_per_party_max: 1_000,
            tranches_max: 101,
            order_days_max: 90,
            intention_days_max: 91,
            intentions_per_party_max: 20,
        },
        listing: Some(widest()),
        matching: Some(widest()),
    }
}

/// Rules whose every number is the largest that it may be.
fn widest<R: Rules>() -> R {
    R::fill(&mut |parameter| Some(parameter.form.bounds().1)).expect("a value of its range")
}

/// An overlay.
pub(super) fn overlay() -> Overlay {
    Overlay {
        code: "soe".to_owned(),
        version: 2,
        valid_from: date(2),
        jurisdiction: "CN".to_owned(),
        rules: widest(),
    }
}

/// A pack of the time before there were listings: its bytes are as they were then.
fn bare_pack() -> Pack {
    let (province, price_band, trading_hours) = (None, None, None);
    Pack { province, price_band, trading_hours, listing: None, matching: None, ..pack() }
}

pub(super) fn rates() -> Fees {
    let rates = Rates {
        maker_buy: Ppm::new(1),
        maker_sell: Ppm::new(200),
        taker_buy: Ppm::new(3_000),
        taker_sell: Ppm::new(100_000),
    };
    Fees { tiers: vec![rates, Rates::default()] }
}

pub(super) fn issue_key() -> IssueKey {
    let (key_hash, scope) = ([0xCD; 32], KeyScope::ReadOnly);
    IssueKey { party: OTHER, key_hash, scope, expires: LATER }
}

pub(super) fn party_details() -> PartyDetails {
    PartyDetails {
        code: "LP-001".to_owned(),
        name: "苏州第一投资".to_owned(),
        role: Role::SFund,
        form: PartyForm::Product,
        look_through: 12,
        tier: 3,
        member: Some(PARTY),
    }
}

pub(super) fn qualification() -> Qualification {
    Qualification {
        evidence: [0xEF; 32],
        certifier: "律师事务所".to_owned(),
        expires: date(365),
        net_assets: Money::from_fen(11),
        financial_assets: Money::from_fen(22),
        income: Money::from_fen(33),
    }
}

pub(super) fn fund_details() -> FundDetails {
    FundDetails {
        code: "SZ-001".to_owned(),
        name: "苏州创新一号基金".to_owned(),
        manager: PARTY,
        legal_form: LegalForm::Contract,
        province: "JS".to_owned(),
        currency: Currency::CNY,
        segment: SegmentId::new(2),
        tick: Price::from_e4(10),
        lot: Units::from_e2(100_000),
        minimum_ticket: Units::from_e2(1_000_000),
        holder_cap: Some(49),
        term_ends: date(2_000),
    }
}

pub(super) fn lock_units() -> LockUnits {
    LockUnits {
        party: OTHER,
        fund: FUND,
        units: Units::from_e2(12_300),
        kind: LockKind::Pledge,
        pledgee: Some(PARTY),
        evidence: "质押合同".to_owned(),
    }
}

pub(super) fn request_transfer() -> RequestTransfer {
    RequestTransfer {
        party: OTHER,
        direction: Direction::Deposit,
        currency: Currency::CNY,
        amount: Money::from_fen(123_456_789),
        reference: "REF-1".to_owned(),
    }
}

pub(super) fn place_order() -> PlaceOrder {
    PlaceOrder {
        party: OTHER,
        fund: FUND,
        side: Side::Buy,
        price: OrderPrice::Limit(Price::from_e4(12_300)),
        units: Units::from_e2(90_000),
        peak: Units::from_e2(8_000),
        minimum: Units::from_e2(700),
        time_in_force: TimeInForce::GoodTillCancelled,
        post_only: PostOnly::Yes,
        self_trade: SelfTrade::CancelNewest,
        session: 42,
    }
}

pub(super) fn set_reference() -> SetReference {
    let source = "估值报告".to_owned();
    SetReference { fund: FUND, price: Price::from_e4(12_340), source, valid_until: LATER }
}

pub(super) fn post_intention() -> PostIntention {
    PostIntention {
        party: OTHER,
        fund: FUND,
        side: Side::Sell,
        price: Price::from_e4(12_350),
        units: Units::from_e2(100_000),
        expires: LATER,
    }
}
