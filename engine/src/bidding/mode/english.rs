//! Multi-round quotes (多次报价, 网络竞价): open, ascending, with a soft close.
//!
//! A free phase, then a timed one whose end each valid bid moves (D2). The lot goes whole to the
//! highest bid; a bid dies when a higher one is accepted, and whoever leads may not bid on (D3). A
//! holder of the right of first refusal takes the price that stands, during the auction or after
//! the hammer (B4).

use minicbor::{Decode, Encode};

use super::award::{Award, Reason, lost, spoken_of, won};
use super::bid::{Ask, Bid, Code, Kind, Side, Standing, Terms};
use super::lot::{Lot, LotEvent, Phase};
use super::refusal::Refusal;
use super::unsound::{Unsound, price, seconds, some_lots};
use super::{Rules, bidder, whole};
use crate::amount::Price;
use crate::auction::clock::{Clock, SoftClose};
use crate::auction::ration;
use crate::id::BidId;
use crate::time::Time;

/// Parameters of an open ascending auction.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct English {
    /// Length of the free phase, in seconds; 0 leaves it out.
    #[n(0)]
    pub free_seconds: u32,
    /// What the timed phase has on its clock as it begins, in seconds.
    #[n(1)]
    pub timed_seconds: u32,
    /// What a bid leaves on the clock, in seconds.
    #[n(2)]
    pub window_seconds: u32,
    /// How a bid in the last window moves the end.
    #[n(3)]
    pub soft_close: SoftClose,
    /// The end that no bid moves, in seconds after the timed phase began.
    #[n(4)]
    pub hard_stop_seconds: Option<u32>,
    /// The least by which a bid is above the best (加价幅度).
    #[n(5)]
    pub increment: Price,
    /// B4: when a holder of the right takes the price.
    #[n(6)]
    pub first_refusal: FirstRefusal,
    /// B4: who of several holders has it.
    #[n(7)]
    pub same_rank: SameRank,
}

/// B4: when a holder of the right of first refusal takes the price (优先购买权行使方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum FirstRefusal {
    /// Nobody has such a right in this auction.
    #[n(0)]
    Nobody,
    /// While bids are taken (场内行权).
    #[n(1)]
    InAuction,
    /// For so many seconds after the hammer; silence is a waiver (场外行权).
    #[n(2)]
    AfterHammer(#[n(0)] u32),
}

/// B3: who of several holders of the right has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SameRank {
    /// Who took the price first.
    #[n(0)]
    Earliest,
    /// All who took it, in proportion to what they hold, by largest remainder.
    #[n(1)]
    ProRata,
}

impl Rules for English {
    fn check(&self, lots: u64) -> Result<(), Unsound> {
        some_lots(lots)?;
        if 0 < self.free_seconds {
            seconds(self.free_seconds)?;
        }
        seconds(self.timed_seconds)?;
        seconds(self.window_seconds)?;
        if let Some(hard) = self.hard_stop_seconds {
            seconds(hard)?;
            if hard < self.timed_seconds {
                return Err(Unsound::HardStopBeforeEnd);
            }
        }
        if let FirstRefusal::AfterHammer(after) = self.first_refusal {
            seconds(after)?;
        }
        price(self.increment)
    }

    fn begin(&self, _: &Lot, at: Time) -> Vec<LotEvent> {
        if 0 < self.free_seconds {
            let ends = at.plus_seconds(self.free_seconds.into());
            return vec![LotEvent::PhaseBegan { phase: Phase::Free, at, ends }];
        }
        vec![self.timed(at)]
    }

    fn bid(&self, lot: &Lot, who: Side, at: Time, ask: &Ask) -> Result<Vec<LotEvent>, Refusal> {
        match ask {
            Ask::Bid(terms) => self.outbid(lot, bidder(lot, who)?, at, terms),
            Ask::Match => self.match_price(lot, bidder(lot, who)?, at),
            Ask::Commit(_)
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
        if lot.phase() == Phase::Free {
            return vec![self.timed(at)];
        }
        if let (Phase::Timed, FirstRefusal::AfterHammer(after)) = (lot.phase(), self.first_refusal)
            && passes_over_a_right(lot)
        {
            let ends = at.plus_seconds(after.into());
            return vec![LotEvent::PhaseBegan { phase: Phase::FirstRefusal, at, ends }];
        }
        vec![LotEvent::Ended(at)]
    }

    fn close(&self, lot: &Lot) -> Award {
        let reserve = lot.reserve().price();
        let leaders = leaders(lot);
        let sold = leaders.first().is_some_and(|(_, bid)| reserve <= bid.terms.price);
        let weights: Vec<u64> = leaders.iter().map(|(_, bid)| weight(lot, bid.bidder)).collect();
        let shares = ration::pro_rata(&weights, lot.quantity());
        let line = |(id, bid): (BidId, &Bid)| {
            let place = leaders.iter().position(|(leader, _)| *leader == id);
            match place.filter(|_| sold).and_then(|place| shares.get(place).copied()) {
                Some(quantity) if quantity == lot.quantity() => won(id, bid, quantity, Reason::Won),
                Some(0) => lost(id, bid, Reason::LostAtMargin),
                Some(quantity) => won(id, bid, quantity, Reason::SharedByRank),
                None => lost(id, bid, why_lost(lot, bid, sold)),
            }
        };
        let lines = spoken_of(lot).map(line).collect();
        Award { lines, unrevealed: Vec::new(), uniform: None }
    }
}

impl English {
    /// D3: the least price of a bid after `best`.
    pub(super) fn least(&self, lot: &Lot, best: Option<Price>) -> Price {
        match best {
            Some(best) => Price::from_e4(best.e4().saturating_add(self.increment.e4())),
            None => lot.reserve().least_bid(),
        }
    }

