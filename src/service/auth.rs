//! Who calls: by the hash of a bearer key, or of a client certificate.
//!
//! A key is 256 random bits, so looking up its SHA-256 tells a guesser nothing by its timing: what
//! is compared is not the key. A client certificate counts as a key whose hash is the SHA-256 of
//! the certificate's DER bytes; the handshake has shown that the caller has its private key.

use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};
use sfund_engine::id::PartyId;
use sfund_engine::registry::party::Role;
use sfund_engine::time::Time;
use sfund_engine::venue::issue_key::KeyScope;
use sha2::{Digest, Sha256};
use tonic::transport::server::TlsConnectInfo;

use crate::read::Read;
use crate::secret::key_hash;
use crate::service::connection::Peer;
use crate::wire::status::Trouble;

/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 512;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The party.
    pub party: PartyId,
    /// Its role.
    pub role: Role,
    /// What its key may do.
    pub scope: KeyScope,
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// When the key expires.
    pub key_expires: Time,
}

/// Finds out who calls at `now`.
///
/// # Errors
///
/// Why the call is nobody's.
pub fn identify(
    headers: &HeaderMap,
    extensions: &Extensions,
    read: &Read,
    now: Time,
) -> Result<Identity, Trouble> {
    let hash = bearer(headers).or_else(|| certificate(extensions));
    check(&hash.ok_or(Trouble::KeyMissing {})?, read, now)
}

/// Looks the hash of a key up and says whose it is, if it is good at `now`.
///
/// # Errors
///
/// Why it is not.
pub fn check(hash: &[u8; 32], read: &Read, now: Time) -> Result<Identity, Trouble> {
    let key = read.key(hash).ok_or(Trouble::KeyUnknown {})?;
    if let Some(revoked) = key.revoked {
        return Err(Trouble::KeyRevoked { revoked });
    }
    if key.expires <= now {
        return Err(Trouble::KeyExpired { expired: key.expires });
    }
    let party = read.party(key.party).ok_or(Trouble::KeyUnknown {})?;
    Ok(Identity {
        party: key.party,
        role: party.details.role,
        scope: key.scope,
        key_hash: *hash,
        key_expires: key.expires,
    })
}

fn bearer(headers: &HeaderMap) -> Option<[u8; 32]> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    let is_key = scheme.eq_ignore_ascii_case("bearer") && !key.is_empty();
    (is_key && key.len() <= KEY_BYTES_MAX).then(|| key_hash(key))
}

fn certificate(extensions: &Extensions) -> Option<[u8; 32]> {
    let info = extensions.get::<TlsConnectInfo<Peer>>()?;
    let chain = info.peer_certs()?;
    chain.first().map(|leaf| Sha256::digest(leaf.as_ref()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_key_is_hashed_and_other_schemes_are_no_key() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            bearer(&headers)
        };
        assert_eq!(with("Bearer abc"), Some(key_hash("abc")));
        assert_eq!(with("bearer  abc "), Some(key_hash("abc")));
        for not in ["abc", "Basic abc", "Bearer ", "Bearer"] {
            assert_eq!(with(not), None, "{not}");
        }
        assert_eq!(with(&format!("Bearer {}", "x".repeat(KEY_BYTES_MAX + 1))), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
