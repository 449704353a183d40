//! Counting that nothing came and nothing went: over the same API that everybody has.

use std::collections::BTreeMap;

use sfund_sdk::{Cause, Client, FundFilter, Money, Party, PartyFilter, Sequence, Units};

use crate::config::Config;
use crate::journal::sled;
use crate::recovery::{self, verify};

use super::Error;
use super::cast::Cast;

/// Most rows of a list that the count reads.
const ROWS_MAX: usize = 1_000_000;

/// What the count found.
pub(super) struct Counted {
    pub(super) trades: u64,
    /// Changes of holder in the register: one for each trade.
    pub(super) transfers: u64,
    pub(super) units_conserved: bool,
    pub(super) cash_conserved: bool,
}

/// Counts units against what was issued, and cash against what the bank keeps.
pub(super) async fn count(cast: &Cast) -> Result<Counted, Error> {
    let operator = &cast.operator;
    let funds = operator.market().funds(FundFilter::default()).all(ROWS_MAX).await?;
    let (mut trades, mut units_conserved) = (0_u64, true);
    for fund in &funds {
        trades = trades.saturating_add(fund.volume.trades);
        let holders = operator.register().holders(fund.id).all(ROWS_MAX).await?;
        let held = holders.iter().map(|holding| holding.total());
        let held = held.fold(Some(Units::ZERO), |sum, units| sum?.checked_add(units));
        units_conserved &= held == Some(fund.issued);
    }
    let parties = operator.admin().parties(PartyFilter::default()).all(ROWS_MAX).await?;
    let cash_conserved = count_cash(operator, &parties).await?;
    Ok(Counted { trades, transfers: transfers(cast, &parties).await?, units_conserved, cash_conserved })
}

async fn count_cash(operator: &Client, parties: &[Party]) -> Result<bool, Error> {
    let mut sums = BTreeMap::<_, Option<Money>>::new();
    for party in parties.iter().filter(|party| !party.details.role.is_staff()) {
        for cash in operator.settlement().cash_of(party.id).await?.value {
            let sum = sums.entry(cash.currency).or_insert(Some(Money::ZERO));
            *sum = sum.and_then(|sum| sum.checked_add(cash.available)?.checked_add(cash.held));
        }
    }
    let houses = operator.settlement().house_accounts().await?.value;
    Ok(houses.iter().all(|house| {
        let sum = sums.remove(&house.currency).unwrap_or(Some(Money::ZERO));
        let all = sum.and_then(|sum| sum.checked_add(house.fees)?.checked_add(house.bank));
        all == Some(Money::ZERO)
    }) && sums.values().all(|sum| *sum == Some(Money::ZERO)))
}

/// Purchases in the statements of the demo's investors.
async fn transfers(cast: &Cast, parties: &[Party]) -> Result<u64, Error> {
    let mut transfers = 0_u64;
    for party in parties.iter().filter(|party| super::is_investor(party)) {
        for fund in cast.funds() {
            let statement = cast.operator.register().statement_of(party.id, fund);
            let entries = statement.all(ROWS_MAX).await?;
            let bought = entries.iter().filter(|entry| {
                entry.cause == Cause::Trade && entry.before.available < entry.after.available
            });
            let bought = u64::try_from(bought.count()).unwrap_or(u64::MAX);
            transfers = transfers.saturating_add(bought);
        }
    }
    Ok(transfers)
}

/// The market's digest as the server tells it, and the entry it is of.
pub(super) async fn digest(operator: &Client) -> Result<(Sequence, Option<[u8; 32]>), Error> {
    let status = operator.admin().status().await?;
    Ok((status.digest_at, status.digest))
}

/// Opens the store of the stopped exchange, decides every command anew, and compares.
pub(super) async fn replay(config: &Config) -> Result<bool, Error> {
    let path = config.store.path.clone();
    let work = move || -> Result<bool, Error> {
        let journal = sled::open(&path)?;
        let report = verify(&journal.reader, |_| {})?;
        let recovered = recovery::recover(&journal.reader, |_| {})?;
        let replayed = report.digest;
        Ok(report.findings.is_empty() && replayed == recovered.projection.market().digest())
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::Thread)?
}
