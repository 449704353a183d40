//! What everybody is told of a block, encoded once for all who watch.

use std::collections::BTreeSet;

use prost::Message as _;
use prost::bytes::{BufMut, Bytes};
use sfund_engine::event::Event;
use sfund_engine::id::{FundId, ListingId, OrderId, Sequence};
use sfund_engine::time::Time;
use sfund_proto::v1;
use v1::stream_market_response::Event as Told;
use v1::trading_scope::Scope;

use crate::published::{About, Block, Public, PublicMessage, Touched};
use crate::read::Read;
use crate::read::views::Stamp;
use crate::wire::events::public;
use crate::wire::fields::write_time;
use crate::wire::lot_views;

/// The field `more` of `StreamMarketResponse`, number 16, said: a message with these bytes at its
/// end says that more of its entry follow.
const MORE: [u8; 3] = [0x80, 0x01, 0x01];

/// A message of the market's stream in the bytes in which it is sent.
#[derive(Clone, Debug)]
pub struct Encoded {
    bytes: Bytes,
    more: bool,
}

impl Encoded {
    /// A message that belongs to no entry.
    #[must_use]
    pub fn of(sequence: Sequence, event: Told) -> Self {
        let message = v1::StreamMarketResponse {
            sequence: sequence.number(),
            time: None,
            event: Some(event),
            more: false,
        };
        Self { bytes: message.encode_to_vec().into(), more: false }
    }

    /// A message of an entry, of which `more` follow or not.
    pub(crate) fn shared(message: &PublicMessage, more: bool) -> Self {
        Self { bytes: message.bytes.clone(), more }
    }

    /// Puts it where it is sent from.
    pub fn put(&self, into: &mut impl BufMut) {
        into.put_slice(&self.bytes);
        if self.more {
            into.put_slice(&MORE);
        }
    }
}

/// What everybody is told of a block. Funds and segments are told as they are now.
pub(crate) fn told(block: &Block, read: &Read) -> Public {
    let mut messages = Vec::new();
    for (index, (header, _, outcome)) in block.entries().enumerate() {
        let stamp = Stamp { sequence: header.sequence, at: header.at };
        let message = |told: Told| v1::StreamMarketResponse {
            sequence: stamp.sequence.number(),
            time: (stamp.at != Time::ZERO).then(|| write_time(stamp.at)),
            event: Some(told),
            more: false,
        };
        let mut lots = BTreeSet::new();
        for event in outcome.unwrap_or_default() {
            lots.extend(lot_of(event, read));
            let Some(told) = public(event, stamp, read) else { continue };
            let about = fund_of(&told).map_or(About::AllFunds, About::Fund);
            let bytes = message(told).encode_to_vec().into();
            messages.push(PublicMessage { index, about, bytes });
        }
        // Once an entry, as all its events left it.
        for id in lots {
            let Some(view) = read.lot_after(id, stamp.sequence) else { continue };
            let told = message(Told::Lot(lot_views::lot(&view)));
            let (about, bytes) = (About::Lot(id), told.encode_to_vec().into());
            messages.push(PublicMessage { index, about, bytes });
        }
    }
    Public { messages }
}

/// The listing whose lot everybody is told of after this event.
fn lot_of(event: &Event, read: &Read) -> Option<ListingId> {
    if let Event::BiddingOpened(fact) = event {
        Some(fact.listing)
    } else if let Event::LotMoved(fact) = event {
        let lot = read.lot(fact.listing)?;
        lot.mode.is_public(&fact.change).then_some(fact.listing)
    } else if let Event::LotAwarded(fact) = event {
        Some(fact.listing)
    } else if let Event::AwardVoided(fact) = event {
        Some(fact.listing)
    } else if let Event::ListingEnded(fact) = event {
        Some(fact.listing)
    } else {
        None
    }
}

/// The fund that a message is about; none is about all of them.
fn fund_of(told: &Told) -> Option<FundId> {
    let id = match told {
        Told::Trade(trade) => &trade.fund_id,
        Told::Book(book) => &book.fund_id,
        Told::Reference(reference) => &reference.fund_id,
        Told::Fund(fund) => &fund.fund_id,
        Told::TradingState(changed) => match changed.scope.as_ref()?.scope.as_ref()? {
            Scope::FundId(id) => id,
            Scope::SegmentId(_) | Scope::Venue(_) => return None,
        },
        Told::Segment(_)
        | Told::Calendar(_)
        | Told::Lot(_)
        | Told::CaughtUp(_)
        | Told::Heartbeat(_) => return None,
    };
    id.parse().ok()
}

/// The funds whose books the entries of a block changed.
pub(crate) fn books(block: &Block, read: &Read) -> Vec<Touched> {
    let of = |order: OrderId| read.order(order).map(|order| order.terms.fund);
    let fund = |event: &Event| {
        if let Event::OrderRested(fact) = event {
            of(fact.order)
        } else if let Event::OrderClosed(fact) = event {
            of(fact.order)
        } else if let Event::OrderAmended(fact) = event {
            of(fact.order)
        } else if let Event::OrderDecremented(fact) = event {
            of(fact.order)
        } else if let Event::Traded(fact) = event {
            Some(fact.fund)
        } else {
            None
        }
    };
    let mut touched: Vec<Touched> = Vec::new();
    for (index, (_, _, outcome)) in block.entries().enumerate() {
        for fund in outcome.unwrap_or_default().iter().filter_map(fund) {
            let one = Touched { index, fund };
            if touched.last() != Some(&one) {
                touched.push(one);
            }
        }
    }
    touched
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_said_as_the_protocol_says_it() {
        let event =
            Some(Told::Trade(v1::Trade { trade_id: "trade-7".to_owned(), ..v1::Trade::default() }));
        let message = v1::StreamMarketResponse { sequence: 7, time: None, event, more: false };
        let shared = PublicMessage {
            index: 0,
            about: About::AllFunds,
            bytes: message.encode_to_vec().into(),
        };
        for more in [false, true] {
            let mut bytes = Vec::new();
            Encoded::shared(&shared, more).put(&mut bytes);
            let wanted = v1::StreamMarketResponse { more, ..message.clone() };
            assert_eq!(bytes, wanted.encode_to_vec());
            assert_eq!(v1::StreamMarketResponse::decode(&bytes[..]), Ok(wanted));
        }
    }
}
