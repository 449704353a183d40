//! `sfund calc`: the rules without a server, one JSON object in, one out.

use std::io::{self, Read as _, Write as _};

use super::{Ending, Error};
use crate::calc::{self, INPUT_BYTES_MAX};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What to compute: borrowing_base, call, clock, lot, ltv, package, packages, price, ration or
    /// waterfall. The question is a JSON object on stdin.
    kind: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Error> {
    let mut text = Vec::new();
    // One byte more than is taken, so that what is too long is seen to be.
    let most = u64::try_from(INPUT_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    io::stdin().lock().take(most).read_to_end(&mut text)?;
    let answer = calc::answer(&arguments.kind, &String::from_utf8_lossy(&text));
    let (value, ending) = match answer {
        Ok(value) => (value, Ending::Good),
        Err(error) => (error.json(), Ending::CouldNotTell),
    };
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{value}")?;
    stdout.flush()?;
    Ok(ending)
}
