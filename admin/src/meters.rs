//! What a party should know before it acts in a fund.

use clap::Args;
use sfund_sdk::{Earliest, FundId, Meters, PartyId};

use crate::choice::Choice as _;
use crate::context::{Context, Named};
use crate::failure::Failure;
use crate::output::{Cell, Record, amount, count, flag, maybe, moment, rate, text, word};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Id or code.
    party: Named<PartyId>,
    /// Id or code.
    fund: Named<FundId>,
}

pub(crate) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let (party, fund) =
        (context.party(&arguments.party).await?, context.fund(&arguments.fund).await?);
    let meters = context.client.trading().meters_of(party, fund).await?;
    Ok(context.output.record(&record(party, fund, &meters))?)
}

fn record(party: PartyId, fund: FundId, meters: &Meters) -> Record {
    let reference = meters.reference.as_ref();
    Record::default()
        .with("party", text(party))
        .with("fund", text(fund))
        .with("state", word(meters.state.name()))
        .with("continuous_allowed", flag(meters.continuous_allowed))
        .with("suspended", flag(meters.suspended))
        .with("holders", count(meters.holders))
        .with("holder_cap", count(meters.holder_cap))
        .with("holders_joining", count(meters.holders_joining))
        .with("buy_from", earliest(meters.buy_from))
        .with("sell_from", earliest(meters.sell_from))
        .with("turnaround_trading_days", count(meters.turnaround_trading_days))
        .with("qualified_until", maybe(meters.qualified_until, text))
        .with("investment_min", amount(meters.investment_min))
        .with("minimum_ticket", amount(meters.minimum_ticket))
        .with("price_band", maybe(meters.price_band, rate))
        .with("reference", maybe(reference.map(|is| is.price), amount))
        .with("valid_until", maybe(reference.map(|is| is.valid_until), moment))
        .with("units_available", amount(meters.units.available))
        .with("units_offered", amount(meters.units.offered))
        .with("units_pledged", amount(meters.units.pledged))
        .with("units_frozen", amount(meters.units.frozen))
        .with("cash_available", maybe(meters.cash.map(|cash| cash.available), amount))
        .with("cash_held", maybe(meters.cash.map(|cash| cash.held), amount))
        .with("orders_open", count(meters.orders_open))
        .with("orders_max", count(meters.orders_max))
        .with("buy_fee_max", rate(meters.buy_fee_max))
        .with("sell_fee_max", rate(meters.sell_fee_max))
}

fn earliest(earliest: Earliest) -> Cell {
    match earliest {
        Earliest::Now => word("now"),
        Earliest::On(date) => text(date),
        Earliest::BeyondCalendar => word("beyond_calendar"),
    }
}
