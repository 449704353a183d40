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
