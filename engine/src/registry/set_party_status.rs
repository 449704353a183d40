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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{ALICE, OPERATOR, SUPERVISOR, accept, party, refuse, soon, with_parties};

    fn ask(party: PartyId, status: PartyStatus) -> Command {
        let reason = "监管要求".to_owned();
        Command::SetPartyStatus(Box::new(SetPartyStatus { party, status, reason }))
    }

    #[test]
    fn a_party_is_suspended_and_trades_again() {
        let mut market = with_parties();
        let suspend = ask(ALICE, PartyStatus::Suspended);
        let events = accept(&mut market, party(OPERATOR), suspend.clone());
        assert!(matches!(events[..], [Event::PartyStatusSet(_)]));
        assert_eq!(market.party(ALICE).unwrap().status, PartyStatus::Suspended);
        let reject = refuse(&mut market, party(OPERATOR), suspend);
        assert_eq!(reject, Reject::NoChange { field: Field::Status });
        accept(&mut market, party(OPERATOR), ask(ALICE, PartyStatus::Active));
        assert_eq!(market.party(ALICE).unwrap().status, PartyStatus::Active);
    }

    #[test]
    fn a_suspension_sweeps_the_orders_that_are_open() {
        let mut market = with_parties();
        market.party_mut(ALICE).orders_open = 2;
        market.sweeps_count = 5;
        let context = Context { at: soon(&market), caller: party(OPERATOR) };
        let mut events = Vec::new();
        market.decide(context, &ask(ALICE, PartyStatus::Suspended), &mut events).unwrap();
        let scope = SweepScope::Party { party: ALICE, fund: None, session: None };
        let sweep = SweepStarted { sweep: 5, scope, reason: Closing::PartySuspended };
        assert_eq!(events[1..], [Event::SweepStarted(sweep)]);
    }

    #[test]
    fn a_suspension_has_a_reason_and_is_of_no_staff() {
        let mut market = with_parties();
        let blank =
            SetPartyStatus { party: ALICE, status: PartyStatus::Suspended, reason: " ".to_owned() };
        let blank = Command::SetPartyStatus(Box::new(blank));
        assert_eq!(refuse(&mut market, party(OPERATOR), blank).name(), "BAD_TEXT");
        for (of, name) in [(PartyId::new(99), "PARTY_NOT_FOUND"), (SUPERVISOR, "WRONG_ROLE")] {
            let reject = refuse(&mut market, party(OPERATOR), ask(of, PartyStatus::Suspended));
            assert_eq!(reject.name(), name);
        }
    }
}
