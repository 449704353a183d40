//! Packs, fees and calendars, both ways.

use std::collections::BTreeSet;

use sfund_engine::calendar::Calendar;
use sfund_engine::policy::overlay::Overlay;
use sfund_engine::policy::parameter::{Parameter, Rules};
use sfund_engine::policy::{
    Fees, HolderCaps, Hours, InvestorRules, JudgedBy, Limits, Pack, PackVersion, Permission, Rates,
};
use sfund_engine::time::Date;
use sfund_proto::v1;

use crate::error::Unreadable;
use crate::wire::{narrow, ratio, ratio_text, read, some};

fn permission(allowed: bool) -> Permission {
    if allowed { Permission::Allowed } else { Permission::Forbidden }
}

pub(crate) fn judged_of(wire: v1::JudgedBy) -> JudgedBy {
    let overlay = PackVersion { code: wire.overlay_code, version: wire.overlay_version };
    JudgedBy {
        pack: PackVersion { code: wire.pack_code, version: wire.pack_version },
        overlay: Some(overlay).filter(|overlay| !overlay.code.is_empty()),
    }
}

pub(crate) fn pack(wire: v1::Pack) -> Result<Pack, Unreadable> {
    let caps = some(wire.holder_caps, "holder_caps")?;
    let investors = some(wire.investors, "investors")?;
    let limits = some(wire.limits, "limits")?;
    let hours = wire.trading_hours.map(|hours| {
        Ok(Hours {
            opens_minute: narrow(hours.opens_minute, "opens_minute")?,
            closes_minute: narrow(hours.closes_minute, "closes_minute")?,
        })
    });
    let band = &wire.price_band;
    Ok(Pack {
        code: wire.code,
        version: wire.version,
        valid_from: read(&wire.valid_from, "valid_from")?,
        jurisdiction: wire.jurisdiction,
        continuous: permission(wire.continuous_allowed),
        call_auction: permission(wire.call_auction_allowed),
        turnaround_trading_days: narrow(wire.turnaround_trading_days, "turnaround_trading_days")?,
        holder_caps: HolderCaps {
            partnership: caps.partnership,
            limited_liability: caps.limited_liability,
            joint_stock: caps.joint_stock,
            contract: caps.contract,
        },
        investors: investor_rules(&investors)?,
        province: (!wire.province.is_empty()).then_some(wire.province),
        price_band: if band.is_empty() { None } else { Some(ratio(band, "price_band")?) },
        trading_hours: hours.transpose()?,
        limits: Limits {
            fills_max: limits.fills_max,
            orders_per_party_max: limits.orders_per_party_max,
            tranches_max: limits.tranches_max,
            order_days_max: narrow(limits.order_days_max, "order_days_max")?,
            intention_days_max: narrow(limits.intention_days_max, "intention_days_max")?,
            intentions_per_party_max: limits.intentions_per_party_max,
        },
        listing: rules_if_any(&wire.listing_parameters, "listing_parameters")?,
        matching: rules_if_any(&wire.matching_parameters, "matching_parameters")?,
    })
}

pub(crate) fn overlay(wire: v1::PackOverlay) -> Result<Overlay, Unreadable> {
    Ok(Overlay {
        code: wire.code,
        version: wire.version,
        valid_from: read(&wire.valid_from, "valid_from")?,
        jurisdiction: wire.jurisdiction,
        rules: rules(&wire.parameters, "parameters")?,
    })
}

pub(crate) fn overlay_to_wire(overlay: &Overlay) -> v1::PackOverlay {
    v1::PackOverlay {
        code: overlay.code.clone(),
        version: overlay.version,
        valid_from: overlay.valid_from.to_string(),
        jurisdiction: overlay.jurisdiction.clone(),
        parameters: parameters(&overlay.rules),
    }
}

fn rules_if_any<R: Rules>(
    said: &[v1::PackParameter],
    field: &'static str,
) -> Result<Option<R>, Unreadable> {
    if said.is_empty() { Ok(None) } else { rules(said, field).map(Some) }
}

