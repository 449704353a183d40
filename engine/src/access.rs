//! Who may give which command: one table.
//!
//! The rows are commands, the answer says which roles may give it and for whom. It is a test of
//! the server too: every role calls everything.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::command::CommandKind;
use crate::registry::party::Role;

/// For whom a role may give a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// For nobody.
    Never,
    /// For itself, or, if it is a member, for its clients.
    Own,
    /// For anybody.
    Any,
}

/// What a refusal says is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Requirement {
    /// The venue itself.
    #[n(0)]
    Venue,
    /// An operator.
    #[n(1)]
    Operator,
    /// A supervisor.
    #[n(2)]
    Supervisor,
    /// The settlement bank.
    #[n(3)]
    SettlementBank,
    /// The investor itself or its member.
    #[n(4)]
    OwnInvestor,
    /// A manager.
    #[n(5)]
    Manager,
    /// A lender.
    #[n(6)]
    Lender,
    /// A member.
    #[n(7)]
    Member,
    /// An investor: an LP or an S-fund.
    #[n(8)]
    Investor,
    /// A role of the venue's own side.
    #[n(9)]
    Staff,
    /// A role that is not of the venue's own side.
    #[n(10)]
    NotStaff,
    /// The owner or an operator.
    #[n(11)]
    OwnerOrOperator,
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Venue => "the venue itself",
            Self::Operator => "an operator",
            Self::Supervisor => "a supervisor",
            Self::SettlementBank => "the settlement bank",
            Self::OwnInvestor => "the investor itself or its member",
            Self::Manager => "a manager",
            Self::Lender => "a lender",
            Self::Member => "a member",
            Self::Investor => "an lp or an s_fund",
            Self::Staff => "a role of the venue's own side",
            Self::NotStaff => "a role that is not of the venue's own side",
            Self::OwnerOrOperator => "the owner or an operator",
        })
    }
}

/// What the table says of a command, for the refusal of everyone else.
#[must_use]
#[inline]
pub const fn requirement(kind: CommandKind) -> Requirement {
    match kind {
        CommandKind::OpenVenue | CommandKind::Advance => Requirement::Venue,
        CommandKind::Review => Requirement::Supervisor,
        CommandKind::SettleTransfer => Requirement::SettlementBank,
        CommandKind::PlaceOrder
        | CommandKind::AmendOrder
        | CommandKind::PostIntention
        | CommandKind::PlaceCallOrder
        | CommandKind::DeclareInterest
        | CommandKind::PayDeposit
        | CommandKind::PlaceBid
        | CommandKind::MatchPrice
        | CommandKind::CommitBid
        | CommandKind::RevealBid
        | CommandKind::MakeOffer
        | CommandKind::AnswerOffer
        | CommandKind::ChooseQuote
        | CommandKind::DraftListing
        | CommandKind::SubmitListing
        | CommandKind::ExtendListing
        | CommandKind::RepriceListing
        | CommandKind::ChangeListing
        | CommandKind::WithdrawListing
        | CommandKind::AnswerFirstRefusal
        | CommandKind::AcceptConfidentiality
        | CommandKind::LookAtDocument => Requirement::OwnInvestor,
        CommandKind::AnswerConsent => Requirement::Manager,
        CommandKind::CancelOrder
        | CommandKind::CancelAll
        | CommandKind::CancelCallOrder
        | CommandKind::WithdrawIntention
        | CommandKind::RequestTransfer
        | CommandKind::RevokeKey
        | CommandKind::UnlockUnits => Requirement::OwnerOrOperator,
        CommandKind::OpenSegment
        | CommandKind::AdoptPack
        | CommandKind::SetCalendar
        | CommandKind::SetFees
        | CommandKind::IssueKey
        | CommandKind::RegisterParty
        | CommandKind::Qualify
        | CommandKind::Affiliate
        | CommandKind::SetPartyStatus
        | CommandKind::RegisterFund
        | CommandKind::ExtendTerm
        | CommandKind::IssueUnits
        | CommandKind::LockUnits
        | CommandKind::SetReference
        | CommandKind::QualifyBidder
        | CommandKind::OpenBidding
        | CommandKind::SignContract
        | CommandKind::ScoreBid
        | CommandKind::SetTradingState
        | CommandKind::ScheduleCall
        | CommandKind::CancelCall
        | CommandKind::ReviewListing
        | CommandKind::SetAgreement
        | CommandKind::NotifyPartners
        | CommandKind::RecordApproval
        | CommandKind::AnnounceListing
        | CommandKind::SuspendListing
        | CommandKind::ResumeListing
        | CommandKind::RevokeListing => Requirement::Operator,
    }
}

/// For whom `role` may give a command of `kind`.
#[must_use]
#[inline]
pub fn reach(role: Role, kind: CommandKind) -> Reach {
    match requirement(kind) {
        Requirement::Venue => Reach::Never,
        Requirement::Operator => match role {
            Role::Operator => Reach::Any,
            Role::Supervisor if kind == CommandKind::SetTradingState => Reach::Any,
            Role::Supervisor
            | Role::Lp
            | Role::SFund
            | Role::Manager
            | Role::Lender
            | Role::Member
            | Role::SettlementBank
            | Role::Regulator => Reach::Never,
        },
        Requirement::Supervisor => only(role, Role::Supervisor),
        Requirement::SettlementBank => only(role, Role::SettlementBank),
        Requirement::OwnInvestor => match role {
            Role::Lp | Role::SFund | Role::Member => Reach::Own,
            Role::Manager
            | Role::Lender
            | Role::Operator
            | Role::Supervisor
            | Role::SettlementBank
            | Role::Regulator => Reach::Never,
        },
        Requirement::OwnerOrOperator => match role {
            Role::Operator => Reach::Any,
            Role::Lp | Role::SFund | Role::Member | Role::Manager | Role::Lender => Reach::Own,
            Role::Supervisor | Role::SettlementBank | Role::Regulator
                if kind == CommandKind::RevokeKey =>
            {
                Reach::Own
            }
            Role::Supervisor | Role::SettlementBank | Role::Regulator => Reach::Never,
        },
        Requirement::Manager if role == Role::Manager => Reach::Own,
        Requirement::Manager
        | Requirement::Lender
        | Requirement::Member
        | Requirement::Investor
        | Requirement::Staff
        | Requirement::NotStaff => Reach::Never,
    }
}

#[inline]
fn only(role: Role, wanted: Role) -> Reach {
    if role == wanted { Reach::Any } else { Reach::Never }
}
