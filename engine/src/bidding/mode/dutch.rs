//! A falling price (荷兰式拍卖): it is called, and falls by a step until somebody takes it.
//!
//! Who takes it pays the price that is called; of a lot that may be shared the price goes on
//! falling for what is left, down to the reserve.

use minicbor::{Decode, Encode};

use super::award::{Award, Line};
use super::bid::{Ask, Bid, Code, Kind, Side, Standing, Terms};
use super::lot::{Lot, LotEvent, Phase};
use super::refusal::Refusal;
use super::sealed::{Portion, divide};
use super::unsound::{Unsound, price, seconds};
use super::{Rules, bidder};
use crate::amount::Price;
use crate::auction::lot;
use crate::auction::ration::Margin;
use crate::check::wide;
use crate::id::BidId;
use crate::time::Time;

/// Parameters of a falling price.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Dutch {
    /// The first price that is called, for one unit.
    #[n(0)]
    pub start: Price,
    /// By how much it falls.
    #[n(1)]
    pub step: Price,
    /// How long each price is called, in seconds.
    #[n(2)]
    pub step_seconds: u32,
    /// Whether the lot may be shared.
    #[n(3)]
    pub portion: Portion,
}

impl Rules for Dutch {
    fn check(&self, lots: u64) -> Result<(), Unsound> {
        price(self.start)?;
        price(self.step)?;
        seconds(self.step_seconds)?;
        self.portion.check_lots(lots)
    }

    fn begin(&self, lot: &Lot, at: Time) -> Vec<LotEvent> {
        let ends = at.plus_seconds(self.step_seconds.into());
        let began = LotEvent::PhaseBegan { phase: Phase::Falling, at, ends };
        let price = self.start.max(lot.reserve().price());
        vec![began, LotEvent::PriceCalled { price, ends }]
    }

    fn bid(&self, lot: &Lot, who: Side, at: Time, ask: &Ask) -> Result<Vec<LotEvent>, Refusal> {
        match ask {
            Ask::Bid(terms) => self.take(lot, bidder(lot, who)?, at, terms),
            Ask::Match
            | Ask::Commit(_)
            | Ask::Reveal(..)
            | Ask::Offer(_)
            | Ask::Counter(..)
            | Ask::Accept(_)
            | Ask::Decline(_)
            | Ask::Choose(_)
            | Ask::ChooseNone
            | Ask::Score(..) => Err(Refusal::NotOfThisMode),
        }
    }

    fn due(&self, lot: &Lot) -> Vec<LotEvent> {
        let at = lot.ends();
        let called = lot.called().map_or(0, Price::e4);
        let next = called.checked_sub(self.step.e4()).map(Price::from_e4);
        // Nobody takes a price of nothing.
        let least = lot.reserve().price().max(Price::from_e4(1));
        match next.filter(|next| least <= *next) {
            Some(price) => {
                let ends = at.plus_seconds(self.step_seconds.into());
                vec![LotEvent::PriceCalled { price, ends }]
            }
            None => vec![LotEvent::Ended(at)],
        }
    }

    fn close(&self, lot: &Lot) -> Award {
        self.rest(lot, &[])
    }
}

impl Dutch {
    /// Who gets what those of `kept` leave, beside them.
    pub(super) fn rest(&self, lot: &Lot, kept: &[Line]) -> Award {
        let bids: Vec<(BidId, &Bid)> = lot.numbered().collect();
        divide(lot, &bids, self.portion, lot::Format::Dutch, Margin::Time, kept)
    }

    /// Takes lots at the price that is called, be the limit as high as it may.
    fn take(
        &self,
        lot: &Lot,
        code: Code,
        at: Time,
        terms: &Terms,
    ) -> Result<Vec<LotEvent>, Refusal> {
        lot.in_time(&[Phase::Falling], at)?;
        let limit = self.portion.bids_max(lot.quantity());
        if limit <= lot.bids().len() {
            return Err(Refusal::TooManyBids { limit: wide(limit) });
        }
        self.portion.check(lot, terms)?;
        let sold =
            self.close(lot).winners().fold(0, |sum: u64, line| sum.saturating_add(line.quantity));
        let left = lot.quantity().saturating_sub(sold);
        let Terms { minimum, maximum, .. } = *terms;
        if left < minimum {
            return Err(Refusal::QuantityOutOfRange { minimum, maximum, quantity: left });
        }
        let least = lot.called().expect("a price is called while it falls");
        if terms.price < least {
            return Err(Refusal::PriceTooLow { price: terms.price, least });
        }
        let terms = Terms { price: least, ..*terms };
        let (kind, standing) = (Kind::Open, Standing::Stands);
        let bid = Bid { bidder: code, terms, at, kind, standing, points: Vec::new() };
        let mut events = vec![LotEvent::BidPlaced(bid)];
        if left <= maximum {
            events.push(LotEvent::Ended(at));
        }
        Ok(events)
    }
}
