//! The venue of every bench: who there is, what they hold, and the rules that are in force.

use sfund_engine::amount::{Money, Ppm, Price, Units};
use sfund_engine::calendar::Calendar;
use sfund_engine::cash::request_transfer::{Direction, RequestTransfer};
use sfund_engine::cash::settle_transfer::{SettleTransfer, TransferOutcome};
use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::id::{FundId, PartyId, SegmentId, TransferId};
use sfund_engine::policy::{Fees, HolderCaps, InvestorRules, Limits, Pack, Permission, Rates};
use sfund_engine::registry::fund::{Currency, FundDetails, LegalForm};
use sfund_engine::registry::issue_units::IssueUnits;
use sfund_engine::registry::party::{PartyDetails, PartyForm, Qualification, Role};
use sfund_engine::registry::qualify::Qualify;
use sfund_engine::registry::register_fund::RegisterFund;
use sfund_engine::registry::register_party::RegisterParty;
use sfund_engine::time::Date;
use sfund_engine::venue::open_venue::{OpenVenue, Staff};
use sfund_engine::venue::segment::SegmentDetails;

use super::mix::Ask;

const OPERATOR: PartyId = PartyId::new(0);
const BANK: PartyId = PartyId::new(2);
const MANAGER: PartyId = PartyId::new(4);
/// The first seller; the others follow, and then the buyers.
const INVESTORS: u32 = 5;

/// Who trades.
#[derive(Clone, Copy)]
pub(crate) struct Cast {
    pub(crate) sellers: u32,
    pub(crate) buyers: u32,
    /// Sellers that hold units of each fund.
    pub(crate) holders: u32,
    /// Most holders of a fund.
    pub(crate) holder_cap: u32,
}

impl Cast {
    /// The commands up to the first order.
    pub(crate) fn venue(self, funds: u32) -> Vec<Ask> {
        let operator = Caller::Party(OPERATOR);
        let mut asks =
            vec![(Caller::Venue, Command::OpenVenue(Box::new(open_venue(self.holder_cap))))];
        let mut register = |code: String, role| {
            let register = RegisterParty { details: party(code, role) };
            asks.push((operator, Command::RegisterParty(Box::new(register))));
        };
        register("MANAGER".to_owned(), Role::Manager);
        (0..self.sellers).for_each(|number| register(format!("LP-{number}"), Role::Lp));
        (0..self.buyers).for_each(|number| register(format!("S-{number}"), Role::SFund));
        for investor in INVESTORS..INVESTORS + self.sellers + self.buyers {
            let party = PartyId::new(investor);
            let qualify = Qualify { party, qualification: qualification() };
            asks.push((operator, Command::Qualify(Box::new(qualify))));
        }
        for number in 0..self.buyers {
            let [ask, settle] = deposit(number, self.buyer(number));
            asks.extend([ask, settle]);
        }
        for number in 0..funds {
            let details = fund(number);
            asks.push((operator, Command::RegisterFund(Box::new(RegisterFund { details }))));
            for turn in 0..self.holders {
                let issue = IssueUnits {
                    fund: FundId::new(number),
                    party: self.seller(number, turn),
                    units: Units::from_e2(100_000_000_000),
                    evidence: "subscription".to_owned(),
                };
                asks.push((operator, Command::IssueUnits(Box::new(issue))));
            }
        }
        asks
    }

    /// One of those that hold units of `fund`.
    pub(crate) const fn seller(self, fund: u32, turn: u32) -> PartyId {
        PartyId::new(INVESTORS + (fund + turn) % self.sellers)
    }

    /// One of those that have cash.
    pub(crate) const fn buyer(self, number: u32) -> PartyId {
        PartyId::new(INVESTORS + self.sellers + number)
    }
}

