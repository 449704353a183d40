//! A share is sold through the SDK alone: by auction with automatic bids, by sealed bids, and by
//! negotiation.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test is no library"
)]

mod harness;

use harness::cast::{Cast, Player, units_of};
use harness::{Exchange, at, eventually, price, refusal, soon, units};
use sfund_sdk::{
    AutoBid, AutoBidError, AutoBidResult, AwardReason, BidStanding, BidderCode, BidderState,
    BidderVerdict, Consent, Disclosure, Document, DocumentKind, ListingId, ListingStage,
    ListingTerms, ListingVerdict, Lot, LotMode, LotPhase, LotSide, Method, MyChange, NewBid,
    NewOffer, OfferAnswer, OfferState, Opened, Opening, Ppm, Right, SealedBid, Sequence, Sha256,
    Time, Visibility, WhichLots,
};
use tokio::sync::oneshot;

const EVIDENCE: Sha256 = Sha256::new([1; 32]);

/// 1,000,000 units at 1.00 at the least, known to everybody, with a deposit of a tenth.
fn terms(cast: &Cast, code: &str, method: Method) -> ListingTerms {
    let terms = ListingTerms::new(code, cast.regional_fund, units("1000000"), method)
        .headline("苏州某创投基金份额")
        .floor(price("1.00"))
        .deposit(Ppm::new(100_000))
        .document(Document {
            name: "审计报告".to_owned(),
            kind: DocumentKind::FinancialReport,
            sha256: Sha256::new([2; 32]),
            size_bytes: 1_000,
            visibility: Visibility::Full,
        });
    Disclosure::ALL.iter().fold(terms, |terms, field| terms.disclose(*field, "见披露文件"))
}

/// A listing of the LP's that is announced.
async fn announced(exchange: &Exchange, cast: &Cast, code: &str, method: Method) -> ListingId {
    let (seller, venue) = (cast.lp.client.listing(), cast.operator.client.listing());
    let draft = seller.draft(terms(cast, code, method));
    let listing = draft.await.unwrap().value;
    let submitted = seller.submit(listing).await.unwrap();
    assert_eq!((submitted.completeness.answered, submitted.completeness.asked), (17, 17));
    assert_eq!(submitted.judged.pack.code, "cn-regional");
    let gates = venue.review(listing, ListingVerdict::Accept, []).await.unwrap();
    assert_eq!(gates.len(), 3);
    let delivered = "2026-11-24".parse().unwrap();
    let due = venue.notify_partners(listing, delivered, EVIDENCE).await.unwrap();
    assert_eq!(due.len(), 2);
    let manager = cast.manager.client.listing();
    manager.answer_consent(listing, Consent::Given, EVIDENCE).await.unwrap();
    // B1, B3: the partners' month passes in silence.
    exchange.set_time(at("2026-12-26", 9, 30));
    let announced = venue.announce(listing).await.unwrap();
    assert_eq!(announced.period.working_days, 20);
    cast.all_seen().await;
    listing
}

/// Declares, is qualified and pays; its code.
async fn admitted(cast: &Cast, player: &Player, listing: ListingId) -> BidderCode {
    let own = player.client.listing();
    own.declare(listing, Right::None).await.unwrap();
    let venue = cast.operator.client.listing();
    let verdict = BidderVerdict::Qualify;
    let qualified = venue.qualify_bidder(listing, player.id, verdict, "资格证明").await.unwrap();
    assert!(qualified.deposit_due.is_some());
    let held = own.pay_deposit(listing).await.unwrap();
    assert_eq!(held.value.to_string(), "100000.00");
    let bidders = own.bidders(listing).all(9).await.unwrap();
    assert_eq!((bidders.len(), bidders[0].party), (1, player.id));
    assert_eq!((bidders[0].state, bidders[0].code), (BidderState::Deposited, qualified.code));
    qualified.code.unwrap()
}

/// The announcement is over, and the operator opens the bidding; when it begins.
async fn opened(exchange: &Exchange, cast: &Cast, listing: ListingId, opening: Opening) -> Time {
    let venue = cast.operator.client.listing();
    let found = venue.listing(listing).await.unwrap();
    let over = found.announced_until.unwrap();
    exchange.set_time(over);
    let begins = over.plus_seconds(10 * 3_600);
    let opened = venue.open_bidding(listing, begins, opening).await.unwrap();
    let Opened::Lot { lot, judged } = &opened.value else { panic!("{opened:?}") };
    assert_eq!((lot.phase, lot.begins), (LotPhase::Waiting, begins));
    assert_eq!(judged.pack.code, "cn-regional");
    begins
}

