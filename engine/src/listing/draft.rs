//! Drafting a listing (挂牌申请草稿): a new one, or one that is not submitted in other words.
//!
//! Nothing is locked. A listing that the review sent back is written here too; it keeps its fund
//! and its units, which stay locked.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::amount::Units;
use crate::check;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{ListingId, PartyId};
use crate::listing::stage::{Needs, Stage};
use crate::listing::terms::ListingTerms;
use crate::listing::{Completeness, Dates, LISTINGS_MAX, Listing};
use crate::market::{Context, Market};
use crate::reject::{Field, Reject};

/// Ask to draft a listing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DraftListing {
    /// The listing to write anew; `None` drafts a new one.
    #[n(0)]
    pub listing: Option<ListingId>,
    /// Who sells.
    #[n(1)]
    pub seller: PartyId,
    /// What, and on which terms.
    #[n(2)]
    pub terms: ListingTerms,
}

/// A listing is drafted, or written anew.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingDrafted {
    /// Its id: the next one, or one that is not submitted.
    #[n(0)]
    pub listing: ListingId,
    /// Who sells.
    #[n(1)]
    pub seller: PartyId,
    /// What, and on which terms.
    #[n(2)]
    pub terms: ListingTerms,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &DraftListing,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let kind = CommandKind::DraftListing;
    market.admit_for(context.caller, kind, ask.seller)?;
    ask.terms.check(market)?;
    let listing = match ask.listing {
        Some(listing) => {
            let record = market.own_listing(context.caller, kind, listing)?;
            if record.seller != ask.seller {
                return Err(Reject::ListingNotFound { listing });
            }
            check_code(market, &ask.terms.code, listing)?;
            record.check_stage(listing, Needs::Writable)?;
            let kept = record.terms.fund == ask.terms.fund && record.terms.units == ask.terms.units;
            if record.stage == Stage::ToBeCompleted && !kept {
                return Err(Reject::ListedUnitsFixed { listing, units: record.terms.units });
            }
            listing
        }
        None => {
            let listing = market.listings.next();
            check_code(market, &ask.terms.code, listing)?;
            listing
        }
    };
    let seller = market.party(ask.seller)?;
    seller.check_investor(ask.seller)?;
    if ask.listing.is_none() {
        check::room(Field::Listings, market.listings.records().len(), LISTINGS_MAX)?;
    }
    seller.check_active(ask.seller)?;
    let segment = market.fund(ask.terms.fund)?.details.segment;
    let limit = market.listing_rules(segment, ask.terms.ownership)?.limits.listings_per_party_max;
    if ask.listing.is_none() && limit <= market.listings.open_of(ask.seller) {
        return Err(Reject::TooManyListings { party: ask.seller, limit });
    }
    // From here on the answer is yes.
    let (seller, terms) = (ask.seller, ask.terms.clone());
    events.push(Event::ListingDrafted(Box::new(ListingDrafted { listing, seller, terms })));
    Ok(())
}

