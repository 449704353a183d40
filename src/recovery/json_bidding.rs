//! The records of biddings as JSON: one line each, all of its fields.

use serde_json::Value;
use sfund_engine::auction::clock::SoftClose;
use sfund_engine::auction::ration::Margin;
use sfund_engine::bidding::award::{AwardVoided, DealHandedOver, LotAwarded};
use sfund_engine::bidding::bid::{
    Answer, AnswerOffer, CommitBid, LotMoved, MakeOffer, MatchPrice, PlaceBid, Quantity, RevealBid,
};
use sfund_engine::bidding::choose::{Choice, ChooseQuote};
use sfund_engine::bidding::declare::{DeclareInterest, InterestDeclared, Right};
use sfund_engine::bidding::deposit::{
    DepositForfeited, DepositPaid, DepositsReturned, Forfeit, PayDeposit,
};
use sfund_engine::bidding::mode::{
    Award, Bid, Code, Commitment, Criterion, Dutch, Enforcement, English, Entrant, EntrantStatus,
    FirstRefusal, Kind, Line, LotEvent, Mode, Negotiated, Offer, OfferState, Pays, Phase, Portion,
    Quotes, Reason, Round, SameRank, Sealed, Side, Standing, Tender, Terms,
};
use sfund_engine::bidding::open::{BiddingFailed, BiddingOpened, OpenBidding, Opening};
use sfund_engine::bidding::qualify_bidder::{BidderQualified, BidderVerdict, QualifyBidder};
use sfund_engine::bidding::score::ScoreBid;
use sfund_engine::bidding::sign::{ContractSigned, SignContract};
use sfund_engine::bidding::{Binding, Conduct};
use sfund_engine::id::{BidId, OfferId};
use sfund_engine::policy::choice::{AfterDefault, Beneficiary};

use crate::recovery::json::{Json, as_name, as_text, object, one, records, tagged};

as_text! { Code BidId OfferId }

as_name! {
    AfterDefault Answer Beneficiary BidderVerdict Binding EntrantStatus Forfeit Kind Margin
    OfferState Pays Phase Portion Reason Right SameRank SoftClose Standing
}

records! {
    DeclareInterest { listing, party, right }
    InterestDeclared { terms }
    QualifyBidder { listing, party, verdict, reason }
    BidderQualified { listing, party, code, held_lots, deposit_due, reason }
    PayDeposit { listing, party }
    DepositPaid { listing, party, amount }
    DepositForfeited { listing, code, amount, to, why }
    DepositsReturned { listing }
    OpenBidding { listing, begins, opening }
    BiddingOpened { listing, begins, mode, conduct, judged, asked }
    Conduct {
        bids_max, bids_per_bidder_max, unrevealed_forfeit, forfeit_to, signature_working_days,
        refund_working_days, notice_working_days, after_default, next_bidder_working_days
    }
    BiddingFailed { listing, reason }
    PlaceBid { listing, party, price, quantity }
    MatchPrice { listing, party }
    CommitBid { listing, party, seal }
    RevealBid { listing, party, price, salt, quantity }
    MakeOffer { listing, party, bidder, price, expires, counters }
    AnswerOffer { listing, party, offer, answer }
    LotMoved { listing, change }
    LotAwarded { listing, award, binding, signature_due, shown_until, refund_due }
    AwardVoided { listing }
    SignContract { listing, party, contract }
    ContractSigned { terms }
    DealHandedOver { listing, unsold }
    Entrant { code, held_lots, status }
    Terms { price, minimum, maximum }
    Bid { bidder, terms, at, kind, standing, points }
    Commitment { bidder, seal, at, bid }
    Offer { bidder, by, terms, at, expires, counters, state }
    Award { lines, unrevealed, uniform }
    Line { bid, bidder, quantity, pays_e4, reason }
    English {
        free_seconds, timed_seconds, window_seconds, soft_close, hard_stop_seconds, increment,
        first_refusal, same_rank
    }
    Sealed { commit_seconds, reveal_seconds, pays, portion, margin }
    Dutch { start, step, step_seconds, portion }
    Tender { commit_seconds, reveal_seconds, scoring_seconds, price_weight, criteria }
    Criterion { weight, name }
    ScoreBid { listing, bid, points, reason }
    ChooseQuote { listing, party, choice }
    Negotiated { seconds, offer_seconds_max }
    Quotes { quote_seconds, choose_seconds }
    Enforcement {
        start, round, open_seconds, window_seconds, increment, first_refusal, same_rank
    }
}

