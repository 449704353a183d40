//! The announcement and its clocks: rules C2 and I3, and the law of matching services.

use crate::amount::{Ppm, Price};
use crate::bidding::declare::Right;
use crate::bidding::fixture::{interest, pay, verdict};
use crate::bidding::qualify_bidder::BidderVerdict;
use crate::command::Command;
use crate::event::Event;
use crate::fixture::{ALICE, BOB, CAROL, DAVE, OPERATOR, accept_at, party, refuse_at};
use crate::listing::change::ChangeListing;
use crate::listing::extend::ExtendListing;
use crate::listing::fixture::{
    LISTING, announce, announced, answer, at, by, drafted, held, notify, open_gates, pass, refused,
    reprice, reviewed, stage, state_terms, submit, suspend, terms, to_announce, withdraw,
};
use crate::listing::gate::{ClaimAnswer, GateKind};
use crate::listing::resume::ResumeListing;
use crate::listing::review::ListingVerdict;
use crate::listing::stage::{EndReason, Stage};
use crate::listing::terms::{IfNobodyComes, Interim, ListingTerms, Method, Payment, Reserve};
use crate::market::Market;
use crate::policy::choice::Silence;
use crate::reject::Reject;

fn days(announcement_days: u16, terms: ListingTerms) -> ListingTerms {
    ListingTerms { announcement_days, ..terms }
}

/// Of a fund that CAROL and DAVE may buy.
fn funded() -> ListingTerms {
    crate::bidding::fixture::terms(Method::English)
}

fn resume() -> Command {
    Command::ResumeListing(ResumeListing { listing: LISTING })
}

fn change(terms: ListingTerms) -> Command {
    let reason = "更正".to_owned();
    Command::ChangeListing(Box::new(ChangeListing { listing: LISTING, terms, reason }))
}

fn extend() -> Command {
    Command::ExtendListing(ExtendListing { listing: LISTING })
}

fn last(market: &Market) -> String {
    market.listing(LISTING).unwrap().announcement().period.last.to_string()
}

/// Announced at noon of a Friday before the National Day of 2027.
fn in_autumn(announcement_days: u16) -> Market {
    let mut market = to_announce(days(announcement_days, terms()));
    accept_at(&mut market, at("2027-09-24", 12, 0), party(OPERATOR), announce());
    market
}

#[test]
fn i3_an_announcement_counts_make_up_days_and_no_holidays() {
    // Sunday the 26th is worked; the 1st to the 7th is off; Saturday the 9th is worked.
    for (count, until) in [(5, "2027-09-30"), (6, "2027-10-08"), (7, "2027-10-09")] {
        assert_eq!(last(&in_autumn(count)), until, "{count}");
    }
}

#[test]
fn i3_an_announcement_ends_at_midnight_in_shanghai() {
    let mut market = in_autumn(5);
    assert_eq!(market.next_deadline().unwrap().to_string(), "2027-09-30T16:00:00.000000Z");
    pass(&mut market, at("2027-09-30", 23, 59));
    assert_eq!(stage(&market), Stage::Announced);
    let events = pass(&mut market, at("2027-10-01", 0, 0));
    assert_eq!(events.first().map(Event::name), Some("ListingClosed"));
    assert_eq!(stage(&market), Stage::Closed);
}

#[test]
fn i3_an_announcement_made_a_second_before_midnight_is_of_that_day() {
    let mut market = to_announce(days(5, terms()));
    let late = at("2027-09-23", 23, 59).plus_seconds(59);
    accept_at(&mut market, late, party(OPERATOR), announce());
    assert_eq!(last(&market), "2027-09-29");
    let mut market = to_announce(days(5, terms()));
    accept_at(&mut market, at("2027-09-24", 0, 0), party(OPERATOR), announce());
    assert_eq!(last(&market), "2027-09-30");
}

#[test]
fn i3_beyond_the_calendar_nothing_is_announced() {
    let mut market = to_announce(terms());
    let reject = refuse_at(&mut market, at("2027-12-20", 9, 0), party(OPERATOR), announce());
    assert_eq!(reject.name(), "OUTSIDE_CALENDAR");
}

#[test]
fn c2_a_state_owned_share_is_announced_for_twenty_working_days() {
    let mut market = to_announce(days(20, state_terms()));
    by(&mut market, OPERATOR, announce());
    assert_eq!(last(&market), "2026-12-22");
    let judged = market.listing(LISTING).unwrap().announcement().judged.clone();
    assert_eq!(judged.overlay.unwrap().to_string(), "soe 1");
}

