//! The service: gRPC before the market. It admits, translates, waits and tells; it decides nothing.
//!
//! A call comes through the door ([`door`]: who calls, may it, is there room), is read by the wire,
//! goes to the sequencer or to the read models, and is told by the wire.

pub mod access;
mod admin;
pub mod auth;
mod bidding;
mod connection;
mod depth;
mod desk;
pub mod door;
mod feed;
pub mod gate;
pub mod limits;
mod listing;
mod listing_meters;
mod market;
mod my_events;
mod order_stream;
mod register;
mod settlement;
mod status;
#[cfg(test)]
mod tests;
mod trading;
pub mod visibility;
mod watched;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use sfund_engine::entry::Caller;
use sfund_engine::id::{OrderId, PartyId};
use sfund_proto::v1;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic_health::pb::health_server::{Health, HealthServer};
use v1::admin_service_server::AdminServiceServer;
use v1::listing_service_server::ListingServiceServer;
use v1::market_service_server::MarketServiceServer;
use v1::register_service_server::RegisterServiceServer;
use v1::settlement_service_server::SettlementServiceServer;
use v1::trading_service_server::TradingServiceServer;

use self::desk::Desk;
use self::door::{DoorLayer, Doorman};
use self::gate::Gate;
use self::limits::Limits;
use crate::read::page::Ask;
use crate::read::{OrderFilter, Read};
use crate::sequencer::{self, Clock, Handle};
use crate::stream::Live;
use crate::telemetry::Vitals;

/// What the service stands on.
#[derive(Clone)]
pub struct Parts {
    /// The way into the market.
    pub handle: Handle,
    /// The read models.
    pub read: Read,
    /// The streams.
    pub live: Live,
    /// The clock by which keys expire.
    pub clock: Arc<dyn Clock>,
    /// The limits of a command's path, to be told in the server's status.
    pub path: sequencer::Limits,
    /// Entries from one snapshot to the next, for the same.
    pub snapshot_every_entries: u64,
    /// What the server measures of itself.
    pub vitals: Vitals,
}

/// Bytes of one stream, and of one connection, that may arrive before they are read.
///
/// They also say how many small frames may: the library that speaks HTTP/2 ends a connection, with
/// all that runs on it, once the small frames that nobody has read weigh half of its window. With
/// these, a few hundred calls at once and every order stream of a caller waiting are far from it.
const STREAM_WINDOW_BYTES: u32 = 128 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 8 * 1024 * 1024;

/// How connections are encrypted.
#[derive(Clone)]
pub struct TlsConfig {
    /// The server's certificate chain, PEM.
    pub certificate_pem: Vec<u8>,
    /// Its private key, PEM.
    pub key_pem: Vec<u8>,
    /// Whether clients show certificates too.
    pub clients: ClientCertificates,
}

impl TlsConfig {
    /// Checks that connections can be encrypted so.
    ///
    /// # Errors
    ///
    /// [`Error::Tls`].
    pub fn check(&self) -> Result<(), Error> {
        Server::builder().tls_config(tls_config(self)).map(drop).map_err(Error::Tls)
    }
}

/// Whether clients show certificates. One counts as the API key whose hash is the SHA-256 of its
/// DER bytes; a bearer key beside it goes first.
#[derive(Clone)]
pub enum ClientCertificates {
    /// They do not.
    Ignored,
    /// They may: certificates of these authorities, PEM.
    Optional(Vec<u8>),
    /// They must: certificates of these authorities, PEM.
    Required(Vec<u8>),
}

