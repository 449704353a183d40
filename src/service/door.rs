//! The door before every method: who calls, may it, and is there room for it.
//!
//! A layer, so that nothing of a call is decoded before it is admitted. What it finds out goes with
//! the request as a [`Visit`].

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use dashmap::DashMap;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use http::{HeaderMap, Request, Response};
use metrics::{Counter, Histogram};
use sfund_engine::id::PartyId;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};

use crate::read::Read;
use crate::sequencer::Clock;
use crate::service::access::{RPCS, RpcAccess};
use crate::service::auth::{Identity, identify};
use crate::service::limits::Limits;
use crate::traces;
use crate::wire::status::{Denial, Trouble};

/// Methods outside the table, which need no key: whether the server lives, and what it offers.
const OPEN_PREFIXES: [&str; 2] = ["/grpc.health.v1.Health/", "/grpc.reflection.v1."];
/// Callers that are remembered before those that rest are forgotten.
const CALLERS_MAX: usize = 65_536;
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
    methods: HashMap<&'static str, Arc<Method>>,
    callers: DashMap<PartyId, Arc<Caller>>,
    streams_open: Arc<AtomicUsize>,
}

/// One method, and what is counted of it: looked up at its first call and kept.
struct Method {
    access: &'static RpcAccess,
    answered: OnceLock<Counter>,
    seconds: OnceLock<Histogram>,
}

/// What one caller has going, and what is left of its share.
#[derive(Debug)]
struct Caller {
    calls: AtomicUsize,
    streams: AtomicUsize,
    share: DefaultDirectRateLimiter,
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
        let method = |access: &'static RpcAccess| (access.path, Arc::new(Method::new(access)));
        Self {
            read,
            clock,
            limits,
            methods: RPCS.iter().map(method).collect(),
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
        let caller = self.caller(who.party);
        self.share(&caller)?;
        rpc.admit(who.role, who.scope)?;
        let kind = if rpc.is_stream() { Kind::Stream } else { Kind::Call };
        let place = self.take_place(caller, kind)?;
        let asked = timeout(request.headers());
        let longest = match kind {
            Kind::Call => Some(self.limits.call_duration_max),
            Kind::Stream => None,
        };
        let lasts = asked.into_iter().chain(longest).min();
        let deadline = lasts.and_then(|lasts| Instant::now().checked_add(lasts));
        Ok(Visit { who, deadline, _place: Arc::new(place) })
    }

    fn caller(&self, party: PartyId) -> Arc<Caller> {
        if let Some(caller) = self.callers.get(&party) {
            return Arc::clone(&caller);
        }
        if CALLERS_MAX <= self.callers.len() {
            self.callers.retain(|_, caller| !caller.rests(&self.limits));
        }
        let new = || Arc::new(Caller::new(&self.limits));
        Arc::clone(&self.callers.entry(party).or_insert_with(new))
    }

    fn share(&self, caller: &Caller) -> Result<(), Trouble> {
        caller.share.check().map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let wait_milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            let calls_per_second = self.limits.calls_per_second.get();
            Trouble::RateLimited { calls_per_second, wait_milliseconds }
        })
    }

    fn take_place(&self, caller: Arc<Caller>, kind: Kind) -> Result<Place, Trouble> {
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

impl Method {
    fn new(access: &'static RpcAccess) -> Self {
        Self { access, answered: OnceLock::new(), seconds: OnceLock::new() }
    }

    /// Counts an answer, of a stream its beginning, and how long it took; tells its code.
    fn count(&self, response: &Response<Body>, begun: Instant) -> Code {
        let method = self.access.path;
        let code = code(response);
        if code == Code::Ok {
            self.answered.get_or_init(|| calls(method, code)).increment(1);
        } else {
            calls(method, code).increment(1);
        }
        if !self.access.is_stream() {
            let seconds = || metrics::histogram!("sfund_call_seconds", "method" => method);
            self.seconds.get_or_init(seconds).record(begun.elapsed());
        }
        code
    }
}

impl Caller {
    fn new(limits: &Limits) -> Self {
        let quota = Quota::per_second(limits.calls_per_second).allow_burst(limits.calls_burst);
        let (calls, streams) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { calls, streams, share: RateLimiter::direct(quota) }
    }

    /// Whether it has nothing going and all of its share: then a new one is as good.
    fn rests(self: &Arc<Self>, limits: &Limits) -> bool {
        Arc::strong_count(self) == 1 && self.share.check_n(limits.calls_burst) == Ok(Ok(()))
    }

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
        let Some(method) = self.doorman.methods.get(path) else {
            return refuse("unknown", Trouble::MethodUnknown { method: path.to_owned() }.into());
        };
        let rpc = method.access;
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
        let method = Arc::clone(method);
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
            call.record("rpc.grpc.status_code", i32::from(method.count(&response, begun)));
            Ok(response)
        })
    }
}

fn refuse(method: &'static str, denial: Denial) -> Answered {
    let response = Status::from(denial).into_http();
    calls(method, code(&response)).increment(1);
    Box::pin(std::future::ready(Ok(response)))
}

fn calls(method: &'static str, code: Code) -> Counter {
    let code = format!("{code:?}");
    metrics::counter!("sfund_calls_total", "method" => method, "code" => code)
}

/// An answer without a message has its status in the headers; one with a message is good.
fn code(response: &Response<Body>) -> Code {
    let status = response.headers().get("grpc-status");
    status.map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()))
}

fn remote<B>(request: &Request<B>) -> String {
    let tls = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>();
    let info = tls.map(TlsConnectInfo::get_ref).or_else(|| request.extensions().get());
    let address = info.and_then(TcpConnectInfo::remote_addr);
    address.map_or_else(|| "unknown".to_owned(), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn a_caller_is_forgotten_only_with_nothing_going_and_all_of_its_share() {
        let many = |number| NonZeroU32::new(number).unwrap();
        let limits =
            Limits { calls_per_second: many(1), calls_burst: many(10_000), ..Limits::default() };
        let spent = Arc::new(Caller::new(&limits));
        assert_eq!(spent.share.check_n(many(9_000)), Ok(Ok(())));
        assert!(!spent.rests(&limits));
        let caller = Arc::new(Caller::new(&limits));
        let going = Arc::clone(&caller);
        assert!(!caller.rests(&limits));
        drop(going);
        assert!(caller.rests(&limits));
    }

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
