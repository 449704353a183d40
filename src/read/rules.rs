//! Which rules judged an entry (适用规则版本): the packs, overlays and the calendar in force before it.
//!
//! They are not stored with each command: they are what the entries before it put in force, and
//! whoever reads the journal finds them again, the same ones.

use std::sync::RwLock;

use minicbor::{Decode, Encode};
use sfund_engine::event::Event;
use sfund_engine::id::Sequence;
use sfund_engine::policy::JudgedBy;

use crate::read::Read;
use crate::read::table::{read, write};

/// The rules in force at a place of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct RulesInForce {
    /// Version of the calendar; 0 before the venue opened.
    #[n(0)]
    pub calendar: u32,
    /// What judges on each segment, by the segment's number.
    #[n(1)]
    pub segments: Vec<JudgedBy>,
}

impl RulesInForce {
    /// Takes in what an event changed; says whether it did.
    ///
    /// # Panics
    ///
    /// If a segment adopts a pack that is not open.
    pub fn follow(&mut self, event: &Event) -> bool {
        if let Event::VenueOpened(fact) = event {
            self.calendar = fact.calendar.version;
        } else if let Event::CalendarSet(fact) = event {
            self.calendar = fact.calendar.version;
        } else if let Event::SegmentOpened(fact) = event {
            let overlay = fact.details.overlay.as_ref().map(|overlay| overlay.edition());
            self.segments.push(JudgedBy { pack: fact.details.pack.edition(), overlay });
        } else if let Event::PackAdopted(fact) = event {
            let place = usize::try_from(fact.segment.number()).ok();
            let segment = place.and_then(|place| self.segments.get_mut(place));
            let segment = segment.expect("a pack is adopted by a segment that is open");
            segment.pack = fact.pack.edition();
            if let Some(overlay) = &fact.overlay {
                segment.overlay = Some(overlay.edition());
            }
        } else {
            return false;
        }
        true
    }
}

/// Each set of rules, and the entry that put it in force, in the order of the journal.
#[derive(Debug, Default)]
pub(super) struct Editions(RwLock<Vec<(Sequence, RulesInForce)>>);

impl Editions {
    /// An event of the entry `sequence`.
    pub(super) fn follow(&self, sequence: Sequence, event: &Event) {
        let mut editions = write(&self.0);
        let (since, mut rules) = editions.last().cloned().unwrap_or_default();
        if rules.follow(event) {
            // Entries count from 1, so no edition is of the sequence 0.
            if since == sequence {
                editions.pop();
            }
            editions.push((sequence, rules));
        }
    }

    pub(super) fn all(&self) -> Vec<(Sequence, RulesInForce)> {
        read(&self.0).clone()
    }

    pub(super) fn restore(&self, editions: Vec<(Sequence, RulesInForce)>) {
        *write(&self.0) = editions;
    }
}

impl Read {
    /// The rules that judged the entry `sequence`.
    #[must_use]
    pub fn rules_of(&self, sequence: Sequence) -> RulesInForce {
        let editions = read(&self.0.editions.0);
        let before = editions.partition_point(|(since, _)| *since < sequence);
        let newest = before.checked_sub(1).and_then(|place| editions.get(place));
        newest.map(|(_, rules)| rules.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use sfund_engine::id::SegmentId;
    use sfund_engine::policy::{Pack, PackVersion};
    use sfund_engine::venue::adopt_pack::PackAdopted;
    use sfund_engine::venue::open_segment::SegmentOpened;

    use super::*;
    use crate::fixture::open_venue;

    fn versions(read: &Read, sequence: u64) -> Vec<(String, u32)> {
        let told = |judges: JudgedBy| {
            let PackVersion { code, version } = judges.pack;
            (code, version)
        };
        read.rules_of(Sequence::new(sequence)).segments.into_iter().map(told).collect()
    }

    #[test]
    fn an_entry_is_judged_by_what_was_in_force_before_it_also_after_a_snapshot() {
        let (read, segment) = (Read::empty(0), SegmentId::new(0));
        let details = open_venue().segments[0].clone();
        let code = details.pack.code.clone();
        let first = details.pack.version;
        let pack = Pack { version: first.saturating_add(1), ..details.pack.clone() };
        let adopted = PackAdopted { segment, pack, overlay: None };
        let opened = |segment| {
            let details = details.clone();
            Event::SegmentOpened(Box::new(SegmentOpened { segment, details }))
        };
        let editions = &read.0.editions;
        editions.follow(Sequence::new(2), &opened(segment));
        editions.follow(Sequence::new(2), &opened(SegmentId::new(1)));
        editions.follow(Sequence::new(5), &Event::PackAdopted(Box::new(adopted)));
        let old = || (code.clone(), first);
        let new = (code.clone(), first.saturating_add(1));
        let restored = Read::of_history(&minicbor::to_vec(read.history()).unwrap()).unwrap();
        for read in [read, restored] {
            for before in [1, 2] {
                assert_eq!(versions(&read, before), [], "an entry does not judge itself");
            }
            for between in [3, 5] {
                assert_eq!(versions(&read, between), [old(), old()]);
            }
            for after in [6, 1_000] {
                assert_eq!(versions(&read, after), [new.clone(), old()]);
            }
        }
    }
}
