//! The working-day calendar (工作日历).

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Subcommand;
use sfund_sdk::Date;

use crate::context::Context;
use crate::failure::Failure;
use crate::files;
use crate::output::{Record, count, text, texts};

#[derive(Debug, Subcommand)]
pub(crate) enum CalendarCommands {
    /// Show the calendar in force.
    Show,
    /// Replace the calendar. It waits for a second person.
    Set {
        /// File with the calendar; its version is the next one.
        file: PathBuf,
    },
}

pub(crate) async fn run(context: &Context, command: CalendarCommands) -> Result<(), Failure> {
    let calendar = context.client.market().venue().await?.value.calendar;
    match command {
        CalendarCommands::Show => {
            let record = Record::default()
                .with("version", count(calendar.version))
                .with("from", text(calendar.from))
                .with("until", text(calendar.until))
                .with("holidays", texts(&dates(&calendar.holidays)))
                .with("makeup_days", texts(&dates(&calendar.makeup_days)));
            Ok(context.output.record(&record)?)
        }
        CalendarCommands::Set { file } => {
            let next = files::calendar(&file, calendar.version.saturating_add(1))?;
            let answer = context.give(context.client.admin().set_calendar(&next)).await?;
            context.reviewed(&answer, |()| Record::default().with("version", count(next.version)))
        }
    }
}

fn dates(dates: &BTreeSet<Date>) -> Vec<String> {
    dates.iter().map(ToString::to_string).collect()
}
