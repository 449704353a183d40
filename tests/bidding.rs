//! Bidding over the wire: from the intention to the contract, each way of sale with a restart on
//! the way, and what is told to whom.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use harness::cast::{Cast, cash_of};
use harness::counters::{Counter, Hall, bid, heard, moment, three, timestamp, watch, watched};
use harness::listings::{command, why};
use harness::{Exchange, eventually, money};
use sfund_proto::v1;
use sfund_sdk::Time;
use tonic::Code;
use tonic_types::StatusExt as _;
use v1::open_bidding_request::Opening;
use v1::{AwardReason as Reason, BidStanding as Standing, LotPhase as Phase};

const ENGLISH: fn() -> Opening =
    || Opening::English(v1::EnglishOpening { increment: "0.01".to_owned() });

#[tokio::test(flavor = "multi_thread")]
async fn d2_d3_an_auction_with_a_soft_close_runs_from_intention_to_contract_under_codes() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let mut hall = Hall::of(&cast).await;
    let id = hall.announced(&exchange, &cast, |terms| terms).await;
    three(&mut hall, &cast, &id).await;
    cast.all_seen().await;

    // Names are the venue's: each knows itself, a member its client, the seller nobody.
    let names = |all: Vec<v1::Bidder>| all.into_iter().map(|one| one.party_id).collect::<Vec<_>>();
    let everybody = [&hall.buyer.id, &hall.rival.id, &hall.partner.id].map(Clone::clone);
    assert_eq!(names(hall.operator.bidders(&id).await), everybody);
    assert_eq!(names(hall.buyer.bidders(&id).await), everybody[..1]);
    assert_eq!(names(hall.member.bidders(&id).await), everybody[2..]);
    for other in [&mut hall.lp, &mut hall.manager, &mut hall.stranger] {
        assert_eq!(other.bidders(&id).await, []);
    }
    let own = &hall.buyer.bidders(&id).await[0];
    assert_eq!((own.state(), &own.deposit_held[..]), (v1::BidderState::Deposited, "100000.00"));
    assert_eq!(hall.buyer.lot(&id).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(hall.buyer.bids(&id).await, []);

    let (begins, lot) = hall.opened(&exchange, &id, ENGLISH()).await;
    assert_eq!((lot.mode(), lot.phase(), lot.bidders), (v1::LotMode::English, Phase::Waiting, 3));
    assert_eq!(moment(&lot.begins.unwrap()), begins);
    let mut stream = watch(&mut hall.stranger, &id, 0).await;
    assert_eq!(why(bid(&mut hall.buyer, &id, "0.90").await).0, "NOT_IN_THIS_PHASE");
    exchange.set_time(begins);
    // The reserve is hidden: lower bids are taken, and nothing tells of it.
    let opened = hall.stranger.lot_when(&id, |lot| lot.phase() == Phase::Free).await;
    assert_eq!((&opened.least_bid[..], &opened.best_price[..]), ("", ""));
    let first = bid(&mut hall.rival, &id, "0.90").await.unwrap();
    let lot = first.lot.unwrap();
    assert_eq!((&first.bid_id[..], &lot.best_code[..]), ("bid-0", "bidder-2"));
    assert_eq!((&lot.best_price[..], &lot.least_bid[..], lot.bids), ("0.9000", "0.9100", 1));
    assert_eq!(why(bid(&mut hall.rival, &id, "1.00").await), named("LEADS_ALREADY", "D3"));
    assert_eq!(why(bid(&mut hall.buyer, &id, "0.90").await).0, "BID_TOO_LOW");
    let dry = command!(hall.buyer.trading, place_bid, PlaceBidRequest, id,
        price: "1.20".to_owned(), validate_only: true);
    assert_eq!(dry.unwrap().bid_id, "bid-1");
    assert_eq!(bid(&mut hall.buyer, &id, "1.20").await.unwrap().bid_id, "bid-1");
    let client = hall.partner.id.clone();
    let third = command!(hall.member.trading, place_bid, PlaceBidRequest, id,
        price: "1.30".to_owned(), party_id: client);
    assert_eq!(third.unwrap().bid_id, "bid-2");
    let foreign = command!(hall.member.trading, place_bid, PlaceBidRequest, id,
        price: "1.40".to_owned(), party_id: hall.buyer.id.clone());
    assert_eq!(foreign.unwrap_err().code(), Code::PermissionDenied);

    // Over a restart the lot and its bids are what they were.
    cast.all_seen().await;
    let (lot, bids) = (hall.stranger.lot(&id).await.unwrap(), hall.stranger.bids(&id).await);
    let told: Vec<_> = bids.iter().map(|bid| (&bid.code[..], bid.standing())).collect();
    let (outbid, stands) = (Standing::Outbid, Standing::Stands);
    assert_eq!(told, [("bidder-2", outbid), ("bidder-1", outbid), ("bidder-3", stands)]);
    assert!(bids.iter().all(|bid| bid.units.is_empty()), "how much is its bidder's to know");
    let seen = watched(&mut stream, |lot| lot.bids == 3).await;
    let prices: Vec<_> = seen.iter().map(|lot| &lot.best_price[..]).collect();
    assert_eq!(prices, ["", "0.9000", "1.2000", "1.3000"]);
    exchange.stop().await;
    exchange.start().await;
    let mut hall = Hall::of(&cast).await;
    assert_eq!(hall.stranger.lot(&id).await.unwrap(), lot);
    assert_eq!(hall.stranger.bids(&id).await, bids);
    assert_eq!(names(hall.operator.bidders(&id).await), everybody);
    let own = v1::ListBidsRequest { listing_id: id.clone(), own: true, ..Default::default() };
    let own = hall.member.trading.list_bids(own).await.unwrap().into_inner().bids;
    assert_eq!((own.len(), &own[0].units[..]), (1, "1000000.00"));
    let page = v1::ListBidsRequest { listing_id: id.clone(), page_size: 2, ..Default::default() };
    let first = hall.stranger.trading.list_bids(page.clone()).await.unwrap().into_inner();
    let rest = v1::ListBidsRequest { page_token: first.next_page_token, ..page };
    let rest = hall.stranger.trading.list_bids(rest).await.unwrap().into_inner();
    assert_eq!([first.bids, rest.bids].concat(), bids);

    let mut stream = watch(&mut hall.stranger, &id, 0).await;
    closed_and_signed(&exchange, &cast, &mut hall, &id, begins).await;
    let seen = watched(&mut stream, |lot| lot.award.is_some()).await;
    let phases: Vec<_> = seen.iter().map(v1::Lot::phase).collect();
    assert_eq!(phases, [Phase::Timed, Phase::Timed, Phase::Over, Phase::Over]);
    told_to_both_sides(&mut hall).await;
    exchange.stop().await;
}

