//! Bringing a register into the market, as an operator: parties, funds, and units.
//!
//! Importing the same register twice has one effect: what is there is left alone, and each command
//! carries an attempt id made from what it says.

use std::collections::BTreeMap;

use sfund_sdk::{
    Client, Currency, Date, FundDetails, FundFilter, FundId, LegalForm, PartyDetails, PartyFilter,
    PartyForm, PartyId, Price, Reviewed, Role, SegmentId, Units, Uuid,
};
use thiserror::Error;
use tokio::task::JoinSet;

use crate::import::positions::{ROWS_MAX, Register};

/// Commands in flight at once.
const IN_FLIGHT_MAX: usize = 64;
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
