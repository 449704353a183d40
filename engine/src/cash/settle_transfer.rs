//! The settlement bank's word on a transfer: confirmed or refused (银行确认).

use minicbor::{Decode, Encode};

use crate::event::Event;
use crate::id::TransferId;
use crate::market::{Context, Market};
use crate::reject::Reject;

/// What became of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum TransferOutcome {
    /// The money moved.
    #[n(0)]
    Confirmed,
    /// It did not.
    #[n(1)]
    Refused,
}

/// The bank says what became of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SettleTransfer {
    /// The transfer.
    #[n(0)]
    pub transfer: TransferId,
    /// What became of it.
    #[n(1)]
    pub outcome: TransferOutcome,
    /// The bank's own reference, 1 to 512 bytes.
    #[n(2)]
    pub bank_reference: String,
}

/// A transfer is settled: it moved cash or gave back what it held.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TransferSettled {
    /// The transfer.
    #[n(0)]
    pub transfer: TransferId,
    /// What became of it.
    #[n(1)]
    pub outcome: TransferOutcome,
    /// The bank's own reference.
    #[n(2)]
    pub bank_reference: String,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &SettleTransfer,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("SettleTransfer")
}

pub(crate) fn apply(_market: &mut Market, _fact: &TransferSettled) {
    unimplemented!("TransferSettled")
}
