//! The stream of the market: each thing that happens is encoded once, whoever watches.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request as HttpRequest, Response as HttpResponse};
use sfund_engine::id::{FundId, ListingId, Sequence};
use sfund_proto::v1;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::codec::{BufferSettings, Codec, CompressionEncoding, EncodeBuf, Encoder};
use tonic::server::{Grpc, NamedService, ServerStreamingService};
use tonic::{Request, Response, Status};
use tonic_prost::{ProstCodec, ProstDecoder};
use tower::Service;
use v1::market_service_server::MarketServiceServer;
use v1::stream_market_response::Event as Told;

use crate::published::{About, Run};
use crate::read::Read;
use crate::service::desk::{Desk, named, open};
use crate::service::feed::{Feed, Teller, feed, in_time, subscribe};
use crate::service::limits::{STREAM_FUNDS_MAX, STREAM_LEVELS_MAX, STREAM_LOTS_MAX, WATCHER_SHARE};
use crate::service::market::{Market, read_levels};
use crate::wire::market;
use crate::wire::public::{self, Encoded};

/// The method that is answered here.
const STREAM_MARKET: &str = "/sfund.v1.MarketService/StreamMarket";

/// The market's service, its stream served as it is encoded already.
#[derive(Clone)]
pub(crate) struct Watched {
    desk: Desk,
    others: MarketServiceServer<Market>,
}

/// The stream alone.
struct Watch(Desk);

/// Reads as generated code does, and sends what is encoded already.
struct Shared;

/// Puts a message where it is sent from.
struct Put;

impl Watched {
    pub(crate) fn new(desk: Desk, others: MarketServiceServer<Market>) -> Self {
        Self { desk, others }
    }
}

impl NamedService for Watched {
    const NAME: &'static str = MarketServiceServer::<Market>::NAME;
}

type Answered = Pin<Box<dyn Future<Output = Result<HttpResponse<Body>, Infallible>> + Send>>;

impl Service<HttpRequest<Body>> for Watched {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Answered {
        if request.uri().path() != STREAM_MARKET {
            return self.others.call(request);
        }
        let watch = Watch(self.desk.clone());
        let mut grpc = Grpc::new(Shared)
            .max_decoding_message_size(self.desk.limits.message_bytes_max)
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip);
        Box::pin(async move { Ok(grpc.server_streaming(watch, request).await) })
    }
}

impl Codec for Shared {
    type Encode = Encoded;
    type Decode = v1::StreamMarketRequest;
    type Encoder = Put;
    type Decoder = ProstDecoder<v1::StreamMarketRequest>;

    fn encoder(&mut self) -> Put {
        Put
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<v1::StreamMarketResponse, _>::raw_decoder(BufferSettings::default())
    }
}

impl Encoder for Put {
    type Item = Encoded;
    type Error = Status;

    fn encode(&mut self, message: Encoded, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.put(into);
        Ok(())
    }
}

type Opened = Pin<Box<dyn Future<Output = Result<Response<Feed<Encoded>>, Status>> + Send>>;

impl ServerStreamingService<v1::StreamMarketRequest> for Watch {
    type Response = Encoded;
    type ResponseStream = Feed<Encoded>;
    type Future = Opened;

    fn call(&mut self, request: Request<v1::StreamMarketRequest>) -> Opened {
        let answer = self.open(request);
        Box::pin(std::future::ready(answer))
    }
}

impl Watch {
    fn open(
        &self,
        request: Request<v1::StreamMarketRequest>,
    ) -> Result<Response<Feed<Encoded>>, Status> {
        let (visit, ask) = open(request)?;
        let (funds, levels, lots) = named(|fields| {
            let funds: Vec<FundId> =
                fields.each("fund_ids", &ask.fund_ids, STREAM_FUNDS_MAX, |fields, id| {
                    fields.id("", id)
                });
            let levels = read_levels(fields, ask.levels, STREAM_LEVELS_MAX);
            let lots: Vec<ListingId> =
                fields.each("listing_ids", &ask.listing_ids, STREAM_LOTS_MAX, |fields, id| {
                    fields.id("", id)
                });
            if !ask.lots && !ask.listing_ids.is_empty() {
                fields.note("listing_ids", "narrow lots, and lots are not asked for");
            }
            (funds, levels, ask.lots.then(|| lots.into_iter().collect()))
        })?;
        let stream = subscribe(&self.0, ask.from_sequence)?;
        let teller = Publicly {
            read: self.0.read.clone(),
            funds: funds.into_iter().collect(),
            lots,
            levels,
            interval: self.0.limits.book_interval,
            is_live: false,
            changed: BTreeSet::new(),
            due: None,
            watching: Watching::new(&self.0.watchers),
        };
        Ok(feed(&self.0, visit, stream, teller))
    }
}

