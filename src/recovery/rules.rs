//! The rules in force at a place of the journal, as JSON.

use serde_json::Value;
use sfund_engine::id::SegmentId;

use crate::read::rules::RulesInForce;
use crate::recovery::json::{Json, object};

impl Json for RulesInForce {
    fn json(&self) -> Value {
        let segments = (0..).zip(&self.segments).map(|(number, judges)| {
            object([
                ("segment", SegmentId::new(number).json()),
                ("pack", judges.pack.json()),
                ("overlay", judges.overlay.json()),
            ])
        });
        object([("calendar", self.calendar.json()), ("segments", Value::Array(segments.collect()))])
    }
}
