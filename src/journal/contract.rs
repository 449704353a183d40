//! What every back end does: one suite, run for each of them and for each digest.

#![allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sfund_engine::id::Sequence;
use tempfile::TempDir;

use crate::journal::block::{BLOCK_BYTES_MAX, ENTRY_BYTES_MAX};
use crate::journal::memory::{Disk, flip};
use crate::journal::sled_db::open_db;
use crate::journal::{
    Block, Cursor, Digest, Draft, Error, Flaw, Hash, Head, Identity, Journal, Place, Push, backup,
    replay, sled, verify_chain,
};

/// A place where a journal lives, and what can be done to it behind its back while it is closed.
pub(crate) trait Backend {
    fn new(digest: Digest) -> Self;
    fn open(&self) -> Result<Journal, Error>;
    fn damage_block(&self, first: u64, damage: impl FnOnce(&mut Vec<u8>));
    fn remove_block(&self, first: u64);
    fn damage_snapshot(&self, sequence: u64, damage: impl FnOnce(&mut Vec<u8>));
}

impl Backend for Disk {
    fn new(digest: Digest) -> Self {
        Self::new(Identity { store: *b"sixteen letters.", digest })
    }

    fn open(&self) -> Result<Journal, Error> {
        self.open()
    }

    fn damage_block(&self, first: u64, damage: impl FnOnce(&mut Vec<u8>)) {
        self.damage_block(Sequence::new(first), damage);
    }

    fn remove_block(&self, first: u64) {
        self.remove_block(Sequence::new(first));
    }

    fn damage_snapshot(&self, sequence: u64, damage: impl FnOnce(&mut Vec<u8>)) {
        self.damage_snapshot(Sequence::new(sequence), damage);
    }
}

/// A sled store in a folder that goes when the test ends.
pub(crate) struct OnSled {
    _temporary: TempDir,
    pub(crate) folder: PathBuf,
}

impl OnSled {
    /// Reads or changes sled's trees without the journal.
    pub(crate) fn with_tree(&self, tree: &str, work: impl FnOnce(&::sled::Tree)) {
        let db = open_db(&self.folder).unwrap();
        work(&db.open_tree(tree).unwrap());
        db.flush().unwrap();
    }
}

impl Backend for OnSled {
    fn new(digest: Digest) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("store");
        sled::create(&folder, digest).unwrap();
        Self { _temporary: temporary, folder }
    }

    fn open(&self) -> Result<Journal, Error> {
        sled::open(&self.folder)
    }

    fn damage_block(&self, first: u64, damage: impl FnOnce(&mut Vec<u8>)) {
        self.with_tree("journal", |tree| {
            let mut frame = tree.get(first.to_be_bytes()).unwrap().unwrap().to_vec();
            damage(&mut frame);
            tree.insert(first.to_be_bytes(), frame).unwrap();
        });
    }

    fn remove_block(&self, first: u64) {
        self.with_tree("journal", |tree| {
            tree.remove(first.to_be_bytes()).unwrap().unwrap();
        });
    }

    fn damage_snapshot(&self, sequence: u64, damage: impl FnOnce(&mut Vec<u8>)) {
        self.with_tree("chunks", |tree| {
            let (key, chunk) = tree.scan_prefix(sequence.to_be_bytes()).next().unwrap().unwrap();
            let mut chunk = chunk.to_vec();
            damage(&mut chunk);
            tree.insert(key, chunk).unwrap();
        });
    }
}

macro_rules! contract {
    ($($fact:ident)*) => {
        mod memory {
            $(#[test]
            fn $fact() {
                super::Digest::ALL.into_iter().for_each(super::$fact::<super::Disk>);
            })*
        }
        mod on_sled {
            $(#[test]
            fn $fact() {
                super::Digest::ALL.into_iter().for_each(super::$fact::<super::OnSled>);
            })*
        }
    };
}

