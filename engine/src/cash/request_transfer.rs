//! Asking for cash to come in or go out (出入金申请).
//!
//! Nobody moves money alone: who asks is one party, the settlement bank that confirms is another.
//! Cash that is to go out is held from the moment of asking.

use minicbor::{Decode, Encode};

use crate::amount::Money;
use crate::event::Event;
use crate::id::{PartyId, TransferId};
use crate::market::{Context, Market};
use crate::registry::fund::Currency;
use crate::reject::Reject;

/// Which way cash goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Direction {
    /// From the party's bank account to the venue's client account (入金).
    #[n(0)]
    Deposit,
    /// Back (出金).
    #[n(1)]
    Withdrawal,
}

/// Ask for a deposit or a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RequestTransfer {
    /// Whose cash.
    #[n(0)]
    pub party: PartyId,
    /// Which way.
    #[n(1)]
    pub direction: Direction,
    /// Currency.
    #[n(2)]
    pub currency: Currency,
    /// How much, above zero.
    #[n(3)]
    pub amount: Money,
    /// What the bank finds it by, 1 to 512 bytes.
    #[n(4)]
    pub reference: String,
}

/// A transfer waits for the settlement bank.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TransferRequested {
    /// Its id, the next one.
    #[n(0)]
    pub transfer: TransferId,
    /// What was asked.
    #[n(1)]
    pub terms: RequestTransfer,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &RequestTransfer,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("RequestTransfer")
}

pub(crate) fn apply(_market: &mut Market, _fact: &TransferRequested) {
    unimplemented!("TransferRequested")
}
