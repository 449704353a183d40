//! Trading: orders and the book they meet in, and the board of intentions.

pub mod amend_order;
pub mod board;
pub mod book;
pub mod cancel_all;
pub mod cancel_order;
pub(crate) mod counterparties;
pub(crate) mod matching;
pub mod order;
pub mod place_order;
pub(crate) mod rules;
pub mod set_reference;
pub mod set_trading_state;
pub mod side;
pub mod sweep;
#[cfg(test)]
mod tests;
pub(crate) mod trade;
#[cfg(test)]
mod twin;
pub mod view;
pub(crate) mod warm;
