//! What opening, reading and writing say when the files, the disk or the caller are wrong.

#![allow(clippy::arithmetic_side_effects, reason = "a test may overflow")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sfund_engine::id::Sequence;

use crate::journal::chain::checksum;
use crate::journal::contract::{Backend, OnSled, block_after, write};
use crate::journal::memory::{Disk, FaultPlan};
use crate::journal::sled_db::sled_call;
use crate::journal::{
    Digest, Draft, Error, FORMAT, Flaw, Hash, Head, Journal, Place, is_inside_sled, sled,
    verify_chain,
};

/// A sled store with `blocks_count` blocks, closed, and its head.
fn stored(blocks_count: u64) -> (OnSled, Head) {
    let store = OnSled::new(Digest::Sha256);
    let head = write(&mut store.open().unwrap(), blocks_count);
    (store, head)
}

fn why(opened: Result<Journal, Error>) -> Error {
    opened.map(|journal| journal.identity).unwrap_err()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_second_opener_is_refused_until_the_last_part_is_dropped() {
    let (store, _) = stored(1);
    let journal = store.open().unwrap();
    assert!(matches!(why(store.open()), Error::InUse { .. }));
    let reader = journal.reader.clone();
    drop(journal);
    assert!(matches!(why(store.open()), Error::InUse { .. }));
    drop(reader);
    store.open().unwrap();
}

#[test]
fn a_store_is_created_only_where_nothing_is() {
    let folder = tempfile::tempdir().unwrap();
    sled::create(folder.path(), Digest::Sm3).unwrap();
    let again = why(sled::create(folder.path(), Digest::Sm3));
    assert!(matches!(again, Error::NotEmpty { .. }), "{again}");
    let deep = why(sled::create(&folder.path().join("a/b"), Digest::Sm3));
    assert!(matches!(deep, Error::Io { .. }), "{deep}");
}

#[test]
fn what_is_no_store_is_not_opened_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("absent")] {
        let error = why(sled::open(&path));
        assert!(matches!(error, Error::NotAStore { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::write(folder.path().join("sfund.store"), [b'x'; 9000]).unwrap();
    assert!(matches!(why(sled::open(folder.path())), Error::NotAStore { .. }));
}

#[test]
fn a_newer_format_is_refused_before_sled_sees_it() {
    let (store, _) = stored(1);
    let file = File::options().write(true).open(store.folder.join("sfund.store")).unwrap();
    file.write_all_at(&(FORMAT + 1).to_le_bytes(), 8).unwrap();
    let error = why(store.open());
    assert!(
        matches!(error, Error::NewerFormat { found, known } if (found, known) == (2, 1)),
        "{error}"
    );
}

#[test]
fn an_unknown_digest_is_refused() {
    let (store, _) = stored(1);
    let path = store.folder.join("sfund.store");
    let mut bytes = fs::read(&path).unwrap();
    bytes[12] = 9;
    let sum = checksum(&bytes[..32]);
    bytes[32..64].copy_from_slice(sum.as_bytes());
    fs::write(&path, bytes).unwrap();
    let error = why(store.open());
    assert!(matches!(error, Error::UnknownDigest { found: 9 }), "{error}");
}

#[test]
fn a_damaged_header_is_found() {
    let (store, _) = stored(1);
    let path = store.folder.join("sfund.store");
    let sound = fs::read(&path).unwrap();
    for index in 12..64 {
        let mut bytes = sound.clone();
        bytes[index] ^= 1;
        fs::write(&path, bytes).unwrap();
        let error = why(store.open());
        assert!(matches!(error, Error::Damaged { place: Place::Header, .. }), "{index}: {error}");
    }
    fs::write(&path, &sound[..40]).unwrap();
    assert!(matches!(
        why(store.open()),
        Error::Damaged { place: Place::Header, flaw: Flaw::TooShort }
    ));
}

#[test]
fn the_header_of_another_store_is_found() {
    let (one, _) = stored(1);
    let (two, _) = stored(1);
    fs::copy(two.folder.join("sfund.store"), one.folder.join("sfund.store")).unwrap();
    let error = why(one.open());
    assert!(
        matches!(error, Error::Damaged { place: Place::Header, flaw: Flaw::Misplaced }),
        "{error}"
    );
}

#[test]
fn a_torn_mark_costs_one_sync_and_two_are_damage() {
    let (store, head) = stored(4);
    let file = File::options().write(true).open(store.folder.join("sfund.store")).unwrap();
    file.write_all_at(&[7; 88], 4096).unwrap();
    assert_eq!(store.open().unwrap().reader.newest(), head);
    file.write_all_at(&[7; 88], 4096).unwrap();
    file.write_all_at(&[7; 88], 8192).unwrap();
    assert!(matches!(why(store.open()), Error::Damaged { place: Place::Mark, .. }));
}

#[test]
fn a_store_set_back_to_an_older_state_is_found() {
    let (store, _) = stored(2);
    let old = store.folder.with_file_name("old");
    copy_folder(&store.folder, &old);
    let head = write(&mut store.open().unwrap(), 2);
    fs::copy(store.folder.join("sfund.store"), old.join("sfund.store")).unwrap();
    let error = why(sled::open(&old));
    assert!(
        matches!(error, Error::Lost { newest, synced }
            if newest.number() == 6 && synced == head.sequence),
        "{error}"
    );
}

#[test]
fn a_store_without_sleds_files_is_damaged_and_not_begun_again() {
    for name in ["db", "conf"] {
        let (store, _) = stored(1);
        fs::remove_file(store.folder.join(name)).unwrap();
        assert!(matches!(
            why(store.open()),
            Error::Damaged { place: Place::Files, flaw: Flaw::Missing }
        ));
        assert!(!store.folder.join(name).exists());
    }
}

#[test]
fn a_table_of_pages_that_sled_did_not_finish_is_no_hindrance() {
    let (store, head) = stored(3);
    for bytes in [b"".as_slice(), b"the first bytes of a table of pages"] {
        fs::write(store.folder.join("snap.7FFFFFFFFFFFFFFF.generating"), bytes).unwrap();
        let journal = store.open().unwrap();
        assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), head);
    }
}

#[test]
fn a_panic_inside_sled_is_an_error_and_a_panic_hook_can_tell_it() {
    let panicked = sled_call::<()>(|| {
        assert!(is_inside_sled());
        panic!("as sled does on some damage");
    });
    assert!(matches!(panicked, Err(Error::SledPanicked)));
    assert!(!is_inside_sled());
}

/// Damages copies of one store and opens each: an error, or everything that was synced.
fn sound_or_an_error(damage: impl Fn(&mut ChaCha8Rng, &Path)) {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (store, head) = stored(60);
    let (mut sound_count, mut errors_count) = (0, 0);
    for round in 0..60 {
        let folder = store.folder.with_file_name(format!("copy-{round}"));
        copy_folder(&store.folder, &folder);
        damage(&mut random, &folder);
        match sled::open(&folder).and_then(|journal| verify_chain(&journal.reader, |_| {})) {
            Ok(found) => {
                assert_eq!(found, head, "round {round}: what was synced is there");
                sound_count += 1;
            }
            Err(_) => errors_count += 1,
        }
        fs::remove_dir_all(folder).unwrap();
    }
    println!("{sound_count} sound, {errors_count} errors");
}

#[test]
fn a_log_cut_anywhere_is_sound_or_an_error() {
    sound_or_an_error(|random, folder| {
        let log = File::options().write(true).open(folder.join("db")).unwrap();
        let bytes = log.metadata().unwrap().len();
        // Half of the cuts in the part that was written to, which is short.
        let end = if random.random() { bytes } else { 40_000 };
        log.set_len(random.random_range(0..end)).unwrap();
    });
}

#[test]
fn a_log_with_a_flipped_bit_is_sound_or_an_error() {
    sound_or_an_error(|random, folder| {
        let log = File::options().read(true).write(true).open(folder.join("db")).unwrap();
        let offset = random.random_range(0..40_000);
        let mut byte = [0];
        log.read_exact_at(&mut byte, offset).unwrap();
        byte[0] ^= 1 << random.random_range(0..8);
        log.write_all_at(&byte, offset).unwrap();
    });
}

#[test]
fn no_block_and_no_snapshot_ever_leaves_the_log() {
    let store = OnSled::new(Digest::Sha256);
    let mut journal = store.open().unwrap();
    for round in 0..120_u8 {
        let head = journal.writer.newest();
        let mut draft = Draft::new(head.sequence.next(), 1);
        draft.push(&[round; super::block::ENTRY_BYTES_MAX]).unwrap();
        draft.push(&[round; 4000]).unwrap();
        journal.writer.append(&draft.seal(&head, Digest::Sha256)).unwrap();
        if round % 10 == 0 {
            let head = journal.writer.sync().unwrap();
            let bytes = vec![round; 3_000_000];
            journal.snapshots.put(&head, head.hash, &bytes, 2).unwrap();
        }
    }
    journal.writer.sync().unwrap();
    assert_eq!(fs::read_dir(store.folder.join("blobs")).unwrap().count(), 0);
}

#[test]
fn a_snapshot_never_finished_is_cleared_by_the_next() {
    let (store, head) = stored(2);
    store.with_tree("chunks", |chunks| {
        let key = [4_u64.to_be_bytes().as_slice(), &[0; 4]].concat();
        chunks.insert(key, b"half a snapshot").unwrap();
    });
    let mut journal = store.open().unwrap();
    assert!(journal.reader.snapshots().unwrap().is_empty());
    journal.snapshots.put(&head, head.hash, b"whole", 1).unwrap();
    drop(journal);
    store.with_tree("chunks", |chunks| assert_eq!(chunks.len(), 1));
}

fn on_faulty_disk(faults: FaultPlan) -> (Disk, Journal, Head) {
    let disk = <Disk as Backend>::new(Digest::Sha256);
    let mut journal = disk.open().unwrap();
    let head = write(&mut journal, 2);
    disk.set_faults(faults);
    (disk, journal, head)
}

fn is_latched(journal: &mut Journal) -> bool {
    let block = block_after(&journal.writer.newest(), 1, 3, Digest::Sha256);
    matches!(journal.writer.append(&block), Err(Error::Latched))
        && matches!(journal.writer.sync(), Err(Error::Latched))
}

#[test]
fn after_a_failed_append_or_sync_nothing_more_is_written() {
    let append = FaultPlan { append_fails: Some(1), ..FaultPlan::default() };
    let sync = FaultPlan { sync_fails: Some(1), ..FaultPlan::default() };
    let full = FaultPlan { disk_bytes_max: Some(450), ..FaultPlan::default() };
    for faults in [append, sync, full] {
        let (disk, mut journal, _) = on_faulty_disk(faults);
        let head = write(&mut journal, 1);
        let block = block_after(&head, 1, 3, Digest::Sha256);
        let failed = journal.writer.append(&block).and_then(|()| journal.writer.sync());
        assert!(matches!(failed, Err(Error::Io { .. })), "{faults:?}: {failed:?}");
        assert!(is_latched(&mut journal), "{faults:?}");
        assert_eq!(journal.reader.newest(), head, "{faults:?}");
        disk.set_faults(FaultPlan::default());
        assert!(is_latched(&mut journal), "a latch stays, even if the disk is well again");
        let mut journal = disk.open().unwrap();
        let head = write(&mut journal, 1);
        assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), head);
    }
}

