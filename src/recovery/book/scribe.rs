//! What a journal's entries say of one lot, without the names.

use sfund_engine::amount::{Price, Units};
use sfund_engine::bidding::Bidding;
use sfund_engine::bidding::bid::{
    Answer, AnswerOffer, CommitBid, MakeOffer, MatchPrice, PlaceBid, Quantity, RevealBid,
};
use sfund_engine::bidding::choose::{Choice, ChooseQuote};
use sfund_engine::bidding::mode::{Ask, Code, Proposal, Side, Terms};
use sfund_engine::command::Command;
use sfund_engine::event::Event;
use sfund_engine::id::{ListingId, PartyId, Sequence};
use sfund_engine::reject::Reject;
use sfund_engine::time::Time;

use crate::recovery::book::{Asked, Fact, Step, Told};

/// Writes down what entries say of the lot of one listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scribe {
    pub(super) listing: ListingId,
    /// Lots for sale.
    pub(super) quantity: u64,
    /// Units of one.
    pub(super) lot: Units,
    pub(super) seller: PartyId,
    /// Who bids under which code. Nobody gets one once bidding is open.
    pub(super) codes: Vec<(PartyId, Code)>,
}

impl Scribe {
    /// The scribe of a lot that was just opened.
    pub(super) fn new(
        (listing, quantity, lot): (ListingId, u64, Units),
        seller: PartyId,
        of: &Bidding,
    ) -> Self {
        let entrants = of.open.iter().flat_map(|open| open.lot.entrants());
        let entrants: Vec<Code> = entrants.map(|entrant| entrant.code).collect();
        let coded = of.claims.iter().filter_map(|claim| claim.code.map(|code| (claim.party, code)));
        let coded = coded.filter(|(_, code)| entrants.contains(code));
        Self { listing, quantity, lot, seller, codes: coded.collect() }
    }

    /// What the entry says of the lot; nothing if it says nothing of it.
    pub(super) fn step(
        &self,
        (sequence, at): (Sequence, Time),
        command: &Command,
        outcome: Result<&[Event], &Reject>,
    ) -> Option<Step> {
        let asked = self.asked(command);
        let outcome = match outcome {
            Ok(events) => {
                let facts: Vec<Fact> = events.iter().filter_map(|event| self.fact(event)).collect();
                if facts.is_empty() {
                    return None;
                }
                Told::Happened(facts)
            }
            Err(reject) => {
                asked.as_ref()?;
                Told::Refused(reject.refusal().number)
            }
        };
        Some(Step { sequence, at, asked, outcome })
    }

    fn code(&self, party: PartyId) -> Option<Code> {
        self.codes.iter().find(|(one, _)| *one == party).map(|(_, code)| *code)
    }

    /// What the command asks of the lot, if it does and its party has a side there.
    fn asked(&self, command: &Command) -> Option<Asked> {
        let whole = |price| Terms::whole(self.quantity, price);
        let (listing, party, ask) = if let Command::PlaceBid(ask) = command {
            let PlaceBid { listing, party, price, quantity } = *ask;
            (listing, party, Ask::Bid(self.terms(price, quantity)))
        } else if let Command::MatchPrice(ask) = command {
            let MatchPrice { listing, party } = *ask;
            (listing, party, Ask::Match)
        } else if let Command::CommitBid(ask) = command {
            let CommitBid { listing, party, seal } = *ask;
            (listing, party, Ask::Commit(seal))
        } else if let Command::RevealBid(ask) = command {
            let RevealBid { listing, party, price, salt, quantity } = *ask;
            (listing, party, Ask::Reveal(self.terms(price, quantity), salt))
        } else if let Command::MakeOffer(ask) = command {
            let MakeOffer { listing, party, bidder, price, expires, counters } = *ask;
            let proposal = Proposal { bidder, terms: whole(price), expires };
            let ask = match counters {
                Some(offer) => Ask::Counter(offer, proposal),
                None => Ask::Offer(proposal),
            };
            (listing, party, ask)
        } else if let Command::AnswerOffer(ask) = command {
            let AnswerOffer { listing, party, offer, answer } = *ask;
            let ask = match answer {
                Answer::Accept => Ask::Accept(offer),
                Answer::Decline => Ask::Decline(offer),
            };
            (listing, party, ask)
        } else if let Command::ChooseQuote(ask) = command {
            let ChooseQuote { listing, party, choice } = *ask;
            let ask = match choice {
                Choice::Quote(bid) => Ask::Choose(bid),
                Choice::None => Ask::ChooseNone,
            };
            (listing, party, ask)
        } else if let Command::ScoreBid(ask) = command {
            // The venue records it for the seller's side.
            (ask.listing, self.seller, Ask::Score(ask.bid, ask.points.clone()))
        } else {
            return None;
        };
        let by = if party == self.seller { Side::Seller } else { Side::Bidder(self.code(party)?) };
        (listing == self.listing).then_some(Asked { by, ask })
    }

    /// So much at a price. What is no whole number of lots was refused for that.
    fn terms(&self, price: Price, quantity: Quantity) -> Terms {
        let lots = |units: Units| units.e2().checked_div(self.lot.e2()).unwrap_or(0);
        match quantity {
            Quantity::All => Terms::whole(self.quantity, price),
            Quantity::Range { minimum, maximum } => {
                Terms { price, minimum: lots(minimum), maximum: lots(maximum) }
            }
        }
    }

    /// What the event says of the lot.
    fn fact(&self, event: &Event) -> Option<Fact> {
        let (listing, fact) = if let Event::LotMoved(fact) = event {
            (fact.listing, Fact::Moved(Box::new(fact.change.clone())))
        } else if let Event::LotAwarded(fact) = event {
            (fact.listing, Fact::Awarded(fact.clone()))
        } else if let Event::AwardVoided(fact) = event {
            (fact.listing, Fact::Voided)
        } else if let Event::BiddingFailed(fact) = event {
            (fact.listing, Fact::Failed(*fact))
        } else if let Event::ContractSigned(fact) = event {
            (fact.terms.listing, Fact::Signed(self.code(fact.terms.party)?))
        } else if let Event::DepositsReturned(fact) = event {
            (fact.listing, Fact::Returned)
        } else if let Event::ListingEnded(fact) = event {
            (fact.listing, Fact::Ended(fact.ending))
        } else {
            return None;
        };
        (listing == self.listing).then_some(fact)
    }
}
