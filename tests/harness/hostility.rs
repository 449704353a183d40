//! What somebody who means ill does to a server over its port, a round at a time: each round ends
//! by itself, or when the server hangs up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use sfund_proto::v1;
use sfund_proto::v1::admin_service_client::AdminServiceClient;
use sfund_proto::v1::market_service_client::MarketServiceClient;
use sfund_proto::v1::trading_service_client::TradingServiceClient;
use sfund_sdk::{ApiKey, Uuid};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};

/// With what every HTTP/2 connection begins.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty frame of settings.
pub const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// An acknowledgement of settings.
pub const SETTINGS_ACK: &[u8] = &[0, 0, 0, 4, 1, 0, 0, 0, 0];
/// A frame that asks whether one is there.
pub const PING: &[u8] = &[0, 0, 8, 6, 0, 0, 0, 0, 0, b's', b'f', b'u', b'n', b'd', 0, 0, 1];
/// Calls of one round of a flood.
const CALLS: usize = 2_000;
/// Frames of one round of a flood.
const FRAMES: u32 = 50_000;
/// Connections of one round.
const CONNECTIONS: usize = 200;

/// A way to be hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hostility {
    /// Calls of a good key, as fast as can be.
    Calls,
    /// Calls without a key, as fast as can be.
    Strangers,
    /// Connections opened and closed.
    Connects,
    /// Connections that begin a TLS handshake, or half a first frame, and go away.
    HalfBegun,
    /// Questions whether the server is there.
    Pings,
    /// Settings without end.
    Settings,
    /// Calls without a key, reset at once.
    Resets,
    /// Calls of a good key, reset at once.
    KeyedResets,
    /// Messages longer than may be.
    HugeMessages,
    /// A few bytes that unpack to many.
    Bombs,
    /// Headers longer than may be.
    HugeHeaders,
    /// Streams that nobody reads.
    Unread,
}

/// All of them.
pub const ALL: [Hostility; 12] = [
    Hostility::Calls,
    Hostility::Strangers,
    Hostility::Connects,
    Hostility::HalfBegun,
    Hostility::Pings,
    Hostility::Settings,
    Hostility::Resets,
    Hostility::KeyedResets,
    Hostility::HugeMessages,
    Hostility::Bombs,
    Hostility::HugeHeaders,
    Hostility::Unread,
];

/// Who is attacked, by whom.
#[derive(Clone)]
pub struct Target {
    /// The server's port.
    pub address: SocketAddr,
    /// A good key of the attacker's own.
    pub key: ApiKey,
    /// Where the attacker calls from.
    pub source: Ipv4Addr,
}

impl Hostility {
    /// One round. What the server answers to calls, by code.
    pub async fn round(self, target: &Target) -> Vec<Code> {
        match self {
            Self::Calls => calls(target, Some(&target.key)).await,
            Self::Strangers => calls(target, None).await,
            Self::Connects => silent(target, &[]).await,
            Self::HalfBegun => {
                silent(target, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await;
                silent(target, &[PREFACE, &PING[..5]].concat()).await
            }
            Self::Pings => frames(target, |_| PING.to_vec()).await,
            Self::Settings => frames(target, |_| SETTINGS.to_vec()).await,
            Self::Resets => frames(target, |number| call_and_reset(number, None)).await,
            Self::KeyedResets => {
                frames(target, |number| call_and_reset(number, Some(&target.key))).await
            }
            Self::HugeMessages => vec![long_message(target, 4 << 20, None).await],
            Self::Bombs => {
                vec![long_message(target, 32 << 20, Some(CompressionEncoding::Gzip)).await]
            }
            Self::HugeHeaders => vec![long_header(target).await],
            Self::Unread => unread(target).await,
        }
    }
}

impl Target {
    /// A connection from where the attacker is; none if the server, or the system, gives none.
    pub async fn connect(&self) -> Option<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(SocketAddr::from((self.source, 0))).ok()?;
        timeout(Duration::from_secs(5), socket.connect(self.address)).await.ok()?.ok()
    }

    pub async fn channel(&self) -> Option<Channel> {
        let url = format!("http://{}", self.address);
        let endpoint = Endpoint::from_shared(url).unwrap();
        endpoint.local_address(Some(IpAddr::V4(self.source))).connect().await.ok()
    }

    pub fn signed<Q>(&self, request: Q) -> Request<Q> {
        let mut request = Request::new(request);
        let bearer = format!("Bearer {}", self.key.reveal()).parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
        request
    }
}

fn code<T>(answer: Result<T, tonic::Status>) -> Code {
    answer.map_or_else(|status| status.code(), |_| Code::Ok)
}

