//! Orders: terms, amendments, cancellations, and what became of them.

use sfund_engine::call::trade::CallTraded;
use sfund_engine::command::Command;
use sfund_engine::event::Event;
use sfund_engine::id::{OrderId, PartyId};
use sfund_engine::trading::amend_order::{AmendOrder, TimePriority};
use sfund_engine::trading::cancel_all::CancelAll;
use sfund_engine::trading::cancel_order::CancelOrder;
use sfund_engine::trading::order::{OrderPrice, PostOnly, SelfTrade, TimeInForce};
use sfund_engine::trading::place_order::{PlaceOrder, Traded};
use sfund_engine::trading::side::Side;
use sfund_proto::v1;

use crate::read::views::{Deal, OrderView, TradeView};
use crate::wire::command::{Asked, AttemptId, Facts, asks, attempt, tells};
use crate::wire::fields::{Fields, Malformed, text_if_any, write_time};
use crate::wire::twins::Twin;

/// What an order stream places its orders for: 0 outlives it.
pub type Session = u64;

asks!(PlaceOrderRequest, |ask, by, fields| fields.message(
    "order",
    ask.order.as_ref(),
    |fields, terms| place(terms, by, 0, fields)
));
asks!(AmendOrderRequest, |ask, _, fields| fields.message(
    "amendment",
    ask.amendment.as_ref(),
    |fields, change| amend(change, fields)
));
asks!(CancelOrderRequest, |ask, _, fields| fields.message(
    "cancellation",
    ask.cancellation.as_ref(),
    |fields, which| cancel(which, fields)
));
asks!(CancelAllRequest, |ask, by, fields| {
    fields.message("cancellation", ask.cancellation.as_ref(), |fields, which| {
        cancel_all(which, by, fields)
    })
});

tells!(PlaceOrderResponse, |facts| { outcome: Some(outcome(facts.events)) });
tells!(AmendOrderResponse, |facts| { outcome: Some(outcome(facts.events)) });
tells!(CancelOrderResponse, |facts| { outcome: Some(outcome(facts.events)) });
tells!(CancelAllResponse, |facts| { closed_order_ids: closed_orders(facts.events) });

/// Reads one instruction of an order stream, placed for `session`.
///
/// # Errors
///
/// [`Malformed`] with all that is wrong.
pub fn instruction(
    instruction: &v1::OrderInstruction,
    by: PartyId,
    session: Session,
) -> Result<Asked, Malformed> {
    use v1::order_instruction::Instruction;
    let mut fields = Fields::default();
    let command = match &instruction.instruction {
        Some(Instruction::Place(terms)) => {
            fields.within("place", |fields| place(terms, by, session, fields))
        }
        Some(Instruction::Amend(change)) => fields.within("amend", |fields| amend(change, fields)),
        Some(Instruction::Cancel(which)) => fields.within("cancel", |fields| cancel(which, fields)),
        Some(Instruction::CancelAll(which)) => {
            fields.within("cancel_all", |fields| cancel_all(which, by, fields))
        }
        None => {
            fields.note("instruction", "is required");
            Command::CancelOrder(CancelOrder { order: OrderId::default() })
        }
    };
    let (id, dry_run) = (&instruction.request_id, instruction.validate_only);
    attempt(fields, id, dry_run, AttemptId::Optional, command)
}

fn place(terms: &v1::OrderTerms, by: PartyId, session: Session, fields: &mut Fields) -> Command {
    let price = fields.price("price", &terms.price);
    Command::PlaceOrder(PlaceOrder {
        party: fields.party_or("party_id", &terms.party_id, by),
        fund: fields.id("fund_id", &terms.fund_id),
        side: fields.choice("side", terms.side),
        price: match v1::OrderType::try_from(terms.r#type) {
            Ok(v1::OrderType::Limit) => OrderPrice::Limit(price),
            Ok(v1::OrderType::Market) => OrderPrice::Market(price),
            Ok(v1::OrderType::Unspecified) | Err(_) => {
                fields.note("type", "is required: a limit or a market order");
                OrderPrice::Limit(price)
            }
        },
        units: fields.units("units", &terms.units),
        peak: fields.units_or_none("peak", &terms.peak),
        minimum: fields.units_or_none("minimum", &terms.minimum),
        time_in_force: time_in_force(terms, fields),
        post_only: if terms.post_only { PostOnly::Yes } else { PostOnly::No },
        self_trade: fields
            .choice_if_any("self_trade", terms.self_trade)
            .unwrap_or(SelfTrade::CancelNewest),
        session,
    })
}

