//! Which message goes to which method: one table, checked against the generated clients.

use std::future::Future;

use prost_types::Timestamp;
use sfund_proto::v1;
use sfund_proto::v1::admin_service_client::AdminServiceClient;
use sfund_proto::v1::listing_service_client::ListingServiceClient;
use sfund_proto::v1::market_service_client::MarketServiceClient;
use sfund_proto::v1::register_service_client::RegisterServiceClient;
use sfund_proto::v1::settlement_service_client::SettlementServiceClient;
use sfund_proto::v1::trading_service_client::TradingServiceClient;
use tonic::codec::{CompressionEncoding, Streaming};
use tonic::{Request, Response, Status};

use crate::client::Client;

/// Longest message that is accepted: a full page of journal entries fits.
pub(crate) const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A message that is answered by one message.
pub(crate) trait Rpc: Clone + Send + Sync + 'static {
    type Response: Send + 'static;

    fn send(
        client: &Client,
        request: Request<Self>,
    ) -> impl Future<Output = Result<Response<Self::Response>, Status>> + Send;
}

/// Entry that an answer rests on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) sequence: u64,
    pub(crate) time: Option<Timestamp>,
    pub(crate) repeated: bool,
}

/// A message that changes the market.
pub(crate) trait Commanding: Rpc {
    fn mark(&mut self, request_id: String, validate_only: bool);
    fn stamp(response: &Self::Response) -> Stamp;
}

/// A message that looks at it.
pub(crate) trait Reading: Rpc {
    fn after(&mut self, sequence: u64);
    fn stamp(response: &Self::Response) -> Stamp;
}

/// A message that looks at a page of it.
pub(crate) trait Listing: Reading {
    type Item: Send + 'static;

    fn page(&mut self, size: i32, token: String);
    fn items(response: Self::Response) -> (Vec<Self::Item>, String);
}

/// A message that is answered by a stream of messages.
pub(crate) trait Following: Clone + Send + Sync + 'static {
    type Event: Clone + PartialEq + Send + 'static;

    fn from(&mut self, sequence: u64);
    fn open(
        client: &Client,
        request: Request<Self>,
    ) -> impl Future<Output = Result<Response<Streaming<Self::Event>>, Status>> + Send;
}

/// A generated client with the options of ours.
macro_rules! service {
    ($service:ident, $client:expr) => {{
        let service = $service::new($client.channel()).max_decoding_message_size(MESSAGE_BYTES_MAX);
        if $client.compressed() {
            service.accept_compressed(CompressionEncoding::Gzip)
        } else {
            service
        }
    }};
}
pub(crate) use service;

macro_rules! rpc {
    ($service:ident $method:ident $request:ident $response:ident) => {
        impl Rpc for v1::$request {
            type Response = v1::$response;

            async fn send(
                client: &Client,
                request: Request<Self>,
            ) -> Result<Response<v1::$response>, Status> {
                service!($service, client).$method(request).await
            }
        }
    };
}

macro_rules! commands {
    ($($service:ident $method:ident $request:ident $response:ident;)*) => {$(
        rpc!($service $method $request $response);

        impl Commanding for v1::$request {
            fn mark(&mut self, request_id: String, validate_only: bool) {
                self.request_id = request_id;
                self.validate_only = validate_only;
            }

            fn stamp(response: &v1::$response) -> Stamp {
                let repeated = response.replayed;
                Stamp { sequence: response.sequence, time: response.time, repeated }
            }
        }
    )*};
}

macro_rules! reads {
    ($($service:ident $method:ident $request:ident $response:ident;)*) => {$(
        rpc!($service $method $request $response);

        impl Reading for v1::$request {
            fn after(&mut self, sequence: u64) {
                self.after_sequence = sequence;
            }

            fn stamp(response: &v1::$response) -> Stamp {
                Stamp { sequence: response.sequence, time: response.time, repeated: false }
            }
        }
    )*};
}

macro_rules! lists {
    ($($service:ident $method:ident $request:ident $response:ident $items:ident $item:ident;)*) => {
        reads! { $($service $method $request $response;)* }
        $(
            impl Listing for v1::$request {
                type Item = v1::$item;

                fn page(&mut self, size: i32, token: String) {
                    self.page_size = size;
                    self.page_token = token;
                }

                fn items(response: v1::$response) -> (Vec<v1::$item>, String) {
                    (response.$items, response.next_page_token)
                }
            }
        )*
    };
}

macro_rules! streams {
    ($($service:ident $method:ident $request:ident $event:ident;)*) => {$(
        impl Following for v1::$request {
            type Event = v1::$event;

            fn from(&mut self, sequence: u64) {
                self.from_sequence = sequence;
            }

            async fn open(
                client: &Client,
                request: Request<Self>,
            ) -> Result<Response<Streaming<v1::$event>>, Status> {
                service!($service, client).$method(request).await
            }
        }
    )*};
}

