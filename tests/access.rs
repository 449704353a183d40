//! Who may call what, about whose things: every role, every kind of key, every call.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::collections::BTreeSet;

use harness::Exchange;
use harness::calls::{Common, Things, call};
use harness::cast::{Cast, Player, details};
use harness::listings;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use sfund::service::access::{Does, RPCS};
use sfund_proto::v1;
use sfund_proto::v1::market_service_client::MarketServiceClient;
use sfund_sdk::{ApiKey, FundId, KeyScope, NewIntention, Reviewed, Role, Side, TransferRequest};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};

/// Service, call, about the caller's own things, about a stranger's.
///
/// A column each for lp, s_fund, manager, lender, member, operator, supervisor, settlement bank and
/// regulator: `+` may, `-` is not permitted, `?` finds nothing, `x` is refused by a rule of the
/// market, `.` has no such thing of its own.
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("MarketService", "GetVenue", "+++++++++", "+++++++++"),
    ("MarketService", "GetSegment", "+++++++++", "+++++++++"),
    ("MarketService", "ListSegments", "+++++++++", "+++++++++"),
    ("MarketService", "GetFund", "+++++++++", "+++++++++"),
    ("MarketService", "ListFunds", "+++++++++", "+++++++++"),
    ("MarketService", "GetBook", "+++++++++", "+++++++++"),
    ("MarketService", "ListTrades", "+++++++++", "+++++++++"),
    // About the draft of an investor, for which nobody bids yet.
    ("MarketService", "GetLot", "??.......", "?????????"),
    ("MarketService", "ListLots", "+++++++++", "+++++++++"),
    ("MarketService", "StreamMarket", "+++++++++", "+++++++++"),
    ("TradingService", "PlaceOrder", "++--x----", "---------"),
    ("TradingService", "AmendOrder", "++--.----", "??--?----"),
    ("TradingService", "CancelOrder", "++....---", "?????+---"),
    ("TradingService", "CancelAll", "++++++---", "-----+---"),
    ("TradingService", "OrderStream", "++++++---", "++++++---"),
    ("TradingService", "GetOrder", "++.......", "?????++?+"),
    ("TradingService", "ListOrders", "+++++++++", "?????++?+"),
    ("TradingService", "ListMyTrades", "+++++++++", "?????++?+"),
    ("TradingService", "GetMeters", "+++++++++", "?????++?+"),
    ("TradingService", "GetListingMeters", "++.......", "?????++?+"),
    ("TradingService", "QuoteFees", "+++++++++", "?????++?+"),
    ("TradingService", "PostIntention", "++--x----", "---------"),
    ("TradingService", "WithdrawIntention", "++....---", "?????+---"),
    ("TradingService", "ListIntentions", "+++++++++", "?????++?+"),
    ("TradingService", "ListSuggestions", "+++++++++", "?????++?+"),
    // About a draft too.
    ("TradingService", "PlaceBid", "??--.----", "---------"),
    ("TradingService", "MatchPrice", "??--.----", "---------"),
    ("TradingService", "CommitBid", "??--.----", "---------"),
    ("TradingService", "RevealBid", "??--.----", "---------"),
    ("TradingService", "MakeOffer", "??--.----", "---------"),
    ("TradingService", "AnswerOffer", "??--.----", "---------"),
    ("TradingService", "ListBids", "++.......", "??+??++?+"),
    ("TradingService", "ListOffers", "++.......", "??+??++?+"),
    ("TradingService", "StreamMyEvents", "+++++++++", "?????++?+"),
    // About a draft: nobody but its owner, its fund's manager and the venue knows of it.
    ("ListingService", "DraftListing", "++--x----", "---------"),
    ("ListingService", "SubmitListing", "+x--.----", "??--?----"),
    ("ListingService", "ReviewListing", "-----.---", "-----x---"),
    ("ListingService", "SetAgreement", "-----+---", "-----+---"),
    ("ListingService", "NotifyPartners", "-----.---", "-----x---"),
    ("ListingService", "AnswerFirstRefusal", "??--.----", "---------"),
    ("ListingService", "AnswerConsent", "--.------", "--x------"),
    ("ListingService", "RecordApproval", "-----.---", "-----x---"),
    ("ListingService", "AnnounceListing", "-----.---", "-----x---"),
    ("ListingService", "SuspendListing", "-----.---", "-----x---"),
    ("ListingService", "ResumeListing", "-----.---", "-----x---"),
    ("ListingService", "ExtendListing", "xx--.----", "??--?----"),
    ("ListingService", "RepriceListing", "xx--.----", "??--?----"),
    ("ListingService", "ChangeListing", "xx--.----", "??--?----"),
    ("ListingService", "WithdrawListing", "++--.----", "??--?----"),
    ("ListingService", "RevokeListing", "-----.---", "-----x---"),
    ("ListingService", "AcceptConfidentiality", "??--.----", "---------"),
    ("ListingService", "LookAtDocument", "??--.----", "---------"),
    ("ListingService", "DeclareInterest", "??--.----", "---------"),
    ("ListingService", "QualifyBidder", "-----.---", "-----x---"),
    ("ListingService", "PayDeposit", "??--.----", "---------"),
    ("ListingService", "OpenBidding", "-----.---", "-----x---"),
    ("ListingService", "SignContract", "-----.---", "-----x---"),
    ("ListingService", "ListBidders", "++.......", "??+??++?+"),
    ("ListingService", "GetListing", "++.......", "??+??++?+"),
    ("ListingService", "ListListings", "+++++++++", "+++++++++"),
    ("ListingService", "GetListingDisclosure", "++.......", "??+??++?+"),
    ("ListingService", "ListListingReaders", "++.......", "?????++?+"),
    ("ListingService", "ListListingLooks", "++.......", "?????++?+"),
    ("ListingService", "ListListingEvents", "++.......", "??+??++?+"),
    ("ListingService", "ListListingDeadlines", "++.......", "??+??++?+"),
    ("ListingService", "GetAgreement", "--+--++-+", "--?--++-+"),
    ("RegisterService", "GetHolding", "+++++++++", "?????++?+"),
    ("RegisterService", "ListHoldings", "+++++++++", "?????++?+"),
    ("RegisterService", "ListHolders", "--+--++-+", "--?--++-+"),
    ("RegisterService", "ListStatementEntries", "+++++++++", "?????++?+"),
    ("SettlementService", "RequestTransfer", "+++++x---", "-----+---"),
    ("SettlementService", "SettleTransfer", "-------+-", "-------+-"),
    ("SettlementService", "ListTransfers", "+++++++++", "?????++++"),
    ("SettlementService", "GetCash", "+++++++++", "?????++++"),
    ("SettlementService", "ListHouseAccounts", "-----++++", "-----++++"),
    ("SettlementService", "ListCashEntries", "+++++++++", "?????++++"),
    ("AdminService", "GetCaller", "+++++++++", "+++++++++"),
    ("AdminService", "GetServerStatus", "-----++-+", "-----++-+"),
    ("AdminService", "OpenSegment", "-----+---", "-----+---"),
    ("AdminService", "AdoptPack", "-----+---", "-----+---"),
    ("AdminService", "SetCalendar", "-----+---", "-----+---"),
    ("AdminService", "SetFees", "-----+---", "-----+---"),
    ("AdminService", "RegisterParty", "-----+---", "-----+---"),
    ("AdminService", "GetParty", "+++++++++", "?????++++"),
    ("AdminService", "ListParties", "+++++++++", "+++++++++"),
    ("AdminService", "Qualify", "-----x---", "-----+---"),
    ("AdminService", "Affiliate", "-----x---", "-----+---"),
    ("AdminService", "SetPartyStatus", "-----x---", "-----+---"),
    ("AdminService", "RegisterFund", "-----+---", "-----+---"),
    ("AdminService", "ExtendTerm", "-----+---", "-----+---"),
    ("AdminService", "IssueUnits", "-----x---", "-----+---"),
    ("AdminService", "LockUnits", "-----x---", "-----+---"),
    ("AdminService", "UnlockUnits", "-..+..---", "?????+---"),
    // A list of what the caller may see among what it names: empty for strangers.
    ("AdminService", "ListLocks", "+++++++++", "+++++++++"),
    ("AdminService", "IssueKey", "-----+---", "-----+---"),
    ("AdminService", "RevokeKey", "+++++++++", "?????+???"),
    ("AdminService", "ListKeys", "+++++++++", "?????++?+"),
    ("AdminService", "SetReference", "-----+---", "-----+---"),
    ("AdminService", "SetTradingState", "-----++--", "-----++--"),
    ("AdminService", "Review", "------+--", "------+--"),
    ("AdminService", "ListProposals", "-----++-+", "-----++-+"),
    ("AdminService", "ListEntries", "-----++-+", "-----++-+"),
    ("AdminService", "StreamEntries", "-----++-+", "-----++-+"),
];

