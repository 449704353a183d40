//! Extending the term of a fund (展期).

use minicbor::{Decode, Encode};

use crate::check;
use crate::event::Event;
use crate::id::FundId;
use crate::market::{Context, Market};
use crate::policy::EXTENSIONS_MAX;
use crate::reject::Field;
use crate::reject::Reject;
use crate::time::Date;

/// Ask to extend the term of a fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ExtendTerm {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// New last day of the term, later than the one before.
    #[n(1)]
    pub until: Date,
}

/// The term of a fund is extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TermExtended {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// New last day of the term.
    #[n(1)]
    pub until: Date,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &ExtendTerm,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let fund = market.fund(ask.fund)?;
    check::room(Field::Extensions, fund.extensions.len(), EXTENSIONS_MAX)?;
    let (until, term_ends) = (ask.until, fund.details.term_ends);
    if until <= term_ends {
        return Err(Reject::TermNotExtended { until, term_ends });
    }
    check::not_past(market, Field::TermEnds, until, context.at)?;
    // From here on the answer is yes.
    events.push(Event::TermExtended(TermExtended { fund: ask.fund, until }));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &TermExtended) {
    let fund = market.fund_mut(fact.fund);
    let before = std::mem::replace(&mut fund.details.term_ends, fact.until);
    assert!(before < fact.until, "an extension ends later");
    fund.extensions.push(before);
}
