//! Where a listing stands in its life (挂牌阶段), and which stages a command asks for.

use std::fmt;

use minicbor::{Decode, Encode};

/// Where a listing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Stage {
    /// The seller writes it; nothing is locked (草稿).
    #[n(0)]
    Draft,
    /// It waits for the review; its units are locked (已提交).
    #[n(1)]
    Submitted,
    /// The review asks for more (待补正).
    #[n(2)]
    ToBeCompleted,
    /// The review said no (不予受理).
    #[n(3)]
    Rejected,
    /// The review said yes; the gates run (已受理).
    #[n(4)]
    Accepted,
    /// It is announced, and takes intentions (公告中).
    #[n(5)]
    Announced,
    /// Its announcement stands still (中止).
    #[n(6)]
    Suspended,
    /// Its announcement is over (公告期满).
    #[n(7)]
    Closed,
    /// Bids are taken (竞价中).
    #[n(8)]
    Bidding,
    /// Somebody won, provisionally (已成交待确认).
    #[n(9)]
    Awarded,
    /// Settlement has it (移交结算).
    #[n(10)]
    HandedOver,
    /// It ended without a deal (终结).
    #[n(11)]
    Ended,
    /// The seller withdrew it (撤牌).
    #[n(12)]
    Withdrawn,
    /// An operator took it off (终止挂牌).
    #[n(13)]
    Revoked,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 14] = [
        Self::Draft,
        Self::Submitted,
        Self::ToBeCompleted,
        Self::Rejected,
        Self::Accepted,
        Self::Announced,
        Self::Suspended,
        Self::Closed,
        Self::Bidding,
        Self::Awarded,
        Self::HandedOver,
        Self::Ended,
        Self::Withdrawn,
        Self::Revoked,
    ];

    /// The stage's name, as `to_be_completed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::ToBeCompleted => "to_be_completed",
            Self::Rejected => "rejected",
            Self::Accepted => "accepted",
            Self::Announced => "announced",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
            Self::Bidding => "bidding",
            Self::Awarded => "awarded",
            Self::HandedOver => "handed_over",
            Self::Ended => "ended",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
        }
    }

    /// A8: whether a listing in this stage has its units locked.
    ///
    /// What is handed over stays locked until settlement moves it.
    #[must_use]
    pub const fn holds_units(self) -> bool {
        match self {
            Self::Submitted
            | Self::ToBeCompleted
            | Self::Accepted
            | Self::Announced
            | Self::Suspended
            | Self::Closed
            | Self::Bidding
            | Self::Awarded
            | Self::HandedOver => true,
            Self::Draft | Self::Rejected | Self::Ended | Self::Withdrawn | Self::Revoked => false,
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Rejected | Self::HandedOver | Self::Ended | Self::Withdrawn | Self::Revoked => {
                true
            }
            Self::Draft
            | Self::Submitted
            | Self::ToBeCompleted
            | Self::Accepted
            | Self::Announced
            | Self::Suspended
            | Self::Closed
            | Self::Bidding
            | Self::Awarded => false,
        }
    }

    /// Whether the public sees the listing.
    #[must_use]
    pub const fn is_public(self) -> bool {
        match self {
            Self::Announced
            | Self::Suspended
            | Self::Closed
            | Self::Bidding
            | Self::Awarded
            | Self::HandedOver => true,
            Self::Draft
            | Self::Submitted
            | Self::ToBeCompleted
            | Self::Rejected
            | Self::Accepted
            | Self::Ended
            | Self::Withdrawn
            | Self::Revoked => false,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Stages that a command takes, as a refusal speaks of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Needs {
    /// The seller may write it.
    #[n(0)]
    Writable,
    /// It waits for the review.
    #[n(1)]
    Submitted,
    /// It is accepted and its gates run.
    #[n(2)]
    Accepted,
    /// It is announced.
    #[n(3)]
    Announced,
    /// Its announcement stands still.
    #[n(4)]
    Suspended,
    /// It is announced, or that is over and nobody came.
    #[n(5)]
    AnnouncedOrClosed,
    /// It is announced, running or standing still.
    #[n(6)]
    OnTheBoard,
    /// It may still be withdrawn: bidding has not begun.
    #[n(7)]
    BeforeBidding,
    /// It has begun and has not ended.
    #[n(8)]
    Running,
    /// It is shown to those who may see it.
    #[n(9)]
    Public,
    /// Its announcement is over.
    #[n(10)]
    Closed,
    /// Bids are taken.
    #[n(11)]
    Bidding,
    /// Somebody won.
    #[n(12)]
    Awarded,
}

impl Needs {
    /// The stages.
    #[must_use]
    pub const fn stages(self) -> &'static [Stage] {
        match self {
            Self::Writable => &[Stage::Draft, Stage::ToBeCompleted],
            Self::Submitted => &[Stage::Submitted],
            Self::Accepted => &[Stage::Accepted],
            Self::Announced => &[Stage::Announced],
            Self::Suspended => &[Stage::Suspended],
            Self::AnnouncedOrClosed => &[Stage::Announced, Stage::Closed],
            Self::OnTheBoard => &[Stage::Announced, Stage::Suspended],
            Self::BeforeBidding => &[
                Stage::Draft,
                Stage::Submitted,
                Stage::ToBeCompleted,
                Stage::Accepted,
                Stage::Announced,
                Stage::Suspended,
                Stage::Closed,
            ],
            Self::Running => &[
                Stage::Submitted,
                Stage::ToBeCompleted,
                Stage::Accepted,
                Stage::Announced,
                Stage::Suspended,
                Stage::Closed,
                Stage::Bidding,
                Stage::Awarded,
            ],
            Self::Public => &[
                Stage::Announced,
                Stage::Suspended,
                Stage::Closed,
                Stage::Bidding,
                Stage::Awarded,
                Stage::HandedOver,
            ],
            Self::Closed => &[Stage::Closed],
            Self::Bidding => &[Stage::Bidding],
            Self::Awarded => &[Stage::Awarded],
        }
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, stage) in self.stages().iter().enumerate() {
            if place != 0 {
                f.write_str(" or ")?;
            }
            f.write_str(stage.name())?;
        }
        Ok(())
    }
}

/// Why a listing ended without a deal (终结原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum EndReason {
    /// Its announcement passed and nobody came (无人报名).
    #[n(0)]
    NoBidder,
    /// Bidding led to no award, or the award to no deal (流拍).
    #[n(1)]
    Failed,
    /// A gate said no: a consent or an approval was refused (未获同意).
    #[n(2)]
    GateRefused,
    /// It stood for as long as a listing may (挂牌期满).
    #[n(3)]
    Removed,
}
