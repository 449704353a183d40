//! Registering a fund (基金登记). Its order book opens with it.

use minicbor::{Decode, Encode};

use crate::access::Requirement;
use crate::amount::Units;
use crate::check;
use crate::event::Event;
use crate::id::FundId;
use crate::market::{Context, Market};
use crate::policy::{CASH_MAX, FUNDS_MAX, PRICE_E4_MAX, UNITS_E2_MAX};
use crate::registry::fund::FundDetails;
use crate::registry::fund::{Fund, TradingState};
use crate::registry::party::Role;
use crate::reject::Field;
use crate::reject::Reject;

/// Ask to register a fund.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RegisterFund {
    /// What it is.
    #[n(0)]
    pub details: FundDetails,
}

/// A fund is registered and its book is open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FundRegistered {
    /// Its id, the next one.
    #[n(0)]
    pub fund: FundId,
    /// What it is.
    #[n(1)]
    pub details: FundDetails,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &RegisterFund,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let details = &ask.details;
    check_details(details)?;
    let manager = market.party(details.manager)?;
    let pack = &market.segment(details.segment)?.pack;
    if let Some(agreed) = details.holder_cap {
        let law = details.legal_form.holder_cap(&pack.holder_caps);
        check::range(Field::HolderCap, agreed.into(), 1, law.into())?;
    }
    if let Some(taken) = market.fund_codes.get(&details.code) {
        return Err(Reject::CodeTaken { number: taken.number().into() });
    }
    let manages = manager.details.role == Role::Manager;
    manager.check_role(details.manager, manages, Requirement::Manager)?;
    check::room(Field::Funds, market.funds.len(), FUNDS_MAX)?;
    check_exact(details)?;
    if pack.province.as_ref().is_some_and(|province| *province != details.province) {
        return Err(Reject::ProvinceNotAdmitted {});
    }
    check::not_past(market, Field::TermEnds, details.term_ends, context.at)?;
    // From here on the answer is yes.
    let (fund, details) = (next(market), details.clone());
    events.push(Event::FundRegistered(Box::new(FundRegistered { fund, details })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &FundRegistered) {
    assert!(fact.fund == next(market), "fund ids are dense");
    let before = market.fund_codes.insert(fact.details.code.clone(), fact.fund);
    assert!(before.is_none(), "a code names one fund");
    market.funds.push(Fund {
        details: fact.details.clone(),
        issued: Units::ZERO,
        holders: 0,
        state: TradingState::Open,
        extensions: Vec::new(),
        reference: None,
        last_price: None,
        orders_open: 0,
    });
    market.orders.open_book(fact.fund);
}

fn check_details(details: &FundDetails) -> Result<(), Reject> {
    check::code(Field::Code, &details.code)?;
    check::text(Field::Name, &details.name)?;
    check::code(Field::Province, &details.province)?;
    check::range(Field::Tick, details.tick.e4(), 1, PRICE_E4_MAX)?;
    check::range(Field::Lot, details.lot.e2(), 1, UNITS_E2_MAX)?;
    check::range(Field::MinimumTicket, details.minimum_ticket.e2(), 0, UNITS_E2_MAX)?;
    check::currency(details.currency)?;
    if check::in_lots(details, details.minimum_ticket).is_err() {
        return Err(Reject::Inconsistent { field: Field::MinimumTicket });
    }
    Ok(())
}

/// A lot at one tick is a whole number of fen, and not more cash than the ledger takes.
fn check_exact(details: &FundDetails) -> Result<(), Reject> {
    let FundDetails { tick, lot, .. } = *details;
    match tick.times(lot) {
        Some(cash) if cash <= CASH_MAX => Ok(()),
        Some(_) | None => Err(Reject::TickNotWholeFen { tick, lot }),
    }
}

fn next(market: &Market) -> FundId {
    FundId::new(u32::try_from(market.funds.len()).expect("at most FUNDS_MAX"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Price;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, FUND, OPERATOR, REGIONAL, fund, party, refuse, regional_fund, register_fund, soon,
        today, trading, units, with_parties,
    };
    use crate::id::{PartyId, SegmentId};
    use crate::registry::fund::Currency;

    fn ask(details: FundDetails) -> Command {
        Command::RegisterFund(Box::new(RegisterFund { details }))
    }

    fn refused(change: impl FnOnce(&mut FundDetails)) -> Reject {
        let mut changed = fund();
        change(&mut changed);
        refuse(&mut with_parties(), party(OPERATOR), ask(changed))
    }

    #[test]
    fn a_fund_registers_open_and_empty() {
        let mut market = with_parties();
        let lasting = FundDetails { term_ends: today(), holder_cap: Some(50), ..fund() };
        assert_eq!(register_fund(&mut market, lasting.clone()), FUND);
        let record = market.fund(FUND).unwrap();
        assert_eq!((&record.details, record.state), (&lasting, TradingState::Open));
        assert_eq!((record.issued, record.holders), (Units::ZERO, 0));
        assert_eq!(market.fund_codes["SZ-001"], FUND);
    }

    #[test]
    fn a_fund_that_does_not_make_sense_is_refused() {
        assert_eq!(refused(|fund| fund.code.clear()).name(), "BAD_TEXT");
        assert_eq!(refused(|fund| fund.name.clear()).name(), "BAD_TEXT");
        assert_eq!(refused(|fund| fund.province.clear()).name(), "BAD_TEXT");
        assert_eq!(refused(|fund| fund.tick = Price::from_e4(0)).name(), "OUT_OF_RANGE");
        let dear = Price::from_e4(PRICE_E4_MAX + 1);
        assert_eq!(refused(|fund| fund.tick = dear).name(), "OUT_OF_RANGE");
        assert_eq!(refused(|fund| fund.lot = Units::ZERO).name(), "OUT_OF_RANGE");
        let many = Units::from_e2(UNITS_E2_MAX + 1);
        assert_eq!(refused(|fund| fund.lot = many).name(), "OUT_OF_RANGE");
        assert_eq!(refused(|fund| fund.minimum_ticket = many).name(), "OUT_OF_RANGE");
        let part = refused(|fund| (fund.lot, fund.minimum_ticket) = (units(10), units(15)));
        assert_eq!(part, Reject::Inconsistent { field: Field::MinimumTicket });
        let unsound = minicbor::decode::<Currency>(&[0x43, b'c', b'n', b'y']).unwrap();
        assert_eq!(refused(|fund| fund.currency = unsound), Reject::BadCurrency {});
        let past = refused(|fund| fund.term_ends = today().previous());
        assert_eq!(past.name(), "NOT_IN_THE_FUTURE");
    }

    #[test]
    fn a_lot_at_one_tick_is_whole_fen() {
        let (tick, lot) = (Price::from_e4(1), units(1));
        let reject = refused(|fund| fund.tick = tick);
        assert_eq!(reject, Reject::TickNotWholeFen { tick, lot });
        let huge = Units::from_e2(UNITS_E2_MAX);
        let (tick, lot) = (Price::from_e4(PRICE_E4_MAX), huge);
        let reject = refused(|fund| (fund.tick, fund.lot, fund.minimum_ticket) = (tick, lot, lot));
        assert_eq!(reject, Reject::TickNotWholeFen { tick, lot });
        let exact = FundDetails { tick: Price::from_e4(1), lot: units(100), ..fund() };
        let exact = FundDetails { minimum_ticket: Units::ZERO, ..exact };
        register_fund(&mut with_parties(), exact);
    }

    #[test]
    fn a_fund_has_a_manager_a_segment_and_a_code_of_its_own() {
        let nobody = PartyId::new(99);
        let reject = refused(|fund| fund.manager = nobody);
        assert_eq!(reject, Reject::PartyNotFound { party: nobody });
        assert_eq!(refused(|fund| fund.manager = ALICE).name(), "WRONG_ROLE");
        let segment = SegmentId::new(9);
        let reject = refused(|fund| fund.segment = segment);
        assert_eq!(reject, Reject::SegmentNotFound { segment });
        let reject = refuse(&mut trading(), party(OPERATOR), ask(regional_fund()));
        assert_eq!(reject, Reject::CodeTaken { number: 1 });
    }

    #[test]
    fn a3_an_agreement_does_not_raise_the_cap_of_the_law() {
        let reject = refused(|fund| fund.holder_cap = Some(51));
        assert_eq!(reject.to_string(), "holder_cap is 51; it takes 1 to 50");
        assert_eq!(refused(|fund| fund.holder_cap = Some(0)).name(), "OUT_OF_RANGE");
        let stock = FundDetails { holder_cap: Some(200), ..fund() };
        let stock =
            FundDetails { legal_form: crate::registry::fund::LegalForm::JointStock, ..stock };
        register_fund(&mut with_parties(), stock);
    }

    #[test]
    fn a6_a_regional_segment_admits_funds_of_its_province() {
        let elsewhere = || "ZJ".to_owned();
        let reject = refused(|fund| (fund.segment, fund.province) = (REGIONAL, elsewhere()));
        assert_eq!(reject, Reject::ProvinceNotAdmitted {});
        register_fund(&mut with_parties(), FundDetails { province: elsewhere(), ..fund() });
    }

    #[test]
    fn funds_are_limited() {
        let mut market = trading();
        market.funds.resize(FUNDS_MAX, market.funds[0].clone());
        let context = Context { at: soon(&market), caller: party(OPERATOR) };
        let command = ask(FundDetails { code: "NEW".to_owned(), ..fund() });
        let reject = market.decide(context, &command, &mut Vec::new()).unwrap_err();
        assert_eq!(reject, Reject::RegistryFull { field: Field::Funds, limit: 1_000_000 });
    }
}
