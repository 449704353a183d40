//! What a trade moves: units, cash and fees, in one act (成交过户).
//!
//! A buy holds its worst price and fee for what is left of it. With each trade it pays out of
//! what it holds, keeps what the rest needs, and has the difference back.

use crate::amount::{Money, Units};
use crate::cash::ledger::{Account, CashPlace, Payment};
use crate::id::{FundId, OrderId, PartyId};
use crate::market::Market;
use crate::policy::Fees;
use crate::registry::fund::Currency;
use crate::registry::holders;
use crate::registry::holding::HoldingPlace;
use crate::trading::order::OpenOrder;
use crate::trading::place_order::{OrderDecremented, Traded};
use crate::trading::rules;
use crate::trading::side::Side;

/// What a trade needs of one of its orders.
pub(crate) struct Part {
    pub(crate) party: PartyId,
    pub(crate) holding: HoldingPlace,
    pub(crate) cash: CashPlace,
    /// Cash that it held before.
    pub(crate) held: Money,
    /// Cash that it holds from now on.
    pub(crate) keeps: Money,
}

/// What a trade moves, however its two orders met.
pub(crate) struct Moves {
    pub(crate) fund: FundId,
    pub(crate) currency: Currency,
    pub(crate) units: Units,
    /// Price times units.
    pub(crate) cash: Money,
    /// On top of what the buyer pays.
    pub(crate) buyer_fee: Money,
    /// Out of what the seller gets.
    pub(crate) seller_fee: Money,
    /// E5: units that the buyer had available before.
    pub(crate) buyer_before: Units,
    /// E5: units that the seller had on offer before.
    pub(crate) seller_before: Units,
}

/// Applies a [`Traded`]: units, cash and fees move in one act.
#[inline(never)]
pub(crate) fn apply(market: &mut Market, fact: &Traded) {
    assert!(fact.trade.number() == market.trades_count, "trades are numbered in turn");
    market.trades_count = market.trades_count.saturating_add(1);
    let fund = market.fund_mut(fact.fund);
    fund.last_price = Some(fact.price);
    let currency = fund.details.currency;
    let lots = rules::lots_of(fund, fact.units).expect("a trade is in lots");
    let _left = market.orders.books.fill(fact.maker, lots);
    let (buy, sell) = match fact.taker_side {
        Side::Buy => (fact.taker, fact.maker),
        Side::Sell => (fact.maker, fact.taker),
    };
    let (bought, sold) = (fill(market, buy, fact.units), fill(market, sell, fact.units));
    assert!(bought.party == fact.buyer && sold.party == fact.seller, "orders have their owners");
    let moves = Moves {
        fund: fact.fund,
        currency,
        units: fact.units,
        cash: fact.cash,
        buyer_fee: fact.buyer_fee,
        seller_fee: fact.seller_fee,
        buyer_before: fact.buyer_before,
        seller_before: fact.seller_before,
    };
    settle(market, &moves, &bought, &sold);
}

/// E1: moves units, cash and fees in one act.
#[inline(always)]
pub(crate) fn settle(market: &mut Market, moves: &Moves, bought: &Part, sold: &Part) {
    move_units(market, moves, bought, sold);
    pay(market, moves, bought, sold);
}

#[inline(always)]
fn fill(market: &mut Market, order: OrderId, units: Units) -> Part {
    let record = market.orders.at_mut(order);
    record.filled = record.filled.plus(units);
    assert!(record.filled <= record.units, "an order trades no more than it is");
    let OpenOrder { party, holding, cash, hold: held, .. } = *record;
    let keeps = needed(&market.schedules, record);
    record.hold = keeps;
    Part { party, holding, cash, held, keeps }
}

#[inline(always)]
fn move_units(market: &mut Market, moves: &Moves, bought: &Part, sold: &Part) {
    let today = market.date(market.now);
    let seller = market.register.at_mut(sold.holding);
    assert!(seller.offered == moves.seller_before, "the register says what it was");
    seller.offered = seller.offered.minus(moves.units);
    seller.last_sold = Some(today);
    let seller_after = seller.total();
    let buyer = market.register.at_mut(bought.holding);
    assert!(buyer.available == moves.buyer_before, "the register says what it was");
    buyer.available = buyer.available.plus(moves.units);
    buyer.last_bought = Some(today);
    let buyer_after = buyer.total();
    let seller_before = seller_after.plus(moves.units);
    holders::recount(market, sold.party, moves.fund, seller_before, seller_after);
    holders::recount(market, bought.party, moves.fund, buyer_after.minus(moves.units), buyer_after);
}

#[inline(always)]
fn pay(market: &mut Market, moves: &Moves, bought: &Part, sold: &Part) {
    let spent = moves.cash.plus(moves.buyer_fee);
    market.ledger.pay(&Payment {
        buyer: bought.cash,
        seller: sold.cash,
        currency: moves.currency,
        to_seller: moves.cash.minus(moves.seller_fee),
        fees: moves.buyer_fee.plus(moves.seller_fee),
        released: bought.held.minus(bought.keeps).minus(spent),
    });
}

/// Cash that a buy needs for what is left of it; nothing for a sell.
pub(crate) fn held_for(market: &Market, record: &OpenOrder) -> Money {
    needed(&market.schedules, record)
}

#[inline(always)]
fn needed(schedules: &[Fees], record: &OpenOrder) -> Money {
    let left = record.left();
    if record.side == Side::Sell || left == Units::ZERO {
        return Money::ZERO;
    }
    let worth = record.limit.times(left).expect("a lot at a tick is whole fen");
    rules::hold(worth, &rules::rates_in(schedules, record.schedule, record.tier))
}

/// Applies an [`OrderDecremented`]: the order is for less, and what that held is free.
pub(crate) fn apply_decremented(market: &mut Market, fact: &OrderDecremented) {
    let record = *market.orders.at(fact.order);
    let fund = market.fund(record.fund).expect("an order's fund is registered");
    let lots = rules::lots_of(fund, fact.units).expect("orders are in lots");
    if market.orders.books.is_resting(fact.order) {
        let _left = market.orders.books.fill(fact.order, lots);
    }
    let units = record.units.minus(fact.units);
    assert!(record.filled <= units, "an order is not cut below what traded");
    market.orders.at_mut(fact.order).units = units;
    let holding = market.register.at_mut(record.holding);
    match record.side {
        Side::Sell => {
            holding.offered = holding.offered.minus(fact.units);
            holding.available = holding.available.plus(fact.units);
        }
        Side::Buy => set_hold(market, fact.order),
    }
}

/// Brings what an order holds to what it needs for what is left of it.
pub(crate) fn set_hold(market: &mut Market, order: OrderId) {
    let record = market.orders.at_mut(order);
    let needs = needed(&market.schedules, record);
    let before = std::mem::replace(&mut record.hold, needs);
    let (available, held) = (Account::Available(record.cash), Account::Held(record.cash));
    if needs < before {
        market.ledger.post(held, available, before.minus(needs));
    } else {
        market.ledger.post(available, held, needs.minus(before));
    }
}
