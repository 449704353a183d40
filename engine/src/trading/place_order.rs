//! Placing an order (委托申报).

use minicbor::{Decode, Encode};

use crate::amount::{Money, Price, Units};
use crate::cash::ledger::Account;
use crate::check;
use crate::command::CommandKind;
use crate::deadline::Due;
use crate::event::Event;
use crate::id::{FundId, OrderId, PartyId, TradeId};
use crate::market::{Context, Market};
use crate::policy::ORDERS_MAX;
use crate::reject::{Field, Reject};
use crate::time::Time;
use crate::trading::book::{BookId, Lots, Terms, Tick};
use crate::trading::cancel_order::OrderClosed;
use crate::trading::matching::{self, Incoming, Met};
use crate::trading::order::{Closing, OpenOrder, OrderPrice, PostOnly, SelfTrade, TimeInForce};
use crate::trading::rules::{self, Desk};
use crate::trading::side::Side;

/// Ask to place an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlaceOrder {
    /// Whose order.
    #[n(0)]
    pub party: PartyId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// Which way.
    #[n(2)]
    pub side: Side,
    /// Price, a whole number of ticks.
    #[n(3)]
    pub price: OrderPrice,
    /// How many units, a whole number of lots.
    #[n(4)]
    pub units: Units,
    /// Iceberg: units shown at a time; zero shows all (冰山).
    #[n(5)]
    pub peak: Units,
    /// Fewest units it takes from the book at once, or from one order that meets it; zero sets no
    /// least; all of `units` makes it all-or-none (最小成交量、全部成交).
    #[n(6)]
    pub minimum: Units,
    /// How long it stands.
    #[n(7)]
    pub time_in_force: TimeInForce,
    /// Whether it may take from the book.
    #[n(8)]
    pub post_only: PostOnly,
    /// What happens when it meets an order of its own group.
    #[n(9)]
    pub self_trade: SelfTrade,
    /// Session whose loss cancels it; 0 is none (断线撤单).
    #[n(10)]
    pub session: u64,
}

/// An order is taken and holds what it needs; trades, rest or close follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderPlaced {
    /// Its id, the next one.
    #[n(0)]
    pub order: OrderId,
    /// As asked.
    #[n(1)]
    pub terms: PlaceOrder,
    /// Cash it holds: a buy's worst price and fee; zero for a sell, which holds its units.
    #[n(2)]
    pub hold: Money,
    /// Number of the fee schedule it trades under.
    #[n(3)]
    pub schedule: u32,
    /// Moment at which it expires, if it does.
    #[n(4)]
    pub expires: Option<Time>,
}

/// What is left of an order rests in the book, last at its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderRested {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// What is left of it, shown or not.
    #[n(1)]
    pub left: Units,
}

/// Two orders traded: units, cash and fees moved (成交).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Traded {
    /// Its id, the next one.
    #[n(0)]
    pub trade: TradeId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// The order that rested.
    #[n(2)]
    pub maker: OrderId,
    /// The order that came in.
    #[n(3)]
    pub taker: OrderId,
    /// Which way the incoming order goes.
    #[n(4)]
    pub taker_side: Side,
    /// The maker's price.
    #[n(5)]
    pub price: Price,
    /// How many units.
    #[n(6)]
    pub units: Units,
    /// Price times units, exact.
    #[n(7)]
    pub cash: Money,
    /// Who bought.
    #[n(8)]
    pub buyer: PartyId,
    /// Who sold.
    #[n(9)]
    pub seller: PartyId,
    /// Fee on top of what the buyer pays.
    #[n(10)]
    pub buyer_fee: Money,
    /// Fee out of what the seller gets.
    #[n(11)]
    pub seller_fee: Money,
    /// E5: units that the buyer had available before.
    #[n(12)]
    pub buyer_before: Units,
    /// E5: units that the seller had on offer before.
    #[n(13)]
    pub seller_before: Units,
}

/// Self-trade prevention took units off an order without a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderDecremented {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// How many units.
    #[n(1)]
    pub units: Units,
}

