//! The evidence of compliance of a listing, by the program, from a journal.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
#![allow(missing_docs, reason = "a test is no library")]

mod harness;

use std::path::Path;

use serde_json::Value;
use sfund_engine::amount::{Price, Units};
use sfund_engine::bidding::bid::{PlaceBid, Quantity};
use sfund_engine::bidding::mode::Portion;
use sfund_engine::bidding::open::Opening;
use sfund_engine::command::Command;
use sfund_engine::id::{ListingId, PartyId};
use sfund_engine::listing::approve::RecordApproval;
use sfund_engine::listing::document::Sha256;
use sfund_engine::listing::gate::Consent;
use sfund_engine::listing::terms::{Appraisal, ListingTerms, Method, Reserve};
use sfund_engine::policy::choice::Ownership;

use harness::bidding::{BIDDERS, OPERATOR, PARTNER, Room, bid, cents, sign, take, terms};
use harness::program;

const ENGLISH: Opening = Opening::English { increment: cents(1) };

/// The evidence of a listing, for programs.
fn evidence(folder: &Path, which: &str) -> Value {
    let mut command = program::command(folder);
    let output = command.args(["export", "compliance", which, "--format", "json"]).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn rule<'v>(value: &'v Value, id: &str) -> &'v Value {
    let rules = value["rules"].as_array().unwrap();
    rules.iter().find(|line| line["rule"] == id).unwrap()
}

/// The rules whose verdict is `word`.
fn with_verdict(value: &Value, word: &str) -> Vec<String> {
    let rules = value["rules"].as_array().unwrap().iter();
    let of = rules.filter(|line| line["verdict"] == word);
    of.map(|line| line["rule"].as_str().unwrap().to_owned()).collect()
}

fn sold(room: &mut Room) -> ListingId {
    let bidders = [BIDDERS[0], BIDDERS[1], PARTNER];
    let listing = room.auction("E-1", (Method::English, Reserve::Public), &bidders, ENGLISH);
    room.accept(BIDDERS[0], bid(listing, BIDDERS[0], 101));
    room.accept(BIDDERS[1], bid(listing, BIDDERS[1], 103));
    room.accept(PARTNER, take(listing, PARTNER));
    room.finish(listing);
    listing
}

#[test]
fn a_deal_shows_what_each_rule_asked_and_which_entry_shows_that_it_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let listing = sold(&mut room);
    room.accept(OPERATOR, sign(listing, PARTNER));
    room.pass_seconds(40 * 86_400);
    room.save(folder.path());
    let value = evidence(folder.path(), "E-1");
    assert_eq!(value["stage"], "handed_over");
    assert_eq!(value["hash"], program::verify(folder.path())["hash"]);
    assert_eq!(with_verdict(&value, "not_met"), Vec::<String>::new(), "{value:#}");
    let met = ["A1", "A3", "A4", "A5", "A8", "A9", "B1", "B3", "B4", "B5", "C2", "C4", "C7"];
    let met: Vec<_> = met.into_iter().chain(["D1", "D2", "D3", "D4"]).collect();
    assert_eq!(with_verdict(&value, "met"), met, "{value:#}");
    assert_eq!(with_verdict(&value, "not_due"), ["C6"], "payment is settlement's");
    assert_eq!(with_verdict(&value, "not_applicable"), ["A6", "C1", "C3", "C5", "D5"]);

    let notice = rule(&value, "B1");
    assert_eq!(notice["required"][0]["parameter"], "notice_days");
    assert_eq!(notice["required"][0]["value"], "30");
    assert!(notice["required"][0]["source"].as_str().unwrap().contains("73"), "{notice:#}");
    assert_eq!(notice["happened"][0]["evidence"], "04".repeat(32));
    assert_eq!(rule(&value, "D4")["happened"][1]["evidence"], "06".repeat(32));
    let deposits = rule(&value, "D1")["happened"].as_array().unwrap();
    assert_eq!(deposits.len(), 3);
    let what = deposits[0]["what"]["en"].as_str().unwrap();
    assert_eq!(what, "bidder-1 paid 100000.00");

    let mut command = program::command(folder.path());
    let output = command.args(["export", "compliance", "listing-0", "--to", "page"]).output();
    assert_eq!(output.unwrap().status.code(), Some(0));
    let page = std::fs::read_to_string(folder.path().join("page")).unwrap();
    assert!(page.contains("## B1 通知其他合伙人 partners were told: 符合 met"), "{page}");
    assert!(page.contains("bidder-1 缴纳 100000.00 bidder-1 paid 100000.00"), "{page}");
    assert!(!page.contains("有限公司"), "no names");
}

