//! Random commands about biddings.

use rand::RngExt;
use rand::seq::IndexedRandom;

use super::{INVESTORS, World};
use crate::amount::Price;
use crate::bidding::Progress;
use crate::bidding::bid::{
    Answer, AnswerOffer, CommitBid, MakeOffer, MatchPrice, PlaceBid, Quantity, RevealBid,
};
use crate::bidding::choose::{Choice, ChooseQuote};
use crate::bidding::declare::{DeclareInterest, Right};
use crate::bidding::deposit::PayDeposit;
use crate::bidding::fixture::claim_right;
use crate::bidding::mode::{Code, Criterion, Portion, Terms, seal};
use crate::bidding::open::{OpenBidding, Opening};
use crate::bidding::qualify_bidder::{BidderVerdict, QualifyBidder};
use crate::bidding::score::ScoreBid;
use crate::bidding::sign::SignContract;
use crate::command::Command;
use crate::entry::Caller;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, OPERATOR, accept, cents, deposit, party, soon, units, yuan,
};
use crate::id::{BidId, ListingId, OfferId, PartyId};
use crate::listing::announce::AnnounceListing;
use crate::listing::draft::DraftListing;
use crate::listing::review::{ListingVerdict, ReviewListing};
use crate::listing::submit::SubmitListing;
use crate::listing::terms::{ListingTerms, Method, Reserve};
use crate::market::Market;
use crate::time::Time;

const SALT: [u8; 32] = [4; 32];
const LOTS: u64 = 100;
const METHODS: [(Method, Portion); 9] = [
    (Method::English, Portion::Whole),
    (Method::SealedVickrey, Portion::Whole),
    (Method::Dutch, Portion::Whole),
    (Method::Negotiated, Portion::Whole),
    (Method::SealedUniform, Portion::Parts),
    (Method::SealedVickrey, Portion::Parts),
    (Method::Dutch, Portion::Parts),
    (Method::Tender, Portion::Whole),
    (Method::RequestForQuote, Portion::Whole),
];

/// A listing that takes intentions, and one of each method with bidders whose announcement is over.
pub(super) fn prepare(market: &mut Market) {
    deposit(market, BOB, yuan(1_000));
    announce(market, terms(Method::English, Reserve::Public));
    for (number, (method, portion)) in (0..).zip(METHODS) {
        let reserve = [Reserve::Public, Reserve::Hidden][number % 2];
        let code = format!("B-{number}");
        let listing = announce(market, ListingTerms { code, portion, ..terms(method, reserve) });
        claim_right(market, listing, BOB);
        for (bidder, right) in
            [(CAROL, Right::None), (DAVE, Right::None), (BOB, Right::FirstRefusal)]
        {
            let ask = DeclareInterest { listing, party: bidder, right };
            accept(market, party(bidder), Command::DeclareInterest(ask));
            accept(market, party(OPERATOR), qualify(listing, bidder, BidderVerdict::Qualify));
            let ask = PayDeposit { listing, party: bidder };
            accept(market, party(bidder), Command::PayDeposit(ask));
        }
        market.close_intentions(listing);
        let begins = soon(market).plus_seconds(60);
        let opening = opening(method);
        let ask = OpenBidding { listing, begins, opening };
        accept(market, party(OPERATOR), Command::OpenBidding(ask));
    }
}

/// What the listing leaves open of its method.
fn opening(method: Method) -> Opening {
    match method {
        Method::Dutch => Opening::Dutch { start: cents(150), step: cents(7), step_seconds: 3_000 },
        Method::Negotiated => Opening::Negotiated { seconds: 400_000 },
        Method::SealedUniform | Method::SealedVickrey => Opening::Sealed { commit_seconds: 90_000 },
        Method::Tender => Opening::Tender {
            commit_seconds: 90_000,
            scoring_seconds: 90_000,
            price_weight: 60,
            criteria: vec![Criterion { weight: 40, name: "方案".to_owned() }],
        },
        Method::RequestForQuote => Opening::Quotes {
            asked: vec![Code::Bidder(1), Code::Bidder(2)],
            quote_seconds: 60_000,
            choose_seconds: 60_000,
        },
        _ => Opening::English { increment: cents(1) },
    }
}

