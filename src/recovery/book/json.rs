//! The records of a book as JSON, which is what people read of it.

use serde_json::Value;
use sfund_engine::bidding::mode::{Ask, Proposal, Reserve};
use sfund_engine::id::Sequence;
use sfund_engine::reject::Reject;

use crate::recovery::book::{Asked, End, Fact, Opened, Record, Step, Told};
use crate::recovery::json::{Json, object, one, records, tagged};

records! {
    Proposal { bidder, terms, expires }
    Asked { by, ask }
    End { steps, sequence, term, hash }
}

impl Json for Sequence {
    fn json(&self) -> Value {
        self.number().json()
    }
}

impl Json for Record {
    fn json(&self) -> Value {
        match self {
            Self::Opened(opened) => tagged("opened", opened),
            Self::Step(step) => tagged("step", step),
            Self::End(end) => tagged("end", end),
        }
    }
}

impl Json for Opened {
    fn json(&self) -> Value {
        let Self {
            format,
            store,
            digest,
            sequence,
            at,
            listing,
            code,
            quantity,
            reserve,
            deposit,
            begins,
            mode,
            conduct,
            judged,
            entrants,
            lot,
        } = self;
        object([
            ("format", format.json()),
            ("store", store.json()),
            ("digest", digest.json()),
            ("sequence", sequence.json()),
            ("at", at.json()),
            ("at_nanos", at.nanos().json()),
            ("listing", listing.json()),
            ("code", code.json()),
            ("quantity", quantity.json()),
            ("reserve", reserve.json()),
            ("deposit", deposit.json()),
            ("begins", begins.json()),
            ("mode", mode.json()),
            ("conduct", conduct.json()),
            ("judged", judged.json()),
            ("entrants", entrants.json()),
            ("lot", lot.json()),
        ])
    }
}

impl Json for Step {
    fn json(&self) -> Value {
        let Self { sequence, at, asked, outcome } = self;
        object([
            ("sequence", sequence.json()),
            ("at", at.json()),
            ("at_nanos", at.nanos().json()),
            ("asked", asked.json()),
            ("outcome", outcome.json()),
        ])
    }
}

impl Json for Told {
    fn json(&self) -> Value {
        match self {
            Self::Happened(facts) => tagged("happened", facts),
            Self::Refused(number) => {
                let line = Reject::CATALOGUE.iter().find(|line| line.number == *number);
                let named = |part: Option<&str>| part.map_or(Value::Null, Value::from);
                let fields = [
                    ("number", number.json()),
                    ("name", named(line.map(|line| line.name))),
                    ("rule", named(line.map(|line| line.rule))),
                ];
                one("refused", object(fields))
            }
        }
    }
}

impl Json for Fact {
    fn json(&self) -> Value {
        match self {
            Self::Moved(change) => tagged("Moved", change),
            Self::Awarded(fact) => tagged("Awarded", fact),
            Self::Voided => Value::from("Voided"),
            Self::Failed(fact) => tagged("Failed", fact),
            Self::Signed(code) => tagged("Signed", code),
            Self::Returned => Value::from("Returned"),
            Self::Ended(ending) => tagged("Ended", ending),
        }
    }
}

impl Json for Ask {
    fn json(&self) -> Value {
        match self {
            Self::Bid(terms) => tagged("Bid", terms),
            Self::Match => Value::from("Match"),
            Self::Commit(seal) => tagged("Commit", seal),
            Self::Reveal(terms, salt) => {
                one("Reveal", object([("terms", terms.json()), ("salt", salt.json())]))
            }
            Self::Offer(proposal) => tagged("Offer", proposal),
            Self::Counter(offer, proposal) => {
                let fields = [("offer", offer.json()), ("proposal", proposal.json())];
                one("Counter", object(fields))
            }
            Self::Accept(offer) => tagged("Accept", offer),
            Self::Decline(offer) => tagged("Decline", offer),
            Self::Choose(bid) => tagged("Choose", bid),
            Self::ChooseNone => Value::from("ChooseNone"),
            Self::Score(bid, points) => {
                one("Score", object([("bid", bid.json()), ("points", points.json())]))
            }
        }
    }
}

impl Json for Reserve {
    fn json(&self) -> Value {
        match self {
            Self::Public(price) => tagged("Public", price),
            Self::Hidden(price) => tagged("Hidden", price),
        }
    }
}
