//! The state every mode shares: a lot, who may bid for it, what was bid, and its clock.
//!
//! A mode reads it and answers with [`LotEvent`]s; [`Lot::apply`] is written once for all modes.

use std::fmt;

use minicbor::{Decode, Encode};

use super::bid::{
    Bid, Code, Commitment, Entrant, EntrantStatus, Kind, Offer, OfferState, Standing,
};
use super::refusal::Refusal;
use crate::amount::Price;
use crate::check::wide;
use crate::id::{BidId, OfferId};
use crate::time::Time;

/// Most who may bid for one lot.
pub const ENTRANTS_MAX: usize = 1_000;
/// Most bids for one lot.
pub const BIDS_MAX: usize = 10_000;
/// Most offers about one lot.
pub const OFFERS_MAX: usize = 10_000;

/// The least price at which the lot is sold (底价).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Reserve {
    /// Everybody knows it (公开底价).
    #[n(0)]
    Public(#[n(0)] Price),
    /// A bid below it is taken and loses (保留价).
    #[n(1)]
    Hidden(#[n(0)] Price),
}

impl Reserve {
    /// The price.
    #[must_use]
    pub const fn price(self) -> Price {
        match self {
            Self::Public(price) | Self::Hidden(price) => price,
        }
    }

    /// The least price that is taken at all.
    #[must_use]
    pub const fn least_bid(self) -> Price {
        match self {
            Self::Public(price) => price,
            Self::Hidden(_) => Price::from_e4(0),
        }
    }
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Phase {
    /// Bidding has not begun.
    #[n(0)]
    Waiting,
    /// D2: bids without a countdown (自由报价期).
    #[n(1)]
    Free,
    /// D2: bids move the end (限时报价期).
    #[n(2)]
    Timed,
    /// Sealed bids are handed in.
    #[n(3)]
    Committing,
    /// Sealed bids are opened.
    #[n(4)]
    Revealing,
    /// What was opened is scored (评审).
    #[n(5)]
    Scoring,
    /// The price falls until somebody takes it.
    #[n(6)]
    Falling,
    /// Seller and bidders negotiate (协商).
    #[n(7)]
    Negotiating,
    /// Those who were asked give quotes (询价).
    #[n(8)]
    Quoting,
    /// The seller chooses among the quotes.
    #[n(9)]
    Choosing,
    /// B4: after the hammer, holders of the right may take the price.
    #[n(10)]
    FirstRefusal,
    /// Nothing more is taken; the award is due.
    #[n(11)]
    Over,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting to begin",
            Self::Free => "in its free phase",
            Self::Timed => "in its timed phase",
            Self::Committing => "taking sealed bids",
            Self::Revealing => "opening sealed bids",
            Self::Scoring => "scoring bids",
            Self::Falling => "falling in price",
            Self::Negotiating => "negotiated",
            Self::Quoting => "taking quotes",
            Self::Choosing => "choosing a quote",
            Self::FirstRefusal => "waiting for holders of the right of first refusal",
            Self::Over => "over",
        })
    }
}

