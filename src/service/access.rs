//! Every method and who may call it: one table, which the door reads.
//!
//! For a command the engine's own table says which roles may give it ([`sfund_engine::access`]);
//! for a read, the table of who sees what ([`super::visibility`]).

use sfund_engine::access::{Reach, reach, requirement};
use sfund_engine::command::CommandKind;
use sfund_engine::registry::party::Role;
use sfund_engine::reject::{Asker, Reject};
use sfund_engine::venue::issue_key::KeyScope;

use crate::service::visibility::{Subject, has_use_of};
use crate::wire::status::{Denial, Trouble};

/// What a method does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It gives a command.
    Command(CommandKind),
    /// It gives commands about orders over a stream; each is admitted by the market.
    Orders,
    /// It looks at something, once.
    Read(Subject),
    /// It looks at something for as long as it likes.
    Stream(Subject),
}

/// One method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RpcAccess {
    /// Its path, as `/sfund.v1.TradingService/PlaceOrder`.
    pub path: &'static str,
    /// What it does.
    pub does: Does,
}

macro_rules! rpcs {
    ($($service:ident { $($method:ident $does:expr;)* })*) => {
        /// Every method.
        pub const RPCS: &[RpcAccess] = &[$($(RpcAccess {
            path: concat!("/sfund.v1.", stringify!($service), "/", stringify!($method)),
            does: $does,
        },)*)*];
    };
}

