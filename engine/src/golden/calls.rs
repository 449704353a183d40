//! A fixed value of every command and event of a call auction.

use super::{FUND, LATER, NOW, OTHER, PARTY, date};
use crate::amount::{Money, Price, Units};
use crate::auction::clear::RuleSet;
use crate::auction::ration::Margin;
use crate::call::cancel::{CallClosed, CancelCall};
use crate::call::cancel_order::{CallOrderClosed, CancelCallOrder};
use crate::call::place::{CallOrderPlaced, PlaceCallOrder};
use crate::call::schedule::{CallScheduled, ScheduleCall};
use crate::call::trade::CallTraded;
use crate::call::{CallFill, CallOutcome, CallRules, CallTerms, Print, Repetition};
use crate::command::Command;
use crate::event::Event;
use crate::id::{CallId, CallOrderId, TradeId};
use crate::policy::PackVersion;
use crate::reject::NotTradingLevel;
use crate::trading::order::{Closing, OrderPrice};
use crate::trading::side::Side;

const CALL: CallId = CallId::new(300);
const ORDER: CallOrderId = CallOrderId::new(70_000);
const PRICE: Price = Price::from_e4(12_300);
const UNITS: Units = Units::from_e2(45_600);

/// One of each kind, and more where a command has several shapes.
pub(super) fn commands() -> Vec<Command> {
    let price = OrderPrice::Market(PRICE);
    vec![
        Command::ScheduleCall(ScheduleCall { terms: terms(Some(repetition())) }),
        Command::ScheduleCall(ScheduleCall { terms: terms(None) }),
        Command::CancelCall(CancelCall { call: CALL }),
        Command::PlaceCallOrder(place()),
        Command::PlaceCallOrder(PlaceCallOrder { price, side: Side::Sell, ..place() }),
        Command::CancelCallOrder(CancelCallOrder { call: CALL, order: ORDER }),
    ]
}

/// One of each kind, and more where an event has several shapes.
pub(super) fn events() -> Vec<Event> {
    let mut events = vec![
        scheduled(RuleSet::Xetra, Margin::Time),
        scheduled(RuleSet::Euronext, Margin::ProRata),
        scheduled(RuleSet::Sse, Margin::ProRata),
        scheduled(RuleSet::Szse, Margin::Time),
        Event::CallOrderPlaced(CallOrderPlaced {
            order: ORDER,
            terms: place(),
            hold: Money::from_fen(123_456),
            schedule: 300,
        }),
        Event::CallOrderClosed(CallOrderClosed {
            call: CALL,
            order: ORDER,
            reason: Closing::HolderCap,
        }),
        Event::CallTraded(CallTraded {
            trade: TradeId::new(70_000),
            fund: FUND,
            call: CALL,
            buy: ORDER,
            sell: CallOrderId::new(3),
            price: PRICE,
            units: UNITS,
            cash: Money::from_fen(56_088),
            buyer: PARTY,
            seller: OTHER,
            buyer_fee: Money::from_fen(28),
            seller_fee: Money::from_fen(84),
            buyer_before: Units::from_e2(1),
            seller_before: Units::from_e2(50_000),
        }),
    ];
    events.extend(outcomes().map(|outcome| {
        let fact = CallClosed { call: CALL, outcome };
        Event::CallClosed(Box::new(fact))
    }));
    events
}

fn scheduled(price: RuleSet, margin: Margin) -> Event {
    let pack = PackVersion { code: "licensed".to_owned(), version: 3 };
    let rules = CallRules { price, margin, pack };
    let fact = CallScheduled { call: CALL, terms: terms(Some(repetition())), rules };
    Event::CallScheduled(Box::new(fact))
}

fn outcomes() -> [CallOutcome; 7] {
    let print = Print {
        price: PRICE,
        volume: UNITS,
        demand: Units::from_e2(50_000),
        supply: UNITS,
        reference: Price::from_e4(12_000),
    };
    let fill = |order, units| CallFill { order, units };
    let fills = vec![fill(CallOrderId::new(3), UNITS), fill(ORDER, UNITS)];
    [
        CallOutcome::Printed { print, fills },
        CallOutcome::NoCross,
        CallOutcome::NoReference,
        CallOutcome::NotTrading(NotTradingLevel::SegmentClosed),
        CallOutcome::Forbidden,
        CallOutcome::TermEnded,
        CallOutcome::Cancelled,
    ]
}

const fn terms(repeats: Option<Repetition>) -> CallTerms {
    CallTerms { fund: FUND, opens: NOW, closes: LATER, repeats }
}

fn repetition() -> Repetition {
    Repetition { trading_days: 5, until: date(3_650) }
}

const fn place() -> PlaceCallOrder {
    let price = OrderPrice::Limit(PRICE);
    PlaceCallOrder { call: CALL, party: OTHER, side: Side::Buy, price, units: UNITS }
}