/// A later server may know more parameters; those are passed over.
fn rules<R: Rules>(said: &[v1::PackParameter], field: &'static str) -> Result<R, Unreadable> {
    let rules = R::fill(&mut |parameter| {
        let found = said.iter().find(|said| said.name == parameter.name)?;
        parameter.read(&found.value)
    });
    rules.ok_or(Unreadable { field })
}

fn parameters<R: Rules>(rules: &R) -> Vec<v1::PackParameter> {
    let parameter = |(known, value): (&Parameter, u64)| v1::PackParameter {
        name: known.name.to_owned(),
        value: known.show(value),
        ..v1::PackParameter::default()
    };
    rules.parameters().into_iter().map(parameter).collect()
}

fn investor_rules(wire: &v1::InvestorRules) -> Result<InvestorRules, Unreadable> {
    Ok(InvestorRules {
        investment_min: read(&wire.investment_min, "investment_min")?,
        entity_net_assets_min: read(&wire.entity_net_assets_min, "entity_net_assets_min")?,
        entity_financial_assets_min: read(
            &wire.entity_financial_assets_min,
            "entity_financial_assets_min",
        )?,
        person_financial_assets_min: read(
            &wire.person_financial_assets_min,
            "person_financial_assets_min",
        )?,
        person_income_min: read(&wire.person_income_min, "person_income_min")?,
        natural_persons: permission(wire.natural_persons_allowed),
    })
}

pub(crate) fn pack_to_wire(pack: Pack) -> v1::Pack {
    let investors = &pack.investors;
    v1::Pack {
        code: pack.code,
        version: pack.version,
        valid_from: pack.valid_from.to_string(),
        jurisdiction: pack.jurisdiction,
        continuous_allowed: pack.continuous == Permission::Allowed,
        call_auction_allowed: pack.call_auction == Permission::Allowed,
        turnaround_trading_days: u32::from(pack.turnaround_trading_days),
        holder_caps: Some(v1::HolderCaps {
            partnership: pack.holder_caps.partnership,
            limited_liability: pack.holder_caps.limited_liability,
            joint_stock: pack.holder_caps.joint_stock,
            contract: pack.holder_caps.contract,
        }),
        investors: Some(v1::InvestorRules {
            investment_min: investors.investment_min.to_string(),
            entity_net_assets_min: investors.entity_net_assets_min.to_string(),
            entity_financial_assets_min: investors.entity_financial_assets_min.to_string(),
            person_financial_assets_min: investors.person_financial_assets_min.to_string(),
            person_income_min: investors.person_income_min.to_string(),
            natural_persons_allowed: investors.natural_persons == Permission::Allowed,
        }),
        province: pack.province.unwrap_or_default(),
        price_band: pack.price_band.map(ratio_text).unwrap_or_default(),
        trading_hours: pack.trading_hours.map(|hours| v1::TradingHours {
            opens_minute: u32::from(hours.opens_minute),
            closes_minute: u32::from(hours.closes_minute),
        }),
        limits: Some(v1::PackLimits {
            fills_max: pack.limits.fills_max,
            orders_per_party_max: pack.limits.orders_per_party_max,
            tranches_max: pack.limits.tranches_max,
            order_days_max: u32::from(pack.limits.order_days_max),
            intention_days_max: u32::from(pack.limits.intention_days_max),
            intentions_per_party_max: pack.limits.intentions_per_party_max,
        }),
        listing_parameters: pack.listing.as_ref().map_or_else(Vec::new, parameters),
        matching_parameters: pack.matching.as_ref().map_or_else(Vec::new, parameters),
    }
}

pub(crate) fn fees(wire: v1::FeeSchedule) -> Result<Fees, Unreadable> {
    let tiers = wire.tiers.iter().map(|tier| {
        Ok(Rates {
            maker_buy: ratio(&tier.maker_buy, "maker_buy")?,
            maker_sell: ratio(&tier.maker_sell, "maker_sell")?,
            taker_buy: ratio(&tier.taker_buy, "taker_buy")?,
            taker_sell: ratio(&tier.taker_sell, "taker_sell")?,
        })
    });
    Ok(Fees { tiers: tiers.collect::<Result<_, _>>()? })
}

