//! Books of random lots of every mode, and what a careful forger makes of them: one who hashes each
//! line anew.

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sfund_engine::amount::{Money, Ppm, Price, Units};
use sfund_engine::auction::clock::SoftClose;
use sfund_engine::auction::ration::Margin;
use sfund_engine::bidding::award::LotAwarded;
use sfund_engine::bidding::mode::{
    Ask, Code, Criterion, Dutch, Enforcement, English, Entrant, EntrantStatus, FirstRefusal, Lot,
    LotEvent, Mode, Negotiated, Pays, Phase, Portion, Proposal, Quotes, Reason, Reserve, Round,
    SameRank, Sealed, Side, Tender, Terms, seal,
};
use sfund_engine::bidding::open::BiddingFailed;
use sfund_engine::bidding::{Binding, Conduct};
use sfund_engine::id::{BidId, ListingId, OfferId, Sequence};
use sfund_engine::listing::stage::EndReason;
use sfund_engine::policy::choice::{AfterDefault, Beneficiary};
use sfund_engine::policy::{JudgedBy, PackVersion};
use sfund_engine::reject::Reject;
use sfund_engine::time::Time;

use crate::journal::Digest;
use crate::recovery::book::file::{self, Chain};
use crate::recovery::book::{
    Asked, End, FORMAT, Fact, Finding, Opened, Record, Report, Step, Told, verify,
};

const LISTING: ListingId = ListingId::new(3);
const STORE: [u8; 16] = [7; 16];
const SALT: [u8; 32] = [4; 32];
const LOTS: u64 = 10;
const CODES: [Code; 4] = [Code::Bidder(1), Code::Bidder(2), Code::Priority(1), Code::Priority(2)];

const fn cents(price: u64) -> Price {
    Price::from_e4(price * 100)
}

/// One of each mode, shared lots too.
fn modes() -> Vec<Mode> {
    let first_refusal = FirstRefusal::AfterHammer(500);
    let english = English {
        free_seconds: 3_000,
        timed_seconds: 600,
        window_seconds: 300,
        soft_close: SoftClose::Reset,
        hard_stop_seconds: Some(3_600),
        increment: cents(1),
        first_refusal,
        same_rank: SameRank::ProRata,
    };
    let sealed = |pays, portion| {
        let margin = Margin::ProRata;
        Mode::Sealed(Sealed { commit_seconds: 3_000, reveal_seconds: 3_000, pays, portion, margin })
    };
    let dutch = |portion| {
        Mode::Dutch(Dutch { start: cents(130), step: cents(5), step_seconds: 500, portion })
    };
    let (start, start_min) = (cents(100), Ppm::new(700_000));
    let round = Round::First { appraisal: cents(120), start_min };
    vec![
        Mode::English(English { first_refusal: FirstRefusal::InAuction, ..english.clone() }),
        Mode::English(english),
        sealed(Pays::Bid, Portion::Whole),
        sealed(Pays::LowestWinning, Portion::Parts),
        sealed(Pays::Externality, Portion::Parts),
        dutch(Portion::Whole),
        dutch(Portion::Parts),
        Mode::Tender(Tender {
            commit_seconds: 3_000,
            reveal_seconds: 3_000,
            scoring_seconds: 3_000,
            price_weight: 60,
            criteria: vec![Criterion { weight: 40, name: "方案".to_owned() }],
        }),
        Mode::Negotiated(Negotiated { seconds: 6_000, offer_seconds_max: 2_000 }),
        Mode::Quotes(Quotes { quote_seconds: 3_000, choose_seconds: 3_000 }),
        Mode::Enforcement(Enforcement {
            start,
            round,
            open_seconds: 3_000,
            window_seconds: 300,
            increment: cents(1),
            first_refusal: FirstRefusal::InAuction,
            same_rank: SameRank::Earliest,
        }),
    ]
}

