//! A thousand who watch the market while orders come, each over a connection of its own; and that
//! each of them sees every trade.

use std::time::Instant;

use sfund_proto::v1;
use sfund_proto::v1::market_service_client::MarketServiceClient;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;
use tonic::{Request, Streaming};
use v1::stream_market_response::Event;

use crate::cpu::Cpu;
use crate::orders::{PARTIES, Told};
use crate::shared::{Size, short, spaced};
use crate::unary::{RECIPE, run};
use crate::venue::{Venue, bearer, runtime};
use crate::{Run, tell, tell_ratio};

/// What one saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    trades: usize,
    digest: [u8; 32],
}

/// Measures and prints.
pub(crate) fn bench(size: Size) {
    let (watchers, calls) = size.of((1_000, 6_400), (20, 256));
    let venue = Venue::open(RECIPE.stream().setup);
    let clients = runtime("client");
    let watching = runtime("client-watch");
    let turns = size.runs();
    println!("grpc, watch: {watchers} who watch the market, each over its own connection");
    let (mut alone, mut watched) = (Vec::new(), Vec::new());
    let (mut told, mut seen_trades) = (Told::default(), 0);
    let mut caught_up = Vec::new();
    for turn in 0..turns {
        let seed = u64::try_from(turn).expect("few");
        let (run_alone, of_run) = run(&clients, venue.address, calls, seed);
        alone.push(run_alone);
        told.add(of_run);
        let from = venue.running.read().newest().sequence.number() + 1;
        let mut streams = JoinSet::new();
        for _ in 0..watchers {
            streams.spawn_on(open(venue.address, from), watching.handle());
        }
        let streams = watching.block_on(streams.join_all());
        let before = Cpu::now();
        let mut watch = JoinSet::new();
        let (done, is_done) = tokio::sync::watch::channel(None);
        for stream in streams {
            watch.spawn_on(see(stream, is_done.clone()), watching.handle());
        }
        let (run_watched, of_run) = run(&clients, venue.address, calls, seed + 50);
        told.add(of_run);
        let after_orders = Instant::now();
        let trades = venue_trades(&venue, from);
        done.send_replace(Some(trades));
        let seen = watching.block_on(watch.join_all());
        caught_up.push(after_orders.elapsed());
        let cpu = Cpu::now().since(before);
        let first = seen.first().expect("somebody watches");
        assert_eq!(first.trades, trades, "every trade is seen");
        assert!(seen.iter().all(|one| one == first), "everybody sees the same");
        seen_trades += first.trades;
        println!(
            "  run {turn}: {} trades seen by each, digest {}",
            first.trades,
            short(&first.digest)
        );
        watched.push(Run { cpu, ..run_watched });
    }
    let alone_time = tell("nobody watches", &alone);
    let watched_time = tell("all watch", &watched);
    tell_ratio("orders with, to without", watched_time, alone_time);
    let last = crate::shared::median(caught_up);
    println!("  the last trade was seen by all {last:.1?} after the last answer");
    let journaled = venue.end();
    told.check(&journaled);
    println!(
        "  {} trades seen {watchers} times; digest {}",
        spaced(seen_trades.try_into().expect("few")),
        short(&journaled.digest)
    );
}

/// Trades in the journal since `from`, once the read models have all of it.
fn venue_trades(venue: &Venue, from: u64) -> usize {
    use sfund_engine::event::Event;
    use sfund_engine::id::Sequence;
    let runtime = runtime("other");
    venue.settle();
    let mut stream = venue.running.live().subscribe(Sequence::new(from)).expect("it is there");
    let mut trades = 0;
    runtime.block_on(async {
        while let Ok(sfund::stream::Step::Entry(item)) = stream.next().await {
            let events = item.outcome().unwrap_or_default();
            trades += events.iter().filter(|event| matches!(event, Event::Traded(_))).count();
        }
    });
    trades
}

async fn open(
    address: std::net::SocketAddr,
    from_sequence: u64,
) -> Streaming<v1::StreamMarketResponse> {
    let mut client =
        MarketServiceClient::connect(format!("http://{address}")).await.expect("it answers");
    let ask = v1::StreamMarketRequest { from_sequence, ..Default::default() };
    let mut request = Request::new(ask);
    request.metadata_mut().insert("authorization", bearer(PARTIES[0]));
    let mut stream = client.stream_market(request).await.expect("it opens").into_inner();
    loop {
        let message = stream.message().await.expect("no end").expect("a message");
        if let Some(Event::CaughtUp(_)) = message.event {
            return stream;
        }
    }
}

/// Reads until all trades came, of which there are as many as `wanted` says in the end.
async fn see(
    mut stream: Streaming<v1::StreamMarketResponse>,
    mut wanted: tokio::sync::watch::Receiver<Option<usize>>,
) -> Seen {
    let mut digest = Sha256::new();
    let mut trades = 0;
    loop {
        if *wanted.borrow() == Some(trades) {
            return Seen { trades, digest: digest.finalize().into() };
        }
        tokio::select! {
            message = stream.message() => {
                let message = message.expect("no end").expect("a message");
                if let Some(Event::Trade(trade)) = message.event {
                    trades += 1;
                    digest.update(message.sequence.to_be_bytes());
                    digest.update(trade.trade_id.as_bytes());
                }
            }
            changed = wanted.changed() => changed.expect("it is told in the end"),
        }
    }
}
