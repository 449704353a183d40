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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        FUND, OPERATOR, accept, accept_at, date, party, refuse, refuse_at, trading,
    };

    fn ask(fund: FundId, until: &str) -> Command {
        Command::ExtendTerm(ExtendTerm { fund, until: date(until) })
    }

    #[test]
    fn an_extension_ends_later_and_is_remembered() {
        let mut market = trading();
        accept(&mut market, party(OPERATOR), ask(FUND, "2031-12-31"));
        accept(&mut market, party(OPERATOR), ask(FUND, "2032-06-30"));
        let fund = market.fund(FUND).unwrap();
        assert_eq!(fund.details.term_ends, date("2032-06-30"));
        assert_eq!(fund.extensions, [date("2030-12-31"), date("2031-12-31")]);
    }

    #[test]
    fn a_term_is_not_extended_to_what_it_is_or_to_the_past() {
        let mut market = trading();
        let reject = refuse(&mut market, party(OPERATOR), ask(FUND, "2030-12-31"));
        let term_ends = date("2030-12-31");
        assert_eq!(reject, Reject::TermNotExtended { until: term_ends, term_ends });
        let reject = refuse(&mut market, party(OPERATOR), ask(FundId::new(9), "2031-12-31"));
        assert_eq!(reject, Reject::FundNotFound { fund: FundId::new(9) });
        let later = date("2031-06-01").at_minute(0, 480);
        let reject = refuse_at(&mut market, later, party(OPERATOR), ask(FUND, "2031-05-31"));
        assert_eq!(reject.name(), "NOT_IN_THE_FUTURE");
        accept_at(&mut market, later.next(), party(OPERATOR), ask(FUND, "2031-06-01"));
    }

    #[test]
    fn extensions_are_limited() {
        let mut market = trading();
        market.fund_mut(FUND).extensions = vec![date("2026-01-01"); EXTENSIONS_MAX];
        let reject = refuse(&mut market, party(OPERATOR), ask(FUND, "2031-12-31"));
        assert_eq!(reject, Reject::RegistryFull { field: Field::Extensions, limit: 64 });
    }
}
