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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::fixture::{
        ALICE, BANK, BOB, CAROL, OPERATOR, SUPERVISOR, accept, party, refuse, with_parties,
    };

    fn ask(party: PartyId, with: Option<PartyId>) -> Command {
        Command::Affiliate(Affiliate { party, with })
    }

    fn group(market: &Market, of: PartyId) -> u32 {
        market.party(of).unwrap().group
    }

    #[test]
    fn a9_affiliated_parties_share_a_group_until_one_leaves() {
        let mut market = with_parties();
        accept(&mut market, party(OPERATOR), ask(CAROL, Some(ALICE)));
        accept(&mut market, party(OPERATOR), ask(BOB, Some(CAROL)));
        let [alice, bob, carol] = [ALICE, BOB, CAROL].map(|of| group(&market, of));
        assert_eq!((alice, bob), (carol, carol));
        let next = market.groups_count;
        accept(&mut market, party(OPERATOR), ask(CAROL, None));
        assert_eq!((group(&market, CAROL), group(&market, BOB)), (next, alice));
        assert_eq!(market.groups_count, next + 1);
    }

    #[test]
    fn a9_who_is_affiliated_already_or_is_staff_or_unknown_is_refused() {
        let mut market = with_parties();
        accept(&mut market, party(OPERATOR), ask(CAROL, Some(ALICE)));
        let mut refused =
            |of, with| refuse(&mut market, party(OPERATOR), ask(of, with)).to_string();
        for (of, with) in [(CAROL, ALICE), (ALICE, CAROL), (BOB, BOB)] {
            assert_eq!(refused(of, Some(with)), "group is so already");
        }
        for (of, with) in [(BANK, Some(ALICE)), (ALICE, Some(BANK)), (SUPERVISOR, None)] {
            assert!(
                refused(of, with).ends_with("it takes a role that is not of the venue's own side")
            );
        }
        let nobody = PartyId::new(99);
        assert_eq!(refused(nobody, None), "there is no party-99");
        assert_eq!(refused(ALICE, Some(nobody)), "there is no party-99");
    }

    #[test]
    fn groups_are_limited() {
        let mut market = with_parties();
        market.groups_count = u32::MAX;
        let reject = refuse(&mut market, party(OPERATOR), ask(ALICE, None));
        assert_eq!(reject, Reject::RegistryFull { field: Field::Group, limit: u32::MAX.into() });
    }
}
