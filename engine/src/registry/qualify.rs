//! Recording that a party is a qualified investor (合格投资者认定), rule A4.

use minicbor::{Decode, Encode};

use crate::amount::Money;
use crate::check;
use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::policy::{InvestorRules, Permission};
use crate::registry::party::Qualification;
use crate::registry::party::{Party, PartyForm};
use crate::reject::Reject;
use crate::reject::{Field, Shortfall};
use crate::time::Date;

/// Ask to record a qualification; it replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Qualify {
    /// Who is qualified.
    #[n(0)]
    pub party: PartyId,
    /// The evidence.
    #[n(1)]
    pub qualification: Qualification,
}

/// A qualification is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Qualified {
    /// Who is qualified.
    #[n(0)]
    pub party: PartyId,
    /// The evidence.
    #[n(1)]
    pub qualification: Qualification,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &Qualify,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let Qualification { certifier, net_assets, financial_assets, income, .. } = &ask.qualification;
    check::text(Field::Certifier, certifier)?;
    for amount in [net_assets, financial_assets, income] {
        check::cash(Field::Amount, *amount, Money::ZERO)?;
    }
    market.party(ask.party)?.check_investor(ask.party)?;
    check::not_past(market, Field::Expires, ask.qualification.expires, context.at)?;
    // From here on the answer is yes.
    let (party, qualification) = (ask.party, ask.qualification.clone());
    events.push(Event::Qualified(Box::new(Qualified { party, qualification })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &Qualified) {
    market.party_mut(fact.party).qualification = Some(fact.qualification.clone());
}

/// A4: what `party` lacks on `today` to be a qualified investor under `rules`.
///
/// A product is measured as an institution. A person has the assets or the income.
pub(crate) fn shortfall(party: &Party, rules: &InvestorRules, today: Date) -> Option<Shortfall> {
    let form = party.details.form;
    if form == PartyForm::Person && rules.natural_persons == Permission::Forbidden {
        return Some(Shortfall::PersonsExcluded);
    }
    let Some(qualification) = &party.qualification else {
        return Some(Shortfall::NotCertified);
    };
    if qualification.expires < today {
        return Some(Shortfall::Expired(qualification.expires));
    }
    let assets = qualification.financial_assets;
    match form {
        PartyForm::Person => {
            let least = rules.person_financial_assets_min;
            let enough = least <= assets || rules.person_income_min <= qualification.income;
            (!enough).then_some(Shortfall::FinancialAssetsBelow(least))
        }
        PartyForm::Institution | PartyForm::Product => {
            if qualification.net_assets < rules.entity_net_assets_min {
                return Some(Shortfall::NetAssetsBelow(rules.entity_net_assets_min));
            }
            let least = rules.entity_financial_assets_min;
            (assets < least).then_some(Shortfall::FinancialAssetsBelow(least))
        }
    }
}
