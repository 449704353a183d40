//! One seeded stream of commands, the same for every bench.
//!
//! It is made on a market of its own, which tells the ids that cancels and amendments name; as the
//! engine is deterministic, any other market that gets the same commands says the same.

use std::collections::HashMap;
use std::fmt;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sfund_engine::amount::{Money, Ppm, Price, Units};
use sfund_engine::calendar::Calendar;
use sfund_engine::cash::request_transfer::{Direction, RequestTransfer};
use sfund_engine::cash::settle_transfer::{SettleTransfer, TransferOutcome};
use sfund_engine::command::Command;
use sfund_engine::entry::{Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, OrderId, PartyId, SegmentId, TransferId};
use sfund_engine::market::{Judgement, Market};
use sfund_engine::policy::{Fees, HolderCaps, InvestorRules, Limits, Pack, Permission, Rates};
use sfund_engine::registry::fund::{Currency, FundDetails, LegalForm};
use sfund_engine::registry::issue_units::IssueUnits;
use sfund_engine::registry::party::{PartyDetails, PartyForm, Qualification, Role};
use sfund_engine::registry::qualify::Qualify;
use sfund_engine::registry::register_fund::RegisterFund;
use sfund_engine::registry::register_party::RegisterParty;
use sfund_engine::time::{Date, Time};
use sfund_engine::trading::amend_order::AmendOrder;
use sfund_engine::trading::cancel_order::CancelOrder;
use sfund_engine::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use sfund_engine::trading::place_order::PlaceOrder;
use sfund_engine::trading::side::Side;
use sfund_engine::venue::open_venue::{OpenVenue, Staff};
use sfund_engine::venue::segment::SegmentDetails;

/// Who asks, and for what.
pub(crate) type Ask = (Caller, Command);

const OPERATOR: PartyId = PartyId::new(0);
const BANK: PartyId = PartyId::new(2);
const MANAGER: PartyId = PartyId::new(4);
/// The first seller; the others follow, and then the buyers.
const INVESTORS: u32 = 5;
const SELLERS: u32 = 16;
const BUYERS: u32 = 16;
/// Sellers that hold units of each fund.
const HOLDERS: u32 = 4;
/// A price of 100.00 in ticks.
const MIDDLE_TICKS: u64 = 10_000;
/// Resting orders lie so many ticks from the middle at most.
const DEPTH_TICKS: u64 = 20;
const LOTS_MAX: u64 = 20;
const TAKER_LOTS_MAX: u64 = 40;

/// What a stream is made of.
#[derive(Clone, Copy)]
pub(crate) struct Recipe {
    pub(crate) seed: u64,
    pub(crate) funds: u32,
    /// Orders that rest before the stream begins, and about as many throughout.
    pub(crate) resting: usize,
    pub(crate) commands: usize,
}

/// The commands of a bench.
pub(crate) struct Stream {
    /// Open the venue, register who and what there is, and let orders rest.
    pub(crate) setup: Vec<Ask>,
    /// What is measured.
    pub(crate) asks: Vec<Ask>,
    pub(crate) counts: Counts,
}

/// What the stream turned out to be.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    adds: usize,
    cancels: usize,
    amends: usize,
    takers: usize,
    refused: usize,
    trades: usize,
    pub(crate) events: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { adds, cancels, amends, takers, refused, trades, events } = self;
        write!(f, "{adds} adds, {cancels} cancels, {amends} amends, {takers} takers; ")?;
        write!(f, "{trades} trades, {events} events, {refused} refused")
    }
}

/// When the venue opens.
pub(crate) fn opening() -> Time {
    date("2026-11-24").at_minute(9 * 60 + 30, 480)
}

/// Judges and records one command a nanosecond after the newest entry, as the sequencer does.
pub(crate) fn step(market: &mut Market, (caller, command): &Ask, events: &mut Vec<Event>) -> bool {
    let at = market.now().next().max(opening());
    let sequence = market.sequence().next();
    let header = Header { sequence, at, caller: *caller, attempt: None };
    events.clear();
    match market.judge(&header, command, events) {
        Judgement::Accepted => {
            market.record(&header, events);
            true
        }
        Judgement::Refused(_) => {
            market.record(&header, &[]);
            false
        }
        Judgement::Repeated(_) | Judgement::Unrecorded(_) => panic!("no attempt is named"),
    }
}

/// A market that got `asks`.
pub(crate) fn market_of(asks: &[Ask]) -> Market {
    let mut market = Market::default();
    let mut events = Vec::new();
    for ask in asks {
        assert!(step(&mut market, ask, &mut events), "the setup is accepted");
    }
    market
}