fn path((service, call, ..): &(&str, &str, &str, &str)) -> String {
    format!("/sfund.v1.{service}/{call}")
}

fn sign(outcome: Result<(), Code>) -> char {
    match outcome {
        Ok(()) => '+',
        Err(Code::PermissionDenied) => '-',
        Err(Code::NotFound) => '?',
        Err(Code::FailedPrecondition) => 'x',
        Err(Code::Unauthenticated) => '0',
        Err(other) => panic!("{other:?}"),
    }
}

fn columns(cast: &Cast) -> [&Player; 9] {
    [
        &cast.lp,
        &cast.s_fund,
        &cast.manager,
        &cast.lender,
        &cast.member,
        &cast.operator,
        &cast.supervisor,
        &cast.bank,
        &cast.regulator,
    ]
}

/// An order, an intention, a transfer, a draft and a pledge of an investor, as it has them.
async fn things_of(cast: &Cast, of: &Player, side: Side) -> Things {
    let trading = of.client.trading();
    let order = match side {
        Side::Sell => cast.sell("1000", "1.90"),
        Side::Buy => cast.buy("1000000", "1.10"),
    };
    let order = trading.place(order).await.unwrap().order;
    let intention = trading
        .post(NewIntention {
            party: None,
            fund: cast.fund,
            side,
            price: harness::price("1.50"),
            units: harness::units("1000"),
            expires: cast.now.plus_seconds(3_600),
        })
        .await
        .unwrap();
    let transfer =
        TransferRequest::deposit(harness::money("1.00"), sfund_sdk::Currency::CNY, "wire");
    let transfer = of.client.settlement().request(transfer).await.unwrap().value;
    let mut things = plain(of, "");
    things.side = if side == Side::Sell { v1::Side::Sell } else { v1::Side::Buy };
    things.order = order.to_string();
    things.intention = intention.intention.to_string();
    things.transfer = transfer.to_string();
    let code = format!("OF-{}", of.id);
    things.listing = listings::draft(&cast.url, of, cast.regional_fund, &code).await;
    if side == Side::Sell {
        let admin = cast.operator.client.admin();
        let units = harness::units("100");
        let lock = admin.pledge(of.id, cast.fund, units, cast.lender.id, "contract 1").await;
        things.lock = lock.unwrap().value.to_string();
    }
    things
}

