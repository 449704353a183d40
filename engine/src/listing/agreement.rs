//! What a fund's own agreement says of a transfer (合伙协议转让条款), rules B3, B5.
//!
//! An operator records it from the document. Without it the pack's defaults hold. It counts for
//! the listings that are accepted afterwards.

use minicbor::{Decode, Encode};

use crate::check;
use crate::event::Event;
use crate::id::FundId;
use crate::listing::PERIOD_DAYS_MAX;
use crate::listing::document::Sha256;
use crate::market::{Context, Market};
use crate::policy::choice::Silence;
use crate::reject::{Field, Reject};

/// What a fund's agreement says of a transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct AgreementTerms {
    /// B3: the right of first refusal.
    #[n(0)]
    pub first_refusal: FirstRefusalTerm,
    /// B5: the manager's consent.
    #[n(1)]
    pub consent: ConsentTerm,
}

/// B3: what an agreement says of the right of first refusal (优先购买权条款).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum FirstRefusalTerm {
    /// Nothing: as the pack says.
    #[default]
    #[n(0)]
    AsPack,
    /// There is none.
    #[n(1)]
    Excluded,
    /// There is one, with so many days to answer.
    #[n(2)]
    Days(#[n(0)] u16),
}

/// B5: what an agreement says of the manager's consent (管理人同意条款).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum ConsentTerm {
    /// Nothing, or nothing that is known: it is asked as the pack says.
    #[default]
    #[n(0)]
    AsPack,
    /// It is not asked.
    #[n(1)]
    NotAsked,
    /// It is asked.
    #[n(2)]
    Asked {
        /// Days to answer.
        #[n(0)]
        days: u16,
        /// What silence means.
        #[n(1)]
        silence: Silence,
    },
}

/// Ask to record what a fund's agreement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SetAgreement {
    /// Fund.
    #[n(0)]
    pub fund: FundId,
    /// What it says.
    #[n(1)]
    pub terms: AgreementTerms,
    /// The agreement.
    #[n(2)]
    pub evidence: Sha256,
}

/// It is recorded what a fund's agreement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AgreementSet {
    /// As asked.
    #[n(0)]
    pub terms: SetAgreement,
}

pub(crate) fn decide(
    market: &Market,
    _context: Context,
    ask: &SetAgreement,
    events: &mut Vec<Event>,
) -> Result<(), Reject> {
    let period = |days: u16| check::range(Field::Period, days.into(), 1, PERIOD_DAYS_MAX.into());
    match ask.terms.first_refusal {
        FirstRefusalTerm::Days(days) => period(days)?,
        FirstRefusalTerm::AsPack | FirstRefusalTerm::Excluded => {}
    }
    match ask.terms.consent {
        ConsentTerm::Asked { days, .. } => period(days)?,
        ConsentTerm::AsPack | ConsentTerm::NotAsked => {}
    }
    market.fund(ask.fund)?;
    // From here on the answer is yes.
    events.push(Event::AgreementSet(AgreementSet { terms: *ask }));
    Ok(())
}

pub(crate) fn apply(market: &mut Market, fact: &AgreementSet) {
    market.agreements.insert(fact.terms.fund, fact.terms.terms);
}
