//! The gate before the door: which connections are taken, and no more of them than may be.
//!
//! Who has too many open, or opens them too fast, is hung up on. While all places are taken nothing
//! is accepted, and the operating system lets callers wait.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::server::TcpIncoming;

use crate::service::connection::Connection;
use crate::service::limits::{ACCEPT_AGAIN, CONNECTIONS_WAITING_MAX, Limits, NETWORKS_MAX};

/// What the listeners of a server share.
pub(crate) struct Gate {
    limits: Limits,
    places: Arc<Semaphore>,
    of_network: Arc<DashMap<IpAddr, usize>>,
    pace: DefaultKeyedRateLimiter<IpAddr>,
}

/// A place taken by a connection; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    network: IpAddr,
    of_network: Arc<DashMap<IpAddr, usize>>,
    _place: OwnedSemaphorePermit,
}

impl Gate {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        let most = u32::try_from(limits.connections_per_address_max).unwrap_or(u32::MAX);
        let burst = NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(limits.connects_per_second).allow_burst(burst);
        Arc::new(Self {
            limits,
            places: Arc::new(Semaphore::new(limits.connections_max)),
            of_network: Arc::new(DashMap::new()),
            pace: RateLimiter::keyed(quota),
        })
    }

    /// Connections as they come, each once there is a place for it.
    pub(crate) fn pass(
        self: &Arc<Self>,
        incoming: TcpIncoming,
    ) -> impl Stream<Item = io::Result<Connection>> + use<> {
        let gate = Arc::clone(self);
        let taken = incoming.then(move |accepted| {
            let gate = Arc::clone(&gate);
            async move {
                match accepted {
                    Ok(stream) => gate.take(stream).await,
                    Err(error) => {
                        tracing::warn!(%error, "no connection can be accepted");
                        sleep(ACCEPT_AGAIN).await;
                        None
                    }
                }
            }
        });
        taken.filter_map(|connection| connection.map(Ok))
    }

    /// Gives a connection its place. Without one it is hung up on, being dropped.
    async fn take(&self, stream: TcpStream) -> Option<Connection> {
        let network = network(stream.peer_addr().ok()?.ip());
        if NETWORKS_MAX < self.pace.len() {
            self.pace.retain_recent();
        }
        if self.pace.check_key(&network).is_err() || !self.count(network) {
            metrics::counter!("sfund_connections_refused_total").increment(1);
            return None;
        }
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let of_network = Arc::clone(&self.of_network);
        metrics::gauge!("sfund_connections").increment(1.0);
        let place = Place { network, of_network, _place: place };
        Some(Connection::new(stream, place, self.limits))
    }

    /// Counts one more of a network; whether it may have it.
    fn count(&self, network: IpAddr) -> bool {
        let mut taken = self.of_network.entry(network).or_default();
        let may = *taken < self.limits.connections_per_address_max;
        *taken = taken.saturating_add(usize::from(may));
        may
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("sfund_connections").decrement(1.0);
        if let Entry::Occupied(mut taken) = self.of_network.entry(self.network) {
            *taken.get_mut() = taken.get().saturating_sub(1);
            if *taken.get() == 0 {
                taken.remove();
            }
        }
    }
}

/// Listens at `address`, with room for all who come back at once when the server starts again.
///
/// # Errors
///
/// If the address cannot be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that starts again has its port back at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(CONNECTIONS_WAITING_MAX)
}

/// What counts as one address: of version 6 the first 64 bits, which one subscriber has.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn five_hundred_may_come_before_the_first_is_let_in() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let wait = Duration::from_millis(900);
        let all: Result<Vec<_>, _> =
            (0..500).map(|_| std::net::TcpStream::connect_timeout(&address, wait)).collect();
        assert_eq!(all.unwrap().len(), 500);
    }

    #[test]
    fn one_subscriber_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