/// What everybody has: itself, and a key.
fn plain(of: &Player, managed: &str) -> Things {
    Things {
        party: of.id.to_string(),
        key_hash: of.key.hash().bytes().to_vec(),
        managed: managed.to_owned(),
        side: v1::Side::Sell,
        ..Things::default()
    }
}

async fn common(cast: &Cast, channel: &Channel) -> Common {
    let bearer = format!("Bearer {}", cast.operator.key.reveal()).parse().unwrap();
    let mut client =
        MarketServiceClient::with_interceptor(channel.clone(), move |mut request: Request<()>| {
            request.metadata_mut().insert("authorization", std::clone::Clone::clone(&bearer));
            Ok(request)
        });
    let venue = client.get_venue(v1::GetVenueRequest::default()).await.unwrap().into_inner();
    let which = v1::get_fund_request::Which::FundId(cast.fund.to_string());
    let fund = v1::GetFundRequest { which: Some(which), ..Default::default() };
    let fund = client.get_fund(fund).await.unwrap().into_inner().fund.unwrap();
    let segment_id = cast.licensed.to_string();
    let segment = v1::GetSegmentRequest { segment_id, ..Default::default() };
    let segment = client.get_segment(segment).await.unwrap().into_inner().segment.unwrap();
    let asked = cast.operator.client.admin().set_fees(cast.licensed, &one_row()).await.unwrap();
    let Reviewed::Waits(proposal) = asked.value else { panic!("fees take two persons") };
    let soon = cast.now.plus_seconds(3_600);
    Common {
        channel: channel.clone(),
        fund: cast.fund.to_string(),
        regional_fund: cast.regional_fund.to_string(),
        segment,
        calendar: venue.venue.unwrap().calendar.unwrap(),
        details: v1::FundDetails { code: "NEW".to_owned(), ..fund.details.unwrap() },
        proposal: proposal.to_string(),
        lender: cast.lender.id.to_string(),
        moment: prost_types::Timestamp {
            seconds: i64::try_from(soon.nanos() / 1_000_000_000).unwrap(),
            nanos: 0,
        },
    }
}

