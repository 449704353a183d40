//! Reference prices of funds (参考价).

use clap::Subcommand;
use sfund_sdk::{FundId, Price};

use crate::context::{Context, Named};
use crate::failure::Failure;
use crate::moment::Moment;
use crate::output::{Record, amount, moment, text};

#[derive(Debug, Subcommand)]
pub(crate) enum Reference {
    /// Set the reference price of a fund.
    Set {
        /// Id or code.
        fund: Named<FundId>,
        /// Price of one unit.
        price: Price,
        /// Where it comes from.
        #[arg(long)]
        source: String,
        /// When it is stale: a date, an instant, or a span from now.
        #[arg(long, value_name = "WHEN")]
        valid_until: Moment,
    },
}

pub(crate) async fn run(context: &Context, command: Reference) -> Result<(), Failure> {
    let Reference::Set { fund, price, source, valid_until } = command;
    let fund = context.fund(&fund).await?;
    let command = context.client.admin().set_reference(fund, price, source, valid_until.0);
    let answer = context.give(command).await?;
    let record = Record::default().with("fund", text(fund)).with("reference", amount(price));
    context.done(&answer, record.with("valid_until", moment(valid_until.0)))
}
