//! Opening the venue: the first entry of every journal (开市).
//!
//! It names the staff and their first keys, the calendar and the first segments, all at once: there
//! is nobody yet who could approve them one by one.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::access::Requirement;
use crate::calendar::Calendar;
use crate::check;
use crate::event::Event;
use crate::id::{PartyId, SegmentId};
use crate::market::Venue;
use crate::market::{Context, Market};
use crate::policy::{DAY_MINUTES, FIRST_SEGMENTS_MAX, STAFF_MAX};
use crate::registry::fund::TradingState;
use crate::registry::party::Role;
use crate::registry::party::{PartyDetails, PartyForm};
use crate::registry::register_party::PartyRegistered;
use crate::reject::Field;
use crate::reject::Reject;
use crate::time::Time;
use crate::venue::issue_key::{IssueKey, KeyIssued, KeyScope};
use crate::venue::open_segment::SegmentOpened;
use crate::venue::segment::SegmentDetails;
use crate::venue::sound;

/// Ask to open the venue.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OpenVenue {
    /// Name, 1 to 512 bytes.
    #[n(0)]
    pub name: String,
    /// Minutes by which its days run ahead of UTC: 480 in Shanghai.
    #[n(1)]
    pub utc_offset_minutes: i16,
    /// Its calendar, version 1.
    #[n(2)]
    pub calendar: Calendar,
    /// Its first segments, in order.
    #[n(3)]
    pub segments: Vec<SegmentDetails>,
    /// Its staff, in order; they become parties from 0 on.
    #[n(4)]
    pub staff: Vec<Staff>,
}

/// One member of the venue's side and its first key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Staff {
    /// Unique code.
    #[n(0)]
    pub code: String,
    /// Name.
    #[n(1)]
    pub name: String,
    /// A staff role.
    #[n(2)]
    pub role: Role,
    /// SHA-256 of its first key.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub key_hash: [u8; 32],
    /// When that key expires.
    #[n(4)]
    pub key_expires: Time,
}

/// The venue is open. Its segments, staff and keys follow as events of their own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct VenueOpened {
    /// Name.
    #[n(0)]
    pub name: String,
    /// Minutes by which its days run ahead of UTC.
    #[n(1)]
    pub utc_offset_minutes: i16,
    /// Its calendar.
    #[n(2)]
    pub calendar: Calendar,
}

pub(crate) fn decide(
    market: &Market,
    context: Context,
    ask: &OpenVenue,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    if market.venue.is_some() {
        return Err(Reject::VenueAlreadyOpen {});
    }
    check_parts(ask)?;
    check_names(ask)?;
    check_staff(ask)?;
    check_dates(ask, context.at)?;
    // From here on the answer is yes.
    events.push(Event::VenueOpened(Box::new(VenueOpened {
        name: ask.name.clone(),
        utc_offset_minutes: ask.utc_offset_minutes,
        calendar: ask.calendar.clone(),
    })));
    for (number, details) in (0..).zip(&ask.segments) {
        let segment = SegmentId::new(number);
        let details = details.clone();
        events.push(Event::SegmentOpened(Box::new(SegmentOpened { segment, details })));
    }
    for (party, staff) in (0..).map(PartyId::new).zip(&ask.staff) {
        let details = staff.details();
        events.push(Event::PartyRegistered(Box::new(PartyRegistered { party, details })));
    }
    for (party, staff) in (0..).map(PartyId::new).zip(&ask.staff) {
        let terms = staff.key(party);
        events.push(Event::KeyIssued(Box::new(KeyIssued { terms })));
    }
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &VenueOpened) {
    assert!(market.venue.is_none(), "a venue opens once");
    market.venue = Some(Venue {
        name: fact.name.clone(),
        utc_offset_minutes: fact.utc_offset_minutes,
        state: TradingState::Open,
        calendar: fact.calendar.clone(),
    });
}

impl Staff {
    fn details(&self) -> PartyDetails {
        let form = match self.role {
            Role::SettlementBank | Role::Regulator => PartyForm::Institution,
            Role::Lp
            | Role::SFund
            | Role::Manager
            | Role::Lender
            | Role::Member
            | Role::Operator
            | Role::Supervisor => PartyForm::Person,
        };
        PartyDetails {
            code: self.code.clone(),
            name: self.name.clone(),
            role: self.role,
            form,
            look_through: 1,
            tier: 0,
            member: None,
        }
    }

