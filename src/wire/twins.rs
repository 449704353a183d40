//! Enums that both sides have: one table.

use sfund_engine::bidding::bid::Answer;
use sfund_engine::bidding::mode::{Kind, OfferState, Phase, Portion, Reason, Standing};
use sfund_engine::bidding::qualify_bidder::BidderVerdict;
use sfund_engine::cash::request_transfer::Direction;
use sfund_engine::cash::settle_transfer::TransferOutcome;
use sfund_engine::listing::document::{DocumentKind, Visibility};
use sfund_engine::listing::gate::{ClaimAnswer, Consent, GateKind, GateState, How};
use sfund_engine::listing::review::ListingVerdict;
use sfund_engine::listing::stage::{EndReason, Stage};
use sfund_engine::listing::terms::{Interim, Method, Reserve};
use sfund_engine::policy::choice::{Disclosure, Ownership, Silence};
use sfund_engine::registry::fund::{LegalForm, TradingState};
use sfund_engine::registry::lock_units::LockKind;
use sfund_engine::registry::party::{PartyForm, PartyStatus, Role};
use sfund_engine::trading::board::IntentionEnd;
use sfund_engine::trading::order::{Closing, SelfTrade};
use sfund_engine::trading::side::Side;
use sfund_engine::venue::issue_key::KeyScope;
use sfund_engine::venue::propose::{ProposalEnd, Verdict};
use sfund_proto::v1;

/// An enum of the engine that has a twin in the protocol.
pub trait Twin: Copy {
    /// A value that stands in for a malformed one until the whole message is refused.
    const STAND_IN: Self;
    /// The engine's value of the protocol's number; `None` if it is unspecified or unknown.
    fn read(number: i32) -> Option<Self>;
    /// The protocol's number of the engine's value.
    fn write(self) -> i32;
}

macro_rules! twins {
    ($($ours:ident = $theirs:ident { $first:ident $(, $other:ident)* $(,)? })*) => {$(
        impl Twin for $ours {
            const STAND_IN: Self = Self::$first;

            fn read(number: i32) -> Option<Self> {
                match v1::$theirs::try_from(number) {
                    Ok(v1::$theirs::$first) => Some(Self::$first),
                    $(Ok(v1::$theirs::$other) => Some(Self::$other),)*
                    Ok(v1::$theirs::Unspecified) | Err(_) => None,
                }
            }

            fn write(self) -> i32 {
                match self {
                    Self::$first => v1::$theirs::$first.into(),
                    $(Self::$other => v1::$theirs::$other.into(),)*
                }
            }
        }
    )*};
}

twins! {
    Side = Side { Buy, Sell }
    Role = Role {
        Lp, SFund, Manager, Lender, Member, Operator, Supervisor, SettlementBank, Regulator,
    }
    TradingState = TradingState { Open, Halted, Closed }
    LegalForm = LegalForm { Partnership, LimitedLiability, JointStock, Contract }
    PartyForm = PartyForm { Person, Institution, Product }
    PartyStatus = PartyStatus { Active, Suspended }
    LockKind = LockKind { Pledge, Freeze }
    KeyScope = KeyScope { Full, ReadOnly }
    Verdict = Verdict { Approve, Decline }
    ProposalEnd = ProposalEnd { Approved, Declined, Lapsed }
    Direction = TransferDirection { Deposit, Withdrawal }
    TransferOutcome = TransferOutcome { Confirmed, Refused }
    SelfTrade = SelfTrade { CancelNewest, CancelOldest, CancelBoth, Decrement }
    Stage = ListingStage {
        Draft, Submitted, ToBeCompleted, Rejected, Accepted, Announced, Suspended, Closed, Bidding,
        Awarded, HandedOver, Ended, Withdrawn, Revoked,
    }
    EndReason = ListingEndReason { NoBidder, Failed, GateRefused, Removed }
    Method = ListingMethod {
        English, SealedPayAsBid, SealedUniform, SealedVickrey, Dutch, Tender, Negotiated,
        RequestForQuote, Judicial,
    }
    Reserve = Reserve { Public, Hidden }
    Interim = Interim { Buyer, Seller, MovesPrice }
    Ownership = Ownership { Private, StateOwned }
    Disclosure = DisclosureField {
        Strategy, Term, Manager, Commitment, NetAssets, Portfolio, CashFlows, ManagerFees,
        ValuationMethod, Encumbrances, Disputes, TransferTerms, FirstRefusal, Reason, PaymentTerms,
        InterimTerms, Accounts, Taxes,
    }
    DocumentKind = DocumentKind {
        Agreement, FinancialReport, Appraisal, Decision, LegalOpinion, Contract, Teaser, Other,
    }
    Visibility = DocumentVisibility { Teaser, Full }
    ListingVerdict = ListingVerdict { Accept, Reject, Complete }
    GateKind = GateKind { PartnersNotice, FirstRefusal, ManagerConsent, StateApproval }
    GateState = GateState { Waiting, Running, Green, Red }
    Silence = Silence { Consent, Refusal }
    How = How { Said, Silence }
    Consent = Consent { Given, Refused }
    ClaimAnswer = ClaimAnswer { Claim, Waive }
    Portion = LotPortion { Whole, Parts }
    Phase = LotPhase {
        Waiting, Free, Timed, Committing, Revealing, Scoring, Falling, Negotiating, Quoting,
        Choosing, FirstRefusal, Over,
    }
    BidderVerdict = BidderVerdict { Qualify, Refuse }
    Kind = BidKind { Open, Revealed, Matched }
    Standing = BidStanding { Stands, Outbid, Superseded, Chosen }
    OfferState = OfferState { Open, Accepted, Declined, Countered, Expired, Lapsed }
    Answer = OfferAnswer { Accept, Decline }
    Reason = AwardReason {
        Won, CutAtMargin, CutToFit, SharedByRank, Outbid, LostAtMargin, DoesNotFit,
        ParadoxicallyRejected, ExceedsLot, BelowReserve, Superseded, MatchedByPriority, Barred,
        Outscored, NotScored, NotChosen,
    }
    IntentionEnd = IntentionEnd { Withdrawn, Expired }
    Closing = ClosingReason {
        Filled, Cancelled, Expired, NotFilled, SelfTrade, TurnaroundInterval, HolderCap,
        NotQualified, TooManyFills, MarketClosed, PartySuspended, Disconnected,
    }
}
