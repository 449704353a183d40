//! Many orders over one order stream, in batches: the mix of the other benches, given by a member.
//!
//! The stream carries every command in order, so what the market became is known before: a direct
//! run of the same commands makes the same digest.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sfund_engine::command::Command;
use sfund_engine::trading::order::{OrderPrice, TimeInForce};
use sfund_proto::v1;
use tokio::runtime::Runtime;
use tonic::Request;
use uuid::Uuid;
use v1::order_instruction::Instruction;
use v1::order_stream_request::Message as Asked;
use v1::order_stream_response::Message as Told;

use crate::bare::Bare;
use crate::cpu::Cpu;
use crate::orders::side_of;
use crate::shared::mix::{Ask, Recipe};
use crate::shared::{Size, short, spaced};
use crate::venue::{MEMBER, Venue, bearer, connect, runtime, with_member};
use crate::{Run, tell, tell_ratio};

/// Instructions of one message.
const BATCH: usize = 500;

/// Measures and prints; compares with the time of one unary order if that was measured.
pub(crate) fn bench(size: Size, unary: Option<Duration>) {
    let (warm_up, orders) = size.of((10_000, 100_000), (500, 1_000));
    let runs = size.runs();
    let recipe = Recipe {
        seed: 4,
        funds: size.of(100, 3),
        resting: size.of(20_000, 50),
        commands: (warm_up + orders) * runs,
    };
    let stream = recipe.stream();
    println!("grpc, stream: one order stream, {BATCH} instructions a message");
    println!("  mix of seed {}: {}", recipe.seed, stream.counts);
    let setup = with_member(stream.setup);
    let venue = Venue::open(setup);
    let bare = Bare::start();
    let clients = runtime("client");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut sizes = Sizes::default();
    for (turn, asks) in stream.asks.chunks(warm_up + orders).enumerate() {
        let first = turn * (warm_up + orders);
        let batches = messages(asks, first);
        let (warm, measured) = batches.split_at(warm_up / BATCH);
        venue.settle();
        run(&clients, bare.address, warm);
        let (run_of_bare, bytes) = run(&clients, bare.address, measured);
        theirs.push(run_of_bare);
        sizes.bare += bytes;
        run(&clients, venue.address, warm);
        let (run_of_ours, bytes) = run(&clients, venue.address, measured);
        ours.push(run_of_ours);
        sizes.ours += bytes;
        sizes.orders += measured.len() * BATCH;
    }
    let bare_time = tell("bare tonic echo", &theirs);
    let our_time = tell("durable orders", &ours);
    tell_ratio("durable orders to bare echo", our_time, bare_time);
    if let Some(unary) = unary {
        tell_ratio("to our own unary orders", our_time, unary);
    }
    println!(
        "  an answer has {} bytes, of the bare {}",
        sizes.ours / sizes.orders,
        sizes.bare / sizes.orders
    );
    let journaled = venue.end();
    let came: Vec<&Command> = journaled.entries.iter().map(|(_, command)| command).collect();
    let sent: Vec<&Command> = stream.asks.iter().map(|(_, command)| command).collect();
    assert_eq!(came, sent, "what came is what was sent, in its order");
    println!(
        "  {} orders; digest {} (served, and a direct run)",
        spaced(came.len().try_into().expect("few")),
        short(&journaled.digest)
    );
}

/// Bytes of the answers.
#[derive(Default)]
struct Sizes {
    ours: usize,
    bare: usize,
    orders: usize,
}

