//! The fold of call auctions, their orders and their trades.

use std::sync::Arc;

use sfund_engine::amount::{Money, Units};
use sfund_engine::call::cancel::CallClosed;
use sfund_engine::call::cancel_order::CallOrderClosed;
use sfund_engine::call::place::CallOrderPlaced;
use sfund_engine::call::schedule::CallScheduled;
use sfund_engine::call::trade::CallTraded;
use sfund_engine::call::{CallFill, CallOutcome};
use sfund_engine::id::{CallId, CallOrderId};
use sfund_engine::trading::order::Closing;
use sfund_engine::trading::side::Side;

use crate::read::calls::{CallOrderView, CallView, Ending};
use crate::read::projection::Fold;
use crate::read::views::{Cause, Deal, TradeView};

impl Fold<'_> {
    pub(super) fn call_scheduled(&mut self, fact: &CallScheduled) {
        self.touched.calls.insert(fact.call);
    }

    pub(super) fn call_order_placed(&mut self, fact: &CallOrderPlaced) {
        let terms = fact.terms;
        let record = self.market.call_at(terms.call).expect("who takes an order is not over");
        let view = CallOrderView {
            call: terms.call,
            id: fact.order,
            party: terms.party,
            fund: record.terms.fund,
            side: terms.side,
            price: terms.price,
            units: terms.units,
            filled: Units::ZERO,
            cash: Money::ZERO,
            fees: Money::ZERO,
            hold: fact.hold,
            placed: self.stamp,
            changed: self.stamp,
            closed: None,
        };
        // What the order may bring comes to be, empty.
        self.copy_both(&view, Cause::CallPlaced(terms.call));
        self.read.0.call_orders.put((terms.call, fact.order), view);
        self.touched.calls.insert(terms.call);
    }

    pub(super) fn call_order_closed(&mut self, fact: &CallOrderClosed) {
        self.close_call_order(fact.call, fact.order, fact.reason);
        self.touched.calls.insert(fact.call);
    }

    fn close_call_order(&mut self, call: CallId, order: CallOrderId, reason: Closing) {
        let Some(view) = self.read.0.call_orders.find(&(call, order)) else { return };
        let view = CallOrderView {
            hold: Money::ZERO,
            changed: self.stamp,
            closed: Some(reason),
            ..CallOrderView::clone(&view)
        };
        self.copy_both(&view, Cause::CallReleased(call));
        self.put_closed(view);
    }

    fn put_closed(&self, view: CallOrderView) {
        let (models, party) = (&self.read.0, view.party);
        models.call_orders.put((view.call, view.id), view.clone());
        models.call_orders_closed.push(party, Arc::new(view), |dropped| {
            models.call_orders.take(&(dropped.call, dropped.id));
        });
    }

    /// Orders hold what the print gives them: the others are closed.
    pub(super) fn call_closed(&mut self, fact: &CallClosed) {
        let (call, ending) = (fact.call, Ending::from(&fact.outcome));
        let (print, fills): (_, &[CallFill]) = match &fact.outcome {
            CallOutcome::Printed { print, fills } => (Some(*print), fills),
            CallOutcome::NoCross
            | CallOutcome::NoReference
            | CallOutcome::NotTrading(_)
            | CallOutcome::Forbidden
            | CallOutcome::TermEnded
            | CallOutcome::Cancelled => (None, &[]),
        };
        for order in self.read.open_orders_of_call(call) {
            let id = order.id;
            if fills.binary_search_by_key(&id, |fill| fill.order).is_ok() {
                let hold = self.call_hold(call, id);
                let view = CallOrderView { hold, ..CallOrderView::clone(&order) };
                self.copy_both(&view, Cause::CallReleased(call));
                self.read.0.call_orders.put((call, id), view);
            } else {
                self.close_call_order(call, id, ending.closing());
            }
        }
        let models = &self.read.0;
        let Some(view) = models.calls.find(&call) else { return };
        let (stamp, ended) = (self.stamp, Some(ending));
        let view = CallView { print, stamp, ended, ..CallView::clone(&view) };
        models.calls.put(call, view.clone());
        models.calls_ended.push(view.terms.fund, Arc::new(view), |dropped| {
            models.calls.take(&dropped.id);
        });
    }

    pub(super) fn call_traded(&mut self, fact: &CallTraded) {
        let cause = Cause::Traded(fact.trade);
        for (order, side) in [(fact.buy, Side::Buy), (fact.sell, Side::Sell)] {
            self.call_order_traded(fact, order, side, cause);
        }
        let view = Arc::new(TradeView { stamp: self.stamp, deal: Deal::Call(*fact) });
        self.news.fund_trades.push((fact.fund, Arc::clone(&view)));
        self.news.party_trades.push((fact.buyer, Arc::clone(&view)));
        self.news.party_trades.push((fact.seller, view));
        self.add_volume(fact.fund, fact.units, fact.cash);
        self.touched.houses = true;
        self.touch_fund(fact.fund);
    }

    fn call_order_traded(
        &mut self,
        fact: &CallTraded,
        order: CallOrderId,
        side: Side,
        cause: Cause,
    ) {
        let Some(view) = self.read.0.call_orders.find(&(fact.call, order)) else { return };
        let fee = match side {
            Side::Buy => fact.buyer_fee,
            Side::Sell => fact.seller_fee,
        };
        let mut view = CallOrderView {
            filled: view.filled.plus(fact.units),
            cash: view.cash.plus(fact.cash),
            fees: view.fees.plus(fee),
            hold: self.call_hold(fact.call, order),
            changed: self.stamp,
            ..CallOrderView::clone(&view)
        };
        self.copy_both(&view, cause);
        let record = self.market.call_at(fact.call);
        if record.is_some_and(|record| record.orders.contains_key(&order)) {
            self.read.0.call_orders.put((fact.call, order), view);
        } else {
            let whole = view.filled == view.units;
            view.closed = Some(if whole { Closing::Filled } else { Closing::NotFilled });
            self.put_closed(view);
        }
    }

    /// Cash that an order of a call holds now.
    fn call_hold(&self, call: CallId, order: CallOrderId) -> Money {
        let record = self.market.call_at(call).and_then(|record| record.orders.get(&order));
        record.map_or(Money::ZERO, |record| record.hold)
    }

    fn copy_both(&mut self, view: &CallOrderView, cause: Cause) {
        self.copy_holding(view.party, view.fund, cause);
        self.copy_cash(view.party, view.fund, cause);
    }
}
