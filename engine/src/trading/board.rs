//! The intention board (意向板): who would buy or sell, bound to nothing.
//!
//! Where the law forbids continuous trading (A1), the two-sided book is this board. It holds no
//! units and no cash, it matches nothing, and it suggests counterparties who then negotiate.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::amount::Money;
use crate::amount::{Price, Units};
use crate::check;
use crate::command::CommandKind;
use crate::deadline::Due;
use crate::event::Event;
use crate::id::{FundId, IntentionId, PartyId};
use crate::market::{Context, Market};
use crate::policy::{CASH_MAX, DAY_SECONDS, INTENTIONS_MAX, SUGGESTIONS_MAX, SUGGESTIONS_SEEN_MAX};
use crate::registry::fund::FundDetails;
use crate::registry::party::{Party, PartyStatus};
use crate::registry::qualify;
use crate::reject::Field;
use crate::reject::Reject;
use crate::time::Time;
use crate::trading::set_trading_state::trading_level;
use crate::trading::side::Side;

/// Ask to put an intention on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PostIntention {
    /// Whose.
    #[n(0)]
    pub party: PartyId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// Which way.
    #[n(2)]
    pub side: Side,
    /// Price it has in mind, a whole number of ticks.
    #[n(3)]
    pub price: Price,
    /// Units it has in mind, a whole number of lots.
    #[n(4)]
    pub units: Units,
    /// Moment at which it leaves the board.
    #[n(5)]
    pub expires: Time,
}

/// Ask to take an intention off the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WithdrawIntention {
    /// The intention.
    #[n(0)]
    pub intention: IntentionId,
}

/// An intention is on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IntentionPosted {
    /// Its id, the next one.
    #[n(0)]
    pub intention: IntentionId,
    /// As asked.
    #[n(1)]
    pub terms: PostIntention,
}

/// Two intentions would suit each other; both parties are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CounterpartySuggested {
    /// The newer intention.
    #[n(0)]
    pub intention: IntentionId,
    /// The one that stood.
    #[n(1)]
    pub counterparty: IntentionId,
}

/// An intention is off the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IntentionClosed {
    /// The intention.
    #[n(0)]
    pub intention: IntentionId,
    /// Why.
    #[n(1)]
    pub end: IntentionEnd,
}

/// Why an intention left the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum IntentionEnd {
    /// Its owner, or the venue for it, withdrew it.
    #[n(0)]
    Withdrawn,
    /// Its time was over.
    #[n(1)]
    Expired,
}

/// Open intentions, best price first and then oldest. Derived from the intentions themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Board(BTreeSet<Place>);

/// Where an intention stands: fund, side, price with the best lowest, age.
type Place = (FundId, Side, u64, IntentionId);

impl Board {
    /// The board of these intentions.
    pub(crate) fn from_intentions(open: &BTreeMap<IntentionId, PostIntention>) -> Self {
        Self(open.iter().map(|(intention, terms)| place(*intention, terms)).collect())
    }

    fn put(&mut self, intention: IntentionId, terms: &PostIntention) {
        let new = self.0.insert(place(intention, terms));
        assert!(new, "an intention is put on the board once");
    }

    fn take(&mut self, intention: IntentionId, terms: &PostIntention) {
        let stood = self.0.remove(&place(intention, terms));
        assert!(stood, "an intention that leaves the board stood on it");
    }

    /// Intentions that `terms` could meet at its price, best first.
    fn meeting(&self, terms: &PostIntention) -> impl Iterator<Item = IntentionId> {
        let side = terms.side.opposite();
        let first = (terms.fund, side, 0, IntentionId::new(0));
        let last = (terms.fund, side, rank(side, terms.price), IntentionId::new(u64::MAX));
        self.0.range(first..=last).map(|(_, _, _, intention)| *intention)
    }
}

fn place(intention: IntentionId, terms: &PostIntention) -> Place {
    (terms.fund, terms.side, rank(terms.side, terms.price), intention)
}

/// A seller's best price is the lowest, a buyer's the highest.
fn rank(side: Side, price: Price) -> u64 {
    match side {
        Side::Sell => price.e4(),
        Side::Buy => u64::MAX.saturating_sub(price.e4()),
    }
}

