//! Orders of parties: look at them and cancel them (委托).

use clap::Subcommand;
use sfund_sdk::{
    FundId, MassCancellation, OrderFilter, OrderId, OrderPrice, OrderRecord, OrderState, PartyId,
    TimeInForce, WhichOrders,
};

use crate::choice::Choice as _;
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::output::{
    Cell, Record, Table, amount, count, maybe, moment, resting, text, texts, word,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Orders {
    /// List the orders of a party.
    List {
        /// Id or code; else the caller's own.
        party: Option<Named<PartyId>>,
        /// Only in this fund.
        #[arg(long)]
        fund: Option<Named<FundId>>,
        /// Those closed lately.
        #[arg(long)]
        closed: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one order.
    Show {
        /// The order.
        order: OrderId,
    },
    /// Cancel one order.
    Cancel {
        /// The order.
        order: OrderId,
    },
    /// Cancel all open orders of a party.
    CancelAll {
        /// Id or code.
        party: Named<PartyId>,
        /// Only in this fund.
        #[arg(long)]
        fund: Option<Named<FundId>>,
    },
}

pub(crate) async fn run(context: &Context, command: Orders) -> Result<(), Failure> {
    let trading = context.client.trading();
    match command {
        Orders::List { party, fund, closed, limit } => {
            let filter = OrderFilter {
                party: context.maybe_party(party.as_ref()).await?,
                fund: context.maybe_fund(fund.as_ref()).await?,
                which: if closed { WhichOrders::Closed } else { WhichOrders::Open },
            };
            let orders = trading.orders(filter).all(limit.wanted()).await?;
            Ok(context.output.table(&Table::of(COLUMNS, &orders, limit.limit, row))?)
        }
        Orders::Show { order } => {
            let order = trading.order(order).await?;
            Ok(context.output.record(&record(&order))?)
        }
        Orders::Cancel { order } => {
            let answer = context.give(trading.cancel(order)).await?;
            let record = Record::default().with("order", text(order));
            context.done(&answer, record.with("left", amount(answer.left)))
        }
        Orders::CancelAll { party, fund } => {
            let cancellation = MassCancellation {
                party: Some(context.party(&party).await?),
                fund: context.maybe_fund(fund.as_ref()).await?,
            };
            let answer = context.give(trading.cancel_all(cancellation)).await?;
            let closed: Vec<_> = answer.closed.iter().map(ToString::to_string).collect();
            context.done(&answer, Record::default().with("orders", texts(&closed)))
        }
    }
}

fn state(order: &OrderRecord) -> Cell {
    match order.state {
        OrderState::Open => resting(),
        OrderState::Closed(closing) => word(closing.name()),
    }
}

const fn time_in_force(order: &OrderRecord) -> &'static str {
    match order.terms.time_in_force {
        TimeInForce::Day => "day",
        TimeInForce::GoodTillCancelled => "good_till_cancelled",
        TimeInForce::GoodTill(_) => "good_till",
        TimeInForce::ImmediateOrCancel => "immediate_or_cancel",
        TimeInForce::FillOrKill => "fill_or_kill",
    }
}

const COLUMNS: &[&str] =
    &["id", "party", "fund", "side", "price", "units", "filled", "left", "state", "placed_at"];

fn row(order: &OrderRecord) -> Vec<Cell> {
    let terms = &order.terms;
    vec![
        text(order.id),
        maybe(terms.party, text),
        text(terms.fund),
        word(terms.side.name()),
        amount(terms.price.worst()),
        amount(terms.units),
        amount(order.filled),
        amount(order.left),
        state(order),
        maybe(order.placed_at, moment),
    ]
}

fn record(order: &OrderRecord) -> Record {
    let terms = &order.terms;
    let kind = match terms.price {
        OrderPrice::Limit(_) => "limit",
        OrderPrice::Market(_) => "market",
    };
    Record::default()
        .with("id", text(order.id))
        .with("party", maybe(terms.party, text))
        .with("fund", text(terms.fund))
        .with("side", word(terms.side.name()))
        .with("kind", word(kind))
        .with("price", amount(terms.price.worst()))
        .with("units", amount(terms.units))
        .with("filled", amount(order.filled))
        .with("left", amount(order.left))
        .with("peak", amount(terms.peak))
        .with("minimum", amount(terms.minimum))
        .with("time_in_force", word(time_in_force(order)))
        .with("self_trade", word(terms.self_trade.name()))
        .with("state", state(order))
        .with("hold", amount(order.hold))
        .with("cash", amount(order.cash))
        .with("fees", amount(order.fees))
        .with("placed_at", maybe(order.placed_at, moment))
        .with("changed_at", maybe(order.changed_at, moment))
        .with("expires", maybe(order.expires, moment))
        .with("closed_at", maybe(order.closed_at, moment))
        .with("placed_sequence", count(order.placed_sequence.number()))
        .with("attempt", maybe(order.attempt, text))
}