rpcs! {
    MarketService {
        GetVenue Does::Read(Subject::Market);
        GetSegment Does::Read(Subject::Market);
        ListSegments Does::Read(Subject::Market);
        GetFund Does::Read(Subject::Market);
        ListFunds Does::Read(Subject::Market);
        GetBook Does::Read(Subject::Market);
        ListTrades Does::Read(Subject::Market);
        GetLot Does::Read(Subject::Market);
        ListLots Does::Read(Subject::Market);
        StreamMarket Does::Stream(Subject::Market);
    }
    TradingService {
        PlaceOrder Does::Command(CommandKind::PlaceOrder);
        AmendOrder Does::Command(CommandKind::AmendOrder);
        CancelOrder Does::Command(CommandKind::CancelOrder);
        CancelAll Does::Command(CommandKind::CancelAll);
        OrderStream Does::Orders;
        GetOrder Does::Read(Subject::Trading);
        ListOrders Does::Read(Subject::Trading);
        ListMyTrades Does::Read(Subject::Trading);
        GetMeters Does::Read(Subject::Trading);
        GetListingMeters Does::Read(Subject::Trading);
        QuoteFees Does::Read(Subject::Trading);
        PostIntention Does::Command(CommandKind::PostIntention);
        WithdrawIntention Does::Command(CommandKind::WithdrawIntention);
        ListIntentions Does::Read(Subject::Market);
        ListSuggestions Does::Read(Subject::Trading);
        PlaceBid Does::Command(CommandKind::PlaceBid);
        MatchPrice Does::Command(CommandKind::MatchPrice);
        CommitBid Does::Command(CommandKind::CommitBid);
        RevealBid Does::Command(CommandKind::RevealBid);
        MakeOffer Does::Command(CommandKind::MakeOffer);
        AnswerOffer Does::Command(CommandKind::AnswerOffer);
        ListBids Does::Read(Subject::Market);
        ListOffers Does::Read(Subject::Bidders);
        StreamMyEvents Does::Stream(Subject::Trading);
    }
    ListingService {
        DraftListing Does::Command(CommandKind::DraftListing);
        SubmitListing Does::Command(CommandKind::SubmitListing);
        ReviewListing Does::Command(CommandKind::ReviewListing);
        SetAgreement Does::Command(CommandKind::SetAgreement);
        NotifyPartners Does::Command(CommandKind::NotifyPartners);
        AnswerFirstRefusal Does::Command(CommandKind::AnswerFirstRefusal);
        AnswerConsent Does::Command(CommandKind::AnswerConsent);
        RecordApproval Does::Command(CommandKind::RecordApproval);
        AnnounceListing Does::Command(CommandKind::AnnounceListing);
        SuspendListing Does::Command(CommandKind::SuspendListing);
        ResumeListing Does::Command(CommandKind::ResumeListing);
        ExtendListing Does::Command(CommandKind::ExtendListing);
        RepriceListing Does::Command(CommandKind::RepriceListing);
        ChangeListing Does::Command(CommandKind::ChangeListing);
        WithdrawListing Does::Command(CommandKind::WithdrawListing);
        RevokeListing Does::Command(CommandKind::RevokeListing);
        AcceptConfidentiality Does::Command(CommandKind::AcceptConfidentiality);
        LookAtDocument Does::Command(CommandKind::LookAtDocument);
        DeclareInterest Does::Command(CommandKind::DeclareInterest);
        QualifyBidder Does::Command(CommandKind::QualifyBidder);
        PayDeposit Does::Command(CommandKind::PayDeposit);
        OpenBidding Does::Command(CommandKind::OpenBidding);
        SignContract Does::Command(CommandKind::SignContract);
        ListBidders Does::Read(Subject::Bidders);
        GetListing Does::Read(Subject::Market);
        ListListings Does::Read(Subject::Market);
        GetListingDisclosure Does::Read(Subject::Market);
        ListListingReaders Does::Read(Subject::ListingReaders);
        ListListingLooks Does::Read(Subject::ListingReaders);
        ListListingEvents Does::Read(Subject::Market);
        ListListingDeadlines Does::Read(Subject::Listings);
        GetAgreement Does::Read(Subject::Agreements);
    }
    RegisterService {
        GetHolding Does::Read(Subject::Holdings);
        ListHoldings Does::Read(Subject::Holdings);
        ListHolders Does::Read(Subject::Holders);
        ListStatementEntries Does::Read(Subject::Holdings);
    }
    SettlementService {
        RequestTransfer Does::Command(CommandKind::RequestTransfer);
        SettleTransfer Does::Command(CommandKind::SettleTransfer);
        ListTransfers Does::Read(Subject::Cash);
        GetCash Does::Read(Subject::Cash);
        ListHouseAccounts Does::Read(Subject::House);
        ListCashEntries Does::Read(Subject::Cash);
    }
    AdminService {
        GetCaller Does::Read(Subject::Market);
        GetServerStatus Does::Read(Subject::Operations);
        OpenSegment Does::Command(CommandKind::OpenSegment);
        AdoptPack Does::Command(CommandKind::AdoptPack);
        SetCalendar Does::Command(CommandKind::SetCalendar);
        SetFees Does::Command(CommandKind::SetFees);
        RegisterParty Does::Command(CommandKind::RegisterParty);
        GetParty Does::Read(Subject::Parties);
        ListParties Does::Read(Subject::Parties);
        Qualify Does::Command(CommandKind::Qualify);
        Affiliate Does::Command(CommandKind::Affiliate);
        SetPartyStatus Does::Command(CommandKind::SetPartyStatus);
        RegisterFund Does::Command(CommandKind::RegisterFund);
        ExtendTerm Does::Command(CommandKind::ExtendTerm);
        IssueUnits Does::Command(CommandKind::IssueUnits);
        LockUnits Does::Command(CommandKind::LockUnits);
        UnlockUnits Does::Command(CommandKind::UnlockUnits);
        ListLocks Does::Read(Subject::Locks);
        IssueKey Does::Command(CommandKind::IssueKey);
        RevokeKey Does::Command(CommandKind::RevokeKey);
        ListKeys Does::Read(Subject::Keys);
        SetReference Does::Command(CommandKind::SetReference);
        SetTradingState Does::Command(CommandKind::SetTradingState);
        Review Does::Command(CommandKind::Review);
        ListProposals Does::Read(Subject::Operations);
        ListEntries Does::Read(Subject::Operations);
        StreamEntries Does::Stream(Subject::Operations);
    }
}

