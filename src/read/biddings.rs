//! Biddings in the read models: the lot as everybody may know it, who would bid, bids and offers.
//!
//! A lot takes up to 10,000 bids: claims, bids and offers are rows of their own, so that an entry
//! copies what it changed and no more. A lot's own row is small, and is made anew each time.

use std::collections::VecDeque;
use std::sync::Arc;

use sfund_engine::amount::{Price, Units};
use sfund_engine::bidding::bid::LotMoved;
use sfund_engine::bidding::mode::{Bid, Code, LotEvent, Mode, Offer, Phase, Told};
use sfund_engine::bidding::{Bidding, Claim, Deal, Open, Progress};
use sfund_engine::event::Event;
use sfund_engine::id::{BidId, ListingId, OfferId, PartyId, Sequence};
use sfund_engine::listing::stage::Stage;
use sfund_engine::market::Market;
use sfund_engine::time::Time;

use crate::read::Read;
use crate::read::page::{Ask, Page};
use crate::read::projection::Fold;

/// States of lots that are kept, over all lots: who watches is told each as its entry left it.
pub const LOT_STATES_MAX: usize = 10_000;

/// A lot, without its bids, offers and bidders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotView {
    /// The listing.
    pub id: ListingId,
    /// How it is sold.
    pub mode: Mode,
    /// When bids are first taken.
    pub begins: Time,
    /// What is going on; over also where the listing ended before.
    pub phase: Phase,
    /// When the phase began.
    pub began: Time,
    /// The first moment that is too late for it.
    pub ends: Time,
    /// Price and code of the best bid that everybody may know.
    pub best: Option<(Price, Code)>,
    /// The falling price, while one is called.
    pub called: Option<Price>,
    /// The least price at which a bid would be taken now, where everybody may know it.
    pub least_bid: Option<Price>,
    /// Who may know what was bid.
    pub told: Told,
    /// How many were admitted and may bid.
    pub bidders: usize,
    /// Bids so far, told or not.
    pub bids: usize,
    /// Offers so far.
    pub offers: usize,
    /// One lot of the fund.
    pub lot: Units,
    /// How far the bidding is.
    pub progress: Progress,
    /// What came of it, once it is awarded.
    pub deal: Option<Arc<Deal>>,
    /// D4: when the losers' deposits go back at the latest.
    pub refund_due: Option<Time>,
}

impl LotView {
    /// Whether `code` won.
    #[must_use]
    pub fn has_won(&self, code: Code) -> bool {
        let deal = self.deal.as_deref();
        deal.is_some_and(|deal| deal.award.winners().any(|line| line.bidder == code))
    }
}

/// Which states of lots are kept, oldest first.
#[derive(Default)]
pub(super) struct LotStates(VecDeque<(ListingId, Sequence)>);

impl LotStates {
    /// Keeps the lot as it is now, and gives up the oldest state for it.
    pub(super) fn put(&mut self, read: &Read, key: (ListingId, Sequence)) {
        let Some(lot) = read.lot(key.0) else { return };
        read.0.lot_states.insert(key, lot);
        self.0.push_back(key);
        if LOT_STATES_MAX < self.0.len()
            && let Some(oldest) = self.0.pop_front()
        {
            read.0.lot_states.remove(&oldest);
        }
    }
}