/// Funds without orders.
pub(crate) fn idle_funds(funds: u32) -> Vec<Ask> {
    let operator = Caller::Party(OPERATOR);
    let register = |number| {
        let register = RegisterFund { details: fund(number) };
        (operator, Command::RegisterFund(Box::new(register)))
    };
    (0..funds).map(register).collect()
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn party(code: String, role: Role) -> PartyDetails {
    let (form, name) = (PartyForm::Institution, code.clone());
    PartyDetails { code, name, role, form, look_through: 1, tier: 0, member: None }
}

fn qualification() -> Qualification {
    Qualification {
        evidence: [7; 32],
        certifier: "certifier".to_owned(),
        expires: date("2027-11-24"),
        net_assets: Money::from_fen(5_000_000_000),
        financial_assets: Money::from_fen(5_000_000_000),
        income: Money::ZERO,
    }
}

/// A buyer's cash comes in: asked for, and confirmed by the bank.
fn deposit(number: u32, party: PartyId) -> [Ask; 2] {
    let request = RequestTransfer {
        party,
        direction: Direction::Deposit,
        currency: Currency::CNY,
        amount: Money::from_fen(10_000_000_000_000),
        reference: "REF".to_owned(),
    };
    let settle = SettleTransfer {
        transfer: TransferId::new(number.into()),
        outcome: TransferOutcome::Confirmed,
        bank_reference: "BANK".to_owned(),
    };
    [
        (Caller::Party(party), Command::RequestTransfer(Box::new(request))),
        (Caller::Party(BANK), Command::SettleTransfer(Box::new(settle))),
    ]
}

/// A tick of 0.01 and lots of one unit.
fn fund(number: u32) -> FundDetails {
    FundDetails {
        code: format!("F-{number}"),
        name: format!("Fund {number}"),
        manager: MANAGER,
        legal_form: LegalForm::Partnership,
        province: "JS".to_owned(),
        currency: Currency::CNY,
        segment: SegmentId::new(0),
        tick: Price::from_e4(100),
        lot: Units::from_e2(100),
        minimum_ticket: Units::from_e2(100),
        holder_cap: None,
        term_ends: date("2030-12-31"),
    }
}

fn open_venue(holder_cap: u32) -> OpenVenue {
    let roles = [Role::Operator, Role::Supervisor, Role::SettlementBank, Role::Regulator];
    let staff = |(number, role): (u8, Role)| Staff {
        code: format!("STAFF-{number}"),
        name: format!("Staff {number}"),
        role,
        key_hash: [number; 32],
        key_expires: date("2027-12-31").at_minute(0, 480),
    };
    OpenVenue {
        name: "Bench".to_owned(),
        utc_offset_minutes: 480,
        calendar: Calendar {
            version: 1,
            from: date("2026-01-01"),
            until: date("2027-12-31"),
            holidays: [].into(),
            makeup_days: [].into(),
        },
        segments: vec![segment(holder_cap)],
        staff: (0..).zip(roles).map(staff).collect(),
    }
}

/// Continuous trading around the clock, the holder cap and the qualification asked for; fees of
/// 0.05 % for who rested and 0.15 % for who came.
fn segment(holder_cap: u32) -> SegmentDetails {
    let pack = Pack {
        code: "licensed".to_owned(),
        version: 1,
        valid_from: date("2026-01-01"),
        jurisdiction: "CN".to_owned(),
        continuous: Permission::Allowed,
        call_auction: Permission::Allowed,
        turnaround_trading_days: 0,
        holder_caps: HolderCaps {
            partnership: holder_cap,
            limited_liability: 50,
            joint_stock: 200,
            contract: 200,
        },
        investors: InvestorRules {
            investment_min: Money::ZERO,
            entity_net_assets_min: Money::from_fen(1_000_000_000),
            entity_financial_assets_min: Money::ZERO,
            person_financial_assets_min: Money::ZERO,
            person_income_min: Money::ZERO,
            natural_persons: Permission::Allowed,
        },
        province: None,
        price_band: None,
        trading_hours: None,
        limits: Limits {
            fills_max: 100,
            orders_per_party_max: 1_000_000,
            tranches_max: 100,
            order_days_max: 90,
            intention_days_max: 90,
            intentions_per_party_max: 20,
        },
        listing: None,
        matching: None,
    };
    let (maker, taker) = (Ppm::new(500), Ppm::new(1_500));
    let rates = Rates { maker_buy: maker, maker_sell: maker, taker_buy: taker, taker_sell: taker };
    let fees = Fees { tiers: vec![rates] };
    SegmentDetails { code: "MAIN".to_owned(), name: "Main".to_owned(), pack, fees, overlay: None }
}
