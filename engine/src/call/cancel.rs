//! Cancelling a call auction (取消集合竞价), and the end of any call.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::{CallOrder, CallOutcome};
use crate::amount::{Money, Units};
use crate::cash::ledger::Account;
use crate::event::Event;
use crate::id::{CallId, FundId};
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::trading::side::Side;

/// Ask to cancel a call and what would follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CancelCall {
    /// The call.
    #[n(0)]
    pub call: CallId,
}

/// A call takes no orders any more. What does not trade is free again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallClosed {
    /// The call.
    #[n(0)]
    pub call: CallId,
    /// What came of it.
    #[n(1)]
    pub outcome: CallOutcome,
}

/// Decides a [`CancelCall`]. A call is cancelled before its close.
pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &CancelCall,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let call = ask.call;
    if market.call(call)?.print.is_some() {
        return Err(Reject::CallNotFound { call });
    }
    // From here on the answer is yes.
    let outcome = CallOutcome::Cancelled;
    events.push(Event::CallClosed(Box::new(CallClosed { call, outcome })));
    Ok(())
}

/// Applies a [`CallClosed`]: orders hold what the print gives them, and nothing else.
pub(crate) fn apply(market: &mut Market, fact: &CallClosed) {
    let record = market.call_of_fact(fact.call);
    assert!(record.print.is_none(), "a call closes once");
    let fund = record.terms.fund;
    let orders: Vec<_> = record.orders.iter().map(|(order, record)| (*order, *record)).collect();
    let fills: &[_] = match &fact.outcome {
        CallOutcome::Printed { fills, .. } => fills,
        CallOutcome::NoCross
        | CallOutcome::NoReference
        | CallOutcome::NotTrading(_)
        | CallOutcome::Forbidden
        | CallOutcome::TermEnded
        | CallOutcome::Cancelled => &[],
    };
    let mut fills = fills.iter().peekable();
    let mut left = BTreeMap::new();
    for (order, mut record) in orders {
        let fill = fills.next_if(|fill| fill.order == order);
        let units = fill.map_or(Units::ZERO, |fill| fill.units);
        keep(market, fund, &mut record, units);
        if units != Units::ZERO {
            left.insert(order, record);
        }
    }
    assert!(fills.next().is_none(), "fills are of orders, in the order in which they came");
    let now = market.now;
    market.change_call(fact.call, |record| record.orders = left);
    if let CallOutcome::Printed { print, .. } = fact.outcome {
        market.change_call(fact.call, |record| record.print = Some((print, now)));
    } else {
        market.end_call(fact.call);
    }
}

/// Cuts an order to `units`, and frees what it then does not need.
pub(super) fn keep(market: &mut Market, fund: FundId, record: &mut CallOrder, units: Units) {
    let freed = record.units.minus(units);
    record.units = units;
    match record.side {
        Side::Buy => {
            let needs = record.needs(&market.schedules);
            let before = std::mem::replace(&mut record.hold, needs);
            let freed = before.minus(needs);
            if freed != Money::ZERO {
                let currency =
                    market.fund(fund).expect("a call's fund is registered").details.currency;
                let place = market.ledger.place(record.party, currency);
                market.ledger.post(Account::Held(place), Account::Available(place), freed);
            }
        }
        Side::Sell => {
            let place = market.register.place(record.party, fund);
            let holding = market.register.at_mut(place);
            holding.offered = holding.offered.minus(freed);
            holding.available = holding.available.plus(freed);
        }
    }
}
