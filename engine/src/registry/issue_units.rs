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
    let holding = market.register.holding(party, fund);
    holders::holder_cap_after(market, fund, holders::joining(record, holding.total()), 0)?;
    let fits = |total: Units| total.e2() <= UNITS_E2_MAX;
    if !issued.checked_add(units).is_some_and(fits) {
        return Err(Reject::BalanceTooLarge { party });
    }
    // From here on the answer is yes.
    events.push(Event::UnitsIssued(Box::new(UnitsIssued {
        fund,
        party,
        units,
        before: holding.available,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, CAROL, DAVE, FUND, LENDER, MANAGER, MEMBER, OPERATOR, accept, fund, issue, party,
        refuse, register_fund, trading, units, with_parties,
    };
    use crate::registry::fund::FundDetails;

    fn ask(fund: FundId, party: PartyId, units: Units) -> Command {
        let evidence = "认购协议".to_owned();
        Command::IssueUnits(Box::new(IssueUnits { fund, party, units, evidence }))
    }

    #[test]
    fn e5_the_fund_and_the_holding_grow_by_the_same_units() {
        let mut market = trading();
        let events = accept(&mut market, party(OPERATOR), ask(FUND, ALICE, Units::from_e2(1)));
        let evidence = "认购协议".to_owned();
        let (party, units, before) = (ALICE, Units::from_e2(1), units(1_000_000));
        let fact = UnitsIssued { fund: FUND, party, units, before, evidence };
        assert_eq!(events, [Event::UnitsIssued(Box::new(fact))]);
        assert_eq!(market.fund(FUND).unwrap().issued.to_string(), "2000000.01");
        assert_eq!(market.register.holding(ALICE, FUND).available.to_string(), "1000000.01");
    }

    #[test]
    fn a3_a_product_counts_as_the_investors_behind_it() {
        let mut market = trading();
        issue(&mut market, FUND, CAROL, units(1));
        assert_eq!(market.fund(FUND).unwrap().holders, 5);
        issue(&mut market, FUND, CAROL, units(1));
        assert_eq!(market.fund(FUND).unwrap().holders, 5);
        issue(&mut market, FUND, MANAGER, units(1));
        assert_eq!(market.fund(FUND).unwrap().holders, 6);
    }

    #[test]
    fn a3_the_last_place_goes_to_one_who_counts_as_one() {
        let mut market = with_parties();
        register_fund(&mut market, FundDetails { holder_cap: Some(4), ..fund() });
        issue(&mut market, FUND, ALICE, units(1));
        issue(&mut market, FUND, DAVE, units(1));
        let reject = refuse(&mut market, party(OPERATOR), ask(FUND, CAROL, units(1)));
        assert_eq!(reject, Reject::HolderCap { fund: FUND, holders: 2, joins: 3, cap: 4 });
        market.fund_mut(FUND).details.holder_cap = Some(5);
        issue(&mut market, FUND, CAROL, units(1));
        let reject = refuse(&mut market, party(OPERATOR), ask(FUND, MANAGER, units(1)));
        assert_eq!(reject.name(), "HOLDER_CAP");
        issue(&mut market, FUND, ALICE, units(1));
    }

    #[test]
    fn units_are_issued_for_a_reason_to_investors_and_managers() {
        let mut market = trading();
        let bare =
            IssueUnits { fund: FUND, party: ALICE, units: units(1), evidence: String::new() };
        let bare = Command::IssueUnits(Box::new(bare));
        assert_eq!(refuse(&mut market, party(OPERATOR), bare).name(), "BAD_TEXT");
        let mut refused =
            |fund, who, units| refuse(&mut market, party(OPERATOR), ask(fund, who, units)).name();
        assert_eq!(refused(FUND, PartyId::new(99), units(1)), "PARTY_NOT_FOUND");
        assert_eq!(refused(FundId::new(9), ALICE, units(1)), "FUND_NOT_FOUND");
        for who in [OPERATOR, MEMBER, LENDER] {
            assert_eq!(refused(FUND, who, units(1)), "WRONG_ROLE");
        }
        assert_eq!(refused(FUND, ALICE, Units::ZERO), "NO_UNITS");
    }

    #[test]
    fn the_units_of_a_fund_are_limited() {
        let mut market = trading();
        let room = Units::from_e2(UNITS_E2_MAX).minus(units(2_000_000));
        let over = room.plus(Units::from_e2(1));
        for units in [over, Units::from_e2(u64::MAX)] {
            let reject = refuse(&mut market, party(OPERATOR), ask(FUND, ALICE, units));
            assert_eq!(reject, Reject::BalanceTooLarge { party: ALICE });
        }
        issue(&mut market, FUND, ALICE, room);
    }
}