#[test]
fn what_is_still_to_come_is_not_due_and_a_default_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    room.announce(terms("E-2", Method::Negotiated, Reserve::Public));
    sold(&mut room);
    // Nobody signs, and the next is offered the lot.
    room.pass_seconds(6 * 86_400);
    room.save(folder.path());
    let value = evidence(folder.path(), "E-2");
    let due = ["A3", "A4", "A9", "C4", "C6", "C7", "D1", "D2", "D3", "D4", "D5"];
    assert_eq!(with_verdict(&value, "not_due"), due, "{value:#}");
    assert_eq!(with_verdict(&value, "not_met"), Vec::<String>::new());
    let value = evidence(folder.path(), "E-1");
    assert_eq!(rule(&value, "D5")["verdict"], "met", "{value:#}");
    let said = rule(&value, "D5")["happened"].to_string();
    assert!(said.contains("priority-1 was barred") && said.contains("offered to the next"));
    let forfeited = rule(&value, "D4")["happened"].to_string();
    assert!(forfeited.contains("priority-1 forfeited 100000.00: NotSigned"), "{forfeited}");
}

#[test]
fn c1_c3_a_state_owned_seller_is_held_against_its_overlay() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let (filing, base_date) = ("备-2026-7".to_owned(), harness::bidding::date("2026-06-30"));
    let appraisal = Some(Appraisal { value: Price::from_e4(10_000), base_date, filing });
    let any = terms("G-1", Method::English, Reserve::Public);
    let owned = ListingTerms { ownership: Ownership::StateOwned, appraisal, ..any };
    room.list(owned, |room, listing| {
        let (answer, evidence) = (Consent::Given, Sha256::new([8; 32]));
        let ask = RecordApproval { listing, answer, evidence };
        room.accept(OPERATOR, Command::RecordApproval(ask));
    });
    room.save(folder.path());
    let value = evidence(folder.path(), "G-1");
    for id in ["C1", "C2", "C3", "C5"] {
        assert_eq!(rule(&value, id)["verdict"], "met", "{id}: {value:#}");
        assert_eq!(rule(&value, id)["required"][0]["pack"], "soe", "{id}");
    }
}

#[test]
fn d4_deposits_that_went_back_late_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let listing = sold(&mut room);
    room.accept(OPERATOR, sign(listing, PARTNER));
    room.sleep(10 * 86_400);
    room.save(folder.path());
    let mut command = program::command(folder.path());
    let output = command.args(["export", "compliance", "E-1", "--json"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.trim()), (Some(1), "not met: D4"));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let what = rule(&value, "D4")["happened"].to_string();
    assert!(what.contains("deposits went back"), "{what}");
}

#[test]
fn a_listing_that_is_not_there_has_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    Room::open().save(folder.path());
    let mut command = program::command(folder.path());
    let output = command.args(["export", "compliance", "E-9"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
    assert!(said.contains("there is no listing `E-9`"), "{said}");
}

/// A bid for all of these units or none.
fn part(listing: ListingId, party: PartyId, units: Units) -> Command {
    let (price, quantity) = (cents(130), Quantity::Range { minimum: units, maximum: units });
    Command::PlaceBid(PlaceBid { listing, party, price, quantity })
}

#[test]
fn d5_who_signed_for_a_part_keeps_it_and_the_rest_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let whole = |units: u64| Units::from_e2(units * 100);
    let any = terms("S-1", Method::Dutch, Reserve::Public);
    let shared = ListingTerms { units: whole(4_000_000), portion: Portion::Parts, ..any };
    let listing = room.announce(shared);
    room.gather(listing, &BIDDERS[..2]);
    let opening = Opening::Dutch { start: cents(130), step: cents(5), step_seconds: 1_000 };
    room.begin(listing, opening);
    for (party, units) in [(BIDDERS[0], 1_500_000), (BIDDERS[1], 2_500_000)] {
        room.accept(party, part(listing, party, whole(units)));
    }
    room.finish(listing);
    room.accept(OPERATOR, sign(listing, BIDDERS[0]));
    room.pass_seconds(40 * 86_400);
    room.save(folder.path());
    let value = evidence(folder.path(), "S-1");
    assert_eq!(with_verdict(&value, "not_met"), Vec::<String>::new(), "{value:#}");
    let invested = rule(&value, "A4")["happened"].to_string();
    assert!(invested.contains("bidder-1 invests 1950000.00"), "{invested}");
    assert!(invested.contains("bidder-2 invests 3250000.00"), "{invested}");
    assert_eq!(rule(&value, "D5")["verdict"], "met");
    let defaulted = rule(&value, "D5")["happened"].to_string();
    assert!(defaulted.contains("bidder-2 was barred"), "{defaulted}");
    assert_eq!(value["stage"], "handed_over");

    // And its book is recomputed, with what the defaulter left.
    let mut command = program::command(folder.path());
    let output = command.args(["export", "auction", "S-1", "--to", "book"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let mut command = program::command(folder.path());
    let output = command.args(["verify", "auction", "book", "--journal"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("bidder-1: 1500 lots"), "{said}");
}
