//! Suspending a party and letting it trade again (暂停、恢复).
//!
//! A suspension cancels the party's open orders by a sweep.

use minicbor::{Decode, Encode};

use crate::check;
use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::registry::party::PartyStatus;
use crate::reject::Field;
use crate::reject::Reject;
use crate::trading::order::Closing;
use crate::trading::sweep::{SweepScope, SweepStarted};

/// Ask to suspend a party or to let it trade again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SetPartyStatus {
    /// Whose status changes.
    #[n(0)]
    pub party: PartyId,
    /// The new status.
    #[n(1)]
    pub status: PartyStatus,
    /// Why, 1 to 512 bytes.
    #[n(2)]
    pub reason: String,
}

/// The status of a party changed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartyStatusSet {
    /// Whose status changed.
    #[n(0)]
    pub party: PartyId,
    /// The new status.
    #[n(1)]
    pub status: PartyStatus,
    /// Why.
    #[n(2)]
    pub reason: String,
}

pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &SetPartyStatus,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Reason, &ask.reason)?;
    let record = market.party(ask.party)?;
    record.check_not_staff(ask.party)?;
    if record.status == ask.status {
        return Err(Reject::NoChange { field: Field::Status });
    }
    // From here on the answer is yes.
    events.push(Event::PartyStatusSet(Box::new(PartyStatusSet {
        party: ask.party,
        status: ask.status,
        reason: ask.reason.clone(),
    })));
    if ask.status == PartyStatus::Suspended && 0 < record.orders_open {
        events.push(Event::SweepStarted(SweepStarted {
            sweep: market.sweeps_count,
            scope: SweepScope::Party { party: ask.party, fund: None, session: None },
            reason: Closing::PartySuspended,
        }));
    }
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &PartyStatusSet) {
    let record = market.party_mut(fact.party);
    assert!(record.status != fact.status, "a status that is set is another one");
    record.status = fact.status;
}