fn opened(mode: Mode, reserve: Reserve) -> Opened {
    let status = EntrantStatus::Admitted;
    let entrant = |(held_lots, code)| Entrant { code, held_lots, status };
    Opened {
        format: FORMAT,
        store: STORE,
        digest: Digest::Sm3.number(),
        sequence: Sequence::new(100),
        at: Time::ZERO.plus_seconds(1_000),
        listing: LISTING,
        code: "G-1".to_owned(),
        lot: Units::from_e2(100),
        quantity: LOTS,
        reserve,
        deposit: Money::from_fen(100),
        begins: Time::ZERO.plus_seconds(2_000),
        mode,
        conduct: Conduct {
            bids_max: 20,
            bids_per_bidder_max: 6,
            unrevealed_forfeit: Ppm::new(1_000_000),
            forfeit_to: Beneficiary::Seller,
            signature_working_days: 3,
            refund_working_days: 3,
            notice_working_days: 5,
            after_default: AfterDefault::NextBidder,
            next_bidder_working_days: 3,
        },
        judged: JudgedBy {
            pack: PackVersion { code: "licensed".to_owned(), version: 1 },
            overlay: None,
        },
        entrants: (0..).zip(CODES).map(entrant).collect(),
    }
}

/// A lot as the market would conduct it, and its book.
struct Play {
    opened: Opened,
    lot: Lot,
    at: Time,
    records: Vec<Record>,
}

impl Play {
    fn begin(mode: Mode, reserve: Reserve) -> Self {
        let opened = opened(mode, reserve);
        let mut lot = Lot::new(LISTING.number(), LOTS, reserve);
        for entrant in &opened.entrants {
            lot.apply(&LotEvent::Admitted(*entrant));
        }
        let records = vec![Record::Opened(Box::new(opened.clone()))];
        let mut play = Self { at: opened.at, opened, lot, records };
        play.at = play.opened.begins;
        let events = play.opened.mode.rules().begin(&play.lot, play.at);
        play.moved(None, &events);
        play
    }

    fn write(&mut self, asked: Option<Asked>, outcome: Told) {
        let place = u64::try_from(self.records.len()).unwrap();
        let sequence = Sequence::new(100 + 2 * place);
        let step = Step { sequence, at: self.at, asked, outcome };
        self.records.push(Record::Step(Box::new(step)));
    }

    fn moved(&mut self, asked: Option<Asked>, events: &[LotEvent]) {
        let facts = events.iter().map(|event| Fact::Moved(Box::new(event.clone()))).collect();
        self.write(asked, Told::Happened(facts));
        events.iter().for_each(|event| self.lot.apply(event));
    }

    /// Time passes, and the clock rings.
    fn pass(&mut self, seconds: u64) {
        let until = self.at.plus_seconds(seconds);
        while self.lot.phase() != Phase::Over
            && let Some(due) = self.lot.due().filter(|due| *due <= until)
        {
            self.at = due.max(self.at.next());
            let events = self.opened.mode.rules().due(&self.lot);
            self.moved(None, &events);
        }
        self.at = until.max(self.at.next());
    }

    /// Somebody asks a second later.
    fn ask(&mut self, by: Side, ask: Ask) {
        self.pass(1);
        // An award is due at once: nobody is heard before it.
        if self.lot.phase() == Phase::Over {
            return;
        }
        let room = self.opened.conduct.check_room(&self.lot, by, &ask);
        let rules = self.opened.mode.rules();
        let answer = room.and_then(|()| Ok(rules.bid(&self.lot, by, self.at, &ask)?));
        match answer {
            Ok(events) => self.moved(Some(Asked { by, ask }), &events),
            Err(reject) => {
                let number = Reject::refusal(&reject).number;
                self.write(Some(Asked { by, ask }), Told::Refused(number));
            }
        }
    }

    fn end(mut self) -> Vec<Record> {
        while self.lot.phase() != Phase::Over {
            self.pass(10_000);
        }
        self.at = self.at.next();
        let award = self.opened.mode.rules().close(&self.lot);
        let (listing, binding, due) = (LISTING, Binding::Bound, self.at.plus_seconds(86_400));
        let fact = if award.winners().next().is_some() {
            Fact::Awarded(Box::new(LotAwarded {
                listing,
                award,
                binding,
                signature_due: due,
                shown_until: due,
                refund_due: due,
            }))
        } else {
            Fact::Failed(BiddingFailed { listing, reason: EndReason::Failed })
        };
        self.write(None, Told::Happened(vec![fact]));
        self.records
    }
}

