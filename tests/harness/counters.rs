//! Biddings in the tests: the three services that speak of them, and the way to a lot that is open.

use sfund_proto::v1;
use sfund_proto::v1::listing_service_client::ListingServiceClient;
use sfund_proto::v1::market_service_client::MarketServiceClient;
use sfund_proto::v1::trading_service_client::TradingServiceClient;
use sfund_sdk::Time;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

use super::cast::{Cast, Player};
use super::listings::{Bearer, command, request_id, terms};
use super::{Exchange, at, eventually, money, soon};

/// The services as one player sees them.
#[derive(Clone)]
pub struct Counter {
    pub id: String,
    pub listing: ListingServiceClient<InterceptedService<Channel, Bearer>>,
    pub trading: TradingServiceClient<InterceptedService<Channel, Bearer>>,
    pub market: MarketServiceClient<InterceptedService<Channel, Bearer>>,
}

impl Counter {
    pub async fn of(url: &str, player: &Player) -> Self {
        let channel = Endpoint::from_shared(url.to_owned()).unwrap().connect().await.unwrap();
        let bearer = Bearer::new(&player.key);
        Self {
            id: player.id.to_string(),
            listing: ListingServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            trading: TradingServiceClient::with_interceptor(channel.clone(), bearer.clone()),
            market: MarketServiceClient::with_interceptor(channel, bearer),
        }
    }

    pub async fn lot(&mut self, listing: &str) -> Result<v1::Lot, Status> {
        let ask = v1::GetLotRequest { listing_id: listing.to_owned(), after_sequence: 0 };
        self.market.get_lot(ask).await.map(|answer| answer.into_inner().lot.unwrap())
    }

    /// The lot, once `is` says so of it.
    pub async fn lot_when(&self, listing: &str, is: impl Fn(&v1::Lot) -> bool) -> v1::Lot {
        eventually("a lot that changes", || async {
            self.clone().lot(listing).await.ok().filter(|lot| is(lot))
        })
        .await
    }

    pub async fn bids(&mut self, listing: &str) -> Vec<v1::LotBid> {
        let ask = v1::ListBidsRequest { listing_id: listing.to_owned(), ..Default::default() };
        self.trading.list_bids(ask).await.unwrap().into_inner().bids
    }

    pub async fn offers(&mut self, listing: &str) -> Vec<v1::LotOffer> {
        let ask = v1::ListOffersRequest { listing_id: listing.to_owned(), ..Default::default() };
        self.trading.list_offers(ask).await.unwrap().into_inner().offers
    }

    pub async fn bidders(&mut self, listing: &str) -> Vec<v1::Bidder> {
        let ask = v1::ListBiddersRequest { listing_id: listing.to_owned(), ..Default::default() };
        self.listing.list_bidders(ask).await.unwrap().into_inner().bidders
    }

    /// Its own listing event names, oldest first.
    pub async fn names(&mut self, listing: &str) -> Vec<String> {
        let ask =
            v1::ListListingEventsRequest { listing_id: listing.to_owned(), ..Default::default() };
        let answer = self.listing.list_listing_events(ask).await.unwrap().into_inner();
        answer.events.into_iter().rev().map(|event| event.event).collect()
    }
}

/// Everybody at the counters.
pub struct Hall {
    pub lp: Counter,
    pub partner: Counter,
    pub operator: Counter,
    pub manager: Counter,
    pub member: Counter,
    pub buyer: Counter,
    pub rival: Counter,
    pub stranger: Counter,
}

impl Hall {
    pub async fn of(cast: &Cast) -> Self {
        let counter = |player| Counter::of(&cast.url, player);
        Self {
            lp: counter(&cast.lp).await,
            partner: counter(&cast.other_lp).await,
            operator: counter(&cast.operator).await,
            manager: counter(&cast.manager).await,
            member: counter(&cast.member).await,
            buyer: counter(&cast.s_fund).await,
            rival: counter(&cast.other_s_fund).await,
            stranger: counter(&cast.lender).await,
        }
    }

    /// A listing of the LP's that is announced from the day after Christmas on.
    pub async fn announced(
        &mut self,
        exchange: &Exchange,
        cast: &Cast,
        said: impl FnOnce(v1::ListingTerms) -> v1::ListingTerms,
    ) -> String {
        let drafted = v1::DraftListingRequest {
            request_id: request_id(),
            terms: Some(said(terms(cast.regional_fund, "G-1"))),
            ..Default::default()
        };
        let id = self.lp.listing.draft_listing(drafted).await.unwrap().into_inner().listing_id;
        let ask = v1::SubmitListingRequest {
            request_id: request_id(),
            listing_id: id.clone(),
            ..Default::default()
        };
        self.lp.listing.submit_listing(ask).await.unwrap();
        let ask = v1::ReviewListingRequest {
            request_id: request_id(),
            listing_id: id.clone(),
            verdict: v1::ListingVerdict::Accept.into(),
            ..Default::default()
        };
        self.operator.listing.review_listing(ask).await.unwrap();
        let ask = v1::NotifyPartnersRequest {
            request_id: request_id(),
            listing_id: id.clone(),
            delivered_date: "2026-11-24".to_owned(),
            evidence_sha256: vec![1; 32],
            ..Default::default()
        };
        self.operator.listing.notify_partners(ask).await.unwrap();
        let ask = v1::AnswerConsentRequest {
            request_id: request_id(),
            listing_id: id.clone(),
            answer: v1::Consent::Given.into(),
            evidence_sha256: vec![1; 32],
            ..Default::default()
        };
        self.manager.listing.answer_consent(ask).await.unwrap();
        // B1, B3: the partners' month passes in silence.
        exchange.set_time(at("2026-12-26", 9, 30));
        let ask = v1::AnnounceListingRequest {
            request_id: request_id(),
            listing_id: id.clone(),
            ..Default::default()
        };
        self.operator.listing.announce_listing(ask).await.unwrap();
        id
    }

