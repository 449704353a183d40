//! The server of the sfund exchange.

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm,
        reason = "tests count in plain numbers and fail on what they do not expect"
    )
)]

pub mod calc;
pub mod cli;
pub mod config;
pub mod demo;
#[cfg(test)]
mod fixture;
pub mod genesis;
pub mod import;
pub mod journal;
pub mod logging;
pub mod published;
pub mod read;
pub mod recovery;
pub mod secret;
pub mod sequencer;
pub mod server;
pub mod service;
#[cfg(test)]
mod simulation;
pub mod stream;
pub mod telemetry;
pub mod traces;
pub mod venue_file;
pub mod wire;

/// An error with all of its causes, in one line: as the log takes it, and stderr.
fn cause(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut text = said.clone();
    let mut cause = error.source();
    while let Some(why) = cause {
        let words = why.to_string();
        // A transparent error says its cause already.
        if !said.contains(&words) {
            text.push_str(": because ");
            text.push_str(&words);
        }
        said = words;
        cause = why.source();
    }
    text
}

/// A number as a metric takes it: a gauge is a float, and whole numbers are exact up to 2^53.
fn gauge_value(number: u64) -> f64 {
    std::time::Duration::from_secs(number).as_secs_f64()
}
