//! Halting, resuming and closing trade in a fund, a segment or the venue (停牌、复牌、休市).
//!
//! A close cancels what is open, by a sweep. What trades is open on all three levels.

use minicbor::{Decode, Encode};

use crate::check;
use crate::event::Event;
use crate::id::{FundId, SegmentId};
use crate::market::{Context, Market};
use crate::registry::fund::TradingState;
use crate::reject::Reject;
use crate::reject::{Field, NotTradingLevel};
use crate::trading::order::Closing;
use crate::trading::sweep::{SweepScope, SweepStarted};

/// What is halted, resumed or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum TradingScope {
    /// One fund.
    #[n(0)]
    Fund(#[n(0)] FundId),
    /// One segment.
    #[n(1)]
    Segment(#[n(0)] SegmentId),
    /// Everything.
    #[n(2)]
    Venue,
}

/// Ask to halt, resume or close.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SetTradingState {
    /// What.
    #[n(0)]
    pub scope: TradingScope,
    /// The new state.
    #[n(1)]
    pub state: TradingState,
    /// Why, 1 to 512 bytes.
    #[n(2)]
    pub reason: String,
}

/// The trading state changed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TradingStateSet {
    /// Of what.
    #[n(0)]
    pub scope: TradingScope,
    /// The new state.
    #[n(1)]
    pub state: TradingState,
    /// Why.
    #[n(2)]
    pub reason: String,
}

pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &SetTradingState,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    check::text(Field::Reason, &ask.reason)?;
    let current = match ask.scope {
        TradingScope::Fund(fund) => market.fund(fund)?.state,
        TradingScope::Segment(segment) => market.segment(segment)?.state,
        TradingScope::Venue => market.open_venue().state,
    };
    if current == ask.state {
        return Err(Reject::NoChange { field: Field::TradingState });
    }
    // From here on the answer is yes.
    events.push(Event::TradingStateSet(Box::new(TradingStateSet {
        scope: ask.scope,
        state: ask.state,
        reason: ask.reason.clone(),
    })));
    if ask.state == TradingState::Closed && has_orders(market, ask.scope) {
        events.push(Event::SweepStarted(SweepStarted {
            sweep: market.sweeps_count,
            scope: match ask.scope {
                TradingScope::Fund(fund) => SweepScope::Fund(fund),
                TradingScope::Segment(segment) => SweepScope::Segment(segment),
                TradingScope::Venue => SweepScope::Venue,
            },
            reason: Closing::MarketClosed,
        }));
    }
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &TradingStateSet) {
    let state = match fact.scope {
        TradingScope::Fund(fund) => &mut market.fund_mut(fund).state,
        TradingScope::Segment(segment) => &mut market.segment_mut(segment).state,
        TradingScope::Venue => &mut market.venue.as_mut().expect("the venue is open").state,
    };
    assert!(*state != fact.state, "a state that is set is another one");
    *state = fact.state;
}

/// Whether `fund` trades: it, its segment and the venue are open. The widest stop is named.
pub(crate) fn trading_level(market: &Market, fund: FundId) -> Result<(), Reject> {
    let record = market.fund(fund)?;
    let segment = market.segment(record.details.segment)?;
    let levels = [
        (market.open_venue().state, NotTradingLevel::VenueHalted, NotTradingLevel::VenueClosed),
        (segment.state, NotTradingLevel::SegmentHalted, NotTradingLevel::SegmentClosed),
        (record.state, NotTradingLevel::FundHalted, NotTradingLevel::FundClosed),
    ];
    for (state, halted, closed) in levels {
        let level = match state {
            TradingState::Open => continue,
            TradingState::Halted => halted,
            TradingState::Closed => closed,
        };
        return Err(Reject::NotTrading { fund, level });
    }
    Ok(())
}

