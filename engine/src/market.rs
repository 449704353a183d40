//! The market: one value, two functions.
//!
//! [`Market::judge`] turns a command into events or a reject and changes nothing.
//! [`Market::record`] turns an outcome into new state and cannot fail. Replaying a journal is
//! `record` in a loop, so a rule changed today never rewrites yesterday.

use std::collections::BTreeMap;

use crate::access::{self, Reach};
use crate::bidding::{self, Bidding};
use crate::calendar::Calendar;
use crate::call;
use crate::call::Calls;
use crate::cash;
use crate::cash::ledger::Ledger;
use crate::cash::request_transfer::RequestTransfer;
use crate::command::{Command, CommandKind};
use crate::deadline::Deadlines;
use crate::dedup::{Attempts, Known, Share};
use crate::entry::{Caller, Header};
use crate::event::Event;
use crate::id::{
    FundId, IntentionId, ListingId, LockId, PartyId, ProposalId, SegmentId, Sequence, TransferId,
};
use crate::listing;
use crate::listing::Listings;
use crate::listing::agreement::AgreementTerms;
use crate::policy::Fees;
use crate::registry;
use crate::registry::fund::{Fund, TradingState};
use crate::registry::holding::Register;
use crate::registry::lock_units::LockUnits;
use crate::registry::party::{Party, Role};
use crate::reject::{Asker, Reject};
use crate::time::{Date, Time};
use crate::trading;
use crate::trading::board::PostIntention;
use crate::trading::counterparties::Board;
use crate::trading::order::Orders;
use crate::trading::sweep::Sweep;
use crate::venue;
use crate::venue::issue_key::Key;
use crate::venue::propose::Proposal;
use crate::venue::segment::Segment;

/// Everything the exchange knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Market {
    /// The newest entry recorded.
    pub(crate) sequence: Sequence,
    /// Its time.
    pub(crate) now: Time,
    pub(crate) venue: Option<Venue>,
    pub(crate) segments: Vec<Segment>,
    /// Every fee schedule that was ever in force: an order keeps the number of its own.
    pub(crate) schedules: Vec<Fees>,
    pub(crate) keys: BTreeMap<[u8; 32], Key>,
    /// Those that wait. The count numbers the next one.
    pub(crate) proposals: BTreeMap<ProposalId, Proposal>,
    pub(crate) proposals_count: u64,
    pub(crate) parties: Vec<Party>,
    pub(crate) party_codes: BTreeMap<String, PartyId>,
    pub(crate) groups_count: u32,
    pub(crate) funds: Vec<Fund>,
    pub(crate) fund_codes: BTreeMap<String, FundId>,
    pub(crate) register: Register,
    /// Those in force. The count numbers the next one.
    pub(crate) locks: BTreeMap<LockId, LockUnits>,
    pub(crate) locks_count: u64,
    pub(crate) ledger: Ledger,
    /// Those that wait for the bank. The count numbers the next one.
    pub(crate) transfers: BTreeMap<TransferId, RequestTransfer>,
    pub(crate) transfers_count: u64,
    pub(crate) orders: Orders,
    pub(crate) trades_count: u64,
    pub(crate) sweeps: BTreeMap<u64, Sweep>,
    pub(crate) sweeps_count: u64,
    /// Those on the board. The count numbers the next one.
    pub(crate) intentions: BTreeMap<IntentionId, PostIntention>,
    pub(crate) intentions_count: u64,
    /// Derived from the intentions.
    pub(crate) board: Board,
    pub(crate) listings: Listings,
    /// What the funds' agreements say of a transfer, where it is recorded.
    pub(crate) agreements: BTreeMap<FundId, AgreementTerms>,
    /// Of every listing that somebody declared an intention for.
    pub(crate) biddings: BTreeMap<ListingId, Bidding>,
    /// Those that are not over.
    pub(crate) calls: Calls,
    pub(crate) attempts: Attempts,
    /// Derived from the records above.
    pub(crate) deadlines: Deadlines,
}

/// The venue as a whole.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Venue {
    /// Name.
    #[n(0)]
    pub name: String,
    /// Minutes by which its days run ahead of UTC.
    #[n(1)]
    pub utc_offset_minutes: i16,
    /// Whether it trades.
    #[n(2)]
    pub state: TradingState,
    /// The calendar in force.
    #[n(3)]
    pub calendar: Calendar,
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// When.
    pub at: Time,
    /// Who.
    pub caller: Caller,
}

