//! Bringing an existing register into the market, over the SDK like any other client.

pub mod positions;
pub mod send;
