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
pub mod stream;
pub mod telemetry;
pub mod venue_file;
pub mod wire;

/// An error as the logs take it, with all of its causes.
fn cause<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> &'a (dyn std::error::Error + 'static) {
    error
}
