//! A register of LP positions as a file (持仓登记簿): parties, funds, and units from commitments.
//!
//! The file is read whole before anything is sent: a row that cannot be read is reported with its
//! line, and unless asked otherwise nothing is imported then. One unit is one of the currency
//! committed.

use std::collections::BTreeMap;
use std::io;

use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use sfund_sdk::Units;
use sha2::{Digest as _, Sha256};

/// Most rows of one file.
pub const ROWS_MAX: usize = 1_000_000;
/// Bytes of a name that go into its code; a hash may follow.
const CODE_NAME_BYTES: usize = 48;
/// Hundredths of a unit in a million units.
const UNITS_E2_PER_MILLION: i64 = 100_000_000;

/// A row that cannot be imported, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// A register read from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// Rows read, good or not.
    pub rows: u64,
    /// Holders by their codes: their names.
    pub(super) holders: BTreeMap<String, String>,
    /// Managers by their codes: their names.
    pub(super) managers: BTreeMap<String, String>,
    /// Funds by their codes.
    pub(super) funds: BTreeMap<String, Fund>,
}

/// A fund of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fund {
    pub(super) name: String,
    pub(super) manager: String,
    pub(super) vintage: Option<i32>,
    /// Units by the holder's code.
    pub(super) units: BTreeMap<String, Units>,
}

#[derive(Deserialize)]
struct Row {
    lp: String,
    fund_name: String,
    general_partner: String,
    vintage_year: String,
    commitment_mm: String,
}

/// Reads a register. The faults are in order of their lines.
///
/// # Errors
///
/// If the input cannot be read, or has no such columns.
pub fn read(input: impl io::Read) -> Result<(Register, Vec<Fault>), csv::Error> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let headers = reader.headers()?.clone();
    let (mut register, mut faults) = (Register::default(), Vec::new());
    for record in reader.records().take(ROWS_MAX) {
        register.rows = register.rows.saturating_add(1);
        let record = match record {
            Ok(record) => record,
            Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => return Err(error),
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.push(Fault { line, message: error.to_string() });
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let row = record.deserialize::<Row>(Some(&headers));
        let row = row.map_err(|error| error.to_string());
        if let Err(message) = row.and_then(|row| register.take(&row)) {
            faults.push(Fault { line, message });
        }
    }
    Ok((register, faults))
}

impl Register {
    /// Holdings in it.
    #[must_use]
    pub fn holdings(&self) -> usize {
        self.funds.values().map(|fund| fund.units.len()).sum()
    }

    /// Parties in it, managers included.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.holders.len().saturating_add(self.managers.len())
    }

    /// Funds in it.
    #[must_use]
    pub fn funds(&self) -> usize {
        self.funds.len()
    }

    fn take(&mut self, row: &Row) -> Result<(), String> {
        for (field, text) in [
            ("lp", &row.lp),
            ("fund_name", &row.fund_name),
            ("general_partner", &row.general_partner),
        ] {
            if text.is_empty() {
                return Err(format!("{field} is empty"));
            }
        }
        let units = units_of(&row.commitment_mm)?;
        let vintage = match row.vintage_year.as_str() {
            "" => None,
            year => match year.parse() {
                Ok(year @ 1900..=2999) => Some(year),
                Ok(_) | Err(_) => return Err(format!("vintage_year is {year}, no year")),
            },
        };
        let holder = code_of(&row.lp);
        let manager = format!("{}-GP", code_of(&row.general_partner));
        self.holders.insert(holder.clone(), row.lp.clone());
        self.managers.insert(manager.clone(), row.general_partner.clone());
        let fund = self.funds.entry(code_of(&row.fund_name)).or_insert_with(|| Fund {
            name: row.fund_name.clone(),
            manager,
            vintage,
            units: BTreeMap::new(),
        });
        // A holder may have committed twice; the two are one holding.
        let held = fund.units.entry(holder).or_default();
        *held = held.checked_add(units).ok_or("commitment_mm is out of range")?;
        Ok(())
    }
}

/// Units of a commitment in millions, half-up to a hundredth of a unit.
fn units_of(commitment: &str) -> Result<Units, String> {
    let wrong = || format!("commitment_mm is `{commitment}`, no amount above zero");
    let millions: Decimal = commitment.parse().map_err(|_| wrong())?;
    let e2 = millions.checked_mul(Decimal::from(UNITS_E2_PER_MILLION)).ok_or_else(wrong)?;
    let e2 = e2.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_u64();
    e2.filter(|e2| 0 < *e2).map(Units::from_e2).ok_or_else(wrong)
}

/// A code made from a name: its letters and digits, and a hash where that says less than the name.
fn code_of(name: &str) -> String {
    let mut code = String::new();
    let mut parts = name.split(|letter: char| !letter.is_alphanumeric());
    for part in parts.by_ref().filter(|part| !part.is_empty()) {
        let needed = code.len().saturating_add(part.len()).saturating_add(1);
        if CODE_NAME_BYTES < needed {
            break;
        }
        if !code.is_empty() {
            code.push('-');
        }
        code.push_str(part);
    }
    if code.replace('-', " ") != name {
        let hash = Sha256::digest(name.as_bytes());
        let short: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        if !code.is_empty() {
            code.push('-');
        }
        code.push_str(&short);
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "lp,fund_name,general_partner,vintage_year,commitment_mm,net_irr\n";

    #[test]
    fn a_register_is_read_with_the_line_of_every_fault() {
        let text = format!(
            "{HEADER}A,Fund I,GP,2019,1.5,\nB,Fund I,GP,2019,0,\nB,\"Fund, I\",GP,,100,\n\
             C,Fund I,GP,199x,1,\n,Fund I,GP,,1,\nA,Fund I,GP,2019,0.5,\nshort\n"
        );
        let (register, faults) = read(text.as_bytes()).unwrap();
        let faults: Vec<_> = faults.iter().map(|fault| (fault.line, &*fault.message)).collect();
        assert_eq!(faults[0], (3, "commitment_mm is `0`, no amount above zero"));
        assert_eq!(faults[1], (5, "vintage_year is 199x, no year"));
        assert_eq!(faults[2], (6, "lp is empty"));
        assert_eq!((faults.len(), faults[3].0), (4, 8));
        assert_eq!((register.rows, register.funds(), register.holdings()), (7, 2, 2));
        let units = &register.funds["Fund-I"].units["A"];
        assert_eq!(units.to_string(), "2000000.00");
    }

    #[test]
    fn codes_of_different_names_differ_and_have_no_spaces() {
        assert_eq!(code_of("57 Stars Global Fund 2"), "57-Stars-Global-Fund-2");
        assert_ne!(code_of("Fund, I"), code_of("Fund I"));
        assert_ne!(code_of("基金（一号）"), code_of("基金一号"));
        let long = code_of(&"word ".repeat(40));
        assert!(long.len() <= 64 && !long.contains(' '), "{long}");
    }

    #[test]
    fn a_commitment_is_rounded_once_half_up() {
        assert_eq!(units_of("373.89370199999996").unwrap().to_string(), "373893702.00");
        assert_eq!(units_of("0.000000005").unwrap().to_string(), "0.01");
        assert!(units_of("-1").is_err() && units_of("").is_err());
    }
}
