//! What an order asks for (委托要素), and an order as its owner sees it.

use sfund_engine::amount::{Money, Price, Units};
use sfund_engine::id::{FundId, OrderId, PartyId, Sequence};
use sfund_engine::time::Time;
use sfund_engine::trading::order::{Closing, OrderPrice, PostOnly, SelfTrade, TimeInForce};
use sfund_engine::trading::side::Side;
use sfund_proto::v1;
use uuid::Uuid;

use crate::error::Unreadable;
use crate::wire::{self, Twin, read, some};

/// What an order asks for (委托).
///
/// ```
/// # use sfund_sdk::{FundId, Order};
/// # let fund = FundId::new(12);
/// let order = Order::sell(fund, "8000000".parse()?)
///     .limit("1.4120".parse()?)
///     .good_till_cancelled()
///     .iceberg("1000000".parse()?);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whose; `None` is the caller's own.
    pub party: Option<PartyId>,
    /// Fund.
    pub fund: FundId,
    /// Which way.
    pub side: Side,
    /// Limit price, or protection of a market order.
    pub price: OrderPrice,
    /// How many units, a whole number of lots.
    pub units: Units,
    /// Iceberg: units shown at a time; zero shows all (冰山).
    pub peak: Units,
    /// Fewest units it takes at once; zero sets no least (最小成交量).
    pub minimum: Units,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// Whether it may take from the book.
    pub post_only: PostOnly,
    /// What happens when it meets an order of its own group.
    pub self_trade: SelfTrade,
}

/// An order that has no price yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an order needs a price"]
pub struct Unpriced {
    fund: FundId,
    side: Side,
    units: Units,
}

impl Unpriced {
    /// At this price or better (限价). It stands for the day unless it says otherwise.
    #[must_use]
    pub const fn limit(self, price: Price) -> Order {
        self.order(OrderPrice::Limit(price), TimeInForce::Day)
    }

    /// At any price up to `protection`; what does not trade at once is cancelled (市价、保护价).
    #[must_use]
    pub const fn market(self, protection: Price) -> Order {
        self.order(OrderPrice::Market(protection), TimeInForce::ImmediateOrCancel)
    }

    const fn order(self, price: OrderPrice, time_in_force: TimeInForce) -> Order {
        Order {
            party: None,
            fund: self.fund,
            side: self.side,
            price,
            units: self.units,
            peak: Units::ZERO,
            minimum: Units::ZERO,
            time_in_force,
            post_only: PostOnly::No,
            self_trade: SelfTrade::CancelNewest,
        }
    }
}

impl Order {
    /// Cash for units.
    pub const fn buy(fund: FundId, units: Units) -> Unpriced {
        Unpriced { fund, side: Side::Buy, units }
    }

    /// Units for cash.
    pub const fn sell(fund: FundId, units: Units) -> Unpriced {
        Unpriced { fund, side: Side::Sell, units }
    }

    /// For this party and not for the caller: a member names its client.
    #[must_use]
    pub const fn of(self, party: PartyId) -> Self {
        Self { party: Some(party), ..self }
    }

    /// Until the end of the trading day (当日有效).
    #[must_use]
    pub const fn for_the_day(self) -> Self {
        Self { time_in_force: TimeInForce::Day, ..self }
    }

    /// Until it is cancelled (撤销前有效).
    #[must_use]
    pub const fn good_till_cancelled(self) -> Self {
        Self { time_in_force: TimeInForce::GoodTillCancelled, ..self }
    }

    /// Until this moment, which it does not reach (指定日期前有效).
    #[must_use]
    pub const fn good_till(self, moment: Time) -> Self {
        Self { time_in_force: TimeInForce::GoodTill(moment), ..self }
    }

    /// What does not trade at once is cancelled (即时成交剩余撤销).
    #[must_use]
    pub const fn immediate_or_cancel(self) -> Self {
        Self { time_in_force: TimeInForce::ImmediateOrCancel, ..self }
    }

