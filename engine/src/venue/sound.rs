//! Whether a pack, fees or a calendar make sense in themselves (规则自检).
//!
//! What enters the market as a rule is checked here once, so that no command meets a rule that
//! contradicts itself.

use crate::amount::Money;
use crate::calendar::Calendar;
use crate::check;
use crate::policy::overlay::Overlay;
use crate::policy::parameter::Rules;
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
    details.overlay.as_ref().map_or(Ok(()), overlay)?;
    fees(&details.fees)
}

/// The pack and the overlay of a segment may judge `today`.
pub(crate) fn rules_in_force(details: &SegmentDetails, today: Date) -> Result<(), Reject> {
    pack_in_force(&details.pack, today)?;
    details.overlay.as_ref().map_or(Ok(()), |overlay| overlay_in_force(overlay, today))
}

/// The pack may judge `today`.
pub(crate) fn pack_in_force(pack: &Pack, today: Date) -> Result<(), Reject> {
    if today < pack.valid_from {
        return Err(Reject::PackNotYetValid { valid_from: pack.valid_from });
    }
    Ok(())
}

/// The overlay may judge `today`.
pub(crate) fn overlay_in_force(overlay: &Overlay, today: Date) -> Result<(), Reject> {
    if today < overlay.valid_from {
        return Err(Reject::PackNotYetValid { valid_from: overlay.valid_from });
    }
    Ok(())
}

/// Every parameter of an overlay is in its range.
pub(crate) fn overlay(overlay: &Overlay) -> Result<(), Reject> {
    check::code(Field::Code, &overlay.code)?;
    check::code(Field::Jurisdiction, &overlay.jurisdiction)?;
    check::range(Field::Version, overlay.version.into(), 1, u32::MAX.into())?;
    rules(Field::StateRules, &overlay.rules, overlay.rules.contradiction())
}

