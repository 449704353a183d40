//! Why a command could not tell, and how that is said.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::{config, journal, venue_file};

/// Why a command could not tell.
#[derive(Debug, Error)]
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
    eprintln!("sfund: {error}");
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(why) = cause {
        let words = why.to_string();
        // A transparent error says its cause already.
        if !said.contains(&words) {
            eprintln!("  because {words}");
        }
        said = words;
        cause = why.source();
    }
}
