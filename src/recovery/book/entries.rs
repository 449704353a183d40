//! Entries that come with a book, as they are stored: from them the book is written again, and the
//! chain is hashed again up to the journal's newest.
//!
//! They name parties and tell of what else the venue did: they are for the venue and its regulator.

use std::io::{self, BufRead, Write};
use std::sync::Arc;

use serde_json::Value;
use sfund_engine::bidding::mode::Code;
use sfund_engine::entry::{Entry, Outcome};
use sfund_engine::event::Event;
use sfund_engine::id::{PartyId, Sequence};

use crate::journal::chain::link;
use crate::journal::{Digest, Head, Reader, replay};
use crate::recovery::book::export::Error;
use crate::recovery::book::file::{self, hash_of, hex, unhex};
use crate::recovery::book::scribe::Scribe;
use crate::recovery::book::{End, FINDINGS_MAX, Finding, Opened, Step};
use crate::recovery::json::{Json as _, object, one};

/// Writes every entry after `before`. Returns how many.
pub(super) fn write(
    reader: &Arc<dyn Reader>,
    scribe: &Scribe,
    before: Head,
    to: &mut dyn Write,
) -> Result<u64, Error> {
    let codes = scribe.codes.iter().map(|(party, code)| (party.number().to_string(), code.json()));
    let codes: serde_json::Map<String, Value> = codes.collect();
    let first = object([
        ("after", before.sequence.json()),
        ("hash", Value::String(before.hash.to_string())),
        ("seller", Value::from(scribe.seller.number())),
        ("codes", Value::Object(codes)),
    ]);
    writeln!(to, "{}", one("entries", first))?;
    let mut count = 0_u64;
    replay(reader, before, |sequence, term, _, body| -> Result<(), Error> {
        let entry = [
            ("sequence", sequence.json()),
            ("term", Value::from(term)),
            ("bytes", Value::String(hex(body))),
        ];
        writeln!(to, "{}", one("entry", object(entry)))?;
        count = count.saturating_add(1);
        Ok(())
    })?;
    Ok(count)
}

/// What was proved of the entries that came with a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proved {
    pub(super) entries: u64,
    /// The newest of them.
    pub(super) head: Head,
}

/// A book whose entries are read.
pub(super) struct Walk<'b> {
    pub(super) opened: &'b Opened,
    /// The steps of the book, with their lines.
    pub(super) steps: &'b [(u64, Step)],
    pub(super) end: Option<End>,
    pub(super) digest: Digest,
}

impl Walk<'_> {
    /// Hashes the entries of a file again, and compares what they say with the book. `first` is the
    /// line before them.
    pub(super) fn check(
        &self,
        first: &[u8],
        mut line: u64,
        from: &mut dyn BufRead,
        findings: &mut Vec<Finding>,
    ) -> io::Result<Option<Proved>> {
        let Some((mut head, scribe)) = self.begin(first) else {
            findings.push(Finding { line, what: "it begins no entries of this book".to_owned() });
            return Ok(None);
        };
        let mut steps = self.steps.iter();
        let (mut text, mut count) = (Vec::new(), 0_u64);
        while file::next_line(from, &mut text)? && findings.len() < FINDINGS_MAX {
            line = line.saturating_add(1);
            let Some((sequence, term, body)) = entry(&text) else {
                findings.push(Finding { line, what: "it is no entry".to_owned() });
                return Ok(None);
            };
            if sequence != head.sequence.next() || term < head.term {
                let what = format!("it does not follow {}", head.sequence);
                findings.push(Finding { line, what });
                return Ok(None);
            }
            head =
                Head { sequence, term, hash: link(self.digest, &head.hash, sequence, term, &body) };
            count = count.saturating_add(1);
            let mut wrong = |what: String| findings.push(Finding { line, what });
            let Ok(entry) = minicbor::decode::<Entry>(&body) else {
                wrong("its bytes are no entry of this version".to_owned());
                return Ok(None);
            };
            if sequence == self.opened.sequence && !self.is_opening(&entry) {
                wrong("it opens another lot than the book".to_owned());
            }
            let step = said(&scribe, sequence, &entry);
            if self.end.is_some_and(|end| sequence <= end.sequence)
                && let Some(step) = step
            {
                match steps.next() {
                    Some((_, told)) if *told == step => {}
                    Some((told, _)) => wrong(format!("it is not what line {told} tells")),
                    None => wrong("the book leaves it out".to_owned()),
                }
            }
            if let Some(end) = self.end.filter(|end| end.sequence == sequence)
                && (end.hash != *head.hash.as_bytes() || end.term != term)
            {
                wrong("the book ends with another hash of this entry".to_owned());
            }
        }
        if let Some((told, _)) = steps.next() {
            let what = format!("no entry says what line {told} tells");
            findings.push(Finding { line, what });
        }
        if self.end.is_none_or(|end| head.sequence < end.sequence) {
            let what = "the entries end before the book does".to_owned();
            findings.push(Finding { line, what });
        }
        Ok(Some(Proved { entries: count, head }))
    }

    fn begin(&self, first: &[u8]) -> Option<(Head, Scribe)> {
        let value: Value = serde_json::from_slice(first).ok()?;
        let value = value.get("entries")?;
        let sequence = number(value.get("after")?)?;
        let hash = hash_of(value, "hash")?;
        let head = Head { sequence: Sequence::new(sequence), term: 0, hash };
        let seller = PartyId::new(u32::try_from(value.get("seller")?.as_u64()?).ok()?);
        let codes = value.get("codes")?.as_object()?.iter().map(|(party, code)| {
            let code = code.as_str()?;
            let entrants = self.opened.entrants.iter().map(|entrant| entrant.code);
            let known: Option<Code> = entrants.into_iter().find(|one| one.to_string() == code);
            Some(known.map(|code| (party.parse().ok().map(PartyId::new), code)))
        });
        let codes: Vec<_> = codes.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        let codes = codes.into_iter().map(|(party, code)| Some((party?, code)));
        let codes = codes.collect::<Option<Vec<_>>>()?;
        let Opened { listing, quantity, lot, .. } = *self.opened;
        let begins = head.sequence.next() == self.opened.sequence;
        begins.then_some((head, Scribe { listing, quantity, lot, seller, codes }))
    }

    /// Whether the entry is the opening that the book tells of.
    fn is_opening(&self, entry: &Entry) -> bool {
        let Outcome::Accepted(events) = &entry.outcome else { return false };
        let Opened { at, listing, begins, mode, conduct, judged, .. } = self.opened;
        let is_it = |event: &Event| {
            let Event::BiddingOpened(fact) = event else { return false };
            fact.listing == *listing
                && fact.begins == *begins
                && fact.mode == *mode
                && fact.conduct == *conduct
                && fact.judged == *judged
        };
        entry.at == *at && events.iter().any(is_it)
    }
}

/// What the entry says of the lot.
fn said(scribe: &Scribe, sequence: Sequence, entry: &Entry) -> Option<Step> {
    let outcome = match &entry.outcome {
        Outcome::Accepted(events) => Ok(events.as_slice()),
        Outcome::Refused(reject) => Err(reject),
    };
    scribe.step((sequence, entry.at), &entry.command, outcome)
}

fn entry(text: &[u8]) -> Option<(Sequence, u64, Vec<u8>)> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let value = value.get("entry")?;
    let sequence = number(value.get("sequence")?)?;
    let bytes = unhex(value.get("bytes")?.as_str()?)?;
    Some((Sequence::new(sequence), value.get("term")?.as_u64()?, bytes))
}

fn number(value: &Value) -> Option<u64> {
    value.as_str()?.parse().ok()
}
