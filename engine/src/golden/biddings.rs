//! A fixed value of every command and event of a bidding.

use super::listings::LISTING;
use super::{LATER, NOW, OTHER};
use crate::amount::{Money, Ppm, Price, Units};
use crate::auction::clock::SoftClose;
use crate::auction::ration::Margin;
use crate::bidding::award::{AwardVoided, DealHandedOver, LotAwarded};
use crate::bidding::bid::{
    Answer, AnswerOffer, CommitBid, LotMoved, MakeOffer, MatchPrice, PlaceBid, Quantity, RevealBid,
};
use crate::bidding::choose::{Choice, ChooseQuote};
use crate::bidding::declare::{DeclareInterest, InterestDeclared, Right};
use crate::bidding::deposit::{
    DepositForfeited, DepositPaid, DepositsReturned, Forfeit, PayDeposit,
};
use crate::bidding::mode::{
    Award, Bid, Code, Commitment, Criterion, Dutch, English, Entrant, EntrantStatus, FirstRefusal,
    Kind, Line, LotEvent, Mode, Negotiated, Offer, OfferState, Pays, Phase, Portion, Quotes,
    Reason, SameRank, Sealed, Side, Standing, Tender, Terms,
};
use crate::bidding::open::{BiddingFailed, BiddingOpened, OpenBidding, Opening};
use crate::bidding::qualify_bidder::{BidderQualified, BidderVerdict, QualifyBidder};
use crate::bidding::score::ScoreBid;
use crate::bidding::sign::{ContractSigned, SignContract};
use crate::bidding::{Binding, Conduct};
use crate::command::Command;
use crate::event::Event;
use crate::id::{BidId, ListingId, OfferId, PartyId};
use crate::listing::stage::EndReason;
use crate::policy::choice::{AfterDefault, Beneficiary};
use crate::policy::{JudgedBy, PackVersion};

const PRICE: Price = Price::from_e4(1_012_300);
const HOLDER: Code = Code::Priority(300);
const BIDDER: Code = Code::Bidder(3);
const TERMS: Terms = Terms { price: PRICE, minimum: 70_000, maximum: 100_000 };

const PART: Quantity =
    Quantity::Range { minimum: Units::from_e2(100_000), maximum: Units::from_e2(7_000_000) };

/// One of each kind, and more where a command has several shapes.
pub(super) fn commands() -> Vec<Command> {
    let (listing, party) = (LISTING, OTHER);
    let open = |opening| {
        let ask = OpenBidding { listing: LISTING, begins: LATER, opening };
        Command::OpenBidding(ask)
    };
    let offer = |counters| {
        let (bidder, price, expires) = (BIDDER, PRICE, LATER);
        let ask = MakeOffer { listing: LISTING, party: OTHER, bidder, price, expires, counters };
        Command::MakeOffer(ask)
    };
    let choose =
        |choice| Command::ChooseQuote(ChooseQuote { listing: LISTING, party: OTHER, choice });
    let reveal = |quantity| {
        let (price, salt) = (PRICE, [0xAB; 32]);
        Command::RevealBid(RevealBid { listing: LISTING, party: OTHER, price, salt, quantity })
    };
    let answer = |answer| {
        let offer = OfferId::new(300);
        Command::AnswerOffer(AnswerOffer { listing: LISTING, party: OTHER, offer, answer })
    };
    let qualify = |verdict| {
        let reason = "资格证明".to_owned();
        let ask = QualifyBidder { listing: LISTING, party: OTHER, verdict, reason };
        Command::QualifyBidder(Box::new(ask))
    };
    vec![
        Command::DeclareInterest(declare(Right::FirstRefusal)),
        Command::DeclareInterest(declare(Right::None)),
        qualify(BidderVerdict::Qualify),
        qualify(BidderVerdict::Refuse),
        Command::PayDeposit(PayDeposit { listing, party }),
        open(Opening::English { increment: Price::from_e4(500) }),
        open(Opening::Sealed { commit_seconds: 86_400 }),
        open(Opening::Dutch { start: PRICE, step: Price::from_e4(500), step_seconds: 60 }),
        open(Opening::Negotiated { seconds: 700_000 }),
        open(Opening::Tender {
            commit_seconds: 86_400,
            scoring_seconds: 700_000,
            price_weight: 300,
            criteria: vec![criterion(20), criterion(300)],
        }),
        open(Opening::Quotes {
            asked: vec![BIDDER, HOLDER],
            quote_seconds: 86_400,
            choose_seconds: 700_000,
        }),
        Command::PlaceBid(PlaceBid { listing, party, price: PRICE, quantity: Quantity::All }),
        Command::PlaceBid(PlaceBid { listing, party, price: PRICE, quantity: PART }),
        Command::MatchPrice(MatchPrice { listing, party }),
        Command::CommitBid(CommitBid { listing, party, seal: [0xCD; 32] }),
        reveal(Quantity::All),
        reveal(PART),
        offer(None),
        offer(Some(OfferId::new(70_000))),
        answer(Answer::Accept),
        answer(Answer::Decline),
        Command::SignContract(sign()),
        Command::ScoreBid(Box::new(ScoreBid {
            listing,
            bid: BidId::new(300),
            points: vec![100, 0],
            reason: "评审意见".to_owned(),
        })),
        choose(Choice::Quote(BidId::new(300))),
        choose(Choice::None),
    ]
}

