//! Which rules applied to one listing, what happened, and whether it is what they ask
//! (合规证据): from the journal alone.
//!
//! [`report`] reads the journal once. What a rule asks is what was in force when the listing was
//! announced, or when its bidding was opened; where a value comes from is in no journal, so whoever
//! asks brings the sources. Each finding is reckoned from what the entries say, not from the fact
//! that they were accepted. Parties are told by their ids and codes; names are not told.

/// What an event says, if it is of this kind.
macro_rules! match_of {
    ($event:expr, Event::$name:ident) => {
        if let Event::$name(fact) = $event { Some(fact) } else { None }
    };
}

mod bidding;
mod history;
mod listed;
mod page;
mod state;

use std::sync::Arc;

use serde_json::Value;
use sfund_engine::id::ListingId;
use sfund_engine::policy::PackVersion;
use sfund_engine::time::Time;

use self::history::History;
use crate::journal::{Hash, Head, Reader};
use crate::recovery::book::Error;

/// How firm a value is and where it comes from: class and source of a parameter of an edition.
pub type Sources<'s> = &'s dyn Fn(&PackVersion, &str) -> Option<(&'static str, String)>;

/// Text in both languages of the market.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Both {
    zh: String,
    en: String,
}

/// Whether a rule was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was.
    Met,
    /// It was not.
    NotMet,
    /// What it asks for is still to come.
    NotDue,
    /// It asks nothing of this listing.
    NotApplicable,
}

/// What a rule asks: a parameter in force.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Required {
    name: &'static str,
    value: String,
    unit: &'static str,
    edition: PackVersion,
    class: Option<&'static str>,
    source: Option<String>,
}

/// What happened, by an entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Happened {
    sequence: u64,
    at: Time,
    hash: Hash,
    what: Both,
    /// SHA-256 of a document that shows it.
    evidence: Option<[u8; 32]>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    rule: &'static str,
    title: Both,
    required: Vec<Required>,
    happened: Vec<Happened>,
    verdict: Verdict,
}

/// The evidence of one listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    listing: ListingId,
    code: String,
    stage: &'static str,
    head: Head,
    at: Time,
    lines: Vec<Line>,
}

impl Report {
    /// Rules that were not kept.
    #[must_use]
    pub fn not_met(&self) -> Vec<&'static str> {
        let broken = self.lines.iter().filter(|line| line.verdict == Verdict::NotMet);
        broken.map(|line| line.rule).collect()
    }

    /// For programs.
    #[must_use]
    pub fn value(&self) -> Value {
        page::value(self)
    }

    /// For people, in Chinese and English.
    #[must_use]
    pub fn markdown(&self) -> String {
        page::markdown(self)
    }
}

/// The evidence of the listing called `which`, by its id or its project code.
///
/// # Errors
///
/// [`Error`] if there is no such listing, or the journal cannot be read.
pub fn report(
    reader: &Arc<dyn Reader>,
    which: &str,
    sources: Sources<'_>,
) -> Result<Report, Error> {
    let history = History::read(reader, which)?;
    let mut lines = Vec::new();
    listed::lines(&history, &mut lines);
    state::lines(&history, &mut lines);
    bidding::lines(&history, &mut lines);
    for required in lines.iter_mut().flat_map(|line| &mut line.required) {
        if let Some((class, source)) = sources(&required.edition, required.name) {
            (required.class, required.source) = (Some(class), Some(source));
        }
    }
    Ok(Report {
        listing: history.listing,
        code: history.record.terms.code.clone(),
        stage: history.record.stage.name(),
        head: history.head,
        at: history.at,
        lines,
    })
}

fn both(zh: impl Into<String>, en: impl Into<String>) -> Both {
    Both { zh: zh.into(), en: en.into() }
}

/// Kept or not.
const fn met(is_met: bool) -> Verdict {
    if is_met { Verdict::Met } else { Verdict::NotMet }
}
