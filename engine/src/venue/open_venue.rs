//! Opening the venue: the first entry of every journal (开市).
//!
//! It names the staff and their first keys, the calendar and the first segments, all at once: there
//! is nobody yet who could approve them one by one.

use minicbor::{Decode, Encode};

use crate::calendar::Calendar;
use crate::event::Event;
use crate::market::{Context, Market};
use crate::registry::party::Role;
use crate::reject::Reject;
use crate::time::Time;
use crate::venue::segment::SegmentDetails;

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
    _market: &Market,
    _context: Context,
    _ask: &OpenVenue,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("OpenVenue")
}

pub(crate) fn apply(_market: &mut Market, _fact: &VenueOpened) {
    unimplemented!("VenueOpened")
}
