//! The book of an auction, from the journal to whoever recomputes the award (J3), by the program.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
#![allow(missing_docs, reason = "a test is no library")]

mod harness;

use std::fs;
use std::path::Path;

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use sfund_engine::bidding::Binding;
use sfund_engine::bidding::bid::Answer;
use sfund_engine::bidding::open::Opening;
use sfund_engine::entry::Caller;
use sfund_engine::id::{ListingId, OfferId, PartyId};
use sfund_engine::listing::terms::{Method, Reserve};

use harness::bidding::{
    BIDDERS, OPERATOR, PARTNER, Room, SELLER, answer, bid, cents, commit, offer, reveal, sign, take,
};
use harness::program;

const ENGLISH: Opening = Opening::English { increment: cents(1) };
const SEALED: Opening = Opening::Sealed { commit_seconds: 3_600 };
const NEGOTIATED: Opening = Opening::Negotiated { seconds: 86_400 };

/// Writes the book of `which`, with what else is asked.
fn export(folder: &Path, which: &str, to: &str, more: &[&str]) {
    let mut command = program::command(folder);
    command.args(["export", "auction", which, "--to", to]).args(more);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What `sfund verify auction` says of a file, and how it ends.
fn verify(folder: &Path, file: &str, more: &[&str]) -> (Option<i32>, Value) {
    let mut command = program::command(folder);
    command.args(["verify", "auction", file, "--json"]).args(more);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    (output.status.code(), value)
}

#[track_caller]
fn good(folder: &Path, file: &str, more: &[&str]) -> Value {
    let (code, value) = verify(folder, file, more);
    assert_eq!((code, &value["sound"]), (Some(0), &Value::Bool(true)), "{value:#}");
    value
}

/// Lots won and the reason of each line of the award, by bidder.
fn lines(value: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = value["result"]["award"]["lines"].as_array().unwrap();
    let line =
        |line: &Value| (text(&line["bidder"]), text(&line["quantity"]), text(&line["reason"]));
    lines.iter().map(line).collect()
}

fn words(lines: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    lines.iter().map(|(one, two, three)| ((*one).into(), (*two).into(), (*three).into())).collect()
}

/// An ascending auction: bids in the free phase, one that moves the clock, refusals, and a partner
/// that takes the price.
fn english(room: &mut Room, code: &str, bidders: &[PartyId]) -> ListingId {
    let listing = room.auction(code, (Method::English, Reserve::Public), bidders, ENGLISH);
    let [one, two, ..] = BIDDERS;
    room.accept(one, bid(listing, one, 101));
    room.refuse(one, bid(listing, one, 105));
    room.refuse(two, bid(listing, two, 101));
    room.accept(two, bid(listing, two, 103));
    // The free phase is over; the next bid comes in the last minute of the timed one.
    room.pass_seconds(1_440 * 60);
    room.pass_seconds(200);
    room.accept(one, bid(listing, one, 110));
    listing
}

#[test]
fn j3_an_ascending_auction_is_recomputed_from_its_book() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let listing = english(&mut room, "E-1", &[BIDDERS[0], BIDDERS[1], PARTNER]);
    room.accept(PARTNER, take(listing, PARTNER));
    room.finish(listing);
    room.save(folder.path());
    export(folder.path(), "E-1", "book", &[]);
    let value = good(folder.path(), "book", &["--journal"]);
    assert_eq!(value["compared"], true);
    let expected = [
        ("bidder-2", "0", "Outbid"),
        ("bidder-1", "0", "MatchedByPriority"),
        ("priority-1", "1000", "Won"),
    ];
    assert_eq!(lines(&value), words(&expected), "{value:#}");
    assert_eq!(value["decided"]["taken"], 4);
    assert_eq!(value["decided"]["refused"], 2, "a leader that bids on, and too little");
    let text = fs::read_to_string(folder.path().join("book")).unwrap();
    assert!(text.contains("ClockMoved"), "the soft close is told");
    assert!(!text.contains("party-") && !text.contains("BUYER") && !text.contains("有限公司"));
    // The same journal gives the same book.
    export(folder.path(), "listing-0", "again", &[]);
    assert_eq!(fs::read_to_string(folder.path().join("again")).unwrap(), text);
}

