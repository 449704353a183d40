//! Extending an announcement (延长公告), rule C2: only as it was announced.
//!
//! The seller asks for it, or it happens by itself when the announcement is over and nobody came.

use minicbor::{Decode, Encode};

use crate::command::CommandKind;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::announce::Period;
use crate::listing::gate::How;
use crate::listing::rules::Rules;
use crate::listing::stage::{Needs, Stage};
use crate::listing::terms::IfNobodyComes;
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to extend an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ExtendListing {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
}

/// An announcement is extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingExtended {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Working days added.
    #[n(1)]
    pub working_days: u16,
    /// The period as it now is.
    #[n(2)]
    pub period: Period,
    /// Whether the seller asked for it or the announcement was over.
    #[n(3)]
    pub how: How,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &ExtendListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let record = market.own_listing(context.caller, CommandKind::ExtendListing, ask.listing)?;
    let rules = Rules::of(market, context.at, record)?;
    record.check_stage(ask.listing, Needs::Announced)?;
    let fact = extension(market, &rules, ask.listing, How::Said)?;
    // From here on the answer is yes.
    events.push(Event::ListingExtended(fact));
    Ok(())
}

/// C2: the next extension, as the listing announced it and the pack allows it.
pub(super) fn extension(
    market: &Market,
    rules: &Rules<'_>,
    listing: ListingId,
    how: How,
) -> Result<ListingExtended, Reject> {
    let announcement = rules.listing.announcement();
    let (working_days, times_max) = match rules.terms.if_nobody_comes {
        IfNobodyComes::Extend { working_days, times_max } => (working_days, times_max),
        IfNobodyComes::End | IfNobodyComes::Ask => {
            return Err(Reject::ExtensionNotAnnounced { listing });
        }
    };
    let law = &rules.rules.announcement;
    rules.check_period(working_days, law.extension_working_days_min)?;
    let most = times_max.min(law.extensions_max);
    if most <= announcement.extensions {
        let extensions = announcement.extensions.saturating_add(1);
        return Err(Reject::TooManyExtensions { extensions, most });
    }
    rules.check_reappraisal(Some(announcement.first))?;
    let before = announcement.period;
    let added = market.period(before.last, working_days)?;
    let working_days_in_all = before.working_days.saturating_add(working_days);
    let period = Period { from: before.from, working_days: working_days_in_all, ..added };
    Ok(ListingExtended { listing, working_days, period, how })
}

pub(crate) fn apply(market: &mut Market, fact: &ListingExtended) {
    market.change_listing(fact.listing, |record| {
        assert!(record.stage == Stage::Announced, "what is extended is announced");
        let announcement = record.announcement_mut();
        assert!(announcement.period.ends < fact.period.ends, "an extension ends later");
        announcement.period = fact.period;
        announcement.planned_days = announcement.planned_days.saturating_add(fact.working_days);
        announcement.extensions = announcement.extensions.saturating_add(1);
    });
}
