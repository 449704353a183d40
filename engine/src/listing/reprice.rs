//! Another floor for what is listed (调整挂牌价), rules C2, C3.
//!
//! The announcement then has at least what the pack asks for from this day on, and never ends
//! earlier than it would have. Nobody who declared an intention is met with another price.

use minicbor::{Decode, Encode};

use crate::amount::Price;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::announce::Period;
use crate::listing::document::Sha256;
use crate::listing::rules::{self, Consent, Rules};
use crate::listing::stage::{Needs, Stage};
use crate::listing::terms::ListingTerms;
use crate::market::{Context, Market};
use crate::policy::JudgedBy;
use crate::reject::{Field, Reject};

/// Ask for another floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RepriceListing {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// The floor, whole ticks.
    #[n(1)]
    pub floor: Price,
    /// Working days of the announcement from here on.
    #[n(2)]
    pub working_days: u16,
    /// C3: the approving body's consent, where the floor asks for it: the one that an operator
    /// recorded.
    #[n(3)]
    pub consent: Option<Sha256>,
}

/// A listing has another floor.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingRepriced {
    /// As asked.
    #[n(0)]
    pub terms: RepriceListing,
    /// The period.
    #[n(1)]
    pub period: Period,
    /// Which pack judged.
    #[n(2)]
    pub judged: JudgedBy,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &RepriceListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let listing = ask.listing;
    let record = market.own_listing(context.caller, CommandKind::RepriceListing, listing)?;
    if ask.floor == record.terms.floor {
        return Err(Reject::NoChange { field: Field::Price });
    }
    let terms = ListingTerms { floor: ask.floor, ..record.terms.clone() };
    let rules = Rules::of_terms(market, context.at, record, &terms)?;
    terms.check_price(rules.fund, ask.floor)?;
    record.check_stage(listing, Needs::AnnouncedOrClosed)?;
    rules.check_period(ask.working_days, rules.rules.announcement.reprice_working_days_min)?;
    let longest = rules.rules.announcement.announcement_working_days_max;
    if longest < ask.working_days {
        return Err(Reject::AnnouncementTooLong { days: ask.working_days, longest });
    }
    let announcement = record.announcement();
    if rules.state.is_some() && ask.consent.is_some() && ask.consent != announcement.consent {
        return Err(rules::consent_missing(listing));
    }
    rules.check_appraisal(rules.today)?;
    rules.check_later_floor(Consent::of(ask.consent))?;
    rules.check_reappraisal(Some(announcement.first))?;
    market.check_no_intentions(context.at, listing)?;
    let asked = market.period(rules.today, ask.working_days)?;
    let period = market.or_longer(asked, announcement.period)?;
    // From here on the answer is yes.
    let fact = ListingRepriced { terms: *ask, period, judged: rules.judged };
    events.push(Event::ListingRepriced(Box::new(fact)));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &ListingRepriced) {
    let listing = fact.terms.listing;
    market.stage_listing(listing, Needs::AnnouncedOrClosed, Stage::Announced);
    market.change_listing(listing, |record| {
        record.terms.floor = fact.terms.floor;
        let announcement = record.announcement_mut();
        announcement.begin(fact.period, &fact.judged);
        if fact.terms.consent.is_some() {
            announcement.consent = None;
        }
    });
}
