//! Orders, one call each or many over one stream, and non-binding intentions (委托与意向).

pub(crate) mod board;
pub(crate) mod meters;
pub(crate) mod order;

use sfund_engine::amount::{Price, Units};
use sfund_engine::id::{CallId, CallOrderId, FundId, IntentionId, OrderId, PartyId, Sequence};
use sfund_engine::time::Time;
use sfund_engine::trading::side::Side;
use sfund_proto::v1;

use crate::ask::{Command, List, Query};
use crate::client::Client;
use crate::error::Unreadable;
use crate::order_stream::OrderStreamRequest;
use crate::stream::mine::MyStreamRequest;
use crate::trading::board::{Intention, IntentionFilter, NewIntention, Posted, Suggestion};
use crate::trading::meters::{FeeQuote, Meters};
use crate::trading::order::{
    Amendment, Fill, MassCancellation, Order, OrderOutcome, OrderRecord, fill_of, outcome_of,
};
use crate::wire::{self, Twin, maybe, read, some};

/// Orders, intentions and bids of the caller, or of a member's clients.
#[derive(Clone, Debug)]
pub struct Trading {
    client: Client,
}

/// Which orders to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Whose; `None` is the caller's own.
    pub party: Option<PartyId>,
    /// Only in this fund.
    pub fund: Option<FundId>,
    /// Open ones, or those closed lately.
    pub which: WhichOrders,
}

/// Open orders or closed ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhichOrders {
    /// Those in the book, by id.
    #[default]
    Open,
    /// Those closed lately, newest first.
    Closed,
}

/// A trade as its party sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MyTrade {
    /// Whose side this is.
    pub party: PartyId,
    /// The party's order: in the book, or in a call auction.
    pub order: TradedOrder,
    /// Fund.
    pub fund: FundId,
    /// Which way the party went.
    pub side: Side,
    /// What traded.
    pub fill: Fill,
    /// Entry in which it happened.
    pub sequence: Sequence,
    /// When.
    pub time: Option<Time>,
}

/// Which order traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradedOrder {
    /// One of continuous trading.
    Book(OrderId),
    /// One of a call auction.
    Call(CallId, CallOrderId),
}

/// A cancellation of all has begun: to everyone else, all are cancelled at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MassCancelled {
    /// Orders closed in this very entry; the stream of the party's events tells of all.
    pub closed: Vec<OrderId>,
}

impl Trading {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Places an order (委托申报).
    pub fn place(&self, order: Order) -> Command<OrderOutcome> {
        let request = v1::PlaceOrderRequest { order: Some(order.to_wire()), ..Default::default() };
        Command::new(&self.client, request, |response| outcome_of(response.outcome))
    }

    /// Amends an open order (改单).
    pub fn amend(&self, amendment: Amendment) -> Command<OrderOutcome> {
        let amendment = Some(amendment.to_wire());
        let request = v1::AmendOrderRequest { amendment, ..Default::default() };
        Command::new(&self.client, request, |response| outcome_of(response.outcome))
    }

    /// Cancels an open order (撤单).
    pub fn cancel(&self, order: OrderId) -> Command<OrderOutcome> {
        let cancellation = Some(v1::Cancellation { order_id: order.to_string() });
        let request = v1::CancelOrderRequest { cancellation, ..Default::default() };
        Command::new(&self.client, request, |response| outcome_of(response.outcome))
    }

    /// Cancels many open orders (全部撤单).
    pub fn cancel_all(&self, cancellation: MassCancellation) -> Command<MassCancelled> {
        let cancellation = Some(cancellation.to_wire());
        let request = v1::CancelAllRequest { cancellation, ..Default::default() };
        Command::new(&self.client, request, |response| closed_of(&response.closed_order_ids))
    }

    /// Many orders over one connection: the fast path. See [`crate::OrderStreamRequest`].
    pub fn order_stream(&self) -> OrderStreamRequest {
        OrderStreamRequest::new(self.client.clone())
    }

    /// One order.
    pub fn order(&self, order: OrderId) -> Query<OrderRecord> {
        let request = v1::GetOrderRequest { order_id: order.to_string(), ..Default::default() };
        Query::new(&self.client, request, |response| {
            order::record_of(some(response.order, "order")?)
        })
    }

    /// Orders of a party.
    pub fn orders(&self, filter: OrderFilter) -> List<OrderRecord> {
        let state = match filter.which {
            WhichOrders::Open => v1::OrderState::Open,
            WhichOrders::Closed => v1::OrderState::Closed,
        };
        let request = v1::ListOrdersRequest {
            party_id: wire::text(filter.party),
            fund_id: wire::text(filter.fund),
            state: i32::from(state),
            ..Default::default()
        };
        List::new(&self.client, request, order::record_of)
    }

