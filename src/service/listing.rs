//! `ListingService`: the life of listings, and what may be seen of them.
//!
//! Four depths: nothing, as if there were none; the teaser, of what is announced; the notice beside
//! it, for the other partners of the fund; the record, for its owner, its manager and the venue.
//! The full disclosure is beside them, for a qualified investor that accepted the confidentiality
//! terms.

use std::sync::Arc;

use sfund_engine::id::{FundId, ListingId, PartyId};
use sfund_engine::listing::stage::Stage;
use sfund_engine::registry::qualify;
use sfund_engine::reject::Reject;
use sfund_proto::v1;
use sfund_proto::v1::listing_service_server::ListingService;
use tonic::{Request, Response, Status};

use crate::read::listings::{Audience, Happening, ListingView, LookKey};
use crate::service::depth::Depth;
use crate::service::desk::{Desk, named, not_found, open, time_of};
use crate::service::door::Visit;
use crate::service::visibility::{Relation, Subject, sees};
use crate::wire::listing_terms::Floor;
use crate::wire::status::{Denial, Trouble};
use crate::wire::{listing_views as views, page};

/// The service.
#[derive(Clone)]
pub(crate) struct Listings(pub(crate) Desk);

impl Listings {
    /// A listing whose `subject` the caller sees.
    fn shown(
        &self,
        visit: &Visit,
        subject: Subject,
        id: ListingId,
    ) -> Result<Arc<ListingView>, Trouble> {
        let view = self.0.read.listing(id).ok_or_else(|| not_found(&id))?;
        if sees(visit.who.role, subject, self.0.listing_relation(visit, &view)) {
            Ok(view)
        } else {
            Err(not_found(&id))
        }
    }

    /// As much of a listing as the caller sees.
    fn tell(&self, visit: &Visit, view: &ListingView, depth: Depth) -> v1::Listing {
        let caller = visit.who.party;
        let teaser = views::teaser(view, self.0.read.listing_reader(view.id, caller));
        match depth {
            Depth::Nothing | Depth::Teaser => teaser,
            Depth::Notice => v1::Listing { notice: Some(views::notice(view, caller)), ..teaser },
            Depth::Record => v1::Listing { record: Some(views::record(view)), ..teaser },
        }
    }

    /// A4, A5: refuses who may not read the full disclosure of an announced listing.
    fn check_reader(&self, view: &ListingView, reader: PartyId) -> Result<(), Status> {
        let listing = view.id;
        if self.0.read.listing_reader(listing, reader).is_none() {
            let reject = Reject::ConfidentialityNotAccepted { party: reader, listing };
            return Err(Denial::from(&reject).into());
        }
        let read = &self.0.read;
        let venue = read.venue().ok_or(Trouble::VenueNotReady {})?;
        let party = read.party(reader).ok_or_else(|| not_found(&reader))?;
        let fund = read.fund(view.listing.terms.fund).ok_or_else(|| not_found(&listing))?;
        let segment = fund.fund.details.segment;
        let segment = read.segment(segment).ok_or_else(|| not_found(&segment))?;
        let today = self.0.clock.now().date(venue.utc_offset_minutes);
        qualify::check(reader, &party, &segment.segment.pack.investors, today)
            .map_err(|reject| Denial::from(&reject).into())
    }
}

#[tonic::async_trait]
impl ListingService for Listings {
    async fn draft_listing(
        &self,
        request: Request<v1::DraftListingRequest>,
    ) -> Result<Response<v1::DraftListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn submit_listing(
        &self,
        request: Request<v1::SubmitListingRequest>,
    ) -> Result<Response<v1::SubmitListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn review_listing(
        &self,
        request: Request<v1::ReviewListingRequest>,
    ) -> Result<Response<v1::ReviewListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn set_agreement(
        &self,
        request: Request<v1::SetAgreementRequest>,
    ) -> Result<Response<v1::SetAgreementResponse>, Status> {
        self.0.command(request).await
    }

    async fn notify_partners(
        &self,
        request: Request<v1::NotifyPartnersRequest>,
    ) -> Result<Response<v1::NotifyPartnersResponse>, Status> {
        self.0.command(request).await
    }

    async fn answer_first_refusal(
        &self,
        request: Request<v1::AnswerFirstRefusalRequest>,
    ) -> Result<Response<v1::AnswerFirstRefusalResponse>, Status> {
        self.0.command(request).await
    }

    async fn answer_consent(
        &self,
        request: Request<v1::AnswerConsentRequest>,
    ) -> Result<Response<v1::AnswerConsentResponse>, Status> {
        self.0.command(request).await
    }

    async fn record_approval(
        &self,
        request: Request<v1::RecordApprovalRequest>,
    ) -> Result<Response<v1::RecordApprovalResponse>, Status> {
        self.0.command(request).await
    }

