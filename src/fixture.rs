//! A small venue for the server's tests, as the commands that make it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use sfund_engine::amount::{Money, Ppm, Price, Units};
use sfund_engine::calendar::Calendar;
use sfund_engine::cash::request_transfer::{Direction, RequestTransfer};
use sfund_engine::cash::settle_transfer::{SettleTransfer, TransferOutcome};
use sfund_engine::command::Command;
use sfund_engine::entry::{Attempt, Caller, Header, fingerprint};
use sfund_engine::id::{FundId, PartyId, SegmentId, Sequence, TransferId};
use sfund_engine::policy::{Fees, HolderCaps, InvestorRules, Limits, Pack, Permission, Rates};
use sfund_engine::registry::fund::{Currency, FundDetails, LegalForm};
use sfund_engine::registry::issue_units::IssueUnits;
use sfund_engine::registry::party::{PartyDetails, PartyForm, Qualification, Role};
use sfund_engine::registry::qualify::Qualify;
use sfund_engine::registry::register_fund::RegisterFund;
use sfund_engine::registry::register_party::RegisterParty;
use sfund_engine::time::{Date, Time};
use sfund_engine::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use sfund_engine::trading::place_order::PlaceOrder;
use sfund_engine::trading::side::Side;
use sfund_engine::venue::open_venue::{OpenVenue, Staff};
use sfund_engine::venue::segment::SegmentDetails;

use crate::journal::memory::Disk;
use crate::journal::{Block, Digest, Draft, Error, Head, Identity, Journal, Reader, Writer};
use crate::recovery::recover;
use crate::sequencer::{
    Fatal, HandClock, Limits as SequencerLimits, Mode, Parts, Sequencer, Submission, encode_entry,
};

pub(crate) const OPERATOR: PartyId = PartyId::new(0);
pub(crate) const BANK: PartyId = PartyId::new(2);
/// Holds 1,000,000 units of FUND.
pub(crate) const ALICE: PartyId = PartyId::new(5);
/// Has cash of 100,000,000.
pub(crate) const CAROL: PartyId = PartyId::new(6);
/// A tick of 0.01, lots of 1 unit, no fees.
pub(crate) const FUND: FundId = FundId::new(0);

pub(crate) fn opening() -> Time {
    date("2026-11-24").at_minute(9 * 60 + 30, 480)
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) const fn units(whole: u64) -> Units {
    Units::from_e2(whole * 100)
}

pub(crate) const fn cents(price: u64) -> Price {
    Price::from_e4(price * 100)
}

/// The commands that open the venue and make it ready to trade, and who gives them.
pub(crate) fn setup() -> Vec<(Caller, Command)> {
    let operator = Caller::Party(OPERATOR);
    let register = |code: &str, role| {
        let details = PartyDetails {
            code: code.to_owned(),
            name: format!("Party {code}"),
            role,
            form: PartyForm::Institution,
            look_through: 1,
            tier: 0,
            member: None,
        };
        (operator, Command::RegisterParty(Box::new(RegisterParty { details })))
    };
    let qualify = |party| {
        let qualification = Qualification {
            evidence: [7; 32],
            certifier: "律师事务所".to_owned(),
            expires: date("2027-11-24"),
            net_assets: Money::from_fen(5_000_000_000),
            financial_assets: Money::from_fen(5_000_000_000),
            income: Money::ZERO,
        };
        (operator, Command::Qualify(Box::new(Qualify { party, qualification })))
    };
    let issue = IssueUnits {
        fund: FUND,
        party: ALICE,
        units: units(1_000_000),
        evidence: "认购协议".to_owned(),
    };
    let deposit = RequestTransfer {
        party: CAROL,
        direction: Direction::Deposit,
        currency: Currency::CNY,
        amount: Money::from_fen(10_000_000_000),
        reference: "REF".to_owned(),
    };
    let settle = SettleTransfer {
        transfer: TransferId::new(0),
        outcome: TransferOutcome::Confirmed,
        bank_reference: "BANK".to_owned(),
    };
    vec![
        (Caller::Venue, Command::OpenVenue(Box::new(open_venue()))),
        register("MANAGER", Role::Manager),
        register("ALICE", Role::Lp),
        register("CAROL", Role::SFund),
        qualify(ALICE),
        qualify(CAROL),
        (operator, Command::RegisterFund(Box::new(RegisterFund { details: fund() }))),
        (operator, Command::IssueUnits(Box::new(issue))),
        (Caller::Party(CAROL), Command::RequestTransfer(Box::new(deposit))),
        (Caller::Party(BANK), Command::SettleTransfer(Box::new(settle))),
    ]
}

