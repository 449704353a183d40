//! Biddings for tests, over the venue of [`crate::fixture`].

use super::bid::{CommitBid, MatchPrice, PlaceBid, RevealBid};
use super::declare::{DeclareInterest, Right};
use super::deposit::PayDeposit;
use super::mode::{Code, Terms, seal};
use super::open::{OpenBidding, Opening};
use super::qualify_bidder::{BidderVerdict, QualifyBidder};
use super::sign::SignContract;
use crate::command::Command;
use crate::entry::{Caller, Header};
use crate::event::Event;
use crate::fixture::{
    BOB, CAROL, DAVE, FUND, OPERATOR, accept, accept_at, cents, deposit, party, soon, units, yuan,
};
use crate::id::{ListingId, PartyId};
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
    Command::PlaceBid(PlaceBid { listing: LISTING, party: who, price: cents(price) })
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
    let price = cents(price);
    Command::RevealBid(RevealBid { listing: LISTING, party: who, price, salt: SALT })
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
    let mut market = announced(terms(method));
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
    let mut market = deposited(method, bidders);
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
