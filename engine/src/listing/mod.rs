//! The life of a listing (挂牌): a share that is offered, from its draft to its end.
//!
//! One file a command. [`Listing`] is the record and [`stage::Stage`] where it stands; the units
//! are locked while [`stage::Stage::holds_units`] says so, and [`Listing::due`] is the one moment at
//! which something of it becomes due. What is judged is judged by the pack in force, and the record
//! says by which version.

pub mod agreement;
pub mod announce;
pub mod approve;
pub mod change;
mod clock;
pub mod close;
pub mod confidentiality;
pub mod consent;
pub mod deadline;
pub mod document;
pub mod draft;
pub mod end;
pub mod extend;
pub mod first_refusal;
#[cfg(test)]
pub(crate) mod fixture;
pub mod gate;
pub mod look;
pub mod notify;
pub mod reprice;
pub mod resume;
pub mod review;
mod rules;
pub mod stage;
pub mod submit;
pub mod suspend;
pub mod terms;
#[cfg(test)]
mod tests;
pub mod transition;
pub mod visible;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::amount::{Ppm, Units};
use crate::bidding::ClaimState;
use crate::check;
use crate::command::CommandKind;
use crate::deadline::Due;
use crate::entry::Caller;
use crate::id::{FundId, ListingId, PartyId};
use crate::listing::announce::Announcement;
pub(crate) use crate::listing::clock::decide as decide_due;
use crate::listing::confidentiality::Reader;
use crate::listing::gate::Gate;
use crate::listing::look::Looks;
use crate::listing::stage::{EndReason, Needs, Stage};
use crate::listing::terms::ListingTerms;
use crate::market::Market;
use crate::policy::JudgedBy;
use crate::reject::Reject;
use crate::time::Time;

/// Most listings of a venue, ended or not.
pub const LISTINGS_MAX: usize = 100_000;
/// Most documents of a listing: with the longest names and answers, the entry is still one that the
/// journal takes.
pub const LISTING_DOCUMENTS_MAX: usize = 32;
/// Most reasons of a review.
pub const REASONS_MAX: usize = 8;
/// Longest period of a listing, in days.
pub const PERIOD_DAYS_MAX: u16 = 1_000;
/// Most who accept the confidentiality terms of a listing.
pub const READERS_MAX: usize = 1_000;
/// Most times that a listing is submitted.
pub const SUBMISSIONS_MAX: u16 = 16;
/// Highest interest of a year on what is paid later.
pub const RATE_MAX: Ppm = Ppm::new(1_000_000);
/// All of something, in parts per million.
pub const WHOLE: Ppm = Ppm::new(1_000_000);

/// One listing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Listing {
    /// Who sells.
    #[n(0)]
    pub seller: PartyId,
    /// What, and on which terms.
    #[n(1)]
    pub terms: ListingTerms,
    /// Where it stands.
    #[n(2)]
    pub stage: Stage,
    /// When it came there, and where it was before.
    #[n(3)]
    pub dates: Dates,
    /// How often it was submitted.
    #[n(4)]
    pub submissions: u16,
    /// Of its newest submission: disclosure fields answered.
    #[n(5)]
    pub completeness: Completeness,
    /// Which pack judged its newest submission.
    #[n(6)]
    pub judged: Option<JudgedBy>,
    /// What the newest review said.
    #[n(7)]
    pub reasons: Vec<String>,
    /// Why it ended, if it did without a deal.
    #[n(8)]
    pub end: Option<EndReason>,
    /// What must be green before it is announced.
    #[n(9)]
    pub gates: Vec<Gate>,
    /// Its announcement, once there was one.
    #[n(10)]
    pub announcement: Option<Announcement>,
    /// A5: who accepted the confidentiality terms, and when.
    #[n(11)]
    pub readers: BTreeMap<PartyId, Reader>,
    /// A5: who of them looked at which document.
    #[n(12)]
    pub looks: Looks,
    /// Intentions declared since it was announced first, whatever became of them.
    #[n(13)]
    pub intentions: u32,
    /// A8: units that nobody won, free again since the hand-over.
    #[cbor(n(14), skip_if = "Units::is_zero")]
    pub unsold: Units,
}

