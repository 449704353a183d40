//! Text, timestamps and enums of the wire as values, and back.
//!
//! What an older client does not know is [`Unreadable`], never a guess.

pub(crate) mod policy;

use std::str::FromStr;

use prost_types::Timestamp;
use sfund_engine::amount::Ppm;
use sfund_engine::bidding::bid::Answer;
use sfund_engine::bidding::mode::{Kind, OfferState, Phase, Portion, Reason, Standing};
use sfund_engine::bidding::qualify_bidder::BidderVerdict;
use sfund_engine::cash::request_transfer::Direction;
use sfund_engine::cash::settle_transfer::TransferOutcome;
use sfund_engine::id::{FundId, SegmentId};
use sfund_engine::listing::document::{DocumentKind, Visibility};
use sfund_engine::listing::gate::{ClaimAnswer, Consent, GateKind, GateState, How};
use sfund_engine::listing::review::ListingVerdict;
use sfund_engine::listing::stage::{EndReason, Stage};
use sfund_engine::listing::terms::{Interim, Method, Reserve};
use sfund_engine::policy::choice::{Disclosure, Ownership, Silence};
use sfund_engine::registry::fund::{Currency, LegalForm, TradingState};
use sfund_engine::registry::lock_units::LockKind;
use sfund_engine::registry::party::{PartyForm, PartyStatus, Role};
use sfund_engine::time::Time;
use sfund_engine::trading::board::IntentionEnd;
use sfund_engine::trading::order::{Closing, SelfTrade};
use sfund_engine::trading::set_trading_state::TradingScope;
use sfund_engine::trading::side::Side;
use sfund_engine::venue::issue_key::KeyScope;
use sfund_engine::venue::propose::{ProposalEnd, Verdict};
use sfund_proto::v1;

use crate::bidding::lot::{BidderState, LotMode};
use crate::bidding::meters::MeterKind;
use crate::error::Unreadable;
use crate::listing::record::{DeadlineKind, SilenceMeans};
use crate::register::Cause;

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const PPM_DECIMALS: usize = 6;

/// The value of a text that must be there.
pub(crate) fn read<T: FromStr>(text: &str, field: &'static str) -> Result<T, Unreadable> {
    text.parse().map_err(|_| Unreadable { field })
}

/// The value of a text that may be empty.
pub(crate) fn maybe<T: FromStr>(text: &str, field: &'static str) -> Result<Option<T>, Unreadable> {
    if text.is_empty() { Ok(None) } else { read(text, field).map(Some) }
}

/// A message that must be there.
pub(crate) fn some<T>(message: Option<T>, field: &'static str) -> Result<T, Unreadable> {
    message.ok_or(Unreadable { field })
}

/// The text of a value that may be missing.
pub(crate) fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

pub(crate) fn currency(text: &str, field: &'static str) -> Result<Currency, Unreadable> {
    Currency::new(text).ok_or(Unreadable { field })
}

pub(crate) fn bytes32(bytes: &[u8], field: &'static str) -> Result<[u8; 32], Unreadable> {
    bytes.try_into().map_err(|_| Unreadable { field })
}

/// A number that is small in our own types.
pub(crate) fn narrow<T: TryFrom<u32>>(number: u32, field: &'static str) -> Result<T, Unreadable> {
    T::try_from(number).map_err(|_| Unreadable { field })
}

pub(crate) fn time(wire: Timestamp) -> Result<Time, Unreadable> {
    let nanos = || {
        let seconds = u64::try_from(wire.seconds).ok()?;
        seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(u64::try_from(wire.nanos).ok()?)
    };
    nanos().map(Time::from_nanos).ok_or(Unreadable { field: "time" })
}

pub(crate) fn maybe_time(wire: Option<Timestamp>) -> Result<Option<Time>, Unreadable> {
    wire.map(time).transpose()
}

pub(crate) fn timestamp(time: Time) -> Timestamp {
    let nanos = time.nanos();
    Timestamp {
        seconds: i64::try_from(nanos / NANOS_PER_SECOND).expect("a tenth of a billionth fits"),
        nanos: i32::try_from(nanos % NANOS_PER_SECOND).expect("less than a billion"),
    }
}