    /// The caller's trades of late, newest first.
    pub fn my_trades(&self) -> List<MyTrade> {
        List::new(&self.client, v1::ListMyTradesRequest::default(), my_trade_of)
    }

    /// Trades of late of a party, in one fund or in all, newest first.
    pub fn trades_of(&self, party: PartyId, fund: Option<FundId>) -> List<MyTrade> {
        let (party_id, fund_id) = (party.to_string(), wire::text(fund));
        let request = v1::ListMyTradesRequest { party_id, fund_id, ..Default::default() };
        List::new(&self.client, request, my_trade_of)
    }

    /// What the caller should know before it acts in a fund.
    pub fn meters(&self, fund: FundId) -> Query<Meters> {
        self.ask_meters(String::new(), fund)
    }

    /// What a party should know before it acts in a fund.
    pub fn meters_of(&self, party: PartyId, fund: FundId) -> Query<Meters> {
        self.ask_meters(party.to_string(), fund)
    }

    fn ask_meters(&self, party_id: String, fund: FundId) -> Query<Meters> {
        let fund_id = fund.to_string();
        let request = v1::GetMetersRequest { party_id, fund_id, ..Default::default() };
        Query::new(&self.client, request, meters::meters_of)
    }

    /// What a trade would cost the caller, before it acts (费用试算).
    pub fn quote_fees(
        &self,
        fund: FundId,
        side: Side,
        price: Price,
        units: Units,
    ) -> Query<FeeQuote> {
        let request = v1::QuoteFeesRequest {
            fund_id: fund.to_string(),
            side: side.to_wire(),
            price: price.to_string(),
            units: units.to_string(),
            ..Default::default()
        };
        Query::new(&self.client, request, meters::fee_quote_of)
    }

    /// Puts an intention on the board (意向申报).
    pub fn post(&self, intention: NewIntention) -> Command<Posted> {
        Command::new(&self.client, intention.to_wire(), |response| board::posted_of(&response))
    }

    /// Takes an intention off the board.
    pub fn withdraw(&self, intention: IntentionId) -> Command<()> {
        let intention_id = intention.to_string();
        let request = v1::WithdrawIntentionRequest { intention_id, ..Default::default() };
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Intentions on the board.
    pub fn intentions(&self, filter: IntentionFilter) -> List<Intention> {
        let request = v1::ListIntentionsRequest {
            party_id: wire::text(filter.party),
            fund_id: wire::text(filter.fund),
            ..Default::default()
        };
        List::new(&self.client, request, |intention| board::intention_of(&intention))
    }

    /// Counterparties that were suggested to the caller lately, newest first.
    pub fn suggestions(&self) -> List<Suggestion> {
        List::new(&self.client, v1::ListSuggestionsRequest::default(), board::suggestion_of)
    }

    /// What happens to the caller, once and in order. It resumes by itself.
    ///
    /// ```no_run
    /// # use sfund_sdk::{Client, Error, Sequence};
    /// # async fn example(client: Client, last: Sequence) -> Result<(), Error> {
    /// let mut stream = client.trading().my_events().after(last).open();
    /// loop {
    ///     let event = stream.next().await?;
    ///     println!("{}: {:?}", event.sequence, event.change);
    /// }
    /// # }
    /// ```
    pub fn my_events(&self) -> MyStreamRequest {
        MyStreamRequest::new(self.client.clone())
    }
}

pub(crate) fn closed_of(ids: &[String]) -> Result<MassCancelled, Unreadable> {
    let closed = ids.iter().map(|id| read(id, "closed_order_ids"));
    Ok(MassCancelled { closed: closed.collect::<Result<_, _>>()? })
}

pub(crate) fn my_trade_of(wire: v1::MyTrade) -> Result<MyTrade, Unreadable> {
    let order = match maybe(&wire.call_id, "call_id")? {
        Some(call) => TradedOrder::Call(call, read(&wire.order_id, "order_id")?),
        None => TradedOrder::Book(read(&wire.order_id, "order_id")?),
    };
    Ok(MyTrade {
        party: read(&wire.party_id, "party_id")?,
        order,
        fund: read(&wire.fund_id, "fund_id")?,
        side: Side::from_wire(wire.side)?,
        fill: fill_of(&some(wire.fill, "fill")?)?,
        sequence: Sequence::new(wire.sequence),
        time: wire::maybe_time(wire.time)?,
    })
}
