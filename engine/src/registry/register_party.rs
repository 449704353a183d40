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
    if let Some(member) = details.member {
        let record = market.party(member)?;
        let fits = record.details.role == Role::Member;
        record.check_role(member, fits, Requirement::Member)?;
    }
    if let Some(taken) = market.party_codes.get(&details.code) {
        return Err(Reject::CodeTaken { number: taken.number().into() });
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
