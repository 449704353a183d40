//! Policy packs as files (规则包): a value for each parameter, with its unit, class and source.

use std::ops::RangeInclusive;

use sfund_engine::amount::Ppm;
use sfund_engine::policy::listing::ListingRules;
use sfund_engine::policy::matching::MatchingRules;
use sfund_engine::policy::overlay::{Overlay, StateRules};
use sfund_engine::policy::parameter::{self as engine, Form, Rules};
use sfund_engine::policy::{
    CASH_MAX, CODE_BYTES_MAX, HolderCaps, Hours, InvestorRules, Limits, ORDERS_MAX, Pack,
    Permission,
};
use toml::de::DeValue;

use super::document::{self, Faults, Findings, Section};

/// The packs that come with the program, by code.
pub const BUILT_IN: [(&str, &str); 3] = [
    ("cn-regional", include_str!("../../deploy/policy/cn-regional.toml")),
    ("licensed", include_str!("../../deploy/policy/licensed.toml")),
    ("us-qms", include_str!("../../deploy/policy/us-qms.toml")),
];
/// The overlays that come with the program, by code.
pub const OVERLAYS: [(&str, &str); 1] = [("soe", include_str!("../../deploy/policy/soe.toml"))];

/// How firm a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Law.
    Law,
    /// A platform's convention.
    Convention,
    /// Uncertain, or taken from practice.
    Uncertain,
}

impl Class {
    /// The letter that stands for it in a file.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Law => "L",
            Self::Convention => "P",
            Self::Uncertain => "U",
        }
    }

    fn from_letter(letter: &str) -> Option<Self> {
        [Self::Law, Self::Convention, Self::Uncertain]
            .into_iter()
            .find(|class| class.letter() == letter)
    }
}

/// One parameter as its file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name.
    pub name: &'static str,
    /// Value, as written.
    pub value: String,
    /// Unit of the value.
    pub unit: &'static str,
    /// Rule of the rulebook, or `limit`.
    pub rule: String,
    /// How firm it is.
    pub class: Class,
    /// Where it comes from.
    pub source: String,
}

/// A pack and where each of its values comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFile {
    /// The pack.
    pub pack: Pack,
    /// Its parameters, in the order of the rulebook.
    pub parameters: Vec<Parameter>,
}

/// An overlay and where each of its values comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverlayFile {
    /// The overlay.
    pub overlay: Overlay,
    /// Its parameters, in the order of the rulebook.
    pub parameters: Vec<Parameter>,
}

/// Reads the pack in `text`, the text of `file`.
///
/// # Errors
///
/// All [`Faults`] of the file: unknown and missing parameters, values out of range.
pub fn read(file: &str, text: &str) -> Result<PackFile, Faults> {
    document::read(file, text, |root, findings| {
        let code = root.parsed("code", "1 to 64 bytes without spaces", findings, code);
        let version = root.number("version", 1..=i64::from(u32::MAX), findings);
        let valid_from = root.date("valid_from", findings);
        let jurisdiction =
            root.parsed("jurisdiction", "1 to 64 bytes without spaces", findings, self::code);
        let table = root.section("parameter", findings)?;
        let mut take = Parameters { table, taken: Vec::new() };
        let continuous = take.permission("continuous", findings);
        let call_auction = take.permission("call_auction", findings);
        let turnaround = take.number("turnaround_trading_days", "trading days", 0..=250, findings);
        let holder_caps = take.holder_caps(findings);
        let investors = take.investors(findings);
        let province = take.or_none("province", "province", "a province, as JS", findings, code_of);
        let price_band = take.or_none(
            "price_band",
            "ppm",
            "a whole number from 1 to 1000000",
            findings,
            |value| document::number(value, &(1..=1_000_000)).map(Ppm::new),
        );
        let hours = "opening and closing, as 09:30-15:00";
        let trading_hours =
            take.or_none("trading_hours", "local time", hours, findings, self::hours);
        let limits = take.limits(findings);
        let listing = take.rules(findings, ListingRules::contradiction);
        let mut taken = take.finish(findings);
        let matching = match root.section_if_any("matching", findings) {
            None => Some(None),
            Some(table) => {
                let mut take = Parameters { table, taken };
                let rules = take.rules(findings, MatchingRules::contradiction);
                taken = take.finish(findings);
                rules.map(Some)
            }
        };
        let pack = Pack {
            code: code?,
            version: version?,
            valid_from: valid_from?,
            jurisdiction: jurisdiction?,
            continuous: continuous?,
            call_auction: call_auction?,
            turnaround_trading_days: turnaround?,
            holder_caps: holder_caps?,
            investors: investors?,
            province: province?,
            price_band: price_band?,
            trading_hours: trading_hours?,
            limits: limits?,
            listing: Some(listing?),
            matching: matching?,
        };
        Some(PackFile { pack, parameters: taken })
    })
}

