//! Reads a book and decides all of it again, with nothing but the file.

use std::fmt;
use std::io::{self, BufRead};
use std::sync::Arc;

use serde_json::{Value, json};
use sfund_engine::id::{ListingId, Sequence};

use crate::journal::{Digest, Hash, Head, Reader};
use crate::recovery::book::entries::Walk;
use crate::recovery::book::export::{self, Error};
use crate::recovery::book::file::{self, Chain};
use crate::recovery::book::replay::{Came, Replay};
use crate::recovery::book::{End, FINDINGS_MAX, FORMAT, Opened, Record, Step};
use crate::recovery::json::Json as _;

/// Most lines of a book that are read.
pub const LINES_MAX: u64 = 10_000_000;

/// Why it cannot be told whether a book is right.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    File(#[from] io::Error),
    /// It is something else.
    #[error("it is no book of an auction: `sfund export auction` writes them")]
    NotABook,
    /// It is of another version.
    #[error("it is a book of format {0}, and this program reads format {FORMAT}")]
    OtherFormat(u32),
    /// It was hashed in a way that nobody knows here.
    #[error("its digest has the number {0}, which is unknown")]
    OtherDigest(u32),
    /// It is longer than any book.
    #[error("it has more than {LINES_MAX} lines")]
    TooLong,
}

/// Something is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// A book as it was read.
pub struct Book {
    opened: Opened,
    /// With their lines.
    steps: Vec<(u64, Step)>,
    end: Option<End>,
    hash: Hash,
}