    /// Declares for `party`, is qualified and pays; its code.
    pub async fn admit(&mut self, by: &mut Counter, party: &str, id: &str) -> String {
        let ask = v1::DeclareInterestRequest {
            request_id: request_id(),
            listing_id: id.to_owned(),
            party_id: party.to_owned(),
            ..Default::default()
        };
        by.listing.declare_interest(ask).await.unwrap();
        let ask = v1::QualifyBidderRequest {
            request_id: request_id(),
            listing_id: id.to_owned(),
            party_id: if party.is_empty() { by.id.clone() } else { party.to_owned() },
            verdict: v1::BidderVerdict::Qualify.into(),
            reason: "资格证明".to_owned(),
            ..Default::default()
        };
        let qualified = self.operator.listing.qualify_bidder(ask).await.unwrap().into_inner();
        assert!(qualified.deposit_due.is_some());
        let ask = v1::PayDepositRequest {
            request_id: request_id(),
            listing_id: id.to_owned(),
            party_id: party.to_owned(),
            ..Default::default()
        };
        let paid = by.listing.pay_deposit(ask).await.unwrap().into_inner();
        assert_eq!(paid.amount, "100000.00");
        qualified.code
    }

    /// The announcement is over, and the operator opens the bidding; when it begins.
    pub async fn opened(
        &mut self,
        exchange: &Exchange,
        id: &str,
        opening: v1::open_bidding_request::Opening,
    ) -> (Time, v1::Lot) {
        let ask = v1::GetListingRequest { listing_id: id.to_owned(), after_sequence: 0 };
        let found = self.stranger.listing.get_listing(ask).await.unwrap().into_inner();
        let over = found.listing.unwrap().announced_until.unwrap();
        let over = moment(&over);
        exchange.set_time(over);
        let begins = over.plus_seconds(10 * 3_600);
        let ask = v1::OpenBiddingRequest {
            request_id: request_id(),
            listing_id: id.to_owned(),
            begins: Some(timestamp(begins)),
            opening: Some(opening),
            ..Default::default()
        };
        let opened = self.operator.listing.open_bidding(ask).await.unwrap().into_inner();
        assert_eq!(opened.judged_by.unwrap().pack_code, "cn-regional");
        (begins, opened.lot.unwrap())
    }
}

pub fn timestamp(time: Time) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: i64::try_from(time.nanos() / 1_000_000_000).unwrap(),
        nanos: i32::try_from(time.nanos() % 1_000_000_000).unwrap(),
    }
}

pub fn moment(time: &prost_types::Timestamp) -> Time {
    Time::from_nanos(u64::try_from(time.seconds).unwrap() * 1_000_000_000)
}

/// The lots that a stream of the market tells of, up to the first that is awarded.
pub async fn watched(
    watch: &mut tonic::Streaming<v1::StreamMarketResponse>,
    until: impl Fn(&v1::Lot) -> bool,
) -> Vec<v1::Lot> {
    let mut lots: Vec<v1::Lot> = Vec::new();
    while lots.last().is_none_or(|lot| !until(lot)) {
        let next = soon("a lot", watch.message()).await.unwrap().unwrap();
        if let Some(v1::stream_market_response::Event::Lot(lot)) = next.event {
            lots.push(lot);
        }
    }
    lots
}

pub async fn watch(
    counter: &mut Counter,
    id: &str,
    from: u64,
) -> tonic::Streaming<v1::StreamMarketResponse> {
    let ask = v1::StreamMarketRequest {
        from_sequence: from,
        lots: true,
        listing_ids: vec![id.to_owned()],
        ..Default::default()
    };
    counter.market.stream_market(ask).await.unwrap().into_inner()
}

/// What a party's own stream tells it of a listing, up to the first event of that name.
pub async fn heard(counter: &mut Counter, until: &str) -> Vec<v1::ListingEvent> {
    let ask = v1::StreamMyEventsRequest { from_sequence: 1, ..Default::default() };
    let mut stream = counter.trading.stream_my_events(ask).await.unwrap().into_inner();
    let mut events: Vec<v1::ListingEvent> = Vec::new();
    while events.last().is_none_or(|event| event.event != until) {
        let next = soon("an event", stream.message()).await.unwrap().unwrap();
        if let Some(v1::stream_my_events_response::Event::Listing(event)) = next.event {
            events.push(event);
        }
    }
    events
}

pub async fn bid(
    counter: &mut Counter,
    id: &str,
    at: &str,
) -> Result<v1::PlaceBidResponse, tonic::Status> {
    command!(counter.trading, place_bid, PlaceBidRequest, id, price: at.to_owned())
}

/// The buyer, the rival and the member for the partner, admitted in this order.
pub async fn three(hall: &mut Hall, cast: &Cast, id: &str) {
    let staff = cast.hall();
    staff.qualify(cast.other_lp.id).await;
    staff.deposit(&cast.other_lp, money("10000000.00")).await;
    let (mut buyer, mut rival, mut member) =
        (hall.buyer.clone(), hall.rival.clone(), hall.member.clone());
    assert_eq!(hall.admit(&mut buyer, "", id).await, "bidder-1");
    assert_eq!(hall.admit(&mut rival, "", id).await, "bidder-2");
    let client = hall.partner.id.clone();
    assert_eq!(hall.admit(&mut member, &client, id).await, "bidder-3");
}
