//! Encodes an entry from its parts, without owning or copying them.

use minicbor::Encoder;
use sfund_engine::command::Command;
use sfund_engine::entry::Header;
use sfund_engine::event::Event;
use sfund_engine::reject::Reject;

/// Fields of an entry.
const ENTRY_FIELDS: u64 = 5;

/// Replaces `body` by the bytes that encoding the same entry as a whole would give.
///
/// # Panics
///
/// Never: writing to memory does not fail.
pub fn encode_entry(
    body: &mut Vec<u8>,
    header: &Header,
    command: &Command,
    outcome: Result<&[Event], &Reject>,
) {
    body.clear();
    let mut encoder = Encoder::new(body);
    let mut write = || -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        encoder.array(ENTRY_FIELDS)?;
        encoder.encode(header.at)?.encode(header.caller)?.encode(header.attempt)?;
        encoder.encode(command)?;
        // `Outcome` is an enum: its number, and its one field.
        match outcome {
            Ok(events) => encoder.array(2)?.u32(0)?.array(1)?.encode(events)?,
            Err(reject) => encoder.array(2)?.u32(1)?.array(1)?.encode(reject)?,
        };
        Ok(())
    };
    write().expect("writing to memory does not fail");
}

#[cfg(test)]
mod tests {
    use sfund_engine::command::Command;
    use sfund_engine::entry::{Attempt, Caller, Entry, Header, Outcome};
    use sfund_engine::event::Event;
    use sfund_engine::id::{OrderId, PartyId, Sequence};
    use sfund_engine::reject::Reject;
    use sfund_engine::time::Time;
    use sfund_engine::trading::cancel_order::{CancelOrder, OrderClosed};
    use sfund_engine::trading::order::Closing;

    use super::encode_entry;

    fn entries() -> Vec<Entry> {
        let order = OrderId::from_parts(1, 2);
        let closed = Event::OrderClosed(OrderClosed {
            order,
            reason: Closing::Expired,
            left: Default::default(),
        });
        let attempt = Attempt { id: [7; 16], fingerprint: u64::MAX };
        let mut entries = Vec::new();
        for caller in [Caller::Venue, Caller::Party(PartyId::new(300))] {
            for attempt in [None, Some(attempt)] {
                for outcome in [
                    Outcome::Accepted(vec![]),
                    Outcome::Accepted(vec![closed.clone(); 30]),
                    Outcome::Refused(Reject::VenueNotOpen {}),
                    Outcome::Refused(Reject::PartyNotFound { party: PartyId::new(9) }),
                ] {
                    for command in [Command::Advance, Command::CancelOrder(CancelOrder { order })] {
                        let at = Time::from_nanos(1_000_000_007);
                        let outcome = outcome.clone();
                        entries.push(Entry { at, caller, attempt, command, outcome });
                    }
                }
            }
        }
        entries
    }

    #[test]
    fn an_entry_encoded_from_its_parts_is_the_entry_encoded_whole() {
        let mut body = vec![1, 2, 3];
        for entry in entries() {
            let Entry { at, caller, attempt, .. } = entry;
            let header = Header { sequence: Sequence::new(1), at, caller, attempt };
            let outcome = match &entry.outcome {
                Outcome::Accepted(events) => Ok(events.as_slice()),
                Outcome::Refused(reject) => Err(reject),
            };
            encode_entry(&mut body, &header, &entry.command, outcome);
            assert_eq!(body, minicbor::to_vec(&entry).unwrap(), "{entry:?}");
        }
    }
}