/// Reads the overlay in `text`, the text of `file`.
///
/// # Errors
///
/// All [`Faults`] of the file: unknown and missing parameters, values out of range.
pub fn read_overlay(file: &str, text: &str) -> Result<OverlayFile, Faults> {
    document::read(file, text, |root, findings| {
        let code = root.parsed("code", "1 to 64 bytes without spaces", findings, code);
        let version = root.number("version", 1..=i64::from(u32::MAX), findings);
        let valid_from = root.date("valid_from", findings);
        let jurisdiction =
            root.parsed("jurisdiction", "1 to 64 bytes without spaces", findings, self::code);
        let table = root.section("parameter", findings)?;
        let mut take = Parameters { table, taken: Vec::new() };
        let rules = take.rules(findings, StateRules::contradiction);
        let parameters = take.finish(findings);
        let overlay = Overlay {
            code: code?,
            version: version?,
            valid_from: valid_from?,
            jurisdiction: jurisdiction?,
            rules: rules?,
        };
        Some(OverlayFile { overlay, parameters })
    })
}

/// The pack of this code that comes with the program.
///
/// # Panics
///
/// Never: a test reads them all.
#[must_use]
pub fn built_in(code: &str) -> Option<PackFile> {
    let (code, text) = BUILT_IN.into_iter().find(|(known, _)| *known == code)?;
    Some(read(&format!("{code}.toml"), text).expect("a pack that comes with the program is sound"))
}

/// The overlay of this code that comes with the program.
///
/// # Panics
///
/// Never: a test reads them all.
#[must_use]
pub fn built_in_overlay(code: &str) -> Option<OverlayFile> {
    let (code, text) = OVERLAYS.into_iter().find(|(known, _)| *known == code)?;
    let read = read_overlay(&format!("{code}.toml"), text);
    Some(read.expect("an overlay that comes with the program is sound"))
}

/// The table of parameters, and those taken from it.
struct Parameters<'a, 'i> {
    table: Section<'a, 'i>,
    taken: Vec<Parameter>,
}

impl Parameters<'_, '_> {
    /// What was taken; what was not is unknown.
    fn finish(self, findings: &mut Findings<'_>) -> Vec<Parameter> {
        self.table.finish(findings);
        self.taken
    }

    /// Rules from the engine's table of their parameters; `contradiction` names one that does not
    /// go with another.
    fn rules<R: Rules>(
        &mut self,
        findings: &mut Findings<'_>,
        contradiction: impl FnOnce(&R) -> Option<&'static str>,
    ) -> Option<R> {
        let rules = R::fill(&mut |known| {
            let expected = known.expected();
            let value = self
                .take(known.name, known.unit, &expected, findings, |value| chosen(known, value))?;
            let taken = self.taken.last_mut().expect("what was taken is kept");
            taken.value = known.show(value);
            if taken.rule != known.rule {
                let (found, expected) = (format!("{:?}", taken.rule), format!("{:?}", known.rule));
                self.table.refuse(known.name, &format!("of rule {found}"), &expected, findings);
                return None;
            }
            Some(value)
        })?;
        if let Some(name) = contradiction(&rules) {
            let expected = "at most what the parameter that bounds it says";
            self.table.refuse(name, "beyond its bound", expected, findings);
            return None;
        }
        Some(rules)
    }

    /// One parameter: its value in its unit, and why.
    fn take<T>(
        &mut self,
        name: &'static str,
        unit: &'static str,
        expected: &str,
        findings: &mut Findings<'_>,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut section = self.table.section(name, findings)?;
        let both = section.parsed("value", expected, findings, |value| {
            read(value).map(|read| (read, document::shown(value)))
        });
        let in_unit = section.parsed("unit", &format!("\"{unit}\""), findings, |value| {
            (value.as_str() == Some(unit)).then_some(())
        });
        let rule = section.text("rule", findings);
        let class = section.parsed("class", "\"L\", \"P\" or \"U\"", findings, |value| {
            value.as_str().and_then(Class::from_letter)
        });
        let source = section.text("source", findings);
        section.finish(findings);
        in_unit?;
        let (value, shown) = both?;
        let (rule, class, source) = (rule?, class?, source?);
        self.taken.push(Parameter { name, value: shown, unit, rule, class, source });
        Some(value)
    }

    fn permission(
        &mut self,
        name: &'static str,
        findings: &mut Findings<'_>,
    ) -> Option<Permission> {
        let expected = "\"allowed\" or \"forbidden\"";
        self.take(name, "permission", expected, findings, |value| match value.as_str()? {
            "allowed" => Some(Permission::Allowed),
            "forbidden" => Some(Permission::Forbidden),
            _ => None,
        })
    }

    fn number<T: TryFrom<i64>>(
        &mut self,
        name: &'static str,
        unit: &'static str,
        range: RangeInclusive<i64>,
        findings: &mut Findings<'_>,
    ) -> Option<T> {
        let expected = document::in_range(&range);
        self.take(name, unit, &expected, findings, |value| document::number(value, &range))
    }