    async fn announce_listing(
        &self,
        request: Request<v1::AnnounceListingRequest>,
    ) -> Result<Response<v1::AnnounceListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn suspend_listing(
        &self,
        request: Request<v1::SuspendListingRequest>,
    ) -> Result<Response<v1::SuspendListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn resume_listing(
        &self,
        request: Request<v1::ResumeListingRequest>,
    ) -> Result<Response<v1::ResumeListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn extend_listing(
        &self,
        request: Request<v1::ExtendListingRequest>,
    ) -> Result<Response<v1::ExtendListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn reprice_listing(
        &self,
        request: Request<v1::RepriceListingRequest>,
    ) -> Result<Response<v1::RepriceListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn change_listing(
        &self,
        request: Request<v1::ChangeListingRequest>,
    ) -> Result<Response<v1::ChangeListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn withdraw_listing(
        &self,
        request: Request<v1::WithdrawListingRequest>,
    ) -> Result<Response<v1::WithdrawListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn revoke_listing(
        &self,
        request: Request<v1::RevokeListingRequest>,
    ) -> Result<Response<v1::RevokeListingResponse>, Status> {
        self.0.command(request).await
    }

    async fn accept_confidentiality(
        &self,
        request: Request<v1::AcceptConfidentialityRequest>,
    ) -> Result<Response<v1::AcceptConfidentialityResponse>, Status> {
        self.0.command(request).await
    }

    async fn look_at_document(
        &self,
        request: Request<v1::LookAtDocumentRequest>,
    ) -> Result<Response<v1::LookAtDocumentResponse>, Status> {
        self.0.command(request).await
    }

    async fn declare_interest(
        &self,
        request: Request<v1::DeclareInterestRequest>,
    ) -> Result<Response<v1::DeclareInterestResponse>, Status> {
        self.0.command(request).await
    }

    async fn qualify_bidder(
        &self,
        request: Request<v1::QualifyBidderRequest>,
    ) -> Result<Response<v1::QualifyBidderResponse>, Status> {
        self.0.qualify_bidder(request).await
    }

    async fn pay_deposit(
        &self,
        request: Request<v1::PayDepositRequest>,
    ) -> Result<Response<v1::PayDepositResponse>, Status> {
        self.0.command(request).await
    }

    async fn open_bidding(
        &self,
        request: Request<v1::OpenBiddingRequest>,
    ) -> Result<Response<v1::OpenBiddingResponse>, Status> {
        self.0.open_bidding(request).await
    }

    async fn sign_contract(
        &self,
        request: Request<v1::SignContractRequest>,
    ) -> Result<Response<v1::SignContractResponse>, Status> {
        self.0.command(request).await
    }

    async fn list_bidders(
        &self,
        request: Request<v1::ListBiddersRequest>,
    ) -> Result<Response<v1::ListBiddersResponse>, Status> {
        self.0.list_bidders(request).await
    }

