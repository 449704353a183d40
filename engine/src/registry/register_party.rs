//! Registering a party (主体登记).

use minicbor::{Decode, Encode};

use crate::access::Requirement;
use crate::check;
use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::policy::{LOOK_THROUGH_MAX, PARTIES_MAX, TIERS_MAX};
use crate::registry::party::PartyDetails;
use crate::registry::party::{Party, PartyForm, PartyStatus, Role};
use crate::reject::Field;
use crate::reject::Reject;

/// Ask to register a party.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RegisterParty {
    /// Who it is.
    #[n(0)]
    pub details: PartyDetails,
}

/// A party is registered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartyRegistered {
    /// Its id, the next one.
    #[n(0)]
    pub party: PartyId,
    /// Who it is.
    #[n(1)]
    pub details: PartyDetails,
}

pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &RegisterParty,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let details = &ask.details;
    check_details(details)?;
    let member = match details.member {
        Some(member) => Some((member, market.party(member)?)),
        None => None,
    };
    if let Some(taken) = market.party_codes.get(&details.code) {
        return Err(Reject::CodeTaken { number: taken.number().into() });
    }
    if let Some((member, record)) = member {
        let fits = record.details.role == Role::Member;
        record.check_role(member, fits, Requirement::Member)?;
    }
    check::room(Field::Parties, market.parties.len(), PARTIES_MAX)?;
    check_group(market)?;
    // From here on the answer is yes.
    let (party, details) = (next(market), details.clone());
    events.push(Event::PartyRegistered(Box::new(PartyRegistered { party, details })));
    Ok(())
}

/// The party stands alone, in a group of its own.
pub(crate) fn apply(market: &mut Market, fact: &PartyRegistered) {
    assert!(fact.party == next(market), "party ids are dense");
    let before = market.party_codes.insert(fact.details.code.clone(), fact.party);
    assert!(before.is_none(), "a code names one party");
    market.parties.push(Party {
        details: fact.details.clone(),
        status: PartyStatus::Active,
        qualification: None,
        group: market.groups_count,
        orders_open: 0,
        intentions_open: 0,
    });
    market.groups_count = market.groups_count.checked_add(1).expect("decide left room");
}

/// There is room for one more group.
pub(crate) fn check_group(market: &Market) -> Result<(), Reject> {
    if market.groups_count == u32::MAX {
        return Err(Reject::RegistryFull { field: Field::Group, limit: u32::MAX.into() });
    }
    Ok(())
}

fn check_details(details: &PartyDetails) -> Result<(), Reject> {
    check::code(Field::Code, &details.code)?;
    check::text(Field::Name, &details.name)?;
    let counts_as = match details.form {
        PartyForm::Person | PartyForm::Institution => 1,
        PartyForm::Product => LOOK_THROUGH_MAX,
    };
    check::range(Field::LookThrough, details.look_through.into(), 1, counts_as.into())?;
    let tiers = check::wide(TIERS_MAX);
    check::range(Field::Tier, details.tier.into(), 0, tiers.saturating_sub(1))?;
    if details.role.is_staff() && details.member.is_some() {
        return Err(Reject::Inconsistent { field: Field::Member });
    }
    Ok(())
}

fn next(market: &Market) -> PartyId {
    PartyId::new(u32::try_from(market.parties.len()).expect("at most PARTIES_MAX"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, BOB, CAROL, MEMBER, OPERATOR, approve, details, party, refuse, register, soon,
        with_parties,
    };

    fn ask(details: PartyDetails) -> Command {
        Command::RegisterParty(Box::new(RegisterParty { details }))
    }

    fn refused(change: impl FnOnce(&mut PartyDetails)) -> Reject {
        let mut changed = details("NEW", Role::Lp);
        change(&mut changed);
        refuse(&mut with_parties(), party(OPERATOR), ask(changed))
    }

    #[test]
    fn a_party_registers_active_and_alone() {
        let mut market = with_parties();
        let new = register(&mut market, details("NEW", Role::Lender));
        let record = market.party(new).unwrap();
        assert_eq!((record.status, &record.qualification), (PartyStatus::Active, &None));
        let alone = market.parties.iter().filter(|other| other.group == record.group).count();
        assert_eq!(alone, 1);
        assert_eq!(market.party_codes["NEW"], new);
        assert_eq!(market.party(BOB).unwrap().details.member, Some(MEMBER));
    }

    #[test]
    fn a_party_of_the_venues_side_registers_when_a_supervisor_agrees() {
        let mut market = with_parties();
        approve(&mut market, ask(details("OPS-2", Role::Operator)));
        assert_eq!(market.role(market.party_codes["OPS-2"]), Ok(Role::Operator));
    }

    #[test]
    fn a3_only_a_product_counts_as_several_investors() {
        let product = PartyDetails {
            form: PartyForm::Product,
            look_through: LOOK_THROUGH_MAX,
            ..details("POOL", Role::SFund)
        };
        register(&mut with_parties(), product);
        for form in [PartyForm::Person, PartyForm::Institution] {
            let reject = refused(|details| (details.form, details.look_through) = (form, 2));
            assert_eq!(reject.to_string(), "look_through is 2; it takes 1 to 1");
        }
        let form = PartyForm::Product;
        let reject = refused(|details| (details.form, details.look_through) = (form, 0));
        assert_eq!(reject.to_string(), "look_through is 0; it takes 1 to 1000000");
    }

    #[test]
    fn a_party_that_does_not_make_sense_is_refused() {
        assert_eq!(refused(|details| details.code = "a b".to_owned()).name(), "BAD_TEXT");
        assert_eq!(refused(|details| details.name = "a\nb".to_owned()).name(), "BAD_TEXT");
        let reject = refused(|details| details.tier = 8);
        assert_eq!(reject.to_string(), "tier is 8; it takes 0 to 7");
        let reject = refused(|details| details.code = "CAROL".to_owned());
        assert_eq!(reject, Reject::CodeTaken { number: CAROL.number().into() });
    }

    #[test]
    fn a_member_acts_for_a_party_and_for_no_staff() {
        let nobody = PartyId::new(99);
        let reject = refused(|details| details.member = Some(nobody));
        assert_eq!(reject, Reject::PartyNotFound { party: nobody });
        let reject = refused(|details| details.member = Some(ALICE));
        assert_eq!(reject.to_string(), "party-7 is lp; it takes a member");
        let reject =
            refused(|details| (details.role, details.member) = (Role::Operator, Some(MEMBER)));
        assert_eq!(reject, Reject::Inconsistent { field: Field::Member });
    }

    #[test]
    fn parties_and_groups_are_limited() {
        let mut market = with_parties();
        market.groups_count = u32::MAX;
        let reject = refuse(&mut market, party(OPERATOR), ask(details("NEW", Role::Lp)));
        assert_eq!(reject, Reject::RegistryFull { field: Field::Group, limit: u32::MAX.into() });
        market.parties.resize(PARTIES_MAX, market.parties[0].clone());
        let context = Context { at: soon(&market), caller: party(OPERATOR) };
        let command = ask(details("NEW", Role::Lp));
        let reject = market.decide(context, &command, &mut Vec::new()).unwrap_err();
        assert_eq!(reject, Reject::RegistryFull { field: Field::Parties, limit: 1_000_000 });
    }
}
