//! A real register of LP positions: imported twice with one effect, and traded on.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use harness::cast::Player;
use harness::{Exchange, beside, units};
use sfund::import::{positions, send};
use sfund_sdk::{
    Currency, Direction, FundFilter, Order, OrderState, PartyFilter, Price, Role, TransferOutcome,
    TransferRequest, Units,
};

const ROWS_MAX: usize = 1_000_000;

/// The register, if it is here.
fn file() -> Option<PathBuf> {
    let named = std::env::var_os("SFUND_POSITIONS").map(PathBuf::from);
    let path = named.unwrap_or_else(|| beside("../shared/data/lp_positions.csv"));
    path.exists().then_some(path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_is_imported_once_however_often_and_its_funds_trade() {
    let Some(path) = file() else {
        eprintln!("left out: there is no register; name one with SFUND_POSITIONS");
        return;
    };
    let (register, faults) = positions::read(File::open(path).unwrap()).unwrap();
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!((register.rows, register.funds()), (2_489, 1_634));

    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let operator = &cast.operator.client;
    let today = "2026-11-24".parse().unwrap();
    let usd = Currency::new("USD").unwrap();
    let import = || send::import(operator, cast.licensed, usd, today, &register, |_| {});
    let first = import().await.unwrap();
    assert_eq!(first.present, 0);
    let count = |number: usize| u64::try_from(number).unwrap();
    assert_eq!((first.parties, first.funds), (count(register.parties()), 1_634));
    assert_eq!(first.holdings, count(register.holdings()));
    let again = import().await.unwrap();
    assert_eq!((again.parties, again.funds, again.holdings), (0, 0, 0));
    assert_eq!(again.present, first.parties + first.funds + first.holdings);

    // Five LPs hold all units that were issued, and no other does.
    let filter = PartyFilter { role: Some(Role::Lp), member: None };
    let lps = operator.admin().parties(filter).all(ROWS_MAX).await.unwrap();
    let lps: Vec<_> = lps.iter().filter(|lp| !lp.details.code.starts_with("lp-")).collect();
    assert_eq!(lps.len(), 5);
    let mut held = BTreeMap::<_, Units>::new();
    for lp in &lps {
        for holding in operator.register().holdings_of(lp.id).all(ROWS_MAX).await.unwrap() {
            let sum = held.entry(holding.fund).or_default();
            *sum = sum.plus(holding.total());
        }
    }
    let funds = operator.market().funds(FundFilter::default()).all(ROWS_MAX).await.unwrap();
    let imported = funds.iter().filter(|fund| fund.details.currency == usd);
    let issued: BTreeMap<_, _> = imported.map(|fund| (fund.id, fund.issued)).collect();
    assert_eq!(issued.len(), 1_634);
    assert_eq!(held, issued, "units are conserved, fund by fund");

    // The first LP sells part of its largest holding to an S-fund.
    let holdings = operator.register().holdings_of(lps[0].id).all(ROWS_MAX).await.unwrap();
    let largest = holdings.iter().max_by_key(|holding| holding.available).unwrap();
    let (lp, fund) = (lps[0].id, largest.fund);
    let key = cast.hall().key(lp, sfund_sdk::KeyScope::Full, cast.now.plus_seconds(3_600)).await;
    let seller = Player { id: lp, client: harness::client(&cast.url, &key).await, key };
    let amount = harness::money("5000000.00");
    let deposit = TransferRequest::deposit(amount, usd, "wire usd");
    let asked = cast.s_fund.client.settlement().request(deposit).await.unwrap();
    let bank = cast.bank.client.settlement();
    let waiting = bank.pending().after(asked.sequence).all(10).await.unwrap();
    assert_eq!(waiting[0].direction, Direction::Deposit);
    bank.settle(asked.value, TransferOutcome::Confirmed, "b-usd").await.unwrap();
    let price = Price::from_e4(9_800);
    let offer = Order::sell(fund, units("2000000")).limit(price).good_till_cancelled();
    let offer = seller.client.trading().place(offer).await.unwrap();
    let bid = Order::buy(fund, units("1500000")).limit(price).immediate_or_cancel();
    let bought = cast.s_fund.client.trading().place(bid).await.unwrap();
    assert_eq!(bought.fills[0].cash, harness::money("1470000.00"));
    assert_eq!(bought.fills[0].fee, harness::money("1470.00"));
    cast.all_seen().await;
    let record = seller.client.trading().order(offer.order).await.unwrap();
    assert_eq!((record.state, record.left), (OrderState::Open, units("500000")));
    let after = seller.client.register().holding(fund).await.unwrap();
    assert_eq!(after.total(), largest.total().minus(units("1500000")));
}
