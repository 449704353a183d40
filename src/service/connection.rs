//! Accepted connections, and no more of them than may be.
//!
//! A connection holds a place until it ends; while there is none, nothing is accepted and the
//! operating system lets callers wait. One that says nothing at first is ended, or whoever has no
//! key could hold every place.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::server::{Connected, TcpConnectInfo, TcpIncoming};

/// Bytes with which every HTTP/2 connection begins, and fewer than a TLS handshake.
const OPENING_BYTES: usize = 24;

/// A connection and its place.
pub(crate) struct Connection {
    stream: TcpStream,
    /// None once it has begun.
    opening: Option<Opening>,
    _place: Counted,
}

/// A place, counted while it is taken.
struct Counted {
    _place: OwnedSemaphorePermit,
}

impl Counted {
    fn new(place: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("sfund_connections").increment(1.0);
        Self { _place: place }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("sfund_connections").decrement(1.0);
    }
}

/// What a connection has to say, and by when.
struct Opening {
    bytes_left: usize,
    until: Pin<Box<Sleep>>,
}

/// Connections as they come, each once there is a place for it. One that has not begun after
/// `opening_wait` ends.
pub(crate) fn bounded(
    incoming: TcpIncoming,
    places: Arc<Semaphore>,
    opening_wait: Duration,
) -> impl Stream<Item = io::Result<Connection>> {
    incoming.then(move |accepted| {
        let places = Arc::clone(&places);
        async move {
            let place = places.acquire_owned().await.map_err(io::Error::other)?;
            let opening =
                Opening { bytes_left: OPENING_BYTES, until: Box::pin(sleep(opening_wait)) };
            Ok(Connection {
                stream: accepted?,
                opening: Some(opening),
                _place: Counted::new(place),
            })
        }
    })
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
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
        if let Some(opening) = &mut self.opening {
            let read = into.filled().len().saturating_sub(before);
            opening.bytes_left = opening.bytes_left.saturating_sub(read);
            if opening.bytes_left == 0 {
                self.opening = None;
            } else if polled.is_pending() && opening.until.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        polled
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
