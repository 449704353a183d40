//! Cancelling all of a party's open orders at once, by a sweep (全部撤单).

use minicbor::{Decode, Encode};

use crate::command::CommandKind;
use crate::event::Event;
use crate::id::{FundId, PartyId};
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::trading::order::Closing;
use crate::trading::sweep::{SweepScope, SweepStarted};

/// Ask to cancel a party's open orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CancelAll {
    /// Whose orders.
    #[n(0)]
    pub party: PartyId,
    /// Only in this fund.
    #[n(1)]
    pub fund: Option<FundId>,
    /// Only those placed for this session: sent by the service when a connection is lost.
    #[n(2)]
    pub session: Option<u64>,
}

/// Decides a [`CancelAll`]. Nothing to cancel is no reason to refuse: nothing happens.
pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &CancelAll,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    market.admit_for(context.caller, CommandKind::CancelAll, ask.party)?;
    let party = market.party(ask.party)?;
    if let Some(fund) = ask.fund {
        market.fund(fund)?;
    }
    if party.orders_open == 0 {
        return Ok(());
    }
    let CancelAll { party, fund, session } = *ask;
    let reason = if session.is_some() { Closing::Disconnected } else { Closing::Cancelled };
    let scope = SweepScope::Party { party, fund, session };
    events.push(Event::SweepStarted(SweepStarted { sweep: market.sweeps_count, scope, reason }));
    Ok(())
}
