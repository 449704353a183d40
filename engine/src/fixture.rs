//! A small venue for tests: staff, parties, two segments and two funds.
//!
//! [`accept`] and [`refuse`] are how a test asks: they judge and record as the sequencer does, and
//! hold what must always be true.

use crate::amount::{Money, Ppm, Price, Units};
use crate::calendar::Calendar;
use crate::cash::request_transfer::{Direction, RequestTransfer};
use crate::cash::settle_transfer::{SettleTransfer, TransferOutcome};
use crate::command::Command;
use crate::deadline::Due;
use crate::entry::{Caller, Header};
use crate::event::Event;
use crate::id::{FundId, PartyId, ProposalId, SegmentId, TransferId};
use crate::market::{Judgement, Market};
use crate::policy::fixture::listing_rules;
use crate::policy::{Fees, HolderCaps, Hours, InvestorRules, Limits, Pack, Permission, Rates};
use crate::registry::fund::{Currency, FundDetails, LegalForm};
use crate::registry::issue_units::IssueUnits;
use crate::registry::party::{PartyDetails, PartyForm, Qualification, Role};
use crate::registry::qualify::Qualify;
use crate::registry::register_fund::RegisterFund;
use crate::registry::register_party::RegisterParty;
use crate::reject::Reject;
use crate::time::{Date, Time};
use crate::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use crate::trading::place_order::PlaceOrder;
use crate::trading::side::Side;
use crate::venue::open_venue::{OpenVenue, Staff};
use crate::venue::propose::{Review, Verdict};
use crate::venue::segment::SegmentDetails;

pub(crate) const OPERATOR: PartyId = PartyId::new(0);
pub(crate) const SUPERVISOR: PartyId = PartyId::new(1);
pub(crate) const BANK: PartyId = PartyId::new(2);
pub(crate) const REGULATOR: PartyId = PartyId::new(3);
/// Manages both funds.
pub(crate) const MANAGER: PartyId = PartyId::new(4);
/// Acts for BOB and DAVE.
pub(crate) const MEMBER: PartyId = PartyId::new(5);
pub(crate) const LENDER: PartyId = PartyId::new(6);
/// LP, an institution: 1,000,000 units of each fund.
pub(crate) const ALICE: PartyId = PartyId::new(7);
/// LP, a natural person, client of MEMBER: 1,000,000 units of each fund.
pub(crate) const BOB: PartyId = PartyId::new(8);
/// S-fund, a product of 3 investors: cash of 100,000,000.
pub(crate) const CAROL: PartyId = PartyId::new(9);
/// S-fund, an institution, client of MEMBER: cash of 100,000,000.
pub(crate) const DAVE: PartyId = PartyId::new(10);

/// Under the pack `licensed`, with fees: maker 0.05 %, taker 0.15 %.
pub(crate) const LICENSED: SegmentId = SegmentId::new(0);
/// Under the pack `cn-regional`, with the same fees.
pub(crate) const REGIONAL: SegmentId = SegmentId::new(1);

/// In LICENSED: a tick of 0.01, lots of 1 unit, a minimum ticket of 1 lot.
pub(crate) const FUND: FundId = FundId::new(0);
/// In REGIONAL: a tick of 0.001, lots of 1,000 units, a minimum ticket of 10,000 units.
pub(crate) const REGIONAL_FUND: FundId = FundId::new(1);

/// Minutes by which Shanghai runs ahead of UTC.
pub(crate) const OFFSET: i16 = 480;

/// The day on which every test begins, a Tuesday, at 09:30 in Shanghai.
pub(crate) fn today() -> Date {
    date("2026-11-24")
}

