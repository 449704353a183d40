//! The fold of orders, trades and sweeps.

use std::sync::Arc;

use sfund_engine::amount::{Money, Units};
use sfund_engine::id::{FundId, OrderId, PartyId};
use sfund_engine::trading::amend_order::OrderAmended;
use sfund_engine::trading::cancel_order::OrderClosed;
use sfund_engine::trading::order::OrderPrice;
use sfund_engine::trading::place_order::{
    OrderDecremented, OrderPlaced, OrderRested, PlaceOrder, Traded,
};
use sfund_engine::trading::side::Side;
use sfund_engine::trading::sweep::{SweepAdvanced, SweepStarted};

use crate::read::projection::Fold;
use crate::read::views::{Cause, Deal, OrderView, SweepView, TradeView};

impl Fold<'_> {
    pub(super) fn order_placed(&mut self, fact: &OrderPlaced) {
        let terms = fact.terms;
        let view = OrderView {
            id: fact.order,
            terms,
            price: terms.price,
            left: terms.units,
            filled: Units::ZERO,
            cash: Money::ZERO,
            fees: Money::ZERO,
            hold: fact.hold,
            schedule: fact.schedule,
            expires: fact.expires,
            placed: self.stamp,
            changed: self.stamp,
            closed: None,
            attempt: self.header.attempt.map(|attempt| attempt.id),
        };
        self.news.placed = Some(view);
        self.touch_order(terms.party, terms.fund);
        let cause = Cause::Placed(fact.order);
        self.copy_side(terms.side, terms.party, terms.fund, cause);
        // With a party's first order in a fund, what the order may bring comes to be, empty.
        match terms.side {
            Side::Buy => self.copy_holding(terms.party, terms.fund, cause),
            Side::Sell => self.copy_cash(terms.party, terms.fund, cause),
        }
    }

    pub(super) fn order_rested(&mut self, fact: &OrderRested) {
        let Some(view) = self.news.take_placed(fact.order) else { return };
        let (models, terms) = (&self.read.0, view.terms);
        models.orders.insert(fact.order, Arc::new(view));
        models.open_orders.entry(terms.party).or_default().insert(fact.order);
        self.touched.books.insert(terms.fund.number());
    }

    pub(super) fn traded(&mut self, fact: &Traded) {
        let (buy, sell) = match fact.taker_side {
            Side::Buy => (fact.taker, fact.maker),
            Side::Sell => (fact.maker, fact.taker),
        };
        let cause = Cause::Traded(fact.trade);
        self.copy_holding(fact.buyer, fact.fund, cause);
        self.copy_holding(fact.seller, fact.fund, cause);
        self.copy_cash(fact.buyer, fact.fund, cause);
        self.copy_cash(fact.seller, fact.fund, cause);
        let (units, cash) = (fact.units, fact.cash);
        let hold = self.hold(buy);
        self.change_order(buy, |view| {
            view.left = view.left.minus(units);
            view.filled = view.filled.plus(units);
            view.cash = view.cash.plus(cash);
            view.fees = view.fees.plus(fact.buyer_fee);
            view.hold = hold;
        });
        self.change_order(sell, |view| {
            view.left = view.left.minus(units);
            view.filled = view.filled.plus(units);
            view.cash = view.cash.plus(cash);
            view.fees = view.fees.plus(fact.seller_fee);
        });
        let view = Arc::new(TradeView { stamp: self.stamp, deal: Deal::Book(*fact) });
        self.news.fund_trades.push((fact.fund, Arc::clone(&view)));
        self.news.party_trades.push((fact.buyer, Arc::clone(&view)));
        self.news.party_trades.push((fact.seller, view));
        self.add_volume(fact.fund, fact.units, fact.cash);
        self.touched.houses = true;
        self.touch_order(fact.buyer, fact.fund);
        self.touch_party(fact.seller);
    }

    pub(super) fn order_closed(&mut self, fact: &OrderClosed) {
        let (stamp, models) = (self.stamp, &self.read.0);
        let close = |view: &mut OrderView| {
            view.left = fact.left;
            view.hold = Money::ZERO;
            view.changed = stamp;
            view.closed = Some(fact.reason);
        };
        let view = if let Some(mut view) = self.news.take_placed(fact.order) {
            close(&mut view);
            let view = Arc::new(view);
            models.orders.insert(fact.order, Arc::clone(&view));
            view
        } else {
            let Some(mut row) = models.orders.get_mut(&fact.order) else { return };
            close(Arc::make_mut(&mut row));
            let view = Arc::clone(&row);
            drop(row);
            self.close_open(&view);
            view
        };
        let terms = view.terms;
        self.news.orders_closed.push((terms.party, view));
        self.touch_order(terms.party, terms.fund);
        self.copy_side(terms.side, terms.party, terms.fund, Cause::Closed(fact.order));
    }

    /// Takes an order that rested out of its owner's open ones.
    fn close_open(&self, view: &OrderView) {
        let (open_orders, party) = (&self.read.0.open_orders, view.terms.party);
        let has_none = open_orders.get_mut(&party).is_some_and(|mut open| {
            open.remove(&view.id);
            open.is_empty()
        });
        if has_none {
            open_orders.remove(&party);
        }
    }

    pub(super) fn order_amended(&mut self, fact: &OrderAmended) {
        let Some(terms) = self.change_order(fact.order, |view| {
            view.price = match view.price {
                OrderPrice::Limit(_) => OrderPrice::Limit(fact.price),
                OrderPrice::Market(_) => OrderPrice::Market(fact.price),
            };
            view.left = fact.left;
            view.hold = fact.hold;
        }) else {
            return;
        };
        self.touch_order(terms.party, terms.fund);
        self.copy_side(terms.side, terms.party, terms.fund, Cause::Amended(fact.order));
    }

    pub(super) fn order_decremented(&mut self, fact: &OrderDecremented) {
        let hold = self.hold(fact.order);
        let Some(terms) = self.change_order(fact.order, |view| {
            view.left = view.left.minus(fact.units);
            view.hold = hold;
        }) else {
            return;
        };
        self.copy_side(terms.side, terms.party, terms.fund, Cause::Decremented(fact.order));
        self.touch_order(terms.party, terms.fund);
    }

    pub(super) fn sweep_started(&mut self, fact: &SweepStarted) {
        let view = SweepView {
            number: fact.sweep,
            scope: fact.scope,
            reason: fact.reason,
            started: self.stamp,
            ended: None,
        };
        self.read.0.sweeps.put(fact.sweep, view);
    }

    pub(super) fn sweep_advanced(&mut self, fact: &SweepAdvanced) {
        if fact.next_slot.is_some() {
            return;
        }
        if let Some(view) = self.read.0.sweeps.take(&fact.sweep) {
            let ended = SweepView { ended: Some(self.stamp), ..SweepView::clone(&view) };
            self.read.0.sweeps_ended.push((), Arc::new(ended), |_| {});
        }
    }

    /// Changes an order's row in its place, or on a copy if a reader holds it. Answers with what
    /// was asked of the order.
    fn change_order(
        &mut self,
        order: OrderId,
        change: impl FnOnce(&mut OrderView),
    ) -> Option<PlaceOrder> {
        let stamp = self.stamp;
        let change = |view: &mut OrderView| {
            change(view);
            view.changed = stamp;
            view.terms
        };
        if let Some(view) = self.news.placed(order) {
            return Some(change(view));
        }
        let mut row = self.read.0.orders.get_mut(&order)?;
        Some(change(Arc::make_mut(&mut row)))
    }

    pub(super) fn add_volume(&mut self, fund: FundId, more: Units, cash_more: Money) {
        let volume = self.said.volume(fund.number());
        let day = self.market.venue().map(|venue| self.stamp.at.date(venue.utc_offset_minutes));
        if volume.day != day {
            (volume.day, volume.day_trades) = (day, 0);
            (volume.day_units, volume.day_cash) = (Units::ZERO, Money::ZERO);
        }
        // Over the years these may outgrow what one fund can ever hold at once.
        let units = |sum: Units| Units::from_e2(sum.e2().saturating_add(more.e2()));
        let cash = |sum: Money| Money::from_fen(sum.fen().saturating_add(cash_more.fen()));
        volume.trades = volume.trades.saturating_add(1);
        (volume.units, volume.cash) = (units(volume.units), cash(volume.cash));
        volume.day_trades = volume.day_trades.saturating_add(1);
        (volume.day_units, volume.day_cash) = (units(volume.day_units), cash(volume.day_cash));
        self.touched.volumes.insert(fund.number());
    }

    fn touch_order(&mut self, party: PartyId, fund: FundId) {
        self.touch_party(party);
        self.touch_fund(fund);
        self.touched.books.insert(fund.number());
    }

    /// Copies what an order of this side holds: cash for a buy, units for a sell.
    fn copy_side(&mut self, side: Side, party: PartyId, fund: FundId, cause: Cause) {
        match side {
            Side::Buy => self.copy_cash(party, fund, cause),
            Side::Sell => self.copy_holding(party, fund, cause),
        }
    }

    /// Cash that an open order holds.
    fn hold(&self, order: OrderId) -> Money {
        self.market.open_order_at(order).map_or(Money::ZERO, |order| order.hold)
    }
}
