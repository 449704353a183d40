//! Going on with an announcement that stood still (恢复公告), rule C2.
//!
//! What is left of it, and at least what the pack asks for in total and from here on, is counted
//! after the day on which it goes on.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::ListingId;
use crate::listing::Listing;
use crate::listing::announce::Period;
use crate::listing::gate::How;
use crate::listing::rules::Rules;
use crate::listing::stage::{Needs, Stage};
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::Date;
use crate::trading::rules::outside;

/// Ask to go on with an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ResumeListing {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
}

/// An announcement goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingResumed {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// What is left of it.
    #[n(1)]
    pub period: Period,
    /// Whether an operator said so or the suspension was over.
    #[n(2)]
    pub how: How,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &ResumeListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let listing = ask.listing;
    let record = market.find_listing(listing)?;
    let rules = Rules::of(market, context.at, record)?;
    record.check_stage(listing, Needs::Suspended)?;
    let passed = record.announcement().passed_days;
    let period = period(market, &rules, record, passed, rules.today)?;
    // From here on the answer is yes.
    events.push(Event::ListingResumed(ListingResumed { listing, period, how: How::Said }));
    Ok(())
}

/// Working days of the announcement that have passed by the day before `today`.
///
/// The day on which it stops does not count: it was not announced for all of it.
pub(super) fn passed(market: &Market, record: &Listing, today: Date) -> Result<u16, Reject> {
    let announcement = record.announcement();
    let (from, until) = (announcement.period.from, today.previous());
    let days = if from < until {
        market.open_venue().calendar.working_days_between(from, until).map_err(outside)?
    } else {
        0
    };
    let days = u16::try_from(days).unwrap_or(u16::MAX);
    Ok(announcement.passed_days.saturating_add(days.min(announcement.period.working_days)))
}

/// C2: what is left, from `today` on, of an announcement of which `passed` working days are over.
pub(super) fn period(
    market: &Market,
    rules: &Rules<'_>,
    record: &Listing,
    passed: u16,
    today: Date,
) -> Result<Period, Reject> {
    let planned = record.announcement().planned_days;
    let law = &rules.rules.announcement;
    let left = planned.saturating_sub(passed);
    let left = left.max(law.resumed_left_working_days_min);
    let left = left.max(law.resumed_total_working_days_min.saturating_sub(passed)).max(1);
    market.period(today, left)
}

pub(crate) fn apply(market: &mut Market, fact: &ListingResumed) {
    market.stage_listing(fact.listing, Needs::Suspended, Stage::Announced);
    market.change_listing(fact.listing, |record| {
        let announcement = record.announcement_mut();
        announcement.suspended_until = None;
        announcement.period = fact.period;
        let passed = announcement.passed_days;
        announcement.planned_days = passed.saturating_add(fact.period.working_days);
    });
}
