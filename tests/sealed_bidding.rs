//! Sealed bids over the wire: nobody is told before the time, and a lot that several share.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use harness::cast::{Cast, cash_of};
use harness::counters::{Hall, bid, heard, moment, three, watch, watched};
use harness::listings::{command, why};
use harness::{Exchange, money};
use sfund_engine::bidding::mode::{Code as Bidder, Terms, seal};
use sfund_engine::id::ListingId;
use sfund_proto::v1;
use v1::open_bidding_request::Opening;
use v1::{AwardReason as Reason, LotPhase as Phase};

/// The whole lot at a price in 10^-4, as `number` of this listing would seal it.
fn sealed(id: &str, number: u32, e4: u64, salt: [u8; 32]) -> Vec<u8> {
    let listing = id.parse::<ListingId>().unwrap().number();
    let terms = Terms::whole(1_000_000, sfund_engine::amount::Price::from_e4(e4));
    seal(&salt, listing, Bidder::Bidder(number), &terms).to_vec()
}

/// Everything that the audit trail tells the operator, as text.
async fn audited(cast: &Cast) -> String {
    let channel = tonic::transport::Endpoint::from_shared(cast.url.clone()).unwrap();
    let channel = channel.connect().await.unwrap();
    let bearer = harness::listings::Bearer::new(&cast.operator.key);
    let mut admin = v1::admin_service_client::AdminServiceClient::with_interceptor(channel, bearer);
    let mut ask = v1::ListEntriesRequest { page_size: 1_000, ..Default::default() };
    let mut all = String::new();
    loop {
        let page = admin.list_entries(ask.clone()).await.unwrap().into_inner();
        for entry in page.entries {
            all.push_str(&format!("{} {:?}", entry.command_detail, entry.events));
        }
        if page.next_page_token.is_empty() {
            return all;
        }
        ask.page_token = page.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_d4_what_is_sealed_is_told_to_nobody_before_its_time_and_who_hides_it_forfeits() {
    const PRICE: u64 = 137_900;
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let mut hall = Hall::of(&cast).await;
    let sealed_bids = |terms: v1::ListingTerms| v1::ListingTerms {
        method: v1::ListingMethod::SealedPayAsBid.into(),
        ..terms
    };
    let id = hall.announced(&exchange, &cast, sealed_bids).await;
    three(&mut hall, &cast, &id).await;
    let commit = Opening::Sealed(v1::SealedOpening { commit_seconds: 3_600 });
    let (begins, _) = hall.opened(&exchange, &id, commit).await;
    exchange.set_time(begins);
    hall.stranger.lot_when(&id, |lot| lot.phase() == Phase::Committing).await;
    let seller_before = cash_of(&cast.lp).await.0;

    let salt = [7; 32];
    let (own, hidden) = (sealed(&id, 1, PRICE, salt), sealed(&id, 2, PRICE + 1, salt));
    let taken = command!(hall.buyer.trading, commit_bid, CommitBidRequest, id, seal: own.clone());
    let taken = taken.unwrap();
    let (from, until) = (begins.plus_seconds(3_600), begins.plus_seconds(3_600 + 86_400));
    assert_eq!(moment(&taken.reveal_from.unwrap()), from);
    assert_eq!(moment(&taken.reveal_until.unwrap()), until);
    command!(hall.rival.trading, commit_bid, CommitBidRequest, id, seal: hidden).unwrap();
    let again = command!(hall.buyer.trading, commit_bid, CommitBidRequest, id, seal: own);
    assert_eq!(why(again).0, "ALREADY_COMMITTED");
    // Who tells its price before the close is refused, and it stands nowhere.
    let price = "13.79".to_owned();
    let early = command!(hall.buyer.trading, reveal_bid, RevealBidRequest, id,
        price: price.clone(), salt: salt.to_vec());
    assert_eq!(why(early).0, "NOT_IN_THIS_PHASE");
    assert_eq!(why(bid(&mut hall.buyer, &id, "13.79").await).0, "NOT_OF_THIS_MODE");

    // Over a restart before the close nobody knows more.
    exchange.stop().await;
    exchange.start().await;
    let mut hall = Hall::of(&cast).await;
    let lot = hall.operator.lot(&id).await.unwrap();
    assert_eq!((lot.bids, &lot.best_price[..], &lot.least_bid[..]), (0, "", ""));
    for one in [&mut hall.operator, &mut hall.lp, &mut hall.buyer, &mut hall.stranger] {
        assert_eq!(one.bids(&id).await, []);
    }
    let before = audited(&cast).await;
    assert!(
        before.contains("CommitBid") && !before.contains("13.79") && !before.contains("137900")
    );

    let mut stream = watch(&mut hall.stranger, &id, 0).await;
    exchange.set_time(from);
    hall.stranger.lot_when(&id, |lot| lot.phase() == Phase::Revealing).await;
    let wrong = command!(hall.buyer.trading, reveal_bid, RevealBidRequest, id,
        price: price.clone(), salt: vec![8; 32]);
    assert_eq!(why(wrong).0, "SEAL_DIFFERS");
    let none = command!(hall.member.trading, reveal_bid, RevealBidRequest, id,
        price: price.clone(), party_id: hall.partner.id.clone(), salt: salt.to_vec());
    assert_eq!(why(none).0, "NO_COMMITMENT");
    let opened = command!(hall.buyer.trading, reveal_bid, RevealBidRequest, id,
        price: price, salt: salt.to_vec())
    .unwrap();
    assert_eq!(opened.bid_id, "bid-0");
    // What is opened is told to its bidder, and to nobody else until all is over.
    cast.all_seen().await;
    for one in [&mut hall.operator, &mut hall.lp, &mut hall.rival, &mut hall.stranger] {
        assert_eq!(one.bids(&id).await, []);
        assert_eq!(one.lot(&id).await.unwrap().bids, 0);
    }
    let own = hall.buyer.bids(&id).await;
    assert_eq!((&own[0].price[..], own[0].kind()), ("13.7900", v1::BidKind::Revealed));

    exchange.set_time(until);
    let seen = watched(&mut stream, |lot| lot.award.is_some()).await;
    let phases: Vec<_> = seen.iter().map(|lot| (lot.phase(), lot.bids)).collect();
    assert_eq!(phases, [(Phase::Revealing, 0), (Phase::Over, 1), (Phase::Over, 1)]);
    let award = seen.last().unwrap().award.clone().unwrap();
    assert_eq!(award.unrevealed_codes, ["bidder-2"]);
    assert_eq!((&award.lines[0].cash[..], award.lines[0].reason()), ("13790000.00", Reason::Won));
    assert_eq!(hall.stranger.bids(&id).await.len(), 1);
    cast.all_seen().await;
    let gained = cash_of(&cast.lp).await.0.checked_sub(seller_before).unwrap();
    assert_eq!(gained, money("100000.00"), "D4: what was hidden forfeits, and the seller has it");
    let told = heard(&mut hall.rival, "LotAwarded").await;
    let forfeited = told.iter().find(|event| event.event == "DepositForfeited").unwrap();
    assert_eq!(forfeited.code, "bidder-2");
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_d4_several_share_a_lot_that_may_be_shared_and_each_signs_for_its_part() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let mut hall = Hall::of(&cast).await;
    let staff = cast.hall();
    let details = harness::cast::details("SHARED", cast.regional, cast.manager.id);
    let lot = harness::units("100000");
    let fund = staff.fund(sfund_sdk::FundDetails { lot, ..details }).await;
    for holder in [&cast.lp, &cast.other_lp] {
        staff.issue(fund, holder.id, harness::units("10000000")).await;
    }
    let shared = |terms: v1::ListingTerms| v1::ListingTerms {
        fund_id: fund.to_string(),
        units: "4000000".to_owned(),
        deposit: "0.025".to_owned(),
        method: v1::ListingMethod::SealedUniform.into(),
        portion: v1::LotPortion::Parts.into(),
        ..terms
    };
    let id = hall.announced(&exchange, &cast, shared).await;
    let (mut buyer, mut rival) = (hall.buyer.clone(), hall.rival.clone());
    hall.admit(&mut buyer, "", &id).await;
    hall.admit(&mut rival, "", &id).await;
    let commit = Opening::Sealed(v1::SealedOpening { commit_seconds: 3_600 });
    let (begins, _) = hall.opened(&exchange, &id, commit).await;
    exchange.set_time(begins);
    let salt = [7; 32];
    let listing = id.parse::<ListingId>().unwrap().number();
    let bids = [(&mut buyer, 1, 15_000, "1.50", 25), (&mut rival, 2, 12_000, "1.20", 30)];
    for (one, number, e4, _, most) in bids {
        let price = sfund_engine::amount::Price::from_e4(e4);
        let terms = Terms { price, minimum: 10, maximum: most };
        let seal = seal(&salt, listing, Bidder::Bidder(number), &terms).to_vec();
        command!(one.trading, commit_bid, CommitBidRequest, id, seal: seal).unwrap();
    }
    exchange.set_time(begins.plus_seconds(3_600));
    for (one, price, most) in [(&mut buyer, "1.50", "2500000"), (&mut rival, "1.20", "3000000")] {
        let whole = command!(one.trading, reveal_bid, RevealBidRequest, id,
            price: price.to_owned(), salt: salt.to_vec());
        assert_eq!(why(whole).0, "SEAL_DIFFERS", "it was sealed for a part");
        command!(one.trading, reveal_bid, RevealBidRequest, id, price: price.to_owned(),
            units: most.to_owned(), min_units: "1000000".to_owned(), salt: salt.to_vec())
        .unwrap();
    }
    exchange.set_time(begins.plus_seconds(3_600 + 86_400));
    let over = hall.stranger.lot_when(&id, |lot| lot.award.is_some()).await;
    let award = over.award.unwrap();
    assert_eq!(award.uniform_price, "1.2000");
    let line = |line: &v1::AwardLine| (line.units.clone(), line.cash.clone(), line.reason());
    let lines: Vec<_> = award.lines.iter().map(line).collect();
    let part = |units: &str, cash: &str, why| (units.to_owned(), cash.to_owned(), why);
    let first = part("2500000.00", "3000000.00", Reason::Won);
    assert_eq!(lines, [first, part("1500000.00", "1800000.00", Reason::CutAtMargin)]);
    let told = hall.stranger.bids(&id).await;
    assert_eq!((&told[1].units[..], &told[1].min_units[..]), ("3000000.00", "1000000.00"));
    cast.all_seen().await;
    assert_eq!(hall.lp.bidders(&id).await.len(), 2, "the seller learns who won");
    for winner in [&hall.buyer.id, &hall.rival.id] {
        command!(hall.operator.listing, sign_contract, SignContractRequest, id,
            party_id: winner.clone(), contract_sha256: vec![3; 32])
        .unwrap();
    }
}
