//! Why a question has no answer.

use serde_json::{Value, json};
use sfund_engine::auction::{clear, lot, package};

use super::{INPUT_BYTES_MAX, kinds};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such kind.
    #[error("there is no kind `{kind}`; there are {}", kinds().join(", "))]
    UnknownKind {
        /// What was asked.
        kind: String,
    },
    /// The input is too long.
    #[error("the input is longer than {INPUT_BYTES_MAX} bytes")]
    TooLong,
    /// The input is no JSON object with the fields of this kind.
    #[error("{0}")]
    Malformed(#[source] serde_json::Error),
    /// A list is too long.
    #[error("`{field}` has {entries} entries; {most} are taken")]
    TooMany {
        /// The list.
        field: &'static str,
        /// Its entries.
        entries: usize,
        /// The most.
        most: usize,
    },
    /// A number has too many decimals.
    #[error("`{field}` is {value}; {scale} decimals are taken")]
    TooFine {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// The most decimals.
        scale: u32,
    },
    /// A number is too small or too large.
    #[error("`{field}` is {value}; {allowed}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// The exact result has more digits than are carried.
    #[error("the exact result has more digits than are carried")]
    Overflow,
    /// Two entries share a name.
    #[error("`{name}` stands twice in `{field}`")]
    NamedTwice {
        /// The list.
        field: &'static str,
        /// The name.
        name: String,
    },
    /// A name that nothing has.
    #[error("`{name}` in `{field}` is the name of no package")]
    UnknownName {
        /// The list.
        field: &'static str,
        /// The name.
        name: String,
    },
    /// Bids stand in the order they came.
    #[error("`bids` must ascend in time: `{time}` stands after a later one")]
    NotInOrder {
        /// The one that came earlier.
        time: String,
    },
    /// A call auction without a price, for another reason than that nobody meets.
    #[error(transparent)]
    Call(#[from] clear::NoPrice),
    /// A lot or a bid that makes no sense.
    #[error(transparent)]
    Lot(#[from] lot::Unsound),
    /// Packages without an award.
    #[error(transparent)]
    Packages(#[from] package::NoAward),
}

impl Error {
    /// Its stable name.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::UnknownKind { .. } => "UNKNOWN_KIND",
            Self::TooLong => "TOO_LONG",
            Self::Malformed(_) => "MALFORMED",
            Self::TooMany { .. } => "TOO_MANY",
            Self::TooFine { .. } => "TOO_FINE",
            Self::OutOfRange { .. } => "OUT_OF_RANGE",
            Self::Overflow => "OVERFLOW",
            Self::NamedTwice { .. } => "NAMED_TWICE",
            Self::UnknownName { .. } => "UNKNOWN_NAME",
            Self::NotInOrder { .. } => "NOT_IN_ORDER",
            Self::Call(no_price) => call_reason(*no_price),
            Self::Lot(unsound) => match unsound {
                lot::Unsound::QuantityOutOfRange { .. }
                | lot::Unsound::PriceOutOfRange { .. }
                | lot::Unsound::BidOutOfRange { .. } => "OUT_OF_RANGE",
                lot::Unsound::TooManyBids { .. } | lot::Unsound::TooLarge { .. } => "TOO_MANY",
            },
            Self::Packages(no_award) => match no_award {
                package::NoAward::TooManyFunds { .. }
                | package::NoAward::TooManyPackages { .. } => "TOO_MANY",
                package::NoAward::FundsUnsound { .. } => "MALFORMED",
                package::NoAward::PriceOutOfRange { .. } => "OUT_OF_RANGE",
                package::NoAward::WorkSpent { .. } => "NO_RESULT",
            },
        }
    }

    /// The error as programs take it.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({ "error": { "reason": self.reason(), "message": self.to_string() } })
    }
}

/// The stable name of why an auction has no price.
pub(super) const fn call_reason(no_price: clear::NoPrice) -> &'static str {
    match no_price {
        clear::NoPrice::TooManyOrders { .. } => "TOO_MANY",
        clear::NoPrice::QuantityOutOfRange { .. } | clear::NoPrice::PriceOutOfRange { .. } => {
            "OUT_OF_RANGE"
        }
        clear::NoPrice::OffTick { .. } => "OFF_TICK",
        clear::NoPrice::NoReference => "NO_REFERENCE",
        clear::NoPrice::NoCross => "NO_CROSS",
    }
}
