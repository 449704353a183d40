//! The door before every method: who calls, may it, and is there room for it.
//!
//! A layer, so that nothing of a call is decoded before it is admitted. What it finds out goes with
//! the request as a [`Visit`].

use std::convert::Infallible;
use std::future::Future;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use dashmap::DashMap;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{Extensions, HeaderMap, Request, Response};
use sfund_engine::id::PartyId;
use tokio::time::{Instant, sleep};
use tonic::body::Body;
use tonic::transport::server::TlsConnectInfo;
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::read::Read;
use crate::sequencer::Clock;
use crate::service::access::{RpcAccess, rpc};
use crate::service::auth::{Identity, identify};
use crate::service::connection::{Life, Peer, Work};
use crate::service::gate::network;
use crate::service::limits::{Limits, NETWORKS_MAX, PATIENCE_CALLS, TURNED_AWAY_LINES_PER_SECOND};
use crate::wire::status::{Denial, Trouble};

/// Methods outside the table, which need no key: whether the server lives, and what it offers.
const OPEN_PREFIXES: [&str; 2] = ["/grpc.health.v1.Health/", "/grpc.reflection.v1."];
/// Digits of a `grpc-timeout`.
const TIMEOUT_DIGITS_MAX: usize = 8;

/// An admitted call. Its place is given back when the last clone is gone.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Who calls.
    pub who: Identity,
    /// When the call is over.
    pub deadline: Option<Instant>,
    _place: Arc<Place>,
}

/// What the doors of all connections share.
pub struct Doorman {
    read: Read,
    clock: Arc<dyn Clock>,
    limits: Limits,
    shares: DefaultKeyedRateLimiter<PartyId>,
    open_shares: DefaultKeyedRateLimiter<IpAddr>,
    lines: DefaultDirectRateLimiter,
    lines_left_out: AtomicU64,
    callers: DashMap<PartyId, Arc<Caller>>,
    streams_open: Arc<AtomicUsize>,
}

/// What one caller has going.
#[derive(Debug, Default)]
struct Caller {
    calls: AtomicUsize,
    streams: AtomicUsize,
}

/// A place taken by a call.
#[derive(Debug)]
struct Place {
    caller: Arc<Caller>,
    kind: Kind,
    streams_open: Arc<AtomicUsize>,
    _work: Option<Work>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Call,
    Stream,
}

