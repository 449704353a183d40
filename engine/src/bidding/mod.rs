//! Bidding for what is listed (竞价): the modes in which a lot finds its buyers.
//!
//! [`mode`] holds the rule books, pure and known to no command yet; what they award with is
//! [`crate::auction`].

pub mod mode;
