//! The market: one value, two functions.
//!
//! [`market::Market::judge`] says what a command would do, and changes nothing;
//! [`market::Market::record`] makes it so, and cannot fail. There is no clock here, no I/O, no
//! randomness, no float, no thread and no walk over a hash map: the same entries make the same
//! market, to the last byte of its digest.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm))]

pub mod access;
pub mod amount;
pub mod auction;
pub mod bidding;
pub mod calendar;
pub mod call;
pub mod cash;
mod check;
pub mod command;
mod deadline;
pub mod decimal;
mod dedup;
pub mod entry;
pub mod event;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod golden;
pub mod id;
mod index;
mod invariant;
#[cfg(test)]
mod laws;
pub mod listing;
pub mod market;
pub mod policy;
#[cfg(test)]
mod refusals;
pub mod registry;
pub mod reject;
pub mod snapshot;
pub mod time;
pub mod trading;
pub mod venue;
mod view;
