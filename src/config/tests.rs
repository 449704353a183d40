use std::error::Error as _;
use std::io::Write as _;

use expect_test::expect;

use super::*;

fn from_flags(flags: &[(&str, &str)]) -> Result<Loaded, Error> {
    layers(None, &[], flags)
}

fn layers(
    file: Option<&str>,
    environment: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> Result<Loaded, Error> {
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let mut stored = tempfile::NamedTempFile::new().unwrap();
    stored.write_all(file.unwrap_or_default().as_bytes()).unwrap();
    let path = file.map(|_| stored.path());
    load(path, owned(environment), &owned(flags))
}

fn setting<'l>(loaded: &'l Loaded, key: &str) -> &'l Setting {
    loaded.settings.iter().find(|setting| setting.known.key == key).unwrap()
}

/// The words of an error, without the name of the temporary file.
fn words(error: &Error) -> String {
    let text = error.to_string();
    let cause = error.source().map(|cause| format!("\n{cause}")).unwrap_or_default();
    let temporary = std::env::temp_dir().display().to_string();
    let masked =
        text.split_whitespace().map(|word| if word.contains(&temporary) { "FILE" } else { word });
    format!("{}{cause}", masked.collect::<Vec<_>>().join(" "))
}

#[test]
fn the_file_in_deploy_holds_every_setting_and_is_the_defaults() {
    let loaded = from_flags(&[]).unwrap();
    let as_file = layers(Some(DEFAULTS), &[], &[]).unwrap();
    assert_eq!(loaded.config, as_file.config);
    assert!(loaded.settings.iter().all(|setting| setting.origin == Origin::Default));
    assert!(loaded.settings.iter().all(|setting| !setting.known.help.is_empty()));
    // Every field of `Config` is in the file, or it would not have been read; and the other way
    // round, since no structure takes what it does not know.
    assert_eq!(loaded.settings.len(), DEFAULTS.lines().filter(|l| l.contains(" = ")).count());
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let file =
        "[server]\ncall_seconds_max = 1\ncalls_in_flight_max = 1\nmessage_bytes_max = 2048\n";
    let environment =
        [("SFUND__SERVER__CALL_SECONDS_MAX", "2"), ("SFUND__SERVER__CALLS_IN_FLIGHT_MAX", "2")];
    let loaded = layers(Some(file), &environment, &[("server.call_seconds_max", "3")]).unwrap();
    let server = &loaded.config.server;
    assert_eq!(
        (server.call_seconds_max, server.calls_in_flight_max, server.message_bytes_max),
        (3, 2, 2048)
    );
    assert_eq!(setting(&loaded, "server.call_seconds_max").origin, Origin::Flag);
    let variable = Origin::Environment("SFUND__SERVER__CALLS_IN_FLIGHT_MAX".to_owned());
    assert_eq!(setting(&loaded, "server.calls_in_flight_max").origin, variable);
    assert!(matches!(setting(&loaded, "server.message_bytes_max").origin, Origin::File(_)));
}

#[test]
fn the_store_moves_by_variable_and_its_keys_move_with_it() {
    let loaded = layers(None, &[("SFUND__STORE__PATH", "/srv/sfund/store")], &[]).unwrap();
    let store = loaded.config.store;
    assert_eq!(store.path, Path::new("/srv/sfund/store"));
    assert_eq!(store.keys_file(), Path::new("/srv/sfund/store-keys.toml"));
}

#[test]
fn an_unknown_key_is_refused_wherever_it_stands_with_the_one_that_was_meant() {
    let file = layers(Some("[store]\npaht = \"x\"\n"), &[], &[]).unwrap_err();
    expect!["store.paht is no setting: did you mean `store.path`? FILE"].assert_eq(&words(&file));
    let variable = layers(None, &[("SFUND__SERVR__ADDRESS", "x")], &[]).unwrap_err();
    expect!["servr.address is no setting: did you mean `server.address`? (SFUND__SERVR__ADDRESS)"]
        .assert_eq(&words(&variable));
    let flag = from_flags(&[("log.colour", "x")]).unwrap_err();
    expect!["log.colour is no setting: did you mean `log.filter`? (--log.colour)"]
        .assert_eq(&words(&flag));
    let section = layers(Some("server = 5\n[nothing]\n"), &[], &[]).unwrap_err();
    expect!["server is no setting FILE"].assert_eq(&words(&section));
}

