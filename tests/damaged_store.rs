//! A store whose files are damaged, as whoever runs the program meets it.

#![allow(clippy::unwrap_used)]
#![allow(missing_docs, reason = "a test is no library")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use sfund::journal::{Digest, Draft, Push, sled};

/// Blocks of the store.
const BLOCKS: u8 = 40;

/// What is damaged, and how.
type Damage = (&'static str, fn(&Path));

/// Runs the program on the store in `folder`.
fn sfund(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sfund"));
    command.env_clear().current_dir(folder).args(arguments).args(["--store.path", "store"]);
    command.output().unwrap()
}

fn create(store: &Path) {
    let mut journal = sled::create(store, Digest::Sha256).unwrap();
    for byte in 0..BLOCKS {
        let head = journal.writer.newest();
        let mut draft = Draft::new(head.sequence.next(), 1);
        assert!(matches!(draft.push(&[byte; 500]), Ok(Push::Taken(_))));
        journal.writer.append(&draft.seal(&head, Digest::Sha256)).unwrap();
        journal.writer.sync().unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Turns the bits of one byte of a file of the store around.
fn flip(store: &Path, file: &str, offset: u64) {
    let file = File::options().read(true).write(true).open(store.join(file)).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&byte.map(|byte| !byte), offset).unwrap();
}

/// Cuts sled's log off.
fn cut(store: &Path, bytes: u64) {
    File::options().write(true).open(store.join("db")).unwrap().set_len(bytes).unwrap();
}

/// Whether a text says what to do about a damaged store.
fn says_to_restore(text: &str) -> bool {
    text.contains("restore a backup or a standby's copy") && !text.contains("panicked")
}

#[test]
fn a_damaged_store_is_refused_in_words_and_left_for_a_restore() {
    let damages: [Damage; 5] = [
        ("a block", |store| flip(store, "db", 12_030)),
        ("the log cut", |store| cut(store, 20_000)),
        ("the log gone", |store| fs::remove_file(store.join("db")).unwrap()),
        ("sled's settings", |store| flip(store, "conf", 20)),
        ("our header", |store| flip(store, "sfund.store", 20)),
    ];
    let folder = tempfile::tempdir().unwrap();
    create(&folder.path().join("sound"));
    for (what, damage) in damages {
        let store = folder.path().join("store");
        copy(&folder.path().join("sound"), &store);
        damage(&store);
        for arguments in [["serve"].as_slice(), &["export"], &["backup", "copy"]] {
            let output = sfund(folder.path(), arguments);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{what}, {arguments:?}: {said}");
            assert!(says_to_restore(&said), "{what}, {arguments:?}: {said}");
            assert!(!folder.path().join("copy").exists(), "{what}");
        }
        let output = sfund(folder.path(), &["verify"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{what} is found wrong: {said}");
        assert!(says_to_restore(&said), "{what}: {said}");
        fs::remove_dir_all(store).unwrap();
    }
}