impl Recipe {
    /// Makes the stream.
    pub(crate) fn stream(self) -> Stream {
        let mut setup = self.venue();
        let mut maker = Maker {
            recipe: self,
            rng: ChaCha8Rng::seed_from_u64(self.seed),
            market: market_of(&setup),
            open: Vec::new(),
            place: HashMap::new(),
            events: Vec::new(),
        };
        while maker.open.len() < self.resting {
            let ask = maker.add();
            assert!(maker.take_in(&ask), "what fills the books is accepted");
            setup.push(ask);
        }
        let mut counts = Counts::default();
        let asks = (0..self.commands).map(|_| maker.next(&mut counts)).collect();
        Stream { setup, asks, counts }
    }

    /// The commands up to the first order.
    fn venue(self) -> Vec<Ask> {
        let operator = Caller::Party(OPERATOR);
        let mut asks = vec![(Caller::Venue, Command::OpenVenue(Box::new(open_venue())))];
        let mut register = |code: String, role| {
            let register = RegisterParty { details: party(code, role) };
            asks.push((operator, Command::RegisterParty(Box::new(register))));
        };
        register("MANAGER".to_owned(), Role::Manager);
        (0..SELLERS).for_each(|number| register(format!("LP-{number}"), Role::Lp));
        (0..BUYERS).for_each(|number| register(format!("S-{number}"), Role::SFund));
        for investor in INVESTORS..INVESTORS + SELLERS + BUYERS {
            let party = PartyId::new(investor);
            let qualify = Qualify { party, qualification: qualification() };
            asks.push((operator, Command::Qualify(Box::new(qualify))));
        }
        for number in 0..BUYERS {
            let [ask, settle] = deposit(number);
            asks.extend([ask, settle]);
        }
        for number in 0..self.funds {
            let details = fund(number);
            asks.push((operator, Command::RegisterFund(Box::new(RegisterFund { details }))));
            for turn in 0..HOLDERS {
                let issue = IssueUnits {
                    fund: FundId::new(number),
                    party: seller(number, turn),
                    units: Units::from_e2(100_000_000_000),
                    evidence: "subscription".to_owned(),
                };
                asks.push((operator, Command::IssueUnits(Box::new(issue))));
            }
        }
        asks
    }
}

/// A venue's commands up to its funds, and funds without orders.
pub(crate) fn idle_funds(funds: u32) -> Vec<Ask> {
    let operator = Caller::Party(OPERATOR);
    let register = |number| {
        let register = RegisterFund { details: fund(number) };
        (operator, Command::RegisterFund(Box::new(register)))
    };
    (0..funds).map(register).collect()
}

/// A venue with its parties and no fund.
pub(crate) fn empty_venue() -> Vec<Ask> {
    Recipe { seed: 0, funds: 0, resting: 0, commands: 0 }.venue()
}

struct Maker {
    recipe: Recipe,
    rng: ChaCha8Rng,
    market: Market,
    open: Vec<(OrderId, PartyId, Side)>,
    place: HashMap<OrderId, usize>,
    events: Vec<Event>,
}

impl Maker {
    /// In a hundred commands: 16 amend, 16 take, and 68 add or cancel, as it needs for about as many
    /// orders to rest as should.
    fn next(&mut self, counts: &mut Counts) -> Ask {
        let (few, many) = (self.recipe.resting * 9 / 10, self.recipe.resting * 11 / 10);
        let is_short = self.open.len() <= few;
        let (ask, count) = match self.rng.random_range(0..100) {
            0..68 if is_short => (self.add(), &mut counts.adds),
            0..42 if self.open.len() < many => (self.add(), &mut counts.adds),
            0..68 => (self.cancel(), &mut counts.cancels),
            68..84 if !self.open.is_empty() => (self.amend(), &mut counts.amends),
            _ => (self.taker(), &mut counts.takers),
        };
        *count += 1;
        if !self.take_in(&ask) {
            counts.refused += 1;
        }
        counts.events += self.events.len();
        let trades = self.events.iter().filter(|event| matches!(event, Event::Traded(_)));
        counts.trades += trades.count();
        ask
    }

    fn take_in(&mut self, ask: &Ask) -> bool {
        let accepted = step(&mut self.market, ask, &mut self.events);
        if !accepted {
            self.events.clear();
        }
        for event in &self.events {
            match (event, &ask.1) {
                (Event::OrderRested(rested), Command::PlaceOrder(terms)) => {
                    self.place.insert(rested.order, self.open.len());
                    self.open.push((rested.order, terms.party, terms.side));
                }
                (Event::OrderClosed(closed), _) => {
                    if let Some(index) = self.place.remove(&closed.order) {
                        self.open.swap_remove(index);
                        if let Some((moved, ..)) = self.open.get(index) {
                            self.place.insert(*moved, index);
                        }
                    }
                }
                _ => {}
            }
        }
        accepted
    }

