//! A request for quotes (询价): chosen parties name a price each, and the seller takes one or none.
//!
//! Who is asked is who was admitted. A quote binds until the seller has chosen; a later one of the
//! same party must be better and takes its place.

use minicbor::{Decode, Encode};

use super::award::{Award, Reason, lost, spoken_of, won};
use super::bid::{Ask, Bid, Code, Kind, Side, Standing, Terms};
use super::lot::{Lot, LotEvent, Phase};
use super::refusal::Refusal;
use super::unsound::{Unsound, seconds, some_lots};
use super::{Rules, bidder, seller, whole};
use crate::amount::Price;
use crate::id::BidId;
use crate::time::Time;

/// Parameters of a request for quotes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Quotes {
    /// How long quotes are given, in seconds.
    #[n(0)]
    pub quote_seconds: u32,
    /// How long the seller chooses, in seconds; silence takes none.
    #[n(1)]
    pub choose_seconds: u32,
}

impl Rules for Quotes {
    fn check(&self, lots: u64) -> Result<(), Unsound> {
        some_lots(lots)?;
        seconds(self.quote_seconds)?;
        seconds(self.choose_seconds)
    }

    fn begin(&self, _: &Lot, at: Time) -> Vec<LotEvent> {
        let ends = at.plus_seconds(self.quote_seconds.into());
        vec![LotEvent::PhaseBegan { phase: Phase::Quoting, at, ends }]
    }

    fn bid(&self, lot: &Lot, who: Side, at: Time, ask: &Ask) -> Result<Vec<LotEvent>, Refusal> {
        match ask {
            Ask::Bid(terms) => quote(lot, bidder(lot, who)?, at, terms),
            Ask::Choose(bid) => {
                seller(who)?;
                choose(lot, at, *bid)
            }
            Ask::ChooseNone => {
                seller(who)?;
                lot.in_time(&[Phase::Choosing], at)?;
                Ok(vec![LotEvent::Ended(at)])
            }
            Ask::Match
            | Ask::Commit(_)
            | Ask::Reveal(..)
            | Ask::Offer(_)
            | Ask::Counter(..)
            | Ask::Accept(_)
            | Ask::Decline(_)
            | Ask::Score(..) => Err(Refusal::NotOfThisMode),
        }
    }

    fn due(&self, lot: &Lot) -> Vec<LotEvent> {
        let at = lot.ends();
        if lot.phase() == Phase::Quoting && !lot.bids().is_empty() {
            let ends = at.plus_seconds(self.choose_seconds.into());
            return vec![LotEvent::PhaseBegan { phase: Phase::Choosing, at, ends }];
        }
        vec![LotEvent::Ended(at)]
    }

    fn close(&self, lot: &Lot) -> Award {
        let line = |(id, bid): (BidId, &Bid)| {
            if lot.is_barred(bid.bidder) {
                return lost(id, bid, Reason::Barred);
            }
            match bid.standing {
                Standing::Chosen => won(id, bid, lot.quantity(), Reason::Won),
                Standing::Superseded => lost(id, bid, Reason::Superseded),
                Standing::Stands | Standing::Outbid if bid.terms.price < lot.reserve().price() => {
                    lost(id, bid, Reason::BelowReserve)
                }
                Standing::Stands | Standing::Outbid => lost(id, bid, Reason::NotChosen),
            }
        };
        Award { lines: spoken_of(lot).map(line).collect(), ..Award::default() }
    }
}

fn quote(lot: &Lot, code: Code, at: Time, terms: &Terms) -> Result<Vec<LotEvent>, Refusal> {
    lot.in_time(&[Phase::Quoting], at)?;
    lot.room()?;
    whole(lot, terms)?;
    let own = |(_, bid): &(BidId, &Bid)| bid.bidder == code && bid.standing == Standing::Stands;
    let before = lot.numbered().find(own);
    let least = match before {
        Some((_, bid)) => Price::from_e4(bid.terms.price.e4().saturating_add(1)),
        None => lot.reserve().least_bid(),
    };
    if terms.price < least {
        return Err(Refusal::PriceTooLow { price: terms.price, least });
    }
    let (kind, standing, points) = (Kind::Open, Standing::Stands, Vec::new());
    let bid = Bid { bidder: code, terms: *terms, at, kind, standing, points };
    let replaced = before.map(|(id, _)| LotEvent::BidMoved(id, Standing::Superseded));
    Ok(replaced.into_iter().chain([LotEvent::BidPlaced(bid)]).collect())
}

fn choose(lot: &Lot, at: Time, id: BidId) -> Result<Vec<LotEvent>, Refusal> {
    lot.in_time(&[Phase::Choosing], at)?;
    let bid = lot.bid(id).filter(|bid| bid.standing == Standing::Stands);
    let bid = bid.filter(|bid| !lot.is_barred(bid.bidder)).ok_or(Refusal::NoSuchBid { bid: id })?;
    let (price, least) = (bid.terms.price, lot.reserve().price());
    if price < least {
        return Err(Refusal::PriceTooLow { price, least });
    }
    Ok(vec![LotEvent::BidMoved(id, Standing::Chosen), LotEvent::Ended(at)])
}
