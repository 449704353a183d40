//! Single calls: commands, reads, and what is anothers.

use sfund_proto::v1;
use tonic::Code;
use tonic_types::StatusExt;
use v1::register_service_client::RegisterServiceClient;

use crate::fixture::{ALICE, FUND};
use crate::service::tests::{OPERATOR_KEY, REGULATOR, open_venue, place, reason, terms, uuid};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_attempt_gets_the_same_answer_and_a_dry_run_changes_nothing() {
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let mut request = place(terms(v1::Side::Sell, "1.20", "500"));
    request.validate_only = true;
    let dry = alice.place_order(request.clone()).await.unwrap().into_inner();
    assert_eq!(dry.outcome.unwrap().state(), v1::OrderState::Open);

    request.validate_only = false;
    let first = alice.place_order(request.clone()).await.unwrap().into_inner();
    let again = alice.place_order(request.clone()).await.unwrap().into_inner();
    assert!(!first.replayed && again.replayed);
    assert_eq!((first.sequence, &first.outcome), (again.sequence, &again.outcome));

    request.order = Some(terms(v1::Side::Sell, "1.21", "500"));
    let status = alice.place_order(request).await.unwrap_err();
    assert_eq!((status.code(), &reason(&status)[..]), (Code::AlreadyExists, "ATTEMPT_REUSED"));

    let ask = v1::ListOrdersRequest { after_sequence: first.sequence, ..Default::default() };
    let listed = alice.list_orders(ask).await.unwrap().into_inner();
    assert_eq!(listed.orders.len(), 1);
    assert_eq!(listed.orders[0].left, "500.00");
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_anothers_is_not_there_and_a_regulator_sees_it() {
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let placed =
        alice.place_order(place(terms(v1::Side::Sell, "1.20", "5"))).await.unwrap().into_inner();
    let order_id = placed.outcome.unwrap().order_id;
    let ask = v1::GetOrderRequest { after_sequence: placed.sequence, order_id };
    assert!(alice.get_order(ask.clone()).await.is_ok());
    assert!(listening.trading(REGULATOR).await.get_order(ask.clone()).await.is_ok());
    let other = listening.trading("carol").await.get_order(ask.clone()).await.unwrap_err();
    let none = v1::GetOrderRequest { order_id: "order-99".to_owned(), ..ask };
    let absent = alice.get_order(none).await.unwrap_err();
    assert_eq!((other.code(), absent.code()), (Code::NotFound, Code::NotFound));
    assert_eq!(reason(&other), reason(&absent));

    let mut register = RegisterServiceClient::new(listening.channel("carol").await);
    let fund_id = FUND.to_string();
    let ask = v1::GetHoldingRequest { party_id: ALICE.to_string(), fund_id, after_sequence: 0 };
    assert_eq!(register.get_holding(ask).await.unwrap_err().code(), Code::NotFound);
    let ask = v1::ListHoldersRequest { fund_id: FUND.to_string(), ..Default::default() };
    let status = register.list_holders(ask).await.unwrap_err();
    assert_eq!(
        (status.code(), &reason(&status)[..]),
        (Code::PermissionDenied, "ROLE_NOT_ADMITTED")
    );
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_names_its_rule_and_a_malformed_request_its_fields() {
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let status =
        alice.place_order(place(terms(v1::Side::Sell, "1.20", "2000000"))).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((&info.reason[..], &info.metadata["rule"][..]), ("UNITS_NOT_AVAILABLE", "A8"));

    let status = alice.place_order(place(terms(v1::Side::Sell, "x", ""))).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let fields: Vec<_> =
        details.bad_request().unwrap().field_violations.iter().map(|one| &one.field[..]).collect();
    assert_eq!(fields, ["order.price", "order.units"]);

    let mut looks = listening.trading("alice-looks").await;
    let status = looks.place_order(place(terms(v1::Side::Sell, "1.20", "5"))).await.unwrap_err();
    assert_eq!((status.code(), &reason(&status)[..]), (Code::PermissionDenied, "KEY_READ_ONLY"));
    let ask = v1::GetMetersRequest { fund_id: FUND.to_string(), ..Default::default() };
    let meters = looks.get_meters(ask).await.unwrap().into_inner();
    assert_eq!((meters.holders, meters.holders_joining), (1, 0));
    assert_eq!(meters.units.unwrap().available, "1000000.00");
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_trail_is_for_those_who_watch_and_is_paged() {
    let listening = open_venue().await;
    let status = listening
        .admin("alice")
        .await
        .list_entries(v1::ListEntriesRequest::default())
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);

    let mut regulator = listening.admin(REGULATOR).await;
    let mut ask = v1::ListEntriesRequest { page_size: 5, ..Default::default() };
    let mut sequences = Vec::new();
    loop {
        let page = regulator.list_entries(ask.clone()).await.unwrap().into_inner();
        sequences.extend(page.entries.iter().map(|entry| entry.sequence));
        if page.next_page_token.is_empty() {
            break;
        }
        ask.page_token = page.next_page_token;
    }
    let newest = listening.server.sequencer.read().newest().sequence.number();
    assert!(sequences.iter().copied().eq(1..=newest));

    let ask = v1::ListEntriesRequest {
        commands: vec!["IssueUnits".to_owned(), "Nonsense".to_owned()],
        ..Default::default()
    };
    let status = regulator.list_entries(ask).await.unwrap_err();
    let details = status.get_error_details();
    assert_eq!(details.bad_request().unwrap().field_violations[0].field, "commands[1]");
    let ask =
        v1::ListEntriesRequest { commands: vec!["IssueUnits".to_owned()], ..Default::default() };
    let page = regulator.list_entries(ask).await.unwrap().into_inner();
    assert_eq!(page.entries.len(), 1);
    let body = &page.entries[0].body;
    let entry: sfund_engine::entry::Entry = minicbor::decode(body).unwrap();
    assert_eq!(entry.command.kind().name(), "IssueUnits");

    let status = regulator.get_server_status(v1::GetServerStatusRequest::default()).await.unwrap();
    assert_eq!(status.get_ref().durable_sequence, newest);
    let who = listening.admin("alice").await.get_caller(v1::GetCallerRequest::default()).await;
    assert_eq!(who.unwrap().into_inner().party.unwrap().party_id, ALICE.to_string());
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_needs_two_persons_waits_for_the_second() {
    let listening = open_venue().await;
    let mut operator = listening.admin(OPERATOR_KEY).await;
    let tier = v1::FeeRates {
        maker_buy: "0".to_owned(),
        maker_sell: "0".to_owned(),
        taker_buy: "0.001".to_owned(),
        taker_sell: "0.001".to_owned(),
    };
    let ask = v1::SetFeesRequest {
        request_id: uuid(),
        validate_only: false,
        segment_id: "segment-0".to_owned(),
        fees: Some(v1::FeeSchedule { tiers: vec![tier] }),
    };
    let waiting = operator.set_fees(ask).await.unwrap().into_inner();
    assert_eq!(waiting.proposal_id, "proposal-0");
    let ask = v1::ListProposalsRequest { after_sequence: waiting.sequence, ..Default::default() };
    let listed = operator.list_proposals(ask).await.unwrap().into_inner();
    assert_eq!(listed.proposals[0].command, "SetFees");

    let review = |verdict: v1::Verdict| v1::ReviewRequest {
        request_id: uuid(),
        validate_only: false,
        proposal_id: waiting.proposal_id.clone(),
        verdict: verdict.into(),
    };
    let status = operator.review(review(v1::Verdict::Approve)).await.unwrap_err();
    assert_eq!((status.code(), &reason(&status)[..]), (Code::PermissionDenied, "NOT_PERMITTED"));
    let mut supervisor = listening.admin("staff-1").await;
    let done = supervisor.review(review(v1::Verdict::Approve)).await.unwrap().into_inner();
    assert!(done.events.iter().any(|name| name == "FeesSet"), "{:?}", done.events);
    listening.close().await;
}
