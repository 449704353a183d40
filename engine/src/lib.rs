//! The market: one value, two functions.

pub mod amount;
pub mod id;
pub mod trading;
