//! Generated types of `sfund/v1`.
