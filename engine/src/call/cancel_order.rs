//! Cancelling an order of a call (撤销集合竞价委托). What it held is free again.

use minicbor::{Decode, Encode};

use super::cancel::keep;
use crate::amount::Units;
use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{CallId, CallOrderId};
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::trading::order::Closing;

/// Ask to cancel an order of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CancelCallOrder {
    /// The call.
    #[n(0)]
    pub call: CallId,
    /// The order.
    #[n(1)]
    pub order: CallOrderId,
}

/// An order of a call is no longer open, and what it held is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CallOrderClosed {
    /// The call.
    #[n(0)]
    pub call: CallId,
    /// The order.
    #[n(1)]
    pub order: CallOrderId,
    /// Why.
    #[n(2)]
    pub reason: Closing,
}

/// Decides a [`CancelCallOrder`]. Until the close, an order may be cancelled whatever is halted.
pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &CancelCallOrder,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let CancelCallOrder { call, order } = *ask;
    let not_open = Reject::CallOrderNotOpen { call, order };
    // Whose an order of others is, and whether it stands, is theirs to tell.
    let record = market.call(call).map_err(|_| not_open)?;
    let owner = record.orders.get(&order).map(|record| record.party);
    let kind = CommandKind::CancelCallOrder;
    let own = owner.filter(|owner| market.acts_for(context.caller, kind, *owner));
    own.ok_or(not_open)?;
    record.check_open(call, context.at)?;
    // From here on the answer is yes.
    events.push(Event::CallOrderClosed(CallOrderClosed {
        call,
        order,
        reason: Closing::Cancelled,
    }));
    Ok(())
}

/// Applies a [`CallOrderClosed`].
pub(crate) fn apply(market: &mut Market, fact: &CallOrderClosed) {
    let record = market.call_of_fact(fact.call);
    assert!(record.print.is_none(), "an order that has printed trades");
    let fund = record.terms.fund;
    let mut order = *record.orders.get(&fact.order).expect("an order that closes was open");
    keep(market, fund, &mut order, Units::ZERO);
    market.change_call(fact.call, |record| {
        record.orders.remove(&fact.order);
    });
}
