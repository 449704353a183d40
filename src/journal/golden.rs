//! Stored bytes, compared with files that were written once. `docs/FORMAT.md` explains them.
//!
//! A difference here is a change of format: it needs a new number, a changelog line, and a reader
//! for the old bytes. With `UPDATE_EXPECT=1` the files are written anew.

use expect_test::expect_file;
use sfund_engine::id::Sequence;

use crate::journal::files::{encode_header, encode_slot};
use crate::journal::memory::flip;
use crate::journal::{Block, Digest, Draft, Hash, Head, Identity, Manifest, Push};

fn identity(digest: Digest) -> Identity {
    Identity { store: *b"0123456789abcdef", digest }
}

/// Three entries, the second of which is empty.
fn block(digest: Digest) -> Block {
    let genesis = identity(digest).genesis();
    let mut draft = Draft::new(Sequence::new(1), 7);
    for body in ["first", "", "the third"] {
        assert!(matches!(draft.push(body.as_bytes()), Ok(Push::Taken(_))));
    }
    draft.seal(&genesis, digest)
}

/// Hex, sixteen bytes in a line.
fn hex(bytes: &[u8]) -> String {
    let line = |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    bytes.chunks(16).map(|chunk| line(chunk) + "\n").collect()
}

#[test]
fn a_frame_has_these_bytes() {
    expect_file!["golden/frame-sha256.hex"].assert_eq(&hex(block(Digest::Sha256).frame()));
    expect_file!["golden/frame-sm3.hex"].assert_eq(&hex(block(Digest::Sm3).frame()));
}

#[test]
fn a_header_a_mark_and_a_manifest_have_these_bytes() {
    let head = block(Digest::Sha256).head();
    let manifest = Manifest::of(&head, Hash::from_bytes([9; 32]), b"a market");
    expect_file!["golden/header.hex"].assert_eq(&hex(&encode_header(&identity(Digest::Sha256))));
    expect_file!["golden/mark.hex"].assert_eq(&hex(&encode_slot(5, &head)));
    expect_file!["golden/manifest.hex"].assert_eq(&hex(&manifest.encode()));
}

#[test]
fn a_frame_reads_back_and_none_of_its_bits_may_change() {
    for digest in Digest::ALL {
        let block = block(digest);
        assert_eq!(Block::decode(block.frame().to_vec(), digest), Ok(block.clone()));
        let bodies: Vec<_> =
            block.entries().map(|(number, _, body)| (number.number(), body)).collect();
        assert_eq!(bodies, [(1, b"first".as_slice()), (2, b""), (3, b"the third")]);
        for bit in 0..block.frame().len().saturating_mul(8) {
            let mut frame = block.frame().to_vec();
            flip(&mut frame, bit);
            assert!(Block::decode(frame, digest).is_err(), "bit {bit}");
        }
        for bytes in 0..block.frame().len() {
            let cut = block.frame().get(..bytes).unwrap_or_default().to_vec();
            assert!(Block::decode(cut, digest).is_err(), "cut to {bytes}");
        }
        let longer = [block.frame(), b"x"].concat();
        assert!(Block::decode(longer, digest).is_err());
    }
}

#[test]
fn a_manifest_reads_back_and_none_of_its_bits_may_change() {
    let head = Head { sequence: Sequence::new(3), ..identity(Digest::Sm3).genesis() };
    let manifest = Manifest::of(&head, Hash::from_bytes([9; 32]), b"a market");
    let stored = manifest.encode();
    assert_eq!(Manifest::decode(head.sequence, &stored), Ok(manifest));
    assert!(Manifest::decode(Sequence::new(4), &stored).is_err());
    for bit in 0..stored.len().saturating_mul(8) {
        let mut changed = stored.clone();
        flip(&mut changed, bit);
        assert!(Manifest::decode(head.sequence, &changed).is_err(), "bit {bit}");
    }
}
