//! Listings for tests, over the venue of [`crate::fixture`].

use crate::amount::{Ppm, Price, Units};
use crate::bidding::mode::Portion;
use crate::calendar::Calendar;
use crate::command::Command;
use crate::entry::Caller;
use crate::event::Event;
use crate::fixture::{
    ALICE, OFFSET, OPERATOR, REGIONAL, REGIONAL_FUND, accept, accept_at, calendar, date, party,
    refuse, trading, units,
};
use crate::id::{ListingId, PartyId};
use crate::listing::announce::AnnounceListing;
use crate::listing::confidentiality::AcceptConfidentiality;
use crate::listing::document::Sha256;
use crate::listing::draft::DraftListing;
use crate::listing::end::WithdrawListing;
use crate::listing::first_refusal::AnswerFirstRefusal;
use crate::listing::gate::{ClaimAnswer, GateState};
use crate::listing::look::LookAtDocument;
use crate::listing::notify::NotifyPartners;
use crate::listing::reprice::RepriceListing;
use crate::listing::review::{ListingVerdict, ReviewListing};
use crate::listing::stage::Stage;
use crate::listing::submit::SubmitListing;
use crate::listing::suspend::SuspendListing;
use crate::listing::terms::{
    Answer, Appraisal, IfNobodyComes, Interim, ListingTerms, Method, Payment, Reserve,
};
use crate::market::Market;
use crate::policy::choice::{Disclosure, Ownership};
use crate::policy::fixture::soe;
use crate::reject::Reject;
use crate::time::Time;

/// The first listing of a venue.
pub(crate) const LISTING: ListingId = ListingId::new(0);

/// 100,000 units of REGIONAL_FUND at 1.00 at the least: nothing about it is special.
pub(crate) fn terms() -> ListingTerms {
    ListingTerms {
        code: "G-2026-0001".to_owned(),
        headline: "苏州某创投基金份额".to_owned(),
        fund: REGIONAL_FUND,
        units: units(100_000),
        method: Method::English,
        floor: Price::from_e4(10_000),
        reserve: Reserve::Public,
        deposit: Ppm::new(100_000),
        announcement_days: 20,
        if_nobody_comes: IfNobodyComes::Ask,
        payment: Payment::Once { working_days: 5 },
        interim: Interim::Buyer,
        ownership: Ownership::Private,
        appraisal: None,
        disclosures: [Disclosure::Strategy, Disclosure::Term, Disclosure::NetAssets]
            .map(|field| Answer { field, answer: "见披露文件".to_owned() })
            .to_vec(),
        documents: Vec::new(),
        portion: Portion::Whole,
    }
}

pub(crate) fn draft_as(seller: PartyId, terms: ListingTerms) -> Command {
    Command::DraftListing(Box::new(DraftListing { listing: None, seller, terms }))
}

/// ALICE writes the listing anew.
pub(crate) fn redraft(terms: ListingTerms) -> Command {
    Command::DraftListing(Box::new(DraftListing { listing: Some(LISTING), seller: ALICE, terms }))
}

pub(crate) fn submit() -> Command {
    Command::SubmitListing(SubmitListing { listing: LISTING })
}

pub(crate) fn review(verdict: ListingVerdict) -> Command {
    let reasons = match verdict {
        ListingVerdict::Accept => Vec::new(),
        ListingVerdict::Reject | ListingVerdict::Complete => vec!["缺少审计报告".to_owned()],
    };
    Command::ReviewListing(Box::new(ReviewListing { listing: LISTING, verdict, reasons }))
}

/// The same of a state-owned seller, at its filed value.
pub(crate) fn state_terms() -> ListingTerms {
    let (ownership, appraisal) = (Ownership::StateOwned, Some(appraisal()));
    ListingTerms { ownership, appraisal, ..terms() }
}

pub(crate) fn appraisal() -> Appraisal {
    let (value, base_date) = (Price::from_e4(10_000), date("2026-06-30"));
    Appraisal { value, base_date, filing: "备-2026-7".to_owned() }
}

/// A venue in which ALICE drafted a listing; the overlay for state-owned sellers is in force, and
/// the calendar knows the National Day of 2027 and the days worked for it.
pub(crate) fn drafted(terms: ListingTerms) -> Market {
    let mut market = trading();
    market.segment_mut(REGIONAL).overlay = Some(soe());
    let mut holidays = calendar().holidays;
    holidays.extend((1..=7).map(|day| date(&format!("2027-10-{day:02}"))));
    let makeup_days = [date("2026-10-10"), date("2027-09-26"), date("2027-10-09")].into();
    let calendar = Calendar { holidays, makeup_days, ..calendar() };
    market.venue.as_mut().unwrap().calendar = calendar;
    accept(&mut market, party(ALICE), draft_as(ALICE, terms));
    market
}

