//! Every event (事件): what has happened.

use minicbor::{Decode, Encode};

use crate::bidding::award::{AwardVoided, DealHandedOver, LotAwarded};
use crate::bidding::bid::LotMoved;
use crate::bidding::declare::InterestDeclared;
use crate::bidding::deposit::{DepositForfeited, DepositPaid, DepositsReturned};
use crate::bidding::open::{BiddingFailed, BiddingOpened};
use crate::bidding::qualify_bidder::BidderQualified;
use crate::bidding::sign::ContractSigned;
use crate::call::cancel::CallClosed;
use crate::call::cancel_order::CallOrderClosed;
use crate::call::place::CallOrderPlaced;
use crate::call::schedule::CallScheduled;
use crate::call::trade::CallTraded;
use crate::cash::request_transfer::TransferRequested;
use crate::cash::settle_transfer::TransferSettled;
use crate::listing::agreement::AgreementSet;
use crate::listing::announce::ListingAnnounced;
use crate::listing::change::ListingChanged;
use crate::listing::close::ListingClosed;
use crate::listing::confidentiality::ConfidentialityAccepted;
use crate::listing::consent::GateClosed;
use crate::listing::draft::ListingDrafted;
use crate::listing::end::ListingEnded;
use crate::listing::extend::ListingExtended;
use crate::listing::first_refusal::FirstRefusalAnswered;
use crate::listing::look::DocumentLookedAt;
use crate::listing::notify::PartnersNotified;
use crate::listing::reprice::ListingRepriced;
use crate::listing::resume::ListingResumed;
use crate::listing::review::ListingReviewed;
use crate::listing::submit::ListingSubmitted;
use crate::listing::suspend::ListingSuspended;
use crate::registry::affiliate::Affiliated;
use crate::registry::extend_term::TermExtended;
use crate::registry::issue_units::UnitsIssued;
use crate::registry::lock_units::UnitsLocked;
use crate::registry::qualify::Qualified;
use crate::registry::register_fund::FundRegistered;
use crate::registry::register_party::PartyRegistered;
use crate::registry::set_party_status::PartyStatusSet;
use crate::registry::unlock_units::UnitsUnlocked;
use crate::trading::amend_order::OrderAmended;
use crate::trading::board::{CounterpartySuggested, IntentionClosed, IntentionPosted};
use crate::trading::cancel_order::OrderClosed;
use crate::trading::place_order::{OrderDecremented, OrderPlaced, OrderRested, Traded};
use crate::trading::set_reference::ReferenceSet;
use crate::trading::set_trading_state::TradingStateSet;
use crate::trading::sweep::{SweepAdvanced, SweepStarted};
use crate::venue::adopt_pack::PackAdopted;
use crate::venue::issue_key::KeyIssued;
use crate::venue::open_segment::SegmentOpened;
use crate::venue::open_venue::VenueOpened;
use crate::venue::propose::{ProposalClosed, Proposed};
use crate::venue::revoke_key::KeyRevoked;
use crate::venue::set_calendar::CalendarSet;
use crate::venue::set_fees::FeesSet;

