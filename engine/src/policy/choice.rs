//! The choices that a pack makes between practices (选择).

use minicbor::{Decode, Encode};

use crate::auction::clear::RuleSet;
use crate::auction::clock::SoftClose;
use crate::auction::ration::Margin;
use crate::policy::parameter::{Value, choice, words};

words! { RuleSet { 0 Xetra "xetra"; 1 Euronext "euronext"; 2 Sse "sse"; 3 Szse "szse"; } }
words! { Margin { 0 Time "time"; 1 ProRata "pro_rata"; } }
words! { SoftClose { 0 Reset "reset"; 1 Extend "extend"; } }

choice! {
    /// Whether something is asked for.
    Duty {
        /// It is not.
        0 NotRequired "not_required";
        /// It is.
        1 Required "required";
    }
}

choice! {
    /// What it means that somebody who was asked says nothing (默示).
    Silence {
        /// Consent: a right is waived, a gate opens.
        0 Consent "consent";
        /// Refusal.
        1 Refusal "refusal";
    }
}

choice! {
    /// B3: how several holders of the right of first refusal share what they take.
    Split {
        /// In proportion to their shares in the fund.
        0 ProRata "pro_rata";
        /// Who exercised it first is served first.
        1 Earliest "earliest";
    }
}

choice! {
    /// B4: when a holder of the right of first refusal says that it matches.
    Priority {
        /// In the auction, under a priority code (场内行权).
        0 InAuction "in_auction";
        /// After the award, within its own period (场外行权).
        1 AfterAward "after_award";
    }
}

choice! {
    /// C2: what a change of an announced listing's content does to its period.
    ContentChange {
        /// The period begins anew.
        0 Restarts "restarts";
        /// The period goes on.
        1 Continues "continues";
    }
}

choice! {
    /// D4: who receives a forfeited deposit.
    Beneficiary {
        /// The seller.
        0 Seller "seller";
        /// The venue.
        1 Venue "venue";
    }
}

choice! {
    /// What keeps a sealed bid sealed until the close.
    Sealing {
        /// Only a commitment is stored; the bidder reveals.
        0 CommitReveal "commit_reveal";
        /// It is encrypted to a key that two officers hold together.
        1 Officers "officers";
    }
}

choice! {
    /// D5: what happens to the lot of a winner that defaults.
    AfterDefault {
        /// It is offered to the next bidder.
        0 NextBidder "next_bidder";
        /// It is auctioned again.
        1 Reauction "reauction";
    }
}

choice! {
    /// D5: from what a defaulting winner is barred.
    Bar {
        /// From the lot, also when it is auctioned again.
        0 Lot "lot";
        /// From every lot of the segment.
        1 Segment "segment";
    }
}

choice! {
    /// C3: what a floor below the lowest share of the filed value needs.
    BelowFloor {
        /// It is forbidden.
        0 Forbidden "forbidden";
        /// The recorded consent of the approving body.
        1 Approval "approval";
    }
}

choice! {
    /// C4: what happens where one bidder is qualified.
    SoleBidder {
        /// A negotiated transfer at the floor or above.
        0 Negotiated "negotiated";
        /// The listing is extended, repriced or ended, as without a bidder.
        1 Relisted "relisted";
    }
}

choice! {
    /// C5: whether the agreed price follows the fund's results in the interim period.
    InterimPrice {
        /// It stays as agreed.
        0 Fixed "fixed";
        /// The parties may agree on an adjustment.
        1 Adjusted "adjusted";
    }
}

choice! {
    /// Whose share a listing sells (出让方性质).
    Ownership {
        /// A seller that no state-owned rule binds.
        0 Private "private";
        /// A state-owned seller (国有).
        1 StateOwned "state_owned";
    }
}

/// A5: what a pack wants disclosed of a share, as a set of [`Disclosure`] (披露要素).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct DisclosureFields(#[n(0)] u32);

macro_rules! disclosures {
    ($($(#[$doc:meta])* $number:literal $name:ident $word:literal;)*) => {
        /// A5: one thing that a listing may disclose (披露要素). Numbers are bits of a set, for ever.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
        #[cbor(index_only)]
        pub enum Disclosure {
            $($(#[$doc])* #[n($number)] $name,)*
        }

        impl Disclosure {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// Their words, by number.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// Its word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            const fn bit(self) -> u32 {
                match self {
                    $(Self::$name => 1 << $number,)*
                }
            }
        }
    };
}

disclosures! {
    /// What the fund invests in, and how (投资策略).
    0 Strategy "strategy";
    /// Term, extensions and what is left of it (存续期).
    1 Term "term";
    /// The manager and its filing (管理人).
    2 Manager "manager";
    /// Commitment, paid-in and unfunded part (认缴与实缴).
    3 Commitment "commitment";
    /// Net asset value and its date (净值).
    4 NetAssets "net_assets";
    /// Each holding of the fund (底层资产).
    5 Portfolio "portfolio";
    /// Capital calls and distributions so far (缴款与分配).
    6 CashFlows "cash_flows";
    /// Management fee and carried interest (管理费与业绩报酬).
    7 ManagerFees "manager_fees";
    /// How the value was found (估值方法).
    8 ValuationMethod "valuation_method";
    /// Pledges and freezes of the share (质押冻结).
    9 Encumbrances "encumbrances";
    /// Disputes of the fund or about the share (诉讼仲裁).
    10 Disputes "disputes";
    /// What the partnership agreement says of a transfer (合伙协议转让条款).
    11 TransferTerms "transfer_terms";
    /// Who holds a right of first refusal (优先购买权).
    12 FirstRefusal "first_refusal_holders";
    /// Why the seller sells (转让原因).
    13 Reason "reason";
    /// How and when the price is paid (付款方式).
    14 PaymentTerms "payment_terms";
    /// Whose the results and flows of the interim period are (期间损益).
    15 InterimTerms "interim_terms";
    /// The fund's last audited accounts (审计报告).
    16 Accounts "accounts";
    /// Taxes on the transfer (税费).
    17 Taxes "taxes";
}

impl DisclosureFields {
    /// The set of these.
    #[must_use]
    pub fn of(fields: &[Disclosure]) -> Self {
        Self(fields.iter().fold(0, |set, field| set | field.bit()))
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, field: Disclosure) -> bool {
        self.0 & field.bit() != 0
    }

    /// How many they are.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl Value for DisclosureFields {
    fn number(self) -> u64 {
        self.0.into()
    }

    fn from_number(number: u64) -> Option<Self> {
        u32::try_from(number).ok().map(Self)
    }
}
