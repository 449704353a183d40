//! A further door to an exchange, under limits of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use sfund::service::{self, limits::Limits};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Exchange, PATIENCE};

/// A door that is open until it is closed.
pub struct Door {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), service::Error>>,
}

impl Door {
    pub async fn open(exchange: &Exchange, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let running = exchange.running();
        let parts = service::Parts {
            handle: running.handle(),
            read: running.read(),
            live: running.live(),
            clock: Arc::<sfund::sequencer::HandClock>::clone(&exchange.clock),
            path: sfund::sequencer::Limits::default(),
            snapshot_every_entries: 1_000,
            vitals: sfund::telemetry::Vitals::default(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move { drop(stopped.await) };
        let served = tokio::spawn(service::serve(vec![listener], parts, limits, None, stopped));
        Self { address, stop, served }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes it; all calls must have ended.
    pub async fn close(self) {
        drop(self.stop);
        timeout(PATIENCE, self.served).await.unwrap().unwrap().unwrap();
    }
}