contract! {
    an_empty_journal_is_at_its_genesis
    what_was_synced_is_read_back_in_order_after_reopening
    a_refused_block_changes_nothing
    what_was_not_synced_is_not_seen_and_leaves_no_gap
    a_flipped_bit_is_found_wherever_it_is
    a_missing_block_is_found
    readers_see_whole_synced_blocks_while_the_writer_appends
    replay_goes_on_in_the_middle_of_a_block
    blocks_as_large_as_allowed_are_read_back
    terms_never_go_back
    a_snapshot_is_read_back_after_reopening
    only_the_newest_snapshots_are_kept
    a_damaged_snapshot_is_found_and_an_older_one_is_sound
    a_snapshot_off_the_chain_is_refused
    a_backup_has_the_same_head_and_so_has_what_is_restored_from_it
    a_backup_made_while_the_writer_appends_is_sound
}

/// A body that is different for every number.
pub(crate) fn body(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

/// The block of `count` entries after `head`.
pub(crate) fn block_after(head: &Head, term: u64, count: u64, digest: Digest) -> Block {
    let mut draft = Draft::new(head.sequence.next(), term);
    for number in 1..=count {
        let taken = draft.push(&body(head.sequence.number() + number)).unwrap();
        assert_eq!(taken, Push::Taken(Sequence::new(head.sequence.number() + number)));
    }
    draft.seal(head, digest)
}

/// Appends and syncs blocks of three entries.
pub(crate) fn write(journal: &mut Journal, blocks_count: u64) -> Head {
    for _ in 0..blocks_count {
        let head = journal.writer.newest();
        journal.writer.append(&block_after(&head, 1, 3, journal.identity.digest)).unwrap();
        journal.writer.sync().unwrap();
    }
    journal.writer.newest()
}

/// The numbers of every entry after `head`, once every body is compared.
fn numbers_after(journal: &Journal, head: Head) -> Vec<u64> {
    let mut numbers = Vec::new();
    replay::<Error>(&journal.reader, head, |sequence, _, _, found| {
        assert_eq!(found, body(sequence.number()));
        numbers.push(sequence.number());
        Ok(())
    })
    .unwrap();
    numbers
}

fn flaw_at<T: std::fmt::Debug>(result: Result<T, Error>) -> (Place, Flaw) {
    match result {
        Err(Error::Damaged { place, flaw }) => (place, flaw),
        other => panic!("expected damage, found {other:?}"),
    }
}

fn an_empty_journal_is_at_its_genesis<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    let genesis = journal.identity.genesis();
    assert_eq!(journal.identity.digest, digest);
    assert_eq!(journal.writer.newest(), genesis);
    assert_eq!(journal.writer.sync().unwrap(), genesis);
    assert_eq!(journal.reader.newest(), genesis);
    assert!(journal.reader.read(Sequence::ZERO, 1).unwrap().is_empty());
    assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), genesis);
}

fn what_was_synced_is_read_back_in_order_after_reopening<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut head = backend.open().unwrap().identity.genesis();
    for opening in 0..3 {
        let mut journal = backend.open().unwrap();
        assert_eq!(journal.writer.newest(), head);
        assert_eq!(journal.reader.newest(), head);
        assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), head);
        let genesis = journal.identity.genesis();
        assert_eq!(numbers_after(&journal, genesis), (1..=opening * 120).collect::<Vec<_>>());
        head = write(&mut journal, 40);
    }
    let reader = backend.open().unwrap().reader;
    let one = reader.read(Sequence::new(180), 1).unwrap();
    assert_eq!(one.len(), 1, "at least one block, and no more than asked for");
    assert_eq!(one[0].first(), Sequence::new(178));
    let all = reader.read(Sequence::ZERO, usize::MAX).unwrap();
    assert_eq!(all.len(), 120);
    assert!(reader.read(Sequence::new(361), usize::MAX).unwrap().is_empty());
}