/// Sends all and waits for every answer.
fn run(clients: &Runtime, address: SocketAddr, batches: &[v1::OrderStreamRequest]) -> (Run, usize) {
    clients.block_on(async {
        let mut client = connect(address).await.max_decoding_message_size(usize::MAX);
        let sent = Arc::new(Mutex::new(Vec::with_capacity(batches.len())));
        let noted = Arc::clone(&sent);
        let open = v1::OrderStreamOpen { cancel_on_disconnect: false };
        let open = v1::OrderStreamRequest { message: Some(Asked::Open(open)) };
        let bye =
            v1::OrderStreamRequest { message: Some(Asked::Goodbye(v1::OrderStreamGoodbye {})) };
        let outgoing = std::iter::once(open).chain(batches.to_vec()).chain([bye]);
        let outgoing = tokio_stream::iter(outgoing.inspect(move |_| {
            noted.lock().expect("no panic").push(Instant::now());
        }));
        let mut request = Request::new(outgoing);
        request.metadata_mut().insert("authorization", bearer(MEMBER));
        let wanted = batches.len() * BATCH;
        let mut came = Vec::with_capacity(batches.len());
        let (mut count, mut bytes) = (0, 0);
        let (before, since) = (Cpu::now(), Instant::now());
        let mut answers = client.order_stream(request).await.expect("it opens").into_inner();
        while count < wanted {
            let message = answers.message().await.expect("no end").expect("an answer");
            if let Some(Told::Batch(batch)) = message.message {
                for answer in &batch.answers {
                    bytes += prost::Message::encoded_len(answer);
                }
                count += batch.answers.len();
                while came.len() < count / BATCH {
                    came.push(Instant::now());
                }
            }
        }
        let (wall, cpu) = (since.elapsed(), Cpu::now().since(before));
        drop(answers);
        let sent = sent.lock().expect("no panic");
        // The first that was sent opened the stream.
        let times = came.iter().zip(sent.iter().skip(1));
        let times = times.map(|(came, sent)| came.saturating_duration_since(*sent)).collect();
        (Run { calls: wanted, wall, times, cpu }, bytes)
    })
}

/// The commands as messages, each with an attempt id.
fn messages(asks: &[Ask], first: usize) -> Vec<v1::OrderStreamRequest> {
    let mut number = u64::try_from(first).expect("few");
    let mut instruction = |(_, command): &Ask| {
        number += 1;
        let id = Uuid::from_u128(u128::from(number) << 64 | 0x7a3f_91c2_44d1_0b57);
        v1::OrderInstruction {
            tag: number,
            request_id: id.hyphenated().to_string(),
            validate_only: false,
            instruction: Some(instruction_of(command)),
        }
    };
    let batch = |asks: &[Ask]| {
        let instructions = asks.iter().map(&mut instruction).collect();
        let batch = Asked::Batch(v1::OrderBatch { instructions });
        v1::OrderStreamRequest { message: Some(batch) }
    };
    asks.chunks(BATCH).map(batch).collect()
}

fn instruction_of(command: &Command) -> Instruction {
    match command {
        Command::PlaceOrder(place) => {
            let OrderPrice::Limit(price) = place.price else { panic!("the mix has limits only") };
            let lasts = match place.time_in_force {
                TimeInForce::ImmediateOrCancel => v1::TimeInForce::ImmediateOrCancel,
                TimeInForce::GoodTillCancelled => v1::TimeInForce::GoodTillCancelled,
                TimeInForce::Day => v1::TimeInForce::Day,
                other => panic!("not in the mix: {other:?}"),
            };
            Instruction::Place(v1::OrderTerms {
                party_id: place.party.to_string(),
                fund_id: place.fund.to_string(),
                side: side_of(place.side).into(),
                r#type: v1::OrderType::Limit.into(),
                price: price.to_string(),
                units: place.units.to_string(),
                time_in_force: lasts.into(),
                ..v1::OrderTerms::default()
            })
        }
        Command::AmendOrder(amend) => Instruction::Amend(v1::Amendment {
            order_id: amend.order.to_string(),
            price: amend.price.map_or_else(String::new, |price| price.to_string()),
            units: amend.units.map_or_else(String::new, |units| units.to_string()),
        }),
        Command::CancelOrder(cancel) => {
            Instruction::Cancel(v1::Cancellation { order_id: cancel.order.to_string() })
        }
        other => panic!("not in the mix: {}", other.kind().name()),
    }
}
