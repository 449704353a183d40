//! The public market: the venue, its funds, their books and trades (行情).

use sfund_engine::amount::{Money, Price, Units};
use sfund_engine::calendar::Calendar;
use sfund_engine::id::{CallId, FundId, ListingId, PartyId, SegmentId, Sequence, TradeId};
use sfund_engine::policy::overlay::Overlay;
use sfund_engine::policy::{Fees, Pack};
use sfund_engine::registry::fund::{FundDetails, Reference, TradingState};
use sfund_engine::time::{Date, Time};
use sfund_engine::trading::side::Side;
use sfund_proto::v1;

use crate::ask::{List, Query};
use crate::bidding::lot::{Lot, lot_of};
use crate::client::Client;
use crate::error::Unreadable;
use crate::stream::market::MarketStream;
use crate::wire::{self, Twin, maybe, policy, read, some};

/// What everybody with a key may see. Nothing here names a party other than a fund's manager.
#[derive(Clone, Debug)]
pub struct Market {
    client: Client,
}

/// The venue as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venue {
    /// Name.
    pub name: String,
    /// Minutes by which its days run ahead of UTC: 480 in Shanghai.
    pub utc_offset_minutes: i16,
    /// Whether it trades.
    pub state: TradingState,
    /// The calendar in force.
    pub calendar: Calendar,
}

/// Funds that trade under one pack and one fee schedule (板块).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Id.
    pub id: SegmentId,
    /// Unique code.
    pub code: String,
    /// Name.
    pub name: String,
    /// The pack in force.
    pub pack: Pack,
    /// The fees in force.
    pub fees: Fees,
    /// Whether its funds trade.
    pub state: TradingState,
    /// The overlay for state-owned sellers in force, if any.
    pub overlay: Option<Overlay>,
}

/// A registered fund (基金).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fund {
    /// Id.
    pub id: FundId,
    /// What it is.
    pub details: FundDetails,
    /// E5: units issued.
    pub issued: Units,
    /// A3: holders, looked through.
    pub holders: u32,
    /// A3: most holders, by law and by its own agreement.
    pub holder_cap: u32,
    /// Its own state.
    pub state: TradingState,
    /// The strictest of its own state, its segment's and the venue's.
    pub effective_state: TradingState,
    /// Ends of term before each extension, oldest first (展期).
    pub extensions: Vec<Date>,
    /// Its reference price, if one was set.
    pub reference: Option<Reference>,
    /// Price of its last trade.
    pub last_price: Option<Price>,
    /// Dearest price bid.
    pub best_bid: Option<Price>,
    /// Cheapest price asked.
    pub best_ask: Option<Price>,
    /// Orders open in its book.
    pub orders_open: u32,
    /// What was traded in it.
    pub volume: Volume,
}

/// What was traded in a fund (成交量).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Trades ever.
    pub trades: u64,
    /// Units ever.
    pub units: Units,
    /// Cash ever.
    pub cash: Money,
    /// The venue's date of the last trade.
    pub day: Option<Date>,
    /// Trades on that day.
    pub day_trades: u64,
    /// Units on that day.
    pub day_units: Units,
    /// Cash on that day.
    pub day_cash: Money,
}

/// One price level of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price of one unit.
    pub price: Price,
    /// Units shown at this price; what icebergs hide is not in it.
    pub units: Units,
    /// Orders at this price.
    pub orders: u32,
}

/// The book of a fund by price level (盘口).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Fund.
    pub fund: FundId,
    /// Buy levels, dearest first.
    pub bids: Vec<Level>,
    /// Sell levels, cheapest first.
    pub asks: Vec<Level>,
}

/// A trade as everybody sees it (成交).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Id.
    pub id: TradeId,
    /// Fund.
    pub fund: FundId,
    /// Price of one unit.
    pub price: Price,
    /// Units.
    pub units: Units,
    /// Price times units, exact.
    pub cash: Money,
    /// Which way the order went that came in; nobody did in a call auction.
    pub taker_side: Option<Side>,
    /// The call auction that printed it.
    pub call: Option<CallId>,
    /// Entry in which it happened.
    pub sequence: Sequence,
    /// When.
    pub time: Time,
}

/// Which funds to list; all of them if nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FundFilter {
    /// Only of this segment.
    pub segment: Option<SegmentId>,
    /// Only of this manager.
    pub manager: Option<PartyId>,
}

/// All lots, or those that take something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhichLots {
    /// Every lot.
    #[default]
    All,
    /// Those that are not over.
    Running,
}

impl Market {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The venue: its name, clock, state and calendar.
    pub fn venue(&self) -> Query<Venue> {
        let request = v1::GetVenueRequest::default();
        Query::new(&self.client, request, |response| venue(some(response.venue, "venue")?))
    }

