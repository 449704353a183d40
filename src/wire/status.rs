//! Every no as the client gets it: the only place that knows gRPC codes.
//!
//! The market's own refusals are numbered from 101; those of the service before it, below. Each has
//! a stable `reason`; `domain` is `sfund`. An internal cause is logged and never sent.

use std::collections::HashMap;
use std::time::Duration;

use sfund_engine::id::Sequence;
use sfund_engine::reject::{Reject, RejectKind};
use sfund_engine::time::Time;
use sfund_proto::v1;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::wire::fields::Malformed;

/// The `domain` of every `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "sfund";
/// How long to wait before asking again for what the machine has no room for now.
pub const RETRY_AFTER: Duration = Duration::from_millis(100);
/// How long to wait before asking again for what only time makes room for.
pub const RETRY_LATER: Duration = Duration::from_secs(60);

/// One no, ready to be sent: as the status of a call, or as a message within a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    code: Code,
    reason: &'static str,
    message: String,
    metadata: Vec<(&'static str, String)>,
    malformed: Option<Malformed>,
    retry_after: Option<Duration>,
}

/// One line of the catalogue of the service's own refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TroubleLine {
    /// Its number, for ever.
    pub number: u32,
    /// Its name, for ever.
    pub name: &'static str,
    /// Its gRPC code.
    pub code: Code,
    /// What it means.
    pub meaning: &'static str,
    /// What it says, with its fields in braces.
    pub text: &'static str,
    /// The names of its fields.
    pub fields: &'static [&'static str],
}

macro_rules! troubles {
    ($(
        $(#[doc = $doc:literal])*
        $number:literal $name:literal $code:ident $text:literal
        $variant:ident { $($field:ident: $type:ty),* $(,)? }
    )*) => {
        /// Why the service says no before the market is asked, or instead of its answer.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum Trouble {
            $(
                $(#[doc = $doc])*
                #[error($text)]
                $variant {
                    $(
                        #[doc = concat!("The `", stringify!($field), "` of it.")]
                        $field: $type,
                    )*
                },
            )*
        }

        impl Trouble {
            /// Every one of them.
            pub const CATALOGUE: &'static [TroubleLine] = &[$(TroubleLine {
                number: $number,
                name: $name,
                code: Code::$code,
                meaning: concat!($($doc),*),
                text: $text,
                fields: &[$(stringify!($field)),*],
            },)*];

            const fn number(&self) -> u32 {
                match self {
                    $(Self::$variant { .. } => $number,)*
                }
            }

            const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)*
                }
            }

            const fn code(&self) -> Code {
                match self {
                    $(Self::$variant { .. } => Code::$code,)*
                }
            }

            fn fields(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$variant { $($field),* } => {
                        vec![$((stringify!($field), $field.to_string())),*]
                    })*
                }
            }
        }
    };
}

troubles! {
    /// The call brings no key: `authorization: Bearer` and the key.
    1 "KEY_MISSING" Unauthenticated "the call brings no key"
    KeyMissing {}

    /// The venue does not know the key.
    2 "KEY_UNKNOWN" Unauthenticated "the venue does not know this key"
    KeyUnknown {}

    /// The key has expired.
    3 "KEY_EXPIRED" Unauthenticated "the key expired at {expired}"
    KeyExpired { expired: Time }

    /// The key was revoked.
    4 "KEY_REVOKED" Unauthenticated "the key was revoked at {revoked}"
    KeyRevoked { revoked: Time }

    /// The key may only look.
    5 "KEY_READ_ONLY" PermissionDenied "the key may only look, and {method} does more"
    KeyReadOnly { method: String }

    /// The role of the caller has no use of this method.
    6 "ROLE_NOT_ADMITTED" PermissionDenied "{method} is not for the role {role}"
    RoleNotAdmitted { method: String, role: String }

    /// What was asked for is not there, or the caller may not see it.
    7 "NOT_FOUND" NotFound "there is no {what}, or the caller may not see it"
    NotFound { what: String }

    /// There is no such method.
    8 "METHOD_UNKNOWN" Unimplemented "there is no method {method}"
    MethodUnknown { method: String }

    /// Fields of the request are malformed; the details name each.
    9 "MALFORMED" InvalidArgument "{fields} malformed"
    Malformed { fields: String }

    /// The first message of an order stream opens it, and no other does.
    10 "STREAM_NOT_OPENED" InvalidArgument "the first message opens the stream, and no other does"
    StreamNotOpened {}

    /// The caller sends more calls than its share.
    20 "RATE_LIMITED" ResourceExhausted "at most {calls_per_second} calls a second"
    RateLimited { calls_per_second: u32, wait_milliseconds: u64 }

    /// The caller waits for as many answers as it may.
    21 "TOO_MANY_IN_FLIGHT" ResourceExhausted "at most {limit} calls at once"
    TooManyInFlight { limit: usize }

    /// The caller has as many streams open as it may.
    22 "TOO_MANY_STREAMS" ResourceExhausted "at most {limit} streams at once"
    TooManyStreams { limit: usize }

    /// As many commands wait for the market as may.
    23 "QUEUE_FULL" ResourceExhausted "as many commands wait as may: try again soon"
    QueueFull {}

    /// The reader of a stream is too slow; it may resume.
    24 "SLOW_READER" ResourceExhausted "the reader is too slow: resume from {resume_sequence}"
    SlowReader { resume_sequence: u64 }

    /// A call lasts at most this long.
    30 "DEADLINE_EXCEEDED" DeadlineExceeded "the call took longer than it may"
    DeadlineExceeded {}

    /// The entry that the read waits for did not come in time.
    31 "NOT_YET_PUBLISHED" DeadlineExceeded "{wanted} is not published yet; the newest is {newest}"
    NotYetPublished { wanted: Sequence, newest: Sequence }

    /// The server stops. A command may have been taken: ask again with the same attempt.
    32 "STOPPING" Unavailable "the server stops: try again with the same attempt"
    Stopping {}

    /// The venue is not open yet.
    33 "VENUE_NOT_READY" Unavailable "the venue is not open yet"
    VenueNotReady {}

    /// The server met something that it should not; its log says more.
    40 "INTERNAL" Internal "the server met something that it should not; its log says more"
    Internal {}
}