pub(crate) fn open_venue() -> OpenVenue {
    let roles = [Role::Operator, Role::Supervisor, Role::SettlementBank, Role::Regulator];
    let staff = |(number, role): (u8, Role)| Staff {
        code: format!("STAFF-{number}"),
        name: format!("Staff {number}"),
        role,
        key_hash: [number; 32],
        key_expires: date("2027-12-31").at_minute(0, 480),
    };
    OpenVenue {
        name: "苏州股权交易中心".to_owned(),
        utc_offset_minutes: 480,
        calendar: Calendar {
            version: 1,
            from: date("2026-01-01"),
            until: date("2027-12-31"),
            holidays: [date("2026-12-25")].into(),
            makeup_days: [].into(),
        },
        segments: vec![segment()],
        staff: (0..).zip(roles).map(staff).collect(),
    }
}

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
            entity_net_assets_min: Money::ZERO,
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
            orders_per_party_max: 100_000,
            tranches_max: 100,
            order_days_max: 90,
            intention_days_max: 90,
            intentions_per_party_max: 20,
        },
        listing: None,
        matching: None,
    };
    let fees = Fees { tiers: vec![Rates { taker_buy: Ppm::new(1_500), ..Rates::default() }] };
    SegmentDetails { code: "MAIN".to_owned(), name: "Main".to_owned(), pack, fees, overlay: None }
}

pub(crate) fn fund() -> FundDetails {
    FundDetails {
        code: "SZ-001".to_owned(),
        name: "苏州创新一号基金".to_owned(),
        manager: PartyId::new(4),
        legal_form: LegalForm::Partnership,
        province: "JS".to_owned(),
        currency: Currency::CNY,
        segment: SegmentId::new(0),
        tick: cents(1),
        lot: units(1),
        minimum_ticket: units(1),
        holder_cap: None,
        term_ends: date("2030-12-31"),
    }
}

/// A limit order for FUND, good till cancelled.
pub(crate) fn order(party: PartyId, side: Side, price: Price, units: Units) -> PlaceOrder {
    PlaceOrder {
        party,
        fund: FUND,
        side,
        price: OrderPrice::Limit(price),
        units,
        peak: Units::ZERO,
        minimum: Units::ZERO,
        time_in_force: TimeInForce::GoodTillCancelled,
        post_only: PostOnly::No,
        self_trade: SelfTrade::CancelNewest,
        session: 0,
    }
}

/// A command as its party means it.
pub(crate) fn place(order: PlaceOrder) -> Submission {
    let caller = Caller::Party(order.party);
    Submission { caller, attempt: None, command: Command::PlaceOrder(order), mode: Mode::Commit }
}

/// The same, as the attempt with this id.
pub(crate) fn attempt(id: u8, submission: Submission) -> Submission {
    let encoded = minicbor::to_vec(&submission.command).unwrap();
    let attempt = Attempt { id: [id; 16], fingerprint: fingerprint(&encoded) };
    Submission { attempt: Some(attempt), ..submission }
}

pub(crate) fn disk() -> Disk {
    Disk::new(Identity { store: [7; 16], digest: Digest::Sha256 })
}