/// A project code names one listing.
fn check_code(market: &Market, code: &str, listing: ListingId) -> Result<(), Reject> {
    match market.listings.coded(code) {
        Some(other) if other != listing => Err(Reject::CodeTaken { number: other.number() }),
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn apply(market: &mut Market, fact: &ListingDrafted) {
    if market.listings.get(fact.listing).is_some() {
        market.change_listing(fact.listing, |record| {
            assert!(record.seller == fact.seller, "a listing keeps its seller");
            record.terms = fact.terms.clone();
        });
        return;
    }
    assert!(fact.listing == market.listings.next(), "listing ids are dense");
    let record = Listing {
        seller: fact.seller,
        terms: fact.terms.clone(),
        stage: Stage::Draft,
        dates: Dates { drafted: market.now, ..Dates::default() },
        submissions: 0,
        completeness: Completeness::default(),
        judged: None,
        reasons: Vec::new(),
        end: None,
        gates: Vec::new(),
        announcement: None,
        readers: BTreeMap::new(),
        looks: BTreeMap::new(),
        intentions: 0,
        unsold: Units::ZERO,
    };
    market.listings.push(record);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::{Ppm, Price};
    use crate::fixture::{ALICE, BOB, CAROL, MANAGER, MEMBER, OPERATOR, trading, units};
    use crate::listing::document::{Document, DocumentKind, Sha256, Visibility};
    use crate::listing::fixture::{
        LISTING, by, draft_as, drafted, held, redraft, refused, reviewed, stage, submit, submitted,
        terms,
    };
    use crate::listing::review::ListingVerdict;
    use crate::listing::terms::{IfNobodyComes, Payment};
    use crate::trading::board::tests::suspend;

    #[test]
    fn a_draft_locks_nothing_and_is_written_anew() {
        let mut market = drafted(terms());
        assert_eq!((stage(&market), held(&market)), (Stage::Draft, [units(1_000_000), units(0)]));
        let other = ListingTerms { code: "G-2".to_owned(), units: units(5_000), ..terms() };
        let events = by(&mut market, ALICE, redraft(other.clone()));
        let fact = ListingDrafted { listing: LISTING, seller: ALICE, terms: other.clone() };
        assert_eq!(events, [Event::ListingDrafted(Box::new(fact))]);
        assert_eq!(market.listing(LISTING).unwrap().terms, other);
        // The code it had names nothing any more.
        by(&mut market, ALICE, draft_as(ALICE, terms()));
        assert_eq!(market.listings().len(), 2);
        let reject = refused(&mut market, ALICE, redraft(terms()));
        assert_eq!(reject, Reject::CodeTaken { number: 1 });
        let reject = refused(&mut market, ALICE, draft_as(ALICE, other));
        assert_eq!(reject, Reject::CodeTaken { number: 0 });
    }

    #[test]
    fn a_draft_is_its_sellers_and_its_members() {
        let mut market = trading();
        by(&mut market, MEMBER, draft_as(BOB, terms()));
        let seller = market.listing(LISTING).unwrap().seller;
        assert_eq!(seller, BOB);
        for (who, of) in [(ALICE, BOB), (MEMBER, ALICE), (OPERATOR, BOB), (MANAGER, MANAGER)] {
            let reject = refused(&mut market, who, draft_as(of, terms()));
            assert_eq!(reject.name(), "NOT_PERMITTED");
        }
        // Whether there is a draft of others is theirs to tell.
        let unseen = Reject::ListingNotFound { listing: LISTING };
        assert_eq!(refused(&mut market, ALICE, redraft(terms())), unseen);
        assert_eq!(refused(&mut market, CAROL, submit()), unseen);
        suspend(&mut market, ALICE);
        let other = ListingTerms { code: "G-2".to_owned(), ..terms() };
        let reject = refused(&mut market, ALICE, draft_as(ALICE, other));
        assert_eq!(reject, Reject::PartySuspended { party: ALICE });
    }

    #[test]
    fn a8_a_listing_that_was_sent_back_keeps_its_units() {
        let mut market = reviewed(terms(), ListingVerdict::Complete);
        assert_eq!(held(&market), [units(900_000), units(100_000)]);
        let more = ListingTerms { units: units(200_000), ..terms() };
        let reject = refused(&mut market, ALICE, redraft(more));
        let fixed = Reject::ListedUnitsFixed { listing: LISTING, units: units(100_000) };
        assert_eq!(reject, fixed);
        let dearer = ListingTerms { floor: Price::from_e4(11_000), ..terms() };
        by(&mut market, ALICE, redraft(dearer));
        by(&mut market, ALICE, submit());
        assert_eq!(held(&market), [units(900_000), units(100_000)]);
        let reject = refused(&mut market, ALICE, redraft(terms()));
        assert_eq!(
            reject.to_string(),
            "listing-0 is submitted; this takes draft or to_be_completed"
        );
    }

    #[test]
    fn a_draft_is_bounded_named_and_in_lots_and_ticks() {
        let mut market = trading();
        let document = |byte| Document {
            name: "审计报告".to_owned(),
            kind: DocumentKind::FinancialReport,
            sha256: Sha256::new([byte; 32]),
            size_bytes: 1,
            visibility: Visibility::Full,
        };
        let good = || terms();
        let nothing = IfNobodyComes::Extend { working_days: 5, times_max: 0 };
        let free = Payment::Instalments {
            first: Ppm::new(0),
            working_days: 5,
            rest_days: 1,
            interest: Ppm::new(0),
        };
        let empty = Document { size_bytes: 0, ..document(1) };
        for (wrong, name) in [
            (ListingTerms { code: "G 1".to_owned(), ..good() }, "BAD_TEXT"),
            (ListingTerms { headline: String::new(), ..good() }, "BAD_TEXT"),
            (ListingTerms { announcement_days: 0, ..good() }, "OUT_OF_RANGE"),
            (ListingTerms { deposit: Ppm::new(1_000_001), ..good() }, "OUT_OF_RANGE"),
            (ListingTerms { if_nobody_comes: nothing, ..good() }, "OUT_OF_RANGE"),
            (ListingTerms { payment: free, ..good() }, "OUT_OF_RANGE"),
            (ListingTerms { documents: vec![document(1), document(1)], ..good() }, "INCONSISTENT"),
            (ListingTerms { documents: vec![empty], ..good() }, "OUT_OF_RANGE"),
            (ListingTerms { documents: vec![document(1); 33], ..good() }, "BAD_LENGTH"),
            (ListingTerms { units: Units::ZERO, ..good() }, "NO_UNITS"),
            (ListingTerms { units: units(1_500), ..good() }, "NOT_IN_LOTS"),
            (ListingTerms { floor: Price::from_e4(10_001), ..good() }, "NOT_IN_TICKS"),
            (
                ListingTerms { floor: Price::from_e4(1_000_000_000_000_000), ..good() },
                "ORDER_TOO_LARGE",
            ),
        ] {
            assert_eq!(refused(&mut market, ALICE, draft_as(ALICE, wrong)).name(), name);
        }
    }

    #[test]
    fn listings_under_way_are_limited() {
        let mut market = submitted(terms());
        for number in 1..10 {
            let code = format!("G-{number}");
            by(&mut market, ALICE, draft_as(ALICE, ListingTerms { code, ..terms() }));
        }
        let more = ListingTerms { code: "MORE".to_owned(), ..terms() };
        let reject = refused(&mut market, ALICE, draft_as(ALICE, more));
        assert_eq!(reject, Reject::TooManyListings { party: ALICE, limit: 10 });
    }
}