pub(crate) fn opening() -> Time {
    today().at_minute(9 * 60 + 30, OFFSET)
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// Whole units.
pub(crate) const fn units(whole: u64) -> Units {
    Units::from_e2(whole * 100)
}

/// Whole yuan.
pub(crate) const fn yuan(whole: i64) -> Money {
    Money::from_fen(whole * 100)
}

/// A price in hundredths of a yuan: the ticks of FUND.
pub(crate) const fn cents(price: u64) -> Price {
    Price::from_e4(price * 100)
}

pub(crate) const fn party(party: PartyId) -> Caller {
    Caller::Party(party)
}

/// Time of the next entry: a millisecond after the newest.
pub(crate) fn soon(market: &Market) -> Time {
    Time::from_nanos(market.now().max(opening()).nanos() + 1_000_000)
}

/// What the market says to `command` at `at`.
pub(crate) fn judge_at(
    market: &Market,
    at: Time,
    caller: Caller,
    command: &Command,
) -> (Header, Result<Vec<Event>, Reject>) {
    let sequence = market.sequence().next();
    let header = Header { sequence, at, caller, attempt: None };
    let mut events = Vec::new();
    let before = market.clone();
    let answer = match market.judge(&header, command, &mut events) {
        Judgement::Accepted => Ok(events),
        Judgement::Refused(reject) => Err(reject),
        other @ (Judgement::Repeated(_) | Judgement::Unrecorded(_)) => panic!("{other:?}"),
    };
    assert_eq!(*market, before, "judging changes nothing");
    (header, answer)
}

/// Judges and records `command` soon; it is accepted.
#[track_caller]
pub(crate) fn accept(market: &mut Market, caller: Caller, command: Command) -> Vec<Event> {
    accept_at(market, soon(market), caller, command)
}

/// Judges and records `command` at `at`; it is accepted.
#[track_caller]
pub(crate) fn accept_at(
    market: &mut Market,
    at: Time,
    caller: Caller,
    command: Command,
) -> Vec<Event> {
    let (header, answer) = judge_at(market, at, caller, &command);
    let events = answer.unwrap_or_else(|reject| panic!("{command:?} is refused: {reject}"));
    record(market, &header, &events);
    events
}

/// Judges `command` soon; it is refused. The refusal is recorded, and changes nothing else.
#[track_caller]
pub(crate) fn refuse(market: &mut Market, caller: Caller, command: Command) -> Reject {
    refuse_at(market, soon(market), caller, command)
}

/// Judges `command` at `at`; it is refused. The refusal is recorded, and changes nothing else.
#[track_caller]
pub(crate) fn refuse_at(market: &mut Market, at: Time, caller: Caller, command: Command) -> Reject {
    let (header, answer) = judge_at(market, at, caller, &command);
    let reject = answer.expect_err("the command is accepted");
    let mut expected = market.clone();
    (expected.sequence, expected.now) = (header.sequence, header.at);
    record(market, &header, &[]);
    assert_eq!(*market, expected, "a refusal changes nothing");
    let bytes = minicbor::to_vec(reject).unwrap();
    assert_eq!(minicbor::decode::<Reject>(&bytes).unwrap(), reject);
    reject
}

/// Records an entry; its events survive the journal's codec.
pub(crate) fn record(market: &mut Market, header: &Header, events: &[Event]) {
    let bytes = minicbor::to_vec(events).unwrap();
    assert_eq!(minicbor::decode::<Vec<Event>>(&bytes).unwrap(), events);
    market.record(header, events);
    assert_sound(market);
}

/// An operator proposes `command` and a supervisor approves it.
#[track_caller]
pub(crate) fn approve(market: &mut Market, command: Command) -> Vec<Event> {
    let proposal = ProposalId::new(market.proposals_count);
    accept(market, party(OPERATOR), command);
    let review = Review { proposal, verdict: Verdict::Approve };
    accept(market, party(SUPERVISOR), Command::Review(review))
}

/// What is true of every market, as far as the registry, the ledger and the board go.
pub(crate) fn assert_sound(market: &Market) {
    for (number, fund) in (0..).zip(&market.funds) {
        let holdings = market.register.holdings().iter();
        let holdings: Vec<_> =
            holdings.filter(|holding| holding.fund == FundId::new(number)).collect();
        let held = holdings.iter().fold(Units::ZERO, |sum, holding| sum.plus(holding.total()));
        assert_eq!(held, fund.issued, "E5: holdings sum to the units issued");
        let holders = holdings.iter().filter(|holding| holding.total() != Units::ZERO);
        let look_through = |holding: &&&crate::registry::holding::Holding| {
            market.party(holding.party).unwrap().details.look_through
        };
        assert_eq!(holders.map(|holding| look_through(&holding)).sum::<u32>(), fund.holders, "A3");
    }
    for house in market.ledger.houses() {
        let accounts = market.ledger.accounts().iter();
        let accounts = accounts.filter(|cash| cash.currency == house.currency);
        let cash = accounts.map(|cash| cash.available.fen() + cash.held.fen()).sum::<i64>();
        assert_eq!(cash + house.fees.fen() + house.bank.fen(), 0, "the ledger sums to zero");
    }
    for lock in market.locks.values() {
        let holding = market.register.holding(lock.party, lock.fund);
        assert!(lock.units <= holding.locked(lock.kind), "what is locked is held");
    }
    let board = crate::trading::counterparties::Board::from_intentions(&market.intentions);
    assert_eq!(board, market.board, "the board is its intentions");
    for (number, party) in (0..).zip(&market.parties) {
        let own =
            |terms: &&crate::trading::board::PostIntention| terms.party == PartyId::new(number);
        let open = u32::try_from(market.intentions.values().filter(own).count());
        assert_eq!(open, Ok(party.intentions_open), "intentions are counted");
    }
    let due: Vec<_> = market.deadlines.due(Time::from_nanos(u64::MAX)).collect();
    for intention in market.intentions.keys() {
        assert!(due.contains(&Due::Intention(*intention)), "an intention is due");
    }
    for proposal in market.proposals.keys() {
        assert!(due.contains(&Due::Proposal(*proposal)), "a proposal is due");
    }
}

/// The calendar of 2026 and 2027, with the golden week of 2026.
pub(crate) fn calendar() -> Calendar {
    Calendar {
        version: 1,
        from: date("2026-01-01"),
        until: date("2027-12-31"),
        holidays: (1..=7).filter_map(|day| Date::from_ymd(2026, 10, day)).collect(),
        makeup_days: [date("2026-10-10")].into(),
    }
}

/// A venue with the licence: continuous trading around the clock, no band, no least investment.
pub(crate) fn licensed() -> Pack {
    Pack {
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
            entity_net_assets_min: yuan(10_000_000),
            entity_financial_assets_min: Money::ZERO,
            person_financial_assets_min: yuan(3_000_000),
            person_income_min: yuan(500_000),
            natural_persons: Permission::Allowed,
        },
        province: None,
        price_band: None,
        trading_hours: None,
        limits: Limits {
            fills_max: 100,
            orders_per_party_max: 1_000,
            tranches_max: 100,
            order_days_max: 90,
            intention_days_max: 90,
            intentions_per_party_max: 20,
        },
        listing: Some(listing_rules()),
        matching: None,
    }
}

