//! Negotiation (协议转让): offer, counter-offer, agree or decline, each with its expiry.
//!
//! Seller and each bidder have one chain, and one offer of it is open at a time: the other side
//! answers it, or it expires. An offer binds whoever made it until then. Who agrees first has the
//! lot, and never below the reserve (C4).

use minicbor::{Decode, Encode};

use super::award::{Award, Reason, lost, spoken_of, won};
use super::bid::{Ask, Bid, Code, Kind, Offer, OfferState, Proposal, Side, Standing};
use super::lot::{Lot, LotEvent, OFFERS_MAX, Phase};
use super::refusal::Refusal;
use super::unsound::{Unsound, seconds, some_lots};
use super::{Rules, bidder, whole};
use crate::check::wide;
use crate::id::OfferId;
use crate::time::Time;

/// Parameters of a negotiation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Negotiated {
    /// How long it lasts at most, in seconds.
    #[n(0)]
    pub seconds: u32,
    /// How long an offer binds at most, in seconds.
    #[n(1)]
    pub offer_seconds_max: u32,
}

impl Rules for Negotiated {
    fn check(&self, lots: u64) -> Result<(), Unsound> {
        some_lots(lots)?;
        seconds(self.seconds)?;
        seconds(self.offer_seconds_max)
    }

    fn begin(&self, _: &Lot, at: Time) -> Vec<LotEvent> {
        let ends = at.plus_seconds(self.seconds.into());
        vec![LotEvent::PhaseBegan { phase: Phase::Negotiating, at, ends }]
    }

    fn bid(&self, lot: &Lot, who: Side, at: Time, ask: &Ask) -> Result<Vec<LotEvent>, Refusal> {
        match ask {
            Ask::Offer(proposal) => {
                self.may_offer(lot, who, at, proposal)?;
                let open = lot.open_offers().find(|(_, open)| open.bidder == proposal.bidder);
                if let Some((offer, _)) = open {
                    return Err(Refusal::OfferIsOpen { offer });
                }
                Ok(vec![offered(who, at, proposal, None)])
            }
            Ask::Counter(offer, proposal) => {
                let open = addressed(lot, who, at, *offer)?;
                self.may_offer(lot, who, at, proposal)?;
                if open.bidder != proposal.bidder {
                    return Err(Refusal::OfferNotOpen { offer: *offer });
                }
                let closed = LotEvent::OfferClosed(*offer, OfferState::Countered);
                Ok(vec![closed, offered(who, at, proposal, Some(*offer))])
            }
            Ask::Accept(offer) => accept(lot, addressed(lot, who, at, *offer)?, *offer, at),
            Ask::Decline(offer) => {
                addressed(lot, who, at, *offer)?;
                Ok(vec![LotEvent::OfferClosed(*offer, OfferState::Declined)])
            }
            Ask::Bid(_)
            | Ask::Match
            | Ask::Commit(_)
            | Ask::Reveal(..)
            | Ask::Choose(_)
            | Ask::ChooseNone
            | Ask::Score(..) => Err(Refusal::NotOfThisMode),
        }
    }

    fn due(&self, lot: &Lot) -> Vec<LotEvent> {
        let now = lot.due().unwrap_or(lot.ends());
        if lot.ends() <= now {
            let lapsed = lapse(lot, None);
            return lapsed.chain([LotEvent::Ended(now)]).collect();
        }
        let expired = lot.open_offers().filter(|(_, offer)| offer.expires <= now);
        expired.map(|(id, _)| LotEvent::OfferClosed(id, OfferState::Expired)).collect()
    }

    fn close(&self, lot: &Lot) -> Award {
        let line = |(id, bid): (_, &Bid)| {
            if lot.is_barred(bid.bidder) {
                return lost(id, bid, Reason::Barred);
            }
            won(id, bid, lot.quantity(), Reason::Won)
        };
        Award { lines: spoken_of(lot).map(line).collect(), ..Award::default() }
    }
}

impl Negotiated {
    /// Whether `who` may propose this now, whatever stands between the two.
    fn may_offer(
        &self,
        lot: &Lot,
        who: Side,
        at: Time,
        proposal: &Proposal,
    ) -> Result<(), Refusal> {
        let of = bidder(lot, Side::Bidder(proposal.bidder))?;
        if !is_side_of(who, of) {
            return Err(Refusal::NotThisSide);
        }
        lot.in_time(&[Phase::Negotiating], at)?;
        if OFFERS_MAX <= lot.offers().len() {
            return Err(Refusal::TooManyBids { limit: wide(OFFERS_MAX) });
        }
        whole(lot, &proposal.terms)?;
        let price = proposal.terms.price;
        let least = match who {
            // So that nobody is told a hidden reserve by agreeing to an offer below it.
            Side::Seller => lot.reserve().price(),
            Side::Bidder(_) => lot.reserve().least_bid(),
        };
        if price < least {
            return Err(Refusal::PriceTooLow { price, least });
        }
        let latest = lot.ends().min(at.plus_seconds(self.offer_seconds_max.into()));
        let expires = proposal.expires;
        if expires <= at || latest < expires {
            return Err(Refusal::OfferExpiry { expires, now: at, latest });
        }
        Ok(())
    }
}

/// Whether `who` is one of the two who negotiate when `bidder` does.
fn is_side_of(who: Side, bidder: Code) -> bool {
    match who {
        Side::Seller => true,
        Side::Bidder(code) => code == bidder,
    }
}

/// The open offer, if it is for `who` to answer.
fn addressed(lot: &Lot, who: Side, at: Time, offer: OfferId) -> Result<&Offer, Refusal> {
    if let Side::Bidder(code) = who {
        lot.entrant(code)?;
    }
    lot.in_time(&[Phase::Negotiating], at)?;
    let open = lot.open_offer(offer).filter(|open| is_side_of(who, open.bidder));
    let open = open.filter(|open| at < open.expires).ok_or(Refusal::OfferNotOpen { offer })?;
    if open.by == who {
        return Err(Refusal::NotThisSide);
    }
    Ok(open)
}

/// An agreement: a bid that has the lot, and the end of all else.
fn accept(lot: &Lot, open: &Offer, offer: OfferId, at: Time) -> Result<Vec<LotEvent>, Refusal> {
    let (price, least) = (open.terms.price, lot.reserve().price());
    if price < least {
        return Err(Refusal::PriceTooLow { price, least });
    }
    let (kind, standing, points) = (Kind::Open, Standing::Chosen, Vec::new());
    let bid = Bid { bidder: open.bidder, terms: open.terms, at, kind, standing, points };
    let mut events = vec![LotEvent::OfferClosed(offer, OfferState::Accepted)];
    events.extend(lapse(lot, Some(offer)));
    events.extend([LotEvent::BidPlaced(bid), LotEvent::Ended(at)]);
    Ok(events)
}

fn lapse(lot: &Lot, but: Option<OfferId>) -> impl Iterator<Item = LotEvent> {
    let others = lot.open_offers().filter(move |(id, _)| Some(*id) != but);
    others.map(|(id, _)| LotEvent::OfferClosed(id, OfferState::Lapsed))
}

const fn offered(by: Side, at: Time, proposal: &Proposal, counters: Option<OfferId>) -> LotEvent {
    let Proposal { bidder, terms, expires } = *proposal;
    let state = OfferState::Open;
    LotEvent::Offered(Offer { bidder, by, terms, at, expires, counters, state })
}