impl Fold<'_> {
    /// Folds an event of a bidding.
    pub(super) fn bidding_happened(&mut self, event: &Event) {
        self.listing_happened(event);
        if let Event::InterestDeclared(fact) = event {
            // An intention is counted in the listing.
            self.touched.listings.insert(fact.terms.listing);
            self.claim_changed(fact.terms.listing, fact.terms.party);
        } else if let Event::BidderQualified(fact) = event {
            self.claim_changed(fact.listing, fact.party);
        } else if let Event::DepositPaid(fact) = event {
            self.deposit_paid(fact);
            self.claim_changed(fact.listing, fact.party);
        } else if let Event::BiddingOpened(fact) = event {
            self.lot_changed(fact.listing);
        } else if let Event::BiddingFailed(fact) = event {
            self.units_unlisted(fact.listing);
            self.claims_changed(fact.listing);
        } else if let Event::LotMoved(fact) = event {
            self.lot_moved(fact);
        } else if let Event::LotAwarded(fact) = event {
            self.deal_changed(fact.listing);
        } else if let Event::AwardVoided(fact) = event {
            self.claims_changed(fact.listing);
            self.deal_changed(fact.listing);
        } else if let Event::DepositForfeited(fact) = event {
            self.deposit_forfeited(fact);
            self.coded_changed(fact.listing, fact.code);
        } else if let Event::DepositsReturned(fact) = event {
            self.deposits_returned(fact);
            self.claims_changed(fact.listing);
        } else if let Event::ContractSigned(fact) = event {
            self.claim_changed(fact.terms.listing, fact.terms.party);
        } else if let Event::DealHandedOver(fact) = event {
            if !fact.unsold.is_zero() {
                self.units_unlisted(fact.listing);
            }
            self.claims_changed(fact.listing);
        }
    }

    /// Copies the claim of `party`, and notes that the lot's row is to be made anew.
    fn claim_changed(&mut self, listing: ListingId, party: PartyId) {
        let bidding = self.bidding(listing);
        let place = bidding.claims.iter().position(|claim| claim.party == party);
        if let Some(place) = place {
            self.read.put_claim(listing, place, &bidding.claims);
        }
        self.touched.lots.insert(listing);
    }

    /// Copies the claim behind `code`.
    fn coded_changed(&mut self, listing: ListingId, code: Code) {
        let party = self.bidding(listing).coded(code).map(|claim| claim.party);
        if let Some(party) = party {
            self.claim_changed(listing, party);
        }
    }

    /// Copies every claim: the bidding for a listing ended, or an award is void.
    pub(super) fn claims_changed(&mut self, listing: ListingId) {
        let Some(bidding) = self.market.bidding(listing) else { return };
        self.read.put_claims(listing, bidding);
        self.touched.lots.insert(listing);
    }

    /// Notes that everybody is told how a lot stands after this entry.
    pub(super) fn lot_changed(&mut self, listing: ListingId) {
        if self.market.bidding(listing).is_some_and(|bidding| bidding.open.is_some()) {
            self.touched.lots_told.insert(listing);
        }
    }

    /// The lot was awarded, or the award is void.
    fn deal_changed(&mut self, listing: ListingId) {
        match &self.bidding(listing).deal {
            Some(deal) => drop(self.read.0.deals.put(listing, deal.clone())),
            None => drop(self.read.0.deals.take(&listing)),
        }
        self.lot_changed(listing);
    }

    /// Copies the bid or the offer that a lot's event is about.
    fn lot_moved(&mut self, fact: &LotMoved) {
        let listing = fact.listing;
        let open = self.bidding(listing).open.as_ref().expect("events are of lots that are open");
        let models = &self.read.0;
        match &fact.change {
            LotEvent::BidPlaced(_) => {
                if let Some((id, bid)) = open.lot.numbered().next_back() {
                    models.bids.put((listing, id), bid.clone());
                }
            }
            LotEvent::BidMoved(id, _) | LotEvent::Scored(id, _) => {
                let bid = open.lot.bid(*id).expect("events name bids that were made");
                models.bids.put((listing, *id), bid.clone());
            }
            LotEvent::Offered(_) => {
                if let Some((id, offer)) = open.lot.numbered_offers().next_back() {
                    models.offers.put((listing, id), offer.clone());
                }
            }
            LotEvent::OfferClosed(id, _) => {
                let offer = open.lot.offer(*id).expect("events name offers that were made");
                models.offers.put((listing, *id), offer.clone());
            }
            LotEvent::Admitted(_)
            | LotEvent::PhaseBegan { .. }
            | LotEvent::ClockMoved(_)
            | LotEvent::Committed(_)
            | LotEvent::PriceCalled { .. }
            | LotEvent::Ended(_)
            | LotEvent::Barred(_) => {}
        }
        if open.mode.is_public(&fact.change) {
            self.touched.lots_told.insert(listing);
        } else {
            self.touched.lots.insert(listing);
        }
    }

    fn bidding(&self, listing: ListingId) -> &Bidding {
        self.market.bidding(listing).expect("events of a bidding come after its first")
    }
}