async fn calls(target: &Target, key: Option<&ApiKey>) -> Vec<Code> {
    let Some(channel) = target.channel().await else { return Vec::new() };
    let mut running = JoinSet::new();
    for _ in 0..CALLS {
        let mut market = MarketServiceClient::new(channel.clone());
        let ask = v1::GetVenueRequest::default();
        let ask = if key.is_some() { target.signed(ask) } else { Request::new(ask) };
        running.spawn(async move { code(market.get_venue(ask).await) });
    }
    running.join_all().await
}

/// Connections that say `bytes` and go away without a word.
async fn silent(target: &Target, bytes: &[u8]) -> Vec<Code> {
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS {
        if let Some(mut stream) = target.connect().await {
            drop(stream.write_all(bytes).await);
            open.push(stream);
        }
    }
    Vec::new()
}

/// One connection that says one frame after the other, until it is hung up on.
async fn frames(target: &Target, frame: impl Fn(u32) -> Vec<u8>) -> Vec<Code> {
    let Some(stream) = target.connect().await else { return Vec::new() };
    let (mut answers, mut out) = stream.into_split();
    let reading = tokio::spawn(async move {
        let mut answer = [0; 16_384];
        while let Ok(1..) = answers.read(&mut answer).await {}
    });
    let mut bytes = [PREFACE, SETTINGS, SETTINGS_ACK].concat();
    for number in 0..FRAMES {
        bytes.extend(frame(number));
        if 16_384 < bytes.len() {
            if out.write_all(&bytes).await.is_err() {
                break;
            }
            bytes.clear();
        }
    }
    reading.abort();
    Vec::new()
}

/// A call of the market, and its reset.
fn call_and_reset(number: u32, key: Option<&ApiKey>) -> Vec<u8> {
    let bearer = key.map(|key| format!("Bearer {}", key.reveal()));
    let stream = number * 2 + 1;
    let mut frame = headers(stream, bearer.as_deref());
    frame.extend([0, 0, 4, 3, 0]);
    frame.extend(stream.to_be_bytes());
    frame.extend([0, 0, 0, 8]);
    frame
}

/// The headers of a call of the market on a stream, in the plainest of their encodings.
pub fn headers(stream: u32, bearer: Option<&str>) -> Vec<u8> {
    let mut fields = Vec::new();
    let mut field = |name: &str, value: &str| {
        fields.push(0);
        for text in [name, value] {
            fields.push(u8::try_from(text.len()).unwrap());
            fields.extend(text.as_bytes());
        }
    };
    field(":method", "POST");
    field(":scheme", "http");
    field(":path", "/sfund.v1.MarketService/GetVenue");
    field(":authority", "x");
    field("content-type", "application/grpc");
    if let Some(bearer) = bearer {
        field("authorization", bearer);
    }
    let length = u32::try_from(fields.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], 1, 4];
    frame.extend(stream.to_be_bytes());
    frame.extend(fields);
    frame
}

async fn long_message(target: &Target, bytes: usize, packed: Option<CompressionEncoding>) -> Code {
    let Some(channel) = target.channel().await else { return Code::Unavailable };
    let mut trading = TradingServiceClient::new(channel);
    if let Some(encoding) = packed {
        trading = trading.send_compressed(encoding);
    }
    let order = v1::OrderTerms { fund_id: "9".repeat(bytes), ..Default::default() };
    let request_id = Uuid::now_v7().to_string();
    let request = v1::PlaceOrderRequest { request_id, validate_only: false, order: Some(order) };
    code(trading.place_order(target.signed(request)).await)
}

async fn long_header(target: &Target) -> Code {
    let Some(channel) = target.channel().await else { return Code::Unavailable };
    let mut market = MarketServiceClient::new(channel);
    let mut request = target.signed(v1::GetVenueRequest::default());
    request.metadata_mut().insert("x-long", "y".repeat(200_000).parse().unwrap());
    code(market.get_venue(request).await)
}

/// As many streams of everything from the beginning as may be, and not a message read.
async fn unread(target: &Target) -> Vec<Code> {
    let Some(channel) = target.channel().await else { return Vec::new() };
    let (mut open, mut codes) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let mut trading = TradingServiceClient::new(channel.clone());
        let from = v1::StreamMyEventsRequest { from_sequence: 1, ..Default::default() };
        match trading.stream_my_events(target.signed(from)).await {
            Ok(stream) => open.push(stream),
            Err(status) => codes.push(status.code()),
        }
    }
    let mut admin = AdminServiceClient::new(channel);
    codes.push(code(admin.get_caller(target.signed(v1::GetCallerRequest::default())).await));
    codes
}
