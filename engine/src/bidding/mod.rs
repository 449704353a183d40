//! Bidding for what is listed (竞价): intention, qualification, deposit, bids, award, contract.
//!
//! [`Bidding`] is the record of one listing: who would bid, what each has deposited, and, once it is
//! opened, the lot and its mode. The modes are rule books of their own, in [`mode`]; what they award
//! with is [`crate::auction`]. One file a command; what falls due is in [`clock`].
//!
//! Sealed bids and a falling price share a lot where the listing says so: several win, and each
//! signs for its part. Every other way sells it whole. Enforced sales are rules that no command knows
//! yet.

pub mod award;
pub mod bid;
pub mod choose;
pub mod clock;
pub mod declare;
pub mod deposit;
#[cfg(test)]
pub(crate) mod fixture;
pub mod mode;
pub mod open;
pub mod qualify_bidder;
mod refused;
pub mod score;
pub mod sign;
#[cfg(test)]
mod tests;

use minicbor::{Decode, Encode};

use self::mode::{Ask, Award, Code, ENTRANTS_MAX, Line, Lot, Mode, Phase, Portion, Side};
use crate::amount::{Money, Ppm};
use crate::check;
use crate::deadline::Due;
use crate::id::{ListingId, PartyId, SegmentId};
use crate::listing::Listing;
use crate::listing::stage::Stage;
use crate::market::Market;
use crate::policy::JudgedBy;
use crate::policy::choice::{AfterDefault, Beneficiary, Ownership};
use crate::policy::listing::ListingRules;
use crate::reject::Reject;
use crate::time::Time;

/// Everything about the bidding for one listing (竞价记录).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Bidding {
    /// Who declared an intention, earliest first.
    #[n(0)]
    pub claims: Vec<Claim>,
    /// The lot, once bidding is opened.
    #[n(1)]
    pub open: Option<Open>,
    /// What came of it, once it is awarded.
    #[n(2)]
    pub deal: Option<Deal>,
    /// D4: the losers' deposits go back at this moment at the latest.
    #[n(3)]
    pub refund_due: Option<Time>,
    /// How far it is.
    #[n(4)]
    pub progress: Progress,
}

/// How far the bidding for a listing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Progress {
    /// Intentions and deposits come in.
    #[n(0)]
    #[default]
    Gathering,
    /// The lot is open.
    #[n(1)]
    Open,
    /// Somebody won.
    #[n(2)]
    Awarded,
    /// It is handed over, or ended without a deal.
    #[n(3)]
    Over,
}

/// One who would bid (意向受让方).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Claim {
    /// Who.
    #[n(0)]
    pub party: PartyId,
    /// Whether it claims the right of first refusal.
    #[n(1)]
    pub right: declare::Right,
    /// Where it stands.
    #[n(2)]
    pub state: ClaimState,
    /// The code under which it bids, once it is qualified.
    #[n(3)]
    pub code: Option<Code>,
    /// Lots of the fund that a holder of the right had when it was qualified.
    #[n(4)]
    pub held_lots: u32,
    /// Cash of its deposit that is held now.
    #[n(5)]
    pub held: Money,
}

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ClaimState {
    /// It waits for the venue's word (待资格审核).
    #[n(0)]
    Declared,
    /// The venue said no (不符合条件).
    #[n(1)]
    Refused,
    /// D1: its deposit is due by the first moment after this (待交保证金).
    #[n(2)]
    Qualified(#[n(0)] Time),
    /// Its deposit is held, and it may bid (已交保证金).
    #[n(3)]
    Deposited,
    /// D4: its deposit went back.
    #[n(4)]
    Returned,
    /// D5: it defaulted.
    #[n(5)]
    Defaulted,
    /// It won and has signed: its deposit is part of the price (转为价款).
    #[n(6)]
    Signed,
}

/// A lot for which bids are taken (标的).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Open {
    /// How it is sold.
    #[n(0)]
    pub mode: Mode,
    /// When bids are first taken.
    #[n(1)]
    pub begins: Time,
    /// What was bid.
    #[n(2)]
    pub lot: Lot,
    /// By which rules it is conducted.
    #[n(3)]
    pub conduct: Conduct,
}

