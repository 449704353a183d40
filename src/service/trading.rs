//! `TradingService`: orders, intentions and a party's own events.

use sfund_engine::amount::Money;
use sfund_engine::id::{FundId, IntentionId, OrderId};
use sfund_proto::v1;
use sfund_proto::v1::trading_service_server::TradingService;
use tonic::{Request, Response, Status, Streaming};

use crate::read::OrderFilter;
use crate::service::desk::{Desk, named, not_found, open, time_of};
use crate::service::feed::{Feed, feed, subscribe};
use crate::service::my_events::Mine;
use crate::service::order_stream;
use crate::service::visibility::{Subject, sees};
use crate::wire::board::{self, Name};
use crate::wire::{meters, page, trading};

/// The service.
#[derive(Clone)]
pub(crate) struct Trading(pub(crate) Desk);

#[tonic::async_trait]
impl TradingService for Trading {
    async fn place_order(
        &self,
        request: Request<v1::PlaceOrderRequest>,
    ) -> Result<Response<v1::PlaceOrderResponse>, Status> {
        self.0.command(request).await
    }

    async fn amend_order(
        &self,
        request: Request<v1::AmendOrderRequest>,
    ) -> Result<Response<v1::AmendOrderResponse>, Status> {
        self.0.command(request).await
    }

    async fn cancel_order(
        &self,
        request: Request<v1::CancelOrderRequest>,
    ) -> Result<Response<v1::CancelOrderResponse>, Status> {
        self.0.command(request).await
    }

    async fn cancel_all(
        &self,
        request: Request<v1::CancelAllRequest>,
    ) -> Result<Response<v1::CancelAllResponse>, Status> {
        self.0.command(request).await
    }

    type OrderStreamStream = Feed<v1::OrderStreamResponse>;

    async fn order_stream(
        &self,
        request: Request<Streaming<v1::OrderStreamRequest>>,
    ) -> Result<Response<Self::OrderStreamStream>, Status> {
        let (visit, instructions) = open(request)?;
        Ok(order_stream::start(&self.0, visit, instructions))
    }

    async fn get_order(
        &self,
        request: Request<v1::GetOrderRequest>,
    ) -> Result<Response<v1::GetOrderResponse>, Status> {
        let (visit, ask) = open(request)?;
        let id: OrderId = named(|fields| fields.id("order_id", &ask.order_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let view = self.0.read.order(id).ok_or_else(|| not_found(&id))?;
        self.0.show(&visit, Subject::Trading, view.terms.party, &id)?;
        Ok(Response::new(v1::GetOrderResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            order: Some(trading::order(&view)),
        }))
    }

    async fn list_orders(
        &self,
        request: Request<v1::ListOrdersRequest>,
    ) -> Result<Response<v1::ListOrdersResponse>, Status> {
        let (visit, ask) = open(request)?;
        let fund: Option<FundId> = named(|fields| fields.id_if_any("fund_id", &ask.fund_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Trading, &ask.party_id)?;
        let filter = OrderFilter { fund, session: None };
        let (orders, next_page_token) = match v1::OrderState::try_from(ask.state) {
            Ok(v1::OrderState::Closed) => {
                let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
                let found = self.0.read.orders_closed(party, filter, &part);
                page::rows(found, |view| trading::order(&view))
            }
            Ok(v1::OrderState::Open | v1::OrderState::Unspecified) => {
                let part = page::ask::<OrderId>(ask.page_size, &ask.page_token)?;
                let found = self.0.read.orders_open(party, filter, &part);
                page::rows(found, |view| trading::order(&view))
            }
            Err(_) => named(|fields| {
                fields.note("state", "is no value of this kind");
                (Vec::new(), String::new())
            })?,
        };
        Ok(Response::new(v1::ListOrdersResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            orders,
            next_page_token,
        }))
    }

    async fn list_my_trades(
        &self,
        request: Request<v1::ListMyTradesRequest>,
    ) -> Result<Response<v1::ListMyTradesResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
        let fund: Option<FundId> = named(|fields| fields.id_if_any("fund_id", &ask.fund_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Trading, &ask.party_id)?;
        let found = self.0.read.trades_of_party(party, &part);
        let (trades, next_page_token) = page::rows(found, |view| view);
        let wanted = trades.iter().filter(|view| fund.is_none_or(|fund| fund == view.deal.fund()));
        Ok(Response::new(v1::ListMyTradesResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            trades: wanted.flat_map(|view| trading::my_trades(view, party)).collect(),
            next_page_token,
        }))
    }

    async fn get_meters(
        &self,
        request: Request<v1::GetMetersRequest>,
    ) -> Result<Response<v1::GetMetersResponse>, Status> {
        let (visit, ask) = open(request)?;
        let id: FundId = named(|fields| fields.id("fund_id", &ask.fund_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Trading, &ask.party_id)?;
        let read = &self.0.read;
        let fund = read.fund(id).ok_or_else(|| not_found(&id))?;
        let segment = read.segment(fund.fund.details.segment).ok_or_else(|| not_found(&id))?;
        let record = read.party(party).ok_or_else(|| not_found(&party))?;
        let far = read.meters(party, id, self.0.clock.now()).ok_or_else(|| not_found(&id))?;
        Ok(Response::new(v1::GetMetersResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            ..meters::meters(&far, &fund, &segment, &record)
        }))
    }

    async fn get_listing_meters(
        &self,
        request: Request<v1::GetListingMetersRequest>,
    ) -> Result<Response<v1::GetListingMetersResponse>, Status> {
        self.0.get_listing_meters(request).await
    }

