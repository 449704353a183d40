//! The intention board (意向板): who would buy or sell, bound to nothing.
//!
//! Where the law forbids continuous trading (A1), the two-sided book is this board. It holds no
//! units and no cash, it matches nothing, and it suggests counterparties who then negotiate.

use minicbor::{Decode, Encode};

use crate::amount::{Price, Units};
use crate::event::Event;
use crate::id::{FundId, IntentionId, PartyId};
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::Time;
use crate::trading::side::Side;

/// Ask to put an intention on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PostIntention {
    /// Whose.
    #[n(0)]
    pub party: PartyId,
    /// Fund.
    #[n(1)]
    pub fund: FundId,
    /// Which way.
    #[n(2)]
    pub side: Side,
    /// Price it has in mind, a whole number of ticks.
    #[n(3)]
    pub price: Price,
    /// Units it has in mind, a whole number of lots.
    #[n(4)]
    pub units: Units,
    /// Moment at which it leaves the board.
    #[n(5)]
    pub expires: Time,
}

/// Ask to take an intention off the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WithdrawIntention {
    /// The intention.
    #[n(0)]
    pub intention: IntentionId,
}

/// An intention is on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IntentionPosted {
    /// Its id, the next one.
    #[n(0)]
    pub intention: IntentionId,
    /// As asked.
    #[n(1)]
    pub terms: PostIntention,
}

/// Two intentions would suit each other; both parties are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CounterpartySuggested {
    /// The newer intention.
    #[n(0)]
    pub intention: IntentionId,
    /// The one that stood.
    #[n(1)]
    pub counterparty: IntentionId,
}

/// An intention is off the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IntentionClosed {
    /// The intention.
    #[n(0)]
    pub intention: IntentionId,
    /// Why.
    #[n(1)]
    pub end: IntentionEnd,
}

/// Why an intention left the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum IntentionEnd {
    /// Its owner, or the venue for it, withdrew it.
    #[n(0)]
    Withdrawn,
    /// Its time was over.
    #[n(1)]
    Expired,
}

pub(crate) fn decide_post(
    _market: &Market,
    _context: Context,
    _ask: &PostIntention,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("PostIntention")
}

pub(crate) fn decide_withdraw(
    _market: &Market,
    _context: Context,
    _ask: &WithdrawIntention,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("WithdrawIntention")
}

pub(crate) fn apply_posted(_market: &mut Market, _fact: &IntentionPosted) {
    unimplemented!("IntentionPosted")
}

pub(crate) fn apply_closed(_market: &mut Market, _fact: &IntentionClosed) {
    unimplemented!("IntentionClosed")
}
