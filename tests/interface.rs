//! The interface beside its services: reflection, health, compression.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::collections::BTreeSet;

use harness::{Exchange, client, patient, soon};
use sfund_sdk::{Client, Compression, EntryFilter};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

const SERVICES: [&str; 6] = [
    "sfund.v1.AdminService",
    "sfund.v1.ListingService",
    "sfund.v1.MarketService",
    "sfund.v1.RegisterService",
    "sfund.v1.SettlementService",
    "sfund.v1.TradingService",
];

async fn channel(exchange: &Exchange) -> Channel {
    Endpoint::from_shared(exchange.url()).unwrap().connect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_may_ask_what_the_server_offers() {
    let exchange = Exchange::open().await;
    let mut reflection = ServerReflectionClient::new(channel(&exchange).await);
    let symbol = "sfund.v1.TradingService".to_owned();
    let asks =
        [MessageRequest::ListServices(String::new()), MessageRequest::FileContainingSymbol(symbol)];
    let asks =
        asks.map(|ask| ServerReflectionRequest { host: String::new(), message_request: Some(ask) });
    let answers = reflection.server_reflection_info(tokio_stream::iter(asks)).await.unwrap();
    let mut answers = answers.into_inner();
    let listed = soon("the services", answers.message()).await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(listed)) = listed.message_response else {
        panic!("{listed:?}")
    };
    let listed: BTreeSet<_> = listed.service.into_iter().map(|service| service.name).collect();
    assert!(SERVICES.iter().all(|service| listed.contains(*service)), "{listed:?}");
    let file = soon("a file", answers.message()).await.unwrap().unwrap();
    assert!(matches!(file.message_response, Some(MessageResponse::FileDescriptorResponse(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_says_that_it_serves_until_the_server_stops() {
    let mut exchange = Exchange::open().await;
    let mut health = HealthClient::new(channel(&exchange).await);
    for service in SERVICES.iter().chain(&[""]) {
        let ask = HealthCheckRequest { service: (*service).to_owned() };
        let answer = health.check(ask).await.unwrap().into_inner();
        assert_eq!(answer.status, 1, "{service} serves");
    }
    let nothing = HealthCheckRequest { service: "sfund.v1.NoService".to_owned() };
    assert!(health.check(nothing).await.is_err());
    exchange.stop().await;
    assert!(health.check(HealthCheckRequest::default()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_answers_are_the_same_answers() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    for number in 0..50 {
        let price = format!("1.{}", 50 + number % 7);
        cast.lp.client.trading().place(cast.sell("100", &price)).await.unwrap();
    }
    let key = &cast.regulator.key;
    let plain = client(&cast.url, key).await;
    let options = patient(&cast.url).key(key.clone()).compression(Compression::Gzip);
    let packed = Client::connect(options).await.unwrap();
    cast.all_seen().await;
    let all = |client: &Client| client.admin().entries(EntryFilter::default()).all(1_000);
    assert_eq!(all(&plain).await.unwrap(), all(&packed).await.unwrap());
    let book = |client: &Client| client.market().book(cast.fund, 50);
    assert_eq!(book(&plain).await.unwrap().value, book(&packed).await.unwrap().value);
}
