//! What is wrong with a configuration: every complaint at once, each with its key and origin.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::layers::Origin;

/// One value that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The setting.
    pub key: String,
    /// Where its value comes from.
    pub origin: Origin,
    /// What must be otherwise.
    pub what: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, origin, what } = self;
        match origin {
            Origin::Default => write!(f, "{key} {what}"),
            Origin::File(path) => write!(f, "{key} {what} ({})", path.display()),
            Origin::Environment(name) => write!(f, "{key} {what} ({name})"),
            Origin::Flag => write!(f, "{key} {what} (--{key})"),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{path} cannot be read: name a file that exists and that this user may read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("{path} is no TOML")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value has the wrong type.
    #[error("a setting has a value of the wrong kind")]
    Type(#[source] config::ConfigError),
    /// Values that cannot stand.
    #[error("{}", lines(.0))]
    Wrong(Vec<Complaint>),
}

fn lines(complaints: &[Complaint]) -> String {
    complaints.iter().map(Complaint::to_string).collect::<Vec<_>>().join("\n")
}