fn named(reason: &str, rule: &str) -> (String, String) {
    (reason.to_owned(), rule.to_owned())
}

/// The soft close, the award, the contract, and the deposits.
async fn closed_and_signed(
    exchange: &Exchange,
    cast: &Cast,
    hall: &mut Hall,
    id: &str,
    begins: Time,
) {
    let timed = begins.plus_seconds(86_400);
    exchange.set_time(timed);
    let lot = hall.stranger.lot_when(id, |lot| lot.phase() == Phase::Timed).await;
    assert_eq!(moment(&lot.ends.unwrap()), timed.plus_seconds(300));
    exchange.set_time(timed.plus_seconds(299));
    let last = bid(&mut hall.buyer, id, "1.50").await.unwrap();
    let ends = moment(&last.lot.unwrap().ends.unwrap());
    assert_eq!(ends, timed.plus_seconds(599), "D2: a bid in the last window moves the end");
    exchange.set_time(ends);
    let over = hall.stranger.lot_when(id, |lot| lot.award.is_some()).await;
    assert_eq!(why(bid(&mut hall.rival, id, "2.00").await).0, "LISTING_STAGE");
    let award = over.award.unwrap();
    let lines: Vec<_> =
        award.lines.iter().map(|line| (&line.code[..], &line.cash[..], line.reason())).collect();
    assert_eq!(
        lines,
        [
            ("bidder-2", "0.00", Reason::BelowReserve),
            ("bidder-3", "0.00", Reason::Outbid),
            ("bidder-1", "1500000.00", Reason::Won),
        ]
    );
    cast.all_seen().await;
    let winner = hall.lp.bidders(id).await;
    assert_eq!(winner.iter().map(|one| &one.party_id).collect::<Vec<_>>(), [&hall.buyer.id]);
    assert_eq!(hall.stranger.bidders(id).await, []);
    assert!(hall.stranger.bids(id).await.iter().all(|bid| bid.units == "1000000.00"));
    let rival = command!(hall.operator.listing, sign_contract, SignContractRequest, id,
        party_id: hall.rival.id.clone(), contract_sha256: vec![3; 32]);
    assert_eq!(why(rival).0, "NOT_THE_WINNER");
    command!(hall.operator.listing, sign_contract, SignContractRequest, id,
        party_id: hall.buyer.id.clone(), contract_sha256: vec![3; 32])
    .unwrap();
    eventually("the losers' deposits", || async {
        (cash_of(&cast.other_s_fund).await.1 == money("0.00")).then_some(())
    })
    .await;
    assert_eq!(cash_of(&cast.s_fund).await.1, money("100000.00"), "the winner's is price");
    let ask = v1::GetListingRequest { listing_id: id.to_owned(), after_sequence: 0 };
    eventually("the hand-over", || async {
        let found = hall.stranger.listing.clone().get_listing(ask.clone()).await.unwrap();
        let stage = found.into_inner().listing.unwrap().stage();
        (stage == v1::ListingStage::HandedOver).then_some(())
    })
    .await;
    let winner = hall.lp.bidders(id).await;
    assert_eq!(winner[0].state(), v1::BidderState::Signed);
}

