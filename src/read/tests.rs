//! The read models against the market they are copied from.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::expect;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sfund_engine::amount::{Money, Units};
use sfund_engine::cash::request_transfer::{Direction, RequestTransfer};
use sfund_engine::command::Command;
use sfund_engine::entry::{Caller, Header};
use sfund_engine::event::Event;
use sfund_engine::id::{
    FundId, IntentionId, LockId, OrderId, PartyId, ProposalId, SegmentId, TransferId,
};
use sfund_engine::market::Judgement;
use sfund_engine::policy::{Fees, Rates};
use sfund_engine::registry::fund::{Currency, TradingState};
use sfund_engine::registry::lock_units::{LockKind, LockUnits};
use sfund_engine::registry::unlock_units::UnlockUnits;
use sfund_engine::reject::Reject;
use sfund_engine::trading::amend_order::AmendOrder;
use sfund_engine::trading::board::{PostIntention, WithdrawIntention};
use sfund_engine::trading::cancel_all::CancelAll;
use sfund_engine::trading::cancel_order::CancelOrder;
use sfund_engine::trading::order::SelfTrade;
use sfund_engine::trading::set_reference::SetReference;
use sfund_engine::trading::set_trading_state::{SetTradingState, TradingScope};
use sfund_engine::trading::side::Side;
use sfund_engine::venue::issue_key::{IssueKey, KeyScope};
use sfund_engine::venue::propose::{ProposalEnd, Review, Verdict};
use sfund_engine::venue::set_fees::SetFees;

use crate::fixture::{
    ALICE, BANK, CAROL, FUND, OPERATOR, cents, date, opening, order, setup, units,
};
use crate::journal::{Digest, Hash, Head};
use crate::published::{Block, Kept, Record, Recorded};
use crate::read::page::{Ask, PAGE_LOOKS_MAX};
use crate::read::projection::Projection;
use crate::read::rings::Rings;
use crate::read::table::Table;
use crate::read::views::{Earliest, OrderStatus};
use crate::read::{OrderFilter, Read};

const SUPERVISOR: PartyId = PartyId::new(1);

/// Judges a command on the replica and applies its entry, as the publisher would.
fn ask(
    projection: &mut Projection,
    caller: Caller,
    command: Command,
) -> Result<Vec<Event>, Reject> {
    let market = projection.market();
    let header = Header {
        sequence: market.sequence().next(),
        at: market.now().max(opening()).plus_seconds(1),
        caller,
        attempt: None,
    };
    let mut events = Vec::new();
    let (outcome, answer) = match market.judge(&header, &command, &mut events) {
        Judgement::Accepted => {
            (Recorded::Accepted { from: 0, to: events.len() }, Ok(events.clone()))
        }
        Judgement::Refused(reject) => (Recorded::Refused(reject), Err(reject)),
        other @ (Judgement::Repeated(_) | Judgement::Unrecorded(_)) => panic!("{other:?}"),
    };
    let hash = Hash::from_bytes([0; 32]);
    projection.apply(&Block {
        head: Head { sequence: header.sequence, term: 1, hash },
        records: vec![Record { header, command, outcome }],
        hashes: vec![hash],
        events,
        public: Kept::default(),
        books: Kept::default(),
    });
    answer
}

#[track_caller]
fn accept(projection: &mut Projection, party: PartyId, command: Command) -> Vec<Event> {
    let words = format!("{command:?}");
    let answer = ask(projection, Caller::Party(party), command);
    answer.unwrap_or_else(|reject| panic!("{words}: {reject}"))
}

fn trading() -> Projection {
    let mut projection = Projection::new();
    for (caller, command) in setup() {
        ask(&mut projection, caller, command).unwrap();
    }
    projection
}

