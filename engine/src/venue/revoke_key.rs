//! Revoking an API key (吊销密钥), at once and for good.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::market::{Context, Market};
use crate::reject::Reject;

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

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &RevokeKey,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("RevokeKey")
}

pub(crate) fn apply(_market: &mut Market, _fact: &KeyRevoked) {
    unimplemented!("KeyRevoked")
}
