//! The command line: one file per subcommand.
//!
//! Data goes to stdout and talk to stderr. The exit code is 0 if all is good, 1 if something was
//! found wrong, 2 if that could not be told.

mod auction;
mod backup;
mod calc;
mod completions;
mod compliance;
mod config;
mod demo;
mod error;
mod export;
mod import;
mod key;
mod output;
mod restore;
mod serve;
mod verify;

use std::io;
use std::panic;
use std::path::PathBuf;
use std::process::{self, ExitCode};

use clap::{Arg, ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::error::Error;
use self::output::Output;
use crate::config::Loaded;
use crate::journal;

/// The exchange on which shares of private funds change hands.
///
/// Data goes to stdout and talk to stderr. Exit codes: 0 all good, 1 found wrong, 2 could not tell.
#[derive(Parser)]
#[command(name = "sfund", version, max_term_width = 100)]
struct Cli {
    /// File of settings; deploy/sfund.toml shows them all.
    #[arg(long, short, global = true, value_name = "FILE", env = "SFUND_CONFIG")]
    config: Option<PathBuf>,
    /// Print data as JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the exchange until SIGTERM or SIGINT. Opens a new venue if the store is absent or empty.
    Serve,
    /// Show the exchange: a small market, told as a story, then open for you to try.
    Demo(demo::Arguments),
    /// Check the journal: its hash chain, and every decision in it. The server must be stopped.
    Verify(verify::Arguments),
    /// Print entries of the journal as lines of JSON, the book of an auction, or the evidence of
    /// compliance of a listing. The server must be stopped.
    Export(export::Arguments),
    /// Copy the journal into a new folder. While the server runs, send it SIGUSR1 instead.
    Backup(backup::Arguments),
    /// Copy a backup into the store's folder, which must be absent or empty.
    Restore(restore::Arguments),
    /// Bring a register into a running exchange.
    Import(import::Arguments),
    /// Print the settings in force and where each comes from, or the policy packs.
    Config(config::Arguments),
    /// Make an API key, or print the hash of one.
    Key(key::Arguments),
    /// Compute a price, an auction or a pledge by the market's rules, from JSON on stdin.
    Calc(calc::Arguments),
    /// Print the completions of a shell.
    Completions(completions::Arguments),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// All is good.
    Good,
    /// Something was found wrong, and said.
    FoundWrong,
    /// What was asked makes no sense, and stdout says why.
    CouldNotTell,
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    explain_panics_of_sled();
    let matches = command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match run(cli, &matches) {
        Ok(Ending::Good) => ExitCode::SUCCESS,
        Ok(Ending::FoundWrong) => ExitCode::from(1),
        Ok(Ending::CouldNotTell) => ExitCode::from(2),
        // Whoever reads our output has read enough.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            error::report(&error);
            ExitCode::from(2)
        }
    }
}

/// On some damage sled panics, and a release build would end there with words about our code: says
/// what to do about the store instead, and ends as any command that could not tell.
fn explain_panics_of_sled() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        if journal::is_inside_sled() {
            error::report(&Error::Journal(journal::Error::SledPanicked));
            if let Some(place) = panicked.location() {
                eprintln!("  because it panicked at {place}");
            }
            process::exit(2);
        }
        usual(panicked);
    }));
}

fn run(cli: Cli, matches: &ArgMatches) -> Result<Ending, Error> {
    let output = Output::new(cli.json);
    let loaded: Loaded =
        crate::config::load(cli.config.as_deref(), std::env::vars(), &flags(matches))?;
    match cli.command {
        Command::Serve => serve::run(&loaded.config, output),
        Command::Demo(arguments) => demo::run(&loaded, arguments, output),
        Command::Export(arguments) => export::run(&loaded.config, &arguments, output),
        Command::Verify(arguments) => verify::run(&loaded.config, &arguments, output),
        Command::Backup(arguments) => backup::run(&loaded.config, &arguments, output),
        Command::Restore(arguments) => restore::run(&loaded.config, &arguments, output),
        Command::Import(arguments) => import::run(&arguments, output),
        Command::Config(arguments) => config::run(&loaded, &arguments, output),
        Command::Key(arguments) => key::run(&arguments, output),
        Command::Calc(arguments) => calc::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    }
}

/// The whole command line: the commands, and a flag for every setting.
fn command() -> clap::Command {
    let settings = crate::config::known().into_iter().map(|known| {
        Arg::new(known.key.clone())
            .long(known.key)
            .value_name("VALUE")
            .help(format!("{} [default: {}]", known.help, known.default))
            .help_heading("Settings")
            .hide_short_help(true)
            .global(true)
    });
    Cli::command().args(settings)
}

/// The settings given as flags.
fn flags(matches: &ArgMatches) -> Vec<(String, String)> {
    // A global flag is known to the innermost command.
    let mut innermost = matches;
    while let Some((_, inner)) = innermost.subcommand() {
        innermost = inner;
    }
    let given = |key: &String| innermost.get_one::<String>(key).cloned();
    let keys = crate::config::known().into_iter().map(|known| known.key);
    keys.filter_map(|key| given(&key).map(|value| (key, value))).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::journal;

    /// Set in the child of the test below.
    const CHILD: &str = "SFUND_TEST_PANIC_INSIDE_SLED";

    #[test]
    fn the_command_line_is_well_formed() {
        super::command().debug_assert();
    }

    #[test]
    fn a_panic_inside_sled_ends_with_2_and_says_to_restore_a_backup() {
        if std::env::var_os(CHILD).is_some() {
            super::explain_panics_of_sled();
            // A thread of sled's own, as on a failed write.
            let sled = std::thread::Builder::new().name("sled-io-1".to_owned());
            drop(sled.spawn(|| panic!("as sled does on some damage")).unwrap().join());
            unreachable!("the process ended");
        }
        assert!(!journal::is_inside_sled());
        let name = "cli::tests::a_panic_inside_sled_ends_with_2_and_says_to_restore_a_backup";
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.args([name, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("sfund: sled gave up on its files"), "{said}");
        assert!(said.contains("restore a backup") && !said.contains("RUST_BACKTRACE"), "{said}");
    }
}
