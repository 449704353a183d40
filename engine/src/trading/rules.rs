//! The rules an order meets at the door: lots and ticks, hours, band, A1 to A5, and what it holds.
//!
//! Some are asked again when an order trades, since the register moves in between: see
//! [`crate::trading::matching`].

use crate::amount::{Money, Ppm, Price, Units};
use crate::calendar::OutsideCalendar;
use crate::check;
use crate::id::{FundId, PartyId};
use crate::market::Market;
use crate::policy::{CASH_MAX, DAY_MINUTES, Fees, Hours, Pack, Permission, Rates};
use crate::registry::fund::{Fund, TradingState};
use crate::registry::holders;
use crate::registry::holding::{Holding, HoldingPlace};
use crate::registry::party::Party;
use crate::registry::qualify;
use crate::reject::Reject;
use crate::time::{Date, Time};
use crate::trading::book::{Lots, Tick};
use crate::trading::order::OpenOrder;
use crate::trading::set_trading_state;
use crate::trading::side::Side;
use crate::venue::segment::Segment;

/// One, in parts per million.
const WHOLE_PPM: u64 = 1_000_000;

/// Who wants to trade what, and the rules that hold for it.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'m> {
    pub(crate) party_id: PartyId,
    pub(crate) party: &'m Party,
    pub(crate) fund_id: FundId,
    pub(crate) fund: &'m Fund,
    /// What the party holds of it, if it ever held any.
    pub(crate) holding: Option<&'m Holding>,
    pub(crate) segment: &'m Segment,
    pub(crate) pack: &'m Pack,
    pub(crate) at: Time,
    pub(crate) today: Date,
}

impl<'m> Desk<'m> {
    /// Looks both up, and what the one holds of the other.
    #[inline(always)]
    pub(crate) fn new(
        market: &'m Market,
        at: Time,
        party_id: PartyId,
        fund_id: FundId,
    ) -> Result<Self, Reject> {
        let place = market.register.find(party_id, fund_id);
        Self::with_holding(market, at, party_id, fund_id, place)
    }

    /// The desk of an open order, which knows where its owner's holding lies.
    #[inline(always)]
    pub(crate) fn of_order(
        market: &'m Market,
        at: Time,
        record: &OpenOrder,
    ) -> Result<Self, Reject> {
        Self::with_holding(market, at, record.party, record.fund, Some(record.holding))
    }

    #[inline(always)]
    fn with_holding(
        market: &'m Market,
        at: Time,
        party_id: PartyId,
        fund_id: FundId,
        place: Option<HoldingPlace>,
    ) -> Result<Self, Reject> {
        let party = market.party(party_id)?;
        let fund = market.fund(fund_id)?;
        let segment = market.segment(fund.details.segment)?;
        let today = market.date(at);
        let pack = &segment.pack;
        let holding = place.map(|place| market.register.at(place));
        Ok(Self { party_id, party, fund_id, fund, holding, segment, pack, at, today })
    }

    /// Units that the party holds of the fund, available and on offer.
    #[inline]
    pub(crate) fn units(&self) -> (Units, Units) {
        self.holding.map_or((Units::ZERO, Units::ZERO), |held| (held.available, held.offered))
    }

    /// Whether this party may trade this fund now, whatever the terms (A1).
    #[inline(always)]
    pub(crate) fn may_trade(&self, market: &Market) -> Result<(), Reject> {
        if self.pack.continuous == Permission::Forbidden {
            return Err(Reject::ModeForbidden {});
        }
        self.party.check_active(self.party_id)?;
        let states = [market.open_venue().state, self.segment.state, self.fund.state];
        if states.iter().any(|state| *state != TradingState::Open) {
            set_trading_state::trading_level(market, self.fund_id)?;
        }
        if let Some(hours) = self.pack.trading_hours {
            self.in_hours(market, hours)?;
        }
        self.fund.check_term(self.fund_id, self.today)
    }

    fn in_hours(&self, market: &Market, hours: Hours) -> Result<(), Reject> {
        let venue = market.open_venue();
        let offset = venue.utc_offset_minutes;
        let minute = self.at.minute_of_day(offset);
        let trades_today = venue.calendar.is_trading_day(self.today).map_err(outside)?;
        if trades_today && (hours.opens_minute..hours.closes_minute).contains(&minute) {
            return Ok(());
        }
        let later_today = minute < hours.opens_minute;
        let from = if later_today { self.today } else { self.today.next() };
        let day = venue.calendar.trading_day_from(from).map_err(outside)?;
        Err(Reject::OutOfHours { opens: day.at_minute(hours.opens_minute, offset) })
    }

