//! `sfund import`: brings a register into a running exchange.

use std::fs::File;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;
use sfund_sdk::{ApiKey, Client, Currency, Options};

use super::output::{self, Output};
use super::{Ending, Error};
use crate::import::{positions, send};
use crate::sequencer::{Clock as _, WallClock};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Positions of LPs as CSV: lp, fund_name, general_partner, vintage_year, commitment_mm.
    Positions {
        /// The file.
        file: PathBuf,
        /// Address of the exchange.
        #[arg(long, default_value = "http://127.0.0.1:50051")]
        server: String,
        /// File that holds an operator's API key.
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// Code of the segment in which new funds trade.
        #[arg(long, default_value = "licensed")]
        segment: String,
        /// Currency of new funds.
        #[arg(long, default_value = "USD")]
        currency: String,
        /// Import the good rows where others are wrong.
        #[arg(long)]
        partial: bool,
    },
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Ending, Error> {
    let What::Positions { file, server, key_file, segment, currency, partial } = &arguments.what;
    let unreadable = |path: &PathBuf| {
        let path = path.clone();
        move |source| Error::Unreadable { path, source }
    };
    let currency = Currency::new(currency).ok_or_else(|| Error::NotACurrency(currency.clone()))?;
    let input = File::open(file).map_err(unreadable(file))?;
    let (register, faults) = positions::read(input).map_err(Error::Csv)?;
    for fault in &faults {
        eprintln!("{}:{}: {}", file.display(), fault.line, fault.message);
    }
    if !faults.is_empty() && !partial {
        let text = format!("{} wrong rows: nothing is imported without --partial", faults.len());
        output.print(&text, &json!({ "faults": faults.len(), "imported": false }))?;
        return Ok(Ending::FoundWrong);
    }
    let key = std::fs::read_to_string(key_file).map_err(unreadable(key_file))?;
    let key: ApiKey = key.trim().parse().map_err(Error::NotAKey)?;
    let options = Options::new(server.clone()).key(key);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let imported = runtime.map_err(Error::Runtime)?.block_on(async {
        let client = Client::connect(options).await.map_err(Error::Client)?;
        let segments = client.market().segments().all(1_000).await.map_err(Error::Client)?;
        let found = segments.iter().find(|known| known.code == *segment);
        let found = found.ok_or_else(|| Error::NoSegment(segment.clone()))?.id;
        let venue = client.market().venue().await.map_err(Error::Client)?;
        let today = WallClock.now().date(venue.utc_offset_minutes);
        let work = register.parties().saturating_add(register.funds());
        let work = work.saturating_add(register.holdings());
        let bar = output::progress("importing", u64::try_from(work).unwrap_or(u64::MAX));
        let imported =
            send::import(&client, found, currency, today, &register, |n| bar.inc(n)).await;
        bar.finish_and_clear();
        imported.map_err(Error::Import)
    })?;
    let text = format!(
        "{} rows: {} parties, {} funds and {} holdings imported; {} were there",
        register.rows, imported.parties, imported.funds, imported.holdings, imported.present
    );
    let value = json!({
        "rows": register.rows,
        "faults": faults.len(),
        "parties": imported.parties,
        "funds": imported.funds,
        "holdings": imported.holdings,
        "present": imported.present,
        "imported": true,
    });
    output.print(&text, &value)?;
    Ok(if faults.is_empty() { Ending::Good } else { Ending::FoundWrong })
}
