//! Every way the market says no (拒绝).
//!
//! A reject is an answer, not a failure: it is journaled, it has a number and a name that never
//! change meaning, it names the rule it rests on, and it states what was asked and what was
//! allowed. Numbers are never reused. The catalogue for people is `docs/REFUSALS.md`.
//!
//! Numbers are the order of precedence: a command that breaks two rules is refused for the one with
//! the smaller number. Where a rule can only be asked once another has an answer, it comes after
//! it, whatever its number:
//!
//! - Only the venue itself is told that it is open already (104): everyone else is not permitted to
//!   open it (105).
//! - From 110 to 114, and from 211 to 213, the parts of a command are looked at one after the
//!   other; the first that is wrong decides.
//! - A bound that the pack sets (111, the holder cap of a fund) is known once party, fund and
//!   segment are found (120 to 122).
//! - A key, lock, order or intention is looked up (123 to 128) before it is known whose it is; a
//!   holder who may not release a lock (105) is told so once the lock is found (127).
//! - The calendar (160) is asked by the rule that needs a date: trading hours (203), the end of the
//!   day (217), the turnaround (224), and the turnaround of those whom an order meets.
//! - A call auction is looked up (390) before it is known of which fund it is, and its order (394)
//!   before it is known whose; only then whether it is open (393).
//! - What is proposed is first decided as if it were approved; only then must there be room for one
//!   more proposal (150). A review is decided (126, 141) before the command that it approves.
//! - How much a bid is for (379, 380, and of a part 226, 223) is asked before what the lot knows of
//!   its bidder and its price (364 to 375).
//! - An amendment is for more than has traded (234) and changes something (235) before anybody asks
//!   whether its owner may hold what it then asks for (222 to 228).

mod words;

use minicbor::{Decode, Encode};
use thiserror::Error;

pub use self::words::{Asked, Asker, Field, NotTradingLevel, Shortfall};
use crate::access::Requirement;
use crate::amount::{Money, Ppm, Price, Units};
use crate::bidding::mode::{Code, Phase};
use crate::id::{
    BidId, CallId, CallOrderId, FundId, IntentionId, ListingId, LockId, OfferId, OrderId, PartyId,
    ProposalId, SegmentId, TransferId,
};
use crate::listing::confidentiality::Conflict;
use crate::listing::document::Sha256;
use crate::listing::gate::{GateKind, GateState};
use crate::listing::stage::{Needs, Stage};
use crate::listing::terms::Method;
use crate::registry::party::Role;
use crate::time::{Date, Time};

/// What kind of no it is; the service turns it into a gRPC status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectKind {
    /// What was asked makes no sense, whatever the state of the market.
    Malformed,
    /// The caller may not ask this.
    NotPermitted,
    /// What was named is not there, or the caller may not see it.
    NotFound,
    /// It is there already.
    AlreadyExists,
    /// A rule of the market forbids it now.
    Rule,
    /// A limit of the machine is reached.
    Exhausted,
}

/// One line of the catalogue of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its number, for ever.
    pub number: u32,
    /// Its name, for ever.
    pub name: &'static str,
    /// What kind of no it is.
    pub kind: RejectKind,
    /// Rule of the rulebook it rests on; empty where it is the venue's own.
    pub rule: &'static str,
    /// What it means, in a sentence or two.
    pub meaning: &'static str,
    /// What it says, with the names of its fields in braces.
    pub text: &'static str,
    /// Names of what was asked and what was allowed, in order.
    pub fields: &'static [&'static str],
}

macro_rules! rejects {
    ($(
        $(#[doc = $doc:literal])*
        $number:literal $name:literal $kind:ident $rule:literal $text:literal
        $variant:ident { $($index:literal $field:ident: $type:ty),* $(,)? }
    )*) => {
        /// Why a command was refused.
        ///
        /// Variants are ordered by precedence: a command that breaks two rules is refused for the
        /// earlier one, so a client sees the same answer on every replica and version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Encode, Decode)]
        pub enum Reject {
            $(
                $(#[doc = $doc])*
                #[n($number)]
                #[error($text)]
                $variant {
                    $(
                        #[doc = concat!("The `", stringify!($field), "` of the refusal.")]
                        #[n($index)]
                        $field: $type,
                    )*
                },
            )*
        }

        impl Reject {
            /// Every refusal, in order of precedence.
            pub const CATALOGUE: &'static [Refusal] = &[$(Refusal {
                number: $number,
                name: $name,
                kind: RejectKind::$kind,
                rule: $rule,
                meaning: concat!($($doc),*).trim_ascii(),
                text: $text,
                fields: &[$(stringify!($field)),*],
            },)*];

            /// This refusal's line in the catalogue.
            ///
            /// # Panics
            ///
            /// Never: the catalogue has a line for each variant.
            #[must_use]
            pub fn refusal(&self) -> &'static Refusal {
                let number: u32 = match self {
                    $(Self::$variant { .. } => $number,)*
                };
                let found = Self::CATALOGUE.iter().find(|line| line.number == number);
                found.expect("every variant is in the catalogue")
            }

            /// What was asked and what was allowed, by name.
            #[must_use]
            pub fn fields(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$variant { $($field),* } => {
                        vec![$((stringify!($field), $field.to_string())),*]
                    })*
                }
            }
        }
    };
}