fn a_refused_block_changes_nothing<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    let before = write(&mut journal, 1);
    let head = write(&mut journal, 1);
    let again = journal.writer.append(&block_after(&before, 1, 3, digest)).unwrap_err();
    assert!(
        matches!(again, Error::OutOfOrder { expected, found }
            if expected.number() == 7 && found.number() == 4),
        "{again}"
    );
    let far = Head { sequence: Sequence::new(8), ..head };
    let far = journal.writer.append(&block_after(&far, 1, 3, digest)).unwrap_err();
    assert!(matches!(far, Error::OutOfOrder { .. }), "{far}");
    let other = Head { hash: Hash::from_bytes([7; 32]), ..head };
    let other = journal.writer.append(&block_after(&other, 1, 3, digest)).unwrap_err();
    assert!(matches!(other, Error::OtherPast { .. }), "{other}");
    let old = journal.writer.append(&block_after(&head, 0, 3, digest)).unwrap_err();
    assert!(matches!(old, Error::OldTerm { newest: 1, found: 0 }), "{old}");
    assert_eq!(journal.writer.newest(), head);
    assert_eq!(journal.writer.sync().unwrap(), head);
    let head = write(&mut journal, 1);
    assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), head);
}

fn what_was_not_synced_is_not_seen_and_leaves_no_gap<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    let synced = write(&mut journal, 2);
    for _ in 0..3 {
        let head = journal.writer.newest();
        journal.writer.append(&block_after(&head, 1, 3, digest)).unwrap();
    }
    assert_eq!(journal.reader.newest(), synced);
    assert!(journal.reader.read(Sequence::new(7), usize::MAX).unwrap().is_empty());
    assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), synced);
    drop(journal);
    let mut journal = backend.open().unwrap();
    let survived = journal.reader.newest();
    assert!(synced.sequence <= survived.sequence);
    assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), survived);
    let head = write(&mut journal, 2);
    assert_eq!(head.sequence.number(), survived.sequence.number() + 6);
    assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), head);
}

fn a_flipped_bit_is_found_wherever_it_is<B: Backend>(digest: Digest) {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let backend = B::new(digest);
    write(&mut backend.open().unwrap(), 5);
    for _ in 0..8 {
        let bit = random.random_range(0..1000);
        let first = [4, 7][random.random_range(0..2)];
        backend.damage_block(first, |frame| flip(frame, bit));
        let journal = backend.open().unwrap();
        let (place, _) = flaw_at(verify_chain(&journal.reader, |_| {}));
        assert_eq!(place, Place::Block(Sequence::new(first)));
        let sound = journal.reader.read(Sequence::new(11), usize::MAX).unwrap();
        assert_eq!(sound.len(), 2, "what is sound can still be read");
        drop(journal);
        backend.damage_block(first, |frame| flip(frame, bit));
    }
    backend.damage_block(13, |frame| flip(frame, random.random_range(0..1000)));
    let (place, _) = flaw_at(backend.open().map(|journal| journal.identity));
    assert_eq!(place, Place::Block(Sequence::new(13)), "the newest block is checked at opening");
}

fn a_missing_block_is_found<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    write(&mut backend.open().unwrap(), 5);
    backend.remove_block(4);
    let journal = backend.open().unwrap();
    let missing = (Place::Block(Sequence::new(4)), Flaw::Missing);
    assert_eq!(flaw_at(verify_chain(&journal.reader, |_| {})), missing);
    assert_eq!(flaw_at(journal.reader.read(Sequence::new(4), 1)), missing);
    assert_eq!(flaw_at(journal.reader.read(Sequence::ZERO, usize::MAX)), missing);
    drop(journal);
    backend.remove_block(13);
    let lost = backend.open().map(|journal| journal.identity).unwrap_err();
    assert!(
        matches!(lost, Error::Lost { newest, synced }
            if newest.number() == 12 && synced.number() == 15),
        "{lost}"
    );
}

fn readers_see_whole_synced_blocks_while_the_writer_appends<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    let genesis = journal.identity.genesis();
    let is_done = AtomicBool::new(false);
    let reader = Arc::clone(&journal.reader);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut cursor = Cursor::new(Arc::clone(&reader), genesis);
            loop {
                let was_done = is_done.load(Ordering::Acquire);
                let blocks = cursor.advance(1000).unwrap();
                assert!(blocks.iter().all(|block| block.entries_count() == 3));
                assert!(cursor.head().sequence <= reader.newest().sequence);
                if was_done && blocks.is_empty() {
                    return cursor.head();
                }
            }
        });
        let head = write(&mut journal, 60);
        is_done.store(true, Ordering::Release);
        assert_eq!(reading.join().unwrap(), head);
    });
}

