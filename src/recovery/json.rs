//! Entries as JSON: names as in the code, amounts and ids as text, so that no reader rounds them.
//!
//! Every record names its fields by taking itself apart, so that a new field breaks the build here.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sfund_engine::amount::{Money, Ppm, Price, Units};
use sfund_engine::entry::Caller;
use sfund_engine::id::{
    FundId, IntentionId, ListingId, LockId, OrderId, PartyId, ProposalId, SegmentId, TradeId,
    TransferId,
};
use sfund_engine::policy::Permission;
use sfund_engine::policy::listing::ListingRules;
use sfund_engine::policy::matching::MatchingRules;
use sfund_engine::policy::overlay::StateRules;
use sfund_engine::policy::parameter::{Form, Rules as _};
use sfund_engine::registry::fund::{Currency, LegalForm, TradingState};
use sfund_engine::registry::lock_units::LockKind;
use sfund_engine::registry::party::{PartyForm, PartyStatus, Role};
use sfund_engine::reject::Reject;
use sfund_engine::time::{Date, Time};
use sfund_engine::trading::amend_order::TimePriority;
use sfund_engine::trading::board::IntentionEnd;
use sfund_engine::trading::order::{Closing, OrderPrice, PostOnly, SelfTrade, TimeInForce};
use sfund_engine::trading::set_trading_state::TradingScope;
use sfund_engine::trading::side::Side;
use sfund_engine::trading::sweep::SweepScope;
use sfund_engine::venue::issue_key::KeyScope;
use sfund_engine::venue::propose::{ProposalEnd, Verdict};

/// Something that has a JSON form.
pub(super) trait Json {
    /// Its form.
    fn json(&self) -> Value;
}

/// What prints itself is text.
macro_rules! as_text {
    ($($type:ty)*) => {
        $(impl Json for $type {
            fn json(&self) -> Value {
                Value::String(self.to_string())
            }
        })*
    };
}

/// A choice without fields is its name.
macro_rules! as_name {
    ($($type:ty)*) => {
        $(impl Json for $type {
            fn json(&self) -> Value {
                Value::String(format!("{self:?}"))
            }
        })*
    };
}

macro_rules! as_number {
    ($($type:ty)*) => {
        $(impl Json for $type {
            fn json(&self) -> Value {
                Value::from(*self)
            }
        })*
    };
}

as_text! {
    Money Price Units Currency Date Time
    FundId IntentionId ListingId LockId OrderId PartyId ProposalId SegmentId TradeId TransferId
}

as_name! {
    Closing IntentionEnd KeyScope LegalForm LockKind PartyForm PartyStatus Permission PostOnly
    ProposalEnd Role SelfTrade Side TimePriority TradingState Verdict
    sfund_engine::cash::request_transfer::Direction
    sfund_engine::cash::settle_transfer::TransferOutcome
}

as_number! { u8 u16 u32 i16 }

/// Beyond 2^53 a JSON number is rounded by many readers.
impl Json for u64 {
    fn json(&self) -> Value {
        Value::String(self.to_string())
    }
}

impl Json for Ppm {
    fn json(&self) -> Value {
        Value::from(self.get())
    }
}

impl Json for String {
    fn json(&self) -> Value {
        Value::String(self.clone())
    }
}

impl<const N: usize> Json for [u8; N] {
    fn json(&self) -> Value {
        Value::String(self.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Rules are their parameters by name: a number, or what is chosen in words.
macro_rules! as_parameters {
    ($($type:ty)*) => {
        $(impl Json for $type {
            fn json(&self) -> Value {
                object(self.parameters().into_iter().map(|(parameter, value)| {
                    let value = match parameter.form {
                        Form::Number { .. } => Value::from(value),
                        Form::Choice(_) | Form::Set(_) => Value::String(parameter.show(value)),
                    };
                    (parameter.name, value)
                }))
            }
        })*
    };
}

as_parameters! { ListingRules MatchingRules StateRules }

impl<T: Json> Json for Option<T> {
    fn json(&self) -> Value {
        self.as_ref().map_or(Value::Null, Json::json)
    }
}

impl<T: Json> Json for Vec<T> {
    fn json(&self) -> Value {
        Value::Array(self.iter().map(Json::json).collect())
    }
}

impl<T: Json> Json for BTreeSet<T> {
    fn json(&self) -> Value {
        Value::Array(self.iter().map(Json::json).collect())
    }
}

impl<T: Json> Json for Box<T> {
    fn json(&self) -> Value {
        self.as_ref().json()
    }
}

impl Json for Caller {
    fn json(&self) -> Value {
        match self {
            Self::Venue => Value::from("venue"),
            Self::Party(party) => party.json(),
        }
    }
}

impl Json for OrderPrice {
    fn json(&self) -> Value {
        match self {
            Self::Limit(price) => tagged("Limit", price),
            Self::Market(protection) => tagged("Market", protection),
        }
    }
}

impl Json for TimeInForce {
    fn json(&self) -> Value {
        match self {
            Self::GoodTill(time) => tagged("GoodTill", time),
            Self::Day | Self::GoodTillCancelled | Self::ImmediateOrCancel | Self::FillOrKill => {
                Value::String(format!("{self:?}"))
            }
        }
    }
}

impl Json for TradingScope {
    fn json(&self) -> Value {
        match self {
            Self::Fund(fund) => tagged("Fund", fund),
            Self::Segment(segment) => tagged("Segment", segment),
            Self::Venue => Value::from("Venue"),
        }
    }
}

impl Json for SweepScope {
    fn json(&self) -> Value {
        match self {
            Self::Party { party, fund, session } => {
                let fields =
                    [("party", party.json()), ("fund", fund.json()), ("session", session.json())];
                one("Party", object(fields))
            }
            Self::Fund(fund) => tagged("Fund", fund),
            Self::Segment(segment) => tagged("Segment", segment),
            Self::Venue => Value::from("Venue"),
        }
    }
}

impl Json for Reject {
    fn json(&self) -> Value {
        let refusal = self.refusal();
        object([
            ("number", Value::from(refusal.number)),
            ("name", Value::from(refusal.name)),
            ("rule", Value::from(refusal.rule)),
            ("message", Value::String(self.to_string())),
            ("fields", object(self.fields().into_iter().map(|(name, said)| (name, said.json())))),
        ])
    }
}

/// A record is an object of all its fields.
macro_rules! records {
    ($($type:ident { $($field:ident),* $(,)? })*) => {
        $(impl Json for $type {
            fn json(&self) -> Value {
                let Self { $($field),* } = self;
                object([$((stringify!($field), $field.json())),*])
            }
        })*
    };
}

pub(super) use {as_name, as_text, records};

/// An object with one member.
pub(super) fn one(name: &str, value: Value) -> Value {
    object([(name, value)])
}

/// An object with these members.
pub(super) fn object<'a>(members: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(members.collect::<Map<String, Value>>())
}

pub(super) fn tagged(name: &str, value: &impl Json) -> Value {
    one(name, value.json())
}
