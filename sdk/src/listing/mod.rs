//! Listings (挂牌): a share that is offered, from its draft to its contract, and who bids for it.

/// A request about one listing that asks for nothing else but these.
macro_rules! about {
    ($request:ident { $listing:expr $(, $field:ident: $value:expr)* $(,)? }) => {
        v1::$request {
            listing_id: $listing.to_string(),
            $($field: $value,)*
            ..Default::default()
        }
    };
}

pub(crate) mod bidders;
pub(crate) mod record;
pub(crate) mod terms;

use sfund_engine::amount::Price;
use sfund_engine::id::{FundId, ListingId};
use sfund_engine::listing::Completeness;
use sfund_engine::listing::agreement::AgreementTerms;
use sfund_engine::listing::announce::Period;
use sfund_engine::listing::document::Sha256;
use sfund_engine::listing::gate::{ClaimAnswer, Consent, Gate, GateKind};
use sfund_engine::listing::notify::GateDue;
use sfund_engine::listing::review::ListingVerdict;
use sfund_engine::listing::stage::Stage;
use sfund_engine::policy::JudgedBy;
use sfund_engine::time::{Date, Time};
use sfund_proto::v1;

use crate::ask::{Command, List, Query};
use crate::bidding::Part;
use crate::client::Client;
use crate::listing::record::{
    Listing, ListingDeadline, ListingDisclosure, ListingEvent, ListingLook, ListingReader,
    agreement_of, agreement_to_wire, completeness_of, deadline_of, disclosure_of, event_of,
    gates_of, listing_of, look_of, period_of, reader_of,
};
use crate::listing::terms::{Draft, ListingTerms};
use crate::wire::policy::judged_of;
use crate::wire::{self, Twin, maybe_time, read, some};

/// The life of listings: transfer applications, their gates, announcements and documents, and who
/// would buy. Bids themselves are [`crate::Trading`]'s, the running lot [`crate::Market`]'s.
///
/// ```no_run
/// # use sfund_sdk::{Client, FundId, ListingTerms, Method, Ppm};
/// # async fn example(client: Client, fund: FundId) -> Result<(), Box<dyn std::error::Error>> {
/// let terms = ListingTerms::new("G-2026-0001", fund, "1000000".parse()?, Method::English)
///     .headline("苏州某创投基金份额")
///     .floor("1.00".parse()?)
///     .deposit(Ppm::new(100_000));
/// let listing = client.listing().draft(terms).await?.value;
/// let submitted = client.listing().submit(listing).await?;
/// println!("{listing}: {} of {} answered", submitted.completeness.answered,
///     submitted.completeness.asked);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Listings {
    client: Client,
}

/// Which listings to list; all that the caller may see if nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListingFilter {
    /// Only of this fund. The teaser does not tell the fund: those of which the caller sees no more
    /// are not found by it.
    pub fund: Option<FundId>,
    /// Only those that stand here.
    pub stage: Option<Stage>,
    /// Whose.
    pub whose: WhoseListings,
}

/// Whose listings to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhoseListings {
    /// All that the caller may see.
    #[default]
    All,
    /// The caller's own, and those of its clients.
    Own,
}

/// A listing waits for the review; its units are locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Disclosure fields answered.
    pub completeness: Completeness,
    /// Which pack judged.
    pub judged: JudgedBy,
}

/// A listing is announced (信息披露公告).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The announcement's period.
    pub period: Period,
    /// When the offer must be taken down, where the rules ask for that.
    pub removal: Option<Time>,
    /// Which pack judged.
    pub judged: JudgedBy,
}

/// An announcement stands still (中止公告).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspended {
    /// When it goes on by itself.
    pub until: Time,
    /// Working days of the announcement that have passed in all.
    pub passed_days: u32,
}

/// What is announced has other terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The announcement's period as it now is.
    pub period: Period,
    /// Which pack judged.
    pub judged: JudgedBy,
}

/// Another floor for what is announced (调整挂牌价).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repricing {
    /// The listing.
    pub listing: ListingId,
    /// The floor, a whole number of ticks.
    pub floor: Price,
    /// Working days of the announcement from here on.
    pub working_days: u16,
    /// C3: the approving body's consent, where the floor asks for it.
    pub consent: Option<Sha256>,
}

/// Drafts, gates and announcements.
impl Listings {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Drafts a listing, or writes one anew that is not submitted (挂牌申请草稿).
    pub fn draft(&self, draft: impl Into<Draft>) -> Command<ListingId> {
        Command::new(&self.client, draft.into().to_wire(), |response| {
            read(&response.listing_id, "listing_id")
        })
    }

    /// Submits a listing for review; its units are locked from here on (提交挂牌申请).
    pub fn submit(&self, listing: ListingId) -> Command<Submitted> {
        Command::new(&self.client, about!(SubmitListingRequest { listing }), |response| {
            Ok(Submitted {
                completeness: completeness_of(response.completeness)?,
                judged: judged_of(some(response.judged_by, "judged_by")?),
            })
        })
    }

