//! `SettlementService`: transfers with the bank, balances and their statements.

use sfund_engine::id::TransferId;
use sfund_engine::registry::fund::Currency;
use sfund_proto::v1;
use sfund_proto::v1::settlement_service_server::SettlementService;
use tonic::{Request, Response, Status};

use crate::read::page::Ask;
use crate::service::desk::{Desk, named, open, time_of};
use crate::service::visibility::Subject;
use crate::wire::{page, settlement};

/// The service.
#[derive(Clone)]
pub(crate) struct Settlement(pub(crate) Desk);

#[tonic::async_trait]
impl SettlementService for Settlement {
    async fn request_transfer(
        &self,
        request: Request<v1::RequestTransferRequest>,
    ) -> Result<Response<v1::RequestTransferResponse>, Status> {
        self.0.command(request).await
    }

    async fn settle_transfer(
        &self,
        request: Request<v1::SettleTransferRequest>,
    ) -> Result<Response<v1::SettleTransferResponse>, Status> {
        self.0.command(request).await
    }

    async fn list_transfers(
        &self,
        request: Request<v1::ListTransfersRequest>,
    ) -> Result<Response<v1::ListTransfersResponse>, Status> {
        let (visit, ask) = open(request)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let everybodys = ask.party_id.is_empty() && Desk::sees_all(&visit, Subject::Cash);
        let (transfers, next_page_token) = if ask.settled {
            let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
            let party = self.0.party(&visit, Subject::Cash, &ask.party_id)?;
            let found = self.0.read.transfers_settled(party, &part);
            page::rows(found, |view| settlement::transfer(&view))
        } else {
            let part = page::ask::<TransferId>(ask.page_size, &ask.page_token)?;
            let only = if everybodys {
                None
            } else {
                Some(self.0.party(&visit, Subject::Cash, &ask.party_id)?)
            };
            let found = self
                .0
                .read
                .transfers(&part, |view| only.is_none_or(|party| party == view.terms.party));
            page::rows(found, |view| settlement::transfer(&view))
        };
        Ok(Response::new(v1::ListTransfersResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            transfers,
            next_page_token,
        }))
    }

    async fn get_cash(
        &self,
        request: Request<v1::GetCashRequest>,
    ) -> Result<Response<v1::GetCashResponse>, Status> {
        let (visit, ask) = open(request)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Cash, &ask.party_id)?;
        let every = Ask { after: None, rows_max: crate::read::page::PAGE_ROWS_MAX };
        let found = self.0.read.cash_of(party, &every);
        Ok(Response::new(v1::GetCashResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            balances: found.rows.iter().map(settlement::cash).collect(),
        }))
    }

    async fn list_house_accounts(
        &self,
        request: Request<v1::ListHouseAccountsRequest>,
    ) -> Result<Response<v1::ListHouseAccountsResponse>, Status> {
        let (visit, ask) = open(request)?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        Ok(Response::new(v1::ListHouseAccountsResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            accounts: self.0.read.houses().iter().map(settlement::house).collect(),
        }))
    }

    async fn list_cash_entries(
        &self,
        request: Request<v1::ListCashEntriesRequest>,
    ) -> Result<Response<v1::ListCashEntriesResponse>, Status> {
        let (visit, ask) = open(request)?;
        let part = page::ask::<u64>(ask.page_size, &ask.page_token)?;
        let currency = named(|fields| {
            if ask.currency.is_empty() {
                Currency::CNY
            } else {
                fields.currency("currency", &ask.currency)
            }
        })?;
        let stamp = self.0.after(&visit, ask.after_sequence).await?;
        let party = self.0.party(&visit, Subject::Cash, &ask.party_id)?;
        let found = self.0.read.cash_lines(party, currency, &part);
        let (entries, next_page_token) =
            page::rows(found, |line| settlement::cash_line(currency, &line));
        Ok(Response::new(v1::ListCashEntriesResponse {
            sequence: stamp.sequence.number(),
            time: time_of(stamp),
            entries,
            next_page_token,
        }))
    }
}
