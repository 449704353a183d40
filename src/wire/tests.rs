//! Requests into commands, and what is wrong with those that are none.

use prost_types::Timestamp;
use sfund_engine::amount::{Money, Ppm, Price, Units};
use sfund_engine::command::Command;
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, OrderId, PartyId, Sequence, TradeId};
use sfund_engine::policy::listing::ListingRules;
use sfund_engine::policy::overlay::StateRules;
use sfund_engine::policy::parameter::{Parameter, Rules};
use sfund_engine::policy::{Fees, Rates};
use sfund_engine::time::Time;
use sfund_engine::trading::cancel_order::OrderClosed;
use sfund_engine::trading::order::{Closing, OrderPrice, PostOnly, SelfTrade, TimeInForce};
use sfund_engine::trading::place_order::{OrderPlaced, OrderRested, PlaceOrder, Traded};
use sfund_engine::trading::side::Side;
use sfund_proto::v1;

use crate::wire::command::{Facts, Tell, read};
use crate::wire::fields::{Fields, Malformed, read_time, write_time};
use crate::wire::twins::Twin;
use crate::wire::{policy, trading};

const ALICE: PartyId = PartyId::new(1);
const ID: &str = "3b241101-e2bb-4255-8caf-4136c566a962";

fn terms() -> PlaceOrder {
    PlaceOrder {
        party: PartyId::new(7),
        fund: FundId::new(12),
        side: Side::Sell,
        price: OrderPrice::Limit(Price::from_e4(14_120)),
        units: Units::from_e2(800_000_000),
        peak: Units::from_e2(10_000),
        minimum: Units::ZERO,
        time_in_force: TimeInForce::GoodTill(Time::from_nanos(1_800_000_000_000_000_001)),
        post_only: PostOnly::Yes,
        self_trade: SelfTrade::CancelBoth,
        session: 0,
    }
}

fn place(terms: v1::OrderTerms) -> v1::PlaceOrderRequest {
    v1::PlaceOrderRequest { request_id: ID.to_owned(), validate_only: false, order: Some(terms) }
}

fn wrong(malformed: &Malformed) -> Vec<&str> {
    malformed.0.iter().map(|violation| violation.field.as_str()).collect()
}

#[test]
fn an_order_reads_back_what_it_was_written_as() {
    let all = [
        terms(),
        PlaceOrder {
            side: Side::Buy,
            price: OrderPrice::Market(Price::from_e4(1)),
            time_in_force: TimeInForce::FillOrKill,
            post_only: PostOnly::No,
            self_trade: SelfTrade::Decrement,
            ..terms()
        },
        PlaceOrder { time_in_force: TimeInForce::Day, ..terms() },
        PlaceOrder { time_in_force: TimeInForce::GoodTillCancelled, ..terms() },
        PlaceOrder { time_in_force: TimeInForce::ImmediateOrCancel, ..terms() },
    ];
    for terms in all {
        let asked = read(&place(trading::terms(&terms)), ALICE).unwrap();
        assert_eq!(asked.command, Command::PlaceOrder(terms));
        assert!(!asked.dry_run);
    }
}

#[test]
fn an_order_without_a_party_is_the_callers_own() {
    let message = v1::OrderTerms { party_id: String::new(), ..trading::terms(&terms()) };
    let Command::PlaceOrder(read) = read(&place(message), ALICE).unwrap().command else {
        panic!("an order");
    };
    assert_eq!(read.party, ALICE);
}

#[test]
fn everything_that_is_wrong_with_an_order_is_said_at_once() {
    let message = v1::OrderTerms {
        party_id: "fund-1".to_owned(),
        fund_id: String::new(),
        side: 9,
        r#type: 0,
        price: "1.41205".to_owned(),
        units: "-1".to_owned(),
        peak: "x".to_owned(),
        minimum: "1e3".to_owned(),
        time_in_force: 0,
        good_till: Some(Timestamp::default()),
        post_only: false,
        self_trade: 77,
    };
    let request = v1::PlaceOrderRequest {
        request_id: "no uuid".to_owned(),
        validate_only: false,
        order: Some(message),
    };
    let malformed = read(&request, ALICE).unwrap_err();
    assert_eq!(
        wrong(&malformed),
        [
            "order.price",
            "order.party_id",
            "order.fund_id",
            "order.side",
            "order.type",
            "order.units",
            "order.peak",
            "order.minimum",
            "order.good_till",
            "order.time_in_force",
            "order.self_trade",
            "request_id",
        ]
    );
}

