//! Policy packs: the law and the venue's conventions as data (规则包).
//!
//! Every number of the rulebook is a field here; no rule has a constant in code. A pack enters
//! by command, has a version, and each segment runs under one.

pub mod choice;
#[cfg(test)]
pub(crate) mod fixture;
pub mod listing;
pub mod matching;
pub mod overlay;
pub mod parameter;

use minicbor::{Decode, Encode};

use crate::amount::{Money, Ppm};
use crate::policy::listing::ListingRules;
use crate::policy::matching::MatchingRules;
use crate::policy::overlay::Overlay;
use crate::time::Date;

/// Longest code of a party, fund, segment or pack, in bytes.
pub const CODE_BYTES_MAX: usize = 64;
/// Longest name or free text, in bytes.
pub const TEXT_BYTES_MAX: usize = 512;
/// Most parties a venue registers.
pub const PARTIES_MAX: usize = 1_000_000;
/// Most funds a venue registers.
pub const FUNDS_MAX: usize = 1_000_000;
/// Most segments named when the venue opens.
pub const FIRST_SEGMENTS_MAX: usize = 8;
/// Most segments a venue opens.
pub const SEGMENTS_MAX: usize = 64;
/// Most fee schedules ever in force, over all segments.
pub const SCHEDULES_MAX: usize = 65_536;
/// Most tiers of one fee schedule.
pub const TIERS_MAX: usize = 8;
/// Most holidays, and most make-up days, of one calendar: of more than thirty years. With the widest
/// of everything else, the entry that opens a venue is still one that the journal takes.
pub const CALENDAR_DAYS_MAX: usize = 1_024;
/// Most keys, live or revoked.
pub const KEYS_MAX: usize = 1_000_000;
/// Most locks of units in force.
pub const LOCKS_MAX: usize = 1_000_000;
/// Most cash transfers that wait for the bank.
pub const TRANSFERS_MAX: usize = 100_000;
/// Most proposals that wait for a second person.
pub const PROPOSALS_MAX: usize = 10_000;
/// Most intentions on the board.
pub const INTENTIONS_MAX: usize = 1_000_000;
/// Most counterparties suggested for one intention.
pub const SUGGESTIONS_MAX: usize = 8;
/// Most orders open at once over all books.
pub const ORDERS_MAX: u32 = 16_000_000;
/// Most attempt ids remembered. The engine's own tests do with fewer, so that one can reach it.
pub const ATTEMPTS_MAX: usize = if cfg!(test) { 65_536 } else { 16_777_216 };
/// Most attempt ids remembered of one caller: nobody alone keeps all others out. Staff may go on.
pub const ATTEMPTS_OF_CALLER_MAX: usize = ATTEMPTS_MAX / 4;
/// Attempt ids that only staff may add: a venue that is full can still be halted.
pub const ATTEMPTS_OF_STAFF: usize = ATTEMPTS_MAX / 16;
/// How long an attempt id is remembered, in seconds.
pub const ATTEMPT_SECONDS: u64 = 24 * 3_600;
/// How long a proposal waits for a second person, in seconds.
pub const PROPOSAL_SECONDS: u64 = 7 * 24 * 3_600;
/// Most deadlines handled in one entry.
pub const ADVANCE_MAX: usize = 256;
/// Most order slots looked at in one step of a sweep.
pub const SWEEP_SLOTS_MAX: u32 = 65_536;
/// Most cash of one party, transfer or order: 10 trillion, in fen.
pub const CASH_MAX: Money = Money::from_fen(1_000_000_000_000_000);
/// Most units of one fund, in hundredths.
pub const UNITS_E2_MAX: u64 = 1_000_000_000_000_000;
/// Most staff named when the venue opens.
pub const STAFF_MAX: usize = 32;
/// Most extensions of the term of one fund.
pub const EXTENSIONS_MAX: usize = 64;
/// Most investors that one party counts as.
pub const LOOK_THROUGH_MAX: u32 = 1_000_000;
/// Highest holder cap of a pack.
pub const HOLDER_CAP_MAX: u32 = 1_000_000;
/// Most trading days between buying and selling the same fund.
pub const TURNAROUND_DAYS_MAX: u16 = 366;
/// Most trades and closings of one incoming order that a pack may allow: with numbers of the widest
/// kind, so many still fit one entry of the journal.
pub const FILLS_MAX: u32 = 500;
/// Most conditional orders that one incoming order passes over because it is too small for them:
/// each costs a look and trades nothing.
pub const PASSES_MAX: u32 = 1_024;
/// Most tranches of an iceberg order that a pack may allow.
pub const TRANCHES_MAX: u32 = 1_000;
/// Widest price band: as much again as the reference price.
pub const PRICE_BAND_MAX: Ppm = Ppm::new(1_000_000);
/// Highest tick and reference price: a billion a unit, in ten-thousandths.
pub const PRICE_E4_MAX: u64 = 10_000_000_000_000;
/// Minutes of a day, and furthest offset from UTC.
pub const DAY_MINUTES: u16 = 1_440;
/// Seconds of a day.
pub const DAY_SECONDS: u64 = 86_400;
/// Most intentions looked at for suggestions to one.
pub const SUGGESTIONS_SEEN_MAX: usize = 1_024;
/// The dearest fee: 10 %.
pub const FEE_MAX: Ppm = Ppm::new(100_000);