#[test]
fn c2_nobody_came_and_the_listing_ends_goes_on_or_asks_as_announced() {
    let over = at("2026-12-02", 0, 0);
    let with = |if_nobody_comes| {
        let mut market = announced(days(5, ListingTerms { if_nobody_comes, ..terms() }));
        pass(&mut market, over);
        market
    };
    let market = with(IfNobodyComes::End);
    assert_eq!((stage(&market), held(&market)[1].e2()), (Stage::Ended, 0));
    assert_eq!(market.listing(LISTING).unwrap().end, Some(EndReason::NoBidder));
    assert_eq!(stage(&with(IfNobodyComes::Ask)), Stage::Closed);
    let mut market = with(IfNobodyComes::Extend { working_days: 3, times_max: 2 });
    assert_eq!((stage(&market), last(&market)), (Stage::Announced, "2026-12-04".to_owned()));
    pass(&mut market, at("2026-12-05", 0, 0));
    assert_eq!(last(&market), "2026-12-09");
    pass(&mut market, at("2026-12-10", 0, 0));
    assert_eq!(stage(&market), Stage::Ended, "two extensions were announced");
}

#[test]
fn c2_with_an_intention_the_announcement_closes_whatever_was_announced() {
    for if_nobody_comes in
        [IfNobodyComes::End, IfNobodyComes::Extend { working_days: 3, times_max: 2 }]
    {
        let mut market = announced(days(5, ListingTerms { if_nobody_comes, ..terms() }));
        by(&mut market, CAROL, interest(CAROL, Right::None));
        pass(&mut market, at("2026-12-02", 0, 0));
        assert_eq!(stage(&market), Stage::Closed);
    }
}

#[test]
fn c2_an_extension_is_announced_and_not_too_short() {
    let extension = |working_days| {
        let if_nobody_comes = IfNobodyComes::Extend { working_days, times_max: 3 };
        ListingTerms { if_nobody_comes, ..state_terms() }
    };
    let mut market = announced(extension(5));
    by(&mut market, ALICE, extend());
    assert_eq!(last(&market), "2026-12-29");
    let mut market = crate::listing::fixture::drafted(extension(4));
    let reject = refused(&mut market, ALICE, crate::listing::fixture::submit());
    assert_eq!(reject.to_string(), "4 working days are less than 5");
    let reject = refused(&mut announced(state_terms()), ALICE, extend());
    assert_eq!(reject.to_string(), "listing-0 announced no extension");
}

#[test]
fn c2_after_a_suspension_at_least_ten_working_days_are_left_and_twenty_in_total() {
    // Eighteen of twenty are over when it stops: ten are left.
    let mut market = announced(state_terms());
    let stop = at("2026-12-21", 9, 0);
    accept_at(&mut market, stop, party(OPERATOR), suspend("2026-12-31"));
    let listing = market.listing(LISTING).unwrap();
    assert_eq!(listing.announcement().passed_days, 18);
    accept_at(&mut market, at("2026-12-25", 9, 0), party(OPERATOR), resume());
    assert_eq!((stage(&market), last(&market)), (Stage::Announced, "2027-01-08".to_owned()));
    // Four of twenty are over: sixteen are left.
    let mut market = announced(state_terms());
    accept_at(&mut market, at("2026-12-01", 9, 0), party(OPERATOR), suspend("2026-12-10"));
    accept_at(&mut market, at("2026-12-04", 9, 0), party(OPERATOR), resume());
    assert_eq!(last(&market), "2026-12-28");
    // And stopped again after one more day.
    accept_at(&mut market, at("2026-12-08", 9, 0), party(OPERATOR), suspend("2026-12-10"));
    assert_eq!(market.listing(LISTING).unwrap().announcement().passed_days, 5);
    accept_at(&mut market, at("2026-12-08", 10, 0), party(OPERATOR), resume());
    assert_eq!(last(&market), "2026-12-29");
}

