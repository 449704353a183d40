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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, BANK, BOB, FUND, LENDER, MEMBER, OPERATOR, SUPERVISOR, accept, details, party,
        refuse, register, trading, units,
    };
    use crate::id::PartyId;
    use crate::registry::lock_units::LockKind;
    use crate::registry::party::{PartyDetails, Role};

    const PLEDGE: LockId = LockId::new(0);
    const FREEZE: LockId = LockId::new(1);

    fn ask(lock: LockId) -> Command {
        let evidence = "解除通知".to_owned();
        Command::UnlockUnits(Box::new(UnlockUnits { lock, evidence }))
    }

    fn locked_to(market: &mut Market, pledgee: PartyId) {
        for (kind, pledgee) in [(LockKind::Pledge, Some(pledgee)), (LockKind::Freeze, None)] {
            let evidence = "合同".to_owned();
            let units = units(300);
            let lock = LockUnits { party: BOB, fund: FUND, units, kind, pledgee, evidence };
            accept(market, party(OPERATOR), Command::LockUnits(Box::new(lock)));
        }
    }

    #[test]
    fn f1_released_units_can_be_sold_again() {
        let mut market = trading();
        locked_to(&mut market, LENDER);
        let events = accept(&mut market, party(LENDER), ask(PLEDGE));
        let fact = UnitsUnlocked {
            lock: PLEDGE,
            available_before: units(999_400),
            locked_before: units(300),
            evidence: "解除通知".to_owned(),
        };
        assert_eq!(events, [Event::UnitsUnlocked(Box::new(fact))]);
        let holding = market.register.holding(BOB, FUND);
        assert_eq!((holding.available, holding.pledged), (units(999_700), Units::ZERO));
        assert_eq!((holding.frozen, market.locks.len()), (units(300), 1));
        accept(&mut market, party(OPERATOR), ask(FREEZE));
        assert_eq!(market.register.holding(BOB, FUND).available, units(1_000_000));
        let reject = refuse(&mut market, party(OPERATOR), ask(FREEZE));
        assert_eq!(reject, Reject::LockNotInForce { lock: FREEZE });
    }

    #[test]
    fn an_operator_the_venue_the_pledgee_or_its_member_releases_a_pledge() {
        for by in [party(OPERATOR), Caller::Venue] {
            let mut market = trading();
            locked_to(&mut market, LENDER);
            accept(&mut market, by, ask(PLEDGE));
        }
        let mut market = trading();
        let client = PartyDetails { member: Some(MEMBER), ..details("L-2", Role::Lender) };
        let lender = register(&mut market, client);
        locked_to(&mut market, lender);
        accept(&mut market, party(MEMBER), ask(PLEDGE));
    }

    #[test]
    fn a_holder_knows_of_its_lock_and_does_not_release_it_and_others_know_nothing() {
        let mut market = trading();
        locked_to(&mut market, LENDER);
        for (by, lock) in [(BOB, PLEDGE), (BOB, FREEZE), (MEMBER, PLEDGE)] {
            assert_eq!(refuse(&mut market, party(by), ask(lock)).name(), "NOT_PERMITTED");
        }
        for (by, lock) in [(ALICE, PLEDGE), (LENDER, FREEZE), (LENDER, LockId::new(7))] {
            assert_eq!(refuse(&mut market, party(by), ask(lock)), Reject::LockNotInForce { lock });
        }
        for by in [SUPERVISOR, BANK] {
            assert_eq!(refuse(&mut market, party(by), ask(PLEDGE)).name(), "NOT_PERMITTED");
        }
        let bare = UnlockUnits { lock: PLEDGE, evidence: String::new() };
        let bare = Command::UnlockUnits(Box::new(bare));
        assert_eq!(refuse(&mut market, party(LENDER), bare).name(), "BAD_TEXT");
    }
}