/// Most listings that a pack may let one party have open.
pub const LISTINGS_PER_PARTY_MAX: u64 = 10_000;
/// Most documents that a pack may let one listing have.
pub const DOCUMENTS_MAX: u64 = 256;
/// Most bidders that a pack may let one lot have.
pub const BIDDERS_PER_LOT_MAX: u64 = 10_000;
/// Most bids that a pack may let one lot take.
pub const BIDS_PER_LOT_MAX: u64 = 100_000;
/// Most offers that a pack may let one negotiation take.
pub const OFFERS_MAX: u64 = 1_000;
/// Most parties that a pack may let one ask for a quote.
pub const QUOTE_PARTIES_MAX: u64 = 1_000;
/// Most criteria that a pack may let one tender have.
pub const CRITERIA_MAX: u64 = 32;
/// Most funds that a pack may let one package have.
pub const PACKAGE_FUNDS_MAX: u64 = 256;

/// Whether something is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Permission {
    /// It is forbidden.
    #[n(0)]
    Forbidden,
    /// It is allowed.
    #[n(1)]
    Allowed,
}

/// A pack: one value for each parameter of the rulebook (规则包).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Pack {
    /// What the pack is called, as `cn-regional`.
    #[n(0)]
    pub code: String,
    /// Version from 1; a later pack of the same code has a higher one.
    #[n(1)]
    pub version: u32,
    /// First date on which the pack may judge.
    #[n(2)]
    pub valid_from: Date,
    /// Whose law it states, as `CN-JS`.
    #[n(3)]
    pub jurisdiction: String,
    /// A1: continuous two-sided trading (连续竞价).
    #[n(4)]
    pub continuous: Permission,
    /// A1: call auctions (集合竞价).
    #[n(5)]
    pub call_auction: Permission,
    /// A2: trading days between buying and selling the same fund; 0 turns the rule off.
    #[n(6)]
    pub turnaround_trading_days: u16,
    /// A3: most holders by legal form, looked through.
    #[n(7)]
    pub holder_caps: HolderCaps,
    /// A4: who may buy.
    #[n(8)]
    pub investors: InvestorRules,
    /// A6: province in which a fund or its manager is registered; `None` admits any.
    #[n(9)]
    pub province: Option<String>,
    /// Half-width of the band around the reference price; `None` sets no band.
    #[n(10)]
    pub price_band: Option<Ppm>,
    /// Minutes of the venue's day in which orders are taken; `None` is around the clock.
    #[n(11)]
    pub trading_hours: Option<Hours>,
    /// Limits on what one order or party may take of the machine.
    #[n(12)]
    pub limits: Limits,
    /// B, D and what A says of a listing; a pack that was adopted before there were listings says
    /// nothing, and allows none.
    #[n(13)]
    pub listing: Option<ListingRules>,
    /// Limits of a qualified matching service; none where no such law applies.
    #[n(14)]
    pub matching: Option<MatchingRules>,
}

/// Which version of which pack, or overlay (规则包版本).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PackVersion {
    /// Its code.
    #[n(0)]
    pub code: String,
    /// Its version.
    #[n(1)]
    pub version: u32,
}

