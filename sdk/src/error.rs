//! What a call can come to besides its answer.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use sfund_proto::v1;
use thiserror::Error;
use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt as _;

/// Why a call has no answer.
#[derive(Debug, Error)]
pub enum Error {
    /// A rule of the market says no. Nothing happened.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// A field of the request makes no sense; see [`Refusal::fields`]. Nothing happened.
    #[error("{0}")]
    Malformed(Box<Refusal>),
    /// The caller may not ask this. Nothing happened.
    #[error("{0}")]
    NotPermitted(Box<Refusal>),
    /// It is not there, or the caller may not see it.
    #[error("{0}")]
    NotFound(Box<Refusal>),
    /// The server does not know the key, or there is none.
    #[error("{0}")]
    Unauthenticated(Box<Refusal>),
    /// Too much at once, of this caller or of all. Nothing happened.
    #[error("{refusal}; ask again in {} ms", retry_after.as_millis())]
    Overloaded {
        /// Wait at least this long.
        retry_after: Duration,
        /// What the server said.
        refusal: Box<Refusal>,
    },
    /// The server cannot answer now, whatever was asked.
    #[error("the server is not available: {0}")]
    Unavailable(Box<Refusal>),
    /// The server failed; its operators find the cause in its log.
    #[error("the server failed: {0}")]
    Failed(Box<Refusal>),
    /// No answer within the deadline. A command may or may not have had its effect: give it again
    /// under the same id to find out.
    #[error("no answer within the deadline")]
    Deadline,
    /// The connection could not be made, or was lost.
    #[error("no connection: {}", words(.0.as_ref()))]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The options make no client.
    #[error("the client's options: {0}")]
    Options(#[from] BadOptions),
    /// The server's answer is none that this version understands.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The order stream is closed.
    #[error("the order stream is closed")]
    Closed,
}

/// What is wrong with the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadOptions {
    /// The address is no URL.
    #[error("the address is none; it looks like https://host:port or http://127.0.0.1:port")]
    Address,
    /// The key would travel in the clear.
    #[error("a key does not leave this machine without TLS: use https, or allow it by `plaintext`")]
    Plaintext,
    /// A certificate, key or authority cannot be read.
    #[error("a certificate, its key or the authority is no PEM that can be used")]
    Tls,
}

/// A field of the server's answer cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the server's answer has no readable `{field}`; is this client older than the server?")]
pub struct Unreadable {
    /// Which field.
    pub field: &'static str,
}

/// Why the market, or the service before it, said no (拒绝).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Stable name, as `UNITS_NOT_AVAILABLE`; empty where the server gave none.
    pub reason: String,
    /// Number in the catalogue of refusals, where it is in it.
    pub number: Option<u32>,
    /// Rule of the rulebook it rests on, where it is one's.
    pub rule: Option<String>,
    /// Words for people.
    pub message: String,
    /// What was asked and what was allowed, by name.
    pub metadata: BTreeMap<String, String>,
    /// Malformed fields of the request.
    pub fields: Vec<FieldViolation>,
}

/// One malformed field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// Its path, as `order.price`.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