#[test]
fn everything_wrong_is_said_at_once() {
    let wrong = [
        ("snapshot.keep", "0"),
        ("server.address", "0.0.0.0:50051"),
        ("server.tls_client_ca", "ca.pem"),
        ("log.filter", "sfund=loud"),
        ("metrics.address", "0.0.0.0:50051"),
        ("store.path", ".."),
    ];
    let error = from_flags(&wrong).unwrap_err();
    expect![[r#"
        snapshot.keep = 0: must be from 1 to 100 (--snapshot.keep)
        store.path = "..": must name a folder (--store.path)
        log.filter = "sfund=loud": must be a level, or a list such as info,sfund::journal=debug (--log.filter)
        server.tls_client_ca = "ca.pem": needs TLS: set server.tls_certificate and server.tls_key (--server.tls_client_ca)
        server.address = "0.0.0.0:50051": is outside loopback and needs TLS: set server.tls_certificate and server.tls_key, or say server.insecure = true (--server.address)
        metrics.address = "0.0.0.0:50051": must be another one than server.address (--metrics.address)"#]].assert_eq(&error.to_string());
}

#[test]
fn a_value_of_the_wrong_kind_names_its_key() {
    let error = from_flags(&[("snapshot.keep", "three")]).unwrap_err();
    expect![[r#"
        a setting has a value of the wrong kind
        invalid type: string "three", expected an integer for key `snapshot.keep`"#]]
    .assert_eq(&words(&error));
    let error = layers(None, &[("SFUND__STORE__DIGEST", "md5")], &[]).unwrap_err();
    expect![[r#"
        a setting has a value of the wrong kind
        must be sha256 or sm3 for key `store.digest`"#]]
    .assert_eq(&words(&error));
    let error = from_flags(&[("metrics.address", "nowhere")]).unwrap_err();
    expect![[r#"
        a setting has a value of the wrong kind
        invalid socket address syntax for key `metrics.address`"#]]
    .assert_eq(&words(&error));
    let error = layers(Some("[store]\npath = \n"), &[], &[]).unwrap_err();
    expect![[r#"
        FILE is no TOML
        TOML parse error at line 2, column 8
          |
        2 | path = 
          |        ^
        string values must be quoted, expected literal string
    "#]]
    .assert_eq(&words(&error));
}

#[test]
fn outside_loopback_there_is_tls_or_a_word_that_there_is_none() {
    let outside = ("server.address", "0.0.0.0:50051");
    assert!(from_flags(&[outside]).is_err());
    assert!(from_flags(&[outside, ("server.insecure", "true")]).is_ok());
    let pair = [outside, ("server.tls_certificate", "c.pem"), ("server.tls_key", "k.pem")];
    assert!(from_flags(&pair).is_ok());
    assert!(from_flags(&[("server.tls_certificate", "c.pem")]).is_err());
    assert!(from_flags(&[("server.address", "[::1]:50051")]).is_ok());
}

#[test]
fn traces_go_nowhere_unless_a_collector_is_named() {
    assert_eq!(from_flags(&[]).unwrap().config.traces.otlp_endpoint, None);
    let named = from_flags(&[("traces.otlp_endpoint", "http://127.0.0.1:4317")]).unwrap();
    let endpoint = named.config.traces.otlp_endpoint;
    assert_eq!(endpoint.as_deref(), Some("http://127.0.0.1:4317"));
    for not in ["127.0.0.1:4317", "collector", "https://collector:4317", "a b"] {
        assert!(from_flags(&[("traces.otlp_endpoint", not)]).is_err(), "{not}");
    }
    assert!(from_flags(&[("traces.sample_ppm", "1000001")]).is_err());
}

#[test]
fn the_default_limits_are_the_usual_ones() {
    let config = from_flags(&[]).unwrap().config;
    assert_eq!(config.server.limits(), service::limits::Limits::default());
    let usual = crate::sequencer::Limits::default();
    assert_eq!(config.sequencer.queue_commands_max, usual.queue_commands_max);
    assert_eq!(config.sequencer.batch_commands_max, usual.batch_commands_max);
}