/// Every row of the models that has a place in the market, in words.
fn dump(read: &Read) -> String {
    let models = &read.0;
    let mut text = String::new();
    writeln!(text, "{:?} {:?} {:?}", read.newest(), read.venue(), read.houses()).unwrap();
    writeln!(text, "{:?}\n{:?}", models.segments.all(), models.parties.all()).unwrap();
    writeln!(text, "{:?}\n{:?}", models.keys.all(), models.proposals.all()).unwrap();
    writeln!(text, "{:?}\n{:?}", models.funds.all(), models.holdings.all()).unwrap();
    writeln!(text, "{:?}\n{:?}", models.locks.all(), models.cash.all()).unwrap();
    writeln!(text, "{:?}\n{:?}", models.transfers.all(), models.intentions.all()).unwrap();
    writeln!(text, "{:?}\n{:?}", models.sweeps.all(), models.party_keys).unwrap();
    writeln!(text, "{:?}\n{:?}", models.holders, models.fund_intentions).unwrap();
    let mut orders: Vec<_> = models.orders.iter().map(|row| Arc::clone(&row)).collect();
    orders.sort_by_key(|view| view.id);
    writeln!(text, "{orders:?}").unwrap();
    for view in read.funds(&Ask::first(), |_| true).rows {
        let (id, depth) = (view.id, read.depth(view.id));
        writeln!(text, "{view:?} {:?} {:?}", depth.bids, depth.asks).unwrap();
        writeln!(text, "{:?}", read.trades_of_fund(id, &Ask::first())).unwrap();
    }
    text
}

/// What the models say is what a copy of the whole market says.
#[track_caller]
fn assert_exact(projection: &Projection) {
    let history = projection.encode_history();
    let restored = Projection::restore(projection.market().clone(), &history).unwrap();
    for (live, copy) in dump(&projection.read()).lines().zip(dump(&restored.read()).lines()) {
        assert_eq!(live, copy);
    }
    assert_eq!(restored.encode_history(), history);
    for (order, record) in projection.market().open_orders() {
        let view = projection.read().order(order).unwrap();
        assert_eq!((view.left, view.filled), (record.left(), record.filled));
        assert_eq!((view.hold, view.closed), (record.hold, None), "{view:?}");
    }
    let open = projection.read().0.open_orders.iter().map(|row| row.len()).sum::<usize>();
    assert_eq!(open, projection.market().open_orders().count());
}

#[test]
fn every_row_is_the_markets_own_after_any_trading() {
    for seed in 0..20 {
        println!("seed {seed}");
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut projection = trading();
        let mut placed: Vec<(PartyId, OrderId)> = Vec::new();
        for _ in 0..300 {
            let party = if random.random() { ALICE } else { CAROL };
            let command = match random.random_range(0..10) {
                0 | 1 if !placed.is_empty() => {
                    let order = placed[random.random_range(0..placed.len())].1;
                    Command::CancelOrder(CancelOrder { order })
                }
                2 | 3 if !placed.is_empty() => Command::AmendOrder(AmendOrder {
                    order: placed[random.random_range(0..placed.len())].1,
                    price: random.random_bool(0.5).then(|| cents(random.random_range(95..=105))),
                    units: random.random_bool(0.5).then(|| units(random.random_range(1..=50))),
                }),
                4 if random.random_ratio(1, 10) => {
                    Command::CancelAll(CancelAll { party, fund: None, session: None })
                }
                _ => {
                    // Carol has units too once she bought, and meets herself.
                    let side = if random.random() { Side::Sell } else { Side::Buy };
                    let price = cents(random.random_range(95..=105));
                    let mut wanted = order(party, side, price, units(random.random_range(1..=50)));
                    if random.random_ratio(1, 3) {
                        wanted.peak = units(random.random_range(1..=10));
                    }
                    wanted.self_trade = match random.random_range(0..4) {
                        0 => SelfTrade::CancelNewest,
                        1 => SelfTrade::CancelOldest,
                        2 => SelfTrade::CancelBoth,
                        _ => SelfTrade::Decrement,
                    };
                    Command::PlaceOrder(wanted)
                }
            };
            if let Ok(events) = ask(&mut projection, Caller::Party(party), command)
                && let Some(Event::OrderPlaced(fact)) = events.first()
            {
                placed.push((party, fact.order));
            }
            while projection.market().next_deadline().is_some() {
                ask(&mut projection, Caller::Venue, Command::Advance).unwrap();
            }
        }
        assert_exact(&projection);
    }
}