    /// One segment with its pack and fees.
    pub fn segment(&self, segment: SegmentId) -> Query<Segment> {
        let segment_id = segment.to_string();
        let request = v1::GetSegmentRequest { segment_id, ..Default::default() };
        Query::new(&self.client, request, |response| segment_of(some(response.segment, "segment")?))
    }

    /// Every segment.
    pub fn segments(&self) -> List<Segment> {
        List::new(&self.client, v1::ListSegmentsRequest::default(), segment_of)
    }

    /// One fund.
    pub fn fund(&self, fund: FundId) -> Query<Fund> {
        self.fund_by(v1::get_fund_request::Which::FundId(fund.to_string()))
    }

    /// The fund of this code.
    pub fn fund_of_code(&self, code: impl Into<String>) -> Query<Fund> {
        self.fund_by(v1::get_fund_request::Which::Code(code.into()))
    }

    fn fund_by(&self, which: v1::get_fund_request::Which) -> Query<Fund> {
        let request = v1::GetFundRequest { which: Some(which), ..Default::default() };
        Query::new(&self.client, request, |response| fund_of(some(response.fund, "fund")?))
    }

    /// Funds by id.
    pub fn funds(&self, filter: FundFilter) -> List<Fund> {
        let request = v1::ListFundsRequest {
            segment_id: wire::text(filter.segment),
            manager_id: wire::text(filter.manager),
            ..Default::default()
        };
        List::new(&self.client, request, fund_of)
    }

    /// The book of a fund, `levels` of each side at most; the server has a limit of its own.
    pub fn book(&self, fund: FundId, levels: u16) -> Query<Book> {
        let (fund_id, levels) = (fund.to_string(), i32::from(levels));
        let request = v1::GetBookRequest { fund_id, levels, ..Default::default() };
        Query::new(&self.client, request, |response| {
            book_of(&response.fund_id, &response.bids, &response.asks)
        })
    }

    /// Trades of a fund without names, newest first.
    pub fn trades(&self, fund: FundId) -> List<Trade> {
        let request = v1::ListTradesRequest { fund_id: fund.to_string(), ..Default::default() };
        List::new(&self.client, request, |trade| trade_of(&trade))
    }

    /// The lot of a listing: the running auction without names (竞价实况).
    pub fn lot(&self, listing: ListingId) -> Query<Lot> {
        let request = v1::GetLotRequest { listing_id: listing.to_string(), ..Default::default() };
        Query::new(&self.client, request, |response| lot_of(some(response.lot, "lot")?))
    }

    /// Lots by listing.
    pub fn lots(&self, which: WhichLots) -> List<Lot> {
        let running = match which {
            WhichLots::All => false,
            WhichLots::Running => true,
        };
        let request = v1::ListLotsRequest { running, ..Default::default() };
        List::new(&self.client, request, lot_of)
    }

    /// What happens in the market, once and in order. It resumes by itself.
    ///
    /// ```no_run
    /// # use sfund_sdk::{Client, Error, MarketChange};
    /// # async fn example(client: Client) -> Result<(), Error> {
    /// let mut stream = client.market().stream().levels(5).open();
    /// loop {
    ///     let event = stream.next().await?;
    ///     if let MarketChange::Trade(trade) = event.change {
    ///         println!("{} {} at {}", trade.fund, trade.units, trade.price);
    ///     }
    /// }
    /// # }
    /// ```
    pub fn stream(&self) -> crate::stream::market::MarketStreamRequest {
        MarketStream::request(self.client.clone())
    }
}

fn venue(wire: v1::Venue) -> Result<Venue, Unreadable> {
    let offset = i16::try_from(wire.utc_offset_minutes);
    Ok(Venue {
        name: wire.name,
        utc_offset_minutes: offset.map_err(|_| Unreadable { field: "utc_offset_minutes" })?,
        state: TradingState::from_wire(wire.state)?,
        calendar: policy::calendar(some(wire.calendar, "calendar")?)?,
    })
}

pub(crate) fn segment_of(wire: v1::Segment) -> Result<Segment, Unreadable> {
    Ok(Segment {
        id: read(&wire.segment_id, "segment_id")?,
        code: wire.code,
        name: wire.name,
        pack: policy::pack(some(wire.pack, "pack")?)?,
        fees: policy::fees(some(wire.fees, "fees")?)?,
        state: TradingState::from_wire(wire.state)?,
        overlay: wire.overlay.map(policy::overlay).transpose()?,
    })
}