    /// It trades whole at once or not at all (全额成交或撤销).
    #[must_use]
    pub const fn fill_or_kill(self) -> Self {
        Self { time_in_force: TimeInForce::FillOrKill, ..self }
    }

    /// Shows `peak` units at a time (冰山).
    #[must_use]
    pub const fn iceberg(self, peak: Units) -> Self {
        Self { peak, ..self }
    }

    /// Takes no fewer than `minimum` units at once (最小成交量).
    #[must_use]
    pub const fn at_least(self, minimum: Units) -> Self {
        Self { minimum, ..self }
    }

    /// Takes all its units at once or none (全部成交).
    #[must_use]
    pub const fn all_or_none(self) -> Self {
        Self { minimum: self.units, ..self }
    }

    /// Is refused if it would trade at once (只做挂单).
    #[must_use]
    pub const fn post_only(self) -> Self {
        Self { post_only: PostOnly::Yes, ..self }
    }

    /// What happens when it meets an order of its own group.
    #[must_use]
    pub const fn self_trade(self, self_trade: SelfTrade) -> Self {
        Self { self_trade, ..self }
    }

    pub(crate) fn to_wire(self) -> v1::OrderTerms {
        let (kind, price) = match self.price {
            OrderPrice::Limit(price) => (v1::OrderType::Limit, price),
            OrderPrice::Market(price) => (v1::OrderType::Market, price),
        };
        let (time_in_force, good_till) = match self.time_in_force {
            TimeInForce::Day => (v1::TimeInForce::Day, None),
            TimeInForce::GoodTillCancelled => (v1::TimeInForce::GoodTillCancelled, None),
            TimeInForce::GoodTill(moment) => (v1::TimeInForce::GoodTill, Some(moment)),
            TimeInForce::ImmediateOrCancel => (v1::TimeInForce::ImmediateOrCancel, None),
            TimeInForce::FillOrKill => (v1::TimeInForce::FillOrKill, None),
        };
        let unless_zero = |units: Units| (units != Units::ZERO).then_some(units);
        v1::OrderTerms {
            party_id: wire::text(self.party),
            fund_id: self.fund.to_string(),
            side: self.side.to_wire(),
            r#type: i32::from(kind),
            price: price.to_string(),
            units: self.units.to_string(),
            peak: wire::text(unless_zero(self.peak)),
            minimum: wire::text(unless_zero(self.minimum)),
            time_in_force: i32::from(time_in_force),
            good_till: good_till.map(wire::timestamp),
            post_only: self.post_only == PostOnly::Yes,
            self_trade: self.self_trade.to_wire(),
        }
    }

    pub(crate) fn from_wire(wire: &v1::OrderTerms) -> Result<Self, Unreadable> {
        let price = read(&wire.price, "terms.price")?;
        let price = match v1::OrderType::try_from(wire.r#type) {
            Ok(v1::OrderType::Limit) => OrderPrice::Limit(price),
            Ok(v1::OrderType::Market) => OrderPrice::Market(price),
            Ok(v1::OrderType::Unspecified) | Err(_) => {
                return Err(Unreadable { field: "terms.type" });
            }
        };
        let time_in_force = match v1::TimeInForce::try_from(wire.time_in_force) {
            Ok(v1::TimeInForce::Day) => TimeInForce::Day,
            Ok(v1::TimeInForce::GoodTillCancelled) => TimeInForce::GoodTillCancelled,
            Ok(v1::TimeInForce::GoodTill) => {
                TimeInForce::GoodTill(wire::time(some(wire.good_till, "terms.good_till")?)?)
            }
            Ok(v1::TimeInForce::ImmediateOrCancel) => TimeInForce::ImmediateOrCancel,
            Ok(v1::TimeInForce::FillOrKill) => TimeInForce::FillOrKill,
            Ok(v1::TimeInForce::Unspecified) | Err(_) => {
                return Err(Unreadable { field: "terms.time_in_force" });
            }
        };
        let self_trade = SelfTrade::maybe_from_wire(wire.self_trade)?;
        Ok(Self {
            party: wire::maybe(&wire.party_id, "terms.party_id")?,
            fund: read(&wire.fund_id, "terms.fund_id")?,
            side: Side::from_wire(wire.side)?,
            price,
            units: read(&wire.units, "terms.units")?,
            peak: wire::maybe(&wire.peak, "terms.peak")?.unwrap_or_default(),
            minimum: wire::maybe(&wire.minimum, "terms.minimum")?.unwrap_or_default(),
            time_in_force,
            post_only: if wire.post_only { PostOnly::Yes } else { PostOnly::No },
            self_trade: self_trade.unwrap_or(SelfTrade::CancelNewest),
        })
    }
}

