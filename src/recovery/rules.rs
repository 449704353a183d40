//! Which rules judged an entry (适用规则版本): the packs, overlays and the calendar in force before it.
//!
//! They are not stored with each command: they are what the entries before it put in force, and
//! whoever reads the journal finds them again, the same ones.

use serde_json::Value;
use sfund_engine::event::Event;
use sfund_engine::id::SegmentId;
use sfund_engine::policy::PackVersion;

use crate::recovery::json::{Json, object};

/// The rules in force at a place of the journal.
#[derive(Debug, Default)]
pub(super) struct RulesInForce {
    calendar: u32,
    segments: Vec<InForce>,
}

/// The rules of one segment.
#[derive(Debug)]
struct InForce {
    pack: PackVersion,
    overlay: Option<PackVersion>,
}

impl RulesInForce {
    /// Takes in what an entry changed.
    pub(super) fn follow(&mut self, events: &[Event]) {
        for event in events {
            if let Event::VenueOpened(fact) = event {
                self.calendar = fact.calendar.version;
            } else if let Event::CalendarSet(fact) = event {
                self.calendar = fact.calendar.version;
            } else if let Event::SegmentOpened(fact) = event {
                let overlay = fact.details.overlay.as_ref();
                self.segments.push(InForce {
                    pack: fact.details.pack.edition(),
                    overlay: overlay.map(|overlay| overlay.edition()),
                });
            } else if let Event::PackAdopted(fact) = event {
                let place = usize::try_from(fact.segment.number()).ok();
                let segment = place.and_then(|place| self.segments.get_mut(place));
                let segment = segment.expect("a pack is adopted by a segment that is open");
                segment.pack = fact.pack.edition();
                if let Some(overlay) = &fact.overlay {
                    segment.overlay = Some(overlay.edition());
                }
            }
        }
    }
}

impl Json for RulesInForce {
    fn json(&self) -> Value {
        let segments = (0..).zip(&self.segments).map(|(number, segment)| {
            object([
                ("segment", SegmentId::new(number).json()),
                ("pack", segment.pack.json()),
                ("overlay", segment.overlay.json()),
            ])
        });
        object([("calendar", self.calendar.json()), ("segments", Value::Array(segments.collect()))])
    }
}