#[test]
fn c2_a_suspension_ends_by_itself_within_the_month() {
    let mut market = announced(state_terms());
    for wrong in ["2026-11-23", "2026-12-25"] {
        let reject = refused(&mut market, OPERATOR, suspend(wrong));
        let text = format!("a suspension until {wrong} is past, or beyond 2026-12-24");
        assert_eq!(reject.to_string(), text);
    }
    by(&mut market, OPERATOR, suspend("2026-12-24"));
    assert_eq!(market.next_deadline(), Some(at("2026-12-25", 0, 0)));
    pass(&mut market, at("2026-12-24", 23, 59));
    assert_eq!(stage(&market), Stage::Suspended);
    pass(&mut market, at("2026-12-25", 0, 0));
    // It goes on on a Friday, with all twenty working days after it.
    assert_eq!((stage(&market), last(&market)), (Stage::Announced, "2027-01-22".to_owned()));
}

#[test]
fn c2_another_price_has_ten_working_days_and_never_ends_earlier() {
    let mut market = announced(state_terms());
    let reject = refused(&mut market, ALICE, reprice(9_500, 9, None));
    assert_eq!(reject.to_string(), "9 working days are less than 10");
    by(&mut market, ALICE, reprice(9_500, 10, None));
    assert_eq!(last(&market), "2026-12-22", "twenty were announced");
    let late = at("2026-12-18", 9, 0);
    accept_at(&mut market, late, party(ALICE), reprice(9_400, 10, None));
    assert_eq!(last(&market), "2027-01-01");
    assert_eq!(market.listing(LISTING).unwrap().terms.floor, Price::from_e4(9_400));
    let reject = refused(&mut market, ALICE, reprice(9_400, 10, None));
    assert_eq!(reject.name(), "NO_CHANGE");
}

#[test]
fn c2_a_listing_whose_time_is_over_is_announced_again_at_another_price() {
    let mut market = announced(state_terms());
    pass(&mut market, at("2026-12-23", 0, 0));
    assert_eq!(stage(&market), Stage::Closed);
    by(&mut market, ALICE, reprice(9_500, 10, None));
    assert_eq!((stage(&market), last(&market)), (Stage::Announced, "2027-01-06".to_owned()));
}

#[test]
fn c2_a_change_of_content_restarts_the_announcement() {
    let mut market = announced(state_terms());
    let headline = "更正后的简介".to_owned();
    let other = ListingTerms { headline, ..state_terms() };
    accept_at(&mut market, at("2026-12-21", 9, 0), party(ALICE), change(other.clone()));
    assert_eq!(last(&market), "2027-01-18");
    assert_eq!(market.listing(LISTING).unwrap().terms, other);
    let more = ListingTerms { units: crate::fixture::units(200_000), ..other.clone() };
    assert_eq!(refused(&mut market, ALICE, change(more)).name(), "LISTED_UNITS_FIXED");
    assert_eq!(refused(&mut market, ALICE, change(other.clone())).name(), "NO_CHANGE");
}

#[test]
fn c2_what_bidders_rely_on_stays_once_one_declared_an_intention() {
    let any = funded();
    let mut market = announced(any.clone());
    by(&mut market, CAROL, interest(CAROL, Right::None));
    for other in [
        ListingTerms { floor: Price::from_e4(11_000), ..any.clone() },
        ListingTerms { deposit: Ppm::new(200_000), ..any.clone() },
        ListingTerms { method: Method::SealedPayAsBid, ..any.clone() },
        ListingTerms { reserve: Reserve::Hidden, ..any.clone() },
        ListingTerms { payment: Payment::Once { working_days: 4 }, ..any.clone() },
        ListingTerms { interim: Interim::Seller, ..any.clone() },
    ] {
        let reject = refused(&mut market, ALICE, change(other));
        assert_eq!(reject.to_string(), "listing-0 has 1 intentions at its price");
    }
    // The deposit that is due is the one that was announced.
    by(&mut market, OPERATOR, verdict(CAROL, BidderVerdict::Qualify));
    by(&mut market, ALICE, change(ListingTerms { headline: "更正".to_owned(), ..any }));
    by(&mut market, CAROL, pay(CAROL));
    assert_eq!(market.check(), Ok(()));
}

#[test]
fn c2_c4_whom_the_venue_refused_or_whose_deposit_is_late_did_not_come() {
    let if_nobody_comes = IfNobodyComes::Extend { working_days: 3, times_max: 2 };
    let mut market = announced(days(5, ListingTerms { if_nobody_comes, ..funded() }));
    for (who, said) in [(CAROL, BidderVerdict::Refuse), (DAVE, BidderVerdict::Qualify)] {
        by(&mut market, who, interest(who, Right::None));
        by(&mut market, OPERATOR, verdict(who, said));
    }
    // The deposit of DAVE is due three working days after a Tuesday.
    let reject =
        refuse_at(&mut market, at("2026-11-27", 23, 59), party(ALICE), reprice(9_900, 20, None));
    assert_eq!(reject.to_string(), "listing-0 has 1 intentions at its price");
    let mut late = market.clone();
    accept_at(&mut late, at("2026-11-28", 0, 0), party(ALICE), reprice(9_900, 20, None));
    pass(&mut market, at("2026-12-02", 0, 0));
    assert_eq!((stage(&market), last(&market)), (Stage::Announced, "2026-12-04".to_owned()));
}