fn time_in_force(terms: &v1::OrderTerms, fields: &mut Fields) -> TimeInForce {
    let said = v1::TimeInForce::try_from(terms.time_in_force);
    if said != Ok(v1::TimeInForce::GoodTill) && terms.good_till.is_some() {
        fields.note("good_till", "goes with a good-till order only");
    }
    match said {
        Ok(v1::TimeInForce::Day) => TimeInForce::Day,
        Ok(v1::TimeInForce::GoodTillCancelled) => TimeInForce::GoodTillCancelled,
        Ok(v1::TimeInForce::GoodTill) => {
            TimeInForce::GoodTill(fields.time("good_till", terms.good_till.as_ref()))
        }
        Ok(v1::TimeInForce::ImmediateOrCancel) => TimeInForce::ImmediateOrCancel,
        Ok(v1::TimeInForce::FillOrKill) => TimeInForce::FillOrKill,
        Ok(v1::TimeInForce::Unspecified) | Err(_) => {
            fields.note("time_in_force", "is required");
            TimeInForce::Day
        }
    }
}

fn amend(change: &v1::Amendment, fields: &mut Fields) -> Command {
    let given = |text: &str| !text.is_empty();
    Command::AmendOrder(AmendOrder {
        order: fields.id("order_id", &change.order_id),
        price: given(&change.price).then(|| fields.price("price", &change.price)),
        units: given(&change.units).then(|| fields.units("units", &change.units)),
    })
}

fn cancel(which: &v1::Cancellation, fields: &mut Fields) -> Command {
    Command::CancelOrder(CancelOrder { order: fields.id("order_id", &which.order_id) })
}

fn cancel_all(which: &v1::MassCancellation, by: PartyId, fields: &mut Fields) -> Command {
    Command::CancelAll(CancelAll {
        party: fields.party_or("party_id", &which.party_id, by),
        fund: fields.id_if_any("fund_id", &which.fund_id),
        session: None,
    })
}

/// What the command that led to these events did to its order.
#[must_use]
pub fn outcome(events: &[Event]) -> v1::OrderOutcome {
    let mut told = v1::OrderOutcome::default();
    let Some(order) = subject(events) else { return told };
    told.order_id = order.to_string();
    told.state = v1::OrderState::Open.into();
    let mut left = None;
    for event in events {
        if let Event::OrderPlaced(fact) = event {
            told.hold = fact.hold.to_string();
            left = Some(fact.terms.units);
        } else if let Event::OrderAmended(fact) = event {
            told.hold = fact.hold.to_string();
            left = Some(fact.left);
            told.kept_time = fact.time == TimePriority::Kept;
        } else if let Event::Traded(fact) = event {
            told.fills.push(fill(fact, fact.taker_side, fact.taker));
        } else if let Event::OrderRested(fact) = event {
            left = Some(fact.left);
        } else if let Event::OrderClosed(fact) = event
            && fact.order == order
        {
            told.state = v1::OrderState::Closed.into();
            told.closing_reason = fact.reason.write();
            left = Some(fact.left);
        }
    }
    told.left = text_if_any(left);
    told
}

/// The order that a command placed, amended or cancelled: the first that its events name.
fn subject(events: &[Event]) -> Option<OrderId> {
    events.iter().find_map(|event| {
        if let Event::OrderPlaced(fact) = event {
            Some(fact.order)
        } else if let Event::OrderAmended(fact) = event {
            Some(fact.order)
        } else if let Event::OrderClosed(fact) = event {
            Some(fact.order)
        } else {
            None
        }
    })
}

/// The orders closed by these events.
#[must_use]
pub fn closed_orders(events: &[Event]) -> Vec<String> {
    let closed = |event: &Event| {
        let Event::OrderClosed(fact) = event else { return None };
        Some(fact.order.to_string())
    };
    events.iter().filter_map(closed).collect()
}

/// One answer on an order stream.
#[must_use]
pub fn answer(tag: u64, command: &Command, facts: &Facts<'_>) -> v1::OrderAnswer {
    use v1::order_answer::Answer;
    let told = if let Command::CancelAll(_) = command {
        let closed_order_ids = closed_orders(facts.events);
        Answer::MassCancel(v1::MassCancelOutcome { closed_order_ids })
    } else {
        Answer::Outcome(outcome(facts.events))
    };
    v1::OrderAnswer {
        tag,
        sequence: facts.sequence.number(),
        time: facts.time(),
        replayed: facts.replayed,
        answer: Some(told),
    }
}