/// One of each kind, and more where an event has several shapes.
pub(super) fn events() -> Vec<Event> {
    let mut events = life();
    events.extend(modes().map(|mode| {
        let (begins, conduct, judged) = (LATER, conduct(), judged());
        let asked = match mode {
            Mode::Quotes(_) => vec![BIDDER, HOLDER],
            _ => Vec::new(),
        };
        let fact = BiddingOpened { listing: LISTING, begins, mode, conduct, judged, asked };
        Event::BiddingOpened(Box::new(fact))
    }));
    events.extend(
        changes()
            .into_iter()
            .map(|change| Event::LotMoved(Box::new(LotMoved { listing: LISTING, change }))),
    );
    events
}

const fn conduct() -> Conduct {
    Conduct {
        bids_max: 70_000,
        bids_per_bidder_max: 300,
        unrevealed_forfeit: Ppm::new(500_000),
        forfeit_to: Beneficiary::Venue,
        signature_working_days: 3,
        refund_working_days: 4,
        notice_working_days: 5,
        after_default: AfterDefault::Reauction,
        next_bidder_working_days: 6,
    }
}

fn judged() -> JudgedBy {
    let pack = PackVersion { code: "cn-regional".to_owned(), version: 3 };
    let overlay = Some(PackVersion { code: "soe".to_owned(), version: 300 });
    JudgedBy { pack, overlay }
}

fn life() -> Vec<Event> {
    let (listing, party): (ListingId, PartyId) = (LISTING, OTHER);
    let qualified = |code| {
        let (held_lots, reason) = (70_000, "资格证明".to_owned());
        let fact = BidderQualified { listing, party, code, held_lots, deposit_due: LATER, reason };
        Event::BidderQualified(Box::new(fact))
    };
    let forfeited = |to, why| {
        let (code, amount) = (HOLDER, Money::from_fen(1_000_000));
        Event::DepositForfeited(DepositForfeited { listing, code, amount, to, why })
    };
    let awarded = |binding, award| {
        let (signature_due, shown_until, refund_due) = (LATER, LATER, LATER);
        let fact = LotAwarded { listing, award, binding, signature_due, shown_until, refund_due };
        Event::LotAwarded(Box::new(fact))
    };
    let failed = |reason| Event::BiddingFailed(BiddingFailed { listing, reason });
    vec![
        Event::InterestDeclared(InterestDeclared { terms: declare(Right::FirstRefusal) }),
        qualified(Some(HOLDER)),
        qualified(None),
        Event::DepositPaid(DepositPaid { listing, party, amount: Money::from_fen(1_000_000) }),
        failed(EndReason::NoBidder),
        failed(EndReason::Failed),
        awarded(Binding::Bound, award()),
        awarded(Binding::Offered, Award::default()),
        Event::AwardVoided(AwardVoided { listing }),
        forfeited(Beneficiary::Seller, Forfeit::NotSigned),
        forfeited(Beneficiary::Venue, Forfeit::NotRevealed),
        forfeited(Beneficiary::Venue, Forfeit::NoQuote),
        Event::DepositsReturned(DepositsReturned { listing }),
        Event::ContractSigned(ContractSigned { terms: sign() }),
        Event::DealHandedOver(DealHandedOver { listing, unsold: Units::ZERO }),
        Event::DealHandedOver(DealHandedOver { listing, unsold: Units::from_e2(7_000_000) }),
    ]
}

const fn declare(right: Right) -> DeclareInterest {
    DeclareInterest { listing: LISTING, party: OTHER, right }
}