impl Trouble {
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { wait_milliseconds, .. } => {
                Some(Duration::from_millis((*wait_milliseconds).max(1)))
            }
            Self::TooManyInFlight { .. }
            | Self::TooManyStreams { .. }
            | Self::QueueFull {}
            | Self::SlowReader { .. }
            | Self::NotYetPublished { .. }
            | Self::Stopping {}
            | Self::VenueNotReady {} => Some(RETRY_AFTER),
            Self::KeyMissing {}
            | Self::KeyUnknown {}
            | Self::KeyExpired { .. }
            | Self::KeyRevoked { .. }
            | Self::KeyReadOnly { .. }
            | Self::RoleNotAdmitted { .. }
            | Self::NotFound { .. }
            | Self::MethodUnknown { .. }
            | Self::Malformed { .. }
            | Self::StreamNotOpened {}
            | Self::DeadlineExceeded {}
            | Self::Internal {} => None,
        }
    }
}

impl Denial {
    /// Its stable name.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }
}

impl From<Trouble> for Denial {
    fn from(trouble: Trouble) -> Self {
        let mut metadata = vec![("number", trouble.number().to_string())];
        metadata.extend(trouble.fields());
        Self {
            code: trouble.code(),
            reason: trouble.name(),
            message: trouble.to_string(),
            metadata,
            malformed: None,
            retry_after: trouble.retry_after(),
        }
    }
}

impl From<Malformed> for Denial {
    fn from(malformed: Malformed) -> Self {
        let names: Vec<&str> = malformed.0.iter().map(|wrong| wrong.field.as_str()).collect();
        let denial = Self::from(Trouble::Malformed { fields: names.join(", ") });
        Self { malformed: Some(malformed), ..denial }
    }
}

impl From<&Reject> for Denial {
    fn from(reject: &Reject) -> Self {
        let line = reject.refusal();
        let mut metadata = vec![("number", line.number.to_string())];
        if !line.rule.is_empty() {
            metadata.push(("rule", line.rule.to_owned()));
        }
        metadata.extend(reject.fields());
        Self {
            code: code_of(line.kind),
            reason: line.name,
            message: reject.to_string(),
            metadata,
            malformed: None,
            // The others are recorded: the same attempt has the same answer at any time.
            retry_after: matches!(reject, Reject::TooManyAttempts { .. }).then_some(RETRY_LATER),
        }
    }
}

/// The gRPC code of a refusal of this kind.
#[must_use]
pub const fn code_of(kind: RejectKind) -> Code {
    match kind {
        RejectKind::Malformed => Code::InvalidArgument,
        RejectKind::NotPermitted => Code::PermissionDenied,
        RejectKind::NotFound => Code::NotFound,
        RejectKind::AlreadyExists => Code::AlreadyExists,
        RejectKind::Rule => Code::FailedPrecondition,
        RejectKind::Exhausted => Code::ResourceExhausted,
    }
}