/// The file of these records, with an end of its own.
fn file_of(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chain = Chain::new(Digest::Sm3, &STORE);
    for record in records {
        file::write(&mut chain, record, &mut bytes).unwrap();
    }
    let Some(Record::Step(last)) = records.last() else { panic!("a book ends with a step") };
    let steps = u64::try_from(records.len()).unwrap() - 1;
    let end = End { steps, sequence: last.sequence, term: 1, hash: [5; 32] };
    file::write(&mut chain, &Record::End(end), &mut bytes).unwrap();
    bytes
}

fn verified(records: &[Record]) -> Report {
    verify(&mut file_of(records).as_slice()).unwrap()
}

/// What it says is wrong with a book that was changed.
fn forged(records: &[Record], change: impl FnOnce(&mut Vec<Record>)) -> String {
    let mut changed = records.to_vec();
    change(&mut changed);
    assert_ne!(changed, records, "something is changed");
    let findings = verified(&changed).findings;
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("\n")
}

fn step(record: &mut Record) -> &mut Step {
    let Record::Step(step) = record else { panic!("{record:?} is no step") };
    step
}

fn award(records: &mut [Record]) -> &mut LotAwarded {
    let Told::Happened(facts) = &mut step(records.last_mut().unwrap()).outcome else {
        panic!("it is awarded")
    };
    let [Fact::Awarded(fact)] = facts.as_mut_slice() else { panic!("it is awarded") };
    fact
}

/// A quantity that a lot takes, or nearly.
fn some_terms(random: &mut ChaCha8Rng, price: u64) -> Terms {
    let price = cents(price);
    if random.random_ratio(1, 2) {
        return Terms::whole(LOTS, price);
    }
    let maximum = random.random_range(1..=LOTS);
    Terms { price, minimum: random.random_range(1..=maximum), maximum }
}

fn random_play(mode: Mode, random: &mut ChaCha8Rng) -> Vec<Record> {
    let floor = cents(100);
    let reserve = *[Reserve::Public(floor), Reserve::Hidden(floor)].choose(random).unwrap();
    let mut play = Play::begin(mode, reserve);
    // What each seals, so that most can open it.
    let mut own = || {
        let price = random.random_range(95..130);
        some_terms(random, price)
    };
    let sealed: [Terms; 4] = std::array::from_fn(|_| own());
    while play.lot.phase() != Phase::Over {
        let place = random.random_range(0..CODES.len());
        let (code, own) = (CODES[place], sealed[place]);
        let price = random.random_range(95..140);
        let terms = some_terms(random, price);
        let expires = play.at.plus_seconds(random.random_range(1..2_500));
        let proposal = Proposal { bidder: code, terms: Terms::whole(LOTS, cents(price)), expires };
        let (bid, offer) = (random.random_range(0..4), OfferId::new(random.random_range(0..4)));
        let ask = match random.random_range(0..14) {
            0..4 => Ask::Bid(terms),
            4 => Ask::Match,
            5 | 6 => Ask::Commit(seal(&SALT, LISTING.number(), code, &own)),
            7 | 8 => Ask::Reveal(own, SALT),
            9 => Ask::Offer(proposal),
            10 => Ask::Counter(offer, proposal),
            11 if random.random_ratio(1, 2) => Ask::Accept(offer),
            11 => Ask::Decline(offer),
            12 => Ask::Choose(BidId::new(bid)),
            _ => Ask::Score(BidId::new(bid), vec![random.random_range(0..100)]),
        };
        let seller = matches!(ask, Ask::Choose(_) | Ask::Score(..)) || random.random_ratio(1, 5);
        play.ask(if seller { Side::Seller } else { Side::Bidder(code) }, ask);
        play.pass(random.random_range(1..250));
    }
    play.end()
}