/// What the market says to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Yes; the events say what happens.
    Accepted,
    /// No, and the entry that says so is kept.
    Refused(Reject),
    /// This attempt was answered before, in this entry.
    Repeated(Sequence),
    /// No, and nothing is kept: the attempt cannot be remembered, or the command tells the terms
    /// of a sealed bid before the close.
    Unrecorded(Reject),
}

impl Market {
    /// Whether [`Market::warm`] saves more than it costs: what is kept no longer fits a cache.
    #[must_use]
    pub fn is_large(&self) -> bool {
        trading::warm::is_large(self)
    }

    /// Has memory fetch what the next sixteen or so `commands` ask for; changes and tells nothing.
    pub fn warm<'a>(&self, commands: impl Iterator<Item = &'a Command> + Clone) {
        if self.is_large() {
            trading::warm::look(self, commands);
        }
    }

    /// Judges `command`, and appends what would happen to `events` if the answer is yes.
    ///
    /// The attempt in `header` is looked up first. Changes nothing.
    pub fn judge(&self, header: &Header, command: &Command, events: &mut Vec<Event>) -> Judgement {
        if let Some(attempt) = header.attempt {
            match self.attempts.find(header.caller, attempt) {
                Known::Answered(sequence) => return Judgement::Repeated(sequence),
                Known::Reused => return Judgement::Unrecorded(Reject::AttemptReused {}),
                Known::New => {
                    let share = self.share(header.caller);
                    if let Err(limit) = self.attempts.room(header.caller, share, header.at) {
                        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
                        return Judgement::Unrecorded(Reject::TooManyAttempts { limit });
                    }
                }
            }
        }
        let before = events.len();
        let context = Context { at: header.at, caller: header.caller };
        match self.decide(context, command, events) {
            Ok(()) => Judgement::Accepted,
            Err(reject) => {
                events.truncate(before);
                // D3: an entry keeps the command, and journal, exports and backups keep the entry.
                if bidding::bid::would_unseal(self, command) {
                    return Judgement::Unrecorded(reject);
                }
                Judgement::Refused(reject)
            }
        }
    }

    /// Decides `command`: appends what would happen to `events`, or says why not. Changes nothing.
    ///
    /// A refusal may leave events behind the ones that were there; they mean nothing.
    ///
    /// # Errors
    ///
    /// The first rule the command breaks, in the order of [`Reject`].
    #[inline(always)]
    pub fn decide(
        &self,
        context: Context,
        command: &Command,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        // The orders of every second wait for nobody.
        if let Command::PlaceOrder(ask) = command {
            self.admit(context.caller, CommandKind::PlaceOrder)?;
            return trading::place_order::decide(self, context, ask, events);
        }
        if let Command::AmendOrder(ask) = command {
            self.admit(context.caller, CommandKind::AmendOrder)?;
            return trading::amend_order::decide(self, context, ask, events);
        }
        if let Command::CancelOrder(ask) = command {
            self.admit(context.caller, CommandKind::CancelOrder)?;
            return trading::cancel_order::decide(self, context, ask, events);
        }
        self.decide_other(context, command, events)
    }

    #[inline(never)]
    fn decide_other(
        &self,
        context: Context,
        command: &Command,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        self.admit(context.caller, command.kind())?;
        if venue::propose::needs_approval(self, context.caller, command) {
            return venue::propose::decide_proposal(self, context, command, events);
        }
        self.decide_now(context, command, events)
    }

    /// Decides `command` itself, approved or not in need of it.
    #[inline(never)]
    pub(crate) fn decide_now(
        &self,
        context: Context,
        command: &Command,
        events: &mut Vec<Event>,
    ) -> Result<(), Reject> {
        match command {
            Command::OpenVenue(ask) => venue::open_venue::decide(self, context, ask, events),
            Command::OpenSegment(ask) => venue::open_segment::decide(self, context, ask, events),
            Command::AdoptPack(ask) => venue::adopt_pack::decide(self, context, ask, events),
            Command::SetCalendar(ask) => venue::set_calendar::decide(self, context, ask, events),
            Command::SetFees(ask) => venue::set_fees::decide(self, context, ask, events),
            Command::IssueKey(ask) => venue::issue_key::decide(self, context, ask, events),
            Command::RevokeKey(ask) => venue::revoke_key::decide(self, context, ask, events),
            Command::Review(ask) => venue::propose::decide(self, context, ask, events),
            Command::RegisterParty(ask) => {
                registry::register_party::decide(self, context, ask, events)
            }
            Command::Qualify(ask) => registry::qualify::decide(self, context, ask, events),
            Command::Affiliate(ask) => registry::affiliate::decide(self, context, ask, events),
            Command::SetPartyStatus(ask) => {
                registry::set_party_status::decide(self, context, ask, events)
            }
            Command::RegisterFund(ask) => {
                registry::register_fund::decide(self, context, ask, events)
            }
            Command::ExtendTerm(ask) => registry::extend_term::decide(self, context, ask, events),
            Command::IssueUnits(ask) => registry::issue_units::decide(self, context, ask, events),
            Command::LockUnits(ask) => registry::lock_units::decide(self, context, ask, events),
            Command::UnlockUnits(ask) => registry::unlock_units::decide(self, context, ask, events),
            Command::RequestTransfer(ask) => {
                cash::request_transfer::decide(self, context, ask, events)
            }
            Command::SettleTransfer(ask) => {
                cash::settle_transfer::decide(self, context, ask, events)
            }
            Command::PlaceOrder(ask) => trading::place_order::decide(self, context, ask, events),
            Command::AmendOrder(ask) => trading::amend_order::decide(self, context, ask, events),
            Command::CancelOrder(ask) => trading::cancel_order::decide(self, context, ask, events),
            Command::CancelAll(ask) => trading::cancel_all::decide(self, context, ask, events),
            Command::SetReference(ask) => {
                trading::set_reference::decide(self, context, ask, events)
            }
            Command::SetTradingState(ask) => {
                trading::set_trading_state::decide(self, context, ask, events)
            }
            Command::PostIntention(ask) => trading::board::decide_post(self, context, ask, events),
            Command::WithdrawIntention(ask) => {
                trading::board::decide_withdraw(self, context, ask, events)
            }
            Command::DraftListing(ask) => listing::draft::decide(self, context, ask, events),
            Command::SubmitListing(ask) => listing::submit::decide(self, context, ask, events),
            Command::ReviewListing(ask) => listing::review::decide(self, context, ask, events),
            Command::SetAgreement(ask) => listing::agreement::decide(self, context, ask, events),
            Command::NotifyPartners(ask) => listing::notify::decide(self, context, ask, events),
            Command::AnswerFirstRefusal(ask) => {
                listing::first_refusal::decide(self, context, ask, events)
            }
            Command::AnswerConsent(ask) => listing::consent::decide(self, context, ask, events),
            Command::RecordApproval(ask) => listing::approve::decide(self, context, ask, events),
            Command::AnnounceListing(ask) => listing::announce::decide(self, context, ask, events),
            Command::SuspendListing(ask) => listing::suspend::decide(self, context, ask, events),
            Command::ResumeListing(ask) => listing::resume::decide(self, context, ask, events),
            Command::ExtendListing(ask) => listing::extend::decide(self, context, ask, events),
            Command::RepriceListing(ask) => listing::reprice::decide(self, context, ask, events),
            Command::ChangeListing(ask) => listing::change::decide(self, context, ask, events),
            Command::WithdrawListing(ask) => {
                listing::end::decide_withdraw(self, context, ask, events)
            }
            Command::RevokeListing(ask) => listing::end::decide_revoke(self, context, ask, events),
            Command::AcceptConfidentiality(ask) => {
                listing::confidentiality::decide(self, context, ask, events)
            }
            Command::LookAtDocument(ask) => listing::look::decide(self, context, ask, events),
            Command::DeclareInterest(ask) => bidding::declare::decide(self, context, ask, events),
            Command::QualifyBidder(ask) => {
                bidding::qualify_bidder::decide(self, context, ask, events)
            }
            Command::PayDeposit(ask) => bidding::deposit::decide(self, context, ask, events),
            Command::OpenBidding(ask) => bidding::open::decide(self, context, ask, events),
            Command::PlaceBid(ask) => bidding::bid::decide_place(self, context, ask, events),
            Command::MatchPrice(ask) => bidding::bid::decide_match(self, context, ask, events),
            Command::CommitBid(ask) => bidding::bid::decide_commit(self, context, ask, events),
            Command::RevealBid(ask) => bidding::bid::decide_reveal(self, context, ask, events),
            Command::MakeOffer(ask) => bidding::bid::decide_offer(self, context, ask, events),
            Command::AnswerOffer(ask) => bidding::bid::decide_answer(self, context, ask, events),
            Command::SignContract(ask) => bidding::sign::decide(self, context, ask, events),
            Command::ScoreBid(ask) => bidding::score::decide(self, context, ask, events),
            Command::ChooseQuote(ask) => bidding::choose::decide(self, context, ask, events),
            Command::ScheduleCall(ask) => call::schedule::decide(self, context, ask, events),
            Command::CancelCall(ask) => call::cancel::decide(self, context, ask, events),
            Command::PlaceCallOrder(ask) => call::place::decide(self, context, ask, events),
            Command::CancelCallOrder(ask) => call::cancel_order::decide(self, context, ask, events),
            Command::Advance => venue::advance::decide(self, context, events),
        }
    }

    /// Records an entry: what happened, or that nothing did, and the attempt it answers.
    ///
    /// # Panics
    ///
    /// If the entry contradicts the state. That is a bug or a forged journal, and the only safe
    /// answer to either is to stop.
    pub fn record(&mut self, header: &Header, events: &[Event]) {
        self.record_each(header, events, |_, _| {});
    }

    /// Records an entry as [`Market::record`] does, and shows `seen` the market after each event.
    ///
    /// # Panics
    ///
    /// As [`Market::record`].
    pub fn record_each(
        &mut self,
        header: &Header,
        events: &[Event],
        mut seen: impl FnMut(&Self, &Event),
    ) {
        assert!(self.sequence.next() == header.sequence, "entries follow each other");
        assert!(self.now < header.at, "time is strictly increasing");
        self.sequence = header.sequence;
        self.now = header.at;
        for event in events {
            self.apply(event);
            seen(self, event);
        }
        if let Some(attempt) = header.attempt {
            self.attempts.remember(header.caller, attempt, header.at, header.sequence);
        }
    }

    /// The events of every second first; each of the others is one call further away.
    #[inline(always)]
    fn apply(&mut self, event: &Event) {
        if let Event::OrderPlaced(fact) = event {
            trading::place_order::apply(self, fact);
        } else if let Event::OrderRested(fact) = event {
            trading::place_order::apply_rested(self, fact);
        } else if let Event::Traded(fact) = event {
            trading::trade::apply(self, fact);
        } else if let Event::OrderClosed(fact) = event {
            trading::cancel_order::apply(self, fact);
        } else if let Event::OrderAmended(fact) = event {
            trading::amend_order::apply(self, fact);
        } else {
            self.apply_other(event);
        }
    }

    #[inline(never)]
    fn apply_other(&mut self, event: &Event) {
        match event {
            Event::VenueOpened(fact) => venue::open_venue::apply(self, fact),
            Event::SegmentOpened(fact) => venue::open_segment::apply(self, fact),
            Event::PackAdopted(fact) => venue::adopt_pack::apply(self, fact),
            Event::CalendarSet(fact) => venue::set_calendar::apply(self, fact),
            Event::FeesSet(fact) => venue::set_fees::apply(self, fact),
            Event::KeyIssued(fact) => venue::issue_key::apply(self, fact),
            Event::KeyRevoked(fact) => venue::revoke_key::apply(self, fact),
            Event::Proposed(fact) => venue::propose::apply_proposed(self, fact),
            Event::ProposalClosed(fact) => venue::propose::apply_closed(self, fact),
            Event::PartyRegistered(fact) => registry::register_party::apply(self, fact),
            Event::Qualified(fact) => registry::qualify::apply(self, fact),
            Event::Affiliated(fact) => registry::affiliate::apply(self, fact),
            Event::PartyStatusSet(fact) => registry::set_party_status::apply(self, fact),
            Event::FundRegistered(fact) => registry::register_fund::apply(self, fact),
            Event::TermExtended(fact) => registry::extend_term::apply(self, fact),
            Event::UnitsIssued(fact) => registry::issue_units::apply(self, fact),
            Event::UnitsLocked(fact) => registry::lock_units::apply(self, fact),
            Event::UnitsUnlocked(fact) => registry::unlock_units::apply(self, fact),
            Event::TransferRequested(fact) => cash::request_transfer::apply(self, fact),
            Event::TransferSettled(fact) => cash::settle_transfer::apply(self, fact),
            Event::OrderPlaced(fact) => trading::place_order::apply(self, fact),
            Event::Traded(fact) => trading::trade::apply(self, fact),
            Event::OrderRested(fact) => trading::place_order::apply_rested(self, fact),
            Event::OrderClosed(fact) => trading::cancel_order::apply(self, fact),
            Event::OrderAmended(fact) => trading::amend_order::apply(self, fact),
            Event::OrderDecremented(fact) => trading::trade::apply_decremented(self, fact),
            Event::SweepStarted(fact) => trading::sweep::apply_started(self, fact),
            Event::SweepAdvanced(fact) => trading::sweep::apply_advanced(self, fact),
            Event::ReferenceSet(fact) => trading::set_reference::apply(self, fact),
            Event::TradingStateSet(fact) => trading::set_trading_state::apply(self, fact),
            Event::IntentionPosted(fact) => trading::board::apply_posted(self, fact),
            Event::CounterpartySuggested(_) => {}
            Event::IntentionClosed(fact) => trading::board::apply_closed(self, fact),
            Event::ListingDrafted(fact) => listing::draft::apply(self, fact),
            Event::ListingSubmitted(fact) => listing::submit::apply(self, fact),
            Event::ListingReviewed(fact) => listing::review::apply(self, fact),
            Event::AgreementSet(fact) => listing::agreement::apply(self, fact),
            Event::PartnersNotified(fact) => listing::notify::apply(self, fact),
            Event::FirstRefusalAnswered(fact) => listing::first_refusal::apply(self, fact),
            Event::GateClosed(fact) => listing::consent::apply(self, fact),
            Event::ListingAnnounced(fact) => listing::announce::apply(self, fact),
            Event::ListingSuspended(fact) => listing::suspend::apply(self, fact),
            Event::ListingResumed(fact) => listing::resume::apply(self, fact),
            Event::ListingExtended(fact) => listing::extend::apply(self, fact),
            Event::ListingRepriced(fact) => listing::reprice::apply(self, fact),
            Event::ListingChanged(fact) => listing::change::apply(self, fact),
            Event::ListingClosed(fact) => listing::close::apply(self, fact),
            Event::ListingEnded(fact) => listing::end::apply(self, fact),
            Event::ConfidentialityAccepted(fact) => listing::confidentiality::apply(self, fact),
            Event::DocumentLookedAt(fact) => listing::look::apply(self, fact),
            Event::InterestDeclared(fact) => bidding::declare::apply(self, fact),
            Event::BidderQualified(fact) => bidding::qualify_bidder::apply(self, fact),
            Event::DepositPaid(fact) => bidding::deposit::apply_paid(self, fact),
            Event::BiddingOpened(fact) => bidding::open::apply(self, fact),
            Event::BiddingFailed(fact) => bidding::open::apply_failed(self, fact),
            Event::LotMoved(fact) => bidding::bid::apply(self, fact),
            Event::LotAwarded(fact) => bidding::award::apply_awarded(self, fact),
            Event::AwardVoided(fact) => bidding::award::apply_voided(self, fact),
            Event::DepositForfeited(fact) => bidding::deposit::apply_forfeited(self, fact),
            Event::DepositsReturned(fact) => bidding::deposit::apply_returned(self, fact),
            Event::ContractSigned(fact) => bidding::sign::apply(self, fact),
            Event::DealHandedOver(fact) => bidding::award::apply_handed_over(self, fact),
            Event::CallScheduled(fact) => call::schedule::apply(self, fact),
            Event::CallOrderPlaced(fact) => call::place::apply(self, fact),
            Event::CallOrderClosed(fact) => call::cancel_order::apply(self, fact),
            Event::CallClosed(fact) => call::cancel::apply(self, fact),
            Event::CallTraded(fact) => call::trade::apply(self, fact),
        }
    }

    /// The newest entry recorded.
    #[must_use]
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Time of the newest entry.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// When the next deadline is due: the sequencer sends `Advance` by then.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first()
    }

    /// How many of its attempts the venue remembers.
    fn share(&self, caller: Caller) -> Share {
        match caller {
            Caller::Venue => Share::Staff,
            Caller::Party(party) if self.role(party).is_ok_and(Role::is_staff) => Share::Staff,
            Caller::Party(_) => Share::Other,
        }
    }

    /// Whether the caller's role may give commands of `kind` at all.
    #[inline(always)]
    fn admit(&self, caller: Caller, kind: CommandKind) -> Result<(), Reject> {
        if self.venue.is_none() && kind != CommandKind::OpenVenue {
            return Err(Reject::VenueNotOpen {});
        }
        match caller {
            Caller::Venue => Ok(()),
            Caller::Party(party) => {
                let role = self.party(party).ok().map(|party| party.details.role);
                match role.map(|role| access::reach(role, kind)) {
                    Some(Reach::Own | Reach::Any) => Ok(()),
                    Some(Reach::Never) | None => Err(self.not_permitted(caller, kind)),
                }
            }
        }
    }

    /// Whether the caller may give a command of `kind` for `party`: itself, its client, anybody.
    #[inline]
    pub(crate) fn admit_for(
        &self,
        caller: Caller,
        kind: CommandKind,
        party: PartyId,
    ) -> Result<(), Reject> {
        if self.acts_for(caller, kind, party) {
            Ok(())
        } else {
            Err(self.not_permitted(caller, kind))
        }
    }

    /// See [`Market::admit_for`].
    #[inline(always)]
    pub(crate) fn acts_for(&self, caller: Caller, kind: CommandKind, party: PartyId) -> bool {
        let Caller::Party(by) = caller else { return true };
        let Ok(record) = self.party(by) else { return false };
        match access::reach(record.details.role, kind) {
            Reach::Any => true,
            Reach::Own => by == party || self.is_client(party, by),
            Reach::Never => false,
        }
    }

    fn is_client(&self, party: PartyId, member: PartyId) -> bool {
        self.party(party).is_ok_and(|party| party.details.member == Some(member))
    }

    #[cold]
    pub(crate) fn not_permitted(&self, caller: Caller, kind: CommandKind) -> Reject {
        let role = match caller {
            Caller::Venue => Asker::Venue,
            Caller::Party(party) => {
                self.party(party).map_or(Asker::Unknown, |party| Asker::Party(party.details.role))
            }
        };
        let needs = access::requirement(kind);
        Reject::NotPermitted { command: kind.into(), role, needs }
    }

    /// The party of this id.
    #[inline]
    pub(crate) fn party(&self, party: PartyId) -> Result<&Party, Reject> {
        let found = usize::try_from(party.number()).ok().and_then(|at| self.parties.get(at));
        found.ok_or(Reject::PartyNotFound { party })
    }

    /// The party of this id, to change.
    #[inline]
    pub(crate) fn party_mut(&mut self, party: PartyId) -> &mut Party {
        let index = usize::try_from(party.number()).expect("an id is an index");
        self.parties.get_mut(index).expect("events name parties that are registered")
    }

    /// The fund of this id.
    #[inline]
    pub(crate) fn fund(&self, fund: FundId) -> Result<&Fund, Reject> {
        let found = usize::try_from(fund.number()).ok().and_then(|at| self.funds.get(at));
        found.ok_or(Reject::FundNotFound { fund })
    }

    /// The fund of this id, to change.
    #[inline]
    pub(crate) fn fund_mut(&mut self, fund: FundId) -> &mut Fund {
        let index = usize::try_from(fund.number()).expect("an id is an index");
        self.funds.get_mut(index).expect("events name funds that are registered")
    }

    /// The segment of this id.
    #[inline]
    pub(crate) fn segment(&self, segment: SegmentId) -> Result<&Segment, Reject> {
        let found = usize::try_from(segment.number()).ok().and_then(|at| self.segments.get(at));
        found.ok_or(Reject::SegmentNotFound { segment })
    }

    /// The segment of this id, to change.
    pub(crate) fn segment_mut(&mut self, segment: SegmentId) -> &mut Segment {
        let index = usize::try_from(segment.number()).expect("an id is an index");
        self.segments.get_mut(index).expect("events name segments that are open")
    }

    /// The venue, which is open: `admit` has seen to it.
    #[inline]
    pub(crate) fn open_venue(&self) -> &Venue {
        self.venue.as_ref().expect("the venue is open")
    }

    /// The venue's date at `at`.
    #[inline]
    pub(crate) fn date(&self, at: Time) -> Date {
        at.date(self.open_venue().utc_offset_minutes)
    }

    /// The role of a party that is registered.
    pub(crate) fn role(&self, party: PartyId) -> Result<Role, Reject> {
        self.party(party).map(|party| party.details.role)
    }
}