/// Why the service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificate, the key or the authorities cannot be used.
    #[error("the certificate, its key or the authorities of clients cannot be used")]
    Tls(#[source] tonic::transport::Error),
    /// The description of the interface cannot be served.
    #[error("the description of the interface cannot be served")]
    Reflection(#[source] tonic_reflection::server::Error),
    /// A listener failed.
    #[error("a listener failed")]
    Transport(#[source] tonic::transport::Error),
}

/// Serves until `stop` comes, then ends what runs and returns.
///
/// First cancels what sessions of an earlier run left open. Without `tls` connections are not
/// encrypted: for loopback only, which whoever calls must see to. The sequencer must stop after
/// this returns, not before: a stream that ends may still cancel orders.
///
/// # Errors
///
/// [`enum@Error`] if it cannot begin, or a listener fails.
pub async fn serve(
    listeners: Vec<TcpListener>,
    parts: Parts,
    limits: Limits,
    tls: Option<TlsConfig>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    cancel_lost_sessions(&parts).await;
    let (stops, stopping) = watch::channel(false);
    let (busy, mut idle) = mpsc::channel(1);
    let doorman = Arc::new(Doorman::new(parts.read.clone(), Arc::clone(&parts.clock), limits));
    let desk = Desk {
        handle: parts.handle,
        read: parts.read,
        live: parts.live,
        clock: parts.clock,
        limits,
        doorman: Arc::clone(&doorman),
        started: Instant::now(),
        path: parts.path,
        snapshot_every_entries: parts.snapshot_every_entries,
        vitals: parts.vitals,
        stopping: stopping.clone(),
        watchers: Arc::default(),
        _busy: busy,
    };
    let (reporter, health) = tonic_health::server::health_reporter();
    report(&reporter).await;
    let routes = routes(desk, health)?;
    let gate = Gate::new(limits);
    let mut servers = JoinSet::new();
    for listener in listeners {
        let mut builder = builder(&limits).layer(DoorLayer(Arc::clone(&doorman)));
        if let Some(tls) = &tls {
            builder = builder
                .tls_config(tls_config(tls).timeout(limits.keepalive_timeout))
                .map_err(Error::Tls)?;
        }
        let incoming = TcpIncoming::from(listener)
            .with_nodelay(Some(true))
            .with_keepalive(Some(limits.keepalive_interval));
        let incoming = gate.pass(incoming);
        let mut stopping = stopping.clone();
        let stopped = async move { feed::stops(&mut stopping).await };
        let router = builder.add_routes(routes.clone());
        servers.spawn(router.serve_with_incoming_shutdown(incoming, stopped));
    }
    drop(routes);
    let ended = tokio::select! {
        () = stop => None,
        ended = servers.join_next() => ended,
    };
    tracing::info!("the service stops");
    drop(reporter);
    stops.send_replace(true);
    let all_ended = async {
        while servers.join_next().await.is_some() {}
        // Streams hold the other ends; the last cancels of lost sessions are done after this.
        while idle.recv().await.is_some() {}
    };
    if tokio::time::timeout(limits.stop_grace, all_ended).await.is_err() {
        tracing::warn!("calls did not end in time and are cut");
    }
    match ended {
        Some(Ok(Err(error))) => Err(Error::Transport(error)),
        Some(Ok(Ok(())) | Err(_)) | None => Ok(()),
    }
}

fn builder(limits: &Limits) -> Server {
    Server::builder()
        .max_concurrent_streams(limits.connection_streams_max)
        .http2_max_header_list_size(limits.header_bytes_max)
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_max_pending_accept_reset_streams(Some(limits.resets_pending_max))
        .http2_max_local_error_reset_streams(Some(limits.resets_for_mistakes_max))
}

fn tls_config(tls: &TlsConfig) -> ServerTlsConfig {
    let identity = Identity::from_pem(&tls.certificate_pem, &tls.key_pem);
    let config = ServerTlsConfig::new().identity(identity);
    match &tls.clients {
        ClientCertificates::Ignored => config,
        ClientCertificates::Optional(authorities) => {
            config.client_ca_root(Certificate::from_pem(authorities)).client_auth_optional(true)
        }
        ClientCertificates::Required(authorities) => {
            config.client_ca_root(Certificate::from_pem(authorities))
        }
    }
}

fn routes(desk: Desk, health: HealthServer<impl Health>) -> Result<Routes, Error> {
    let bytes_max = desk.limits.message_bytes_max;
    macro_rules! with_limits {
        ($server:ident, $service:expr) => {
            $server::new($service)
                .max_decoding_message_size(bytes_max)
                .accept_compressed(CompressionEncoding::Gzip)
                .send_compressed(CompressionEncoding::Gzip)
        };
    }
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(sfund_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(Error::Reflection)?;
    let mut routes = Routes::builder();
    routes
        .add_service(health)
        .add_service(reflection)
        .add_service(watched::Watched::new(
            desk.clone(),
            with_limits!(MarketServiceServer, market::Market(desk.clone())),
        ))
        .add_service(with_limits!(TradingServiceServer, trading::Trading(desk.clone())))
        .add_service(with_limits!(ListingServiceServer, listing::Listings(desk.clone())))
        .add_service(with_limits!(RegisterServiceServer, register::Register(desk.clone())))
        .add_service(with_limits!(SettlementServiceServer, settlement::Settlement(desk.clone())))
        .add_service(with_limits!(AdminServiceServer, admin::Admin(desk)));
    Ok(routes.routes())
}

/// Says that every service serves.
async fn report(reporter: &tonic_health::server::HealthReporter) {
    use admin::Admin;
    use listing::Listings;
    use market::Market;
    use register::Register;
    use settlement::Settlement;
    use trading::Trading;
    reporter.set_serving::<MarketServiceServer<Market>>().await;
    reporter.set_serving::<TradingServiceServer<Trading>>().await;
    reporter.set_serving::<ListingServiceServer<Listings>>().await;
    reporter.set_serving::<RegisterServiceServer<Register>>().await;
    reporter.set_serving::<SettlementServiceServer<Settlement>>().await;
    reporter.set_serving::<AdminServiceServer<Admin>>().await;
}

/// Cancels the orders of sessions that a crash ended: no connection of an earlier run lives.
async fn cancel_lost_sessions(parts: &Parts) {
    let read = &parts.read;
    let mut lost = BTreeSet::new();
    let trading = |ask: &Ask<PartyId>| read.parties(ask, |party| party.orders_open != 0);
    for party in my_events::every(trading) {
        let open = |ask: &Ask<OrderId>| read.orders_open(party.id, OrderFilter::default(), ask);
        let sessions = my_events::every(open).into_iter().map(|order| order.terms.session);
        lost.extend(sessions.filter(|session| *session != 0).map(|session| (party.id, session)));
    }
    for (party, session) in lost {
        tracing::info!(%party, session, "the orders of a lost session are cancelled");
        order_stream::cancel_session(&parts.handle, Caller::Venue, party, session).await;
    }
}
