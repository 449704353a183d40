//! Packs, fees and the calendar, both ways.

use std::collections::{BTreeMap, BTreeSet};

use sfund_engine::calendar::Calendar;
use sfund_engine::policy::overlay::Overlay;
use sfund_engine::policy::parameter::{Parameter, Rules};
use sfund_engine::policy::{
    CALENDAR_DAYS_MAX, CODE_BYTES_MAX, Fees, HolderCaps, Hours, InvestorRules, Limits, Pack,
    Permission, Rates, TIERS_MAX,
};
use sfund_engine::time::Date;
use sfund_proto::v1;

use crate::wire::decimal::ratio_text;
use crate::wire::fields::Fields;

/// Reads a pack.
pub fn read_pack(fields: &mut Fields, pack: &v1::Pack) -> Pack {
    let (province, band) = (&pack.province, &pack.price_band);
    Pack {
        code: fields.text("code", &pack.code, CODE_BYTES_MAX),
        version: pack.version,
        valid_from: fields.date("valid_from", &pack.valid_from),
        jurisdiction: fields.text("jurisdiction", &pack.jurisdiction, CODE_BYTES_MAX),
        continuous: permission(pack.continuous_allowed),
        call_auction: permission(pack.call_auction_allowed),
        turnaround_trading_days: fields
            .small("turnaround_trading_days", pack.turnaround_trading_days),
        holder_caps: fields.message("holder_caps", pack.holder_caps.as_ref(), |_, caps| {
            HolderCaps {
                partnership: caps.partnership,
                limited_liability: caps.limited_liability,
                joint_stock: caps.joint_stock,
                contract: caps.contract,
            }
        }),
        investors: fields.message("investors", pack.investors.as_ref(), read_investors),
        province: (!province.is_empty()).then(|| fields.text("province", province, CODE_BYTES_MAX)),
        price_band: (!band.is_empty()).then(|| fields.ratio("price_band", band)),
        trading_hours: pack.trading_hours.as_ref().map(|hours| {
            fields.within("trading_hours", |fields| Hours {
                opens_minute: fields.small("opens_minute", hours.opens_minute),
                closes_minute: fields.small("closes_minute", hours.closes_minute),
            })
        }),
        limits: fields.message("limits", pack.limits.as_ref(), read_limits),
        listing: read_rules_if_any(fields, "listing_parameters", &pack.listing_parameters),
        matching: read_rules_if_any(fields, "matching_parameters", &pack.matching_parameters),
    }
}

/// Reads an overlay, if there is one.
pub fn read_overlay(fields: &mut Fields, overlay: Option<&v1::PackOverlay>) -> Option<Overlay> {
    let overlay = overlay?;
    Some(fields.within("overlay", |fields| Overlay {
        code: fields.text("code", &overlay.code, CODE_BYTES_MAX),
        version: overlay.version,
        valid_from: fields.date("valid_from", &overlay.valid_from),
        jurisdiction: fields.text("jurisdiction", &overlay.jurisdiction, CODE_BYTES_MAX),
        rules: read_rules(fields, "parameters", &overlay.parameters),
    }))
}

fn read_rules_if_any<R: Rules>(
    fields: &mut Fields,
    name: &'static str,
    said: &[v1::PackParameter],
) -> Option<R> {
    (!said.is_empty()).then(|| read_rules(fields, name, said))
}

/// Reads rules from their parameters, in any order: each once, in its range, and no other.
fn read_rules<R: Rules>(fields: &mut Fields, name: &'static str, said: &[v1::PackParameter]) -> R {
    let known = R::known();
    let mut values = BTreeMap::new();
    let _read = fields.each(name, said, known.len(), |fields, said| {
        let found = known.iter().find(|parameter| parameter.name == said.name);
        let Some(parameter) = found else {
            fields.note("name", "is no parameter of these rules");
            return;
        };
        let Some(value) = parameter.read(&said.value) else {
            let name = parameter.name;
            fields.note("value", format_args!("of {name} must be {}", parameter.expected()));
            return;
        };
        if values.insert(parameter.name, value).is_some() {
            fields.note("name", format_args!("names {} twice", parameter.name));
        }
    });
    let rules = R::fill(&mut |parameter| {
        let value = values.get(parameter.name).copied();
        let told = value.is_some() || said.iter().any(|said| said.name == parameter.name);
        if !told {
            fields.note(name, format_args!("lacks {}", parameter.name));
        }
        // Of what is malformed, a stand-in.
        Some(value.unwrap_or(parameter.form.bounds().0))
    });
    rules.expect("every parameter has a value in its range")
}

fn read_investors(fields: &mut Fields, rules: &v1::InvestorRules) -> InvestorRules {
    InvestorRules {
        investment_min: fields.money("investment_min", &rules.investment_min),
        entity_net_assets_min: fields.money("entity_net_assets_min", &rules.entity_net_assets_min),
        entity_financial_assets_min: fields
            .money("entity_financial_assets_min", &rules.entity_financial_assets_min),
        person_financial_assets_min: fields
            .money("person_financial_assets_min", &rules.person_financial_assets_min),
        person_income_min: fields.money("person_income_min", &rules.person_income_min),
        natural_persons: permission(rules.natural_persons_allowed),
    }
}

fn read_limits(fields: &mut Fields, limits: &v1::PackLimits) -> Limits {
    Limits {
        fills_max: limits.fills_max,
        orders_per_party_max: limits.orders_per_party_max,
        tranches_max: limits.tranches_max,
        order_days_max: fields.small("order_days_max", limits.order_days_max),
        intention_days_max: fields.small("intention_days_max", limits.intention_days_max),
        intentions_per_party_max: limits.intentions_per_party_max,
    }
}

