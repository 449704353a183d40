//! Every call of the interface, as one caller makes it about somebody's things: commands as dry
//! runs, so that nothing changes from one call to the next.

use sfund_proto::v1;
use sfund_proto::v1::admin_service_client::AdminServiceClient;
use sfund_proto::v1::listing_service_client::ListingServiceClient;
use sfund_proto::v1::market_service_client::MarketServiceClient;
use sfund_proto::v1::register_service_client::RegisterServiceClient;
use sfund_proto::v1::settlement_service_client::SettlementServiceClient;
use sfund_proto::v1::trading_service_client::TradingServiceClient;
use sfund_sdk::{ApiKey, Uuid};
use tonic::transport::Channel;
use tonic::{Code, Request};

/// What is asked about.
#[derive(Clone, Default)]
pub struct Things {
    pub party: String,
    pub order: String,
    pub intention: String,
    pub transfer: String,
    pub lock: String,
    /// A draft, if it is an investor.
    pub listing: String,
    pub key_hash: Vec<u8>,
    /// A fund that it manages, if it is a manager.
    pub managed: String,
    pub side: v1::Side,
}

/// What all calls share.
#[derive(Clone)]
pub struct Common {
    pub channel: Channel,
    pub fund: String,
    /// A fund that is sold by agreement.
    pub regional_fund: String,
    pub segment: v1::Segment,
    pub calendar: v1::Calendar,
    pub details: v1::FundDetails,
    pub proposal: String,
    pub lender: String,
    pub moment: prost_types::Timestamp,
}

macro_rules! calls {
    (
        ($path:expr, $common:expr, $key:expr)
        $($service:literal $client:ident { $($method:ident $name:literal $request:expr;)* })*
    ) => {
        match $path {
            $($(concat!("/sfund.v1.", $service, "/", $name) => {
                let request = signed($request, $key);
                let client = $client::new($common.channel.clone());
                Some({ client }.$method(request).await.map(drop).map_err(|status| status.code()))
            })*)*
            _ => None,
        }
    };
}

fn signed<Q>(request: Q, key: Option<&ApiKey>) -> Request<Q> {
    let mut request = Request::new(request);
    if let Some(key) = key {
        let bearer = format!("Bearer {}", key.reveal()).parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
    }
    request
}

