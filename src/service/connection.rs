//! An accepted connection: it begins in time, is not silent for long, and says little before
//! somebody with a good key calls on it. Otherwise it ends, or whoever has no key could hold every
//! place.
//!
//! The door tells what it thinks of the calls on a connection through its [`Life`].

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::service::gate::Place;
use crate::service::limits::Limits;

/// Bytes with which every HTTP/2 connection begins, and fewer than a TLS handshake.
const OPENING_BYTES: usize = 24;

/// A connection and its place.
pub(crate) struct Connection {
    stream: TcpStream,
    life: Arc<Life>,
    /// Bytes that it has to say yet to have begun.
    opening_left: usize,
    /// When to look whether it has begun, or is silent.
    look: Pin<Box<Sleep>>,
    _place: Place,
}

/// What is known of a connection beside its bytes.
#[derive(Debug)]
pub(crate) struct Life {
    began: Instant,
    limits: Limits,
    /// Calls and streams of good keys that run.
    at_work: AtomicUsize,
    /// Whether a good key ever called.
    is_introduced: AtomicBool,
    /// Milliseconds after `began` at which somebody was last heard.
    heard_at: AtomicU64,
    /// Bytes read since then.
    unheard_bytes: AtomicUsize,
    /// Calls turned away since one was admitted.
    turned_away: AtomicU32,
}

/// What the calls on a connection are told of it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// The addresses.
    pub(crate) tcp: TcpConnectInfo,
    /// The connection's life.
    pub(crate) life: Arc<Life>,
}

/// A call or stream that runs: while there is one the connection is not silent.
#[derive(Debug)]
pub(crate) struct Work(Arc<Life>);

impl Connection {
    pub(crate) fn new(stream: TcpStream, place: Place, limits: Limits) -> Self {
        Self {
            stream,
            life: Arc::new(Life::new(limits)),
            opening_left: OPENING_BYTES,
            look: Box::pin(sleep(limits.keepalive_timeout)),
            _place: place,
        }
    }

    /// Waits on, or says that the connection has been silent for too long.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<io::ErrorKind> {
        while self.look.as_mut().poll(context).is_ready() {
            if self.opening_left != 0 {
                return Poll::Ready(io::ErrorKind::TimedOut);
            }
            let Some(left) = self.life.silence_left() else {
                return Poll::Ready(io::ErrorKind::TimedOut);
            };
            self.look.set(sleep(left));
        }
        Poll::Pending
    }
}

impl Life {
    fn new(limits: Limits) -> Self {
        Self {
            began: Instant::now(),
            limits,
            at_work: AtomicUsize::new(0),
            is_introduced: AtomicBool::new(false),
            heard_at: AtomicU64::new(0),
            unheard_bytes: AtomicUsize::new(0),
            turned_away: AtomicU32::new(0),
        }
    }

    /// A call of a good key begins.
    pub(crate) fn work(self: &Arc<Self>) -> Work {
        self.at_work.fetch_add(1, Ordering::Relaxed);
        Work(Arc::clone(self))
    }

    /// A good key called.
    pub(crate) fn introduce(&self) {
        if !self.is_introduced.load(Ordering::Relaxed) {
            self.is_introduced.store(true, Ordering::Relaxed);
        }
        self.hear();
    }

    /// A good key called, or anybody what anybody may.
    pub(crate) fn hear(&self) {
        self.heard_at.store(self.age(), Ordering::Relaxed);
        self.unheard_bytes.store(0, Ordering::Relaxed);
    }

    /// A call may be: patience is full again.
    pub(crate) fn admit(&self) {
        self.turned_away.store(0, Ordering::Relaxed);
    }

    /// A call is turned away; how many were since one was admitted.
    pub(crate) fn turn_away(&self) -> u32 {
        self.turned_away.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    fn age(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How much longer it may be silent.
    fn silence_left(&self) -> Option<Duration> {
        let longest = if self.is_introduced.load(Ordering::Relaxed) {
            self.limits.connection_idle_max
        } else {
            self.limits.stranger_wait
        };
        if self.at_work.load(Ordering::Relaxed) != 0 {
            return Some(longest);
        }
        let silent = self.age().saturating_sub(self.heard_at.load(Ordering::Relaxed));
        longest.checked_sub(Duration::from_millis(silent)).filter(|left| !left.is_zero())
    }

    /// Notes bytes that came; whether that many may without a call that is heard.
    fn read(&self, count: usize) -> bool {
        if self.at_work.load(Ordering::Relaxed) != 0 {
            return true;
        }
        let before = self.unheard_bytes.fetch_add(count, Ordering::Relaxed);
        before.saturating_add(count) <= self.limits.unheard_bytes_max
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.hear();
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        Peer { tcp: self.stream.connect_info(), life: Arc::clone(&self.life) }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, into);
        if polled.is_pending() {
            return self.poll_silence(context).map(|kind| Err(kind.into()));
        }
        let count = into.filled().len().saturating_sub(before);
        self.opening_left = self.opening_left.saturating_sub(count);
        if self.life.read(count) {
            polled
        } else {
            Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()))
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, from)
    }
}