fn replay_goes_on_in_the_middle_of_a_block<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    write(&mut journal, 4);
    let block = journal.reader.read(Sequence::new(5), 1).unwrap().remove(0);
    let head = block.head_after(Sequence::new(5)).unwrap();
    assert_eq!(numbers_after(&journal, head), (6..=12).collect::<Vec<_>>());
    let other = Head { hash: Hash::from_bytes([7; 32]), ..head };
    let found = replay::<Error>(&journal.reader, other, |_, _, _, _| Ok(()));
    assert_eq!(flaw_at(found), (Place::Block(Sequence::new(4)), Flaw::Disconnected));
}

fn blocks_as_large_as_allowed_are_read_back<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    for fill in 0..40_u8 {
        let head = journal.writer.newest();
        let mut draft = Draft::new(head.sequence.next(), 1);
        assert_eq!(
            draft.push(&[fill; ENTRY_BYTES_MAX]).unwrap(),
            Push::Taken(head.sequence.next())
        );
        while let Push::Taken(_) = draft.push(&[fill; 100]).unwrap() {}
        let rest = BLOCK_BYTES_MAX - draft.bytes() - 4;
        draft.push(&vec![fill; rest]).unwrap();
        assert_eq!(draft.bytes(), BLOCK_BYTES_MAX);
        assert_eq!(draft.push(b"").unwrap(), Push::Full);
        journal.writer.append(&draft.seal(&head, digest)).unwrap();
    }
    let head = journal.writer.sync().unwrap();
    drop(journal);
    let journal = backend.open().unwrap();
    assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), head);
}

fn terms_never_go_back<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    let head = write(&mut journal, 1);
    journal.writer.append(&block_after(&head, 5, 1, digest)).unwrap();
    journal.writer.sync().unwrap();
    drop(journal);
    let mut journal = backend.open().unwrap();
    let head = journal.writer.newest();
    assert_eq!(head.term, 5);
    let old = journal.writer.append(&block_after(&head, 4, 1, digest)).unwrap_err();
    assert!(matches!(old, Error::OldTerm { newest: 5, found: 4 }), "{old}");
}

/// Bytes of a snapshot that fill some chunks and a piece of one.
fn snapshot_bytes(fill: u8) -> Vec<u8> {
    (0..200_000_u32).map(|index| fill.wrapping_add(index.to_le_bytes()[0])).collect()
}

const MARKET: Hash = Hash::from_bytes([3; 32]);

fn a_snapshot_is_read_back_after_reopening<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    let genesis = journal.identity.genesis();
    journal.snapshots.put(&genesis, MARKET, b"", 9).unwrap();
    let head = write(&mut journal, 2);
    journal.snapshots.put(&head, MARKET, b"replaced", 9).unwrap();
    journal.snapshots.put(&head, MARKET, &snapshot_bytes(1), 9).unwrap();
    write(&mut journal, 2);
    drop(journal);
    let journal = backend.open().unwrap();
    assert_eq!(journal.reader.snapshots().unwrap(), [head.sequence, Sequence::ZERO]);
    let snapshot = journal.reader.read_snapshot(head.sequence).unwrap();
    assert_eq!(snapshot.manifest.head, head);
    assert_eq!(snapshot.manifest.market, MARKET);
    assert_eq!(snapshot.bytes, snapshot_bytes(1));
    assert_eq!(numbers_after(&journal, snapshot.manifest.head), (7..=12).collect::<Vec<_>>());
    assert!(journal.reader.read_snapshot(Sequence::ZERO).unwrap().bytes.is_empty());
    let none = journal.reader.read_snapshot(Sequence::new(5)).unwrap_err();
    assert!(matches!(none, Error::NoSnapshot { .. }), "{none}");
}