/// Every parameter of `given` is in its range, and they agree with each other.
fn rules(field: Field, given: &impl Rules, wrong: Option<&str>) -> Result<(), Reject> {
    for (parameter, value) in given.parameters() {
        let (min, max) = parameter.form.bounds();
        check::range(field, value, min, max)?;
    }
    if wrong.is_none() { Ok(()) } else { Err(Reject::Inconsistent { field }) }
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
    pack.trading_hours.map_or(Ok(()), hours)?;
    if let Some(listing) = &pack.listing {
        rules(Field::ListingRules, listing, listing.contradiction())?;
    }
    if let Some(matching) = &pack.matching {
        rules(Field::MatchingRules, matching, matching.contradiction())?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Ppm;
    use crate::fixture::{calendar as year, date, fees as schedule, licensed, regional};
    use crate::policy::CASH_MAX;
    use crate::policy::fixture::{listing_rules, matching_rules, soe, state_rules};
    use crate::policy::listing::ListingRules;
    use crate::policy::parameter::Parameter;

    fn refused(change: impl FnOnce(&mut Pack)) -> Reject {
        let mut changed = licensed();
        change(&mut changed);
        pack(&changed).unwrap_err()
    }

    #[test]
    fn every_parameter_of_listings_is_refused_outside_its_range() {
        fn refused<R: Rules>(given: &R, judge: impl Fn(R) -> Result<(), Reject>) {
            let values = given.parameters();
            for changed in R::known() {
                let (min, max) = changed.form.bounds();
                let with = |value: u64| {
                    let of = |parameter: &Parameter| {
                        let found = values.iter().find(|(known, _)| *known == parameter);
                        if parameter == changed { value } else { found.unwrap().1 }
                    };
                    R::fill(&mut |parameter| Some(of(parameter)))
                };
                let outside = [max.checked_add(1), min.checked_sub(1)];
                for value in outside.into_iter().flatten() {
                    // Some choices have no value for such a number at all.
                    if let Some(rules) = with(value) {
                        let reject = judge(rules).unwrap_err();
                        assert_eq!(reject.name(), "OUT_OF_RANGE", "{} {value}", changed.name);
                    }
                }
                for value in [min, max] {
                    let reject = judge(with(value).expect("a number of its range")).err();
                    let said = reject.map(|reject| reject.name());
                    assert!(matches!(said, None | Some("INCONSISTENT")), "{}", changed.name);
                }
            }
        }
        refused(&listing_rules(), |rules| pack(&Pack { listing: Some(rules), ..licensed() }));
        refused(&matching_rules(), |rules| pack(&Pack { matching: Some(rules), ..licensed() }));
        refused(&state_rules(), |rules| overlay(&Overlay { rules, ..soe() }));
    }

    #[test]
    fn rules_that_contradict_each_other_are_refused() {
        let with = |change: fn(&mut ListingRules)| {
            let mut listing = listing_rules();
            change(&mut listing);
            pack(&Pack { listing: Some(listing), ..licensed() }).err().map(named)
        };
        assert_eq!(with(|_| {}), None);
        let wrong: [fn(&mut ListingRules); 5] = [
            |rules| rules.announcement.announcement_working_days_max = 1,
            |rules| rules.announcement.resumed_left_working_days_min = 250,
            |rules| rules.judicial.judicial_deposit_max = Ppm::new(0),
            |rules| rules.judicial.judicial_second_announcement_days_min = 366,
            |rules| rules.limits.bids_per_lot_max = 1,
        ];
        for (place, change) in wrong.into_iter().enumerate() {
            assert_eq!(with(change).as_deref(), Some("INCONSISTENT listing_rules"), "case {place}");
        }
        let mut matching = matching_rules();
        matching.closing_days_min = 1;
        let reject = pack(&Pack { matching: Some(matching), ..licensed() }).unwrap_err();
        assert_eq!(named(reject), "INCONSISTENT matching_rules");
        let mut late = soe();
        late.rules.price.floor_min = Ppm::new(1_000_000);
        late.rules.price.first_floor_min = Ppm::new(900_000);
        assert_eq!(named(overlay(&late).unwrap_err()), "INCONSISTENT state_rules");
        late = Overlay { version: 0, ..soe() };
        assert_eq!(named(overlay(&late).unwrap_err()), "OUT_OF_RANGE version");
    }

    fn named(reject: Reject) -> String {
        let field = reject.fields().first().map(|(_, field)| field.clone());
        format!("{} {}", reject.name(), field.unwrap_or_default())
    }

    #[test]
    fn a_pack_is_refused_for_a_parameter_that_makes_no_sense() {
        assert_eq!((pack(&licensed()), pack(&regional())), (Ok(()), Ok(())));
        let hours = |opens_minute, closes_minute| Some(Hours { opens_minute, closes_minute });
        let refusals = [
            (refused(|pack| pack.code = "a b".to_owned()), "BAD_TEXT code"),
            (refused(|pack| pack.jurisdiction.clear()), "BAD_TEXT jurisdiction"),
            (refused(|pack| pack.province = Some(String::new())), "BAD_TEXT province"),
            (refused(|pack| pack.version = 0), "OUT_OF_RANGE version"),
            (refused(|pack| pack.turnaround_trading_days = 367), "OUT_OF_RANGE limits"),
            (refused(|pack| pack.holder_caps.contract = 0), "OUT_OF_RANGE holder_cap"),
            (
                refused(|pack| pack.investors.investment_min = Money::from_fen(-1)),
                "OUT_OF_RANGE investors",
            ),
            (
                refused(|pack| {
                    pack.investors.person_income_min = CASH_MAX.plus(Money::from_fen(1));
                }),
                "OUT_OF_RANGE investors",
            ),
            (
                refused(|pack| pack.price_band = Some(Ppm::new(1_000_001))),
                "OUT_OF_RANGE price_band",
            ),
            (refused(|pack| pack.trading_hours = hours(1, 1_441)), "OUT_OF_RANGE trading_hours"),
            (refused(|pack| pack.trading_hours = hours(60, 60)), "INCONSISTENT trading_hours"),
            (refused(|pack| pack.limits.fills_max = 0), "OUT_OF_RANGE limits"),
            (refused(|pack| pack.limits.fills_max = 1_001), "OUT_OF_RANGE limits"),
            (refused(|pack| pack.limits.orders_per_party_max = 0), "OUT_OF_RANGE limits"),
            (refused(|pack| pack.limits.tranches_max = 1_001), "OUT_OF_RANGE limits"),
            (refused(|pack| pack.limits.order_days_max = 0), "OUT_OF_RANGE limits"),
            (refused(|pack| pack.limits.intention_days_max = 0), "OUT_OF_RANGE limits"),
            (refused(|pack| pack.limits.intentions_per_party_max = 0), "OUT_OF_RANGE limits"),
        ];
        for (place, (reject, name)) in refusals.into_iter().enumerate() {
            assert_eq!(named(reject), name, "case {place}");
        }
    }

    #[test]
    fn fees_have_one_to_eight_tiers_of_at_most_ten_percent() {
        let mut changed = schedule();
        let row = changed.tiers[0];
        changed.tiers = vec![row; TIERS_MAX];
        assert_eq!(fees(&changed), Ok(()));
        changed.tiers.push(row);
        assert_eq!(named(fees(&changed).unwrap_err()), "BAD_LENGTH tiers");
        changed.tiers.clear();
        assert_eq!(named(fees(&changed).unwrap_err()), "BAD_LENGTH tiers");
        changed.tiers.push(crate::policy::Rates { taker_sell: Ppm::new(100_001), ..row });
        assert_eq!(named(fees(&changed).unwrap_err()), "OUT_OF_RANGE rate");
    }

    #[test]
    fn i3_a_calendar_names_only_days_of_its_span() {
        let refused = |change: fn(&mut Calendar)| {
            let mut changed = year();
            change(&mut changed);
            calendar(&changed).err().map(named)
        };
        assert_eq!(refused(|_| {}), None);
        let spans = refused(|year| year.until = date("2025-12-31"));
        assert_eq!(spans.as_deref(), Some("INCONSISTENT calendar_span"));
        let outside = refused(|year| year.from = date("2026-10-02"));
        assert_eq!(outside.as_deref(), Some("INCONSISTENT holidays"));
        let many = |first: Date| (0..1_025).map(move |day| Date::from_days(first.days() + day));
        assert_eq!(many(date("2026-01-01")).count(), CALENDAR_DAYS_MAX + 1);
        let mut long = Calendar { holidays: many(date("2026-01-01")).collect(), ..year() };
        assert_eq!(named(calendar(&long).unwrap_err()), "BAD_LENGTH holidays");
        std::mem::swap(&mut long.holidays, &mut long.makeup_days);
        assert_eq!(named(calendar(&long).unwrap_err()), "BAD_LENGTH makeup_days");
    }

    #[test]
    fn i3_a_makeup_day_is_a_weekend_day_and_no_holiday() {
        let with = |day: &str| {
            let calendar_with = Calendar { makeup_days: [date(day)].into(), ..year() };
            calendar(&calendar_with).err().map(named)
        };
        assert_eq!(with("2026-10-11"), None);
        for wrong in ["2026-10-12", "2026-10-03", "2028-01-01"] {
            assert_eq!(with(wrong).as_deref(), Some("INCONSISTENT makeup_days"), "{wrong}");
        }
    }
}
