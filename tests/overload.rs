//! While somebody is hostile over the network, the server's memory is bounded, what the hostile
//! calls are told is right, and everybody else trades on.
//!
//! How much longer the others wait meanwhile is measured by `benches/overload.rs`.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::cast::{Cast, Player};
use harness::door::Door;
use harness::hostility::{self, ALL, Hostility, PING, PREFACE, SETTINGS, SETTINGS_ACK, Target};
use harness::program::Program;
use harness::{Exchange, soon};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sfund::service::limits::Limits;
use sfund_proto::v1;
use sfund_proto::v1::market_service_client::MarketServiceClient;
use sfund_proto::v1::trading_service_client::TradingServiceClient;
use sfund_sdk::Time;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_types::StatusExt as _;

/// What the server's memory may grow by, in KiB, under one kind of hostility.
const GROWTH_KIB_MAX: u64 = 96 * 1024;
/// What one idle connection may take, in KiB.
const IDLE_KIB_MAX: u64 = 32;

async fn served(settings: &[&str]) -> (tempfile::TempDir, Program, Cast) {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve(folder.path(), "127.0.0.1:0", settings);
    let cast = register(&program).await;
    (folder, program, cast)
}

async fn register(program: &Program) -> Cast {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Time::from_nanos(u64::try_from(since.as_nanos()).unwrap());
    Cast::register(&program.url(), &program.keys_file(), now).await
}

fn target(address: &str, player: &Player, source: u8) -> Target {
    let source = Ipv4Addr::new(127, 0, 0, source);
    Target { address: address.parse().unwrap(), key: player.key.clone(), source }
}

/// Others, who trade one order after the other until they are stopped, and must succeed.
struct Others {
    stop: Arc<AtomicBool>,
    trading: JoinHandle<()>,
}

