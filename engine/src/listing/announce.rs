//! Announcing a listing (信息披露公告), rules A5, B, C1 to C3.
//!
//! Only what went through every gate is announced. The period is in working days after the day of
//! the announcement, and ends with its last day in the venue's own time.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::ListingId;
use crate::listing::document::Sha256;
use crate::listing::rules::{self, Rules};
use crate::listing::stage::{Needs, Stage};
use crate::market::{Context, Market};
use crate::policy::{DAY_MINUTES, JudgedBy};
use crate::reject::Reject;
use crate::time::{Date, Time};
use crate::trading::rules::outside;

/// The announcement of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Announcement {
    /// Day of the first announcement.
    #[n(0)]
    pub first: Date,
    /// The period that runs, or ran last.
    #[n(1)]
    pub period: Period,
    /// C2: working days that had passed before this period began, of one that was suspended.
    #[n(2)]
    pub passed_days: u16,
    /// C2: how often it was extended.
    #[n(3)]
    pub extensions: u16,
    /// C2: when it goes on by itself, while it stands still.
    #[n(4)]
    pub suspended_until: Option<Time>,
    /// When the offer must be taken down, where the law of matching services asks that.
    #[n(5)]
    pub removal: Option<Time>,
    /// Which pack judged.
    #[n(6)]
    pub judged: JudgedBy,
    /// C2: working days that it has in all, as announced, extended and resumed.
    #[n(7)]
    pub planned_days: u16,
    /// C3: the approving body's consent to a lower floor or another appraisal, as an operator
    /// recorded it; it serves once.
    #[n(8)]
    pub consent: Option<Sha256>,
}

/// A period of working days (公告期).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Period {
    /// The day after which it is counted.
    #[n(0)]
    pub from: Date,
    /// Its working days.
    #[n(1)]
    pub working_days: u16,
    /// Its last day.
    #[n(2)]
    pub last: Date,
    /// The first moment after it: what comes then is late.
    #[n(3)]
    pub ends: Time,
}

/// Ask to announce a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AnnounceListing {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
}

/// A listing is announced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingAnnounced {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// The period.
    #[n(1)]
    pub period: Period,
    /// When the offer must be taken down.
    #[n(2)]
    pub removal: Option<Time>,
    /// Which pack judged.
    #[n(3)]
    pub judged: JudgedBy,
}

impl Announcement {
    /// A period begins anew.
    pub(super) fn begin(&mut self, period: Period, judged: &JudgedBy) {
        self.period = period;
        self.passed_days = 0;
        self.planned_days = period.working_days;
        self.judged = judged.clone();
    }
}

impl Market {
    /// The later of a period and one that runs: nothing ends earlier than it would have.
    pub(super) fn or_longer(&self, asked: Period, running: Period) -> Result<Period, Reject> {
        if running.last <= asked.last {
            return Ok(asked);
        }
        let calendar = &self.open_venue().calendar;
        let days = calendar.working_days_between(asked.from, running.last).map_err(outside)?;
        let working_days = u16::try_from(days).unwrap_or(u16::MAX);
        Ok(Period { from: asked.from, working_days, ..running })
    }

    /// The period of so many working days after `from`.
    pub(super) fn period(&self, from: Date, working_days: u16) -> Result<Period, Reject> {
        let calendar = &self.open_venue().calendar;
        let last = calendar.working_days_after(from, working_days).map_err(outside)?;
        Ok(Period { from, working_days, last, ends: self.end_of(last) })
    }

    /// The first moment after a day of the venue.
    pub(crate) fn end_of(&self, day: Date) -> Time {
        day.at_minute(DAY_MINUTES, self.open_venue().utc_offset_minutes)
    }
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &AnnounceListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let listing = ask.listing;
    let record = market.find_listing(listing)?;
    let rules = Rules::of(market, context.at, record)?;
    rules.check_fund()?;
    market.party(record.seller)?.check_active(record.seller)?;
    record.check_stage(listing, Needs::Accepted)?;
    rules.check_terms()?;
    rules.check_completeness()?;
    rules.check_appraisal(rules.today)?;
    rules.check_first_floor()?;
    record.check_gates(listing)?;
    rules.check_first_refusal(market)?;
    let removal = check_pause(market, &rules)?;
    let period = market.period(rules.today, record.terms.announcement_days)?;
    // From here on the answer is yes.
    let judged = rules.judged;
    let fact = ListingAnnounced { listing, period, removal, judged };
    events.push(Event::ListingAnnounced(Box::new(fact)));
    Ok(())
}

/// Where the law of matching services holds: no offer of the seller again too soon after one was
/// taken down; answers when this one must be.
fn check_pause(market: &Market, rules: &Rules<'_>) -> Result<Option<Time>, Reject> {
    let Some(matching) = &rules.pack.matching else { return Ok(None) };
    if let Some(shown) = market.listings.shown_until(rules.listing.seller, rules.terms.fund) {
        let from = rules::days_after(market.date(shown), matching.pause_days_min);
        if rules.today < from {
            return Err(Reject::RelistingPause { from });
        }
    }
    let last = rules::days_after(rules.today, matching.offer_shown_days_max);
    Ok(Some(market.end_of(last)))
}

pub(crate) fn apply(market: &mut Market, fact: &ListingAnnounced) {
    market.stage_listing(fact.listing, Needs::Accepted, Stage::Announced);
    market.change_listing(fact.listing, |record| {
        record.announcement = Some(Announcement {
            first: fact.period.from,
            period: fact.period,
            passed_days: 0,
            extensions: 0,
            suspended_until: None,
            removal: fact.removal,
            judged: fact.judged.clone(),
            planned_days: fact.period.working_days,
            consent: None,
        });
    });
}
