//! Counting that nothing came and nothing went: over the same API that everybody has, and then
//! once more from the bytes of the stopped exchange.

use std::collections::BTreeMap;

use sfund_engine::entry::{Entry, Outcome};
use sfund_engine::event::Event;
use sfund_sdk::{Client, FundFilter, Money, PartyFilter, Units};

use crate::config::Config;
use crate::journal::{self, sled};
use crate::recovery::verify;
use crate::sequencer::Ended;

use super::Error;
use super::cast::Cast;

/// Most rows of a list that the count reads.
const ROWS_MAX: usize = 1_000_000;

/// What the running exchange says.
pub(super) struct Counted {
    pub(super) trades: u64,
    pub(super) units_conserved: bool,
    pub(super) cash_conserved: bool,
}

/// What the journal of the stopped exchange says.
pub(super) struct Replayed {
    /// Entries decided anew.
    pub(super) entries: u64,
    /// Trades in which units went from one holder of record to another.
    pub(super) transfers: u64,
    /// Whether deciding every command anew led to the digest of the live market.
    pub(super) digest_equal: bool,
}

/// Counts units against what was issued, and cash against what the bank keeps.
pub(super) async fn count(cast: &Cast) -> Result<Counted, Error> {
    let operator = &cast.operator;
    let funds =
        operator.market().funds(FundFilter::default()).after(cast.newest()).all(ROWS_MAX).await?;
    let (mut trades, mut units_conserved) = (0_u64, true);
    for fund in &funds {
        trades = trades.saturating_add(fund.volume.trades);
        let holders = operator.register().holders(fund.id).all(ROWS_MAX).await?;
        let mut held = holders.iter().map(|holding| holding.total());
        let held = held.try_fold(Units::ZERO, Units::checked_add);
        units_conserved &= held == Some(fund.issued);
    }
    let cash_conserved = count_cash(operator).await?;
    Ok(Counted { trades, units_conserved, cash_conserved })
}

async fn count_cash(operator: &Client) -> Result<bool, Error> {
    let parties = operator.admin().parties(PartyFilter::default()).all(ROWS_MAX).await?;
    let mut sums = BTreeMap::<_, Option<Money>>::new();
    for party in parties.iter().filter(|party| party.details.role.is_investor()) {
        for cash in operator.settlement().cash_of(party.id).await?.value {
            let sum = sums.entry(cash.currency).or_insert(Some(Money::ZERO));
            *sum = sum.and_then(|sum| sum.checked_add(cash.available)?.checked_add(cash.held));
        }
    }
    let houses = operator.settlement().house_accounts().await?.value;
    let balanced = houses.iter().all(|house| {
        let sum = sums.remove(&house.currency).unwrap_or(Some(Money::ZERO));
        let all = sum.and_then(|sum| sum.checked_add(house.fees)?.checked_add(house.bank));
        all == Some(Money::ZERO)
    });
    Ok(balanced && sums.values().all(|sum| *sum == Some(Money::ZERO)))
}

/// Opens the store of the stopped exchange, decides every command anew, and compares with the
/// live market as it was at the end.
pub(super) async fn replay(config: &Config, ended: Option<Ended>) -> Result<Replayed, Error> {
    let path = config.store.path.clone();
    let work = move || -> Result<Replayed, Error> {
        let journal = sled::open(&path)?;
        let report = verify(&journal.reader, |_| {})?;
        let live = ended.map(|ended| (ended.sequence, ended.digest));
        let replayed = (report.head.sequence, *report.market.as_bytes());
        let mut transfers = 0_u64;
        let genesis = journal.identity.genesis();
        journal::replay(&journal.reader, genesis, |_, _, _, body| {
            transfers = transfers.saturating_add(transfers_of(body));
            Ok::<_, journal::Error>(())
        })?;
        let digest_equal = report.findings.is_empty() && live == Some(replayed);
        Ok(Replayed { entries: report.entries, transfers, digest_equal })
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::Thread)?
}

fn transfers_of(body: &[u8]) -> u64 {
    let Ok(entry) = minicbor::decode::<Entry>(body) else { return 0 };
    let Outcome::Accepted(events) = entry.outcome else { return 0 };
    let moved = events.iter().filter(|event| {
        if let Event::Traded(trade) = event { trade.buyer != trade.seller } else { false }
    });
    u64::try_from(moved.count()).unwrap_or(u64::MAX)
}
