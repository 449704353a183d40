//! Biddings for tests, over the venue of [`crate::fixture`].

use super::bid::{CommitBid, MatchPrice, PlaceBid, Quantity, RevealBid};
use super::choose::{Choice, ChooseQuote};
use super::declare::{DeclareInterest, Right};
use super::deposit::PayDeposit;
use super::mode::{Code, Criterion, Portion, Terms, seal};
use super::open::{OpenBidding, Opening};
use super::qualify_bidder::{BidderVerdict, QualifyBidder};
use super::score::ScoreBid;
use super::sign::SignContract;
use crate::command::Command;
use crate::entry::{Caller, Header};
use crate::event::Event;
use crate::fixture::{
    ALICE, BOB, CAROL, DAVE, FUND, OPERATOR, accept, accept_at, cents, deposit, party, soon, units,
    yuan,
};
use crate::id::{BidId, ListingId, PartyId};
use crate::listing::fixture::{LISTING, announced, terms as any};
use crate::listing::gate::{Claim, ClaimAnswer, Gate, GateKind, GateState, How};
use crate::listing::terms::{ListingTerms, Method};
use crate::market::{Judgement, Market};
use crate::policy::choice::Silence;
use crate::reject::Reject;
use crate::time::Time;

/// A day, in seconds.
pub(crate) const DAY: u64 = 86_400;
/// The bytes under which every test seals.
pub(crate) const SALT: [u8; 32] = [9; 32];

/// ALICE offers 100,000 units of FUND at 1.00 or more; a deposit is 10,000.
pub(crate) fn terms(method: Method) -> ListingTerms {
    ListingTerms { fund: FUND, units: units(100_000), floor: cents(100), method, ..any() }
}

pub(crate) fn interest(who: PartyId, right: Right) -> Command {
    Command::DeclareInterest(DeclareInterest { listing: LISTING, party: who, right })
}

pub(crate) fn verdict(who: PartyId, verdict: BidderVerdict) -> Command {
    let reason = "资格证明".to_owned();
    let ask = QualifyBidder { listing: LISTING, party: who, verdict, reason };
    Command::QualifyBidder(Box::new(ask))
}

pub(crate) const fn pay(who: PartyId) -> Command {
    Command::PayDeposit(PayDeposit { listing: LISTING, party: who })
}

pub(crate) const fn open(begins: Time, opening: Opening) -> Command {
    Command::OpenBidding(OpenBidding { listing: LISTING, begins, opening })
}

/// A bid in hundredths of a yuan.
pub(crate) const fn bid(who: PartyId, price: u64) -> Command {
    let (price, quantity) = (cents(price), Quantity::All);
    Command::PlaceBid(PlaceBid { listing: LISTING, party: who, price, quantity })
}

/// A bid in hundredths of a yuan for a part.
pub(crate) const fn part(who: PartyId, price: u64, minimum: u64, maximum: u64) -> Command {
    let quantity = Quantity::Range { minimum: units(minimum), maximum: units(maximum) };
    Command::PlaceBid(PlaceBid { listing: LISTING, party: who, price: cents(price), quantity })
}

/// A sealed bid of `code` for a part.
pub(crate) fn commit_part(who: PartyId, code: Code, bid: (u64, u64, u64)) -> Command {
    let (price, minimum, maximum) = bid;
    let terms = Terms { price: cents(price), minimum, maximum };
    let seal = seal(&SALT, LISTING.number(), code, &terms);
    Command::CommitBid(CommitBid { listing: LISTING, party: who, seal })
}

/// And its opening.
pub(crate) const fn reveal_part(who: PartyId, bid: (u64, u64, u64)) -> Command {
    let (price, minimum, maximum) = (cents(bid.0), units(bid.1), units(bid.2));
    let quantity = Quantity::Range { minimum, maximum };
    Command::RevealBid(RevealBid { listing: LISTING, party: who, price, salt: SALT, quantity })
}

pub(crate) const fn take(who: PartyId) -> Command {
    Command::MatchPrice(MatchPrice { listing: LISTING, party: who })
}

/// A sealed bid of `code` in hundredths of a yuan.
pub(crate) fn commit(who: PartyId, code: Code, price: u64) -> Command {
    let seal = seal(&SALT, LISTING.number(), code, &Terms::whole(100_000, cents(price)));
    Command::CommitBid(CommitBid { listing: LISTING, party: who, seal })
}

pub(crate) const fn reveal(who: PartyId, price: u64) -> Command {
    let (price, quantity) = (cents(price), Quantity::All);
    Command::RevealBid(RevealBid { listing: LISTING, party: who, price, salt: SALT, quantity })
}

pub(crate) const fn sign(who: PartyId) -> Command {
    let contract = [5; 32];
    Command::SignContract(SignContract { listing: LISTING, party: who, contract })
}

/// What a command is told that leaves no entry.
#[track_caller]
pub(crate) fn untold(market: &Market, who: PartyId, command: Command) -> Reject {
    let sequence = market.sequence().next();
    let header = Header { sequence, at: soon(market), caller: party(who), attempt: None };
    let mut events = Vec::new();
    match market.judge(&header, &command, &mut events) {
        Judgement::Unrecorded(reject) if events.is_empty() => reject,
        other => panic!("{command:?}: {other:?}"),
    }
}

