//! Awards: who gets what, at what price, and why not.
//!
//! Pure functions over integers, known to no command yet: the call auction ([`clear`]), one seller
//! and many buyers ([`lot`]), packages over several funds ([`package`]), the split of what does not
//! reach for all ([`ration`]) and the clock of a soft close ([`clock`]). Same book, same award, to
//! the last lot: every tie has a rule, and the rule is written where it is applied.

pub mod allocate;
pub mod clear;
pub mod clock;
pub mod lot;
pub mod package;
pub mod ration;
