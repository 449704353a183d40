//! `sfund completions`: the completions of a shell, for its folder of completions.

use std::io::{self, Write as _};

use clap_complete::Shell;

use super::{Ending, Error};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::command(), "sfund", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Ending::Good)
}
