//! Why a command could not tell, and how that is said.

use std::io;
use std::path::PathBuf;

use crate::secret::NoRandomness;
use crate::{cause, config, journal, recovery, server, venue_file};

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
    /// There is no book of an auction.
    #[error(transparent)]
    NoBook(#[from] recovery::book::Error),
    /// What is given is no book of an auction.
    #[error(transparent)]
    NotABook(#[from] recovery::book::Unreadable),
    /// The server.
    #[error(transparent)]
    Server(#[from] server::Error),
    /// A file cannot be read.
    #[error("{path} cannot be read: name a file that exists and that this user may read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no CSV with these columns.
    #[error("the file is no register: it needs the columns that `sfund import --help` names")]
    Csv(#[source] csv::Error),
    /// The file holds no key.
    #[error("the file holds no API key: a key is `sfund_` and 64 hexadecimal digits")]
    NotAKey(#[source] sfund_sdk::NotAKey),
    /// No currency.
    #[error("`{0}` is no currency: give three capital letters")]
    NotACurrency(String),
    /// No such segment.
    #[error("there is no segment `{0}`: `sfund-admin` lists those there are")]
    NoSegment(String),
    /// The exchange said no, or is not there.
    #[error("the exchange does not answer as hoped: look at its address, its log and the key")]
    Client(#[source] sfund_sdk::Error),
    /// An import stopped.
    #[error("the import stopped; the same command goes on from there")]
    Import(#[source] crate::import::send::Error),
    /// The demo.
    #[error(transparent)]
    Demo(#[from] crate::demo::Error),
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
    eprintln!("sfund: {}", cause(error).replace(": because ", "\n  because "));
}
