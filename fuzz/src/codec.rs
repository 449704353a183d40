//! What the journal stores: entries, frames of blocks, manifests, snapshots.

use sfund::journal::{Block, Digest, Draft, Hash, Head, Manifest, Push};
use sfund_engine::entry::Entry;
use sfund_engine::id::Sequence;
use sfund_engine::market::Market;

pub(crate) fn entries(bytes: &[u8]) {
    let Ok(entry) = minicbor::decode::<Entry>(bytes) else { return };
    let stored = minicbor::to_vec(&entry).expect("writing to memory does not fail");
    let again = minicbor::decode::<Entry>(&stored).expect("what is written is read");
    assert_eq!(again, entry, "an entry survives its bytes");
    drop(format!("{entry:?}"));
}

/// The bytes as a frame; and then as the bodies of one, of which every changed bit is noticed.
pub(crate) fn frames(bytes: &[u8]) {
    for digest in Digest::ALL {
        if let Ok(block) = Block::decode(bytes.to_vec(), digest) {
            assert_eq!(block.frame(), bytes, "a frame has one encoding");
            assert_eq!(block.entries().count(), block.entries_count());
        }
    }
    if let Ok(manifest) = Manifest::decode(Sequence::new(1), bytes) {
        let again = Manifest::decode(Sequence::new(1), &manifest.encode());
        assert_eq!(again, Ok(manifest), "a manifest survives its bytes");
    }
    let Some(([which, at @ ..], bodies)) = bytes.split_first_chunk::<3>() else { return };
    let digest = if which % 2 == 0 { Digest::Sha256 } else { Digest::Sm3 };
    let mut draft = Draft::new(Sequence::new(1), u64::from(*which));
    for body in bodies.split(|byte| *byte == b'\n') {
        if !matches!(draft.push(body), Ok(Push::Taken(_))) {
            break;
        }
    }
    if draft.is_empty() {
        return;
    }
    let hash = Hash::from_bytes([*which; 32]);
    let before = Head { sequence: Sequence::ZERO, hash, term: 0 };
    let block = draft.seal(&before, digest);
    let mut frame = block.frame().to_vec();
    assert_eq!(Block::decode(frame.clone(), digest).as_ref(), Ok(&block), "a frame reads back");
    let bit = usize::from(u16::from_be_bytes(*at));
    let place = bit.checked_div(8).and_then(|at| at.checked_rem(frame.len())).unwrap_or(0);
    if let Some(byte) = frame.get_mut(place) {
        *byte ^= 1_u8.rotate_left(u32::from(*which));
    }
    assert!(Block::decode(frame, digest).is_err(), "a changed bit is noticed");
}

pub(crate) fn snapshots(bytes: &[u8]) {
    let Ok(market) = Market::decode(bytes) else { return };
    assert_eq!(market.check(), Ok(()), "what contradicts itself is not believed");
    let stored = market.encode();
    let again = Market::decode(&stored).expect("what is written is read");
    assert!(again.encode() == stored, "a snapshot has one encoding");
}
