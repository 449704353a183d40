//! The service over a real connection, on a real sequencer and a journal in memory.

mod calls;
mod door;
mod streams;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::venue::issue_key::{IssueKey, KeyScope};
use sfund_proto::v1;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt;
use v1::admin_service_client::AdminServiceClient;
use v1::market_service_client::MarketServiceClient;
use v1::trading_service_client::TradingServiceClient;

use crate::fixture::{ALICE, CAROL, FUND, Server, opening, setup, start};
use crate::journal::memory::Disk;
use crate::secret::key_hash;
use crate::sequencer::{self, Mode, Submission};
use crate::service::limits::Limits;
use crate::service::{Error, Parts, TlsConfig, serve};
use crate::telemetry::Vitals;

const REGULATOR: &str = "staff-3";
const OPERATOR_KEY: &str = "staff-0";

/// A server that listens.
struct Listening {
    server: Server,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), Error>>,
}

/// Puts a key beside every call.
#[derive(Clone)]
struct WithKey(&'static str);

impl Interceptor for WithKey {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if !self.0.is_empty() {
            let value = MetadataValue::try_from(format!("Bearer {}", self.0)).unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

type Keyed = InterceptedService<Channel, WithKey>;

fn limits() -> Limits {
    Limits {
        heartbeat: Duration::from_millis(50),
        book_interval: Duration::from_millis(1),
        stop_grace: Duration::from_secs(5),
        ..Limits::default()
    }
}

async fn listen(server: Server, limits: Limits) -> Listening {
    listen_with(server, limits, None).await
}

async fn listen_with(server: Server, limits: Limits, tls: Option<TlsConfig>) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let parts = Parts {
        handle: server.sequencer.handle(),
        read: server.sequencer.read(),
        live: server.sequencer.live(),
        clock: server.clock.clone(),
        path: sequencer::Limits::default(),
        snapshot_every_entries: 1_000,
        vitals: Vitals::default(),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    let served = tokio::spawn(serve(vec![listener], parts, limits, tls, stopped));
    Listening { server, address, stop, served }
}

/// A venue ready to trade, whose parties have keys.
async fn venue(disk: &Disk) -> Server {
    let server = start(disk);
    for (caller, mut command) in setup() {
        if let Command::OpenVenue(open) = &mut command {
            for (number, staff) in open.staff.iter_mut().enumerate() {
                staff.key_hash = key_hash(&format!("staff-{number}"));
            }
        }
        give(&server, caller, command).await;
    }
    for (party, key, scope) in [
        (ALICE, "alice", KeyScope::Full),
        (CAROL, "carol", KeyScope::Full),
        (ALICE, "alice-looks", KeyScope::ReadOnly),
    ] {
        let expires = opening().plus_seconds(30 * 24 * 3_600);
        let issue = IssueKey { party, key_hash: key_hash(key), scope, expires };
        let operator = Caller::Party(crate::fixture::OPERATOR);
        give(&server, operator, Command::IssueKey(Box::new(issue))).await;
    }
    server
}

async fn give(server: &Server, caller: Caller, command: Command) {
    let submission = Submission { caller, attempt: None, command, mode: Mode::Commit };
    let answer = server.sequencer.handle().submit(submission).await.unwrap();
    assert!(answer.outcome().is_ok(), "{:?}", answer.outcome());
    server.reach(&answer).await;
}

async fn open_venue() -> Listening {
    listen(venue(&crate::fixture::disk()).await, limits()).await
}

impl Listening {
    async fn channel(&self, key: &'static str) -> Keyed {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        InterceptedService::new(endpoint.connect_lazy(), WithKey(key))
    }

    async fn trading(&self, key: &'static str) -> TradingServiceClient<Keyed> {
        TradingServiceClient::new(self.channel(key).await)
    }

    async fn market(&self, key: &'static str) -> MarketServiceClient<Keyed> {
        MarketServiceClient::new(self.channel(key).await)
    }

    async fn admin(&self, key: &'static str) -> AdminServiceClient<Keyed> {
        AdminServiceClient::new(self.channel(key).await)
    }

    async fn close(self) {
        let _sent = self.stop.send(());
        self.served.await.unwrap().unwrap();
        tokio::task::spawn_blocking(|| self.server.sequencer.stop()).await.unwrap();
    }
}

/// A fresh UUID: tests need them different, not random.
fn uuid() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    uuid::Uuid::from_u64_pair(1, NEXT.fetch_add(1, Ordering::Relaxed)).to_string()
}

fn terms(side: v1::Side, price: &str, units: &str) -> v1::OrderTerms {
    v1::OrderTerms {
        fund_id: FUND.to_string(),
        side: side.into(),
        r#type: v1::OrderType::Limit.into(),
        price: price.to_owned(),
        units: units.to_owned(),
        time_in_force: v1::TimeInForce::GoodTillCancelled.into(),
        ..Default::default()
    }
}

fn place(terms: v1::OrderTerms) -> v1::PlaceOrderRequest {
    v1::PlaceOrderRequest { request_id: uuid(), validate_only: false, order: Some(terms) }
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}
