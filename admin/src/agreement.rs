//! What a fund's own agreement says of a transfer (合伙协议转让条款).

use std::path::PathBuf;
use std::str::FromStr;

use clap::Subcommand;
use sfund_sdk::{AgreementTerms, ConsentTerm, FirstRefusalTerm, FundId, Silence};
use thiserror::Error;

use crate::choice::Choice as _;
use crate::context::{Context, Named};
use crate::failure::Failure;
use crate::files;
use crate::output::{Record, text};

#[derive(Debug, Subcommand)]
pub(crate) enum Agreement {
    /// Show what is recorded.
    Show {
        /// Id or code.
        fund: Named<FundId>,
    },
    /// Record what it says; it counts for listings accepted from here on.
    Set {
        /// Id or code.
        fund: Named<FundId>,
        /// The right of first refusal: `as_pack`, `none`, or the days to answer.
        #[arg(long, value_name = "TERM", default_value = "as_pack")]
        first_refusal: FirstRefusal,
        /// The manager's consent: `as_pack`, `none`, or the days to answer and what silence means,
        /// as `15:consent` or `15:refusal`.
        #[arg(long, value_name = "TERM", default_value = "as_pack")]
        consent: Consent,
        /// File with the agreement; only its SHA-256 is sent.
        #[arg(long, value_name = "FILE")]
        evidence: PathBuf,
    },
}

/// The right of first refusal, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstRefusal(FirstRefusalTerm);

/// The manager's consent, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Consent(ConsentTerm);

/// The text is no term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NotATerm {
    /// Of the right of first refusal.
    #[error("it is `as_pack`, `none`, or days, as 30")]
    FirstRefusal,
    /// Of the manager's consent.
    #[error("it is `as_pack`, `none`, or days and what silence means, as 15:consent or 15:refusal")]
    Consent,
}

impl FromStr for FirstRefusal {
    type Err = NotATerm;

    fn from_str(text: &str) -> Result<Self, NotATerm> {
        match text {
            "as_pack" => Ok(Self(FirstRefusalTerm::AsPack)),
            "none" => Ok(Self(FirstRefusalTerm::Excluded)),
            days => {
                let days = days.parse().map_err(|_| NotATerm::FirstRefusal)?;
                Ok(Self(FirstRefusalTerm::Days(days)))
            }
        }
    }
}

impl FromStr for Consent {
    type Err = NotATerm;

    fn from_str(text: &str) -> Result<Self, NotATerm> {
        match text {
            "as_pack" => Ok(Self(ConsentTerm::AsPack)),
            "none" => Ok(Self(ConsentTerm::NotAsked)),
            asked => {
                let (days, silence) = asked.split_once(':').ok_or(NotATerm::Consent)?;
                let days = days.parse().map_err(|_| NotATerm::Consent)?;
                let named = |known: &&Silence| known.name() == silence;
                let silence = Silence::ALL.iter().find(named).ok_or(NotATerm::Consent)?;
                Ok(Self(ConsentTerm::Asked { days, silence: *silence }))
            }
        }
    }
}

pub(crate) async fn run(context: &Context, command: Agreement) -> Result<(), Failure> {
    let listings = context.client.listing();
    match command {
        Agreement::Show { fund } => {
            let fund = context.fund(&fund).await?;
            let terms = listings.agreement(fund).await?.value;
            Ok(context.output.record(&record(fund, &terms))?)
        }
        Agreement::Set { fund, first_refusal, consent, evidence } => {
            let evidence = files::sha256(&evidence)?;
            let fund = context.fund(&fund).await?;
            let terms = AgreementTerms { first_refusal: first_refusal.0, consent: consent.0 };
            let answer = context.give(listings.set_agreement(fund, terms, evidence)).await?;
            context.done(&answer, record(fund, &terms))
        }
    }
}

/// As it is written on the command line.
fn record(fund: FundId, terms: &AgreementTerms) -> Record {
    let first_refusal = match terms.first_refusal {
        FirstRefusalTerm::AsPack => "as_pack".to_owned(),
        FirstRefusalTerm::Excluded => "none".to_owned(),
        FirstRefusalTerm::Days(days) => days.to_string(),
    };
    let consent = match terms.consent {
        ConsentTerm::AsPack => "as_pack".to_owned(),
        ConsentTerm::NotAsked => "none".to_owned(),
        ConsentTerm::Asked { days, silence } => format!("{days}:{}", silence.name()),
    };
    Record::default()
        .with("fund", text(fund))
        .with("first_refusal", text(first_refusal))
        .with("manager_consent", text(consent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_written_as_they_are_read() {
        assert_eq!("30".parse(), Ok(FirstRefusal(FirstRefusalTerm::Days(30))));
        assert_eq!("none".parse(), Ok(FirstRefusal(FirstRefusalTerm::Excluded)));
        let asked = ConsentTerm::Asked { days: 15, silence: Silence::Refusal };
        assert_eq!("15:refusal".parse(), Ok(Consent(asked)));
        for wrong in ["", "15", "15:", "x:refusal", "15:maybe"] {
            assert_eq!(wrong.parse::<Consent>(), Err(NotATerm::Consent), "{wrong}");
        }
        assert_eq!("month".parse::<FirstRefusal>(), Err(NotATerm::FirstRefusal));
    }
}
