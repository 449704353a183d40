//! Gates of a listing (前置事项): what must be green before it is announced.
//!
//! They run beside each other, each with its due date and what silence means. A gate that says no
//! ends the listing.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::id::{ListingId, PartyId};
use crate::listing::Listing;
use crate::listing::agreement::{AgreementTerms, ConsentTerm, FirstRefusalTerm};
use crate::listing::rules::Rules;
use crate::listing::stage::Stage;
use crate::policy::choice::{Duty, Ownership, Silence};
use crate::registry::fund::LegalForm;
use crate::reject::Reject;
use crate::time::Time;

/// Which gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum GateKind {
    /// B1: the other partners were told, and their time passed (通知其他合伙人).
    #[n(0)]
    PartnersNotice,
    /// B3: each holder of the right of first refusal spoke, or its time passed (优先购买权).
    #[n(1)]
    FirstRefusal,
    /// B5: the manager consents (管理人同意).
    #[n(2)]
    ManagerConsent,
    /// C: the state holder's approving body approves (国资批准).
    #[n(3)]
    StateApproval,
}

impl fmt::Display for GateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PartnersNotice => "partners_notice",
            Self::FirstRefusal => "first_refusal",
            Self::ManagerConsent => "manager_consent",
            Self::StateApproval => "state_approval",
        })
    }
}

/// Where a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum GateState {
    /// It waits for the notice to be delivered; its time does not run yet.
    #[n(0)]
    Waiting,
    /// It waits for an answer.
    #[n(1)]
    Running,
    /// It is open.
    #[n(2)]
    Green,
    /// It is shut.
    #[n(3)]
    Red,
}

impl fmt::Display for GateState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting for the notice",
            Self::Running => "waiting for an answer",
            Self::Green => "green",
            Self::Red => "red",
        })
    }
}

/// One gate.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Gate {
    /// Which.
    #[n(0)]
    pub kind: GateKind,
    /// Where it stands.
    #[n(1)]
    pub state: GateState,
    /// Days for an answer, once its time runs; none where only an answer ends it.
    #[n(2)]
    pub days: Option<u16>,
    /// When its time is over, once it runs.
    #[n(3)]
    pub due: Option<Time>,
    /// What silence means.
    #[n(4)]
    pub silence: Silence,
    /// How it came to be green or red.
    #[n(5)]
    pub how: Option<How>,
    /// B3: who of the holders spoke, and what it said.
    #[n(6)]
    pub claims: Vec<Claim>,
}

/// How a gate came to be green or red.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum How {
    /// Somebody spoke.
    #[n(0)]
    Said,
    /// Time passed.
    #[n(1)]
    Silence,
}

/// B3: what a holder of the right of first refusal said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Claim {
    /// Who.
    #[n(0)]
    pub holder: PartyId,
    /// What.
    #[n(1)]
    pub answer: ClaimAnswer,
    /// When.
    #[n(2)]
    pub at: Time,
}

/// B3: whether a holder keeps its right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ClaimAnswer {
    /// It will match the price (行使).
    #[n(0)]
    Claim,
    /// It gives the right up (放弃).
    #[n(1)]
    Waive,
}

/// Yes or no of whoever is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Consent {
    /// Yes (同意).
    #[n(0)]
    Given,
    /// No (不同意).
    #[n(1)]
    Refused,
}

impl Consent {
    /// The state of a gate after this answer.
    #[must_use]
    pub const fn state(self) -> GateState {
        match self {
            Self::Given => GateState::Green,
            Self::Refused => GateState::Red,
        }
    }
}

impl Gate {
    /// What silence makes of it once its time is over. A notice and a right of first refusal need
    /// no answer: what silence means for the right, [`Listing::keeps_first_refusal`] says.
    pub(super) const fn lapses_to(&self) -> Consent {
        match (self.kind, self.silence) {
            (GateKind::PartnersNotice | GateKind::FirstRefusal, _) | (_, Silence::Consent) => {
                Consent::Given
            }
            (GateKind::ManagerConsent | GateKind::StateApproval, Silence::Refusal) => {
                Consent::Refused
            }
        }
    }

