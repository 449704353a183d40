//! Revoking an API key (吊销密钥), at once and for good.

use minicbor::{Decode, Encode};

/// Ask to revoke a key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RevokeKey {
    /// SHA-256 of the key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub key_hash: [u8; 32],
}

/// A key is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct KeyRevoked {
    /// SHA-256 of the key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub key_hash: [u8; 32],
}