#[test]
fn a_message_that_is_missing_is_named_once() {
    let request = v1::PlaceOrderRequest { request_id: ID.to_owned(), ..Default::default() };
    assert_eq!(wrong(&read(&request, ALICE).unwrap_err()), ["order"]);
    let request = v1::AdoptPackRequest { request_id: ID.to_owned(), ..Default::default() };
    assert_eq!(wrong(&read(&request, ALICE).unwrap_err()), ["segment_id", "pack"]);
}

#[test]
fn an_attempt_needs_an_id_and_a_dry_run_none() {
    let mut request = place(trading::terms(&terms()));
    let asked = read(&request, ALICE).unwrap();
    let attempt = asked.attempt.unwrap();
    assert_eq!(uuid::Uuid::from_bytes(attempt.id).to_string(), ID);

    request.validate_only = true;
    let asked = read(&request, ALICE).unwrap();
    assert_eq!((asked.attempt, asked.dry_run), (None, true));
    request.request_id = String::new();
    assert!(read(&request, ALICE).is_ok());
    request.validate_only = false;
    assert_eq!(wrong(&read(&request, ALICE).unwrap_err()), ["request_id"]);
    for not in ["00000000-0000-0000-0000-000000000000", "3b241101e2bb42558caf4136c566a962"] {
        request.request_id = not.to_owned();
        assert_eq!(wrong(&read(&request, ALICE).unwrap_err()), ["request_id"], "{not}");
    }
}

#[test]
fn the_same_order_over_another_connection_is_the_same_attempt() {
    let instruction = v1::OrderInstruction {
        tag: 1,
        request_id: ID.to_owned(),
        validate_only: false,
        instruction: Some(v1::order_instruction::Instruction::Place(trading::terms(&terms()))),
    };
    let unary = read(&place(trading::terms(&terms())), ALICE).unwrap();
    let streamed = trading::instruction(&instruction, ALICE, 5).unwrap();
    let again = trading::instruction(&instruction, ALICE, 6).unwrap();
    assert_eq!(unary.attempt, streamed.attempt);
    assert_eq!(unary.attempt, again.attempt);
    assert_ne!(unary.command, streamed.command);

    let other = PlaceOrder { units: Units::from_e2(1), ..terms() };
    let other = read(&place(trading::terms(&other)), ALICE).unwrap();
    assert_ne!(unary.attempt, other.attempt);
}

#[test]
fn an_instruction_may_come_without_an_attempt_id() {
    let cancel = v1::Cancellation { order_id: "order-17".to_owned() };
    let instruction = v1::OrderInstruction {
        instruction: Some(v1::order_instruction::Instruction::Cancel(cancel)),
        ..Default::default()
    };
    assert_eq!(trading::instruction(&instruction, ALICE, 0).unwrap().attempt, None);
    let empty = v1::OrderInstruction::default();
    assert_eq!(wrong(&trading::instruction(&empty, ALICE, 0).unwrap_err()), ["instruction"]);
}

