//! Revoking an API key (吊销密钥), at once and for good.

use minicbor::{Decode, Encode};

use crate::command::CommandKind;
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
    market: &Market,
    context: Context,
    ask: &RevokeKey,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let key = market.keys.get(&ask.key_hash).filter(|key| key.revoked.is_none());
    let key = key.ok_or(Reject::KeyNotFound {})?;
    // Whose key it is, is no business of others.
    if !market.acts_for(context.caller, CommandKind::RevokeKey, key.party) {
        return Err(Reject::KeyNotFound {});
    }
    // From here on the answer is yes.
    events.push(Event::KeyRevoked(Box::new(KeyRevoked { key_hash: ask.key_hash })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &KeyRevoked) {
    let key = market.keys.get_mut(&fact.key_hash).expect("a key that is revoked was issued");
    assert!(key.revoked.is_none(), "a key is revoked once");
    key.revoked = Some(market.now);
}
