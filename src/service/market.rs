//! `MarketService`: what everybody with a key may see.

use sfund_engine::id::{FundId, PartyId, SegmentId};
use sfund_proto::v1;
use sfund_proto::v1::market_service_server::MarketService;
use tonic::{Request, Response, Status};

use crate::read::page::Page;
use crate::service::desk::{Desk, named, not_found, open, time_of};
use crate::service::feed::Feed;
use crate::service::limits::LEVELS_USUAL;
use crate::wire::fields::Fields;
use crate::wire::status::Trouble;
use crate::wire::{market, page};

/// The service.
#[derive(Clone)]
pub(crate) struct Market(pub(crate) Desk);

#[tonic::async_trait]
impl MarketService for Market {
    async fn get_venue(
        &self,
        request: Request<v1::GetVenueRequest>,
    ) -> Result<Response<v1::GetVenueResponse>, Status> {
        let (visit, ask) = open(request)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let venue = self.0.read.venue().ok_or(Trouble::VenueNotReady {})?;
        Ok(Response::new(v1::GetVenueResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            venue: Some(market::venue(&venue)),
        }))
    }

    async fn get_segment(
        &self,
        request: Request<v1::GetSegmentRequest>,
    ) -> Result<Response<v1::GetSegmentResponse>, Status> {
        let (visit, ask) = open(request)?;
        let id: SegmentId = named(|fields| fields.id("segment_id", &ask.segment_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let view = self.0.read.segment(id).ok_or_else(|| not_found(&id))?;
        Ok(Response::new(v1::GetSegmentResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            segment: Some(market::segment(&view)),
        }))
    }

    async fn list_segments(
        &self,
        request: Request<v1::ListSegmentsRequest>,
    ) -> Result<Response<v1::ListSegmentsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<SegmentId>(ask.page_size, &ask.page_token)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let rows = self.0.read.segments();
        let first = part.after.map_or(0, |after| rows.partition_point(|row| row.id <= after));
        let rest = rows.get(first..).unwrap_or_default();
        let last = rest.get(part.rows().saturating_sub(1)).filter(|_| part.rows() < rest.len());
        let shown =
            Page { rows: rest.iter().take(part.rows()).collect(), next: last.map(|row| row.id) };
        let (segments, next_page_token) = page::rows(shown, |view| market::segment(view));
        Ok(Response::new(v1::ListSegmentsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            segments,
            next_page_token,
        }))
    }

    async fn get_fund(
        &self,
        request: Request<v1::GetFundRequest>,
    ) -> Result<Response<v1::GetFundResponse>, Status> {
        use v1::get_fund_request::Which;
        let (visit, ask) = open(request)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let id = match &ask.which {
            Some(Which::FundId(text)) => named(|fields| fields.id("fund_id", text))?,
            Some(Which::Code(code)) => {
                self.0.read.fund_of_code(code).ok_or_else(|| not_found(&"fund of this code"))?
            }
            None => named(|fields: &mut Fields| {
                fields.note("which", "must be an id or a code");
                FundId::default()
            })?,
        };
        let view = self.0.read.fund(id).ok_or_else(|| not_found(&id))?;
        Ok(Response::new(v1::GetFundResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            fund: Some(market::fund(&view)),
        }))
    }

    async fn list_funds(
        &self,
        request: Request<v1::ListFundsRequest>,
    ) -> Result<Response<v1::ListFundsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<FundId>(ask.page_size, &ask.page_token)?;
        let (segment, manager) = named(|fields| {
            let segment: Option<SegmentId> = fields.id_if_any("segment_id", &ask.segment_id);
            let manager: Option<PartyId> = fields.id_if_any("manager_id", &ask.manager_id);
            (segment, manager)
        })?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let found = self.0.read.funds(&part, |fund| {
            segment.is_none_or(|segment| segment == fund.details.segment)
                && manager.is_none_or(|manager| manager == fund.details.manager)
        });
        let (funds, next_page_token) = page::rows(found, |view| market::fund(&view));
        Ok(Response::new(v1::ListFundsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            funds,
            next_page_token,
        }))
    }

    async fn get_book(
        &self,
        request: Request<v1::GetBookRequest>,
    ) -> Result<Response<v1::GetBookResponse>, Status> {
        let (visit, ask) = open(request)?;
        let (fund, levels) = named(|fields| {
            let fund: FundId = fields.id("fund_id", &ask.fund_id);
            (fund, read_levels(fields, ask.levels, crate::read::DEPTH_LEVELS_MAX))
        })?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        self.0.read.fund(fund).ok_or_else(|| not_found(&fund))?;
        let depth = self.0.read.depth(fund);
        let (bids, asks) = market::book(&depth, if levels == 0 { LEVELS_USUAL } else { levels });
        Ok(Response::new(v1::GetBookResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            fund_id: fund.to_string(),
            bids,
            asks,
        }))
    }

    async fn list_trades(
        &self,
        request: Request<v1::ListTradesRequest>,
    ) -> Result<Response<v1::ListTradesResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
        let fund: FundId = named(|fields| fields.id("fund_id", &ask.fund_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        self.0.read.fund(fund).ok_or_else(|| not_found(&fund))?;
        let found = self.0.read.trades_of_fund(fund, &part);
        let (trades, next_page_token) = page::rows(found, |view| market::trade(&view));
        Ok(Response::new(v1::ListTradesResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            trades,
            next_page_token,
        }))
    }

    async fn get_lot(
        &self,
        request: Request<v1::GetLotRequest>,
    ) -> Result<Response<v1::GetLotResponse>, Status> {
        self.0.get_lot(request).await
    }

    async fn list_lots(
        &self,
        request: Request<v1::ListLotsRequest>,
    ) -> Result<Response<v1::ListLotsResponse>, Status> {
        self.0.list_lots(request).await
    }

    type StreamMarketStream = Feed<v1::StreamMarketResponse>;

    /// Never called: the stream of what is encoded already stands before it.
    async fn stream_market(
        &self,
        _: Request<v1::StreamMarketRequest>,
    ) -> Result<Response<Self::StreamMarketStream>, Status> {
        tracing::error!("a stream of the market came to where it is not served");
        Err(Trouble::Internal {}.into())
    }
}

/// The levels of a book that are asked for.
pub(super) fn read_levels(fields: &mut Fields, levels: i32, most: usize) -> usize {
    match usize::try_from(levels) {
        Ok(levels) if levels <= most => levels,
        Ok(_) | Err(_) => {
            fields.note("levels", format_args!("must be from 0 to {most}"));
            0
        }
    }
}