fn has_orders(market: &Market, scope: TradingScope) -> bool {
    match scope {
        TradingScope::Fund(fund) => market.fund(fund).is_ok_and(|fund| 0 < fund.orders_open),
        TradingScope::Segment(segment) => {
            let mut funds = market.funds.iter();
            funds.any(|fund| fund.details.segment == segment && 0 < fund.orders_open)
        }
        TradingScope::Venue => market.funds.iter().any(|fund| 0 < fund.orders_open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        FUND, LICENSED, OPERATOR, REGIONAL, REGIONAL_FUND, SUPERVISOR, accept, party, refuse, soon,
        trading,
    };

    use TradingScope::{Fund, Segment, Venue};
    use TradingState::{Closed, Halted, Open};

    fn ask(scope: TradingScope, state: TradingState) -> Command {
        let reason = "重大事项".to_owned();
        Command::SetTradingState(Box::new(SetTradingState { scope, state, reason }))
    }

    fn level(market: &Market, fund: FundId) -> Option<NotTradingLevel> {
        let reject = trading_level(market, fund).err()?;
        let Reject::NotTrading { level, .. } = reject else { panic!("{reject}") };
        Some(level)
    }

    #[test]
    fn a_fund_trades_while_it_its_segment_and_the_venue_are_open() {
        let mut market = trading();
        assert_eq!(level(&market, FUND), None);
        let levels = [
            (Fund(FUND), NotTradingLevel::FundHalted, NotTradingLevel::FundClosed),
            (Segment(LICENSED), NotTradingLevel::SegmentHalted, NotTradingLevel::SegmentClosed),
            (Venue, NotTradingLevel::VenueHalted, NotTradingLevel::VenueClosed),
        ];
        // The widest stop is named.
        for (scope, halted, closed) in levels {
            accept(&mut market, party(OPERATOR), ask(scope, Halted));
            assert_eq!(level(&market, FUND), Some(halted));
            accept(&mut market, party(SUPERVISOR), ask(scope, Closed));
            assert_eq!(level(&market, FUND), Some(closed));
        }
        assert_eq!(level(&market, REGIONAL_FUND), Some(NotTradingLevel::VenueClosed));
        for (scope, _, _) in levels {
            accept(&mut market, party(OPERATOR), ask(scope, Open));
        }
        assert_eq!((level(&market, FUND), level(&market, REGIONAL_FUND)), (None, None));
        let fund = FundId::new(9);
        assert_eq!(trading_level(&market, fund), Err(Reject::FundNotFound { fund }));
    }

    #[test]
    fn a_state_that_is_set_has_a_reason_a_scope_and_is_another_one() {
        let mut market = trading();
        let mut refused = |scope, state| refuse(&mut market, party(OPERATOR), ask(scope, state));
        for scope in [Fund(FUND), Segment(LICENSED), Venue] {
            assert_eq!(refused(scope, Open), Reject::NoChange { field: Field::TradingState });
        }
        let (fund, segment) = (FundId::new(9), SegmentId::new(9));
        assert_eq!(refused(Fund(fund), Halted), Reject::FundNotFound { fund });
        assert_eq!(refused(Segment(segment), Halted), Reject::SegmentNotFound { segment });
        let blank = SetTradingState { scope: Venue, state: Halted, reason: String::new() };
        let blank = Command::SetTradingState(Box::new(blank));
        assert_eq!(refuse(&mut market, party(OPERATOR), blank).name(), "BAD_TEXT");
    }

    #[test]
    fn a_close_sweeps_the_orders_that_are_open_in_it() {
        let mut market = trading();
        market.fund_mut(FUND).orders_open = 1;
        market.sweeps_count = 3;
        let context = Context { at: soon(&market), caller: party(SUPERVISOR) };
        let sweeps = |scope, state| {
            let mut events = Vec::new();
            market.decide(context, &ask(scope, state), &mut events).unwrap();
            let [Event::TradingStateSet(_), rest @ ..] = &events[..] else { panic!("{events:?}") };
            rest.to_vec()
        };
        let sweep = |scope| {
            let sweep = SweepStarted { sweep: 3, scope, reason: Closing::MarketClosed };
            vec![Event::SweepStarted(sweep)]
        };
        assert_eq!(sweeps(Fund(FUND), Closed), sweep(SweepScope::Fund(FUND)));
        assert_eq!(sweeps(Segment(LICENSED), Closed), sweep(SweepScope::Segment(LICENSED)));
        assert_eq!(sweeps(Venue, Closed), sweep(SweepScope::Venue));
        for (scope, state) in [
            (Fund(FUND), Halted),
            (Venue, Halted),
            (Fund(REGIONAL_FUND), Closed),
            (Segment(REGIONAL), Closed),
        ] {
            assert_eq!(sweeps(scope, state), []);
        }
    }
}