impl Error {
    /// The refusal behind it, if the server said one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal)
            | Self::Malformed(refusal)
            | Self::NotPermitted(refusal)
            | Self::NotFound(refusal)
            | Self::Unauthenticated(refusal)
            | Self::Overloaded { refusal, .. }
            | Self::Unavailable(refusal)
            | Self::Failed(refusal) => Some(refusal),
            Self::Deadline
            | Self::Transport(_)
            | Self::Options(_)
            | Self::Unreadable(_)
            | Self::Closed => None,
        }
    }

    /// Stable name of the refusal, or empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.refusal().map_or("", |refusal| &refusal.reason)
    }

    /// Whether a command that ended so may have had its effect.
    ///
    /// The way to know is to give it again under the same id.
    #[must_use]
    pub const fn outcome_unknown(&self) -> bool {
        match self {
            Self::Unavailable(_)
            | Self::Failed(_)
            | Self::Deadline
            | Self::Transport(_)
            | Self::Unreadable(_)
            | Self::Closed => true,
            Self::Refused(_)
            | Self::Malformed(_)
            | Self::NotPermitted(_)
            | Self::NotFound(_)
            | Self::Unauthenticated(_)
            | Self::Overloaded { .. }
            | Self::Options(_) => false,
        }
    }

    /// Whether the server said no before it asked the market: of an earlier attempt under the same
    /// id that says nothing.
    pub(crate) const fn is_before_market(&self) -> bool {
        matches!(self, Self::Overloaded { .. } | Self::Unauthenticated(_))
    }

    /// How long to wait at least before trying again; `None` where trying again is no use.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable(_) | Self::Transport(_) => Some(Duration::ZERO),
            Self::Overloaded { retry_after, .. } => Some(*retry_after),
            Self::Refused(_)
            | Self::Malformed(_)
            | Self::NotPermitted(_)
            | Self::NotFound(_)
            | Self::Unauthenticated(_)
            | Self::Failed(_)
            | Self::Deadline
            | Self::Options(_)
            | Self::Unreadable(_)
            | Self::Closed => None,
        }
    }

    pub(crate) fn from_status(status: Status) -> Self {
        if let Some(cause) = std::error::Error::source(&status) {
            // A call on a connection that ends is cancelled too: that is no deadline.
            return if is_expired(cause) {
                Self::Deadline
            } else {
                Self::Transport(Box::new(status))
            };
        }
        let details = status.get_error_details();
        let retry_after = details.retry_info().and_then(|info| info.retry_delay);
        let fields = details.bad_request().map(|request| &request.field_violations);
        let fields = fields.into_iter().flatten().map(|violation| FieldViolation {
            field: violation.field.clone(),
            description: violation.description.clone(),
        });
        let mut refusal = Refusal {
            message: status.message().to_owned(),
            fields: fields.collect(),
            ..Refusal::default()
        };
        if let Some(info) = details.error_info() {
            refusal.reason.clone_from(&info.reason);
            refusal.take_metadata(info.metadata.clone());
        }
        Self::of(status.code(), refusal, retry_after)
    }

    /// Why a stream broke off. A reader that was too slow may come back at once.
    pub(crate) fn from_cut(status: Status) -> Self {
        let too_slow = status.code() == Code::ResourceExhausted;
        match (Self::from_status(status), too_slow) {
            (Self::Refused(refusal), true) => {
                Self::Overloaded { retry_after: Duration::ZERO, refusal }
            }
            (error, _) => error,
        }
    }

    pub(crate) fn from_wire(wire: v1::Refusal) -> Self {
        let millis = u64::from(wire.retry_after_milliseconds);
        let retry_after = (millis != 0).then(|| Duration::from_millis(millis));
        let fields = wire.field_violations.into_iter().map(|violation| FieldViolation {
            field: violation.field,
            description: violation.description,
        });
        let mut refusal = Refusal {
            reason: wire.reason,
            message: wire.message,
            fields: fields.collect(),
            ..Refusal::default()
        };
        refusal.take_metadata(wire.metadata);
        Self::of(Code::from_i32(wire.code), refusal, retry_after)
    }

    fn of(code: Code, refusal: Refusal, retry_after: Option<Duration>) -> Self {
        let refusal = Box::new(refusal);
        match code {
            Code::InvalidArgument => Self::Malformed(refusal),
            Code::PermissionDenied => Self::NotPermitted(refusal),
            Code::NotFound => Self::NotFound(refusal),
            Code::Unauthenticated => Self::Unauthenticated(refusal),
            Code::DeadlineExceeded => Self::Deadline,
            Code::Unavailable | Code::Cancelled => Self::Unavailable(refusal),
            Code::ResourceExhausted => match retry_after {
                Some(retry_after) => Self::Overloaded { retry_after, refusal },
                None => Self::Refused(refusal),
            },
            Code::FailedPrecondition | Code::AlreadyExists | Code::Aborted | Code::OutOfRange => {
                Self::Refused(refusal)
            }
            Code::Ok | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => {
                Self::Failed(refusal)
            }
        }
    }
}

