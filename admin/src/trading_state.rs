//! Halting, resuming and closing trade (停牌、复牌、休市).

use clap::Args;
use sfund_sdk::{FundId, SegmentId, TradingScope, TradingState};

use crate::choice::Choice as _;
use crate::context::{Context, Named};
use crate::failure::Failure;
use crate::output::{Record, text, word};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    scope: Scope,
    /// Why; everybody sees it.
    #[arg(long)]
    reason: String,
}

/// Exactly one.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Scope {
    /// This fund: id or code.
    fund: Option<Named<FundId>>,
    /// This segment: id or code.
    #[arg(long)]
    segment: Option<Named<SegmentId>>,
    /// The whole venue.
    #[arg(long)]
    venue: bool,
}

pub(crate) async fn halt(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    set(context, arguments, TradingState::Halted).await
}

pub(crate) async fn resume(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    set(context, arguments, TradingState::Open).await
}

pub(crate) async fn close(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    set(context, arguments, TradingState::Closed).await
}

async fn set(context: &Context, arguments: Arguments, state: TradingState) -> Result<(), Failure> {
    let (scope, what) = match (&arguments.scope.fund, &arguments.scope.segment) {
        (Some(fund), _) => {
            let fund = context.fund(fund).await?;
            (TradingScope::Fund(fund), text(fund))
        }
        (None, Some(segment)) => {
            let segment = context.segment(segment).await?;
            (TradingScope::Segment(segment), text(segment))
        }
        // The command line lets nothing through that names none of the three.
        (None, None) => (TradingScope::Venue, word("venue")),
    };
    let command = context.client.admin().set_trading_state(scope, state, arguments.reason);
    let answer = context.give(command).await?;
    context.done(&answer, Record::default().with("of", what).with("state", word(state.name())))
}
