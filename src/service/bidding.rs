//! Biddings, for the three services that speak of them: commands whose answers the read models
//! complete, and reads.

use sfund_engine::amount::Units;
use sfund_engine::bidding::mode::{Code, LotEvent, Phase, Told};
use sfund_engine::command::Command;
use sfund_engine::event::Event;
use sfund_engine::id::{BidId, ListingId, OfferId};
use sfund_proto::v1;
use tonic::{Request, Response, Status};

use crate::sequencer::Answer;
use crate::service::desk::{Desk, facts, named, not_found, open, time_of};
use crate::service::door::Visit;
use crate::service::visibility::Subject;
use crate::wire::command::{Ask, Facts, Tell};
use crate::wire::fields::write_time;
use crate::wire::lot_views::{self, Quantity};
use crate::wire::{my_lots, page};

impl Desk {
    /// Takes a command about a lot to the market, and waits until the read models show what came
    /// of it.
    async fn of_lot<Q: Ask, A: Tell>(
        &self,
        visit: &Visit,
        message: &Q,
        complete: impl FnOnce(&Self, &Answer, &Facts<'_>, &mut A),
    ) -> Result<Response<A>, Status> {
        let answer = self.ask(visit, message).await?;
        let facts = facts(&answer).map_err(Status::from)?;
        self.after(visit, facts.sequence.number()).await?;
        let mut told = A::tell(&facts);
        complete(self, &answer, &facts, &mut told);
        Ok(Response::new(told))
    }

    /// The lot that a command is about.
    fn lot_of(&self, answer: &Answer) -> Option<v1::Lot> {
        let listing = listing_of(answer.command())?;
        self.read.lot(listing).map(|view| lot_views::lot(&view))
    }

    /// The id of the bid that was placed, or of a dry run would be.
    fn bid_of(&self, facts: &Facts<'_>) -> String {
        let placed = facts.events.iter().find_map(|event| {
            let Event::LotMoved(fact) = event else { return None };
            let LotEvent::BidPlaced(bid) = &fact.change else { return None };
            Some((fact.listing, bid))
        });
        let Some((listing, bid)) = placed else { return String::new() };
        let next = || self.read.lot(listing).and_then(|lot| u32::try_from(lot.bids).ok());
        let id = my_lots::bid_id(&self.read, listing, bid).or_else(|| next().map(BidId::new));
        id.map_or_else(String::new, |id| id.to_string())
    }

    /// The id of the offer that was made, or of a dry run would be.
    fn offer_of(&self, facts: &Facts<'_>) -> String {
        let made = facts.events.iter().find_map(|event| {
            let Event::LotMoved(fact) = event else { return None };
            let LotEvent::Offered(offer) = &fact.change else { return None };
            Some((fact.listing, offer))
        });
        let Some((listing, offer)) = made else { return String::new() };
        let next = || self.read.lot(listing).and_then(|lot| u32::try_from(lot.offers).ok());
        let id = my_lots::offer_id(&self.read, listing, offer).or_else(|| next().map(OfferId::new));
        id.map_or_else(String::new, |id| id.to_string())
    }

    pub(super) async fn qualify_bidder(
        &self,
        request: Request<v1::QualifyBidderRequest>,
    ) -> Result<Response<v1::QualifyBidderResponse>, Status> {
        let (visit, message) = open(request)?;
        self.of_lot(&visit, &message, |desk, answer, _, told: &mut v1::QualifyBidderResponse| {
            let listing = listing_of(answer.command()).and_then(|id| desk.read.listing(id));
            let deposit = listing.map(|view| view.listing.terms.deposit_cash());
            // D1: where none is asked, none is due.
            told.deposit_due.take_if(|_| deposit == Some(Default::default()));
        })
        .await
    }

    pub(super) async fn open_bidding(
        &self,
        request: Request<v1::OpenBiddingRequest>,
    ) -> Result<Response<v1::OpenBiddingResponse>, Status> {
        let (visit, message) = open(request)?;
        self.of_lot(&visit, &message, |desk, answer, _, told: &mut v1::OpenBiddingResponse| {
            told.lot = desk.lot_of(answer);
        })
        .await
    }

    pub(super) async fn place_bid(
        &self,
        request: Request<v1::PlaceBidRequest>,
    ) -> Result<Response<v1::PlaceBidResponse>, Status> {
        let (visit, message) = open(request)?;
        self.of_lot(&visit, &message, |desk, answer, facts, told: &mut v1::PlaceBidResponse| {
            (told.bid_id, told.lot) = (desk.bid_of(facts), desk.lot_of(answer));
        })
        .await
    }

    pub(super) async fn match_price(
        &self,
        request: Request<v1::MatchPriceRequest>,
    ) -> Result<Response<v1::MatchPriceResponse>, Status> {
        let (visit, message) = open(request)?;
        self.of_lot(&visit, &message, |desk, answer, facts, told: &mut v1::MatchPriceResponse| {
            (told.bid_id, told.lot) = (desk.bid_of(facts), desk.lot_of(answer));
        })
        .await
    }

    pub(super) async fn commit_bid(
        &self,
        request: Request<v1::CommitBidRequest>,
    ) -> Result<Response<v1::CommitBidResponse>, Status> {
        let (visit, message) = open(request)?;
        self.of_lot(&visit, &message, |desk, answer, _, told: &mut v1::CommitBidResponse| {
            let lot = listing_of(answer.command()).and_then(|id| desk.read.lot(id));
            if let Some((from, until)) = lot.and_then(|view| lot_views::reveals(&view)) {
                told.reveal_from = Some(write_time(from));
                told.reveal_until = Some(write_time(until));
            }
        })
        .await
    }

    pub(super) async fn reveal_bid(
        &self,
        request: Request<v1::RevealBidRequest>,
    ) -> Result<Response<v1::RevealBidResponse>, Status> {
        let (visit, message) = open(request)?;
        self.of_lot(&visit, &message, |desk, _, facts, told: &mut v1::RevealBidResponse| {
            told.bid_id = desk.bid_of(facts);
        })
        .await
    }

    pub(super) async fn make_offer(
        &self,
        request: Request<v1::MakeOfferRequest>,
    ) -> Result<Response<v1::MakeOfferResponse>, Status> {
        let (visit, mut message) = open(request)?;
        if message.code.is_empty() {
            message.code = self.own_code(&visit, &message)?;
        }
        self.of_lot(&visit, &message, |desk, _, facts, told: &mut v1::MakeOfferResponse| {
            told.offer_id = desk.offer_of(facts);
        })
        .await
    }

    /// The code under which the bidder bids that makes an offer; empty for the seller, who says
    /// with whom it negotiates. Who has none is refused by the market, whatever its code.
    fn own_code(&self, visit: &Visit, ask: &v1::MakeOfferRequest) -> Result<String, Status> {
        // What is malformed is said of the whole message, later.
        let Ok(listing) = ask.listing_id.parse::<ListingId>() else { return Ok(String::new()) };
        let party = named(|fields| fields.party_or("party_id", &ask.party_id, visit.who.party))?;
        let view = self.read.listing(listing);
        if view.is_some_and(|view| view.listing.seller == party) {
            return Ok(String::new());
        }
        let code = self.read.claim(listing, party).and_then(|claim| claim.code);
        Ok(code.unwrap_or(Code::Bidder(0)).to_string())
    }

    pub(super) async fn list_bidders(
        &self,
        request: Request<v1::ListBiddersRequest>,
    ) -> Result<Response<v1::ListBiddersResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
        let id: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.after(&visit, ask.after_sequence).await?;
        let (_, view) = self.listing(&visit, id)?;
        let found = self.read.claims(id, &part, |claim| self.knows_bidder(&visit, &view, claim));
        let (bidders, next_page_token) = page::rows(found, |claim| lot_views::bidder(&claim));
        Ok(Response::new(v1::ListBiddersResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            bidders,
            next_page_token,
        }))
    }

    pub(super) async fn get_lot(
        &self,
        request: Request<v1::GetLotRequest>,
    ) -> Result<Response<v1::GetLotResponse>, Status> {
        let (visit, ask) = open(request)?;
        let id: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.after(&visit, ask.after_sequence).await?;
        self.listing(&visit, id)?;
        let view = self.read.lot(id).ok_or_else(|| not_found(&id))?;
        Ok(Response::new(v1::GetLotResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            lot: Some(lot_views::lot(&view)),
        }))
    }

    pub(super) async fn list_lots(
        &self,
        request: Request<v1::ListLotsRequest>,
    ) -> Result<Response<v1::ListLotsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<ListingId>(ask.page_size, &ask.page_token)?;
        let stamp = self.after(&visit, ask.after_sequence).await?;
        let found = self.read.lots(&part, |view| {
            (!ask.running || view.phase != Phase::Over) && self.listing(&visit, view.id).is_ok()
        });
        let (lots, next_page_token) = page::rows(found, |view| lot_views::lot(&view));
        Ok(Response::new(v1::ListLotsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            lots,
            next_page_token,
        }))
    }

    pub(super) async fn list_bids(
        &self,
        request: Request<v1::ListBidsRequest>,
    ) -> Result<Response<v1::ListBidsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<BidId>(ask.page_size, &ask.page_token)?;
        let id: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.after(&visit, ask.after_sequence).await?;
        self.listing(&visit, id)?;
        let lot = self.read.lot(id);
        let lot = lot.as_deref();
        let own_only = ask.own || lot.is_none_or(|lot| lot.told == Told::OwnOnly);
        let is_own = |code| self.is_own_code(&visit, id, code);
        let found = self.read.bids(id, &part, |bid| !own_only || is_own(bid.bidder));
        let is_over = lot.is_some_and(|lot| lot.phase == Phase::Over);
        let knows_all = is_over || Self::sees_all(&visit, Subject::Bidders);
        let one = lot.map_or(Units::ZERO, |lot| lot.lot);
        let (bids, next_page_token) = page::rows(found, |(bid_id, bid)| {
            let is_told = knows_all || is_own(bid.bidder);
            let quantity = if is_told { Quantity::Shown } else { Quantity::Hidden };
            lot_views::bid(bid_id, &bid, one, quantity)
        });
        Ok(Response::new(v1::ListBidsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            bids,
            next_page_token,
        }))
    }

    pub(super) async fn list_offers(
        &self,
        request: Request<v1::ListOffersRequest>,
    ) -> Result<Response<v1::ListOffersResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<OfferId>(ask.page_size, &ask.page_token)?;
        let id: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.after(&visit, ask.after_sequence).await?;
        let (_, view) = self.listing(&visit, id)?;
        let sees_all = Self::sees_all(&visit, Subject::Bidders)
            || self.acts_for(visit.who.party, view.listing.seller);
        let found = self
            .read
            .offers(id, &part, |offer| sees_all || self.is_own_code(&visit, id, offer.bidder));
        let (offers, next_page_token) =
            page::rows(found, |(offer_id, offer)| lot_views::offer(offer_id, &offer));
        Ok(Response::new(v1::ListOffersResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            offers,
            next_page_token,
        }))
    }
}

/// The listing that a command of a bidding is about.
fn listing_of(command: &Command) -> Option<ListingId> {
    if let Command::QualifyBidder(ask) = command {
        Some(ask.listing)
    } else if let Command::OpenBidding(ask) = command {
        Some(ask.listing)
    } else if let Command::PlaceBid(ask) = command {
        Some(ask.listing)
    } else if let Command::MatchPrice(ask) = command {
        Some(ask.listing)
    } else if let Command::CommitBid(ask) = command {
        Some(ask.listing)
    } else {
        None
    }
}
