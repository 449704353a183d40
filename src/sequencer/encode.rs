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
    use sfund_engine::amount::{Money, Price, Units};
    use sfund_engine::command::Command;
    use sfund_engine::entry::{Attempt, Caller, Entry, Header, Outcome};
    use sfund_engine::event::Event;
    use sfund_engine::id::{FundId, OrderId, PartyId, Sequence, TradeId};
    use sfund_engine::market::{Context, Market};
    use sfund_engine::policy::{
        CALENDAR_DAYS_MAX, CODE_BYTES_MAX, FILLS_MAX, FIRST_SEGMENTS_MAX, STAFF_MAX,
        TEXT_BYTES_MAX, TIERS_MAX,
    };
    use sfund_engine::reject::Reject;
    use sfund_engine::time::{Date, Time};
    use sfund_engine::trading::cancel_order::{CancelOrder, OrderClosed};
    use sfund_engine::trading::order::{Closing, OrderPrice, PostOnly, SelfTrade, TimeInForce};
    use sfund_engine::trading::place_order::{OrderPlaced, PlaceOrder, Traded};
    use sfund_engine::trading::side::Side;
    use sfund_engine::venue::open_venue::{OpenVenue, Staff};
    use sfund_engine::venue::segment::SegmentDetails;

    use super::encode_entry;
    use crate::journal::block::ENTRY_BYTES_MAX;

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

    /// The widest venue that may open.
    fn widest_venue() -> OpenVenue {
        let (code, text) = ("x".repeat(CODE_BYTES_MAX), "x".repeat(TEXT_BYTES_MAX));
        let numbered = |number: usize| format!("{number:x>CODE_BYTES_MAX$}");
        let mut ask = crate::fixture::open_venue();
        let (first, last) = (Date::from_days(70_000), Date::from_days(80_000));
        let days = |is_weekend: bool| {
            let all = (first.days()..last.days()).map(Date::from_days);
            all.filter(move |day| day.is_weekend() == is_weekend).take(CALENDAR_DAYS_MAX)
        };
        ask.name = text.clone();
        ask.calendar.until = last;
        ask.calendar.holidays = days(false).collect();
        ask.calendar.makeup_days = days(true).collect();
        let mut segment = ask.segments[0].clone();
        segment.name = text.clone();
        segment.pack.code = code.clone();
        segment.pack.jurisdiction = code.clone();
        segment.pack.province = Some(code);
        segment.fees.tiers = vec![segment.fees.tiers[0]; TIERS_MAX];
        let widest = |number| SegmentDetails { code: numbered(number), ..segment.clone() };
        ask.segments = (0..FIRST_SEGMENTS_MAX).map(widest).collect();
        let own = ask.staff.clone();
        ask.staff = (0..STAFF_MAX)
            .map(|number| Staff {
                code: numbered(number),
                name: text.clone(),
                role: own[number % own.len()].role,
                key_hash: [u8::try_from(number).unwrap(); 32],
                key_expires: own[0].key_expires,
            })
            .collect();
        ask
    }

    #[test]
    fn the_widest_venue_opens_in_one_entry() {
        let command = Command::OpenVenue(Box::new(widest_venue()));
        let market = Market::default();
        let context = Context { at: crate::fixture::opening(), caller: Caller::Venue };
        let mut events = Vec::new();
        market.decide(context, &command, &mut events).unwrap();
        let sequence = Sequence::new(1);
        let header = Header { sequence, at: context.at, caller: context.caller, attempt: None };
        let mut body = Vec::new();
        encode_entry(&mut body, &header, &command, Ok(&events));
        assert!(body.len() <= ENTRY_BYTES_MAX, "{} bytes", body.len());
    }

    #[test]
    fn the_most_trades_of_the_widest_kind_fit_one_entry() {
        let (order, wide) = (OrderId::from_parts(u32::MAX, u32::MAX), u64::MAX);
        let (party, cash) = (PartyId::new(u32::MAX), Money::from_fen(i64::MAX));
        let (units, price) = (Units::from_e2(wide), Price::from_e4(wide));
        let fund = FundId::new(u32::MAX);
        let (maker, taker, buyer, seller) = (order, order, party, party);
        let traded = Event::Traded(Traded {
            trade: TradeId::new(wide),
            fund,
            maker,
            taker,
            taker_side: Side::Sell,
            price,
            units,
            cash,
            buyer,
            seller,
            buyer_fee: cash,
            seller_fee: cash,
            buyer_before: units,
            seller_before: units,
        });
        let (reason, left) = (Closing::Disconnected, units);
        let closed = Event::OrderClosed(OrderClosed { order, reason, left });
        let expires = Time::from_nanos(wide);
        let terms = PlaceOrder {
            party,
            fund,
            side: Side::Sell,
            price: OrderPrice::Market(price),
            units,
            peak: units,
            minimum: units,
            time_in_force: TimeInForce::GoodTill(expires),
            post_only: PostOnly::No,
            self_trade: SelfTrade::Decrement,
            session: wide,
        };
        let (hold, schedule, expires) = (cash, u32::MAX, Some(expires));
        let placed = Event::OrderPlaced(OrderPlaced { order, terms, hold, schedule, expires });
        let fills = usize::try_from(FILLS_MAX).unwrap();
        let mut events = vec![placed];
        for _ in 0..fills {
            events.extend([traded.clone(), closed.clone()]);
        }
        events.push(closed);
        let attempt = Some(Attempt { id: [255; 16], fingerprint: wide });
        let (sequence, at) = (Sequence::new(wide), Time::from_nanos(wide));
        let header = Header { sequence, at, caller: Caller::Party(party), attempt };
        let mut body = Vec::new();
        encode_entry(&mut body, &header, &Command::PlaceOrder(terms), Ok(&events));
        assert!(body.len() <= ENTRY_BYTES_MAX, "{} bytes", body.len());
    }
}
