//! The names by which people give and read the enums of the market.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use sfund_sdk::{
    Cause, Closing, Direction, KeyScope, LegalForm, LockKind, PartyForm, PartyStatus, Permission,
    ProposalEnd, Role, SelfTrade, Side, TradingState, TransferOutcome,
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
}
