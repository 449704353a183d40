//! Issuing an API key (签发密钥). The key itself never enters: only its hash does.
//!
//! A key of the venue's own side needs a second pair of eyes.

use minicbor::{Decode, Encode};

use crate::check;
use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::policy::KEYS_MAX;
use crate::reject::Field;
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
    market: &Market,
    context: Context,
    ask: &IssueKey,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    market.party(ask.party)?;
    if market.keys.contains_key(&ask.key_hash) {
        return Err(Reject::KeyExists {});
    }
    check::room(Field::Keys, market.keys.len(), KEYS_MAX)?;
    check::ahead(Field::Expires, ask.expires, context.at)?;
    // From here on the answer is yes.
    events.push(Event::KeyIssued(Box::new(KeyIssued { terms: ask.clone() })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &KeyIssued) {
    let IssueKey { party, key_hash, scope, expires } = fact.terms;
    let before = market.keys.insert(key_hash, Key { party, scope, expires, revoked: None });
    assert!(before.is_none(), "a key is issued once");
}
