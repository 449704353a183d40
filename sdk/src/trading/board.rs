//! The board of intentions (意向), bound to nothing.

use sfund_engine::amount::{Price, Units};
use sfund_engine::id::{FundId, IntentionId, PartyId, Sequence};
use sfund_engine::time::Time;
use sfund_engine::trading::side::Side;
use sfund_proto::v1;

use crate::error::Unreadable;
use crate::wire::{self, Twin, read, some};

/// An intention to put on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewIntention {
    /// Whose; `None` is the caller's own.
    pub party: Option<PartyId>,
    /// Fund.
    pub fund: FundId,
    /// Which way.
    pub side: Side,
    /// Price it has in mind, a whole number of ticks.
    pub price: Price,
    /// Units it has in mind, a whole number of lots.
    pub units: Units,
    /// When it leaves the board.
    pub expires: Time,
}

/// An intention is on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its id.
    pub intention: IntentionId,
    /// Intentions on the board that would suit it.
    pub suggested: Vec<IntentionId>,
}

/// An intention on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intention {
    /// Id.
    pub id: IntentionId,
    /// Whose; `None` where the reader may not know.
    pub party: Option<PartyId>,
    /// Fund.
    pub fund: FundId,
    /// Which way.
    pub side: Side,
    /// Price it has in mind.
    pub price: Price,
    /// Units it has in mind.
    pub units: Units,
    /// When it leaves the board.
    pub expires: Time,
}

/// Which intentions to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntentionFilter {
    /// Whose; `None` with a fund is everybody, without names; without one, the caller.
    pub party: Option<PartyId>,
    /// Only in this fund.
    pub fund: Option<FundId>,
}

/// Two intentions would suit each other; both parties are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The reader's own intention.
    pub intention: IntentionId,
    /// The other one, and whose it is.
    pub counterparty: Intention,
    /// Entry in which it was suggested.
    pub sequence: Sequence,
    /// When.
    pub time: Option<Time>,
}

impl NewIntention {
    pub(crate) fn to_wire(self) -> v1::PostIntentionRequest {
        v1::PostIntentionRequest {
            party_id: wire::text(self.party),
            fund_id: self.fund.to_string(),
            side: self.side.to_wire(),
            price: self.price.to_string(),
            units: self.units.to_string(),
            expires: Some(wire::timestamp(self.expires)),
            ..Default::default()
        }
    }
}

pub(crate) fn posted_of(wire: &v1::PostIntentionResponse) -> Result<Posted, Unreadable> {
    let suggested = wire.suggested_intention_ids.iter().map(|id| read(id, "suggested"));
    Ok(Posted {
        intention: read(&wire.intention_id, "intention_id")?,
        suggested: suggested.collect::<Result<_, _>>()?,
    })
}

pub(crate) fn intention_of(wire: &v1::Intention) -> Result<Intention, Unreadable> {
    Ok(Intention {
        id: read(&wire.intention_id, "intention_id")?,
        party: wire::maybe(&wire.party_id, "party_id")?,
        fund: read(&wire.fund_id, "fund_id")?,
        side: Side::from_wire(wire.side)?,
        price: read(&wire.price, "price")?,
        units: read(&wire.units, "units")?,
        expires: wire::time(some(wire.expires, "expires")?)?,
    })
}

pub(crate) fn suggestion_of(wire: v1::Suggestion) -> Result<Suggestion, Unreadable> {
    Ok(Suggestion {
        intention: read(&wire.intention_id, "intention_id")?,
        counterparty: intention_of(&some(wire.counterparty, "counterparty")?)?,
        sequence: Sequence::new(wire.sequence),
        time: wire::maybe_time(wire.time)?,
    })
}