#[test]
fn every_kind_of_record_is_found_and_its_end_is_remembered() {
    let mut projection = trading();
    let read = projection.read();
    let first = Ask::first;

    let ask_lock = LockUnits {
        party: ALICE,
        fund: FUND,
        units: units(100),
        kind: LockKind::Freeze,
        pledgee: None,
        evidence: "court order".to_owned(),
    };
    accept(&mut projection, OPERATOR, Command::LockUnits(Box::new(ask_lock)));
    let lock = read.locks(&Ask::first(), |_| true).rows[0].id;
    assert_eq!(read.holding(ALICE, FUND).unwrap().frozen, units(100));
    assert_exact(&projection);
    let ask_unlock = UnlockUnits { lock, evidence: "lifted".to_owned() };
    accept(&mut projection, OPERATOR, Command::UnlockUnits(Box::new(ask_unlock)));
    assert!(read.lock(lock).is_none() && lock == LockId::new(0));
    assert!(read.locks_released(ALICE, FUND, &first()).rows[0].released.is_some());
    let lines = read.register_lines(ALICE, FUND, &first()).rows;
    assert_eq!((lines[0].before.frozen, lines[0].after.frozen), (units(100), Units::ZERO));
    assert_eq!(lines.last().unwrap().after.available, units(1_000_000));

    let ask_transfer = RequestTransfer {
        party: CAROL,
        direction: Direction::Withdrawal,
        currency: Currency::CNY,
        amount: Money::from_fen(700),
        reference: "OUT".to_owned(),
    };
    accept(&mut projection, CAROL, Command::RequestTransfer(Box::new(ask_transfer)));
    assert_eq!(read.cash(CAROL, Currency::CNY).unwrap().held, Money::from_fen(700));
    assert!(read.transfer(TransferId::new(1)).is_some());
    assert_exact(&projection);
    let refuse = sfund_engine::cash::settle_transfer::SettleTransfer {
        transfer: TransferId::new(1),
        outcome: sfund_engine::cash::settle_transfer::TransferOutcome::Refused,
        bank_reference: "NO".to_owned(),
    };
    accept(&mut projection, BANK, Command::SettleTransfer(Box::new(refuse)));
    assert!(read.transfers(&first_transfer(), |_| true).rows.is_empty());
    let settled = &read.transfers_settled(CAROL, &first()).rows;
    assert_eq!(settled.len(), 2);
    assert_eq!(settled[0].settled.as_ref().unwrap().bank_reference, "NO");
    assert_eq!(read.cash_lines(CAROL, Currency::CNY, &first()).rows[0].after.held, Money::ZERO);

    let fees = Fees { tiers: vec![Rates::default()] };
    let ask_fees = SetFees { segment: SegmentId::new(0), fees: fees.clone() };
    accept(&mut projection, OPERATOR, Command::SetFees(Box::new(ask_fees)));
    let proposal = ProposalId::new(0);
    assert_eq!(read.proposal(proposal).unwrap().proposal.by, OPERATOR);
    assert_exact(&projection);
    let review = Review { proposal, verdict: Verdict::Approve };
    accept(&mut projection, SUPERVISOR, Command::Review(review));
    assert!(read.proposal(proposal).is_none());
    let ended = read.proposals_ended(&first()).rows[0].ended.unwrap();
    assert_eq!((ended.end, ended.by), (ProposalEnd::Approved, Some(SUPERVISOR)));
    assert_eq!(read.segment(SegmentId::new(0)).unwrap().fees, fees);

    let expires = date("2027-01-01").at_minute(0, 480);
    let key = IssueKey { party: ALICE, key_hash: [9; 32], scope: KeyScope::ReadOnly, expires };
    accept(&mut projection, OPERATOR, Command::IssueKey(Box::new(key)));
    assert_eq!(read.keys_of(ALICE, &Ask::first()).rows.len(), 1);
    assert_eq!(read.key(&[9; 32]).unwrap().party, ALICE);

    let reference = SetReference {
        fund: FUND,
        price: cents(100),
        source: "NAV".to_owned(),
        valid_until: expires,
    };
    accept(&mut projection, OPERATOR, Command::SetReference(Box::new(reference)));
    let halt = SetTradingState {
        scope: TradingScope::Segment(SegmentId::new(0)),
        state: TradingState::Halted,
        reason: "news".to_owned(),
    };
    accept(&mut projection, OPERATOR, Command::SetTradingState(Box::new(halt)));
    let fund = read.fund(FUND).unwrap();
    assert_eq!((fund.state, fund.fund.state), (TradingState::Halted, TradingState::Open));
    assert_eq!(fund.fund.reference.unwrap().price, cents(100));
    assert_eq!(fund.holder_cap, 50);
    assert_exact(&projection);
}

#[test]
fn who_only_asked_for_a_first_deposit_has_no_account_yet() {
    let mut projection = trading();
    let ask = RequestTransfer {
        party: ALICE,
        direction: Direction::Deposit,
        currency: Currency::CNY,
        amount: Money::from_fen(100),
        reference: "R".to_owned(),
    };
    accept(&mut projection, ALICE, Command::RequestTransfer(Box::new(ask)));
    // Nor has it one after a start from a snapshot, which copies the market's accounts.
    assert!(projection.market().cash_accounts().iter().all(|cash| cash.party != ALICE));
    assert_eq!(projection.read().cash(ALICE, Currency::CNY), None);
}

