//! `sfund`: the exchange.

fn main() {}
