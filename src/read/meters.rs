//! How far a party is from the limits of a fund (rule J1).

use sfund_engine::calendar::Calendar;
use sfund_engine::id::{FundId, PartyId};
use sfund_engine::time::{Date, Time};

use crate::read::Read;
use crate::read::views::{Balances, Buckets, Earliest, Meters};

pub(super) fn meters(read: &Read, party: PartyId, fund: FundId, at: Time) -> Option<Meters> {
    let record = read.0.funds.find(&fund)?;
    let holder = read.party(party)?;
    let venue = read.venue()?;
    let segment = read.segment(record.details.segment)?;
    let holding = read.holding(party, fund);
    let today = at.date(venue.utc_offset_minutes);
    let days = segment.segment.pack.turnaround_trading_days;
    let from = |other_way: Option<Date>| earliest(&venue.calendar, today, other_way, days);
    let cash = read.cash(party, record.details.currency);
    Some(Meters {
        holders: record.holders,
        holder_cap: read.holder_cap(&record),
        holds: holding.is_some_and(|holding| holding.total() != Default::default()),
        turnaround_trading_days: days,
        buys_from: from(holding.and_then(|holding| holding.last_sold)),
        sells_from: from(holding.and_then(|holding| holding.last_bought)),
        qualified_until: holder.qualification.as_ref().map(|evidence| evidence.expires),
        minimum_ticket: record.details.minimum_ticket,
        units: holding.as_ref().map(Buckets::of).unwrap_or_default(),
        cash: cash
            .map(|cash| Balances { available: cash.available, held: cash.held })
            .unwrap_or_default(),
        state: read.state_of(&record),
    })
}

/// A2: the first date from `today` on that lies `days` trading days after a trade the other way.
///
/// Asks the calendar the same question that the market asks, for each date in turn.
pub(super) fn earliest(
    calendar: &Calendar,
    today: Date,
    other_way: Option<Date>,
    days: u16,
) -> Earliest {
    let Some(traded) = other_way.filter(|_| days != 0) else { return Earliest::Now };
    let mut date = today;
    loop {
        match calendar.trading_days_before(date, days) {
            Ok(last) if traded <= last => break,
            Ok(_) => date = date.next(),
            Err(_) => return Earliest::BeyondCalendar,
        }
    }
    if date == today { Earliest::Now } else { Earliest::On(date) }
}
