//! The client: one connection, shared by clones, and what it has seen.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sfund_engine::id::Sequence;
use tokio::time::Instant;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::admin::Admin;
use crate::error::{BadOptions, Error};
use crate::listing::Listings;
use crate::market::Market;
use crate::options::{Compression, Consistency, Options, Plaintext, Retry};
use crate::register::Register;
use crate::rpc::Rpc;
use crate::settlement::Settlement;
use crate::trading::Trading;

/// A client of the exchange. Clones share the connection and what was seen over it.
///
/// ```no_run
/// # use sfund_sdk::{Client, Error, Options};
/// # async fn example(key: sfund_sdk::ApiKey) -> Result<(), Error> {
/// let client = Client::connect(Options::new("https://exchange.example:7443").key(key)).await?;
/// let venue = client.market().venue().await?;
/// println!("{} as of {}", venue.name, venue.sequence);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    channel: Channel,
    bearer: Option<MetadataValue<Ascii>>,
    options: Options,
    /// Newest entry that any answer or event spoke of.
    newest: AtomicU64,
}

impl Client {
    /// Connects to the server.
    ///
    /// # Errors
    ///
    /// [`Error::Options`] if they make no client; [`Error::Transport`] if nobody answers at the
    /// address.
    pub async fn connect(options: Options) -> Result<Self, Error> {
        let endpoint = endpoint(&options)?;
        let channel = endpoint.connect().await.map_err(|error| Error::Transport(error.into()))?;
        Self::over(channel, options)
    }

    /// A client that connects with its first call. It must be made inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Options`] if they make no client.
    pub fn connect_lazy(options: Options) -> Result<Self, Error> {
        let channel = endpoint(&options)?.connect_lazy();
        Self::over(channel, options)
    }

    fn over(channel: Channel, options: Options) -> Result<Self, Error> {
        let bearer = options.key.as_ref().map(|key| {
            let text = format!("Bearer {}", key.reveal());
            let mut value: MetadataValue<Ascii> = text.parse().expect("a key is plain text");
            value.set_sensitive(true);
            value
        });
        Ok(Self(Arc::new(Inner { channel, bearer, options, newest: AtomicU64::new(0) })))
    }

    /// Funds, books and trades: for everybody with a key.
    #[must_use]
    pub fn market(&self) -> Market {
        Market::new(self.clone())
    }

    /// Listings and their bidders: for sellers, buyers, managers and the venue.
    #[must_use]
    pub fn listing(&self) -> Listings {
        Listings::new(self.clone())
    }

    /// Orders, intentions and bids: for investors and their members.
    #[must_use]
    pub fn trading(&self) -> Trading {
        Trading::new(self.clone())
    }

    /// Holdings and the statements that explain them.
    #[must_use]
    pub fn register(&self) -> Register {
        Register::new(self.clone())
    }

    /// Cash and transfers.
    #[must_use]
    pub fn settlement(&self) -> Settlement {
        Settlement::new(self.clone())
    }

