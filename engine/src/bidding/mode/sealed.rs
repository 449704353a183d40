//! Sealed bids (一次报价): commit before the close, reveal after it, and nobody sees a bid before.
//!
//! Winners pay their bid, the lowest bid that wins, or what their presence costs the others. The
//! award is [`crate::auction::lot`]'s: exact, also with bids that are all or none. Who commits and
//! does not reveal is named in the award, and forfeits as the pack says.

use minicbor::{Decode, Encode};

use super::award::{Award, Line, Reason, lost, times};
use super::bid::{Ask, Bid, Code, Commitment, Kind, Side, Standing, Terms};
use super::lot::{Lot, LotEvent, Phase};
use super::refusal::Refusal;
use super::seal::seal;
use super::unsound::{Unsound, seconds, some_lots};
use super::{Rules, bidder, sized, whole};
use crate::amount::Price;
use crate::auction::lot;
use crate::auction::ration::Margin;
use crate::check::wide;
use crate::id::{BidId, PartyId};
use crate::time::Time;

/// Parameters of a sealed auction.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Sealed {
    /// How long bids are handed in, in seconds.
    #[n(0)]
    pub commit_seconds: u32,
    /// How long they are revealed, in seconds.
    #[n(1)]
    pub reveal_seconds: u32,
    /// What a winner pays.
    #[n(2)]
    pub pays: Pays,
    /// Whether the lot may be shared.
    #[n(3)]
    pub portion: Portion,
    /// How bids of one price share what is left for them.
    #[n(4)]
    pub margin: Margin,
}

/// What a winner pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Pays {
    /// Its own bid.
    #[n(0)]
    Bid,
    /// The lowest bid that wins anything, the same for all.
    #[n(1)]
    LowestWinning,
    /// What its presence costs the others (Vickrey, Clarke, Groves).
    #[n(2)]
    Externality,
}

/// Whether a lot may be shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Portion {
    /// It goes to one bidder (整体转让).
    #[n(0)]
    #[default]
    Whole,
    /// It may be shared among several (分拆转让).
    #[n(1)]
    Parts,
}

impl Rules for Sealed {
    fn check(&self, lots: u64) -> Result<(), Unsound> {
        seconds(self.commit_seconds)?;
        seconds(self.reveal_seconds)?;
        self.portion.check_lots(lots)
    }

    fn begin(&self, _: &Lot, at: Time) -> Vec<LotEvent> {
        begin_committing(at, self.commit_seconds)
    }

    fn bid(&self, lot: &Lot, who: Side, at: Time, ask: &Ask) -> Result<Vec<LotEvent>, Refusal> {
        match ask {
            Ask::Commit(seal) => {
                commit(lot, bidder(lot, who)?, at, *seal, self.portion.bids_max(lot.quantity()))
            }
            Ask::Reveal(terms, salt) => {
                reveal(lot, bidder(lot, who)?, at, terms, salt, self.portion)
            }
            Ask::Bid(_)
            | Ask::Match
            | Ask::Offer(_)
            | Ask::Counter(..)
            | Ask::Accept(_)
            | Ask::Decline(_)
            | Ask::Choose(_)
            | Ask::ChooseNone
            | Ask::Score(..) => Err(Refusal::NotOfThisMode),
        }
    }

    fn due(&self, lot: &Lot) -> Vec<LotEvent> {
        begin_revealing(lot, self.reveal_seconds)
            .unwrap_or_else(|| vec![LotEvent::Ended(lot.ends())])
    }

    fn close(&self, lot: &Lot) -> Award {
        self.rest(lot, &[])
    }
}

impl Sealed {
    /// Who gets what those of `kept` leave, beside them.
    pub(super) fn rest(&self, lot: &Lot, kept: &[Line]) -> Award {
        divide(lot, &in_order(lot), self.portion, self.format(), self.margin, kept)
    }

    const fn format(&self) -> lot::Format {
        match self.pays {
            Pays::Bid => lot::Format::PayAsBid,
            Pays::LowestWinning => lot::Format::Uniform,
            Pays::Externality => lot::Format::Vcg,
        }
    }
}

impl Portion {
    /// Whether it goes to one bidder.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        match self {
            Self::Whole => true,
            Self::Parts => false,
        }
    }

    /// One award shares so many lots, and no more.
    pub(super) const fn check_lots(self, quantity: u64) -> Result<(), Unsound> {
        match self {
            Self::Parts if lot::QUANTITY_MAX < quantity => {
                Err(Unsound::QuantityOutOfRange { quantity })
            }
            Self::Parts | Self::Whole => some_lots(quantity),
        }
    }

    /// The lots that an award counts, and how many lots of the fund each of them is.
    const fn counted(self, quantity: u64) -> (u64, u64) {
        match self {
            Self::Whole => (1, quantity),
            Self::Parts => (quantity, 1),
        }
    }

    /// How many bids one award takes.
    pub(crate) fn bids_max(self, quantity: u64) -> usize {
        let (counted, _) = self.counted(quantity);
        let lots = usize::try_from(counted).unwrap_or(usize::MAX);
        lot::CELLS_MAX.checked_div(lots).unwrap_or(0).min(lot::BIDS_MAX)
    }

    /// Terms are for lots that are there, or for all of them.
    pub(super) fn check(self, lot: &Lot, terms: &Terms) -> Result<(), Refusal> {
        let Terms { minimum, maximum, .. } = *terms;
        match self {
            Self::Whole => whole(lot, terms),
            Self::Parts if 1 <= minimum && minimum <= maximum && maximum <= lot.quantity() => {
                sized(terms)
            }
            Self::Parts => {
                let quantity = lot.quantity();
                Err(Refusal::QuantityOutOfRange { minimum, maximum, quantity })
            }
        }
    }
}

