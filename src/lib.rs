//! The server of the sfund exchange.

pub mod journal;
pub mod published;
pub mod read;
pub mod sequencer;
pub mod service;
pub mod stream;
pub mod wire;
