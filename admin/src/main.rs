//! `sfund-admin`, the operators' tool.

fn main() {}
