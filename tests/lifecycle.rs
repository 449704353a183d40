//! The life of an exchange from the outside: opened, stopped, verified, copied, damaged.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]
#![allow(missing_docs, reason = "a test is no library")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The program in an empty environment, its store in `folder`.
fn sfund(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sfund"));
    command
        .env_clear()
        .current_dir(folder)
        .env("SFUND__STORE__PATH", "store")
        .env("SFUND__SERVER__ADDRESS", "127.0.0.1:0")
        .env("SFUND__METRICS__ADDRESS", "")
        .args(arguments);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    sfund(folder, arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server that serves, and what it announced.
fn serve(folder: &Path) -> (Child, Value) {
    let mut command = sfund(folder, &["serve", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    if line.is_empty() {
        panic!("the server did not serve: {}", said(&child.wait_with_output().unwrap()));
    }
    (child, serde_json::from_str(&line).unwrap())
}

/// Tells a server to stop, and waits until it has.
fn stop(child: Child, signal: &str) -> Output {
    let told = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    child.wait_with_output().unwrap()
}

#[test]
fn a_venue_opens_once_stops_on_a_signal_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (child, announced) = serve(folder.path());
    assert_eq!(announced["event"], "serving");
    assert_eq!(announced["newest"], 1);
    let keys = folder.path().join("store-keys.toml");
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    let written = fs::read_to_string(&keys).unwrap();
    assert_eq!(written.matches("sfund_").count(), 4);
    let stopped = stop(child, "-TERM");
    assert_eq!(stopped.status.code(), Some(0), "{}", said(&stopped));
    for line in said(&stopped).lines() {
        assert!(!line.contains("sfund_"), "no key is logged: {line}");
        assert!(serde_json::from_str::<Value>(line).is_ok(), "a log that is no terminal: {line}");
    }

    let (child, announced) = serve(folder.path());
    assert_eq!(announced["newest"], 1);
    assert_eq!(stop(child, "-INT").status.code(), Some(0));
    assert_eq!(fs::read_to_string(&keys).unwrap(), written);

    let verified = run(folder.path(), &["verify", "--json"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let verified = json(&verified);
    assert_eq!((&verified["sound"], &verified["entries"]), (&true.into(), &1.into()));
    assert_eq!(verified["snapshots"], 1, "a last snapshot is taken at the stop");
}

#[test]
fn a_backup_is_a_store_like_any_other_and_restores_to_the_same_hash() {
    let folder = tempfile::tempdir().unwrap();
    let (child, _) = serve(folder.path());
    let busy = run(folder.path(), &["backup", "copy"]);
    assert_eq!(busy.status.code(), Some(2));
    assert!(said(&busy).contains("is in use: stop the other process"), "{}", said(&busy));
    stop(child, "-TERM");

    let backup = run(folder.path(), &["backup", "copy", "--json"]);
    assert_eq!(backup.status.code(), Some(0), "{}", said(&backup));
    let hash = json(&backup)["hash"].clone();
    let again = run(folder.path(), &["backup", "copy"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("is not empty"), "{}", said(&again));

    let restored = run(folder.path(), &["restore", "copy", "--json", "--store.path", "new/store"]);
    assert_eq!(restored.status.code(), Some(0), "{}", said(&restored));
    assert_eq!(json(&restored)["hash"], hash);
    let verified = run(folder.path(), &["verify", "--json", "--store.path", "new/store"]);
    assert_eq!(verified.status.code(), Some(0));
    assert_eq!(json(&verified)["hash"], hash);

    let exported = run(folder.path(), &["export"]);
    assert_eq!(exported.status.code(), Some(0), "{}", said(&exported));
    let line = json(&exported);
    assert_eq!((&line["sequence"], &line["hash"]), (&"1".into(), &hash));
    assert!(!String::from_utf8_lossy(&exported.stdout).contains("sfund_"), "hashes, no keys");
}

#[test]
fn a_server_backs_itself_up_while_it_serves() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = sfund(folder.path(), &["serve", "--json", "--backup.folder", "backups"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut announced = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut announced).unwrap();
    assert!(announced.contains("serving"), "{announced}");
    let told = Command::new("kill").args(["-USR1", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let backed_up = log.find(|line| line.as_ref().unwrap().contains("backed up"));
    assert!(backed_up.is_some(), "the log says where the backup is");
    stop(child, "-TERM");

    let live = json(&run(folder.path(), &["verify", "--json"]));
    let copy = "backups/00000000000000000001";
    let copy = run(folder.path(), &["verify", "--json", "--store.path", copy]);
    assert_eq!(copy.status.code(), Some(0), "{}", said(&copy));
    assert_eq!(json(&copy)["hash"], live["hash"]);
}

#[test]
fn a_store_that_was_damaged_is_found_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (child, _) = serve(folder.path());
    stop(child, "-TERM");
    let log = folder.path().join("store/db");
    let mut bytes = fs::read(&log).unwrap();
    let name = b"S-Fund Exchange";
    let places: Vec<usize> = bytes
        .windows(name.len())
        .enumerate()
        .filter_map(|(at, window)| (window == name).then_some(at))
        .collect();
    assert!(!places.is_empty(), "the name of the venue is stored");
    for at in places {
        bytes[at] = b'X';
    }
    fs::write(&log, bytes).unwrap();
    let verified = run(folder.path(), &["verify", "--json"]);
    assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
    assert_eq!(json(&verified)["sound"], false);
}

#[test]
fn nothing_is_created_when_the_venue_is_not_sound() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("venue.toml"), "name = \"X\"\ncolour = 1\n").unwrap();
    let served = run(folder.path(), &["serve", "--venue.file", "venue.toml"]);
    assert_eq!(served.status.code(), Some(2));
    assert!(said(&served).contains("venue.toml:2: unknown key `colour`"), "{}", said(&served));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
