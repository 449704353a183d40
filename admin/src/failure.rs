//! What can go wrong here, and what to do next.

use std::io;
use std::path::PathBuf;

use sfund_sdk::{BadOptions, Error, Uuid};
use thiserror::Error as ThisError;

/// Why a command did not do what it was asked.
#[derive(Debug, ThisError)]
pub(crate) enum Failure {
    /// The exchange, or the way to it.
    #[error(transparent)]
    Exchange(#[from] Error),
    /// A command whose outcome is not known.
    #[error("{error}")]
    Unknown {
        /// What happened.
        #[source]
        error: Error,
        /// Under which id it was given.
        attempt: Uuid,
    },
    /// No key was given.
    #[error("no API key is given")]
    NoKey,
    /// The key is none.
    #[error(transparent)]
    BadKey(#[from] sfund_sdk::NotAKey),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file does not say what it should.
    #[error("{}: {source}", path.display())]
    BadFile {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: crate::files::BadFile,
    },
    /// The machine has no randomness for a key.
    #[error(transparent)]
    NoRandomness(#[from] sfund_sdk::NoRandomness),
    /// Output cannot be written.
    #[error("output: {0}")]
    Output(#[from] io::Error),
    /// A full-screen view has no screen.
    #[error("this takes a terminal")]
    NoTerminal,
    /// A check found something.
    #[error("{0}")]
    FoundWrong(&'static str),
}

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The market, or a check, said no.
    FoundWrong,
    /// It could not be told.
    CouldNotTell,
}

impl Failure {
    /// How the process ends with it.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::FoundWrong(_) => Exit::FoundWrong,
            Self::Exchange(error) => match error {
                Error::Refused(_)
                | Error::Malformed(_)
                | Error::NotPermitted(_)
                | Error::NotFound(_) => Exit::FoundWrong,
                Error::Unauthenticated(_)
                | Error::Overloaded { .. }
                | Error::Unavailable(_)
                | Error::Failed(_)
                | Error::Deadline
                | Error::Transport(_)
                | Error::Options(_)
                | Error::Unreadable(_)
                | Error::Closed => Exit::CouldNotTell,
            },
            Self::Unknown { .. }
            | Self::NoKey
            | Self::BadKey(_)
            | Self::File { .. }
            | Self::BadFile { .. }
            | Self::NoRandomness(_)
            | Self::NoTerminal
            | Self::Output(_) => Exit::CouldNotTell,
        }
    }

    /// What to do next, if anything can be said.
    pub(crate) fn advice(&self) -> Option<String> {
        let text = match self {
            Self::NoKey | Self::BadKey(_) => {
                "give the key by --key-file FILE, or in the environment as SFUND_KEY_FILE or \
                 SFUND_KEY; an operator makes one by: sfund-admin keys issue PARTY"
            }
            Self::Unknown { attempt, .. } => {
                return Some(format!(
                    "it may have happened: give the same command with --attempt {attempt} to find \
                     out; it has one effect however often it is given"
                ));
            }
            Self::Exchange(error) => return advice(error),
            Self::NoTerminal => "for programs there is: sfund-admin audit --follow --json",
            Self::File { .. }
            | Self::BadFile { .. }
            | Self::NoRandomness(_)
            | Self::Output(_)
            | Self::FoundWrong(_) => return None,
        };
        Some(text.to_owned())
    }
}

fn advice(error: &Error) -> Option<String> {
    let text = match error {
        Error::Unauthenticated(_) => {
            "the server does not know this key: it may be revoked or out of date, or of another \
             venue; see --key-file"
        }
        Error::NotPermitted(_) => "see who you are: sfund-admin whoami",
        Error::NotFound(_) => {
            "ids look like fund-12, party-3 and listing-7, and a code of a fund or a party does \
             too: see the lists; there is a lot once its bidding is opened"
        }
        Error::Transport(_) if error.to_string().contains("certificate") => {
            "who vouches for the server? Give its authority by --ca FILE or SFUND_CA"
        }
        Error::Transport(_) | Error::Unavailable(_) | Error::Deadline => {
            "is the server running, and is it there? Give --address URL or SFUND_ADDRESS"
        }
        Error::Options(BadOptions::Plaintext) => {
            "use an https:// address, or --plaintext if the network is private by other means"
        }
        Error::Options(BadOptions::Address) => "give --address https://HOST:PORT",
        Error::Options(BadOptions::Tls) => "look at --ca, --cert and --cert-key",
        Error::Overloaded { .. } => "the server is busy: try again in a moment",
        Error::Failed(_) => "the server's log says why",
        Error::Refused(refusal) => return next_step(&refusal.reason).map(ToOwned::to_owned),
        Error::Malformed(_) | Error::Unreadable(_) | Error::Closed => return None,
    };
    Some(text.to_owned())
}

/// What an operator does next where the market says no to what it does with a listing.
fn next_step(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "LISTING_STAGE" => "see where it stands: sfund-admin listings show LISTING",
        "GATE_NOT_GREEN" => "see what it waits for: sfund-admin listings deadlines LISTING",
        "GATE_NOT_RUNNING" => "see its gates: sfund-admin listings show LISTING",
        "INTENTION_WAITS" => {
            "see who waits: sfund-admin bidding bidders LISTING; say who may bid by bidding \
             qualify; a deposit that is due is paid, or its time passes"
        }
        "NOT_DECLARED" => "see who declared an intention: sfund-admin bidding bidders LISTING",
        "OTHER_METHOD" => {
            "open it as it was announced: sfund-admin listings show LISTING; with one bidder only \
             it is negotiated"
        }
        "NOT_THE_WINNER" => "see who won: sfund-admin bidding award LISTING",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_forgets_the_key_is_told_how_to_give_it() {
        let advice = Failure::NoKey.advice().unwrap();
        for way in ["--key-file", "SFUND_KEY", "keys issue"] {
            assert!(advice.contains(way), "{way}");
        }
        assert_eq!(Failure::NoKey.exit(), Exit::CouldNotTell);
    }

    #[test]
    fn who_is_refused_is_told_what_to_do_next_in_commands_that_exist() {
        use clap::CommandFactory as _;
        let catalogue = include_str!("../../docs/REFUSALS.md");
        let tool = crate::Cli::command();
        for reason in [
            "LISTING_STAGE",
            "GATE_NOT_GREEN",
            "GATE_NOT_RUNNING",
            "INTENTION_WAITS",
            "NOT_DECLARED",
            "OTHER_METHOD",
            "NOT_THE_WINNER",
        ] {
            assert!(catalogue.contains(&format!("`{reason}`")), "{reason}");
            let advice = next_step(reason).unwrap();
            let (_, rest) = advice.split_once("sfund-admin ").unwrap();
            let mut words = rest.split(' ');
            let (group, name) = (words.next().unwrap(), words.next().unwrap());
            let known = tool.find_subcommand(group).and_then(|group| group.find_subcommand(name));
            assert!(known.is_some(), "{advice}");
        }
        assert_eq!(next_step("HOLDER_CAP"), None);
    }

    #[test]
    fn a_no_of_the_market_is_found_wrong_and_a_lost_connection_is_not() {
        let no = Failure::Exchange(Error::Refused(Box::default()));
        assert_eq!(no.exit(), Exit::FoundWrong);
        assert_eq!(Failure::Exchange(Error::Deadline).exit(), Exit::CouldNotTell);
    }
}
