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
        | Command::ScheduleCall(_)
        | Command::CancelCall(_)
        | Command::PlaceCallOrder(_)
        | Command::CancelCallOrder(_)
        | Command::AmendOrder(_)
        | Command::CancelOrder(_)
        | Command::CancelAll(_)
        | Command::SetReference(_)
        | Command::SetTradingState(_)
        | Command::PostIntention(_)
        | Command::WithdrawIntention(_)
        | Command::DraftListing(_)
        | Command::SubmitListing(_)
        | Command::ReviewListing(_)
        | Command::SetAgreement(_)
        | Command::NotifyPartners(_)
        | Command::AnswerFirstRefusal(_)
        | Command::AnswerConsent(_)
        | Command::RecordApproval(_)
        | Command::AnnounceListing(_)
        | Command::SuspendListing(_)
        | Command::ResumeListing(_)
        | Command::ExtendListing(_)
        | Command::RepriceListing(_)
        | Command::ChangeListing(_)
        | Command::WithdrawListing(_)
        | Command::RevokeListing(_)
        | Command::AcceptConfidentiality(_)
        | Command::LookAtDocument(_)
        | Command::DeclareInterest(_)
        | Command::QualifyBidder(_)
        | Command::PayDeposit(_)
        | Command::OpenBidding(_)
        | Command::PlaceBid(_)
        | Command::MatchPrice(_)
        | Command::CommitBid(_)
        | Command::RevealBid(_)
        | Command::ScoreBid(_)
        | Command::ChooseQuote(_)
        | Command::MakeOffer(_)
        | Command::AnswerOffer(_)
        | Command::SignContract(_)
        | Command::Advance => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        ALICE, LICENSED, OPERATOR, SUPERVISOR, accept, approve, details, opening, party, refuse,
        regional, segment, soon, with_parties,
    };
    use crate::id::SegmentId;
    use crate::policy::{Fees, Rates};
    use crate::registry::register_party::RegisterParty;
    use crate::venue::issue_key::{IssueKey, KeyScope};
    use crate::venue::open_segment::OpenSegment;
    use crate::venue::set_fees::SetFees;

    const FIRST: ProposalId = ProposalId::new(0);

    fn open_third() -> Command {
        let details = segment("THIRD", regional());
        Command::OpenSegment(Box::new(OpenSegment { details }))
    }

    fn review(proposal: ProposalId, verdict: Verdict) -> Command {
        Command::Review(Review { proposal, verdict })
    }

    #[test]
    fn a_rule_changes_when_somebody_else_agrees() {
        let mut market = with_parties();
        let events = accept(&mut market, party(OPERATOR), open_third());
        let expires = market.now().plus_seconds(PROPOSAL_SECONDS);
        let (command, by) = (open_third(), OPERATOR);
        let proposed = Proposed { proposal: FIRST, command: command.clone(), by, expires };
        assert_eq!(events, [Event::Proposed(Box::new(proposed))]);
        assert_eq!(market.proposals[&FIRST], Proposal { command, by, expires });
        assert_eq!(market.next_deadline(), Some(expires));
        assert!(market.segment(SegmentId::new(2)).is_err());

        let approval = review(FIRST, Verdict::Approve);
        let events = accept(&mut market, party(SUPERVISOR), approval.clone());
        let names: Vec<_> = events.iter().map(Event::name).collect();
        assert_eq!(names, ["SegmentOpened", "ProposalClosed"]);
        assert!(market.segment(SegmentId::new(2)).is_ok());
        assert_eq!((market.proposals.len(), market.next_deadline()), (0, None));
        let reject = refuse(&mut market, party(SUPERVISOR), approval);
        assert_eq!(reject, Reject::ProposalNotOpen { proposal: FIRST });
    }

    #[test]
    fn a_proposal_that_is_declined_changes_nothing() {
        let mut market = with_parties();
        accept(&mut market, party(OPERATOR), open_third());
        let events = accept(&mut market, party(SUPERVISOR), review(FIRST, Verdict::Decline));
        let end = ProposalEnd::Declined;
        let closed = ProposalClosed { proposal: FIRST, end, by: Some(SUPERVISOR) };
        assert_eq!(events, [Event::ProposalClosed(closed)]);
        assert_eq!((market.segments.len(), market.proposals.len()), (2, 0));
    }

    #[test]
    fn a_proposal_that_lapses_is_gone() {
        let mut market = with_parties();
        accept(&mut market, party(OPERATOR), open_third());
        let lapsed = ProposalClosed { proposal: FIRST, end: ProposalEnd::Lapsed, by: None };
        apply_closed(&mut market, &lapsed);
        assert_eq!((market.proposals.len(), market.next_deadline()), (0, None));
    }

    #[test]
    fn what_would_be_refused_is_not_proposed() {
        let mut market = with_parties();
        let segment = SegmentId::new(7);
        let fees = Fees { tiers: vec![Rates::default()] };
        let command = Command::SetFees(Box::new(SetFees { segment, fees }));
        let reject = refuse(&mut market, party(OPERATOR), command);
        assert_eq!(reject, Reject::SegmentNotFound { segment });
    }

    #[test]
    fn a_proposal_is_decided_anew_when_it_is_approved() {
        let mut market = with_parties();
        accept(&mut market, party(OPERATOR), open_third());
        accept(&mut market, party(OPERATOR), open_third());
        accept(&mut market, party(SUPERVISOR), review(FIRST, Verdict::Approve));
        let second = ProposalId::new(1);
        let reject = refuse(&mut market, party(SUPERVISOR), review(second, Verdict::Approve));
        assert_eq!(reject, Reject::CodeTaken { number: 2 });
        assert!(market.proposals.contains_key(&second), "it waits on");
    }

    #[test]
    fn nobody_approves_what_they_proposed() {
        let mut market = with_parties();
        accept(&mut market, party(OPERATOR), open_third());
        for by in [party(OPERATOR), party(ALICE), Caller::Venue] {
            let reject = refuse(&mut market, by, review(FIRST, Verdict::Approve));
            assert_eq!(reject.name(), "NOT_PERMITTED");
        }
        // A role cannot change, so only a forged proposal has a supervisor behind it.
        market.proposals.get_mut(&FIRST).unwrap().by = SUPERVISOR;
        let reject = refuse(&mut market, party(SUPERVISOR), review(FIRST, Verdict::Approve));
        assert_eq!(reject, Reject::SamePerson { proposal: FIRST, party: SUPERVISOR });
    }

    #[test]
    fn the_venues_own_side_grows_by_two_people_only() {
        let mut market = with_parties();
        let register = |role, code| {
            let details = details(code, role);
            Command::RegisterParty(Box::new(RegisterParty { details }))
        };
        let key = |party, byte| {
            let expires = opening().plus_seconds(60);
            let (key_hash, scope) = ([byte; 32], KeyScope::Full);
            Command::IssueKey(Box::new(IssueKey { party, key_hash, scope, expires }))
        };
        for (command, waits) in [
            (register(Role::Supervisor, "SUPER"), true),
            (register(Role::Regulator, "CSRC"), true),
            (register(Role::Manager, "GP-2"), false),
            (key(SUPERVISOR, 100), true),
            (key(ALICE, 101), false),
        ] {
            let events = accept(&mut market, party(OPERATOR), command);
            assert_eq!(matches!(events[..], [Event::Proposed(_)]), waits);
        }
        approve(&mut market, key(OPERATOR, 102));
        assert_eq!(market.keys[&[102; 32]].party, OPERATOR);
        // The venue itself waits for nobody.
        accept(&mut market, Caller::Venue, key(SUPERVISOR, 103));
        assert_eq!(market.keys[&[103; 32]].party, SUPERVISOR);
    }

    #[test]
    fn proposals_are_limited() {
        let mut market = with_parties();
        accept(&mut market, party(OPERATOR), open_third());
        let waiting = market.proposals[&FIRST].clone();
        market.deadlines.clear(waiting.expires, Due::Proposal(FIRST));
        let fees = Fees { tiers: vec![Rates::default()] };
        let command = Command::SetFees(Box::new(SetFees { segment: LICENSED, fees }));
        let small = Proposal { command: command.clone(), ..waiting };
        for number in (0..).take(PROPOSALS_MAX) {
            let proposal = ProposalId::new(number);
            market.proposals.insert(proposal, small.clone());
            market.deadlines.set(small.expires, Due::Proposal(proposal));
        }
        let context = Context { at: soon(&market), caller: party(OPERATOR) };
        let reject = market.decide(context, &command, &mut Vec::new()).unwrap_err();
        assert_eq!(reject, Reject::RegistryFull { field: Field::Proposals, limit: 10_000 });
    }
}
