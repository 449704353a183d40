//! The words that refusals are made of: what they are about, who asked, what is lacking.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::amount::Money;
use crate::command::CommandKind;
use crate::registry::party::Role;
use crate::time::Date;

macro_rules! field_names {
    ($($(#[doc = $doc:literal])* $number:literal $name:ident $text:literal;)*) => {
        /// What a refusal is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
        #[cbor(index_only)]
        pub enum Field {
            $($(#[doc = $doc])* #[n($number)] $name,)*
        }

        impl fmt::Display for Field {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

field_names! {
    /// A unique code.
    0 Code "code";
    /// A name.
    1 Name "name";
    /// A reason.
    2 Reason "reason";
    /// Evidence of an act.
    3 Evidence "evidence";
    /// A certifier.
    4 Certifier "certifier";
    /// A bank reference.
    5 Reference "reference";
    /// A price source.
    6 Source "source";
    /// A jurisdiction.
    7 Jurisdiction "jurisdiction";
    /// A province.
    8 Province "province";
    /// An amount of cash.
    9 Amount "amount";
    /// A number of units.
    10 Units "units";
    /// A price.
    11 Price "price";
    /// A tick.
    12 Tick "tick";
    /// A lot.
    13 Lot "lot";
    /// A minimum ticket.
    14 MinimumTicket "minimum_ticket";
    /// A holder cap.
    15 HolderCap "holder_cap";
    /// A look-through count.
    16 LookThrough "look_through";
    /// A fee tier.
    17 Tier "tier";
    /// A fee rate.
    18 Rate "rate";
    /// Fee tiers.
    19 Tiers "tiers";
    /// Holidays.
    20 Holidays "holidays";
    /// Make-up days.
    21 MakeupDays "makeup_days";
    /// The span of a calendar.
    22 CalendarSpan "calendar_span";
    /// A pack's version.
    23 Version "version";
    /// Trading hours.
    24 TradingHours "trading_hours";
    /// Limits of a pack.
    25 Limits "limits";
    /// An offset from UTC, as minutes + 1,440.
    26 UtcOffset "utc_offset";
    /// Staff of the venue.
    27 Staff "staff";
    /// Segments.
    28 Segments "segments";
    /// Parties.
    29 Parties "parties";
    /// Funds.
    30 Funds "funds";
    /// Keys.
    31 Keys "keys";
    /// Locks.
    32 Locks "locks";
    /// Transfers that wait.
    33 Transfers "transfers";
    /// Proposals that wait.
    34 Proposals "proposals";
    /// Intentions.
    35 Intentions "intentions";
    /// Open orders.
    36 Orders "orders";
    /// Fee schedules.
    37 Schedules "schedules";
    /// When something expires.
    38 Expires "expires";
    /// A pledgee.
    39 Pledgee "pledgee";
    /// Investor rules of a pack.
    40 Investors "investors";
    /// A price band.
    41 PriceBand "price_band";
    /// Extensions of a term.
    42 Extensions "extensions";
    /// Sweeps that run.
    43 Sweeps "sweeps";
    /// A member that acts for a party.
    44 Member "member";
    /// The end of a term.
    45 TermEnds "term_ends";
    /// A party's status.
    46 Status "status";
    /// A trading state.
    47 TradingState "trading_state";
    /// A group of affiliated parties.
    48 Group "group";
    /// Rules of a pack for listings.
    49 ListingRules "listing_rules";
    /// Rules of an overlay for state-owned sellers.
    50 StateRules "state_rules";
    /// Rules of a pack for a qualified matching service.
    51 MatchingRules "matching_rules";
    /// What a teaser says.
    60 Headline "headline";
    /// A deposit, in parts per million.
    61 Deposit "deposit";
    /// An announcement, in working days.
    62 AnnouncementDays "announcement_working_days";
    /// A period, in days.
    63 Period "period";
    /// Terms of payment.
    64 Payment "payment";
    /// A filing number.
    65 Filing "filing";
    /// Disclosure fields.
    66 Disclosures "disclosures";
    /// Documents.
    67 Documents "documents";
    /// A document's size in bytes.
    68 DocumentSize "document_size_bytes";
    /// Listings.
    69 Listings "listings";
    /// Reasons.
    70 Reasons "reasons";
    /// Those who accepted confidentiality terms.
    71 Readers "readers";
    /// Whether a lot may be shared.
    72 Portion "portion";
    /// Lots of a listing that may be shared.
    73 SharedLots "shared_lots";
    /// When bidding begins.
    80 Begins "begins";
    /// Length of a phase of bidding, in seconds.
    81 PhaseSeconds "phase_seconds";
    /// Criteria of a tender.
    82 Criteria "criteria";
    /// A weight of a tender.
    83 Weight "weight";
    /// What the price weighs in a tender, in parts per million of all weights.
    84 PriceWeight "price_weight";
    /// Those who are asked for a quote.
    85 Asked "asked";
    /// When a call auction opens.
    90 CallOpens "opens";
    /// How long a call auction takes orders, in seconds.
    91 CallSeconds "call_seconds";
    /// Trading days from one call auction to the next.
    92 CallInterval "repeats_every_trading_days";
    /// The last date of a repetition.
    93 CallUntil "repeats_until";
    /// Orders of all call auctions.
    94 CallOrders "call_orders";
}

/// The command that a refusal speaks of, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Asked(#[n(0)] u16);

impl From<CommandKind> for Asked {
    fn from(kind: CommandKind) -> Self {
        Self(kind.number())
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CommandKind::numbered(self.0).map_or("an unknown command", CommandKind::name))
    }
}

/// Who asked, as a refusal speaks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Asker {
    /// The venue's own machinery.
    #[n(0)]
    Venue,
    /// A party of this role.
    #[n(1)]
    Party(#[n(0)] Role),
    /// A party that is not registered.
    #[n(2)]
    Unknown,
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Venue => f.write_str("the venue"),
            Self::Party(role) => role.fmt(f),
            Self::Unknown => f.write_str("not registered"),
        }
    }
}

/// On which level trade is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum NotTradingLevel {
    /// The fund is halted.
    #[n(0)]
    FundHalted,
    /// The fund is closed.
    #[n(1)]
    FundClosed,
    /// The segment is halted.
    #[n(2)]
    SegmentHalted,
    /// The segment is closed.
    #[n(3)]
    SegmentClosed,
    /// The venue is halted.
    #[n(4)]
    VenueHalted,
    /// The venue is closed.
    #[n(5)]
    VenueClosed,
}

impl fmt::Display for NotTradingLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FundHalted => "the fund is halted",
            Self::FundClosed => "the fund is closed",
            Self::SegmentHalted => "the segment is halted",
            Self::SegmentClosed => "the segment is closed",
            Self::VenueHalted => "the venue is halted",
            Self::VenueClosed => "the venue is closed",
        })
    }
}

/// What a buyer lacks to be a qualified investor (rule A4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Shortfall {
    /// Nobody certified it.
    #[n(0)]
    NotCertified,
    /// The certificate ran out on this date.
    #[n(1)]
    Expired(#[n(0)] Date),
    /// The pack excludes natural persons.
    #[n(2)]
    PersonsExcluded,
    /// Net assets below this.
    #[n(3)]
    NetAssetsBelow(#[n(0)] Money),
    /// Financial assets below this.
    #[n(4)]
    FinancialAssetsBelow(#[n(0)] Money),
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCertified => f.write_str("nobody certified it"),
            Self::Expired(date) => write!(f, "its certificate ran out on {date}"),
            Self::PersonsExcluded => f.write_str("natural persons are excluded"),
            Self::NetAssetsBelow(least) => write!(f, "its net assets are below {least}"),
            Self::FinancialAssetsBelow(least) => {
                write!(f, "its financial assets are below {least}")
            }
        }
    }
}
