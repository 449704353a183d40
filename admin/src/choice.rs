//! The names by which people give and read the enums of the market.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use sfund_sdk::{
    AwardReason, BidKind, BidStanding, BidderState, Cause, ClaimAnswer, Closing, DeadlineKind,
    Direction, EndReason, GateKind, GateState, Interim, KeyScope, LegalForm, ListingStage,
    ListingVerdict, LockKind, LotMode, LotPhase, LotPortion, Method, OfferState, Ownership,
    PartyForm, PartyStatus, Permission, ProposalEnd, Reserve, Role, SelfTrade, Side, Silence,
    SilenceMeans, TradingState, TransferOutcome,
};

/// An enum with stable names.
pub(crate) trait Choice: Copy + Send + Sync + 'static {
    /// Every value.
    const ALL: &'static [Self];

    /// Its stable name.
    fn name(self) -> &'static str;
}

/// A parser of the names of `T` for the command line.
pub(crate) fn choice<T: Choice>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(T::ALL.iter().map(|value| value.name())).map(|text| {
        let found = T::ALL.iter().find(|value| value.name() == text);
        *found.expect("only known names come through")
    })
}

macro_rules! choices {
    ($($name:ident { $($variant:ident $text:literal),* $(,)? })*) => {$(
        impl Choice for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    )*};
}

