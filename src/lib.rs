//! The server of the sfund exchange.

pub mod cli;
pub mod config;
pub mod genesis;
pub mod journal;
pub mod secret;
pub mod venue_file;
