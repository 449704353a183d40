//! Recording which parties are under common control (关联方), rule A9.
//!
//! Affiliated parties form one group; orders of one group do not trade with each other.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to put a party into the group of another, or to let it stand alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Affiliate {
    /// Who changes its group.
    #[n(0)]
    pub party: PartyId,
    /// Whose group it joins; `None` leaves every group.
    #[n(1)]
    pub with: Option<PartyId>,
}

/// A party is in another group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Affiliated {
    /// Who changed its group.
    #[n(0)]
    pub party: PartyId,
    /// The group; a new number where it stands alone.
    #[n(1)]
    pub group: u32,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &Affiliate,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("Affiliate")
}

pub(crate) fn apply(_market: &mut Market, _fact: &Affiliated) {
    unimplemented!("Affiliated")
}