pub(crate) fn fees_to_wire(fees: &Fees) -> v1::FeeSchedule {
    let tiers = fees.tiers.iter().map(|tier| v1::FeeRates {
        maker_buy: ratio_text(tier.maker_buy),
        maker_sell: ratio_text(tier.maker_sell),
        taker_buy: ratio_text(tier.taker_buy),
        taker_sell: ratio_text(tier.taker_sell),
    });
    v1::FeeSchedule { tiers: tiers.collect() }
}

pub(crate) fn calendar(wire: v1::Calendar) -> Result<Calendar, Unreadable> {
    let dates = |texts: &[String], field| -> Result<BTreeSet<Date>, Unreadable> {
        texts.iter().map(|text| read(text, field)).collect()
    };
    Ok(Calendar {
        version: wire.version,
        from: read(&wire.from_date, "from_date")?,
        until: read(&wire.until_date, "until_date")?,
        holidays: dates(&wire.holidays, "holidays")?,
        makeup_days: dates(&wire.makeup_days, "makeup_days")?,
    })
}

pub(crate) fn calendar_to_wire(calendar: &Calendar) -> v1::Calendar {
    v1::Calendar {
        version: calendar.version,
        from_date: calendar.from.to_string(),
        until_date: calendar.until.to_string(),
        holidays: calendar.holidays.iter().map(ToString::to_string).collect(),
        makeup_days: calendar.makeup_days.iter().map(ToString::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use sfund_engine::amount::{Money, Ppm};

    use super::*;

    fn largest<R: Rules>() -> R {
        R::fill(&mut |parameter| Some(parameter.form.bounds().1)).unwrap()
    }

    #[test]
    fn a_pack_its_fees_and_a_calendar_cross_the_wire_unchanged() {
        let day: Date = "2026-10-01".parse().unwrap();
        let original = Pack {
            code: "cn-regional".to_owned(),
            version: 2,
            valid_from: day,
            jurisdiction: "CN-JS".to_owned(),
            continuous: Permission::Allowed,
            call_auction: Permission::Forbidden,
            turnaround_trading_days: 5,
            holder_caps: HolderCaps {
                partnership: 50,
                limited_liability: 50,
                joint_stock: 200,
                contract: 200,
            },
            investors: InvestorRules {
                investment_min: Money::from_fen(100_000_000),
                entity_net_assets_min: Money::from_fen(1_000_000_000),
                entity_financial_assets_min: Money::ZERO,
                person_financial_assets_min: Money::from_fen(300_000_000),
                person_income_min: Money::from_fen(50_000_000),
                natural_persons: Permission::Allowed,
            },
            province: None,
            price_band: Some(Ppm::new(100_000)),
            trading_hours: Some(Hours { opens_minute: 570, closes_minute: 900 }),
            limits: Limits {
                fills_max: 1_000,
                orders_per_party_max: 200,
                tranches_max: 50,
                order_days_max: 90,
                intention_days_max: 30,
                intentions_per_party_max: 20,
            },
            listing: Some(largest()),
            matching: Some(largest()),
        };
        assert_eq!(pack(pack_to_wire(original.clone())), Ok(original));

        let soe = Overlay {
            code: "soe".to_owned(),
            version: 3,
            valid_from: day,
            jurisdiction: "CN".to_owned(),
            rules: largest(),
        };
        assert_eq!(overlay(overlay_to_wire(&soe)), Ok(soe.clone()));
        let mut lacking = overlay_to_wire(&soe);
        lacking.parameters.pop();
        assert_eq!(overlay(lacking), Err(Unreadable { field: "parameters" }));

        let schedule = Fees { tiers: vec![Rates { maker_buy: Ppm::new(7), ..Rates::default() }] };
        assert_eq!(fees(fees_to_wire(&schedule)), Ok(schedule));

        let days = Calendar {
            version: 1,
            from: day,
            until: day.next(),
            holidays: [day].into(),
            makeup_days: [day.next()].into(),
        };
        assert_eq!(calendar(calendar_to_wire(&days)), Ok(days));
    }
}