    async fn quote_fees(
        &self,
        request: Request<v1::QuoteFeesRequest>,
    ) -> Result<Response<v1::QuoteFeesResponse>, Status> {
        let (visit, ask) = open(request)?;
        let (fund, side, worth): (FundId, _, _) = named(|fields| {
            let price = fields.price("price", &ask.price);
            let units = fields.units("units", &ask.units);
            let worth = price.times(units).unwrap_or_else(|| {
                fields.note("units", "times the price is not whole fen, or more than there is");
                Money::ZERO
            });
            (fields.id("fund_id", &ask.fund_id), fields.choice("side", ask.side), worth)
        })?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Trading, &ask.party_id)?;
        let read = &self.0.read;
        let fund = read.fund(fund).ok_or_else(|| not_found(&fund))?;
        let segment = fund.fund.details.segment;
        let segment = read.segment(segment).ok_or_else(|| not_found(&segment))?;
        let record = read.party(party).ok_or_else(|| not_found(&party))?;
        let rates = segment.fees.rates(record.details.tier).unwrap_or_default();
        Ok(Response::new(v1::QuoteFeesResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            currency: fund.fund.details.currency.to_string(),
            ..meters::fee_quote(side, worth, &rates)
        }))
    }

    async fn post_intention(
        &self,
        request: Request<v1::PostIntentionRequest>,
    ) -> Result<Response<v1::PostIntentionResponse>, Status> {
        self.0.command(request).await
    }

    async fn withdraw_intention(
        &self,
        request: Request<v1::WithdrawIntentionRequest>,
    ) -> Result<Response<v1::WithdrawIntentionResponse>, Status> {
        self.0.command(request).await
    }

    async fn list_intentions(
        &self,
        request: Request<v1::ListIntentionsRequest>,
    ) -> Result<Response<v1::ListIntentionsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<IntentionId>(ask.page_size, &ask.page_token)?;
        let fund: Option<FundId> = named(|fields| fields.id_if_any("fund_id", &ask.fund_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let read = &self.0.read;
        let found = match fund {
            Some(fund) if ask.party_id.is_empty() => {
                read.fund(fund).ok_or_else(|| not_found(&fund))?;
                read.intentions_of_fund(fund, &part)
            }
            Some(_) | None => {
                let party = self.0.party(&visit, Subject::Trading, &ask.party_id)?;
                read.intentions(&part, |view| {
                    view.terms.party == party && fund.is_none_or(|fund| fund == view.terms.fund)
                })
            }
        };
        let (intentions, next_page_token) = page::rows(found, |view| {
            let relation = self.0.relation(visit.who.party, view.terms.party);
            let is_known = sees(visit.who.role, Subject::Trading, relation);
            let name = if is_known { Name::Shown } else { Name::Hidden };
            board::intention(view.id, &view.terms, name)
        });
        Ok(Response::new(v1::ListIntentionsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            intentions,
            next_page_token,
        }))
    }

    async fn list_suggestions(
        &self,
        request: Request<v1::ListSuggestionsRequest>,
    ) -> Result<Response<v1::ListSuggestionsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Trading, &ask.party_id)?;
        let found = self.0.read.suggestions(party, &part);
        let (suggestions, next_page_token) = page::rows(found, |view| board::suggestion(&view));
        Ok(Response::new(v1::ListSuggestionsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            suggestions,
            next_page_token,
        }))
    }

    async fn place_bid(
        &self,
        request: Request<v1::PlaceBidRequest>,
    ) -> Result<Response<v1::PlaceBidResponse>, Status> {
        self.0.place_bid(request).await
    }

    async fn match_price(
        &self,
        request: Request<v1::MatchPriceRequest>,
    ) -> Result<Response<v1::MatchPriceResponse>, Status> {
        self.0.match_price(request).await
    }

    async fn commit_bid(
        &self,
        request: Request<v1::CommitBidRequest>,
    ) -> Result<Response<v1::CommitBidResponse>, Status> {
        self.0.commit_bid(request).await
    }

    async fn reveal_bid(
        &self,
        request: Request<v1::RevealBidRequest>,
    ) -> Result<Response<v1::RevealBidResponse>, Status> {
        self.0.reveal_bid(request).await
    }

    async fn make_offer(
        &self,
        request: Request<v1::MakeOfferRequest>,
    ) -> Result<Response<v1::MakeOfferResponse>, Status> {
        self.0.make_offer(request).await
    }

    async fn answer_offer(
        &self,
        request: Request<v1::AnswerOfferRequest>,
    ) -> Result<Response<v1::AnswerOfferResponse>, Status> {
        self.0.command(request).await
    }

    async fn list_bids(
        &self,
        request: Request<v1::ListBidsRequest>,
    ) -> Result<Response<v1::ListBidsResponse>, Status> {
        self.0.list_bids(request).await
    }

    async fn list_offers(
        &self,
        request: Request<v1::ListOffersRequest>,
    ) -> Result<Response<v1::ListOffersResponse>, Status> {
        self.0.list_offers(request).await
    }

    type StreamMyEventsStream = Feed<v1::StreamMyEventsResponse>;

    async fn stream_my_events(
        &self,
        request: Request<v1::StreamMyEventsRequest>,
    ) -> Result<Response<Self::StreamMyEventsStream>, Status> {
        let (visit, ask) = open(request)?;
        let party = self.0.party(&visit, Subject::Trading, &ask.party_id)?;
        let stream = subscribe(&self.0, ask.from_sequence)?;
        let teller = Mine::new(self.0.read.clone(), party);
        Ok(feed(&self.0, visit, stream, teller))
    }
}
