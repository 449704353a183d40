//! Who bids, what for, and what is said of it: the words that every mode shares.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::amount::Price;
use crate::id::{BidId, OfferId};
use crate::time::Time;

/// Under which code somebody bids (竞买号); names are known to the venue alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Code {
    /// A bidder (竞买人), from 1 in the order of admission.
    #[n(0)]
    Bidder(#[n(0)] u32),
    /// B4: a holder of the right of first refusal (优先权人), from 1 in the order of admission.
    #[n(1)]
    Priority(#[n(0)] u32),
}

impl Code {
    /// Whether it stands for a holder of the right of first refusal.
    #[must_use]
    pub const fn has_priority(self) -> bool {
        match self {
            Self::Bidder(_) => false,
            Self::Priority(_) => true,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bidder(number) => write!(f, "bidder-{number}"),
            Self::Priority(number) => write!(f, "priority-{number}"),
        }
    }
}

/// Who acts on a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Side {
    /// Whose the lot is (转让方).
    #[n(0)]
    Seller,
    /// Somebody who was admitted to it.
    #[n(1)]
    Bidder(#[n(0)] Code),
}

/// Somebody who may bid for the lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entrant {
    /// The code.
    #[n(0)]
    pub code: Code,
    /// Lots of the fund that a holder of the right has already: its share of what holders of one
    /// rank take together. Zero for a bidder.
    #[n(1)]
    pub held_lots: u32,
    /// Whether it still may.
    #[n(2)]
    pub status: EntrantStatus,
}

/// Whether an entrant may bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum EntrantStatus {
    /// It may.
    #[n(0)]
    Admitted,
    /// D5: it defaulted, and nothing of it counts any more.
    #[n(1)]
    Barred,
}

/// What a bid is for: from `minimum` to `maximum` lots at `price` each, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Terms {
    /// For one unit.
    #[n(0)]
    pub price: Price,
    /// The fewest lots it takes: 1 if it may be cut at will, `maximum` if it is all or none.
    #[n(1)]
    pub minimum: u64,
    /// The most lots it takes.
    #[n(2)]
    pub maximum: u64,
}

impl Terms {
    /// All of a lot of `quantity`, at `price`.
    #[must_use]
    pub const fn whole(quantity: u64, price: Price) -> Self {
        Self { price, minimum: quantity, maximum: quantity }
    }
}

/// How a bid came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// It was made in the open.
    #[n(0)]
    Open,
    /// It was committed to before the close, and revealed after it.
    #[n(1)]
    Revealed,
    /// B4: a holder of the right took the price of another.
    #[n(2)]
    Matched,
}

/// Where a bid stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Standing {
    /// It binds.
    #[n(0)]
    Stands,
    /// D3: a higher one was accepted, and it died.
    #[n(1)]
    Outbid,
    /// A better one of the same bidder took its place.
    #[n(2)]
    Superseded,
    /// The seller took it.
    #[n(3)]
    Chosen,
}

/// One bid.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Bid {
    /// Who bids.
    #[n(0)]
    pub bidder: Code,
    /// What for.
    #[n(1)]
    pub terms: Terms,
    /// When the sequencer took it; for one that was sealed, its commitment.
    #[n(2)]
    pub at: Time,
    /// How it came to stand.
    #[n(3)]
    pub kind: Kind,
    /// Where it stands.
    #[n(4)]
    pub standing: Standing,
    /// Points for what is scored beside the price, by criterion; empty until then.
    #[n(5)]
    pub points: Vec<u32>,
}

/// A bid that nobody can read yet (密封报价).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Commitment {
    /// Who bids.
    #[n(0)]
    pub bidder: Code,
    /// What it binds itself to; see [`super::seal`].
    #[cbor(n(1), with = "minicbor::bytes")]
    pub seal: [u8; 32],
    /// When the sequencer took it: its place among equals.
    #[n(2)]
    pub at: Time,
    /// The bid, once it is revealed.
    #[n(3)]
    pub bid: Option<BidId>,
}

/// One offer of a negotiation (要约).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Offer {
    /// With whom the seller negotiates.
    #[n(0)]
    pub bidder: Code,
    /// Who made it; the other one answers.
    #[n(1)]
    pub by: Side,
    /// What for.
    #[n(2)]
    pub terms: Terms,
    /// When the sequencer took it.
    #[n(3)]
    pub at: Time,
    /// From then on it binds nobody.
    #[n(4)]
    pub expires: Time,
    /// The offer it answers, if it does.
    #[n(5)]
    pub counters: Option<OfferId>,
    /// Where it stands.
    #[n(6)]
    pub state: OfferState,
}

/// Where an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum OfferState {
    /// It binds whoever made it.
    #[n(0)]
    Open,
    /// The other one agreed (承诺).
    #[n(1)]
    Accepted,
    /// The other one declined.
    #[n(2)]
    Declined,
    /// The other one answered with an offer of its own (反要约).
    #[n(3)]
    Countered,
    /// Its time was over.
    #[n(4)]
    Expired,
    /// The negotiation ended, or the lot went to another.
    #[n(5)]
    Lapsed,
}

/// What somebody asks of a lot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Ask {
    /// Bid in the open.
    #[n(0)]
    Bid(#[n(0)] Terms),
    /// B4: take the price that stands, by right of first refusal (行使优先购买权).
    #[n(1)]
    Match,
    /// Bind oneself to a bid that nobody can read.
    #[n(2)]
    Commit(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]),
    /// Show the bid one is bound to.
    #[n(3)]
    Reveal(#[n(0)] Terms, #[cbor(n(1), with = "minicbor::bytes")] [u8; 32]),
    /// Offer to a bidder, or to the seller.
    #[n(4)]
    Offer(#[n(0)] Proposal),
    /// Answer an offer with another.
    #[n(5)]
    Counter(#[n(0)] OfferId, #[n(1)] Proposal),
    /// Agree to an offer.
    #[n(6)]
    Accept(#[n(0)] OfferId),
    /// Decline an offer.
    #[n(7)]
    Decline(#[n(0)] OfferId),
    /// Take one of the quotes.
    #[n(8)]
    Choose(#[n(0)] BidId),
    /// Give a bid its points by criterion.
    #[n(9)]
    Score(#[n(0)] BidId, #[n(1)] Vec<u32>),
    /// Take none of the quotes.
    #[n(10)]
    ChooseNone,
}

/// What is proposed to the other side of a negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
    /// With whom the seller negotiates: the bidder itself, or whom the seller addresses.
    #[n(0)]
    pub bidder: Code,
    /// What for.
    #[n(1)]
    pub terms: Terms,
    /// From then on it binds nobody.
    #[n(2)]
    pub expires: Time,
}
