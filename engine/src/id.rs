//! Newtype ids. An id names one thing and does no arithmetic.

use std::fmt;

use minicbor::{Decode, Encode};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $prefix:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode,
        )]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] $inner);

        impl $name {
            /// What a printed id starts with.
            pub const PREFIX: &'static str = $prefix;

            /// The id numbered `number`.
            #[must_use]
            pub const fn new(number: $inner) -> Self {
                Self(number)
            }

            /// The number of this id.
            #[must_use]
            pub const fn number(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let digits = text.strip_prefix($prefix).ok_or(NotAnId)?;
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(NotAnId);
                }
                digits.parse().map(Self).map_err(|_| NotAnId)
            }
        }
    };
}

/// The text is not an id of the kind that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

id!(
    /// One party: an investor, a manager, a bank, the venue's own staff (主体). Dense from 0.
    PartyId, u32, "party-"
);
id!(
    /// One fund whose units trade here (基金). Dense from 0.
    FundId, u32, "fund-"
);
id!(
    /// One market segment: funds that trade under one policy pack (板块). Dense from 0.
    SegmentId, u32, "segment-"
);
id!(
    /// One order (委托): the generation of its slot in the high half, the slot in the low half.
    OrderId, u64, "order-"
);
id!(
    /// One non-binding intention on the board (意向). Dense from 0.
    IntentionId, u64, "intention-"
);
id!(
    /// One bid for a lot (报价). Dense from 0 within the lot, in the order of entry.
    BidId, u32, "bid-"
);
id!(
    /// One offer of a negotiation about a lot (要约). Dense from 0 within the lot.
    OfferId, u32, "offer-"
);
id!(
    /// One trade (成交). Dense from 0 over the whole venue.
    TradeId, u64, "trade-"
);
id!(
    /// One cash transfer with the settlement bank, in or out (出入金). Dense from 0.
    TransferId, u64, "transfer-"
);
id!(
    /// One proposal that waits for a second person (复核). Dense from 0.
    ProposalId, u64, "proposal-"
);
id!(
    /// One lock of units, a pledge or a freeze (质押、冻结). Dense from 0.
    LockId, u64, "lock-"
);
id!(
    /// One listing: a share that is offered, from its draft to its end (挂牌项目). Dense from 0.
    ListingId, u64, "listing-"
);
id!(
    /// One call auction (集合竞价). Dense from 0 over the whole venue.
    CallId, u64, "call-"
);
id!(
    /// One order of a call auction (集合竞价委托). Dense from 0 within the call, in the order of
    /// entry.
    CallOrderId, u64, "call-order-"
);
id!(
    /// Place of an entry in the journal, from 1 (日志序号). 0 is before the first entry.
    Sequence, u64, "sequence-"
);

impl OrderId {
    /// The id of the order that holds `slot` in its `generation`.
    #[must_use]
    #[inline]
    pub fn from_parts(generation: u32, slot: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(slot))
    }

    /// The slot: where the order lies while it is open.
    #[must_use]
    pub const fn slot(self) -> u32 {
        let [_, _, _, _, s0, s1, s2, s3] = self.0.to_be_bytes();
        u32::from_be_bytes([s0, s1, s2, s3])
    }

    /// The generation: how often the slot was used before.
    #[must_use]
    pub const fn generation(self) -> u32 {
        let [g0, g1, g2, g3, _, _, _, _] = self.0.to_be_bytes();
        u32::from_be_bytes([g0, g1, g2, g3])
    }
}

impl Sequence {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);

    /// The sequence after this one.
    ///
    /// # Panics
    ///
    /// After 2^64 - 1 entries.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.checked_add(1).expect("fewer than 2^64 entries"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints_and_nothing_else() {
        let order = OrderId::from_parts(3, 17);
        assert_eq!(order.to_string().parse(), Ok(order));
        assert_eq!((order.generation(), order.slot()), (3, 17));
        for wrong in ["", "order-", "order-+1", "order--1", "party-1", "order-99999999999999999999"]
        {
            assert_eq!(wrong.parse::<OrderId>(), Err(NotAnId), "{wrong}");
        }
    }
}