#[test]
fn an_outcome_tells_of_fills_and_of_what_rests_or_closed() {
    let (order, maker) = (OrderId::new(5), OrderId::new(3));
    let placed = Event::OrderPlaced(OrderPlaced {
        order,
        terms: terms(),
        hold: Money::ZERO,
        schedule: 0,
        expires: None,
    });
    let traded = Event::Traded(Traded {
        trade: TradeId::new(9),
        fund: FundId::new(12),
        maker,
        taker: order,
        taker_side: Side::Sell,
        price: Price::from_e4(14_120),
        units: Units::from_e2(10_000),
        cash: Money::from_fen(14_120),
        buyer: ALICE,
        seller: PartyId::new(7),
        buyer_fee: Money::from_fen(21),
        seller_fee: Money::from_fen(14),
        buyer_before: Units::ZERO,
        seller_before: Units::ZERO,
    });
    let maker_closed = Event::OrderClosed(OrderClosed {
        order: maker,
        reason: Closing::Filled,
        left: Units::ZERO,
    });
    let rested = Event::OrderRested(OrderRested { order, left: Units::from_e2(799_990_000) });
    let events = [placed.clone(), traded.clone(), maker_closed.clone(), rested];
    let facts = Facts {
        sequence: Sequence::new(8),
        at: Time::from_nanos(1_500_000_000),
        replayed: true,
        events: &events,
    };
    let told = v1::PlaceOrderResponse::tell(&facts);
    assert_eq!((told.sequence, told.replayed), (8, true));
    assert_eq!(told.time, Some(Timestamp { seconds: 1, nanos: 500_000_000 }));
    let outcome = told.outcome.unwrap();
    assert_eq!(outcome.order_id, "order-5");
    assert_eq!(outcome.state(), v1::OrderState::Open);
    assert_eq!(outcome.left, "7999900.00");
    assert_eq!((&outcome.fills[0].fee[..], outcome.fills[0].maker), ("0.14", false));

    let left = Units::from_e2(799_990_000);
    let closed = Event::OrderClosed(OrderClosed { order, reason: Closing::NotFilled, left });
    let outcome = trading::outcome(&[placed, traded, maker_closed, closed]);
    assert_eq!(outcome.state(), v1::OrderState::Closed);
    assert_eq!(outcome.closing_reason(), v1::ClosingReason::NotFilled);
}

#[test]
fn a_pack_reads_back_what_it_was_written_as() {
    let message = v1::Pack {
        code: "cn-regional".to_owned(),
        version: 3,
        valid_from: "2026-01-01".to_owned(),
        jurisdiction: "CN-JS".to_owned(),
        continuous_allowed: false,
        call_auction_allowed: true,
        turnaround_trading_days: 5,
        holder_caps: Some(v1::HolderCaps {
            partnership: 50,
            limited_liability: 50,
            joint_stock: 200,
            contract: 200,
        }),
        investors: Some(v1::InvestorRules {
            investment_min: "1000000.00".to_owned(),
            entity_net_assets_min: "10000000.00".to_owned(),
            entity_financial_assets_min: "0.00".to_owned(),
            person_financial_assets_min: "3000000.00".to_owned(),
            person_income_min: "500000.00".to_owned(),
            natural_persons_allowed: true,
        }),
        province: "JS".to_owned(),
        price_band: "0.100000".to_owned(),
        trading_hours: Some(v1::TradingHours { opens_minute: 570, closes_minute: 900 }),
        limits: Some(v1::PackLimits {
            fills_max: 1_000,
            orders_per_party_max: 10_000,
            tranches_max: 100,
            order_days_max: 90,
            intention_days_max: 30,
            intentions_per_party_max: 100,
        }),
        listing_parameters: largest::<ListingRules>(),
        matching_parameters: Vec::new(),
    };
    let mut fields = Fields::default();
    let pack = policy::read_pack(&mut fields, &message);
    let pack = fields.done(pack).unwrap();
    assert_eq!(pack.price_band, Some(Ppm::new(100_000)));
    assert_eq!(policy::pack(&pack), message);

    let mut fields = Fields::default();
    let broken = v1::Pack {
        valid_from: "2026-02-30".to_owned(),
        turnaround_trading_days: 70_000,
        holder_caps: None,
        code: "x".repeat(65),
        ..message
    };
    let pack = policy::read_pack(&mut fields, &broken);
    let malformed = fields.done(pack).unwrap_err();
    assert_eq!(wrong(&malformed), ["code", "valid_from", "turnaround_trading_days", "holder_caps"]);
}

/// Every parameter of such rules, at the largest value that it takes.
fn largest<R: Rules>() -> Vec<v1::PackParameter> {
    let parameter = |known: &Parameter| v1::PackParameter {
        name: known.name.to_owned(),
        value: known.show(known.form.bounds().1),
        unit: known.unit.to_owned(),
        rule: known.rule.to_owned(),
    };
    R::known().into_iter().map(parameter).collect()
}