/// A regional market: no continuous trading, every rule of the law on.
pub(crate) fn regional() -> Pack {
    Pack {
        code: "cn-regional".to_owned(),
        jurisdiction: "CN-JS".to_owned(),
        continuous: Permission::Forbidden,
        call_auction: Permission::Forbidden,
        turnaround_trading_days: 5,
        investors: InvestorRules {
            investment_min: yuan(1_000_000),
            entity_net_assets_min: yuan(20_000_000),
            entity_financial_assets_min: yuan(10_000_000),
            natural_persons: Permission::Forbidden,
            ..licensed().investors
        },
        province: Some("JS".to_owned()),
        price_band: Some(Ppm::new(300_000)),
        trading_hours: Some(Hours { opens_minute: 9 * 60, closes_minute: 15 * 60 }),
        ..licensed()
    }
}

/// One tier: maker 0.05 %, taker 0.15 %.
pub(crate) fn fees() -> Fees {
    let (maker, taker) = (Ppm::new(500), Ppm::new(1_500));
    let rates = Rates { maker_buy: maker, maker_sell: maker, taker_buy: taker, taker_sell: taker };
    Fees { tiers: vec![rates] }
}

pub(crate) fn segment(code: &str, pack: Pack) -> SegmentDetails {
    let name = format!("Segment {code}");
    SegmentDetails { code: code.to_owned(), name, pack, fees: fees(), overlay: None }
}

