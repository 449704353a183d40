//! Recording which parties are under common control (关联方), rule A9.
//!
//! Affiliated parties form one group; orders of one group do not trade with each other.

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::PartyId;
use crate::market::{Context, Market};
use crate::registry::register_party::check_group;
use crate::reject::Field;
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
    market: &Market,
    _context: Context,
    ask: &Affiliate,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let record = market.party(ask.party)?;
    let group = match ask.with {
        Some(with) => {
            let other = market.party(with)?;
            record.check_not_staff(ask.party)?;
            other.check_not_staff(with)?;
            if record.group == other.group {
                return Err(Reject::NoChange { field: Field::Group });
            }
            other.group
        }
        None => {
            record.check_not_staff(ask.party)?;
            check_group(market)?;
            market.groups_count
        }
    };
    // From here on the answer is yes.
    events.push(Event::Affiliated(Affiliated { party: ask.party, group }));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &Affiliated) {
    assert!(fact.group <= market.groups_count, "a group is known, or the next one");
    if fact.group == market.groups_count {
        market.groups_count = market.groups_count.checked_add(1).expect("decide left room");
    }
    market.party_mut(fact.party).group = fact.group;
}