#[test]
fn j3_seals_are_opened_again_and_who_opened_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let [one, two, three, _] = BIDDERS;
    let way = (Method::SealedVickrey, Reserve::Hidden);
    let listing = room.auction("S-1", way, &[one, two, three], SEALED);
    for (party, price) in [(one, 120), (two, 110), (three, 130)] {
        let code = room.code_of(listing, party);
        room.accept(party, commit(listing, party, code, price));
    }
    room.pass_seconds(3_601);
    room.refuse(two, reveal(listing, two, 111));
    room.accept(two, reveal(listing, two, 110));
    room.accept(one, reveal(listing, one, 120));
    room.finish(listing);
    room.save(folder.path());
    export(folder.path(), "S-1", "book", &[]);
    let value = good(folder.path(), "book", &["--journal"]);
    let expected = [("bidder-2", "0", "Outbid"), ("bidder-1", "1000", "Won")];
    assert_eq!(lines(&value), words(&expected), "{value:#}");
    assert_eq!(value["result"]["award"]["unrevealed"], serde_json::json!(["bidder-3"]));
    assert_eq!((&value["decided"]["seals"], &value["decided"]["refused"]), (&2.into(), &1.into()));
}

#[test]
fn j3_a_negotiation_is_recomputed_offer_by_offer() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let [one, two, ..] = BIDDERS;
    let way = (Method::Negotiated, Reserve::Hidden);
    let listing = room.auction("N-1", way, &[one, two], NEGOTIATED);
    let codes = [one, two].map(|party| room.code_of(listing, party));
    let expires = room.now().plus_seconds(7_200);
    let [first, second] = codes;
    room.accept(one, offer(listing, (one, first), 90, expires, None));
    room.refuse(one, offer(listing, (one, first), 95, expires, None));
    let counters = Some(OfferId::new(0));
    room.accept(SELLER, offer(listing, (SELLER, first), 105, expires, counters));
    room.accept(two, offer(listing, (two, second), 102, expires, None));
    room.refuse(two, answer(listing, two, OfferId::new(1), Answer::Accept));
    room.accept(one, answer(listing, one, OfferId::new(1), Answer::Accept));
    room.finish(listing);
    room.save(folder.path());
    export(folder.path(), "N-1", "book", &[]);
    let value = good(folder.path(), "book", &["--journal"]);
    assert_eq!(lines(&value), words(&[("bidder-1", "1000", "Won")]), "{value:#}");
    assert_eq!(value["decided"]["refused"], 2);
}

#[test]
fn d5_the_book_goes_on_where_a_winner_does_not_sign() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let [one, two, ..] = BIDDERS;
    let listing = english(&mut room, "E-1", &[one, two]);
    // Who won does not sign; who led before it is offered the lot.
    let offered = |room: &Room| {
        let deal = room.market.bidding(listing).unwrap().deal.as_ref();
        deal.is_some_and(|deal| deal.binding == Binding::Offered)
    };
    while !offered(&room) {
        let due = room.market.next_deadline().unwrap();
        room.pass(due);
    }
    room.accept(OPERATOR, sign(listing, two));
    room.save(folder.path());
    export(folder.path(), "E-1", "book", &["--full"]);
    let value = good(folder.path(), "book", &["--journal"]);
    let text = fs::read_to_string(folder.path().join("book")).unwrap();
    assert!(text.contains("Voided"), "{value:#}");
    let expected = [("bidder-2", "1000", "Won"), ("bidder-1", "0", "Barred")];
    assert_eq!(lines(&value), words(&expected), "{value:#}");
    assert_eq!(value["result"]["binding"], "Offered");
    assert_eq!(value["entries"]["hash"], program::verify(folder.path())["hash"], "{value:#}");
}