commands! {
    TradingServiceClient place_order PlaceOrderRequest PlaceOrderResponse;
    TradingServiceClient amend_order AmendOrderRequest AmendOrderResponse;
    TradingServiceClient cancel_order CancelOrderRequest CancelOrderResponse;
    TradingServiceClient cancel_all CancelAllRequest CancelAllResponse;
    TradingServiceClient post_intention PostIntentionRequest PostIntentionResponse;
    TradingServiceClient withdraw_intention WithdrawIntentionRequest WithdrawIntentionResponse;
    TradingServiceClient place_bid PlaceBidRequest PlaceBidResponse;
    TradingServiceClient match_price MatchPriceRequest MatchPriceResponse;
    TradingServiceClient commit_bid CommitBidRequest CommitBidResponse;
    TradingServiceClient reveal_bid RevealBidRequest RevealBidResponse;
    TradingServiceClient make_offer MakeOfferRequest MakeOfferResponse;
    TradingServiceClient answer_offer AnswerOfferRequest AnswerOfferResponse;
    ListingServiceClient draft_listing DraftListingRequest DraftListingResponse;
    ListingServiceClient submit_listing SubmitListingRequest SubmitListingResponse;
    ListingServiceClient review_listing ReviewListingRequest ReviewListingResponse;
    ListingServiceClient set_agreement SetAgreementRequest SetAgreementResponse;
    ListingServiceClient notify_partners NotifyPartnersRequest NotifyPartnersResponse;
    ListingServiceClient answer_first_refusal AnswerFirstRefusalRequest AnswerFirstRefusalResponse;
    ListingServiceClient answer_consent AnswerConsentRequest AnswerConsentResponse;
    ListingServiceClient record_approval RecordApprovalRequest RecordApprovalResponse;
    ListingServiceClient announce_listing AnnounceListingRequest AnnounceListingResponse;
    ListingServiceClient suspend_listing SuspendListingRequest SuspendListingResponse;
    ListingServiceClient resume_listing ResumeListingRequest ResumeListingResponse;
    ListingServiceClient extend_listing ExtendListingRequest ExtendListingResponse;
    ListingServiceClient reprice_listing RepriceListingRequest RepriceListingResponse;
    ListingServiceClient change_listing ChangeListingRequest ChangeListingResponse;
    ListingServiceClient withdraw_listing WithdrawListingRequest WithdrawListingResponse;
    ListingServiceClient revoke_listing RevokeListingRequest RevokeListingResponse;
    ListingServiceClient accept_confidentiality
        AcceptConfidentialityRequest AcceptConfidentialityResponse;
    ListingServiceClient look_at_document LookAtDocumentRequest LookAtDocumentResponse;
    ListingServiceClient declare_interest DeclareInterestRequest DeclareInterestResponse;
    ListingServiceClient qualify_bidder QualifyBidderRequest QualifyBidderResponse;
    ListingServiceClient pay_deposit PayDepositRequest PayDepositResponse;
    ListingServiceClient open_bidding OpenBiddingRequest OpenBiddingResponse;
    ListingServiceClient sign_contract SignContractRequest SignContractResponse;
    SettlementServiceClient request_transfer RequestTransferRequest RequestTransferResponse;
    SettlementServiceClient settle_transfer SettleTransferRequest SettleTransferResponse;
    AdminServiceClient open_segment OpenSegmentRequest OpenSegmentResponse;
    AdminServiceClient adopt_pack AdoptPackRequest AdoptPackResponse;
    AdminServiceClient set_calendar SetCalendarRequest SetCalendarResponse;
    AdminServiceClient set_fees SetFeesRequest SetFeesResponse;
    AdminServiceClient register_party RegisterPartyRequest RegisterPartyResponse;
    AdminServiceClient qualify QualifyRequest QualifyResponse;
    AdminServiceClient affiliate AffiliateRequest AffiliateResponse;
    AdminServiceClient set_party_status SetPartyStatusRequest SetPartyStatusResponse;
    AdminServiceClient register_fund RegisterFundRequest RegisterFundResponse;
    AdminServiceClient extend_term ExtendTermRequest ExtendTermResponse;
    AdminServiceClient issue_units IssueUnitsRequest IssueUnitsResponse;
    AdminServiceClient lock_units LockUnitsRequest LockUnitsResponse;
    AdminServiceClient unlock_units UnlockUnitsRequest UnlockUnitsResponse;
    AdminServiceClient issue_key IssueKeyRequest IssueKeyResponse;
    AdminServiceClient revoke_key RevokeKeyRequest RevokeKeyResponse;
    AdminServiceClient set_reference SetReferenceRequest SetReferenceResponse;
    AdminServiceClient set_trading_state SetTradingStateRequest SetTradingStateResponse;
    AdminServiceClient review ReviewRequest ReviewResponse;
}

