//! What the service may take of the machine, and what one caller may take of the service.

use std::num::NonZeroU32;
use std::time::Duration;

/// The limits of the service. Every one has a usual value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls a second of one caller, over time. The messages within a stream are not counted.
    pub calls_per_second: NonZeroU32,
    /// Calls of one caller at once beyond its share of a second.
    pub calls_burst: NonZeroU32,
    /// Calls of one caller that wait for an answer at once, streams left out.
    pub calls_in_flight_max: usize,
    /// Streams of one caller at once.
    pub streams_per_caller_max: usize,
    /// Instructions of one order stream that wait for an answer at once; the stream is then not
    /// read until answers come.
    pub instructions_in_flight_max: usize,
    /// Messages that wait for a stream's reader.
    pub stream_messages_max: usize,
    /// Largest message that is read, in bytes.
    pub message_bytes_max: usize,
    /// Largest headers of one call, in bytes.
    pub header_bytes_max: u32,
    /// Connections at once; one more waits to be accepted until another ends.
    pub connections_max: usize,
    /// Connections of one address at once; one more is hung up on.
    pub connections_per_address_max: usize,
    /// Connections that one address opens in a second, over time, beyond the first
    /// `connections_per_address_max`.
    pub connects_per_second: NonZeroU32,
    /// Bytes that a connection says with no call among them that may be, before it is ended.
    pub unheard_bytes_max: usize,
    /// How long a connection lasts on which nobody with a good key calls.
    pub stranger_wait: Duration,
    /// How long a connection lasts after the last call on it.
    pub connection_idle_max: Duration,
    /// Calls a second of one address that need no key: health and reflection.
    pub open_calls_per_second: NonZeroU32,
    /// How long a call waits to be turned away where `PATIENCE_CALLS` before it were.
    pub turned_away_wait: Duration,
    /// Calls of one connection that are reset before they were looked at; one more ends it.
    pub resets_pending_max: usize,
    /// Calls of one connection that the server resets for their mistakes; one more ends it.
    pub resets_for_mistakes_max: usize,
    /// Streams and calls of one connection at once.
    pub connection_streams_max: u32,
    /// The longest that a unary call lasts, whatever its deadline.
    pub call_duration_max: Duration,
    /// How long a stream waits for a reader that takes nothing, before it cuts it.
    pub slow_reader_wait: Duration,
    /// How long a stream is silent at most.
    pub heartbeat: Duration,
    /// How long changes of a book are gathered before the newest state is sent.
    pub book_interval: Duration,
    /// How long a connection is silent before the server asks whether it is alive.
    pub keepalive_interval: Duration,
    /// How long it then has to answer; and how long a new one has to begin.
    pub keepalive_timeout: Duration,
    /// How long calls have to end when the server stops.
    pub stop_grace: Duration,
}

/// Most instructions in one message of an order stream.
pub const BATCH_INSTRUCTIONS_MAX: usize = 1_000;
/// Most funds that one stream of the market is narrowed to.
pub const STREAM_FUNDS_MAX: usize = 100;
/// Most lots that one stream of the market is narrowed to.
pub const STREAM_LOTS_MAX: usize = 100;
/// Most levels of a book on a stream.
pub const STREAM_LEVELS_MAX: usize = 20;
/// What each who watches the market adds to the time that trades gather before they are told, once
/// that is a millisecond; it ends at `book_interval`. Telling somebody costs the same however much
/// is told, so without it a thousand who watch would take the machine from those who trade.
pub const WATCHER_SHARE: Duration = Duration::from_micros(50);
/// Levels of a book where it is not said how many.
pub const LEVELS_USUAL: usize = 10;
/// Most names of commands that a list of entries is narrowed to.
pub const FILTER_NAMES_MAX: usize = 64;
/// Most entries looked at for one page of the audit trail.
pub const ENTRIES_LOOKED_MAX: usize = 10_000;
/// Most parties whose orders one cancel-on-disconnect stream places.
pub const SESSION_PARTIES_MAX: usize = 1_024;

/// Calls that are turned away at once, one after the other on one connection.
pub const PATIENCE_CALLS: u32 = 32;
/// Addresses, and callers, whose shares are remembered before those that rest are forgotten.
pub const NETWORKS_MAX: usize = 65_536;
/// How long the server waits where the system gives it no connection.
pub const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// Connections that wait to be accepted, as far as the system allows as many: when the server
/// starts again everybody comes back at once.
pub const CONNECTIONS_WAITING_MAX: u32 = 4_096;
/// Lines a second in the log about calls that are turned away; others are counted.
pub const TURNED_AWAY_LINES_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_per_second: NonZeroU32::new(2_000).unwrap_or(NonZeroU32::MIN),
            calls_burst: NonZeroU32::new(4_000).unwrap_or(NonZeroU32::MIN),
            calls_in_flight_max: 512,
            streams_per_caller_max: 16,
            instructions_in_flight_max: 8_192,
            stream_messages_max: 256,
            message_bytes_max: 1024 * 1024,
            header_bytes_max: 16 * 1024,
            connections_max: 16_384,
            connections_per_address_max: 1_024,
            connects_per_second: NonZeroU32::new(50).unwrap_or(NonZeroU32::MIN),
            unheard_bytes_max: 256 * 1024,
            stranger_wait: Duration::from_secs(60),
            connection_idle_max: Duration::from_secs(600),
            open_calls_per_second: NonZeroU32::new(100).unwrap_or(NonZeroU32::MIN),
            turned_away_wait: Duration::from_millis(100),
            resets_pending_max: 20,
            resets_for_mistakes_max: 1_024,
            connection_streams_max: 256,
            call_duration_max: Duration::from_secs(30),
            slow_reader_wait: Duration::from_secs(30),
            heartbeat: Duration::from_secs(5),
            book_interval: Duration::from_millis(100),
            keepalive_interval: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
            stop_grace: Duration::from_secs(10),
        }
    }
}
