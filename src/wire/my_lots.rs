//! What happens to a lot, as the stream of one of its two sides tells of it: a bidder its own bids,
//! both sides the offers between them.

use sfund_engine::bidding::bid::LotMoved;
use sfund_engine::bidding::mode::{Bid, Code, LotEvent, Offer};
use sfund_engine::event::Event;
use sfund_engine::id::{BidId, ListingId, OfferId, PartyId};
use sfund_proto::v1;

use crate::read::Read;
use crate::read::listings::{Audience, Happening};
use crate::read::views::Stamp;
use crate::wire::listing_views::happened;
use crate::wire::lot_views::{self, Quantity};
use crate::wire::my_events::Owners;

/// What `party` is told of an event of a lot; nothing if it is none of its business.
#[must_use]
pub fn moved(
    fact: &LotMoved,
    stamp: Stamp,
    party: PartyId,
    owners: &impl Owners,
) -> Option<v1::ListingEvent> {
    let (read, listing) = (owners.read(), fact.listing);
    let own = read.claim(listing, party).and_then(|claim| claim.code);
    let is_own = |code: Code| own == Some(code);
    let is_seller = || owners.hears_of_listing(listing) == Some(Audience::Record);
    let told = |code: Code| {
        let event = Event::LotMoved(Box::new(fact.clone())).number();
        happened(listing, stamp, &Happening { event, code: Some(code), ..Happening::default() })
    };
    match &fact.change {
        LotEvent::BidPlaced(bid) if is_own(bid.bidder) => {
            Some(v1::ListingEvent { bid: placed(read, listing, bid), ..told(bid.bidder) })
        }
        LotEvent::BidMoved(id, standing) => {
            let row = read.bid(listing, *id).filter(|row| is_own(row.bidder))?;
            let row = Bid { standing: *standing, ..Bid::clone(&row) };
            Some(v1::ListingEvent { bid: bid(read, listing, *id, &row), ..told(row.bidder) })
        }
        LotEvent::Committed(sealed) => is_own(sealed.bidder).then(|| told(sealed.bidder)),
        LotEvent::Barred(code) => (is_own(*code) || is_seller()).then(|| told(*code)),
        LotEvent::Offered(offer) if is_own(offer.bidder) || is_seller() => {
            Some(v1::ListingEvent { offer: offered(read, listing, offer), ..told(offer.bidder) })
        }
        LotEvent::OfferClosed(id, state) => {
            let row = read.offer(listing, *id);
            let row = row.filter(|row| is_own(row.bidder) || is_seller())?;
            let row = Offer { state: *state, ..Offer::clone(&row) };
            let offer = Some(lot_views::offer(*id, &row));
            Some(v1::ListingEvent { offer, ..told(row.bidder) })
        }
        LotEvent::BidPlaced(_)
        | LotEvent::Offered(_)
        | LotEvent::Admitted(_)
        | LotEvent::PhaseBegan { .. }
        | LotEvent::ClockMoved(_)
        | LotEvent::PriceCalled { .. }
        | LotEvent::Scored(..)
        | LotEvent::Ended(_) => None,
    }
}

/// The id of a bid that an event places: the event does not name it.
#[must_use]
pub fn bid_id(read: &Read, listing: ListingId, placed: &Bid) -> Option<BidId> {
    read.newest_bid(listing, |row| {
        row.bidder == placed.bidder && row.at == placed.at && row.kind == placed.kind
    })
}

/// The id of an offer that an event makes.
#[must_use]
pub fn offer_id(read: &Read, listing: ListingId, made: &Offer) -> Option<OfferId> {
    read.newest_offer(listing, |row| {
        row.bidder == made.bidder && row.at == made.at && row.by == made.by
    })
}

fn placed(read: &Read, listing: ListingId, placed: &Bid) -> Option<v1::LotBid> {
    bid(read, listing, bid_id(read, listing, placed)?, placed)
}

fn bid(read: &Read, listing: ListingId, id: BidId, row: &Bid) -> Option<v1::LotBid> {
    let lot = read.lot(listing)?;
    Some(lot_views::bid(id, row, lot.lot, Quantity::Shown))
}

fn offered(read: &Read, listing: ListingId, made: &Offer) -> Option<v1::LotOffer> {
    let id = offer_id(read, listing, made)?;
    Some(lot_views::offer(id, made))
}