impl RpcAccess {
    /// Whether the method lasts longer than one answer.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        match self.does {
            Does::Orders | Does::Stream(_) => true,
            Does::Command(_) | Does::Read(_) => false,
        }
    }

    /// Admits a caller of `role` with a key of `scope`.
    ///
    /// # Errors
    ///
    /// Why the method is not for it. What it may do for whom, the market or the read itself says.
    pub fn admit(&self, role: Role, scope: KeyScope) -> Result<(), Denial> {
        let method = || self.path.to_owned();
        let subject = match self.does {
            Does::Read(subject) | Does::Stream(subject) => subject,
            Does::Command(_) | Does::Orders if scope == KeyScope::ReadOnly => {
                return Err(Trouble::KeyReadOnly { method: method() }.into());
            }
            Does::Command(kind) => return admit_command(role, kind),
            Does::Orders => {
                return admit_command(role, CommandKind::CancelOrder);
            }
        };
        if has_use_of(role, subject) {
            Ok(())
        } else {
            Err(Trouble::RoleNotAdmitted { method: method(), role: role.to_string() }.into())
        }
    }
}

/// The market's own refusal, without asking it: no entry is written for what the role never may.
fn admit_command(role: Role, kind: CommandKind) -> Result<(), Denial> {
    match reach(role, kind) {
        Reach::Own | Reach::Any => Ok(()),
        Reach::Never => {
            let needs = requirement(kind);
            let role = Asker::Party(role);
            Err(Denial::from(&Reject::NotPermitted { command: kind.into(), role, needs }))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_types::FileDescriptorSet;
    use tonic::Code;

    use super::*;

    /// The paths and kinds of all methods, as the interface has them.
    fn described() -> BTreeSet<(String, bool)> {
        use prost::Message;
        let set = FileDescriptorSet::decode(sfund_proto::DESCRIPTORS).unwrap();
        let mut all = BTreeSet::new();
        for file in set.file.iter().filter(|file| file.package() == "sfund.v1") {
            for service in &file.service {
                for method in &service.method {
                    let path = format!("/sfund.v1.{}/{}", service.name(), method.name());
                    all.insert((path, method.server_streaming()));
                }
            }
        }
        all
    }

    #[test]
    fn the_table_has_every_method_of_the_interface_and_no_other() {
        let listed: BTreeSet<_> =
            RPCS.iter().map(|rpc| (rpc.path.to_owned(), rpc.is_stream())).collect();
        assert_eq!(listed.len(), RPCS.len());
        assert_eq!(listed, described());
    }

    /// Those whose methods are not here yet.
    const AHEAD: [CommandKind; 6] = [
        CommandKind::ScoreBid,
        CommandKind::ChooseQuote,
        CommandKind::ScheduleCall,
        CommandKind::CancelCall,
        CommandKind::PlaceCallOrder,
        CommandKind::CancelCallOrder,
    ];

    #[test]
    fn every_command_but_the_venues_own_and_those_ahead_has_a_method() {
        for kind in CommandKind::ALL {
            let has = RPCS.iter().any(|rpc| rpc.does == Does::Command(*kind));
            let is_venues = matches!(kind, CommandKind::OpenVenue | CommandKind::Advance);
            let is_ahead = AHEAD.contains(kind);
            assert_eq!(has, !is_venues && !is_ahead, "{}", kind.name());
        }
    }

    #[test]
    fn a_read_only_key_gives_no_command() {
        for rpc in RPCS {
            for role in Role::ALL {
                let admitted = rpc.admit(role, KeyScope::ReadOnly);
                match rpc.does {
                    Does::Command(_) | Does::Orders => {
                        let status = tonic::Status::from(admitted.unwrap_err());
                        assert_eq!(status.code(), Code::PermissionDenied, "{}", rpc.path);
                    }
                    Does::Read(_) | Does::Stream(_) => {
                        assert_eq!(admitted, rpc.admit(role, KeyScope::Full), "{}", rpc.path);
                    }
                }
            }
        }
    }

    #[test]
    fn a_regulator_may_call_every_read_and_revoke_its_own_key() {
        for rpc in RPCS {
            let is_admitted = match rpc.does {
                Does::Read(_) | Does::Stream(_) => true,
                Does::Command(kind) => kind == CommandKind::RevokeKey,
                Does::Orders => false,
            };
            let admitted = rpc.admit(Role::Regulator, KeyScope::Full);
            assert_eq!(admitted.is_ok(), is_admitted, "{}", rpc.path);
        }
    }
}