/// What can happen to a lot, whatever its mode. Numbers are forever.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum LotEvent {
    /// Somebody may bid.
    #[n(0)]
    Admitted(#[n(0)] Entrant),
    /// Another phase began at `at` and ends at `ends`.
    #[n(1)]
    PhaseBegan {
        /// Which.
        #[n(0)]
        phase: Phase,
        /// When.
        #[n(1)]
        at: Time,
        /// First moment that is too late for it.
        #[n(2)]
        ends: Time,
    },
    /// The end of the phase moved.
    #[n(2)]
    ClockMoved(#[n(0)] Time),
    /// A bid stands; its id is the next one.
    #[n(3)]
    BidPlaced(#[n(0)] Bid),
    /// A bid no longer stands, or was chosen.
    #[n(4)]
    BidMoved(#[n(0)] BidId, #[n(1)] Standing),
    /// A sealed bid was handed in.
    #[n(5)]
    Committed(#[n(0)] Commitment),
    /// The falling price is this, until `ends`.
    #[n(6)]
    PriceCalled {
        /// For one unit.
        #[n(0)]
        price: Price,
        /// When it falls again.
        #[n(1)]
        ends: Time,
    },
    /// A bid has its points.
    #[n(7)]
    Scored(#[n(0)] BidId, #[n(1)] Vec<u32>),
    /// An offer is made; its id is the next one.
    #[n(8)]
    Offered(#[n(0)] Offer),
    /// An offer is open no more.
    #[n(9)]
    OfferClosed(#[n(0)] OfferId, #[n(1)] OfferState),
    /// Bidding is over; the award is due at once.
    #[n(10)]
    Ended(#[n(0)] Time),
    /// D5: who defaulted is out, and so is what it bid.
    #[n(11)]
    Barred(#[n(0)] Code),
}

/// Lots for sale, who may bid for them, and what was bid (标的).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Lot {
    #[n(0)]
    listing: u64,
    #[n(1)]
    quantity: u64,
    #[n(2)]
    reserve: Reserve,
    #[n(3)]
    phase: Phase,
    /// When the phase began.
    #[n(4)]
    began: Time,
    /// The first moment that is too late for it.
    #[n(5)]
    ends: Time,
    /// The falling price.
    #[n(6)]
    called: Option<Price>,
    #[n(7)]
    entrants: Vec<Entrant>,
    /// In the order accepted: that order is time priority.
    #[n(8)]
    bids: Vec<Bid>,
    #[n(9)]
    commitments: Vec<Commitment>,
    #[n(10)]
    offers: Vec<Offer>,
}

impl Lot {
    /// A lot of `quantity` lots of the fund, of the listing numbered `listing`.
    #[must_use]
    pub const fn new(listing: u64, quantity: u64, reserve: Reserve) -> Self {
        Self {
            listing,
            quantity,
            reserve,
            phase: Phase::Waiting,
            began: Time::ZERO,
            ends: Time::ZERO,
            called: None,
            entrants: Vec::new(),
            bids: Vec::new(),
            commitments: Vec::new(),
            offers: Vec::new(),
        }
    }

    /// Number of the listing: sealed bids are for this one and no other.
    #[must_use]
    pub const fn listing(&self) -> u64 {
        self.listing
    }

    /// Lots for sale.
    #[must_use]
    pub const fn quantity(&self) -> u64 {
        self.quantity
    }

    /// The least price at which it is sold.
    #[must_use]
    pub const fn reserve(&self) -> Reserve {
        self.reserve
    }

    /// What is going on.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// When the phase began.
    #[must_use]
    pub const fn began(&self) -> Time {
        self.began
    }

    /// When the phase ends. What comes at this very moment is late.
    #[must_use]
    pub const fn ends(&self) -> Time {
        self.ends
    }

    /// The falling price, while one is called.
    #[must_use]
    pub const fn called(&self) -> Option<Price> {
        self.called
    }

    /// Who may bid, in the order of admission.
    #[must_use]
    pub fn entrants(&self) -> &[Entrant] {
        &self.entrants
    }

    /// Bids, earliest first.
    #[must_use]
    pub fn bids(&self) -> &[Bid] {
        &self.bids
    }

    /// Bids with their ids.
    pub fn numbered(&self) -> impl DoubleEndedIterator<Item = (BidId, &Bid)> + ExactSizeIterator {
        self.bids.iter().enumerate().map(|(place, bid)| (bid_id(place), bid))
    }

    /// Sealed bids, earliest first.
    #[must_use]
    pub fn commitments(&self) -> &[Commitment] {
        &self.commitments
    }

    /// Offers, earliest first.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// When the lot's clock rings next; never once bidding is over and awarded, or not begun.
    #[must_use]
    pub fn due(&self) -> Option<Time> {
        if self.phase == Phase::Waiting {
            return None;
        }
        let open = self.offers.iter().filter(|offer| offer.state == OfferState::Open);
        let first = open.map(|offer| offer.expires).min();
        Some(first.map_or(self.ends, |first| first.min(self.ends)))
    }

    /// The entrant of this code that may bid.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAdmitted`], or [`Refusal::Barred`] (D5).
    pub fn entrant(&self, code: Code) -> Result<&Entrant, Refusal> {
        let found = self.entrants.iter().find(|entrant| entrant.code == code);
        let entrant = found.ok_or(Refusal::NotAdmitted { code })?;
        match entrant.status {
            EntrantStatus::Admitted => Ok(entrant),
            EntrantStatus::Barred => Err(Refusal::Barred { code }),
        }
    }

    /// Whether nothing of `code` counts any more (D5).
    #[must_use]
    pub fn is_barred(&self, code: Code) -> bool {
        self.entrant(code).is_err()
    }

    /// Whether `at` lies in the phase: D2, in time iff before the end.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotInThisPhase`] in another phase, [`Refusal::Late`] after the end.
    pub fn in_time(&self, phases: &[Phase], at: Time) -> Result<(), Refusal> {
        let over = self.phase == Phase::Over;
        if !over && !phases.contains(&self.phase) {
            return Err(Refusal::NotInThisPhase { phase: self.phase });
        }
        if over || self.ends <= at {
            return Err(Refusal::Late { ends: self.ends });
        }
        Ok(())
    }

    /// The bid of this id.
    #[must_use]
    pub fn bid(&self, bid: BidId) -> Option<&Bid> {
        usize::try_from(bid.number()).ok().and_then(|place| self.bids.get(place))
    }

    /// The offer of this id.
    #[must_use]
    pub fn offer(&self, offer: OfferId) -> Option<&Offer> {
        usize::try_from(offer.number()).ok().and_then(|place| self.offers.get(place))
    }

    /// The offer of this id, while it is open.
    #[must_use]
    pub fn open_offer(&self, offer: OfferId) -> Option<&Offer> {
        self.offer(offer).filter(|offer| offer.state == OfferState::Open)
    }

    /// Offers with their ids.
    pub fn numbered_offers(
        &self,
    ) -> impl DoubleEndedIterator<Item = (OfferId, &Offer)> + ExactSizeIterator {
        self.offers.iter().enumerate().map(|(place, offer)| (offer_id(place), offer))
    }

    /// Offers that are open, with their ids.
    pub fn open_offers(&self) -> impl Iterator<Item = (OfferId, &Offer)> {
        self.numbered_offers().filter(|(_, offer)| offer.state == OfferState::Open)
    }

    /// The id that the next offer gets.
    #[must_use]
    pub fn next_offer(&self) -> OfferId {
        offer_id(self.offers.len())
    }

    /// Whether one more bid fits.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooManyBids`] if it does not.
    pub fn room(&self) -> Result<(), Refusal> {
        if self.bids.len().max(self.commitments.len()) < BIDS_MAX {
            return Ok(());
        }
        Err(Refusal::TooManyBids { limit: wide(BIDS_MAX) })
    }

    /// Makes `event` so.
    ///
    /// # Panics
    ///
    /// If the event contradicts the lot.
    pub fn apply(&mut self, event: &LotEvent) {
        match event {
            LotEvent::Admitted(entrant) => {
                let known = self.entrants.iter().any(|other| other.code == entrant.code);
                assert!(!known, "a code is given once");
                self.entrants.push(*entrant);
            }
            LotEvent::PhaseBegan { phase, at, ends } => {
                assert!(self.began <= *at && at <= ends, "phases follow each other");
                (self.phase, self.began, self.ends) = (*phase, *at, *ends);
            }
            LotEvent::ClockMoved(ends) => {
                assert!(self.ends <= *ends, "a close only moves later");
                self.ends = *ends;
            }
            LotEvent::BidPlaced(bid) => self.place(bid),
            LotEvent::BidMoved(bid, standing) => {
                let bid = self.bid_mut(*bid);
                assert!(bid.standing == Standing::Stands, "what falls stood");
                bid.standing = *standing;
            }
            LotEvent::Committed(commitment) => {
                let bidder = commitment.bidder;
                let known = self.commitments.iter().any(|other| other.bidder == bidder);
                assert!(!known, "a sealed bid is handed in once");
                self.commitments.push(commitment.clone());
            }
            LotEvent::PriceCalled { price, ends } => {
                assert!(self.called.is_none_or(|before| *price < before), "a called price falls");
                assert!(self.ends <= *ends, "a close only moves later");
                (self.called, self.ends) = (Some(*price), *ends);
            }
            LotEvent::Scored(bid, points) => self.bid_mut(*bid).points.clone_from(points),
            LotEvent::Offered(offer) => self.offers.push(offer.clone()),
            LotEvent::OfferClosed(offer, state) => {
                let place = usize::try_from(offer.number()).expect("an id is a place");
                let offer = self.offers.get_mut(place).expect("an offer that closes was made");
                assert!(offer.state == OfferState::Open, "an offer that closes was open");
                offer.state = *state;
            }
            LotEvent::Ended(at) => {
                assert!(self.began <= *at, "a phase ends after it began");
                (self.phase, self.ends) = (Phase::Over, *at);
            }
            LotEvent::Barred(code) => {
                let entrant = self.entrants.iter_mut().find(|entrant| entrant.code == *code);
                let entrant = entrant.expect("who is barred was admitted");
                assert!(entrant.status == EntrantStatus::Admitted, "one is barred once");
                entrant.status = EntrantStatus::Barred;
            }
        }
    }

    fn place(&mut self, bid: &Bid) {
        assert!(!self.is_barred(bid.bidder), "who bids was admitted");
        let id = bid_id(self.bids.len());
        if bid.kind == Kind::Revealed {
            let sealed = self.commitments.iter_mut().find(|sealed| sealed.bidder == bid.bidder);
            let sealed = sealed.expect("what is revealed was committed to");
            assert!(sealed.bid.replace(id).is_none(), "a sealed bid is revealed once");
        }
        self.bids.push(bid.clone());
    }

    fn bid_mut(&mut self, bid: BidId) -> &mut Bid {
        let place = usize::try_from(bid.number()).expect("an id is a place");
        self.bids.get_mut(place).expect("events name bids that were made")
    }
}

fn bid_id(place: usize) -> BidId {
    BidId::new(u32::try_from(place).expect("bids are few"))
}

fn offer_id(place: usize) -> OfferId {
    OfferId::new(u32::try_from(place).expect("offers are few"))
}
