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

/// A4: refuses a buyer that is no qualified investor on `today` under `rules`.
///
/// # Errors
///
/// [`Reject::NotQualified`] with what it lacks.
#[inline]
pub fn check(id: PartyId, party: &Party, rules: &InvestorRules, today: Date) -> Result<(), Reject> {
    match shortfall(party, rules, today) {
        Some(shortfall) => Err(Reject::NotQualified { party: id, shortfall }),
        None => Ok(()),
    }
}

/// A4: what `party` lacks on `today` to be a qualified investor under `rules`.
///
/// A product is measured as an institution. A person has the assets or the income.
#[inline]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, BOB, CAROL, LENDER, MANAGER, OPERATOR, accept, date, licensed, party, qualification,
        refuse, regional, today, with_parties, yuan,
    };

    fn ask(party: PartyId, qualification: Qualification) -> Command {
        Command::Qualify(Box::new(Qualify { party, qualification }))
    }

    fn lacks(who: PartyId, change: impl FnOnce(&mut Party)) -> [Option<Shortfall>; 2] {
        let mut record = with_parties().party(who).unwrap().clone();
        change(&mut record);
        [licensed(), regional()].map(|pack| shortfall(&record, &pack.investors, today()))
    }

    fn change(record: &mut Party) -> &mut Qualification {
        record.qualification.as_mut().unwrap()
    }

    #[test]
    fn a4_a_new_qualification_replaces_the_one_before() {
        let mut market = with_parties();
        let newer = Qualification { expires: today(), ..qualification() };
        accept(&mut market, party(OPERATOR), ask(ALICE, newer.clone()));
        assert_eq!(market.party(ALICE).unwrap().qualification, Some(newer));
    }

    #[test]
    fn a4_a_qualification_has_a_certifier_amounts_and_a_future() {
        let mut market = with_parties();
        let mut refused = |party_of, changed| {
            refuse(&mut market, party(OPERATOR), ask(party_of, changed)).to_string()
        };
        let uncertified = Qualification { certifier: String::new(), ..qualification() };
        assert!(refused(ALICE, uncertified).starts_with("certifier has 0 bytes"));
        let negative = Qualification { income: Money::from_fen(-1), ..qualification() };
        assert!(refused(ALICE, negative).starts_with("amount is 18446744073709551615"));
        let past = Qualification { expires: today().previous(), ..qualification() };
        let reject = refused(ALICE, past);
        assert!(reject.starts_with("expires is 2026-11-23T16:00:00.000000Z; it must be after"));
        for other in [MANAGER, LENDER] {
            assert!(refused(other, qualification()).ends_with("it takes an lp or an s_fund"));
        }
        assert_eq!(refused(PartyId::new(99), qualification()), "there is no party-99");
    }

    #[test]
    fn a4_an_institution_has_net_assets_and_where_asked_financial_assets() {
        assert_eq!(lacks(ALICE, |_| {}), [None, None]);
        let poor = lacks(ALICE, |record| change(record).net_assets = yuan(9_999_999));
        let [licensed, regional] = [10_000_000, 20_000_000].map(yuan);
        let below = |least| Some(Shortfall::NetAssetsBelow(least));
        assert_eq!(poor, [below(licensed), below(regional)]);
        let exact = lacks(CAROL, |record| change(record).net_assets = yuan(20_000_000));
        assert_eq!(exact, [None, None]);
        let illiquid = lacks(CAROL, |record| change(record).financial_assets = Money::ZERO);
        assert_eq!(illiquid, [None, Some(Shortfall::FinancialAssetsBelow(yuan(10_000_000)))]);
    }

    #[test]
    fn a4_a_person_has_assets_or_income_where_persons_may_buy() {
        let excluded = Some(Shortfall::PersonsExcluded);
        assert_eq!(lacks(BOB, |_| {}), [None, excluded]);
        let earns = lacks(BOB, |record| change(record).financial_assets = Money::ZERO);
        assert_eq!(earns, [None, excluded]);
        let neither = lacks(BOB, |record| {
            (change(record).financial_assets, change(record).income) = (Money::ZERO, yuan(499_999));
        });
        let short = Shortfall::FinancialAssetsBelow(yuan(3_000_000));
        assert_eq!(neither, [Some(short), excluded]);
    }

    #[test]
    fn a4_a_certificate_is_good_to_the_end_of_its_last_day() {
        let none = lacks(ALICE, |record| record.qualification = None);
        assert_eq!(none, [Some(Shortfall::NotCertified); 2]);
        assert_eq!(lacks(ALICE, |record| change(record).expires = today()), [None, None]);
        let over = lacks(ALICE, |record| change(record).expires = date("2026-11-23"));
        assert_eq!(over, [Some(Shortfall::Expired(date("2026-11-23"))); 2]);
    }
}