/// And submitted it.
pub(crate) fn submitted(terms: ListingTerms) -> Market {
    let mut market = drafted(terms);
    accept(&mut market, party(ALICE), submit());
    market
}

/// And it was reviewed.
pub(crate) fn reviewed(terms: ListingTerms, verdict: ListingVerdict) -> Market {
    let mut market = submitted(terms);
    accept(&mut market, party(OPERATOR), review(verdict));
    market
}

pub(crate) fn stage(market: &Market) -> Stage {
    market.listing(LISTING).unwrap().stage
}

/// What ALICE has available and on offer of the fund that is listed.
pub(crate) fn held(market: &Market) -> [Units; 2] {
    let holding = market.register.holding(ALICE, REGIONAL_FUND);
    [holding.available, holding.offered]
}

#[track_caller]
pub(crate) fn by(market: &mut Market, who: PartyId, command: Command) -> Vec<Event> {
    accept(market, party(who), command)
}

#[track_caller]
pub(crate) fn refused(market: &mut Market, who: PartyId, command: Command) -> Reject {
    refuse(market, Caller::Party(who), command)
}

/// A venue in which a listing has all its gates green.
pub(crate) fn to_announce(terms: ListingTerms) -> Market {
    let mut market = reviewed(terms, ListingVerdict::Accept);
    open_gates(&mut market, LISTING);
    market
}

/// And is announced.
pub(crate) fn announced(terms: ListingTerms) -> Market {
    let mut market = to_announce(terms);
    accept(&mut market, party(OPERATOR), announce());
    market
}

/// Every gate of a listing is green.
pub(crate) fn open_gates(market: &mut Market, listing: ListingId) {
    market.change_listing(listing, |record| {
        record.gates.iter_mut().for_each(|gate| gate.state = GateState::Green);
    });
}

/// Brings the second listing of ALICE to its announcement, which is the command that it answers.
pub(crate) fn announceable(market: &mut Market, terms: ListingTerms) -> Command {
    let listing = ListingId::new(1);
    by(market, ALICE, draft_as(ALICE, terms));
    by(market, ALICE, Command::SubmitListing(SubmitListing { listing }));
    let ask = ReviewListing { listing, verdict: ListingVerdict::Accept, reasons: Vec::new() };
    by(market, OPERATOR, Command::ReviewListing(Box::new(ask)));
    open_gates(market, listing);
    Command::AnnounceListing(AnnounceListing { listing })
}

pub(crate) fn announce() -> Command {
    Command::AnnounceListing(AnnounceListing { listing: LISTING })
}

pub(crate) fn notify(delivered: &str) -> Command {
    let (delivered, evidence) = (date(delivered), Sha256::new([1; 32]));
    Command::NotifyPartners(NotifyPartners { listing: LISTING, delivered, evidence })
}

pub(crate) fn answer(holder: PartyId, answer: ClaimAnswer) -> Command {
    Command::AnswerFirstRefusal(AnswerFirstRefusal { listing: LISTING, holder, answer })
}

pub(crate) fn suspend(until: &str) -> Command {
    let (until, reason) = (date(until), "核实".to_owned());
    Command::SuspendListing(Box::new(SuspendListing { listing: LISTING, until, reason }))
}

pub(crate) fn reprice(floor: u64, working_days: u16, consent: Option<Sha256>) -> Command {
    let floor = Price::from_e4(floor);
    Command::RepriceListing(RepriceListing { listing: LISTING, floor, working_days, consent })
}

pub(crate) fn withdraw() -> Command {
    let reason = "撤回".to_owned();
    Command::WithdrawListing(Box::new(WithdrawListing { listing: LISTING, reason }))
}

pub(crate) fn accept_terms(reader: PartyId) -> Command {
    let terms = Sha256::new([2; 32]);
    Command::AcceptConfidentiality(AcceptConfidentiality { listing: LISTING, reader, terms })
}

/// Looks at the document of 32 times this byte.
pub(crate) fn look(reader: PartyId, byte: u8) -> Command {
    let document = Sha256::new([byte; 32]);
    Command::LookAtDocument(LookAtDocument { listing: LISTING, reader, document })
}

/// A moment of the venue's day.
pub(crate) fn at(day: &str, hour: u16, minute: u16) -> Time {
    date(day).at_minute(hour * 60 + minute, OFFSET)
}

/// Time passes up to `at`, as the sequencer lets it: one deadline after the other.
pub(crate) fn pass(market: &mut Market, at: Time) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(due) = market.next_deadline().filter(|due| *due <= at) {
        let due = due.max(market.now().next());
        events.extend(accept_at(market, due, Caller::Venue, Command::Advance));
    }
    events
}
