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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::entry::Caller;
    use crate::fixture::{
        ALICE, LENDER, OPERATOR, accept, opened, opening, party, refuse, soon, with_parties,
    };
    use crate::market::Judgement;

    fn issue(party: PartyId, first_byte: u8, expires: Time) -> Command {
        let mut key_hash = [0; 32];
        key_hash[0] = first_byte;
        Command::IssueKey(Box::new(IssueKey {
            party,
            key_hash,
            scope: KeyScope::ReadOnly,
            expires,
        }))
    }

    #[test]
    fn a_party_may_have_many_keys_and_a_key_one_party() {
        let mut market = with_parties();
        let expires = opening().plus_seconds(3_600);
        accept(&mut market, party(OPERATOR), issue(ALICE, 1, expires));
        accept(&mut market, party(OPERATOR), issue(ALICE, 2, expires));
        let mut hash = [0; 32];
        hash[0] = 2;
        let key = Key { party: ALICE, scope: KeyScope::ReadOnly, expires, revoked: None };
        assert_eq!(market.keys[&hash], key);
        let reject = refuse(&mut market, party(OPERATOR), issue(LENDER, 2, expires));
        assert_eq!(reject, Reject::KeyExists {});
    }

    #[test]
    fn a_key_is_for_somebody_and_for_some_time() {
        let mut market = with_parties();
        let nobody = PartyId::new(99);
        let later = opening().plus_seconds(3_600);
        let reject = refuse(&mut market, party(OPERATOR), issue(nobody, 1, later));
        assert_eq!(reject, Reject::PartyNotFound { party: nobody });
        let now = soon(&market);
        let reject = refuse(&mut market, party(OPERATOR), issue(ALICE, 1, now));
        assert_eq!(reject, Reject::NotInTheFuture { field: Field::Expires, value: now, now });
        let reject = refuse(&mut market, party(ALICE), issue(ALICE, 1, later));
        assert_eq!(reject.name(), "NOT_PERMITTED");
    }

    #[test]
    fn keys_are_limited() {
        let mut market = opened();
        let key = market.keys[&[0; 32]];
        market.keys = (0..KEYS_MAX)
            .map(|number| {
                let mut hash = [0xFF; 32];
                hash[..8].copy_from_slice(&number.to_le_bytes());
                (hash, key)
            })
            .collect();
        let (at, caller) = (soon(&market), Caller::Venue);
        let sequence = market.sequence().next();
        let header = crate::entry::Header { sequence, at, caller, attempt: None };
        let command = issue(OPERATOR, 1, at.next());
        let judgement = market.judge(&header, &command, &mut Vec::new());
        let full = Reject::RegistryFull { field: Field::Keys, limit: 1_000_000 };
        assert_eq!(judgement, Judgement::Refused(full));
    }
}