fn terms(method: Method, reserve: Reserve) -> ListingTerms {
    let units = units(LOTS);
    let any = crate::listing::fixture::terms();
    ListingTerms { fund: FUND, units, floor: cents(100), method, reserve, ..any }
}

fn announce(market: &mut Market, terms: ListingTerms) -> ListingId {
    let listing = ListingId::new(u64::try_from(market.listings().len()).unwrap());
    let ask = DraftListing { listing: None, seller: ALICE, terms };
    accept(market, party(ALICE), Command::DraftListing(Box::new(ask)));
    accept(market, party(ALICE), Command::SubmitListing(SubmitListing { listing }));
    let ask = ReviewListing { listing, verdict: ListingVerdict::Accept, reasons: Vec::new() };
    accept(market, party(OPERATOR), Command::ReviewListing(Box::new(ask)));
    crate::listing::fixture::open_gates(market, listing);
    let ask = AnnounceListing { listing };
    accept(market, party(OPERATOR), Command::AnnounceListing(ask));
    listing
}

fn qualify(listing: ListingId, bidder: PartyId, verdict: BidderVerdict) -> Command {
    let reason = "随机".to_owned();
    Command::QualifyBidder(Box::new(QualifyBidder { listing, party: bidder, verdict, reason }))
}

impl World {
    /// Something about a bidding, by whom it takes.
    pub(super) fn bidding(&mut self, at: Time) -> (Caller, Command) {
        let listing = ListingId::new(self.rng.random_range(0..11));
        let who = *INVESTORS.choose(&mut self.rng).unwrap();
        let command = match self.rng.random_range(0..22) {
            0 | 1 => {
                let rights = [Right::None, Right::None, Right::FirstRefusal];
                let right = *rights.choose(&mut self.rng).unwrap();
                Command::DeclareInterest(DeclareInterest { listing, party: who, right })
            }
            2 => {
                let refuse = self.rng.random_range(0..5) == 0;
                let verdict = if refuse { BidderVerdict::Refuse } else { BidderVerdict::Qualify };
                return (party(OPERATOR), qualify(listing, who, verdict));
            }
            3 => Command::PayDeposit(PayDeposit { listing, party: who }),
            4 | 5 => return (party(OPERATOR), self.opening(listing, at)),
            6..11 => {
                let price = cents(self.rng.random_range(95..140));
                let quantity = self.quantity();
                Command::PlaceBid(PlaceBid { listing, party: who, price, quantity })
            }
            11 => Command::MatchPrice(MatchPrice { listing, party: who }),
            12 => {
                let code = self.code_of(listing, who);
                let seal = seal(&SALT, listing.number(), code, &self.sealed(listing, who));
                Command::CommitBid(CommitBid { listing, party: who, seal })
            }
            13 | 14 => {
                let Terms { price, minimum, maximum } = self.sealed(listing, who);
                let [minimum, maximum] = [minimum, maximum].map(units);
                let part = Quantity::Range { minimum, maximum };
                let quantity = if self.is_shared(listing) { part } else { Quantity::All };
                Command::RevealBid(RevealBid { listing, party: who, price, salt: SALT, quantity })
            }
            15 | 16 => self.offer(listing, who, at),
            17 => {
                let accepts = self.rng.random_range(0..3) == 0;
                let answer = if accepts { Answer::Accept } else { Answer::Decline };
                let offer = OfferId::new(self.rng.random_range(0..6));
                Command::AnswerOffer(AnswerOffer { listing, party: who, offer, answer })
            }
            18 => {
                let bid = BidId::new(self.rng.random_range(0..4));
                let points = vec![self.rng.random_range(0..102)];
                let ask = ScoreBid { listing, bid, points, reason: "随机".to_owned() };
                return (party(OPERATOR), Command::ScoreBid(Box::new(ask)));
            }
            19 => {
                let bid = BidId::new(self.rng.random_range(0..4));
                let choice =
                    if self.rng.random_bool(0.9) { Choice::Quote(bid) } else { Choice::None };
                Command::ChooseQuote(ChooseQuote { listing, party: ALICE, choice })
            }
            _ => {
                let ask = SignContract { listing, party: who, contract: [6; 32] };
                return (party(OPERATOR), Command::SignContract(ask));
            }
        };
        let by = if let Command::ChooseQuote(_) = command { ALICE } else { who };
        (party(by), command)
    }

