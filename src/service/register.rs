//! `RegisterService`: holdings and the statements that explain them.

use sfund_engine::id::{FundId, PartyId};
use sfund_proto::v1;
use sfund_proto::v1::register_service_server::RegisterService;
use tonic::{Request, Response, Status};

use crate::service::desk::{Desk, named, not_found, open, time_of};
use crate::service::visibility::{Relation, Subject, sees};
use crate::wire::{page, register};

/// The service.
#[derive(Clone)]
pub(crate) struct Register(pub(crate) Desk);

#[tonic::async_trait]
impl RegisterService for Register {
    async fn get_holding(
        &self,
        request: Request<v1::GetHoldingRequest>,
    ) -> Result<Response<v1::GetHoldingResponse>, Status> {
        let (visit, ask) = open(request)?;
        let fund: FundId = named(|fields| fields.id("fund_id", &ask.fund_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Holdings, &ask.party_id)?;
        self.0.read.fund(fund).ok_or_else(|| not_found(&fund))?;
        let holding = self.0.read.holding(party, fund);
        let told = holding
            .map_or_else(|| register::no_holding(party, fund), |held| register::holding(&held));
        Ok(Response::new(v1::GetHoldingResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            holding: Some(told),
        }))
    }

    async fn list_holdings(
        &self,
        request: Request<v1::ListHoldingsRequest>,
    ) -> Result<Response<v1::ListHoldingsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<FundId>(ask.page_size, &ask.page_token)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Holdings, &ask.party_id)?;
        let found = self.0.read.holdings_of(party, &part);
        let (holdings, next_page_token) = page::rows(found, |held| register::holding(&held));
        Ok(Response::new(v1::ListHoldingsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            holdings,
            next_page_token,
        }))
    }

    async fn list_holders(
        &self,
        request: Request<v1::ListHoldersRequest>,
    ) -> Result<Response<v1::ListHoldersResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<PartyId>(ask.page_size, &ask.page_token)?;
        let fund: FundId = named(|fields| fields.id("fund_id", &ask.fund_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let view = self.0.read.fund(fund).ok_or_else(|| not_found(&fund))?;
        let relation = if view.fund.details.manager == visit.who.party {
            Relation::Manager
        } else {
            Relation::Stranger
        };
        if !sees(visit.who.role, Subject::Holders, relation) {
            return Err(not_found(&fund).into());
        }
        let found = self.0.read.holders_of(fund, &part);
        let (holdings, next_page_token) = page::rows(found, |held| register::holding(&held));
        Ok(Response::new(v1::ListHoldersResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            holdings,
            next_page_token,
        }))
    }

    async fn list_statement_entries(
        &self,
        request: Request<v1::ListStatementEntriesRequest>,
    ) -> Result<Response<v1::ListStatementEntriesResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
        let fund: FundId = named(|fields| fields.id("fund_id", &ask.fund_id))?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Holdings, &ask.party_id)?;
        self.0.read.fund(fund).ok_or_else(|| not_found(&fund))?;
        let found = self.0.read.register_lines(party, fund, &part);
        let (entries, next_page_token) =
            page::rows(found, |line| register::register_line(party, fund, &line));
        Ok(Response::new(v1::ListStatementEntriesResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            entries,
            next_page_token,
        }))
    }
}