fn first_transfer() -> Ask<TransferId> {
    Ask::first()
}

#[test]
fn the_bytes_of_history_do_not_change_unnoticed() {
    let mut projection = trading();
    for (party, side) in [(ALICE, Side::Sell), (CAROL, Side::Buy), (CAROL, Side::Buy)] {
        let command = Command::PlaceOrder(order(party, side, cents(100), units(5)));
        accept(&mut projection, party, command);
    }
    let history = projection.encode_history();
    let digest = Digest::Sha256.hash(&[&history]);
    expect!["836 b7ca9a54969408c5b72bf3ed3d34eed82c3cfdad84d314040de30c88485334a3"]
        .assert_eq(&format!("{} {digest}", history.len()));
}

#[test]
fn both_parties_hear_of_each_other() {
    let mut projection = trading();
    let read = projection.read();
    let expires = opening().plus_seconds(7 * 86_400);
    for (party, side) in [(ALICE, Side::Sell), (CAROL, Side::Buy)] {
        let terms =
            PostIntention { party, fund: FUND, side, price: cents(100), units: units(5), expires };
        accept(&mut projection, party, Command::PostIntention(terms));
    }
    for (party, own, other) in [(ALICE, 0, 1), (CAROL, 1, 0)] {
        let heard = read.suggestions(party, &Ask::first()).rows;
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].own, IntentionId::new(own));
        assert_eq!(heard[0].other, IntentionId::new(other));
        assert_ne!(heard[0].terms.party, party);
    }
    assert_exact(&projection);
    let withdraw = WithdrawIntention { intention: IntentionId::new(0) };
    accept(&mut projection, ALICE, Command::WithdrawIntention(withdraw));
    assert!(read.intention(IntentionId::new(0)).is_none());
    let left = read.intentions_of_fund(FUND, &Ask::first()).rows;
    assert_eq!((left.len(), left[0].terms.party), (1, CAROL));
    assert_exact(&projection);
}

#[test]
fn a_sweep_is_seen_while_it_runs_and_after() {
    let mut projection = trading();
    let read = projection.read();
    for _ in 0..10 {
        let command = Command::PlaceOrder(order(ALICE, Side::Sell, cents(100), units(1)));
        accept(&mut projection, ALICE, command);
    }
    let all = CancelAll { party: ALICE, fund: None, session: None };
    accept(&mut projection, ALICE, Command::CancelAll(all));
    while projection.market().next_deadline().is_some() {
        assert_exact(&projection);
        ask(&mut projection, Caller::Venue, Command::Advance).unwrap();
    }
    assert!(read.sweeps().is_empty());
    assert_eq!(read.sweeps_ended(&Ask::first()).rows.len(), 1);
    let filter = OrderFilter { fund: Some(FUND), session: None };
    assert!(read.orders_open(ALICE, filter, &Ask::first()).rows.is_empty());
    let closed = read.orders_closed(ALICE, filter, &Ask::first()).rows;
    assert_eq!(closed.len(), 10);
    assert!(matches!(closed[0].status(), OrderStatus::Closed(_)));
    let other = OrderFilter { fund: Some(FundId::new(1)), session: None };
    assert!(read.orders_closed(ALICE, other, &Ask::first()).rows.is_empty());
}

#[test]
fn a2_a_meter_says_from_when_the_other_side_is_open() {
    let projection = trading();
    let calendar = &projection.market().venue().unwrap().calendar;
    let today = date("2026-11-24");
    let from = |traded, days| super::meters::earliest(calendar, today, traded, days);
    assert_eq!(from(None, 5), Earliest::Now);
    assert_eq!(from(Some(today), 0), Earliest::Now);
    assert_eq!(from(Some(today), 5), Earliest::On(date("2026-12-01")));
    assert_eq!(from(Some(date("2026-11-17")), 5), Earliest::Now);
    assert_eq!(from(Some(date("2026-11-18")), 5), Earliest::On(date("2026-11-25")));
    // Over the holiday of 2026-12-25, and over the end of the calendar.
    assert_eq!(from(Some(date("2026-12-24")), 1), Earliest::On(date("2026-12-28")));
    assert_eq!(from(Some(date("2027-12-31")), 5), Earliest::BeyondCalendar);
    let meters = projection.read().meters(ALICE, FUND, opening()).unwrap();
    assert_eq!((meters.holders, meters.holder_cap, meters.holds), (1, 50, true));
    assert_eq!((meters.sells_from, meters.buys_from), (Earliest::Now, Earliest::Now));
}