    fn opening(&mut self, listing: ListingId, at: Time) -> Command {
        let begins = at.plus_seconds(self.rng.random_range(0..600));
        let opening = opening(METHODS.choose(&mut self.rng).unwrap().0);
        Command::OpenBidding(OpenBidding { listing, begins, opening })
    }

    fn offer(&mut self, listing: ListingId, who: PartyId, at: Time) -> Command {
        let bidder = *INVESTORS.choose(&mut self.rng).unwrap();
        let bidder = if who == ALICE { bidder } else { who };
        let counters = self.rng.random_bool(0.4);
        let counters = counters.then(|| OfferId::new(self.rng.random_range(0..6)));
        Command::MakeOffer(MakeOffer {
            listing,
            party: who,
            bidder: self.code_of(listing, bidder),
            price: cents(self.rng.random_range(95..140)),
            expires: at.plus_seconds(self.rng.random_range(0..90_000)),
            counters,
        })
    }

    fn quantity(&mut self) -> Quantity {
        let rng = &mut self.rng;
        match rng.random_range(0..4) {
            0 => Quantity::All,
            1 => {
                let minimum = units(rng.random_range(0..120));
                Quantity::Range { minimum, maximum: units(rng.random_range(0..120)) }
            }
            _ => {
                let minimum = rng.random_range(1..20);
                let maximum = units(rng.random_range(minimum..60));
                Quantity::Range { minimum: units(minimum), maximum }
            }
        }
    }

    fn is_shared(&self, listing: ListingId) -> bool {
        self.market.listing(listing).is_some_and(|listing| !listing.terms.portion.is_whole())
    }

    /// What a party seals.
    fn sealed(&self, listing: ListingId, who: PartyId) -> Terms {
        let price = own(who);
        let (minimum, maximum) = own_lots(who);
        let part = Terms { price, minimum, maximum };
        if self.is_shared(listing) { part } else { Terms::whole(LOTS, price) }
    }

    fn code_of(&self, listing: ListingId, who: PartyId) -> Code {
        let bidding = self.market.bidding(listing);
        let claim = bidding.and_then(|bidding| bidding.claim(who));
        claim.and_then(|claim| claim.code).unwrap_or(Code::Bidder(9))
    }
}

#[test]
fn the_laws_hold_on_random_biddings() {
    let (mut awards, mut handed_over, mut shared) = (0, 0, 0);
    for seed in 100..112 {
        let mut world = World::new(seed);
        let start = world.market.clone();
        // A day of bids, and a week for signatures.
        for most in [[90; 1_500].as_slice(), &[2_000; 600]].concat() {
            let seconds = world.rng.random_range(0..most);
            let at = world.pass(seconds * 1_000_000_000);
            let (caller, command) = world.bidding(at);
            world.ask(at, caller, command);
        }
        let replayed = super::replay(start, &world.entries);
        assert_eq!(replayed.digest(), world.market.digest(), "replay is live, seed {seed}");
        awards += world.awards;
        for bidding in world.market.biddings.values() {
            handed_over += u32::from(bidding.progress == Progress::Over && bidding.deal.is_some());
            let winners = bidding.deal.iter().map(|deal| deal.award.winners().count());
            shared += u32::from(winners.max().is_some_and(|winners| 1 < winners));
        }
    }
    assert!(20 < awards && 10 < handed_over && 2 < shared, "{awards} {handed_over} {shared}");
}

/// The price that a party seals: it finds it again.
fn own(who: PartyId) -> Price {
    cents(100 + u64::from(who.number()))
}

/// So many lots at most and at least: some all or none, some to be cut at will, and together more
/// than there are.
fn own_lots(who: PartyId) -> (u64, u64) {
    let number = u64::from(who.number());
    let maximum = 30 + 7 * (number % 5);
    ([1, maximum, 10][usize::try_from(number % 3).unwrap()], maximum)
}