#[test]
fn d1_what_no_command_opens_is_not_listed() {
    let method = Method::Judicial;
    let mut market = drafted(ListingTerms { method, ..terms() });
    let reject = refused(&mut market, ALICE, submit());
    assert_eq!(reject, Reject::MethodForbidden { method });
    let mut market = announced(terms());
    let reject = refused(&mut market, ALICE, change(ListingTerms { method, ..terms() }));
    assert_eq!(reject, Reject::MethodForbidden { method });
}

#[test]
fn b4_while_a_partner_keeps_its_right_only_open_bids_find_the_buyer() {
    let claimed = |method, said| {
        let mut market = reviewed(ListingTerms { method, ..terms() }, ListingVerdict::Accept);
        by(&mut market, OPERATOR, notify("2026-11-24"));
        by(&mut market, BOB, answer(BOB, said));
        open_gates(&mut market, LISTING);
        market
    };
    for method in [
        Method::SealedPayAsBid,
        Method::SealedUniform,
        Method::SealedVickrey,
        Method::Dutch,
        Method::Tender,
        Method::Negotiated,
        Method::RequestForQuote,
    ] {
        let mut market = claimed(method, ClaimAnswer::Claim);
        let reject = refused(&mut market, OPERATOR, announce());
        assert_eq!(reject, Reject::MethodForbidden { method });
        by(&mut claimed(method, ClaimAnswer::Waive), OPERATOR, announce());
    }
    let mut market = claimed(Method::English, ClaimAnswer::Claim);
    by(&mut market, OPERATOR, announce());
    let sealed = ListingTerms { method: Method::SealedPayAsBid, ..terms() };
    assert_eq!(refused(&mut market, ALICE, change(sealed)).name(), "METHOD_FORBIDDEN");
}

#[test]
fn b4_a_right_that_silence_keeps_is_kept_against_sealed_bids_too() {
    let method = Method::SealedPayAsBid;
    let mut market = to_announce(ListingTerms { method, ..terms() });
    market.change_listing(LISTING, |record| {
        let gate = record.gates.iter_mut().find(|gate| gate.kind == GateKind::FirstRefusal);
        gate.unwrap().silence = Silence::Refusal;
    });
    let reject = refused(&mut market, OPERATOR, announce());
    assert_eq!(reject, Reject::MethodForbidden { method });
}

#[test]
fn the_law_of_matching_services_takes_an_offer_down_and_bars_the_next() {
    let mut market = to_announce(days(60, terms()));
    let segment = market.segment_mut(crate::fixture::REGIONAL);
    let rules = crate::policy::fixture::matching_rules();
    let shown = rules.offer_shown_days_max;
    segment.pack.matching = Some(rules);
    by(&mut market, OPERATOR, announce());
    let removal = market.listing(LISTING).unwrap().announcement().removal.unwrap();
    assert_eq!(shown, 120);
    assert_eq!(removal, at("2027-03-25", 0, 0));
    // Its period is over before; it waits for the seller, and is taken down all the same.
    let mut closed = market.clone();
    pass(&mut closed, removal.minus_seconds(1));
    assert_eq!(stage(&closed), Stage::Closed);
    pass(&mut closed, removal);
    assert_eq!(closed.listing(LISTING).unwrap().end, Some(EndReason::Removed));
    // Withdrawn on the first day: sixty days pass before the next.
    by(&mut market, ALICE, withdraw());
    let again = ListingTerms { code: "AGAIN".to_owned(), ..days(60, terms()) };
    let second = crate::listing::fixture::announceable(&mut market, again);
    let reject = refuse_at(&mut market, at("2027-01-22", 23, 59), party(OPERATOR), second.clone());
    assert_eq!(reject.to_string(), "no offer of this seller in the fund before 2027-01-23");
    accept_at(&mut market, at("2027-01-23", 0, 0), party(OPERATOR), second);
}
