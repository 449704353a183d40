//! Refusals of the registry and of the venue's own rules.

use super::access::a_supervisor_approves_itself;
use super::{NOBODY, Scenario, order, refuse_operator, under};
use crate::amount::{Price, Units};
use crate::calendar::Calendar;
use crate::command::Command;
use crate::entry::Caller;
use crate::fixture::{
    ALICE, CAROL, FUND, LENDER, LICENSED, MANAGER, OFFSET, calendar, date, details, fund, licensed,
    open_venue, opened, opening, party, refuse, refuse_at, regional_fund, today, trading, units,
    with_parties,
};
use crate::id::{FundId, PartyId};
use crate::market::Market;
use crate::policy::choice::Ownership;
use crate::policy::{EXTENSIONS_MAX, Pack};
use crate::registry::extend_term::ExtendTerm;
use crate::registry::fund::FundDetails;
use crate::registry::issue_units::IssueUnits;
use crate::registry::lock_units::{LockKind, LockUnits};
use crate::registry::party::{PartyDetails, PartyStatus, Role};
use crate::registry::register_fund::RegisterFund;
use crate::registry::register_party::RegisterParty;
use crate::registry::set_party_status::SetPartyStatus;
use crate::reject::Reject;
use crate::time::Time;
use crate::trading::order::TimeInForce;
use crate::trading::side::Side;
use crate::venue::adopt_pack::AdoptPack;
use crate::venue::issue_key::{IssueKey, KeyScope};
use crate::venue::open_venue::OpenVenue;
use crate::venue::set_calendar::SetCalendar;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("CODE_TAKEN", || refuse_operator(&mut with_parties(), register(details("ALICE", Role::Lp)))),
    ("KEY_EXISTS", || refuse_operator(&mut with_parties(), key(3, opening().plus_seconds(3_600)))),
    ("WRONG_ROLE", || refuse_operator(&mut trading(), issue(FUND, LENDER))),
    ("SAME_PERSON", a_supervisor_approves_itself),
    ("STAFF_INCOMPLETE", || {
        let mut ask = open_venue();
        ask.staff.retain(|staff| staff.role != Role::SettlementBank);
        refuse_opening(ask)
    }),
    ("REGISTRY_FULL", || {
        let mut market = trading();
        market.fund_mut(FUND).extensions = vec![today(); EXTENSIONS_MAX];
        refuse_operator(&mut market, extend("2040-01-01"))
    }),
    ("OUTSIDE_CALENDAR", || {
        let beyond = date("2028-01-01").at_minute(600, OFFSET);
        let mut ask = order(ALICE, Side::Sell, 100, 1);
        ask.time_in_force = TimeInForce::Day;
        refuse_at(&mut trading(), beyond, party(ALICE), Command::PlaceOrder(ask))
    }),
    ("CALENDAR_NOT_NEXT", || refuse_operator(&mut opened(), set_calendar(3))),
    ("PACK_NOT_NEWER", || refuse_operator(&mut opened(), adopt(1, "2026-01-01"))),
    ("PACK_NOT_YET_VALID", || refuse_operator(&mut opened(), adopt(2, "2026-11-25"))),
    ("TICK_NOT_WHOLE_FEN", || {
        refuse_fund(FundDetails { tick: Price::from_e4(1), ..another_fund() })
    }),
    ("PROVINCE_NOT_ADMITTED", || {
        let (code, province) = ("SZ-003".to_owned(), "ZJ".to_owned());
        refuse_fund(FundDetails { code, province, ..regional_fund() })
    }),
    ("TERM_NOT_EXTENDED", || refuse_operator(&mut trading(), extend("2030-12-31"))),
    ("NOT_IN_THE_FUTURE", || refuse_operator(&mut with_parties(), key(200, opening()))),
    ("NO_CHANGE", || {
        refuse_operator(&mut with_parties(), set_status(ALICE, PartyStatus::Active, "恢复"))
    }),
    ("NO_LISTING_RULES", || {
        let market = under(|pack| pack.listing = None);
        market.listing_rules(LICENSED, Ownership::Private).unwrap_err()
    }),
    ("NO_STATE_RULES", || trading().listing_rules(LICENSED, Ownership::StateOwned).unwrap_err()),
];

pub(super) fn nobody_is_suspended_without_a_reason() -> Reject {
    let nobody = PartyId::new(NOBODY);
    refuse_operator(&mut opened(), set_status(nobody, PartyStatus::Suspended, " "))
}

pub(super) fn nobody_is_issued_units_of_no_fund() -> Reject {
    refuse_operator(&mut trading(), issue(FundId::new(NOBODY), PartyId::new(NOBODY)))
}

pub(super) fn units_of_no_fund_are_pledged_to_an_investor() -> Reject {
    let lock = pledge(FundId::new(NOBODY), CAROL, units(1));
    refuse_operator(&mut trading(), lock)
}

pub(super) fn a_known_code_has_an_investor_for_a_member() -> Reject {
    let details = PartyDetails { member: Some(ALICE), ..details("BOB", Role::Lp) };
    refuse_operator(&mut with_parties(), register(details))
}

pub(super) fn a_venue_opens_alone_and_late() -> Reject {
    let mut ask = open_venue();
    ask.staff.clear();
    ask.calendar.version = 2;
    refuse_opening(ask)
}

pub(super) fn set_status(party: PartyId, status: PartyStatus, reason: &str) -> Command {
    let reason = reason.to_owned();
    Command::SetPartyStatus(Box::new(SetPartyStatus { party, status, reason }))
}

pub(super) fn pledge(fund: FundId, pledgee: PartyId, units: Units) -> Command {
    Command::LockUnits(Box::new(LockUnits {
        party: ALICE,
        fund,
        units,
        kind: LockKind::Pledge,
        pledgee: Some(pledgee),
        evidence: "质押合同".to_owned(),
    }))
}

fn issue(fund: FundId, party: PartyId) -> Command {
    let (units, evidence) = (units(1), "认购协议".to_owned());
    Command::IssueUnits(Box::new(IssueUnits { fund, party, units, evidence }))
}

fn register(details: PartyDetails) -> Command {
    Command::RegisterParty(Box::new(RegisterParty { details }))
}

/// A key of the manager, 32 times the same byte.
fn key(byte: u8, expires: Time) -> Command {
    let (party, key_hash, scope) = (MANAGER, [byte; 32], KeyScope::Full);
    Command::IssueKey(Box::new(IssueKey { party, key_hash, scope, expires }))
}

fn extend(until: &str) -> Command {
    Command::ExtendTerm(ExtendTerm { fund: FUND, until: date(until) })
}

fn set_calendar(version: u32) -> Command {
    let calendar = Calendar { version, ..calendar() };
    Command::SetCalendar(Box::new(SetCalendar { calendar }))
}

fn adopt(version: u32, valid_from: &str) -> Command {
    let valid_from = date(valid_from);
    let pack = Pack { version, valid_from, ..licensed() };
    Command::AdoptPack(Box::new(AdoptPack { segment: LICENSED, pack, overlay: None }))
}

fn another_fund() -> FundDetails {
    FundDetails { code: "SZ-003".to_owned(), ..fund() }
}

fn refuse_fund(details: FundDetails) -> Reject {
    let command = Command::RegisterFund(Box::new(RegisterFund { details }));
    refuse_operator(&mut trading(), command)
}

fn refuse_opening(ask: OpenVenue) -> Reject {
    let command = Command::OpenVenue(Box::new(ask));
    refuse(&mut Market::default(), Caller::Venue, command)
}
