//! Issuing units to a holder (份额发行、初始登记), rules A3, E4, E5.

use minicbor::{Decode, Encode};

use crate::access::Requirement;
use crate::amount::Units;
use crate::check;
use crate::event::Event;
use crate::id::{FundId, PartyId};
use crate::market::{Context, Market};
use crate::policy::UNITS_E2_MAX;
use crate::registry::holders;
use crate::registry::party::Role;
use crate::reject::Field;
use crate::reject::Reject;

/// Ask to issue units of a fund to a party.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IssueUnits {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// Who receives them.
    #[n(1)]
    pub party: PartyId,
    /// How many, a whole number of lots or not.
    #[n(2)]
    pub units: Units,
    /// What the register rests this on, 1 to 512 bytes.
    #[n(3)]
    pub evidence: String,
}

/// Units are issued: the fund's total and the holding grow by the same number.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnitsIssued {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// Who received them.
    #[n(1)]
    pub party: PartyId,
    /// How many.
    #[n(2)]
    pub units: Units,
    /// E5: units that the party had available before.
    #[n(3)]
    pub before: Units,
    /// What the register rests this on.
    #[n(4)]
    pub evidence: String,
}

pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &IssueUnits,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let (fund, party, units) = (ask.fund, ask.party, ask.units);
    check::text(Field::Evidence, &ask.evidence)?;
    let record = market.party(party)?;
    let issued = market.fund(fund)?.issued;
    let role = record.details.role;
    // A manager holds its own commitment to the fund (GP份额).
    let holds = role.is_investor() || role == Role::Manager;
    record.check_role(party, holds, Requirement::Investor)?;
    check::some_units(units)?;
    holders::holder_cap_after(market, fund, holders::joining(market, party, record, fund), 0)?;
    let fits = |total: Units| total.e2() <= UNITS_E2_MAX;
    if !issued.checked_add(units).is_some_and(fits) {
        return Err(Reject::BalanceTooLarge { party });
    }
    // From here on the answer is yes.
    events.push(Event::UnitsIssued(Box::new(UnitsIssued {
        fund,
        party,
        units,
        before: market.register.holding(party, fund).available,
        evidence: ask.evidence.clone(),
    })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &UnitsIssued) {
    let (fund, party) = (fact.fund, fact.party);
    let place = market.register.place(party, fund);
    let holding = market.register.at_mut(place);
    assert!(holding.available == fact.before, "E5: the register is as the entry says");
    let before = holding.total();
    holding.available = holding.available.plus(fact.units);
    let after = holding.total();
    let record = market.fund_mut(fund);
    record.issued = record.issued.plus(fact.units);
    holders::recount(market, party, fund, before, after);
}
