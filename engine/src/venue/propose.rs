//! The second pair of eyes (复核): a command that changes rules waits for another person.
//!
//! An operator sends such a command as any other; it becomes a proposal, and a supervisor who is
//! somebody else approves or declines it. It is decided anew at the moment of approval.

use minicbor::{Decode, Encode};

use crate::command::Command;
use crate::entry::Caller;
use crate::event::Event;
use crate::id::{PartyId, ProposalId};
use crate::market::{Context, Market};
use crate::reject::Reject;
use crate::time::Time;

/// A proposal that waits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
    /// What is to be done.
    #[n(0)]
    pub command: Command,
    /// Who asked.
    #[n(1)]
    pub by: PartyId,
    /// When it lapses.
    #[n(2)]
    pub expires: Time,
}

/// How a proposal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ProposalEnd {
    /// Approved, and carried out in the same entry.
    #[n(0)]
    Approved,
    /// Declined.
    #[n(1)]
    Declined,
    /// Nobody answered in time.
    #[n(2)]
    Lapsed,
}

/// The second person says yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Review {
    /// The proposal.
    #[n(0)]
    pub proposal: ProposalId,
    /// Yes or no.
    #[n(1)]
    pub verdict: Verdict,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Verdict {
    /// Carry it out.
    #[n(0)]
    Approve,
    /// Do not.
    #[n(1)]
    Decline,
}

/// A command waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proposed {
    /// Its id, the next one.
    #[n(0)]
    pub proposal: ProposalId,
    /// What is to be done.
    #[n(1)]
    pub command: Command,
    /// Who asked.
    #[n(2)]
    pub by: PartyId,
    /// When it lapses.
    #[n(3)]
    pub expires: Time,
}

/// A proposal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ProposalClosed {
    /// The proposal.
    #[n(0)]
    pub proposal: ProposalId,
    /// How it ended.
    #[n(1)]
    pub end: ProposalEnd,
    /// Who ended it; `None` where time did.
    #[n(2)]
    pub by: Option<PartyId>,
}

pub(crate) fn decide(
    _market: &Market,
    _context: Context,
    _ask: &Review,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("Review")
}

pub(crate) fn apply_proposed(_market: &mut Market, _fact: &Proposed) {
    unimplemented!("Proposed")
}

pub(crate) fn apply_closed(_market: &mut Market, _fact: &ProposalClosed) {
    unimplemented!("ProposalClosed")
}

pub(crate) fn decide_proposal(
    _market: &Market,
    _context: Context,
    _command: &Command,
    _events: &mut Vec<Event>,
) -> Result<(), Reject> {
    unimplemented!("proposal")
}

/// Whether `command` of `caller` waits for a second person.
pub(crate) fn needs_approval(_market: &Market, _caller: Caller, _command: &Command) -> bool {
    unimplemented!("needs_approval")
}