/// What an amendment changes (改单).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// The order.
    pub order: OrderId,
    /// New limit price. Another price loses the order its place in the queue.
    pub price: Option<Price>,
    /// New number of units in all, those that traded included. More loses the place.
    pub units: Option<Units>,
}

impl Amendment {
    /// An amendment of `order` that says nothing yet.
    #[must_use]
    pub const fn of(order: OrderId) -> Self {
        Self { order, price: None, units: None }
    }

    /// To this limit price.
    #[must_use]
    pub const fn price(self, price: Price) -> Self {
        Self { price: Some(price), ..self }
    }

    /// To this many units in all, those that traded included.
    #[must_use]
    pub const fn units(self, units: Units) -> Self {
        Self { units: Some(units), ..self }
    }

    pub(crate) fn to_wire(self) -> v1::Amendment {
        v1::Amendment {
            order_id: self.order.to_string(),
            price: wire::text(self.price),
            units: wire::text(self.units),
        }
    }
}

/// Which orders are cancelled at once (全部撤单).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MassCancellation {
    /// Whose orders; `None` is the caller's own.
    pub party: Option<PartyId>,
    /// Only in this fund.
    pub fund: Option<FundId>,
}

impl MassCancellation {
    pub(crate) fn to_wire(self) -> v1::MassCancellation {
        v1::MassCancellation { party_id: wire::text(self.party), fund_id: wire::text(self.fund) }
    }
}

/// What a command did to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderOutcome {
    /// The order.
    pub order: OrderId,
    /// Where it stands now.
    pub state: OrderState,
    /// Units left to trade, or left when it closed.
    pub left: Units,
    /// What traded in this entry, in order.
    pub fills: Vec<Fill>,
    /// Cash held for a buy when it was taken or amended; zero for a sell, which holds its units.
    pub hold: Money,
    /// Whether an amended order kept its place in the queue.
    pub kept_time: bool,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// It is in the book.
    Open,
    /// It is no longer open, for this reason.
    Closed(Closing),
}

/// One trade as one of its two sides sees it (成交).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Id of the trade.
    pub trade: sfund_engine::id::TradeId,
    /// Price of one unit.
    pub price: Price,
    /// Units.
    pub units: Units,
    /// Price times units, exact.
    pub cash: Money,
    /// Fee of this side: on top of what a buyer pays, out of what a seller gets.
    pub fee: Money,
    /// Whether this side's order rested or came in.
    pub liquidity: Liquidity,
}

/// Who was in the book first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liquidity {
    /// This side's order rested (挂单方).
    Maker,
    /// This side's order came in (吃单方).
    Taker,
}

