//! Importing a register of LP positions (持仓导入): parties, funds, and units from commitments.
//!
//! The file is read whole before anything is sent: a row that cannot be read is reported with its
//! line, and unless asked otherwise nothing is imported then. One unit is one of the currency
//! committed. Importing the same file twice has one effect: what is there is left alone, and each
//! command carries an attempt id made from what it says.

use std::collections::BTreeMap;
use std::io;

use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use sfund_sdk::{
    Client, Currency, Date, FundDetails, FundFilter, FundId, LegalForm, PartyDetails, PartyFilter,
    PartyForm, PartyId, Price, Reviewed, Role, SegmentId, Units, Uuid,
};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::task::JoinSet;

/// Most rows of one file.
pub const ROWS_MAX: usize = 1_000_000;
/// Commands in flight at once.
const IN_FLIGHT_MAX: usize = 64;
/// Bytes of a name that go into its code; a hash may follow.
const CODE_NAME_BYTES: usize = 48;
/// Hundredths of a unit in a million units.
const UNITS_E2_PER_MILLION: i64 = 100_000_000;
/// Price step of an imported fund, in ten-thousandths, and its lot, in hundredths: a lot at one
/// step is one fen.
const TICK_E4: u64 = 1;
const LOT_E2: u64 = 10_000;
/// Years from its vintage in which a fund is taken to run.
const TERM_YEARS: i32 = 12;
/// Years from today that it runs at the least: what is held today still trades.
const TERM_YEARS_LEFT: i32 = 2;
/// What attempt ids are made within.
const NAMESPACE: Uuid = Uuid::from_u128(0x7366_756e_642d_706f_7369_7469_6f6e_7321);

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
    holders: BTreeMap<String, String>,
    /// Managers by their codes: their names.
    managers: BTreeMap<String, String>,
    /// Funds by their codes.
    funds: BTreeMap<String, Fund>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fund {
    name: String,
    manager: String,
    vintage: Option<i32>,
    /// Units by the holder's code.
    units: BTreeMap<String, Units>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Parties registered.
    pub parties: u64,
    /// Funds registered.
    pub funds: u64,
    /// Holdings issued.
    pub holdings: u64,
    /// Parties, funds and holdings that were there.
    pub present: u64,
}

/// Why an import stopped. What was done before it is done; the same file goes on from there.
#[derive(Debug, Error)]
pub enum Error {
    /// The exchange said no, or could not be reached.
    #[error("{what}")]
    Refused {
        /// What was asked.
        what: String,
        /// Its answer.
        #[source]
        source: Box<sfund_sdk::Error>,
    },
    /// A fund has units that are not from this file.
    #[error(
        "{code} has {issued} units issued and the file has {wanted}: nothing of it is imported"
    )]
    OtherUnits {
        /// Code of the fund.
        code: String,
        /// Units issued.
        issued: Units,
        /// Units in the file.
        wanted: Units,
    },
    /// The venue asks for a second person where none is needed.
    #[error("the registration of {code} waits for a second person")]
    Waits {
        /// Code of the party.
        code: String,
    },
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

/// Brings `register` into the market as an operator; new funds trade in `segment`.
///
/// `done` hears how many of the parties, funds and holdings are dealt with, each of them once.
///
/// # Errors
///
/// The first thing that the exchange refuses. The same file goes on from there.
pub async fn import(
    client: &Client,
    segment: SegmentId,
    currency: Currency,
    today: Date,
    register: &Register,
    done: impl Fn(u64),
) -> Result<Imported, Error> {
    let mut imported = Imported::default();
    let parties = import_parties(client, register, &mut imported, &done).await?;
    let funds = import_funds(client, segment, currency, today, register, &parties).await;
    let funds = funds?;
    for (_, known) in funds.values() {
        count(&mut imported.funds, &mut imported.present, *known);
        done(1);
    }
    import_holdings(client, register, &parties, &funds, &mut imported, &done).await?;
    Ok(imported)
}

/// Whether something was there before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Before,
    Now,
}

fn count(new: &mut u64, present: &mut u64, known: Known) {
    let counter = if known == Known::Now { new } else { present };
    *counter = counter.saturating_add(1);
}

async fn import_parties(
    client: &Client,
    register: &Register,
    imported: &mut Imported,
    done: &impl Fn(u64),
) -> Result<BTreeMap<String, PartyId>, Error> {
    let filter = PartyFilter::default();
    let known = client.admin().parties(filter).all(ROWS_MAX).await;
    let known = known.map_err(|source| refused("the parties", source))?;
    let mut ids: BTreeMap<_, _> =
        known.into_iter().map(|party| (party.details.code, party.id)).collect();
    let holders = register.holders.iter().map(|(code, name)| (code, name, Role::Lp));
    let managers = register.managers.iter().map(|(code, name)| (code, name, Role::Manager));
    let mut work = Bounded::default();
    for (code, name, role) in holders.chain(managers) {
        if ids.contains_key(code) {
            count(&mut imported.parties, &mut imported.present, Known::Before);
            done(1);
            continue;
        }
        let details = PartyDetails {
            code: code.clone(),
            name: name.clone(),
            role,
            form: PartyForm::Institution,
            look_through: 1,
            tier: 0,
            member: None,
        };
        let ask = client.admin().register_party(details);
        let ask = ask.attempt(attempt(&["party", code, name]));
        let code = code.clone();
        let answer = work.run(async move {
            let answer = ask.await.map_err(|source| refused(&code, source))?;
            match answer.value {
                Reviewed::Done(party) => Ok((code, party)),
                Reviewed::Waits(_) => Err(Error::Waits { code }),
            }
        });
        for (code, party) in answer.await? {
            ids.insert(code, party);
            count(&mut imported.parties, &mut imported.present, Known::Now);
            done(1);
        }
    }
    for (code, party) in work.rest().await? {
        ids.insert(code, party);
        count(&mut imported.parties, &mut imported.present, Known::Now);
        done(1);
    }
    Ok(ids)
}