#[test]
fn j3_books_of_random_lots_of_every_mode_are_recomputed() {
    let mut won = 0;
    for mode in modes() {
        for seed in 0..40 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let records = random_play(mode.clone(), &mut random);
            let report = verified(&records);
            assert_eq!(report.findings, [], "seed {seed} of {mode:?}");
            won += u32::from(report.came.0.starts_with("awarded"));
        }
    }
    assert!(100 < won, "{won} lots were won");
}

#[test]
fn j3_a_random_book_with_a_step_left_out_or_two_changed_about_is_found_wrong() {
    for mode in modes() {
        for seed in 0..20 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut records = random_play(mode.clone(), &mut random);
            let taken = |record: &Record| match record {
                Record::Step(step) => {
                    step.asked.is_some() && matches!(step.outcome, Told::Happened(_))
                }
                Record::Opened(_) | Record::End(_) => false,
            };
            // The last thing that happened is left out: either something rests on it, or the award.
            let Some(place) = records.iter().rposition(taken) else { continue };
            let next = records[place + 1].clone();
            records.swap(place, place + 1);
            assert_ne!(verified(&records).findings, [], "seed {seed}, {mode:?}, before {next:?}");
        }
    }
}

/// Four sealed bids of which three are opened; one of three lots asked for is cut.
fn sealed_play() -> Vec<Record> {
    let (margin, portion) = (Margin::Time, Portion::Parts);
    let mode = Mode::Sealed(Sealed {
        commit_seconds: 1_000,
        reveal_seconds: 1_000,
        pays: Pays::LowestWinning,
        portion,
        margin,
    });
    let mut play = Play::begin(mode, Reserve::Public(cents(100)));
    let terms = |price, maximum| Terms { price: cents(price), minimum: 1, maximum };
    let bids = [terms(110, 6), terms(105, 6), terms(101, 5), terms(120, 10)];
    for (code, terms) in CODES.into_iter().zip(&bids) {
        play.pass(10);
        play.ask(Side::Bidder(code), Ask::Commit(seal(&SALT, LISTING.number(), code, terms)));
    }
    play.pass(1_000);
    for (code, terms) in CODES.into_iter().zip(bids).take(3) {
        play.pass(10);
        play.ask(Side::Bidder(code), Ask::Reveal(terms, SALT));
    }
    play.ask(Side::Bidder(CODES[3]), Ask::Reveal(terms(121, 10), SALT));
    play.end()
}