/// What the rules in force at the opening say of the rest (竞价规则): another pack changes nothing
/// under those who bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Conduct {
    /// Most bids of the lot.
    #[n(0)]
    pub bids_max: u32,
    /// Most bids of one bidder.
    #[n(1)]
    pub bids_per_bidder_max: u32,
    /// D4: share of the deposit that is forfeited for a bid that is not revealed.
    #[n(2)]
    pub unrevealed_forfeit: Ppm,
    /// D4: who receives what is forfeited.
    #[n(3)]
    pub forfeit_to: Beneficiary,
    /// D4: working days in which the winner signs.
    #[n(4)]
    pub signature_working_days: u16,
    /// D4: working days in which losers have their deposits back.
    #[n(5)]
    pub refund_working_days: u16,
    /// C7: working days for which the result is shown.
    #[n(6)]
    pub notice_working_days: u16,
    /// D5: what happens to the lot of a winner that does not sign.
    #[n(7)]
    pub after_default: AfterDefault,
    /// D5: working days in which the next bidder signs.
    #[n(8)]
    pub next_bidder_working_days: u16,
}

impl Conduct {
    /// D5: who gets what beside the lines that some have signed for, after others of `award` were
    /// barred from the lot: what these leave goes to the next bidders, if the pack says so and each
    /// of them is bound still, and otherwise stays the seller's.
    #[must_use]
    pub fn rest(
        &self,
        mode: &Mode,
        lot: &Lot,
        (award, kept): (&Award, &[Line]),
        is_bound: impl Fn(Code) -> bool,
    ) -> Award {
        let next = match self.after_default {
            AfterDefault::NextBidder => mode.rest(lot, kept),
            AfterDefault::Reauction => None,
        };
        let keeps = |line: &Line| kept.iter().any(|own| own.bid == line.bid);
        let next =
            next.filter(|award| award.winners().all(|line| keeps(line) || is_bound(line.bidder)));
        next.unwrap_or_else(|| award.without(|code| lot.is_barred(code)))
    }
}

impl From<&ListingRules> for Conduct {
    fn from(rules: &ListingRules) -> Self {
        Self {
            bids_max: rules.limits.bids_per_lot_max,
            bids_per_bidder_max: rules.limits.bids_per_bidder_max,
            unrevealed_forfeit: rules.sealed.unrevealed_forfeit,
            forfeit_to: rules.deposits.forfeit_to,
            signature_working_days: rules.deposits.signature_working_days,
            refund_working_days: rules.deposits.refund_working_days,
            notice_working_days: rules.announcement.result_notice_working_days,
            after_default: rules.default.after_default,
            next_bidder_working_days: rules.default.next_bidder_working_days,
        }
    }
}

impl Conduct {
    /// Whether one more bid fits, of the lot and of this bidder.
    ///
    /// # Errors
    ///
    /// [`Reject::TooManyBids`] if it does not.
    pub fn check_room(&self, lot: &Lot, who: Side, ask: &Ask) -> Result<(), Reject> {
        if let (Ask::Bid(_), Side::Bidder(code)) = (ask, who) {
            let own = lot.bids().iter().filter(|bid| bid.bidder == code).count();
            let (all, own) = (check::wide(lot.bids().len()), check::wide(own));
            let (most, most_own) = (self.bids_max.into(), self.bids_per_bidder_max.into());
            if most <= all || most_own <= own {
                return Err(Reject::TooManyBids {
                    limit: if most <= all { most } else { most_own },
                });
            }
        }
        Ok(())
    }
}

/// A provisional award (确定受让方).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Deal {
    /// Who gets what, and why the others do not.
    #[n(0)]
    pub award: Award,
    /// Whether the winner bound itself, or is only offered what another left.
    #[n(1)]
    pub binding: Binding,
    /// D4: contracts are signed before this moment.
    #[n(2)]
    pub signature_due: Time,
    /// C7: the result is shown until this moment.
    #[n(3)]
    pub shown_until: Time,
}

/// Whether a winner bound itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Binding {
    /// By its bid.
    #[n(0)]
    Bound,
    /// D5: a winner before it defaulted; its own bid had died, and it may say no by silence.
    #[n(1)]
    Offered,
}

