//! Worked cases of `tests/vectors/auctions.json`, played through the modes of bidding.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
#![allow(missing_docs, reason = "a test is no library")]

use std::collections::BTreeMap;

use serde_json::Value;
use sfund_engine::amount::Price;
use sfund_engine::auction::clock::SoftClose;
use sfund_engine::auction::ration::Margin;
use sfund_engine::bidding::mode::{
    Ask, Award, Code, English, Entrant, EntrantStatus, FirstRefusal, Line, Lot, LotEvent, Mode,
    Pays, Phase, Portion, Refusal, Reserve, SameRank, Sealed, Side, Terms, seal,
};
use sfund_engine::time::Time;

const SALT: [u8; 32] = [7; 32];

fn at(hour: u64, minute: u64, second: u64) -> Time {
    Time::ZERO.plus_seconds(hour * 3_600 + minute * 60 + second)
}

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/auctions.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn int(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

/// A price as it is written, in tenths, since some cases have them.
fn tenths(value: &Value) -> Price {
    let text = value.to_string();
    let (whole, tenth) = text.split_once('.').unwrap_or((&text, "0"));
    Price::from_e4(whole.parse::<u64>().unwrap() * 10 + tenth.parse::<u64>().unwrap())
}

/// A lot with so many bidders, for which bidding began at `at`.
fn begun(mode: &Mode, quantity: u64, reserve: Price, bidders: u32, at: Time) -> Lot {
    let mut lot = Lot::new(9, quantity, Reserve::Public(reserve));
    for code in (1..=bidders).map(Code::Bidder) {
        let status = EntrantStatus::Admitted;
        lot.apply(&LotEvent::Admitted(Entrant { code, held_lots: 0, status }));
    }
    mode.rules().begin(&lot, at).iter().for_each(|event| lot.apply(event));
    lot
}

fn pass(mode: &Mode, lot: &mut Lot, at: Time) {
    while lot.phase() != Phase::Over && lot.due().is_some_and(|due| due <= at) {
        mode.rules().due(lot).iter().for_each(|event| lot.apply(event));
    }
}

fn ask(mode: &Mode, lot: &mut Lot, number: u32, at: Time, ask: &Ask) -> Result<(), Refusal> {
    pass(mode, lot, at);
    let events = mode.rules().bid(lot, Side::Bidder(Code::Bidder(number)), at, ask)?;
    events.iter().for_each(|event| lot.apply(event));
    Ok(())
}

/// Everybody commits, then everybody reveals, and the lot is awarded.
fn award(pays: Pays, margin: Margin, quantity: u64, reserve: Price, bids: &[Terms]) -> Award {
    let (commit_seconds, reveal_seconds, portion) = (3_600, 600, Portion::Parts);
    let mode = Mode::Sealed(Sealed { commit_seconds, reveal_seconds, pays, portion, margin });
    let bidders = u32::try_from(bids.len()).unwrap();
    let mut lot = begun(&mode, quantity, reserve, bidders, at(9, 0, 0));
    for (number, terms) in (1..).zip(bids) {
        let sealed = Ask::Commit(seal(&SALT, 9, Code::Bidder(number), terms));
        assert_eq!(ask(&mode, &mut lot, number, at(9, 30, 0), &sealed), Ok(()));
    }
    for (number, terms) in (1..).zip(bids) {
        let reveal = Ask::Reveal(*terms, SALT);
        assert_eq!(ask(&mode, &mut lot, number, at(10, 5, 0), &reveal), Ok(()));
    }
    pass(&mode, &mut lot, at(24, 0, 0));
    mode.rules().close(&lot)
}

fn revenue(award: &Award) -> u64 {
    award.winners().map(|line| line.pays_e4).sum()
}

fn clock(text: &str) -> Time {
    let parts: Vec<u64> = text.split(':').map(|part| part.parse().unwrap()).collect();
    at(24 + parts[0], parts[1], parts[2])
}

#[test]
fn d2_the_worked_soft_closes_end_as_they_say() {
    let cases = vectors();
    let cases = cases["soft_close"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        assert_eq!((case["mode"].as_str(), case["W"].as_u64()), (Some("reset"), Some(300)));
        let end = clock(case["end"].as_str().unwrap());
        let mode = Mode::English(English {
            free_seconds: 0,
            timed_seconds: 86_400,
            window_seconds: 300,
            soft_close: SoftClose::Reset,
            hard_stop_seconds: None,
            increment: Price::from_e4(1),
            first_refusal: FirstRefusal::Nobody,
            same_rank: SameRank::Earliest,
        });
        let mut lot = begun(&mode, 1, Price::from_e4(85), 2, end.minus_seconds(86_400));
        let mut late = Vec::new();
        for (number, bid) in (0_u32..).zip(case["bids"].as_array().unwrap()) {
            let terms = Terms::whole(1, Price::from_e4(90 + u64::from(number)));
            let now = clock(bid.as_str().unwrap());
            match ask(&mode, &mut lot, 1 + number % 2, now, &Ask::Bid(terms)) {
                Ok(()) => {}
                Err(refusal) => {
                    assert_eq!(refusal, Refusal::Late { ends: now });
                    late.push(bid.clone());
                }
            }
        }
        let rejected = case["rejected"].as_array().cloned().unwrap_or_default();
        assert_eq!(late, rejected);
        pass(&mode, &mut lot, Time::from_nanos(u64::MAX));
        assert_eq!(lot.ends(), clock(case["final"].as_str().unwrap()));
    }
}

/// What each bidder won, by the letter that the worked cases give it.
fn by_letter(
    award: &Award,
    letters: &[String],
    of: impl Fn(&Line) -> u64,
) -> BTreeMap<String, u64> {
    let letter = |line: &Line| match line.bidder {
        Code::Bidder(number) => letters[usize::try_from(number).unwrap() - 1].clone(),
        Code::Priority(_) => panic!("nobody has a right here"),
    };
    award.winners().map(|line| (letter(line), of(line))).collect()
}

fn expected(value: &Value) -> BTreeMap<String, u64> {
    value.as_object().unwrap().iter().map(|(name, lots)| (name.clone(), int(lots))).collect()
}

fn letters(bids: &Value) -> Vec<String> {
    bids.as_array().unwrap().iter().map(|bid| bid[0].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_worked_book_of_one_seller_clears_in_every_sealed_format() {
    let cases = vectors();
    let book = &cases["one_seller_book"];
    let letters = letters(&book["bids"]);
    let bids = book["bids"].as_array().unwrap().iter();
    let bids: Vec<Terms> = bids
        .map(|bid| Terms { price: Price::from_e4(int(&bid[1])), minimum: 1, maximum: int(&bid[2]) })
        .collect();
    let (quantity, reserve) = (int(&book["Q"]), Price::from_e4(int(&book["reserve"])));
    let award = |pays, margin| award(pays, margin, quantity, reserve, &bids);
    let lots = |line: &Line| line.quantity;
    let pay_as_bid = award(Pays::Bid, Margin::Time);
    assert_eq!(revenue(&pay_as_bid), int(&book["pay_as_bid"]));
    assert_eq!(by_letter(&pay_as_bid, &letters, lots), expected(&book["time_alloc"]));
    let uniform = award(Pays::LowestWinning, Margin::ProRata);
    assert_eq!(revenue(&uniform), int(&book["uniform_lwb"]));
    assert_eq!(uniform.uniform, Some(Price::from_e4(92)));
    let cut = by_letter(&uniform, &letters, lots);
    for (letter, lots) in expected(&book["largest_remainder"]) {
        assert_eq!(cut[&letter], lots);
    }
    let vickrey = award(Pays::Externality, Margin::Time);
    let pays = by_letter(&vickrey, &letters, |line| line.pays_e4);
    assert_eq!(pays, expected(&book["vcg"]));
}

#[test]
fn the_worked_awards_with_all_or_none_bids_are_exact() {
    let cases = vectors();
    let mut tried = 0;
    for case in cases["exact_awards"].as_array().unwrap() {
        // Packages over several funds are awarded elsewhere.
        let Some(bids) = case["bids"].as_array() else { continue };
        let terms = |bid: &Value| Terms {
            price: tenths(&bid[1]),
            minimum: int(&bid[2]),
            maximum: int(&bid[3]),
        };
        let bids: Vec<Terms> = bids.iter().map(terms).collect();
        let (quantity, reserve) = (int(&case["Q"]), tenths(&case["reserve"]));
        let award = award(Pays::Bid, Margin::Time, quantity, reserve, &bids);
        assert_eq!(revenue(&award), int(&case["best"]) * 10, "{}", case["id"]);
        let lots = by_letter(&award, &letters(&case["bids"]), |line| line.quantity);
        assert_eq!(lots, expected(&case["alloc"]), "{}", case["id"]);
        tried += 1;
    }
    assert_eq!(tried, 2);
}
