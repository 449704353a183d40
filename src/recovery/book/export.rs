//! Writes the book of a listing from a journal.

use std::io::{self, Write};
use std::sync::Arc;

use sfund_engine::bidding::mode::Lot;
use sfund_engine::bidding::open::BiddingOpened;
use sfund_engine::entry::Header;
use sfund_engine::event::Event;
use sfund_engine::id::{ListingId, Sequence};
use sfund_engine::market::Market;

use crate::journal::{self, Cursor, Hash, Head, Reader};
use crate::published::Block;
use crate::recovery::book::file::{self, Chain};
use crate::recovery::book::scribe::Scribe;
use crate::recovery::book::{End, FORMAT, Fact, Opened, Record, Step, Told, entries};
use crate::recovery::{self, STEP_BYTES};

/// For whom a book is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// For anybody: it names nobody.
    Public,
    /// For the venue and its regulator: every entry from the opening to the newest comes with it as
    /// it is stored, whatever it is about.
    Full,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The listing.
    pub listing: ListingId,
    /// Lines of the book.
    pub lines: u64,
    /// The hash of the last one, which is the book's.
    pub hash: Hash,
    /// Entries that came with it.
    pub entries: u64,
    /// Whether it tells a floor that was hidden, of a lot that nobody won.
    pub tells_hidden_floor: bool,
}

/// Why there is no book.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal cannot be read or understood.
    #[error("the journal cannot be read")]
    Recovery(#[from] recovery::Error),
    /// No listing is called so.
    #[error("there is no listing `{0}`: give its id or its project code")]
    NoListing(String),
    /// Nobody could bid.
    #[error("the bidding for `{0}` was never opened")]
    NotOpened(String),
    /// Its segment takes no listings any more.
    #[error("nothing in force judges `{0}`: the pack of its segment has no rules for listings")]
    NoRules(String),
    /// Nothing is decided.
    #[error("the bidding for `{0}` is not over: its book would tell what bidders may not know yet")]
    NotOver(String),
    /// It cannot be written.
    #[error("the book cannot be written")]
    Write(#[from] io::Error),
}

impl From<journal::Error> for Error {
    fn from(error: journal::Error) -> Self {
        Self::Recovery(error.into())
    }
}

/// Where a step stands in the journal.
struct Placed {
    step: Step,
    head: Head,
}

/// A lot that was opened, and what followed up to the last thing that was decided.
pub(super) struct Read {
    pub(super) opened: Opened,
    pub(super) scribe: Scribe,
    /// The entry before the opening.
    before: Head,
    steps: Vec<Placed>,
}

/// Writes the book of the listing called `which`, by its id or its project code.
///
/// # Errors
///
/// [`Error`]; what was written before is no book.
pub fn export(
    reader: &Arc<dyn Reader>,
    which: &str,
    flavour: Flavour,
    to: &mut dyn Write,
) -> Result<Written, Error> {
    let read = read(reader, which)?;
    let mut chain = Chain::new(reader.identity().digest, &reader.identity().store);
    for record in read.records() {
        file::write(&mut chain, &record, to)?;
    }
    let entries = match flavour {
        Flavour::Public => 0,
        Flavour::Full => entries::write(reader, &read.scribe, read.before, to)?,
    };
    let Read { opened, steps, .. } = &read;
    let sold = steps.iter().any(|placed| match &placed.step.outcome {
        Told::Happened(facts) => facts.iter().any(|fact| matches!(fact, Fact::Awarded(_))),
        Told::Refused(_) => false,
    });
    Ok(Written {
        listing: opened.listing,
        lines: chain.lines,
        hash: chain.hash,
        entries,
        tells_hidden_floor: !sold && opened.reserve.least_bid() != opened.reserve.price(),
    })
}

impl Read {
    /// What followed the opening.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().map(|placed| &placed.step)
    }

    /// The lines of the book.
    fn records(&self) -> impl Iterator<Item = Record> {
        let last = self.steps.last().expect("a book ends with what was decided");
        let end = End {
            steps: u64::try_from(self.steps.len()).unwrap_or(u64::MAX),
            sequence: last.head.sequence,
            term: last.head.term,
            hash: *last.head.hash.as_bytes(),
        };
        let steps = self.steps.iter().map(|placed| Record::Step(Box::new(placed.step.clone())));
        let opened = Record::Opened(Box::new(self.opened.clone()));
        std::iter::once(opened).chain(steps).chain([Record::End(end)])
    }
}