    async fn get_listing(
        &self,
        request: Request<v1::GetListingRequest>,
    ) -> Result<Response<v1::GetListingResponse>, Status> {
        let (visit, ask) = open(request)?;
        let id: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let (depth, view) = self.0.listing(&visit, id)?;
        Ok(Response::new(v1::GetListingResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            listing: Some(self.tell(&visit, &view, depth)),
        }))
    }

    async fn list_listings(
        &self,
        request: Request<v1::ListListingsRequest>,
    ) -> Result<Response<v1::ListListingsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<ListingId>(ask.page_size, &ask.page_token)?;
        let (fund, stage) = named(|fields| {
            let fund: Option<FundId> = fields.id_if_any("fund_id", &ask.fund_id);
            (fund, fields.choice_if_any::<Stage>("stage", ask.stage))
        })?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let found = self.0.read.listings(&part, |view| {
            let depth = self.0.depth(&visit, view);
            // Of which fund a listing is, is no part of its teaser.
            let knows_fund = || {
                Depth::Teaser < depth
                    || self.0.read.listing_reader(view.id, visit.who.party).is_some()
            };
            let is_own = || match self.0.relation(visit.who.party, view.listing.seller) {
                Relation::Owner | Relation::Member => true,
                Relation::Pledgee | Relation::Manager | Relation::Stranger => false,
            };
            depth != Depth::Nothing
                && stage.is_none_or(|stage| stage == view.listing.stage)
                && fund.is_none_or(|fund| fund == view.listing.terms.fund && knows_fund())
                && (!ask.own || is_own())
        });
        let (listings, next_page_token) =
            page::rows(found, |view| self.tell(&visit, &view, self.0.depth(&visit, &view)));
        Ok(Response::new(v1::ListListingsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            listings,
            next_page_token,
        }))
    }

    async fn get_listing_disclosure(
        &self,
        request: Request<v1::GetListingDisclosureRequest>,
    ) -> Result<Response<v1::GetListingDisclosureResponse>, Status> {
        let (visit, ask) = open(request)?;
        let id: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let reader = self.0.party(&visit, Subject::Listings, &ask.party_id)?;
        let (depth, view) = self.0.listing(&visit, id)?;
        let floor = if depth == Depth::Record {
            Floor::Shown
        } else if view.listing.stage.is_public() {
            self.check_reader(&view, reader)?;
            views::floor_for_bidders(&view.listing)
        } else {
            return Err(not_found(&id).into());
        };
        Ok(Response::new(v1::GetListingDisclosureResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            disclosure: Some(views::disclosure(&view, floor)),
        }))
    }

    async fn list_listing_readers(
        &self,
        request: Request<v1::ListListingReadersRequest>,
    ) -> Result<Response<v1::ListListingReadersResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<PartyId>(ask.page_size, &ask.page_token)?;
        let id: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        self.shown(&visit, Subject::ListingReaders, id)?;
        let (readers, next_page_token) =
            page::rows(self.0.read.readers_of(id, &part), views::reader);
        Ok(Response::new(v1::ListListingReadersResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            readers,
            next_page_token,
        }))
    }

    async fn list_listing_looks(
        &self,
        request: Request<v1::ListListingLooksRequest>,
    ) -> Result<Response<v1::ListListingLooksResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<LookKey>(ask.page_size, &ask.page_token)?;
        let id: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let view = self.shown(&visit, Subject::ListingReaders, id)?;
        let found = self.0.read.looks_of(id, &part);
        let (looks, next_page_token) = page::rows(found, |((party, document), look)| {
            views::look(&view.listing, party, document, look)
        });
        Ok(Response::new(v1::ListListingLooksResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            looks,
            next_page_token,
        }))
    }

    async fn list_listing_events(
        &self,
        request: Request<v1::ListListingEventsRequest>,
    ) -> Result<Response<v1::ListListingEventsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
        let id: ListingId = named(|fields| fields.id("listing_id", &ask.listing_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let (depth, view) = self.0.listing(&visit, id)?;
        let sees_record = depth == Depth::Record;
        let knows = |what: &Happening| self.0.knows_party(&visit, &view, what);
        let found = self.0.read.listing_lines(id, &part, |line| match line.what.audience() {
            Audience::Public => true,
            Audience::Record => sees_record,
            Audience::Bidder => sees_record || knows(&line.what),
        });
        let (events, next_page_token) = page::rows(found, |line| match line.what.audience() {
            Audience::Bidder if !knows(&line.what) => {
                views::happened(id, line.stamp, &line.what.nameless())
            }
            Audience::Public | Audience::Record | Audience::Bidder => {
                views::happened(id, line.stamp, &line.what)
            }
        });
        Ok(Response::new(v1::ListListingEventsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            events,
            next_page_token,
        }))
    }

    async fn list_listing_deadlines(
        &self,
        request: Request<v1::ListListingDeadlinesRequest>,
    ) -> Result<Response<v1::ListListingDeadlinesResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<ListingId>(ask.page_size, &ask.page_token)?;
        let one: Option<ListingId> =
            named(|fields| fields.id_if_any("listing_id", &ask.listing_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let offset = self.0.read.venue().ok_or(Trouble::VenueNotReady {})?.utc_offset_minutes;
        let of = |view: &ListingView| {
            let all = view.listing.deadlines();
            all.iter().map(|due| views::deadline(view.id, due, offset)).collect::<Vec<_>>()
        };
        let (deadlines, next_page_token) = if let Some(id) = one {
            let view = self.shown(&visit, Subject::Listings, id)?;
            (vec![of(&view)], String::new())
        } else {
            let found = self.0.read.listings(&part, |view| {
                !view.listing.stage.is_final() && self.0.depth(&visit, view) == Depth::Record
            });
            page::rows(found, |view| of(&view))
        };
        Ok(Response::new(v1::ListListingDeadlinesResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            deadlines: deadlines.into_iter().flatten().collect(),
            next_page_token,
        }))
    }

    async fn get_agreement(
        &self,
        request: Request<v1::GetAgreementRequest>,
    ) -> Result<Response<v1::GetAgreementResponse>, Status> {
        let (visit, ask) = open(request)?;
        let id: FundId = named(|fields| fields.id("fund_id", &ask.fund_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let fund = self.0.read.fund(id).ok_or_else(|| not_found(&id))?;
        let is_managed = fund.fund.details.manager == visit.who.party;
        let relation = if is_managed { Relation::Manager } else { Relation::Stranger };
        if !sees(visit.who.role, Subject::Agreements, relation) {
            return Err(not_found(&id).into());
        }
        let terms = self.0.read.agreement(id).unwrap_or_default();
        Ok(Response::new(v1::GetAgreementResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            agreement: Some(views::agreement(&terms)),
        }))
    }
}