/// B3: `holder` said in time that it keeps its right.
pub(crate) fn claim_right(market: &mut Market, listing: ListingId, holder: PartyId) {
    let (kind, at) = (GateKind::FirstRefusal, market.now());
    let claim = Claim { holder, answer: ClaimAnswer::Claim, at };
    market.change_listing(listing, |record| {
        if let Some(gate) = record.gates.iter_mut().find(|gate| gate.kind == kind) {
            return gate.claims.push(claim);
        }
        record.gates.push(Gate {
            kind,
            state: GateState::Green,
            days: None,
            due: None,
            silence: Silence::Consent,
            how: Some(How::Said),
            claims: vec![claim],
        });
    });
}

/// An announced listing for which these declared an intention, were qualified and have paid.
pub(crate) fn deposited(method: Method, bidders: &[(PartyId, Right)]) -> Market {
    deposited_as(terms(method), bidders)
}

fn deposited_as(terms: ListingTerms, bidders: &[(PartyId, Right)]) -> Market {
    let mut market = announced(terms);
    deposit(&mut market, BOB, yuan(1_000_000));
    for (who, right) in bidders {
        if *right == Right::FirstRefusal {
            claim_right(&mut market, LISTING, *who);
        }
        accept(&mut market, party(*who), interest(*who, *right));
        accept(&mut market, party(OPERATOR), verdict(*who, BidderVerdict::Qualify));
        accept(&mut market, party(*who), pay(*who));
    }
    market
}

/// A price that falls from 2.00, by 0.10 a minute.
pub(crate) const DUTCH: Opening =
    Opening::Dutch { start: cents(200), step: cents(10), step_seconds: 60 };

/// A tender for which the price weighs as much as the one criterion.
pub(crate) fn tender() -> Opening {
    let criteria = vec![Criterion { weight: 100, name: "投后支持方案".to_owned() }];
    let (commit_seconds, scoring_seconds) = (3_600, 7_200);
    Opening::Tender { commit_seconds, scoring_seconds, price_weight: 100, criteria }
}

/// A tender in which CAROL bid 1.50 and DAVE 1.20, and that is to be scored.
pub(crate) fn scoring() -> Market {
    let (mut market, begins) = opened(Method::Tender, &TWO, tender());
    accept(&mut market, party(CAROL), commit(CAROL, Code::Bidder(1), 150));
    accept(&mut market, party(DAVE), commit(DAVE, Code::Bidder(2), 120));
    pass(&mut market, begins.plus_seconds(3_600));
    accept(&mut market, party(DAVE), reveal(DAVE, 120));
    accept(&mut market, party(CAROL), reveal(CAROL, 150));
    pass(&mut market, begins.plus_seconds(3_600 + DAY));
    market
}

pub(crate) fn score(bid: u32, points: &[u32]) -> Command {
    let (bid, points, reason) = (BidId::new(bid), points.to_vec(), "评审意见".to_owned());
    Command::ScoreBid(Box::new(ScoreBid { listing: LISTING, bid, points, reason }))
}

/// Quotes of CAROL and DAVE, for an hour; the seller chooses for two.
pub(crate) fn quotes() -> Opening {
    let asked = vec![Code::Bidder(1), Code::Bidder(2)];
    Opening::Quotes { asked, quote_seconds: 3_600, choose_seconds: 7_200 }
}

/// A request for quotes to which these gave 1.10 each.
pub(crate) fn quoted(who: &[PartyId]) -> (Market, Time) {
    let (mut market, begins) = opened(Method::RequestForQuote, &TWO, quotes());
    for who in who {
        accept(&mut market, party(*who), bid(*who, 110));
    }
    (market, begins)
}

pub(crate) const fn choose(choice: Choice) -> Command {
    Command::ChooseQuote(ChooseQuote { listing: LISTING, party: ALICE, choice })
}

/// CAROL is bidder-1 and DAVE bidder-2.
pub(crate) const TWO: [(PartyId, Right); 2] = [(CAROL, Right::None), (DAVE, Right::None)];
/// And BOB, who holds units, is priority-1.
pub(crate) const THREE: [(PartyId, Right); 3] =
    [(CAROL, Right::None), (DAVE, Right::None), (BOB, Right::FirstRefusal)];

/// Time passes up to `until`: whatever is due by then happens, as the sequencer has it.
pub(crate) fn pass(market: &mut Market, until: Time) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(due) = market.next_deadline().filter(|due| *due <= until) {
        let at = due.max(market.now().next());
        events.extend(accept_at(market, at, Caller::Venue, Command::Advance));
    }
    events
}

/// The announcement is over, whatever its length.
pub(crate) fn close(market: &mut Market) {
    market.close_intentions(LISTING);
}

/// Bidding is open, and begins in a minute; the moment at which it does.
pub(crate) fn opened(method: Method, bidders: &[(PartyId, Right)], how: Opening) -> (Market, Time) {
    opened_as(terms(method), bidders, how)
}

/// The same for a lot that may be shared.
pub(crate) fn shared(method: Method, bidders: &[(PartyId, Right)], how: Opening) -> (Market, Time) {
    opened_as(ListingTerms { portion: Portion::Parts, ..terms(method) }, bidders, how)
}

fn opened_as(terms: ListingTerms, bidders: &[(PartyId, Right)], how: Opening) -> (Market, Time) {
    let mut market = deposited_as(terms, bidders);
    close(&mut market);
    let begins = soon(&market).plus_seconds(60);
    accept(&mut market, party(OPERATOR), open(begins, how));
    pass(&mut market, begins);
    (market, begins)
}

/// Open ascending bids, a cent apart, that have begun.
pub(crate) fn english(bidders: &[(PartyId, Right)]) -> (Market, Time) {
    opened(Method::English, bidders, Opening::English { increment: cents(1) })
}