#[test]
fn j3_a_careful_forger_of_a_sealed_auction_is_found() {
    let records = sealed_play();
    let report = verified(&records);
    assert_eq!(report.findings, []);
    expect_test::expect![[r#"
        awarded
          bid-0 of bidder-1: 6 lots, pays 6.3000 a unit of each, Won
          bid-1 of bidder-2: 4 lots, pays 4.2000 a unit of each, CutAtMargin
          bid-2 of priority-1: 0 lots, pays 0.0000 a unit of each, Outbid
          priority-2 did not reveal its bid"#]]
    .assert_eq(&report.came.0);
    let opening_of_bids = records.len() - 6;

    let price = forged(&records, |records| {
        let step = step(&mut records[opening_of_bids]);
        let Some(Asked { ask: Ask::Reveal(terms, _), .. }) = &mut step.asked else { panic!() };
        terms.price = cents(111);
    });
    assert!(price.contains("this is not the bid that was handed in"), "{price}");
    let told = forged(&records, |records| {
        let Told::Happened(facts) = &mut step(&mut records[opening_of_bids]).outcome else {
            panic!()
        };
        let [Fact::Moved(moved)] = facts.as_mut_slice() else { panic!() };
        let LotEvent::BidPlaced(bid) = &mut **moved else { panic!() };
        bid.terms.price = cents(111);
    });
    assert!(told.contains("it is told that"), "{told}");
    let left_out = forged(&records, |records| drop(records.remove(opening_of_bids)));
    assert!(left_out.contains("the award tells"), "{left_out}");
    let refusal = forged(&records, |records| {
        let place = opening_of_bids + 3;
        step(&mut records[place]).outcome = Told::Refused(372);
    });
    assert!(refusal.contains("it was refused with ALREADY_COMMITTED"), "{refusal}");
    let quantity = forged(&records, |records| award(records).award.lines[1].quantity = 5);
    assert!(quantity.contains("the award tells bid-1 of bidder-2: 5 lots"), "{quantity}");
    let reason = forged(&records, |records| award(records).award.lines[2].reason = Reason::Barred);
    assert!(reason.contains("Barred; it is bid-2 of priority-1"), "{reason}");
    let unrevealed = forged(&records, |records| award(records).award.unrevealed.clear());
    assert!(unrevealed.contains("who did not reveal"), "{unrevealed}");
    let uniform = forged(&records, |records| award(records).award.uniform = Some(cents(101)));
    assert!(uniform.contains("another price for all"), "{uniform}");
    let unsold = forged(&records, |records| {
        let fact = BiddingFailed { listing: LISTING, reason: EndReason::Failed };
        step(records.last_mut().unwrap()).outcome = Told::Happened(vec![Fact::Failed(fact)]);
    });
    assert!(unsold.contains("it is told that nobody won; bidder-1, bidder-2 did"), "{unsold}");
    let bound = forged(&records, |records| award(records).binding = Binding::Offered);
    assert!(bound.contains("Offered"), "{bound}");
}

#[test]
fn d2_a_forger_cannot_move_the_clock_or_bid_after_it() {
    let mode = modes().remove(0);
    let mut play = Play::begin(mode, Reserve::Public(cents(100)));
    play.ask(Side::Bidder(CODES[0]), Ask::Bid(Terms::whole(LOTS, cents(101))));
    play.pass(3_500);
    play.ask(Side::Bidder(CODES[1]), Ask::Bid(Terms::whole(LOTS, cents(102))));
    let records = play.end();
    assert_eq!(verified(&records).findings, []);
    let late = forged(&records, |records| {
        let at = step(&mut records[4]).at;
        step(&mut records[4]).at = at.plus_seconds(10_000);
    });
    assert!(late.contains("line 5: the clock rang at"), "{late}");
    let early = forged(&records, |records| {
        let at = step(&mut records[3]).at;
        step(&mut records[3]).at = at.minus_seconds(10);
    });
    assert!(early.contains("line 4: the clock rings at"), "{early}");
    let unmoved = forged(&records, |records| {
        let Told::Happened(facts) = &mut step(&mut records[4]).outcome else { panic!() };
        facts.pop();
    });
    assert!(unmoved.contains("line 5: 2 things are told of it, and 3 come of it"), "{unmoved}");
    let back = forged(&records, |records| step(&mut records[2]).at = Time::ZERO);
    assert!(back.contains("is not after"), "{back}");
    let swapped = forged(&records, |records| {
        let (one, two) = (step(&mut records[2]).clone(), step(&mut records[4]).clone());
        step(&mut records[2]).asked = two.asked;
        step(&mut records[4]).asked = one.asked;
    });
    assert!(swapped.contains("line 3:"), "{swapped}");
}

#[test]
fn a_lot_that_cannot_be_is_found_wrong_and_stops_nothing() {
    let records = sealed_play();
    let with = |change: fn(&mut Opened)| {
        forged(&records, |records| {
            let Record::Opened(opened) = &mut records[0] else { panic!() };
            change(opened);
        })
    };
    let quantity = with(|opened| opened.quantity = u64::MAX);
    assert!(quantity.contains("line 1: 18446744073709551615 lots"), "{quantity}");
    let price = with(|opened| opened.reserve = Reserve::Public(Price::from_e4(u64::MAX)));
    assert!(price.contains("beyond all prices"), "{price}");
    let twice = with(|opened| opened.entrants[1] = opened.entrants[0]);
    assert!(twice.contains("bidder-1 cannot be admitted like that"), "{twice}");
}
