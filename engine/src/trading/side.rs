//! The side of an order.

use minicbor::{Decode, Encode};

/// Which way an order goes (买卖方向).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Side {
    /// Cash for units.
    #[n(0)]
    Buy,
    /// Units for cash.
    #[n(1)]
    Sell,
}

impl Side {
    /// Both sides, buys first.
    pub const BOTH: [Self; 2] = [Self::Buy, Self::Sell];

    /// The side this one trades with.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        })
    }
}
