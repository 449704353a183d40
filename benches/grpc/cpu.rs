//! CPU time of the process, by whose threads used it: with few cores shared by client and server
//! that is what counts.

use std::fs;
use std::time::Duration;

/// CPU time by whose threads used it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) client: Duration,
    pub(crate) server: Duration,
    /// Judges, records and encodes.
    pub(crate) engine: Duration,
    /// Seals, appends, syncs, answers; and the store's own threads.
    pub(crate) writer: Duration,
    /// Feeds the read models.
    pub(crate) publisher: Duration,
    /// Snapshots of the market, made from the journal now and then.
    pub(crate) snapshots: Duration,
    pub(crate) other: Duration,
}

impl Cpu {
    /// What was used until now; nothing where the system does not tell.
    pub(crate) fn now() -> Self {
        let mut cpu = Self::default();
        let Ok(threads) = fs::read_dir("/proc/self/task") else { return cpu };
        for thread in threads.flatten() {
            let read = |file| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
            let ran = read("schedstat").split(' ').next().and_then(|text| text.parse().ok());
            let ran = Duration::from_nanos(ran.unwrap_or_default());
            let name = read("comm");
            // The first thread, which bears the name of the bench, drives the clients.
            let whose = if name.starts_with("client") || name.starts_with("grpc") {
                &mut cpu.client
            } else if name.starts_with("server") {
                &mut cpu.server
            } else if name.starts_with("sfund-engine") {
                &mut cpu.engine
            } else if name.starts_with("sfund-writer") || name.starts_with("sled-io") {
                &mut cpu.writer
            } else if name.starts_with("sfund-publisher") {
                &mut cpu.publisher
            } else if name.starts_with("sfund-snapshott") {
                &mut cpu.snapshots
            } else {
                &mut cpu.other
            };
            *whose += ran;
        }
        cpu
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            client: self.client.saturating_sub(before.client),
            server: self.server.saturating_sub(before.server),
            engine: self.engine.saturating_sub(before.engine),
            writer: self.writer.saturating_sub(before.writer),
            publisher: self.publisher.saturating_sub(before.publisher),
            snapshots: self.snapshots.saturating_sub(before.snapshots),
            other: self.other.saturating_sub(before.other),
        }
    }

    pub(crate) fn all(self) -> Duration {
        let market = self.engine + self.writer + self.publisher + self.snapshots;
        self.client + self.server + market + self.other
    }
}