/// When a listing last came to a stage (日期).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Dates {
    /// It was drafted first.
    #[n(0)]
    pub drafted: Time,
    /// It was submitted.
    #[n(1)]
    pub submitted: Option<Time>,
    /// It was reviewed.
    #[n(2)]
    pub reviewed: Option<Time>,
    /// It was announced first.
    #[n(3)]
    pub announced: Option<Time>,
    /// Its announcement was over.
    #[n(4)]
    pub closed: Option<Time>,
    /// Bidding began.
    #[n(5)]
    pub bidding: Option<Time>,
    /// Somebody won.
    #[n(6)]
    pub awarded: Option<Time>,
    /// It came to its last stage.
    #[n(7)]
    pub ended: Option<Time>,
}

/// Disclosure fields answered of those asked (披露完整度).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Completeness {
    /// Fields answered.
    #[n(0)]
    pub answered: u16,
    /// Fields asked.
    #[n(1)]
    pub asked: u16,
}

impl Completeness {
    /// The share that is answered, rounded down; all of it where nothing is asked.
    #[must_use]
    pub fn score(self) -> Ppm {
        let whole = u64::from(WHOLE.get());
        let share = u64::from(self.answered).saturating_mul(whole);
        let share = share.checked_div(u64::from(self.asked)).unwrap_or(whole);
        Ppm::new(u32::try_from(share).unwrap_or(WHOLE.get()).min(WHOLE.get()))
    }
}

impl Listing {
    /// A8: units that it has locked.
    #[must_use]
    pub fn units_held(&self) -> Units {
        if self.stage.holds_units() { self.terms.units.minus(self.unsold) } else { Units::ZERO }
    }

    /// The announcement of a listing that had one.
    pub(crate) fn announcement(&self) -> &Announcement {
        self.announcement.as_ref().expect("what is announced has an announcement")
    }

    fn announcement_mut(&mut self) -> &mut Announcement {
        self.announcement.as_mut().expect("what is announced has an announcement")
    }

    /// Refuses a listing that stands elsewhere.
    pub(crate) fn check_stage(&self, listing: ListingId, needs: Needs) -> Result<(), Reject> {
        if needs.stages().contains(&self.stage) {
            return Ok(());
        }
        Err(Reject::ListingStage { listing, stage: self.stage, needs })
    }
}

/// Every listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listings {
    /// An id is an index.
    records: Vec<Listing>,
    /// Derived: project codes.
    codes: BTreeMap<String, ListingId>,
    /// Derived: listings of a party that have not ended.
    open: BTreeMap<PartyId, u32>,
    /// Derived: when the last offer of a seller in a fund was taken down.
    shown: BTreeMap<(PartyId, FundId), Time>,
}

impl Listings {
    /// These listings; `None` if a code names two.
    pub(crate) fn from_records(records: Vec<Listing>) -> Option<Self> {
        let mut listings = Self::default();
        for record in records {
            let id = listings.next();
            if listings.codes.insert(record.terms.code.clone(), id).is_some() {
                return None;
            }
            if !record.stage.is_final() {
                listings.count(record.seller, Counted::In);
            }
            listings.take_down(&record);
            listings.records.push(record);
        }
        Some(listings)
    }

    /// Every listing; an id is an index.
    pub(crate) fn records(&self) -> &[Listing] {
        &self.records
    }

