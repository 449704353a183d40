//! The program itself: served from a folder, killed without warning, served again.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

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
        let served = Self::try_serve(folder, address, |command| {
            command.args(settings);
        });
        up(served, folder)
    }

    /// The same at any address, with at most so many open files.
    pub fn serve_with_files(folder: &Path, files: u32, settings: &[&str]) -> Self {
        let mut shell = settle(Command::new("sh"), folder);
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_sfund")]);
        let child = start(shell, folder, "127.0.0.1:0", |command| {
            command.args(settings);
        });
        up(Self::of(child, folder), folder)
    }

    /// The same, `prepared`; how it ended, if it does not serve.
    pub fn try_serve(
        folder: &Path,
        address: &str,
        prepared: impl FnOnce(&mut Command),
    ) -> Result<Self, ExitStatus> {
        Self::of(start(command(folder), folder, address, prepared), folder)
    }

    fn of(mut child: Child, folder: &Path) -> Result<Self, ExitStatus> {
        let Some(announced) = announced(&mut child) else { return Err(child.wait().unwrap()) };
        let address = announced["address"].as_str().unwrap().to_owned();
        let newest = announced["newest"].as_u64().unwrap();
        Ok(Self { folder: folder.to_owned(), child, address, newest })
    }

    /// How it ended by itself, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Starts, and is killed after `moment`; whether it served by then.
    pub fn killed_while_it_starts(folder: &Path, address: &str, moment: Duration) -> bool {
        let mut child = start(command(folder), folder, address, |_| {});
        std::thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        announced(&mut child).is_some()
    }

    /// SIGTERM, and SIGKILL after `moment`; whether it had ended by then.
    pub fn killed_while_it_stops(mut self, moment: Duration) -> bool {
        let told = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(told.success());
        std::thread::sleep(moment);
        let is_up = self.is_up();
        self.kill();
        !is_up
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

    /// SIGTERM; whether it then ends well.
    pub fn terminate(mut self) -> bool {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().success()
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

fn start(
    mut command: Command,
    folder: &Path,
    address: &str,
    prepared: impl FnOnce(&mut Command),
) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("server.log")).unwrap();
    command
        .env("SFUND__SERVER__ADDRESS", address)
        .args(["serve", "--json"])
        .stdout(Stdio::piped())
        .stderr(log);
    prepared(&mut command);
    command.spawn().unwrap()
}

/// The server in `folder`, which must serve.
fn up(served: Result<Program, ExitStatus>, folder: &Path) -> Program {
    served.unwrap_or_else(|ended| panic!("the server does not serve: {ended}, {}", log(folder)))
}

/// All that servers said in `folder`.
pub fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("server.log")).unwrap()
}

/// What it says once it serves.
fn announced(child: &mut Child) -> Option<Value> {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    serde_json::from_str(&line).ok()
}

/// What `sfund verify` finds in the store of `folder`, which nobody has open.
pub fn verify(folder: &Path) -> Value {
    let output = command(folder).args(["verify", "--json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The program, to be run in `folder` on the store there.
pub fn command(folder: &Path) -> Command {
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