reads! {
    MarketServiceClient get_venue GetVenueRequest GetVenueResponse;
    MarketServiceClient get_segment GetSegmentRequest GetSegmentResponse;
    MarketServiceClient get_fund GetFundRequest GetFundResponse;
    MarketServiceClient get_book GetBookRequest GetBookResponse;
    MarketServiceClient get_lot GetLotRequest GetLotResponse;
    TradingServiceClient get_order GetOrderRequest GetOrderResponse;
    TradingServiceClient get_meters GetMetersRequest GetMetersResponse;
    TradingServiceClient get_listing_meters GetListingMetersRequest GetListingMetersResponse;
    TradingServiceClient quote_fees QuoteFeesRequest QuoteFeesResponse;
    RegisterServiceClient get_holding GetHoldingRequest GetHoldingResponse;
    ListingServiceClient get_listing GetListingRequest GetListingResponse;
    ListingServiceClient get_listing_disclosure
        GetListingDisclosureRequest GetListingDisclosureResponse;
    ListingServiceClient get_agreement GetAgreementRequest GetAgreementResponse;
    SettlementServiceClient get_cash GetCashRequest GetCashResponse;
    SettlementServiceClient list_house_accounts ListHouseAccountsRequest ListHouseAccountsResponse;
    AdminServiceClient get_caller GetCallerRequest GetCallerResponse;
    AdminServiceClient get_server_status GetServerStatusRequest GetServerStatusResponse;
    AdminServiceClient get_party GetPartyRequest GetPartyResponse;
}

lists! {
    MarketServiceClient list_segments ListSegmentsRequest ListSegmentsResponse segments Segment;
    MarketServiceClient list_funds ListFundsRequest ListFundsResponse funds Fund;
    MarketServiceClient list_trades ListTradesRequest ListTradesResponse trades Trade;
    MarketServiceClient list_lots ListLotsRequest ListLotsResponse lots Lot;
    TradingServiceClient list_orders ListOrdersRequest ListOrdersResponse orders Order;
    TradingServiceClient list_my_trades ListMyTradesRequest ListMyTradesResponse trades MyTrade;
    TradingServiceClient list_intentions ListIntentionsRequest ListIntentionsResponse
        intentions Intention;
    TradingServiceClient list_suggestions ListSuggestionsRequest ListSuggestionsResponse
        suggestions Suggestion;
    TradingServiceClient list_bids ListBidsRequest ListBidsResponse bids LotBid;
    TradingServiceClient list_offers ListOffersRequest ListOffersResponse offers LotOffer;
    ListingServiceClient list_listings ListListingsRequest ListListingsResponse listings Listing;
    ListingServiceClient list_listing_readers
        ListListingReadersRequest ListListingReadersResponse readers ListingReader;
    ListingServiceClient list_listing_looks
        ListListingLooksRequest ListListingLooksResponse looks ListingLook;
    ListingServiceClient list_listing_events
        ListListingEventsRequest ListListingEventsResponse events ListingEvent;
    ListingServiceClient list_listing_deadlines
        ListListingDeadlinesRequest ListListingDeadlinesResponse deadlines ListingDeadline;
    ListingServiceClient list_bidders ListBiddersRequest ListBiddersResponse bidders Bidder;
    RegisterServiceClient list_holdings ListHoldingsRequest ListHoldingsResponse holdings Holding;
    RegisterServiceClient list_holders ListHoldersRequest ListHoldersResponse holdings Holding;
    RegisterServiceClient list_statement_entries
        ListStatementEntriesRequest ListStatementEntriesResponse entries StatementEntry;
    SettlementServiceClient list_transfers ListTransfersRequest ListTransfersResponse
        transfers Transfer;
    SettlementServiceClient list_cash_entries ListCashEntriesRequest ListCashEntriesResponse
        entries CashEntry;
    AdminServiceClient list_parties ListPartiesRequest ListPartiesResponse parties Party;
    AdminServiceClient list_locks ListLocksRequest ListLocksResponse locks Lock;
    AdminServiceClient list_keys ListKeysRequest ListKeysResponse keys Key;
    AdminServiceClient list_proposals ListProposalsRequest ListProposalsResponse
        proposals Proposal;
    AdminServiceClient list_entries ListEntriesRequest ListEntriesResponse entries Entry;
}

streams! {
    MarketServiceClient stream_market StreamMarketRequest StreamMarketResponse;
    TradingServiceClient stream_my_events StreamMyEventsRequest StreamMyEventsResponse;
    AdminServiceClient stream_entries StreamEntriesRequest StreamEntriesResponse;
}
