//! How a client reaches the server and what it does when it does not.

use std::time::Duration;

use crate::key::ApiKey;

/// Where the server is and how to speak with it.
///
/// ```
/// # use std::time::Duration;
/// # use sfund_sdk::{ApiKey, Options, Retry};
/// # let key = ApiKey::generate()?;
/// let options = Options::new("https://exchange.example:7443")
///     .key(key)
///     .deadline(Duration::from_secs(5))
///     .retry(Retry { attempts_max: 8, ..Retry::default() });
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) address: String,
    pub(crate) key: Option<ApiKey>,
    pub(crate) tls: Tls,
    pub(crate) plaintext: Plaintext,
    pub(crate) deadline: Duration,
    pub(crate) connect_deadline: Duration,
    pub(crate) keep_alive: KeepAlive,
    pub(crate) silence_max: Duration,
    pub(crate) patience: Duration,
    pub(crate) retry: Retry,
    pub(crate) consistency: Consistency,
    pub(crate) compression: Compression,
}

/// Whom to trust and who to be (TLS).
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// PEM of the authorities that may vouch for the server; `None` trusts those of the system.
    pub authority_pem: Option<Vec<u8>>,
    /// The client's own certificate, where the server asks for one.
    pub identity: Option<Identity>,
    /// Name in the server's certificate, where it is not that of the address.
    pub server_name: Option<String>,
}

/// A certificate and its key.
#[derive(Clone)]
pub struct Identity {
    /// PEM of the certificate and those above it.
    pub certificate_pem: Vec<u8>,
    /// PEM of its private key.
    pub key_pem: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(not shown)")
    }
}

/// Whether a key may go over a connection without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plaintext {
    /// On this machine only.
    Loopback,
    /// Anywhere: for networks that are private by other means.
    Anywhere,
}

/// How a silent connection is told from a dead one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Ask for a sign of life after this long.
    pub interval: Duration,
    /// Give the connection up if none comes in this long.
    pub timeout: Duration,
}

/// How often a call is tried again, and how long is waited in between.
///
/// A call is tried again when the server is unavailable, when the connection is lost, and when
/// the server is overloaded and says when to come back. A command is sent again under the same
/// id: it has one effect however often it arrives. No attempt begins after the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Most attempts, the first included.
    pub attempts_max: u32,
    /// Wait after the first attempt; it doubles with each one. A third of it is random.
    pub wait_first: Duration,
    /// Longest wait.
    pub wait_max: Duration,
}

/// What a read sees of the client's own writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// Everything this client and its clones were ever told of: a read waits for it.
    ReadYourWrites,
    /// What the server has at hand.
    AtHand,
}

/// Whether answers come compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// They do not.
    Off,
    /// With gzip, where the server offers it: for slow lines.
    Gzip,
}

impl Options {
    /// The server at `address`, as `https://exchange.example:7443` or `http://127.0.0.1:7443`.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            key: None,
            tls: Tls::default(),
            plaintext: Plaintext::Loopback,
            deadline: Duration::from_secs(10),
            connect_deadline: Duration::from_secs(5),
            keep_alive: KeepAlive {
                interval: Duration::from_secs(20),
                timeout: Duration::from_secs(10),
            },
            silence_max: Duration::from_secs(60),
            patience: Duration::from_secs(60),
            retry: Retry::default(),
            consistency: Consistency::ReadYourWrites,
            compression: Compression::Off,
        }
    }

    /// Who the client is.
    #[must_use]
    pub fn key(self, key: ApiKey) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Whom to trust, and the client's certificate.
    #[must_use]
    pub fn tls(self, tls: Tls) -> Self {
        Self { tls, ..self }
    }

    /// Whether the key may go without TLS.
    #[must_use]
    pub fn plaintext(self, plaintext: Plaintext) -> Self {
        Self { plaintext, ..self }
    }

    /// How long a call may take, all its attempts included. 10 seconds if not said.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// How long a connection may take to come about. 5 seconds if not said.
    #[must_use]
    pub fn connect_deadline(self, connect_deadline: Duration) -> Self {
        Self { connect_deadline, ..self }
    }

    /// How a silent connection is told from a dead one.
    #[must_use]
    pub fn keep_alive(self, keep_alive: KeepAlive) -> Self {
        Self { keep_alive, ..self }
    }

    /// A stream that says nothing for this long, not even that it lives, is opened anew. A minute
    /// if not said.
    #[must_use]
    pub fn silence_max(self, silence_max: Duration) -> Self {
        Self { silence_max, ..self }
    }

    /// How long a stream that broke off tries to come back before it says so: longer than a
    /// restart of the server takes. A minute if not said.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// How often to try a call again.
    #[must_use]
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// What reads see of own writes.
    #[must_use]
    pub fn consistency(self, consistency: Consistency) -> Self {
        Self { consistency, ..self }
    }

    /// Whether answers come compressed.
    #[must_use]
    pub fn compression(self, compression: Compression) -> Self {
        Self { compression, ..self }
    }
}

impl Default for Retry {
    /// Five attempts, 50 milliseconds to 2 seconds apart.
    fn default() -> Self {
        Self {
            attempts_max: 5,
            wait_first: Duration::from_millis(50),
            wait_max: Duration::from_secs(2),
        }
    }
}

impl Retry {
    /// One attempt and no other.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts_max: 1, ..Self::default() }
    }
}
