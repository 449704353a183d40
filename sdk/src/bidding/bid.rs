//! Bids and offers to make (报价、要约), and the calls that make them.

use sfund_engine::amount::{Price, Units};
use sfund_engine::bidding::bid::Answer;
use sfund_engine::bidding::mode::Code;
use sfund_engine::id::{BidId, ListingId, OfferId, PartyId};
use sfund_engine::time::Time;
use sfund_proto::v1;

use crate::ask::{Command, List};
use crate::bidding::Part;
use crate::bidding::lot::{Lot, LotBid, LotOffer, bid_of, lot_of, offer_of};
use crate::bidding::sealed::SealedBid;
use crate::error::Unreadable;
use crate::trading::Trading;
use crate::wire::{self, Twin, read, some};

/// A bid to make (报价).
///
/// ```
/// # use sfund_sdk::{ListingId, NewBid};
/// # let listing = ListingId::new(3);
/// let all_of_it = NewBid::new(listing, "1.0500".parse()?);
/// let some = NewBid::new(listing, "1.0500".parse()?)
///     .units("300000".parse()?)
///     .at_least("100000".parse()?);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewBid {
    /// The listing.
    pub listing: ListingId,
    /// Whose; `None` is the caller's own.
    pub party: Option<PartyId>,
    /// For one unit, a whole number of ticks; of a falling price, the most it takes.
    pub price: Price,
    /// The most units it takes, a whole number of lots; `None` is all that is listed.
    pub units: Option<Units>,
    /// The fewest units it takes; `None` is all of `units`: all or none.
    pub min_units: Option<Units>,
}

impl NewBid {
    /// For all that is listed, or nothing.
    #[must_use]
    pub const fn new(listing: ListingId, price: Price) -> Self {
        Self { listing, party: None, price, units: None, min_units: None }
    }

    /// For this party and not for the caller: a member names its client.
    #[must_use]
    pub const fn of(self, party: PartyId) -> Self {
        Self { party: Some(party), ..self }
    }

    /// For so many units of a lot that may be shared; all of them or none, unless it says
    /// [`NewBid::at_least`] too (拟受让份额).
    #[must_use]
    pub const fn units(self, units: Units) -> Self {
        Self { units: Some(units), ..self }
    }

    /// For no fewer than `min_units`; one lot if it may be cut at will (最低受让份额).
    #[must_use]
    pub const fn at_least(self, min_units: Units) -> Self {
        Self { min_units: Some(min_units), ..self }
    }

    pub(crate) fn to_wire(self) -> v1::PlaceBidRequest {
        v1::PlaceBidRequest {
            listing_id: self.listing.to_string(),
            party_id: wire::text(self.party),
            price: self.price.to_string(),
            units: wire::text(self.units),
            min_units: wire::text(self.min_units),
            ..Default::default()
        }
    }
}

/// A bid stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidPlaced {
    /// The bid.
    pub bid: BidId,
    /// The lot as it then is.
    pub lot: Lot,
}

/// A sealed bid is handed in: when it is to be opened (开标).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The first moment at which it may be.
    pub reveal_from: Time,
    /// The first moment that is too late: what is not opened by then forfeits its deposit.
    pub reveal_until: Time,
}

/// An offer to make in a negotiation (要约).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOffer {
    /// The listing.
    pub listing: ListingId,
    /// Who offers; `None` is the caller itself.
    pub party: Option<PartyId>,
    /// With which bidder the seller negotiates; `None` where a bidder offers.
    pub to: Option<Code>,
    /// For one unit, a whole number of ticks.
    pub price: Price,
    /// From then on it binds nobody.
    pub expires: Time,
    /// The offer that it answers (反要约).
    pub counters: Option<OfferId>,
}

impl NewOffer {
    /// Of a bidder to the seller.
    #[must_use]
    pub const fn to_seller(listing: ListingId, price: Price, expires: Time) -> Self {
        Self { listing, party: None, to: None, price, expires, counters: None }
    }

    /// Of the seller to the bidder of this code.
    #[must_use]
    pub const fn to_bidder(listing: ListingId, to: Code, price: Price, expires: Time) -> Self {
        Self { listing, party: None, to: Some(to), price, expires, counters: None }
    }

    /// Of this party and not of the caller: a member names its client.
    #[must_use]
    pub const fn of(self, party: PartyId) -> Self {
        Self { party: Some(party), ..self }
    }