/// A bidder hears of itself, and the seller of everything but names.
async fn told_to_both_sides(hall: &mut Hall) {
    let own = heard(&mut hall.rival, "DealHandedOver").await;
    let names: Vec<_> = own.iter().map(|event| &event.event[..]).collect();
    for name in ["InterestDeclared", "BidderQualified", "DepositPaid", "LotAwarded"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let others = [&hall.buyer.id, &hall.partner.id];
    assert!(own.iter().all(|event| !others.contains(&&event.party_id)), "{own:?}");
    let bids = own.iter().filter_map(|event| event.bid.as_ref());
    let bids: Vec<_> = bids.map(|bid| (&bid.bid_id[..], bid.standing())).collect();
    assert_eq!(bids, [("bid-0", Standing::Stands), ("bid-0", Standing::Outbid)]);
    let seller = heard(&mut hall.lp, "DealHandedOver").await;
    let about = |name: &str| seller.iter().filter(|event| event.event == name).collect::<Vec<_>>();
    assert_eq!(about("DepositPaid").len(), 3);
    for name in ["InterestDeclared", "BidderQualified", "DepositPaid"] {
        let nameless =
            |event: &&v1::ListingEvent| event.party_id.is_empty() && event.reasons.is_empty();
        assert!(about(name).iter().all(nameless), "{name}");
    }
    assert_eq!(about("ContractSigned")[0].party_id, hall.buyer.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_a_sole_bidder_negotiates_with_offers_that_only_the_two_sides_know() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let mut hall = Hall::of(&cast).await;
    let id = hall.announced(&exchange, &cast, |terms| terms).await;
    let mut buyer = hall.buyer.clone();
    hall.admit(&mut buyer, "", &id).await;
    let day = Opening::Negotiated(v1::NegotiatedOpening { seconds: 86_400 });
    let (begins, _) = hall.opened(&exchange, &id, day).await;
    exchange.set_time(begins);
    hall.stranger.lot_when(&id, |lot| lot.phase() == Phase::Negotiating).await;
    let expires = Some(timestamp(begins.plus_seconds(7_200)));
    let wordless = command!(hall.lp.trading, make_offer, MakeOfferRequest, id,
        price: "1.50".to_owned(), expires: expires);
    let details = wordless.unwrap_err().get_error_details();
    let fields = &details.bad_request().unwrap().field_violations;
    assert_eq!(fields[0].field, "code", "the seller says with whom it negotiates");
    let first = command!(hall.lp.trading, make_offer, MakeOfferRequest, id,
        price: "1.50".to_owned(), expires: expires, code: "bidder-1".to_owned());
    assert_eq!(first.unwrap().offer_id, "offer-0");
    let counter = command!(hall.buyer.trading, make_offer, MakeOfferRequest, id,
        price: "1.10".to_owned(), expires: expires, counters_offer_id: "offer-0".to_owned());
    assert_eq!(counter.unwrap().offer_id, "offer-1");
    let outside = command!(hall.rival.trading, make_offer, MakeOfferRequest, id,
        price: "1.60".to_owned(), expires: expires);
    assert_eq!(why(outside).0, "NO_DEPOSIT");
    cast.all_seen().await;
    let both = hall.lp.offers(&id).await;
    let told: Vec<_> = both.iter().map(|one| (one.by_seller, &one.price[..])).collect();
    assert_eq!(told, [(true, "1.5000"), (false, "1.1000")]);
    exchange.stop().await;
    exchange.start().await;
    let mut hall = Hall::of(&cast).await;
    assert_eq!(hall.buyer.offers(&id).await, both);
    assert_eq!(hall.operator.offers(&id).await, both);
    for other in [&mut hall.rival, &mut hall.stranger, &mut hall.manager] {
        assert_eq!(other.offers(&id).await, []);
        assert_eq!(other.lot(&id).await.unwrap().best_price, "");
    }
    let own = command!(hall.buyer.trading, answer_offer, AnswerOfferRequest, id,
        offer_id: "offer-1".to_owned(), answer: v1::OfferAnswer::Accept.into());
    assert_eq!(why(own).0, "NOT_THIS_SIDE");
    let last = command!(hall.lp.trading, make_offer, MakeOfferRequest, id,
        price: "1.25".to_owned(), expires: expires, code: "bidder-1".to_owned(),
        counters_offer_id: "offer-1".to_owned());
    let offer_id = last.unwrap().offer_id;
    command!(hall.buyer.trading, answer_offer, AnswerOfferRequest, id,
        offer_id: offer_id, answer: v1::OfferAnswer::Accept.into())
    .unwrap();
    let over = hall.stranger.lot_when(&id, |lot| lot.award.is_some()).await;
    assert_eq!(
        (&over.best_price[..], &over.award.unwrap().lines[0].cash[..]),
        ("1.2500", "1250000.00")
    );
    let told = heard(&mut hall.lp, "LotAwarded").await;
    let offers = told.iter().filter_map(|event| event.offer.as_ref());
    let states: Vec<_> = offers.map(|one| (&one.offer_id[..], one.state())).collect();
    let (open, countered) = (v1::OfferState::Open, v1::OfferState::Countered);
    assert_eq!(
        states,
        [
            ("offer-0", open),
            ("offer-0", countered),
            ("offer-1", open),
            ("offer-1", countered),
            ("offer-2", open),
            ("offer-2", v1::OfferState::Accepted),
        ]
    );
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_of_a_bid_is_told_field_by_field() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let mut buyer = Counter::of(&cast.url, &cast.s_fund).await;
    let fields = |status: tonic::Status| {
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let all = &details.bad_request().unwrap().field_violations;
        all.iter().map(|one| one.field.clone()).collect::<Vec<_>>()
    };
    let wrong = command!(buyer.trading, place_bid, PlaceBidRequest, "order-1",
        party_id: "x".to_owned(), price: "1.00001".to_owned(), min_units: "1".to_owned());
    let all = ["listing_id", "party_id", "price", "units"];
    assert_eq!(fields(wrong.unwrap_err()), all);
    let wrong = command!(buyer.trading, reveal_bid, RevealBidRequest, "listing-0",
        price: String::new(), salt: vec![1]);
    assert_eq!(fields(wrong.unwrap_err()), ["price", "salt"]);
    let wrong = command!(buyer.trading, make_offer, MakeOfferRequest, "listing-0",
        code: "bidder-01".to_owned(), price: "1".to_owned(), counters_offer_id: "bid-1".to_owned());
    assert_eq!(fields(wrong.unwrap_err()), ["code", "expires", "counters_offer_id"]);
    let mut operator = Counter::of(&cast.url, &cast.operator).await;
    let wrong = command!(operator.listing, open_bidding, OpenBiddingRequest, "listing-0");
    assert_eq!(fields(wrong.unwrap_err()), ["begins", "opening"]);
    let wrong = command!(operator.listing, qualify_bidder, QualifyBidderRequest, "listing-0");
    assert_eq!(fields(wrong.unwrap_err()), ["party_id", "verdict", "reason"]);
    let ask = v1::StreamMarketRequest { listing_ids: vec![String::new()], ..Default::default() };
    let wrong = buyer.market.stream_market(ask).await.unwrap_err();
    assert_eq!(fields(wrong), ["listing_ids[0]", "listing_ids"]);
    let unknown =
        v1::ListingTerms { portion: 9, ..harness::listings::terms(cast.regional_fund, "G-2") };
    let mut lp = Counter::of(&cast.url, &cast.lp).await;
    let ask = v1::DraftListingRequest {
        request_id: harness::listings::request_id(),
        terms: Some(unknown),
        ..Default::default()
    };
    assert_eq!(fields(lp.listing.draft_listing(ask).await.unwrap_err()), ["terms.portion"]);
    let unknown = bid(&mut buyer, "listing-9", "1.00").await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}
