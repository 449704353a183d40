//! Why a command could not tell, and how that is said.

use std::io;
use std::path::PathBuf;

use crate::secret::NoRandomness;
use crate::{config, journal, recovery, server, venue_file};

/// Why a command could not tell.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The settings.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// The venue's files.
    #[error(transparent)]
    Venue(#[from] venue_file::Error),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The market cannot be brought back.
    #[error(transparent)]
    Recovery(#[from] recovery::Error),
    /// The server.
    #[error(transparent)]
    Server(#[from] server::Error),
    /// There is no key.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The runtime did not start.
    #[error("the runtime cannot start: look at the limits of threads and open files")]
    Runtime(#[source] io::Error),
    /// A file cannot be written.
    #[error("{path} cannot be written: name a file that does not exist yet, on a disk with space")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Nobody takes our output.
    #[error("the output cannot be written: look at where stdout goes")]
    Output(#[from] io::Error),
    /// A folder cannot be made.
    #[error("{path} cannot be created: look at the permissions of its parent")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Says on stderr what went wrong, and beneath it why.
pub(super) fn report(error: &Error) {
    eprintln!("sfund: {}", chain(error).replace(": because ", "\n  because "));
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut text = said.clone();
    let mut cause = error.source();
    while let Some(why) = cause {
        let words = why.to_string();
        // A transparent error says its cause already.
        if !said.contains(&words) {
            text.push_str(": because ");
            text.push_str(&words);
        }
        said = words;
        cause = why.source();
    }
    text
}