/// What was looked at, and what is wrong.
pub struct Report {
    /// The book.
    pub book: Book,
    /// Lines of it.
    pub lines: u64,
    /// What came of the lot, as text and for programs.
    pub came: (String, Value),
    /// Decided again: bids and answers taken, refused for the lot's own reasons, refused for what
    /// the book does not tell, seals opened, times that the clock rang.
    pub decided: [(&'static str, u64); 5],
    /// Entries that came with it, and the newest of them, if they are in order.
    pub entries: Option<(u64, Head)>,
    /// What is wrong; none is good.
    pub findings: Vec<Finding>,
}

impl Book {
    /// The listing whose bidding it tells.
    #[must_use]
    pub fn listing(&self) -> ListingId {
        self.opened.listing
    }

    /// Its project code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.opened.code
    }

    /// The hash of its last line, which is the book's: whoever has the same has the same book.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The journal's id, and the entry with which the book ends.
    #[must_use]
    pub fn ends(&self) -> Option<(String, Sequence, Hash)> {
        let end = self.end?;
        Some((file::hex(&self.opened.store), end.sequence, Hash::from_bytes(end.hash)))
    }
}

/// Reads a book and decides all of it again.
///
/// # Errors
///
/// [`Unreadable`] if it cannot be told whether it is right. What is wrong is a finding.
pub fn verify(from: &mut dyn BufRead) -> Result<Report, Unreadable> {
    let mut findings = Vec::new();
    let mut text = Vec::new();
    file::next_line(from, &mut text)?;
    let first = file::read(&text).ok_or(Unreadable::NotABook)?;
    let Record::Opened(opened) = &first.record else { return Err(Unreadable::NotABook) };
    if opened.format != FORMAT {
        return Err(Unreadable::OtherFormat(opened.format));
    }
    let digest = Digest::from_number(opened.digest);
    let digest = digest.ok_or(Unreadable::OtherDigest(opened.digest))?;
    let mut chain = Chain::new(digest, &opened.store);
    check_line(&mut chain, &first, &mut findings);
    let mut book =
        Book { opened: (**opened).clone(), steps: Vec::new(), end: None, hash: chain.hash };
    let mut more = false;
    while book.end.is_none() && findings.len() < FINDINGS_MAX {
        more = file::next_line(from, &mut text)?;
        if !more {
            break;
        }
        let number = chain.lines.saturating_add(1);
        let Some(line) = file::read(&text) else {
            findings.push(Finding { line: number, what: "it is no line of a book".to_owned() });
            break;
        };
        check_line(&mut chain, &line, &mut findings);
        match line.record {
            Record::Step(step) => book.steps.push((number, *step)),
            Record::End(end) => book.end = Some(end),
            Record::Opened(_) => {
                findings.push(Finding { line: number, what: "a lot is opened once".to_owned() });
            }
        }
        if LINES_MAX < number {
            return Err(Unreadable::TooLong);
        }
    }
    book.hash = chain.hash;
    let replay = decide(&book, &mut findings);
    check_end(&book, chain.lines, &mut findings);
    let mut entries = None;
    if more && book.end.is_some() && file::next_line(from, &mut text)? {
        let walk = Walk { opened: &book.opened, steps: &book.steps, end: book.end, digest };
        let line = chain.lines.saturating_add(1);
        let proved = walk.check(&text, line, from, &mut findings)?;
        entries = proved.map(|proved| (proved.entries, proved.head));
    }
    let counts = replay.as_ref().map(Replay::counts).unwrap_or_default();
    Ok(Report {
        lines: chain.lines,
        came: came(replay.as_ref()),
        decided: [
            ("taken", counts.taken),
            ("refused", counts.refused),
            ("refused_elsewhere", counts.elsewhere),
            ("seals", counts.seals),
            ("rung", counts.rung),
        ],
        entries,
        findings,
        book,
    })
}

/// Compares a book with the journal that it says it is from.
///
/// # Errors
///
/// [`Error`] if the journal cannot be read. What differs is a finding.
pub fn compare(reader: &Arc<dyn Reader>, book: &Book) -> Result<Vec<Finding>, Error> {
    let identity = reader.identity();
    let opened = &book.opened;
    if identity.store != opened.store || identity.digest.number() != opened.digest {
        let what = "the book is of another journal".to_owned();
        return Ok(vec![Finding { line: 1, what }]);
    }
    let read = match export::read(reader, &opened.listing.to_string()) {
        Ok(read) => read,
        Err(error @ (Error::NoListing(_) | Error::NotOpened(_) | Error::NotOver(_))) => {
            return Ok(vec![Finding { line: 1, what: error.to_string() }]);
        }
        Err(error @ (Error::Recovery(_) | Error::NoRules(_) | Error::Write(_))) => {
            return Err(error);
        }
    };
    let mut findings = Vec::new();
    let mut differs = |line, what: &str| findings.push(Finding { line, what: what.to_owned() });
    if read.opened != *opened {
        differs(1, "the lot was opened otherwise");
    }
    let mut steps = read.steps();
    let mut last = 1;
    for (line, told) in &book.steps {
        last = *line;
        if steps.next() != Some(told) {
            differs(*line, "the journal does not say this here");
            return Ok(findings);
        }
    }
    if let Some(end) = book.end {
        let hash = Hash::from_bytes(end.hash);
        if !export::stands(reader, end.sequence, &hash)? {
            differs(last.saturating_add(1), "the journal has another hash of the last entry");
        }
    }
    Ok(findings)
}

/// What a line says of itself.
fn check_line(chain: &mut Chain, line: &file::Line, findings: &mut Vec<Finding>) {
    chain.bind(&line.bytes);
    let number = chain.lines;
    if let Some(what) = line.differs {
        findings.push(Finding { line: number, what: what.to_owned() });
    }
    if line.hash != Some(chain.hash) {
        let what = format!("its hash is not that of the lines up to it, {}", chain.hash);
        findings.push(Finding { line: number, what });
    }
}

/// Decides every step again, as far as one leads to the next.
fn decide(book: &Book, findings: &mut Vec<Finding>) -> Option<Replay> {
    let found = |line, what: Vec<String>| what.into_iter().map(move |what| Finding { line, what });
    let mut replay = match Replay::new(&book.opened) {
        Ok(replay) => replay,
        Err(differences) => {
            findings.extend(found(1, differences));
            return None;
        }
    };
    let mut before = book.opened.sequence;
    for (line, step) in &book.steps {
        if step.sequence <= before {
            let what = format!("its entry {} does not come after {before}", step.sequence);
            findings.push(Finding { line: *line, what });
        }
        before = step.sequence;
        if let Err(differences) = replay.step(step) {
            findings.extend(found(*line, differences));
            return None;
        }
    }
    Some(replay)
}

/// Whether the book ends where it says.
fn check_end(book: &Book, line: u64, findings: &mut Vec<Finding>) {
    let Some(end) = book.end else {
        let what = "the book ends without its end: lines are left out".to_owned();
        findings.push(Finding { line, what });
        return;
    };
    let steps = u64::try_from(book.steps.len()).unwrap_or(u64::MAX);
    let last = book.steps.last().map(|(_, step)| step.sequence);
    if end.steps != steps || Some(end.sequence) != last {
        let what = format!("it counts {} steps up to {}", end.steps, end.sequence);
        findings.push(Finding { line, what });
    }
}

fn came(replay: Option<&Replay>) -> (String, Value) {
    let Some(replay) = replay else { return ("not decided".to_owned(), Value::Null) };
    match replay.came() {
        Came::Open => ("not over".to_owned(), Value::from("open")),
        Came::Failed => ("nobody won".to_owned(), Value::from("failed")),
        Came::Ended => ("the listing was ended".to_owned(), Value::from("ended")),
        Came::Awarded(deal) => {
            let mut text = String::from("awarded");
            for line in &deal.award.lines {
                text.push_str("\n  ");
                text.push_str(&super::replay::line(Some(line)));
            }
            for code in &deal.award.unrevealed {
                text.push_str(&format!("\n  {code} did not reveal its bid"));
            }
            (text, json!({ "award": deal.award.json(), "binding": deal.binding.json() }))
        }
    }
}