    const fn new(kind: GateKind, state: GateState, days: Option<u16>, silence: Silence) -> Self {
        Self { kind, state, days, due: None, silence, how: None, claims: Vec::new() }
    }
}

/// The gates that a listing goes through, as its fund's agreement and the pack ask.
pub(super) fn asked(rules: &Rules<'_>, agreement: &AgreementTerms) -> Vec<Gate> {
    let partners = &rules.rules.partners;
    let mut gates = Vec::new();
    let has_partners = match rules.fund.details.legal_form {
        LegalForm::Partnership | LegalForm::LimitedLiability => true,
        LegalForm::JointStock | LegalForm::Contract => false,
    };
    if has_partners && 0 < partners.notice_days {
        let days = Some(partners.notice_days);
        gates.push(Gate::new(GateKind::PartnersNotice, GateState::Waiting, days, Silence::Consent));
    }
    let days = match agreement.first_refusal {
        FirstRefusalTerm::AsPack if partners.first_refusal == Duty::Required => {
            Some(partners.first_refusal_days)
        }
        FirstRefusalTerm::AsPack | FirstRefusalTerm::Excluded => None,
        FirstRefusalTerm::Days(days) => Some(days),
    };
    if has_partners && days.is_some() {
        let silence = partners.first_refusal_silence;
        gates.push(Gate::new(GateKind::FirstRefusal, GateState::Waiting, days, silence));
    }
    let consent = match agreement.consent {
        ConsentTerm::AsPack => {
            Some((partners.manager_consent_days, partners.manager_consent_silence))
        }
        ConsentTerm::NotAsked => None,
        ConsentTerm::Asked { days, silence } => Some((days, silence)),
    };
    if let Some((days, silence)) = consent {
        let days = Some(days);
        gates.push(Gate::new(GateKind::ManagerConsent, GateState::Running, days, silence));
    }
    if rules.terms.ownership == Ownership::StateOwned {
        let silence = Silence::Refusal;
        gates.push(Gate::new(GateKind::StateApproval, GateState::Running, None, silence));
    }
    gates
}

impl Listing {
    /// The gate of this kind, if the listing goes through it.
    #[must_use]
    pub fn gate(&self, kind: GateKind) -> Option<&Gate> {
        self.gates.iter().find(|gate| gate.kind == kind)
    }

    /// B3: whether a holder keeps its right of first refusal: it claimed it, or said nothing where
    /// silence does not waive it.
    #[must_use]
    pub fn keeps_first_refusal(&self, holder: PartyId) -> bool {
        let Some(gate) = self.gate(GateKind::FirstRefusal) else { return false };
        let said = gate.claims.iter().find(|claim| claim.holder == holder);
        match said.map(|claim| claim.answer) {
            Some(ClaimAnswer::Claim) => true,
            Some(ClaimAnswer::Waive) => false,
            None => gate.silence == Silence::Refusal,
        }
    }

    /// When the time of a gate is over, while it runs.
    pub(super) fn gate_due(&self, gate: &Gate) -> Option<Time> {
        gate.due.filter(|_| self.stage == Stage::Accepted && gate.state == GateState::Running)
    }

    /// Refuses unless every gate is green.
    pub(super) fn check_gates(&self, listing: ListingId) -> Result<(), Reject> {
        match self.gates.iter().find(|gate| gate.state != GateState::Green) {
            Some(Gate { kind, state, .. }) => {
                Err(Reject::GateNotGreen { listing, gate: *kind, state: *state })
            }
            None => Ok(()),
        }
    }

    /// The gate of this kind, while it waits for an answer.
    pub(super) fn running(&self, listing: ListingId, kind: GateKind) -> Result<&Gate, Reject> {
        let gate = self.gate(kind).filter(|gate| gate.state == GateState::Running);
        gate.ok_or(Reject::GateNotRunning { listing, gate: kind })
    }

    pub(super) fn gate_mut(&mut self, kind: GateKind) -> &mut Gate {
        let gate = self.gates.iter_mut().find(|gate| gate.kind == kind);
        gate.expect("events name gates that are there")
    }
}
