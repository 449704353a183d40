//! The layer between a program and its files (`tests/disk/disk.c`), built and put in place.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// Whether the layer can be put under a program here: it needs glibc's way to load it.
pub const IS_POSSIBLE: bool = cfg!(all(target_os = "linux", target_env = "gnu"));

/// Says that a test has nothing to stand on here, and what it needs.
pub fn skip(what: &str) {
    eprintln!("skipped: {what} needs Linux with glibc, to stand between a program and its files");
}

/// The layer as a library, built once for this process.
fn library() -> &'static Path {
    static BUILT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk.so");
        let source = super::beside("tests/disk/disk.c");
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let mut cc = Command::new(compiler);
        cc.args(["-O2", "-shared", "-fPIC", "-o"])
            .arg(&path)
            .arg(source)
            .args(["-ldl", "-lpthread"]);
        let built = cc.output().expect("a C compiler is there, as for any build of this project");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        (folder, path)
    });
    path
}

/// Puts the layer under the files in `folder` of a program that is yet to start.
pub fn under(command: &mut Command, folder: &Path) {
    command.env("LD_PRELOAD", library()).env("SFUND_DISK_FOLDER", folder);
}
