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
use crate::policy::{DAY_MINUTES, SEGMENTS_MAX, STAFF_MAX};
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
    check_terms(ask)?;
    check_segments(ask, context.at)?;
    check_staff(ask, context.at)?;
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

fn check_terms(ask: &OpenVenue) -> Result<(), Reject> {
    check::text(Field::Name, &ask.name)?;
    let offset =
        u16::try_from(i32::from(ask.utc_offset_minutes).saturating_add(DAY_MINUTES.into()))
            .unwrap_or(u16::MAX);
    check::range(Field::UtcOffset, offset.into(), 0, u64::from(DAY_MINUTES).saturating_mul(2))?;
    sound::calendar(&ask.calendar)?;
    if ask.calendar.version != 1 {
        return Err(Reject::CalendarNotNext { version: ask.calendar.version, current: 0 });
    }
    Ok(())
}

fn check_segments(ask: &OpenVenue, at: Time) -> Result<(), Reject> {
    check::length(Field::Segments, ask.segments.len(), 0, SEGMENTS_MAX)?;
    ask.segments.iter().try_for_each(sound::segment)?;
    all_differ(ask.segments.iter().map(|segment| segment.code.as_str()))
        .map_err(|number| Reject::CodeTaken { number })?;
    let today = at.date(ask.utc_offset_minutes);
    ask.segments.iter().try_for_each(|segment| sound::pack_in_force(&segment.pack, today))
}

fn check_staff(ask: &OpenVenue, at: Time) -> Result<(), Reject> {
    check::length(Field::Staff, ask.staff.len(), 0, STAFF_MAX)?;
    for staff in &ask.staff {
        check::code(Field::Code, &staff.code)?;
        check::text(Field::Name, &staff.name)?;
    }
    all_differ(ask.staff.iter().map(|staff| staff.code.as_str()))
        .map_err(|number| Reject::CodeTaken { number })?;
    all_differ(ask.staff.iter().map(|staff| staff.key_hash)).map_err(|_| Reject::KeyExists {})?;
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