impl Others {
    async fn trade(cast: &Cast) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let cast = cast.clone();
        let client = harness::hasty(&cast.url, &cast.other_lp.key).await;
        let trading = tokio::spawn(async move {
            loop {
                let order = client.trading().place(cast.sell("1", "1.50")).await.unwrap().order;
                client.trading().cancel(order).await.unwrap();
                client.register().holding(cast.fund).await.unwrap();
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        Self { stop, trading }
    }

    /// Stops them after the trade that they are at.
    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        soon("the others' last trade", self.trading).await.unwrap();
    }
}

/// What at least one call of a hostility is told, and what else they may be.
fn right(hostility: Hostility) -> (Option<Code>, &'static [Code]) {
    /// What a client says when it is hung up on: with a word to be calm, or, where the end of the
    /// connection overtakes the word, with none.
    const CUT: &[Code] = &[Code::ResourceExhausted, Code::Unknown];
    match hostility {
        Hostility::Calls => (Some(Code::Ok), &[Code::ResourceExhausted]),
        // Fewer bytes than a connection may say unheard: each call is answered.
        Hostility::Strangers => (Some(Code::Unauthenticated), &[]),
        // The library's own word for a message that is too long.
        Hostility::HugeMessages => (Some(Code::OutOfRange), &[]),
        Hostility::Bombs => (Some(Code::ResourceExhausted), &[]),
        Hostility::HugeHeaders => (None, CUT),
        Hostility::Unread => (Some(Code::ResourceExhausted), &[Code::Ok]),
        Hostility::Connects
        | Hostility::HalfBegun
        | Hostility::Pings
        | Hostility::Settings
        | Hostility::Resets
        | Hostility::KeyedResets => (None, &[]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_every_hostility_memory_is_bounded_and_the_others_trade_on() {
    let (_folder, mut program, cast) = served(&[]).await;
    for hostility in ALL {
        let before = program.resident_now_kib();
        let others = Others::trade(&cast).await;
        let mut rounds = JoinSet::new();
        for source in 2..5 {
            let target = target(&program.address, &cast.lp, source);
            rounds.spawn(async move { hostility.round(&target).await });
        }
        let told = soon("the end of the rounds", rounds.join_all()).await.concat();
        others.stop().await;
        assert!(program.is_up(), "{hostility:?}");
        let (must, may) = right(hostility);
        let is_right = |code: &Code| must == Some(*code) || may.contains(code);
        assert!(told.iter().all(is_right), "{hostility:?}: {told:?}");
        assert!(must.is_none_or(|must| told.contains(&must)), "{hostility:?}: {told:?}");
        let grown = program.resident_now_kib().saturating_sub(before);
        assert!(grown < GROWTH_KIB_MAX, "{hostility:?}: {grown} KiB");
    }
    // The hostile caller itself is served again.
    cast.lp.client.trading().place(cast.sell("1", "1.50")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_connections_leave_room_for_others_and_take_little() {
    const CONNECTIONS: u64 = 10_000;
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let files = maximum.unwrap_or(u64::MAX);
    if files < CONNECTIONS + 1_000 {
        println!("skipped: {files} open files are too few for {CONNECTIONS} connections");
        return;
    }
    let (_folder, mut program, cast) = served(&[]).await;
    let before = program.resident_now_kib();
    let mut idle = Vec::new();
    for number in 0..CONNECTIONS {
        let source = u8::try_from(2 + number / 1_000).unwrap();
        let opened = target(&program.address, &cast.lp, source).connect().await;
        let mut stream = opened.unwrap_or_else(|| panic!("connection {number}"));
        let says = match number % 3 {
            0 => Vec::new(),
            1 => PREFACE.to_vec(),
            _ => [PREFACE, SETTINGS, SETTINGS_ACK].concat(),
        };
        stream.write_all(&says).await.unwrap();
        idle.push(stream);
    }
    let others = Others::trade(&cast).await;
    let newcomer = harness::client(&program.url(), &cast.s_fund.key).await;
    soon("an answer", newcomer.admin().caller().into_future()).await.unwrap();
    others.stop().await;
    let grown = program.resident_now_kib().saturating_sub(before);
    println!("{grown} KiB for {CONNECTIONS} idle connections");
    assert!(grown < CONNECTIONS * IDLE_KIB_MAX, "{grown} KiB");
    drop(idle);
    soon("an answer", newcomer.admin().caller().into_future()).await.unwrap();
    assert!(program.is_up());
}

/// Whether the server hangs up, sooner or later.
async fn is_hung_up_on(stream: &mut TcpStream) {
    let mut answer = [0; 4_096];
    let read = async { while let Ok(1..) = stream.read(&mut answer).await {} };
    soon("the end of the connection", read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_too_many_connections_is_hung_up_on_and_others_are_not() {
    let (_folder, program, cast) = served(&["--server.connections_per_address_max", "40"]).await;
    let greedy = target(&program.address, &cast.lp, 2);
    let mut open = Vec::new();
    for _ in 0..40 {
        open.push(greedy.connect().await.unwrap());
    }
    // One more is not even greeted.
    let mut refused = greedy.connect().await.unwrap();
    drop(refused.write_all(&[PREFACE, SETTINGS].concat()).await);
    let answer = soon("the end of the connection", refused.read(&mut [0])).await;
    assert!(matches!(answer, Ok(0) | Err(_)), "{answer:?}");
    let others = Others::trade(&cast).await;
    others.stop().await;
    // One that ends makes room for another, sooner or later.
    drop(open.pop());
    harness::eventually("a place", || async {
        let channel = greedy.channel().await?;
        let ask = greedy.signed(v1::GetVenueRequest::default());
        MarketServiceClient::new(channel).get_venue(ask).await.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_few_files_writes_on_and_takes_a_connection_once_another_ends() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve_with_files(folder.path(), 300, &[]);
    let cast = register(&program).await;
    let greedy = target(&program.address, &cast.lp, 2);
    let mut open = Vec::new();
    for _ in 0..100 {
        open.extend(greedy.connect().await);
    }
    // Who is connected trades, whatever waits outside.
    cast.other_lp.client.trading().place(cast.sell("1", "1.50")).await.unwrap();
    drop(open);
    let newcomer = harness::client(&program.url(), &cast.s_fund.key).await;
    soon("an answer", newcomer.admin().caller().into_future()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_ask_nothing_end_their_connection() {
    let (_folder, mut program, cast) = served(&[]).await;
    let attacker = target(&program.address, &cast.lp, 2);
    let reset = [&hostility::headers(1, None)[..], &[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8]];
    for frame in [PING.to_vec(), SETTINGS.to_vec(), reset.concat()] {
        let mut stream = attacker.connect().await.unwrap();
        let flood = std::iter::repeat_n(frame, 100_000).flatten().collect::<Vec<_>>();
        let begun = [PREFACE, SETTINGS, SETTINGS_ACK].concat();
        stream.write_all(&begun).await.unwrap();
        let (mut answers, mut out) = stream.split();
        let mut answer = [0; 4_096];
        let read = async { while let Ok(1..) = answers.read(&mut answer).await {} };
        let both = async { tokio::join!(read, out.write_all(&flood)) };
        drop(soon("the end of the connection", both).await);
    }
    assert!(program.is_up());
}

/// What a connection is told by the frame that ends it, number 7 of HTTP/2: the error's code.
async fn last_word(stream: &mut TcpStream) -> Option<u32> {
    let mut head = [0; 9];
    loop {
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut body = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut body).await.ok()?;
        if head[3] == 7 {
            return Some(u32::from_be_bytes(body[4..8].try_into().unwrap()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_end_are_told_to_be_calm_and_ended() {
    /// `ENHANCE_YOUR_CALM` of HTTP/2.
    const BE_CALM: u32 = 11;
    let (_folder, mut program, cast) = served(&[]).await;
    let attacker = target(&program.address, &cast.lp, 2);
    let mut begun = hostility::headers(1, None);
    begun[4] = 0;
    // One more piece, a byte of it, that does not end either.
    let piece = [0, 0, 1, 9, 0, 0, 0, 0, 1, 0];
    let pieces = std::iter::repeat_n(piece, 64).flatten().collect::<Vec<_>>();
    let mut stream = attacker.connect().await.unwrap();
    let says = [PREFACE, SETTINGS, SETTINGS_ACK, &begun, &pieces].concat();
    stream.write_all(&says).await.unwrap();
    assert_eq!(soon("the last word", last_word(&mut stream)).await, Some(BE_CALM));
    // Headers that end, and are longer than may be, end their call and nothing else.
    let channel = attacker.channel().await.unwrap();
    let mut market = MarketServiceClient::new(channel);
    let mut long = attacker.signed(v1::GetVenueRequest::default());
    long.metadata_mut().insert("x-long", "y".repeat(17_000).parse().unwrap());
    let refused = soon("an answer", market.get_venue(long)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unknown, "{refused}");
    assert!(refused.message().contains("431"), "{refused}");
    market.get_venue(attacker.signed(v1::GetVenueRequest::default())).await.unwrap();
    assert!(program.is_up());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_get_on_is_ended_whatever_it_began_with() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let short = Duration::from_millis(200);
    let limits = Limits {
        keepalive_interval: short,
        keepalive_timeout: short,
        stranger_wait: short,
        connection_idle_max: short,
        heartbeat: short / 4,
        ..Limits::default()
    };
    let door = Door::open(&exchange, limits).await;
    let attacker = target(&door.address.to_string(), &cast.lp, 2);
    let half_call = hostility::headers(1, None);
    let begun = [PREFACE, SETTINGS, SETTINGS_ACK].concat();
    let call = [&begun[..], &hostility::headers(1, Some(&bearer(&cast.lp)))].concat();
    for says in [
        Vec::new(),
        PREFACE[..11].to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        PREFACE.to_vec(),
        begun.clone(),
        [&begun[..], &PING[..5]].concat(),
        [&begun[..], &half_call[..20]].concat(),
        // A call of a good key whose message never comes: its peer is gone.
        call,
    ] {
        let mut stream = attacker.connect().await.unwrap();
        stream.write_all(&says).await.unwrap();
        is_hung_up_on(&mut stream).await;
    }
    // One that answers every question whether it lives, and wants nothing; one that wanted much.
    let mut ended = hostility::headers(1, Some(&bearer(&cast.lp)));
    ended[4] |= 1;
    for says in [begun.clone(), [begun, ended].concat()] {
        let mut stream = attacker.connect().await.unwrap();
        stream.write_all(&says).await.unwrap();
        soon("the end of the connection", answer_pings(&mut stream)).await;
    }
    let admin = harness::client(&door.url(), &cast.supervisor.key).await;
    // And a stream, which is no silence however little happens.
    let mut trading = TradingServiceClient::new(attacker.channel().await.unwrap());
    let from = v1::StreamMyEventsRequest::default();
    let opened = trading.stream_my_events(attacker.signed(from)).await.unwrap();
    let mut stream = opened.into_inner();
    for _ in 0..20 {
        soon("a sign of life", stream.message()).await.unwrap().unwrap();
    }
    soon("an answer", admin.admin().caller().into_future()).await.unwrap();
    drop(stream);
    door.close().await;
}

/// Answers pings, and nothing else, until the server hangs up.
async fn answer_pings(stream: &mut TcpStream) {
    let mut head = [0; 9];
    while stream.read_exact(&mut head).await.is_ok() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut body = vec![0; usize::try_from(length).unwrap()];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        if (head[3], head[4]) == (6, 0) {
            head[4] = 1;
            drop(stream.write_all(&[&head[..], &body].concat()).await);
        }
    }
}

fn bearer(player: &Player) -> String {
    format!("Bearer {}", player.key.reveal())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_or_expires_ends_the_streams_that_it_opened() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let limits = Limits { heartbeat: Duration::from_millis(50), ..Limits::default() };
    let door = Door::open(&exchange, limits).await;
    let hall = cast.hall();
    let soon_over = cast.now.plus_seconds(60);
    let scope = sfund_sdk::KeyScope::Full;
    let stolen = hall.key(cast.lp.id, scope, soon_over.plus_seconds(3_600)).await;
    let short = hall.key(cast.lp.id, scope, soon_over).await;
    cast.all_seen().await;
    let mut open = Vec::new();
    for key in [&stolen, &short] {
        let player = Player { key: key.clone(), ..cast.lp.clone() };
        let caller = target(&door.address.to_string(), &player, 2);
        let endpoint = Endpoint::from_shared(door.url()).unwrap().connect().await.unwrap();
        let mut trading = TradingServiceClient::new(endpoint);
        let ask = caller.signed(v1::StreamMyEventsRequest::default());
        let events = trading.stream_my_events(ask).await.unwrap().into_inner();
        let (sender, outgoing) = tokio::sync::mpsc::channel(1);
        let outgoing = tokio_stream::wrappers::ReceiverStream::new(outgoing);
        let first = v1::order_stream_request::Message::Open(v1::OrderStreamOpen::default());
        sender.send(v1::OrderStreamRequest { message: Some(first) }).await.unwrap();
        let orders = trading.order_stream(caller.signed(outgoing)).await.unwrap().into_inner();
        open.push((caller, trading, events, orders, sender));
    }
    cast.operator.client.admin().revoke_key(stolen.hash()).await.unwrap();
    exchange.set_time(soon_over.plus_seconds(1));
    let wanted = ["KEY_REVOKED", "KEY_EXPIRED"];
    for ((caller, mut trading, mut events, mut orders, sender), wanted) in
        open.into_iter().zip(wanted)
    {
        let event_end = async {
            loop {
                if let Err(status) = events.message().await {
                    return status;
                }
            }
        };
        let order_end = async {
            loop {
                if let Err(status) = orders.message().await {
                    return status;
                }
            }
        };
        let ends = [soon("an end", event_end).await, soon("an end", order_end).await];
        let ask = caller.signed(v1::ListOrdersRequest::default());
        let call = trading.list_orders(ask).await.unwrap_err();
        for status in [&ends[0], &ends[1], &call] {
            assert_eq!(status.code(), Code::Unauthenticated, "{status}");
            assert_eq!(status.get_error_details().error_info().unwrap().reason, wanted);
        }
        drop(sender);
    }
    // Whose key is good goes on.
    cast.other_lp.client.trading().place(cast.sell("1", "1.50")).await.unwrap();
    door.close().await;
}