impl From<Denial> for Status {
    fn from(denial: Denial) -> Self {
        metrics::counter!("sfund_refusals_total", "reason" => denial.reason).increment(1);
        let mut details = ErrorDetails::new();
        let metadata: HashMap<String, String> =
            denial.metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        details.set_error_info(denial.reason, DOMAIN, metadata);
        if let Some(malformed) = denial.malformed {
            let violation = |wrong: crate::wire::fields::Violation| {
                FieldViolation::new(wrong.field, wrong.description)
            };
            details.set_bad_request(malformed.0.into_iter().map(violation).collect::<Vec<_>>());
        }
        if let Some(wait) = denial.retry_after {
            details.set_retry_info(Some(wait));
        }
        Self::with_error_details(denial.code, denial.message, details)
    }
}

impl From<Denial> for v1::Refusal {
    fn from(denial: Denial) -> Self {
        metrics::counter!("sfund_refusals_total", "reason" => denial.reason).increment(1);
        let violations = denial.malformed.map(|malformed| malformed.0).unwrap_or_default();
        let wait = denial.retry_after.map_or(0, |wait| wait.as_millis());
        Self {
            code: denial.code.into(),
            reason: denial.reason.to_owned(),
            message: denial.message,
            metadata: denial
                .metadata
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            field_violations: violations
                .into_iter()
                .map(|wrong| v1::FieldViolation {
                    field: wrong.field,
                    description: wrong.description,
                })
                .collect(),
            retry_after_milliseconds: u32::try_from(wait).unwrap_or(u32::MAX),
        }
    }
}

impl From<Trouble> for Status {
    fn from(trouble: Trouble) -> Self {
        Denial::from(trouble).into()
    }
}

impl From<Malformed> for Status {
    fn from(malformed: Malformed) -> Self {
        Denial::from(malformed).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sfund_engine::id::FundId;

    use super::*;
    use crate::wire::fields::Violation;

    #[test]
    fn every_refusal_of_the_market_has_the_code_of_its_kind() {
        let mut seen = BTreeSet::new();
        for line in Reject::CATALOGUE {
            assert_ne!(code_of(line.kind), Code::Unknown, "{}", line.name);
            assert_ne!(code_of(line.kind), Code::Internal, "{}", line.name);
            assert!(seen.insert(line.number), "{} has a number of its own", line.name);
        }
        for line in Trouble::CATALOGUE {
            assert!(line.number < 100, "{} is below the market's", line.name);
            assert!(seen.insert(line.number), "{} has a number of its own", line.name);
            assert_ne!(line.code, Code::Unknown, "{}", line.name);
            assert!(Reject::CATALOGUE.iter().all(|other| other.name != line.name));
        }
    }

    #[test]
    fn a_refusal_says_its_number_rule_and_what_was_asked_and_allowed() {
        let reject = Reject::HolderCap { fund: FundId::new(3), holders: 50, joins: 1, cap: 50 };
        let status = Status::from(Denial::from(&reject));
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert_eq!(status.message(), "fund-3 has 50 holders of 50; 1 more do not fit");
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("HOLDER_CAP", "sfund"));
        assert_eq!(info.metadata["number"], "225");
        assert_eq!(info.metadata["rule"], "A3");
        assert_eq!((&info.metadata["holders"][..], &info.metadata["cap"][..]), ("50", "50"));
        assert!(details.retry_info().is_none());

        let refusal = v1::Refusal::from(Denial::from(&reject));
        assert_eq!(refusal.code, 9);
        assert_eq!(refusal.metadata["rule"], "A3");
    }

    #[test]
    fn what_the_machine_has_no_room_for_says_when_to_try_again() {
        let full = Status::from(Trouble::QueueFull {});
        assert_eq!(full.code(), Code::ResourceExhausted);
        let wait = full.get_error_details().retry_info().unwrap().retry_delay;
        assert_eq!(wait, Some(RETRY_AFTER));
        let later = Status::from(Denial::from(&Reject::TooManyAttempts { limit: 1 }));
        assert!(later.get_error_details().retry_info().is_some());
        // A refusal that is recorded stays what it is, however often the attempt is sent again.
        let party = sfund_engine::id::PartyId::new(1);
        let full = Status::from(Denial::from(&Reject::TooManyOrders { party, limit: 1 }));
        assert_eq!(full.code(), Code::ResourceExhausted);
        assert!(full.get_error_details().retry_info().is_none());
    }

    #[test]
    fn malformed_fields_are_each_named() {
        let wrong = |field: &str| Violation {
            field: field.to_owned(),
            description: "is required".to_owned(),
        };
        let status = Status::from(Malformed(vec![wrong("order.price"), wrong("request_id")]));
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let named = &details.bad_request().unwrap().field_violations;
        assert_eq!(named[0].field, "order.price");
        assert_eq!(named[1].field, "request_id");
        assert_eq!(details.error_info().unwrap().reason, "MALFORMED");
    }
}