    fn money(
        &mut self,
        name: &'static str,
        findings: &mut Findings<'_>,
    ) -> Option<sfund_engine::amount::Money> {
        let expected = "an amount with two decimals in quotes, as \"1000000.00\", up to 10^13";
        self.take(name, "CNY", expected, findings, |value| {
            document::money(value).filter(|amount| *amount <= CASH_MAX)
        })
    }

    /// A parameter that may be `"none"`.
    fn or_none<T>(
        &mut self,
        name: &'static str,
        unit: &'static str,
        expected: &str,
        findings: &mut Findings<'_>,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        let expected = format!("{expected}, or \"none\"");
        self.take(name, unit, &expected, findings, |value| match value.as_str() {
            Some("none") => Some(None),
            Some(_) | None => read(value).map(Some),
        })
    }

    fn holder_caps(&mut self, findings: &mut Findings<'_>) -> Option<HolderCaps> {
        let range = 1..=1_000_000;
        let partnership =
            self.number("holders_partnership_max", "holders", range.clone(), findings);
        let limited_liability =
            self.number("holders_limited_liability_max", "holders", range.clone(), findings);
        let joint_stock =
            self.number("holders_joint_stock_max", "holders", range.clone(), findings);
        let contract = self.number("holders_contract_max", "holders", range, findings);
        Some(HolderCaps {
            partnership: partnership?,
            limited_liability: limited_liability?,
            joint_stock: joint_stock?,
            contract: contract?,
        })
    }

    fn investors(&mut self, findings: &mut Findings<'_>) -> Option<InvestorRules> {
        let investment_min = self.money("investment_min", findings);
        let entity_net_assets_min = self.money("entity_net_assets_min", findings);
        let entity_financial_assets_min = self.money("entity_financial_assets_min", findings);
        let person_financial_assets_min = self.money("person_financial_assets_min", findings);
        let person_income_min = self.money("person_income_min", findings);
        let natural_persons = self.permission("natural_persons", findings);
        Some(InvestorRules {
            investment_min: investment_min?,
            entity_net_assets_min: entity_net_assets_min?,
            entity_financial_assets_min: entity_financial_assets_min?,
            person_financial_assets_min: person_financial_assets_min?,
            person_income_min: person_income_min?,
            natural_persons: natural_persons?,
        })
    }

    fn limits(&mut self, findings: &mut Findings<'_>) -> Option<Limits> {
        let orders = 1..=i64::from(ORDERS_MAX);
        let fills_max = self.number("fills_max", "trades", 1..=500, findings);
        let orders_per_party_max = self.number("orders_per_party_max", "orders", orders, findings);
        let tranches_max = self.number("tranches_max", "tranches", 1..=1_000_000, findings);
        let order_days_max = self.number("order_days_max", "days", 1..=3_660, findings);
        let intention_days_max = self.number("intention_days_max", "days", 1..=3_660, findings);
        let intentions_per_party_max =
            self.number("intentions_per_party_max", "intentions", 1..=1_000_000, findings);
        Some(Limits {
            fills_max: fills_max?,
            orders_per_party_max: orders_per_party_max?,
            tranches_max: tranches_max?,
            order_days_max: order_days_max?,
            intention_days_max: intention_days_max?,
            intentions_per_party_max: intentions_per_party_max?,
        })
    }
}

/// The value of a parameter of the engine's table.
fn chosen(known: &engine::Parameter, value: &DeValue<'_>) -> Option<u64> {
    match known.form {
        Form::Number { min, max } => {
            let range = i64::try_from(min).ok()?..=i64::try_from(max).ok()?;
            document::number(value, &range)
        }
        Form::Choice(_) => known.read(value.as_str()?),
        Form::Set(_) => {
            let words = value.as_array()?.iter().map(|word| word.get_ref().as_str());
            known.read(&words.collect::<Option<Vec<_>>>()?.join(","))
        }
    }
}

fn code(value: &DeValue<'_>) -> Option<String> {
    let text = value.as_str()?;
    let printable = text.chars().all(|letter| !letter.is_whitespace() && !letter.is_control());
    ((1..=CODE_BYTES_MAX).contains(&text.len()) && printable).then(|| text.to_owned())
}

/// A province: the region letters of JR/T 0326-2024.
fn code_of(value: &DeValue<'_>) -> Option<String> {
    code(value)
}

/// `09:30-15:00` of one day, `opens < closes`; a day ends at `24:00`.
fn hours(value: &DeValue<'_>) -> Option<Hours> {
    let minute = |text: &str| -> Option<u16> {
        let (hour, minute) = text.split_once(':')?;
        let two_digits = |part: &str| -> Option<u16> {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok())?
        };
        let minute = two_digits(minute).filter(|minute| *minute < 60)?;
        two_digits(hour)?.checked_mul(60)?.checked_add(minute).filter(|minute| *minute <= 1_440)
    };
    let (opens, closes) = value.as_str()?.split_once('-')?;
    let (opens_minute, closes_minute) = (minute(opens)?, minute(closes)?);
    (opens_minute < closes_minute).then_some(Hours { opens_minute, closes_minute })
}