/// One who watches, among those who do.
struct Watching(Arc<AtomicUsize>);

impl Watching {
    fn new(watchers: &Arc<AtomicUsize>) -> Self {
        watchers.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(watchers))
    }

    fn count(&self) -> u32 {
        u32::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(u32::MAX)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tells the public what happens.
struct Publicly {
    read: Read,
    /// Only these; none is all.
    funds: BTreeSet<FundId>,
    /// Whose lots are told; none leaves them out, and an empty set is all.
    lots: Option<BTreeSet<ListingId>>,
    /// Levels of books; 0 leaves them out.
    levels: usize,
    interval: Duration,
    /// Whether the mark was given; books are told only after it.
    is_live: bool,
    /// Funds whose books changed since they were told.
    changed: BTreeSet<FundId>,
    /// When they are told.
    due: Option<Instant>,
    watching: Watching,
}

/// Whether one who names `funds`, or none for all of them, wants to hear of `fund`.
fn wants(funds: &BTreeSet<FundId>, fund: FundId) -> bool {
    funds.is_empty() || funds.contains(&fund)
}

impl Publicly {
    /// Whether who watches asked to hear of it.
    fn hears(&self, about: About) -> bool {
        match about {
            About::AllFunds => true,
            About::Fund(fund) => wants(&self.funds, fund),
            About::Lot(listing) => {
                let lots = self.lots.as_ref();
                lots.is_some_and(|lots| lots.is_empty() || lots.contains(&listing))
            }
        }
    }
}

impl Teller for Publicly {
    type Message = Encoded;

    fn run(&mut self, run: &Run) -> Vec<Encoded> {
        let (block, places) = (run.block(), run.places());
        if self.is_live && self.levels != 0 {
            let touched = block.books.get_or_make(|| public::books(block, &self.read));
            let funds = touched.iter().filter(|one| places.contains(&one.index));
            for fund in funds.map(|one| one.fund).filter(|fund| wants(&self.funds, *fund)) {
                self.changed.insert(fund);
                self.due.get_or_insert_with(|| in_time(self.interval));
            }
        }
        let told = &block.public.get_or_make(|| public::told(block, &self.read)).messages;
        let from = told.partition_point(|message| message.index < places.start);
        let to = told.partition_point(|message| message.index < places.end);
        let mut wanted = told
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .filter(|message| self.hears(message.about))
            .peekable();
        let mut messages = Vec::with_capacity(to.saturating_sub(from));
        while let Some(message) = wanted.next() {
            let more = wanted.peek().is_some_and(|next| next.index == message.index);
            messages.push(Encoded::shared(message, more));
        }
        messages
    }

    fn caught_up(&mut self, sequence: Sequence) -> Vec<Encoded> {
        self.is_live = true;
        if self.levels != 0 && !self.funds.is_empty() {
            // Whoever names funds begins with their books.
            self.changed.clone_from(&self.funds);
            self.due = Some(Instant::now());
        }
        vec![Encoded::of(sequence, Told::CaughtUp(v1::CaughtUp {}))]
    }

    fn heartbeat(&self, sequence: Sequence) -> Encoded {
        Encoded::of(sequence, Told::Heartbeat(v1::Heartbeat {}))
    }

    /// So that all who watch take their share of the machine and not more, however many they are: no
    /// trade is told later than a book would be.
    fn pause(&self) -> Duration {
        WATCHER_SHARE.saturating_mul(self.watching.count()).min(self.interval)
    }

    fn due(&self) -> Option<Instant> {
        self.due
    }

    fn tell_due(&mut self, sequence: Sequence) -> Vec<Encoded> {
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
            Encoded::of(sequence, Told::Book(book))
        };
        std::mem::take(&mut self.changed).into_iter().map(tell).collect()
    }
}
