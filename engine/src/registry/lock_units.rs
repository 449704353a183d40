//! Locking units under a pledge or a freeze (质押、冻结), rules E5, F1, F8.
//!
//! Only available units can be locked: units on offer are freed by cancelling the order first.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::access::Requirement;
use crate::amount::Units;
use crate::check;
use crate::event::Event;
use crate::id::{FundId, LockId, PartyId};
use crate::market::{Context, Market};
use crate::policy::LOCKS_MAX;
use crate::registry::holding::Holding;
use crate::registry::party::Role;
use crate::reject::Field;
use crate::reject::Reject;

/// What keeps units from being sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LockKind {
    /// They secure a debt (质押).
    #[n(0)]
    Pledge,
    /// A court or the venue froze them (冻结).
    #[n(1)]
    Freeze,
}

impl fmt::Display for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pledge => "pledge",
            Self::Freeze => "freeze",
        })
    }
}

/// Ask to lock units.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LockUnits {
    /// Holder of record.
    #[n(0)]
    pub party: PartyId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// How many.
    #[n(2)]
    pub units: Units,
    /// Pledge or freeze.
    #[n(3)]
    pub kind: LockKind,
    /// Pledgee (质权人): a lender; `None` for a freeze.
    #[n(4)]
    pub pledgee: Option<PartyId>,
    /// Contract or court document it rests on, 1 to 512 bytes.
    #[n(5)]
    pub evidence: String,
}

/// Units are locked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnitsLocked {
    /// Id of the lock, the next one.
    #[n(0)]
    pub lock: LockId,
    /// What was asked.
    #[n(1)]
    pub terms: LockUnits,
    /// E5: units that the holder had available before.
    #[n(2)]
    pub available_before: Units,
    /// E5: units that were locked in this kind before.
    #[n(3)]
    pub locked_before: Units,
}

pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &LockUnits,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Evidence, &ask.evidence)?;
    match (ask.kind, ask.pledgee) {
        (LockKind::Pledge, Some(_)) | (LockKind::Freeze, None) => {}
        (LockKind::Pledge, None) | (LockKind::Freeze, Some(_)) => {
            return Err(Reject::Inconsistent { field: Field::Pledgee });
        }
    }
    market.party(ask.party)?;
    let pledgee = match ask.pledgee {
        Some(pledgee) => Some((pledgee, market.party(pledgee)?)),
        None => None,
    };
    market.fund(ask.fund)?;
    if let Some((pledgee, record)) = pledgee {
        let lends = record.details.role == Role::Lender;
        record.check_role(pledgee, lends, Requirement::Lender)?;
    }
    check::room(Field::Locks, market.locks.len(), LOCKS_MAX)?;
    check::some_units(ask.units)?;
    let holding = market.register.holding(ask.party, ask.fund);
    holding.check_available(ask.units)?;
    // From here on the answer is yes.
    events.push(Event::UnitsLocked(Box::new(UnitsLocked {
        lock: LockId::new(market.locks_count),
        terms: ask.clone(),
        available_before: holding.available,
        locked_before: holding.locked(ask.kind),
    })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &UnitsLocked) {
    assert!(fact.lock.number() == market.locks_count, "lock ids are dense");
    market.locks_count = market.locks_count.checked_add(1).expect("fewer than 2^64 locks");
    let terms = &fact.terms;
    let holding = holding_mut(market, terms);
    assert!(holding.available == fact.available_before, "E5: the register is as the entry says");
    assert!(holding.locked(terms.kind) == fact.locked_before, "E5: and so are its locks");
    holding.available = holding.available.minus(terms.units);
    let locked = holding.locked_mut(terms.kind);
    *locked = locked.plus(terms.units);
    market.locks.insert(fact.lock, terms.clone());
}

/// The holding that a lock locks.
pub(crate) fn holding_mut<'a>(market: &'a mut Market, lock: &LockUnits) -> &'a mut Holding {
    let place = market.register.find(lock.party, lock.fund);
    market.register.at_mut(place.expect("locked units are held"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, BOB, CAROL, FUND, LENDER, OPERATOR, accept, party, refuse, soon, trading, units,
    };

    fn terms(kind: LockKind, count: u64) -> LockUnits {
        let pledgee = match kind {
            LockKind::Pledge => Some(LENDER),
            LockKind::Freeze => None,
        };
        let evidence = "质押合同".to_owned();
        LockUnits { party: ALICE, fund: FUND, units: units(count), kind, pledgee, evidence }
    }

    fn ask(terms: LockUnits) -> Command {
        Command::LockUnits(Box::new(terms))
    }

    #[test]
    fn f1_a_pledge_takes_units_from_what_can_be_sold() {
        let mut market = trading();
        let events = accept(&mut market, party(OPERATOR), ask(terms(LockKind::Pledge, 400_000)));
        let fact = UnitsLocked {
            lock: LockId::new(0),
            terms: terms(LockKind::Pledge, 400_000),
            available_before: units(1_000_000),
            locked_before: Units::ZERO,
        };
        assert_eq!(events, [Event::UnitsLocked(Box::new(fact))]);
        accept(&mut market, party(OPERATOR), ask(terms(LockKind::Freeze, 100_000)));
        accept(&mut market, party(OPERATOR), ask(terms(LockKind::Pledge, 1)));
        let holding = market.register.holding(ALICE, FUND);
        assert_eq!(holding.available, units(499_999));
        assert_eq!((holding.pledged, holding.frozen), (units(400_001), units(100_000)));
        assert_eq!(market.locks[&LockId::new(2)], terms(LockKind::Pledge, 1));
    }

    #[test]
    fn a8_only_available_units_are_locked() {
        let mut market = trading();
        accept(&mut market, party(OPERATOR), ask(terms(LockKind::Freeze, 999_999)));
        let reject = refuse(&mut market, party(OPERATOR), ask(terms(LockKind::Pledge, 2)));
        assert_eq!(
            reject.to_string(),
            "party-7 needs 2.00 units and has 1.00 available, 0.00 on offer, 0.00 pledged, \
             999999.00 frozen"
        );
        let none = LockUnits { party: CAROL, ..terms(LockKind::Freeze, 1) };
        assert_eq!(refuse(&mut market, party(OPERATOR), ask(none)).name(), "UNITS_NOT_AVAILABLE");
        let reject = refuse(&mut market, party(OPERATOR), ask(terms(LockKind::Freeze, 0)));
        assert_eq!(reject, Reject::NoUnits {});
    }

    #[test]
    fn a_pledge_has_a_lender_and_a_freeze_has_none() {
        let mut market = trading();
        let mut refused = |terms| refuse(&mut market, party(OPERATOR), ask(terms));
        let inconsistent = Reject::Inconsistent { field: Field::Pledgee };
        let pledge = || terms(LockKind::Pledge, 1);
        assert_eq!(refused(LockUnits { pledgee: None, ..pledge() }), inconsistent);
        assert_eq!(refused(LockUnits { kind: LockKind::Freeze, ..pledge() }), inconsistent);
        let reject = refused(LockUnits { pledgee: Some(BOB), ..pledge() });
        assert_eq!(reject.to_string(), "party-8 is lp; it takes a lender");
        let nobody = PartyId::new(99);
        let not_found = Reject::PartyNotFound { party: nobody };
        assert_eq!(refused(LockUnits { pledgee: Some(nobody), ..pledge() }), not_found);
        assert_eq!(refused(LockUnits { party: nobody, ..pledge() }), not_found);
        let fund = FundId::new(9);
        assert_eq!(refused(LockUnits { fund, ..pledge() }), Reject::FundNotFound { fund });
        let bare = LockUnits { evidence: String::new(), ..pledge() };
        assert_eq!(refused(bare).name(), "BAD_TEXT");
    }

    #[test]
    fn locks_are_limited() {
        let mut market = trading();
        let small = LockUnits { evidence: String::new(), ..terms(LockKind::Freeze, 0) };
        market.locks =
            (0..).map(LockId::new).take(LOCKS_MAX).map(|lock| (lock, small.clone())).collect();
        let context = Context { at: soon(&market), caller: party(OPERATOR) };
        let command = ask(terms(LockKind::Freeze, 1));
        let reject = market.decide(context, &command, &mut Vec::new()).unwrap_err();
        assert_eq!(reject, Reject::RegistryFull { field: Field::Locks, limit: 1_000_000 });
    }
}