impl Json for Opening {
    fn json(&self) -> Value {
        match self {
            Self::English { increment } => {
                one("English", object([("increment", increment.json())]))
            }
            Self::Sealed { commit_seconds } => {
                one("Sealed", object([("commit_seconds", commit_seconds.json())]))
            }
            Self::Dutch { start, step, step_seconds } => {
                let fields = [
                    ("start", start.json()),
                    ("step", step.json()),
                    ("step_seconds", step_seconds.json()),
                ];
                one("Dutch", object(fields))
            }
            Self::Negotiated { seconds } => {
                one("Negotiated", object([("seconds", seconds.json())]))
            }
            Self::Tender { commit_seconds, scoring_seconds, price_weight, criteria } => {
                let fields = [
                    ("commit_seconds", commit_seconds.json()),
                    ("scoring_seconds", scoring_seconds.json()),
                    ("price_weight", price_weight.json()),
                    ("criteria", criteria.json()),
                ];
                one("Tender", object(fields))
            }
            Self::Quotes { asked, quote_seconds, choose_seconds } => {
                let fields = [
                    ("asked", asked.json()),
                    ("quote_seconds", quote_seconds.json()),
                    ("choose_seconds", choose_seconds.json()),
                ];
                one("Quotes", object(fields))
            }
        }
    }
}

impl Json for Choice {
    fn json(&self) -> Value {
        match self {
            Self::Quote(bid) => tagged("Quote", bid),
            Self::None => Value::from("None"),
        }
    }
}

impl Json for Quantity {
    fn json(&self) -> Value {
        match self {
            Self::All => Value::from("All"),
            Self::Range { minimum, maximum } => {
                let fields = [("minimum", minimum.json()), ("maximum", maximum.json())];
                one("Range", object(fields))
            }
        }
    }
}

impl Json for Mode {
    fn json(&self) -> Value {
        match self {
            Self::English(mode) => tagged("English", mode),
            Self::Sealed(mode) => tagged("Sealed", mode),
            Self::Dutch(mode) => tagged("Dutch", mode),
            Self::Tender(mode) => tagged("Tender", mode),
            Self::Negotiated(mode) => tagged("Negotiated", mode),
            Self::Quotes(mode) => tagged("Quotes", mode),
            Self::Enforcement(mode) => tagged("Enforcement", mode),
        }
    }
}

impl Json for FirstRefusal {
    fn json(&self) -> Value {
        match self {
            Self::AfterHammer(seconds) => tagged("AfterHammer", seconds),
            Self::Nobody | Self::InAuction => Value::String(format!("{self:?}")),
        }
    }
}

impl Json for Round {
    fn json(&self) -> Value {
        match self {
            Self::First { appraisal, start_min } => {
                let fields = [("appraisal", appraisal.json()), ("start_min", start_min.json())];
                one("First", object(fields))
            }
            Self::Second { first_start, cut_max } => {
                let fields = [("first_start", first_start.json()), ("cut_max", cut_max.json())];
                one("Second", object(fields))
            }
        }
    }
}

impl Json for Side {
    fn json(&self) -> Value {
        match self {
            Self::Seller => Value::from("Seller"),
            Self::Bidder(code) => tagged("Bidder", code),
        }
    }
}

impl Json for LotEvent {
    fn json(&self) -> Value {
        match self {
            Self::Admitted(entrant) => tagged("Admitted", entrant),
            Self::PhaseBegan { phase, at, ends } => {
                let fields = [("phase", phase.json()), ("at", at.json()), ("ends", ends.json())];
                one("PhaseBegan", object(fields))
            }
            Self::ClockMoved(ends) => tagged("ClockMoved", ends),
            Self::BidPlaced(bid) => tagged("BidPlaced", bid),
            Self::BidMoved(bid, standing) => {
                let fields = [("bid", bid.json()), ("standing", standing.json())];
                one("BidMoved", object(fields))
            }
            Self::Committed(commitment) => tagged("Committed", commitment),
            Self::PriceCalled { price, ends } => {
                one("PriceCalled", object([("price", price.json()), ("ends", ends.json())]))
            }
            Self::Scored(bid, points) => {
                one("Scored", object([("bid", bid.json()), ("points", points.json())]))
            }
            Self::Offered(offer) => tagged("Offered", offer),
            Self::OfferClosed(offer, state) => {
                one("OfferClosed", object([("offer", offer.json()), ("state", state.json())]))
            }
            Self::Ended(at) => tagged("Ended", at),
            Self::Barred(code) => tagged("Barred", code),
        }
    }
}
