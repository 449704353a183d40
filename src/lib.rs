//! The server of the sfund exchange.

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        reason = "tests count in plain numbers, and an overflow fails them"
    )
)]

#[cfg(test)]
mod fixture;
pub mod journal;
pub mod published;
pub mod read;
pub mod recovery;
pub mod sequencer;
pub mod stream;

/// An error as the logs take it, with all of its causes.
fn cause<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> &'a (dyn std::error::Error + 'static) {
    error
}