/// An order as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// Id.
    pub id: OrderId,
    /// What it asks for; price and units are those now asked for.
    pub terms: Order,
    /// Where it stands.
    pub state: OrderState,
    /// Units that traded.
    pub filled: Units,
    /// Units left to trade, or left when it closed.
    pub left: Units,
    /// Cash it holds; zero for a sell and after the close.
    pub hold: Money,
    /// Cash of its trades, exact.
    pub cash: Money,
    /// Fees of its trades.
    pub fees: Money,
    /// When it was placed.
    pub placed_at: Option<Time>,
    /// When it expires, if it does.
    pub expires: Option<Time>,
    /// When it was closed, if it was.
    pub closed_at: Option<Time>,
    /// When it changed last.
    pub changed_at: Option<Time>,
    /// Entry that placed it.
    pub placed_sequence: Sequence,
    /// Attempt that placed it, if it had an id.
    pub attempt: Option<Uuid>,
}

pub(crate) fn state_of(state: i32, closing: i32) -> Result<OrderState, Unreadable> {
    match v1::OrderState::try_from(state) {
        Ok(v1::OrderState::Open) => Ok(OrderState::Open),
        Ok(v1::OrderState::Closed) => Closing::from_wire(closing).map(OrderState::Closed),
        Ok(v1::OrderState::Unspecified) | Err(_) => Err(Unreadable { field: "order.state" }),
    }
}

pub(crate) fn outcome_of(wire: Option<v1::OrderOutcome>) -> Result<OrderOutcome, Unreadable> {
    let wire = some(wire, "outcome")?;
    Ok(OrderOutcome {
        order: read(&wire.order_id, "order_id")?,
        state: state_of(wire.state, wire.closing_reason)?,
        left: wire::maybe(&wire.left, "left")?.unwrap_or_default(),
        fills: wire.fills.iter().map(fill_of).collect::<Result<_, _>>()?,
        hold: wire::maybe(&wire.hold, "hold")?.unwrap_or_default(),
        kept_time: wire.kept_time,
    })
}

pub(crate) fn fill_of(wire: &v1::Fill) -> Result<Fill, Unreadable> {
    Ok(Fill {
        trade: read(&wire.trade_id, "trade_id")?,
        price: read(&wire.price, "fill.price")?,
        units: read(&wire.units, "fill.units")?,
        cash: read(&wire.cash, "fill.cash")?,
        fee: read(&wire.fee, "fill.fee")?,
        liquidity: if wire.maker { Liquidity::Maker } else { Liquidity::Taker },
    })
}

pub(crate) fn record_of(wire: v1::Order) -> Result<OrderRecord, Unreadable> {
    Ok(OrderRecord {
        id: read(&wire.order_id, "order_id")?,
        terms: Order::from_wire(&some(wire.terms, "terms")?)?,
        state: state_of(wire.state, wire.closing_reason)?,
        filled: read(&wire.filled, "filled")?,
        left: read(&wire.left, "left")?,
        hold: wire::maybe(&wire.hold, "hold")?.unwrap_or_default(),
        cash: wire::maybe(&wire.cash, "cash")?.unwrap_or_default(),
        fees: wire::maybe(&wire.fees, "fees")?.unwrap_or_default(),
        placed_at: wire::maybe_time(wire.placed_at)?,
        expires: wire::maybe_time(wire.expires)?,
        closed_at: wire::maybe_time(wire.closed_at)?,
        changed_at: wire::maybe_time(wire.changed_at)?,
        placed_sequence: Sequence::new(wire.placed_sequence),
        attempt: wire::maybe(&wire.request_id, "request_id")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_crosses_the_wire_unchanged() {
        let (fund, units) = (FundId::new(12), Units::from_e2(800_000_000));
        let price = Price::from_e4(14_120);
        let orders = [
            Order::sell(fund, units).limit(price).good_till_cancelled().iceberg(units),
            Order::buy(fund, units).market(price).of(PartyId::new(3)).all_or_none(),
            Order::buy(fund, units).limit(price).good_till(Time::from_nanos(7)).post_only(),
            Order::sell(fund, units).limit(price).fill_or_kill().self_trade(SelfTrade::Decrement),
        ];
        for order in orders {
            assert_eq!(Order::from_wire(&order.to_wire()), Ok(order));
        }
    }
}