    /// The venue's review (受理审核); gives the gates of what is accepted. Without a reason only
    /// an acceptance is taken.
    pub fn review(
        &self,
        listing: ListingId,
        verdict: ListingVerdict,
        reasons: impl IntoIterator<Item = String>,
    ) -> Command<Vec<Gate>> {
        let reasons = reasons.into_iter().collect();
        let verdict = verdict.to_wire();
        let request = about!(ReviewListingRequest { listing, verdict: verdict, reasons: reasons });
        Command::new(&self.client, request, |response| gates_of(response.gates))
    }

    /// Records that the other partners were told; gives when the time of each gate that waited is
    /// over (通知其他合伙人).
    pub fn notify_partners(
        &self,
        listing: ListingId,
        delivered: Date,
        evidence: Sha256,
    ) -> Command<Vec<GateDue>> {
        let request = about!(NotifyPartnersRequest {
            listing,
            delivered_date: delivered.to_string(),
            evidence_sha256: evidence.bytes().to_vec(),
        });
        Command::new(&self.client, request, |response| {
            let due = response.due.into_iter().map(|due| {
                let gate = GateKind::from_wire(due.gate)?;
                Ok(GateDue { gate, due: wire::time(some(due.due, "due")?)? })
            });
            due.collect()
        })
    }

    /// A holder of the right of first refusal claims it or gives it up; gives whether everybody has
    /// spoken, and the gate is open (优先购买权的行使与放弃).
    pub fn answer_first_refusal(
        &self,
        part: impl Into<Part>,
        answer: ClaimAnswer,
    ) -> Command<bool> {
        let Part { listing, party } = part.into();
        let request = about!(AnswerFirstRefusalRequest {
            listing,
            party_id: wire::text(party),
            answer: answer.to_wire(),
        });
        Command::new(&self.client, request, |response| Ok(response.gate_closed))
    }