/// Makes the call of this path; `None` if there is none here.
#[expect(clippy::too_many_lines, reason = "one line or two for each call of the interface")]
pub async fn call(
    path: &str,
    common: &Common,
    key: Option<&ApiKey>,
    of: &Things,
) -> Option<Result<(), Code>> {
    let request_id = Uuid::now_v7().to_string();
    let (party_id, fund_id) = (of.party.clone(), common.fund.clone());
    let segment_id = common.segment.segment_id.clone();
    let evidence = "court order 1".to_owned();
    let validate_only = true;
    let order = v1::OrderTerms {
        party_id: party_id.clone(),
        fund_id: fund_id.clone(),
        side: of.side.into(),
        r#type: v1::OrderType::Limit.into(),
        price: "1.50".to_owned(),
        units: "1000000".to_owned(),
        time_in_force: v1::TimeInForce::GoodTillCancelled.into(),
        ..Default::default()
    };
    let pack = v1::Pack { version: 2, ..common.segment.pack.clone().unwrap() };
    let calendar = v1::Calendar { version: 2, ..common.calendar.clone() };
    let details = v1::PartyDetails {
        code: "newcomer".to_owned(),
        name: "Newcomer".to_owned(),
        role: v1::Role::Lp.into(),
        form: v1::PartyForm::Institution.into(),
        look_through: 1,
        ..Default::default()
    };
    let qualification = v1::Qualification {
        evidence_sha256: vec![7; 32],
        certifier: "律师事务所".to_owned(),
        expires: "2033-12-31".to_owned(),
        ..Default::default()
    };
    let which_party = v1::get_party_request::Which::PartyId(party_id.clone());
    let which_fund = v1::get_fund_request::Which::FundId(fund_id.clone());
    let scope = v1::trading_scope::Scope::FundId(fund_id.clone());
    let amendment = v1::Amendment {
        order_id: of.order.clone(),
        price: "1.60".to_owned(),
        ..Default::default()
    };
    let cancellation = v1::Cancellation { order_id: of.order.clone() };
    let listing_id = of.listing.clone();
    let given = v1::Consent::Given.into();
    let evidence_sha256 = vec![5; 32];
    let terms = super::listings::terms(common.regional_fund.parse().unwrap(), "ANOTHER");
    let agreement = v1::FundAgreement {
        first_refusal: Some(v1::FirstRefusalTerm {
            term: Some(v1::first_refusal_term::Term::Days(30)),
        }),
        consent: Some(v1::ConsentTerm {
            term: Some(v1::consent_term::Term::NotAsked(v1::NotAsked {})),
        }),
    };
    let price = "1.50".to_owned();
    let opening = v1::NegotiatedOpening { seconds: 3_600 };
    let opening = v1::open_bidding_request::Opening::Negotiated(opening);
    let all = v1::MassCancellation { party_id: party_id.clone(), ..Default::default() };
    calls! { (path, common, key)
        "MarketService" MarketServiceClient {
            get_venue "GetVenue" v1::GetVenueRequest::default();
            get_segment "GetSegment" v1::GetSegmentRequest { segment_id, ..Default::default() };
            list_segments "ListSegments" v1::ListSegmentsRequest::default();
            get_fund "GetFund" v1::GetFundRequest { which: Some(which_fund), after_sequence: 0 };
            list_funds "ListFunds" v1::ListFundsRequest::default();
            get_book "GetBook" v1::GetBookRequest { fund_id, ..Default::default() };
            list_trades "ListTrades" v1::ListTradesRequest { fund_id, ..Default::default() };
            get_lot "GetLot" v1::GetLotRequest { listing_id, after_sequence: 0 };
            list_lots "ListLots" v1::ListLotsRequest::default();
            stream_market "StreamMarket" v1::StreamMarketRequest::default();
        }
        "TradingService" TradingServiceClient {
            place_order "PlaceOrder"
                v1::PlaceOrderRequest { request_id, validate_only, order: Some(order) };
            amend_order "AmendOrder"
                v1::AmendOrderRequest { request_id, validate_only, amendment: Some(amendment) };
            cancel_order "CancelOrder" v1::CancelOrderRequest {
                request_id, validate_only, cancellation: Some(cancellation)
            };
            cancel_all "CancelAll"
                v1::CancelAllRequest { request_id, validate_only, cancellation: Some(all) };
            order_stream "OrderStream" tokio_stream::once(v1::OrderStreamRequest {
                message: Some(v1::order_stream_request::Message::Open(Default::default())),
            });
            get_order "GetOrder"
                v1::GetOrderRequest { order_id: of.order.clone(), ..Default::default() };
            list_orders "ListOrders" v1::ListOrdersRequest { party_id, ..Default::default() };
            list_my_trades "ListMyTrades"
                v1::ListMyTradesRequest { party_id, ..Default::default() };
            get_meters "GetMeters" v1::GetMetersRequest { party_id, fund_id, after_sequence: 0 };
            get_listing_meters "GetListingMeters"
                v1::GetListingMetersRequest { listing_id, party_id, after_sequence: 0 };
            quote_fees "QuoteFees" v1::QuoteFeesRequest {
                party_id,
                fund_id,
                side: of.side.into(),
                price: "1.50".to_owned(),
                units: "1000".to_owned(),
                after_sequence: 0,
            };
            post_intention "PostIntention" v1::PostIntentionRequest {
                request_id,
                validate_only,
                party_id,
                fund_id,
                side: of.side.into(),
                price: "1.50".to_owned(),
                units: "1000".to_owned(),
                expires: Some(common.moment),
            };
            withdraw_intention "WithdrawIntention" v1::WithdrawIntentionRequest {
                request_id, validate_only, intention_id: of.intention.clone()
            };
            list_intentions "ListIntentions"
                v1::ListIntentionsRequest { party_id, ..Default::default() };
            list_suggestions "ListSuggestions"
                v1::ListSuggestionsRequest { party_id, ..Default::default() };
            place_bid "PlaceBid" v1::PlaceBidRequest {
                request_id, validate_only, listing_id, party_id, price, ..Default::default()
            };
            match_price "MatchPrice"
                v1::MatchPriceRequest { request_id, validate_only, listing_id, party_id };
            commit_bid "CommitBid" v1::CommitBidRequest {
                request_id, validate_only, listing_id, party_id, seal: evidence_sha256
            };
            reveal_bid "RevealBid" v1::RevealBidRequest {
                request_id,
                validate_only,
                listing_id,
                party_id,
                price,
                salt: evidence_sha256,
                ..Default::default()
            };
            make_offer "MakeOffer" v1::MakeOfferRequest {
                request_id,
                validate_only,
                listing_id,
                party_id,
                code: "bidder-1".to_owned(),
                price,
                expires: Some(common.moment),
                counters_offer_id: String::new(),
            };
            answer_offer "AnswerOffer" v1::AnswerOfferRequest {
                request_id,
                validate_only,
                listing_id,
                party_id,
                offer_id: "offer-0".to_owned(),
                answer: v1::OfferAnswer::Accept.into(),
            };
            list_bids "ListBids" v1::ListBidsRequest { listing_id, ..Default::default() };
            list_offers "ListOffers" v1::ListOffersRequest { listing_id, ..Default::default() };
            stream_my_events "StreamMyEvents"
                v1::StreamMyEventsRequest { party_id, ..Default::default() };
        }
        "ListingService" ListingServiceClient {
            draft_listing "DraftListing" v1::DraftListingRequest {
                request_id,
                validate_only,
                listing_id: String::new(),
                seller_id: party_id,
                terms: Some(terms),
            };
            submit_listing "SubmitListing"
                v1::SubmitListingRequest { request_id, validate_only, listing_id };
            review_listing "ReviewListing" v1::ReviewListingRequest {
                request_id,
                validate_only,
                listing_id,
                verdict: v1::ListingVerdict::Accept.into(),
                reasons: Vec::new(),
            };
            set_agreement "SetAgreement" v1::SetAgreementRequest {
                request_id,
                validate_only,
                fund_id: common.regional_fund.clone(),
                agreement: Some(agreement),
                evidence_sha256,
            };
            notify_partners "NotifyPartners" v1::NotifyPartnersRequest {
                request_id,
                validate_only,
                listing_id,
                delivered_date: "2026-11-24".to_owned(),
                evidence_sha256,
            };
            answer_first_refusal "AnswerFirstRefusal" v1::AnswerFirstRefusalRequest {
                request_id,
                validate_only,
                listing_id,
                party_id,
                answer: v1::ClaimAnswer::Waive.into(),
            };
            answer_consent "AnswerConsent" v1::AnswerConsentRequest {
                request_id, validate_only, listing_id, answer: given, evidence_sha256
            };
            record_approval "RecordApproval" v1::RecordApprovalRequest {
                request_id, validate_only, listing_id, answer: given, evidence_sha256
            };
            announce_listing "AnnounceListing"
                v1::AnnounceListingRequest { request_id, validate_only, listing_id };
            suspend_listing "SuspendListing" v1::SuspendListingRequest {
                request_id,
                validate_only,
                listing_id,
                until_date: "2026-11-30".to_owned(),
                reason: evidence,
            };
            resume_listing "ResumeListing"
                v1::ResumeListingRequest { request_id, validate_only, listing_id };
            extend_listing "ExtendListing"
                v1::ExtendListingRequest { request_id, validate_only, listing_id };
            reprice_listing "RepriceListing" v1::RepriceListingRequest {
                request_id,
                validate_only,
                listing_id,
                floor: "0.90".to_owned(),
                working_days: 20,
                consent_sha256: Vec::new(),
            };
            change_listing "ChangeListing" v1::ChangeListingRequest {
                request_id, validate_only, listing_id, terms: Some(terms), reason: evidence
            };
            withdraw_listing "WithdrawListing" v1::WithdrawListingRequest {
                request_id, validate_only, listing_id, reason: evidence
            };
            revoke_listing "RevokeListing" v1::RevokeListingRequest {
                request_id, validate_only, listing_id, reason: evidence
            };
            accept_confidentiality "AcceptConfidentiality" v1::AcceptConfidentialityRequest {
                request_id, validate_only, listing_id, party_id, terms_sha256: evidence_sha256
            };
            look_at_document "LookAtDocument" v1::LookAtDocumentRequest {
                request_id, validate_only, listing_id, party_id, document_sha256: evidence_sha256
            };
            declare_interest "DeclareInterest" v1::DeclareInterestRequest {
                request_id, validate_only, listing_id, party_id, first_refusal: false
            };
            qualify_bidder "QualifyBidder" v1::QualifyBidderRequest {
                request_id,
                validate_only,
                listing_id,
                party_id,
                verdict: v1::BidderVerdict::Qualify.into(),
                reason: evidence,
            };
            pay_deposit "PayDeposit"
                v1::PayDepositRequest { request_id, validate_only, listing_id, party_id };
            open_bidding "OpenBidding" v1::OpenBiddingRequest {
                request_id,
                validate_only,
                listing_id,
                begins: Some(common.moment),
                opening: Some(opening),
            };
            sign_contract "SignContract" v1::SignContractRequest {
                request_id, validate_only, listing_id, party_id, contract_sha256: evidence_sha256
            };
            list_bidders "ListBidders"
                v1::ListBiddersRequest { listing_id, ..Default::default() };
            get_listing "GetListing" v1::GetListingRequest { listing_id, after_sequence: 0 };
            list_listings "ListListings" v1::ListListingsRequest::default();
            get_listing_disclosure "GetListingDisclosure"
                v1::GetListingDisclosureRequest { listing_id, ..Default::default() };
            list_listing_readers "ListListingReaders"
                v1::ListListingReadersRequest { listing_id, ..Default::default() };
            list_listing_looks "ListListingLooks"
                v1::ListListingLooksRequest { listing_id, ..Default::default() };
            list_listing_events "ListListingEvents"
                v1::ListListingEventsRequest { listing_id, ..Default::default() };
            list_listing_deadlines "ListListingDeadlines"
                v1::ListListingDeadlinesRequest { listing_id, ..Default::default() };
            get_agreement "GetAgreement"
                v1::GetAgreementRequest { fund_id: of.managed.clone(), after_sequence: 0 };
        }
        "RegisterService" RegisterServiceClient {
            get_holding "GetHolding"
                v1::GetHoldingRequest { party_id, fund_id, after_sequence: 0 };
            list_holdings "ListHoldings"
                v1::ListHoldingsRequest { party_id, ..Default::default() };
            list_holders "ListHolders"
                v1::ListHoldersRequest { fund_id: of.managed.clone(), ..Default::default() };
            list_statement_entries "ListStatementEntries"
                v1::ListStatementEntriesRequest { party_id, fund_id, ..Default::default() };
        }
        "SettlementService" SettlementServiceClient {
            request_transfer "RequestTransfer" v1::RequestTransferRequest {
                request_id,
                validate_only,
                party_id,
                direction: v1::TransferDirection::Deposit.into(),
                currency: "CNY".to_owned(),
                amount: "1.00".to_owned(),
                reference: "wire".to_owned(),
            };
            settle_transfer "SettleTransfer" v1::SettleTransferRequest {
                request_id,
                validate_only,
                transfer_id: of.transfer.clone(),
                outcome: v1::TransferOutcome::Confirmed.into(),
                bank_reference: "bank".to_owned(),
            };
            list_transfers "ListTransfers"
                v1::ListTransfersRequest { party_id, ..Default::default() };
            get_cash "GetCash" v1::GetCashRequest { party_id, after_sequence: 0 };
            list_house_accounts "ListHouseAccounts" v1::ListHouseAccountsRequest::default();
            list_cash_entries "ListCashEntries"
                v1::ListCashEntriesRequest { party_id, ..Default::default() };
        }
        "AdminService" AdminServiceClient {
            get_caller "GetCaller" v1::GetCallerRequest::default();
            get_server_status "GetServerStatus" v1::GetServerStatusRequest::default();
            open_segment "OpenSegment" v1::OpenSegmentRequest {
                request_id,
                validate_only,
                code: "another".to_owned(),
                name: "Another".to_owned(),
                pack: common.segment.pack.clone(),
                fees: common.segment.fees.clone(),
                overlay: None,
            };
            adopt_pack "AdoptPack" v1::AdoptPackRequest {
                request_id, validate_only, segment_id, pack: Some(pack), overlay: None
            };
            set_calendar "SetCalendar" v1::SetCalendarRequest {
                request_id, validate_only, calendar: Some(calendar)
            };
            set_fees "SetFees" v1::SetFeesRequest {
                request_id, validate_only, segment_id, fees: common.segment.fees.clone()
            };
            register_party "RegisterParty"
                v1::RegisterPartyRequest { request_id, validate_only, details: Some(details) };
            get_party "GetParty"
                v1::GetPartyRequest { which: Some(which_party), after_sequence: 0 };
            list_parties "ListParties" v1::ListPartiesRequest::default();
            qualify "Qualify" v1::QualifyRequest {
                request_id, validate_only, party_id, qualification: Some(qualification)
            };
            affiliate "Affiliate" v1::AffiliateRequest {
                request_id, validate_only, party_id, with_party_id: common.lender.clone()
            };
            set_party_status "SetPartyStatus" v1::SetPartyStatusRequest {
                request_id,
                validate_only,
                party_id,
                status: v1::PartyStatus::Suspended.into(),
                reason: evidence,
            };
            register_fund "RegisterFund" v1::RegisterFundRequest {
                request_id, validate_only, details: Some(common.details.clone())
            };
            extend_term "ExtendTerm" v1::ExtendTermRequest {
                request_id, validate_only, fund_id, until_date: "2040-12-31".to_owned()
            };
            issue_units "IssueUnits" v1::IssueUnitsRequest {
                request_id, validate_only, fund_id, party_id, units: "5".to_owned(), evidence
            };
            lock_units "LockUnits" v1::LockUnitsRequest {
                request_id,
                validate_only,
                party_id,
                fund_id,
                units: "5".to_owned(),
                kind: v1::LockKind::Freeze.into(),
                pledgee_id: String::new(),
                evidence,
            };
            unlock_units "UnlockUnits" v1::UnlockUnitsRequest {
                request_id, validate_only, lock_id: of.lock.clone(), evidence
            };
            list_locks "ListLocks" v1::ListLocksRequest { party_id, ..Default::default() };
            issue_key "IssueKey" v1::IssueKeyRequest {
                request_id,
                validate_only,
                party_id,
                key_hash: vec![3; 32],
                scope: v1::KeyScope::Full.into(),
                expires: Some(common.moment),
            };
            revoke_key "RevokeKey" v1::RevokeKeyRequest {
                request_id, validate_only, key_hash: of.key_hash.clone()
            };
            list_keys "ListKeys" v1::ListKeysRequest { party_id, ..Default::default() };
            set_reference "SetReference" v1::SetReferenceRequest {
                request_id,
                validate_only,
                fund_id,
                price: "1.50".to_owned(),
                source: "report".to_owned(),
                valid_until: Some(common.moment),
            };
            set_trading_state "SetTradingState" v1::SetTradingStateRequest {
                request_id,
                validate_only,
                scope: Some(v1::TradingScope { scope: Some(scope) }),
                state: v1::TradingState::Halted.into(),
                reason: evidence,
            };
            review "Review" v1::ReviewRequest {
                request_id,
                validate_only,
                proposal_id: common.proposal.clone(),
                verdict: v1::Verdict::Decline.into(),
            };
            list_proposals "ListProposals" v1::ListProposalsRequest::default();
            list_entries "ListEntries" v1::ListEntriesRequest::default();
            stream_entries "StreamEntries" v1::StreamEntriesRequest { from_sequence: 1 };
        }
    }
}