/// Reads the bidding for a listing from the journal's beginning.
pub(super) fn read(reader: &Arc<dyn Reader>, which: &str) -> Result<Read, Error> {
    let mut market = Market::default();
    let mut found: Option<Read> = None;
    let mut pending: Vec<Placed> = Vec::new();
    let mut before = reader.identity().genesis();
    let mut cursor = Cursor::new(Arc::clone(reader), before);
    loop {
        let blocks = cursor.advance(STEP_BYTES)?;
        if blocks.is_empty() {
            break;
        }
        for block in &blocks {
            for (header, command, outcome) in
                Block::decode(block).map_err(recovery::Error::from)?.entries()
            {
                let head = block.head_after(header.sequence).expect("the entry is of this block");
                if let Some(read) = &mut found {
                    let place = (header.sequence, header.at);
                    if let Some(step) = read.scribe.step(place, command, outcome) {
                        let decides = decides(&step);
                        pending.push(Placed { step, head });
                        if decides {
                            read.steps.append(&mut pending);
                        }
                    }
                } else {
                    let events = outcome.unwrap_or_default();
                    market.record(header, events);
                    let opened = events.iter().find_map(|event| of_listing(&market, which, event));
                    if let Some(fact) = opened {
                        found = Some(opening(reader, &market, header, fact, before));
                    }
                }
                before = head;
            }
        }
    }
    match found {
        Some(read) if !read.steps.is_empty() => Ok(read),
        Some(_) => Err(Error::NotOver(which.to_owned())),
        None if find(&market, which).is_some() => Err(Error::NotOpened(which.to_owned())),
        None => Err(Error::NoListing(which.to_owned())),
    }
}

/// The listing that is called so.
pub(in crate::recovery) fn find(market: &Market, which: &str) -> Option<ListingId> {
    let numbered = which.parse().ok().or_else(|| which.parse().ok().map(ListingId::new));
    let coded = || {
        let ids = (0..).map(ListingId::new);
        let mut coded = ids.zip(market.listings());
        coded.find(|(_, record)| record.terms.code == which).map(|(id, _)| id)
    };
    numbered.filter(|id| market.listing(*id).is_some()).or_else(coded)
}

fn of_listing<'e>(market: &Market, which: &str, event: &'e Event) -> Option<&'e BiddingOpened> {
    let Event::BiddingOpened(fact) = event else { return None };
    (find(market, which) == Some(fact.listing)).then_some(fact)
}

fn decides(step: &Step) -> bool {
    match &step.outcome {
        Told::Happened(facts) => facts.iter().any(Fact::decides),
        Told::Refused(_) => false,
    }
}

/// The lot as the market has it right after it was opened.
fn opening(
    reader: &Arc<dyn Reader>,
    market: &Market,
    header: &Header,
    fact: &BiddingOpened,
    before: Head,
) -> Read {
    let listing = fact.listing;
    let record = market.listing(listing).expect("what is opened is listed");
    let bidding = market.bidding(listing).expect("what is opened has bidders");
    let open = bidding.open.as_ref().expect("it was opened just now");
    let (lot, identity): (&Lot, _) = (&open.lot, reader.identity());
    let fund = market.fund_at(record.terms.fund).expect("a listing is of a fund");
    let size = fund.details.lot;
    let opened = Opened {
        format: FORMAT,
        store: identity.store,
        digest: identity.digest.number(),
        sequence: header.sequence,
        at: header.at,
        listing,
        code: record.terms.code.clone(),
        quantity: lot.quantity(),
        reserve: lot.reserve(),
        deposit: record.terms.deposit_cash(),
        begins: fact.begins,
        mode: fact.mode.clone(),
        conduct: fact.conduct,
        judged: fact.judged.clone(),
        entrants: lot.entrants().to_vec(),
        lot: size,
    };
    let scribe = Scribe::new((listing, lot.quantity(), size), record.seller, bidding);
    Read { opened, scribe, before, steps: Vec::new() }
}

/// Whether the entry is in the journal, with this hash.
pub(super) fn stands(
    reader: &Arc<dyn Reader>,
    sequence: Sequence,
    hash: &Hash,
) -> Result<bool, journal::Error> {
    let blocks = reader.read(sequence, 1)?;
    let head = blocks.first().and_then(|block| block.head_after(sequence));
    Ok(head.is_some_and(|head| head.hash == *hash))
}