pub(crate) fn decide_post(
    market: &Market,
    context: Context,
    ask: &PostIntention,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    market.admit_for(context.caller, CommandKind::PostIntention, ask.party)?;
    let party = market.party(ask.party)?;
    let fund = &market.fund(ask.fund)?.details;
    party.check_investor(ask.party)?;
    check::room(Field::Intentions, market.intentions.len(), INTENTIONS_MAX)?;
    if party.status == PartyStatus::Suspended {
        return Err(Reject::PartySuspended { party: ask.party });
    }
    trading_level(market, ask.fund)?;
    let today = market.date(context.at);
    if fund.term_ends < today {
        return Err(Reject::TermEnded { fund: ask.fund, term_ends: fund.term_ends });
    }
    check_size(fund, ask)?;
    let pack = &market.segment(fund.segment)?.pack;
    let days = u64::from(pack.limits.intention_days_max);
    let (expires, now) = (ask.expires, context.at);
    let latest = now.plus_seconds(days.saturating_mul(DAY_SECONDS));
    if expires <= now || latest < expires {
        return Err(Reject::ExpiryOutOfRange { expires, now, latest });
    }
    match ask.side {
        Side::Buy => {
            if let Some(shortfall) = qualify::shortfall(party, &pack.investors, today) {
                return Err(Reject::NotQualified { party: ask.party, shortfall });
            }
        }
        Side::Sell => market.register.holding(ask.party, ask.fund).check_available(ask.units)?,
    }
    let limit = pack.limits.intentions_per_party_max;
    if limit <= party.intentions_open {
        return Err(Reject::TooManyIntentions { party: ask.party, limit });
    }
    // From here on the answer is yes.
    let intention = IntentionId::new(market.intentions_count);
    events.push(Event::IntentionPosted(IntentionPosted { intention, terms: *ask }));
    suggest(market, party, intention, ask, events);
    Ok(())
}

pub(crate) fn decide_withdraw(
    market: &Market,
    context: Context,
    ask: &WithdrawIntention,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let intention = ask.intention;
    let terms = market.intentions.get(&intention);
    // Whether an intention of others stands, is theirs to tell.
    let own = |terms: &&PostIntention| {
        market.acts_for(context.caller, CommandKind::WithdrawIntention, terms.party)
    };
    terms.filter(own).ok_or(Reject::IntentionNotOpen { intention })?;
    // From here on the answer is yes.
    let end = IntentionEnd::Withdrawn;
    events.push(Event::IntentionClosed(IntentionClosed { intention, end }));
    Ok(())
}

pub(crate) fn apply_posted(market: &mut Market, fact: &IntentionPosted) {
    assert!(fact.intention.number() == market.intentions_count, "intention ids are dense");
    market.intentions_count = market.intentions_count.checked_add(1).expect("fewer than 2^64");
    let party = market.party_mut(fact.terms.party);
    party.intentions_open = party.intentions_open.checked_add(1).expect("at most the pack's");
    market.deadlines.set(fact.terms.expires, Due::Intention(fact.intention));
    market.board.put(fact.intention, &fact.terms);
    market.intentions.insert(fact.intention, fact.terms);
}

pub(crate) fn apply_closed(market: &mut Market, fact: &IntentionClosed) {
    let terms = market.intentions.remove(&fact.intention).expect("an intention that ends stood");
    market.board.take(fact.intention, &terms);
    market.deadlines.clear(terms.expires, Due::Intention(fact.intention));
    let party = market.party_mut(terms.party);
    party.intentions_open = party.intentions_open.checked_sub(1).expect("what ends was counted");
}

/// Ticks, lots, and no more cash than an order could be worth.
fn check_size(fund: &FundDetails, ask: &PostIntention) -> Result<(), Reject> {
    check::some_units(ask.units)?;
    check::in_ticks(fund, ask.price)?;
    check::in_lots(fund, ask.units)?;
    let fits = |cash: Money| cash <= CASH_MAX;
    let lots = ask.units.e2().checked_div(fund.lot.e2()).unwrap_or(u64::MAX);
    if u32::try_from(lots).is_ok() && ask.price.times(ask.units).is_some_and(fits) {
        return Ok(());
    }
    Err(Reject::OrderTooLarge { cash_max: CASH_MAX })
}

/// Names the best intentions of the other side whose owners may deal with this one's.
///
/// Only the owner's own group can make the search pass over more than it names, and it looks at no
/// more than [`SUGGESTIONS_SEEN_MAX`].
fn suggest(
    market: &Market,
    party: &Party,
    intention: IntentionId,
    terms: &PostIntention,
    events: &mut Vec<Event>,
) {
    let may_deal = |counterparty: &IntentionId| {
        let owner = market.intentions.get(counterparty).map(|other| other.party);
        let owner = owner.and_then(|owner| market.party(owner).ok());
        owner.is_some_and(|owner| owner.group != party.group && owner.status == PartyStatus::Active)
    };
    let seen = market.board.meeting(terms).take(SUGGESTIONS_SEEN_MAX);
    for counterparty in seen.filter(may_deal).take(SUGGESTIONS_MAX) {
        let suggested = CounterpartySuggested { intention, counterparty };
        events.push(Event::CounterpartySuggested(suggested));
    }
}