    /// The end of the trading day that runs now, or of the next one.
    pub(crate) fn day_ends(&self, market: &Market) -> Result<Time, Reject> {
        let venue = market.open_venue();
        let closes = self.pack.trading_hours.map_or(DAY_MINUTES, |hours| hours.closes_minute);
        let ends_on = |day: Date| day.at_minute(closes, venue.utc_offset_minutes);
        let day = venue.calendar.trading_day_from(self.today).map_err(outside)?;
        if self.at < ends_on(day) {
            return Ok(ends_on(day));
        }
        venue.calendar.trading_day_from(day.next()).map(ends_on).map_err(outside)
    }

    /// The price in ticks.
    #[inline(always)]
    pub(crate) fn ticks(&self, price: Price) -> Result<Tick, Reject> {
        check::in_ticks(&self.fund.details, price)?;
        let tick = self.fund.details.tick;
        let number = price.e4().checked_div(tick.e4()).unwrap_or(u64::MAX);
        match u32::try_from(number) {
            Ok(number) => Ok(Tick::new(number)),
            Err(_) => Err(Reject::NotInTicks { price, tick }),
        }
    }

    /// The units in lots; none at all is a whole number too.
    #[inline(always)]
    pub(crate) fn lots(&self, units: Units) -> Result<Lots, Reject> {
        lots_of(self.fund, units)
    }

    /// The least peak of an iceberg of so many lots: each tranche is a trade of its own.
    #[inline]
    pub(crate) fn peak_min(&self, lots: Lots) -> Lots {
        Lots::new(lots.number().div_ceil(self.pack.limits.tranches_max.max(1)))
    }

    /// What an order of `units` at `price` is worth, within what an order may be worth.
    #[inline(always)]
    pub(crate) fn worth(&self, price: Price, units: Units) -> Result<Money, Reject> {
        match price.times(units) {
            Some(worth) if worth <= CASH_MAX => Ok(worth),
            Some(_) | None => Err(Reject::OrderTooLarge { cash_max: CASH_MAX }),
        }
    }

    /// Whether the price lies in the band around the reference, where the pack sets one (G4).
    #[inline(always)]
    pub(crate) fn in_band(&self, price: Price) -> Result<(), Reject> {
        let Some(band) = self.pack.price_band else { return Ok(()) };
        let reference = self.fund.reference.as_ref().filter(|known| self.at < known.valid_until);
        let Some(reference) = reference else {
            return Err(Reject::NoReference { fund: self.fund_id });
        };
        let (lowest, highest) = band_around(reference.price, band);
        if price < lowest || highest < price {
            return Err(Reject::OutsideBand { price, lowest, highest });
        }
        Ok(())
    }

    /// A2: whether the party's last trade the other way lies far enough back.
    #[inline(always)]
    pub(crate) fn turnaround(&self, market: &Market, side: Side) -> Result<(), Reject> {
        let Some(holding) = self.holding else { return Ok(()) };
        match turnaround_broken(market, self.pack, self.today, side, holding)? {
            Some(last) => {
                let days = u32::from(self.pack.turnaround_trading_days);
                Err(Reject::TurnaroundInterval { party: self.party_id, last, days })
            }
            None => Ok(()),
        }
    }

    /// A4, A3: whether the party may buy `units` for `worth` and be a holder.
    #[inline(always)]
    pub(crate) fn may_buy(
        &self,
        market: &Market,
        units: Units,
        price: Price,
    ) -> Result<(), Reject> {
        let (party, fund) = (self.party_id, self.fund_id);
        let rules = &self.pack.investors;
        qualify::check(party, self.party, rules, self.today)?;
        let held = self.holding.map_or(Units::ZERO, Holding::total);
        let after = held.checked_add(units).ok_or(Reject::OrderTooLarge { cash_max: CASH_MAX })?;
        // Held units need be no whole number of lots, so their worth is rounded down.
        let invested = worth_down(price, after);
        if invested < rules.investment_min {
            let minimum = rules.investment_min;
            return Err(Reject::BelowInvestmentMin { fund, invested, minimum });
        }
        self.turnaround(market, Side::Buy)?;
        let joins = holders::joining(self.party, held);
        if joins != 0 {
            holders::holder_cap_after(market, fund, joins, 0)?;
        }
        let minimum = self.fund.details.minimum_ticket;
        if after < minimum {
            return Err(Reject::BelowMinimumTicket { units: after, minimum });
        }
        Ok(())
    }

