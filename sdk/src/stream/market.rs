//! The market as a stream (行情).

use sfund_engine::calendar::Calendar;
use sfund_engine::id::{FundId, ListingId, Sequence};
use sfund_engine::registry::fund::{Reference, TradingState};
use sfund_engine::trading::set_trading_state::TradingScope;
use sfund_proto::v1;
use sfund_proto::v1::stream_market_response::Event;

use crate::bidding::lot::{Lot, lot_of};
use crate::client::Client;
use crate::error::{Error, Unreadable};
use crate::market::{
    Book, Fund, Segment, Trade, book_of, fund_of, reference_of, segment_of, trade_of,
};
use crate::stream::Happening;
use crate::stream::resume::Resuming;
use crate::wire::{self, Twin, policy, read, some};

/// A stream of the market that is to be opened.
#[derive(Clone, Debug)]
#[must_use = "a stream is opened with `open`"]
pub struct MarketStreamRequest {
    client: Client,
    request: v1::StreamMarketRequest,
    from: u64,
}

/// What happens in the market, once and in order. It resumes by itself.
#[derive(Debug)]
pub struct MarketStream {
    stream: Resuming<v1::StreamMarketRequest>,
}

/// One thing that happened in the market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketChange {
    /// Two orders traded.
    Trade(Trade),
    /// The top of a book changed; intermediate states may be left out.
    Book(Book),
    /// A halt, a resumption or a close (停牌、复牌、休市).
    TradingState {
        /// Of what.
        scope: TradingScope,
        /// The new state.
        state: TradingState,
        /// Why.
        reason: String,
    },
    /// A fund has another reference price.
    Reference {
        /// Fund.
        fund: FundId,
        /// The price.
        reference: Reference,
    },
    /// A fund is registered, its term is extended or units of it are issued: as it then is.
    Fund(Box<Fund>),
    /// A segment is open, or has another pack or other fees: as it then is.
    Segment(Box<Segment>),
    /// Another calendar is in force.
    Calendar(Calendar),
    /// Something happened to a lot: the lot as it then is (竞价实况).
    Lot(Box<Lot>),
    /// All that had happened when the stream was opened is given; what follows is live.
    CaughtUp,
}

impl MarketStreamRequest {
    /// Only of these funds, at most 100.
    pub fn funds(mut self, funds: &[FundId]) -> Self {
        self.request.fund_ids = funds.iter().map(ToString::to_string).collect();
        self
    }

    /// With books, `levels` of each side; without, trades and states only.
    pub fn levels(mut self, levels: u16) -> Self {
        self.request.levels = i32::from(levels);
        self
    }

    /// With lots, whatever their funds: the teaser of a listing does not tell its fund.
    pub fn lots(mut self) -> Self {
        self.request.lots = true;
        self
    }

    /// With lots, and only those of these listings, at most 100.
    pub fn listings(mut self, listings: &[ListingId]) -> Self {
        self.request.listing_ids = listings.iter().map(ToString::to_string).collect();
        self.lots()
    }

    /// From after this entry on; if it is not said, from what happens next.
    pub fn after(mut self, sequence: Sequence) -> Self {
        self.from = sequence.next().number();
        self
    }

    /// Opens it with the first call of [`MarketStream::next`].
    #[must_use]
    pub fn open(self) -> MarketStream {
        MarketStream { stream: Resuming::new(self.client, self.request, self.from) }
    }
}

impl MarketStream {
    pub(crate) fn request(client: Client) -> MarketStreamRequest {
        MarketStreamRequest { client, request: v1::StreamMarketRequest::default(), from: 0 }
    }

    /// Waits for what happens next. After an error it may be asked again. Who stops waiting loses
    /// nothing: it may be a branch of `select!`.
    ///
    /// # Errors
    ///
    /// What the stream could not be opened with, once the client's patience is over.
    pub async fn next(&mut self) -> Result<Happening<MarketChange>, Error> {
        let message = self.stream.next().await?;
        Ok(Happening {
            sequence: Sequence::new(message.sequence),
            time: wire::maybe_time(message.time)?,
            change: change_of(some(message.event, "event")?)?,
        })
    }

    /// Whether there is a connection; else it is being opened, or opened anew.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.stream.is_open()
    }

    /// Newest entry of which everything was given: where another stream would go on after.
    #[must_use]
    pub fn complete(&self) -> Sequence {
        Sequence::new(self.stream.complete())
    }
}

fn change_of(event: Event) -> Result<MarketChange, Unreadable> {
    Ok(match event {
        Event::Trade(trade) => MarketChange::Trade(trade_of(&trade)?),
        Event::Book(book) => MarketChange::Book(book_of(&book.fund_id, &book.bids, &book.asks)?),
        Event::TradingState(changed) => MarketChange::TradingState {
            scope: wire::scope(changed.scope)?,
            state: TradingState::from_wire(changed.state)?,
            reason: changed.reason,
        },
        Event::Reference(changed) => MarketChange::Reference {
            fund: read(&changed.fund_id, "fund_id")?,
            reference: reference_of(some(changed.reference, "reference")?)?,
        },
        Event::Fund(fund) => MarketChange::Fund(Box::new(fund_of(fund)?)),
        Event::Segment(segment) => MarketChange::Segment(Box::new(segment_of(segment)?)),
        Event::Calendar(calendar) => MarketChange::Calendar(policy::calendar(calendar)?),
        Event::Lot(lot) => MarketChange::Lot(Box::new(lot_of(lot)?)),
        Event::CaughtUp(v1::CaughtUp {}) | Event::Heartbeat(v1::Heartbeat {}) => {
            MarketChange::CaughtUp
        }
    })
}