pub(super) fn begin_committing(at: Time, seconds: u32) -> Vec<LotEvent> {
    let ends = at.plus_seconds(seconds.into());
    vec![LotEvent::PhaseBegan { phase: Phase::Committing, at, ends }]
}

/// The bids are opened, if any were handed in.
pub(super) fn begin_revealing(lot: &Lot, seconds: u32) -> Option<Vec<LotEvent>> {
    if lot.phase() != Phase::Committing || lot.commitments().is_empty() {
        return None;
    }
    let at = lot.ends();
    let ends = at.plus_seconds(seconds.into());
    Some(vec![LotEvent::PhaseBegan { phase: Phase::Revealing, at, ends }])
}

/// A sealed bid is handed in, once.
pub(super) fn commit(
    lot: &Lot,
    code: Code,
    at: Time,
    seal: [u8; 32],
    bids_max: usize,
) -> Result<Vec<LotEvent>, Refusal> {
    lot.in_time(&[Phase::Committing], at)?;
    if bids_max <= lot.commitments().len() {
        return Err(Refusal::TooManyBids { limit: wide(bids_max) });
    }
    if lot.commitments().iter().any(|sealed| sealed.bidder == code) {
        return Err(Refusal::AlreadyCommitted { code });
    }
    Ok(vec![LotEvent::Committed(Commitment { bidder: code, seal, at, bid: None })])
}

/// A sealed bid is opened: these are its terms, and no others.
pub(super) fn reveal(
    lot: &Lot,
    code: Code,
    at: Time,
    terms: &Terms,
    salt: &[u8; 32],
    portion: Portion,
) -> Result<Vec<LotEvent>, Refusal> {
    lot.in_time(&[Phase::Revealing], at)?;
    portion.check(lot, terms)?;
    let sealed = lot.commitments().iter().find(|sealed| sealed.bidder == code);
    let sealed = sealed.ok_or(Refusal::NoCommitment { code })?;
    if sealed.bid.is_some() {
        return Err(Refusal::AlreadyRevealed { code });
    }
    if sealed.seal != seal(salt, lot.listing(), code, terms) {
        return Err(Refusal::SealDiffers);
    }
    Ok(vec![LotEvent::BidPlaced(Bid {
        bidder: code,
        terms: *terms,
        at: sealed.at,
        kind: Kind::Revealed,
        standing: Standing::Stands,
        points: Vec::new(),
    })])
}

/// Bids that were revealed, in the order in which they were handed in: that is time priority, and
/// who reveals first gains nothing.
pub(super) fn in_order(lot: &Lot) -> Vec<(BidId, &Bid)> {
    let revealed = lot.commitments().iter().filter_map(|sealed| sealed.bid);
    revealed.filter_map(|id| lot.bid(id).map(|bid| (id, bid))).collect()
}

/// Who handed in a bid and did not reveal it.
pub(super) fn unrevealed(lot: &Lot) -> Vec<Code> {
    let sealed = lot.commitments().iter().filter(|sealed| sealed.bid.is_none());
    sealed.map(|sealed| sealed.bidder).collect()
}

/// Divides among `bids`, earliest first, what those of `kept` leave of the lot.
pub(super) fn divide(
    lot: &Lot,
    bids: &[(BidId, &Bid)],
    portion: Portion,
    format: lot::Format,
    margin: Margin,
    kept: &[Line],
) -> Award {
    let left = kept.iter().fold(lot.quantity(), |left, line| left.saturating_sub(line.quantity));
    let (counted, each) = portion.counted(left);
    let mut book = lot::Lot::new(counted, lot.reserve().price())
        .expect("the lot was checked, and some is left");
    let is_kept = |id: BidId| kept.iter().any(|line| line.bid == id);
    let others = bids.iter().filter(|(id, _)| !is_kept(*id));
    let (standing, barred): (Vec<_>, Vec<_>) =
        others.partition(|(_, bid)| !lot.is_barred(bid.bidder));
    for (place, (_, bid)) in (0..).zip(&standing) {
        let (minimum, maximum) = match portion {
            Portion::Whole => (1, 1),
            Portion::Parts => (bid.terms.minimum, bid.terms.maximum),
        };
        let (bidder, price) = (PartyId::new(place), bid.terms.price);
        book.take(lot::Bid { bidder, price, minimum, maximum }).expect("bids were checked");
    }
    let award = book.award(format, margin);
    let mut lines: Vec<Line> = kept.to_vec();
    lines.extend(barred.iter().map(|(bid, of)| lost(*bid, of, Reason::Barred)));
    for ((bid, of), verdict) in standing.iter().zip(&award.verdicts) {
        lines.push(Line {
            bid: *bid,
            bidder: of.bidder,
            quantity: verdict.quantity.checked_mul(each).expect("at most the lot"),
            pays_e4: times(Price::from_e4(verdict.pays_e4), each),
            reason: verdict.reason.into(),
        });
    }
    lines.sort_by_key(|line| line.bid);
    // Who keeps its part may pay another price.
    let uniform = award.uniform.filter(|_| kept.is_empty());
    Award { lines, unrevealed: unrevealed(lot), uniform }
}
