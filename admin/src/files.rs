//! Packs, fees, segments and calendars as files, the same TOML that a venue opens with; evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sfund_sdk::{
    Calendar, Date, Fees, Form, HolderCaps, Hours, InvestorRules, Limits, Overlay, Pack, Parameter,
    Permission, Ppm, Rates, Rules, Sha256,
};
use sha2::Digest as _;
use thiserror::Error;
use toml::Value;
use toml::value::Datetime;

use crate::failure::Failure;

/// What is wrong with a file.
#[derive(Debug, Error)]
pub(crate) enum BadFile {
    /// It is no TOML of the right shape.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// A parameter is missing.
    #[error("parameter `{0}` is missing")]
    Missing(&'static str),
    /// A parameter is not what it should be.
    #[error("parameter `{0}` is {1}; it takes {2}")]
    Wrong(&'static str, String, String),
    /// A parameter is not known.
    #[error("there is no parameter `{0}`")]
    UnknownParameter(String),
    /// A date is none.
    #[error("{0} is no date")]
    Date(Datetime),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    code: String,
    version: u32,
    valid_from: Datetime,
    jurisdiction: String,
    parameter: BTreeMap<String, Stated>,
    matching: Option<BTreeMap<String, Stated>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverlayFile {
    code: String,
    version: u32,
    valid_from: Datetime,
    jurisdiction: String,
    parameter: BTreeMap<String, Stated>,
}

#[derive(Deserialize)]
struct Stated {
    value: Value,
}

#[derive(Deserialize)]
struct FeesFile {
    fees: Vec<RatesRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RatesRow {
    maker_buy: u32,
    maker_sell: u32,
    taker_buy: u32,
    taker_sell: u32,
}

#[derive(Deserialize)]
struct CalendarFile {
    from: Datetime,
    until: Datetime,
    #[serde(default)]
    year: Vec<YearFile>,
}

#[derive(Deserialize)]
struct YearFile {
    #[serde(default)]
    makeup_days: Vec<Datetime>,
    #[serde(default)]
    holidays: Vec<Holiday>,
}

#[derive(Deserialize)]
struct Holiday {
    from: Datetime,
    until: Datetime,
}

fn load<T>(path: &Path, read: impl FnOnce(&str) -> Result<T, BadFile>) -> Result<T, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|source| Failure::File { path: path.to_owned(), source })?;
    read(&text).map_err(|source| Failure::BadFile { path: path.to_owned(), source })
}

/// SHA-256 of the bytes of a file: evidence stays where it is.
pub(crate) fn sha256(path: &Path) -> Result<Sha256, Failure> {
    let bytes = fs::read(path).map_err(|source| Failure::File { path: path.to_owned(), source })?;
    Ok(Sha256::new(sha2::Sha256::digest(&bytes).into()))
}

/// The pack in a file.
pub(crate) fn pack(path: &Path) -> Result<Pack, Failure> {
    load(path, read_pack)
}

/// The overlay in a file.
pub(crate) fn overlay(path: &Path) -> Result<Overlay, Failure> {
    load(path, read_overlay)
}

/// The fees in a file: `fees = [{ maker_buy = …, … }, …]`, in parts per million.
pub(crate) fn fees(path: &Path) -> Result<Fees, Failure> {
    load(path, read_fees)
}

/// The calendar in a file; it takes the version `version`.
pub(crate) fn calendar(path: &Path, version: u32) -> Result<Calendar, Failure> {
    load(path, |text| read_calendar(text, version))
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, BadFile> {
    Ok(toml::from_str(text)?)
}

fn date(value: Datetime) -> Result<Date, BadFile> {
    value.to_string().parse().map_err(|_| BadFile::Date(value))
}

/// Takes parameters out of the table, so that what is left is unknown.
struct Parameters(BTreeMap<String, Stated>);

impl Parameters {
    fn take<T>(
        &mut self,
        name: &'static str,
        takes: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, BadFile> {
        let value = self.0.remove(name).ok_or(BadFile::Missing(name))?.value;
        read(&value).ok_or_else(|| BadFile::Wrong(name, value.to_string(), takes.to_owned()))
    }

    /// Rules of listings, of state-owned sellers or of a matching service.
    fn rules<R: Rules>(&mut self) -> Result<R, BadFile> {
        let mut wrong = None;
        let rules = R::fill(&mut |parameter| {
            let expected = parameter.expected();
            match self.take(parameter.name, &expected, |value| chosen(parameter, value)) {
                Ok(value) => Some(value),
                Err(error) => {
                    wrong.get_or_insert(error);
                    None
                }
            }
        });
        match wrong {
            Some(error) => Err(error),
            None => Ok(rules.expect("rules lack only what was refused")),
        }
    }

    fn none_left(self) -> Result<(), BadFile> {
        let left = self.0.into_keys().next();
        left.map_or(Ok(()), |unknown| Err(BadFile::UnknownParameter(unknown)))
    }

    fn number<T: TryFrom<i64>>(&mut self, name: &'static str) -> Result<T, BadFile> {
        self.take(name, "a whole number in its range", |value| {
            T::try_from(value.as_integer()?).ok()
        })
    }

    fn text<T: FromStr>(&mut self, name: &'static str) -> Result<T, BadFile> {
        self.take(name, "an amount in quotes, as \"1000000.00\"", |value| {
            value.as_str()?.parse().ok()
        })
    }

    fn permission(&mut self, name: &'static str) -> Result<Permission, BadFile> {
        self.take(name, "\"allowed\" or \"forbidden\"", |value| match value.as_str()? {
            "allowed" => Some(Permission::Allowed),
            "forbidden" => Some(Permission::Forbidden),
            _ => None,
        })
    }

    fn or_none<T>(
        &mut self,
        name: &'static str,
        takes: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, BadFile> {
        self.take(name, takes, |value| match value.as_str() {
            Some("none") => Some(None),
            Some(_) | None => read(value).map(Some),
        })
    }
}

fn read_pack(text: &str) -> Result<Pack, BadFile> {
    let file: PackFile = parse(text)?;
    let mut take = Parameters(file.parameter);
    let pack = Pack {
        code: file.code,
        version: file.version,
        valid_from: date(file.valid_from)?,
        jurisdiction: file.jurisdiction,
        continuous: take.permission("continuous")?,
        call_auction: take.permission("call_auction")?,
        turnaround_trading_days: take.number("turnaround_trading_days")?,
        holder_caps: HolderCaps {
            partnership: take.number("holders_partnership_max")?,
            limited_liability: take.number("holders_limited_liability_max")?,
            joint_stock: take.number("holders_joint_stock_max")?,
            contract: take.number("holders_contract_max")?,
        },
        investors: InvestorRules {
            investment_min: take.text("investment_min")?,
            entity_net_assets_min: take.text("entity_net_assets_min")?,
            entity_financial_assets_min: take.text("entity_financial_assets_min")?,
            person_financial_assets_min: take.text("person_financial_assets_min")?,
            person_income_min: take.text("person_income_min")?,
            natural_persons: take.permission("natural_persons")?,
        },
        province: take.or_none("province", "a province, as \"JS\", or \"none\"", |value| {
            value.as_str().map(ToOwned::to_owned)
        })?,
        price_band: take.or_none("price_band", "parts per million, or \"none\"", |value| {
            u32::try_from(value.as_integer()?).ok().map(Ppm::new)
        })?,
        trading_hours: take.or_none("trading_hours", "\"09:30-15:00\", or \"none\"", |value| {
            hours(value.as_str()?)
        })?,
        listing: Some(take.rules()?),
        matching: match file.matching {
            None => None,
            Some(matching) => {
                let mut take = Parameters(matching);
                let rules = take.rules()?;
                take.none_left()?;
                Some(rules)
            }
        },
        limits: Limits {
            fills_max: take.number("fills_max")?,
            orders_per_party_max: take.number("orders_per_party_max")?,
            tranches_max: take.number("tranches_max")?,
            order_days_max: take.number("order_days_max")?,
            intention_days_max: take.number("intention_days_max")?,
            intentions_per_party_max: take.number("intentions_per_party_max")?,
        },
    };
    take.none_left()?;
    Ok(pack)
}

fn read_overlay(text: &str) -> Result<Overlay, BadFile> {
    let file: OverlayFile = parse(text)?;
    let mut take = Parameters(file.parameter);
    let overlay = Overlay {
        code: file.code,
        version: file.version,
        valid_from: date(file.valid_from)?,
        jurisdiction: file.jurisdiction,
        rules: take.rules()?,
    };
    take.none_left()?;
    Ok(overlay)
}

/// The value of a parameter, as its file writes it.
fn chosen(parameter: &Parameter, value: &Value) -> Option<u64> {
    let text = match parameter.form {
        Form::Number { .. } => value.as_integer()?.to_string(),
        Form::Choice(_) => value.as_str()?.to_owned(),
        Form::Set(_) => {
            let words: Option<Vec<_>> = value.as_array()?.iter().map(Value::as_str).collect();
            words?.join(",")
        }
    };
    parameter.read(&text)
}

fn hours(text: &str) -> Option<Hours> {
    let minute = |text: &str| -> Option<u16> {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        hour.checked_mul(60)?.checked_add(minute).filter(|total| minute < 60 && *total <= 1_440)
    };
    let (opens, closes) = text.split_once('-')?;
    Some(Hours { opens_minute: minute(opens)?, closes_minute: minute(closes)? })
}

fn read_fees(text: &str) -> Result<Fees, BadFile> {
    let file: FeesFile = parse(text)?;
    let tiers = file.fees.iter().map(|row| Rates {
        maker_buy: Ppm::new(row.maker_buy),
        maker_sell: Ppm::new(row.maker_sell),
        taker_buy: Ppm::new(row.taker_buy),
        taker_sell: Ppm::new(row.taker_sell),
    });
    Ok(Fees { tiers: tiers.collect() })
}

fn read_calendar(text: &str, version: u32) -> Result<Calendar, BadFile> {
    let file: CalendarFile = parse(text)?;
    let (mut holidays, mut makeup_days) = (BTreeSet::new(), BTreeSet::new());
    for year in file.year {
        for day in year.makeup_days {
            makeup_days.insert(date(day)?);
        }
        for holiday in year.holidays {
            let (mut day, until) = (date(holiday.from)?, date(holiday.until)?);
            while day <= until {
                // Weekend days are off anyway.
                if !day.is_weekend() {
                    holidays.insert(day);
                }
                day = day.next();
            }
        }
    }
    let (from, until) = (date(file.from)?, date(file.until)?);
    Ok(Calendar { version, from, until, holidays, makeup_days })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest value of each parameter, as a file writes it.
    fn values_of<R: Rules>() -> Vec<(&'static str, String)> {
        let value = |parameter: &'static Parameter| {
            let largest = parameter.show(parameter.form.bounds().1);
            let written = match parameter.form {
                Form::Number { .. } => largest,
                Form::Choice(_) => format!("{largest:?}"),
                Form::Set(_) => format!("[{:?}]", largest.replace(',', "\", \"")).replace("\\", ""),
            };
            (parameter.name, written)
        };
        R::known().into_iter().map(value).collect()
    }

    fn parameters(changes: &[(&str, &str)]) -> String {
        let mut values: BTreeMap<&str, &str> = [
            ("continuous", "\"allowed\""),
            ("call_auction", "\"forbidden\""),
            ("turnaround_trading_days", "5"),
            ("holders_partnership_max", "50"),
            ("holders_limited_liability_max", "50"),
            ("holders_joint_stock_max", "200"),
            ("holders_contract_max", "200"),
            ("investment_min", "\"1000000.00\""),
            ("entity_net_assets_min", "\"10000000.00\""),
            ("entity_financial_assets_min", "\"0.00\""),
            ("person_financial_assets_min", "\"3000000.00\""),
            ("person_income_min", "\"500000.00\""),
            ("natural_persons", "\"allowed\""),
            ("province", "\"JS\""),
            ("price_band", "\"none\""),
            ("trading_hours", "\"09:30-15:00\""),
            ("fills_max", "500"),
            ("orders_per_party_max", "200"),
            ("tranches_max", "10"),
            ("order_days_max", "90"),
            ("intention_days_max", "30"),
            ("intentions_per_party_max", "20"),
        ]
        .into();
        let listing = values_of::<sfund_sdk::ListingRules>();
        values.extend(listing.iter().map(|(name, value)| (*name, value.as_str())));
        values.extend(changes.iter().copied());
        let mut text =
            "code = \"p\"\nversion = 2\nvalid_from = 2026-01-01\njurisdiction = \"CN\"\n"
                .to_owned();
        for (name, value) in values {
            text.push_str(&format!("[parameter.{name}]\nvalue = {value}\nunit = \"-\"\n"));
        }
        text
    }

    #[test]
    fn a_pack_file_states_every_parameter_and_no_other() {
        let pack = read_pack(&parameters(&[])).unwrap();
        assert_eq!((pack.version, pack.turnaround_trading_days), (2, 5));
        assert_eq!(pack.price_band, None);
        assert_eq!(pack.trading_hours, Some(Hours { opens_minute: 570, closes_minute: 900 }));
        assert_eq!(pack.investors.investment_min.to_string(), "1000000.00");
        for (name, value, says) in [
            ("colour", "1", "there is no parameter `colour`"),
            ("continuous", "\"maybe\"", "\"allowed\" or \"forbidden\""),
            ("investment_min", "1000000", "an amount in quotes"),
            ("trading_hours", "\"09:30-24:01\"", "\"09:30-15:00\""),
        ] {
            let error = read_pack(&parameters(&[(name, value)])).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn holidays_are_given_as_periods_and_weekends_among_them_are_off_anyway() {
        let text = "code = \"cn\"\nfrom = 2026-10-01\nuntil = 2026-12-31\n[[year]]\nyear = 2026\n\
                    makeup_days = [2026-10-10]\n\
                    holidays = [{ name = \"国庆节\", from = 2026-10-01, until = 2026-10-07 }]\n";
        let calendar = read_calendar(text, 3).unwrap();
        assert_eq!((calendar.version, calendar.holidays.len()), (3, 5));
        assert!(calendar.makeup_days.contains(&"2026-10-10".parse().unwrap()));
    }

    #[test]
    fn fees_are_parts_per_million() {
        let text = "fees = [{ maker_buy = 1, maker_sell = 2, taker_buy = 3, taker_sell = 4 }]";
        assert_eq!(read_fees(text).unwrap().tiers[0].taker_sell, Ppm::new(4));
    }
}
