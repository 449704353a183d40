//! The configuration: file, then environment, then flags; checked whole before anything begins.
//!
//! The defaults are the text of `deploy/sfund.toml`, and nowhere else: what the file shows is what
//! holds. Law and venue parameters are no configuration, see [`crate::venue_file`].

mod layers;
mod wrong;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::journal::Digest;
use crate::service;

pub use self::layers::{Known, Loaded, Origin, Setting, known, load};
pub use self::wrong::{Complaint, Error};

/// Every setting with its default and its comment.
pub const DEFAULTS: &str = include_str!("../../deploy/sfund.toml");

/// What the environment's settings begin with.
pub const ENVIRONMENT_PREFIX: &str = "SFUND__";

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The venue that a new journal opens with.
    pub venue: Venue,
    /// The journal.
    pub store: Store,
    /// Snapshots of the market.
    pub snapshot: Snapshot,
    /// Backups of the running server.
    pub backup: Backup,
    /// The one writer.
    pub sequencer: Sequencer,
    /// gRPC.
    pub server: Server,
    /// Prometheus.
    pub metrics: Metrics,
    /// OpenTelemetry.
    pub traces: Traces,
    /// The log.
    pub log: Log,
}

/// The venue that a new journal opens with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    /// Its file; `None` is the built-in one.
    #[serde(deserialize_with = "path_unless_empty")]
    pub file: Option<PathBuf>,
    /// Days until the first keys expire.
    pub key_days: u32,
}

/// The journal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Its folder.
    pub path: PathBuf,
    /// File of the first keys; `None` is beside the store.
    #[serde(deserialize_with = "path_unless_empty")]
    pub keys_path: Option<PathBuf>,
    /// Digest of a new journal.
    pub digest: DigestName,
}

/// Name of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum DigestName {
    /// SHA-256.
    Sha256,
    /// SM3.
    Sm3,
}

/// Snapshots of the market.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Entries from one to the next.
    pub every_entries: u64,
    /// How many are kept.
    pub keep: usize,
}

/// Backups of the running server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// Folder in which each gets a folder; `None` is none.
    #[serde(deserialize_with = "path_unless_empty")]
    pub folder: Option<PathBuf>,
    /// Hours from one to the next; 0 is only when told.
    pub every_hours: u64,
}

/// The one writer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequencer {
    /// Commands that may wait.
    pub queue_commands_max: usize,
    /// Commands that are made durable together.
    pub batch_commands_max: usize,
}

/// gRPC.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub address: SocketAddr,
    /// Whether to serve without TLS outside loopback.
    pub insecure: bool,
    /// Certificate chain, PEM; `None` is no TLS.
    #[serde(deserialize_with = "path_unless_empty")]
    pub tls_certificate: Option<PathBuf>,
    /// Private key, PEM.
    #[serde(deserialize_with = "path_unless_empty")]
    pub tls_key: Option<PathBuf>,
    /// Certificates that sign the clients' own, PEM.
    #[serde(deserialize_with = "path_unless_empty")]
    pub tls_client_ca: Option<PathBuf>,
    /// Whether clients must show a certificate, rather than may.
    pub tls_client_required: bool,
    /// Connections at once.
    pub connections_max: usize,
    /// Connections of one address at once.
    pub connections_per_address_max: usize,
    /// Seconds that a connection lasts after the last call on it.
    pub connection_idle_seconds_max: u64,
    /// Bytes of the longest message.
    pub message_bytes_max: usize,
    /// Calls that one caller may make in a second, over time.
    pub calls_per_second_max: NonZeroU32,
    /// Calls that one caller may make at once after a pause.
    pub calls_burst_max: NonZeroU32,
    /// Calls of one caller that wait for an answer at once.
    pub calls_in_flight_max: usize,
    /// Streams of one caller at once.
    pub streams_per_caller_max: usize,
    /// Streams and calls of one connection at once.
    pub streams_per_connection_max: u32,
    /// Seconds that a call lasts at most.
    pub call_seconds_max: u64,
    /// Seconds that calls have to end when the server stops.
    pub stop_grace_seconds: u64,
}

/// Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Address and port; `None` is no metrics.
    #[serde(deserialize_with = "address_unless_empty")]
    pub address: Option<SocketAddr>,
}

/// OpenTelemetry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// URL of a collector that takes OTLP over gRPC; `None` is no traces.
    #[serde(deserialize_with = "text_unless_empty")]
    pub otlp_endpoint: Option<String>,
    /// Calls of a million that are traced.
    pub sample_ppm: u32,
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How to write it.
    pub format: LogFormat,
    /// What to log.
    pub filter: String,
}

/// How to write the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// Lines for people.
    Text,
    /// Lines for programs.
    Json,
}

/// The word is none of those that may stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct NotOneOf(&'static str);

impl TryFrom<String> for DigestName {
    type Error = NotOneOf;

    fn try_from(word: String) -> Result<Self, NotOneOf> {
        match word.as_str() {
            "sha256" => Ok(Self::Sha256),
            "sm3" => Ok(Self::Sm3),
            _ => Err(NotOneOf("sha256 or sm3")),
        }
    }
}

impl TryFrom<String> for LogFormat {
    type Error = NotOneOf;

    fn try_from(word: String) -> Result<Self, NotOneOf> {
        match word.as_str() {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(NotOneOf("auto, text or json")),
        }
    }
}

impl From<DigestName> for Digest {
    fn from(name: DigestName) -> Self {
        match name {
            DigestName::Sha256 => Self::Sha256,
            DigestName::Sm3 => Self::Sm3,
        }
    }
}