/// A rate from its text as a ratio: `0.001500` is 1,500 parts per million.
pub(crate) fn ratio(text: &str, field: &'static str) -> Result<Ppm, Unreadable> {
    let read = || {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        if PPM_DECIMALS < part.len() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let part: u32 = format!("{part:0<PPM_DECIMALS$}").parse().ok()?;
        whole.parse::<u32>().ok()?.checked_mul(1_000_000)?.checked_add(part)
    };
    read().map(Ppm::new).ok_or(Unreadable { field })
}

/// The text of a rate as a ratio.
pub(crate) fn ratio_text(rate: Ppm) -> String {
    format!("{}.{:06}", rate.get() / 1_000_000, rate.get() % 1_000_000)
}

/// An enum of ours and its twin on the wire.
pub(crate) trait Twin: Sized {
    fn to_wire(self) -> i32;
    fn from_wire(number: i32) -> Result<Self, Unreadable>;

    /// The value of a number that may be unspecified.
    fn maybe_from_wire(number: i32) -> Result<Option<Self>, Unreadable> {
        if number == 0 { Ok(None) } else { Self::from_wire(number).map(Some) }
    }
}

macro_rules! twins {
    ($($name:ident = $wire:ident $field:literal { $($ours:ident $theirs:ident),* $(,)? })*) => {$(
        impl Twin for $name {
            fn to_wire(self) -> i32 {
                i32::from(match self {
                    $(Self::$ours => v1::$wire::$theirs,)*
                })
            }

            fn from_wire(number: i32) -> Result<Self, Unreadable> {
                match v1::$wire::try_from(number) {
                    $(Ok(v1::$wire::$theirs) => Ok(Self::$ours),)*
                    Ok(v1::$wire::Unspecified) | Err(_) => Err(Unreadable { field: $field }),
                }
            }
        }
    )*};
}