    /// The fund's manager consents or refuses (管理人同意). A refusal ends the listing.
    pub fn answer_consent(
        &self,
        listing: ListingId,
        answer: Consent,
        evidence: Sha256,
    ) -> Command<()> {
        let (answer, evidence) = (answer.to_wire(), evidence.bytes().to_vec());
        let request =
            about!(AnswerConsentRequest { listing, answer: answer, evidence_sha256: evidence });
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Records what the state holder's approving body says (国资批准). A refusal ends the listing.
    pub fn record_approval(
        &self,
        listing: ListingId,
        answer: Consent,
        evidence: Sha256,
    ) -> Command<()> {
        let (answer, evidence) = (answer.to_wire(), evidence.bytes().to_vec());
        let request =
            about!(RecordApprovalRequest { listing, answer: answer, evidence_sha256: evidence });
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Announces a listing whose gates are green (信息披露公告).
    pub fn announce(&self, listing: ListingId) -> Command<Announced> {
        Command::new(&self.client, about!(AnnounceListingRequest { listing }), |response| {
            Ok(Announced {
                period: period_of(response.period)?,
                removal: maybe_time(response.removal)?,
                judged: judged_of(some(response.judged_by, "judged_by")?),
            })
        })
    }

    /// Suspends an announcement, `until` being the last day of it (中止公告).
    pub fn suspend(
        &self,
        listing: ListingId,
        until: Date,
        reason: impl Into<String>,
    ) -> Command<Suspended> {
        let (until, reason) = (until.to_string(), reason.into());
        let request = about!(SuspendListingRequest { listing, until_date: until, reason: reason });
        Command::new(&self.client, request, |response| {
            let until = wire::time(some(response.until, "until")?)?;
            Ok(Suspended { until, passed_days: response.passed_days })
        })
    }

    /// Goes on with an announcement (恢复公告).
    pub fn resume(&self, listing: ListingId) -> Command<Period> {
        Command::new(&self.client, about!(ResumeListingRequest { listing }), |response| {
            period_of(response.period)
        })
    }

    /// Extends an announcement as it was announced (延长公告).
    pub fn extend(&self, listing: ListingId) -> Command<Period> {
        Command::new(&self.client, about!(ExtendListingRequest { listing }), |response| {
            period_of(response.period)
        })
    }

    /// Another floor for what is announced (调整挂牌价).
    pub fn reprice(&self, repricing: Repricing) -> Command<Changed> {
        let consent = repricing.consent.map(|consent| consent.bytes().to_vec());
        let request = about!(RepriceListingRequest {
            repricing.listing,
            floor: repricing.floor.to_string(),
            working_days: repricing.working_days.into(),
            consent_sha256: consent.unwrap_or_default(),
        });
        Command::new(&self.client, request, |response| {
            changed_of(response.period, response.judged_by)
        })
    }

    /// Other content of what is announced; fund, units, ownership and code stay (变更公告内容).
    pub fn change(
        &self,
        listing: ListingId,
        terms: &ListingTerms,
        reason: impl Into<String>,
    ) -> Command<Changed> {
        let (terms, reason) = (Some(terms.to_wire()), reason.into());
        let request = about!(ChangeListingRequest { listing, terms: terms, reason: reason });
        Command::new(&self.client, request, |response| {
            changed_of(response.period, response.judged_by)
        })
    }

    /// The seller withdraws a listing; its units are free again (撤牌).
    pub fn withdraw(&self, listing: ListingId, reason: impl Into<String>) -> Command<()> {
        let request = about!(WithdrawListingRequest { listing, reason: reason.into() });
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// An operator takes a listing off; its units are free again (终止挂牌).
    pub fn revoke(&self, listing: ListingId, reason: impl Into<String>) -> Command<()> {
        let request = about!(RevokeListingRequest { listing, reason: reason.into() });
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Records what a fund's own agreement says; it counts for listings accepted from here on
    /// (合伙协议转让条款).
    pub fn set_agreement(
        &self,
        fund: FundId,
        terms: AgreementTerms,
        evidence: Sha256,
    ) -> Command<()> {
        let request = v1::SetAgreementRequest {
            fund_id: fund.to_string(),
            agreement: Some(agreement_to_wire(terms)),
            evidence_sha256: evidence.bytes().to_vec(),
            ..Default::default()
        };
        Command::new(&self.client, request, |_| Ok(()))
    }
}

/// Documents.
impl Listings {
    /// Accepts the confidentiality terms of a listing, those of this SHA-256: its full disclosure
    /// is open from then on (保密承诺).
    pub fn accept_confidentiality(&self, part: impl Into<Part>, terms: Sha256) -> Command<()> {
        let Part { listing, party } = part.into();
        let request = about!(AcceptConfidentialityRequest {
            listing,
            party_id: wire::text(party),
            terms_sha256: terms.bytes().to_vec(),
        });
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Looks at a document; each look is recorded for the owner to read (查阅披露文件).
    pub fn look(&self, part: impl Into<Part>, document: Sha256) -> Command<()> {
        let Part { listing, party } = part.into();
        let request = about!(LookAtDocumentRequest {
            listing,
            party_id: wire::text(party),
            document_sha256: document.bytes().to_vec(),
        });
        Command::new(&self.client, request, |_| Ok(()))
    }
}

/// What is known of listings.
impl Listings {
    /// One listing, as much of it as the caller may see.
    pub fn listing(&self, listing: ListingId) -> Query<Listing> {
        let request = about!(GetListingRequest { listing });
        Query::new(&self.client, request, |response| listing_of(some(response.listing, "listing")?))
    }

    /// Listings by id, as much of each as the caller may see.
    pub fn listings(&self, filter: ListingFilter) -> List<Listing> {
        let request = v1::ListListingsRequest {
            fund_id: wire::text(filter.fund),
            stage: filter.stage.map_or(0, Twin::to_wire),
            own: match filter.whose {
                WhoseListings::All => false,
                WhoseListings::Own => true,
            },
            ..Default::default()
        };
        List::new(&self.client, request, listing_of)
    }

    /// The full disclosure, for a qualified investor that accepted the confidentiality terms
    /// (保密信息).
    pub fn disclosure(&self, part: impl Into<Part>) -> Query<ListingDisclosure> {
        let Part { listing, party } = part.into();
        let request = about!(GetListingDisclosureRequest { listing, party_id: wire::text(party) });
        Query::new(&self.client, request, |response| disclosure_of(response.disclosure))
    }

    /// Who accepted the confidentiality terms: for the owner and the venue.
    pub fn readers(&self, listing: ListingId) -> List<ListingReader> {
        List::new(&self.client, about!(ListListingReadersRequest { listing }), reader_of)
    }

    /// Who looked at which document, how often and when: for the owner and the venue (查阅记录).
    pub fn looks(&self, listing: ListingId) -> List<ListingLook> {
        List::new(&self.client, about!(ListListingLooksRequest { listing }), look_of)
    }

    /// What happened to a listing of late, newest first.
    pub fn events(&self, listing: ListingId) -> List<ListingEvent> {
        List::new(&self.client, about!(ListListingEventsRequest { listing }), event_of)
    }

    /// What is due of all listings of which the caller sees everything (期限).
    pub fn deadlines(&self) -> List<ListingDeadline> {
        List::new(&self.client, v1::ListListingDeadlinesRequest::default(), deadline_of)
    }

    /// What is due of one listing.
    pub fn deadlines_of(&self, listing: ListingId) -> List<ListingDeadline> {
        List::new(&self.client, about!(ListListingDeadlinesRequest { listing }), deadline_of)
    }

    /// What is recorded of a fund's own agreement: for its manager and the venue.
    pub fn agreement(&self, fund: FundId) -> Query<AgreementTerms> {
        let request = v1::GetAgreementRequest { fund_id: fund.to_string(), ..Default::default() };
        Query::new(&self.client, request, |response| agreement_of(response.agreement))
    }
}

fn changed_of(
    period: Option<v1::AnnouncementPeriod>,
    judged: Option<v1::JudgedBy>,
) -> Result<Changed, crate::error::Unreadable> {
    Ok(Changed { period: period_of(period)?, judged: judged_of(some(judged, "judged_by")?) })
}
