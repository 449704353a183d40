//! Traces as a collector gets them: a tiny one listens here, on a port of its own.

#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]
#![cfg(unix)]

mod harness;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use harness::cast::Cast;
use harness::eventually;
use harness::program::Program;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use sfund_proto::v1::GetCallerRequest;
use sfund_proto::v1::admin_service_client::AdminServiceClient;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status};

const PLACE_ORDER: &str = "sfund.v1.TradingService/PlaceOrder";
const GET_CALLER: &str = "sfund.v1.AdminService/GetCaller";

/// Keeps what it is sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Listens, and says where.
    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = TraceServiceServer::new(self.clone());
        let serving = Server::builder().add_service(service);
        tokio::spawn(serving.serve_with_incoming(TcpIncoming::from(listener)));
        url
    }

    fn spans(&self) -> Vec<Span> {
        let received = self.0.lock().unwrap();
        let resources = received.iter().flat_map(|request| &request.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    fn named(&self, name: &str) -> Vec<Span> {
        self.spans().into_iter().filter(|span| span.name == name).collect()
    }
}

/// The machine's time, by which the program itself runs.
fn wall_clock() -> sfund_sdk::Time {
    sfund::sequencer::Clock::now(&sfund::sequencer::WallClock)
}

fn attributes(values: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &KeyValue| {
        let value = value.value.as_ref()?.value.as_ref()?;
        if let Value::IntValue(number) = value {
            return Some(number.to_string());
        }
        if let Value::StringValue(text) = value { Some(text.clone()) } else { None }
    };
    values.iter().filter_map(|value| Some((value.key.clone(), text(value)?))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_a_trace_of_its_stages_and_the_last_one_is_sent_before_the_server_ends() {
    let collector = Collector::default();
    let endpoint = collector.listen().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = ["--traces.otlp_endpoint", &endpoint, "--traces.sample_ppm", "1000000"];
    let program = Program::serve(folder.path(), "127.0.0.1:0", &settings);
    let cast = Cast::register(&program.url(), &program.keys_file(), wall_clock()).await;
    let ask = cast.sell("10", "1.50");
    cast.lp.client.trading().place(ask).await.unwrap();
    cast.all_seen().await;
    let key = cast.lp.key.clone();
    assert!(program.terminate(), "it ends well");

    // It has ended: what has not come will not.
    let orders = collector.named(PLACE_ORDER);
    assert_eq!(orders.len(), 1);
    let (order, spans) = (&orders[0], collector.spans());
    assert_eq!(attributes(&order.attributes)["party"], cast.lp.id.to_string());
    assert_eq!(attributes(&order.attributes)["rpc.grpc.status_code"], "0");
    let within = spans.iter().filter(|span| span.parent_span_id == order.span_id);
    let mut within: Vec<_> = within.collect();
    within.sort_by_key(|span| span.start_time_unix_nano);
    let names: Vec<_> = within.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["wait", "decide", "append", "sync", "publish"]);
    assert!(order.events.is_empty(), "{:?}", order.events);
    for (stage, next) in within.iter().zip(&within[1..4]) {
        assert_eq!(stage.trace_id, order.trace_id);
        assert_eq!(stage.end_time_unix_nano, next.start_time_unix_nano);
    }
    assert!(within[3].start_time_unix_nano < within[3].end_time_unix_nano, "a sync takes time");

    let received = collector.0.lock().unwrap();
    let resource = received[0].resource_spans[0].resource.as_ref().unwrap();
    let resource = attributes(&resource.attributes);
    assert_eq!(resource["service.name"], "sfund");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
    assert!(!resource["sfund.venue"].is_empty());
    let all = format!("{received:?}");
    assert!(!all.contains(key.reveal()), "a key is in a trace");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_with_the_trace_of_its_caller_and_leaves_out_what_that_leaves_out() {
    let collector = Collector::default();
    let endpoint = collector.listen().await;
    let folder = tempfile::tempdir().unwrap();
    // Nothing is taken by itself.
    let settings = ["--traces.otlp_endpoint", &endpoint, "--traces.sample_ppm", "0"];
    let program = Program::serve(folder.path(), "127.0.0.1:0", &settings);
    let channel = Endpoint::from_shared(program.url()).unwrap().connect().await.unwrap();
    let mut admin = AdminServiceClient::new(channel);
    let key = program.staff_key("operator-1");
    let mut call = async |traceparent: Option<&str>| {
        let mut request = Request::new(GetCallerRequest::default());
        let bearer = format!("Bearer {}", key.reveal());
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
        if let Some(traceparent) = traceparent {
            request.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
        }
        admin.get_caller(request).await.unwrap();
    };
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    call(None).await;
    call(Some(&format!("00-{trace}-00f067aa0ba902b7-00"))).await;
    call(Some("nonsense")).await;
    call(Some(&format!("00-{trace}-00f067aa0ba902b8-01"))).await;
    let calls = || async { Some(collector.named(GET_CALLER)).filter(|calls| !calls.is_empty()) };
    eventually("a span", calls).await;
    assert!(program.terminate(), "it ends well");
    let calls = collector.named(GET_CALLER);
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(hex(&calls[0].trace_id), trace);
    assert_eq!(hex(&calls[0].parent_span_id), "00f067aa0ba902b8");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_a_warning_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    // A port on which nobody listens, for whoever listened has left.
    let left = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let endpoint = format!("http://{left}");
    let settings = ["--traces.otlp_endpoint", &endpoint, "--traces.sample_ppm", "1000000"];
    let program = Program::serve(folder.path(), "127.0.0.1:0", &settings);
    let cast = Cast::register(&program.url(), &program.keys_file(), wall_clock()).await;
    // More spans than may wait.
    for _ in 0..1_000 {
        cast.lp.client.trading().place(cast.sell("1", "1.50")).await.unwrap();
    }
    cast.all_seen().await;
    assert!(program.terminate(), "it ends well");
    let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap();
    assert!(log.contains("\"level\":\"WARN\"") && log.contains("BatchSpanProcessor"), "{log}");
}
