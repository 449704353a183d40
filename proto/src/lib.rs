//! Generated types of `sfund/v1`: messages, clients and servers, no logic.
//!
//! The documentation of each is that of the `.proto` files, which are the interface.

/// Package `sfund.v1`.
#[allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "generated")]
pub mod v1 {
    tonic::include_proto!("sfund.v1");
}

/// Descriptor set of every file, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sfund_descriptor.bin"));