#[test]
fn j3_a_lot_that_nobody_wins_has_a_book_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let [one, two, ..] = BIDDERS;
    let way = (Method::English, Reserve::Hidden);
    let listing = room.auction("E-1", way, &[one, two], ENGLISH);
    room.accept(one, bid(listing, one, 95));
    room.finish(listing);
    room.save(folder.path());
    let mut command = program::command(folder.path());
    let output = command.args(["export", "auction", "E-1", "--to", "book"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a floor that was hidden"), "{said}");
    assert_eq!(good(folder.path(), "book", &["--journal"])["result"], "failed");
}

#[test]
fn what_is_not_over_or_was_never_opened_has_no_book() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let [one, two, ..] = BIDDERS;
    room.announce(harness::bidding::terms("E-2", Method::English, Reserve::Public));
    let listing = room.auction("E-1", (Method::English, Reserve::Public), &[one, two], ENGLISH);
    room.accept(one, bid(listing, one, 101));
    room.save(folder.path());
    for (which, why) in
        [("E-1", "is not over"), ("E-2", "was never opened"), ("E-3", "no listing `E-3`")]
    {
        let mut command = program::command(folder.path());
        let output = command.args(["export", "auction", which]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains(why), "{said}");
    }
}

/// Changes one thing in a file of lines.
fn tampered(folder: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let text = fs::read_to_string(folder.join("book")).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(folder.join("tampered"), lines.join("\n") + "\n").unwrap();
}

/// The first line that says `what`.
fn line_of(lines: &[String], what: &str) -> usize {
    lines.iter().position(|line| line.contains(what)).unwrap()
}

#[test]
fn j3_a_book_that_was_changed_is_found_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = Room::open();
    let listing = english(&mut room, "E-1", &[BIDDERS[0], BIDDERS[1], PARTNER]);
    room.accept(PARTNER, take(listing, PARTNER));
    room.finish(listing);
    room.save(folder.path());
    export(folder.path(), "E-1", "book", &["--full"]);
    good(folder.path(), "book", &[]);
    type Change = fn(&mut Vec<String>);
    let changes: [(&str, Change); 9] = [
        ("a price that people read", |lines| {
            let at = line_of(lines, "BidPlaced");
            lines[at] = lines[at].replace("1.01", "1.09");
        }),
        ("a price that is hashed", |lines| {
            // 10,100 and 10,900, as CBOR has them.
            let at = line_of(lines, "BidPlaced");
            lines[at] = lines[at].replace("192774", "192a94");
        }),
        ("the order of two bids", |lines| {
            let at = line_of(lines, "BidPlaced");
            lines.swap(at, at + 1);
        }),
        ("a bid that is left out", |lines| {
            let at = line_of(lines, "BidPlaced");
            lines.remove(at);
        }),
        ("who won", |lines| {
            let at = line_of(lines, "Awarded");
            lines[at] = lines[at].replace("\"priority-1\"", "\"bidder-1\"");
        }),
        ("a reason", |lines| {
            let at = line_of(lines, "Awarded");
            lines[at] = lines[at].replace("MatchedByPriority", "Outbid");
        }),
        ("the end", |lines| {
            let at = line_of(lines, "\"end\"");
            lines.truncate(at);
        }),
        ("an entry that came with it", |lines| {
            let at = line_of(lines, "\"entry\"") + 1;
            lines[at] = lines[at].replace("\"bytes\":\"85", "\"bytes\":\"84");
        }),
        ("an entry that is left out", |lines| {
            lines.pop();
            let at = line_of(lines, "\"entry\"") + 1;
            lines.remove(at);
        }),
    ];
    for (what, change) in changes {
        tampered(folder.path(), change);
        let (code, value) = verify(folder.path(), "tampered", &[]);
        assert_eq!((code, &value["sound"]), (Some(1), &Value::Bool(false)), "{what}: {value:#}");
        assert_ne!(value["findings"].as_array().unwrap().len(), 0, "{what}");
    }
}

