//! `sfund serve`: runs the exchange until it is told to stop.

use std::io;
use std::sync::Arc;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::output::{self, Output};
use super::{Ending, Error};
use crate::config::Config;
use crate::sequencer::{Clock as _, WallClock};
use crate::{logging, server};

pub(super) fn run(config: &Config, output: Output) -> Result<Ending, Error> {
    logging::start(&config.log);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    let bar = output::progress("replaying", 0);
    let opened = server::open(config, WallClock.now(), |head, newest| {
        bar.set_length(newest.sequence.number());
        bar.set_position(head.sequence.number());
    })?;
    bar.finish_and_clear();
    runtime.block_on(async {
        let stop = stop_signal().map_err(Error::Runtime)?;
        let running = opened.start(config, Arc::new(WallClock), server::end_process()).await?;
        let newest = running.read().newest().sequence;
        tracing::info!(%newest, "serving");
        output.announce(&json!({ "event": "serving", "newest": newest.number() }))?;
        let signal = stop.await;
        tracing::info!(signal, "stopping");
        // Ends threads, and waits for them.
        tokio::task::block_in_place(|| running.stop());
        Ok(Ending::Good)
    })
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