    fn add(&mut self) -> Ask {
        let side = if self.rng.random_bool(0.5) { Side::Buy } else { Side::Sell };
        let price = self.passive(side);
        let lots = self.rng.random_range(1..=LOTS_MAX);
        self.order(side, price, lots, TimeInForce::GoodTillCancelled)
    }

    fn taker(&mut self) -> Ask {
        let (side, ticks) = if self.rng.random_bool(0.5) {
            (Side::Buy, MIDDLE_TICKS + DEPTH_TICKS)
        } else {
            (Side::Sell, MIDDLE_TICKS - DEPTH_TICKS)
        };
        let lots = self.rng.random_range(1..=TAKER_LOTS_MAX);
        self.order(side, Price::from_e4(ticks * 100), lots, TimeInForce::ImmediateOrCancel)
    }

    fn cancel(&mut self) -> Ask {
        let (order, party, _) = self.open[self.rng.random_range(0..self.open.len())];
        (Caller::Party(party), Command::CancelOrder(CancelOrder { order }))
    }

    /// Half of them another price, half another size.
    fn amend(&mut self) -> Ask {
        let (order, party, side) = self.open[self.rng.random_range(0..self.open.len())];
        let amend = if self.rng.random_bool(0.5) {
            AmendOrder { order, price: Some(self.passive(side)), units: None }
        } else {
            let lots = self.rng.random_range(1..=LOTS_MAX);
            AmendOrder { order, price: None, units: Some(Units::from_e2(lots * 100)) }
        };
        (Caller::Party(party), Command::AmendOrder(amend))
    }

    /// A price that meets nobody.
    fn passive(&mut self, side: Side) -> Price {
        let away = self.rng.random_range(1..=DEPTH_TICKS);
        let ticks = match side {
            Side::Buy => MIDDLE_TICKS - away,
            Side::Sell => MIDDLE_TICKS + away,
        };
        Price::from_e4(ticks * 100)
    }

    fn order(&mut self, side: Side, price: Price, lots: u64, lasts: TimeInForce) -> Ask {
        let fund = self.rng.random_range(0..self.recipe.funds);
        let party = match side {
            Side::Buy => PartyId::new(INVESTORS + SELLERS + self.rng.random_range(0..BUYERS)),
            Side::Sell => seller(fund, self.rng.random_range(0..HOLDERS)),
        };
        let order = PlaceOrder {
            party,
            fund: FundId::new(fund),
            side,
            price: OrderPrice::Limit(price),
            units: Units::from_e2(lots * 100),
            peak: Units::ZERO,
            minimum: Units::ZERO,
            time_in_force: lasts,
            post_only: PostOnly::No,
            self_trade: SelfTrade::CancelNewest,
            session: 0,
        };
        (Caller::Party(party), Command::PlaceOrder(order))
    }
}

const fn seller(fund: u32, turn: u32) -> PartyId {
    PartyId::new(INVESTORS + (fund + turn) % SELLERS)
}

fn date(text: &str) -> Date {
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
fn deposit(number: u32) -> [Ask; 2] {
    let party = PartyId::new(INVESTORS + SELLERS + number);
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

fn open_venue() -> OpenVenue {
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
        segments: vec![segment()],
        staff: (0..).zip(roles).map(staff).collect(),
    }
}

/// Continuous trading around the clock, the holder cap and the qualification asked for; fees of
/// 0.05 % for who rested and 0.15 % for who came.
fn segment() -> SegmentDetails {
    let pack = Pack {
        code: "licensed".to_owned(),
        version: 1,
        valid_from: date("2026-01-01"),
        jurisdiction: "CN".to_owned(),
        continuous: Permission::Allowed,
        call_auction: Permission::Allowed,
        turnaround_trading_days: 0,
        holder_caps: HolderCaps {
            partnership: 50,
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
    };
    let (maker, taker) = (Ppm::new(500), Ppm::new(1_500));
    let rates = Rates { maker_buy: maker, maker_sell: maker, taker_buy: taker, taker_sell: taker };
    let fees = Fees { tiers: vec![rates] };
    SegmentDetails { code: "MAIN".to_owned(), name: "Main".to_owned(), pack, fees }
}
