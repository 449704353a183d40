//! Scheduling a call auction (安排集合竞价), rules A1, I3.

use minicbor::{Decode, Encode};

use super::{
    CALL_INTERVAL_MAX, CALL_SECONDS_MAX, CALL_SECONDS_MIN, CallAuction, CallRules, CallTerms,
    Repetition,
};
use crate::calendar::{Calendar, OutsideCalendar};
use crate::check;
use crate::event::Event;
use crate::id::{CallId, SegmentId};
use crate::market::{Context, Market};
use crate::policy::{DAY_SECONDS, Permission};
use crate::reject::{Field, Reject};
use crate::time::{Date, Time};
use crate::trading::rules::outside;

/// Ask to schedule a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ScheduleCall {
    /// When it takes orders, and how it is repeated.
    #[n(0)]
    pub terms: CallTerms,
}

/// A call is scheduled: the first, or the next one of a repetition.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallScheduled {
    /// Its id, the next one.
    #[n(0)]
    pub call: CallId,
    /// When it takes orders, and how it is repeated.
    #[n(1)]
    pub terms: CallTerms,
    /// How it prints.
    #[n(2)]
    pub rules: CallRules,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &ScheduleCall,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let CallTerms { fund, opens, closes, repeats } = ask.terms;
    let longest = check_repetition(repeats)?;
    let record = market.fund(fund)?;
    let calendar = &market.open_venue().calendar;
    let date = market.date(closes);
    let trades = calendar.is_trading_day(date).map_err(outside)?;
    if let Some(Repetition { until, .. }) = repeats {
        // I3: a repetition ends where the calendar still speaks.
        calendar.is_trading_day(until).map_err(outside)?;
        if until < date {
            return Err(Reject::Inconsistent { field: Field::CallUntil });
        }
    }
    check::ahead(Field::CallOpens, opens, context.at)?;
    let span = seconds_between(opens, closes);
    check::range(Field::CallSeconds, span, CALL_SECONDS_MIN, longest)?;
    record.check_term(fund, date)?;
    let rules = rules(market, record.details.segment)?;
    if let Some(call) = market.calls.of_fund(fund) {
        return Err(Reject::CallExists { fund, call });
    }
    if !trades {
        return Err(Reject::NoTradingDay { date });
    }
    // From here on the answer is yes.
    events.push(scheduled(market, ask.terms, rules));
    Ok(())
}

/// How long a call may take orders: those of a repetition do not overlap.
fn check_repetition(repeats: Option<Repetition>) -> Result<u64, Reject> {
    let Some(Repetition { trading_days, .. }) = repeats else { return Ok(CALL_SECONDS_MAX) };
    check::range(Field::CallInterval, trading_days.into(), 1, CALL_INTERVAL_MAX.into())?;
    let interval = u64::from(trading_days).saturating_mul(DAY_SECONDS);
    Ok(interval.saturating_sub(1).min(CALL_SECONDS_MAX))
}

/// Whole seconds from one moment to another; none if it is not later.
fn seconds_between(from: Time, until: Time) -> u64 {
    until.nanos().saturating_sub(from.nanos()) / 1_000_000_000
}

/// A1: how a call of the segment prints, if its pack allows any.
fn rules(market: &Market, segment: SegmentId) -> Result<CallRules, Reject> {
    let pack = &market.segment(segment)?.pack;
    let listing = pack.listing.as_ref().ok_or(Reject::NoListingRules { segment })?;
    if pack.call_auction == Permission::Forbidden {
        return Err(Reject::CallAuctionForbidden {});
    }
    let award = &listing.award;
    Ok(CallRules { price: award.call_rules, margin: award.margin, pack: pack.edition() })
}

fn scheduled(market: &Market, terms: CallTerms, rules: CallRules) -> Event {
    let call = market.calls.next_id();
    Event::CallScheduled(Box::new(CallScheduled { call, terms, rules }))
}

/// The next call of a repetition that closes after `at`, under the pack in force now.
///
/// There is none after the last date, after the fund's term, where the calendar ends, or where the
/// pack has come to forbid calls. One whose close passed while the venue stood still is not made up
/// for.
pub(super) fn next(market: &Market, at: Time, terms: &CallTerms) -> Option<Event> {
    let Repetition { trading_days, until } = terms.repeats?;
    let fund = market.fund(terms.fund).expect("a call is of a fund that is registered");
    let calendar = &market.open_venue().calendar;
    let mut terms = *terms;
    while terms.closes <= at {
        let before = market.date(terms.closes);
        let date = trading_days_after(calendar, before, trading_days).ok()?;
        if until < date || fund.check_term(terms.fund, date).is_err() {
            return None;
        }
        let days = u64::try_from(date.days().saturating_sub(before.days())).ok()?;
        let later = |time: Time| time.plus_seconds(days.saturating_mul(DAY_SECONDS));
        (terms.opens, terms.closes) = (later(terms.opens), later(terms.closes));
    }
    let rules = rules(market, fund.details.segment).ok()?;
    Some(scheduled(market, terms, rules))
}

/// The `count`th trading day after `date`.
fn trading_days_after(
    calendar: &Calendar,
    date: Date,
    count: u16,
) -> Result<Date, OutsideCalendar> {
    (0..count).try_fold(date, |date, _| calendar.trading_day_from(date.next()))
}

pub(crate) fn apply(market: &mut Market, fact: &CallScheduled) {
    let record = CallAuction {
        terms: fact.terms,
        rules: fact.rules.clone(),
        orders: [].into(),
        orders_count: 0,
        print: None,
    };
    market.open_call(fact.call, record);
}
