//! Call auctions for tests, over the venue of [`crate::fixture`].

use super::cancel_order::CancelCallOrder;
use super::place::PlaceCallOrder;
use super::schedule::ScheduleCall;
use super::{CallTerms, Repetition};
use crate::command::Command;
use crate::entry::Caller;
use crate::event::Event;
use crate::fixture::{FUND, OPERATOR, accept, accept_at, cents, date, party, trading, units};
use crate::id::{CallId, CallOrderId, PartyId};
use crate::market::Market;
use crate::time::Time;
use crate::trading::order::OrderPrice;
use crate::trading::set_reference::SetReference;
use crate::trading::side::Side;

/// The first call of a test.
pub(crate) const CALL: CallId = CallId::new(0);

/// A minute of the day on which the tests begin.
pub(crate) fn at(minute: u16) -> Time {
    on("2026-11-24", minute)
}

/// A minute of a day.
pub(crate) fn on(day: &str, minute: u16) -> Time {
    date(day).at_minute(minute, crate::fixture::OFFSET)
}

/// FUND is called from 10:00 until 15:00, once.
pub(crate) fn once() -> CallTerms {
    CallTerms { fund: FUND, opens: at(600), closes: at(900), repeats: None }
}

/// Daily until the end of the week.
pub(crate) fn daily() -> CallTerms {
    let repeats = Some(Repetition { trading_days: 1, until: date("2026-11-27") });
    CallTerms { repeats, ..once() }
}

pub(crate) const fn schedule(terms: CallTerms) -> Command {
    Command::ScheduleCall(ScheduleCall { terms })
}

/// A reference of FUND in hundredths of a yuan, good until this moment.
pub(crate) fn refer(market: &mut Market, price: u64, valid_until: Time) {
    let (fund, source) = (FUND, "估值报告".to_owned());
    let ask = SetReference { fund, price: cents(price), source, valid_until };
    accept(market, party(OPERATOR), Command::SetReference(Box::new(ask)));
}

/// A venue with a reference of 1.00 and a call of FUND on these terms, which is open.
pub(crate) fn called(terms: CallTerms) -> Market {
    let mut market = trading();
    refer(&mut market, 100, on("2026-12-31", 0));
    accept(&mut market, party(OPERATOR), schedule(terms));
    pass(&mut market, terms.opens);
    market
}

/// A limit order in the first call, priced in cents.
pub(crate) const fn limit(who: PartyId, side: Side, price: u64, whole: u64) -> PlaceCallOrder {
    let price = OrderPrice::Limit(cents(price));
    PlaceCallOrder { call: CALL, party: who, side, price, units: units(whole) }
}

/// A market order in the first call with a protection in cents.
pub(crate) const fn market_order(
    who: PartyId,
    side: Side,
    price: u64,
    whole: u64,
) -> PlaceCallOrder {
    let price = OrderPrice::Market(cents(price));
    PlaceCallOrder { price, ..limit(who, side, 1, whole) }
}

/// Places an order of its owner; its id.
#[track_caller]
pub(crate) fn place(market: &mut Market, ask: PlaceCallOrder) -> CallOrderId {
    let events = accept(market, party(ask.party), Command::PlaceCallOrder(ask));
    let [Event::CallOrderPlaced(placed)] = events[..] else { panic!("{events:?}") };
    placed.order
}

pub(crate) const fn cancel(order: CallOrderId) -> Command {
    Command::CancelCallOrder(CancelCallOrder { call: CALL, order })
}

/// Lets time pass until `until`, as the sequencer does: what happened by itself.
pub(crate) fn pass(market: &mut Market, until: Time) -> Vec<Event> {
    let mut happened = Vec::new();
    while let Some(due) = market.next_deadline().filter(|due| *due <= until) {
        let at = due.max(market.now().next());
        happened.extend(accept_at(market, at, Caller::Venue, Command::Advance));
        assert_eq!(market.check(), Ok(()));
    }
    // Nobody asks for anything at the moment itself.
    let at = until.max(market.now().next());
    happened.extend(accept_at(market, at, Caller::Venue, Command::Advance));
    happened
}
