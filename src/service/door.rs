//! The door before every method: who calls, may it, and is there room for it.
//!
//! A layer, so that nothing of a call is decoded before it is admitted. What it finds out goes with
//! the request as a [`Visit`].

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use dashmap::DashMap;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{HeaderMap, Request, Response};
use sfund_engine::id::PartyId;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};

use crate::read::Read;
use crate::sequencer::Clock;
use crate::service::access::{RpcAccess, rpc};
use crate::service::auth::{Identity, identify};
use crate::service::limits::Limits;
use crate::traces;
use crate::wire::status::{Denial, Trouble};

/// Methods outside the table, which need no key: whether the server lives, and what it offers.
const OPEN_PREFIXES: [&str; 2] = ["/grpc.health.v1.Health/", "/grpc.reflection.v1."];
/// Callers whose shares are remembered before those that rest are forgotten.
const SHARES_MAX: usize = 65_536;
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
        self.share(who.party)?;
        rpc.admit(who.role, who.scope)?;
        let kind = if rpc.is_stream() { Kind::Stream } else { Kind::Call };
        let place = self.take_place(who.party, kind)?;
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
        if SHARES_MAX < self.shares.len() {
            self.shares.retain_recent();
        }
        self.shares.check_key(&party).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let wait_milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            let calls_per_second = self.limits.calls_per_second.get();
            Trouble::RateLimited { calls_per_second, wait_milliseconds }
        })
    }

    fn take_place(&self, party: PartyId, kind: Kind) -> Result<Place, Trouble> {
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
            metrics::gauge!("sfund_streams").increment(1.0);
        }
        Ok(Place { caller, kind, streams_open: Arc::clone(&self.streams_open) })
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
            metrics::gauge!("sfund_streams").decrement(1.0);
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
            return Box::pin(self.inner.call(request));
        }
        let Some(rpc) = rpc(path) else {
            return refuse("unknown", Trouble::MethodUnknown { method: path.to_owned() }.into());
        };
        let visit = match self.doorman.admit(rpc, &request) {
            Ok(visit) => visit,
            Err(denial) => {
                let remote = remote(&request);
                tracing::warn!(method = rpc.path, reason = denial.reason(), remote, "turned away");
                return refuse(rpc.path, denial);
            }
        };
        let begun = Instant::now();
        // A stream looks at its deadline itself: it is long over when its first answer is there.
        let deadline = visit.deadline.filter(|_| !rpc.is_stream());
        request.extensions_mut().insert(visit.clone());
        let call =
            if rpc.is_stream() { Span::none() } else { traces::call(rpc.path, request.headers()) };
        call.record("party", tracing::field::display(visit.who.party));
        let answer = self.inner.call(request).instrument(call.clone());
        Box::pin(async move {
            let answered = match deadline {
                Some(deadline) => tokio::time::timeout_at(deadline, answer).await,
                None => Ok(answer.await),
            };
            drop(visit);
            let response = answered
                .unwrap_or_else(|_| Ok(Status::from(Trouble::DeadlineExceeded {}).into_http()))?;
            call.record("rpc.grpc.status_code", i32::from(count(rpc.path, &response)));
            if !rpc.is_stream() {
                metrics::histogram!("sfund_call_seconds", "method" => rpc.path)
                    .record(begun.elapsed());
            }
            Ok(response)
        })
    }
}

fn refuse(method: &'static str, denial: Denial) -> Answered {
    let response = Status::from(denial).into_http();
    count(method, &response);
    Box::pin(std::future::ready(Ok(response)))
}

/// Counts an answer, of a stream its beginning.
fn count(method: &'static str, response: &Response<Body>) -> Code {
    // An answer without a message has its status in the headers; one with a message is good.
    let status =
        response.headers().get("grpc-status").map(|code| Code::from_bytes(code.as_bytes()));
    let code = status.unwrap_or(Code::Ok);
    let name = format!("{code:?}");
    metrics::counter!("sfund_calls_total", "method" => method, "code" => name).increment(1);
    code
}

fn remote<B>(request: &Request<B>) -> String {
    let tls = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>();
    let info = tls.map(TlsConnectInfo::get_ref).or_else(|| request.extensions().get());
    let address = info.and_then(TcpConnectInfo::remote_addr);
    address.map_or_else(|| "unknown".to_owned(), |address| address.to_string())
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