impl Store {
    /// Where the first keys are written.
    #[must_use]
    pub fn keys_file(&self) -> PathBuf {
        self.keys_path.clone().unwrap_or_else(|| {
            let mut name = self.path.file_name().unwrap_or_default().to_owned();
            name.push("-keys.toml");
            self.path.with_file_name(name)
        })
    }
}

impl Server {
    /// The files of TLS, if it is to be used: certificate and key.
    #[must_use]
    pub fn tls(&self) -> Option<(&Path, &Path)> {
        Some((self.tls_certificate.as_deref()?, self.tls_key.as_deref()?))
    }

    /// The limits of the service; those that cannot be set are the usual ones.
    #[must_use]
    pub fn limits(&self) -> service::limits::Limits {
        service::limits::Limits {
            connections_max: self.connections_max,
            connections_per_address_max: self.connections_per_address_max,
            connection_idle_max: Duration::from_secs(self.connection_idle_seconds_max),
            calls_per_second: self.calls_per_second_max,
            calls_burst: self.calls_burst_max,
            calls_in_flight_max: self.calls_in_flight_max,
            streams_per_caller_max: self.streams_per_caller_max,
            message_bytes_max: self.message_bytes_max,
            connection_streams_max: self.streams_per_connection_max,
            call_duration_max: Duration::from_secs(self.call_seconds_max),
            stop_grace: Duration::from_secs(self.stop_grace_seconds),
            ..service::limits::Limits::default()
        }
    }
}

impl Config {
    /// Everything that a single value's type cannot say.
    fn check(&self, complain: &mut dyn FnMut(&'static str, &str)) {
        let mut range = |key: &'static str, value: u64, least: u64, most: u64| {
            if value < least || most < value {
                complain(key, &format!("must be from {least} to {most}"));
            }
        };
        let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        range("venue.key_days", self.venue.key_days.into(), 1, 3_650);
        range("snapshot.every_entries", self.snapshot.every_entries, 1_000, 1_000_000_000);
        range("snapshot.keep", count(self.snapshot.keep), 1, 100);
        range("backup.every_hours", self.backup.every_hours, 0, 8_760);
        let queue = count(self.sequencer.queue_commands_max);
        range("sequencer.queue_commands_max", queue, 1, 16_777_216);
        let batch = count(self.sequencer.batch_commands_max);
        range("sequencer.batch_commands_max", batch, 1, 65_536);
        let message = count(self.server.message_bytes_max);
        range("server.message_bytes_max", message, 1_024, 67_108_864);
        let server = &self.server;
        range("server.connections_max", count(server.connections_max), 1, 1_000_000);
        let of_address = count(server.connections_per_address_max);
        range("server.connections_per_address_max", of_address, 1, 1_000_000);
        let idle = server.connection_idle_seconds_max;
        range("server.connection_idle_seconds_max", idle, 1, 86_400);
        range(
            "server.calls_per_second_max",
            server.calls_per_second_max.get().into(),
            1,
            10_000_000,
        );
        range("server.calls_burst_max", server.calls_burst_max.get().into(), 1, 10_000_000);
        range("server.calls_in_flight_max", count(server.calls_in_flight_max), 1, 1_000_000);
        range("server.streams_per_caller_max", count(server.streams_per_caller_max), 1, 100_000);
        let streams = server.streams_per_connection_max.into();
        range("server.streams_per_connection_max", streams, 1, 1_000_000);
        range("server.call_seconds_max", server.call_seconds_max, 1, 3_600);
        range("server.stop_grace_seconds", server.stop_grace_seconds, 0, 3_600);
        range("traces.sample_ppm", self.traces.sample_ppm.into(), 0, 1_000_000);
        if let Some(endpoint) = &self.traces.otlp_endpoint
            && endpoint.parse::<http::Uri>().map_or(true, |uri| uri.scheme_str() != Some("http"))
        {
            complain("traces.otlp_endpoint", "must be a URL such as http://127.0.0.1:4317");
        }
        if self.backup.folder.is_none() && self.backup.every_hours != 0 {
            complain("backup.folder", "must be set: backup.every_hours is");
        }
        if self.store.path.file_name().is_none() {
            complain("store.path", "must name a folder");
        }
        if tracing_subscriber::EnvFilter::try_new(&self.log.filter).is_err() {
            complain("log.filter", "must be a level, or a list such as info,sfund::journal=debug");
        }
        self.check_network(complain);
    }

    fn check_network(&self, complain: &mut dyn FnMut(&'static str, &str)) {
        let server = &self.server;
        match (&server.tls_certificate, &server.tls_key) {
            (Some(_), None) => complain("server.tls_key", "must be set: there is a certificate"),
            (None, Some(_)) => complain("server.tls_certificate", "must be set: there is a key"),
            (None, None) => {
                if server.tls_client_ca.is_some() {
                    complain(
                        "server.tls_client_ca",
                        "needs TLS: set server.tls_certificate and server.tls_key",
                    );
                }
                if !server.address.ip().is_loopback() && !server.insecure {
                    complain(
                        "server.address",
                        "is outside loopback and needs TLS: set server.tls_certificate and \
                         server.tls_key, or say server.insecure = true",
                    );
                }
            }
            (Some(_), Some(_)) => {}
        }
        if self.metrics.address.is_some_and(|address| address == server.address)
            && server.address.port() != 0
        {
            complain("metrics.address", "must be another one than server.address");
        }
    }
}

fn path_unless_empty<'de, D: Deserializer<'de>>(input: D) -> Result<Option<PathBuf>, D::Error> {
    let text = String::deserialize(input)?;
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

fn text_unless_empty<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(input)?;
    Ok((!text.is_empty()).then_some(text))
}

fn address_unless_empty<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(input)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests;
