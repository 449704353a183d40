//! `sfund key`: makes an API key, or tells the hash by which the venue knows one.

use std::io::{self, BufRead as _, Write as _};
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::output::Output;
use super::{Ending, Error};
use crate::genesis::create_private;
use crate::secret::{Secret, hexadecimal, key_hash};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Make a key. It is written to a file for its owner alone; its hash is printed, for IssueKey.
    New {
        /// The file, which must not exist.
        file: PathBuf,
    },
    /// Print the hash of the key on stdin, for RevokeKey.
    Hash,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Ending, Error> {
    let hash = match &arguments.what {
        What::New { file } => {
            let key = Secret::new_key()?;
            let unwritable = |source| Error::File { path: file.clone(), source };
            let mut private = create_private(file).map_err(unwritable)?;
            writeln!(private, "{}", key.expose())
                .and_then(|()| private.sync_all())
                .map_err(unwritable)?;
            key.hash()
        }
        What::Hash => {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line)?;
            key_hash(line.trim_end())
        }
    };
    let text = hexadecimal(&hash);
    output.print(&text, &json!({ "key_hash": text }))?;
    Ok(Ending::Good)
}
