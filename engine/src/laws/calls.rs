//! Random commands about call auctions.

use rand::RngExt;
use rand::seq::IndexedRandom;

use super::{FUNDS, INVESTORS, World};
use crate::amount::{Price, Units};
use crate::auction::clear::RuleSet;
use crate::auction::ration::Margin;
use crate::call::cancel::CancelCall;
use crate::call::cancel_order::CancelCallOrder;
use crate::call::place::PlaceCallOrder;
use crate::call::schedule::ScheduleCall;
use crate::call::{CallTerms, Repetition};
use crate::command::Command;
use crate::entry::Caller;
use crate::fixture::{MEMBER, OPERATOR, accept, party, soon};
use crate::id::{CallId, CallOrderId, FundId, PartyId};
use crate::market::Market;
use crate::policy::Pack;
use crate::time::Time;
use crate::trading::order::OrderPrice;
use crate::trading::set_reference::SetReference;
use crate::trading::side::Side;

/// Two funds that are called daily, with a reference.
pub(super) fn prepare(market: &mut Market) {
    for fund in [0, 3].map(FundId::new) {
        let (price, source) = (Price::from_e4(10_000), "随机".to_owned());
        let valid_until = soon(market).plus_seconds(30 * 86_400);
        let ask = SetReference { fund, price, source, valid_until };
        accept(market, party(OPERATOR), Command::SetReference(Box::new(ask)));
        let opens = soon(market).plus_seconds(1);
        let terms = daily(market, fund, opens, 72_000);
        accept(market, party(OPERATOR), Command::ScheduleCall(ScheduleCall { terms }));
    }
}

fn daily(market: &Market, fund: FundId, opens: Time, seconds: u64) -> CallTerms {
    let until = market.date(opens.plus_seconds(20 * 86_400));
    let repeats = Some(Repetition { trading_days: 1, until });
    CallTerms { fund, opens, closes: opens.plus_seconds(seconds), repeats }
}

/// Another way to print.
pub(super) fn other_rules(world: &mut World, pack: &mut Pack) {
    let award = &mut pack.listing.as_mut().unwrap().award;
    let rules = [RuleSet::Xetra, RuleSet::Euronext, RuleSet::Sse, RuleSet::Szse];
    award.call_rules = *rules.choose(&mut world.rng).unwrap();
    award.margin = *[Margin::Time, Margin::ProRata].choose(&mut world.rng).unwrap();
}

impl World {
    /// Something about a call auction, by whom it takes.
    pub(super) fn calling(&mut self, at: Time) -> (Caller, Command) {
        let who = *INVESTORS.choose(&mut self.rng).unwrap();
        let calls = self.market.calls().iter();
        let open = calls.filter(|(_, record)| {
            // Few look at one that is not open.
            record.terms.opens <= at || self.rng.random_range(0..10) == 0
        });
        let open: Vec<_> = open.map(|(call, _)| *call).collect();
        let unknown = CallId::new(self.rng.random_range(0..40));
        let call = open.choose(&mut self.rng).copied().unwrap_or(unknown);
        match self.rng.random_range(0..40) {
            0..3 => {
                let fund = FundId::new(self.rng.random_range(0..FUNDS));
                let opens = at.plus_seconds(self.rng.random_range(0..30));
                let seconds = self.rng.random_range(30..80_000);
                let mut terms = daily(&self.market, fund, opens, seconds);
                if self.rng.random_bool(0.5) {
                    terms.repeats = None;
                }
                (party(OPERATOR), Command::ScheduleCall(ScheduleCall { terms }))
            }
            3 if self.rng.random_range(0..4) == 0 => {
                (party(OPERATOR), Command::CancelCall(CancelCall { call }))
            }
            3..8 => {
                let order = CallOrderId::new(self.rng.random_range(0..20));
                (party(who), Command::CancelCallOrder(CancelCallOrder { call, order }))
            }
            _ => {
                let caller = if self.rng.random_range(0..20) == 0 { MEMBER } else { who };
                (party(caller), Command::PlaceCallOrder(self.call_order(call, who)))
            }
        }
    }

    fn call_order(&mut self, call: CallId, who: PartyId) -> PlaceCallOrder {
        let fund = self.market.call_at(call).map(|record| record.terms.fund);
        let lot = fund.map_or(100, |fund| self.market.fund(fund).unwrap().details.lot.e2());
        let rng = &mut self.rng;
        let price = Price::from_e4(9_500 + 100 * rng.random_range(0..10));
        let is_market = rng.random_range(0..6) == 0;
        // Most keep to a side, or nobody would stand on the other.
        let usual = if who.number() % 2 == 1 { Side::Sell } else { Side::Buy };
        let any = *[Side::Buy, Side::Sell].choose(rng).unwrap();
        PlaceCallOrder {
            call,
            party: who,
            side: if rng.random_range(0..8) == 0 { any } else { usual },
            price: if is_market { OrderPrice::Market(price) } else { OrderPrice::Limit(price) },
            units: Units::from_e2(lot * rng.random_range(0..2_000)),
        }
    }
}