/// A trade as the side that went `side` with `order` sees it.
fn fill(trade: &Traded, side: Side, order: OrderId) -> v1::Fill {
    let fee = match side {
        Side::Buy => trade.buyer_fee,
        Side::Sell => trade.seller_fee,
    };
    v1::Fill {
        trade_id: trade.trade.to_string(),
        price: trade.price.to_string(),
        units: trade.units.to_string(),
        cash: trade.cash.to_string(),
        fee: fee.to_string(),
        maker: order == trade.maker,
    }
}

/// The sides of a trade that are `party`'s: one, or in a trade with itself both.
pub fn my_trades(view: &TradeView, party: PartyId) -> impl Iterator<Item = v1::MyTrade> {
    let TradeView { stamp, deal } = *view;
    let (buyer, seller) = match deal {
        Deal::Book(fact) => (fact.buyer, fact.seller),
        Deal::Call(fact) => (fact.buyer, fact.seller),
    };
    let sides = [(Side::Buy, buyer), (Side::Sell, seller)].into_iter();
    sides.filter(move |(_, whose)| *whose == party).map(move |(side, _)| {
        let (order_id, fill, call_id) = match deal {
            Deal::Book(fact) => {
                let order = if side == fact.taker_side { fact.taker } else { fact.maker };
                (order.to_string(), fill(&fact, side, order), String::new())
            }
            Deal::Call(fact) => call_fill(&fact, side),
        };
        v1::MyTrade {
            party_id: party.to_string(),
            order_id,
            fund_id: deal.fund().to_string(),
            side: side.write(),
            fill: Some(fill),
            sequence: stamp.sequence.number(),
            time: Some(write_time(stamp.at)),
            call_id,
        }
    })
}

/// A trade of a call auction as one side of it sees it: its order, what it got, and the call.
fn call_fill(trade: &CallTraded, side: Side) -> (String, v1::Fill, String) {
    let (order, fee) = match side {
        Side::Buy => (trade.buy, trade.buyer_fee),
        Side::Sell => (trade.sell, trade.seller_fee),
    };
    let fill = v1::Fill {
        trade_id: trade.trade.to_string(),
        price: trade.price.to_string(),
        units: trade.units.to_string(),
        cash: trade.cash.to_string(),
        fee: fee.to_string(),
        // Both rested until the close.
        maker: true,
    };
    (order.to_string(), fill, trade.call.to_string())
}

/// Terms of an order.
#[must_use]
pub fn terms(terms: &PlaceOrder) -> v1::OrderTerms {
    let (kind, price) = match terms.price {
        OrderPrice::Limit(price) => (v1::OrderType::Limit, price),
        OrderPrice::Market(price) => (v1::OrderType::Market, price),
    };
    let (time_in_force, good_till) = match terms.time_in_force {
        TimeInForce::Day => (v1::TimeInForce::Day, None),
        TimeInForce::GoodTillCancelled => (v1::TimeInForce::GoodTillCancelled, None),
        TimeInForce::GoodTill(until) => (v1::TimeInForce::GoodTill, Some(write_time(until))),
        TimeInForce::ImmediateOrCancel => (v1::TimeInForce::ImmediateOrCancel, None),
        TimeInForce::FillOrKill => (v1::TimeInForce::FillOrKill, None),
    };
    v1::OrderTerms {
        party_id: terms.party.to_string(),
        fund_id: terms.fund.to_string(),
        side: terms.side.write(),
        r#type: kind.into(),
        price: price.to_string(),
        units: terms.units.to_string(),
        peak: terms.peak.to_string(),
        minimum: terms.minimum.to_string(),
        time_in_force: time_in_force.into(),
        good_till,
        post_only: terms.post_only == PostOnly::Yes,
        self_trade: terms.self_trade.write(),
    }
}

/// An order as its owner sees it.
#[must_use]
pub fn order(view: &OrderView) -> v1::Order {
    let now = PlaceOrder { price: view.price, units: view.units(), ..view.terms };
    let state = if view.closed.is_some() { v1::OrderState::Closed } else { v1::OrderState::Open };
    v1::Order {
        order_id: view.id.to_string(),
        terms: Some(terms(&now)),
        state: state.into(),
        closing_reason: view.closed.map_or(0, Twin::write),
        filled: view.filled.to_string(),
        left: view.left.to_string(),
        hold: view.hold.to_string(),
        placed_at: Some(write_time(view.placed.at)),
        expires: view.expires.map(write_time),
        closed_at: view.closed.map(|_| write_time(view.changed.at)),
        placed_sequence: view.placed.sequence.number(),
        cash: view.cash.to_string(),
        fees: view.fees.to_string(),
        changed_at: Some(write_time(view.changed.at)),
        request_id: text_if_any(view.attempt.map(|id| uuid::Uuid::from_bytes(id).hyphenated())),
    }
}
