//! Trading: how orders meet.

pub mod book;
pub mod side;
