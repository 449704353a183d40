//! Trades of a fund (成交).

use clap::Args;
use sfund_sdk::{FundId, Side, Trade};

use crate::choice::Choice as _;
use crate::context::{Context, Limit, Named};
use crate::failure::Failure;
use crate::output::{Cell, Table, amount, count, moment, text, word};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Id or code.
    fund: Named<FundId>,
    #[command(flatten)]
    limit: Limit,
}

pub(crate) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let fund = context.fund(&arguments.fund).await?;
    let limit = arguments.limit;
    let trades = context.client.market().trades(fund).all(limit.wanted()).await?;
    Ok(context.output.table(&Table::of(COLUMNS, &trades, limit.limit, row))?)
}

const COLUMNS: &[&str] = &["trade", "time", "side", "price", "units", "cash", "sequence"];

fn row(trade: &Trade) -> Vec<Cell> {
    vec![
        text(trade.id),
        moment(trade.time),
        word(trade.taker_side.map_or("call_auction", Side::name)),
        amount(trade.price),
        amount(trade.units),
        amount(trade.cash),
        count(trade.sequence.number()),
    ]
}