    fn timed(&self, at: Time) -> LotEvent {
        let ends = at.plus_seconds(self.timed_seconds.into());
        LotEvent::PhaseBegan { phase: Phase::Timed, at, ends }
    }

    /// D3: above the best by the increment, for the whole lot, and not by who leads.
    fn outbid(
        &self,
        lot: &Lot,
        code: Code,
        at: Time,
        terms: &Terms,
    ) -> Result<Vec<LotEvent>, Refusal> {
        lot.in_time(&[Phase::Free, Phase::Timed], at)?;
        lot.room()?;
        whole(lot, terms)?;
        let leaders = leaders(lot);
        if leaders.iter().any(|(_, bid)| bid.bidder == code) {
            return Err(Refusal::LeadsAlready { code });
        }
        let best = leaders.first().map(|(_, bid)| bid.terms.price);
        let least = self.least(lot, best);
        if terms.price < least {
            return Err(Refusal::PriceTooLow { price: terms.price, least });
        }
        let mut events = vec![placed(code, *terms, at, Kind::Open)];
        let stood = lot.numbered().rev().take_while(|(_, bid)| Some(bid.terms.price) == best);
        let stood = stood.filter(|(_, bid)| bid.standing == Standing::Stands);
        events.extend(stood.map(|(id, _)| LotEvent::BidMoved(id, Standing::Outbid)));
        events.extend(self.moved(lot, at));
        Ok(events)
    }

    /// B4: a holder of the right takes the price that stands.
    fn match_price(&self, lot: &Lot, code: Code, at: Time) -> Result<Vec<LotEvent>, Refusal> {
        match self.first_refusal {
            FirstRefusal::Nobody => return Err(Refusal::NotOfThisMode),
            FirstRefusal::InAuction => lot.in_time(&[Phase::Free, Phase::Timed], at)?,
            FirstRefusal::AfterHammer(_) => lot.in_time(&[Phase::FirstRefusal], at)?,
        }
        lot.room()?;
        let leaders = leaders(lot);
        if leaders.iter().any(|(_, bid)| bid.bidder == code) {
            return Err(Refusal::LeadsAlready { code });
        }
        if !code.has_priority() {
            return Err(Refusal::NoRight { code });
        }
        let Some((_, best)) = leaders.first() else { return Err(Refusal::NothingToMatch) };
        if best.bidder.has_priority() && self.same_rank == SameRank::Earliest {
            return Err(Refusal::RightTaken);
        }
        let mut events = vec![placed(code, best.terms, at, Kind::Matched)];
        events.extend(self.moved(lot, at));
        Ok(events)
    }

    /// Where the end moves to after a bid at `at`, if it moves.
    fn moved(&self, lot: &Lot, at: Time) -> Option<LotEvent> {
        if lot.phase() != Phase::Timed {
            return None;
        }
        let hard = self.hard_stop_seconds.map(|hard| lot.began().plus_seconds(hard.into()));
        let clock = Clock::new(lot.ends(), self.window_seconds.into(), self.soft_close, hard);
        clock.after_bid(at).filter(|ends| lot.ends() < *ends).map(LotEvent::ClockMoved)
    }
}

fn placed(bidder: Code, terms: Terms, at: Time, kind: Kind) -> LotEvent {
    let (standing, points) = (Standing::Stands, Vec::new());
    LotEvent::BidPlaced(Bid { bidder, terms, at, kind, standing, points })
}

/// Who would have the lot: the highest bid of whoever is not barred; of those at its price the
/// holders of the right, earliest first, and without any the earliest.
pub(super) fn leaders(lot: &Lot) -> Vec<(BidId, &Bid)> {
    // Accepted prices never fall, so those at the highest are the last ones.
    let mut top: Vec<(BidId, &Bid)> = Vec::new();
    for (id, bid) in lot.numbered().rev() {
        if top.last().is_some_and(|(_, above)| bid.terms.price < above.terms.price) {
            break;
        }
        if !lot.is_barred(bid.bidder) {
            top.push((id, bid));
        }
    }
    top.reverse();
    if top.iter().any(|(_, bid)| bid.bidder.has_priority()) {
        top.retain(|(_, bid)| bid.bidder.has_priority());
    } else {
        top.truncate(1);
    }
    top
}

/// B4: whether the lot would go to somebody without the right, past somebody who has it.
fn passes_over_a_right(lot: &Lot) -> bool {
    let holder = |code: Code| code.has_priority() && !lot.is_barred(code);
    let leaders = leaders(lot);
    let Some((_, best)) = leaders.first() else { return false };
    lot.reserve().price() <= best.terms.price
        && !best.bidder.has_priority()
        && lot.entrants().iter().any(|entrant| holder(entrant.code))
}

/// What a holder's share is measured by: never nothing, and scaled so that the lot is always the
/// smaller side of the split.
fn weight(lot: &Lot, code: Code) -> u64 {
    let held = lot.entrant(code).map_or(0, |entrant| entrant.held_lots);
    u64::from(held).max(1).saturating_mul(lot.quantity())
}

fn why_lost(lot: &Lot, bid: &Bid, sold: bool) -> Reason {
    if lot.is_barred(bid.bidder) {
        return Reason::Barred;
    }
    if bid.terms.price < lot.reserve().price() {
        return Reason::BelowReserve;
    }
    let best = leaders(lot).first().map(|(_, bid)| bid.terms.price);
    if sold && Some(bid.terms.price) == best { Reason::MatchedByPriority } else { Reason::Outbid }
}
