//! Segments: funds under one pack and one fee schedule (板块).

use std::path::PathBuf;

use clap::Subcommand;
use sfund_sdk::{Segment, SegmentDetails};

use crate::choice::Choice as _;
use crate::context::Context;
use crate::failure::Failure;
use crate::files;
use crate::output::{Cell, Record, Table, count, text, word};

#[derive(Debug, Subcommand)]
pub(crate) enum Segments {
    /// List segments.
    List,
    /// Open a segment. It waits for a second person.
    Open {
        /// Unique code without spaces.
        code: String,
        /// Name.
        name: String,
        /// File with the pack it runs under.
        #[arg(long, value_name = "FILE")]
        pack: PathBuf,
        /// File with its fees.
        #[arg(long, value_name = "FILE")]
        fees: PathBuf,
        /// File with what binds state-owned sellers on it; without one, none may list.
        #[arg(long, value_name = "FILE")]
        overlay: Option<PathBuf>,
    },
}

pub(crate) async fn run(context: &Context, command: Segments) -> Result<(), Failure> {
    match command {
        Segments::List => {
            let segments = context.client.market().segments().all(usize::MAX).await?;
            Ok(context.output.table(&Table::of(COLUMNS, &segments, usize::MAX, row))?)
        }
        Segments::Open { code, name, pack, fees, overlay } => {
            let (pack, fees) = (files::pack(&pack)?, files::fees(&fees)?);
            let overlay = overlay.as_deref().map(files::overlay).transpose()?;
            let details = SegmentDetails { code, name, pack, fees, overlay };
            let answer = context.give(context.client.admin().open_segment(details)).await?;
            context.reviewed(&answer, |segment| Record::default().with("segment", text(segment)))
        }
    }
}

const COLUMNS: &[&str] = &["id", "code", "name", "state", "pack", "version", "tiers"];

fn row(segment: &Segment) -> Vec<Cell> {
    let tiers = u64::try_from(segment.fees.tiers.len()).unwrap_or(u64::MAX);
    vec![
        text(segment.id),
        text(&segment.code),
        text(&segment.name),
        word(segment.state.name()),
        text(&segment.pack.code),
        count(segment.pack.version),
        count(tiers),
    ]
}