macro_rules! events {
    ($($(#[$doc:meta])* $number:literal $name:ident $type:ty;)*) => {
        /// What has happened. Numbers are forever: a retired event keeps its number.
        #[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
        pub enum Event {
            $($(#[$doc])* #[n($number)] $name(#[n(0)] $type),)*
        }

        impl Event {
            /// The name of every event.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The event's number.
            #[must_use]
            pub const fn number(&self) -> u16 {
                match self {
                    $(Self::$name(_) => $number,)*
                }
            }

            /// The name of the event of this number; `None` if there is none.
            #[must_use]
            pub const fn name_of(number: u16) -> Option<&'static str> {
                match number {
                    $($number => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// The event's name, as `OrderPlaced`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)*
                }
            }
        }
    };
}

events! {
    /// The venue is open.
    1 VenueOpened Box<VenueOpened>;
    /// A segment is open.
    2 SegmentOpened Box<SegmentOpened>;
    /// A segment runs under another pack.
    3 PackAdopted Box<PackAdopted>;
    /// Another calendar is in force.
    4 CalendarSet Box<CalendarSet>;
    /// A segment has other fees.
    5 FeesSet Box<FeesSet>;
    /// A key is issued.
    6 KeyIssued Box<KeyIssued>;
    /// A key is revoked.
    7 KeyRevoked Box<KeyRevoked>;
    /// A command waits for a second person.
    8 Proposed Box<Proposed>;
    /// A proposal ended.
    9 ProposalClosed ProposalClosed;
    /// A party is registered.
    20 PartyRegistered Box<PartyRegistered>;
    /// A qualification is recorded.
    21 Qualified Box<Qualified>;
    /// A party is in another group.
    22 Affiliated Affiliated;
    /// The status of a party changed.
    23 PartyStatusSet Box<PartyStatusSet>;
    /// A fund is registered.
    24 FundRegistered Box<FundRegistered>;
    /// The term of a fund is extended.
    25 TermExtended TermExtended;
    /// Units are issued.
    26 UnitsIssued Box<UnitsIssued>;
    /// Units are locked.
    27 UnitsLocked Box<UnitsLocked>;
    /// A lock is released.
    28 UnitsUnlocked Box<UnitsUnlocked>;
    /// A transfer waits for the bank.
    40 TransferRequested Box<TransferRequested>;
    /// A transfer is settled.
    41 TransferSettled Box<TransferSettled>;
    /// An order is taken.
    60 OrderPlaced OrderPlaced;
    /// Two orders traded.
    61 Traded Traded;
    /// What is left of an order rests in the book.
    62 OrderRested OrderRested;
    /// An order is no longer open.
    63 OrderClosed OrderClosed;
    /// An order has other terms.
    64 OrderAmended OrderAmended;
    /// Self-trade prevention took units off an order.
    65 OrderDecremented OrderDecremented;
    /// A sweep has begun.
    66 SweepStarted SweepStarted;
    /// A sweep got this far.
    67 SweepAdvanced SweepAdvanced;
    /// A fund has another reference price.
    70 ReferenceSet Box<ReferenceSet>;
    /// A trading state changed.
    71 TradingStateSet Box<TradingStateSet>;
    /// An intention is on the board.
    80 IntentionPosted IntentionPosted;
    /// Two intentions would suit each other.
    81 CounterpartySuggested CounterpartySuggested;
    /// An intention is off the board.
    82 IntentionClosed IntentionClosed;
    /// A listing is drafted, or written anew.
    100 ListingDrafted Box<ListingDrafted>;
    /// A listing waits for the review.
    101 ListingSubmitted Box<ListingSubmitted>;
    /// A listing is reviewed.
    102 ListingReviewed Box<ListingReviewed>;
    /// It is recorded what a fund's agreement says.
    103 AgreementSet AgreementSet;
    /// The other partners were told.
    104 PartnersNotified Box<PartnersNotified>;
    /// A holder of the right of first refusal spoke.
    105 FirstRefusalAnswered FirstRefusalAnswered;
    /// A gate of a listing is green or red.
    106 GateClosed GateClosed;
    /// A listing is announced.
    107 ListingAnnounced Box<ListingAnnounced>;
    /// An announcement stands still.
    108 ListingSuspended Box<ListingSuspended>;
    /// An announcement goes on.
    109 ListingResumed ListingResumed;
    /// An announcement is extended.
    110 ListingExtended ListingExtended;
    /// A listing has another floor.
    111 ListingRepriced Box<ListingRepriced>;
    /// The content of what is announced changed.
    112 ListingChanged Box<ListingChanged>;
    /// An announcement is over.
    113 ListingClosed ListingClosed;
    /// A listing ended without a deal.
    114 ListingEnded Box<ListingEnded>;
    /// Somebody accepted the confidentiality terms.
    115 ConfidentialityAccepted ConfidentialityAccepted;
    /// Somebody looked at a document.
    116 DocumentLookedAt DocumentLookedAt;
    /// An intention to buy what is listed is declared.
    130 InterestDeclared InterestDeclared;
    /// The venue said whether somebody may bid.
    131 BidderQualified Box<BidderQualified>;
    /// A bidder's deposit is held.
    132 DepositPaid DepositPaid;
    /// The bidding for a listing is open.
    133 BiddingOpened Box<BiddingOpened>;
    /// A listing found nobody, or its lot no buyer.
    134 BiddingFailed BiddingFailed;
    /// Something happened to a lot.
    135 LotMoved Box<LotMoved>;
    /// Somebody won a lot, provisionally.
    136 LotAwarded Box<LotAwarded>;
    /// A winner did not sign, and the award is void.
    137 AwardVoided AwardVoided;
    /// A deposit, or a part of it, is forfeited.
    138 DepositForfeited DepositForfeited;
    /// The deposits of all who lost are back.
    139 DepositsReturned DepositsReturned;
    /// A winner has signed.
    140 ContractSigned ContractSigned;
    /// Settlement has a deal.
    141 DealHandedOver DealHandedOver;
    /// A call auction is scheduled.
    145 CallScheduled Box<CallScheduled>;
    /// An order of a call auction is taken.
    146 CallOrderPlaced CallOrderPlaced;
    /// An order of a call auction is no longer open.
    147 CallOrderClosed CallOrderClosed;
    /// A call auction is closed: it printed, or why not.
    148 CallClosed Box<CallClosed>;
    /// Two orders of a call auction traded.
    149 CallTraded CallTraded;
}
