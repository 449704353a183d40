//! Refusals of call auctions.

use super::Scenario;
use crate::call::cancel::CancelCall;
use crate::call::fixture::{CALL, called, cancel, limit, on, once, place, schedule};
use crate::call::place::PlaceCallOrder;
use crate::call::{CALL_ORDERS_MAX, CallTerms};
use crate::command::Command;
use crate::fixture::{
    ALICE, BOB, CAROL, FUND, OPERATOR, REGIONAL_FUND, accept, deposit, party, refuse, soon,
    trading, units, yuan,
};
use crate::id::{CallId, CallOrderId};
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::trading::side::Side;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("CALL_NOT_FOUND", || {
        let call = CallId::new(7);
        refuse(&mut trading(), party(OPERATOR), Command::CancelCall(CancelCall { call }))
    }),
    ("CALL_AUCTION_FORBIDDEN", || {
        let ask = schedule(CallTerms { fund: REGIONAL_FUND, ..once() });
        refuse(&mut trading(), party(OPERATOR), ask)
    }),
    ("CALL_EXISTS", || refuse(&mut called(once()), party(OPERATOR), schedule(later()))),
    ("CALL_NOT_OPEN", || {
        let mut market = trading();
        accept(&mut market, party(OPERATOR), schedule(once()));
        own(&mut market, limit(ALICE, Side::Sell, 100, 1))
    }),
    ("CALL_ORDER_NOT_OPEN", || {
        refuse(&mut called(once()), party(ALICE), cancel(CallOrderId::new(3)))
    }),
    ("NO_TRADING_DAY", || {
        let terms = CallTerms { closes: on("2026-11-28", 900), ..once() };
        refuse(&mut trading(), party(OPERATOR), schedule(terms))
    }),
    ("CALL_FULL", || {
        let mut market = called(once());
        let order = place(&mut market, limit(BOB, Side::Sell, 100, 1));
        let record = market.call_at(CALL).unwrap().orders[&order];
        market.change_call(CALL, |call| {
            call.orders.extend(
                (1..).map(CallOrderId::new).map(|order| (order, record)).take(CALL_ORDERS_MAX),
            );
        });
        let context = Context { at: soon(&market), caller: party(CAROL) };
        let ask = Command::PlaceCallOrder(limit(CAROL, Side::Buy, 99, 1));
        market.decide(context, &ask, &mut Vec::new()).unwrap_err()
    }),
    ("BOTH_SIDES", || {
        let mut market = called(once());
        place(&mut market, limit(ALICE, Side::Sell, 100, 1));
        deposit(&mut market, ALICE, yuan(10));
        own(&mut market, limit(ALICE, Side::Buy, 100, 1))
    }),
];

/// When another call of the fund would be.
fn later() -> CallTerms {
    CallTerms { opens: on("2026-11-25", 600), closes: on("2026-11-25", 900), ..once() }
}

#[track_caller]
fn own(market: &mut Market, ask: PlaceCallOrder) -> Reject {
    refuse(market, party(ask.party), Command::PlaceCallOrder(ask))
}

/// A splinter, when the call is not open yet.
pub(super) fn a_splinter_before_the_opening() -> Reject {
    let mut market = trading();
    accept(&mut market, party(OPERATOR), schedule(once()));
    market.fund_mut(FUND).details.minimum_ticket = units(100);
    own(&mut market, limit(ALICE, Side::Sell, 100, 1))
}
