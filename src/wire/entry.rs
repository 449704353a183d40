//! Journal entries as the audit trail shows them.

use sfund_engine::command::CommandKind;
use sfund_engine::entry::{Caller, Outcome};
use sfund_engine::id::SegmentId;
use sfund_engine::policy::JudgedBy;
use sfund_proto::v1;

use crate::published::Item;
use crate::read::rules::RulesInForce;
use crate::wire::fields::{text_if_any, write_time};
use crate::wire::listing_views::judged_by;
use crate::wire::status::Denial;

/// An entry that `rules` judged.
///
/// # Panics
///
/// Never: writing an entry to memory does not fail.
#[must_use]
pub fn entry(item: &Item, rules: &RulesInForce) -> v1::Entry {
    let header = item.header();
    let entry = item.to_entry();
    let caller = match header.caller {
        Caller::Venue => String::new(),
        Caller::Party(party) => party.to_string(),
    };
    let (events, refusal) = match &entry.outcome {
        Outcome::Accepted(events) => {
            let told = |event: &sfund_engine::event::Event| v1::EntryEvent {
                name: event.name().to_owned(),
                detail: format!("{event:?}"),
            };
            (events.iter().map(told).collect(), None)
        }
        Outcome::Refused(reject) => (Vec::new(), Some(Denial::from(reject).into())),
    };
    v1::Entry {
        sequence: header.sequence.number(),
        time: Some(write_time(header.at)),
        caller_id: caller,
        request_id: text_if_any(
            header.attempt.map(|attempt| uuid::Uuid::from_bytes(attempt.id).hyphenated()),
        ),
        command: entry.command.kind().name().to_owned(),
        command_detail: format!("{:?}", entry.command),
        events,
        refusal,
        body: minicbor::to_vec(&entry).expect("writing to memory does not fail"),
        rules: Some(v1::RulesInForce {
            calendar_version: rules.calendar,
            segments: (0..).zip(&rules.segments).map(segment_rules).collect(),
        }),
    }
}

fn segment_rules((number, judges): (u32, &JudgedBy)) -> v1::SegmentRules {
    let segment_id = SegmentId::new(number).to_string();
    v1::SegmentRules { segment_id, judged_by: Some(judged_by(judges)) }
}

/// The kind of command of this name.
#[must_use]
pub fn command_kind(name: &str) -> Option<CommandKind> {
    CommandKind::ALL.iter().copied().find(|kind| kind.name() == name)
}