#[test]
fn a_crash_keeps_what_was_synced_and_a_beginning_of_the_rest() {
    for kept_count in 0..=3 {
        let (disk, mut journal, synced) = on_faulty_disk(FaultPlan::default());
        for _ in 0..3 {
            let head = journal.writer.newest();
            journal.writer.append(&block_after(&head, 1, 3, Digest::Sha256)).unwrap();
        }
        disk.crash(kept_count);
        assert!(is_latched(&mut journal), "a writer does not outlive the crash");
        let journal = disk.open().unwrap();
        let kept = u64::try_from(kept_count).unwrap();
        assert_eq!(journal.reader.newest().sequence.number(), synced.sequence.number() + 3 * kept);
        verify_chain(&journal.reader, |_| {}).unwrap();
    }
}

#[test]
fn a_bad_read_is_found_and_the_next_may_be_well() {
    let short = FaultPlan { read_short: Some((1, 100)), ..FaultPlan::default() };
    let flip = FaultPlan { read_flips: Some((1, 900)), ..FaultPlan::default() };
    for faults in [short, flip] {
        let (_, journal, head) = on_faulty_disk(faults);
        let bad = verify_chain(&journal.reader, |_| {}).unwrap_err();
        let place = Place::Block(Sequence::new(4));
        assert!(matches!(bad, Error::Damaged { place: found, .. } if found == place), "{bad}");
        assert_eq!(verify_chain(&journal.reader, |_| {}).unwrap(), head);
    }
}

#[test]
fn errors_say_what_to_do_next() {
    let lost = Error::Lost { newest: Sequence::new(6), synced: Sequence::new(9) };
    expect_test::expect![[
        "the journal ends at sequence-6, but was synced up to sequence-9: entries are lost; \
         keep the folder as it is, and restore a backup or a standby's copy into a new one"
    ]]
    .assert_eq(&lost.to_string());
    let hash = Hash::from_bytes([0xab; 32]);
    assert_eq!(hash.to_string(), "ab".repeat(32));
}