    /// A2, A5, A8: whether the party may offer `units`, `freed` of which it offers already.
    #[inline(always)]
    pub(crate) fn may_sell(
        &self,
        market: &Market,
        units: Units,
        freed: Units,
    ) -> Result<(), Reject> {
        self.turnaround(market, Side::Sell)?;
        let total = self.holding.map_or(Units::ZERO, Holding::total);
        let minimum = self.fund.details.minimum_ticket;
        let kept = total.checked_sub(units).unwrap_or(Units::ZERO);
        let splinter = units.min(kept);
        if kept != Units::ZERO && splinter < minimum {
            return Err(Reject::BelowMinimumTicket { units: splinter, minimum });
        }
        let (available, offered) = self.units();
        let (available, offered) = (available.plus(freed), offered.minus(freed));
        if units <= available {
            return Ok(());
        }
        let empty = Holding::empty(self.party_id, self.fund_id);
        let holding = self.holding.copied().unwrap_or(empty);
        Holding { available, offered, ..holding }.check_available(units)
    }
}

/// The units in lots of the fund.
#[inline(always)]
pub(crate) fn lots_of(fund: &Fund, units: Units) -> Result<Lots, Reject> {
    // Most orders have neither a peak nor a minimum.
    if units == Units::ZERO {
        return Ok(Lots::ZERO);
    }
    check::in_lots(&fund.details, units)?;
    let number = units.e2().checked_div(fund.details.lot.e2()).unwrap_or(u64::MAX);
    match u32::try_from(number) {
        Ok(number) => Ok(Lots::new(number)),
        Err(_) => Err(Reject::OrderTooLarge { cash_max: CASH_MAX }),
    }
}

/// The units of so many lots of the fund.
#[inline]
pub(crate) fn units_of(fund: &Fund, lots: Lots) -> Units {
    let units = u64::from(lots.number()).checked_mul(fund.details.lot.e2());
    Units::from_e2(units.expect("an order's units fit"))
}

/// The price of so many ticks of the fund.
#[inline]
pub(crate) fn price_of(fund: &Fund, tick: Tick) -> Price {
    let price = u64::from(tick.number()).checked_mul(fund.details.tick.e4());
    Price::from_e4(price.expect("an order's price fits"))
}

/// A2: the date of the trade the other way that lies too near, if one does.
#[inline]
pub(crate) fn turnaround_broken(
    market: &Market,
    pack: &Pack,
    today: Date,
    side: Side,
    holding: &Holding,
) -> Result<Option<Date>, Reject> {
    let days = pack.turnaround_trading_days;
    let last = match side {
        Side::Buy => holding.last_sold,
        Side::Sell => holding.last_bought,
    };
    match last {
        Some(last) if 0 < days => too_near(market, today, days, last),
        Some(_) | None => Ok(None),
    }
}

fn too_near(market: &Market, today: Date, days: u16, last: Date) -> Result<Option<Date>, Reject> {
    let calendar = &market.open_venue().calendar;
    let cutoff = calendar.trading_days_before(today, days).map_err(outside)?;
    Ok((cutoff < last).then_some(last))
}

/// The rates of a schedule's row; the last row stands for those it does not have.
#[inline]
pub(crate) fn rates(market: &Market, schedule: u32, tier: u8) -> Rates {
    rates_in(&market.schedules, schedule, tier)
}

/// The same, of these schedules.
#[inline]
pub(crate) fn rates_in(schedules: &[Fees], schedule: u32, tier: u8) -> Rates {
    let schedule = usize::try_from(schedule).ok().and_then(|number| schedules.get(number));
    let schedule = schedule.expect("an order names a schedule that was in force");
    schedule.rates(tier).expect("a schedule has a row")
}

/// Cash that a buy holds: its worst price and its dearest fee.
#[inline]
pub(crate) fn hold(worth: Money, rates: &Rates) -> Money {
    worth.plus(worth.fee_down(rates.buy_max()))
}

/// The lowest and the highest price of the band, both in it.
pub(crate) fn band_around(reference: Price, band: Ppm) -> (Price, Price) {
    let half = u128::from(reference.e4()).saturating_mul(u128::from(band.get()));
    let half = u64::try_from(half.checked_div(u128::from(WHOLE_PPM)).unwrap_or(0));
    let half = half.unwrap_or(u64::MAX);
    let lowest = reference.e4().saturating_sub(half);
    (Price::from_e4(lowest), Price::from_e4(reference.e4().saturating_add(half)))
}

/// What units are worth, rounded down to a fen; the most there is where that does not fit.
#[inline]
fn worth_down(price: Price, units: Units) -> Money {
    let fen = match price.e4().checked_mul(units.e2()) {
        Some(exact) => exact / 10_000,
        None => {
            let exact = u128::from(price.e4()).saturating_mul(u128::from(units.e2()));
            u64::try_from(exact / 10_000).unwrap_or(u64::MAX)
        }
    };
    Money::from_fen(i64::try_from(fen).unwrap_or(i64::MAX))
}

pub(crate) const fn outside(outside: OutsideCalendar) -> Reject {
    Reject::OutsideCalendar { date: outside.0 }
}
