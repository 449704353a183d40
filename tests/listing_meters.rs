//! What a party is told before it acts on a listing (J1), and that it is what then happens.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test is no library"
)]

mod harness;

use harness::Exchange;
use harness::cast::{Cast, Player};
use harness::counters::Hall;
use sfund_proto::v1;
use sfund_sdk::{ListingId, ListingMeters, MeterKind, Right, Sha256};

async fn meters(player: &Player, listing: ListingId) -> ListingMeters {
    player.client.trading().listing_meters(listing).await.unwrap().value
}

/// What each command would be answered: `ok`, or the reason and the rule of the refusal.
fn prospects(meters: &ListingMeters) -> Vec<(&str, &str, &str)> {
    let told = meters.prospects.iter().map(|prospect| {
        let (reason, rule) = match &prospect.refusal {
            None => ("ok", ""),
            Some(no) => (&no.reason[..], no.rule.as_deref().unwrap_or("")),
        };
        (&prospect.command[..], reason, rule)
    });
    told.collect()
}

/// The value, the limit, and whether it is kept.
fn meter(meters: &ListingMeters, kind: MeterKind) -> Option<(&str, &str, bool)> {
    meters.of(kind).map(|meter| (&meter.value[..], &meter.limit[..], meter.kept))
}

#[tokio::test(flavor = "multi_thread")]
async fn j1_a_party_reads_each_limit_and_what_would_be_answered_before_it_acts() {
    let exchange = Exchange::open().await;
    let cast: Cast = exchange.cast().await;
    let mut hall = Hall::of(&cast).await;
    let public = |terms| v1::ListingTerms { reserve: v1::Reserve::Public.into(), ..terms };
    let id = hall.announced(&exchange, &cast, public).await;
    let listing: ListingId = id.parse().unwrap();
    cast.all_seen().await;
    let before = cast.operator.client.admin().status().await.unwrap().durable;

    // A5: who has not accepted the terms reads nothing of the fund.
    let told = meters(&cast.s_fund, listing).await;
    let kinds: Vec<_> = told.meters.iter().map(|meter| meter.kind).collect();
    let own = [
        MeterKind::Confidentiality,
        MeterKind::QualifiedUntil,
        MeterKind::OwnBids,
        MeterKind::AnnouncedUntil,
    ];
    assert_eq!(kinds, own);
    assert_eq!(meter(&told, MeterKind::Confidentiality), Some(("", "", false)));
    let until = meter(&told, MeterKind::AnnouncedUntil);
    assert_eq!(until, Some(("2026-12-26", "2027-01-22", true)));
    assert_eq!(
        prospects(&told),
        [("DeclareInterest", "ok", ""), ("PayDeposit", "NO_DEPOSIT_DUE", "D1")]
    );
    // A9: the seller's own prospects, by the same rules.
    let seller = meters(&cast.lp, listing).await;
    assert_eq!(prospects(&seller)[0], ("DeclareInterest", "CONFLICT_OF_INTEREST", "A9"));
    // A4: a party without evidence.
    let partner = meters(&cast.other_lp, listing).await;
    assert!(!partner.of(MeterKind::QualifiedUntil).unwrap().kept);
    let after = cast.operator.client.admin().status().await.unwrap().durable;
    assert_eq!(before, after, "nothing happened");

    let accepted = cast.s_fund.client.listing();
    accepted.accept_confidentiality(listing, Sha256::new([9; 32])).await.unwrap();
    let told = meters(&cast.s_fund, listing).await;
    assert!(told.of(MeterKind::Confidentiality).unwrap().kept);
    assert_eq!(meter(&told, MeterKind::Holders), Some(("3", "50", true)));
    assert_eq!(meter(&told, MeterKind::Units), Some(("1000000.00", "0.00", true)));
    let worth = meter(&told, MeterKind::Investment);
    assert_eq!(worth, Some(("1000000.00", "1000000.00", true)));
    assert_eq!(meter(&told, MeterKind::Deposit), Some(("100000000.00", "100000.00", true)));

    // What was told is what happens.
    cast.s_fund.client.listing().declare(listing, Right::None).await.unwrap();
    let told = meters(&cast.s_fund, listing).await;
    assert_eq!(prospects(&told)[0], ("DeclareInterest", "ALREADY_DECLARED", "D1"));
}
