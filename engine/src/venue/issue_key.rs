//! Issuing an API key (签发密钥). The key itself never enters: only its hash does.
//!
//! A key of the venue's own side needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::Time;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum KeyScope {
    /// All that the role of its party may.
    #[n(0)]
    Full,
    /// Only look.
    #[n(1)]
    ReadOnly,
}

/// An API key as the venue knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Key {
    /// Whose key.
    #[n(0)]
    pub party: PartyId,
    /// What it may do.
    #[n(1)]
    pub scope: KeyScope,
    /// When it expires.
    #[n(2)]
    pub expires: Time,
    /// When it was revoked, if it was.
    #[n(3)]
    pub revoked: Option<Time>,
}

/// Ask to issue a key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IssueKey {
    /// Whose key.
    #[n(0)]
    pub party: PartyId,
    /// SHA-256 of the key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub key_hash: [u8; 32],
    /// What it may do.
    #[n(2)]
    pub scope: KeyScope,
    /// When it expires.
    #[n(3)]
    pub expires: Time,
}

/// A key is issued.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct KeyIssued {
    /// As asked.
    #[n(0)]
    pub terms: IssueKey,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &IssueKey,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("IssueKey")
}

pub(crate) fn apply(_market: &mut Market, _fact: &KeyIssued) {
    unimplemented!("KeyIssued")
}
