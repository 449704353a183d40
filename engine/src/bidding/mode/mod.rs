//! Modes (交易方式): each a rule book over one shared [`Lot`].
//!
//! A mode owns its parameters and no state. It reads the lot and answers with the same few events
//! every mode uses, so [`Lot::apply`] and every read model are written once. Nothing here knows a
//! name, a fund or an account: bidders are codes, prices are for one unit, quantities are lots.
//! To add a mode: one file, one variant, one line in [`Mode::rules`].

mod award;
mod bid;
mod dutch;
mod enforcement;
mod english;
mod lot;
mod negotiated;
mod public;
mod quotes;
mod refusal;
mod seal;
mod sealed;
mod tender;
#[cfg(test)]
mod tests;
mod unsound;

use minicbor::{Decode, Encode};

pub use self::award::{Award, Line, Reason};
pub use self::bid::{
    Ask, Bid, Code, Commitment, Entrant, EntrantStatus, Kind, Offer, OfferState, Proposal, Side,
    Standing, Terms,
};
pub use self::dutch::Dutch;
pub use self::enforcement::{Enforcement, Round};
pub use self::english::{English, FirstRefusal, SameRank};
pub use self::lot::{BIDS_MAX, ENTRANTS_MAX, Lot, LotEvent, OFFERS_MAX, Phase, Reserve};
pub use self::negotiated::Negotiated;
pub use self::public::Told;
pub use self::quotes::Quotes;
pub use self::refusal::Refusal;
pub use self::seal::seal;
pub use self::sealed::{Pays, Portion, Sealed};
pub use self::tender::{CRITERIA_MAX, Criterion, POINTS_MAX, Tender, WEIGHT_MAX};
pub use self::unsound::{SECONDS_MAX, Unsound};
use crate::policy::PRICE_E4_MAX;
use crate::time::Time;

/// How a lot finds its buyers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Mode {
    /// Open ascending bids with a soft close (多次报价).
    #[n(0)]
    English(#[n(0)] English),
    /// Sealed bids (一次报价).
    #[n(1)]
    Sealed(#[n(0)] Sealed),
    /// A falling price (荷兰式拍卖).
    #[n(2)]
    Dutch(#[n(0)] Dutch),
    /// Sealed bids, scored (招投标).
    #[n(3)]
    Tender(#[n(0)] Tender),
    /// Offers and counter-offers (协议转让).
    #[n(4)]
    Negotiated(#[n(0)] Negotiated),
    /// Quotes of chosen parties (询价).
    #[n(5)]
    Quotes(#[n(0)] Quotes),
    /// A sale that a court or a pledgee enforces (司法拍卖).
    #[n(6)]
    Enforcement(#[n(0)] Enforcement),
}

/// What every mode answers. Pure: same lot, same question, same answer.
pub trait Rules {
    /// Whether the parameters make sense for so many lots.
    ///
    /// # Errors
    ///
    /// [`Unsound`], the first thing that makes none.
    fn check(&self, quantity: u64) -> Result<(), Unsound>;

    /// Bidding begins at `at`.
    fn begin(&self, lot: &Lot, at: Time) -> Vec<LotEvent>;

    /// May `who` have what it asks for at `at`, and what follows from it?
    ///
    /// # Errors
    ///
    /// The first rule that it breaks, in the order of [`Refusal`] as far as one can be asked before
    /// the other.
    fn bid(&self, lot: &Lot, who: Side, at: Time, ask: &Ask) -> Result<Vec<LotEvent>, Refusal>;

    /// The lot's clock rings, at [`Lot::due`]: what follows? What comes next is counted from there
    /// and not from when somebody noticed, so that nothing drifts.
    fn due(&self, lot: &Lot) -> Vec<LotEvent>;

    /// Bidding is over: who gets what, at what price, and why not?
    fn close(&self, lot: &Lot) -> Award;
}

impl Mode {
    /// The rule book in force.
    #[must_use]
    pub const fn rules(&self) -> &dyn Rules {
        match self {
            Self::English(rules) => rules,
            Self::Sealed(rules) => rules,
            Self::Dutch(rules) => rules,
            Self::Tender(rules) => rules,
            Self::Negotiated(rules) => rules,
            Self::Quotes(rules) => rules,
            Self::Enforcement(rules) => rules,
        }
    }

    /// Whether the lot may be shared.
    #[must_use]
    pub const fn portion(&self) -> Portion {
        match self {
            Self::Sealed(rules) => rules.portion,
            Self::Dutch(rules) => rules.portion,
            Self::English(_)
            | Self::Tender(_)
            | Self::Negotiated(_)
            | Self::Quotes(_)
            | Self::Enforcement(_) => Portion::Whole,
        }
    }

    /// D5: somebody defaulted on its part of a lot that may be shared: who gets what the lines of
    /// `kept` leave, beside them; `None` where the lot is sold whole.
    #[must_use]
    pub fn rest(&self, lot: &Lot, kept: &[Line]) -> Option<Award> {
        let shared = !self.portion().is_whole();
        match self {
            Self::Sealed(rules) => shared.then(|| rules.rest(lot, kept)),
            Self::Dutch(rules) => shared.then(|| rules.rest(lot, kept)),
            Self::English(_)
            | Self::Tender(_)
            | Self::Negotiated(_)
            | Self::Quotes(_)
            | Self::Enforcement(_) => None,
        }
    }
}

/// The price is one, and all the lots at it are worth an amount that there is.
fn sized(terms: &Terms) -> Result<(), Refusal> {
    let Terms { price, maximum, .. } = *terms;
    let is_price = (1..=PRICE_E4_MAX).contains(&price.e4());
    if is_price && price.e4().checked_mul(maximum).is_some() {
        return Ok(());
    }
    Err(Refusal::PriceOutOfRange { price, maximum })
}

/// Who bids: not the seller, and admitted.
fn bidder(lot: &Lot, who: Side) -> Result<Code, Refusal> {
    match who {
        Side::Seller => Err(Refusal::NotThisSide),
        Side::Bidder(code) => lot.entrant(code).map(|entrant| entrant.code),
    }
}

/// The seller alone asks this.
const fn seller(who: Side) -> Result<(), Refusal> {
    match who {
        Side::Seller => Ok(()),
        Side::Bidder(_) => Err(Refusal::NotThisSide),
    }
}

/// Terms are for all of the lot, and within reason.
fn whole(lot: &Lot, terms: &Terms) -> Result<(), Refusal> {
    let quantity = lot.quantity();
    if terms.minimum == quantity && terms.maximum == quantity {
        return sized(terms);
    }
    Err(Refusal::WholeLotOnly { quantity })
}
