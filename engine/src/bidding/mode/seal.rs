//! The seal of a bid that nobody can read before the close (密封报价): commit, then reveal.
//!
//! The seal is SHA-256 over 32 random bytes, which the bidder keeps, and what it binds itself to:
//! the CBOR array of the listing's number, the bidder's code, the price in 10^-4, the fewest and the
//! most lots, each in its shortest form. So a seal fits no other lot and nobody else, and neither
//! the journal nor memory, log, stream or backup holds more than 32 bytes that say nothing.

use minicbor::Encoder;
use sha2::{Digest, Sha256};

use super::bid::{Code, Terms};

/// The seal of `terms` that `bidder` binds itself to for the lot of `listing`, under `salt`.
///
/// # Panics
///
/// Never: writing to memory does not fail.
#[must_use]
pub fn seal(salt: &[u8; 32], listing: u64, bidder: Code, terms: &Terms) -> [u8; 32] {
    let mut bytes = Encoder::new(Vec::new());
    let written = bytes
        .array(5)
        .and_then(|e| e.u64(listing))
        .and_then(|e| e.encode(bidder))
        .and_then(|e| e.u64(terms.price.e4()))
        .and_then(|e| e.u64(terms.minimum))
        .and_then(|e| e.u64(terms.maximum));
    written.expect("writing to memory does not fail");
    let mut digest = Sha256::new();
    digest.update(salt);
    digest.update(bytes.into_writer());
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Price;

    #[test]
    fn a_seal_fits_one_lot_one_bidder_one_bid_and_one_salt() {
        let terms = Terms { price: Price::from_e4(9_600), minimum: 1, maximum: 30 };
        let sealed = seal(&[7; 32], 3, Code::Bidder(1), &terms);
        let others = [
            seal(&[8; 32], 3, Code::Bidder(1), &terms),
            seal(&[7; 32], 4, Code::Bidder(1), &terms),
            seal(&[7; 32], 3, Code::Bidder(2), &terms),
            seal(&[7; 32], 3, Code::Priority(1), &terms),
            seal(&[7; 32], 3, Code::Bidder(1), &Terms { minimum: 2, ..terms }),
            seal(&[7; 32], 3, Code::Bidder(1), &Terms { maximum: 31, ..terms }),
            seal(&[7; 32], 3, Code::Bidder(1), &Terms { price: Price::from_e4(9_601), ..terms }),
        ];
        assert!(!others.contains(&sealed));
        let hex: String = sealed.iter().map(|byte| format!("{byte:02X}")).collect();
        expect_test::expect!["B68E520F912E9B8680AAA2A5C431395436E66704F5E7CDF1C0A51F32AEA913ED"]
            .assert_eq(&hex);
    }
}