/// Reads a fee schedule.
pub fn read_fees(fields: &mut Fields, fees: &v1::FeeSchedule) -> Fees {
    let tiers = fields.each("tiers", &fees.tiers, TIERS_MAX, |fields, rates| Rates {
        maker_buy: fields.ratio("maker_buy", &rates.maker_buy),
        maker_sell: fields.ratio("maker_sell", &rates.maker_sell),
        taker_buy: fields.ratio("taker_buy", &rates.taker_buy),
        taker_sell: fields.ratio("taker_sell", &rates.taker_sell),
    });
    Fees { tiers }
}

/// Reads a calendar.
pub fn read_calendar(fields: &mut Fields, calendar: &v1::Calendar) -> Calendar {
    Calendar {
        version: calendar.version,
        from: fields.date("from_date", &calendar.from_date),
        until: fields.date("until_date", &calendar.until_date),
        holidays: read_days(fields, "holidays", &calendar.holidays),
        makeup_days: read_days(fields, "makeup_days", &calendar.makeup_days),
    }
}

fn read_days(fields: &mut Fields, name: &'static str, days: &[String]) -> BTreeSet<Date> {
    let mut dates = BTreeSet::new();
    let mut twice = None;
    for date in fields.each(name, days, CALENDAR_DAYS_MAX, |fields, day| fields.date("", day)) {
        if !dates.insert(date) {
            twice = Some(date);
        }
    }
    if let Some(date) = twice {
        fields.note(name, format_args!("names {date} twice"));
    }
    dates
}

const fn permission(allowed: bool) -> Permission {
    if allowed { Permission::Allowed } else { Permission::Forbidden }
}

/// A pack as a message.
#[must_use]
pub fn pack(pack: &Pack) -> v1::Pack {
    let rules = &pack.investors;
    v1::Pack {
        code: pack.code.clone(),
        version: pack.version,
        valid_from: pack.valid_from.to_string(),
        jurisdiction: pack.jurisdiction.clone(),
        continuous_allowed: pack.continuous == Permission::Allowed,
        call_auction_allowed: pack.call_auction == Permission::Allowed,
        turnaround_trading_days: pack.turnaround_trading_days.into(),
        holder_caps: Some(v1::HolderCaps {
            partnership: pack.holder_caps.partnership,
            limited_liability: pack.holder_caps.limited_liability,
            joint_stock: pack.holder_caps.joint_stock,
            contract: pack.holder_caps.contract,
        }),
        investors: Some(v1::InvestorRules {
            investment_min: rules.investment_min.to_string(),
            entity_net_assets_min: rules.entity_net_assets_min.to_string(),
            entity_financial_assets_min: rules.entity_financial_assets_min.to_string(),
            person_financial_assets_min: rules.person_financial_assets_min.to_string(),
            person_income_min: rules.person_income_min.to_string(),
            natural_persons_allowed: rules.natural_persons == Permission::Allowed,
        }),
        province: pack.province.clone().unwrap_or_default(),
        price_band: pack.price_band.map_or_else(String::new, ratio_text),
        trading_hours: pack.trading_hours.map(|hours| v1::TradingHours {
            opens_minute: hours.opens_minute.into(),
            closes_minute: hours.closes_minute.into(),
        }),
        limits: Some(v1::PackLimits {
            fills_max: pack.limits.fills_max,
            orders_per_party_max: pack.limits.orders_per_party_max,
            tranches_max: pack.limits.tranches_max,
            order_days_max: pack.limits.order_days_max.into(),
            intention_days_max: pack.limits.intention_days_max.into(),
            intentions_per_party_max: pack.limits.intentions_per_party_max,
        }),
        listing_parameters: pack.listing.as_ref().map_or_else(Vec::new, parameters),
        matching_parameters: pack.matching.as_ref().map_or_else(Vec::new, parameters),
    }
}

/// An overlay as a message.
#[must_use]
pub fn overlay(overlay: &Overlay) -> v1::PackOverlay {
    v1::PackOverlay {
        code: overlay.code.clone(),
        version: overlay.version,
        valid_from: overlay.valid_from.to_string(),
        jurisdiction: overlay.jurisdiction.clone(),
        parameters: parameters(&overlay.rules),
    }
}

fn parameters<R: Rules>(rules: &R) -> Vec<v1::PackParameter> {
    let parameter = |(known, value): (&Parameter, u64)| v1::PackParameter {
        name: known.name.to_owned(),
        value: known.show(value),
        unit: known.unit.to_owned(),
        rule: known.rule.to_owned(),
    };
    rules.parameters().into_iter().map(parameter).collect()
}

/// A fee schedule as a message.
#[must_use]
pub fn fees(fees: &Fees) -> v1::FeeSchedule {
    let tier = |rates: &Rates| v1::FeeRates {
        maker_buy: ratio_text(rates.maker_buy),
        maker_sell: ratio_text(rates.maker_sell),
        taker_buy: ratio_text(rates.taker_buy),
        taker_sell: ratio_text(rates.taker_sell),
    };
    v1::FeeSchedule { tiers: fees.tiers.iter().map(tier).collect() }
}

/// A calendar as a message.
#[must_use]
pub fn calendar(calendar: &Calendar) -> v1::Calendar {
    let days = |days: &BTreeSet<Date>| days.iter().map(Date::to_string).collect();
    v1::Calendar {
        version: calendar.version,
        from_date: calendar.from.to_string(),
        until_date: calendar.until.to_string(),
        holidays: days(&calendar.holidays),
        makeup_days: days(&calendar.makeup_days),
    }
}