type Funds = BTreeMap<String, ((FundId, Units), Known)>;

async fn import_funds(
    client: &Client,
    segment: SegmentId,
    currency: Currency,
    today: Date,
    register: &Register,
    parties: &BTreeMap<String, PartyId>,
) -> Result<Funds, Error> {
    let known = client.market().funds(FundFilter::default()).all(ROWS_MAX).await;
    let known = known.map_err(|source| refused("the funds", source))?;
    let mut ids: Funds = known
        .into_iter()
        .filter(|fund| register.funds.contains_key(&fund.details.code))
        .map(|fund| (fund.details.code, ((fund.id, fund.issued), Known::Before)))
        .collect();
    let mut work = Bounded::default();
    for (code, fund) in &register.funds {
        if ids.contains_key(code) {
            continue;
        }
        let manager = parties.get(&fund.manager).copied();
        let details = FundDetails {
            code: code.clone(),
            name: fund.name.clone(),
            manager: manager.expect("every manager was registered"),
            legal_form: LegalForm::Partnership,
            province: "OTHER".to_owned(),
            currency,
            segment,
            tick: Price::from_e4(TICK_E4),
            lot: Units::from_e2(LOT_E2),
            minimum_ticket: Units::from_e2(LOT_E2),
            holder_cap: None,
            term_ends: term_ends(fund.vintage, today),
        };
        let said = [code.as_str(), fund.name.as_str()];
        let ask =
            client.admin().register_fund(details).attempt(attempt(&["fund", said[0], said[1]]));
        let code = code.clone();
        let answers = work.run(async move {
            let answer = ask.await.map_err(|source| refused(&code, source))?;
            Ok((code, answer.value))
        });
        for (code, fund) in answers.await? {
            ids.insert(code, ((fund, Units::ZERO), Known::Now));
        }
    }
    for (code, fund) in work.rest().await? {
        ids.insert(code, ((fund, Units::ZERO), Known::Now));
    }
    Ok(ids)
}

async fn import_holdings(
    client: &Client,
    register: &Register,
    parties: &BTreeMap<String, PartyId>,
    funds: &Funds,
    imported: &mut Imported,
    done: &impl Fn(u64),
) -> Result<(), Error> {
    let mut work = Bounded::default();
    for (code, fund) in &register.funds {
        let ((id, issued), _) = funds.get(code).copied().expect("every fund was registered");
        let wanted =
            fund.units.values().try_fold(Units::ZERO, |sum, units| sum.checked_add(*units));
        let wanted = wanted.unwrap_or(Units::from_e2(u64::MAX));
        // What a fund has issued never shrinks, so a fund that was imported is told by its total.
        if issued == wanted {
            for _ in &fund.units {
                count(&mut imported.holdings, &mut imported.present, Known::Before);
                done(1);
            }
            continue;
        }
        if wanted < issued {
            return Err(Error::OtherUnits { code: code.clone(), issued, wanted });
        }
        for (holder, units) in &fund.units {
            let party = parties.get(holder).copied().expect("every holder was registered");
            let evidence = format!("commitment of {holder}, imported");
            let ask = client.admin().issue_units(id, party, *units, evidence);
            let ask = ask.attempt(attempt(&["units", code, holder, &units.to_string()]));
            let what = format!("{units} units of {code} for {holder}");
            let answers = work.run(async move {
                ask.await.map(|answer| answer.repeated).map_err(|source| refused(&what, source))
            });
            for repeated in answers.await? {
                let known = if repeated { Known::Before } else { Known::Now };
                count(&mut imported.holdings, &mut imported.present, known);
                done(1);
            }
        }
    }
    for repeated in work.rest().await? {
        let known = if repeated { Known::Before } else { Known::Now };
        count(&mut imported.holdings, &mut imported.present, known);
        done(1);
    }
    Ok(())
}

fn term_ends(vintage: Option<i32>, today: Date) -> Date {
    let (year, ..) = today.ymd();
    let least = year.saturating_add(TERM_YEARS_LEFT);
    let by_vintage = vintage.map_or(least, |vintage| vintage.saturating_add(TERM_YEARS));
    Date::from_ymd(by_vintage.max(least), 12, 31).expect("a year has a last day")
}

fn attempt(said: &[&str]) -> Uuid {
    Uuid::new_v5(&NAMESPACE, said.join("\u{1f}").as_bytes())
}

fn refused(what: &str, source: sfund_sdk::Error) -> Error {
    Error::Refused { what: what.to_owned(), source: Box::new(source) }
}

/// Commands in flight, never more than [`IN_FLIGHT_MAX`].
struct Bounded<T>(JoinSet<Result<T, Error>>);

impl<T: Send + 'static> Default for Bounded<T> {
    fn default() -> Self {
        Self(JoinSet::new())
    }
}

impl<T: Send + 'static> Bounded<T> {
    /// Starts one more, and answers with those that had to end first.
    async fn run(
        &mut self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        let mut ended = Vec::new();
        while IN_FLIGHT_MAX <= self.0.len() {
            ended.push(self.next().await?);
        }
        self.0.spawn(work);
        Ok(ended)
    }

    /// Waits for all that are left.
    async fn rest(mut self) -> Result<Vec<T>, Error> {
        let mut ended = Vec::new();
        while !self.0.is_empty() {
            ended.push(self.next().await?);
        }
        Ok(ended)
    }

    async fn next(&mut self) -> Result<T, Error> {
        let ended = self.0.join_next().await.expect("one is in flight");
        ended.expect("a command does not panic")
    }
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