twins! {
    Side = Side "side" { Buy Buy, Sell Sell }
    Role = Role "role" {
        Lp Lp, SFund SFund, Manager Manager, Lender Lender, Member Member, Operator Operator,
        Supervisor Supervisor, SettlementBank SettlementBank, Regulator Regulator,
    }
    MeterKind = MeterKind "kind" {
        Confidentiality Confidentiality, QualifiedUntil QualifiedUntil, Holders Holders,
        Investment Investment, Units Units, Deposit Deposit, Intentions Intentions,
        OwnBids OwnBids, AnnouncedUntil AnnouncedUntil,
    }
    TradingState = TradingState "state" { Open Open, Halted Halted, Closed Closed }
    LegalForm = LegalForm "legal_form" {
        Partnership Partnership, LimitedLiability LimitedLiability, JointStock JointStock,
        Contract Contract,
    }
    PartyForm = PartyForm "form" { Person Person, Institution Institution, Product Product }
    PartyStatus = PartyStatus "status" { Active Active, Suspended Suspended }
    LockKind = LockKind "kind" { Pledge Pledge, Freeze Freeze }
    KeyScope = KeyScope "scope" { Full Full, ReadOnly ReadOnly }
    Verdict = Verdict "verdict" { Approve Approve, Decline Decline }
    ProposalEnd = ProposalEnd "end" { Approved Approved, Declined Declined, Lapsed Lapsed }
    Direction = TransferDirection "direction" { Deposit Deposit, Withdrawal Withdrawal }
    TransferOutcome = TransferOutcome "outcome" { Confirmed Confirmed, Refused Refused }
    IntentionEnd = IntentionEnd "end" { Withdrawn Withdrawn, Expired Expired }
    SelfTrade = SelfTrade "self_trade" {
        CancelNewest CancelNewest, CancelOldest CancelOldest, CancelBoth CancelBoth,
        Decrement Decrement,
    }
    Closing = ClosingReason "closing_reason" {
        Filled Filled, Cancelled Cancelled, Expired Expired, NotFilled NotFilled,
        SelfTrade SelfTrade, TurnaroundInterval TurnaroundInterval, HolderCap HolderCap,
        NotQualified NotQualified, TooManyFills TooManyFills, MarketClosed MarketClosed,
        PartySuspended PartySuspended, Disconnected Disconnected,
    }
    Cause = StatementCause "cause" {
        Issued Issued, OrderPlaced OrderPlaced, OrderAmended OrderAmended,
        OrderClosed OrderClosed, OrderDecremented OrderDecremented, Traded Traded,
        UnitsLocked UnitsLocked, UnitsUnlocked UnitsUnlocked,
        TransferRequested TransferRequested, TransferSettled TransferSettled,
        UnitsListed UnitsListed, UnitsUnlisted UnitsUnlisted,
        DepositHeld DepositHeld, DepositReturned DepositReturned,
        DepositForfeited DepositForfeited, CallOrderPlaced CallOrderPlaced,
        CallOrderClosed CallOrderClosed,
    }
    Stage = ListingStage "stage" {
        Draft Draft, Submitted Submitted, ToBeCompleted ToBeCompleted, Rejected Rejected,
        Accepted Accepted, Announced Announced, Suspended Suspended, Closed Closed,
        Bidding Bidding, Awarded Awarded, HandedOver HandedOver, Ended Ended,
        Withdrawn Withdrawn, Revoked Revoked,
    }
    EndReason = ListingEndReason "end_reason" {
        NoBidder NoBidder, Failed Failed, GateRefused GateRefused, Removed Removed,
    }
    Method = ListingMethod "method" {
        English English, SealedPayAsBid SealedPayAsBid, SealedUniform SealedUniform,
        SealedVickrey SealedVickrey, Dutch Dutch, Tender Tender, Negotiated Negotiated,
        RequestForQuote RequestForQuote, Judicial Judicial,
    }
    Reserve = Reserve "reserve" { Public Public, Hidden Hidden }
    Interim = Interim "interim" { Buyer Buyer, Seller Seller, MovesPrice MovesPrice }
    Ownership = Ownership "ownership" { Private Private, StateOwned StateOwned }
    Disclosure = DisclosureField "disclosure" {
        Strategy Strategy, Term Term, Manager Manager, Commitment Commitment,
        NetAssets NetAssets, Portfolio Portfolio, CashFlows CashFlows, ManagerFees ManagerFees,
        ValuationMethod ValuationMethod, Encumbrances Encumbrances, Disputes Disputes,
        TransferTerms TransferTerms, FirstRefusal FirstRefusal, Reason Reason,
        PaymentTerms PaymentTerms, InterimTerms InterimTerms, Accounts Accounts, Taxes Taxes,
    }
    DocumentKind = DocumentKind "document.kind" {
        Agreement Agreement, FinancialReport FinancialReport, Appraisal Appraisal,
        Decision Decision, LegalOpinion LegalOpinion, Contract Contract, Teaser Teaser,
        Other Other,
    }
    Visibility = DocumentVisibility "visibility" { Teaser Teaser, Full Full }
    ListingVerdict = ListingVerdict "verdict" {
        Accept Accept, Reject Reject, Complete Complete,
    }
    GateKind = GateKind "gate.kind" {
        PartnersNotice PartnersNotice, FirstRefusal FirstRefusal,
        ManagerConsent ManagerConsent, StateApproval StateApproval,
    }
    GateState = GateState "gate.state" {
        Waiting Waiting, Running Running, Green Green, Red Red,
    }
    Silence = Silence "silence" { Consent Consent, Refusal Refusal }
    How = How "how" { Said Said, Silence Silence }
    Consent = Consent "consent" { Given Given, Refused Refused }
    ClaimAnswer = ClaimAnswer "claim" { Claim Claim, Waive Waive }
    DeadlineKind = ListingDeadlineKind "deadline.kind" {
        PartnersNotice PartnersNotice, FirstRefusal FirstRefusal, ManagerConsent ManagerConsent,
        StateApproval StateApproval, Announcement Announcement, Suspension Suspension, Removal
        Removal, Deposit Deposit, LotPhase LotPhase, Signature Signature, ResultNotice
        ResultNotice, Refund Refund,
    }
    SilenceMeans = SilenceMeans "silence_means" {
        Nothing Nothing, GateOpens GateOpens, RightIsKept RightIsKept, ListingEnds ListingEnds,
        AnnouncementExtended AnnouncementExtended, IntentionsClose IntentionsClose,
        AnnouncementResumes AnnouncementResumes, BidderIsOut BidderIsOut, NextPhase NextPhase,
        BiddingEnds BiddingEnds, SealedBidForfeits SealedBidForfeits, RightIsWaived
        RightIsWaived, WinnerDefaults WinnerDefaults, DealHandedOver DealHandedOver,
        DepositsReturned DepositsReturned,
    }
    Portion = LotPortion "portion" { Whole Whole, Parts Parts }
    LotMode = LotMode "mode" {
        English English, Sealed Sealed, Dutch Dutch, Tender Tender, Negotiated Negotiated,
        Quotes Quotes, Enforcement Enforcement,
    }
    Phase = LotPhase "phase" {
        Waiting Waiting, Free Free, Timed Timed, Committing Committing, Revealing Revealing,
        Scoring Scoring, Falling Falling, Negotiating Negotiating, Quoting Quoting,
        Choosing Choosing, FirstRefusal FirstRefusal, Over Over,
    }
    BidderState = BidderState "bidder.state" {
        Declared Declared, Refused Refused, Qualified Qualified, Deposited Deposited,
        Returned Returned, Defaulted Defaulted, Signed Signed,
    }
    BidderVerdict = BidderVerdict "verdict" { Qualify Qualify, Refuse Refuse }
    Kind = BidKind "bid.kind" { Open Open, Revealed Revealed, Matched Matched }
    Standing = BidStanding "bid.standing" {
        Stands Stands, Outbid Outbid, Superseded Superseded, Chosen Chosen,
    }
    OfferState = OfferState "offer.state" {
        Open Open, Accepted Accepted, Declined Declined, Countered Countered,
        Expired Expired, Lapsed Lapsed,
    }
    Answer = OfferAnswer "answer" { Accept Accept, Decline Decline }
    Reason = AwardReason "award.reason" {
        Won Won, CutAtMargin CutAtMargin, CutToFit CutToFit, SharedByRank SharedByRank,
        Outbid Outbid, LostAtMargin LostAtMargin, DoesNotFit DoesNotFit,
        ParadoxicallyRejected ParadoxicallyRejected, ExceedsLot ExceedsLot,
        BelowReserve BelowReserve, Superseded Superseded,
        MatchedByPriority MatchedByPriority, Barred Barred, Outscored Outscored,
        NotScored NotScored, NotChosen NotChosen,
    }
}