    /// The venue's own side: for its staff and its regulator.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.clone())
    }

    /// Newest journal entry that this client and its clones were told of.
    #[must_use]
    pub fn newest_seen(&self) -> Sequence {
        Sequence::new(self.0.newest.load(Ordering::Acquire))
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn saw(&self, sequence: u64) {
        self.0.newest.fetch_max(sequence, Ordering::AcqRel);
    }

    /// The entry that a read waits for.
    pub(crate) fn read_after(&self, asked: Sequence) -> u64 {
        match self.0.options.consistency {
            Consistency::ReadYourWrites => asked.max(self.newest_seen()).number(),
            Consistency::AtHand => asked.number(),
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        self.0.channel.clone()
    }

    pub(crate) fn compressed(&self) -> bool {
        self.0.options.compression == Compression::Gzip
    }

    /// The request with the caller's key.
    pub(crate) fn signed<Q>(&self, message: Q) -> Request<Q> {
        let mut request = Request::new(message);
        if let Some(bearer) = &self.0.bearer {
            request.metadata_mut().insert("authorization", bearer.clone());
        }
        request
    }

    /// One call, tried again as [`Retry`] says, within the deadline.
    pub(crate) async fn call<Q: Rpc>(
        &self,
        message: Q,
        deadline: Duration,
    ) -> Result<Q::Response, Error> {
        let until = Instant::now().checked_add(deadline).ok_or(Error::Deadline)?;
        let mut waits = Waits::new(self.0.options.retry);
        let mut unknown = None;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Deadline);
            }
            let mut request = self.signed(message.clone());
            request.set_timeout(left);
            let answer = tokio::time::timeout(left, Q::send(self, request)).await;
            let error = match answer {
                Ok(Ok(response)) => return Ok(response.into_inner()),
                Ok(Err(status)) => Error::from_status(status),
                Err(_) => Error::Deadline,
            };
            let left = until.saturating_duration_since(Instant::now());
            let Some(wait) = waits.after(&error).filter(|wait| *wait < left) else {
                return Err(conclude(error, unknown));
            };
            if error.outcome_unknown() {
                unknown = Some(error);
            }
            tokio::time::sleep(wait).await;
        }
    }
}

/// The error of a call whose last attempt failed with `last`: if an earlier attempt may have had its
/// effect, a no from before the market says nothing of that.
pub(crate) fn conclude(last: Error, unknown: Option<Error>) -> Error {
    match unknown {
        Some(earlier) if last.is_before_market() => earlier,
        Some(_) | None => last,
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({}, seen {})", self.0.options.address, self.newest_seen())
    }
}

/// The waits between the attempts of one call, or to open one stream.
#[derive(Debug)]
pub(crate) struct Waits {
    retry: Retry,
    attempts: u32,
    next: Duration,
    patience: Patience,
}

/// When there is no further attempt.
#[derive(Clone, Copy, Debug)]
enum Patience {
    /// After as many as the retry policy allows.
    Attempts,
    /// So long after the first one that failed.
    Span { patience: Duration, since: Option<Instant> },
}

impl Waits {
    pub(crate) fn new(retry: Retry) -> Self {
        Self { retry, attempts: 0, next: retry.wait_first, patience: Patience::Attempts }
    }

    /// The waits of a stream that broke off.
    pub(crate) fn of_stream(options: &Options) -> Self {
        let patience = Patience::Span { patience: options.patience, since: None };
        Self { patience, ..Self::new(options.retry) }
    }

    /// How long to wait after this error; `None` if it is final.
    pub(crate) fn after(&mut self, error: &Error) -> Option<Duration> {
        let least = error.retry_after()?;
        self.again(least)
    }

    /// How long to wait before another attempt, at `least` so long; `None` if there is none left.
    pub(crate) fn again(&mut self, least: Duration) -> Option<Duration> {
        self.attempts = self.attempts.saturating_add(1);
        let over = match &mut self.patience {
            Patience::Attempts => self.retry.attempts_max <= self.attempts,
            Patience::Span { patience, since } => {
                *patience <= since.get_or_insert_with(Instant::now).elapsed()
            }
        };
        if over {
            return None;
        }
        let wait = self.next.min(self.retry.wait_max);
        self.next = wait.saturating_mul(2);
        // Two thirds are certain and one is random, so that clients cut off together do not come
        // back together. Without randomness all of it is certain.
        let random = getrandom::u32().unwrap_or(u32::MAX) % 1_000;
        let jitter = wait.saturating_mul(random).checked_div(3_000)?;
        let certain = wait.saturating_mul(2).checked_div(3)?;
        Some(least.max(certain.saturating_add(jitter)))
    }
}

