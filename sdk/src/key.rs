//! API keys: made by who uses them, known to the venue by their hash only.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

const PREFIX: &str = "sfund_";
const RANDOM_BYTES: usize = 32;

/// An API key (密钥): `sfund_` and 64 hexadecimal digits.
///
/// It has no `Display` and its `Debug` says nothing, so that it is not logged by mistake.
///
/// ```
/// # use sfund_sdk::ApiKey;
/// let key = ApiKey::generate()?;
/// assert_eq!(key.reveal().parse::<ApiKey>()?.hash(), key.hash());
/// assert_eq!(format!("{key:?}"), "ApiKey(not shown)");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// SHA-256 of a key's text: what the venue knows of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u8; 32]);

/// The machine gave no random bytes.
#[derive(Debug, Error)]
#[error("the machine gave no random bytes")]
pub struct NoRandomness(#[source] pub(crate) getrandom::Error);

/// The text is no API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an API key is `sfund_` and 64 hexadecimal digits")]
pub struct NotAKey;

/// The text is no hash of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the hash of a key is 64 hexadecimal digits")]
pub struct NotAHash;

impl ApiKey {
    /// A new key of 256 random bits.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] if the machine has none to give.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; RANDOM_BYTES];
        getrandom::fill(&mut bytes).map_err(NoRandomness)?;
        Ok(Self(format!("{PREFIX}{}", hexadecimal(&bytes))))
    }

    /// The text of the key. Whoever has it is its party.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the venue is told of the key.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl FromStr for ApiKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let digits = text.strip_prefix(PREFIX).ok_or(NotAKey)?;
        bytes_of(digits).map(|_| Self(text.to_owned())).ok_or(NotAKey)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(not shown)")
    }
}

impl KeyHash {
    /// The hash of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal(&self.0))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        bytes_of(text).map(Self).ok_or(NotAHash)
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
    }
    text
}

pub(crate) fn bytes_of(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        let from = at.checked_mul(2)?;
        *byte = u8::from_str_radix(digits.get(from..from.checked_add(2)?)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_key_is_that_of_its_text() {
        let key: ApiKey = format!("sfund_{}", "0".repeat(64)).parse().unwrap();
        let hash = key.hash();
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(KeyHash(Sha256::digest(key.reveal().as_bytes()).into()), hash);
        assert_ne!(ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
    }

    #[test]
    fn anything_else_is_no_key() {
        for wrong in ["", "sfund_", "sfund_00", &"0".repeat(70), &format!("sfund_{:+>64}", "1")] {
            assert_eq!(wrong.parse::<ApiKey>(), Err(NotAKey), "{wrong}");
        }
    }
}
