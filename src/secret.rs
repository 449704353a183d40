//! Secrets: text that neither prints nor logs.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// What an API key begins with.
const PREFIX: &str = "sfund_";
/// Random bytes of a key.
const KEY_BYTES: usize = 32;

/// A text that must not be shown. It has no `Debug` and no `Display`: what would print or log it
/// does not compile.
pub struct Secret(String);

/// The machine gave no random bytes.
#[derive(Debug, Error)]
#[error("the machine gives no random bytes: look at the system's random device")]
pub struct NoRandomness(#[source] getrandom::Error);

impl Secret {
    /// A fresh API key: `sfund_` and 256 random bits in hexadecimal.
    ///
    /// # Errors
    ///
    /// If the machine gives no random bytes.
    pub fn new_key() -> Result<Self, NoRandomness> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(NoRandomness)?;
        Ok(Self(format!("{PREFIX}{}", hexadecimal(&bytes))))
    }

    /// The text, for the one place that needs it. The name is meant to be found in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the text: all that the venue keeps of a key.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        key_hash(&self.0)
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
    }
    text
}

/// SHA-256 of a key's text, as the venue knows the key.
#[must_use]
pub fn key_hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_key_has_256_random_bits_and_its_hash_is_of_its_text() {
        let (one, other) = (Secret::new_key().unwrap(), Secret::new_key().unwrap());
        assert_eq!(one.expose().len(), 70);
        assert!(one.expose().starts_with("sfund_"));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.hash(), key_hash(one.expose()));
    }
}
