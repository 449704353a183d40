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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, BOB, MEMBER, OPERATOR, SUPERVISOR, accept, opening, party, refuse, with_parties,
    };
    use crate::id::PartyId;
    use crate::venue::issue_key::{IssueKey, KeyScope};

    const KEY: [u8; 32] = [9; 32];

    fn revoke(key_hash: [u8; 32]) -> Command {
        Command::RevokeKey(Box::new(RevokeKey { key_hash }))
    }

    fn with_key_of(holder: PartyId) -> Market {
        let mut market = with_parties();
        let expires = opening().plus_seconds(3_600);
        let ask = IssueKey { party: holder, key_hash: KEY, scope: KeyScope::Full, expires };
        accept(&mut market, party(OPERATOR), Command::IssueKey(Box::new(ask)));
        market
    }

    #[test]
    fn a_key_is_revoked_by_its_party_its_member_or_an_operator() {
        for (holder, by) in [(ALICE, ALICE), (BOB, MEMBER), (ALICE, OPERATOR)] {
            let mut market = with_key_of(holder);
            accept(&mut market, party(by), revoke(KEY));
            assert_eq!(market.keys[&KEY].revoked, Some(market.now()));
        }
        let mut market = with_parties();
        accept(&mut market, party(SUPERVISOR), revoke([1; 32]));
        assert_eq!(market.keys[&[1; 32]].revoked, Some(market.now()));
    }

    #[test]
    fn a_key_of_others_is_not_found_nor_is_one_that_is_revoked() {
        let mut market = with_key_of(ALICE);
        for (by, key) in [(BOB, KEY), (MEMBER, KEY), (SUPERVISOR, KEY), (OPERATOR, [8; 32])] {
            assert_eq!(refuse(&mut market, party(by), revoke(key)), Reject::KeyNotFound {});
        }
        accept(&mut market, party(ALICE), revoke(KEY));
        assert_eq!(refuse(&mut market, party(ALICE), revoke(KEY)), Reject::KeyNotFound {});
    }
}
