//! Setting the reference price of a fund (参考价), around which orders are admitted.

use minicbor::{Decode, Encode};

use crate::amount::Price;
use crate::check;
use crate::event::Event;
use crate::id::FundId;
use crate::market::{Context, Market};
use crate::policy::PRICE_E4_MAX;
use crate::registry::fund::Reference;
use crate::reject::Field;
use crate::reject::Reject;
use crate::time::Time;

/// Ask to set a reference price.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SetReference {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// Price.
    #[n(1)]
    pub price: Price,
    /// Where it comes from, 1 to 512 bytes.
    #[n(2)]
    pub source: String,
    /// Moment from which it is stale (rule G4).
    #[n(3)]
    pub valid_until: Time,
}

/// A fund has another reference price.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReferenceSet {
    /// As asked.
    #[n(0)]
    pub terms: SetReference,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &SetReference,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Source, &ask.source)?;
    check::range(Field::Price, ask.price.e4(), 0, PRICE_E4_MAX)?;
    let fund = market.fund(ask.fund)?;
    check::ahead(Field::Expires, ask.valid_until, context.at)?;
    check::in_ticks(&fund.details, ask.price)?;
    // From here on the answer is yes.
    events.push(Event::ReferenceSet(Box::new(ReferenceSet { terms: ask.clone() })));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &ReferenceSet) {
    let SetReference { fund, price, source, valid_until } = fact.terms.clone();
    let set_at = market.now;
    market.fund_mut(fund).reference = Some(Reference { price, source, valid_until, set_at });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{FUND, OPERATOR, accept, cents, opening, party, refuse, soon, trading};

    fn terms(price: Price) -> SetReference {
        let (source, valid_until) = ("估值报告".to_owned(), opening().plus_seconds(3_600));
        SetReference { fund: FUND, price, source, valid_until }
    }

    fn ask(terms: SetReference) -> Command {
        Command::SetReference(Box::new(terms))
    }

    #[test]
    fn g4_a_reference_says_where_it_comes_from_and_how_long_it_is_good() {
        let mut market = trading();
        accept(&mut market, party(OPERATOR), ask(terms(cents(100))));
        accept(&mut market, party(OPERATOR), ask(terms(cents(120))));
        let SetReference { price, source, valid_until, .. } = terms(cents(120));
        let reference = Reference { price, source, valid_until, set_at: market.now() };
        assert_eq!(market.fund(FUND).unwrap().reference, Some(reference));
    }

    #[test]
    fn a_reference_is_in_ticks_and_ahead() {
        let mut market = trading();
        let mut refused = |terms| refuse(&mut market, party(OPERATOR), ask(terms));
        for price in [Price::from_e4(0), Price::from_e4(101)] {
            assert_eq!(refused(terms(price)), Reject::NotInTicks { price, tick: cents(1) });
        }
        let dear = Price::from_e4(PRICE_E4_MAX + 100);
        assert_eq!(refused(terms(dear)).name(), "OUT_OF_RANGE");
        let bare = SetReference { source: String::new(), ..terms(cents(1)) };
        assert_eq!(refused(bare).name(), "BAD_TEXT");
        let fund = FundId::new(9);
        let unknown = SetReference { fund, ..terms(cents(1)) };
        assert_eq!(refused(unknown), Reject::FundNotFound { fund });
        let now = soon(&market);
        let stale = SetReference { valid_until: now, ..terms(cents(1)) };
        let reject = refuse(&mut market, party(OPERATOR), ask(stale));
        assert_eq!(reject.name(), "NOT_IN_THE_FUTURE");
    }
}