fn one_row() -> sfund_sdk::Fees {
    sfund_sdk::Fees { tiers: vec![sfund_sdk::Rates::default()] }
}

async fn channel(exchange: &Exchange) -> Channel {
    Endpoint::from_shared(exchange.url()).unwrap().connect().await.unwrap()
}

/// Calls everything for everybody and compares with the table.
async fn compare(
    common: &Common,
    keys: &[&ApiKey],
    own: &[Things],
    other: &Things,
    expected: impl Fn(&(&str, &str, &str, &str)) -> [String; 2],
) {
    let mut wrong = Vec::new();
    for row in TABLE {
        let mut found = [String::new(), String::new()];
        let wanted = expected(row);
        for (at, key) in keys.iter().enumerate() {
            let abouts = [Some(&own[at]), Some(other)];
            for (about, (found, wanted)) in abouts.iter().zip(found.iter_mut().zip(&wanted)) {
                let is_left_out = wanted.as_bytes().get(at) == Some(&b'.');
                let Some(about) = about.filter(|_| !is_left_out) else {
                    found.push('.');
                    continue;
                };
                let outcome = call(&path(row), common, Some(key), about).await;
                found.push(sign(outcome.expect("the harness makes every call")));
            }
        }
        if found != wanted {
            wrong.push(format!("{}: {found:?}, not {wanted:?}", path(row)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_call_of_the_interface_and_no_other() {
    let set = FileDescriptorSet::decode(sfund_proto::DESCRIPTORS).unwrap();
    let mut described = BTreeSet::new();
    for file in set.file.iter().filter(|file| file.package() == "sfund.v1") {
        for service in &file.service {
            let paths = service.method.iter().map(|method| (service.name(), method.name()));
            described.extend(paths.map(|(service, call)| format!("/sfund.v1.{service}/{call}")));
        }
    }
    let listed: BTreeSet<_> = TABLE.iter().map(path).collect();
    assert_eq!((listed.len(), &listed), (TABLE.len(), &described));
    let served: BTreeSet<_> = RPCS.iter().map(|rpc| rpc.path.to_owned()).collect();
    assert_eq!(listed, served);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_may_what_the_table_says_and_nothing_else() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let hall = cast.hall();
    let stranger = hall.player("lp-9", Role::Lp, None).await;
    let other_manager = hall.player("manager-9", Role::Manager, None).await;
    let foreign = hall.fund(details("FOREIGN", cast.licensed, other_manager.id)).await;
    hall.issue(cast.fund, stranger.id, harness::units("10000")).await;
    let other_lender = hall.player("lender-9", Role::Lender, None).await;
    let stranger_cast = Cast { lender: other_lender, ..cast.clone() };
    let mut others = things_of(&stranger_cast, &stranger, Side::Sell).await;
    others.managed = foreign.to_string();

    let own_fund = |fund: FundId| fund.to_string();
    let mut own = Vec::new();
    for player in columns(&cast) {
        own.push(plain(player, &own_fund(cast.fund)));
    }
    for (at, player, side) in [(0, &cast.lp, Side::Sell), (1, &cast.s_fund, Side::Buy)] {
        let managed = own[at].managed.clone();
        own[at] = Things { managed, ..things_of(&cast, player, side).await };
    }
    // The pledge in favour of the lender is the LP's lock.
    own[3].lock = own[0].lock.clone();
    own[7].transfer = own[0].transfer.clone();
    let channel = channel(&exchange).await;
    let common = common(&cast, &channel).await;
    cast.all_seen().await;

    let keys = columns(&cast).map(|player| &player.key);
    let row = |row: &(&str, &str, &str, &str)| [row.2.to_owned(), row.3.to_owned()];
    compare(&common, &keys, &own, &others, row).await;

    // What a member may about its client, the client may about itself.
    let client = things_of(&cast, &cast.other_lp, Side::Sell).await;
    cast.all_seen().await;
    let others_of = |row: &(&str, &str, &str, &str)| {
        let may = match (row.1, row.2.as_bytes()[0]) {
            ("UnlockUnits", _) => "-".to_owned(),
            (_, sign) => char::from(sign).to_string(),
        };
        [may.clone(), may]
    };
    let client = Things { managed: cast.fund.to_string(), ..client };
    let own = std::slice::from_ref(&client);
    compare(&common, &[&cast.member.key], own, &client, others_of).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_key_reads_what_its_party_may_and_gives_no_command() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let expires = cast.now.plus_seconds(3_600);
    let lp = cast.hall().key(cast.lp.id, KeyScope::ReadOnly, expires).await;
    let own =
        Things { managed: cast.fund.to_string(), ..things_of(&cast, &cast.lp, Side::Sell).await };
    let channel = channel(&exchange).await;
    let common = common(&cast, &channel).await;
    cast.all_seen().await;
    let expected = |row: &(&str, &str, &str, &str)| {
        let path = path(row);
        let rpc = RPCS.iter().find(|rpc| rpc.path == path).unwrap();
        let is_read = matches!(rpc.does, Does::Read(_) | Does::Stream(_));
        let own = if is_read { row.2[..1].to_owned() } else { "-".to_owned() };
        [own.clone(), own]
    };
    compare(&common, &[&lp], std::slice::from_ref(&own), &own, expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_and_no_key_that_is_good_no_longer_opens_any_door() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let hall = cast.hall();
    let soon = cast.now.plus_seconds(60);
    let expired = hall.key(cast.lp.id, KeyScope::Full, soon).await;
    let revoked = hall.key(cast.lp.id, KeyScope::Full, soon.plus_seconds(3_600)).await;
    cast.operator.client.admin().revoke_key(revoked.hash()).await.unwrap();
    let own =
        Things { managed: cast.fund.to_string(), ..things_of(&cast, &cast.lp, Side::Sell).await };
    let channel = channel(&exchange).await;
    let common = common(&cast, &channel).await;
    exchange.set_time(soon);
    let unknown = ApiKey::generate().unwrap();
    for key in [None, Some(&expired), Some(&revoked), Some(&unknown)] {
        for row in TABLE {
            let outcome = call(&path(row), &common, key, &own).await.unwrap();
            assert_eq!(outcome, Err(Code::Unauthenticated), "{}", path(row));
        }
    }
}