/// Decides a [`PlaceOrder`].
#[inline(always)]
pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &PlaceOrder,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    market.admit_for(context.caller, CommandKind::PlaceOrder, ask.party)?;
    let desk = Desk::new(market, context.at, ask.party, ask.fund)?;
    desk.party.check_investor(ask.party)?;
    has_room(market)?;
    desk.may_trade(market)?;
    let sized = size(&desk, ask)?;
    let expires = expiry(market, &desk, ask)?;
    desk.in_band(ask.price.worst())?;
    let rates = rules::rates(market, desk.segment.schedule, desk.party.details.tier);
    let hold = match ask.side {
        Side::Buy => rules::hold(sized.worth, &rates),
        Side::Sell => Money::ZERO,
    };
    let before = may_hold(market, &desk, ask, hold)?;
    let limit = desk.pack.limits.orders_per_party_max;
    if limit <= desk.party.orders_open {
        return Err(Reject::TooManyOrders { party: ask.party, limit });
    }
    let incoming = Incoming {
        desk: &desk,
        order: market.orders.books.next_id(),
        side: ask.side,
        limit: sized.tick,
        lots: sized.lots,
        minimum: if ask.time_in_force == TimeInForce::FillOrKill {
            sized.lots
        } else {
            sized.minimum
        },
        self_trade: ask.self_trade,
        rates,
        before,
    };
    if ask.post_only == PostOnly::Yes {
        refuse_taking(market, &incoming)?;
    }
    let (order, schedule) = (incoming.order, desk.segment.schedule);
    events.push(Event::OrderPlaced(OrderPlaced { order, terms: *ask, hold, schedule, expires }));
    let met = if matching::can_meet(market, &incoming) {
        matching::meet(market, &incoming, events)?
    } else {
        Met::nobody(&incoming)
    };
    if ask.time_in_force == TimeInForce::FillOrKill && met.left != Lots::ZERO {
        let fillable = rules::units_of(desk.fund, met.traded);
        return Err(Reject::NotFillable { units: ask.units, fillable });
    }
    settle(&incoming, met, ask.time_in_force, events);
    Ok(())
}

/// Says what becomes of an order that has met the book: it is filled, closed, or rests.
#[inline(always)]
pub(crate) fn settle(
    incoming: &Incoming<'_>,
    met: Met,
    time_in_force: TimeInForce,
    events: &mut Vec<Event>,
) {
    let left = rules::units_of(incoming.desk.fund, met.left);
    let order = incoming.order;
    let close = |reason| Event::OrderClosed(OrderClosed { order, reason, left });
    events.push(match (met.stopped, time_in_force) {
        (None, _) if met.left == Lots::ZERO => close(Closing::Filled),
        (Some(reason), _) => close(reason),
        (None, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill) => {
            close(Closing::NotFilled)
        }
        (None, TimeInForce::Day | TimeInForce::GoodTillCancelled | TimeInForce::GoodTill(_)) => {
            Event::OrderRested(OrderRested { order, left })
        }
    });
}

/// Refuses an order that asked not to take from the book and would.
pub(crate) fn refuse_taking(market: &Market, incoming: &Incoming<'_>) -> Result<(), Reject> {
    match matching::would_trade(market, incoming) {
        Some(tick) => {
            let price = rules::price_of(incoming.desk.fund, tick);
            Err(Reject::PostOnlyWouldTrade { price })
        }
        None => Ok(()),
    }
}

#[inline(always)]
fn has_room(market: &Market) -> Result<(), Reject> {
    // A slot that is free now or the next one: either way below the limit.
    if market.orders.books.next_id().slot() < ORDERS_MAX {
        return Ok(());
    }
    Err(Reject::RegistryFull { field: Field::Orders, limit: u64::from(ORDERS_MAX) })
}

/// An order in the fund's ticks and lots.
struct Sized {
    tick: Tick,
    lots: Lots,
    minimum: Lots,
    worth: Money,
}

#[inline(always)]
fn size(desk: &Desk<'_>, ask: &PlaceOrder) -> Result<Sized, Reject> {
    check::some_units(ask.units)?;
    let tick = desk.ticks(ask.price.worst())?;
    let lots = desk.lots(ask.units)?;
    let (peak, minimum) = (desk.lots(ask.peak)?, desk.lots(ask.minimum)?);
    let worth = desk.worth(ask.price.worst(), ask.units)?;
    if ask.peak != Units::ZERO {
        let peak_min = desk.peak_min(lots);
        if peak < peak_min || lots <= peak || !ask.may_rest() {
            return Err(Reject::BadIceberg { peak_min: rules::units_of(desk.fund, peak_min) });
        }
    }
    if minimum != Lots::ZERO && (lots < minimum || peak != Lots::ZERO) {
        return Err(Reject::BadMinimum { units: ask.units });
    }
    let takes_only = matches!(ask.price, OrderPrice::Market(_));
    if takes_only && ask.may_rest() || ask.post_only == PostOnly::Yes && !ask.may_rest() {
        return Err(Reject::BadTimeInForce {});
    }
    Ok(Sized { tick, lots, minimum, worth })
}

