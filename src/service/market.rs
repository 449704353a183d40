//! `MarketService`: what everybody with a key may see.

use std::collections::BTreeSet;

use sfund_engine::event::Event;
use sfund_engine::id::{FundId, OrderId, PartyId, SegmentId, Sequence};
use sfund_proto::v1;
use sfund_proto::v1::market_service_server::MarketService;
use tokio::time::Instant;
use tonic::{Request, Response, Status};
use v1::stream_market_response::Event as Told;

use crate::published::Item;
use crate::read::Read;
use crate::read::page::Page;
use crate::read::views::Stamp;
use crate::service::desk::{Desk, named, not_found, open, time_of};
use crate::service::feed::{Feed, Teller, feed, in_time, subscribe};
use crate::service::limits::{LEVELS_USUAL, STREAM_FUNDS_MAX, STREAM_LEVELS_MAX};
use crate::wire::fields::Fields;
use crate::wire::status::Trouble;
use crate::wire::{events, market, page};

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

    type StreamMarketStream = Feed<v1::StreamMarketResponse>;

    async fn stream_market(
        &self,
        request: Request<v1::StreamMarketRequest>,
    ) -> Result<Response<Self::StreamMarketStream>, Status> {
        let (visit, ask) = open(request)?;
        let (funds, levels) = named(|fields| {
            let funds: Vec<FundId> =
                fields.each("fund_ids", &ask.fund_ids, STREAM_FUNDS_MAX, |fields, id| {
                    fields.id("", id)
                });
            (funds, read_levels(fields, ask.levels, STREAM_LEVELS_MAX))
        })?;
        let stream = subscribe(&self.0, ask.from_sequence)?;
        let teller = Publicly {
            read: self.0.read.clone(),
            funds: funds.into_iter().collect(),
            levels,
            interval: self.0.limits.book_interval,
            is_live: false,
            changed: BTreeSet::new(),
            due: None,
        };
        Ok(feed(&self.0, visit, stream, teller))
    }
}

fn read_levels(fields: &mut Fields, levels: i32, most: usize) -> usize {
    match usize::try_from(levels) {
        Ok(levels) if levels <= most => levels,
        Ok(_) | Err(_) => {
            fields.note("levels", format_args!("must be from 0 to {most}"));
            0
        }
    }
}

/// Tells the public what happens.
struct Publicly {
    read: Read,
    /// Only these; none is all.
    funds: BTreeSet<FundId>,
    /// Levels of books; 0 leaves them out.
    levels: usize,
    interval: std::time::Duration,
    /// Whether the mark was given; books are told only after it.
    is_live: bool,
    /// Funds whose books changed since they were told.
    changed: BTreeSet<FundId>,
    /// When they are told.
    due: Option<Instant>,
}

impl Publicly {
    fn wants(&self, fund: FundId) -> bool {
        self.funds.is_empty() || self.funds.contains(&fund)
    }

    fn wants_told(&self, told: &Told) -> bool {
        if self.funds.is_empty() {
            return true;
        }
        let fund = |id: &str| id.parse().is_ok_and(|fund| self.wants(fund));
        match told {
            Told::Trade(trade) => fund(&trade.fund_id),
            Told::Book(book) => fund(&book.fund_id),
            Told::Reference(reference) => fund(&reference.fund_id),
            Told::Fund(told) => fund(&told.fund_id),
            Told::TradingState(changed) => {
                use v1::trading_scope::Scope;
                match changed.scope.as_ref().and_then(|scope| scope.scope.as_ref()) {
                    Some(Scope::FundId(id)) => fund(id),
                    Some(Scope::SegmentId(_) | Scope::Venue(_)) | None => true,
                }
            }
            Told::Segment(_) | Told::Calendar(_) | Told::CaughtUp(_) | Told::Heartbeat(_) => true,
        }
    }

    /// Notes that the book of the event's fund changed.
    fn note_book(&mut self, event: &Event) {
        let of = |order: OrderId| self.read.order(order).map(|order| order.terms.fund);
        let fund = if let Event::OrderRested(fact) = event {
            of(fact.order)
        } else if let Event::OrderClosed(fact) = event {
            of(fact.order)
        } else if let Event::OrderAmended(fact) = event {
            of(fact.order)
        } else if let Event::OrderDecremented(fact) = event {
            of(fact.order)
        } else if let Event::Traded(fact) = event {
            Some(fact.fund)
        } else {
            None
        };
        if let Some(fund) = fund.filter(|fund| self.wants(*fund)) {
            self.changed.insert(fund);
            self.due.get_or_insert_with(|| in_time(self.interval));
        }
    }
}

fn message(sequence: Sequence, event: Told) -> v1::StreamMarketResponse {
    let sequence = sequence.number();
    v1::StreamMarketResponse { sequence, time: None, event: Some(event), more: false }
}

impl Teller for Publicly {
    type Message = v1::StreamMarketResponse;

    fn entry(&mut self, item: &Item) -> Vec<Self::Message> {
        let Ok(happened) = item.outcome() else { return Vec::new() };
        let stamp = Stamp { sequence: item.header().sequence, at: item.header().at };
        let mut messages: Vec<_> = happened
            .iter()
            .filter_map(|event| events::public(event, stamp, &self.read))
            .filter(|told| self.wants_told(told))
            .map(|told| v1::StreamMarketResponse {
                time: time_of(stamp),
                more: true,
                ..message(stamp.sequence, told)
            })
            .collect();
        if let Some(last) = messages.last_mut() {
            last.more = false;
        }
        if self.is_live && self.levels != 0 {
            for event in happened {
                self.note_book(event);
            }
        }
        messages
    }

    fn caught_up(&mut self, sequence: Sequence) -> Vec<Self::Message> {
        self.is_live = true;
        if self.levels != 0 && !self.funds.is_empty() {
            // Whoever names funds begins with their books.
            self.changed.clone_from(&self.funds);
            self.due = Some(Instant::now());
        }
        vec![message(sequence, Told::CaughtUp(v1::CaughtUp {}))]
    }

    fn heartbeat(&self, sequence: Sequence) -> Self::Message {
        message(sequence, Told::Heartbeat(v1::Heartbeat {}))
    }

    fn due(&self) -> Option<Instant> {
        self.due
    }

    fn tell_due(&mut self, sequence: Sequence) -> Vec<Self::Message> {
        self.due = None;
        let tell = |fund: FundId| {
            let depth = self.read.depth(fund);
            let (bids, asks) = market::book(&depth, self.levels);
            let book = v1::BookChanged {
                fund_id: fund.to_string(),
                bids,
                asks,
                as_of_sequence: depth.stamp.sequence.number(),
            };
            message(sequence, Told::Book(book))
        };
        std::mem::take(&mut self.changed).into_iter().map(tell).collect()
    }
}
