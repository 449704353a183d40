//! Requests as they come over the network, read by the wire and given to a market.
//!
//! An input is any number of: which request (1 byte), caller (1 byte), length (2 bytes,
//! big-endian), the message in protobuf.

use prost::Message;
use sfund::wire::command::{Ask, Asked, read};
use sfund::wire::trading::instruction;
use sfund_engine::id::PartyId;
use sfund_engine::market::Market;
use sfund_proto::v1;

use crate::market::{PREPARED, check, give};

/// Reads a request of one kind into what it asks; none if it is malformed.
type Reader = fn(&[u8], PartyId) -> Option<Asked>;

fn reader<A: Ask + Message + Default>(bytes: &[u8], by: PartyId) -> Option<Asked> {
    read(&A::decode(bytes).ok()?, by).ok()
}

fn streamed(bytes: &[u8], by: PartyId) -> Option<Asked> {
    instruction(&v1::OrderInstruction::decode(bytes).ok()?, by, 7).ok()
}

/// Every request that asks for a command.
pub(crate) const READERS: [Reader; 45] = [
    streamed,
    reader::<v1::PlaceOrderRequest>,
    reader::<v1::AmendOrderRequest>,
    reader::<v1::CancelOrderRequest>,
    reader::<v1::CancelAllRequest>,
    reader::<v1::PostIntentionRequest>,
    reader::<v1::WithdrawIntentionRequest>,
    reader::<v1::RequestTransferRequest>,
    reader::<v1::SettleTransferRequest>,
    reader::<v1::OpenSegmentRequest>,
    reader::<v1::AdoptPackRequest>,
    reader::<v1::SetCalendarRequest>,
    reader::<v1::SetFeesRequest>,
    reader::<v1::RegisterPartyRequest>,
    reader::<v1::QualifyRequest>,
    reader::<v1::AffiliateRequest>,
    reader::<v1::SetPartyStatusRequest>,
    reader::<v1::RegisterFundRequest>,
    reader::<v1::ExtendTermRequest>,
    reader::<v1::IssueUnitsRequest>,
    reader::<v1::LockUnitsRequest>,
    reader::<v1::UnlockUnitsRequest>,
    reader::<v1::IssueKeyRequest>,
    reader::<v1::RevokeKeyRequest>,
    reader::<v1::SetReferenceRequest>,
    reader::<v1::SetTradingStateRequest>,
    reader::<v1::ReviewRequest>,
    reader::<v1::DraftListingRequest>,
    reader::<v1::SubmitListingRequest>,
    reader::<v1::ReviewListingRequest>,
    reader::<v1::SetAgreementRequest>,
    reader::<v1::NotifyPartnersRequest>,
    reader::<v1::AnswerFirstRefusalRequest>,
    reader::<v1::AnswerConsentRequest>,
    reader::<v1::RecordApprovalRequest>,
    reader::<v1::AnnounceListingRequest>,
    reader::<v1::SuspendListingRequest>,
    reader::<v1::ResumeListingRequest>,
    reader::<v1::ExtendListingRequest>,
    reader::<v1::RepriceListingRequest>,
    reader::<v1::ChangeListingRequest>,
    reader::<v1::WithdrawListingRequest>,
    reader::<v1::RevokeListingRequest>,
    reader::<v1::AcceptConfidentialityRequest>,
    reader::<v1::LookAtDocumentRequest>,
];

pub(crate) fn requests(bytes: &[u8]) {
    let mut market = PREPARED.0.clone();
    let mut rest = bytes;
    while let Some(([kind, by, high, low], after)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (body, after) = after.split_at(length);
        rest = after;
        let by = PartyId::new((*by).into());
        let at = usize::from(*kind).checked_rem(READERS.len()).unwrap_or(0);
        if let Some(asked) = READERS.get(at).and_then(|read| read(body, by)) {
            ask(&mut market, by, &asked);
        }
    }
    check(&market);
}

fn ask(market: &mut Market, by: PartyId, asked: &Asked) {
    let caller = sfund_engine::entry::Caller::Party(by);
    let stored = minicbor::to_vec(&asked.command).expect("writing to memory does not fail");
    let again = minicbor::decode(&stored);
    assert_eq!(again.as_ref().ok(), Some(&asked.command), "what is asked survives its bytes");
    give(market, 1, caller, asked.attempt, &asked.command);
}