/// A sequencer on a disk, its clock, and what it said when it could not go on.
pub(crate) struct Server {
    pub(crate) sequencer: Sequencer,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) fatal: Arc<Mutex<Vec<Fatal>>>,
    pub(crate) gate: Gate,
}

/// A journal of so many blocks, of as many entries each, in which nothing happens.
pub(crate) fn journal_of(blocks: u64, entries: u64) -> Arc<dyn Reader> {
    let mut journal = disk().open().unwrap();
    let mut at = opening();
    for _ in 0..blocks {
        let head = journal.writer.newest();
        let mut draft = Draft::new(head.sequence.next(), 1);
        for _ in 0..entries {
            at = at.next();
            let sequence = Sequence::ZERO;
            let header = Header { sequence, at, caller: Caller::Venue, attempt: None };
            let mut body = Vec::new();
            encode_entry(&mut body, &header, &Command::Advance, Ok(&[]));
            draft.push(&body).unwrap();
        }
        let block = draft.seal(&head, journal.identity.digest);
        journal.writer.append(&block).unwrap();
    }
    journal.writer.sync().unwrap();
    journal.reader
}

/// Starts a sequencer on what is on the disk.
pub(crate) fn start(disk: &Disk) -> Server {
    start_with(disk, SequencerLimits::default())
}

pub(crate) fn start_with(disk: &Disk, limits: SequencerLimits) -> Server {
    let Journal { writer, reader, .. } = disk.open().unwrap();
    let recovered = recover(&reader, |_| {}).unwrap();
    let now = recovered.projection.market().now().max(opening());
    let clock = Arc::new(HandClock::new(now));
    let fatal: Arc<Mutex<Vec<Fatal>>> = Arc::default();
    let said = Arc::clone(&fatal);
    let gate = Gate::default();
    let writer = Box::new(GatedWriter { writer, gate: gate.clone() });
    let parts = Parts { writer, reader, projection: recovered.projection };
    let on_fatal = Arc::new(move |error| said.lock().unwrap().push(error));
    let sequencer =
        Sequencer::start(parts, Arc::<HandClock>::clone(&clock), limits, on_fatal).unwrap();
    Server { sequencer, clock, fatal, gate }
}

impl Server {
    /// Opens the venue and makes it ready to trade.
    pub(crate) async fn set_up(&self) {
        for (caller, command) in setup() {
            let what = command.kind().name();
            let submission = Submission { caller, attempt: None, command, mode: Mode::Commit };
            let answer = self.sequencer.handle().submit(submission).await.unwrap();
            assert!(answer.outcome().is_ok(), "{what}: {:?}", answer.outcome());
        }
    }

    /// Waits until everything answered so far is in the read models.
    pub(crate) async fn reach(&self, answer: &crate::sequencer::Answer) {
        let wait = std::time::Duration::from_secs(30);
        self.sequencer.read().reached(answer.sequence(), wait).await.unwrap();
    }
}

/// Holds syncs back until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar, AtomicBool)>);

impl Gate {
    /// Syncs wait from now on.
    pub(crate) fn close(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.2.store(false, Ordering::SeqCst);
    }

    /// Syncs go on.
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = false;
        self.0.1.notify_all();
    }

    /// Waits until a sync is held back.
    pub(crate) async fn holds(&self) {
        while !self.0.2.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    }

    fn pass(&self) {
        let mut is_closed = self.0.0.lock().unwrap();
        while *is_closed {
            self.0.2.store(true, Ordering::SeqCst);
            is_closed = self.0.1.wait(is_closed).unwrap();
        }
    }
}

struct GatedWriter {
    writer: Box<dyn Writer>,
    gate: Gate,
}

impl Writer for GatedWriter {
    fn append(&mut self, block: &Block) -> Result<(), Error> {
        self.writer.append(block)
    }

    fn sync(&mut self) -> Result<Head, Error> {
        self.gate.pass();
        self.writer.sync()
    }

    fn newest(&self) -> Head {
        self.writer.newest()
    }
}
