//! What the book knows of an order, in ticks and lots of its fund.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::amount::sums;
use crate::trading::side::Side;

/// A price in ticks of the fund (最小变动价位). Every `u32` is a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Tick(#[n(0)] u32);

/// A quantity in lots of the fund (交易单位).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Lots(#[n(0)] u32);

/// The book of one fund. Dense from 0, in the order in which books were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct BookId(#[n(0)] u32);

/// What the book knows of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Where it rests.
    pub book: BookId,
    /// Which way it goes.
    pub side: Side,
    /// The worst price it takes.
    pub tick: Tick,
    /// All that remains of it, shown and hidden. Not zero.
    pub lots: Lots,
    /// An iceberg shows at most this many at a time. Zero: it shows everything. Each tranche is a
    /// trade of its own, so the market bounds how small a part of its lots a peak may be.
    pub peak: Lots,
    /// A conditional order trades only with one incoming order that takes at least this many, or
    /// all that remains if that is less. Zero: it is unconditional. A conditional order is never
    /// shown, so it has no peak.
    pub minimum: Lots,
}

impl Tick {
    /// The lowest price.
    pub const MIN: Self = Self(u32::MIN);
    /// The highest price.
    pub const MAX: Self = Self(u32::MAX);

    /// A price of `number` ticks.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The price in ticks.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The ladder key of this price on `side`: the better the price, the lower the key.
    pub(super) const fn key(self, side: Side) -> u32 {
        match side {
            Side::Buy => !self.0,
            Side::Sell => self.0,
        }
    }

    /// The price whose key on `side` is `key`.
    pub(super) const fn from_key(key: u32, side: Side) -> Self {
        Self(Self(key).key(side))
    }
}

impl Lots {
    /// No lots.
    pub const ZERO: Self = Self(0);

    /// A quantity of `number` lots.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The quantity in lots.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

sums!(Lots, "the lots of an order fit", "lots taken are there");

impl BookId {
    /// The book numbered `number`.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number of this book.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ticks", self.0)
    }
}

impl fmt::Display for Lots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lots", self.0)
    }
}

impl fmt::Display for BookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "book-{}", self.0)
    }
}
