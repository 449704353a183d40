//! The records of call auctions as JSON: one line each, all of its fields.

use serde_json::Value;
use sfund_engine::auction::clear::RuleSet;
use sfund_engine::call::cancel::{CallClosed, CancelCall};
use sfund_engine::call::cancel_order::{CallOrderClosed, CancelCallOrder};
use sfund_engine::call::place::{CallOrderPlaced, PlaceCallOrder};
use sfund_engine::call::schedule::{CallScheduled, ScheduleCall};
use sfund_engine::call::trade::CallTraded;
use sfund_engine::call::{CallFill, CallOutcome, CallRules, CallTerms, Print, Repetition};
use sfund_engine::id::{CallId, CallOrderId};
use sfund_engine::reject::NotTradingLevel;

use crate::recovery::json::{Json, as_name, as_text, object, one, records, tagged};

as_text! { CallId CallOrderId }

as_name! { NotTradingLevel RuleSet }

records! {
    CallTerms { fund, opens, closes, repeats }
    Repetition { trading_days, until }
    CallRules { price, margin, pack }
    ScheduleCall { terms }
    CallScheduled { call, terms, rules }
    CancelCall { call }
    CallClosed { call, outcome }
    Print { price, volume, demand, supply, reference }
    CallFill { order, units }
    PlaceCallOrder { call, party, side, price, units }
    CallOrderPlaced { order, terms, hold, schedule }
    CancelCallOrder { call, order }
    CallOrderClosed { call, order, reason }
    CallTraded {
        trade, fund, call, buy, sell, price, units, cash, buyer, seller, buyer_fee, seller_fee,
        buyer_before, seller_before
    }
}

impl Json for CallOutcome {
    fn json(&self) -> Value {
        match self {
            Self::Printed { print, fills } => {
                one("Printed", object([("print", print.json()), ("fills", fills.json())]))
            }
            Self::NotTrading(level) => tagged("NotTrading", level),
            Self::NoCross
            | Self::NoReference
            | Self::Forbidden
            | Self::TermEnded
            | Self::Cancelled => Value::String(format!("{self:?}")),
        }
    }
}
