//! Releasing locked units (解除质押、解冻), whole locks at a time.

use minicbor::{Decode, Encode};

use crate::access::{self, Reach};
use crate::amount::Units;
use crate::check;
use crate::command::CommandKind;
use crate::entry::Caller;
use crate::event::Event;
use crate::id::LockId;
use crate::market::{Context, Market};
use crate::registry::lock_units::{LockUnits, holding_mut};
use crate::reject::Field;
use crate::reject::Reject;

/// Ask to release a lock.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnlockUnits {
    /// The lock.
    #[n(0)]
    pub lock: LockId,
    /// What the release rests on, 1 to 512 bytes.
    #[n(1)]
    pub evidence: String,
}

/// A lock is released; its units are available again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnitsUnlocked {
    /// The lock.
    #[n(0)]
    pub lock: LockId,
    /// E5: units that the holder had available before.
    #[n(1)]
    pub available_before: Units,
    /// E5: units that were locked in this kind before.
    #[n(2)]
    pub locked_before: Units,
    /// What the release rests on.
    #[n(3)]
    pub evidence: String,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &UnlockUnits,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Evidence, &ask.evidence)?;
    let lock = market.locks.get(&ask.lock).ok_or(Reject::LockNotInForce { lock: ask.lock })?;
    check_releases(market, context, ask.lock, lock)?;
    // From here on the answer is yes.
    let holding = market.register.holding(lock.party, lock.fund);
    events.push(Event::UnitsUnlocked(Box::new(UnitsUnlocked {
        lock: ask.lock,
        available_before: holding.available,
        locked_before: holding.locked(lock.kind),
        evidence: ask.evidence.clone(),
    })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &UnitsUnlocked) {
    let lock = market.locks.remove(&fact.lock).expect("a lock that is released was in force");
    let holding = holding_mut(market, &lock);
    assert!(holding.available == fact.available_before, "E5: the register is as the entry says");
    assert!(holding.locked(lock.kind) == fact.locked_before, "E5: and so are its locks");
    holding.available = holding.available.plus(lock.units);
    let locked = holding.locked_mut(lock.kind);
    *locked = locked.minus(lock.units);
}

/// An operator releases any lock, a pledgee its pledges. The holder may know of the lock and not
/// release it; others do not know of it.
fn check_releases(
    market: &Market,
    context: Context,
    id: LockId,
    lock: &LockUnits,
) -> Result<(), Reject> {
    const KIND: CommandKind = CommandKind::UnlockUnits;
    let for_anybody = match context.caller {
        Caller::Venue => true,
        Caller::Party(by) => access::reach(market.role(by)?, KIND) == Reach::Any,
    };
    if for_anybody {
        return Ok(());
    }
    if lock.pledgee.is_some_and(|pledgee| market.acts_for(context.caller, KIND, pledgee)) {
        return Ok(());
    }
    if market.acts_for(context.caller, KIND, lock.party) {
        return Err(market.not_permitted(context.caller, KIND));
    }
    Err(Reject::LockNotInForce { lock: id })
}
