//! Whether a pack, fees or a calendar make sense in themselves (规则自检).
//!
//! What enters the market as a rule is checked here once, so that no command meets a rule that
//! contradicts itself.

use crate::amount::Money;
use crate::calendar::Calendar;
use crate::check;
use crate::policy::{
    CALENDAR_DAYS_MAX, DAY_MINUTES, FEE_MAX, FILLS_MAX, Fees, HOLDER_CAP_MAX, HolderCaps, Hours,
    INTENTIONS_MAX, InvestorRules, Limits, ORDERS_MAX, PRICE_BAND_MAX, Pack, TIERS_MAX,
    TRANCHES_MAX, TURNAROUND_DAYS_MAX,
};
use crate::reject::{Field, Reject};
use crate::time::Date;
use crate::venue::segment::SegmentDetails;

/// A segment's code, name, pack and fees are sound.
pub(crate) fn segment(details: &SegmentDetails) -> Result<(), Reject> {
    check::code(Field::Code, &details.code)?;
    check::text(Field::Name, &details.name)?;
    pack(&details.pack)?;
    fees(&details.fees)
}

/// The pack may judge `today`.
pub(crate) fn pack_in_force(pack: &Pack, today: Date) -> Result<(), Reject> {
    if today < pack.valid_from {
        return Err(Reject::PackNotYetValid { valid_from: pack.valid_from });
    }
    Ok(())
}

/// Every parameter of a pack is in its range.
pub(crate) fn pack(pack: &Pack) -> Result<(), Reject> {
    check::code(Field::Code, &pack.code)?;
    check::code(Field::Jurisdiction, &pack.jurisdiction)?;
    if let Some(province) = &pack.province {
        check::code(Field::Province, province)?;
    }
    check::range(Field::Version, pack.version.into(), 1, u32::MAX.into())?;
    let days = u64::from(pack.turnaround_trading_days);
    check::range(Field::Limits, days, 0, TURNAROUND_DAYS_MAX.into())?;
    holder_caps(&pack.holder_caps)?;
    investors(&pack.investors)?;
    if let Some(band) = pack.price_band {
        check::range(Field::PriceBand, band.get().into(), 0, PRICE_BAND_MAX.get().into())?;
    }
    limits(&pack.limits)?;
    pack.trading_hours.map_or(Ok(()), hours)
}

fn holder_caps(caps: &HolderCaps) -> Result<(), Reject> {
    for cap in [caps.partnership, caps.limited_liability, caps.joint_stock, caps.contract] {
        check::range(Field::HolderCap, cap.into(), 1, HOLDER_CAP_MAX.into())?;
    }
    Ok(())
}

fn investors(rules: &InvestorRules) -> Result<(), Reject> {
    let amounts = [
        rules.investment_min,
        rules.entity_net_assets_min,
        rules.entity_financial_assets_min,
        rules.person_financial_assets_min,
        rules.person_income_min,
    ];
    amounts.into_iter().try_for_each(|amount| check::cash(Field::Investors, amount, Money::ZERO))
}

fn limits(limits: &Limits) -> Result<(), Reject> {
    let ranges = [
        (u64::from(limits.fills_max), u64::from(FILLS_MAX)),
        (limits.orders_per_party_max.into(), ORDERS_MAX.into()),
        (limits.tranches_max.into(), TRANCHES_MAX.into()),
        (limits.order_days_max.into(), u16::MAX.into()),
        (limits.intention_days_max.into(), u16::MAX.into()),
        (limits.intentions_per_party_max.into(), check::wide(INTENTIONS_MAX)),
    ];
    ranges.into_iter().try_for_each(|(value, max)| check::range(Field::Limits, value, 1, max))
}

fn hours(hours: Hours) -> Result<(), Reject> {
    check::range(Field::TradingHours, hours.closes_minute.into(), 1, DAY_MINUTES.into())?;
    if hours.closes_minute <= hours.opens_minute {
        return Err(Reject::Inconsistent { field: Field::TradingHours });
    }
    Ok(())
}

/// Fees have a row for each tier, and no rate is above [`FEE_MAX`].
pub(crate) fn fees(fees: &Fees) -> Result<(), Reject> {
    for rates in &fees.tiers {
        for rate in [rates.maker_buy, rates.maker_sell, rates.taker_buy, rates.taker_sell] {
            check::range(Field::Rate, rate.get().into(), 0, FEE_MAX.get().into())?;
        }
    }
    check::length(Field::Tiers, fees.tiers.len(), 1, TIERS_MAX)
}

/// I3: a calendar speaks for a span, and every day that it names lies in it.
pub(crate) fn calendar(calendar: &Calendar) -> Result<(), Reject> {
    check::length(Field::Holidays, calendar.holidays.len(), 0, CALENDAR_DAYS_MAX)?;
    check::length(Field::MakeupDays, calendar.makeup_days.len(), 0, CALENDAR_DAYS_MAX)?;
    let contradicts = |field| Err(Reject::Inconsistent { field });
    if calendar.until < calendar.from {
        return contradicts(Field::CalendarSpan);
    }
    let spoken_for = |date: &Date| calendar.from <= *date && *date <= calendar.until;
    if !calendar.holidays.iter().all(spoken_for) {
        return contradicts(Field::Holidays);
    }
    let worked =
        |date: &Date| spoken_for(date) && date.is_weekend() && !calendar.holidays.contains(date);
    if !calendar.makeup_days.iter().all(worked) {
        return contradicts(Field::MakeupDays);
    }
    Ok(())
}
