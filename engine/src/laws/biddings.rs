//! Random commands about biddings.

use rand::RngExt;
use rand::seq::IndexedRandom;

use super::{INVESTORS, World};
use crate::amount::Price;
use crate::bidding::bid::{
    Answer, AnswerOffer, CommitBid, MakeOffer, MatchPrice, PlaceBid, RevealBid,
};
use crate::bidding::declare::{DeclareInterest, Right};
use crate::bidding::deposit::PayDeposit;
use crate::bidding::fixture::claim_right;
use crate::bidding::mode::{Code, Terms, seal};
use crate::bidding::open::{OpenBidding, Opening};
use crate::bidding::qualify_bidder::{BidderVerdict, QualifyBidder};
use crate::bidding::sign::SignContract;
use crate::command::Command;
use crate::entry::Caller;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, OPERATOR, accept, cents, deposit, party, soon, units, yuan,
};
use crate::id::{ListingId, OfferId, PartyId};
use crate::listing::announce::AnnounceListing;
use crate::listing::draft::DraftListing;
use crate::listing::review::{ListingVerdict, ReviewListing};
use crate::listing::submit::SubmitListing;
use crate::listing::terms::{ListingTerms, Method, Reserve};
use crate::market::Market;
use crate::time::Time;

const SALT: [u8; 32] = [4; 32];
const LOTS: u64 = 100;
const METHODS: [Method; 4] =
    [Method::English, Method::SealedVickrey, Method::Dutch, Method::Negotiated];

/// A listing that takes intentions, and one of each method with bidders whose announcement is over.
pub(super) fn prepare(market: &mut Market) {
    deposit(market, BOB, yuan(1_000));
    announce(market, terms(Method::English, Reserve::Public));
    for (number, method) in (0..).zip(METHODS) {
        let reserve = [Reserve::Public, Reserve::Hidden][number % 2];
        let code = format!("B-{number}");
        let listing = announce(market, ListingTerms { code, ..terms(method, reserve) });
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
        Method::SealedVickrey => Opening::Sealed { commit_seconds: 90_000 },
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
        let listing = ListingId::new(self.rng.random_range(0..6));
        let who = *INVESTORS.choose(&mut self.rng).unwrap();
        let command = match self.rng.random_range(0..20) {
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
                Command::PlaceBid(PlaceBid { listing, party: who, price })
            }
            11 => Command::MatchPrice(MatchPrice { listing, party: who }),
            12 => {
                let code = self.code_of(listing, who);
                let seal = seal(&SALT, listing.number(), code, &Terms::whole(LOTS, own(who)));
                Command::CommitBid(CommitBid { listing, party: who, seal })
            }
            13 | 14 => {
                let price = own(who);
                Command::RevealBid(RevealBid { listing, party: who, price, salt: SALT })
            }
            15 | 16 => self.offer(listing, who, at),
            17 => {
                let accepts = self.rng.random_range(0..3) == 0;
                let answer = if accepts { Answer::Accept } else { Answer::Decline };
                let offer = OfferId::new(self.rng.random_range(0..6));
                Command::AnswerOffer(AnswerOffer { listing, party: who, offer, answer })
            }
            _ => {
                let ask = SignContract { listing, party: who, contract: [6; 32] };
                return (party(OPERATOR), Command::SignContract(ask));
            }
        };
        (party(who), command)
    }

    fn opening(&mut self, listing: ListingId, at: Time) -> Command {
        let begins = at.plus_seconds(self.rng.random_range(0..600));
        let opening = opening(*METHODS.choose(&mut self.rng).unwrap());
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

    fn code_of(&self, listing: ListingId, who: PartyId) -> Code {
        let bidding = self.market.bidding(listing);
        let claim = bidding.and_then(|bidding| bidding.claim(who));
        claim.and_then(|claim| claim.code).unwrap_or(Code::Bidder(9))
    }
}

/// What a party seals: it finds it again.
fn own(who: PartyId) -> Price {
    cents(100 + u64::from(who.number()))
}