/// Who runs the venue; the key of each is its number, 32 times.
pub(crate) fn staff() -> Vec<Staff> {
    let roles = [Role::Operator, Role::Supervisor, Role::SettlementBank, Role::Regulator];
    let staff = |(number, role): (u8, Role)| Staff {
        code: format!("STAFF-{number}"),
        name: format!("Staff {number}"),
        role,
        key_hash: [number; 32],
        key_expires: date("2027-12-31").at_minute(0, OFFSET),
    };
    (0..).zip(roles).map(staff).collect()
}

pub(crate) fn open_venue() -> OpenVenue {
    OpenVenue {
        name: "苏州股权交易中心".to_owned(),
        utc_offset_minutes: OFFSET,
        calendar: calendar(),
        segments: vec![segment("MAIN", licensed()), segment("REGIONAL", regional())],
        staff: staff(),
    }
}

/// A venue that just opened: staff and segments, nobody else.
pub(crate) fn opened() -> Market {
    let mut market = Market::default();
    accept(&mut market, Caller::Venue, Command::OpenVenue(Box::new(open_venue())));
    market
}

/// What is said of a party that registers, an institution without a member.
pub(crate) fn details(code: &str, role: Role) -> PartyDetails {
    PartyDetails {
        code: code.to_owned(),
        name: format!("Party {code}"),
        role,
        form: PartyForm::Institution,
        look_through: 1,
        tier: 0,
        member: None,
    }
}

/// Registers a party; its id.
pub(crate) fn register(market: &mut Market, details: PartyDetails) -> PartyId {
    let id = PartyId::new(u32::try_from(market.parties.len()).unwrap());
    let command = Command::RegisterParty(Box::new(RegisterParty { details }));
    accept(market, party(OPERATOR), command);
    id
}

/// Good for a year, and enough for every pack.
pub(crate) fn qualification() -> Qualification {
    Qualification {
        evidence: [7; 32],
        certifier: "律师事务所".to_owned(),
        expires: date("2027-11-24"),
        net_assets: yuan(50_000_000),
        financial_assets: yuan(50_000_000),
        income: yuan(1_000_000),
    }
}

pub(crate) fn qualify(market: &mut Market, who: PartyId) {
    let command = Qualify { party: who, qualification: qualification() };
    accept(market, party(OPERATOR), Command::Qualify(Box::new(command)));
}

/// A venue whose parties are registered, its investors qualified.
pub(crate) fn with_parties() -> Market {
    let mut market = opened();
    let client = Some(MEMBER);
    let product = PartyForm::Product;
    for details in [
        details("MANAGER", Role::Manager),
        details("MEMBER", Role::Member),
        details("LENDER", Role::Lender),
        details("ALICE", Role::Lp),
        PartyDetails { form: PartyForm::Person, member: client, ..details("BOB", Role::Lp) },
        PartyDetails { form: product, look_through: 3, ..details("CAROL", Role::SFund) },
        PartyDetails { member: client, ..details("DAVE", Role::SFund) },
    ] {
        register(&mut market, details);
    }
    for investor in [ALICE, BOB, CAROL, DAVE] {
        qualify(&mut market, investor);
    }
    market
}

