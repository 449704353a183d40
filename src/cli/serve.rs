//! `sfund serve`: runs the exchange until it is told to stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::output::{self, Output};
use super::{Ending, Error};
use crate::cause;
use crate::config::Config;
use crate::logging;
use crate::sequencer::{Clock as _, WallClock};
use crate::server::{self, Running};
use crate::traces::Traces;

pub(super) fn run(config: &Config, output: Output) -> Result<Ending, Error> {
    let traces = config.traces.otlp_endpoint.as_ref().map(|_| Traces::default());
    logging::start(&config.log, traces.as_ref());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    // Before anything takes long: a signal that nobody waits for would end the process.
    let asked =
        runtime.block_on(async { signal(SignalKind::user_defined1()) }).map_err(Error::Runtime)?;
    let bar = output::progress("replaying", 0);
    let opened = server::open(config, WallClock.now(), |head, newest| {
        bar.set_length(newest.sequence.number());
        bar.set_position(head.sequence.number());
    })?;
    bar.finish_and_clear();
    runtime.block_on(async {
        let stop = stop_signal().map_err(Error::Runtime)?;
        let mut running = opened.start(config, Arc::new(WallClock), server::end_process()).await?;
        open_traces(config, traces.as_ref(), &running);
        let newest = running.read().newest().sequence;
        let address = running.address().to_string();
        tracing::info!(address, %newest, "serving");
        output.announce(&json!({
            "event": "serving",
            "address": address,
            "newest": newest.number(),
        }))?;
        let signal = serve(config, &mut running, stop, asked).await;
        match signal {
            Some(signal) => tracing::info!(signal, "stopping"),
            None => tracing::error!("stopping: nobody can call any more"),
        }
        running.stop().await;
        if let Some(traces) = traces {
            drop(tokio::task::spawn_blocking(move || traces.close()).await);
        }
        Ok(if signal.is_some() { Ending::Good } else { Ending::FoundWrong })
    })
}

/// Begins to send traces, if there is somewhere to send them. Without them the venue serves.
fn open_traces(config: &Config, traces: Option<&Traces>, running: &Running) {
    let (Some(traces), Some(endpoint)) = (traces, &config.traces.otlp_endpoint) else { return };
    let venue = running.read().venue();
    let name = venue.as_ref().map_or("", |venue| venue.name.as_str());
    match traces.open(endpoint, config.traces.sample_ppm, name) {
        Ok(()) => tracing::info!(endpoint, "traces are sent"),
        Err(error) => tracing::warn!(error = cause(&error), "traces are not sent"),
    }
}

/// Makes backups as they are due or asked for, until told to stop.
async fn serve(
    config: &Config,
    running: &mut Running,
    stop: impl Future<Output = &'static str>,
    mut asked: Signal,
) -> Option<&'static str> {
    let hours = Duration::from_secs(config.backup.every_hours.saturating_mul(3_600));
    let mut backup: Option<JoinHandle<()>> = None;
    tokio::pin!(stop);
    loop {
        tokio::select! {
            signal = &mut stop => return Some(signal),
            () = running.service_ended() => return None,
            _ = asked.recv() => {}
            () = sleep(hours), if !hours.is_zero() => {}
        }
        let Some(folder) = &config.backup.folder else {
            tracing::warn!("told to back up, but backup.folder is not set");
            continue;
        };
        if backup.as_ref().is_none_or(JoinHandle::is_finished) {
            backup = Some(running.back_up(folder));
        } else {
            tracing::warn!("told to back up while a backup is being made");
        }
    }
}

/// Resolves at the first SIGTERM or SIGINT. A second one ends the process at once.
fn stop_signal() -> io::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            tracing::warn!("told to stop twice: ending at once");
            std::process::exit(1);
        });
        name
    })
}
