//! The server of the sfund exchange.