#[inline(always)]
fn expiry(market: &Market, desk: &Desk<'_>, ask: &PlaceOrder) -> Result<Option<Time>, Reject> {
    match ask.time_in_force {
        TimeInForce::Day => Ok(Some(desk.day_ends(market)?)),
        TimeInForce::GoodTill(expires) => {
            check::expiry(expires, desk.at, desk.pack.limits.order_days_max)?;
            Ok(Some(expires))
        }
        TimeInForce::GoodTillCancelled
        | TimeInForce::ImmediateOrCancel
        | TimeInForce::FillOrKill => Ok(None),
    }
}

/// Whether the party may hold what it asks for, and has what the order needs.
///
/// Answers with its units as they are once the order is placed: available if it buys, on offer
/// if it sells.
#[inline(always)]
fn may_hold(
    market: &Market,
    desk: &Desk<'_>,
    ask: &PlaceOrder,
    hold: Money,
) -> Result<Units, Reject> {
    match ask.side {
        Side::Buy => {
            desk.may_buy(market, ask.units, ask.price.worst())?;
            let cash = market.ledger.cash(ask.party, desk.fund.details.currency);
            if cash.available < hold {
                let available = cash.available;
                return Err(Reject::CashNotAvailable { party: ask.party, wanted: hold, available });
            }
            Ok(desk.units().0)
        }
        Side::Sell => {
            desk.may_sell(market, ask.units, Units::ZERO)?;
            Ok(desk.units().1.plus(ask.units))
        }
    }
}

impl PlaceOrder {
    /// Whether what does not trade at once may rest.
    #[must_use]
    #[inline]
    pub const fn may_rest(&self) -> bool {
        match self.time_in_force {
            TimeInForce::Day | TimeInForce::GoodTillCancelled | TimeInForce::GoodTill(_) => true,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => false,
        }
    }
}

/// Applies an [`OrderPlaced`]: the order is taken and holds what it needs.
#[inline(never)]
pub(crate) fn apply(market: &mut Market, fact: &OrderPlaced) {
    let terms = &fact.terms;
    let currency = market.fund(terms.fund).expect("an order's fund is registered").details.currency;
    let holding = market.register.place(terms.party, terms.fund);
    let cash = market.ledger.place(terms.party, currency);
    let record = OpenOrder {
        party: terms.party,
        fund: terms.fund,
        side: terms.side,
        limit: terms.price.worst(),
        units: terms.units,
        filled: Units::ZERO,
        peak: terms.peak,
        minimum: terms.minimum,
        hold: fact.hold,
        schedule: fact.schedule,
        tier: market.party(terms.party).expect("its owner is registered").details.tier,
        post_only: terms.post_only,
        self_trade: terms.self_trade,
        session: terms.session,
        placed_at: market.now,
        expires: fact.expires,
        holding,
        cash,
    };
    market.orders.take(fact.order, record);
    match terms.side {
        Side::Buy => {
            market.ledger.post(Account::Available(cash), Account::Held(cash), fact.hold);
        }
        Side::Sell => {
            let holding = market.register.at_mut(holding);
            holding.available = holding.available.minus(terms.units);
            holding.offered = holding.offered.plus(terms.units);
        }
    }
    if let Some(expires) = fact.expires {
        market.deadlines.set(expires, Due::Order(fact.order));
    }
    let party = market.party_mut(terms.party);
    party.orders_open = party.orders_open.saturating_add(1);
    let fund = market.fund_mut(terms.fund);
    fund.orders_open = fund.orders_open.saturating_add(1);
}

/// Applies an [`OrderRested`]: the order stands in the book.
#[inline(never)]
pub(crate) fn apply_rested(market: &mut Market, fact: &OrderRested) {
    let record = market.orders.at(fact.order);
    assert!(record.left() == fact.left, "what rests is what is left");
    let fund = market.fund(record.fund).expect("an order's fund is registered");
    let in_lots = |units| rules::lots_of(fund, units).expect("orders are in lots");
    let tick = record.limit.e4().checked_div(fund.details.tick.e4());
    let tick = tick.and_then(|tick| u32::try_from(tick).ok()).expect("orders are in ticks");
    let terms = Terms {
        book: BookId::new(record.fund.number()),
        side: record.side,
        tick: Tick::new(tick),
        lots: in_lots(fact.left),
        peak: in_lots(record.peak),
        minimum: in_lots(record.minimum),
    };
    market.orders.books.rest(fact.order, terms);
}
