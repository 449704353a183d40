//! The program itself: served from a folder, killed without warning, served again.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sfund_sdk::ApiKey;

use super::{VENUE, staff_key};

/// `sfund serve`, killed when dropped.
pub struct Program {
    folder: PathBuf,
    child: Child,
    pub address: String,
    /// Newest entry when it began to serve.
    pub newest: u64,
}

impl Program {
    /// Serves from the store in `folder` at `address`; its log goes to `server.log` there.
    pub fn serve(folder: &Path, address: &str, settings: &[&str]) -> Self {
        Self::serve_by(command(folder), folder, address, settings)
    }

    /// The same, with at most so many open files.
    pub fn serve_with_files(folder: &Path, files: u32, settings: &[&str]) -> Self {
        let mut shell = settle(Command::new("sh"), folder);
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_sfund")]);
        Self::serve_by(shell, folder, "127.0.0.1:0", settings)
    }

    fn serve_by(mut program: Command, folder: &Path, address: &str, settings: &[&str]) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("server.log"))
            .unwrap();
        let mut child = program
            .env("SFUND__SERVER__ADDRESS", address)
            .args(["serve", "--json"])
            .args(settings)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let announced: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let log = std::fs::read_to_string(folder.join("server.log")).unwrap();
            panic!("the server does not serve: {log}")
        });
        let address = announced["address"].as_str().unwrap().to_owned();
        let newest = announced["newest"].as_u64().unwrap();
        Self { folder: folder.to_owned(), child, address, newest }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn keys_file(&self) -> PathBuf {
        self.folder.join("store-keys.toml")
    }

    pub fn staff_key(&self, code: &str) -> ApiKey {
        staff_key(&self.keys_file(), code)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_up(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Most memory that it ever had resident, in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    /// Memory that it has resident now, in KiB.
    pub fn resident_now_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    fn status_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What `sfund verify` finds in the store of `folder`, which nobody has open.
pub fn verify(folder: &Path) -> Value {
    let output = command(folder).args(["verify", "--json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn command(folder: &Path) -> Command {
    settle(Command::new(env!("CARGO_BIN_EXE_sfund")), folder)
}

fn settle(mut command: Command, folder: &Path) -> Command {
    command
        .env_clear()
        .current_dir(folder)
        .env("SFUND__STORE__PATH", "store")
        .env("SFUND__VENUE__FILE", VENUE)
        .env("SFUND__METRICS__ADDRESS", "");
    command
}
