//! The fold of orders, trades and sweeps.

use std::sync::Arc;

use sfund_engine::amount::{Money, Units};
use sfund_engine::id::{FundId, OrderId, PartyId};
use sfund_engine::trading::amend_order::OrderAmended;
use sfund_engine::trading::cancel_order::OrderClosed;
use sfund_engine::trading::order::OrderPrice;
use sfund_engine::trading::place_order::{OrderDecremented, OrderPlaced, OrderRested, Traded};
use sfund_engine::trading::side::Side;
use sfund_engine::trading::sweep::{SweepAdvanced, SweepStarted};

use crate::read::projection::Fold;
use crate::read::views::{Cause, OrderView, SweepView, TradeView};

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
        self.read.0.orders.insert(fact.order, Arc::new(view));
        self.read.0.open_orders.entry(terms.party).or_default().insert(fact.order);
        self.touch_order(terms.party, terms.fund);
        let cause = Cause::Placed(fact.order);
        self.copy_side(terms.side, terms.party, terms.fund, cause);
        // With a party's first order in a fund, what the order may bring comes to be, empty.
        match terms.side {
            Side::Buy if self.read.0.holdings.has(&(terms.party, terms.fund)) => {}
            Side::Buy => self.copy_holding(terms.party, terms.fund, cause),
            Side::Sell => self.copy_cash(terms.party, terms.fund, cause),
        }
    }

    pub(super) fn order_rested(&mut self, fact: &OrderRested) {
        if let Some(view) = self.read.order(fact.order) {
            self.touched.books.insert(view.terms.fund.number());
        }
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
        let view = Arc::new(TradeView { stamp: self.stamp, trade: *fact });
        self.read.0.fund_trades.push(fact.fund, Arc::clone(&view), |_| {});
        self.read.0.party_trades.push(fact.buyer, Arc::clone(&view), |_| {});
        self.read.0.party_trades.push(fact.seller, view, |_| {});
        self.add_volume(fact);
        self.touched.houses = true;
        self.touch_order(fact.buyer, fact.fund);
        self.touch_party(fact.seller);
    }

    pub(super) fn order_closed(&mut self, fact: &OrderClosed) {
        let (stamp, models) = (self.stamp, &self.read.0);
        let Some(view) = self.change_order(fact.order, |view| {
            view.left = fact.left;
            view.hold = Money::ZERO;
            view.changed = stamp;
            view.closed = Some(fact.reason);
        }) else {
            return;
        };
        let terms = view.terms;
        let has_none = models.open_orders.get_mut(&terms.party).is_some_and(|mut open| {
            open.remove(&fact.order);
            open.is_empty()
        });
        if has_none {
            models.open_orders.remove(&terms.party);
        }
        models.orders_closed.push(terms.party, view, |dropped| {
            models.orders.remove(&dropped.id);
        });
        self.touch_order(terms.party, terms.fund);
        self.copy_side(terms.side, terms.party, terms.fund, Cause::Closed(fact.order));
    }

    pub(super) fn order_amended(&mut self, fact: &OrderAmended) {
        let Some(view) = self.change_order(fact.order, |view| {
            view.price = match view.price {
                OrderPrice::Limit(_) => OrderPrice::Limit(fact.price),
                OrderPrice::Market(_) => OrderPrice::Market(fact.price),
            };
            view.left = fact.left;
            view.hold = fact.hold;
        }) else {
            return;
        };
        let terms = view.terms;
        self.touch_order(terms.party, terms.fund);
        self.copy_side(terms.side, terms.party, terms.fund, Cause::Amended(fact.order));
    }

    pub(super) fn order_decremented(&mut self, fact: &OrderDecremented) {
        let Some(view) = self.read.order(fact.order) else { return };
        let terms = view.terms;
        drop(view);
        self.copy_side(terms.side, terms.party, terms.fund, Cause::Decremented(fact.order));
        let hold = self.hold(fact.order);
        self.change_order(fact.order, |view| {
            view.left = view.left.minus(fact.units);
            view.hold = hold;
        });
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

    /// Changes an order's row in its place, or on a copy if a reader holds it.
    fn change_order(
        &self,
        order: OrderId,
        change: impl FnOnce(&mut OrderView),
    ) -> Option<Arc<OrderView>> {
        let mut row = self.read.0.orders.get_mut(&order)?;
        let view = Arc::make_mut(&mut row);
        change(view);
        view.changed = self.stamp;
        Some(Arc::clone(&row))
    }

    fn add_volume(&self, fact: &Traded) {
        let mut volume = self.read.0.volumes.entry(fact.fund).or_default();
        let day = self.market.venue().map(|venue| self.stamp.at.date(venue.utc_offset_minutes));
        if volume.day != day {
            (volume.day, volume.day_trades) = (day, 0);
            (volume.day_units, volume.day_cash) = (Units::ZERO, Money::ZERO);
        }
        // Over the years these may outgrow what one fund can ever hold at once.
        let units = |sum: Units| Units::from_e2(sum.e2().saturating_add(fact.units.e2()));
        let cash = |sum: Money| Money::from_fen(sum.fen().saturating_add(fact.cash.fen()));
        volume.trades = volume.trades.saturating_add(1);
        (volume.units, volume.cash) = (units(volume.units), cash(volume.cash));
        volume.day_trades = volume.day_trades.saturating_add(1);
        (volume.day_units, volume.day_cash) = (units(volume.day_units), cash(volume.day_cash));
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