rejects! {
    /// The attempt id was used by the same caller for something else within the last 24 hours.
    101 "ATTEMPT_REUSED" AlreadyExists "" "this attempt id was used for another request"
    AttemptReused {}

    /// The venue remembers as many attempts as it can; send again when older ones are forgotten.
    102 "TOO_MANY_ATTEMPTS" Exhausted "" "{limit} attempts are remembered, and no more can be"
    TooManyAttempts { 0 limit: u64 }

    /// The first command of a venue opens it.
    103 "VENUE_NOT_OPEN" Rule "" "the venue is not open yet"
    VenueNotOpen {}

    /// A venue opens once.
    104 "VENUE_ALREADY_OPEN" AlreadyExists "" "the venue is open already"
    VenueAlreadyOpen {}

    /// The caller's role may not give this command, or not for this party.
    105 "NOT_PERMITTED" NotPermitted "" "{command} needs {needs}; the caller is {role}"
    NotPermitted { 0 command: Asked, 1 role: Asker, 2 needs: Requirement }

    /// A text is empty, too long, or holds what it may not.
    110 "BAD_TEXT" Malformed ""
    "{field} has {bytes} bytes; it takes 1 to {bytes_max} printable ones"
    BadText { 0 field: Field, 1 bytes: u64, 2 bytes_max: u64 }

    /// A number is outside its range.
    111 "OUT_OF_RANGE" Malformed "" "{field} is {value}; it takes {min} to {max}"
    OutOfRange { 0 field: Field, 1 value: u64, 2 min: u64, 3 max: u64 }

    /// A list has too many elements, or too few.
    112 "BAD_LENGTH" Malformed "" "{field} has {length} elements; it takes {min} to {max}"
    BadLength { 0 field: Field, 1 length: u64, 2 min: u64, 3 max: u64 }

    /// A currency is three capital letters.
    113 "BAD_CURRENCY" Malformed "" "a currency is three capital letters"
    BadCurrency {}

    /// A list that stands for a set names something twice or out of order, or a span is reversed.
    114 "INCONSISTENT" Malformed "" "{field} contradicts itself"
    Inconsistent { 0 field: Field }

    /// No party has this id.
    120 "PARTY_NOT_FOUND" NotFound "" "there is no {party}"
    PartyNotFound { 0 party: PartyId }

    /// No fund has this id.
    121 "FUND_NOT_FOUND" NotFound "" "there is no {fund}"
    FundNotFound { 0 fund: FundId }

    /// No segment has this id.
    122 "SEGMENT_NOT_FOUND" NotFound "" "there is no {segment}"
    SegmentNotFound { 0 segment: SegmentId }

    /// No open order of the caller has this id.
    123 "ORDER_NOT_OPEN" NotFound "" "{order} is not open"
    OrderNotOpen { 0 order: OrderId }

    /// No intention of the caller with this id is on the board.
    124 "INTENTION_NOT_OPEN" NotFound "" "{intention} is not on the board"
    IntentionNotOpen { 0 intention: IntentionId }

    /// No transfer with this id waits for the bank.
    125 "TRANSFER_NOT_PENDING" NotFound "" "{transfer} does not wait for the bank"
    TransferNotPending { 0 transfer: TransferId }

    /// No proposal with this id waits for a second person.
    126 "PROPOSAL_NOT_OPEN" NotFound "" "{proposal} does not wait for anybody"
    ProposalNotOpen { 0 proposal: ProposalId }

    /// No lock with this id is in force.
    127 "LOCK_NOT_IN_FORCE" NotFound "" "{lock} is not in force"
    LockNotInForce { 0 lock: LockId }

    /// No live key has this hash.
    128 "KEY_NOT_FOUND" NotFound "" "there is no such key, or it is revoked"
    KeyNotFound {}

    /// A code names one thing.
    130 "CODE_TAKEN" AlreadyExists "" "this code belongs to number {number} of its kind"
    CodeTaken { 0 number: u64 }

    /// A key is issued once.
    131 "KEY_EXISTS" AlreadyExists "" "this key is issued already"
    KeyExists {}

    /// The party's role does not fit: a manager manages, a lender takes pledges, an investor holds.
    140 "WRONG_ROLE" Rule "A9" "{party} is {role}; it takes {needs}"
    WrongRole { 0 party: PartyId, 1 role: Role, 2 needs: Requirement }

    /// Who asked may not be who approves.
    141 "SAME_PERSON" NotPermitted ""
    "{proposal} was made by {party}, and another person decides it"
    SamePerson { 0 proposal: ProposalId, 1 party: PartyId }

    /// A venue opens with somebody to run it, somebody else to approve, and a bank.
    142 "STAFF_INCOMPLETE" Malformed "" "the staff has no {role}"
    StaffIncomplete { 0 role: Role }

    /// The venue has as many of these as it can.
    150 "REGISTRY_FULL" Exhausted "" "there are {limit} of {field}, and no more can be"
    RegistryFull { 0 field: Field, 1 limit: u64 }

    /// The calendar does not speak for a date that the rule needs.
    160 "OUTSIDE_CALENDAR" Rule "I3" "the calendar does not reach {date}"
    OutsideCalendar { 0 date: Date }

    /// A calendar replaces the one before it, and no other.
    161 "CALENDAR_NOT_NEXT" Rule "I3" "calendar version {version} does not follow {current}"
    CalendarNotNext { 0 version: u32, 1 current: u32 }

    /// A pack replaces an earlier version of itself.
    162 "PACK_NOT_NEWER" Rule "" "pack version {version} is not newer than {current}"
    PackNotNewer { 0 version: u32, 1 current: u32 }

    /// A pack judges from its first date on.
    163 "PACK_NOT_YET_VALID" Rule "" "the pack is valid from {valid_from} on"
    PackNotYetValid { 0 valid_from: Date }

    /// A lot at one tick is a whole number of fen, so that the cash of every trade is exact.
    170 "TICK_NOT_WHOLE_FEN" Malformed "" "a lot of {lot} at a tick of {tick} is no whole fen"
    TickNotWholeFen { 0 tick: Price, 1 lot: Units }

    /// The fund is registered outside the venue's province.
    171 "PROVINCE_NOT_ADMITTED" Rule "A6" "the segment does not admit funds of this province"
    ProvinceNotAdmitted {}

    /// An extension ends later than the term it extends.
    172 "TERM_NOT_EXTENDED" Rule "" "{until} does not extend a term that ends on {term_ends}"
    TermNotExtended { 0 until: Date, 1 term_ends: Date }

    /// A moment that must lie ahead does not.
    173 "NOT_IN_THE_FUTURE" Malformed "" "{field} is {value}; it must be after {now}"
    NotInTheFuture { 0 field: Field, 1 value: Time, 2 now: Time }

    /// What is asked for is so already.
    174 "NO_CHANGE" Rule "" "{field} is so already"
    NoChange { 0 field: Field }

    /// The segment's pack says nothing of listings: it is older than they are, and allows none.
    176 "NO_LISTING_RULES" Rule "A1" "the pack of {segment} has no rules for listings"
    NoListingRules { 0 segment: SegmentId }

    /// A state-owned seller lists only where an overlay says what binds it.
    177 "NO_STATE_RULES" Rule "C1" "{segment} has no rules for state-owned sellers"
    NoStateRules { 0 segment: SegmentId }

    /// The segment's pack forbids firm orders; the intention board is open.
    200 "MODE_FORBIDDEN" Rule "A1" "the segment allows no continuous trading; post an intention"
    ModeForbidden {}

    /// The party is suspended.
    201 "PARTY_SUSPENDED" Rule "" "{party} is suspended"
    PartySuspended { 0 party: PartyId }

    /// The fund, its segment or the venue is halted or closed.
    202 "NOT_TRADING" Rule "" "{fund} does not trade now: {level}"
    NotTrading { 0 fund: FundId, 1 level: NotTradingLevel }

    /// The segment takes orders in its hours of a trading day only.
    203 "OUT_OF_HOURS" Rule "" "the segment takes orders again from {opens} on"
    OutOfHours { 0 opens: Time }

    /// The fund's term is over.
    204 "TERM_ENDED" Rule "" "the term of {fund} ended on {term_ends}"
    TermEnded { 0 fund: FundId, 1 term_ends: Date }

    /// An order is for something.
    210 "NO_UNITS" Malformed "" "no units asked for"
    NoUnits {}

    /// A price is a whole number of ticks, from one on.
    211 "NOT_IN_TICKS" Malformed "" "{price} is no whole number of ticks of {tick}"
    NotInTicks { 0 price: Price, 1 tick: Price }

    /// Units are a whole number of lots.
    212 "NOT_IN_LOTS" Malformed "" "{units} is no whole number of lots of {lot}"
    NotInLots { 0 units: Units, 1 lot: Units }

    /// The order is worth more than an order may be.
    213 "ORDER_TOO_LARGE" Malformed "" "an order takes at most {cash_max} of cash and 2^32 - 1 lots"
    OrderTooLarge { 0 cash_max: Money }

    /// An iceberg shows less than it is, and not too little of it, and rests.
    214 "BAD_ICEBERG" Malformed ""
    "a peak lies from {peak_min} to less than the order, and it rests"
    BadIceberg { 0 peak_min: Units }

    /// A least quantity is at most the order, and needs no peak beside it.
    215 "BAD_MINIMUM" Malformed "" "a minimum is at most {units}, and goes without a peak"
    BadMinimum { 0 units: Units }

    /// What the order says of its time contradicts what else it says.
    216 "BAD_TIME_IN_FORCE" Malformed "" "this time in force does not go with the rest of the order"
    BadTimeInForce {}

    /// A dated order ends ahead, within the pack's span.
    217 "EXPIRY_OUT_OF_RANGE" Rule "" "{expires} is not after {now} and at most {latest}"
    ExpiryOutOfRange { 0 expires: Time, 1 now: Time, 2 latest: Time }

    /// The pack asks for a price band and the fund has no reference price, or a stale one.
    220 "NO_REFERENCE" Rule "G4" "{fund} has no reference price in force"
    NoReference { 0 fund: FundId }

    /// The price is outside the band around the reference price.
    221 "OUTSIDE_BAND" Rule "" "{price} is outside the band of {lowest} to {highest}"
    OutsideBand { 0 price: Price, 1 lowest: Price, 2 highest: Price }

    /// The buyer is no qualified investor, or no longer.
    222 "NOT_QUALIFIED" Rule "A4" "{party} is no qualified investor: {shortfall}"
    NotQualified { 0 party: PartyId, 1 shortfall: Shortfall }

    /// A buyer has at least this much in one fund once its order is filled.
    223 "BELOW_INVESTMENT_MIN" Rule "A4" "{invested} in {fund} is less than {minimum}"
    BelowInvestmentMin { 0 fund: FundId, 1 invested: Money, 2 minimum: Money }

    /// Buying and selling the same fund lie some trading days apart.
    224 "TURNAROUND_INTERVAL" Rule "A2"
    "{party} traded the other way on {last}; {days} trading days must pass"
    TurnaroundInterval { 0 party: PartyId, 1 last: Date, 2 days: u32 }

    /// The fund has as many holders as the law or its agreement allows, looked through.
    225 "HOLDER_CAP" Rule "A3" "{fund} has {holders} holders of {cap}; {joins} more do not fit"
    HolderCap { 0 fund: FundId, 1 holders: u32, 2 joins: u32, 3 cap: u32 }

    /// An order, and what it leaves, is not below the fund's minimum ticket.
    226 "BELOW_MINIMUM_TICKET" Rule "A5" "{units} is below the minimum ticket of {minimum}"
    BelowMinimumTicket { 0 units: Units, 1 minimum: Units }

    /// Units on offer, pledged or frozen are held and cannot be offered.
    227 "UNITS_NOT_AVAILABLE" Rule "A8"
    "{party} needs {wanted} units and has {available} available, \
        {offered} on offer, {pledged} pledged, {frozen} frozen"
    UnitsNotAvailable {
        0 party: PartyId, 1 wanted: Units, 2 available: Units,
        3 offered: Units, 4 pledged: Units, 5 frozen: Units,
    }

    /// A buy holds its worst price and fee; a withdrawal holds its amount.
    228 "CASH_NOT_AVAILABLE" Rule "A8"
    "{party} needs {wanted} of cash and has {available} available"
    CashNotAvailable { 0 party: PartyId, 1 wanted: Money, 2 available: Money }

    /// The party has as many orders open as one may.
    230 "TOO_MANY_ORDERS" Exhausted "" "{party} has {limit} orders open, and no more can be"
    TooManyOrders { 0 party: PartyId, 1 limit: u32 }

    /// The party has as many intentions on the board as one may.
    231 "TOO_MANY_INTENTIONS" Exhausted "" "{party} has {limit} intentions, and no more can be"
    TooManyIntentions { 0 party: PartyId, 1 limit: u32 }

    /// The order would take from the book.
    232 "POST_ONLY_WOULD_TRADE" Rule "" "the order would trade at {price} and asked not to"
    PostOnlyWouldTrade { 0 price: Price }

    /// The book does not hold what the order must trade at once.
    233 "NOT_FILLABLE" Rule "" "{fillable} of {units} could trade at once"
    NotFillable { 0 units: Units, 1 fillable: Units }

    /// An order is amended to more than has traded.
    234 "AMENDED_BELOW_FILLED" Rule "" "{filled} units have traded; {units} is not more"
    AmendedBelowFilled { 0 units: Units, 1 filled: Units }

    /// An amendment changes something.
    235 "NOTHING_TO_AMEND" Malformed "" "the amendment changes nothing"
    NothingToAmend {}

    /// A balance would be more than the ledger or the register takes.
    240 "BALANCE_TOO_LARGE" Exhausted "" "{party} would have more than the ledger takes"
    BalanceTooLarge { 0 party: PartyId }

    /// No listing that the caller may see has this id.
    300 "LISTING_NOT_FOUND" NotFound "" "there is no {listing}"
    ListingNotFound { 0 listing: ListingId }

    /// The listing stands at another point of its life.
    301 "LISTING_STAGE" Rule "" "{listing} is {stage}; this takes {needs}"
    ListingStage { 0 listing: ListingId, 1 stage: Stage, 2 needs: Needs }

    /// A listing that was submitted keeps its fund and its units: withdraw it to offer others.
    302 "LISTED_UNITS_FIXED" Rule "A8" "{listing} keeps its fund and its {units} units"
    ListedUnitsFixed { 0 listing: ListingId, 1 units: Units }

    /// The party has as many listings under way as one may.
    303 "TOO_MANY_LISTINGS" Exhausted "" "{party} has {limit} listings, and no more can be"
    TooManyListings { 0 party: PartyId, 1 limit: u32 }

    /// The listing was sent back as often as one may be.
    304 "TOO_MANY_SUBMISSIONS" Rule "" "{listing} was submitted {limit} times; withdraw it"
    TooManySubmissions { 0 listing: ListingId, 1 limit: u32 }

    /// The pack does not allow this way to find a buyer.
    305 "METHOD_FORBIDDEN" Rule "A1" "the segment allows no listing in the mode {method}"
    MethodForbidden { 0 method: Method }

    /// A deposit is at most the pack's share of the floor.
    306 "DEPOSIT_TOO_HIGH" Rule "D1" "a deposit of {deposit} of the floor is more than {most}"
    DepositTooHigh { 0 deposit: Ppm, 1 most: Ppm }

    /// An announcement, an extension or a repricing lasts at least so many working days.
    307 "ANNOUNCEMENT_TOO_SHORT" Rule "C2" "{days} working days are less than {least}"
    AnnouncementTooShort { 0 days: u16, 1 least: u16 }

    /// An announcement lasts at most so many working days.
    308 "ANNOUNCEMENT_TOO_LONG" Rule "C2" "{days} working days are more than {longest}"
    AnnouncementTooLong { 0 days: u16, 1 longest: u16 }

    /// An announcement is extended at most so often.
    309 "TOO_MANY_EXTENSIONS" Rule "C2" "{extensions} extensions are more than {most}"
    TooManyExtensions { 0 extensions: u16, 1 most: u16 }

    /// The pack wants the price at once.
    310 "INSTALMENTS_FORBIDDEN" Rule "C6" "the price is not paid in instalments here"
    InstalmentsForbidden {}

    /// A first instalment is at least the pack's share of the price.
    311 "FIRST_INSTALMENT_TOO_SMALL" Rule "C6" "a first part of {first} is less than {least}"
    FirstInstalmentTooSmall { 0 first: Ppm, 1 least: Ppm }

    /// Later instalments are secured and bear interest.
    312 "INTEREST_MISSING" Rule "C6" "what is paid later bears interest"
    InterestMissing {}

    /// A state-owned seller's price does not follow the interim period.
    313 "INTERIM_PRICE_FIXED" Rule "C5" "the agreed price does not follow the interim period"
    InterimPriceFixed {}

    /// Too little of what the pack wants disclosed is answered.
    314 "DISCLOSURE_INCOMPLETE" Rule "A5"
    "{answered} of {asked} disclosure fields are answered; it takes {least}"
    DisclosureIncomplete { 0 answered: u16, 1 asked: u16, 2 least: Ppm }

    /// A state-owned seller's price rests on a filed appraisal.
    315 "APPRAISAL_MISSING" Rule "C1" "a state-owned seller has a filed appraisal"
    AppraisalMissing {}

    /// A filed appraisal is good for so long from its base date, on this day too.
    316 "APPRAISAL_NOT_VALID" Rule "C1"
    "the appraisal of {base_date} is good until {last}, and not on {date}"
    AppraisalNotValid { 0 base_date: Date, 1 last: Date, 2 date: Date }

    /// A state-owned seller's floor is not below its share of the filed value.
    317 "FLOOR_TOO_LOW" Rule "C3" "a floor of {floor} is below {lowest}"
    FloorTooLow { 0 floor: Price, 1 lowest: Price }

    /// Without a buyer for so long, the appraisal is redone before the listing goes on.
    318 "APPRAISAL_TO_BE_REDONE" Rule "C2"
    "announced since {first} without a buyer; from {until} on it takes a new appraisal"
    AppraisalToBeRedone { 0 first: Date, 1 until: Date }

    /// The gate is not there, or does not wait for an answer.
    319 "GATE_NOT_RUNNING" Rule "B5" "the {gate} of {listing} does not wait for anybody"
    GateNotRunning { 0 listing: ListingId, 1 gate: GateKind }

    /// A listing is announced when every gate is green.
    320 "GATE_NOT_GREEN" Rule "B1" "the {gate} of {listing} is {state}"
    GateNotGreen { 0 listing: ListingId, 1 gate: GateKind, 2 state: GateState }

    /// The notice is delivered between the acceptance and today.
    321 "DELIVERY_OUT_OF_RANGE" Rule "B1" "{delivered} is not from {from} to {until}"
    DeliveryOutOfRange { 0 delivered: Date, 1 from: Date, 2 until: Date }

    /// A holder of the right of first refusal speaks once.
    322 "ANSWERED_ALREADY" AlreadyExists "B3" "{party} has answered for {listing}"
    AnsweredAlready { 0 party: PartyId, 1 listing: ListingId }

    /// After an offer of the seller was taken down, none is made known for a while.
    323 "RELISTING_PAUSE" Rule "A1" "no offer of this seller in the fund before {from}"
    RelistingPause { 0 from: Date }

    /// A suspension ends within the pack's span.
    324 "SUSPENSION_TOO_LONG" Rule "C2" "a suspension until {until} is past, or beyond {latest}"
    SuspensionTooLong { 0 until: Date, 1 latest: Date }

    /// An announcement is extended only if that was announced.
    325 "EXTENSION_NOT_ANNOUNCED" Rule "C2" "{listing} announced no extension"
    ExtensionNotAnnounced { 0 listing: ListingId }

    /// Who declared an intention is not met with another price.
    326 "LISTING_HAS_INTENTIONS" Rule "C2" "{listing} has {intentions} intentions at its price"
    ListingHasIntentions { 0 listing: ListingId, 1 intentions: u32 }

    /// The seller, its affiliates and the venue's staff do not bid.
    327 "CONFLICT_OF_INTEREST" Rule "A9" "{party} may not bid on {listing}: {why}"
    ConflictOfInterest { 0 party: PartyId, 1 listing: ListingId, 2 why: Conflict }

    /// The confidentiality terms are accepted once.
    328 "CONFIDENTIALITY_ACCEPTED" AlreadyExists "A5"
    "{party} has accepted the confidentiality terms of {listing}"
    ConfidentialityAccepted { 0 party: PartyId, 1 listing: ListingId }

    /// The full disclosure opens once the confidentiality terms are accepted.
    329 "CONFIDENTIALITY_NOT_ACCEPTED" Rule "A5"
    "{party} has not accepted the confidentiality terms of {listing}"
    ConfidentialityNotAccepted { 0 party: PartyId, 1 listing: ListingId }

    /// The listing has no such document.
    330 "DOCUMENT_NOT_FOUND" NotFound "" "{listing} has no document {document}"
    DocumentNotFound { 0 listing: ListingId, 1 document: Sha256 }

    /// A party declares an intention for a listing once.
    350 "ALREADY_DECLARED" AlreadyExists "D1" "{party} has declared an intention for {listing}"
    AlreadyDeclared { 0 listing: ListingId, 1 party: PartyId }

    /// No intention of the party for this listing waits for the venue's word.
    351 "NOT_DECLARED" NotFound "D1" "no intention of {party} for {listing} waits"
    NotDeclared { 0 listing: ListingId, 1 party: PartyId }

    /// Of one group only one party bids: nobody bids against itself.
    352 "RELATED_BIDDER" Rule "A9" "{party} is of one group with {other}, which would bid"
    RelatedBidder { 0 party: PartyId, 1 other: PartyId }

    /// The listing has as many who would bid as it can.
    353 "TOO_MANY_BIDDERS" Exhausted "" "{listing} takes {limit} bidders"
    TooManyBidders { 0 listing: ListingId, 1 limit: u64 }

    /// The right of first refusal is a partner's who claimed it: who holds no units has none.
    354 "NO_FIRST_REFUSAL" Rule "B4" "{party} holds nothing of the fund, or did not claim its right"
    NoFirstRefusal { 0 party: PartyId }

    /// No deposit of the party is due: it is not qualified, or has paid.
    355 "NO_DEPOSIT_DUE" Rule "D1" "no deposit of {party} for {listing} is due"
    NoDepositDue { 0 listing: ListingId, 1 party: PartyId }

    /// The deposit came after the last working day for it.
    356 "DEPOSIT_LATE" Rule "D1" "the deposit of {party} was due before {due}"
    DepositLate { 0 party: PartyId, 1 due: Time }

    /// Bidding opens once everybody who declared an intention has an answer, and no deposit is awaited.
    357 "INTENTION_WAITS" Rule "D1" "the intention of {party} for {listing} waits, or its deposit"
    IntentionWaits { 0 listing: ListingId, 1 party: PartyId }

    /// Two or more bid as was announced, a sole bidder negotiates; other ways are not open yet.
    358 "OTHER_METHOD" Rule "C4" "{listing} is sold by {method}, and these are no parameters of it"
    OtherMethod { 0 listing: ListingId, 1 method: Method }

    /// No deposit, no bid.
    359 "NO_DEPOSIT" Rule "D1" "no deposit of {party} for {listing} is held"
    NoDeposit { 0 listing: ListingId, 1 party: PartyId }

    /// The lot is sold in a way that knows nothing of the kind.
    360 "NOT_OF_THIS_MODE" Rule "" "the lot is not sold in this way"
    NotOfThisMode {}

    /// Nobody bids under this code.
    361 "NOT_ADMITTED" NotFound "" "nobody bids as {code}"
    NotAdmitted { 0 code: Code }

    /// Who defaulted does not bid again.
    362 "BIDDER_BARRED" Rule "D5" "{code} is barred from this lot"
    BidderBarred { 0 code: Code }

    /// It is for the other side to do this: a bid is not the seller's, an answer not the offerer's.
    363 "NOT_THIS_SIDE" Rule "" "this is for the other side to do"
    NotThisSide {}

    /// The lot takes this at another time.
    364 "NOT_IN_THIS_PHASE" Rule "D2" "the lot does not take this while it is {phase}"
    NotInThisPhase { 0 phase: Phase }

    /// A bid is in time if it comes before the end.
    365 "BID_LATE" Rule "D2" "it had to come before {ends}"
    BidLate { 0 ends: Time }

    /// The lot, or the bidder, has as many bids as it can.
    366 "TOO_MANY_BIDS" Exhausted "" "{limit} bids are taken, and no more can be"
    TooManyBids { 0 limit: u64 }

    /// Who leads does not bid on, be it to move the clock.
    367 "LEADS_ALREADY" Rule "D3" "{code} leads already"
    LeadsAlready { 0 code: Code }

    /// The price is below what is taken now.
    368 "BID_TOO_LOW" Rule "D2" "{price} is below {least}"
    BidTooLow { 0 price: Price, 1 least: Price }

    /// Only a holder of the right takes the price of another.
    369 "NO_PRIORITY" Rule "B4" "{code} has no right of first refusal"
    NoPriority { 0 code: Code }

    /// Nobody has bid yet.
    370 "NOTHING_TO_MATCH" Rule "B4" "there is no bid to match"
    NothingToMatch {}

    /// A holder of the same rank was earlier.
    371 "RIGHT_TAKEN" Rule "B4" "another holder of the right took this price already"
    RightTaken {}

    /// A sealed bid is handed in once, and cannot be withdrawn.
    372 "ALREADY_COMMITTED" AlreadyExists "D3" "{code} has handed in its bid"
    AlreadyCommitted { 0 code: Code }

    /// Nothing was handed in that could be revealed.
    373 "NO_COMMITMENT" NotFound "" "{code} has handed in no bid"
    NoCommitment { 0 code: Code }

    /// What was handed in is revealed.
    374 "ALREADY_REVEALED" AlreadyExists "" "{code} has revealed its bid"
    AlreadyRevealed { 0 code: Code }

    /// The terms are not those of the sealed bid.
    375 "SEAL_DIFFERS" Rule "" "this is not the bid that was handed in"
    SealDiffers {}

    /// No offer of this id is open between the two.
    376 "OFFER_NOT_OPEN" NotFound "" "{offer} is not open"
    OfferNotOpen { 0 offer: OfferId }

    /// Between seller and bidder one offer is open at a time: it is answered first.
    377 "OFFER_IS_OPEN" Rule "" "{offer} is open between the two"
    OfferIsOpen { 0 offer: OfferId }

    /// The party won nothing that it could sign for, or has signed.
    378 "NOT_THE_WINNER" Rule "D4" "{party} has nothing of {listing} to sign for"
    NotTheWinner { 0 listing: ListingId, 1 party: PartyId }

    /// A bid is for some lots of those that there are, or are left, and for no fewer at most than
    /// at least.
    379 "QUANTITY_OUT_OF_RANGE" Rule ""
    "a bid for {minimum} to {maximum} lots; there are {quantity}, the fewest first"
    QuantityOutOfRange { 0 minimum: u64, 1 maximum: u64, 2 quantity: u64 }

    /// The lot is sold whole, to one bidder.
    380 "WHOLE_LOT_ONLY" Rule "A1" "the lot is sold whole: {quantity} lots, no less and no more"
    WholeLotOnly { 0 quantity: u64 }

    /// The lot has no such bid, or it does not stand.
    381 "BID_NOT_FOUND" NotFound "" "{bid} is not there, or does not stand"
    BidNotFound { 0 bid: BidId }

    /// Each criterion has its points, in their range.
    382 "POINTS_OUT_OF_RANGE" Malformed ""
    "there are {criteria} criteria, of 0 to {points_max} points each"
    PointsOutOfRange { 0 criteria: u64, 1 points_max: u32 }

    /// No call auction with this id is scheduled or open.
    390 "CALL_NOT_FOUND" NotFound "" "there is no {call}, or it is over"
    CallNotFound { 0 call: CallId }

    /// The segment's pack allows no call auctions.
    391 "CALL_AUCTION_FORBIDDEN" Rule "A1" "the segment allows no call auctions"
    CallAuctionForbidden {}

    /// A fund has one call auction at a time: cancel it to schedule another.
    392 "CALL_EXISTS" AlreadyExists "" "{fund} has {call} already"
    CallExists { 0 fund: FundId, 1 call: CallId }

    /// A call auction takes orders, and lets go of them, from its opening until before its close.
    393 "CALL_NOT_OPEN" Rule "" "{call} is open from {opens} on and before {closes}"
    CallNotOpen { 0 call: CallId, 1 opens: Time, 2 closes: Time }

    /// No open order of the caller in this call auction has this id.
    394 "CALL_ORDER_NOT_OPEN" NotFound "" "{order} of {call} is not open"
    CallOrderNotOpen { 0 call: CallId, 1 order: CallOrderId }

    /// A call auction closes on a trading day.
    395 "NO_TRADING_DAY" Rule "I3" "{date} is no trading day"
    NoTradingDay { 0 date: Date }

    /// The call auction has as many orders as one can.
    396 "CALL_FULL" Exhausted "" "{call} has {limit} orders, and no more can be"
    CallFull { 0 call: CallId, 1 limit: u64 }

    /// Nobody of one group stands on both sides of a call auction.
    397 "BOTH_SIDES" Rule "A9" "{party} is of one group with {other}, which is on the other side"
    BothSides { 0 party: PartyId, 1 other: PartyId }
}

impl Reject {
    /// The name of the refusal, as `UNITS_NOT_AVAILABLE`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.refusal().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_of_refusals_are_unique_and_ordered() {
        for pair in Reject::CATALOGUE.windows(2) {
            assert!(pair[0].number < pair[1].number, "{} then {}", pair[0].name, pair[1].name);
        }
        let mut names: Vec<_> = Reject::CATALOGUE.iter().map(|line| line.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reject::CATALOGUE.len());
    }

    #[test]
    fn a_refusal_says_what_was_asked_and_what_was_allowed() {
        let reject = Reject::HolderCap { fund: FundId::new(3), holders: 50, joins: 1, cap: 50 };
        assert_eq!(reject.to_string(), "fund-3 has 50 holders of 50; 1 more do not fit");
        assert_eq!((reject.name(), reject.refusal().rule), ("HOLDER_CAP", "A3"));
        assert_eq!(reject.fields()[3], ("cap", "50".to_owned()));
        let bytes = minicbor::to_vec(reject).unwrap();
        assert_eq!(minicbor::decode::<Reject>(&bytes).unwrap(), reject);
    }
}
