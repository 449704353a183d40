//! Every command (指令): what may be asked of the market.

use minicbor::{Decode, Encode};

use crate::bidding::bid::{AnswerOffer, CommitBid, MakeOffer, MatchPrice, PlaceBid, RevealBid};
use crate::bidding::choose::ChooseQuote;
use crate::bidding::declare::DeclareInterest;
use crate::bidding::deposit::PayDeposit;
use crate::bidding::open::OpenBidding;
use crate::bidding::qualify_bidder::QualifyBidder;
use crate::bidding::score::ScoreBid;
use crate::bidding::sign::SignContract;
use crate::call::cancel::CancelCall;
use crate::call::cancel_order::CancelCallOrder;
use crate::call::place::PlaceCallOrder;
use crate::call::schedule::ScheduleCall;
use crate::cash::request_transfer::RequestTransfer;
use crate::cash::settle_transfer::SettleTransfer;
use crate::listing::agreement::SetAgreement;
use crate::listing::announce::AnnounceListing;
use crate::listing::approve::RecordApproval;
use crate::listing::change::ChangeListing;
use crate::listing::confidentiality::AcceptConfidentiality;
use crate::listing::consent::AnswerConsent;
use crate::listing::draft::DraftListing;
use crate::listing::end::{RevokeListing, WithdrawListing};
use crate::listing::extend::ExtendListing;
use crate::listing::first_refusal::AnswerFirstRefusal;
use crate::listing::look::LookAtDocument;
use crate::listing::notify::NotifyPartners;
use crate::listing::reprice::RepriceListing;
use crate::listing::resume::ResumeListing;
use crate::listing::review::ReviewListing;
use crate::listing::submit::SubmitListing;
use crate::listing::suspend::SuspendListing;
use crate::registry::affiliate::Affiliate;
use crate::registry::extend_term::ExtendTerm;
use crate::registry::issue_units::IssueUnits;
use crate::registry::lock_units::LockUnits;
use crate::registry::qualify::Qualify;
use crate::registry::register_fund::RegisterFund;
use crate::registry::register_party::RegisterParty;
use crate::registry::set_party_status::SetPartyStatus;
use crate::registry::unlock_units::UnlockUnits;
use crate::trading::amend_order::AmendOrder;
use crate::trading::board::{PostIntention, WithdrawIntention};
use crate::trading::cancel_all::CancelAll;
use crate::trading::cancel_order::CancelOrder;
use crate::trading::place_order::PlaceOrder;
use crate::trading::set_reference::SetReference;
use crate::trading::set_trading_state::SetTradingState;
use crate::venue::adopt_pack::AdoptPack;
use crate::venue::issue_key::IssueKey;
use crate::venue::open_segment::OpenSegment;
use crate::venue::open_venue::OpenVenue;
use crate::venue::propose::Review;
use crate::venue::revoke_key::RevokeKey;
use crate::venue::set_calendar::SetCalendar;
use crate::venue::set_fees::SetFees;

macro_rules! commands {
    ($($(#[$doc:meta])* $number:literal $name:ident $type:ty;)*) => {
        /// What may be asked. Numbers are forever.
        #[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
        pub enum Command {
            $($(#[$doc])* #[n($number)] $name(#[n(0)] $type),)*
            /// Let time pass. Only the sequencer says this.
            #[n(99)]
            Advance,
        }

        /// A command without what it says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum CommandKind {
            $($(#[$doc])* $name,)*
            /// Let time pass.
            Advance,
        }

        impl Command {
            /// What kind of command this is.
            #[must_use]
            pub const fn kind(&self) -> CommandKind {
                match self {
                    $(Self::$name(_) => CommandKind::$name,)*
                    Self::Advance => CommandKind::Advance,
                }
            }
        }

        impl CommandKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)* Self::Advance];

            /// The number under which the kind is stored, for ever.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$name => $number,)*
                    Self::Advance => 99,
                }
            }

            /// The kind of this number.
            #[must_use]
            pub fn numbered(number: u16) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.number() == number)
            }

            /// The kind's name, as `PlaceOrder`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Advance => "Advance",
                }
            }
        }
    };
}

