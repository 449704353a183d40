//! The import arrows of ARCHITECTURE.md, read from the source: a new one is a decision, not a slip.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Who may import whom within the server. What is absent is the point.
const SERVER: &[(&str, &[&str])] = &[
    ("calc", &[]),
    (
        "cli",
        &[
            "calc",
            "config",
            "demo",
            "genesis",
            "import",
            "journal",
            "logging",
            "recovery",
            "secret",
            "sequencer",
            "server",
            "traces",
            "venue_file",
        ],
    ),
    ("config", &["journal", "service", "venue_file"]),
    (
        "demo",
        &[
            "config",
            "genesis",
            "import",
            "journal",
            "recovery",
            "sequencer",
            "server",
            "venue_file",
        ],
    ),
    ("genesis", &["secret", "venue_file"]),
    ("import", &[]),
    ("journal", &[]),
    ("logging", &["config", "secret", "traces"]),
    ("published", &["journal"]),
    ("read", &["published"]),
    ("recovery", &["journal", "published", "read"]),
    ("secret", &[]),
    ("sequencer", &["journal", "published", "read", "stream", "traces"]),
    (
        "server",
        &[
            "config",
            "genesis",
            "journal",
            "read",
            "recovery",
            "sequencer",
            "service",
            "stream",
            "telemetry",
            "venue_file",
        ],
    ),
    (
        "service",
        &["published", "read", "secret", "sequencer", "stream", "telemetry", "traces", "wire"],
    ),
    ("stream", &["journal", "published", "read"]),
    ("telemetry", &["published", "read", "sequencer", "stream"]),
    ("traces", &[]),
    ("venue_file", &[]),
    ("wire", &["published", "read"]),
];

/// Files and folders that only tests compile.
const TEST_CODE: &[&str] = &[
    "contract.rs",
    "damage.rs",
    "faults.rs",
    "fixture.rs",
    "golden",
    "golden.rs",
    "laws.rs",
    "refusals",
    "refusals.rs",
    "simulation",
    "stepped.rs",
    "tests",
    "tests.rs",
    "twin",
];

#[test]
fn modules_of_the_server_import_along_the_arrows_and_no_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    visit(&root, &mut |path, text| {
        let name = path.strip_prefix(&root).unwrap().components().next().unwrap();
        let module = name.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let code = text.split("mod tests {").next().unwrap();
        let imports = code.split("crate::").skip(1).map(|rest| {
            let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        });
        found.entry(module).or_default().extend(imports);
    });
    let modules: BTreeSet<&str> = SERVER.iter().map(|(module, _)| *module).collect();
    for (module, allowed) in SERVER {
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let imports = found.get(*module).unwrap_or_else(|| panic!("there is no module {module}"));
        let imports = imports.iter().map(String::as_str);
        let imports: BTreeSet<&str> =
            imports.filter(|name| name != module && modules.contains(name)).collect();
        assert_eq!(imports, allowed, "arrows of {module}");
    }
    let front = ["lib", "main"];
    let unknown = found.keys().map(String::as_str).filter(|module| !front.contains(module));
    let unknown: Vec<_> = unknown.filter(|module| !modules.contains(module)).collect();
    assert!(unknown.is_empty(), "modules without arrows: {unknown:?}");
}

#[test]
fn the_engine_knows_no_clock_no_thread_no_runtime_and_nothing_of_ours() {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine");
    let forbidden = [
        "tokio",
        "async fn",
        "std::fs",
        "std::net",
        "std::thread::spawn",
        "Instant",
        "SystemTime",
        "HashMap",
        "HashSet",
        "f64",
        "f32",
        "sfund_proto",
        "sfund_sdk",
        "println!",
        "tracing",
    ];
    visit(&engine.join("src"), &mut |path, text| {
        for word in forbidden {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    });
    let manifest = fs::read_to_string(engine.join("Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap().lines();
    let names = dependencies.filter(|line| !line.starts_with('#') && line.contains('='));
    assert_eq!(names.count(), 3, "the engine has three dependencies");
}

fn visit(folder: &Path, each: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if TEST_CODE.contains(&name) {
            continue;
        }
        if path.is_dir() {
            visit(&path, each);
        } else if name.ends_with(".rs") {
            each(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
