//! Suspending an announcement (中止公告), rule C2.
//!
//! An operator says until when, at most as long as the pack allows; then it goes on by itself.

use minicbor::{Decode, Encode};

use crate::check;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::resume;
use crate::listing::rules::{self, Rules};
use crate::listing::stage::{Needs, Stage};
use crate::market::{Context, Market};
use crate::reject::{Field, Reject};
use crate::time::{Date, Time};

/// Ask to suspend an announcement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SuspendListing {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Last day of the suspension.
    #[n(1)]
    pub until: Date,
    /// Why, 1 to 512 bytes.
    #[n(2)]
    pub reason: String,
}

/// An announcement stands still.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingSuspended {
    /// As asked.
    #[n(0)]
    pub terms: SuspendListing,
    /// When it goes on by itself.
    #[n(1)]
    pub until: Time,
    /// Working days of the announcement that have passed in all.
    #[n(2)]
    pub passed_days: u16,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &SuspendListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Reason, &ask.reason)?;
    let listing = ask.listing;
    let record = market.find_listing(listing)?;
    let rules = Rules::of(market, context.at, record)?;
    record.check_stage(listing, Needs::Announced)?;
    let days = rules.rules.announcement.suspension_days_max;
    let latest = rules::days_after(rules.today, days);
    if ask.until < rules.today || latest < ask.until {
        return Err(Reject::SuspensionTooLong { until: ask.until, latest });
    }
    let passed_days = resume::passed(market, record, rules.today)?;
    // The announcement must be able to go on: the calendar reaches its new end.
    resume::period(market, &rules, record, passed_days, ask.until.next())?;
    // From here on the answer is yes.
    let (terms, until) = (ask.clone(), market.end_of(ask.until));
    let fact = ListingSuspended { terms, until, passed_days };
    events.push(Event::ListingSuspended(Box::new(fact)));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &ListingSuspended) {
    let listing = fact.terms.listing;
    // One after the other: in between nothing of the listing is due twice.
    market.stage_listing(listing, Needs::Announced, Stage::Suspended);
    market.change_listing(listing, |record| {
        let announcement = record.announcement_mut();
        announcement.suspended_until = Some(fact.until);
        announcement.passed_days = fact.passed_days;
    });
}
