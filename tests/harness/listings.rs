//! Listings in the tests: the generated client of the service, and terms that the rules allow.

use sfund_proto::v1;
use sfund_proto::v1::listing_service_client::ListingServiceClient;
use sfund_sdk::{ApiKey, FundId, Uuid};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use super::cast::Player;

/// Puts a key on each call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

impl Bearer {
    pub fn new(key: &ApiKey) -> Self {
        Self(format!("Bearer {}", key.reveal()).parse().unwrap())
    }
}

/// A command about a listing, with its own fields.
macro_rules! command {
    ($client:expr, $method:ident, $request:ident, $listing:expr $(, $field:ident: $value:expr)*) => {
        $client
            .$method(v1::$request {
                request_id: crate::harness::listings::request_id(),
                listing_id: $listing.to_owned(),
                $($field: $value,)*
                ..Default::default()
            })
            .await
            .map(tonic::Response::into_inner)
    };
}
pub(crate) use command;

pub type Listings = ListingServiceClient<InterceptedService<Channel, Bearer>>;

/// The service as `key` sees it.
pub async fn listings(url: &str, key: &ApiKey) -> Listings {
    let channel = Endpoint::from_shared(url.to_owned()).unwrap().connect().await.unwrap();
    ListingServiceClient::with_interceptor(channel, Bearer::new(key))
}

pub fn request_id() -> String {
    Uuid::now_v7().to_string()
}

/// 1,000,000 units at 1.00 at the least, with everything answered and a document of each kind of
/// visibility: the teaser has 32 times 1, the full one 32 times 2.
pub fn terms(fund: FundId, code: &str) -> v1::ListingTerms {
    let document = |byte: u8, name: &str, visibility: v1::DocumentVisibility| v1::Document {
        name: name.to_owned(),
        kind: v1::DocumentKind::Other.into(),
        sha256: vec![byte; 32],
        size_bytes: 1_000,
        visibility: visibility.into(),
    };
    let answer = |field: i32| v1::DisclosureAnswer { field, answer: "见披露文件".to_owned() };
    let once = v1::payment::Payment::Once(v1::PaymentOnce { working_days: 5 });
    let ask = v1::if_nobody_comes::Action::Ask(v1::SellerDecides {});
    v1::ListingTerms {
        code: code.to_owned(),
        headline: "苏州某创投基金份额".to_owned(),
        fund_id: fund.to_string(),
        units: "1000000".to_owned(),
        method: v1::ListingMethod::English.into(),
        floor: "1.00".to_owned(),
        reserve: v1::Reserve::Hidden.into(),
        deposit: "0.1".to_owned(),
        announcement_days: 20,
        if_nobody_comes: Some(v1::IfNobodyComes { action: Some(ask) }),
        payment: Some(v1::Payment { payment: Some(once) }),
        interim: v1::Interim::Buyer.into(),
        ownership: v1::Ownership::Private.into(),
        appraisal: None,
        disclosures: (1..=18).map(answer).collect(),
        documents: vec![
            document(1, "项目简介", v1::DocumentVisibility::Teaser),
            document(2, "审计报告", v1::DocumentVisibility::Full),
        ],
        portion: v1::LotPortion::Whole.into(),
    }
}

/// A draft of `seller`; its id.
pub async fn draft(url: &str, seller: &Player, fund: FundId, code: &str) -> String {
    let ask = v1::DraftListingRequest {
        request_id: request_id(),
        terms: Some(terms(fund, code)),
        ..Default::default()
    };
    let answer = listings(url, &seller.key).await.draft_listing(ask).await.unwrap();
    answer.into_inner().listing_id
}

/// Why a call was refused: its reason and the rule that it rests on.
pub fn why<T: std::fmt::Debug>(answer: Result<T, Status>) -> (String, String) {
    let details = answer.expect_err("it must be refused").get_error_details();
    let info = details.error_info().expect("a refusal says why");
    let rule = info.metadata.get("rule").cloned().unwrap_or_default();
    (info.reason.clone(), rule)
}
