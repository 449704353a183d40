//! The program as a person runs it: help, settings, exit codes.

#![allow(clippy::unwrap_used)]
#![allow(missing_docs, reason = "a test is no library")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// The program in an empty environment and folder.
fn sfund(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sfund"));
    command.env_clear().current_dir(folder);
    command
}

fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

fn stderr(command: &mut Command, code: i32) -> String {
    let assert = command.assert().code(code);
    assert!(assert.get_output().stdout.is_empty(), "talk goes to stderr");
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn the_short_help_shows_commands_and_the_long_help_shows_every_setting() {
    let folder = tempfile::tempdir().unwrap();
    let short = stdout(sfund(folder.path()).arg("-h"));
    assert!(short.contains("verify") && !short.contains("--store.path"));
    let long = stdout(sfund(folder.path()).arg("--help"));
    for known in sfund::config::known() {
        assert!(long.contains(&format!("--{} <VALUE>", known.key)), "{}", known.key);
    }
}

#[test]
fn config_prints_what_is_in_force_and_whence_and_the_print_is_a_file_of_settings() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("own.toml"), "[snapshot]\nkeep = 7\n").unwrap();
    let print = |command: &mut Command| {
        command.env("SFUND__STORE__PATH", "/srv/sfund").args([
            "config",
            "--config",
            "own.toml",
            "--log.filter",
            "debug",
        ]);
        stdout(command)
    };
    let text = print(&mut sfund(folder.path()));
    assert!(text.contains("keep = 7 # file own.toml"), "{text}");
    assert!(text.contains("path = \"/srv/sfund\" # environment SFUND__STORE__PATH"), "{text}");
    assert!(text.contains("filter = \"debug\" # flag"), "{text}");
    assert!(text.contains("digest = \"sha256\" # default"), "{text}");

    fs::write(folder.path().join("print.toml"), text).unwrap();
    let mut again = sfund(folder.path());
    let json = stdout(again.args(["config", "--json", "--config", "print.toml"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    let settings = json["settings"].as_array().unwrap();
    let value = |key: &str| {
        &settings.iter().find(|setting| setting["key"] == key).expect("a known key")["value"]
    };
    assert_eq!(settings.len(), sfund::config::known().len());
    assert_eq!(value("snapshot.keep"), 7);
    assert_eq!(value("store.path"), "/srv/sfund");
    assert_eq!(value("log.filter"), "debug");
}

#[test]
fn a_bad_setting_ends_with_2_and_says_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let said = stderr(sfund(folder.path()).env("SFUND__STORE__PAHT", "x").arg("config"), 2);
    assert!(said.contains("SFUND__STORE__PAHT") && said.contains("did you mean `store.path`"));
    let said = stderr(sfund(folder.path()).args(["config", "--snapshot.keep", "three"]), 2);
    assert!(said.contains("snapshot.keep"), "{said}");
    let said = stderr(sfund(folder.path()).args(["config", "--config", "none.toml"]), 2);
    assert!(said.contains("none.toml cannot be read"), "{said}");
    let said = stderr(sfund(folder.path()).args(["config", "--store.paht", "x"]), 2);
    assert!(said.contains("--store.path"), "{said}");
    let said = stderr(&mut sfund(folder.path()), 2);
    assert!(said.contains("Usage"), "{said}");
}

#[test]
fn packs_are_printed_with_the_source_of_every_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let text = stdout(sfund(folder.path()).args(["config", "packs"]));
    assert!(text.contains("cn-regional version 1") && text.contains("licensed version 1"));
    let first = "segment licensed: pack licensed 1; over it, for state-owned sellers: soe 1";
    assert_eq!(text.lines().next(), Some(first));
    let found = text.lines().find(|line| line.contains("reappraisal_months")).unwrap();
    let words: Vec<_> = found.split_whitespace().take(5).collect();
    assert_eq!(words, ["reappraisal_months", "12", "months", "C2", "L"]);
    assert!(found.contains("企业国有资产交易监督管理办法 19"), "{found}");
    let json = stdout(sfund(folder.path()).args(["config", "packs", "--json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["segments"][1]["pack"], "cn-regional 1");
    let kinds: Vec<_> = json["packs"].as_array().unwrap().iter().map(|p| &p["kind"]).collect();
    assert_eq!(kinds, ["pack", "overlay", "pack"], "each once");
    let json = stdout(sfund(folder.path()).args(["config", "packs", "soe", "us-qms", "--json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    let named = |pack: usize, name: &str| {
        let parameters = json["packs"][pack]["parameters"].as_array().unwrap();
        parameters.iter().find(|parameter| parameter["name"] == name).unwrap().clone()
    };
    assert_eq!(named(0, "floor_min")["value"], "900000");
    assert_eq!(named(1, "closing_days_min")["value"], "45");
    let json = stdout(sfund(folder.path()).args(["config", "packs", "cn-regional", "--json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["packs"].as_array().unwrap().len(), 1);
    for parameter in json["packs"][0]["parameters"].as_array().unwrap() {
        assert!(parameter["source"].as_str().is_some_and(|source| !source.is_empty()));
    }
    let said = stderr(sfund(folder.path()).args(["config", "packs", "uk"]), 2);
    assert!(said.contains("cn-regional, licensed, us-qms"), "{said}");
    fs::write(folder.path().join("own.toml"), "code = 5\n").unwrap();
    let said = stderr(sfund(folder.path()).args(["config", "packs", "own.toml"]), 2);
    assert!(said.contains("own.toml:1: `code` is 5"), "{said}");
}

#[test]
fn completions_know_every_command_and_setting() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(sfund(folder.path()).args(["completions", shell]));
        assert!(script.contains("verify") && script.contains("store.path"), "{shell}");
    }
}

#[test]
fn what_is_no_store_can_be_neither_verified_nor_copied() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [vec!["verify"], vec!["backup", "copy"], vec!["restore", "backup"]] {
        let said = stderr(sfund(folder.path()).args(&arguments), 2);
        assert!(said.contains("is not a journal: name the right folder"), "{said}");
    }
}

#[test]
fn a_key_is_written_for_its_owner_alone_and_known_by_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    let hash = stdout(sfund(folder.path()).args(["key", "new", "ann.key"]));
    let key = fs::read_to_string(folder.path().join("ann.key")).unwrap();
    assert!(key.starts_with("sfund_") && !hash.contains("sfund_"));
    assert_eq!(stdout(sfund(folder.path()).args(["key", "hash"]).write_stdin(key)), hash);
    let said = stderr(sfund(folder.path()).args(["key", "new", "ann.key"]), 2);
    assert!(said.contains("ann.key cannot be written"), "{said}");
}