/// The lot, once `is` says so of it.
async fn lot_when(player: &Player, listing: ListingId, is: impl Fn(&Lot) -> bool) -> Lot {
    eventually("a lot that changes", || async {
        let lot = player.client.market().lot(listing).await;
        lot.ok().map(|answer| answer.value).filter(|lot| is(lot))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_d3_d4_two_bid_by_themselves_over_a_restart_and_the_higher_limit_wins() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let (free, _) = units_of(&cast.lp, cast.regional_fund).await;
    let listing = announced(&exchange, &cast, "G-1", Method::English).await;
    let buyer = admitted(&cast, &cast.s_fund, listing).await;
    let rival = admitted(&cast, &cast.other_s_fund, listing).await;
    let stranger = AutoBid::up_to(listing, price("2.00")).run(&cast.lender.client).await;
    assert!(matches!(stranger, Err(AutoBidError::NoCode(id)) if id == listing));

    // They are started before there is a lot, and the exchange starts anew under them.
    let (stop, told) = oneshot::channel::<()>();
    let higher = AutoBid::up_to(listing, price("1.30"));
    let client = cast.s_fund.client.clone();
    let first = tokio::spawn(async move {
        let told = async { drop(told.await) };
        higher.run_until(&client, told).await
    });
    let client = cast.other_s_fund.client.clone();
    let lower = AutoBid::up_to(listing, price("1.20"));
    let second = tokio::spawn(async move { lower.run(&client).await });
    let increment = price("0.05");
    let begins = opened(&exchange, &cast, listing, Opening::English { increment }).await;
    exchange.stop().await;
    exchange.start().await;
    exchange.set_time(begins);
    let lost = soon("the lower limit", second).await.unwrap().unwrap();
    let AutoBidResult::LimitReached { least } = lost.result else { panic!("{lost:?}") };
    let led = lost.lot.unwrap();
    assert_eq!((lost.code, led.best_code), (rival, Some(buyer)));
    assert!([price("1.25"), price("1.30")].contains(&least), "{least}");
    let bids = cast.operator.client.trading().bids(listing).all(99).await.unwrap();
    assert!(bids.windows(2).all(|two| two[0].code != two[1].code), "D3: nobody over itself");
    assert!(bids.windows(2).all(|two| two[1].price.e4() - two[0].price.e4() == increment.e4()));

    // It is told to stop, and its bid leads on; another run does not bid over it.
    stop.send(()).unwrap();
    let stopped = soon("the end", first).await.unwrap().unwrap();
    assert_eq!(stopped.result, AutoBidResult::Stopped);
    assert_eq!(usize::try_from(stopped.bids + lost.bids).unwrap(), bids.len());
    let client = cast.s_fund.client.clone();
    let again = tokio::spawn(async move { higher.run(&client).await });
    let timed = begins.plus_seconds(86_400);
    exchange.set_time(timed);
    let lot = lot_when(&cast.lender, listing, |lot| lot.phase == LotPhase::Timed).await;
    exchange.set_time(lot.ends.unwrap());
    let won = soon("the award", again).await.unwrap().unwrap();
    let best = led.best.unwrap();
    let cash = best.times(units("1000000")).unwrap();
    assert_eq!(won.result, AutoBidResult::Won { units: units("1000000"), cash });
    assert_eq!((won.bids, won.code), (0, buyer));

    // A bidder hears of its own bids, and of the award.
    let mut mine = cast.other_s_fund.client.trading().my_events().after(Sequence::ZERO).open();
    let mut own = Vec::new();
    loop {
        let MyChange::ListingHappened(told) = soon("an event", mine.next()).await.unwrap().change
        else {
            continue;
        };
        own.extend(told.bid.map(|bid| (bid.code, bid.standing)));
        if told.event == "LotAwarded" {
            break;
        }
    }
    let placed = (rival, BidStanding::Stands);
    assert_eq!(
        own.iter().filter(|bid| **bid == placed).count(),
        usize::try_from(lost.bids).unwrap()
    );
    assert_eq!(own.last(), Some(&(rival, BidStanding::Outbid)));

    // The seller is told who won, and the contract takes the lot to settlement.
    cast.all_seen().await;
    let award = won.lot.unwrap().award.unwrap();
    assert_eq!(award.of(rival).unwrap().reason, AwardReason::Outbid);
    let winners = cast.lp.client.listing().bidders(listing).all(9).await.unwrap();
    assert_eq!(winners.iter().map(|one| one.party).collect::<Vec<_>>(), [cast.s_fund.id]);
    let venue = cast.operator.client.listing();
    venue.sign(listing, cast.s_fund.id, Sha256::new([3; 32])).await.unwrap();
    cast.all_seen().await;
    let own = cast.s_fund.client.listing().bidders(listing).all(9).await.unwrap();
    assert_eq!(own[0].state, BidderState::Signed);
    assert_eq!(
        units_of(&cast.lp, cast.regional_fund).await.0,
        free.checked_sub(units("1000000")).unwrap()
    );
    let running = cast.lender.client.market().lots(WhichLots::Running).all(9).await.unwrap();
    assert_eq!(running, []);
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_a_sealed_bid_is_opened_from_the_text_that_was_kept() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let listing = announced(&exchange, &cast, "G-2", Method::SealedPayAsBid).await;
    // What is listed and in which lots, who may bid is told after the confidentiality terms.
    let own = cast.s_fund.client.listing();
    own.accept_confidentiality(listing, Sha256::new([9; 32])).await.unwrap();
    let disclosed = own.disclosure(listing).await.unwrap();
    let fund = cast.s_fund.client.market().fund(disclosed.terms.fund).await.unwrap();
    let (listed, lot) = (disclosed.terms.units, fund.details.lot);
    let buyer = admitted(&cast, &cast.s_fund, listing).await;
    let rival = admitted(&cast, &cast.other_s_fund, listing).await;
    let opening = Opening::Sealed { commit_seconds: 3_600 };
    let begins = opened(&exchange, &cast, listing, opening).await;
    exchange.set_time(begins);
    lot_when(&cast.lender, listing, |lot| lot.phase == LotPhase::Committing).await;

    let mut kept = Vec::new();
    for (player, code, bid) in [(&cast.s_fund, buyer, "1.40"), (&cast.other_s_fund, rival, "1.50")]
    {
        let bid = NewBid::new(listing, price(bid));
        let sealed = SealedBid::new(bid, code, listed, lot).unwrap();
        let committed = player.client.trading().commit(&sealed).await.unwrap();
        assert!(begins < committed.reveal_from && committed.reveal_from < committed.reveal_until);
        kept.push((player, sealed.secret(), committed.reveal_from, committed.reveal_until));
    }
    cast.all_seen().await;
    let told = cast.lender.client.market().lot(listing).await.unwrap();
    assert_eq!((told.best, told.bids), (None, 0), "nobody sees a bid before the close");

    exchange.set_time(kept[0].2);
    lot_when(&cast.lender, listing, |lot| lot.phase == LotPhase::Revealing).await;
    // The other one lost its text: it forfeits.
    let sealed: SealedBid = kept[0].1.parse().unwrap();
    let trading = cast.s_fund.client.trading();
    let bid = trading.reveal(&sealed).await.unwrap().value;
    exchange.set_time(kept[0].3);
    let over = lot_when(&cast.lender, listing, |lot| lot.award.is_some()).await;
    let award = over.award.unwrap();
    assert_eq!((award.unrevealed.as_slice(), award.winners().count()), (&[rival][..], 1));
    let line = award.of(buyer).unwrap();
    assert_eq!((line.bid, line.cash.to_string()), (bid, "1400000.00".to_owned()));
    exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_with_one_bidder_the_two_sides_negotiate_through_the_sdk() {
    let mut exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let listing = announced(&exchange, &cast, "G-3", Method::English).await;
    let buyer = admitted(&cast, &cast.s_fund, listing).await;
    let opening = Opening::Negotiated { seconds: 86_400 };
    let begins = opened(&exchange, &cast, listing, opening).await;
    exchange.set_time(begins);
    lot_when(&cast.lender, listing, |lot| lot.phase == LotPhase::Negotiating).await;
    let not = AutoBid::up_to(listing, price("2.00")).run(&cast.s_fund.client).await;
    assert!(matches!(not, Err(AutoBidError::NotAscending(id)) if id == listing));

    let expires = begins.plus_seconds(3_600);
    let (seller, bidder) = (cast.lp.client.trading(), cast.s_fund.client.trading());
    let offer = NewOffer::to_seller(listing, price("1.05"), expires);
    let first = bidder.offer(offer).await.unwrap().value;
    let own = refusal(bidder.answer_offer(listing, first, OfferAnswer::Accept).await);
    assert!(!own.reason.is_empty(), "nobody agrees to its own offer");
    let counter = NewOffer::to_bidder(listing, buyer, price("1.15"), expires).counters(first);
    let second = seller.offer(counter).await.unwrap().value;
    bidder.answer_offer(listing, second, OfferAnswer::Accept).await.unwrap();
    cast.all_seen().await;
    let offers = seller.offers(listing).all(9).await.unwrap();
    let states: Vec<_> = offers.iter().map(|offer| (offer.by, offer.state)).collect();
    let countered = (LotSide::Bidder(buyer), OfferState::Countered);
    assert_eq!(states, [countered, (LotSide::Seller, OfferState::Accepted)]);
    assert_eq!(offers[1].counters, Some(first));
    let over = lot_when(&cast.lender, listing, |lot| lot.award.is_some()).await;
    assert_eq!(over.mode, LotMode::Negotiated);
    assert_eq!(over.award.unwrap().of(buyer).unwrap().cash.to_string(), "1150000.00");
    let stage = cast.lender.client.listing().listing(listing).await.unwrap().stage;
    assert_eq!(stage, ListingStage::Awarded);
    let bids = bidder.my_bids(listing).all(9).await.unwrap();
    assert!(bids.iter().all(|bid| bid.standing != BidStanding::Outbid));
    exchange.stop().await;
}