#[test]
fn an_overlay_reads_back_and_each_parameter_that_is_wrong_is_named() {
    let message = v1::PackOverlay {
        code: "soe".to_owned(),
        version: 2,
        valid_from: "2026-01-01".to_owned(),
        jurisdiction: "CN".to_owned(),
        parameters: largest::<StateRules>(),
    };
    let mut fields = Fields::default();
    let overlay = policy::read_overlay(&mut fields, Some(&message));
    let overlay = fields.done(overlay).unwrap().unwrap();
    assert_eq!(policy::overlay(&overlay), message);

    let mut broken = message;
    broken.parameters[1].value = "0".to_owned();
    broken.parameters[2].name = "floor".to_owned();
    broken.parameters[4] = broken.parameters[3].clone();
    let mut fields = Fields::default();
    let overlay = policy::read_overlay(&mut fields, Some(&broken));
    let malformed = fields.done(overlay).unwrap_err();
    let said: Vec<_> =
        malformed.0.iter().map(|wrong| format!("{} {}", wrong.field, wrong.description)).collect();
    expect_test::expect![[r#"
        overlay.parameters[1].value of reappraisal_months must be a whole number from 1 to 60
        overlay.parameters[2].name is no parameter of these rules
        overlay.parameters[4].name names floor_min twice
        overlay.parameters lacks first_floor_min
        overlay.parameters lacks below_floor_min"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn fees_read_back_and_a_wrong_tier_is_named_by_its_place() {
    let fees = Fees {
        tiers: vec![Rates::default(), Rates { maker_buy: Ppm::new(7), ..Rates::default() }],
    };
    let mut message = policy::fees(&fees);
    let mut fields = Fields::default();
    assert_eq!(policy::read_fees(&mut fields, &message), fees);
    message.tiers[1].taker_sell = "0.0015000".to_owned();
    policy::read_fees(&mut fields, &message);
    assert_eq!(wrong(&fields.done(()).unwrap_err()), ["tiers[1].taker_sell"]);
}

#[test]
fn a_calendar_reads_back_and_a_day_named_twice_is_malformed() {
    let message = v1::Calendar {
        version: 2,
        from_date: "2026-01-01".to_owned(),
        until_date: "2026-12-31".to_owned(),
        holidays: vec!["2026-10-01".to_owned(), "2026-10-02".to_owned()],
        makeup_days: vec!["2026-10-10".to_owned()],
    };
    let mut fields = Fields::default();
    let calendar = policy::read_calendar(&mut fields, &message);
    assert_eq!(policy::calendar(&fields.done(calendar).unwrap()), message);

    let mut fields = Fields::default();
    let twice = v1::Calendar { holidays: vec!["2026-10-01".to_owned(); 2], ..message };
    policy::read_calendar(&mut fields, &twice);
    assert_eq!(wrong(&fields.done(()).unwrap_err()), ["holidays"]);
}

#[test]
fn instants_read_back_to_the_nanosecond_and_others_are_refused() {
    for nanos in [0, 1, 999_999_999, 1_000_000_000, 1_800_000_000_123_456_789, u64::MAX] {
        let time = Time::from_nanos(nanos);
        assert_eq!(read_time(&write_time(time)), Some(time));
    }
    for (seconds, nanos) in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0)] {
        assert_eq!(read_time(&Timestamp { seconds, nanos }), None);
    }
}

#[test]
fn every_twin_reads_back() {
    for number in 1..=12 {
        assert_eq!(Closing::read(number).unwrap().write(), number);
    }
    assert_eq!((Closing::read(0), Closing::read(13), Side::read(-1)), (None, None, None));
}

#[test]
fn a_transfer_a_key_and_a_party_say_what_is_wrong_with_each_field() {
    let request = v1::RequestTransferRequest {
        request_id: ID.to_owned(),
        amount: "10.001".to_owned(),
        currency: "cny".to_owned(),
        ..Default::default()
    };
    let malformed = read(&request, ALICE).unwrap_err();
    assert_eq!(wrong(&malformed), ["direction", "currency", "amount", "reference"]);

    let request = v1::IssueKeyRequest {
        request_id: ID.to_owned(),
        party_id: "party-3".to_owned(),
        key_hash: vec![0; 31],
        ..Default::default()
    };
    assert_eq!(wrong(&read(&request, ALICE).unwrap_err()), ["key_hash", "scope", "expires"]);

    let request = v1::RegisterPartyRequest {
        request_id: ID.to_owned(),
        details: Some(v1::PartyDetails { tier: 256, name: "n".repeat(513), ..Default::default() }),
        ..Default::default()
    };
    let malformed = read(&request, ALICE).unwrap_err();
    assert_eq!(
        wrong(&malformed),
        ["details.code", "details.name", "details.role", "details.form", "details.tier"]
    );
}