impl Bidding {
    /// The claim of `party`, if it has one.
    #[must_use]
    pub fn claim(&self, party: PartyId) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.party == party)
    }

    /// The claim behind `code`.
    #[must_use]
    pub fn coded(&self, code: Code) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.code == Some(code))
    }

    fn claim_mut(&mut self, party: PartyId) -> &mut Claim {
        let found = self.claims.iter_mut().find(|claim| claim.party == party);
        found.expect("events name parties that declared an intention")
    }

    /// D4: when the losers' deposits go back at the latest, while any is held.
    #[must_use]
    pub fn refund(&self) -> Option<Time> {
        self.refund_due.filter(|_| self.losers().next().is_some())
    }

    /// When something is due next.
    #[must_use]
    pub fn due(&self) -> Option<Time> {
        let refund = self.refund();
        let next = match self.progress {
            Progress::Gathering | Progress::Over => None,
            Progress::Open => self.open.as_ref().and_then(Open::due),
            Progress::Awarded => self.deal.as_ref().map(|deal| {
                if self.is_signed(deal) { deal.shown_until } else { deal.signature_due }
            }),
        };
        [next, refund].into_iter().flatten().min()
    }

    /// Whether the record goes with its listing, of `quantity` lots: what a snapshot must hold.
    pub(crate) fn is_sound(&self, id: ListingId, listing: &Listing, quantity: u64) -> bool {
        let lot = self.open.as_ref().map(|open| &open.lot);
        let of_listing = |lot: &Lot| lot.listing() == id.number() && lot.quantity() == quantity;
        let coded = |code: Code| self.coded(code).is_some();
        let known = |lot: &Lot| {
            lot.entrants().iter().all(|entrant| coded(entrant.code))
                && lot.bids().iter().all(|bid| coded(bid.bidder))
                && lot.offers().iter().all(|offer| coded(offer.bidder))
        };
        let stage = match self.progress {
            Progress::Gathering => !matches!(listing.stage, Stage::Bidding | Stage::Awarded),
            Progress::Open => listing.stage == Stage::Bidding && lot.is_some(),
            Progress::Awarded => {
                listing.stage == Stage::Awarded && self.deal.is_some() && lot.is_some()
            }
            Progress::Over => listing.stage.is_final(),
        };
        // What a winner has deposited is price, or goes back.
        let signed = self.claims.iter().any(|claim| claim.state == ClaimState::Signed);
        let dealt = matches!(listing.stage, Stage::Awarded | Stage::HandedOver);
        let held = |claim: &Claim| match claim.state {
            ClaimState::Deposited | ClaimState::Signed => Money::ZERO <= claim.held,
            ClaimState::Declared
            | ClaimState::Refused
            | ClaimState::Qualified(_)
            | ClaimState::Returned
            | ClaimState::Defaulted => claim.held == Money::ZERO,
        };
        let sold = self.deal.as_ref().map_or(0, |deal| deal.award.sold());
        let stage = stage && (dealt || !signed) && sold <= quantity;
        stage && lot.is_none_or(|lot| of_listing(lot) && known(lot)) && self.claims.iter().all(held)
    }

    /// Those whose deposit is held and who won nothing, or cannot: while bids are taken, who is not
    /// asked for any.
    pub(crate) fn losers(&self) -> impl Iterator<Item = &Claim> {
        let held =
            |claim: &&Claim| claim.state == ClaimState::Deposited && claim.held != Money::ZERO;
        self.claims.iter().filter(held).filter(|claim| !self.won(claim) && !self.bids(claim))
    }

    /// Whether the lot is open to the claim.
    fn bids(&self, claim: &Claim) -> bool {
        let open = self.open.as_ref().filter(|_| self.progress == Progress::Open);
        let entrants = open.iter().flat_map(|open| open.lot.entrants());
        entrants.into_iter().any(|entrant| claim.code == Some(entrant.code))
    }

    /// Whether the award in force gives the claim anything.
    pub(crate) fn won(&self, claim: &Claim) -> bool {
        let awarded = self.progress == Progress::Awarded;
        let deal = self.deal.as_ref().filter(|_| awarded);
        deal.is_some_and(|deal| deal.award.winners().any(|line| claim.code == Some(line.bidder)))
    }

    /// Whether all that is listed is sold once `party` has signed; before an award nobody knows
    /// better.
    pub(crate) fn is_last(&self, party: PartyId) -> bool {
        let Some((deal, open)) = self.deal.as_ref().zip(self.open.as_ref()) else { return true };
        let done = |code| {
            let claim = self.coded(code);
            claim.is_some_and(|claim| claim.party == party || claim.state == ClaimState::Signed)
        };
        deal.award.sold() == open.lot.quantity()
            && deal.award.winners().all(|line| done(line.bidder))
    }

    /// Whether every winner has signed.
    pub(crate) fn is_signed(&self, deal: &Deal) -> bool {
        let signed = |code| self.coded(code).is_some_and(|claim| claim.state == ClaimState::Signed);
        deal.award.winners().all(|line| signed(line.bidder))
    }
}