impl Doorman {
    /// The doorman of a server.
    #[must_use]
    pub fn new(read: Read, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let quota = Quota::per_second(limits.calls_per_second).allow_burst(limits.calls_burst);
        Self {
            read,
            clock,
            limits,
            shares: RateLimiter::keyed(quota),
            open_shares: RateLimiter::keyed(Quota::per_second(limits.open_calls_per_second)),
            lines: RateLimiter::direct(Quota::per_second(TURNED_AWAY_LINES_PER_SECOND)),
            lines_left_out: AtomicU64::new(0),
            callers: DashMap::new(),
            streams_open: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// Streams that are open.
    #[must_use]
    pub fn streams_open(&self) -> usize {
        self.streams_open.load(Ordering::Relaxed)
    }

    fn admit<B>(&self, rpc: &RpcAccess, request: &Request<B>) -> Result<Visit, Denial> {
        let now = self.clock.now();
        let who = identify(request.headers(), request.extensions(), &self.read, now)?;
        let life = peer(request.extensions()).map(|peer| &peer.life);
        life.inspect(|life| life.introduce());
        self.share(who.party)?;
        life.inspect(|life| life.admit());
        rpc.admit(who.role, who.scope)?;
        let kind = if rpc.is_stream() { Kind::Stream } else { Kind::Call };
        let place = self.take_place(who.party, kind, life.map(Life::work))?;
        let asked = timeout(request.headers());
        let longest = match kind {
            Kind::Call => Some(self.limits.call_duration_max),
            Kind::Stream => None,
        };
        let lasts = asked.into_iter().chain(longest).min();
        let deadline = lasts.and_then(|lasts| Instant::now().checked_add(lasts));
        Ok(Visit { who, deadline, _place: Arc::new(place) })
    }

    fn share(&self, party: PartyId) -> Result<(), Trouble> {
        one_of(&self.shares, &party, self.limits.calls_per_second)
    }

    /// A call that needs no key: each address has a share of them.
    fn admit_open(&self, extensions: &Extensions) -> Result<(), Denial> {
        let Some(peer) = peer(extensions) else { return Ok(()) };
        if let Some(address) = peer.tcp.remote_addr() {
            let share = self.limits.open_calls_per_second;
            one_of(&self.open_shares, &network(address.ip()), share)?;
        }
        peer.life.hear();
        peer.life.admit();
        Ok(())
    }

    /// Turns a call away: with a word to the operators, unless too many of them are said, and
    /// after a while, if the calls before it on its connection were turned away too.
    fn turn_away<B>(&self, method: &'static str, request: &Request<B>, denial: Denial) -> Answered {
        let peer = peer(request.extensions());
        if self.lines.check().is_ok() {
            let left_out = self.lines_left_out.swap(0, Ordering::Relaxed);
            let address = peer.and_then(|peer| peer.tcp.remote_addr());
            let remote = address.map_or_else(|| "unknown".to_owned(), |it| it.to_string());
            tracing::warn!(method, reason = denial.reason(), remote, left_out, "turned away");
        } else {
            self.lines_left_out.fetch_add(1, Ordering::Relaxed);
        }
        let response = Status::from(denial).into_http();
        count(method, &response);
        let is_flood = peer.is_some_and(|peer| PATIENCE_CALLS < peer.life.turn_away());
        let wait = self.limits.turned_away_wait;
        Box::pin(async move {
            if is_flood {
                sleep(wait).await;
            }
            Ok(response)
        })
    }

    fn take_place(&self, party: PartyId, kind: Kind, work: Option<Work>) -> Result<Place, Trouble> {
        let caller = Arc::clone(&self.callers.entry(party).or_default());
        let limit = match kind {
            Kind::Call => self.limits.calls_in_flight_max,
            Kind::Stream => self.limits.streams_per_caller_max,
        };
        let one_more = |taken: usize| (taken < limit).then(|| taken.saturating_add(1));
        let (seq, count) = (Ordering::AcqRel, caller.count(kind));
        if count.fetch_update(seq, Ordering::Acquire, one_more).is_err() {
            return Err(match kind {
                Kind::Call => Trouble::TooManyInFlight { limit },
                Kind::Stream => Trouble::TooManyStreams { limit },
            });
        }
        if kind == Kind::Stream {
            self.streams_open.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Place { caller, kind, streams_open: Arc::clone(&self.streams_open), _work: work })
    }
}

impl Caller {
    fn count(&self, kind: Kind) -> &AtomicUsize {
        match kind {
            Kind::Call => &self.calls,
            Kind::Stream => &self.streams,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.caller.count(self.kind).fetch_sub(1, Ordering::AcqRel);
        if self.kind == Kind::Stream {
            self.streams_open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The time that a call has, as its caller says.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if TIMEOUT_DIGITS_MAX < digits.len() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => count.checked_mul(3_600).map(Duration::from_secs),
        "M" => count.checked_mul(60).map(Duration::from_secs),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

/// Puts a door before a service.
#[derive(Clone)]
pub struct DoorLayer(pub Arc<Doorman>);

/// A service behind a door.
#[derive(Clone)]
pub struct Door<S> {
    doorman: Arc<Doorman>,
    inner: S,
}

impl<S> Layer<S> for DoorLayer {
    type Service = Door<S>;

    fn layer(&self, inner: S) -> Door<S> {
        Door { doorman: Arc::clone(&self.0), inner }
    }
}

type Answered = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl<S> Service<Request<Body>> for Door<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Answered {
        let path = request.uri().path();
        if OPEN_PREFIXES.iter().any(|prefix| path.starts_with(prefix)) {
            return match self.doorman.admit_open(request.extensions()) {
                Ok(()) => Box::pin(self.inner.call(request)),
                Err(denial) => self.doorman.turn_away("open", &request, denial),
            };
        }
        let Some(rpc) = rpc(path) else {
            let denial = Trouble::MethodUnknown { method: path.to_owned() }.into();
            return self.doorman.turn_away("unknown", &request, denial);
        };
        let visit = match self.doorman.admit(rpc, &request) {
            Ok(visit) => visit,
            Err(denial) => return self.doorman.turn_away(rpc.path, &request, denial),
        };
        let begun = Instant::now();
        // A stream looks at its deadline itself: it is long over when its first answer is there.
        let deadline = visit.deadline.filter(|_| !rpc.is_stream());
        request.extensions_mut().insert(visit.clone());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answered = match deadline {
                Some(deadline) => tokio::time::timeout_at(deadline, answer).await,
                None => Ok(answer.await),
            };
            drop(visit);
            let response = answered
                .unwrap_or_else(|_| Ok(Status::from(Trouble::DeadlineExceeded {}).into_http()))?;
            count(rpc.path, &response);
            if !rpc.is_stream() {
                metrics::histogram!("sfund_call_seconds", "method" => rpc.path)
                    .record(begun.elapsed());
            }
            Ok(response)
        })
    }
}

/// Counts an answer, of a stream its beginning.
fn count(method: &'static str, response: &Response<Body>) {
    // An answer without a message has its status in the headers; one with a message is good.
    let status =
        response.headers().get("grpc-status").map(|code| Code::from_bytes(code.as_bytes()));
    let code = format!("{:?}", status.unwrap_or(Code::Ok));
    metrics::counter!("sfund_calls_total", "method" => method, "code" => code).increment(1);
}

/// Takes one of the share that `of` has.
fn one_of<K: Clone + Eq + Hash>(
    shares: &DefaultKeyedRateLimiter<K>,
    of: &K,
    per_second: NonZeroU32,
) -> Result<(), Trouble> {
    if NETWORKS_MAX < shares.len() {
        shares.retain_recent();
    }
    shares.check_key(of).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        let wait_milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Trouble::RateLimited { calls_per_second: per_second.get(), wait_milliseconds }
    })
}

/// Who is at the other end, with or without TLS.
fn peer(extensions: &Extensions) -> Option<&Peer> {
    let tls = extensions.get::<TlsConnectInfo<Peer>>();
    tls.map(TlsConnectInfo::get_ref).or_else(|| extensions.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_in_every_unit_and_a_wrong_one_is_none() {
        let with = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            timeout(&headers)
        };
        assert_eq!(with("2H"), Some(Duration::from_secs(7_200)));
        assert_eq!(with("3M"), Some(Duration::from_secs(180)));
        assert_eq!(with("4S"), Some(Duration::from_secs(4)));
        assert_eq!(with("5m"), Some(Duration::from_millis(5)));
        assert_eq!(with("6u"), Some(Duration::from_micros(6)));
        assert_eq!(with("7n"), Some(Duration::from_nanos(7)));
        for not in ["5", "x", "123456789S", "-1S", "5s"] {
            assert_eq!(with(not), None, "{not}");
        }
    }
}
