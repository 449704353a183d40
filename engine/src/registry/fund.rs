//! Funds: what trades here (基金).

use std::fmt;

use minicbor::{Decode, Encode};

use crate::amount::{Price, Units};
use crate::id::{FundId, PartyId, SegmentId};
use crate::policy::HolderCaps;
use crate::reject::Reject;
use crate::time::{Date, Time};

/// Legal form of a fund (组织形式). A3 sets its holder cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LegalForm {
    /// Limited partnership (有限合伙).
    #[n(0)]
    Partnership,
    /// Limited liability company (有限责任公司).
    #[n(1)]
    LimitedLiability,
    /// Joint stock company (股份有限公司).
    #[n(2)]
    JointStock,
    /// Contract type (契约型).
    #[n(3)]
    Contract,
}

impl LegalForm {
    /// A3: most holders of a fund of this form, looked through.
    #[must_use]
    #[inline]
    pub const fn holder_cap(self, caps: &HolderCaps) -> u32 {
        match self {
            Self::Partnership => caps.partnership,
            Self::LimitedLiability => caps.limited_liability,
            Self::JointStock => caps.joint_stock,
            Self::Contract => caps.contract,
        }
    }
}

/// An ISO 4217 currency code, three capital letters (币种).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Currency(#[cbor(n(0), with = "minicbor::bytes")] [u8; 3]);

impl Currency {
    /// Renminbi.
    pub const CNY: Self = Self(*b"CNY");

    /// The currency of this code, or `None` if it is not three capital letters.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    pub(crate) const fn bytes(self) -> [u8; 3] {
        self.0
    }

    /// Whether the code is three capital letters; decoded bytes may hold anything.
    #[must_use]
    pub fn is_sound(self) -> bool {
        self.0.iter().all(u8::is_ascii_uppercase)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or("???"))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a fund is: what is said of it when it registers. What orders ask for lies together.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[repr(C)]
pub struct FundDetails {
    /// Smallest step of its price (最小变动价位).
    #[n(7)]
    pub tick: Price,
    /// Units of one lot; orders are whole lots (每手份额). A lot times a tick is whole fen.
    #[n(8)]
    pub lot: Units,
    /// A5: fewest units of an order that does not sell out, and of what it leaves (最低转让份额).
    #[n(9)]
    pub minimum_ticket: Units,
    /// Holder cap of the fund's own agreement, where it is lower than the law's.
    #[n(10)]
    pub holder_cap: Option<u32>,
    /// Last day of its term (存续期).
    #[n(11)]
    pub term_ends: Date,
    /// Segment in which it trades.
    #[n(6)]
    pub segment: SegmentId,
    /// Who manages it (管理人).
    #[n(2)]
    pub manager: PartyId,
    /// Currency of its price.
    #[n(5)]
    pub currency: Currency,
    /// Legal form.
    #[n(3)]
    pub legal_form: LegalForm,
    /// Unique code, 1 to 64 bytes of printable text without spaces.
    #[n(0)]
    pub code: String,
    /// Name, 1 to 512 bytes.
    #[n(1)]
    pub name: String,
    /// A6: province of registration, as `JS`.
    #[n(4)]
    pub province: String,
}

/// Whether something trades (交易状态).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum TradingState {
    /// It trades.
    #[n(0)]
    Open,
    /// No order is taken or trades; orders stay and may be cancelled (暂停交易).
    #[n(1)]
    Halted,
    /// No order is taken and none is left (休市).
    #[n(2)]
    Closed,
}

/// Price around which orders are admitted, and where it comes from (参考价).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Reference {
    /// The price.
    #[n(0)]
    pub price: Price,
    /// Where it comes from, 1 to 512 bytes.
    #[n(1)]
    pub source: String,
    /// Moment from which it is stale (rule G4).
    #[n(2)]
    pub valid_until: Time,
    /// When it was set.
    #[n(3)]
    pub set_at: Time,
}

/// A registered fund. Its order book has the fund's own number.
///
/// What orders ask for and change lies in its first two cache lines.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[repr(C, align(64))]
pub struct Fund {
    /// Price of its last trade.
    #[n(6)]
    pub last_price: Option<Price>,
    /// E5: units issued; the holdings always sum to it.
    #[n(1)]
    pub issued: Units,
    /// A3: holders, looked through.
    #[n(2)]
    pub holders: u32,
    /// Orders open in its book.
    #[n(7)]
    pub orders_open: u32,
    /// Whether its book trades.
    #[n(3)]
    pub state: TradingState,
    /// What it is.
    #[n(0)]
    pub details: FundDetails,
    /// Ends of term before each extension, oldest first (展期).
    #[n(4)]
    pub extensions: Vec<Date>,
    /// Its reference price, if one was set.
    #[n(5)]
    pub reference: Option<Reference>,
}

impl Fund {
    /// Refuses a fund whose term was over before `today`.
    #[inline]
    pub(crate) fn check_term(&self, fund: FundId, today: Date) -> Result<(), Reject> {
        let term_ends = self.details.term_ends;
        if today <= term_ends { Ok(()) } else { Err(Reject::TermEnded { fund, term_ends }) }
    }
}
