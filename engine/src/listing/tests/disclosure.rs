//! What is shown to whom: rules A4, A5, A9.

use crate::command::Command;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, LENDER, MANAGER, MEMBER, OPERATOR, REGIONAL, REGULATOR, accept, party,
    trading,
};
use crate::listing::document::{Document, DocumentKind, Sha256, Visibility};
use crate::listing::fixture::{
    LISTING, accept_terms, announce, announced, at, by, look, refused, terms, to_announce, withdraw,
};
use crate::listing::terms::{Answer, ListingTerms};
use crate::listing::visible::{full, teaser};
use crate::market::Market;
use crate::policy::choice::Disclosure;
use crate::registry::affiliate::Affiliate;

fn document(byte: u8, visibility: Visibility) -> Document {
    Document {
        name: format!("文件 {byte}"),
        kind: DocumentKind::Other,
        sha256: Sha256::new([byte; 32]),
        size_bytes: 1_000,
        visibility,
    }
}

fn documented() -> ListingTerms {
    let documents = vec![document(7, Visibility::Full), document(8, Visibility::Teaser)];
    ListingTerms { documents, ..terms() }
}

fn sees(market: &Market, who: crate::id::PartyId) -> bool {
    full(market, market.listing(LISTING).unwrap(), who, market.now()).is_some()
}

#[test]
fn a5_the_public_sees_a_teaser_without_the_fund_and_only_of_what_is_announced() {
    let mut market = to_announce(documented());
    assert_eq!(teaser(market.listing(LISTING).unwrap()), None);
    by(&mut market, OPERATOR, announce());
    let listing = market.listing(LISTING).unwrap();
    let shown = teaser(listing).unwrap();
    assert_eq!((shown.code, shown.headline), ("G-2026-0001", "苏州某创投基金份额"));
    assert_eq!(shown.documents, [&listing.terms.documents[1]]);
    assert_eq!(shown.announced_until, Some(at("2026-12-23", 0, 0)));
    by(&mut market, ALICE, withdraw());
    assert_eq!(teaser(market.listing(LISTING).unwrap()), None);
}

#[test]
fn a5_the_full_disclosure_is_for_those_who_accepted_and_the_seller_the_manager_the_venue() {
    let mut market = announced(documented());
    for (who, seen) in [
        (ALICE, true),
        (MANAGER, true),
        (OPERATOR, true),
        (REGULATOR, true),
        (CAROL, false),
        (LENDER, false),
        (MEMBER, false),
    ] {
        assert_eq!(sees(&market, who), seen, "{who}");
    }
    by(&mut market, CAROL, accept_terms(CAROL));
    assert!(sees(&market, CAROL) && !sees(&market, DAVE));
    let reader = market.listing(LISTING).unwrap().readers[&CAROL];
    assert_eq!((reader.accepted, reader.terms), (market.now(), Sha256::new([2; 32])));
}

#[test]
fn a4_only_a_qualified_investor_accepts_and_only_while_it_is_one_it_reads() {
    let mut market = announced(documented());
    // The regional pack excludes natural persons.
    let reject = refused(&mut market, BOB, accept_terms(BOB));
    assert_eq!(reject.name(), "NOT_QUALIFIED");
    by(&mut market, CAROL, accept_terms(CAROL));
    market.party_mut(CAROL).qualification = None;
    assert!(!sees(&market, CAROL));
    assert_eq!(refused(&mut market, CAROL, look(CAROL, 7)).name(), "NOT_QUALIFIED");
}

#[test]
fn a5_each_look_is_an_entry_and_is_counted_for_the_owner() {
    let mut market = announced(documented());
    let reject = refused(&mut market, DAVE, look(DAVE, 7));
    assert_eq!(reject.name(), "CONFIDENTIALITY_NOT_ACCEPTED");
    // Nor is a stranger told whether there is such a document.
    let reject = refused(&mut market, DAVE, look(DAVE, 99));
    assert_eq!(reject.name(), "CONFIDENTIALITY_NOT_ACCEPTED");
    by(&mut market, DAVE, look(DAVE, 8));
    by(&mut market, MEMBER, accept_terms(DAVE));
    let first = market.now().next();
    accept(&mut market, party(DAVE), look(DAVE, 7));
    assert!(first <= market.now());
    let first = market.now();
    by(&mut market, DAVE, look(DAVE, 7));
    let looks = &market.listing(LISTING).unwrap().looks;
    let look = looks[&(DAVE, Sha256::new([7; 32]))];
    assert_eq!((looks.len(), look.count, look.first, look.last), (1, 2, first, market.now()));
}

#[test]
fn a9_the_seller_its_affiliates_and_the_staff_may_not_bid() {
    let mut market = announced(terms());
    let reject = refused(&mut market, ALICE, accept_terms(ALICE));
    assert_eq!(reject.to_string(), "party-7 may not bid on listing-0: it sells");
    let ask = Affiliate { party: DAVE, with: Some(ALICE) };
    by(&mut market, OPERATOR, Command::Affiliate(ask));
    let reject = refused(&mut market, DAVE, accept_terms(DAVE));
    let text = "party-10 may not bid on listing-0: it is affiliated with the seller";
    assert_eq!(reject.to_string(), text);
    let may_bid = |who| market.may_bid(market.now(), LISTING, who);
    assert_eq!(may_bid(CAROL), Ok(()));
    let reject = may_bid(OPERATOR).unwrap_err();
    assert!(reject.to_string().ends_with("it is of the venue's own side"));
    // A pack that lets them: the seller still does not.
    let rules = market.segment_mut(REGIONAL).pack.listing.as_mut().unwrap();
    rules.disclosure.related_bidders = crate::policy::Permission::Allowed;
    let may_bid = |who| market.may_bid(market.now(), LISTING, who).is_ok();
    assert_eq!([ALICE, DAVE, CAROL].map(may_bid), [false, true, true]);
}

#[test]
fn a5_a_listing_that_is_not_announced_is_nobodys_to_read() {
    let mut market = to_announce(documented());
    for ask in [accept_terms(CAROL), look(CAROL, 8)] {
        assert_eq!(refused(&mut market, CAROL, ask).name(), "LISTING_NOT_FOUND");
    }
}

#[test]
fn a5_completeness_is_what_is_answered_of_what_is_asked() {
    // The pack asks for four: three of them are answered, and one that nobody asked for.
    let taxes = Answer { field: Disclosure::Taxes, answer: "各自承担".to_owned() };
    let disclosures = [terms().disclosures, vec![taxes]].concat();
    let market = announced(ListingTerms { disclosures, ..terms() });
    let completeness = market.listing(LISTING).unwrap().completeness;
    assert_eq!((completeness.answered, completeness.asked), (3, 4));
    assert_eq!(completeness.score().get(), 750_000);
    let disclosures = terms().disclosures[..2].to_vec();
    let mut market = to_announce(ListingTerms { disclosures, ..terms() });
    let reject = refused(&mut market, OPERATOR, announce());
    let text = "2 of 4 disclosure fields are answered; it takes 750000 ppm";
    assert_eq!(reject.to_string(), text);
    let none = crate::listing::Completeness { answered: 0, asked: 0 };
    assert_eq!(none.score().get(), 1_000_000);
    assert!(trading().listings().is_empty());
}
