//! Commands of the bidding for a listing, and what came of them.
//!
//! What an event does not say, an id or the lot as it then is, the service adds.

use sfund_engine::bidding::bid::{
    AnswerOffer, CommitBid, MakeOffer, MatchPrice, PlaceBid, Quantity, RevealBid,
};
use sfund_engine::bidding::declare::{DeclareInterest, Right};
use sfund_engine::bidding::deposit::PayDeposit;
use sfund_engine::bidding::mode::Code;
use sfund_engine::bidding::open::{OpenBidding, Opening};
use sfund_engine::bidding::qualify_bidder::QualifyBidder;
use sfund_engine::bidding::sign::SignContract;
use sfund_engine::command::Command;
use sfund_engine::event::Event;
use sfund_engine::policy::TEXT_BYTES_MAX;
use sfund_proto::v1;

use crate::wire::command::{asks, tells};
use crate::wire::fields::{Fields, write_time};
use crate::wire::listing_views::judged_by;

asks!(DeclareInterestRequest, |ask, by, fields| Command::DeclareInterest(DeclareInterest {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.party_or("party_id", &ask.party_id, by),
    right: if ask.first_refusal { Right::FirstRefusal } else { Right::None },
}));
asks!(QualifyBidderRequest, |ask, _, fields| Command::QualifyBidder(Box::new(QualifyBidder {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.id("party_id", &ask.party_id),
    verdict: fields.choice("verdict", ask.verdict),
    reason: fields.text("reason", &ask.reason, TEXT_BYTES_MAX),
})));
asks!(PayDepositRequest, |ask, by, fields| Command::PayDeposit(PayDeposit {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.party_or("party_id", &ask.party_id, by),
}));
asks!(OpenBiddingRequest, |ask, _, fields| Command::OpenBidding(OpenBidding {
    listing: fields.id("listing_id", &ask.listing_id),
    begins: fields.time("begins", ask.begins.as_ref()),
    opening: read_opening(fields, ask.opening.as_ref()),
}));
asks!(SignContractRequest, |ask, _, fields| Command::SignContract(SignContract {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.id("party_id", &ask.party_id),
    contract: fields.sha256("contract_sha256", &ask.contract_sha256),
}));
asks!(PlaceBidRequest, |ask, by, fields| Command::PlaceBid(PlaceBid {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.party_or("party_id", &ask.party_id, by),
    price: fields.price("price", &ask.price),
    quantity: read_quantity(fields, &ask.units, &ask.min_units),
}));
asks!(MatchPriceRequest, |ask, by, fields| Command::MatchPrice(MatchPrice {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.party_or("party_id", &ask.party_id, by),
}));
asks!(CommitBidRequest, |ask, by, fields| Command::CommitBid(CommitBid {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.party_or("party_id", &ask.party_id, by),
    seal: fields.sha256("seal", &ask.seal),
}));
asks!(RevealBidRequest, |ask, by, fields| Command::RevealBid(RevealBid {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.party_or("party_id", &ask.party_id, by),
    price: fields.price("price", &ask.price),
    quantity: read_quantity(fields, &ask.units, &ask.min_units),
    // As many bytes as a SHA-256.
    salt: fields.sha256("salt", &ask.salt),
}));
asks!(MakeOfferRequest, |ask, by, fields| Command::MakeOffer(MakeOffer {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.party_or("party_id", &ask.party_id, by),
    bidder: read_code(fields, "code", &ask.code),
    price: fields.price("price", &ask.price),
    expires: fields.time("expires", ask.expires.as_ref()),
    counters: fields.id_if_any("counters_offer_id", &ask.counters_offer_id),
}));
asks!(AnswerOfferRequest, |ask, by, fields| Command::AnswerOffer(AnswerOffer {
    listing: fields.id("listing_id", &ask.listing_id),
    party: fields.party_or("party_id", &ask.party_id, by),
    offer: fields.id("offer_id", &ask.offer_id),
    answer: fields.choice("answer", ask.answer),
}));

tells!(DeclareInterestResponse, |_facts| {});
tells!(QualifyBidderResponse, |facts| {
    code: facts.first(|event| {
        let Event::BidderQualified(fact) = event else { return None };
        fact.code.map(|code| code.to_string())
    }),
    deposit_due: facts.events.iter().find_map(|event| {
        let Event::BidderQualified(fact) = event else { return None };
        fact.code.map(|_| write_time(fact.deposit_due))
    }),
});
tells!(PayDepositResponse, |facts| {
    amount: facts.first(|event| {
        let Event::DepositPaid(fact) = event else { return None };
        Some(fact.amount.to_string())
    }),
});
tells!(OpenBiddingResponse, |facts| {
    lot: None,
    judged_by: facts.events.iter().find_map(|event| {
        let Event::BiddingOpened(fact) = event else { return None };
        Some(judged_by(&fact.judged))
    }),
});
tells!(SignContractResponse, |_facts| {});
tells!(PlaceBidResponse, |_facts| { bid_id: String::new(), lot: None });
tells!(MatchPriceResponse, |_facts| { bid_id: String::new(), lot: None });
tells!(CommitBidResponse, |_facts| { reveal_from: None, reveal_until: None });
tells!(RevealBidResponse, |_facts| { bid_id: String::new() });
tells!(MakeOfferResponse, |_facts| { offer_id: String::new() });
tells!(AnswerOfferResponse, |_facts| {});

/// How much a bid is for: all that is listed where nothing is said, all or none where only the most is.
fn read_quantity(fields: &mut Fields, units: &str, min_units: &str) -> Quantity {
    if units.is_empty() {
        if !min_units.is_empty() {
            fields.note("units", "is required where min_units is said");
        }
        return Quantity::All;
    }
    let maximum = fields.units("units", units);
    let minimum = if min_units.is_empty() { maximum } else { fields.units("min_units", min_units) };
    Quantity::Range { minimum, maximum }
}

/// The code of a bidder, as `bidder-3` or `priority-1`.
fn read_code(fields: &mut Fields, field: &str, text: &str) -> Code {
    let number = |prefix: &str| text.strip_prefix(prefix).and_then(|digits| digits.parse().ok());
    let code = number("bidder-").map(Code::Bidder).or(number("priority-").map(Code::Priority));
    code.filter(|code| code.to_string() == text).unwrap_or_else(|| {
        let wrong =
            if text.is_empty() { "is required of the seller" } else { "is no bidder's code" };
        fields.note(field, wrong);
        Code::Bidder(0)
    })
}

fn read_opening(
    fields: &mut Fields,
    opening: Option<&v1::open_bidding_request::Opening>,
) -> Opening {
    use v1::open_bidding_request::Opening as Said;
    match opening {
        Some(Said::English(said)) => fields.within("english", |fields| Opening::English {
            increment: fields.price("increment", &said.increment),
        }),
        Some(Said::Sealed(said)) => Opening::Sealed { commit_seconds: said.commit_seconds },
        Some(Said::Dutch(said)) => fields.within("dutch", |fields| Opening::Dutch {
            start: fields.price("start", &said.start),
            step: fields.price("step", &said.step),
            step_seconds: said.step_seconds,
        }),
        Some(Said::Negotiated(said)) => Opening::Negotiated { seconds: said.seconds },
        None => {
            fields.note("opening", "is required");
            Opening::Negotiated { seconds: 0 }
        }
    }
}
