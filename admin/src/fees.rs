//! Fees of segments (费率).

use std::path::PathBuf;

use clap::Subcommand;
use sfund_sdk::SegmentId;

use crate::context::{Context, Named};
use crate::failure::Failure;
use crate::files;
use crate::output::{Record, Table, count, rate, text};

#[derive(Debug, Subcommand)]
pub(crate) enum FeeCommands {
    /// Show the fees of a segment, a row a tier.
    Show {
        /// Segment: id or code.
        segment: Named<SegmentId>,
    },
    /// Set the fees of a segment; open orders keep theirs. It waits for a second person.
    Set {
        /// Segment: id or code.
        segment: Named<SegmentId>,
        /// File with the fees.
        file: PathBuf,
    },
}

const COLUMNS: &[&str] = &["tier", "maker_buy", "maker_sell", "taker_buy", "taker_sell"];

pub(crate) async fn run(context: &Context, command: FeeCommands) -> Result<(), Failure> {
    match command {
        FeeCommands::Show { segment } => {
            let segment = context.segment(&segment).await?;
            let segment = context.client.market().segment(segment).await?;
            let mut table = Table::new(COLUMNS);
            for (tier, rates) in (0_u64..).zip(&segment.fees.tiers) {
                table.push(vec![
                    count(tier),
                    rate(rates.maker_buy),
                    rate(rates.maker_sell),
                    rate(rates.taker_buy),
                    rate(rates.taker_sell),
                ]);
            }
            Ok(context.output.table(&table)?)
        }
        FeeCommands::Set { segment, file } => {
            let fees = files::fees(&file)?;
            let segment = context.segment(&segment).await?;
            let answer = context.give(context.client.admin().set_fees(segment, &fees)).await?;
            context.reviewed(&answer, |()| Record::default().with("segment", text(segment)))
        }
    }
}