#[test]
fn j3_a_book_of_what_never_was_differs_from_the_journal() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (folder, price) in [(&folder, 120), (&other, 121)] {
        let mut room = Room::open();
        let listing = english(&mut room, "E-1", &BIDDERS[..2]);
        room.accept(BIDDERS[1], bid(listing, BIDDERS[1], price));
        room.finish(listing);
        room.save(folder.path());
        export(folder.path(), "E-1", "book", &[]);
    }
    fs::copy(other.path().join("book"), folder.path().join("other")).unwrap();
    let (own, forged) = (good(folder.path(), "book", &[]), good(folder.path(), "other", &[]));
    assert_ne!(own["book"], forged["book"], "whoever compares the hashes sees it");
    good(folder.path(), "book", &["--journal"]);
    let (code, value) = verify(folder.path(), "other", &["--journal"]);
    assert_eq!(code, Some(1));
    let what = value["findings"][0]["what"].as_str().unwrap();
    assert!(what.contains("the journal does not say this here"), "{value:#}");
}

#[test]
fn what_is_no_book_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("text"), "no book\n").unwrap();
    fs::write(folder.path().join("empty"), "").unwrap();
    for (file, why) in
        [("text", "no book of an auction"), ("empty", "no book"), ("none", "cannot be read")]
    {
        let mut command = program::command(folder.path());
        let output = command.args(["verify", "auction", file]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains(why), "{said}");
    }
}

/// Something about a lot, by whoever; most of it is refused.
fn anything(random: &mut ChaCha8Rng, room: &mut Room, listing: ListingId) {
    let parties = [BIDDERS[0], BIDDERS[1], BIDDERS[2], PARTNER];
    let who = *parties.choose(random).unwrap();
    let own = 100 + 7 * u64::from(who.number() % 4);
    let code = room.code_of(listing, who);
    let expires = room.now().plus_seconds(random.random_range(1..4_000));
    let some = OfferId::new(random.random_range(0..4));
    let said = [Answer::Accept, Answer::Decline, Answer::Decline];
    let said = *said.choose(random).unwrap();
    let (side, price) = (*[who, SELLER].choose(random).unwrap(), random.random_range(95..140));
    let (caller, command) = match random.random_range(0..12) {
        0..4 => (who, bid(listing, who, price)),
        4 => (who, take(listing, who)),
        5 | 6 => (who, commit(listing, who, code, own)),
        7 | 8 => (who, reveal(listing, who, own)),
        9 => (side, offer(listing, (side, code), price, expires, None)),
        10 => (side, offer(listing, (side, code), price, expires, Some(some))),
        _ => (side, answer(listing, side, some, said)),
    };
    drop(room.say(Caller::Party(caller), command));
}

#[test]
fn j3_random_auctions_are_recomputed_from_their_books() {
    let dutch = Opening::Dutch { start: cents(130), step: cents(6), step_seconds: 1_000 };
    let ways = [
        (Method::English, ENGLISH),
        (Method::SealedPayAsBid, SEALED),
        (Method::SealedVickrey, SEALED),
        (Method::Negotiated, NEGOTIATED),
        (Method::Dutch, dutch),
    ];
    let mut decided = [0; 3];
    for seed in 0..10 {
        println!("seed {seed}");
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut room = Room::open();
        let (method, opening) = ways[usize::try_from(seed).unwrap() % ways.len()].clone();
        let reserve = *[Reserve::Public, Reserve::Hidden].choose(&mut random).unwrap();
        let bidders = [BIDDERS[0], BIDDERS[1], BIDDERS[2], PARTNER];
        let listing = room.auction("R-1", (method, reserve), &bidders, opening);
        for _ in 0..60 {
            anything(&mut random, &mut room, listing);
            room.pass_seconds(random.random_range(0..300));
        }
        room.finish(listing);
        // Nobody signs: it goes to the next, or to nobody.
        room.pass_seconds(86_400 * random.random_range(0..12));
        room.save(folder.path());
        export(folder.path(), "R-1", "book", &["--full"]);
        let value = good(folder.path(), "book", &["--journal"]);
        for (sum, what) in decided.iter_mut().zip(["taken", "refused", "seals"]) {
            *sum += value["decided"][what].as_u64().unwrap();
        }
    }
    println!("taken, refused, seals: {decided:?}");
    assert!(decided.iter().all(|count| 0 < *count), "all of it happens: {decided:?}");
}
