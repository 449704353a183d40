//! The server of the sfund exchange.

pub mod journal;