    const fn key(&self, party: PartyId) -> IssueKey {
        IssueKey {
            party,
            key_hash: self.key_hash,
            scope: KeyScope::Full,
            expires: self.key_expires,
        }
    }
}

/// Each part is sound in itself.
fn check_parts(ask: &OpenVenue) -> Result<(), Reject> {
    check::text(Field::Name, &ask.name)?;
    let offset =
        u16::try_from(i32::from(ask.utc_offset_minutes).saturating_add(DAY_MINUTES.into()))
            .unwrap_or(u16::MAX);
    check::range(Field::UtcOffset, offset.into(), 0, u64::from(DAY_MINUTES).saturating_mul(2))?;
    sound::calendar(&ask.calendar)?;
    check::length(Field::Segments, ask.segments.len(), 0, FIRST_SEGMENTS_MAX)?;
    ask.segments.iter().try_for_each(sound::segment)?;
    check::length(Field::Staff, ask.staff.len(), 0, STAFF_MAX)?;
    for staff in &ask.staff {
        check::code(Field::Code, &staff.code)?;
        check::text(Field::Name, &staff.name)?;
    }
    Ok(())
}

/// Codes and keys name one thing each.
fn check_names(ask: &OpenVenue) -> Result<(), Reject> {
    let taken = |number| Reject::CodeTaken { number };
    all_differ(ask.segments.iter().map(|segment| segment.code.as_str())).map_err(taken)?;
    all_differ(ask.staff.iter().map(|staff| staff.code.as_str())).map_err(taken)?;
    all_differ(ask.staff.iter().map(|staff| staff.key_hash)).map_err(|_| Reject::KeyExists {})
}

/// The staff is staff, and somebody of each role that a venue cannot do without.
fn check_staff(ask: &OpenVenue) -> Result<(), Reject> {
    for (party, staff) in (0..).map(PartyId::new).zip(&ask.staff) {
        if !staff.role.is_staff() {
            return Err(Reject::WrongRole { party, role: staff.role, needs: Requirement::Staff });
        }
    }
    for role in [Role::Operator, Role::Supervisor, Role::SettlementBank] {
        if !ask.staff.iter().any(|staff| staff.role == role) {
            return Err(Reject::StaffIncomplete { role });
        }
    }
    Ok(())
}

/// The calendar is the first one, packs may judge today and keys are good for a while.
fn check_dates(ask: &OpenVenue, at: Time) -> Result<(), Reject> {
    if ask.calendar.version != 1 {
        return Err(Reject::CalendarNotNext { version: ask.calendar.version, current: 0 });
    }
    let today = at.date(ask.utc_offset_minutes);
    ask.segments.iter().try_for_each(|segment| sound::rules_in_force(segment, today))?;
    ask.staff.iter().try_for_each(|staff| check::ahead(Field::Expires, staff.key_expires, at))
}

