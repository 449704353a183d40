//! One call for one order: 4 connections of one party each, 32 calls in flight on each.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::bare::Bare;
use crate::orders::{Desk, PARTIES, Told, all};
use crate::shared::mix::Recipe;
use crate::shared::{Size, short};
use crate::venue::{Venue, connect, runtime};
use crate::{Run, tell, tell_ratio};

/// Calls in flight on one connection.
pub(crate) const IN_FLIGHT: usize = 32;
/// Before anything is measured.
const WARM_UP: usize = 4_000;

/// The venue of these orders.
pub(crate) const RECIPE: Recipe = Recipe { seed: 3, funds: 16, resting: 4_000, commands: 0 };

/// Measures, prints, and answers with the time of one durable order.
pub(crate) fn bench(size: Size) -> Duration {
    let calls = size.of(60_000, 600);
    let venue = Venue::open(RECIPE.stream().setup);
    let bare = Bare::start();
    let clients = runtime("client");
    println!("grpc, unary: {} connections, {IN_FLIGHT} calls in flight on each", PARTIES.len());
    let (mut ours, mut theirs, mut sdk) = (Vec::new(), Vec::new(), Vec::new());
    let warm_up = size.of(WARM_UP, 0);
    let mut told = Told::default();
    for turn in 0..size.runs() {
        let seed = u64::try_from(turn).expect("few");
        venue.settle();
        run(&clients, bare.address, warm_up, seed + 200);
        theirs.push(run(&clients, bare.address, calls, seed).0);
        told.add(run(&clients, venue.address, warm_up, seed + 200).1);
        let (run, of_run) = run(&clients, venue.address, calls, seed);
        ours.push(run);
        told.add(of_run);
        let (run, of_run) =
            crate::orders::through_sdk(&clients, venue.address, calls / 2, seed + 100);
        sdk.push(run);
        told.add(of_run);
    }
    let bare_time = tell("bare tonic echo", &theirs);
    let our_time = tell("durable orders", &ours);
    let sdk_time = tell("durable orders, the SDK", &sdk);
    tell_ratio("durable orders to bare echo", our_time, bare_time);
    tell_ratio("the same through the SDK", sdk_time, bare_time);
    let journaled = venue.end();
    told.check(&journaled);
    println!(
        "  {} orders, {} refused, {} trades; digest {} (served, and a direct run)",
        journaled.entries.len(),
        told.refused,
        journaled.trades,
        short(&journaled.digest)
    );
    our_time
}

/// So many calls, as many at once as there may be.
pub(crate) fn run(clients: &Runtime, address: SocketAddr, calls: usize, seed: u64) -> (Run, Told) {
    clients.block_on(async {
        let mut desks = Vec::new();
        for (number, party) in PARTIES.into_iter().enumerate() {
            let client = connect(address).await;
            for worker in 0..IN_FLIGHT {
                let number = u64::try_from(number * IN_FLIGHT + worker).expect("few");
                desks.push(Desk::new(client.clone(), party, seed, number));
            }
        }
        let each = calls / desks.len();
        all(desks.into_iter().map(|desk| desk.work(each))).await
    })
}
