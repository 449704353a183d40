//! The server of the sfund exchange.

pub mod cli;
pub mod config;
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
pub mod stream;
pub mod telemetry;
pub mod venue_file;
