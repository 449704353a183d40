//! Whatever comes over the wire, the server stays up, small, and fair to the others.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::cast::{Cast, Player};
use harness::door::Door;
use harness::program::Program;
use harness::{Exchange, soon};
use prost::Message as _;
use prost::bytes::BufMut as _;
use sfund::service::limits::Limits;
use sfund_proto::v1;
use sfund_proto::v1::admin_service_client::AdminServiceClient;
use sfund_proto::v1::trading_service_client::TradingServiceClient;
use sfund_sdk::{Client, Error, Instruction, Time, Uuid};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::codec::{BufferSettings, Codec, CompressionEncoding, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;

/// The most memory that the server may have had resident, in KiB.
const RESIDENT_KIB_MAX: u64 = 400 * 1024;

async fn served(settings: &[&str]) -> (tempfile::TempDir, Program, Cast) {
    let mut folder = tempfile::tempdir().unwrap();
    folder.disable_cleanup(true);
    let program = Program::serve(folder.path(), "127.0.0.1:0", settings);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Time::from_nanos(u64::try_from(since.as_nanos()).unwrap());
    let cast = Cast::register(&program.url(), &program.keys_file(), now).await;
    (folder, program, cast)
}

/// The server is up, small, and serves somebody else.
async fn is_well(program: &mut Program, somebody: &Client) {
    assert!(program.is_up());
    soon("an answer", somebody.admin().caller().into_future()).await.unwrap();
    let resident = program.resident_kib();
    assert!(resident < RESIDENT_KIB_MAX, "{resident} KiB");
}

fn signed<Q>(request: Q, player: &Player) -> Request<Q> {
    let mut request = Request::new(request);
    let bearer = format!("Bearer {}", player.key.reveal()).parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

async fn channel(url: &str) -> Channel {
    Endpoint::from_shared(url.to_owned()).unwrap().connect().await.unwrap()
}

/// A sound order of the LP, and a way to spoil it.
fn spoilt(cast: &Cast, spoil: impl FnOnce(&mut v1::OrderTerms)) -> v1::PlaceOrderRequest {
    let mut order = v1::OrderTerms {
        fund_id: cast.fund.to_string(),
        side: v1::Side::Sell.into(),
        r#type: v1::OrderType::Limit.into(),
        price: "1.50".to_owned(),
        units: "1000".to_owned(),
        time_in_force: v1::TimeInForce::GoodTillCancelled.into(),
        ..Default::default()
    };
    spoil(&mut order);
    let request_id = Uuid::now_v7().to_string();
    v1::PlaceOrderRequest { request_id, validate_only: false, order: Some(order) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_field_by_field() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let mut trading = TradingServiceClient::new(channel(&exchange.url()).await);
    let numbers = [
        "",
        "-1",
        "+1",
        "1e5",
        "NaN",
        "inf",
        "1.",
        ".5",
        "1.00001",
        "0x10",
        " 1.5",
        "1.5 ",
        "1,5",
        "1_000",
        "１.５",
        "99999999999999999999",
        "18446744073709551616",
        "1.5\0",
        "--1",
    ];
    let mut requests = Vec::new();
    for number in numbers {
        requests.push(("price", spoilt(&cast, |order| order.price = number.to_owned())));
        requests.push(("units", spoilt(&cast, |order| order.units = number.to_owned())));
        if !number.is_empty() {
            requests.push(("peak", spoilt(&cast, |order| order.peak = number.to_owned())));
            requests.push(("minimum", spoilt(&cast, |order| order.minimum = number.to_owned())));
        }
    }
    let long = "9".repeat(100_000);
    for id in ["", "fund-", "fund--1", "order-0", "fund-0 ", "FUND-0", "fund-1e1", "0", &long] {
        requests.push(("fund_id", spoilt(&cast, |order| order.fund_id = id.to_owned())));
    }
    for number in [0, -1, 99, i32::MAX, i32::MIN] {
        requests.push(("side", spoilt(&cast, |order| order.side = number)));
        requests.push(("type", spoilt(&cast, |order| order.r#type = number)));
        requests.push(("time_in_force", spoilt(&cast, |order| order.time_in_force = number)));
        if number != 0 {
            requests.push(("self_trade", spoilt(&cast, |order| order.self_trade = number)));
        }
    }
    for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, i32::MAX), (-1, 0)] {
        requests.push((
            "good_till",
            spoilt(&cast, |order| {
                order.time_in_force = v1::TimeInForce::GoodTill.into();
                order.good_till = Some(prost_types::Timestamp { seconds, nanos });
            }),
        ));
    }
    requests.push((
        "good_till",
        spoilt(&cast, |order| {
            order.time_in_force = v1::TimeInForce::GoodTill.into();
        }),
    ));
    requests.push(("party_id", spoilt(&cast, |order| order.party_id = "party-x".to_owned())));
    for id in ["", "x", "00000000-0000-0000-0000-00000000000", &long] {
        let request = spoilt(&cast, |_| {});
        let request_id = id.to_owned();
        requests.push(("request_id", v1::PlaceOrderRequest { request_id, ..request }));
    }
    let request = spoilt(&cast, |_| {});
    requests.push(("order", v1::PlaceOrderRequest { order: None, ..request }));
    cast.all_seen().await;
    let before = exchange.running().read().newest().sequence;
    let count = requests.len();
    for (field, request) in requests {
        let told = format!("{field}: {:.200}", format!("{request:?}"));
        let status = trading.place_order(signed(request, &cast.lp)).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{told}: {status}");
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "MALFORMED", "{told}");
        let named = &details.bad_request().unwrap().field_violations;
        assert!(named.iter().any(|one| one.field.contains(field)), "{told}: {named:?}");
    }
    assert!(100 < count);
    cast.all_seen().await;
    assert_eq!(exchange.running().read().newest().sequence, before, "nothing was journaled");

    let zero = spoilt(&cast, |order| order.units = "0".to_owned());
    let status = trading.place_order(signed(zero, &cast.lp)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let nobody = spoilt(&cast, |order| order.fund_id = "fund-4000000000".to_owned());
    let status = trading.place_order(signed(nobody, &cast.lp)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    for order_id in ["order-18446744073709551615", "order-4294967295"] {
        let order_id = order_id.to_owned();
        let ask = v1::GetOrderRequest { order_id, after_sequence: 0 };
        let status = trading.get_order(signed(ask, &cast.lp)).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
    }
    for (page_size, page_token) in [(-1, ""), (i32::MIN, ""), (1, "x"), (1, &long[..])] {
        let page_token = page_token.to_owned();
        let ask = v1::ListOrdersRequest { page_size, page_token, ..Default::default() };
        let status = trading.list_orders(signed(ask, &cast.lp)).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    let far = v1::StreamMyEventsRequest { from_sequence: u64::MAX, ..Default::default() };
    let status = trading.stream_my_events(signed(far, &cast.lp)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let far = v1::GetOrderRequest { order_id: "order-0".to_owned(), after_sequence: u64::MAX };
    let mut far = signed(far, &cast.lp);
    far.set_timeout(Duration::from_millis(200));
    let status = trading.get_order(far).await.unwrap_err();
    let expired = [Code::DeadlineExceeded, Code::Cancelled];
    assert!(expired.contains(&status.code()), "{status}");
}

/// Sends bytes as a message, whatever they are.
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = v1::PlaceOrderResponse;
    type Encoder = Self;
    type Decoder = tonic_prost::ProstDecoder<v1::PlaceOrderResponse>;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<v1::PlaceOrderRequest, _>::raw_decoder(BufferSettings::default())
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, bytes: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&bytes);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nests_too_deep_or_is_cut_is_refused_and_disturbs_nobody() {
    let (_folder, mut program, cast) = served(&[]).await;
    let channel = channel(&program.url()).await;
    let sound = spoilt(&cast, |order| order.units = "1".to_owned()).encode_to_vec();
    // Groups of the field 900, which nobody knows, within one another: opened, and closed again.
    let (open, close) = ([0xa3, 0x38], [0xa4, 0x38]);
    let nested = |deep: usize| [open.repeat(deep), close.repeat(deep)].concat();
    let with = |unknown: Vec<u8>| [&sound[..], &unknown].concat();
    let refused = [
        with(nested(200)),
        with(nested(100_000)),
        // Never closed, closed without having been opened, and closed as another.
        with(open.repeat(50)),
        with(close.to_vec()),
        with([open, [0xac, 0x38]].concat()),
        sound[..sound.len() - 1].to_vec(),
        // A length that is not there, and a number that does not end.
        with(vec![0xa2, 0x38, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        with([&[0xa0, 0x38][..], &[0xff; 11]].concat()),
    ];
    let path = "/sfund.v1.TradingService/PlaceOrder";
    let send = async |bytes: Vec<u8>| {
        let mut client = tonic::client::Grpc::new(channel.clone());
        client.ready().await.unwrap();
        client.unary(signed(bytes, &cast.lp), path.parse().unwrap(), Raw).await
    };
    for bytes in refused {
        let told = format!("{} bytes", bytes.len());
        let status = soon("an answer", send(bytes)).await.unwrap_err();
        // The library's own word for what is no message.
        assert_eq!(status.code(), Code::Internal, "{told}: {status}");
        assert!(status.message().contains("failed to decode"), "{told}: {status}");
    }
    // What nobody knows and nests a little is passed over.
    soon("an answer", send(with(nested(50)))).await.unwrap();
    is_well(&mut program, &cast.s_fund.client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_too_long_are_refused_and_take_no_memory() {
    let (_folder, mut program, cast) = served(&[]).await;
    let channel = channel(&program.url()).await;
    for bytes in [2 << 20, 32 << 20] {
        let request = spoilt(&cast, |order| order.fund_id = "9".repeat(bytes));
        let mut plain = TradingServiceClient::new(channel.clone());
        let status = plain.place_order(signed(request.clone(), &cast.lp)).await.unwrap_err();
        assert_ne!(status.code(), Code::Ok, "{status}");
        // A few bytes on the wire that would be many in memory.
        let mut packed = plain.send_compressed(CompressionEncoding::Gzip);
        let status = packed.place_order(signed(request, &cast.lp)).await.unwrap_err();
        assert_ne!(status.code(), Code::Ok, "{status}");
    }
    is_well(&mut program, &cast.s_fund.client).await;
    let mut header = signed(v1::PlaceOrderRequest::default(), &cast.lp);
    header.metadata_mut().insert("x-long", "y".repeat(200_000).parse().unwrap());
    let refused = TradingServiceClient::new(channel).place_order(header).await;
    assert!(refused.is_err());
    is_well(&mut program, &cast.s_fund.client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_port_disturbs_nobody() {
    let (_folder, mut program, cast) = served(&[]).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut garbage: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\x00".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        preface.to_vec(),
        [&preface[..], &[0xff; 4096]].concat(),
        [&preface[..], b"\xff\xff\xff\x00\x00\x00\x00\x00\x01"].concat(),
        vec![b'A'; 1 << 20],
    ];
    garbage.extend((0..64_u32).map(|seed| {
        let noise = (0..2_048_u32).map(|at| seed.wrapping_mul(31).wrapping_add(at * at));
        [&preface[..], &noise.map(|word| word.to_le_bytes()[1]).collect::<Vec<_>>()].concat()
    }));
    for bytes in garbage {
        let mut stream = TcpStream::connect(&program.address).await.unwrap();
        // The server may hang up before it has read all of it.
        drop(stream.write_all(&bytes).await);
        drop(stream.shutdown().await);
        let mut answer = [0; 1024];
        let read = async { while let Ok(1..) = stream.read(&mut answer).await {} };
        soon("the end of the connection", read).await;
    }
    is_well(&mut program, &cast.s_fund.client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_slowed_and_the_others_are_served() {
    let settings = ["--server.calls_per_second_max", "50", "--server.calls_burst_max", "50"];
    let (_folder, mut program, cast) = served(&settings).await;
    let hasty = harness::hasty(&program.url(), &cast.lp.key).await;
    let calls: Vec<_> = (0..2_000)
        .map(|_| tokio::spawn(hasty.trading().place(cast.sell("1", "1.50")).into_future()))
        .collect();
    // Meanwhile somebody else asks, and is not made to wait.
    for _ in 0..5 {
        cast.other_lp.client.register().holding(cast.fund).await.unwrap();
    }
    let (mut placed, mut slowed) = (0, 0);
    for call in calls {
        match soon("an answer", call).await.unwrap() {
            Ok(_) => placed += 1,
            Err(Error::Overloaded { retry_after, refusal }) => {
                assert_eq!((refusal.reason.as_str(), refusal.number), ("RATE_LIMITED", Some(20)));
                assert!(Duration::ZERO < retry_after && retry_after <= Duration::from_secs(11));
                slowed += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(1 <= placed && 200 < slowed, "{placed} placed, {slowed} slowed");
    // Who waits as it is told to comes through.
    cast.lp.client.trading().place(cast.sell("1", "1.50")).await.unwrap();
    is_well(&mut program, &cast.s_fund.client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_stream_whose_answers_nobody_reads_slows_itself_only() {
    let (_folder, mut program, cast) = served(&[]).await;
    // Room for unread answers of all streams: what the client's own connection holds up is no test.
    let endpoint = Endpoint::from_shared(program.url())
        .unwrap()
        .initial_stream_window_size(65_535)
        .initial_connection_window_size(1 << 24);
    let mut trading = TradingServiceClient::new(endpoint.connect().await.unwrap());
    let instruction = |tag| v1::OrderInstruction {
        tag,
        request_id: Uuid::now_v7().to_string(),
        validate_only: true,
        instruction: Some(v1::order_instruction::Instruction::Cancel(v1::Cancellation {
            order_id: "order-7".to_owned(),
        })),
    };
    let mut stuck = Vec::new();
    for _ in 0..4 {
        let (sender, outgoing) = tokio::sync::mpsc::channel(1);
        let outgoing = tokio_stream::wrappers::ReceiverStream::new(outgoing);
        let open = v1::order_stream_request::Message::Open(v1::OrderStreamOpen::default());
        sender.send(v1::OrderStreamRequest { message: Some(open) }).await.unwrap();
        let answers = trading.order_stream(signed(outgoing, &cast.lp)).await.unwrap();
        // One small message after the other, until no more is taken.
        let mut tag = 0;
        loop {
            tag += 1;
            let instructions = vec![instruction(tag)];
            let batch = v1::order_stream_request::Message::Batch(v1::OrderBatch { instructions });
            let message = v1::OrderStreamRequest { message: Some(batch) };
            let sent = sender.send(message);
            match tokio::time::timeout(Duration::from_millis(500), sent).await {
                Ok(sent) => sent.expect("the stream is slow, and open"),
                Err(_) => break,
            }
        }
        stuck.push((sender, answers));
    }
    // The same connection serves other calls.
    let ask = v1::ListOrdersRequest::default();
    soon("an answer", trading.list_orders(signed(ask, &cast.lp))).await.unwrap();
    is_well(&mut program, &cast.s_fund.client).await;
    for (_, answers) in &mut stuck {
        soon("the answers", answers.get_mut().message()).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_is_cut_and_says_from_where_to_resume() {
    let exchange = Exchange::open().await;
    let cast = exchange.cast().await;
    let limits = Limits { slow_reader_wait: Duration::from_millis(200), ..Limits::default() };
    let door = Door::open(&exchange, limits).await;
    let url = door.url();

    let (sender, mut answers) = cast.lp.client.trading().order_stream().open().await.unwrap();
    let orders = std::iter::repeat_n(Instruction::Place(cast.sell("1", "1.50")), 6_000);
    for _ in sender.send_all(orders).await.unwrap() {
        soon("an answer", answers.next()).await.unwrap().unwrap();
    }
    cast.all_seen().await;
    let newest = exchange.running().read().newest().sequence.number();

    let narrow = Endpoint::from_shared(url.clone())
        .unwrap()
        .initial_stream_window_size(65_535)
        .initial_connection_window_size(65_535);
    let mut admin = AdminServiceClient::new(narrow.connect().await.unwrap());
    let from = v1::StreamEntriesRequest { from_sequence: 1 };
    let opened = admin.stream_entries(signed(from, &cast.regulator)).await.unwrap();
    let watch = harness::client(&url, &cast.supervisor.key).await;
    harness::eventually("the cut", || async {
        (watch.admin().status().await.unwrap().streams_open == 0).then_some(())
    })
    .await;
    let (mut last, cut) = read_to_the_end(opened.into_inner(), 0).await;
    assert_eq!(cut.code(), Code::ResourceExhausted, "{cut}");
    let details = cut.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.reason, "SLOW_READER");
    let resume: u64 = info.metadata["resume_sequence"].parse().unwrap();
    assert!(resume <= last + 1 && last < newest, "{resume}, {last}, {newest}");
    assert!(details.retry_info().is_some());

    // From there on every entry comes, by the first that is new.
    let from = v1::StreamEntriesRequest { from_sequence: last + 1 };
    let mut stream =
        admin.stream_entries(signed(from, &cast.regulator)).await.unwrap().into_inner();
    while last < newest {
        let message = soon("an entry", stream.message()).await.unwrap().unwrap();
        if let Some(v1::stream_entries_response::Event::Entry(entry)) = message.event {
            assert_eq!(entry.sequence, last + 1);
            last = entry.sequence;
        }
    }
    drop(stream);
    door.close().await;
}

/// The last entry that came, and what the stream ended with.
async fn read_to_the_end(
    mut stream: tonic::Streaming<v1::StreamEntriesResponse>,
    mut last: u64,
) -> (u64, Status) {
    loop {
        match soon("the next entry", stream.message()).await {
            Ok(Some(message)) => {
                if let Some(v1::stream_entries_response::Event::Entry(entry)) = message.event {
                    assert_eq!(entry.sequence, last + 1, "no gap before the cut");
                    last = entry.sequence;
                }
            }
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => return (last, status),
        }
    }
}