/// The elements differ; if not, the place of the first that comes again.
fn all_differ<T: Ord>(elements: impl Iterator<Item = T>) -> Result<(), u64> {
    let mut seen = BTreeMap::new();
    for (place, element) in (0..).zip(elements) {
        if let Some(first) = seen.insert(element, place) {
            return Err(first);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::entry::Caller;
    use crate::fixture::{
        BANK, LICENSED, OPERATOR, REGIONAL, SUPERVISOR, accept, date, fees, open_venue, opened,
        opening, party, refuse, regional, segment, today,
    };

    fn refused(change: impl FnOnce(&mut OpenVenue)) -> Reject {
        let mut ask = open_venue();
        change(&mut ask);
        refuse(&mut Market::default(), Caller::Venue, Command::OpenVenue(Box::new(ask)))
    }

    #[test]
    fn the_first_entry_opens_segments_and_names_the_staff_and_its_keys() {
        let mut market = Market::default();
        let command = Command::OpenVenue(Box::new(open_venue()));
        let events = accept(&mut market, Caller::Venue, command);
        let names: Vec<_> = events.iter().map(Event::name).collect();
        assert_eq!(names[..3], ["VenueOpened", "SegmentOpened", "SegmentOpened"]);
        assert_eq!(names[3..7], ["PartyRegistered"; 4]);
        assert_eq!(names[7..], ["KeyIssued"; 4]);
        assert_eq!(market.date(opening()), today());
        assert_eq!(market.role(OPERATOR), Ok(Role::Operator));
        assert_eq!(market.role(SUPERVISOR), Ok(Role::Supervisor));
        assert_eq!(market.role(BANK), Ok(Role::SettlementBank));
        assert_eq!(market.party(BANK).unwrap().details.form, PartyForm::Institution);
        assert_eq!(market.keys[&[0; 32]].party, OPERATOR);
        let schedules = [LICENSED, REGIONAL].map(|id| market.segment(id).unwrap().schedule);
        assert_eq!((schedules, market.schedules.len()), ([0, 1], 2));
        assert_eq!(market.schedules[1], fees());
        assert_eq!(market.open_venue().state, TradingState::Open);
    }

    #[test]
    fn a_venue_opens_once_and_nothing_happens_before() {
        let command = Command::OpenVenue(Box::new(open_venue()));
        let again = refuse(&mut opened(), Caller::Venue, command.clone());
        assert_eq!(again, Reject::VenueAlreadyOpen {});
        assert_eq!(refuse(&mut opened(), party(OPERATOR), command.clone()).name(), "NOT_PERMITTED");
        let early = refuse(&mut Market::default(), party(OPERATOR), command);
        assert_eq!(
            early.to_string(),
            "OpenVenue needs the venue itself; the caller is not registered"
        );
        let early = refuse(&mut Market::default(), Caller::Venue, Command::Advance);
        assert_eq!(early, Reject::VenueNotOpen {});
    }

    #[test]
    fn a_venue_opens_with_an_operator_a_supervisor_and_a_bank() {
        for role in [Role::Operator, Role::Supervisor, Role::SettlementBank] {
            let reject = refused(|ask| ask.staff.retain(|staff| staff.role != role));
            assert_eq!(reject, Reject::StaffIncomplete { role });
        }
        assert_eq!(refused(|ask| ask.staff.clear()).to_string(), "the staff has no operator");
        let reject = refused(|ask| ask.staff[3].role = Role::Lp);
        assert_eq!(reject.to_string(), "party-3 is lp; it takes a role of the venue's own side");
    }

    #[test]
    fn what_a_venue_opens_with_is_sound() {
        assert_eq!(refused(|ask| ask.name.clear()).name(), "BAD_TEXT");
        assert_eq!(refused(|ask| ask.utc_offset_minutes = 1_441).name(), "OUT_OF_RANGE");
        assert_eq!(refused(|ask| ask.utc_offset_minutes = i16::MIN).name(), "OUT_OF_RANGE");
        assert_eq!(refused(|ask| ask.calendar.until = date("2020-01-01")).name(), "INCONSISTENT");
        let reject = refused(|ask| ask.calendar.version = 2);
        assert_eq!(reject, Reject::CalendarNotNext { version: 2, current: 0 });
        assert_eq!(refused(|ask| ask.segments[1].code.clear()).name(), "BAD_TEXT");
        assert_eq!(refused(|ask| ask.segments[1].name.clear()).name(), "BAD_TEXT");
        assert_eq!(refused(|ask| ask.segments[1].pack.version = 0).name(), "OUT_OF_RANGE");
        assert_eq!(refused(|ask| ask.segments[1].fees.tiers.clear()).name(), "BAD_LENGTH");
        let reject = refused(|ask| ask.segments.push(segment("MAIN", regional())));
        assert_eq!(reject, Reject::CodeTaken { number: 0 });
        let many = vec![segment("MANY", regional()); FIRST_SEGMENTS_MAX + 1];
        assert_eq!(refused(|ask| ask.segments = many).name(), "BAD_LENGTH");
        let tomorrow = today().next();
        let reject = refused(|ask| ask.segments[0].pack.valid_from = tomorrow);
        assert_eq!(reject, Reject::PackNotYetValid { valid_from: tomorrow });
    }

    #[test]
    fn the_staff_have_codes_names_and_keys_of_their_own() {
        assert_eq!(refused(|ask| ask.staff[1].code = "a b".to_owned()).name(), "BAD_TEXT");
        assert_eq!(refused(|ask| ask.staff[1].name.clear()).name(), "BAD_TEXT");
        let reject = refused(|ask| ask.staff[3].code = ask.staff[1].code.clone());
        assert_eq!(reject, Reject::CodeTaken { number: 1 });
        let reject = refused(|ask| ask.staff[3].key_hash = ask.staff[1].key_hash);
        assert_eq!(reject, Reject::KeyExists {});
        let reject = refused(|ask| ask.staff[2].key_expires = opening());
        assert_eq!(reject.name(), "NOT_IN_THE_FUTURE");
        let many = vec![open_venue().staff[0].clone(); STAFF_MAX + 1];
        assert_eq!(refused(|ask| ask.staff = many).name(), "BAD_LENGTH");
    }
}