    /// Every listing with its id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ListingId, &Listing)> {
        (0..).map(ListingId::new).zip(&self.records)
    }

    /// The listing of this id.
    pub(crate) fn get(&self, listing: ListingId) -> Option<&Listing> {
        self.records.get(usize::try_from(listing.number()).ok()?)
    }

    /// The id of the next one.
    pub(crate) fn next(&self) -> ListingId {
        ListingId::new(check::wide(self.records.len()))
    }

    /// The listing of this project code.
    pub(crate) fn coded(&self, code: &str) -> Option<ListingId> {
        self.codes.get(code).copied()
    }

    /// Adds a draft.
    fn push(&mut self, record: Listing) {
        let taken = self.codes.insert(record.terms.code.clone(), self.next());
        assert!(taken.is_none(), "a code names one listing");
        self.count(record.seller, Counted::In);
        self.records.push(record);
    }

    /// When the last offer of `seller` in `fund` was taken down.
    pub(crate) fn shown_until(&self, seller: PartyId, fund: FundId) -> Option<Time> {
        self.shown.get(&(seller, fund)).copied()
    }

    /// Notes that what was announced no longer is.
    fn take_down(&mut self, record: &Listing) {
        if let Some(ended) = record.dates.ended.filter(|_| record.announcement.is_some()) {
            let shown = self.shown.entry((record.seller, record.terms.fund)).or_default();
            *shown = ended.max(*shown);
        }
    }

    /// Listings of `party` that have not ended.
    pub(crate) fn open_of(&self, party: PartyId) -> u32 {
        self.open.get(&party).copied().unwrap_or(0)
    }

    fn count(&mut self, party: PartyId, counted: Counted) {
        let open = self.open.entry(party).or_default();
        *open = match counted {
            Counted::In => open.checked_add(1).expect("at most the venue's limit"),
            Counted::Out => open.checked_sub(1).expect("what ends was counted"),
        };
        if *open == 0 {
            self.open.remove(&party);
        }
    }
}

/// Which way a listing is counted.
#[derive(Clone, Copy)]
enum Counted {
    In,
    Out,
}

impl Market {
    /// The listing of this id.
    pub(crate) fn find_listing(&self, listing: ListingId) -> Result<&Listing, Reject> {
        self.listings.get(listing).ok_or(Reject::ListingNotFound { listing })
    }

    /// The listing of this id, if the caller acts for its seller: whether there is one of others
    /// that is not announced is theirs to tell.
    pub(crate) fn own_listing(
        &self,
        caller: Caller,
        kind: CommandKind,
        listing: ListingId,
    ) -> Result<&Listing, Reject> {
        let record = self.find_listing(listing)?;
        if self.acts_for(caller, kind, record.seller) {
            return Ok(record);
        }
        if record.stage.is_public() {
            return Err(self.not_permitted(caller, kind));
        }
        Err(Reject::ListingNotFound { listing })
    }

    /// A listing that is shown to the public; of others nobody is told.
    pub(crate) fn public_listing(&self, listing: ListingId) -> Result<&Listing, Reject> {
        let record = self.find_listing(listing)?;
        if record.stage.is_public() { Ok(record) } else { Err(Reject::ListingNotFound { listing }) }
    }

    /// C2, C4: intentions that stand: the venue refused none of them, and no deposit is late.
    fn standing_intentions(&self, at: Time, listing: ListingId) -> u32 {
        let stands = |state| match state {
            ClaimState::Declared | ClaimState::Deposited | ClaimState::Signed => true,
            ClaimState::Qualified(due) => at < due,
            ClaimState::Refused | ClaimState::Returned | ClaimState::Defaulted => false,
        };
        let claims = self.bidding_of(listing).claims.iter();
        let count = claims.filter(|claim| stands(claim.state)).count();
        u32::try_from(count).expect("claims are few")
    }

    /// Refuses a change that would meet somebody who declared an intention.
    fn check_no_intentions(&self, at: Time, listing: ListingId) -> Result<(), Reject> {
        match self.standing_intentions(at, listing) {
            0 => Ok(()),
            intentions => Err(Reject::ListingHasIntentions { listing, intentions }),
        }
    }