/// FUND, as it registers.
pub(crate) fn fund() -> FundDetails {
    FundDetails {
        code: "SZ-001".to_owned(),
        name: "苏州创新一号基金".to_owned(),
        manager: MANAGER,
        legal_form: LegalForm::Partnership,
        province: "JS".to_owned(),
        currency: Currency::CNY,
        segment: LICENSED,
        tick: cents(1),
        lot: units(1),
        minimum_ticket: units(1),
        holder_cap: None,
        term_ends: date("2030-12-31"),
    }
}

/// REGIONAL_FUND, as it registers.
pub(crate) fn regional_fund() -> FundDetails {
    FundDetails {
        code: "SZ-002".to_owned(),
        segment: REGIONAL,
        tick: Price::from_e4(10),
        lot: units(1_000),
        minimum_ticket: units(10_000),
        ..fund()
    }
}

/// Registers a fund; its id.
pub(crate) fn register_fund(market: &mut Market, details: FundDetails) -> FundId {
    let id = FundId::new(u32::try_from(market.funds.len()).unwrap());
    let command = Command::RegisterFund(Box::new(RegisterFund { details }));
    accept(market, party(OPERATOR), command);
    id
}

pub(crate) fn issue(market: &mut Market, fund: FundId, who: PartyId, units: Units) {
    let command = IssueUnits { fund, party: who, units, evidence: "认购协议".to_owned() };
    accept(market, party(OPERATOR), Command::IssueUnits(Box::new(command)));
}

/// An order for FUND without anything special about it, priced in cents.
pub(crate) const fn order(who: PartyId, side: Side, price: u64, whole: u64) -> PlaceOrder {
    PlaceOrder {
        party: who,
        fund: FUND,
        side,
        price: OrderPrice::Limit(cents(price)),
        units: units(whole),
        peak: Units::ZERO,
        minimum: Units::ZERO,
        time_in_force: TimeInForce::GoodTillCancelled,
        post_only: PostOnly::No,
        self_trade: SelfTrade::CancelNewest,
        session: 0,
    }
}

/// A transfer that `who` asks for.
pub(crate) fn transfer(who: PartyId, direction: Direction, amount: Money) -> Command {
    let reference = "REF-1".to_owned();
    let currency = Currency::CNY;
    let ask = RequestTransfer { party: who, direction, currency, amount, reference };
    Command::RequestTransfer(Box::new(ask))
}

/// The bank's word on a transfer.
pub(crate) fn settle(transfer: TransferId, outcome: TransferOutcome) -> Command {
    let bank_reference = "BANK-1".to_owned();
    Command::SettleTransfer(Box::new(SettleTransfer { transfer, outcome, bank_reference }))
}

/// Brings in cash, confirmed by the bank.
pub(crate) fn deposit(market: &mut Market, who: PartyId, amount: Money) {
    let id = TransferId::new(market.transfers_count);
    accept(market, party(who), transfer(who, Direction::Deposit, amount));
    accept(market, party(BANK), settle(id, TransferOutcome::Confirmed));
}

/// A venue with both funds registered, units issued to the LPs and cash with the S-funds.
pub(crate) fn trading() -> Market {
    let mut market = with_parties();
    assert_eq!(register_fund(&mut market, fund()), FUND);
    assert_eq!(register_fund(&mut market, regional_fund()), REGIONAL_FUND);
    for holder in [ALICE, BOB] {
        issue(&mut market, FUND, holder, units(1_000_000));
        issue(&mut market, REGIONAL_FUND, holder, units(1_000_000));
    }
    for buyer in [CAROL, DAVE] {
        deposit(&mut market, buyer, yuan(100_000_000));
    }
    market
}

#[test]
fn the_fixture_is_a_venue_ready_to_trade() {
    let market = trading();
    assert_eq!(market.role(REGULATOR), Ok(Role::Regulator));
    assert_eq!(market.fund(FUND).unwrap().issued, units(2_000_000));
    assert_eq!(market.fund(REGIONAL_FUND).unwrap().holders, 2);
    assert_eq!(market.ledger.cash(CAROL, Currency::CNY).available, yuan(100_000_000));
    assert_eq!(market.date(market.now()), today());
}