const fn sign() -> SignContract {
    SignContract { listing: LISTING, party: OTHER, contract: [0xEF; 32] }
}

/// A line for each reason.
fn award() -> Award {
    let reasons = [
        Reason::Won,
        Reason::CutAtMargin,
        Reason::CutToFit,
        Reason::SharedByRank,
        Reason::Outbid,
        Reason::LostAtMargin,
        Reason::DoesNotFit,
        Reason::ParadoxicallyRejected,
        Reason::ExceedsLot,
        Reason::BelowReserve,
        Reason::Superseded,
        Reason::MatchedByPriority,
        Reason::Barred,
        Reason::Outscored,
        Reason::NotScored,
        Reason::NotChosen,
    ];
    let line = |(bid, reason)| {
        let (quantity, pays_e4) = (70_000, 70_000 * PRICE.e4());
        Line { bid: BidId::new(bid), bidder: BIDDER, quantity, pays_e4, reason }
    };
    let lines = (300..).zip(reasons).map(line).collect();
    Award { lines, unrevealed: vec![HOLDER], uniform: Some(PRICE) }
}

fn criterion(weight: u32) -> Criterion {
    Criterion { weight, name: "方案".to_owned() }
}

fn modes() -> [Mode; 7] {
    let english = English {
        free_seconds: 86_400,
        timed_seconds: 300,
        window_seconds: 200,
        soft_close: SoftClose::Extend,
        hard_stop_seconds: Some(3_600),
        increment: Price::from_e4(500),
        first_refusal: FirstRefusal::AfterHammer(432_000),
        same_rank: SameRank::ProRata,
    };
    let (first_refusal, same_rank) = (FirstRefusal::InAuction, SameRank::Earliest);
    let other = English { hard_stop_seconds: None, first_refusal, same_rank, ..english.clone() };
    let (step, step_seconds, portion) = (Price::from_e4(500), 60, Portion::Whole);
    let (commit_seconds, reveal_seconds) = (86_400, 3_600);
    let (pays, margin) = (Pays::Externality, Margin::ProRata);
    [
        Mode::English(english),
        Mode::English(other),
        Mode::Sealed(Sealed { commit_seconds, reveal_seconds, pays, portion, margin }),
        Mode::Dutch(Dutch { start: PRICE, step, step_seconds, portion: Portion::Parts }),
        Mode::Negotiated(Negotiated { seconds: 700_000, offer_seconds_max: 86_400 }),
        Mode::Tender(Tender {
            commit_seconds,
            reveal_seconds,
            scoring_seconds: 700_000,
            price_weight: 300,
            criteria: vec![criterion(20), criterion(300)],
        }),
        Mode::Quotes(Quotes { quote_seconds: 86_400, choose_seconds: 700_000 }),
    ]
}

fn changes() -> Vec<LotEvent> {
    let offer = |by, counters| Offer {
        bidder: BIDDER,
        by,
        terms: TERMS,
        at: NOW,
        expires: LATER,
        counters,
        state: OfferState::Open,
    };
    let bid = |kind, standing, points| Bid {
        bidder: HOLDER,
        terms: TERMS,
        at: NOW,
        kind,
        standing,
        points,
    };
    let entrant = Entrant { code: HOLDER, held_lots: 70_000, status: EntrantStatus::Admitted };
    vec![
        LotEvent::Admitted(entrant),
        LotEvent::PhaseBegan { phase: Phase::Negotiating, at: NOW, ends: LATER },
        LotEvent::ClockMoved(LATER),
        LotEvent::BidPlaced(bid(Kind::Open, Standing::Stands, Vec::new())),
        LotEvent::BidPlaced(bid(Kind::Matched, Standing::Chosen, vec![3, 300])),
        LotEvent::BidMoved(BidId::new(300), Standing::Outbid),
        LotEvent::Committed(Commitment { bidder: HOLDER, seal: [0xCD; 32], at: NOW, bid: None }),
        LotEvent::PriceCalled { price: PRICE, ends: LATER },
        LotEvent::Scored(BidId::new(3), vec![100, 0]),
        LotEvent::Offered(offer(Side::Seller, None)),
        LotEvent::Offered(offer(Side::Bidder(BIDDER), Some(OfferId::new(300)))),
        LotEvent::OfferClosed(OfferId::new(3), OfferState::Countered),
        LotEvent::Ended(LATER),
        LotEvent::Barred(BIDDER),
    ]
}