commands! {
    /// Open the venue.
    1 OpenVenue Box<OpenVenue>;
    /// Open a segment.
    2 OpenSegment Box<OpenSegment>;
    /// Put a segment under another pack.
    3 AdoptPack Box<AdoptPack>;
    /// Replace the calendar.
    4 SetCalendar Box<SetCalendar>;
    /// Set the fees of a segment.
    5 SetFees Box<SetFees>;
    /// Issue an API key.
    6 IssueKey Box<IssueKey>;
    /// Revoke an API key.
    7 RevokeKey Box<RevokeKey>;
    /// Approve or decline a proposal.
    8 Review Review;
    /// Register a party.
    20 RegisterParty Box<RegisterParty>;
    /// Record a qualification.
    21 Qualify Box<Qualify>;
    /// Record an affiliation.
    22 Affiliate Affiliate;
    /// Suspend a party or let it trade again.
    23 SetPartyStatus Box<SetPartyStatus>;
    /// Register a fund.
    24 RegisterFund Box<RegisterFund>;
    /// Extend the term of a fund.
    25 ExtendTerm ExtendTerm;
    /// Issue units.
    26 IssueUnits Box<IssueUnits>;
    /// Lock units under a pledge or a freeze.
    27 LockUnits Box<LockUnits>;
    /// Release a lock.
    28 UnlockUnits Box<UnlockUnits>;
    /// Ask for a deposit or a withdrawal.
    40 RequestTransfer Box<RequestTransfer>;
    /// The settlement bank's word on a transfer.
    41 SettleTransfer Box<SettleTransfer>;
    /// Place an order.
    60 PlaceOrder PlaceOrder;
    /// Amend an order.
    61 AmendOrder AmendOrder;
    /// Cancel an order.
    62 CancelOrder CancelOrder;
    /// Cancel all of a party's orders.
    63 CancelAll CancelAll;
    /// Set a reference price.
    64 SetReference Box<SetReference>;
    /// Halt, resume or close.
    65 SetTradingState Box<SetTradingState>;
    /// Put an intention on the board.
    66 PostIntention PostIntention;
    /// Take an intention off the board.
    67 WithdrawIntention WithdrawIntention;
    /// Draft a listing.
    100 DraftListing Box<DraftListing>;
    /// Submit a listing for review.
    101 SubmitListing SubmitListing;
    /// The venue's review of a listing.
    102 ReviewListing Box<ReviewListing>;
    /// Record what a fund's agreement says of a transfer.
    103 SetAgreement SetAgreement;
    /// Record that the other partners were told.
    104 NotifyPartners NotifyPartners;
    /// What a holder of the right of first refusal says.
    105 AnswerFirstRefusal AnswerFirstRefusal;
    /// What the fund's manager says.
    106 AnswerConsent AnswerConsent;
    /// What the state holder's approving body says.
    107 RecordApproval RecordApproval;
    /// Announce a listing.
    108 AnnounceListing AnnounceListing;
    /// Suspend an announcement.
    109 SuspendListing Box<SuspendListing>;
    /// Go on with an announcement.
    110 ResumeListing ResumeListing;
    /// Extend an announcement.
    111 ExtendListing ExtendListing;
    /// Set another floor.
    112 RepriceListing RepriceListing;
    /// Change the content of what is announced.
    113 ChangeListing Box<ChangeListing>;
    /// Withdraw a listing.
    114 WithdrawListing Box<WithdrawListing>;
    /// Revoke a listing.
    115 RevokeListing Box<RevokeListing>;
    /// Accept the confidentiality terms of a listing.
    116 AcceptConfidentiality AcceptConfidentiality;
    /// Look at a document of a listing.
    117 LookAtDocument LookAtDocument;
    /// Declare an intention to buy what is listed.
    130 DeclareInterest DeclareInterest;
    /// Say whether somebody may bid.
    131 QualifyBidder Box<QualifyBidder>;
    /// Have a bidder's deposit held.
    132 PayDeposit PayDeposit;
    /// Open the bidding for a listing.
    133 OpenBidding OpenBidding;
    /// Bid for what is listed, or a part of it.
    134 PlaceBid PlaceBid;
    /// Take the price that stands, by right of first refusal.
    135 MatchPrice MatchPrice;
    /// Hand in a sealed bid.
    136 CommitBid CommitBid;
    /// Open one's sealed bid.
    137 RevealBid RevealBid;
    /// Offer a price to the other side, or answer its offer with one.
    138 MakeOffer MakeOffer;
    /// Agree to an offer or decline it.
    139 AnswerOffer AnswerOffer;
    /// Record that a winner has signed.
    140 SignContract SignContract;
    /// Record the points of a bid of a tender.
    141 ScoreBid Box<ScoreBid>;
    /// Take one of the quotes, or none.
    142 ChooseQuote ChooseQuote;
    /// Schedule a call auction.
    145 ScheduleCall ScheduleCall;
    /// Cancel a call auction and what would follow it.
    146 CancelCall CancelCall;
    /// Place an order in a call auction.
    147 PlaceCallOrder PlaceCallOrder;
    /// Cancel an order of a call auction.
    148 CancelCallOrder CancelCallOrder;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_stored_under_a_number_of_its_own() {
        for kind in CommandKind::ALL {
            assert_eq!(CommandKind::numbered(kind.number()), Some(*kind));
        }
        assert_eq!(CommandKind::PlaceOrder.number(), 60);
        assert_eq!(CommandKind::numbered(0), None);
    }
}