impl Open {
    fn due(&self) -> Option<Time> {
        if self.lot.phase() == Phase::Waiting { Some(self.begins) } else { self.lot.due() }
    }
}

/// Nobody has declared an intention yet.
static NOBODY: Bidding = Bidding {
    claims: Vec::new(),
    open: None,
    deal: None,
    refund_due: None,
    progress: Progress::Gathering,
};

/// Most who declare an intention for one listing: an award speaks of all of them in one entry, and
/// weighs them all where they may share the lot.
fn claims_max(rules: &ListingRules, portion: Portion, lots: u64) -> usize {
    let most = usize::try_from(rules.limits.bidders_per_lot_max).unwrap_or(usize::MAX);
    most.min(ENTRANTS_MAX).min(portion.bids_max(lots))
}

impl Market {
    /// The bidding for a listing; before anybody declared an intention, an empty one.
    pub(crate) fn bidding_of(&self, listing: ListingId) -> &Bidding {
        self.biddings.get(&listing).unwrap_or(&NOBODY)
    }

    /// What judges a listing now.
    pub(crate) fn rules_of_listing(&self, listing: ListingId) -> Result<ListingRules, Reject> {
        let (segment, ownership) = self.judged_as(listing)?;
        self.listing_rules(segment, ownership)
    }

    /// Which pack and overlay judge a listing now.
    pub(crate) fn judges_of_listing(&self, listing: ListingId) -> Result<JudgedBy, Reject> {
        let (segment, ownership) = self.judged_as(listing)?;
        self.judged_by(segment, ownership)
    }

    /// Whose packs judge a listing, and as whose.
    fn judged_as(&self, listing: ListingId) -> Result<(SegmentId, Ownership), Reject> {
        let terms = &self.find_listing(listing)?.terms;
        Ok((self.fund(terms.fund)?.details.segment, terms.ownership))
    }

    /// Changes the bidding for a listing, and keeps its deadline.
    pub(crate) fn change_bidding(&mut self, listing: ListingId, change: impl FnOnce(&mut Bidding)) {
        let bidding = self.biddings.entry(listing).or_default();
        let before = bidding.due();
        change(bidding);
        let after = bidding.due();
        if let Some(due) = before.filter(|_| before != after) {
            self.deadlines.clear(due, Due::Lot(listing));
        }
        if let Some(due) = after.filter(|_| before != after) {
            self.deadlines.set(due, Due::Lot(listing));
        }
    }

    /// The listing has ended, and so has its bidding: what losers have deposited goes back at once
    /// (D4), and without a deal so does what a winner that signed has.
    pub(crate) fn end_bidding(&mut self, listing: ListingId) {
        let now = self.now;
        let dealt = self.listing_of_fact(listing).stage == Stage::HandedOver;
        if self.biddings.contains_key(&listing) {
            self.change_bidding(listing, |bidding| {
                bidding.progress = Progress::Over;
                bidding.refund_due = Some(now);
                let signed = |claim: &&mut Claim| !dealt && claim.state == ClaimState::Signed;
                for claim in bidding.claims.iter_mut().filter(signed) {
                    claim.state = ClaimState::Deposited;
                }
            });
        }
    }
}

/// The last moment of a period of working days that begins after today, or `at` if it has none.
///
/// Nobody can be told no when a deadline is set by the clock: where the calendar ends, every weekday
/// is a working day.
pub(crate) fn after_working_days(market: &Market, at: Time, days: u16) -> Time {
    if days == 0 {
        return at;
    }
    let calendar = &market.open_venue().calendar;
    market.end_of(calendar.weekdays_beyond(market.date(at), days))
}
