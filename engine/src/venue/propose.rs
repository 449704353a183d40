//! The second pair of eyes (复核): a command that changes rules waits for another person.
//!
//! An operator sends such a command as any other; it becomes a proposal, and a supervisor who is
//! somebody else approves or declines it. It is decided anew at the moment of approval.

use minicbor::{Decode, Encode};

use crate::check;
use crate::command::Command;
use crate::command::CommandKind;
use crate::deadline::Due;
use crate::entry::Caller;
use crate::event::Event;
use crate::id::{PartyId, ProposalId};
use crate::market::{Context, Market};
use crate::policy::{PROPOSAL_SECONDS, PROPOSALS_MAX};
use crate::registry::party::Role;
use crate::reject::Field;
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
    market: &Market,
    context: Context,
    ask: &Review,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    // The venue's machinery is nobody's second pair of eyes.
    let Caller::Party(by) = context.caller else {
        return Err(market.not_permitted(context.caller, CommandKind::Review));
    };
    let id = ask.proposal;
    let proposal = market.proposals.get(&id).ok_or(Reject::ProposalNotOpen { proposal: id })?;
    if proposal.by == by {
        return Err(Reject::SamePerson { proposal: id, party: by });
    }
    let end = match ask.verdict {
        Verdict::Decline => ProposalEnd::Declined,
        Verdict::Approve => {
            let proposer = Context { at: context.at, caller: Caller::Party(proposal.by) };
            market.decide_now(proposer, &proposal.command, events)?;
            ProposalEnd::Approved
        }
    };
    // From here on the answer is yes.
    events.push(Event::ProposalClosed(ProposalClosed { proposal: id, end, by: Some(by) }));
    Ok(())
}

pub(crate) fn apply_proposed(market: &mut Market, fact: &Proposed) {
    assert!(fact.proposal.number() == market.proposals_count, "proposal ids are dense");
    market.proposals_count = market.proposals_count.checked_add(1).expect("fewer than 2^64");
    let (by, expires) = (fact.by, fact.expires);
    let proposal = Proposal { command: fact.command.clone(), by, expires };
    market.proposals.insert(fact.proposal, proposal);
    market.deadlines.set(expires, Due::Proposal(fact.proposal));
}

pub(crate) fn apply_closed(market: &mut Market, fact: &ProposalClosed) {
    let proposal = market.proposals.remove(&fact.proposal).expect("a proposal that ends waited");
    market.deadlines.clear(proposal.expires, Due::Proposal(fact.proposal));
}

/// Decides a command that waits for a second person: it is one that would be accepted now.
pub(crate) fn decide_proposal(
    market: &Market,
    context: Context,
    command: &Command,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let Caller::Party(by) = context.caller else {
        unreachable!("the venue's own commands wait for nobody")
    };
    market.decide_now(context, command, &mut Vec::new())?;
    check::room(Field::Proposals, market.proposals.len(), PROPOSALS_MAX)?;
    // From here on the answer is yes.
    events.push(Event::Proposed(Box::new(Proposed {
        proposal: ProposalId::new(market.proposals_count),
        command: command.clone(),
        by,
        expires: context.at.plus_seconds(PROPOSAL_SECONDS),
    })));
    Ok(())
}

/// Whether `command` of `caller` waits for a second person.
pub(crate) fn needs_approval(market: &Market, caller: Caller, command: &Command) -> bool {
    if caller == Caller::Venue {
        return false;
    }
    match command {
        Command::OpenSegment(_)
        | Command::AdoptPack(_)
        | Command::SetCalendar(_)
        | Command::SetFees(_) => true,
        Command::IssueKey(ask) => market.role(ask.party).is_ok_and(Role::is_staff),
        Command::RegisterParty(ask) => ask.details.role.is_staff(),
        Command::OpenVenue(_)
        | Command::RevokeKey(_)
        | Command::Review(_)
        | Command::Qualify(_)
        | Command::Affiliate(_)
        | Command::SetPartyStatus(_)
        | Command::RegisterFund(_)
        | Command::ExtendTerm(_)
        | Command::IssueUnits(_)
        | Command::LockUnits(_)
        | Command::UnlockUnits(_)
        | Command::RequestTransfer(_)
        | Command::SettleTransfer(_)
        | Command::PlaceOrder(_)
        | Command::AmendOrder(_)
        | Command::CancelOrder(_)
        | Command::CancelAll(_)
        | Command::SetReference(_)
        | Command::SetTradingState(_)
        | Command::PostIntention(_)
        | Command::WithdrawIntention(_)
        | Command::Advance => false,
    }
}