fn endpoint(options: &Options) -> Result<Endpoint, BadOptions> {
    let endpoint: Endpoint =
        Endpoint::from_shared(options.address.clone()).map_err(|_| BadOptions::Address)?;
    let uri = endpoint.uri().clone();
    let host = uri.host().ok_or(BadOptions::Address)?;
    let endpoint = endpoint
        .connect_timeout(options.connect_deadline)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(options.keep_alive.interval)
        .keep_alive_timeout(options.keep_alive.timeout)
        .keep_alive_while_idle(true)
        .user_agent(concat!("sfund-sdk/", env!("CARGO_PKG_VERSION")))
        .map_err(|_| BadOptions::Address)?;
    match uri.scheme_str() {
        Some("https") => endpoint.tls_config(tls(options)).map_err(|_| BadOptions::Tls),
        Some("http") => {
            let safe = options.key.is_none()
                || options.plaintext == Plaintext::Anywhere
                || is_loopback(host);
            if safe { Ok(endpoint) } else { Err(BadOptions::Plaintext) }
        }
        Some(_) | None => Err(BadOptions::Address),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn tls(options: &Options) -> ClientTlsConfig {
    let mut config = ClientTlsConfig::new();
    config = match &options.tls.authority_pem {
        Some(pem) => config.ca_certificate(Certificate::from_pem(pem)),
        None => config.with_native_roots(),
    };
    if let Some(identity) = &options.tls.identity {
        let identity =
            tonic::transport::Identity::from_pem(&identity.certificate_pem, &identity.key_pem);
        config = config.identity(identity);
    }
    if let Some(name) = &options.tls.server_name {
        config = config.domain_name(name);
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::ApiKey;

    #[test]
    fn a_key_does_not_leave_the_machine_in_the_clear() {
        let key = ApiKey::generate().unwrap();
        let options = |address: &str| Options::new(address).key(key.clone());
        for safe in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
            assert!(endpoint(&options(safe)).is_ok(), "{safe}");
        }
        let far = options("http://192.0.2.1:1");
        assert_eq!(endpoint(&far).unwrap_err(), BadOptions::Plaintext);
        assert!(endpoint(&far.plaintext(Plaintext::Anywhere)).is_ok());
        for wrong in ["", "exchange", "ftp://127.0.0.1:1"] {
            assert_eq!(endpoint(&options(wrong)).unwrap_err(), BadOptions::Address, "{wrong}");
        }
    }

    #[test]
    fn an_overload_after_a_lost_answer_leaves_the_outcome_unknown() {
        let overloaded =
            || Error::Overloaded { retry_after: Duration::ZERO, refusal: Box::default() };
        let lost = || Some(Error::Transport("lost".into()));
        assert!(conclude(overloaded(), lost()).outcome_unknown());
        assert!(conclude(Error::Unauthenticated(Box::default()), lost()).outcome_unknown());
        assert!(!conclude(overloaded(), None).outcome_unknown());
        // The market's own no is the answer to every attempt of this id.
        let refused = conclude(Error::Refused(Box::default()), lost());
        assert!(matches!(refused, Error::Refused(_)));
    }

    #[test]
    fn attempts_are_bounded_and_lie_ever_further_apart() {
        let retry = Retry {
            attempts_max: 4,
            wait_first: Duration::from_millis(90),
            wait_max: Duration::from_millis(200),
        };
        let mut waits = Waits::new(retry);
        let lost = Error::Transport("lost".into());
        for (least, most) in [(60, 90), (120, 180), (133, 200)] {
            let wait = waits.after(&lost).unwrap();
            assert!(Duration::from_millis(least) <= wait && wait <= Duration::from_millis(most));
        }
        assert_eq!(waits.after(&lost), None);
        assert_eq!(Waits::new(retry).after(&Error::Deadline), None);
    }

    #[test]
    fn a_stream_has_patience_and_not_a_number_of_attempts() {
        let options = Options::new("http://127.0.0.1:1").retry(Retry::never());
        let lost = Error::Transport("lost".into());
        let mut waits = Waits::of_stream(&options.clone().patience(Duration::from_secs(3_600)));
        assert!((0..100).all(|_| waits.after(&lost).is_some()));
        let mut waits = Waits::of_stream(&options.patience(Duration::ZERO));
        assert_eq!(waits.after(&lost), None);
    }
}
