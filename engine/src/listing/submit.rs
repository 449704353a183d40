//! Submitting a listing (提交挂牌申请), rules A6, A7, A8, C1, C3, D1.
//!
//! The units leave what the seller may sell and are on offer from here on, so that nothing is
//! offered twice. The pack in force judges, and the listing says which it was.

use minicbor::{Decode, Encode};

use crate::amount::Units;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::ListingId;
use crate::listing::rules::Rules;
use crate::listing::stage::{Needs, Stage};
use crate::listing::{Completeness, SUBMISSIONS_MAX};
use crate::market::{Context, Market};
use crate::policy::JudgedBy;
use crate::reject::Reject;

/// Ask to submit a listing for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SubmitListing {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
}

/// A listing waits for the review; its units are locked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingSubmitted {
    /// The listing.
    #[n(0)]
    pub listing: ListingId,
    /// Which pack judged.
    #[n(1)]
    pub judged: JudgedBy,
    /// Disclosure fields answered.
    #[n(2)]
    pub completeness: Completeness,
    /// E5: units that the seller had available before; locked already when it is sent again.
    #[n(3)]
    pub available_before: Units,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &SubmitListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let listing = ask.listing;
    let record = market.own_listing(context.caller, CommandKind::SubmitListing, listing)?;
    let seller = market.party(record.seller)?;
    seller.check_active(record.seller)?;
    let rules = Rules::of(market, context.at, record)?;
    rules.check_fund()?;
    let holding = market.register.holding(record.seller, record.terms.fund);
    if record.stage == Stage::Draft {
        rules.check_holding(&holding)?;
    }
    record.check_stage(listing, Needs::Writable)?;
    if SUBMISSIONS_MAX <= record.submissions {
        return Err(Reject::TooManySubmissions { listing, limit: u32::from(SUBMISSIONS_MAX) });
    }
    rules.check_terms()?;
    rules.check_appraisal(rules.today)?;
    rules.check_first_floor()?;
    // From here on the answer is yes.
    events.push(Event::ListingSubmitted(Box::new(ListingSubmitted {
        listing,
        completeness: rules.completeness(),
        judged: rules.judged,
        available_before: holding.available,
    })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &ListingSubmitted) {
    let record = market.listing_of_fact(fact.listing);
    let holding = market.register.holding(record.seller, record.terms.fund);
    assert!(holding.available == fact.available_before, "E5: the register is as the entry says");
    if record.stage == Stage::Draft {
        market.lock_listed(fact.listing);
    }
    market.stage_listing(fact.listing, Needs::Writable, Stage::Submitted);
    market.change_listing(fact.listing, |record| {
        record.submissions = record.submissions.checked_add(1).expect("at most the limit");
        record.completeness = fact.completeness;
        record.judged = Some(fact.judged.clone());
        record.reasons.clear();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Price;
    use crate::fixture::{ALICE, FUND, OPERATOR, REGIONAL_FUND, order, trading, units};
    use crate::listing::fixture::{
        LISTING, by, draft_as, drafted, held, redraft, refused, review, stage, submit, submitted,
        terms,
    };
    use crate::listing::review::ListingVerdict;
    use crate::listing::terms::ListingTerms;
    use crate::trading::board::tests::suspend;
    use crate::trading::side::Side;

    #[test]
    fn a8_units_are_on_offer_from_submission() {
        let mut market = drafted(terms());
        let events = by(&mut market, ALICE, submit());
        let [Event::ListingSubmitted(fact)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(fact.available_before, units(1_000_000));
        assert_eq!(fact.judged.pack.to_string(), "cn-regional 1");
        assert_eq!(held(&market), [units(900_000), units(100_000)]);
        assert_eq!(stage(&market), Stage::Submitted);
        assert_eq!(market.check(), Ok(()));
        let reject = refused(&mut market, ALICE, submit());
        assert_eq!(reject.name(), "LISTING_STAGE");
    }

    #[test]
    fn a8_units_cannot_be_offered_twice() {
        let mut market = submitted(terms());
        let second = ListingTerms { code: "G-2".to_owned(), units: units(901_000), ..terms() };
        by(&mut market, ALICE, draft_as(ALICE, second));
        let ask = SubmitListing { listing: ListingId::new(1) };
        let reject = refused(&mut market, ALICE, crate::command::Command::SubmitListing(ask));
        assert_eq!(
            reject.to_string(),
            "party-7 needs 901000.00 units and has 900000.00 available, 100000.00 on offer, \
             0.00 pledged, 0.00 frozen"
        );
    }

    #[test]
    fn a8_what_is_listed_cannot_be_ordered_and_what_is_ordered_cannot_be_listed() {
        let mut market = trading();
        let all = ListingTerms {
            fund: FUND,
            units: units(1_000_000),
            floor: Price::from_e4(10_000),
            ..terms()
        };
        let sell =
            |count| crate::command::Command::PlaceOrder(order(ALICE, Side::Sell, 100, count));
        by(&mut market, ALICE, sell(1));
        by(&mut market, ALICE, draft_as(ALICE, all.clone()));
        assert_eq!(refused(&mut market, ALICE, submit()).name(), "UNITS_NOT_AVAILABLE");
        by(&mut market, ALICE, redraft(ListingTerms { units: units(999_999), ..all }));
        by(&mut market, ALICE, submit());
        assert_eq!(refused(&mut market, ALICE, sell(1)).name(), "UNITS_NOT_AVAILABLE");
    }

    #[test]
    fn a5_neither_the_lot_nor_what_is_left_is_a_splinter() {
        for count in [9_000, 991_000] {
            let mut market = drafted(ListingTerms { units: units(count), ..terms() });
            let reject = refused(&mut market, ALICE, submit());
            assert_eq!(reject.to_string(), "9000.00 is below the minimum ticket of 10000.00");
        }
        submitted(ListingTerms { units: units(1_000_000), ..terms() });
    }

    #[test]
    fn a6_a7_what_is_listed_is_of_the_province_and_in_the_register() {
        let mut market = drafted(terms());
        market.fund_mut(REGIONAL_FUND).details.province = "ZJ".to_owned();
        assert_eq!(refused(&mut market, ALICE, submit()), Reject::ProvinceNotAdmitted {});
        let mut market = drafted(ListingTerms { units: units(1_001_000), ..terms() });
        assert_eq!(refused(&mut market, ALICE, submit()).name(), "UNITS_NOT_AVAILABLE");
    }

    #[test]
    fn a_suspended_seller_submits_nothing() {
        let mut market = drafted(terms());
        suspend(&mut market, ALICE);
        let reject = refused(&mut market, ALICE, submit());
        assert_eq!(reject, Reject::PartySuspended { party: ALICE });
    }

    #[test]
    fn a_listing_is_sent_back_so_often_only() {
        let mut market = submitted(terms());
        for _ in 1..SUBMISSIONS_MAX {
            by(&mut market, OPERATOR, review(ListingVerdict::Complete));
            by(&mut market, ALICE, submit());
        }
        by(&mut market, OPERATOR, review(ListingVerdict::Complete));
        let reject = refused(&mut market, ALICE, submit());
        assert_eq!(reject, Reject::TooManySubmissions { listing: LISTING, limit: 16 });
    }
}
