//! The exchange, put together: store, market, read models, snapshots, gRPC, metrics.
//!
//! [`open`] brings the market back, or prepares a new venue; [`Opened::start`] begins to serve;
//! [`Running::stop`] ends in order: no new calls, calls in flight answered, all of it durable, a
//! last snapshot.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::id::Sequence;
use sfund_engine::reject::Reject;
use sfund_engine::time::Time;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use crate::config::{self, Config};
use crate::genesis::{self, Genesis};
use crate::journal::{self, Head, Journal, Reader, Snapshots, sled};
use crate::read::{NotReached, REACH_WAIT_MAX, Read};
use crate::recovery::{self, Recovered, Snapshotter, recover};
use crate::sequencer::{
    Clock, Ended, Fatal, Handle, Limits, Mode, OnFatal, Parts, Sequencer, Submission, SubmitError,
};
use crate::service::{self, ClientCertificates};
use crate::stream::Live;
use crate::telemetry;
use crate::venue_file;
use crate::{cause, gauge_value};

/// Days before the end of the calendar at which a start warns of it.
const CALENDAR_DAYS_LEFT_MIN: i32 = 60;
/// Open files that are not connections: the store, snapshots, backups, the log.
const FILES_KEPT: usize = 256;

/// Why the exchange did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The venue's files.
    #[error(transparent)]
    Venue(#[from] venue_file::Error),
    /// The first keys.
    #[error(transparent)]
    Genesis(#[from] genesis::Error),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The market cannot be brought back.
    #[error(transparent)]
    Recovery(#[from] recovery::Error),
    /// The store's parent cannot be made.
    #[error("{path} cannot be created: look at the permissions of its parent")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system gives no thread.
    #[error("no thread can be started: look at the limits of this user")]
    Thread(#[source] io::Error),
    /// The market refuses to open the venue.
    #[error("the venue cannot open as its file says: {0}")]
    NotOpened(Reject),
    /// The sequencer stopped while the venue opened.
    #[error("the venue could not open: {0}")]
    Unanswered(#[from] SubmitError),
    /// A file of TLS cannot be read.
    #[error("{path} cannot be read: look at {key} and the permissions of the file")]
    Tls {
        /// The setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The service cannot run as it is set.
    #[error(transparent)]
    Service(#[from] service::Error),
    /// What was done does not come to be seen.
    #[error("the read models stand still: report it")]
    NotPublished(#[from] NotReached),
    /// The address cannot be taken.
    #[error("{address} cannot be taken: set server.address to one that is free")]
    Address {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Metrics cannot be served.
    #[error("metrics cannot be served: set metrics.address to another one, or to nothing")]
    Metrics(#[source] telemetry::Error),
}

/// An open store, and the market as it is after its newest entry.
pub struct Opened {
    journal: Journal,
    recovered: Recovered,
    genesis: Option<Genesis>,
    keys_file: PathBuf,
    tls: Option<service::TlsConfig>,
}

/// The exchange, running.
pub struct Running {
    reader: Arc<dyn Reader>,
    sequencer: Sequencer,
    snapshotter: Snapshotter,
    tasks: Vec<JoinHandle<()>>,
    address: SocketAddr,
    service: JoinHandle<Result<(), service::Error>>,
    stop: watch::Sender<bool>,
}

/// Opens the store that `config` names, or creates it, and brings the market back. `progress`
/// hears the place reached and the newest one.
///
/// # Errors
///
/// See [`Error`]. Nothing is created if the venue's files are not sound.
pub fn open(
    config: &Config,
    now: Time,
    mut progress: impl FnMut(&Head, &Head),
) -> Result<Opened, Error> {
    let store = config.store.path.as_path();
    let keys_file = config.store.keys_file();
    let tls = read_tls(&config.server)?;
    let journal = if is_absent_or_empty(store) {
        // Read before anything is created, so that a mistake in it leaves nothing behind.
        load_venue(config)?;
        if let Some(parent) = store.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent)
                .map_err(|source| Error::Folder { path: parent.to_owned(), source })?;
        }
        sled::create(store, config.store.digest.into())?
    } else {
        sled::open(store)?
    };
    let newest = journal.reader.newest();
    let recovered = recover(&journal.reader, |head| progress(head, &newest))?;
    let is_open = recovered.projection.read().venue().is_some();
    let genesis = if is_open {
        genesis::publish_keys(&keys_file)?;
        None
    } else {
        let genesis = genesis::prepare(load_venue(config)?, now, config.venue.key_days)?;
        genesis::write_keys(&keys_file, &genesis.keys)?;
        Some(genesis)
    };
    Ok(Opened { journal, recovered, genesis, keys_file, tls })
}

impl Opened {
    /// The newest entry.
    #[must_use]
    pub fn newest(&self) -> Sequence {
        self.recovered.head.sequence
    }

    /// Begins to serve: starts the sequencer, opens the venue if it is new, serves gRPC and
    /// metrics. Must run within tokio.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn start(
        self,
        config: &Config,
        clock: Arc<dyn Clock>,
        on_fatal: OnFatal,
    ) -> Result<Running, Error> {
        let Self { journal: Journal { writer, reader, snapshots, .. }, recovered, .. } = self;
        for (at, why) in &recovered.unsound {
            tracing::warn!(
                %at, error = cause(why),
                "a snapshot is not sound and was not used; the journal is, and is what counts"
            );
        }
        let address = config.server.address;
        let refused = |source| Error::Address { address, source };
        let listener = service::gate::listen(address).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let limits = Limits {
            queue_commands_max: config.sequencer.queue_commands_max,
            batch_commands_max: config.sequencer.batch_commands_max,
            ..Limits::default()
        };
        let mut tasks = Vec::new();
        let vitals = telemetry::start(config.metrics.address).map_err(Error::Metrics)?;
        let projection = recovered.projection;
        projection.read().note_digest(projection.sequence(), projection.market().digest());
        let parts = Parts { writer, reader: Arc::clone(&reader), projection };
        let sequencer =
            Sequencer::start(parts, Arc::clone(&clock), limits, on_fatal).map_err(Error::Thread)?;
        tasks.push(tokio::spawn(telemetry::count(sequencer.live(), sequencer.handle())));
        if let Some(genesis) = self.genesis {
            match open_venue(&sequencer.handle(), genesis).await {
                // Whoever calls first finds the venue open and the keys known.
                Ok(opened) => sequencer.read().reached(opened, REACH_WAIT_MAX).await?,
                Err(error) => {
                    sequencer.stop();
                    return Err(error);
                }
            }
            genesis::publish_keys(&self.keys_file)?;
            tracing::info!(keys = %self.keys_file.display(), "a new venue is open");
        }
        warn_of_calendar_end(&sequencer.read(), clock.now());
        let snapshotter =
            start_snapshotter(config, Arc::clone(&reader), snapshots, sequencer.read())?;
        let place = telemetry::Place {
            store: config.store.path.clone(),
            read: sequencer.read(),
            clock: Arc::clone(&clock),
        };
        tasks.push(tokio::spawn(telemetry::watch(place)));
        let mut calls = config.server.limits();
        calls.connections_max = connections_that_fit(calls.connections_max);
        tell_limits(config, &limits, calls.connections_max);
        let parts = service::Parts {
            handle: sequencer.handle(),
            read: sequencer.read(),
            live: sequencer.live(),
            clock,
            path: limits,
            snapshot_every_entries: config.snapshot.every_entries,
            vitals,
        };
        let (stop, mut stopping) = watch::channel(false);
        let stopped = async move {
            // An error says that the server is gone, which is a stop too.
            drop(stopping.wait_for(|is_stopping| *is_stopping).await);
        };
        let service = tokio::spawn(service::serve(vec![listener], parts, calls, self.tls, stopped));
        Ok(Running { reader, sequencer, snapshotter, tasks, address, service, stop })
    }
}

impl Running {
    /// Where gRPC is served.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resolves if the service ends without being told to.
    pub async fn service_ended(&mut self) {
        report_service((&mut self.service).await);
    }

    /// The way in.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.sequencer.handle()
    }

    /// The read models.
    #[must_use]
    pub fn read(&self) -> Read {
        self.sequencer.read()
    }

    /// The streams.
    #[must_use]
    pub fn live(&self) -> Live {
        self.sequencer.live()
    }

    /// Begins to copy the journal, as far as it is durable now, into a new folder within `folder`,
    /// named by the newest entry. Serving goes on. What comes of it is logged.
    pub fn back_up(&self, folder: &Path) -> JoinHandle<()> {
        let (reader, folder) = (Arc::clone(&self.reader), folder.to_owned());
        tokio::task::spawn_blocking(move || {
            let newest = reader.newest().sequence.number();
            let to = folder.join(format!("{newest:020}"));
            if to.exists() {
                tracing::info!(to = %to.display(), "there is a backup of the newest entry");
                return;
            }
            let made = fs::create_dir_all(&folder)
                .map_err(|source| journal::Error::Io { path: folder, source })
                .and_then(|()| journal::backup::backup(&reader, &to, |_| {}));
            match made {
                Ok(head) => tracing::info!(to = %to.display(), hash = %head.hash, "backed up"),
                Err(error) => tracing::error!(
                    to = %to.display(), error = cause(&error),
                    "no backup was made; the journal is not affected"
                ),
            }
        })
    }

    /// Ends in order: takes no new calls, answers those in flight, makes all of it durable, takes a
    /// last snapshot.
    ///
    /// Answers with the live market as it was at the end; `None` if a thread panicked.
    pub async fn stop(self) -> Option<Ended> {
        let Self { reader, sequencer, snapshotter, tasks, service, stop, .. } = self;
        stop.send_replace(true);
        // A service that ended before was reported then.
        if !service.is_finished() {
            report_service(service.await);
        }
        // Ends threads, and waits for them.
        let ended = tokio::task::spawn_blocking(move || {
            let ended = sequencer.stop();
            snapshotter.stop();
            ended
        });
        let ended = ended.await;
        if ended.is_err() {
            tracing::error!("a thread panicked while the server stopped");
        }
        for task in tasks {
            task.abort();
            // Aborted, as told. Once it has ended it holds nothing of the store.
            drop(task.await);
        }
        if Arc::strong_count(&reader) != 1 {
            tracing::warn!("something still reads the store; it cannot be opened until that ends");
        }
        tracing::info!("stopped: everything answered is durable");
        ended.ok().flatten()
    }
}

/// What production does when the sequencer cannot go on: says why, and ends the process.
#[must_use]
pub fn end_process() -> OnFatal {
    Arc::new(|fatal: Fatal| {
        tracing::error!(
            error = cause(&fatal),
            "the server stops at once; see \"Fatal messages\" in the runbook"
        );
        std::process::exit(1);
    })
}

fn report_service(ended: Result<Result<(), service::Error>, JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(error = cause(&error), "gRPC is served no more"),
        Err(error) => tracing::error!(error = cause(&error), "gRPC is served no more"),
    }
}

/// Reads the files of TLS, if it is to be used.
fn read_tls(server: &config::Server) -> Result<Option<service::TlsConfig>, Error> {
    let Some((certificate, key)) = server.tls() else { return Ok(None) };
    let read = |key, path: &Path| {
        fs::read(path).map_err(|source| Error::Tls { key, path: path.to_owned(), source })
    };
    let certificate_pem = read("server.tls_certificate", certificate)?;
    let key_pem = read("server.tls_key", key)?;
    let clients = match &server.tls_client_ca {
        None => ClientCertificates::Ignored,
        Some(path) => {
            let authorities = read("server.tls_client_ca", path)?;
            if server.tls_client_required {
                ClientCertificates::Required(authorities)
            } else {
                ClientCertificates::Optional(authorities)
            }
        }
    };
    let tls = service::TlsConfig { certificate_pem, key_pem, clients };
    tls.check()?;
    Ok(Some(tls))
}

fn start_snapshotter(
    config: &Config,
    reader: Arc<dyn Reader>,
    snapshots: Box<dyn Snapshots>,
    read: Read,
) -> Result<Snapshotter, Error> {
    let (every, keep) = (config.snapshot.every_entries, config.snapshot.keep);
    Snapshotter::start(reader, snapshots, read, every, keep).map_err(Error::Thread)
}

/// The limits that other metrics are compared with.
fn tell_limits(config: &Config, limits: &Limits, connections_max: usize) {
    let count = |value: usize| gauge_value(u64::try_from(value).unwrap_or(u64::MAX));
    metrics::gauge!("sfund_queue_commands_max").set(count(limits.queue_commands_max));
    metrics::gauge!("sfund_publish_blocks_max").set(count(limits.publish_blocks_max));
    metrics::gauge!("sfund_stream_lag_blocks_max").set(count(limits.stream_blocks_max));
    // There from the start, as what they are compared with is.
    metrics::gauge!("sfund_streams").increment(0.0);
    metrics::gauge!("sfund_connections_max").set(count(connections_max));
    let every = gauge_value(config.snapshot.every_entries);
    metrics::gauge!("sfund_snapshot_every_entries").set(every);
}

/// A venue whose calendar has ended refuses what needs a trading day.
fn warn_of_calendar_end(read: &Read, now: Time) {
    let Some((until, days)) = telemetry::calendar_end(read, now) else { return };
    if days < CALENDAR_DAYS_LEFT_MIN {
        tracing::warn!(
            %until, days,
            "the calendar ends soon: put the next one in force with SetCalendar, or what needs a \
             trading day is refused"
        );
    }
}

/// Takes all the open files that the process may have, and says how many of the connections that
/// are `wanted` they are enough for.
fn connections_that_fit(wanted: usize) -> usize {
    let maximum = getrlimit(Resource::Nofile).maximum;
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
    let Some(files) = getrlimit(Resource::Nofile).current else { return wanted };
    let room = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(FILES_KEPT).max(1);
    if room < wanted {
        tracing::warn!(wanted, room, "fewer connections than set: raise the limit of open files");
    }
    wanted.min(room)
}

/// Tried first, so that a venue that cannot open leaves no entry.
async fn open_venue(handle: &Handle, genesis: Genesis) -> Result<Sequence, Error> {
    let mut opened = Sequence::ZERO;
    let command = Command::OpenVenue(Box::new(genesis.command));
    for mode in [Mode::DryRun, Mode::Commit] {
        let command = command.clone();
        let submission = Submission { caller: Caller::Venue, attempt: None, command, mode };
        let answer = handle.submit(submission).await?;
        if let Err(reject) = answer.outcome() {
            return Err(Error::NotOpened(*reject));
        }
        opened = answer.sequence();
    }
    Ok(opened)
}

/// The venue that a new journal opens with.
///
/// # Errors
///
/// If its files are not sound.
pub fn load_venue(config: &Config) -> Result<venue_file::VenueFile, venue_file::Error> {
    match &config.venue.file {
        Some(path) => venue_file::load(path),
        None => venue_file::read("venue.toml", venue_file::BUILT_IN, Path::new("")),
    }
}

/// The packs and overlays of the venue that the settings name, with where each value comes from.
///
/// # Errors
///
/// See [`venue_file::Error`].
pub fn load_rules(config: &Config) -> Result<Vec<venue_file::SegmentRules>, venue_file::Error> {
    match &config.venue.file {
        Some(path) => venue_file::load_rules(path),
        None => venue_file::read_rules("venue.toml", venue_file::BUILT_IN, Path::new("")),
    }
}

/// Whether a store is to be created in `folder`.
fn is_absent_or_empty(folder: &Path) -> bool {
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runbook_explains_every_fatal_message() {
        let runbook = include_str!("../deploy/RUNBOOK.md");
        let undecodable = || crate::published::Undecodable {
            sequence: Sequence::ZERO,
            source: minicbor::decode::Error::message("no entry"),
        };
        for fatal in [
            Fatal::Write(journal::Error::Latched),
            Fatal::Read(journal::Error::Latched),
            Fatal::Understand(undecodable()),
        ] {
            assert!(runbook.contains(&fatal.to_string()), "{fatal}");
        }
    }
}