pub(crate) fn fund_of(wire: v1::Fund) -> Result<Fund, Unreadable> {
    let extensions = wire.extensions.iter().map(|date| read(date, "extensions"));
    Ok(Fund {
        id: read(&wire.fund_id, "fund_id")?,
        details: details_of(some(wire.details, "details")?)?,
        issued: read(&wire.issued, "issued")?,
        holders: wire.holders,
        holder_cap: wire.holder_cap,
        state: TradingState::from_wire(wire.state)?,
        effective_state: TradingState::from_wire(wire.effective_state)?,
        extensions: extensions.collect::<Result<_, _>>()?,
        reference: wire.reference.map(reference_of).transpose()?,
        last_price: wire::maybe(&wire.last_price, "last_price")?,
        best_bid: wire::maybe(&wire.best_bid, "best_bid")?,
        best_ask: wire::maybe(&wire.best_ask, "best_ask")?,
        orders_open: wire.orders_open,
        volume: wire.volume.map(|volume| volume_of(&volume)).transpose()?.unwrap_or_default(),
    })
}

fn volume_of(wire: &v1::FundVolume) -> Result<Volume, Unreadable> {
    Ok(Volume {
        trades: wire.trades,
        units: read(&wire.units, "volume.units")?,
        cash: read(&wire.cash, "volume.cash")?,
        day: wire::maybe(&wire.day, "volume.day")?,
        day_trades: wire.day_trades,
        day_units: wire::maybe(&wire.day_units, "volume.day_units")?.unwrap_or_default(),
        day_cash: wire::maybe(&wire.day_cash, "volume.day_cash")?.unwrap_or_default(),
    })
}

fn details_of(wire: v1::FundDetails) -> Result<FundDetails, Unreadable> {
    Ok(FundDetails {
        code: wire.code,
        name: wire.name,
        manager: read(&wire.manager_id, "manager_id")?,
        legal_form: Twin::from_wire(wire.legal_form)?,
        province: wire.province,
        currency: wire::currency(&wire.currency, "currency")?,
        segment: read(&wire.segment_id, "segment_id")?,
        tick: read(&wire.tick, "tick")?,
        lot: read(&wire.lot, "lot")?,
        minimum_ticket: read(&wire.minimum_ticket, "minimum_ticket")?,
        holder_cap: (wire.holder_cap != 0).then_some(wire.holder_cap),
        term_ends: read(&wire.term_ends, "term_ends")?,
    })
}

pub(crate) fn details_to_wire(details: FundDetails) -> v1::FundDetails {
    v1::FundDetails {
        code: details.code,
        name: details.name,
        manager_id: details.manager.to_string(),
        legal_form: details.legal_form.to_wire(),
        province: details.province,
        currency: details.currency.to_string(),
        segment_id: details.segment.to_string(),
        tick: details.tick.to_string(),
        lot: details.lot.to_string(),
        minimum_ticket: details.minimum_ticket.to_string(),
        holder_cap: details.holder_cap.unwrap_or(0),
        term_ends: details.term_ends.to_string(),
    }
}

pub(crate) fn reference_of(wire: v1::ReferencePrice) -> Result<Reference, Unreadable> {
    Ok(Reference {
        price: read(&wire.price, "reference.price")?,
        source: wire.source,
        valid_until: wire::time(some(wire.valid_until, "reference.valid_until")?)?,
        set_at: wire::time(some(wire.set_at, "reference.set_at")?)?,
    })
}

pub(crate) fn book_of(
    fund: &str,
    bids: &[v1::BookLevel],
    asks: &[v1::BookLevel],
) -> Result<Book, Unreadable> {
    let levels = |side: &[v1::BookLevel]| -> Result<Vec<Level>, Unreadable> {
        let levels = side.iter().map(|level| {
            Ok(Level {
                price: read(&level.price, "level.price")?,
                units: read(&level.units, "level.units")?,
                orders: level.orders,
            })
        });
        levels.collect()
    };
    Ok(Book { fund: read(fund, "fund_id")?, bids: levels(bids)?, asks: levels(asks)? })
}

pub(crate) fn trade_of(wire: &v1::Trade) -> Result<Trade, Unreadable> {
    Ok(Trade {
        id: read(&wire.trade_id, "trade_id")?,
        fund: read(&wire.fund_id, "fund_id")?,
        price: read(&wire.price, "price")?,
        units: read(&wire.units, "units")?,
        cash: read(&wire.cash, "cash")?,
        taker_side: Side::maybe_from_wire(wire.taker_side)?,
        call: maybe(&wire.call_id, "call_id")?,
        sequence: Sequence::new(wire.sequence),
        time: wire::time(some(wire.time, "time")?)?,
    })
}