    /// In answer to an offer of the other side, which is thereby declined (反要约).
    #[must_use]
    pub const fn counters(self, offer: OfferId) -> Self {
        Self { counters: Some(offer), ..self }
    }
}

/// Bids for what is listed, of the caller or of a member's clients.
impl Trading {
    /// Bids for what is listed (报价).
    pub fn bid(&self, bid: NewBid) -> Command<BidPlaced> {
        Command::new(self.client(), bid.to_wire(), |response| {
            placed_of(&response.bid_id, response.lot)
        })
    }

    /// B4: takes the price that stands, by right of first refusal (行使优先购买权).
    pub fn match_price(&self, part: impl Into<Part>) -> Command<BidPlaced> {
        let part = part.into();
        let request = v1::MatchPriceRequest {
            listing_id: part.listing.to_string(),
            party_id: wire::text(part.party),
            ..Default::default()
        };
        Command::new(self.client(), request, |response| placed_of(&response.bid_id, response.lot))
    }

    /// Hands in a sealed bid (密封报价). Keep its text before: see [`SealedBid`].
    pub fn commit(&self, sealed: &SealedBid) -> Command<Committed> {
        let request = v1::CommitBidRequest {
            listing_id: sealed.listing().to_string(),
            party_id: wire::text(sealed.party()),
            seal: sealed.seal().to_vec(),
            ..Default::default()
        };
        Command::new(self.client(), request, |response| {
            Ok(Committed {
                reveal_from: wire::time(some(response.reveal_from, "reveal_from")?)?,
                reveal_until: wire::time(some(response.reveal_until, "reveal_until")?)?,
            })
        })
    }

    /// Opens one's sealed bid, once bids are opened (开标).
    pub fn reveal(&self, sealed: &SealedBid) -> Command<BidId> {
        Command::new(self.client(), sealed.to_wire(), |response| read(&response.bid_id, "bid_id"))
    }

    /// Offers a price to the other side of a negotiation, or counters its offer (要约).
    pub fn offer(&self, offer: NewOffer) -> Command<OfferId> {
        let request = v1::MakeOfferRequest {
            listing_id: offer.listing.to_string(),
            party_id: wire::text(offer.party),
            code: wire::text(offer.to),
            price: offer.price.to_string(),
            expires: Some(wire::timestamp(offer.expires)),
            counters_offer_id: wire::text(offer.counters),
            ..Default::default()
        };
        Command::new(self.client(), request, |response| read(&response.offer_id, "offer_id"))
    }

    /// Agrees to an offer, and the lot is sold; or declines it (承诺).
    pub fn answer_offer(
        &self,
        part: impl Into<Part>,
        offer: OfferId,
        answer: Answer,
    ) -> Command<()> {
        let part = part.into();
        let request = v1::AnswerOfferRequest {
            listing_id: part.listing.to_string(),
            party_id: wire::text(part.party),
            offer_id: offer.to_string(),
            answer: answer.to_wire(),
            ..Default::default()
        };
        Command::new(self.client(), request, |_| Ok(()))
    }

    /// Bids for a listing in the order accepted, by code. What was sealed is told to its bidder,
    /// and to everybody once bidding is over.
    pub fn bids(&self, listing: ListingId) -> List<LotBid> {
        let listing_id = listing.to_string();
        let request = v1::ListBidsRequest { listing_id, ..Default::default() };
        List::new(self.client(), request, bid_of)
    }

    /// The caller's own bids for a listing, and those of its clients.
    pub fn my_bids(&self, listing: ListingId) -> List<LotBid> {
        let listing_id = listing.to_string();
        let request = v1::ListBidsRequest { listing_id, own: true, ..Default::default() };
        List::new(self.client(), request, bid_of)
    }

    /// Offers of a negotiation in the order made: for its two sides and the venue.
    pub fn offers(&self, listing: ListingId) -> List<LotOffer> {
        let listing_id = listing.to_string();
        let request = v1::ListOffersRequest { listing_id, ..Default::default() };
        List::new(self.client(), request, offer_of)
    }
}

fn placed_of(bid: &str, lot: Option<v1::Lot>) -> Result<BidPlaced, Unreadable> {
    Ok(BidPlaced { bid: read(bid, "bid_id")?, lot: lot_of(some(lot, "lot")?)? })
}