    /// The listing that an event speaks of.
    pub(crate) fn listing_of_fact(&self, listing: ListingId) -> &Listing {
        self.listings.get(listing).expect("events name listings that were drafted")
    }

    /// Changes a listing, and keeps what is derived of it: its deadline, its code, its count.
    pub(crate) fn change_listing(&mut self, id: ListingId, change: impl FnOnce(&mut Listing)) {
        let listings = &mut self.listings;
        let index = usize::try_from(id.number()).expect("an id is an index");
        let record = listings.records.get_mut(index).expect("events name listings that are there");
        let (due, open) = (record.due(), !record.stage.is_final());
        let code = record.terms.code.clone();
        change(record);
        let (seller, now_due) = (record.seller, record.due());
        let (now_code, now_open) = (record.terms.code.clone(), !record.stage.is_final());
        assert!(open || !now_open, "what ended stays so");
        if open && !now_open {
            let record = record.clone();
            listings.take_down(&record);
            listings.count(seller, Counted::Out);
        }
        if now_code != code {
            listings.codes.remove(&code);
            let taken = listings.codes.insert(now_code, id);
            assert!(taken.is_none(), "a code names one listing");
        }
        if now_due != due {
            if let Some(due) = due {
                self.deadlines.clear(due, Due::Listing(id));
            }
            if let Some(due) = now_due {
                self.deadlines.set(due, Due::Listing(id));
            }
        }
    }

    /// A8: moves the units of a listing from available to offered.
    fn lock_listed(&mut self, listing: ListingId) -> Units {
        let record = self.listing_of_fact(listing);
        let (units, seller, fund) = (record.terms.units, record.seller, record.terms.fund);
        let place = self.register.find(seller, fund).expect("units that are listed are held");
        let holding = self.register.at_mut(place);
        let before = holding.available;
        holding.available = before.minus(units);
        holding.offered = holding.offered.plus(units);
        before
    }

    /// A8: moves units of a listing back from offered to available.
    fn unlock_listed(&mut self, listing: ListingId, units: Units) {
        let record = self.listing_of_fact(listing);
        let (seller, fund) = (record.seller, record.terms.fund);
        let place = self.register.find(seller, fund).expect("units that are listed are held");
        let holding = self.register.at_mut(place);
        holding.offered = holding.offered.minus(units);
        holding.available = holding.available.plus(units);
    }

    /// Brings a listing to `stage`, at the time of the entry; what it no longer holds is unlocked.
    fn stage_listing(&mut self, listing: ListingId, from: Needs, stage: Stage) {
        let now = self.now;
        let record = self.listing_of_fact(listing);
        let (held, units) = (record.stage, record.units_held());
        assert!(from.stages().contains(&held), "a listing moves from where it stands");
        if held.holds_units() && !stage.holds_units() {
            self.unlock_listed(listing, units);
        }
        self.change_listing(listing, |record| {
            record.stage = stage;
            record.dates.came(stage, now);
        });
        if stage.is_final() {
            self.end_bidding(listing);
        }
    }
}

impl Dates {
    /// Notes that a stage was reached.
    const fn came(&mut self, stage: Stage, now: Time) {
        match stage {
            Stage::Draft | Stage::Suspended => {}
            Stage::Submitted => self.submitted = Some(now),
            Stage::ToBeCompleted | Stage::Accepted => self.reviewed = Some(now),
            Stage::Announced => {
                if self.announced.is_none() {
                    self.announced = Some(now);
                }
            }
            Stage::Closed => self.closed = Some(now),
            Stage::Bidding => self.bidding = Some(now),
            Stage::Awarded => self.awarded = Some(now),
            Stage::Rejected => {
                self.reviewed = Some(now);
                self.ended = Some(now);
            }
            Stage::HandedOver | Stage::Ended | Stage::Withdrawn | Stage::Revoked => {
                self.ended = Some(now);
            }
        }
    }
}