choices! {
    Role {
        Lp "lp", SFund "s_fund", Manager "manager", Lender "lender", Member "member",
        Operator "operator", Supervisor "supervisor", SettlementBank "settlement_bank",
        Regulator "regulator",
    }
    PartyForm { Person "person", Institution "institution", Product "product" }
    PartyStatus { Active "active", Suspended "suspended" }
    LegalForm {
        Partnership "partnership", LimitedLiability "limited_liability",
        JointStock "joint_stock", Contract "contract",
    }
    TradingState { Open "open", Halted "halted", Closed "closed" }
    Side { Buy "buy", Sell "sell" }
    KeyScope { Full "full", ReadOnly "read_only" }
    LockKind { Pledge "pledge", Freeze "freeze" }
    Direction { Deposit "deposit", Withdrawal "withdrawal" }
    TransferOutcome { Confirmed "confirmed", Refused "refused" }
    ProposalEnd { Approved "approved", Declined "declined", Lapsed "lapsed" }
    Permission { Allowed "allowed", Forbidden "forbidden" }
    SelfTrade {
        CancelNewest "cancel_newest", CancelOldest "cancel_oldest", CancelBoth "cancel_both",
        Decrement "decrement",
    }
    Closing {
        Filled "filled_whole", Cancelled "cancelled", Expired "expired", NotFilled "not_filled",
        SelfTrade "self_trade", TurnaroundInterval "turnaround_interval",
        HolderCap "holder_cap_reached", NotQualified "not_qualified",
        TooManyFills "too_many_fills", MarketClosed "market_closed",
        PartySuspended "party_suspended", Disconnected "disconnected",
    }
    Cause {
        Issued "issued_units", OrderPlaced "order_placed", OrderAmended "order_amended",
        OrderClosed "order_closed", OrderDecremented "order_decremented", Traded "traded",
        UnitsLocked "units_locked", UnitsUnlocked "units_unlocked",
        TransferRequested "transfer_requested", TransferSettled "transfer_settled",
        UnitsListed "units_listed", UnitsUnlisted "units_unlisted",
        DepositHeld "deposit_held", DepositReturned "deposit_returned",
        DepositForfeited "deposit_forfeited", CallOrderPlaced "call_order_placed",
        CallOrderClosed "call_order_closed",
    }
    ListingStage {
        Draft "draft", Submitted "submitted", ToBeCompleted "to_be_completed",
        Rejected "rejected", Accepted "accepted", Announced "announced", Suspended "suspended",
        Closed "announcement_over", Bidding "bidding", Awarded "awarded",
        HandedOver "handed_over", Ended "ended", Withdrawn "withdrawn", Revoked "taken_off",
    }
    EndReason {
        NoBidder "no_bidder", Failed "failed_sale", GateRefused "gate_refused",
        Removed "time_over",
    }
    Method {
        English "english", SealedPayAsBid "sealed_pay_as_bid", SealedUniform "sealed_uniform",
        SealedVickrey "sealed_vickrey", Dutch "dutch", Tender "tender",
        Negotiated "negotiated", RequestForQuote "request_for_quote", Judicial "judicial",
    }
    Reserve { Public "public", Hidden "hidden" }
    Interim { Buyer "buyer", Seller "seller", MovesPrice "moves_price" }
    Ownership { Private "private", StateOwned "state_owned" }
    LotPortion { Whole "whole", Parts "parts" }
    ListingVerdict { Accept "accept", Reject "reject", Complete "complete" }
    GateKind {
        PartnersNotice "partners_notice", FirstRefusal "first_refusal",
        ManagerConsent "manager_consent", StateApproval "state_approval",
    }
    GateState {
        Waiting "waits_for_notice", Running "waits_for_answer", Green "green", Red "red",
    }
    Silence { Consent "consent", Refusal "refusal" }
    ClaimAnswer { Claim "claim", Waive "waive" }
    DeadlineKind {
        PartnersNotice "partners_notice", FirstRefusal "first_refusal", ManagerConsent
        "manager_consent", StateApproval "state_approval", Announcement "announcement",
        Suspension "suspension", Removal "removal", Deposit "deposit_payment", LotPhase
        "lot_phase", Signature "signature", ResultNotice "result_notice", Refund
        "deposit_refund",
    }
    SilenceMeans {
        Nothing "nothing", GateOpens "gate_opens", RightIsKept "right_is_kept", ListingEnds
        "listing_ends", AnnouncementExtended "announcement_extended", IntentionsClose
        "intentions_close", AnnouncementResumes "announcement_resumes", BidderIsOut
        "bidder_is_out", NextPhase "next_phase", BiddingEnds "bidding_ends", SealedBidForfeits
        "sealed_bid_forfeits", RightIsWaived "right_is_waived", WinnerDefaults
        "winner_defaults", DealHandedOver "deal_handed_over", DepositsReturned
        "deposits_returned",
    }
    LotMode {
        English "english", Sealed "sealed", Dutch "dutch", Tender "tender",
        Negotiated "negotiated", Quotes "quotes", Enforcement "enforcement",
    }
    LotPhase {
        Waiting "not_begun", Free "free_phase", Timed "timed_phase", Committing "committing",
        Revealing "revealing", Scoring "scoring", Falling "falling", Negotiating "negotiating",
        Quoting "quoting", Choosing "choosing", FirstRefusal "first_refusal", Over "over",
    }
    BidderState {
        Declared "declared", Refused "refused", Qualified "deposit_due", Deposited "deposited",
        Returned "returned", Defaulted "defaulted", Signed "signed",
    }
    BidKind { Open "open_bid", Revealed "revealed", Matched "matched" }
    BidStanding {
        Stands "stands", Outbid "outbid", Superseded "superseded", Chosen "chosen",
    }
    OfferState {
        Open "offer_open", Accepted "agreed", Declined "declined", Countered "countered",
        Expired "expired", Lapsed "lapsed",
    }
    AwardReason {
        Won "won", CutAtMargin "cut_at_margin", CutToFit "cut_to_fit",
        SharedByRank "shared_by_rank", Outbid "outbid", LostAtMargin "lost_at_margin",
        DoesNotFit "does_not_fit", ParadoxicallyRejected "paradoxically_rejected",
        ExceedsLot "exceeds_lot", BelowReserve "below_reserve", Superseded "superseded",
        MatchedByPriority "matched_by_priority", Barred "barred", Outscored "outscored",
        NotScored "not_scored", NotChosen "not_chosen",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn every_value_of_a_listing_and_its_bidding_has_a_chinese_word() {
        fn check<T: Choice>() {
            for name in T::ALL.iter().map(|value| value.name()) {
                assert_ne!(Lang::Zh.word(name), name);
            }
        }
        check::<ListingStage>();
        check::<EndReason>();
        check::<Method>();
        check::<Reserve>();
        check::<Interim>();
        check::<Ownership>();
        check::<LotPortion>();
        check::<ListingVerdict>();
        check::<GateKind>();
        check::<GateState>();
        check::<Silence>();
        check::<ClaimAnswer>();
        check::<DeadlineKind>();
        check::<SilenceMeans>();
        check::<LotMode>();
        check::<LotPhase>();
        check::<BidderState>();
        check::<BidKind>();
        check::<BidStanding>();
        check::<OfferState>();
        check::<AwardReason>();
    }
}
