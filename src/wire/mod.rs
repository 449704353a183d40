//! The wire: messages of `sfund.v1` into commands, events and views into messages.
//!
//! The only place that sees both the protocol's types and the engine's. A message that is read says
//! everything that is wrong with it at once; nothing is rounded, cut or guessed. Nothing here
//! decides whether a command is allowed.

pub mod admin;
pub mod bidding;
pub mod board;
pub mod command;
pub mod decimal;
pub mod entry;
pub mod events;
pub mod fields;
pub mod listing;
pub mod listing_terms;
pub mod listing_views;
pub mod lot_views;
pub mod market;
pub mod meters;
pub mod my_events;
pub mod my_lots;
pub mod page;
pub mod policy;
pub mod public;
pub mod register;
pub mod settlement;
pub mod status;
#[cfg(test)]
mod tests;
pub mod trading;
pub mod twins;
