//! The service over a real connection, on a real sequencer and a journal in memory.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::id::PartyId;
use sfund_engine::venue::issue_key::{IssueKey, KeyScope};
use sfund_engine::venue::revoke_key::RevokeKey;
use sfund_proto::v1;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use v1::admin_service_client::AdminServiceClient;
use v1::market_service_client::MarketServiceClient;
use v1::register_service_client::RegisterServiceClient;
use v1::trading_service_client::TradingServiceClient;

use crate::fixture::{ALICE, CAROL, FUND, Server, disk, opening, setup, start};
use crate::journal::memory::Disk;
use crate::secret::key_hash;
use crate::sequencer::{Mode, Submission};
use crate::service::limits::Limits;
use crate::service::{ClientCertificates, Error, Parts, TlsConfig, serve};

const REGULATOR: &str = "staff-3";
const OPERATOR_KEY: &str = "staff-0";

/// A server that listens.
struct Listening {
    server: Server,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), Error>>,
}

/// Puts a key beside every call.
#[derive(Clone)]
struct WithKey(&'static str);

impl Interceptor for WithKey {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if !self.0.is_empty() {
            let value = MetadataValue::try_from(format!("Bearer {}", self.0)).unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

type Keyed = InterceptedService<Channel, WithKey>;

fn limits() -> Limits {
    Limits {
        heartbeat: Duration::from_millis(50),
        book_interval: Duration::from_millis(1),
        stop_grace: Duration::from_secs(5),
        ..Limits::default()
    }
}

async fn listen(server: Server, limits: Limits) -> Listening {
    listen_with(server, limits, None).await
}

async fn listen_with(server: Server, limits: Limits, tls: Option<TlsConfig>) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let parts = Parts {
        handle: server.sequencer.handle(),
        read: server.sequencer.read(),
        live: server.sequencer.live(),
        clock: Arc::clone(&server.clock) as _,
        queue_commands_max: 65_536,
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    let served = tokio::spawn(serve(vec![listener], parts, limits, tls, stopped));
    Listening { server, address, stop, served }
}

/// A venue ready to trade, whose parties have keys.
async fn venue(disk: &Disk) -> Server {
    let server = start(disk);
    for (caller, mut command) in setup() {
        if let Command::OpenVenue(open) = &mut command {
            for (number, staff) in open.staff.iter_mut().enumerate() {
                staff.key_hash = key_hash(&format!("staff-{number}"));
            }
        }
        give(&server, caller, command).await;
    }
    for (party, key, scope) in [
        (ALICE, "alice", KeyScope::Full),
        (CAROL, "carol", KeyScope::Full),
        (ALICE, "alice-looks", KeyScope::ReadOnly),
    ] {
        let expires = opening().plus_seconds(30 * 24 * 3_600);
        let issue = IssueKey { party, key_hash: key_hash(key), scope, expires };
        let operator = Caller::Party(crate::fixture::OPERATOR);
        give(&server, operator, Command::IssueKey(Box::new(issue))).await;
    }
    server
}

async fn give(server: &Server, caller: Caller, command: Command) {
    let submission = Submission { caller, attempt: None, command, mode: Mode::Commit };
    let answer = server.sequencer.handle().submit(submission).await.unwrap();
    assert!(answer.outcome().is_ok(), "{:?}", answer.outcome());
    server.reach(&answer).await;
}

async fn open_venue() -> Listening {
    listen(venue(&disk()).await, limits()).await
}

impl Listening {
    async fn channel(&self, key: &'static str) -> Keyed {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        InterceptedService::new(endpoint.connect_lazy(), WithKey(key))
    }

    async fn trading(&self, key: &'static str) -> TradingServiceClient<Keyed> {
        TradingServiceClient::new(self.channel(key).await)
    }

    async fn market(&self, key: &'static str) -> MarketServiceClient<Keyed> {
        MarketServiceClient::new(self.channel(key).await)
    }

    async fn admin(&self, key: &'static str) -> AdminServiceClient<Keyed> {
        AdminServiceClient::new(self.channel(key).await)
    }

    async fn close(self) {
        drop(self.stop.send(()));
        self.served.await.unwrap().unwrap();
        tokio::task::spawn_blocking(|| self.server.sequencer.stop()).await.unwrap();
    }
}

/// A fresh UUID: tests need them different, not random.
fn uuid() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    uuid::Uuid::from_u64_pair(1, NEXT.fetch_add(1, Ordering::Relaxed)).to_string()
}

fn terms(side: v1::Side, price: &str, units: &str) -> v1::OrderTerms {
    v1::OrderTerms {
        fund_id: FUND.to_string(),
        side: side.into(),
        r#type: v1::OrderType::Limit.into(),
        price: price.to_owned(),
        units: units.to_owned(),
        time_in_force: v1::TimeInForce::GoodTillCancelled.into(),
        ..Default::default()
    }
}

fn place(terms: v1::OrderTerms) -> v1::PlaceOrderRequest {
    v1::PlaceOrderRequest { request_id: uuid(), validate_only: false, order: Some(terms) }
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_needs_a_key_that_is_known_and_not_revoked_or_expired() {
    let listening = open_venue().await;
    let ask = v1::GetVenueRequest::default();
    for (key, wanted) in [("", "KEY_MISSING"), ("nobody", "KEY_UNKNOWN")] {
        let status = listening.market(key).await.get_venue(ask).await.unwrap_err();
        assert_eq!((status.code(), &reason(&status)[..]), (Code::Unauthenticated, wanted));
    }
    let mut alice = listening.market("alice").await;
    let venue = alice.get_venue(ask).await.unwrap().into_inner().venue.unwrap();
    assert_eq!(venue.utc_offset_minutes, 480);

    let revoke = RevokeKey { key_hash: key_hash("alice") };
    let command = Command::RevokeKey(Box::new(revoke));
    give(&listening.server, Caller::Party(ALICE), command).await;
    let status = alice.get_venue(ask).await.unwrap_err();
    assert_eq!(reason(&status), "KEY_REVOKED");

    listening.server.clock.set(opening().plus_seconds(30 * 24 * 3_600));
    let status = listening.market("carol").await.get_venue(ask).await.unwrap_err();
    assert_eq!(reason(&status), "KEY_EXPIRED");
    listening.close().await;
}

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

fn batch(instructions: Vec<v1::OrderInstruction>) -> v1::OrderStreamRequest {
    use v1::order_stream_request::Message;
    v1::OrderStreamRequest { message: Some(Message::Batch(v1::OrderBatch { instructions })) }
}

fn opening_message(cancel_on_disconnect: bool) -> v1::OrderStreamRequest {
    use v1::order_stream_request::Message;
    let open = v1::OrderStreamOpen { cancel_on_disconnect };
    v1::OrderStreamRequest { message: Some(Message::Open(open)) }
}

fn placing(tag: u64, terms: v1::OrderTerms) -> v1::OrderInstruction {
    let instruction = Some(v1::order_instruction::Instruction::Place(terms));
    v1::OrderInstruction { tag, request_id: String::new(), validate_only: false, instruction }
}

/// Sends messages over an order stream and takes `count` answers.
async fn exchange(
    client: &mut TradingServiceClient<Keyed>,
    messages: Vec<v1::OrderStreamRequest>,
    count: usize,
) -> (tokio::sync::mpsc::Sender<v1::OrderStreamRequest>, Vec<v1::OrderAnswer>) {
    use v1::order_stream_response::Message;
    let (sender, receiver) = tokio::sync::mpsc::channel(64);
    for message in messages {
        sender.send(message).await.unwrap();
    }
    let outgoing = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut incoming = client.order_stream(outgoing).await.unwrap().into_inner();
    let mut answers = Vec::new();
    while answers.len() < count {
        match incoming.message().await.unwrap().unwrap().message.unwrap() {
            Message::Opened(opened) => assert_ne!(opened.in_flight_max, 0),
            Message::Batch(batch) => answers.extend(batch.answers),
        }
    }
    (sender, answers)
}

async fn open_orders(listening: &Listening, party: PartyId) -> u32 {
    listening.server.sequencer.read().party(party).unwrap().orders_open
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_orders_over_one_stream_are_answered_by_their_tags() {
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let mut orders: Vec<_> =
        (0..100).map(|tag| placing(tag, terms(v1::Side::Sell, "1.20", "5"))).collect();
    orders.push(placing(100, terms(v1::Side::Sell, "1.2", "x")));
    orders.push(placing(101, terms(v1::Side::Sell, "1.20", "2000000")));
    let (_sender, mut answers) =
        exchange(&mut alice, vec![opening_message(false), batch(orders)], 102).await;
    answers.sort_by_key(|answer| answer.tag);
    assert!(answers.iter().map(|answer| answer.tag).eq(0..102));
    use v1::order_answer::Answer;
    let refusals: Vec<_> = answers
        .iter()
        .filter_map(|answer| match answer.answer.as_ref().unwrap() {
            Answer::Refusal(refusal) => {
                Some((answer.tag, answer.sequence != 0, &refusal.reason[..]))
            }
            Answer::Outcome(_) | Answer::MassCancel(_) => None,
        })
        .collect();
    assert_eq!(refusals, [(100, false, "MALFORMED"), (101, true, "UNITS_NOT_AVAILABLE")]);
    listening.close().await;
}

/// Waits until `party` has `count` orders open.
async fn until_open(listening: &Listening, party: PartyId, count: u32) {
    let read = listening.server.sequencer.read();
    while open_orders(listening, party).await != count {
        let next = read.newest().sequence.next();
        read.reached(next, Duration::from_secs(10)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_stream_cancels_its_orders_and_a_goodbye_keeps_them() {
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let order = || batch(vec![placing(1, terms(v1::Side::Sell, "1.20", "5"))]);
    let (sender, _) = exchange(&mut alice, vec![opening_message(true), order()], 1).await;
    until_open(&listening, ALICE, 1).await;
    drop(sender);
    until_open(&listening, ALICE, 0).await;

    let goodbye = v1::OrderStreamRequest {
        message: Some(v1::order_stream_request::Message::Goodbye(v1::OrderStreamGoodbye {})),
    };
    let messages = vec![opening_message(true), order(), goodbye];
    let (sender, _) = exchange(&mut alice, messages, 1).await;
    drop(sender);
    until_open(&listening, ALICE, 1).await;
    // A stream without the wish is lost: nothing happens either. The next order is behind it.
    let (sender, _) = exchange(&mut alice, vec![opening_message(false), order()], 1).await;
    drop(sender);
    alice.place_order(place(terms(v1::Side::Sell, "1.20", "5"))).await.unwrap();
    until_open(&listening, ALICE, 3).await;
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_a_session_that_a_crash_ended_are_cancelled_at_the_start() {
    let disk = disk();
    let server = venue(&disk).await;
    let mut lost = crate::fixture::order(
        ALICE,
        sfund_engine::trading::side::Side::Sell,
        crate::fixture::cents(120),
        crate::fixture::units(5),
    );
    give(&server, Caller::Party(ALICE), Command::PlaceOrder(lost)).await;
    lost.session = 77;
    give(&server, Caller::Party(ALICE), Command::PlaceOrder(lost)).await;
    let listening = listen(server, limits()).await;
    until_open(&listening, ALICE, 1).await;
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_market_is_streamed_from_any_sequence_with_its_mark_and_its_book() {
    use v1::stream_market_response::Event;
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let mut carol = listening.trading("carol").await;
    alice.place_order(place(terms(v1::Side::Sell, "1.20", "500"))).await.unwrap();
    let traded = carol.place_order(place(terms(v1::Side::Buy, "1.20", "200"))).await.unwrap();
    let traded = traded.into_inner();
    assert_eq!(traded.outcome.unwrap().fills[0].units, "200.00");

    let mut anybody = listening.market("carol").await;
    let read = listening.server.sequencer.read();
    let wanted = sfund_engine::id::Sequence::new(traded.sequence);
    read.reached(wanted, Duration::from_secs(10)).await.unwrap();
    let ask =
        v1::StreamMarketRequest { from_sequence: 1, fund_ids: vec![FUND.to_string()], levels: 5 };
    let mut stream = anybody.stream_market(ask).await.unwrap().into_inner();
    let (mut trades, mut is_caught_up) = (0, false);
    let book = loop {
        let message = stream.message().await.unwrap().unwrap();
        match message.event.unwrap() {
            Event::Trade(trade) => {
                assert_eq!((message.sequence, &trade.price[..]), (traded.sequence, "1.2000"));
                trades += 1;
            }
            Event::CaughtUp(_) => {
                assert!(traded.sequence <= message.sequence);
                is_caught_up = true;
            }
            Event::Book(book) => break book,
            Event::TradingState(_)
            | Event::Reference(_)
            | Event::Fund(_)
            | Event::Segment(_)
            | Event::Calendar(_)
            | Event::Heartbeat(_) => {}
        }
    };
    assert_eq!((trades, is_caught_up), (1, true));
    assert_eq!(book.asks[0].units, "300.00");

    let sold = carol.place_order(place(terms(v1::Side::Buy, "1.20", "300"))).await.unwrap();
    loop {
        let message = stream.message().await.unwrap().unwrap();
        if let Some(Event::Trade(_)) = message.event {
            assert_eq!(message.sequence, sold.get_ref().sequence);
            break;
        }
    }
    let ahead = v1::StreamMarketRequest { from_sequence: u64::MAX, ..Default::default() };
    let status = anybody.stream_market(ahead).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_is_told_of_its_own_events_only_and_of_an_entry_whole() {
    use v1::stream_my_events_response::Event;
    let listening = open_venue().await;
    let mut alice = listening.trading("alice").await;
    let mut carol = listening.trading("carol").await;
    alice.place_order(place(terms(v1::Side::Sell, "1.20", "500"))).await.unwrap();
    let bought = carol.place_order(place(terms(v1::Side::Buy, "1.20", "200"))).await.unwrap();
    let last = bought.get_ref().sequence;
    let read = listening.server.sequencer.read();
    read.reached(sfund_engine::id::Sequence::new(last), Duration::from_secs(10)).await.unwrap();

    let ask = v1::StreamMyEventsRequest { from_sequence: 1, party_id: String::new() };
    let mut stream = carol.stream_my_events(ask).await.unwrap().into_inner();
    let mut told = Vec::new();
    loop {
        let message = stream.message().await.unwrap().unwrap();
        let what = match message.event.unwrap() {
            Event::CaughtUp(_) => break,
            Event::Heartbeat(_) => continue,
            Event::OrderPlaced(_) => "placed",
            Event::Trade(trade) => {
                assert_eq!((trade.party_id, trade.side), (CAROL.to_string(), v1::Side::Buy.into()));
                assert!(!trade.fill.unwrap().maker);
                "trade"
            }
            Event::OrderClosed(_) => "closed",
            Event::TransferRequested(_) => "requested",
            Event::TransferSettled(settled) => {
                assert!(settled.confirmed);
                "settled"
            }
            Event::Qualified(_) => "qualified",
            other => panic!("{other:?}"),
        };
        told.push((what, message.more));
    }
    assert_eq!(
        told,
        [
            ("qualified", false),
            ("requested", false),
            ("settled", false),
            ("placed", true),
            ("trade", true),
            ("closed", false),
        ]
    );
    let ask = v1::StreamMyEventsRequest { from_sequence: 0, party_id: ALICE.to_string() };
    assert_eq!(carol.stream_my_events(ask).await.unwrap_err().code(), Code::NotFound);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_beyond_its_share_is_told_when_to_come_again() {
    let share = NonZeroU32::new(3).unwrap();
    let tight = Limits { calls_per_second: share, calls_burst: share, ..limits() };
    let listening = listen(venue(&disk()).await, tight).await;
    let mut alice = listening.market("alice").await;
    let ask = v1::GetVenueRequest::default();
    let mut refused = None;
    for _ in 0..10 {
        if let Err(status) = alice.get_venue(ask).await {
            refused = Some(status);
        }
    }
    let status = refused.unwrap();
    assert_eq!((status.code(), &reason(&status)[..]), (Code::ResourceExhausted, "RATE_LIMITED"));
    assert!(status.get_error_details().retry_info().is_some());
    // Another caller has a share of its own.
    assert!(listening.market("carol").await.get_venue(ask).await.is_ok());
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_waits_too_long_for_an_entry_says_so() {
    let hasty = Limits { call_duration_max: Duration::from_millis(200), ..limits() };
    // The clock of the call is the server's own: the client says no deadline.
    let listening = listen(venue(&disk()).await, hasty).await;
    let ask = v1::GetVenueRequest { after_sequence: 1_000_000 };
    let status = listening.market("alice").await.get_venue(ask).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(reason(&status), "NOT_YET_PUBLISHED");
    let info = status.get_error_details().error_info().unwrap().metadata.clone();
    assert_eq!(info["wanted"], "sequence-1000000");
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_the_description_of_the_interface_need_no_key() {
    use tonic_health::pb::health_client::HealthClient;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    let listening = open_venue().await;
    let mut health = HealthClient::new(listening.channel("").await);
    let service = "sfund.v1.TradingService".to_owned();
    let ask = tonic_health::pb::HealthCheckRequest { service };
    assert_eq!(health.check(ask).await.unwrap().into_inner().status, 1);

    let mut reflection = ServerReflectionClient::new(listening.channel("").await);
    let ask = tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = reflection.server_reflection_info(tokio_stream::once(ask)).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    assert!(format!("{answer:?}").contains("sfund.v1.MarketService"));
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_tells_its_streams() {
    let listening = open_venue().await;
    let mut regulator = listening.admin(REGULATOR).await;
    let ask = v1::StreamEntriesRequest { from_sequence: 1 };
    let mut stream = regulator.stream_entries(ask).await.unwrap().into_inner();
    // A sign of life may come before the first entry.
    while stream.message().await.unwrap().unwrap().sequence != 1 {}
    let reader = tokio::spawn(async move {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(status) => return Some(status),
            }
        }
    });
    listening.close().await;
    let status = reader.await.unwrap().unwrap();
    assert_eq!((status.code(), &reason(&status)[..]), (Code::Unavailable, "STOPPING"));
}

/// A key pair with a certificate that an authority of its own has signed, PEM and DER.
struct Certified {
    authority_pem: String,
    certificate_pem: String,
    certificate_der: Vec<u8>,
    key_pem: String,
}

fn certify(name: &str) -> Certified {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    Certified {
        authority_pem: authority.pem(),
        certificate_pem: certificate.pem(),
        certificate_der: certificate.der().to_vec(),
        key_pem: key.serialize_pem(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_certificate_is_a_key_by_its_hash() {
    use sha2::{Digest, Sha256};
    let (ours, theirs) = (certify("localhost"), certify("alice"));
    let server = venue(&disk()).await;
    let issue = IssueKey {
        party: ALICE,
        key_hash: Sha256::digest(&theirs.certificate_der).into(),
        scope: KeyScope::ReadOnly,
        expires: opening().plus_seconds(3_600),
    };
    let operator = Caller::Party(crate::fixture::OPERATOR);
    give(&server, operator, Command::IssueKey(Box::new(issue))).await;
    let tls = TlsConfig {
        certificate_pem: ours.certificate_pem.into_bytes(),
        key_pem: ours.key_pem.into_bytes(),
        clients: ClientCertificates::Optional(theirs.authority_pem.into_bytes()),
    };
    let listening = listen_with(server, limits(), Some(tls)).await;
    let address = format!("https://localhost:{}", listening.address.port());
    let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ours.authority_pem));
    let identity = Identity::from_pem(theirs.certificate_pem, theirs.key_pem);
    let ask = v1::GetCallerRequest::default();
    for (config, key, wanted) in [
        (trusting.clone().identity(identity.clone()), "", Some((ALICE, v1::KeyScope::ReadOnly))),
        (trusting.clone().identity(identity), "carol", Some((CAROL, v1::KeyScope::Full))),
        (trusting.clone(), "alice", Some((ALICE, v1::KeyScope::Full))),
        (trusting, "", None),
    ] {
        let endpoint = Endpoint::from_shared(address.clone()).unwrap().tls_config(config).unwrap();
        let channel = InterceptedService::new(endpoint.connect().await.unwrap(), WithKey(key));
        let answer = AdminServiceClient::new(channel).get_caller(ask).await;
        match wanted {
            Some((party, scope)) => {
                let told = answer.unwrap().into_inner();
                assert_eq!(told.scope(), scope);
                assert_eq!(told.party.unwrap().party_id, party.to_string());
            }
            None => assert_eq!(reason(&answer.unwrap_err()), "KEY_MISSING"),
        }
    }
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_too_many_waits_until_another_ends() {
    let one = Limits { connections_max: 1, ..limits() };
    let listening = listen(venue(&disk()).await, one).await;
    let ask = v1::GetVenueRequest::default();
    let mut first = listening.market("alice").await;
    first.get_venue(ask).await.unwrap();
    let mut second = listening.market("carol").await;
    let waiting = tokio::spawn(async move { second.get_venue(ask).await });
    first.get_venue(ask).await.unwrap();
    assert!(!waiting.is_finished());
    drop(first);
    assert!(waiting.await.unwrap().is_ok());
    listening.close().await;
}