impl Refusal {
    /// Takes out of the metadata what has a field of its own.
    fn take_metadata(&mut self, metadata: impl IntoIterator<Item = (String, String)>) {
        self.metadata = metadata.into_iter().collect();
        self.number = self.metadata.remove("number").and_then(|number| number.parse().ok());
        self.rule = self.metadata.remove("rule").filter(|rule| !rule.is_empty());
    }

    pub(crate) fn from_wire(wire: v1::Refusal) -> Self {
        let error = Error::from_wire(wire);
        error.refusal().cloned().unwrap_or_default()
    }
}

impl fmt::Display for Refusal {
    /// The words, then the name and the rule: `no units asked for (NO_UNITS)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (self.reason.as_str(), &self.rule) {
            ("", _) => {}
            (reason, None) => write!(f, " ({reason})")?,
            (reason, Some(rule)) => write!(f, " ({reason}, rule {rule})")?,
        }
        for field in &self.fields {
            write!(f, "; {}: {}", field.field, field.description)?;
        }
        Ok(())
    }
}

/// The innermost cause in words: the outer ones say "transport error" only.
fn words(error: &(dyn std::error::Error + Send + Sync)) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Whether the client itself gave a call up because its time was over.
fn is_expired(cause: &(dyn std::error::Error + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(cause), |cause| cause.source());
    chain.any(|cause| cause.is::<TimeoutExpired>())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use expect_test::expect;
    use tonic_types::ErrorDetails;

    use super::*;

    fn refused(code: Code, details: &mut ErrorDetails) -> Error {
        let metadata = [("number", "225"), ("rule", "A3"), ("cap", "50")];
        let metadata: HashMap<_, _> =
            metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        details.set_error_info("HOLDER_CAP", "sfund", metadata);
        Error::from_status(Status::with_error_details(code, "no room", details.clone()))
    }

    #[test]
    fn a_refusal_keeps_its_name_number_rule_and_what_was_allowed() {
        let error = refused(Code::FailedPrecondition, &mut ErrorDetails::new());
        let Error::Refused(refusal) = &error else { panic!("{error:?}") };
        assert_eq!((refusal.number, refusal.rule.as_deref()), (Some(225), Some("A3")));
        assert_eq!(refusal.metadata.get("cap").map(String::as_str), Some("50"));
        expect!["no room (HOLDER_CAP, rule A3)"].assert_eq(&error.to_string());
        assert!(!error.outcome_unknown() && error.retry_after().is_none());
    }

    #[test]
    fn a_call_that_its_connection_cancels_is_tried_again_and_one_out_of_time_is_not() {
        let mut cut = Status::cancelled("operation was canceled");
        cut.set_source(std::sync::Arc::new(std::io::Error::other("connection closed")));
        let error = Error::from_status(cut);
        assert!(matches!(error, Error::Transport(_)) && error.retry_after().is_some());
        let late = Status::from_error(Box::new(TimeoutExpired(())));
        assert!(matches!(Error::from_status(late), Error::Deadline));
    }

    #[test]
    fn overload_is_worth_another_attempt_only_if_the_server_says_when() {
        let mut details = ErrorDetails::new();
        details.set_retry_info(Some(Duration::from_millis(30)));
        let error = refused(Code::ResourceExhausted, &mut details);
        assert_eq!(error.retry_after(), Some(Duration::from_millis(30)));
        let error = refused(Code::ResourceExhausted, &mut ErrorDetails::new());
        assert!(matches!(error, Error::Refused(_)) && error.retry_after().is_none());
    }

    #[test]
    fn malformed_fields_are_named() {
        let mut details = ErrorDetails::new();
        details.add_bad_request_violation("order.price", "is no decimal number");
        let error = refused(Code::InvalidArgument, &mut details);
        expect!["no room (HOLDER_CAP, rule A3); order.price: is no decimal number"]
            .assert_eq(&error.to_string());
    }
}
