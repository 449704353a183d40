//! Changing the content of what is announced (变更公告内容), rule C2: the announcement restarts.
//!
//! The fund, the units, the owner and the code stay. A new appraisal comes in this way, of a
//! state-owned seller with the recorded consent of the approving body (C3). What bidders pay, and
//! how, stays for those who declared an intention.

use minicbor::{Decode, Encode};

use crate::amount::{Ppm, Price};
use crate::check;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::announce::Period;
use crate::listing::rules::{Consent, Rules};
use crate::listing::stage::{Needs, Stage};
use crate::listing::terms::{Interim, ListingTerms, Method, Payment, Reserve};
use crate::market::{Context, Market};
use crate::policy::JudgedBy;
use crate::policy::choice::ContentChange;
use crate::reject::{Field, Reject};

/// Ask to change the content of what is announced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChangeListing {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// The terms from here on.
    #[n(1)]
    pub terms: ListingTerms,
    /// Why, 1 to 512 bytes.
    #[n(2)]
    pub reason: String,
}

/// The content of what is announced changed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingChanged {
    /// As asked.
    #[n(0)]
    pub terms: ChangeListing,
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
    ask: &ChangeListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Reason, &ask.reason)?;
    ask.terms.check(market)?;
    let listing = ask.listing;
    let record = market.own_listing(context.caller, CommandKind::ChangeListing, listing)?;
    let (old, new) = (&record.terms, &ask.terms);
    if old == new {
        return Err(Reject::NoChange { field: Field::Listings });
    }
    let rules = Rules::of_terms(market, context.at, record, new)?;
    record.check_stage(listing, Needs::Announced)?;
    let same = |terms: &ListingTerms| (terms.fund, terms.units, terms.ownership);
    if same(old) != same(new) || old.code != new.code {
        return Err(Reject::ListedUnitsFixed { listing, units: old.units });
    }
    rules.check_terms()?;
    rules.check_completeness()?;
    rules.check_appraisal(rules.today)?;
    rules.check_first_refusal(market)?;
    let announcement = record.announcement();
    let consent = Consent::of(announcement.consent);
    rules.check_appraisal_consent(listing, consent)?;
    rules.check_later_floor(consent)?;
    rules.check_reappraisal(Some(announcement.first))?;
    if bid_on(old) != bid_on(new) {
        market.check_no_intentions(context.at, listing)?;
    }
    let period = match rules.rules.announcement.content_change {
        ContentChange::Restarts => market.period(rules.today, new.announcement_days)?,
        ContentChange::Continues => announcement.period,
    };
    // From here on the answer is yes.
    let fact = ListingChanged { terms: ask.clone(), period, judged: rules.judged };
    events.push(Event::ListingChanged(Box::new(fact)));
    Ok(())
}

/// C2: what somebody who declared an intention relies on.
const fn bid_on(terms: &ListingTerms) -> (Price, Ppm, Method, Reserve, Payment, Interim) {
    (terms.floor, terms.deposit, terms.method, terms.reserve, terms.payment, terms.interim)
}

pub(crate) fn apply(market: &mut Market, fact: &ListingChanged) {
    market.change_listing(fact.terms.listing, |record| {
        assert!(record.stage == Stage::Announced, "what changes is announced");
        let old = std::mem::replace(&mut record.terms, fact.terms.terms.clone());
        let used = old.floor != record.terms.floor || old.appraisal != record.terms.appraisal;
        let announcement = record.announcement_mut();
        if used {
            announcement.consent = None;
        }
        if announcement.period != fact.period {
            announcement.begin(fact.period, &fact.judged);
        }
    });
}