impl Read {
    /// Makes the row of a lot, if it is open.
    pub(super) fn put_lot(&self, market: &Market, id: ListingId) {
        let Some(bidding) = market.bidding(id) else { return };
        let Some(open) = &bidding.open else { return };
        let listing = market.listing(id).expect("a bidding is for a listing");
        let fund = market.fund_at(listing.terms.fund).expect("a listing is of a fund");
        // Of a deal that came to nothing nobody is told as of an award.
        let came_to_nothing =
            bidding.progress == Progress::Over && listing.stage != Stage::HandedOver;
        let deal = self.0.deals.find(&id).filter(|_| !came_to_nothing);
        let view = lot_view(id, bidding, open, fund.details.lot, deal);
        self.0.lots.put(id, view);
    }

    /// Puts a bidding with all its rows: after a start from a snapshot.
    pub(super) fn put_whole_bidding(&self, market: &Market, id: ListingId, bidding: &Bidding) {
        self.put_claims(id, bidding);
        if let Some(deal) = &bidding.deal {
            self.0.deals.put(id, deal.clone());
        }
        if let Some(open) = &bidding.open {
            for (bid, row) in open.lot.numbered() {
                self.0.bids.put((id, bid), row.clone());
            }
            for (offer, row) in open.lot.numbered_offers() {
                self.0.offers.put((id, offer), row.clone());
            }
        }
        self.put_lot(market, id);
    }

    fn put_claims(&self, listing: ListingId, bidding: &Bidding) {
        for place in 0..bidding.claims.len() {
            self.put_claim(listing, place, &bidding.claims);
        }
    }

    fn put_claim(&self, listing: ListingId, place: usize, claims: &[Claim]) {
        let Some(claim) = claims.get(place) else { return };
        let place = u64::try_from(place).expect("claims are few");
        if let Some(code) = claim.code {
            self.0.claim_codes.insert((listing, code), place);
        }
        self.0.claim_places.insert((listing, claim.party), place);
        self.0.claims.put((listing, place), claim.clone());
    }

    /// The lot of a listing, once bidding is opened.
    #[must_use]
    pub fn lot(&self, listing: ListingId) -> Option<Arc<LotView>> {
        self.0.lots.find(&listing)
    }

    /// The lot as the entry left it; as it is now, if the entry is one of long ago.
    #[must_use]
    pub fn lot_after(&self, listing: ListingId, entry: Sequence) -> Option<Arc<LotView>> {
        let kept = self.0.lot_states.get(&(listing, entry)).map(|lot| Arc::clone(&lot));
        kept.or_else(|| self.lot(listing))
    }

    /// Lots in the order of their listings.
    pub fn lots(
        &self,
        ask: &Ask<ListingId>,
        wanted: impl Fn(&LotView) -> bool,
    ) -> Page<Arc<LotView>, ListingId> {
        self.0.lots.page(.., ask, wanted)
    }

    /// The claim of `party`, if it declared an intention.
    #[must_use]
    pub fn claim(&self, listing: ListingId, party: PartyId) -> Option<Arc<Claim>> {
        let place = *self.0.claim_places.get(&(listing, party))?;
        self.0.claims.find(&(listing, place))
    }

    /// The claim behind `code`.
    #[must_use]
    pub fn claim_coded(&self, listing: ListingId, code: Code) -> Option<Arc<Claim>> {
        let place = *self.0.claim_codes.get(&(listing, code))?;
        self.0.claims.find(&(listing, place))
    }

