//! The book of one listing's bidding (竞价记录): what an award is recomputed from, rule J3.
//!
//! A book is a file of lines. The first is the lot as it was opened, with who may bid by code; one
//! follows for each entry of the journal that asked something of the lot or moved it; the last says
//! where the book ends in the journal. Every line is bound to those before it. [`export()`] writes
//! a book from a journal; [`verify()`] reads one and decides everything again by the rules of
//! [`sfund_engine::bidding::mode`], with nothing but the file. `docs/AUCTION_FILE.md` describes it.
//!
//! A book names nobody: a party is its code. The hash of an entry is told of the last one alone,
//! for an entry names its caller, and between two hashes that are known a name could be guessed.

mod entries;
mod export;
mod file;
mod json;
mod replay;
mod scribe;
#[cfg(test)]
mod tests;
mod verify;

use minicbor::{Decode, Encode};
use sfund_engine::amount::{Money, Units};
use sfund_engine::bidding::Conduct;
use sfund_engine::bidding::award::LotAwarded;
use sfund_engine::bidding::mode::{Ask, Code, Entrant, LotEvent, Mode, Reserve, Side};
use sfund_engine::bidding::open::BiddingFailed;
use sfund_engine::id::{ListingId, Sequence};
use sfund_engine::listing::end::Ending;
use sfund_engine::policy::JudgedBy;
use sfund_engine::time::Time;

pub(in crate::recovery) use self::export::find;
pub use self::export::{Error, Flavour, Written, export};
pub(in crate::recovery) use self::file::hex;
pub use self::verify::{Book, Finding, LINES_MAX, Report, Unreadable, compare, verify};

/// The format of a book. It changes only with a line in `docs/AUCTION_FILE.md` and the changelog.
pub const FORMAT: u32 = 1;
/// Longest line of a book, in bytes: an entry is at most 96 KiB, and a line says it twice.
pub const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most findings that are told: what comes after so many is the same fault.
pub const FINDINGS_MAX: usize = 100;

/// One line of a book. Numbers are forever.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
enum Record {
    /// The lot as it was opened.
    #[n(0)]
    Opened(#[n(0)] Box<Opened>),
    /// An entry that asked something of the lot, or moved it.
    #[n(1)]
    Step(#[n(0)] Box<Step>),
    /// Where the book ends.
    #[n(2)]
    End(#[n(0)] End),
}

/// The lot as it was opened (开启竞价).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Opened {
    #[n(0)]
    format: u32,
    /// Which journal.
    #[cbor(n(1), with = "minicbor::bytes")]
    store: [u8; 16],
    /// Number of the journal's digest, which is also the book's.
    #[n(2)]
    digest: u32,
    #[n(3)]
    sequence: Sequence,
    #[n(4)]
    at: Time,
    #[n(5)]
    listing: ListingId,
    /// Its project code.
    #[n(6)]
    code: String,
    /// Lots of the fund for sale.
    #[n(7)]
    quantity: u64,
    #[n(8)]
    reserve: Reserve,
    /// The deposit of each who may bid.
    #[n(9)]
    deposit: Money,
    /// When bids are first taken.
    #[n(10)]
    begins: Time,
    #[n(11)]
    mode: Mode,
    #[n(12)]
    conduct: Conduct,
    /// Which pack and overlay say so.
    #[n(13)]
    judged: JudgedBy,
    /// Who may bid, in the order of admission.
    #[n(14)]
    entrants: Vec<Entrant>,
    /// Units of one lot of the fund.
    #[n(15)]
    lot: Units,
}

/// One entry of the journal, as far as it is about the lot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Step {
    #[n(0)]
    sequence: Sequence,
    #[n(1)]
    at: Time,
    /// What was asked of the lot; nothing where the clock rang, or the venue acted.
    #[n(2)]
    asked: Option<Asked>,
    /// What came of it.
    #[n(3)]
    outcome: Told,
}

/// Who asked what of a lot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Asked {
    #[n(0)]
    by: Side,
    #[n(1)]
    ask: Ask,
}

/// What came of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
enum Told {
    /// This happened to the lot.
    #[n(0)]
    Happened(#[n(0)] Vec<Fact>),
    /// Nothing: the number of the refusal. Its fields may name parties, so they are not told.
    #[n(1)]
    Refused(#[n(0)] u32),
}

/// What happened to a lot, or to what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
enum Fact {
    /// The lot moved.
    #[n(0)]
    Moved(#[n(0)] Box<LotEvent>),
    /// Somebody won.
    #[n(1)]
    Awarded(#[n(0)] Box<LotAwarded>),
    /// D5: a winner did not sign.
    #[n(2)]
    Voided,
    /// The lot found no buyer.
    #[n(3)]
    Failed(#[n(0)] BiddingFailed),
    /// A winner has signed.
    #[n(4)]
    Signed(#[n(0)] Code),
    /// D4: the losers' deposits went back, and bind them no more.
    #[n(5)]
    Returned,
    /// The listing ended, and its bidding with it.
    #[n(6)]
    Ended(#[n(0)] Ending),
}

impl Fact {
    /// Whether a book may end with it: something is decided.
    const fn decides(&self) -> bool {
        match self {
            Self::Awarded(_) | Self::Failed(_) | Self::Ended(_) => true,
            Self::Moved(_) | Self::Voided | Self::Signed(_) | Self::Returned => false,
        }
    }
}

/// Where a book ends in its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct End {
    /// Steps of the book.
    #[n(0)]
    steps: u64,
    /// The entry of its last step.
    #[n(1)]
    sequence: Sequence,
    /// The term in which it was written.
    #[n(2)]
    term: u64,
    /// Its hash in the journal's chain.
    #[cbor(n(3), with = "minicbor::bytes")]
    hash: [u8; 32],
}
