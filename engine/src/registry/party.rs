//! Parties: everyone the venue knows (主体).

use std::fmt;

use minicbor::{Decode, Encode};

use crate::access::Requirement;
use crate::amount::Money;
use crate::id::PartyId;
use crate::reject::Reject;
use crate::time::Date;

/// What a party does here (角色).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Investor that holds and sells fund units (有限合伙人).
    #[n(0)]
    Lp,
    /// Secondary fund that buys them (S基金).
    #[n(1)]
    SFund,
    /// Manager of funds (基金管理人).
    #[n(2)]
    Manager,
    /// Lender against pledged units (质权人).
    #[n(3)]
    Lender,
    /// Member of the venue that acts for its clients (会员).
    #[n(4)]
    Member,
    /// Staff of the venue that runs the market (运营).
    #[n(5)]
    Operator,
    /// Staff of the venue that approves: the second pair of eyes (复核).
    #[n(6)]
    Supervisor,
    /// Bank that keeps the clients' money (结算银行).
    #[n(7)]
    SettlementBank,
    /// Regulator: sees everything, changes nothing (监管).
    #[n(8)]
    Regulator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Lp,
        Self::SFund,
        Self::Manager,
        Self::Lender,
        Self::Member,
        Self::Operator,
        Self::Supervisor,
        Self::SettlementBank,
        Self::Regulator,
    ];

    /// Whether the role belongs to the venue's side: its staff, its bank, its regulator.
    #[must_use]
    #[inline]
    pub const fn is_staff(self) -> bool {
        match self {
            Self::Operator | Self::Supervisor | Self::SettlementBank | Self::Regulator => true,
            Self::Lp | Self::SFund | Self::Manager | Self::Lender | Self::Member => false,
        }
    }

    /// Whether the role buys and sells fund units.
    #[must_use]
    #[inline]
    pub const fn is_investor(self) -> bool {
        match self {
            Self::Lp | Self::SFund => true,
            Self::Manager
            | Self::Lender
            | Self::Member
            | Self::Operator
            | Self::Supervisor
            | Self::SettlementBank
            | Self::Regulator => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lp => "lp",
            Self::SFund => "s_fund",
            Self::Manager => "manager",
            Self::Lender => "lender",
            Self::Member => "member",
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
            Self::SettlementBank => "settlement_bank",
            Self::Regulator => "regulator",
        })
    }
}

/// What a party is in law (主体类型).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum PartyForm {
    /// Natural person (自然人).
    #[n(0)]
    Person,
    /// Institution (机构).
    #[n(1)]
    Institution,
    /// Product: a vehicle that pools investors (产品).
    #[n(2)]
    Product,
}

/// Who a party is: what is said of it when it registers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartyDetails {
    /// Unique code, 1 to 64 bytes of printable text without spaces.
    #[n(0)]
    pub code: String,
    /// Name, 1 to 512 bytes.
    #[n(1)]
    pub name: String,
    /// What it does here.
    #[n(2)]
    pub role: Role,
    /// What it is in law.
    #[n(3)]
    pub form: PartyForm,
    /// A3: investors it counts as: 1, or those behind a product that is not exempt (穿透人数).
    #[n(4)]
    pub look_through: u32,
    /// Row of the fee schedule, from 0 (费率档).
    #[n(5)]
    pub tier: u8,
    /// Member that may act for it (代理会员).
    #[n(6)]
    pub member: Option<PartyId>,
}

/// A4: evidence that a party is a qualified investor (合格投资者认定).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Qualification {
    /// SHA-256 of the evidence.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub evidence: [u8; 32],
    /// Who certified it, 1 to 512 bytes.
    #[n(1)]
    pub certifier: String,
    /// Last date on which it is good.
    #[n(2)]
    pub expires: Date,
    /// Net assets of an institution.
    #[n(3)]
    pub net_assets: Money,
    /// Financial assets.
    #[n(4)]
    pub financial_assets: Money,
    /// A person's average income over three years.
    #[n(5)]
    pub income: Money,
}

/// Whether a party may trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum PartyStatus {
    /// It may.
    #[n(0)]
    Active,
    /// It may not: no new order is taken from it, and it may still cancel (暂停).
    #[n(1)]
    Suspended,
}

/// A registered party.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Party {
    /// Who it is.
    #[n(0)]
    pub details: PartyDetails,
    /// Whether it may trade.
    #[n(1)]
    pub status: PartyStatus,
    /// A4: its newest qualification.
    #[n(2)]
    pub qualification: Option<Qualification>,
    /// A9: parties under common control share a number (关联方).
    #[n(3)]
    pub group: u32,
    /// Orders it has open.
    #[n(4)]
    pub orders_open: u32,
    /// Intentions it has on the board.
    #[n(5)]
    pub intentions_open: u32,
}

impl Party {
    /// A9: refuses a party that neither buys nor sells.
    #[inline]
    pub(crate) fn check_investor(&self, party: PartyId) -> Result<(), Reject> {
        self.check_role(party, self.details.role.is_investor(), Requirement::Investor)
    }

    /// Refuses a party that is suspended.
    #[inline]
    pub(crate) fn check_active(&self, party: PartyId) -> Result<(), Reject> {
        match self.status {
            PartyStatus::Active => Ok(()),
            PartyStatus::Suspended => Err(Reject::PartySuspended { party }),
        }
    }

    /// A9: refuses a party of the venue's own side.
    pub(crate) fn check_not_staff(&self, party: PartyId) -> Result<(), Reject> {
        self.check_role(party, !self.details.role.is_staff(), Requirement::NotStaff)
    }

    /// Refuses a party whose role does not fit.
    #[inline]
    pub(crate) fn check_role(
        &self,
        party: PartyId,
        fits: bool,
        needs: Requirement,
    ) -> Result<(), Reject> {
        if fits { Ok(()) } else { Err(Reject::WrongRole { party, role: self.details.role, needs }) }
    }
}