    /// Who would bid, in the order in which they declared.
    pub fn claims(
        &self,
        listing: ListingId,
        ask: &Ask<u64>,
        wanted: impl Fn(&Claim) -> bool,
    ) -> Page<Arc<Claim>, u64> {
        let after = ask.after.map(|place| (listing, place));
        let pairs = Ask { after, rows_max: ask.rows_max };
        let keys = self.0.claims.keys((listing, u64::MIN)..=(listing, u64::MAX), &pairs);
        Page::collect(ask, keys.into_iter().map(|(_, place)| place), |place| {
            self.0.claims.find(&(listing, *place)).filter(|claim| wanted(claim))
        })
    }

    /// A bid.
    #[must_use]
    pub fn bid(&self, listing: ListingId, bid: BidId) -> Option<Arc<Bid>> {
        self.0.bids.find(&(listing, bid))
    }

    /// Bids for a lot in the order accepted.
    pub fn bids(
        &self,
        listing: ListingId,
        ask: &Ask<BidId>,
        wanted: impl Fn(&Bid) -> bool,
    ) -> Page<(BidId, Arc<Bid>), BidId> {
        let pairs = Ask { after: ask.after.map(|bid| (listing, bid)), rows_max: ask.rows_max };
        let within = (listing, BidId::new(u32::MIN))..=(listing, BidId::new(u32::MAX));
        let keys = self.0.bids.keys(within, &pairs);
        Page::collect(ask, keys.into_iter().map(|(_, bid)| bid), |id| {
            let bid = self.bid(listing, *id).filter(|bid| wanted(bid))?;
            Some((*id, bid))
        })
    }

    /// The newest bid for a lot that `is` picks: an event that tells of one does not name it.
    pub fn newest_bid(&self, listing: ListingId, is: impl Fn(&Bid) -> bool) -> Option<BidId> {
        let within = (listing, BidId::new(u32::MIN))..=(listing, BidId::new(u32::MAX));
        self.0.bids.newest(within, is).map(|(_, bid)| bid)
    }

    /// Offers about a lot in the order made.
    pub fn offers(
        &self,
        listing: ListingId,
        ask: &Ask<OfferId>,
        wanted: impl Fn(&Offer) -> bool,
    ) -> Page<(OfferId, Arc<Offer>), OfferId> {
        let after = ask.after.map(|offer| (listing, offer));
        let pairs = Ask { after, rows_max: ask.rows_max };
        let within = (listing, OfferId::new(u32::MIN))..=(listing, OfferId::new(u32::MAX));
        let keys = self.0.offers.keys(within, &pairs);
        Page::collect(ask, keys.into_iter().map(|(_, offer)| offer), |id| {
            let offer = self.0.offers.find(&(listing, *id)).filter(|offer| wanted(offer))?;
            Some((*id, offer))
        })
    }

    /// An offer.
    #[must_use]
    pub fn offer(&self, listing: ListingId, offer: OfferId) -> Option<Arc<Offer>> {
        self.0.offers.find(&(listing, offer))
    }

    /// The newest offer about a lot that `is` picks.
    pub fn newest_offer(&self, listing: ListingId, is: impl Fn(&Offer) -> bool) -> Option<OfferId> {
        let within = (listing, OfferId::new(u32::MIN))..=(listing, OfferId::new(u32::MAX));
        self.0.offers.newest(within, is).map(|(_, offer)| offer)
    }
}

fn lot_view(
    id: ListingId,
    bidding: &Bidding,
    open: &Open,
    lot: Units,
    deal: Option<Arc<Deal>>,
) -> LotView {
    let Open { mode, begins, lot: state, .. } = open;
    let is_over = bidding.progress == Progress::Over;
    let best = mode.best(state).map(|bid| (bid.terms.price, bid.bidder));
    LotView {
        id,
        mode: mode.clone(),
        begins: *begins,
        phase: if is_over { Phase::Over } else { state.phase() },
        began: state.began(),
        ends: state.ends(),
        best,
        called: state.called().filter(|_| state.phase() == Phase::Falling && !is_over),
        least_bid: mode.least_bid(state).filter(|_| !is_over),
        told: mode.told(state),
        bidders: state.bidders(),
        bids: state.bids().len(),
        offers: state.offers().len(),
        lot,
        progress: bidding.progress,
        deal,
        refund_due: bidding.refund(),
    }
}
