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