fn only_the_newest_snapshots_are_kept<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    for fill in 0..5 {
        let head = write(&mut journal, 1);
        journal.snapshots.put(&head, MARKET, &snapshot_bytes(fill), 2).unwrap();
    }
    assert_eq!(journal.reader.snapshots().unwrap(), [15, 12].map(Sequence::new));
    assert_eq!(journal.reader.read_snapshot(Sequence::new(12)).unwrap().bytes, snapshot_bytes(3));
}

fn a_damaged_snapshot_is_found_and_an_older_one_is_sound<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    for fill in 0..2 {
        let head = write(&mut journal, 1);
        journal.snapshots.put(&head, MARKET, &snapshot_bytes(fill), 2).unwrap();
    }
    drop(journal);
    backend.damage_snapshot(6, |bytes| flip(bytes, 777));
    let journal = backend.open().unwrap();
    let unsound = journal.reader.read_snapshot(Sequence::new(6)).unwrap_err();
    assert!(matches!(unsound, Error::UnsoundSnapshot { flaw: Flaw::WrongHash, .. }), "{unsound}");
    assert!(journal.reader.read_snapshot(Sequence::new(3)).is_ok());
    drop(journal);
    backend.damage_snapshot(3, |bytes| bytes.truncate(50));
    let journal = backend.open().unwrap();
    let unsound = journal.reader.read_snapshot(Sequence::new(3)).unwrap_err();
    assert!(matches!(unsound, Error::UnsoundSnapshot { flaw: Flaw::WrongLength, .. }), "{unsound}");
}

fn a_snapshot_off_the_chain_is_refused<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    let head = write(&mut journal, 1);
    let other = Head { hash: Hash::from_bytes([7; 32]), ..head };
    let refused = journal.snapshots.put(&other, MARKET, b"", 1).unwrap_err();
    assert!(matches!(refused, Error::OtherPast { .. }), "{refused}");
    journal.writer.append(&block_after(&head, 1, 3, digest)).unwrap();
    let ahead = journal.writer.newest();
    let refused = journal.snapshots.put(&ahead, MARKET, b"", 1).unwrap_err();
    assert!(matches!(refused, Error::SnapshotAhead { .. }), "{refused}");
    assert!(journal.reader.snapshots().unwrap().is_empty());
}

fn a_backup_has_the_same_head_and_so_has_what_is_restored_from_it<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    let early = write(&mut journal, 5);
    journal.snapshots.put(&early, MARKET, &snapshot_bytes(1), 2).unwrap();
    let head = write(&mut journal, 5);
    let folder = tempfile::tempdir().unwrap();
    let (copy, back) = (folder.path().join("copy"), folder.path().join("back"));
    let mut steps_count = 0;
    let copied = backup::backup(&journal.reader, &copy, |_| steps_count += 1).unwrap();
    assert_eq!(copied, head);
    assert!(1 <= steps_count);
    let refused = backup::backup(&journal.reader, &copy, |_| {}).unwrap_err();
    assert!(matches!(refused, Error::NotEmpty { .. }), "{refused}");
    assert_eq!(backup::restore(&copy, &back, |_| {}).unwrap(), head);
    let mut restored = sled::open(&back).unwrap();
    assert_eq!(restored.identity, journal.identity);
    assert_eq!(verify_chain(&restored.reader, |_| {}).unwrap(), head);
    let snapshot = restored.reader.read_snapshot(early.sequence).unwrap();
    assert_eq!(snapshot.bytes, snapshot_bytes(1));
    assert_eq!(write(&mut restored, 1), write(&mut journal, 1), "both go on alike");
}

fn a_backup_made_while_the_writer_appends_is_sound<B: Backend>(digest: Digest) {
    let backend = B::new(digest);
    let mut journal = backend.open().unwrap();
    let before = write(&mut journal, 10);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let reader = Arc::clone(&journal.reader);
    let copied = std::thread::scope(|scope| {
        let copying = scope.spawn(|| backup::backup(&reader, &copy, |_| {}).unwrap());
        write(&mut journal, 40);
        copying.join().unwrap()
    });
    assert!(before.sequence <= copied.sequence);
    let journal = sled::open(&copy).unwrap();
    assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), copied);
}
