//! Cancelling all of a party's open orders at once, by a sweep (全部撤单).

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::{FundId, PartyId};
use crate::market::{Context, Market};
use crate::reject::Reject;

/// Ask to cancel a party's open orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CancelAll {
    /// Whose orders.
    #[n(0)]
    pub party: PartyId,
    /// Only in this fund.
    #[n(1)]
    pub fund: Option<FundId>,
    /// Only those placed for this session: sent by the service when a connection is lost.
    #[n(2)]
    pub session: Option<u64>,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &CancelAll,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("CancelAll")
}
