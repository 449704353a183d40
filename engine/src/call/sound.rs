//! Whether the records of calls go with the rest of the market: what a snapshot must hold.

use super::{CALL_ORDERS_MAX, CallAuction, CallOrder};
use crate::amount::Units;
use crate::market::Market;
use crate::policy::CASH_MAX;
use crate::registry::fund::Fund;
use crate::trading::rules;
use crate::trading::side::Side;

/// The name of the part that is wrong.
const CALLS: &str = "calls";

impl Market {
    /// Every order of a call is in ticks and lots and holds what it needs, nobody is on both sides,
    /// and a print has as much to buy as to sell.
    pub(crate) fn check_calls(&self) -> Result<(), &'static str> {
        for record in self.calls.records().values() {
            let fund = self.fund(record.terms.fund).map_err(|_| CALLS)?;
            let sound = |order: &CallOrder| self.is_sound(fund, order);
            let numbered = record.orders.keys().all(|order| order.number() < record.orders_count);
            let few = record.orders.len() <= CALL_ORDERS_MAX;
            if !numbered || !few || !record.orders.values().all(sound) || !record.is_sound() {
                return Err(CALLS);
            }
        }
        Ok(())
    }

    fn is_sound(&self, fund: &Fund, order: &CallOrder) -> bool {
        let price = order.price.worst();
        let ticks = price.e4().checked_div(fund.details.tick.e4()).map(u32::try_from);
        let in_ticks = price.e4().checked_rem(fund.details.tick.e4()) == Some(0);
        let in_lots = rules::lots_of(fund, order.units).is_ok() && order.units != Units::ZERO;
        let worth = price.times(order.units).is_some_and(|worth| worth <= CASH_MAX);
        let schedule = usize::try_from(order.schedule).ok();
        let known = schedule.and_then(|number| self.schedules.get(number)).is_some();
        let owned = self.party(order.party).is_ok();
        let sound =
            matches!(ticks, Some(Ok(1..))) && in_ticks && in_lots && worth && known && owned;
        sound && order.hold == order.needs(&self.schedules)
    }
}

impl CallAuction {
    fn is_sound(&self) -> bool {
        let sum = |side| {
            let mut orders = self.orders.values().filter(|order| order.side == side);
            orders.try_fold(Units::ZERO, |sum, order| sum.checked_add(order.units))
        };
        let balanced = match self.print {
            None => true,
            Some((print, _)) => {
                let (bought, sold) = (sum(Side::Buy), sum(Side::Sell));
                let some = |units: Units| units != Units::ZERO && units <= print.volume;
                bought == sold && bought.is_some_and(some)
            }
        };
        balanced && self.terms.opens < self.terms.closes
    }
}