pub(crate) fn scope_to_wire(scope: TradingScope) -> v1::TradingScope {
    use v1::trading_scope::Scope;
    let scope = match scope {
        TradingScope::Fund(fund) => Scope::FundId(fund.to_string()),
        TradingScope::Segment(segment) => Scope::SegmentId(segment.to_string()),
        TradingScope::Venue => Scope::Venue(v1::WholeVenue {}),
    };
    v1::TradingScope { scope: Some(scope) }
}

pub(crate) fn scope(wire: Option<v1::TradingScope>) -> Result<TradingScope, Unreadable> {
    use v1::trading_scope::Scope;
    match some(wire.and_then(|wire| wire.scope), "scope")? {
        Scope::FundId(fund) => Ok(TradingScope::Fund(read::<FundId>(&fund, "fund_id")?)),
        Scope::SegmentId(segment) => {
            Ok(TradingScope::Segment(read::<SegmentId>(&segment, "segment_id")?))
        }
        Scope::Venue(v1::WholeVenue {}) => Ok(TradingScope::Venue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_client_does_not_know_is_unreadable() {
        assert_eq!(Side::from_wire(Side::Sell.to_wire()), Ok(Side::Sell));
        assert_eq!(Side::from_wire(0), Err(Unreadable { field: "side" }));
        assert_eq!(Side::from_wire(99), Err(Unreadable { field: "side" }));
        assert_eq!(Closing::maybe_from_wire(0), Ok(None));
    }

    #[test]
    fn ratios_and_instants_read_back() {
        for rate in [0, 1, 1_500, 1_000_000, 2_500_000].map(Ppm::new) {
            assert_eq!(ratio(&ratio_text(rate), "rate"), Ok(rate));
        }
        assert_eq!(ratio("0.1", "rate"), Ok(Ppm::new(100_000)));
        assert!(ratio("0.0000001", "rate").is_err() && ratio("", "rate").is_err());
        let instant = Time::from_nanos(1_795_000_000_123_456_789);
        assert_eq!(time(timestamp(instant)), Ok(instant));
        assert!(time(Timestamp { seconds: -1, nanos: 0 }).is_err());
    }
}
