//! The venue: its opening, rules, calendar, fees, keys, second pair of eyes and clock.

pub mod adopt_pack;
pub mod advance;
pub mod issue_key;
pub mod open_segment;
pub mod open_venue;
pub mod propose;
pub mod revoke_key;
pub mod segment;
pub mod set_calendar;
pub mod set_fees;
pub(crate) mod sound;