/// Under which rules something was judged (适用规则版本).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct JudgedBy {
    /// The pack of the segment.
    #[n(0)]
    pub pack: PackVersion,
    /// The overlay, where the seller is one of its kind.
    #[n(1)]
    pub overlay: Option<PackVersion>,
}

impl Pack {
    /// Its code and version.
    #[must_use]
    pub fn edition(&self) -> PackVersion {
        PackVersion { code: self.code.clone(), version: self.version }
    }
}

impl Overlay {
    /// Its code and version.
    #[must_use]
    pub fn edition(&self) -> PackVersion {
        PackVersion { code: self.code.clone(), version: self.version }
    }
}

impl std::fmt::Display for PackVersion {
    /// As `cn-regional 3`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.version)
    }
}

/// A3: most holders by legal form (持有人上限).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HolderCaps {
    /// Limited partnership (有限合伙): 合伙企业法 61.
    #[n(0)]
    pub partnership: u32,
    /// Limited liability company (有限责任公司).
    #[n(1)]
    pub limited_liability: u32,
    /// Joint stock company (股份有限公司).
    #[n(2)]
    pub joint_stock: u32,
    /// Contract type (契约型).
    #[n(3)]
    pub contract: u32,
}

/// A4: who is a qualified investor (合格投资者).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct InvestorRules {
    /// Least money that a buyer has in one fund when its order is filled.
    #[n(0)]
    pub investment_min: Money,
    /// Least net assets of an institution.
    #[n(1)]
    pub entity_net_assets_min: Money,
    /// Least financial assets of an institution; zero asks for none.
    #[n(2)]
    pub entity_financial_assets_min: Money,
    /// Least financial assets of a person.
    #[n(3)]
    pub person_financial_assets_min: Money,
    /// Or least average income of a person over three years.
    #[n(4)]
    pub person_income_min: Money,
    /// Whether natural persons may buy at all.
    #[n(5)]
    pub natural_persons: Permission,
}

/// Minutes of the venue's day, `opens <= minute < closes` (交易时段).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hours {
    /// First minute, 0 to 1,439.
    #[n(0)]
    pub opens_minute: u16,
    /// First minute after, 1 to 1,440.
    #[n(1)]
    pub closes_minute: u16,
}

/// Limits that keep one order or party from taking the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Limits {
    /// Most trades and closings of one incoming order; what is left of it is then cancelled.
    #[n(0)]
    pub fills_max: u32,
    /// Most orders that one party has open.
    #[n(1)]
    pub orders_per_party_max: u32,
    /// Most tranches of an iceberg order.
    #[n(2)]
    pub tranches_max: u32,
    /// Longest life of a dated order, in days.
    #[n(3)]
    pub order_days_max: u16,
    /// Longest life of an intention, in days.
    #[n(4)]
    pub intention_days_max: u16,
    /// Most intentions that one party has on the board.
    #[n(5)]
    pub intentions_per_party_max: u32,
}

/// Fees of a segment by tier; a party's tier picks the row (费率表).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Fees {
    /// One row a tier, 1 to [`TIERS_MAX`] of them.
    #[n(0)]
    pub tiers: Vec<Rates>,
}

impl Fees {
    /// The row of a tier; the last row stands for those it does not have. `None` without rows.
    #[must_use]
    #[inline]
    pub fn rates(&self, tier: u8) -> Option<Rates> {
        self.tiers.get(usize::from(tier)).or(self.tiers.last()).copied()
    }
}

impl Rates {
    /// The dearest rate that a buyer can meet.
    #[must_use]
    #[inline]
    pub fn buy_max(&self) -> Ppm {
        self.maker_buy.max(self.taker_buy)
    }

    /// The dearest rate that a seller can meet.
    #[must_use]
    #[inline]
    pub fn sell_max(&self) -> Ppm {
        self.maker_sell.max(self.taker_sell)
    }
}

/// Fee rates of one tier, by side and by who was in the book first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Rates {
    /// Buyer whose order rested.
    #[n(0)]
    pub maker_buy: Ppm,
    /// Seller whose order rested.
    #[n(1)]
    pub maker_sell: Ppm,
    /// Buyer whose order came in.
    #[n(2)]
    pub taker_buy: Ppm,
    /// Seller whose order came in.
    #[n(3)]
    pub taker_sell: Ppm,
}