#[test]
fn pages_hold_every_row_once_whatever_their_size() {
    let table: Table<u32, u32> = Table::default();
    for number in 0..1_000 {
        table.put(number * 2, number);
    }
    for rows_max in [1, 7, 999, 1_000] {
        let (mut all, mut ask) = (Vec::new(), Ask { after: None, rows_max });
        loop {
            let page = table.page(100..=1_500, &ask, |number| number % 3 != 0);
            assert!(page.rows.len() <= rows_max);
            all.extend(page.rows.iter().map(|number| **number));
            let Some(next) = page.next else { break };
            ask = Ask::after(next, rows_max);
        }
        assert_eq!(all, (50..=750).filter(|number| number % 3 != 0).collect::<Vec<_>>());
    }
    let (later, earlier) = (10, 5);
    assert!(table.page(later..earlier, &Ask::first(), |_| true).rows.is_empty());
    assert!(table.page(0..=100, &Ask::after(200, 0), |_| true).rows.is_empty());
}

#[test]
fn a_filter_that_matches_nothing_looks_at_a_bounded_number_of_rows() {
    let table: Table<u32, u32> = Table::default();
    let rows = u32::try_from(PAGE_LOOKS_MAX).unwrap() + 10;
    for number in 0..rows {
        table.put(number, number);
    }
    let page = table.page(.., &Ask::first(), |_| false);
    assert_eq!((page.rows.len(), page.next), (0, Some(rows - 11)));
    let page = table.page(.., &Ask::after(rows - 11, 0), |_| false);
    assert_eq!(page.next, None);
}

/// The slow, obvious twin of the rings: one list.
#[test]
fn rings_keep_the_newest_rows_of_each_key_and_over_all() {
    for seed in 0..50 {
        println!("seed {seed}");
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (per_key, over_all) = (random.random_range(1..6), random.random_range(1..15));
        let mut rings: Rings<u8, u64> = Rings::new(per_key, over_all);
        let (mut twin, mut dropped) = (VecDeque::new(), 0);
        for number in 0..500 {
            let key: u8 = random.random_range(0..5);
            rings.push(key, number, |_| dropped += 1);
            twin.push_back((number, key));
            let of_key = twin.iter().filter(|(_, other)| *other == key).count();
            if per_key < of_key {
                let oldest = twin.iter().position(|(_, other)| *other == key).unwrap();
                twin.remove(oldest);
            }
            if over_all < twin.len() {
                twin.pop_front();
            }
            let (next, rows) = rings.all();
            let found: Vec<_> = rows.iter().map(|(number, key, _)| (*number, *key)).collect();
            assert_eq!(found, twin.iter().copied().collect::<Vec<_>>());
            assert_eq!(
                (next, dropped),
                (number + 1, number + 1 - u64::try_from(twin.len()).unwrap())
            );
            if random.random_ratio(1, 20) {
                let restored = Rings::new(per_key, over_all);
                restored.restore(next, rows.into_iter());
                rings = restored;
            }
        }
        for key in 0..5 {
            let (mut all, mut ask) = (Vec::new(), Ask { after: None, rows_max: 2 });
            loop {
                let page = rings.page(&key, &ask, |_| true);
                all.extend(page.rows.iter().copied());
                let Some(next) = page.next else { break };
                ask = Ask::after(next, 2);
            }
            let newest_first = twin.iter().rev().filter(|(_, other)| *other == key);
            assert_eq!(all, newest_first.map(|(number, _)| *number).collect::<Vec<_>>());
            for number in &all {
                assert!(rings.find(&key, |row| row.cmp(number)).is_some());
            }
        }
    }
}

#[tokio::test]
async fn a_query_waits_for_its_entry_and_no_longer_than_it_said() {
    let projection = trading();
    let read = projection.read();
    let newest = read.newest().sequence;
    let no_time = std::time::Duration::ZERO;
    assert_eq!(read.reached(newest, no_time).await, Ok(()));
    let early = read.reached(newest.next(), no_time).await.unwrap_err();
    assert_eq!((early.wanted, early.reached), (newest.next(), newest));
}
